//! `tachles audit`: labels that look wrong, to be looked at and decided on by a person.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Outcome;
use super::labeled::{FixArguments, LabeledArguments, ReasonArguments, base_name, splits};
use super::options::{Loudness, ReadArguments, print};
use crate::error::{Error, ErrorKind};
use crate::label::{LabeledAd, Split};
use crate::learn::audit::{Audit, AuditSettings, Tested, audit};
use crate::learn::job::{Job, LabeledSource};
use crate::learn::planted::{Found, Planted};
use crate::learn::train::TrainSettings;
use crate::report::{audit as report, figures};

/// Arguments of `audit`.
#[derive(Args, Debug)]
pub struct AuditArguments {
    #[command(flatten)]
    labeled: LabeledArguments,
    #[command(flatten)]
    fixes: FixArguments,
    #[command(flatten)]
    reasons: ReasonArguments,
    /// Which rows of files that have a split column; rows of `test` are listed only when named here, learned from never, and no fix may change them
    #[arg(long, default_value = "train,valid")]
    splits: String,
    /// Write all suspects and conflicts to a CSV: fill in its column `fix` (keep, yes, no, vague, concrete, unknown), then give it to --fixes
    #[arg(short, long, value_name = "FILE.csv")]
    out: Option<PathBuf>,
    /// Write the texts of the ads into that file, too
    #[arg(long, requires = "out")]
    with_text: bool,
    /// Make that file safe for spreadsheets
    #[arg(long, requires = "out")]
    excel: bool,
    /// Suspects of one head at most
    #[arg(long, value_name = "N", default_value_t = 1000)]
    most: usize,
    /// Suspects and conflicts to print as text
    #[arg(long, value_name = "N", default_value_t = 20)]
    top: usize,
    /// Go by the text alone, and not by what was said of the other heads
    #[arg(long)]
    text_only: bool,
    /// Folds of the cross-validation
    #[arg(long, default_value_t = 5)]
    folds: usize,
    /// The seed of the folds
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Turn over this share of the labels and tell how many of those are in the tenth that looks most wrong; nothing else is printed
    #[arg(long, value_name = "SHARE", conflicts_with_all = ["out", "fixes"])]
    plant: Option<f64>,
    /// How often to plant, with seeds from --seed on
    #[arg(long, value_name = "N", default_value_t = 5)]
    repeat: u64,
    /// What to print
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    read: ReadArguments,
    #[command(flatten)]
    loudness: Loudness,
}

#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Text,
    Json,
}

/// Audits the labels and prints or writes what looks wrong; it changes no file of labels.
pub fn run(arguments: &AuditArguments) -> anyhow::Result<Outcome> {
    if !(2..=50).contains(&arguments.folds) {
        return Err(Error::new(ErrorKind::Usage, format!("--folds must be 2 to 50, is {}", arguments.folds)).into());
    }
    let read = arguments.reasons.named(arguments.read.typed()?, std::iter::empty())?;
    let files = &arguments.labeled.files;
    let mut loaded = arguments.labeled.load(&read, &splits(&arguments.splits)?, arguments.loudness)?;
    if let Some(share) = arguments.plant {
        return plant(arguments, share, &loaded);
    }
    let fixes = arguments.fixes.apply(files, &mut loaded, arguments.loudness)?;
    let seen = |item: &LabeledAd, file: &str, head: &str| fixes.of(item, file, head).is_some();
    let found = audited(arguments, loaded, arguments.seed, &seen)?;
    for warning in &found.warnings {
        arguments.loudness.say(&format!("warning: {warning}"));
    }
    if let Some(path) = &arguments.out {
        let bytes = report::csv(&found, arguments.with_text, arguments.excel)?;
        std::fs::write(path, bytes).map_err(|error| Error::io(&path.display().to_string(), &error))?;
        arguments.loudness.say(&format!("{}: written", path.display()));
    }
    print(&match arguments.format {
        Format::Text => report::text(&found, arguments.top),
        Format::Json => report::json(&found)?,
    })?;
    Ok(Outcome::Done)
}

/// Audits the rows of the labelled files, those of a test split apart.
fn audited(
    arguments: &AuditArguments,
    loaded: Vec<Vec<LabeledAd>>,
    seed: u64,
    seen: &crate::learn::audit::Seen<'_>,
) -> Result<Audit, Error> {
    let train = TrainSettings { seed, folds: arguments.folds, ..TrainSettings::default() };
    let settings = AuditSettings { train, text_only: arguments.text_only, most: arguments.most };
    let (mut sources, mut test) = (Vec::new(), Vec::new());
    for (file, rows) in arguments.labeled.files.iter().zip(loaded) {
        let name = base_name(file);
        let (tested, rows): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.split == Some(Split::Test));
        test.extend(tested.into_iter().map(|item| Tested { file: name.clone(), item }));
        sources.push(LabeledSource { name, weight: 1.0, apart: false, rows });
    }
    let job = Job::new(sources, Vec::new(), &settings.train, None)?;
    let bar = arguments
        .loudness
        .bar((job.heads.len() * arguments.folds) as u64, "{bar:30} {pos}/{len} heads and folds, {elapsed}");
    let found = audit(&job, &test, &settings, seen, &|| bar.inc(1))?;
    bar.finish_and_clear();
    Ok(found)
}

/// Plants wrong labels and prints how many of them would have been found.
fn plant(arguments: &AuditArguments, share: f64, loaded: &[Vec<LabeledAd>]) -> anyhow::Result<Outcome> {
    if !(share > 0.0 && share <= 0.4) {
        return Err(Error::new(ErrorKind::Usage, format!("--plant must be above 0 and at most 0.4, is {share}")).into());
    }
    let learned: Vec<Vec<LabeledAd>> =
        loaded.iter().map(|rows| rows.iter().filter(|row| row.split != Some(Split::Test)).cloned().collect()).collect();
    let mut sets = Vec::new();
    let mut start = 0;
    for (file, rows) in arguments.labeled.files.iter().zip(&learned) {
        sets.push((base_name(file), (start..start + rows.len()).collect::<Vec<usize>>()));
        start += rows.len();
    }
    let mut runs: Vec<Vec<Found>> = Vec::new();
    for seed in arguments.seed..arguments.seed + arguments.repeat.max(1) {
        let mut sources = learned.clone();
        let mut rows: Vec<&mut LabeledAd> = sources.iter_mut().flatten().collect();
        let planted = Planted::plant(&mut rows, share, seed);
        let found = audited(arguments, sources, seed, &|_, _, _| false)?;
        runs.push(planted.found(&found, &sets));
        arguments.loudness.say(&format!("seed {seed}: done"));
    }
    print(&match arguments.format {
        Format::Text => figures::aligned(&report::planted(&runs)),
        Format::Json => {
            serde_json::to_string_pretty(&runs)
                .map_err(|error| Error::new(ErrorKind::Io, format!("the figures cannot be written: {error}")))?
                + "\n"
        }
    })?;
    Ok(Outcome::Done)
}
