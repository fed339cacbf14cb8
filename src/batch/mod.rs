//! Scores files of postings from end to end: bounded memory, input order, nothing lost.
//!
//! One thread reads, puts in order and writes; the others read rows (`stage::meet`) and judge ads (`stage::judge`).
//! Chunks of records travel between them. Every record read is scored, known from an earlier run, a duplicate, skipped or
//! rejected with a reason, and the counts say so. No files are opened for writing here: the caller gives a sink, puts the
//! output in place, and then ends the run in the ledger.

mod chunk;
mod firsts;
mod order;
mod pool;
mod since;
mod stage;

use std::io::Write;
use std::sync::atomic::AtomicBool;

use crate::error::{Error, Result};
use crate::io::ReadOptions;
use crate::ledger::{Counts, Ledger};
use crate::report::survey::Survey;
use crate::report::{OutputFormat, RecordStyle};
use crate::score::Scorer;
use chunk::Chunks;
pub use since::Since;
use stage::Judged;

/// How to run.
pub struct BatchOptions<'s> {
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
    /// Read so many records and no more.
    pub limit: Option<u64>,
    /// Skip postings of an earlier date; those without a date that can be read are kept.
    pub since: Option<Since>,
    /// Leave out postings that a complete run of the ledger has put out as they are.
    pub only_new: bool,
    /// Gather what a run report needs.
    pub report: bool,
    /// Finish the record in hand and end, once this is true.
    pub stop: Option<&'s AtomicBool>,
}

/// Hears what happens during a run, on the calling thread, in input order.
pub trait Observer {
    /// A record was rejected.
    fn rejected(&mut self, error: &Error);
    /// Something worth knowing about a file: its encoding.
    fn note(&mut self, note: &str);
    /// Something that may not be meant: columns that claim the same field, a file without records.
    fn warning(&mut self, warning: &str);
    /// So many bytes of input and records have been dealt with so far.
    fn progress(&mut self, bytes: u64, records: u64);
}

/// What became of the records.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Every record, once; decisions are those of the records in the output.
    pub counts: Counts,
    /// Records in the output.
    pub written: u64,
    /// Records kept although [`BatchOptions::since`] was given and they have no date that can be read.
    pub undated: u64,
    /// Bytes of input read.
    pub bytes: u64,
    /// The run was told to stop: not all records were read, the output is not whole.
    pub stopped: bool,
    /// What was gathered of the records in the output: how their scores are spread, and what a run report needs.
    pub survey: Survey,
}

/// Input files, opened: a mistyped name is found before anything is written or begun.
pub struct Inputs(Chunks);

impl Inputs {
    /// Opens all `names` (`-` is the standard input).
    ///
    /// # Errors
    /// When a file cannot be opened or has no usable layout.
    pub fn open(names: &[String], options: &BatchOptions<'_>, observer: &mut dyn Observer) -> Result<Inputs> {
        Chunks::open(names, &options.read, options.limit, observer).map(Inputs)
    }

    /// Scores all records into `out`.
    ///
    /// With a ledger, what it knows is not scored again, and what is new is written to it as the run goes; ending the run
    /// there is left to the caller.
    ///
    /// # Errors
    /// When `out` or the ledger refuses; bad records are no errors but observed.
    pub fn score(
        self,
        scorer: &Scorer,
        options: &BatchOptions<'_>,
        ledger: Option<&mut Ledger>,
        out: &mut dyn Write,
        observer: &mut dyn Observer,
    ) -> Result<Summary> {
        let mut chunks = self.0;
        let mut header = Vec::new();
        options.format.header(&mut header)?;
        write(out, &header)?;
        let summary = Summary { survey: Survey::new(options.report), ..Summary::default() };
        let mut tally = Tally { out, observer, ledger, summary };
        pool::run(&mut chunks, scorer, options, &mut tally)?;
        chunks.tell(tally.observer);
        tally.out.flush().map_err(|error| Error::io("output", &error))?;
        let mut summary = tally.summary;
        summary.bytes = chunks.bytes();
        Ok(summary)
    }
}

/// Writes chunks in order and keeps count.
struct Tally<'o> {
    out: &'o mut dyn Write,
    observer: &'o mut dyn Observer,
    ledger: Option<&'o mut Ledger>,
    summary: Summary,
}

impl Tally<'_> {
    /// Takes the next chunk; false when the run is to end with it.
    fn take(&mut self, judged: Judged, chunks: &mut Chunks) -> Result<bool> {
        write(self.out, &judged.output)?;
        if let Some(ledger) = &mut self.ledger {
            ledger.put(judged.entries)?;
        }
        for error in &judged.bad {
            self.observer.rejected(error);
            self.summary.survey.reject(error.kind().code());
        }
        let summary = &mut self.summary;
        summary.survey.merge(judged.survey);
        let counts = &mut summary.counts;
        counts.scored += judged.scored;
        counts.unchanged += judged.unchanged;
        counts.duplicates += judged.duplicates;
        counts.quarantined += judged.bad.len() as u64;
        counts.skipped += judged.skipped;
        counts.read = counts.scored + counts.unchanged + counts.duplicates + counts.quarantined + counts.skipped;
        for (all, some) in counts.decisions.iter_mut().zip(judged.decisions) {
            *all += some;
        }
        summary.written += judged.written;
        summary.undated += judged.undated;
        summary.stopped |= judged.stopped;
        self.observer.progress(chunks.bytes(), summary.counts.read);
        chunks.tell(self.observer);
        Ok(!self.summary.stopped)
    }
}

fn write(out: &mut dyn Write, bytes: &[u8]) -> Result<()> {
    out.write_all(bytes).map_err(|error| Error::io("output", &error))
}
