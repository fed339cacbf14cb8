//! The thread that writes: entries in, transactions out, in the order of the input, off the way of those who score.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use rusqlite::{Connection, params};

use super::lookup::Posting;
use super::run::Counts;
use super::statements::Statements;
use super::{Content, codec, distributions, failed, sightings};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Distributions;
use crate::score::{Decision, Verdict};

/// Entries in one transaction at most: so many scores can be lost to a kill.
const BATCH: usize = 8_192;
/// A commit of so few entries after waiting leaves time to move them from the log to the file.
const QUIET: usize = BATCH / 4;
/// How long entries wait for a commit at most.
const WAIT: Duration = Duration::from_secs(1);
/// Lists of entries that wait for the thread at most; then the sender waits.
const QUEUE: usize = 16;
/// Entries of a list at least: a night in which little changed has one or two a chunk, and must not wait for every commit.
const LIST: usize = 128;
/// Bytes of a list, about, with which it is long enough.
const LIST_BYTES: usize = 1 << 19;

/// What the ledger is to remember of one record.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The verdict on its text.
    pub score: Score,
    /// The posting; `None` when its id was met before in this run: the first of an id counts.
    pub posted: Option<Posted>,
    /// Its text, where people are to see it.
    pub text: Option<Box<Text>>,
}

impl Entry {
    /// About how many bytes it holds in memory.
    fn size(&self) -> usize {
        let score = match &self.score {
            Score::Known(_) => 0,
            Score::New(new) => size_of::<NewScore>() + new.verdict.len() + new.quotes.len(),
        };
        let words = |posted: &Posted| posted.id.len() + posted.title.len() + posted.company.len();
        let text = self.text.as_ref().map_or(0, |text| text.title.len() + text.text.len());
        size_of::<Entry>() + score + self.posted.as_ref().map_or(0, words) + text
    }
}

/// The text of an ad.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// What it is kept under.
    pub content: Content,
    /// The title; empty when there is none.
    pub title: String,
    /// The text without the title.
    pub text: String,
}

/// A verdict on a text.
#[derive(Clone, Debug)]
pub enum Score {
    /// Score number so and so.
    Known(i64),
    /// New, or scored earlier in this run.
    New(Box<NewScore>),
}

/// A verdict to be kept.
#[derive(Clone, Debug)]
pub struct NewScore {
    pub(super) content: Content,
    pub(super) variant: i64,
    pub(super) decision: &'static str,
    pub(super) p_vague: Option<f64>,
    pub(super) verdict: Vec<u8>,
    pub(super) quotes: Vec<u8>,
}

impl Score {
    /// The verdict on the text `plain`; its quotes are kept where the ad was judged.
    pub fn new(content: Content, variant: i64, verdict: &Verdict, plain: &str) -> Score {
        let judged = !matches!(verdict.decision, Decision::OutOfScope | Decision::Unsupported);
        Score::New(Box::new(NewScore {
            content,
            variant,
            decision: verdict.decision.as_str(),
            p_vague: verdict.p_vague,
            verdict: codec::encode(verdict),
            quotes: if judged { codec::encode_quotes(verdict, plain) } else { Vec::new() },
        }))
    }
}

/// A posting as it was found.
#[derive(Clone, Debug)]
pub struct Posted {
    /// What the ledger knew of it before the run.
    pub known: Option<Posting>,
    /// Its id.
    pub id: String,
    /// The employer; empty when unknown.
    pub company: String,
    /// Its title; empty when it has none.
    pub title: String,
    /// The file it stood in.
    pub source: Arc<str>,
    /// The fingerprint of its row.
    pub row: u64,
    /// The fingerprint of its content.
    pub content: u64,
    /// Whether it is flagged as vague.
    pub flagged: bool,
}

/// Of a complete run: the postings seen, one bit a number, and how the scores are spread.
type Delivered = (Vec<u64>, Distributions);

enum Message {
    Entries(Vec<Entry>),
    End(Option<Box<Counts>>, Option<Delivered>),
}

/// The sender's end of the thread.
pub(super) struct Writer {
    send: SyncSender<Message>,
    /// Entries not sent yet, and how many bytes they hold.
    list: Vec<Entry>,
    bytes: usize,
    /// None after it has been asked why it stopped.
    thread: Option<JoinHandle<Result<()>>>,
}

impl Writer {
    pub fn start(connection: Connection, name: &str, run: i64, judge: i64) -> Result<Writer> {
        let (send, receive) = sync_channel(QUEUE);
        let name = name.to_owned();
        let thread = std::thread::Builder::new()
            .name("ledger".to_owned())
            .spawn(move || {
                let written = Transactions { connection: &connection, run, judge }.write(&receive);
                written.map_err(|error| failed(&name, &error))
            })
            .map_err(|error| Error::new(ErrorKind::Io, format!("the ledger's thread cannot be started: {error}")))?;
        Ok(Writer { send, list: Vec::new(), bytes: 0, thread: Some(thread) })
    }

    pub fn put(&mut self, entries: Vec<Entry>) -> Result<()> {
        for entry in entries {
            self.bytes += entry.size();
            self.list.push(entry);
            if self.list.len() >= LIST || self.bytes >= LIST_BYTES {
                self.send()?;
            }
        }
        Ok(())
    }

    fn send(&mut self) -> Result<()> {
        self.bytes = 0;
        match self.send.send(Message::Entries(std::mem::take(&mut self.list))) {
            Ok(()) => Ok(()),
            // The thread ends before it is told to only by a failure.
            Err(_) => self.join().and_then(|()| Err(stopped())),
        }
    }

    /// Writes what waits and ends the run: complete if its output is `delivered`, or else to be resumed. A run that has failed
    /// does not know its counts.
    pub fn end(mut self, counts: Option<Counts>, delivered: Option<Delivered>) -> Result<()> {
        // A thread that has stopped says why when it is joined.
        let _ = self.send.send(Message::Entries(std::mem::take(&mut self.list)));
        let _ = self.send.send(Message::End(counts.map(Box::new), delivered));
        self.join()
    }

    fn join(&mut self) -> Result<()> {
        self.thread.take().map_or_else(|| Err(stopped()), |thread| thread.join().unwrap_or_else(|_| Err(stopped())))
    }
}

impl Drop for Writer {
    /// Waits for the thread, so that the file is closed before the claim on it is given up.
    fn drop(&mut self) {
        let (nowhere, _) = sync_channel(0);
        drop(std::mem::replace(&mut self.send, nowhere));
        if let Some(thread) = self.thread.take() {
            // Whoever drops it unfinished has a failure of its own to tell.
            let _ = thread.join();
        }
    }
}

fn stopped() -> Error {
    Error::new(ErrorKind::Io, "the ledger cannot be written any more")
}

struct Transactions<'c> {
    connection: &'c Connection,
    run: i64,
    judge: i64,
}

impl Transactions<'_> {
    /// Writes what comes until the end, or until the sender is gone without one: its run has failed, and can be resumed.
    fn write(&self, receive: &Receiver<Message>) -> rusqlite::Result<()> {
        let mut statements = Statements::prepare(self.connection, self.run, self.judge)?;
        let mut open: Option<(Instant, usize)> = None;
        let start = Instant::now();
        loop {
            // Little work is little to lose, so early commits come soon.
            let wait = WAIT.min(start.elapsed() / 16);
            let due = open.map_or(WAIT, |(since, _)| wait.saturating_sub(since.elapsed()));
            match receive.recv_timeout(due) {
                Ok(Message::Entries(entries)) => {
                    let (since, mut count) = match open {
                        Some(open) => open,
                        None => {
                            self.connection.execute_batch("BEGIN IMMEDIATE")?;
                            (Instant::now(), 0)
                        }
                    };
                    count += entries.len();
                    entries.iter().try_for_each(|entry| statements.entry(entry))?;
                    open = Some((since, count));
                    if count >= BATCH || since.elapsed() >= wait {
                        self.connection.execute_batch("COMMIT")?;
                        open = None;
                        // A night in which little changes has time for the file itself, which else all waits for at its end.
                        if count <= QUIET {
                            self.connection.execute_batch("PRAGMA wal_checkpoint(PASSIVE)")?;
                        }
                    }
                }
                Ok(Message::End(counts, delivered)) => {
                    if open.is_none() {
                        self.connection.execute_batch("BEGIN IMMEDIATE")?;
                    }
                    self.end(counts.as_deref(), delivered)?;
                    // A checkpoint syncs: that the run is over must not be lost to a power cut.
                    return self.connection.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
                }
                Err(RecvTimeoutError::Timeout) => {
                    if open.take().is_some() {
                        self.connection.execute_batch("COMMIT")?;
                    }
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return if open.is_some() { self.connection.execute_batch("COMMIT") } else { Ok(()) };
                }
            }
        }
    }

    fn end(&self, counts: Option<&Counts>, delivered: Option<Delivered>) -> rusqlite::Result<()> {
        let state = if delivered.is_some() { "complete" } else { "interrupted" };
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |time| time.as_secs());
        if let Some((seen, spread)) = delivered {
            distributions::keep(self.connection, self.run, &spread)?;
            sightings::keep(self.connection, self.run, &seen)?;
            self.take_over()?;
        }
        let Some(counts) = counts else {
            let query = "UPDATE runs SET state = ?, ended = ? WHERE run = ?";
            self.connection.execute(query, params![state, now as i64, self.run])?;
            return Ok(());
        };
        let [vague, unsure, concrete, out_of_scope, unsupported] = counts.decisions.map(|count| count as i64);
        self.connection.execute(
            "UPDATE runs SET state = ?, ended = ?, read = ?, scored = ?, unchanged = ?, duplicates = ?, quarantined = ?,
                skipped = ?, vague = ?, unsure = ?, concrete = ?, out_of_scope = ?, unsupported = ? WHERE run = ?",
            params![
                state,
                now as i64,
                counts.read as i64,
                counts.scored as i64,
                counts.unchanged as i64,
                counts.duplicates as i64,
                counts.quarantined as i64,
                counts.skipped as i64,
                vague,
                unsure,
                concrete,
                out_of_scope,
                unsupported,
                self.run
            ],
        )?;
        Ok(())
    }

    /// What runs found that never delivered it, and this one has delivered, counts as found by this one.
    fn take_over(&self) -> rusqlite::Result<()> {
        let any = "SELECT EXISTS (SELECT 1 FROM runs WHERE state = 'abandoned')";
        if self.connection.query_row(any, [], |row| row.get(0))? {
            self.connection.execute(
                "UPDATE state SET changed = ?1 WHERE changed IN (SELECT run FROM runs WHERE state = 'abandoned')
                 AND ?1 = (SELECT l.run FROM last_seen l WHERE l.posting = state.posting)",
                [self.run],
            )?;
        }
        Ok(())
    }
}
