//! `tachles batch`: files of ads.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;

use super::Outcome;
use super::options::{AllowOption, Loudness, ModelOption, OffsetChoice, ReadArguments, complain};
use crate::batch::{self, BatchOptions, Observer, Summary};
use crate::error::{Error, ErrorKind, Position};
use crate::report::{OutputFormat, RecordStyle};
use crate::score::{Decision, ScoreOptions, Scorer};

/// Rejected records that are named one by one; further ones are only counted unless `-v` is given.
const NAMED_REJECTIONS: u64 = 20;

/// Arguments of `batch`.
#[derive(Args, Debug)]
pub struct BatchArguments {
    /// Files of ads, CSV or JSON Lines; `-` is standard input
    #[arg(required = true, value_name = "INPUT")]
    inputs: Vec<String>,
    /// The output file, CSV or JSON Lines by its extension; `-` is standard output
    #[arg(short, long, value_name = "FILE")]
    output: String,
    /// The layout of the output, when its name does not tell (default for standard output: jsonl)
    #[arg(long, value_name = "csv|jsonl")]
    output_format: Option<String>,
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
    let format = output_format(arguments)?;
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
    let options = BatchOptions { read, threads, format, style, advise: arguments.advice };
    let mut observer = Console::new(arguments);
    let summary = if arguments.output == "-" {
        let mut out = BufWriter::with_capacity(1 << 18, std::io::stdout().lock());
        batch::run(&arguments.inputs, &scorer, &options, &mut out, &mut observer)?
    } else {
        let mut partial = Partial::create(Path::new(&arguments.output), &arguments.inputs)?;
        let summary = batch::run(&arguments.inputs, &scorer, &options, &mut partial.out, &mut observer)?;
        partial.finish()?;
        summary
    };
    observer.finish(&summary, start.elapsed().as_secs_f64());
    Ok(if summary.rejected > 0 { Outcome::Findings } else { Outcome::Done })
}

fn output_format(arguments: &BatchArguments) -> Result<OutputFormat, Error> {
    let format = match arguments.output_format.as_deref() {
        Some("csv") => OutputFormat::Csv { excel: false },
        Some("jsonl") => OutputFormat::Jsonl,
        Some(other) => {
            return Err(Error::new(ErrorKind::Usage, format!("--output-format must be csv or jsonl, is {other:?}")));
        }
        None if arguments.output == "-" => OutputFormat::Jsonl,
        None => OutputFormat::of_path(&arguments.output).ok_or_else(|| {
            let text = format!(
                "the output must end in .csv or .jsonl, or --output-format must say which; is {:?}",
                arguments.output
            );
            Error::new(ErrorKind::Usage, text)
        })?,
    };
    match format {
        OutputFormat::Csv { .. } => Ok(OutputFormat::Csv { excel: arguments.excel }),
        OutputFormat::Jsonl if arguments.excel => {
            Err(Error::new(ErrorKind::Usage, "--excel is for CSV output; this output is JSON Lines"))
        }
        OutputFormat::Jsonl => Ok(OutputFormat::Jsonl),
    }
}

/// An output file that appears under its name only when it is complete; what was written is removed otherwise.
struct Partial {
    out: BufWriter<File>,
    /// The temporary file and the name it will get; none for a target that is not a plain file.
    rename: Option<(PathBuf, PathBuf)>,
    target: String,
}

impl Partial {
    /// Opens a file to become `target`, which must not be one of `inputs`.
    ///
    /// A link is followed. A device or a pipe is written to as it is: it has no name to appear under.
    fn create(target: &Path, inputs: &[String]) -> Result<Partial, Error> {
        let name = target.display().to_string();
        let io = |error: std::io::Error| Error::io(&name, &error);
        let resolved = target.canonicalize().unwrap_or_else(|_| target.to_owned());
        if inputs.iter().filter_map(|input| Path::new(input).canonicalize().ok()).any(|input| input == resolved) {
            let text = "the output must be another file than the input, it is the same";
            return Err(Error::new(ErrorKind::Usage, text).at(Position::file(name)));
        }
        let plain = std::fs::metadata(&resolved).map_or(true, |meta| meta.is_file());
        if !plain {
            let file = File::options().write(true).open(&resolved).map_err(io)?;
            return Ok(Partial { out: BufWriter::with_capacity(1 << 18, file), rename: None, target: name });
        }
        let mut temporary = resolved.as_os_str().to_owned();
        temporary.push(format!(".{}.partial", std::process::id()));
        let temporary = PathBuf::from(temporary);
        let file = File::create_new(&temporary).map_err(io)?;
        let out = BufWriter::with_capacity(1 << 18, file);
        Ok(Partial { out, rename: Some((temporary, resolved)), target: name })
    }

    fn finish(mut self) -> Result<(), Error> {
        let io = |error: std::io::Error| Error::io(&self.target, &error);
        self.out.flush().map_err(io)?;
        let Some((temporary, target)) = &self.rename else { return Ok(()) };
        self.out.get_ref().sync_all().map_err(io)?;
        std::fs::rename(temporary, target).map_err(io)?;
        self.rename = None;
        Ok(())
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if let Some((temporary, _)) = &self.rename {
            // Nothing more can be done about a file that does not let itself be removed.
            let _ = std::fs::remove_file(temporary);
        }
    }
}

/// Tells a run on standard error.
struct Console {
    loudness: Loudness,
    bar: indicatif::ProgressBar,
    rejected: u64,
}

impl Console {
    fn new(arguments: &BatchArguments) -> Console {
        let sizes = arguments.inputs.iter().map(|input| std::fs::metadata(input).map_or(0, |meta| meta.len()));
        let template = "{bar:30} {bytes}/{total_bytes} {bytes_per_sec} {msg} ads, {eta} left";
        let bar = arguments.loudness.bar(sizes.sum(), template);
        Console { loudness: arguments.loudness, bar, rejected: 0 }
    }

    fn finish(&self, summary: &Summary, seconds: f64) {
        self.bar.finish_and_clear();
        if self.rejected > NAMED_REJECTIONS && !self.loudness.verbose {
            self.loudness
                .say(&format!("… and {} more rejected records (-v names them all)", self.rejected - NAMED_REJECTIONS));
        }
        let decisions: Vec<String> = Decision::ALL
            .iter()
            .zip(summary.decisions)
            .filter(|&(_, count)| count > 0)
            .map(|(decision, count)| format!("{} {count}", decision.as_str()))
            .collect();
        self.loudness.say(&format!(
            "read {} = scored {} + rejected {}{}{}",
            summary.read,
            summary.scored,
            summary.rejected,
            if decisions.is_empty() { "" } else { "; " },
            decisions.join(", ")
        ));
        let (ads, megabytes) = (summary.read as f64 / seconds, summary.bytes as f64 / 1e6 / seconds);
        self.loudness.detail(&format!("{seconds:.3} s, {ads:.0} ads/s, {megabytes:.1} MB/s"));
    }
}

impl Observer for Console {
    fn rejected(&mut self, error: &Error) {
        self.rejected += 1;
        if self.rejected <= NAMED_REJECTIONS || self.loudness.verbose {
            self.bar.suspend(|| complain(&format!("rejected: {error}")));
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
