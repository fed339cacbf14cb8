//! `tachles suggest`: which ads of a pool to label next.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Outcome;
use super::labeled::{LabeledArguments, ReasonArguments, base_name};
use super::options::{Loudness, ModelOption, ReadArguments, print};
use crate::ad::{Ad, Lang};
use crate::error::{Error, ErrorKind};
use crate::io::{read_ads, standoff};
use crate::label::Split;
use crate::learn::job::{Job, LabeledSource};
use crate::learn::pick::Balance;
use crate::learn::simulate::{Run, SimulateSettings, simulate};
use crate::learn::suggest::{SuggestSettings, suggest};
use crate::report::suggest as report;
use crate::score::{ScoreOptions, Scorer};

/// Arguments of `suggest`.
#[derive(Args, Debug)]
pub struct SuggestArguments {
    /// Files of ads to choose from
    #[arg(required = true, value_name = "POOL")]
    pool: Vec<String>,
    /// How many ads to choose
    #[arg(short = 'n', long = "count", value_name = "N", default_value_t = 50)]
    count: usize,
    /// Files of ads that are labelled already, with their texts or ids of the pool: these, and ads nearly the same, are not chosen, nor ads
    /// much like them; may be repeated
    #[arg(long, value_name = "FILE")]
    labeled: Vec<String>,
    /// A text file of ids, one a line, that are not to be chosen; may be repeated
    #[arg(long, value_name = "FILE")]
    exclude_ids: Vec<PathBuf>,
    /// At least so many of a language, as in `he=20,en=30`; places beyond go to any
    #[arg(long, value_delimiter = ',', value_name = "LANG=N")]
    quota: Vec<String>,
    /// Choose without a model, by what is typical and unlike what is known
    #[arg(long, conflicts_with = "model")]
    cold: bool,
    /// The seed of the sample that typical ads are told by in a large pool
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write the ads to a CSV with empty label columns, ready to be labelled and given to `train`
    #[arg(short, long, value_name = "FILE.csv")]
    out: Option<PathBuf>,
    /// Leave the texts out of that file
    #[arg(long, requires = "out")]
    no_text: bool,
    /// Make that file safe for spreadsheets
    #[arg(long, requires = "out")]
    excel: bool,
    /// Not a choice but a trial: POOL are labelled files, whose labels are asked for step by step, by choice and by chance, with so many
    /// seeds; tells how many labels choosing saves
    #[arg(long, value_name = "SEEDS", conflicts_with_all = ["out", "labeled", "quota", "cold", "model", "exclude_ids"])]
    simulate: Option<u64>,
    /// Files with the texts of labelled files without texts, for --simulate; may be repeated
    #[arg(long, value_name = "FILE", requires = "simulate")]
    ads: Vec<String>,
    /// Labels a step of --simulate
    #[arg(long, value_name = "N", default_value_t = 40, requires = "simulate")]
    step: usize,
    /// What to print
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    reasons: ReasonArguments,
    #[command(flatten)]
    read: ReadArguments,
    #[command(flatten)]
    model: ModelOption,
    #[command(flatten)]
    loudness: Loudness,
}

#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Text,
    Jsonl,
}

/// Chooses, prints, and writes the file to label.
pub fn run(arguments: &SuggestArguments) -> anyhow::Result<Outcome> {
    if let Some(seeds) = arguments.simulate {
        return simulated(arguments, seeds);
    }
    let quotas = quotas(&arguments.quota)?;
    let asked: usize = quotas.values().sum();
    if arguments.count == 0 || asked > arguments.count {
        let text = format!("-n must be above 0 and no less than the sum of --quota ({asked}), is {}", arguments.count);
        return Err(Error::new(ErrorKind::Usage, text).into());
    }
    let mut excluded: BTreeSet<String> = BTreeSet::new();
    for path in &arguments.exclude_ids {
        let text = std::fs::read_to_string(path).map_err(|error| Error::io(&path.display().to_string(), &error))?;
        excluded.extend(text.lines().map(|line| line.trim().to_owned()));
    }
    let mut pool = read(arguments, &arguments.pool)?;
    let all = pool.len();
    pool.retain(|ad| !excluded.contains(&ad.id));
    if pool.len() < all {
        arguments.loudness.say(&format!("{} of {all} ads left out by their ids", all - pool.len()));
    }
    let labelled = labelled(arguments)?;
    let scorer = match arguments.cold {
        true => None,
        false => Some(Scorer::new(arguments.model.load()?, ScoreOptions { all_roles: true })),
    };
    let settings =
        SuggestSettings { count: arguments.count, quotas, balance: Balance::default(), seed: arguments.seed };
    let found = suggest(&pool, &labelled, scorer.as_ref(), &settings)?;
    for (lang, &wanted) in &settings.quotas {
        let got = found.ads.iter().filter(|one| one.lang.as_str() == *lang).count();
        if got < wanted {
            let text = format!("warning: --quota asks for {wanted} ads of language {lang}, the pool has only {got}");
            arguments.loudness.say(&text);
        }
    }
    if let Some(path) = &arguments.out {
        let more = arguments.reasons.named(arguments.read.typed()?, std::iter::empty())?.reasons;
        let bytes = report::csv(&found, &more, !arguments.no_text, arguments.excel)?;
        std::fs::write(path, bytes).map_err(|error| Error::io(&path.display().to_string(), &error))?;
        arguments.loudness.say(&format!("{}: {}", path.display(), report::facts(&found)));
    }
    print(&match arguments.format {
        Format::Text => report::text(&found),
        Format::Jsonl => report::json_lines(&found)?,
    })?;
    Ok(Outcome::Done)
}

/// The ads of `files`; a record that cannot be read is told and passed over.
fn read(arguments: &SuggestArguments, files: &[String]) -> Result<Vec<Ad>, Error> {
    let (ads, bad) = read_ads(files, &arguments.read.typed()?)?;
    bad.iter().for_each(|error| arguments.loudness.say(&format!("warning: passed over: {error}")));
    Ok(ads)
}

/// The ads that are labelled already; of a file without texts, those of the pool that it names.
fn labelled(arguments: &SuggestArguments) -> Result<Vec<Ad>, Error> {
    let options = arguments.reasons.named(arguments.read.typed()?, std::iter::empty())?;
    let mut ads = Vec::new();
    for file in &arguments.labeled {
        if standoff::has_text(file, &options)? {
            ads.extend(read(arguments, std::slice::from_ref(file))?);
        } else {
            let (rows, joined) = standoff::join(file, &arguments.pool, &options)?;
            arguments.loudness.say(&format!("{file}: {joined}"));
            ads.extend(rows.into_iter().map(|row| row.ad));
        }
    }
    Ok(ads)
}

/// Runs the trial, file by file, and prints how it went.
fn simulated(arguments: &SuggestArguments, seeds: u64) -> anyhow::Result<Outcome> {
    let read = arguments.reasons.named(arguments.read.typed()?, std::iter::empty())?;
    let labeled = LabeledArguments { files: arguments.pool.clone(), ads: arguments.ads.clone() };
    let loaded = labeled.load(&read, &[Split::Train, Split::Valid], arguments.loudness)?;
    let mut all: Vec<(String, Vec<Run>)> = Vec::new();
    for (file, rows) in arguments.pool.iter().zip(loaded) {
        let mut settings =
            SimulateSettings { start: arguments.step, step: arguments.step, ..SimulateSettings::default() };
        settings.train.seed = arguments.seed;
        let source = LabeledSource { name: base_name(file), weight: 1.0, apart: false, rows };
        let job = Job::new(vec![source], Vec::new(), &settings.train, None)?;
        let mut runs = Vec::new();
        for seed in arguments.seed..arguments.seed.saturating_add(seeds.max(1)) {
            runs.extend(simulate(&job, &settings, seed)?);
            arguments.loudness.say(&format!("{file}: seed {seed} done"));
        }
        all.push((base_name(file), runs));
    }
    print(&match arguments.format {
        Format::Text => all.iter().map(|(name, runs)| report::simulation(name, runs)).collect::<String>(),
        Format::Jsonl => {
            let lines = all.iter().flat_map(|(_, runs)| runs).map(serde_json::to_string);
            let lines = lines.collect::<Result<Vec<_>, _>>();
            lines.map_err(|error| Error::new(ErrorKind::Io, format!("the runs cannot be written: {error}")))?.join("\n")
                + "\n"
        }
    })?;
    Ok(Outcome::Done)
}

fn quotas(words: &[String]) -> Result<BTreeMap<&'static str, usize>, Error> {
    let mut quotas = BTreeMap::new();
    for word in words {
        let parsed = word.split_once('=').and_then(|(lang, number)| {
            let known = Lang::ALL.into_iter().filter(|&lang| lang != Lang::Other).map(Lang::as_str);
            let lang = known.into_iter().find(|known| *known == lang.trim())?;
            Some((lang, number.trim().parse::<usize>().ok()?))
        });
        let Some((lang, number)) = parsed else {
            let text =
                format!("--quota takes LANG=N with a language of he, en or mixed, as in he=20,en=30; got {word:?}");
            return Err(Error::new(ErrorKind::Usage, text));
        };
        if quotas.insert(lang, number).is_some() {
            return Err(Error::new(ErrorKind::Usage, format!("--quota names the language {lang} twice")));
        }
    }
    Ok(quotas)
}
