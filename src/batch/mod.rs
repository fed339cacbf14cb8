//! Scores files of postings from end to end: bounded memory, input order, nothing lost.
//!
//! One thread reads, puts in order and writes; the others read rows (`stage::meet`) and judge ads (`stage::judge`).
//! Records travel between them in chunks, and in groups of chunks (`group`) to be judged. Every record read is scored, known
//! from an earlier run, a duplicate, skipped or quarantined with a reason, and the counts say so. No files are opened for
//! writing here: the caller gives a sink, puts the output in place, and then ends the run in the ledger.

mod chunk;
mod firsts;
mod group;
mod max_bad;
mod near;
mod order;
mod pool;
mod since;
mod spool;
mod stage;

use std::io::Write;
use std::sync::atomic::AtomicBool;

use crate::error::{Error, ErrorKind, Result};
use crate::io::{Files, ReadOptions};
use crate::ledger::{Counts, Ledger};
use crate::report::survey::Survey;
use crate::report::{OutputLayout, RecordStyle, Sink};
use crate::score::Scorer;
use chunk::Chunks;
pub use max_bad::MaxBad;
pub use since::Since;
use stage::Judged;

/// How to run.
pub struct BatchOptions<'s> {
    /// How files are read.
    pub read: ReadOptions,
    /// Threads that parse and score; with 1 everything happens on the calling thread.
    pub threads: usize,
    /// The layout of the output.
    pub layout: OutputLayout,
    /// What records look like.
    pub style: RecordStyle,
    /// Advise on every ad in particular, instead of in general.
    pub advise: bool,
    /// How many records may be bad before the run stops; `None` for all of them.
    pub max_bad: Option<MaxBad>,
    /// Read so many records and no more.
    pub limit: Option<u64>,
    /// Skip postings of an earlier date; those without a date that can be read are kept.
    pub since: Option<Since>,
    /// Leave out postings that a complete run of the ledger has put out as they are.
    pub only_new: bool,
    /// What counts as a repetition.
    pub reposts: Reposts,
    /// Keep the texts of flagged and unsure ads in the ledger, for people to review.
    pub keep_texts: bool,
    /// Gather what a run report needs.
    pub report: bool,
    /// Finish the record in hand and end, once this is true.
    pub stop: Option<&'s AtomicBool>,
}

impl BatchOptions<'_> {
    /// True when a posting that was put out as it is need not be read: all that is asked of it is in the ledger.
    fn leaves_unread(&self) -> bool {
        self.only_new && self.since.is_none() && self.reposts != Reposts::Near
    }
}

/// Which postings repeat an earlier one of the run; they are named `duplicate_of` it, and get its decision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reposts {
    /// Those with the same words in the same order: case, white space, punctuation and directional marks do not count.
    #[default]
    Exact,
    /// Also those that say nearly the same, as when another town, date or telephone was put in.
    Near,
    /// None.
    Off,
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

/// A record that cannot be read.
pub struct BadRecord {
    /// What is wrong with it, and where it stands.
    pub error: Error,
    /// Its bytes, see [`crate::io::Row::raw`].
    pub raw: Vec<u8>,
    /// How many bytes it has, of which `raw` may be the beginning.
    pub length: u64,
}

/// What became of the records.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Every record, once; decisions are those of the records in the output.
    pub counts: Counts,
    /// Records in the output.
    pub written: u64,
    /// Files that break off or are damaged, of which an unknown number of records is lost; each is one of the
    /// quarantined records.
    pub damaged: u64,
    /// Records kept although [`BatchOptions::since`] was given and they have no date that can be read.
    pub undated: u64,
    /// Bytes of input read.
    pub bytes: u64,
    /// The run was told to stop: not all records were read, the output is not whole.
    pub stopped: bool,
    /// More records are bad than [`BatchOptions::max_bad`] allows, as [`MaxBad::rotten`] says: not all were read, the output is not whole.
    pub rotten: bool,
    /// What was gathered of the records in the output: how their scores are spread, and what a run report needs.
    pub survey: Survey,
}

/// Input files, looked at: a mistyped name is found before anything is written or begun.
pub struct Inputs(Chunks);

impl Inputs {
    /// Looks at all files `names` (`-` is the standard input).
    ///
    /// # Errors
    /// When a file cannot be opened or has no usable layout.
    pub fn open(names: &[String], options: &BatchOptions<'_>, observer: &mut dyn Observer) -> Result<Inputs> {
        Chunks::open(names, &options.read, options.limit, observer).map(Inputs)
    }

    /// The postings of `files`, which are open already.
    pub fn of(files: Files, options: &BatchOptions<'_>, observer: &mut dyn Observer) -> Inputs {
        Inputs(Chunks::of(files, options.limit, observer))
    }

    /// Scores all records into `out`.
    ///
    /// With a ledger, what it knows is not scored again, and what is new is written to it as the run goes; ending the run
    /// there is left to the caller.
    ///
    /// # Errors
    /// When a file cannot be read further, when `out` or the ledger refuses. Bad records are no errors, but observed.
    pub fn score(
        self,
        scorer: &Scorer,
        options: &BatchOptions<'_>,
        ledger: Option<&mut Ledger>,
        out: &mut dyn Write,
        observer: &mut dyn Observer,
    ) -> Result<Summary> {
        self.score_into(scorer, options, ledger, Sink::new(&options.layout, out)?, observer)
    }

    /// The same, into a sink of the layout that `options` ask for, or one that gathers columns in memory.
    ///
    /// # Errors
    /// As [`Inputs::score`].
    pub fn score_into(
        self,
        scorer: &Scorer,
        options: &BatchOptions<'_>,
        ledger: Option<&mut Ledger>,
        sink: Sink<'_>,
        observer: &mut dyn Observer,
    ) -> Result<Summary> {
        let mut chunks = self.0;
        let summary = Summary { survey: Survey::new(options.report), ..Summary::default() };
        let mut tally = Tally { sink, observer, ledger, max_bad: options.max_bad, summary };
        pool::run(&mut chunks, scorer, options, &mut tally)?;
        chunks.tell(tally.observer);
        tally.judge(!tally.summary.stopped);
        if !tally.summary.stopped && !tally.summary.rotten {
            tally.sink.finish()?;
        }
        let mut summary = tally.summary;
        summary.bytes = chunks.bytes();
        Ok(summary)
    }
}

/// Writes chunks in order and keeps count.
struct Tally<'o, 's> {
    sink: Sink<'s>,
    observer: &'o mut dyn Observer,
    ledger: Option<&'o mut Ledger>,
    max_bad: Option<MaxBad>,
    summary: Summary,
}

impl Tally<'_, '_> {
    /// Takes the next chunk; false when the run is to end with it.
    fn take(&mut self, judged: Judged, chunks: &mut Chunks) -> Result<bool> {
        self.sink.write(judged.output)?;
        if let Some(ledger) = &mut self.ledger {
            ledger.put(judged.entries)?;
        }
        let summary = &mut self.summary;
        for bad in &judged.bad {
            self.observer.quarantined(bad)?;
            summary.damaged += u64::from(bad.error.kind() == ErrorKind::Damaged);
            summary.survey.reject(bad.error.kind().code());
        }
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
        self.judge(false);
        Ok(!self.summary.stopped && !self.summary.rotten)
    }

    /// Sees whether the input is rotten.
    fn judge(&mut self, at_end: bool) {
        let Counts { read, quarantined, .. } = self.summary.counts;
        self.summary.rotten |= self.max_bad.is_some_and(|max_bad| max_bad.is_exceeded(read, quarantined, at_end));
    }
}
