//! `tachles batch`: files of ads.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use clap::{Args, ValueEnum};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::Outcome;
use super::console::{self, Console};
use super::log::{self, LogFormat};
use super::options::{self, AllowOption, EvidenceChoice, Loudness, ModelOption, OffsetChoice, ReadArguments};
use super::target::Target;
use crate::batch::{BatchOptions, Inputs, MaxBad, Observer, Reposts, Since, Summary};
use crate::error::{Error, ErrorKind, Position};
use crate::io::packed::Packer;
use crate::io::{Packing, Partial, Quarantine, files};
use crate::ledger::{Command, Counts, Ledger};
use crate::model::Model;
use crate::model::artifact::digest;
use crate::report::{self, OutputFormat, OutputLayout, RecordStyle, survey};
use crate::score::{AllowList, ScoreOptions, Scorer};

/// Arguments of `batch`.
#[derive(Args, Debug)]
pub struct BatchArguments {
    /// Files of ads: CSV, JSON Lines or Parquet, also .gz and .zst; folders; patterns such as 'ads/*.csv.gz'; `-` is
    /// standard input
    #[arg(required_unless_present = "config", value_name = "INPUT")]
    inputs: Vec<String>,
    /// The output file, CSV, JSON Lines or Parquet by its extension, packed where .gz or .zst follows; `-` is standard
    /// output
    #[arg(short, long, value_name = "FILE", default_value = "", hide_default_value = true)]
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
    /// Which reasons carry evidence in the output
    #[arg(long, value_enum, default_value_t = EvidenceChoice::All)]
    evidence: EvidenceChoice,
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
    /// Keep the texts of flagged and unsure ads in the ledger, for the review queue of `tachles serve`
    #[arg(long, requires = "ledger")]
    keep_texts: bool,
    /// Which postings repeat an earlier one: those with the same words, or also those that say nearly the same
    #[arg(long, value_enum, default_value_t = RepostsChoice::Exact)]
    reposts: RepostsChoice,
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
    loudness: Loudness,
}

/// What `--reposts` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum RepostsChoice {
    /// The same words, however they are set
    Exact,
    /// Also nearly the same words: another town, date or telephone
    Near,
    /// Look for none
    Off,
}

impl From<RepostsChoice> for Reposts {
    fn from(choice: RepostsChoice) -> Reposts {
        match choice {
            RepostsChoice::Exact => Reposts::Exact,
            RepostsChoice::Near => Reposts::Near,
            RepostsChoice::Off => Reposts::Off,
        }
    }
}

/// Scores the inputs into the output, which appears under its name only when it is complete.
pub fn run(arguments: &BatchArguments) -> anyhow::Result<Outcome> {
    let start = Instant::now();
    log::choose(arguments.log);
    needed("INPUT", "inputs", arguments.inputs.is_empty())?;
    needed("--output", "output", arguments.output.is_empty())?;
    apart(arguments)?;
    let (format, packing) = output_format(arguments)?;
    let read = arguments.read.typed()?;
    let threads = options::threads(arguments.threads)?;
    let max_bad = arguments.max_bad.as_deref().map(MaxBad::parse).transpose()?;
    let since = arguments.since.as_deref().map(Since::parse).transpose()?;
    let (inputs, warnings) = files::expand(&arguments.inputs)?;
    let model = arguments.model.load()?;
    let allow = arguments.allow.load(&model)?;
    let judge = Judge::new(arguments, &model, &allow);
    let scorer = Scorer::new(model, ScoreOptions { all_roles: arguments.all_roles })
        .allowing(allow)
        .giving(arguments.evidence.into());
    let style =
        RecordStyle { model: scorer.model().id(), offsets: arguments.offsets.into(), with_text: arguments.with_text };
    let command = judge.command(&scorer, &style, arguments, &format!("{format:?} {packing:?} {read:?} {since:?}"));
    let stop = stop_at_signals()?;
    let options = BatchOptions {
        read,
        threads,
        layout: OutputLayout::new(format, scorer.model()),
        style,
        advise: arguments.advice,
        max_bad,
        limit: arguments.limit,
        since,
        only_new: arguments.only_new,
        reposts: arguments.reposts.into(),
        keep_texts: arguments.keep_texts,
        report: arguments.report.is_some(),
        stop: Some(&stop),
    };
    let mut console = Console::new(arguments.loudness, &inputs);
    warnings.iter().for_each(|warning| console.warning(warning));
    let opened = Inputs::open(&inputs, &options, &mut console)?;
    // First the ledger, which is refused where another run is at work, then the files that such a run may be writing.
    let mut ledger = begin(arguments, &command, threads, &console)?;
    let rotten = |summary: &Summary| {
        let Counts { read, quarantined, .. } = summary.counts;
        max_bad.filter(|_| summary.rotten).map(|max_bad| max_bad.rotten(read, quarantined))
    };
    let write_page = |report: Option<Partial>, summary: &Summary, ledger: Option<&Ledger>| {
        let Some(mut report) = report else { return Ok(()) };
        let page = page(arguments, &scorer, ledger, summary, start.elapsed().as_secs_f64(), rotten(summary));
        report.write_all(page.as_bytes()).map_err(|error| Error::io("the report", &error))?;
        report.finish()
    };
    let put_out = || -> Result<(Summary, f64), Error> {
        if let Some(path) = &arguments.quarantine {
            console.keep(Quarantine::create(path, &inputs)?);
        }
        // Opened before anything is scored: a mistyped folder must not cost the page.
        let report = arguments.report.as_deref().map(|path| Partial::create(path, &inputs)).transpose()?;
        let refused = |error: io::Error| Error::io(&arguments.output, &error);
        let mut out = Packer::new(Target::open(&arguments.output, &inputs)?, packing).map_err(refused)?;
        let summary = opened.score(&scorer, &options, ledger.as_mut(), &mut out, &mut console)?;
        if summary.stopped {
            // What was written of the output and of the bad records is removed with their files.
            return Ok((summary, 0.0));
        }
        if summary.rotten {
            // What is in quarantine and in the report shows why.
            console.release()?;
            write_page(report, &summary, ledger.as_ref())?;
            return Ok((summary, 0.0));
        }
        // First the bad records, then the output, then the report, then the ledger: where the output is, all records are, and a
        // crash before the last leaves a run that is resumed, and writes the same again.
        let target = out.finish().map_err(refused)?;
        console.release()?;
        target.finish()?;
        let seconds = start.elapsed().as_secs_f64();
        write_page(report, &summary, ledger.as_ref())?;
        Ok((summary, seconds))
    };
    let resumable = arguments.ledger.is_some();
    match put_out() {
        Ok((summary, _)) if summary.stopped => {
            ledger.map_or(Ok(()), |ledger| ledger.interrupt(&summary.counts))?;
            console.stopped(&summary, resumable);
            Ok(Outcome::Stopped)
        }
        Ok((summary, _)) if summary.rotten => {
            ledger.map_or(Ok(()), |ledger| ledger.interrupt(&summary.counts))?;
            console.rotten(&summary);
            rotten(&summary).map_or(Ok(Outcome::Stopped), |error| Err(error.into()))
        }
        Ok((summary, seconds)) => {
            ledger.map_or(Ok(()), |ledger| ledger.complete(&summary.counts, &summary.survey.distributions))?;
            console.finish(&summary, seconds);
            Ok(if summary.counts.quarantined > 0 { Outcome::Findings } else { Outcome::Done })
        }
        Err(error) => {
            // That the ledger itself cannot be written is no news then, or the lesser of two evils.
            let _ = ledger.map(Ledger::fail);
            Err(error.into())
        }
    }
}

fn needed(argument: &str, key: &str, missing: bool) -> Result<(), Error> {
    let rule = || format!("{argument} is needed, on the command line or as `{key}` in the configuration");
    if missing { Err(Error::new(ErrorKind::Usage, rule())) } else { Ok(()) }
}

/// Refuses files that are to be written, but are one another or an input.
fn apart(arguments: &BatchArguments) -> Result<(), Error> {
    let BatchArguments { inputs, output, quarantine, ledger, report, .. } = arguments;
    let same = |one: &Path, other: &String| std::path::absolute(one).ok() == std::path::absolute(other).ok();
    let refuse = |rule: &str, path: &Path| {
        Err(Error::new(ErrorKind::Usage, rule).at(Position::file(path.display().to_string())))
    };
    if let Some(path) = ledger
        && inputs.iter().chain([output]).chain(quarantine).any(|other| same(path, other))
    {
        return refuse(
            "the ledger must be a file of its own, it is an input, the output or that of the bad records",
            path,
        );
    }
    let ledger_name = ledger.as_ref().map(|path| path.display().to_string());
    if let Some(path) = report
        && (path == Path::new("-")
            || [output].into_iter().chain(quarantine).chain(&ledger_name).any(|other| same(path, other)))
    {
        return refuse("the report must be a file of its own, it is standard output or another file of the run", path);
    }
    match quarantine.as_ref().map(Path::new) {
        Some(path) if same(path, output) => {
            refuse("the bad records must go to another file than the output, it is the same", path)
        }
        _ => Ok(()),
    }
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
            "evidence": if arguments.evidence == EvidenceChoice::All { "all" } else { "fired" },
            "advice": arguments.advice,
            "allow": allow.digest(),
        });
        Judge { settings: settings.to_string() }
    }

    /// What the ledger knows the run by: everything that determines a byte of its files but the input. A pattern stands as
    /// it was given, so that the run of every night is the same command.
    fn command(&self, scorer: &Scorer, style: &RecordStyle, arguments: &BatchArguments, options: &str) -> Command {
        let BatchArguments { inputs, output, quarantine, limit, only_new, reposts, .. } = arguments;
        let files = format!("{inputs:?} {output:?} {quarantine:?}");
        let all = format!("{} {files} {limit:?} {only_new} {reposts:?} {style:?} {options}", self.settings);
        Command {
            digest: digest(all.as_bytes()),
            judge: digest(self.settings.as_bytes()),
            model: style.model.clone(),
            model_digest: scorer.model().digest.clone(),
            settings: self.settings.clone(),
        }
    }
}

fn begin(
    arguments: &BatchArguments,
    command: &Command,
    threads: usize,
    console: &Console,
) -> Result<Option<Ledger>, Error> {
    let Some(path) = &arguments.ledger else { return Ok(None) };
    let ledger = Ledger::begin(path, command, threads)?;
    console.began(ledger.begun(), ledger.snapshot().index().len());
    Ok(Some(ledger))
}

/// The run report.
fn page(
    arguments: &BatchArguments,
    scorer: &Scorer,
    ledger: Option<&Ledger>,
    summary: &Summary,
    seconds: f64,
    rotten: Option<Error>,
) -> String {
    survey::page::html(&survey::page::Run {
        inputs: &arguments.inputs,
        judge: report::Judge::of(scorer.model()),
        training: &scorer.model().config.distributions(),
        counts: summary.counts,
        books: console::books(summary),
        written: summary.written,
        seconds,
        rotten: rotten.map(|error| error.to_string()),
        only_new: arguments.only_new,
        begun: ledger.map(Ledger::begun),
        previous: ledger.and_then(Ledger::previous),
        survey: &summary.survey,
    })
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
