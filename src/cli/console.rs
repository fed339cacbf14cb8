//! Tells a batch run on standard error: what was bad, how far it is, what became of the records. Keeps bad records
//! where that is asked for.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::log::{self, Level};
use super::options::Loudness;
use crate::batch::{BadRecord, Observer, Summary};
use crate::error::Error;
use crate::io::Quarantine;
use crate::ledger::Begun;
use crate::score::Decision;

/// Bad records that are named one by one; further ones are only counted unless `-v` is given.
const NAMED_BAD: u64 = 20;
/// Time between two lines of progress in a JSON log; people have the bar.
const PROGRESS: Duration = Duration::from_secs(10);

/// The teller of one run.
pub(super) struct Console {
    loudness: Loudness,
    bar: indicatif::ProgressBar,
    bad: u64,
    quarantine: Option<Quarantine>,
    /// Bytes of all inputs; 0 when that is not known.
    size: u64,
    start: Instant,
    told: Instant,
}

impl Console {
    pub fn new(loudness: Loudness, inputs: &[String]) -> Console {
        let sizes = inputs.iter().map(|input| std::fs::metadata(input).map_or(0, |meta| meta.len()));
        let size = sizes.sum();
        let template = "{bar:30} {bytes}/{total_bytes} {bytes_per_sec} {msg} ads, {eta} left";
        let bar = loudness.bar(size, template);
        let start = Instant::now();
        Console { loudness, bar, bad: 0, quarantine: None, size, start, told: start }
    }

    /// Keeps bad records there from now on.
    pub fn keep(&mut self, quarantine: Quarantine) {
        self.quarantine = Some(quarantine);
    }

    /// Puts the file of bad records in its place.
    pub fn release(&mut self) -> Result<(), Error> {
        self.quarantine.take().map_or(Ok(()), Quarantine::finish)
    }

    /// The run has a number.
    pub fn began(&self, begun: &Begun, known: usize) {
        let Begun { run, started, resumed } = begun;
        let fields = json!({ "run": run, "started": started, "resumed": resumed, "known_postings": known });
        match resumed {
            Some(kept) => self.loudness.tell(
                Level::Info,
                "resumed",
                &format!(
                    "run {run} of {started} was not finished and goes on: {kept} scores are in the ledger already"
                ),
                fields,
            ),
            None => self.loudness.tell(Level::Debug, "began", &format!("run {run}, {known} postings known"), fields),
        }
    }

    /// A signal has ended the run.
    pub fn stopped(&self, summary: &Summary, resumable: bool) {
        self.bar.finish_and_clear();
        let next = match resumable {
            true => "what was scored is in the ledger, and the same command goes on from here",
            false => "nothing is kept without --ledger",
        };
        let line = format!("stopped by a signal after {} records; no output was written; {next}", summary.counts.read);
        log::write(Level::Error, "stopped", &line, log::fields(counts(summary)));
    }

    /// Too many records are bad, and that has ended the run.
    pub fn rotten(&self, summary: &Summary) {
        self.bar.finish_and_clear();
        self.loudness.tell(Level::Info, "rotten", &books(summary), counts(summary));
    }

    /// The run is over.
    pub fn finish(&self, summary: &Summary, seconds: f64) {
        self.bar.finish_and_clear();
        if self.bad > NAMED_BAD && !self.loudness.verbose {
            self.loudness.say(&format!("… and {} more bad records (-v names them all)", self.bad - NAMED_BAD));
        }
        if summary.damaged > 0 {
            let line = format!(
                "damaged in {} place(s): every record before the damage is scored, an unknown number after it is lost",
                summary.damaged
            );
            log::write(Level::Warning, "damaged", &line, log::fields(json!({ "places": summary.damaged })));
        }
        let of = &summary.counts;
        self.loudness.tell(Level::Info, "done", &books(summary), counts(summary));
        if summary.undated > 0 {
            let line = format!("{} postings have no date that can be read, and were kept", summary.undated);
            self.loudness.tell(Level::Warning, "undated", &line, json!({ "postings": summary.undated }));
        }
        let (ads, megabytes) = (of.read as f64 / seconds, summary.bytes as f64 / 1e6 / seconds);
        let fields = json!({ "seconds": seconds, "ads_per_second": ads, "bytes": summary.bytes });
        let line = format!("{seconds:.3} s, {ads:.0} ads/s, {megabytes:.1} MB/s");
        self.loudness.tell(Level::Debug, "speed", &line, fields);
    }
}

/// The books in one line: what became of the records, then the decisions.
pub(super) fn books(summary: &Summary) -> String {
    let of = &summary.counts;
    let decisions: Vec<String> = Decision::ALL
        .iter()
        .zip(of.decisions)
        .filter(|&(_, count)| count > 0)
        .map(|(decision, count)| format!("{} {count}", decision.as_str()))
        .collect();
    let skipped = if of.skipped > 0 { format!(" + skipped {}", of.skipped) } else { String::new() };
    let mut line = format!(
        "read {} = scored {} + unchanged {} + duplicates {} + quarantined {}{skipped}",
        of.read, of.scored, of.unchanged, of.duplicates, of.quarantined,
    );
    if summary.written + of.quarantined + of.skipped < of.read {
        line += &format!("; written {}", summary.written);
    }
    if !decisions.is_empty() {
        line += &format!("; {}", decisions.join(", "));
    }
    line
}

fn counts(summary: &Summary) -> Value {
    let of = &summary.counts;
    let decisions: serde_json::Map<String, Value> = Decision::ALL
        .iter()
        .zip(of.decisions)
        .map(|(decision, count)| (decision.as_str().to_owned(), count.into()))
        .collect();
    json!({
        "read": of.read,
        "scored": of.scored,
        "unchanged": of.unchanged,
        "duplicates": of.duplicates,
        "quarantined": of.quarantined,
        "skipped": of.skipped,
        "written": summary.written,
        "decisions": decisions,
    })
}

impl Observer for Console {
    fn quarantined(&mut self, bad: &BadRecord) -> Result<(), Error> {
        self.bad += 1;
        let error = &bad.error;
        if self.bad <= NAMED_BAD || self.loudness.verbose {
            let at = error.position();
            let fields = json!({
                "reason": error.kind().code(),
                "rule": error.message(),
                "file": at.file.as_deref(),
                "record": at.record,
                "line": at.line,
                "byte": at.byte,
            });
            let line = format!("quarantined ({}): {error}", error.kind().code());
            self.bar.suspend(|| log::write(Level::Warning, "quarantined", &line, log::fields(fields)));
        }
        match &mut self.quarantine {
            Some(quarantine) => quarantine.add(error, &bad.raw, bad.length),
            None => Ok(()),
        }
    }

    fn note(&mut self, note: &str) {
        self.bar.suspend(|| self.loudness.tell(Level::Debug, "note", note, Value::Null));
    }

    fn warning(&mut self, warning: &str) {
        let line = format!("warning: {warning}");
        self.bar.suspend(|| self.loudness.tell(Level::Warning, "warning", &line, Value::Null));
    }

    fn progress(&mut self, bytes: u64, records: u64) {
        self.bar.set_position(bytes);
        self.bar.set_message(records.to_string());
        if log::is_json() && self.told.elapsed() >= PROGRESS {
            self.told = Instant::now();
            let seconds = self.start.elapsed().as_secs_f64();
            let rate = records as f64 / seconds;
            let left = (self.size > bytes && bytes > 0).then(|| (self.size - bytes) as f64 / bytes as f64 * seconds);
            let line = format!("{records} records, {rate:.0} a second");
            let fields = json!({
                "records": records,
                "bytes": bytes,
                "total_bytes": self.size,
                "records_per_second": rate.round(),
                "seconds_left": left.map(f64::round),
            });
            self.loudness.tell(Level::Info, "progress", &line, fields);
        }
    }
}
