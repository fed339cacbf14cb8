//! `tachles batch`: files of ads.

use std::io::BufWriter;
use std::path::Path;
use std::time::Instant;

use clap::Args;

use super::Outcome;
use super::options::{AllowOption, Loudness, ModelOption, OffsetChoice, ReadArguments, complain};
use crate::batch::{self, BadRecord, BatchOptions, MaxBad, Observer, Summary};
use crate::error::{Error, ErrorKind, Position};
use crate::io::packed::Packer;
use crate::io::{Packing, Partial, Quarantine, files};
use crate::report::{OutputFormat, RecordStyle};
use crate::score::{Decision, ScoreOptions, Scorer};

/// Bad records that are named one by one; further ones are only counted unless `-v` is given.
const NAMED_BAD: u64 = 20;

/// Arguments of `batch`.
#[derive(Args, Debug)]
pub struct BatchArguments {
    /// Files of ads: CSV, JSON Lines or Parquet, also .gz and .zst; folders; patterns such as 'ads/*.csv.gz'; `-` is
    /// standard input
    #[arg(required = true, value_name = "INPUT")]
    inputs: Vec<String>,
    /// The output file, CSV, JSON Lines or Parquet by its extension, packed where .gz or .zst follows; `-` is standard
    /// output
    #[arg(short, long, value_name = "FILE")]
    output: String,
    /// The layout of the output, when its name does not tell (default for standard output: jsonl)
    #[arg(long, value_name = "csv|jsonl|parquet[.gz|.zst]")]
    output_format: Option<String>,
    /// A file for the bad records, JSON Lines or CSV by its extension: each with its place, a reason and its bytes
    #[arg(long, value_name = "FILE")]
    quarantine: Option<String>,
    /// Stop with exit code 2, without output, when more records are bad: a number, or a share such as 5%
    #[arg(long, value_name = "N|N%")]
    max_bad: Option<String>,
    /// Threads that score (default: all cores)
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Judge every role, not only those that run social media
    #[arg(long)]
    all_roles: bool,
    /// CSV output for spreadsheets: with a byte order mark, and without cells that would run as formulas
    #[arg(long)]
    excel: bool,
    /// Advise on every ad, with an example edit for each reason that fired (many times slower)
    #[arg(long)]
    advice: bool,
    /// What offsets count
    #[arg(long, value_enum, default_value_t = OffsetChoice::Codepoints)]
    offsets: OffsetChoice,
    /// Carry the plain text in every record
    #[arg(long)]
    with_text: bool,
    #[command(flatten)]
    allow: AllowOption,
    #[command(flatten)]
    read: ReadArguments,
    #[command(flatten)]
    model: ModelOption,
    #[command(flatten)]
    loudness: Loudness,
}

/// Scores the inputs into the output, which appears under its name only when it is complete.
pub fn run(arguments: &BatchArguments) -> anyhow::Result<Outcome> {
    let start = Instant::now();
    let (format, packing) = output_format(arguments)?;
    let max_bad = arguments.max_bad.as_deref().map(MaxBad::parse).transpose()?;
    let (inputs, warnings) = files::expand(&arguments.inputs)?;
    let read = arguments.read.typed()?;
    let threads = match arguments.threads {
        Some(0) => return Err(Error::new(ErrorKind::Usage, "--threads must be at least 1, is 0").into()),
        Some(threads) => threads,
        None => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
    };
    let model = arguments.model.load()?;
    let allow = arguments.allow.load(&model)?;
    let scorer = Scorer::new(model, ScoreOptions { all_roles: arguments.all_roles }).allowing(allow);
    let style =
        RecordStyle { model: scorer.model().id(), offsets: arguments.offsets.into(), with_text: arguments.with_text };
    let options = BatchOptions { read, threads, format, style, advise: arguments.advice, max_bad };
    let mut observer = Console::new(arguments, &inputs)?;
    warnings.iter().for_each(|warning| observer.warning(warning));
    let run = |out: &mut dyn std::io::Write, observer: &mut Console| {
        let ran = batch::run(&inputs, &scorer, &options, out, observer);
        match &ran {
            // What is in quarantine shows why.
            Err(error) if error.kind() == ErrorKind::Rotten => observer.release()?,
            _ => {}
        }
        ran
    };
    let io = |error: std::io::Error| Error::io(&arguments.output, &error);
    let summary = if arguments.output == "-" {
        let out = BufWriter::with_capacity(1 << 18, std::io::stdout().lock());
        let mut out = Packer::new(out, packing).map_err(io)?;
        let summary = run(&mut out, &mut observer)?;
        std::io::Write::flush(&mut out.finish().map_err(io)?).map_err(io)?;
        observer.release()?;
        summary
    } else {
        let partial = Partial::create(Path::new(&arguments.output), &inputs)?;
        let mut out = Packer::new(partial, packing).map_err(io)?;
        let summary = run(&mut out, &mut observer)?;
        let partial = out.finish().map_err(io)?;
        // The output is put in place last: where it is, everything is.
        observer.release()?;
        partial.finish()?;
        summary
    };
    observer.finish(&summary, start.elapsed().as_secs_f64());
    Ok(if summary.quarantined > 0 { Outcome::Findings } else { Outcome::Done })
}

/// The layout of the output and its packing.
fn output_format(arguments: &BatchArguments) -> Result<(OutputFormat, Packing), Error> {
    let (format, packing) = match arguments.output_format.as_deref() {
        Some(word) => {
            let (packing, plain) = Packing::of_path(word);
            let format = OutputFormat::parse(plain).ok_or_else(|| {
                let rule = "--output-format must be csv, jsonl or parquet, perhaps with .gz or .zst";
                Error::new(ErrorKind::Usage, format!("{rule}, is {word:?}"))
            })?;
            (format, if packing == Packing::Plain { Packing::of_path(&arguments.output).0 } else { packing })
        }
        None if arguments.output == "-" => (OutputFormat::Jsonl, Packing::Plain),
        None => {
            let format = OutputFormat::of_path(&arguments.output).ok_or_else(|| {
                let text = format!(
                    "the output must end in .csv, .jsonl or .parquet (perhaps with .gz or .zst), or --output-format must \
                     say which; is {:?}",
                    arguments.output
                );
                Error::new(ErrorKind::Usage, text)
            })?;
            (format, Packing::of_path(&arguments.output).0)
        }
    };
    match format {
        OutputFormat::Csv { .. } => Ok((OutputFormat::Csv { excel: arguments.excel }, packing)),
        _ if arguments.excel => Err(Error::new(ErrorKind::Usage, "--excel is for CSV output only")),
        _ => Ok((format, packing)),
    }
}

/// Tells a run on standard error.
struct Console {
    loudness: Loudness,
    bar: indicatif::ProgressBar,
    bad: u64,
    quarantine: Option<Quarantine>,
}

impl Console {
    fn new(arguments: &BatchArguments, inputs: &[String]) -> Result<Console, Error> {
        let quarantine = match &arguments.quarantine {
            Some(path) => {
                let mut others = inputs.to_vec();
                others.push(arguments.output.clone());
                if *path == arguments.output {
                    let rule = "the bad records must go to another file than the output, it is the same";
                    return Err(Error::new(ErrorKind::Usage, rule).at(Position::file(path.as_str())));
                }
                Some(Quarantine::create(path, &others)?)
            }
            None => None,
        };
        let sizes = inputs.iter().map(|input| std::fs::metadata(input).map_or(0, |meta| meta.len()));
        let template = "{bar:30} {bytes}/{total_bytes} {bytes_per_sec} {msg} ads, {eta} left";
        let bar = arguments.loudness.bar(sizes.sum(), template);
        Ok(Console { loudness: arguments.loudness, bar, bad: 0, quarantine })
    }

    /// Puts the file of bad records in its place.
    fn release(&mut self) -> Result<(), Error> {
        self.quarantine.take().map_or(Ok(()), Quarantine::finish)
    }

    fn finish(&self, summary: &Summary, seconds: f64) {
        self.bar.finish_and_clear();
        if self.bad > NAMED_BAD && !self.loudness.verbose {
            self.loudness.say(&format!("… and {} more bad records (-v names them all)", self.bad - NAMED_BAD));
        }
        if summary.damaged > 0 {
            complain(&format!(
                "damaged in {} place(s): every record before the damage is scored, an unknown number after it is lost",
                summary.damaged
            ));
        }
        let decisions: Vec<String> = Decision::ALL
            .iter()
            .zip(summary.decisions)
            .filter(|&(_, count)| count > 0)
            .map(|(decision, count)| format!("{} {count}", decision.as_str()))
            .collect();
        self.loudness.say(&format!(
            "read {} = scored {} + quarantined {}{}{}",
            summary.read,
            summary.scored,
            summary.quarantined,
            if decisions.is_empty() { "" } else { "; " },
            decisions.join(", ")
        ));
        let (ads, megabytes) = (summary.read as f64 / seconds, summary.bytes as f64 / 1e6 / seconds);
        self.loudness.detail(&format!("{seconds:.3} s, {ads:.0} ads/s, {megabytes:.1} MB/s"));
    }
}

impl Observer for Console {
    fn quarantined(&mut self, bad: &BadRecord) -> Result<(), Error> {
        self.bad += 1;
        if self.bad <= NAMED_BAD || self.loudness.verbose {
            self.bar.suspend(|| complain(&format!("quarantined ({}): {}", bad.error.kind().code(), bad.error)));
        }
        match &mut self.quarantine {
            Some(quarantine) => quarantine.add(&bad.error, &bad.raw, bad.length),
            None => Ok(()),
        }
    }

    fn note(&mut self, note: &str) {
        self.bar.suspend(|| self.loudness.detail(note));
    }

    fn warning(&mut self, warning: &str) {
        self.bar.suspend(|| self.loudness.say(&format!("warning: {warning}")));
    }

    fn progress(&mut self, bytes: u64, records: u64) {
        self.bar.set_position(bytes);
        self.bar.set_message(records.to_string());
    }
}
