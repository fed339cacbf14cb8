//! A job on its own thread: the same steps as `tachles batch`, into a file of the job.

use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::index::Indexed;
use super::{Bad, Job, NAMED_BAD, State};
use crate::batch::{BadRecord, BatchOptions, Inputs, Observer, Reposts, Summary};
use crate::error::{Error, ErrorKind, Result};
use crate::io::ReadOptions;
use crate::report::{OffsetUnit, OutputFormat, OutputLayout, RecordStyle};
use crate::score::Scorer;
use crate::serve::problem::Problem;

/// Warnings that are kept.
const WARNINGS: usize = 20;
/// Between two looks at how far it is.
const PACE: Duration = Duration::from_millis(50);

/// Scores the file of `job` on `threads` threads, and says in the job what became of it.
pub(super) fn score(job: &Arc<Job>, scorer: &Scorer, threads: usize) {
    if job.stop.load(Ordering::Relaxed) {
        return job.end(State::Cancelled, None);
    }
    job.progress().state = State::Running;
    match run(job, scorer, threads) {
        Ok(summary) => {
            let mut progress = job.progress();
            progress.counts = summary.counts;
            progress.bytes_read = if summary.stopped { summary.bytes } else { job.bytes };
            drop(progress);
            job.end(if summary.stopped { State::Cancelled } else { State::Done }, None);
        }
        Err(error) => job.end(State::Failed, Some(told(&error))),
    }
}

/// A failure as the client is told: what is wrong with their file, not where it lay on this machine.
fn told(error: &Error) -> Problem {
    let at = error.position();
    let place = at.record.map(|record| format!("record {record}: ")).unwrap_or_default();
    let rule = format!("{place}{}", error.message());
    Problem::new(axum::http::StatusCode::UNPROCESSABLE_ENTITY, error.kind().code(), rule)
}

fn run(job: &Arc<Job>, scorer: &Scorer, threads: usize) -> Result<Summary> {
    let style = RecordStyle { model: scorer.model().id(), offsets: OffsetUnit::CodePoints, with_text: true };
    let options = BatchOptions {
        read: ReadOptions { name: Some(job.name.clone()), ..ReadOptions::default() },
        threads,
        layout: OutputLayout::new(OutputFormat::Jsonl, scorer.model()),
        style,
        advise: false,
        max_bad: None,
        limit: None,
        since: None,
        only_new: false,
        reposts: Reposts::Exact,
        keep_texts: false,
        report: false,
        stop: Some(&job.stop),
    };
    let mut teller = Teller { job, told: Instant::now() };
    let input = job
        .input
        .to_str()
        .ok_or_else(|| Error::new(ErrorKind::Io, "the folder for temporary files must have a name in UTF-8"))?;
    let inputs = Inputs::open(&[input.to_owned()], &options, &mut teller)?;
    let file = File::create(&job.output).map_err(|error| Error::io("the output of the job", &error))?;
    let mut out = Indexed::new(Arc::clone(job), file);
    inputs.score(scorer, &options, None, &mut out, &mut teller)
}

/// Keeps what happens in the job.
struct Teller<'j> {
    job: &'j Job,
    told: Instant,
}

impl Observer for Teller<'_> {
    fn quarantined(&mut self, bad: &BadRecord) -> Result<()> {
        let mut progress = self.job.progress();
        if progress.bad.len() < NAMED_BAD {
            let (error, at) = (&bad.error, bad.error.position());
            let (rule, code) = (error.message().to_owned(), error.kind().code());
            progress.bad.push(Bad { code, rule, record: at.record, line: at.line });
        }
        progress.counts.quarantined += 1;
        Ok(())
    }

    // Encodings that were recognised are for those who ask for more.
    fn note(&mut self, _: &str) {}

    fn warning(&mut self, warning: &str) {
        let mut progress = self.job.progress();
        if progress.warnings.len() < WARNINGS {
            progress.warnings.push(warning.to_owned());
        }
    }

    fn progress(&mut self, bytes: u64, records: u64) {
        if self.told.elapsed() >= PACE {
            self.told = Instant::now();
            let mut progress = self.job.progress();
            progress.bytes_read = bytes.min(self.job.bytes);
            progress.counts.read = records;
        }
    }
}
