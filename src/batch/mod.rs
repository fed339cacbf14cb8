//! Scores files of postings from end to end: bounded memory, input order, nothing lost.
//!
//! One thread reads and writes, the others parse and score; chunks of records travel between them and are put back
//! in order. Every record read is either scored or quarantined with a reason, and the counts say so. No files are opened for
//! writing here: the caller gives a sink.

mod max_bad;

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex, mpsc};

use crate::error::{Error, ErrorKind, Result};
use crate::io::{Files, ReadOptions, Row, Rows, Schema};
use crate::report::{Block, OutputFormat, Record, RecordStyle, Sink};
use crate::score::{Decision, Scorer, Scratch};

pub use max_bad::MaxBad;

/// Records that travel together at most.
const CHUNK_RECORDS: usize = 256;
/// Bytes that travel together, about.
const CHUNK_BYTES: usize = 1 << 20;
/// Chunks under way for each thread; bounds memory when one chunk is slow.
const IN_FLIGHT: usize = 4;

/// How to run.
pub struct BatchOptions {
    /// How files are read.
    pub read: ReadOptions,
    /// Threads that parse and score; with 1 everything happens on the calling thread.
    pub threads: usize,
    /// The layout of the output.
    pub format: OutputFormat,
    /// What records look like.
    pub style: RecordStyle,
    /// Advise on every ad in particular, instead of in general.
    pub advise: bool,
    /// How many records may be bad before the run stops; `None` for all of them.
    pub max_bad: Option<MaxBad>,
}

/// Hears what happens during a run, on the calling thread, in input order.
pub trait Observer {
    /// A record is bad and quarantined.
    ///
    /// # Errors
    /// When it cannot be kept; the run stops then.
    fn quarantined(&mut self, bad: &BadRecord) -> Result<()>;
    /// Something worth knowing about a file: its encoding.
    fn note(&mut self, note: &str);
    /// Something that may not be meant: columns that claim the same field, a file without records.
    fn warning(&mut self, warning: &str);
    /// So many bytes of input and records have been dealt with so far.
    fn progress(&mut self, bytes: u64, records: u64);
}

/// A record that is not scored.
pub struct BadRecord {
    /// What is wrong with it, and where it stands.
    pub error: Error,
    /// Its bytes, see [`Row::raw`].
    pub raw: Vec<u8>,
    /// How many bytes it has, of which `raw` may be the beginning.
    pub length: u64,
}

/// What became of the records. `read` is always `scored + quarantined`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Records found in the input.
    pub read: u64,
    /// Records in the output.
    pub scored: u64,
    /// Records reported and left out.
    pub quarantined: u64,
    /// Files that break off or are damaged, of which an unknown number of records is lost; each is one of the
    /// quarantined records.
    pub damaged: u64,
    /// Records by decision, in the order of [`Decision::ALL`].
    pub decisions: [u64; 5],
    /// Bytes of input read.
    pub bytes: u64,
}

/// Scores all records of `inputs` (`-` is the standard input) into `out`.
///
/// # Errors
/// When a file cannot be opened or read further, has no usable layout, or `out` refuses; when more records are bad than
/// [`BatchOptions::max_bad`] allows. Bad records are no errors otherwise, but observed.
pub fn run(
    inputs: &[String],
    scorer: &Scorer,
    options: &BatchOptions,
    out: &mut dyn Write,
    observer: &mut dyn Observer,
) -> Result<Summary> {
    // Every file is opened before anything is written: a mistyped name must not cost half a run.
    let files = Files::open(inputs, &options.read)?;
    files.warnings().iter().for_each(|warning| observer.warning(warning));
    let sink = Sink::new(options.format, out)?;
    let mut chunks = Chunks { files, current: None, bytes_before: 0, notes: Vec::new(), warnings: Vec::new() };
    let mut tally = Tally { sink, observer, max_bad: options.max_bad, summary: Summary::default() };
    if options.threads <= 1 {
        let mut scratch = Scratch::default();
        while let Some(chunk) = chunks.next()? {
            tally.take(process(&chunk, scorer, options, &mut scratch)?, &mut chunks)?;
        }
    } else {
        run_parallel(&mut chunks, scorer, options, &mut tally)?;
    }
    tally.notes(&mut chunks);
    tally.judge(true)?;
    tally.sink.finish()?;
    let mut summary = tally.summary;
    summary.bytes = chunks.bytes();
    Ok(summary)
}

fn run_parallel(chunks: &mut Chunks, scorer: &Scorer, options: &BatchOptions, tally: &mut Tally<'_>) -> Result<()> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads).build().map_err(|error| {
        Error::new(ErrorKind::Usage, format!("{} threads cannot be started: {error}", options.threads))
    })?;
    let scratches: Mutex<Vec<Scratch>> = Mutex::new(Vec::new());
    let (send, receive) = mpsc::channel::<(u64, Result<Processed>)>();
    pool.in_place_scope(|scope| {
        let mut waiting: BTreeMap<u64, Result<Processed>> = BTreeMap::new();
        let (mut sent, mut written) = (0u64, 0u64);
        let mut exhausted = false;
        loop {
            while !exhausted && sent - written < (options.threads * IN_FLIGHT) as u64 {
                let Some(chunk) = chunks.next()? else {
                    exhausted = true;
                    break;
                };
                let (number, send, scratches) = (sent, send.clone(), &scratches);
                scope.spawn(move |_| {
                    let mut scratch = lock(scratches).pop().unwrap_or_default();
                    let processed = process(&chunk, scorer, options, &mut scratch);
                    lock(scratches).push(scratch);
                    // The receiver is gone only when the run has failed already.
                    let _ = send.send((number, processed));
                });
                sent += 1;
            }
            if sent == written {
                return Ok(());
            }
            let Ok((number, processed)) = receive.recv() else {
                return Err(Error::new(ErrorKind::Io, "a scoring thread stopped without an answer"));
            };
            waiting.insert(number, processed);
            while let Some(processed) = waiting.remove(&written) {
                tally.take(processed?, chunks)?;
                written += 1;
            }
        }
    })
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // A scratch is never left half-written in a way that matters: its memory is rebuilt on use.
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Records of one file that travel together.
struct Chunk {
    schema: Arc<Schema>,
    records: Vec<Row>,
}

/// The records of all files, in chunks.
struct Chunks {
    files: Files,
    /// The file under way, and how many of its warnings were said.
    current: Option<(Rows, usize)>,
    bytes_before: u64,
    notes: Vec<String>,
    warnings: Vec<String>,
}

impl Chunks {
    fn next(&mut self) -> Result<Option<Chunk>> {
        loop {
            let (rows, _) = match &mut self.current {
                Some(current) => current,
                none => match self.files.next_file()? {
                    Some(rows) => {
                        let said = rows.warnings().len();
                        none.insert((rows, said))
                    }
                    None => return Ok(None),
                },
            };
            let mut chunk = Chunk { schema: rows.schema(), records: Vec::new() };
            let mut size = 0;
            while chunk.records.len() < CHUNK_RECORDS && size < CHUNK_BYTES {
                let Some(row) = rows.next().transpose()? else { break };
                size += row.size();
                chunk.records.push(row);
            }
            if !chunk.records.is_empty() {
                return Ok(Some(chunk));
            }
            if let Some((done, said)) = self.current.take() {
                self.bytes_before += done.bytes_read();
                self.notes.push(done.charset_note());
                self.warnings.extend(done.warnings().iter().skip(said).cloned());
            }
        }
    }

    fn bytes(&self) -> u64 {
        self.bytes_before + self.current.as_ref().map_or(0, |(rows, _)| rows.bytes_read())
    }
}

/// A chunk after scoring: its share of the output, and what was wrong with the rest.
struct Processed {
    output: Block,
    bad: Vec<BadRecord>,
    decisions: [u64; 5],
    scored: u64,
}

fn process(chunk: &Chunk, scorer: &Scorer, options: &BatchOptions, scratch: &mut Scratch) -> Result<Processed> {
    let output = Block::new(options.format);
    let mut processed = Processed { output, bad: Vec::new(), decisions: [0; 5], scored: 0 };
    for row in &chunk.records {
        match chunk.schema.ad(row) {
            Ok(ad) => {
                let mut verdict = scorer.score(&ad, scratch);
                if options.advise {
                    scorer.advise(&ad, &mut verdict, scratch);
                }
                processed.output.push(&Record::new(&ad, &verdict, &options.style))?;
                processed.scored += 1;
                for (count, decision) in processed.decisions.iter_mut().zip(Decision::ALL) {
                    *count += u64::from(decision == verdict.decision);
                }
            }
            Err(error) => {
                processed.bad.push(BadRecord { error, raw: row.raw().into_owned(), length: row.raw_length() });
            }
        }
    }
    Ok(processed)
}

/// Writes chunks in order and keeps count.
struct Tally<'o> {
    sink: Sink<'o>,
    observer: &'o mut dyn Observer,
    max_bad: Option<MaxBad>,
    summary: Summary,
}

impl Tally<'_> {
    fn take(&mut self, processed: Processed, chunks: &mut Chunks) -> Result<()> {
        self.sink.write(processed.output)?;
        let summary = &mut self.summary;
        for bad in &processed.bad {
            self.observer.quarantined(bad)?;
            summary.damaged += u64::from(bad.error.kind() == ErrorKind::Damaged);
        }
        summary.scored += processed.scored;
        summary.quarantined += processed.bad.len() as u64;
        summary.read = summary.scored + summary.quarantined;
        for (all, some) in summary.decisions.iter_mut().zip(processed.decisions) {
            *all += some;
        }
        self.observer.progress(chunks.bytes(), self.summary.read);
        self.notes(chunks);
        self.judge(false)
    }

    /// Stops the run when the input is rotten.
    fn judge(&self, at_end: bool) -> Result<()> {
        let (read, bad) = (self.summary.read, self.summary.quarantined);
        match self.max_bad {
            Some(max_bad) if max_bad.is_exceeded(read, bad, at_end) => Err(max_bad.rotten(read, bad)),
            _ => Ok(()),
        }
    }

    fn notes(&mut self, chunks: &mut Chunks) {
        for note in chunks.notes.drain(..) {
            self.observer.note(&note);
        }
        for warning in chunks.warnings.drain(..) {
            self.observer.warning(&warning);
        }
    }
}
