//! One run's hold on the ledger: begun or resumed, written to in order, ended.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::claim::Claim;
use super::distributions::{self, Previous};
use super::index::{Index, Place};
use super::lookup::{Lookup, READ};
use super::table::Table;
use super::writer::{Entry, Writer};
use super::{failed, schema, sightings};
use crate::error::{Error, Result};
use crate::model::Distributions;

/// How long to wait for another program that keeps the file locked.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
/// KiB of pages that the writer keeps.
const CACHE: i64 = 24_576;
/// Pages in the write-ahead log before they are moved to the file: a page that many commits change is moved once.
const CHECKPOINT: i64 = 32_768;

/// What a run is to do, as far as the ledger cares.
#[derive(Clone, Debug, Default)]
pub struct Command {
    /// A digest of all that determines the output; a dead run is resumed by the same command only.
    pub digest: String,
    /// A digest of all that determines a verdict but the text.
    pub judge: String,
    /// The model's name and the start of its digest, as in records.
    pub model: String,
    /// The model's whole digest.
    pub model_digest: String,
    /// The settings that change a verdict, for people.
    pub settings: String,
}

/// How a run began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    /// Its number.
    pub run: i64,
    /// When it was first started (RFC 3339, UTC).
    pub started: String,
    /// Set when it goes on with what an earlier process left: how many scores that had kept.
    pub resumed: Option<u64>,
}

/// What became of the records of a run; `read` is the sum of the five behind it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Records found in the input.
    pub read: u64,
    /// Scored by this run.
    pub scored: u64,
    /// Known from an earlier run, so not scored again.
    pub unchanged: u64,
    /// The same text as an earlier record of this run.
    pub duplicates: u64,
    /// Bad records, reported and left out.
    pub quarantined: u64,
    /// Posted before the date asked for.
    pub skipped: u64,
    /// Judged records by decision, in the order of [`crate::score::Decision::ALL`].
    pub decisions: [u64; 5],
}

/// A ledger that this process writes, with a run under way.
pub struct Ledger {
    snapshot: Arc<Snapshot>,
    begun: Begun,
    /// Postings met in this run that the ledger had before, one bit a number.
    seen: Vec<u64>,
    /// Fingerprints of the ids met in this run that it did not have.
    ids: Table,
    previous: Option<Previous>,
    writer: Writer,
    /// Given up after the writer has closed the file.
    claim: Claim,
}

/// What the ledger held when the run began, for all threads.
#[derive(Debug)]
pub struct Snapshot {
    path: PathBuf,
    judge: i64,
    run: i64,
    /// Runs that ended without an output, ascending.
    abandoned: Vec<i64>,
    index: Index,
    /// The highest number of a posting.
    top: i64,
}

impl Snapshot {
    /// The postings seen last, by their rows.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// True for a posting that was in the ledger before this process wrote to it.
    pub fn had(&self, posting: i64) -> bool {
        posting <= self.top
    }

    /// True when `run` is earlier than the one under way.
    pub fn is_earlier(&self, run: i64) -> bool {
        run < self.run
    }

    /// True when `run` is over and has delivered its output.
    pub fn delivered(&self, run: i64) -> bool {
        run < self.run && self.abandoned.binary_search(&run).is_err()
    }

    /// A reader for one thread.
    ///
    /// # Errors
    /// `Io` when the file cannot be opened once more.
    pub fn lookup(&self) -> Result<Lookup> {
        Lookup::new(&self.path, self.judge)
    }
}

impl Ledger {
    /// Opens or makes the ledger at `path` and begins a run, or resumes the last one if it ended early and `command` is the same; what it
    /// holds is read by so many `threads`. A run ends with its process: if that died when all was done, it is resumed as well, for who
    /// started it was told that it failed.
    ///
    /// # Errors
    /// `Usage` when another process writes it; `Layout` when the file is no ledger or of a later version; `Io`.
    pub fn begin(path: &Path, command: &Command, threads: usize) -> Result<Ledger> {
        let name = path.display().to_string();
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |time| time.as_secs()) as i64;
        let mut claim = Claim::take(path, &moment(now))?;
        let io = |error| failed(&name, &error);
        let mut connection = Connection::open(path).map_err(io)?;
        connection.busy_timeout(PATIENCE).map_err(io)?;
        // Looked at before anything is changed: the file may be another program's.
        schema::version(&connection, &name)?;
        connection.pragma_update(None, "journal_mode", "wal").map_err(io)?;
        // A commit may be lost to a power cut, never torn; what is lost is scored again.
        connection.pragma_update(None, "synchronous", "normal").map_err(io)?;
        connection.pragma_update(None, "cache_size", -CACHE).map_err(io)?;
        connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT).map_err(io)?;
        // A run writes what it refers to before it refers to it; looking that up again for every row is a tenth of its work.
        connection.pragma_update(None, "foreign_keys", false).map_err(io)?;
        connection.set_prepared_statement_cache_capacity(32);
        schema::migrate(&mut connection, &name, &schema::STEPS)?;
        let (judge, begun) = begin(&mut connection, command, now, claim.left()).map_err(io)?;
        claim.enter(begun.run).map_err(|error| Error::io(&name, &error))?;
        let began = Began { path, judge, run: begun.run, threads };
        let snapshot = Arc::new(snapshot(&connection, &began, &command.digest).map_err(io)?);
        let previous = distributions::previous(&connection, begun.run, judge, &command.digest).map_err(io)?;
        let writer = Writer::start(connection, &name, begun.run, judge)?;
        Ok(Ledger { snapshot, begun, seen: Vec::new(), ids: Table::default(), previous, writer, claim })
    }

    /// How the run began.
    pub fn begun(&self) -> &Begun {
        &self.begun
    }

    /// The complete run to compare with: the last of the same command, or else the last; `None` when none left its scores.
    pub fn previous(&self) -> Option<&Previous> {
        self.previous.as_ref()
    }

    /// What the ledger held then.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshot)
    }

    /// Notes that posting number `posting`, which the ledger had before, was met; false when it was met already in this run.
    pub fn meet(&mut self, posting: i64) -> bool {
        let Ok(number) = usize::try_from(posting) else { return false };
        if self.seen.len() <= number / 64 {
            self.seen.resize(number / 64 + 1, 0);
        }
        let Some(word) = self.seen.get_mut(number / 64) else { return false };
        let bit = 1 << (number % 64);
        let first = *word & bit == 0;
        *word |= bit;
        first
    }

    /// The same for a posting that it did not have, by its id.
    pub fn meet_new(&mut self, id: &str) -> bool {
        let digest = Sha256::digest(id.as_bytes());
        self.ids.insert(digest.first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes)))
    }

    /// Writes entries, which must come in the order of the input; returns before they are on disk.
    ///
    /// # Errors
    /// When an earlier write failed.
    pub fn put(&mut self, entries: Vec<Entry>) -> Result<()> {
        self.writer.put(entries)
    }

    /// Writes everything and ends the run for good; its output must be in place already. `distributions` are kept for the
    /// next run to compare with.
    ///
    /// # Errors
    /// `Io` when it could not all be written; the run can then be resumed.
    pub fn complete(self, counts: &Counts, distributions: &Distributions) -> Result<()> {
        self.writer.end(Some(*counts), Some((self.seen, distributions.clone())))?;
        // What remains if this fails is a run that the same command does once more.
        let _ = self.claim.leave();
        Ok(())
    }

    /// Writes everything and leaves the run to be resumed.
    ///
    /// # Errors
    /// As [`Ledger::complete`].
    pub fn interrupt(self, counts: &Counts) -> Result<()> {
        self.writer.end(Some(*counts), None)
    }

    /// Writes what it was given of a run that has failed, which can be resumed.
    ///
    /// # Errors
    /// As [`Ledger::complete`].
    pub fn fail(self) -> Result<()> {
        self.writer.end(None, None)
    }
}

/// `2026-01-02T03:04:05Z`
pub(super) fn moment(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |time| time.to_string())
}

fn begin(
    connection: &mut Connection,
    command: &Command,
    now: i64,
    left: Option<i64>,
) -> rusqlite::Result<(i64, Begun)> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    transaction.execute(
        "INSERT INTO judges (digest, model, model_digest, settings) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        params![command.judge, command.model, command.model_digest, command.settings],
    )?;
    let judge: i64 =
        transaction.query_row("SELECT judge FROM judges WHERE digest = ?", [&command.judge], |row| row.get(0))?;
    let unfinished = "SELECT run, started FROM runs WHERE run = (SELECT max(run) FROM runs)
        AND (state IN ('running', 'interrupted') OR run = ?) AND command = ?";
    let last: Option<(i64, i64)> = transaction
        .query_row(unfinished, params![left, command.digest], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let pid = i64::from(std::process::id());
    let begun = match last {
        Some((run, started)) => {
            let state = "UPDATE runs SET state = 'running', pid = ?, starts = starts + 1, ended = NULL WHERE run = ?";
            transaction.execute(state, [pid, run])?;
            let kept = "SELECT count(*) FROM scores WHERE run = ?";
            let kept: i64 = transaction.query_row(kept, [run], |row| row.get(0))?;
            Begun { run, started: moment(started), resumed: Some(kept as u64) }
        }
        None => {
            transaction.execute("UPDATE runs SET state = 'abandoned' WHERE state IN ('running', 'interrupted')", [])?;
            transaction.execute(
                "INSERT INTO runs (command, judge, state, pid, starts, started) VALUES (?, ?, 'running', ?, 1, ?)",
                params![command.digest, judge, pid, now],
            )?;
            Begun { run: transaction.last_insert_rowid(), started: moment(now), resumed: None }
        }
    };
    transaction.commit()?;
    Ok((judge, begun))
}

/// A run that has begun.
struct Began<'p> {
    path: &'p Path,
    judge: i64,
    run: i64,
    threads: usize,
}

/// Fewer postings than this are not worth another thread and connection.
const SHARE: i64 = 50_000;

fn snapshot(connection: &Connection, began: &Began<'_>, command: &str) -> rusqlite::Result<Snapshot> {
    let Began { path, judge, run, threads } = *began;
    let mut statement = connection.prepare("SELECT run FROM runs WHERE state = 'abandoned' ORDER BY run")?;
    let abandoned = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<i64>>>()?;
    let top: i64 = connection.query_row("SELECT coalesce(max(posting), 0) FROM postings", [], |row| row.get(0))?;
    // Only what was seen since the last complete run of this command: a ledger of years does not fill the memory.
    let last = "SELECT coalesce(max(CASE command WHEN ? THEN run END), max(run), 0) FROM runs WHERE state = 'complete'";
    let last: i64 = connection.query_row(last, [command], |row| row.get(0))?;
    let seen = Seen { judge, run, last, bits: &sightings::since(connection, last)?, abandoned: &abandoned };
    let shares = i64::try_from(threads).unwrap_or(1).clamp(1, 8).min(top / SHARE + 1);
    let first = |share: i64| top * share / shares + i64::from(share > 0);
    let others = (1..shares).map(|share| (first(share), first(share + 1)));
    let rows = std::thread::scope(|scope| -> rusqlite::Result<Vec<Vec<Row>>> {
        let seen = &seen;
        // What this run has begun with is committed, so other connections see it.
        let read = move |(from, to)| seen.rows(&Connection::open_with_flags(path, READ)?, from, to);
        let others: Vec<_> = others.map(|range| scope.spawn(move || read(range))).collect();
        let own = seen.rows(connection, 0, first(1));
        // A thread that panicked has read nothing.
        let others = others.into_iter().map(|other| other.join().unwrap_or(Err(rusqlite::Error::InvalidQuery)));
        std::iter::once(own).chain(others).collect()
    })?;
    Ok(Snapshot { path: path.to_owned(), judge, run, abandoned, index: Index::of(rows), top })
}

/// The fingerprint of a row, and what is known of it.
type Row = (u64, Place);

/// Which postings count as seen.
struct Seen<'s> {
    judge: i64,
    run: i64,
    last: i64,
    bits: &'s [u64],
    abandoned: &'s [i64],
}

impl Seen<'_> {
    /// Those from number `from` up to, not including, `to`.
    fn rows(&self, connection: &Connection, from: i64, to: i64) -> rusqlite::Result<Vec<Row>> {
        let query = "SELECT row, posting, score, content, changed, seen FROM state WHERE posting >= ? AND posting < ? AND judge = ?";
        let mut statement = connection.prepare(query)?;
        let mut rows = statement.query([from, to, self.judge])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let (posting, changed): (u32, i64) = (row.get(1)?, row.get(4)?);
            if row.get::<_, i64>(5)? < self.last && !sightings::has(self.bits, posting.into()) {
                continue;
            }
            let place = Place {
                posting,
                score: row.get(2)?,
                content: row.get::<_, i64>(3)? as u64,
                delivered: changed < self.run && self.abandoned.binary_search(&changed).is_err(),
            };
            found.push((row.get::<_, i64>(0)? as u64, place));
        }
        Ok(found)
    }
}
