//! Files of ads: received, scored behind the answer, listed, given back.
//!
//! A few jobs are kept; a new one takes the place of the oldest that is over. One is scored at a time, on half of the cores, so that
//! those who write are not kept waiting. What a job keeps in memory is a few bytes a record; the rest is in temporary files that have no
//! name, or one that goes with the process.

mod index;
mod routes;
mod run;
mod search;
mod stored;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use serde::Serialize;
use tempfile::TempDir;

use super::problem::Problem;
use crate::error::{Error, Result};
use crate::ledger::Counts;
use crate::score::Decision;
use index::Index;
pub(super) use routes::{begin, download, forget, job, jobs, record, records};

/// Bad records that a job names one by one.
const NAMED_BAD: usize = 20;

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    Queued,
    Running,
    Done,
    Failed,
    Cancelled,
}

impl State {
    fn is_over(self) -> bool {
        matches!(self, State::Done | State::Failed | State::Cancelled)
    }
}

/// A record that cannot be read, without its bytes.
#[derive(Clone, Debug, Serialize)]
struct Bad {
    code: &'static str,
    rule: String,
    record: Option<u64>,
    line: Option<u64>,
}

/// What changes while a job goes on.
#[derive(Clone, Debug)]
struct Progress {
    state: State,
    bytes_read: u64,
    counts: Counts,
    bad: Vec<Bad>,
    warnings: Vec<String>,
    error: Option<Problem>,
    finished: Option<String>,
}

/// One file of ads, and what was said of them.
pub(super) struct Job {
    id: u64,
    name: String,
    bytes: u64,
    all_roles: bool,
    created: String,
    /// Removed with the job.
    _folder: TempDir,
    input: PathBuf,
    output: PathBuf,
    stop: AtomicBool,
    progress: Mutex<Progress>,
    index: RwLock<Index>,
}

impl Job {
    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn index(&self) -> std::sync::RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the API says of it.
    fn view(&self) -> JobView {
        let progress = self.progress().clone();
        let index = self.index();
        JobView {
            id: self.id,
            name: self.name.clone(),
            state: progress.state,
            bytes: self.bytes,
            bytes_read: progress.bytes_read,
            counts: CountsView::of(&progress.counts),
            decisions: decisions(&index.decisions()),
            records: index.len(),
            bad: progress.bad,
            warnings: progress.warnings,
            error: progress.error,
            created: self.created.clone(),
            finished: progress.finished,
            all_roles: self.all_roles,
        }
    }

    fn end(&self, state: State, error: Option<Problem>) {
        let mut progress = self.progress();
        progress.state = state;
        progress.error = error;
        progress.finished = Some(now());
    }
}

#[derive(Serialize)]
struct JobView {
    id: u64,
    name: String,
    state: State,
    bytes: u64,
    bytes_read: u64,
    counts: CountsView,
    decisions: BTreeMap<&'static str, u64>,
    records: usize,
    bad: Vec<Bad>,
    warnings: Vec<String>,
    error: Option<Problem>,
    created: String,
    finished: Option<String>,
    all_roles: bool,
}

/// What became of records.
#[derive(Clone, Debug, Serialize)]
pub(super) struct CountsView {
    read: u64,
    scored: u64,
    unchanged: u64,
    duplicates: u64,
    quarantined: u64,
    skipped: u64,
}

impl CountsView {
    /// The same as JSON names it.
    pub fn of(counts: &Counts) -> CountsView {
        let Counts { read, scored, unchanged, duplicates, quarantined, skipped, .. } = *counts;
        CountsView { read, scored, unchanged, duplicates, quarantined, skipped }
    }
}

/// Numbers of records by decision, in the order of [`Decision::ALL`], as JSON names them.
pub(super) fn decisions(counts: &[u64; 5]) -> BTreeMap<&'static str, u64> {
    Decision::ALL.iter().map(|decision| decision.as_str()).zip(counts.iter().copied()).collect()
}

/// All jobs.
pub(super) struct Jobs {
    most: usize,
    next: AtomicU64,
    kept: Mutex<BTreeMap<u64, Arc<Job>>>,
    /// One job is scored at a time.
    turn: Arc<tokio::sync::Semaphore>,
}

impl Jobs {
    /// Room for `most` jobs.
    pub fn new(most: usize) -> Jobs {
        Jobs {
            most: most.max(1),
            next: AtomicU64::new(1),
            kept: Mutex::default(),
            turn: Arc::new(tokio::sync::Semaphore::new(1)),
        }
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Job>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True when another job can be taken, perhaps in the place of one that is over.
    fn has_room(&self) -> bool {
        let kept = self.kept();
        kept.len() < self.most || kept.values().any(|job| job.progress().state.is_over())
    }

    /// Keeps a job, if there is room.
    fn keep(&self, job: Arc<Job>) -> std::result::Result<(), Problem> {
        let mut kept = self.kept();
        if kept.len() >= self.most {
            let oldest = kept.values().find(|job| job.progress().state.is_over()).map(|job| job.id);
            let Some(oldest) = oldest else { return Err(self.full()) };
            kept.remove(&oldest);
        }
        kept.insert(job.id, job);
        Ok(())
    }

    fn full(&self) -> Problem {
        Problem::busy("jobs", format!("{} files at most are scored or wait for it; remove one, or wait", self.most))
    }

    fn get(&self, id: u64) -> std::result::Result<Arc<Job>, Problem> {
        self.kept()
            .get(&id)
            .cloned()
            .ok_or_else(|| Problem::missing("there is no job of that number; it may have been removed"))
    }

    /// Tells every job to stop.
    pub fn stop(&self) {
        for job in self.kept().values() {
            job.stop.store(true, Ordering::Relaxed);
        }
    }

    /// Jobs that are not over.
    pub fn open(&self) -> usize {
        self.kept().values().filter(|job| !job.progress().state.is_over()).count()
    }

    fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }
}

/// The time as RFC 3339 has it, to the second.
fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A folder for one job.
fn folder() -> Result<TempDir> {
    tempfile::Builder::new()
        .prefix("tachles-")
        .tempdir()
        .map_err(|error| Error::io("the folder for temporary files", &error))
}
