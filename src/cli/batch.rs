//! `tachles batch`: files of ads.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use clap::Args;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::Outcome;
use super::console::{self, Console};
use super::log::{self, LogFormat};
use super::options::{AllowOption, Loudness, ModelOption, OffsetChoice, ReadArguments};
use crate::batch::{BatchOptions, Inputs, Since, Summary};
use crate::error::{Error, ErrorKind, Position};
use crate::ledger::{Command, Ledger};
use crate::model::Model;
use crate::model::artifact::digest;
use crate::report::{self, OutputFormat, RecordStyle, survey};
use crate::score::{AllowList, ScoreOptions, Scorer};

/// Arguments of `batch`.
#[derive(Args, Debug)]
pub struct BatchArguments {
    /// Files of ads, CSV or JSON Lines; `-` is standard input
    #[arg(required_unless_present = "config", value_name = "INPUT")]
    pub(super) inputs: Vec<String>,
    /// The output file, CSV or JSON Lines by its extension; `-` is standard output
    #[arg(short, long, value_name = "FILE", default_value = "", hide_default_value = true)]
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
    /// A file that remembers: only what is new or changed is scored, and a run that died goes on where it was
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
    /// A page on the run: what was flagged, whether the scores have moved, strange and slow records
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
    /// Leave out postings that an earlier run with this ledger has put out as they are
    #[arg(long, requires = "ledger")]
    only_new: bool,
    /// Read so many records and no more
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// Skip postings of an earlier date; those without a date that can be read are kept, and counted
    #[arg(long, value_name = "YYYY-MM-DD")]
    since: Option<String>,
    /// Take options from the table `[batch]` of a TOML file; the command line wins
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The layout of messages on standard error
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    log: LogFormat,
    #[command(flatten)]
    allow: AllowOption,
    #[command(flatten)]
    read: ReadArguments,
    #[command(flatten)]
    model: ModelOption,
    #[command(flatten)]
    pub(super) loudness: Loudness,
}

/// Scores the inputs into the output, which appears under its name only when it is complete.
pub fn run(arguments: &BatchArguments) -> anyhow::Result<Outcome> {
    let start = Instant::now();
    log::choose(arguments.log);
    needed("INPUT", "inputs", arguments.inputs.is_empty())?;
    needed("--output", "output", arguments.output.is_empty())?;
    let format = output_format(arguments)?;
    let read = arguments.read.typed()?;
    let threads = match arguments.threads {
        Some(0) => return Err(Error::new(ErrorKind::Usage, "--threads must be at least 1, is 0").into()),
        Some(threads) => threads,
        None => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
    };
    let since = arguments.since.as_deref().map(Since::parse).transpose()?;
    let model = arguments.model.load()?;
    let allow = arguments.allow.load(&model)?;
    let judge = Judge::new(arguments, &model, &allow);
    let scorer = Scorer::new(model, ScoreOptions { all_roles: arguments.all_roles }).allowing(allow);
    let style =
        RecordStyle { model: scorer.model().id(), offsets: arguments.offsets.into(), with_text: arguments.with_text };
    let command = judge.command(&scorer, &style, arguments, &format!("{format:?} {read:?} {since:?}"));
    let stop = stop_at_signals()?;
    let options = BatchOptions {
        read,
        threads,
        format,
        style,
        advise: arguments.advice,
        limit: arguments.limit,
        since,
        only_new: arguments.only_new,
        report: arguments.report.is_some(),
        stop: Some(&stop),
    };
    let mut console = Console::new(arguments);
    let inputs = Inputs::open(&arguments.inputs, &options, &mut console)?;
    // First the ledger, which is refused where another run is at work, then the file that such a run may be writing.
    let mut ledger = begin(arguments, &command, &console)?;
    let mut partial = match arguments.output.as_str() {
        "-" => None,
        target => Some(Partial::create(Path::new(target), &arguments.inputs)?),
    };
    let report = arguments.report.as_deref().map(|path| report_file(path, arguments)).transpose()?;
    let summary = match &mut partial {
        Some(partial) => inputs.score(&scorer, &options, ledger.as_mut(), &mut partial.out, &mut console)?,
        None => {
            let mut out = BufWriter::with_capacity(1 << 18, std::io::stdout().lock());
            inputs.score(&scorer, &options, ledger.as_mut(), &mut out, &mut console)?
        }
    };
    if summary.stopped {
        // What was written of the output is removed with `partial`.
        let resumable = ledger.is_some();
        ledger.map_or(Ok(()), |ledger| ledger.interrupt(&summary.counts))?;
        console.stopped(&summary, resumable);
        return Ok(Outcome::Stopped);
    }
    // First the output, then the ledger: a crash between them leaves a run that is resumed, and writes the same again.
    partial.map_or(Ok(()), Partial::finish)?;
    let seconds = start.elapsed().as_secs_f64();
    if let Some(report) = report {
        report.publish(&page(arguments, &scorer, ledger.as_ref(), &summary, seconds))?;
    }
    ledger.map_or(Ok(()), |ledger| ledger.complete(&summary.counts, &summary.survey.distributions))?;
    console.finish(&summary, seconds);
    Ok(if summary.counts.quarantined > 0 { Outcome::Findings } else { Outcome::Done })
}

fn needed(argument: &str, key: &str, missing: bool) -> Result<(), Error> {
    let rule = || format!("{argument} is needed, on the command line or as `{key}` in the configuration");
    if missing { Err(Error::new(ErrorKind::Usage, rule())) } else { Ok(()) }
}

/// A flag that SIGINT and SIGTERM raise; the second of them ends the process at once.
fn stop_at_signals() -> Result<Arc<AtomicBool>, Error> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        flag::register_conditional_shutdown(signal, 2, Arc::clone(&stop))
            .and_then(|_| flag::register(signal, Arc::clone(&stop)))
            .map_err(|error| Error::new(ErrorKind::Io, format!("signal {signal} cannot be watched: {error}")))?;
    }
    Ok(stop)
}

/// What determines a verdict but the text.
struct Judge {
    settings: String,
}

impl Judge {
    fn new(arguments: &BatchArguments, model: &Model, allow: &AllowList) -> Judge {
        let settings = serde_json::json!({
            "tachles": env!("CARGO_PKG_VERSION"),
            "model": model.digest,
            "all_roles": arguments.all_roles,
            "advice": arguments.advice,
            "allow": allow.digest(),
        });
        Judge { settings: settings.to_string() }
    }

    /// What the ledger knows the run by: everything that determines a byte of the output but the bytes of the input.
    fn command(&self, scorer: &Scorer, style: &RecordStyle, arguments: &BatchArguments, options: &str) -> Command {
        let BatchArguments { inputs, output, limit, only_new, .. } = arguments;
        let all = format!("{} {inputs:?} {output:?} {limit:?} {only_new} {style:?} {options}", self.settings);
        Command {
            digest: digest(all.as_bytes()),
            judge: digest(self.settings.as_bytes()),
            model: style.model.clone(),
            model_digest: scorer.model().digest.clone(),
            settings: self.settings.clone(),
        }
    }
}

fn begin(arguments: &BatchArguments, command: &Command, console: &Console) -> Result<Option<Ledger>, Error> {
    let Some(path) = &arguments.ledger else { return Ok(None) };
    let same = |other: &String| std::path::absolute(path).ok() == std::path::absolute(other).ok();
    if same(&arguments.output) || arguments.inputs.iter().any(same) {
        let rule = "the ledger must be a file of its own, it is the output or an input";
        return Err(Error::new(ErrorKind::Usage, rule).at(Position::file(path.display().to_string())));
    }
    let ledger = Ledger::begin(path, command)?;
    console.began(ledger.begun(), ledger.snapshot().index().len());
    Ok(Some(ledger))
}

/// The file that becomes the report, opened before anything is scored: a mistyped folder must not cost the page.
fn report_file(path: &Path, arguments: &BatchArguments) -> Result<Partial, Error> {
    let mut others = arguments.inputs.clone();
    others.extend(arguments.ledger.iter().map(|ledger| ledger.display().to_string()));
    let same = std::path::absolute(path).ok() == std::path::absolute(&arguments.output).ok();
    if same || path == Path::new("-") {
        let rule = "the report must be a file of its own, it is the output or standard output";
        return Err(Error::new(ErrorKind::Usage, rule).at(Position::file(path.display().to_string())));
    }
    Partial::create(path, &others)
}

/// The run report.
fn page(
    arguments: &BatchArguments,
    scorer: &Scorer,
    ledger: Option<&Ledger>,
    summary: &Summary,
    seconds: f64,
) -> String {
    survey::page::html(&survey::page::Run {
        inputs: &arguments.inputs,
        judge: report::Judge::of(scorer.model()),
        training: &scorer.model().config.distributions(),
        counts: summary.counts,
        books: console::books(summary),
        written: summary.written,
        seconds,
        only_new: arguments.only_new,
        begun: ledger.map(Ledger::begun),
        previous: ledger.and_then(Ledger::previous),
        survey: &summary.survey,
    })
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

    /// Writes `text` and finishes.
    fn publish(mut self, text: &str) -> Result<(), Error> {
        self.out.write_all(text.as_bytes()).map_err(|error| Error::io(&self.target, &error))?;
        self.finish()
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
