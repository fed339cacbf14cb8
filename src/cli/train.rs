//! `tachles train`: from labelled files to a model directory.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;

use super::Outcome;
use super::labeled::{FixArguments, LabeledArguments, ReasonArguments, base_name, splits};
use super::options::{Loudness, ReadArguments};
use crate::error::{Error, ErrorKind, Position};
use crate::io::{ReadOptions, read_ads, read_statements};
use crate::label::{HEADS, LabeledAd, Split};
use crate::learn::conflicts::Located;
use crate::learn::job::{LabeledSource, UnlabeledAds};
use crate::learn::pitfalls;
use crate::learn::search::{COSTS, candidates, search};
use crate::learn::summary::{Summary, summary};
use crate::learn::train::{TrainSettings, Trained, train};
use crate::model::Model;
use crate::report::evaluation::{Evaluation, html};
use crate::report::{card, figures as tables};
use crate::text::Analyzer;

/// Arguments of `train`.
#[derive(Args, Debug)]
pub struct TrainArguments {
    #[command(flatten)]
    labeled: LabeledArguments,
    #[command(flatten)]
    fixes: FixArguments,
    /// The model directory to write
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// The model's name in records [default: the directory's name]
    #[arg(long)]
    name: Option<String>,
    /// Which rows of files that have a split column
    #[arg(long, default_value = "train,valid")]
    splits: String,
    /// How much each row of a file counts, as in `data/labeled/ads.csv=0.5`; may be repeated [default: 1]
    #[arg(long, value_name = "FILE=WEIGHT")]
    weight: Vec<String>,
    /// A file of another kind than the ads to be scored: it gets an intercept and dense columns of its own, which are
    /// left out of the model; may be repeated
    #[arg(long, value_name = "FILE")]
    apart: Vec<String>,
    /// Ads without labels, whose texts word vectors are learned from beside those of the labelled files; may be repeated
    #[arg(long, value_name = "FILE")]
    unlabeled: Vec<String>,
    /// A text file of ids, one a line: ads of --unlabeled that are left out; may be repeated
    #[arg(long, value_name = "FILE")]
    exclude_ids: Vec<PathBuf>,
    /// What readers said of single statements of the labelled ads (JSON Lines; docs/CODEBOOK.md has the codes): the model learns to
    /// judge statements, and what they add up to enters the heads; may be repeated
    #[arg(long, value_name = "FILE")]
    statements: Vec<String>,
    /// Folds of the cross-validation
    #[arg(long, default_value_t = 5)]
    folds: usize,
    /// Folds inside each fold of the nested cross-validation [default: as many as --folds]
    #[arg(long, value_name = "FOLDS")]
    inner_folds: Option<usize>,
    /// Skip the nested cross-validation and the report of leakage: training is quick, its figures slightly kind
    #[arg(long)]
    no_nested: bool,
    /// Also measure with 25, 50 and 75% of the groups: what more labels would bring
    #[arg(long)]
    learning_curve: bool,
    /// The seed of every random choice
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// `balanced`: the two classes of a head count the same in sum; `HEAD=W`: a yes of that head counts W times a no; may be repeated
    #[arg(long, value_name = "none|balanced|HEAD=W", default_value = "none")]
    class_weight: Vec<String>,
    /// Costs (inverse L2 penalties) to choose from
    #[arg(long, value_delimiter = ',', value_name = "C")]
    costs: Vec<f64>,
    /// Try ten settings of the columns and seven costs by cross-validation, and train with the best
    #[arg(long, conflicts_with_all = ["costs", "from"])]
    search: bool,
    /// Start from this model: heads are pulled towards its weights and not towards 0, which helps where there are few labels
    #[arg(long, value_name = "DIR", conflicts_with_all = ["space", "apart", "unlabeled", "statements"])]
    from: Option<PathBuf>,
    /// Lexicons in place of the program's: a directory laid out as data/rubric; in its folder `text`, token tables in place of those of
    /// the same name in data/text
    #[arg(long, value_name = "DIR")]
    rubric: Option<PathBuf>,
    /// A TOML file with these options in a table [train], and the labelled files as `inputs`; it is kept in the model
    #[arg(long, value_name = "FILE.toml")]
    settings: Option<PathBuf>,
    /// Write a page with charts and all figures and warnings
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
    #[command(flatten)]
    reasons: ReasonArguments,
    /// A TOML file that sets how columns are chosen, by the names under `space` in a model's config.json
    #[arg(long, value_name = "FILE")]
    space: Option<PathBuf>,
    #[command(flatten)]
    read: ReadArguments,
    #[command(flatten)]
    loudness: Loudness,
}

/// Trains, writes the directory, and prints the figures.
pub fn run(arguments: &TrainArguments) -> anyhow::Result<Outcome> {
    let mut settings = settings(arguments)?;
    let read = arguments.reasons.named(arguments.read.typed()?, std::iter::empty())?;
    let weights = weights(arguments)?;
    let from = arguments.from.as_deref().map(|directory| Model::load_with(directory, arguments.rubric.as_deref()));
    let from = from.transpose()?;
    let everything = arguments.labeled.load(
        &read,
        &[Split::Train, Split::Valid, Split::Test],
        Loudness { quiet: true, ..arguments.loudness },
    )?;
    let mut warnings = pitfalls_of(&arguments.labeled.files, &everything, arguments.rubric.as_deref())?;
    let mut loaded = arguments.labeled.among(everything, &splits(&arguments.splits)?, arguments.loudness)?;
    settings.fixed = arguments.fixes.apply(&arguments.labeled.files, &mut loaded, arguments.loudness)?.changed();
    judged(arguments, &mut loaded)?;
    let sources: Vec<LabeledSource> = arguments
        .labeled
        .files
        .iter()
        .zip(&weights)
        .zip(loaded)
        .map(|((file, &weight), rows)| LabeledSource {
            name: base_name(file),
            weight,
            apart: arguments.apart.contains(file),
            rows,
        })
        .collect();
    let unlabeled = unlabeled(arguments, &read)?;
    let mut text = String::new();
    if arguments.search {
        let bar = arguments
            .loudness
            .bar(candidates(&settings.fit.space).len() as u64, "{bar:30} {pos}/{len} settings, {elapsed}");
        let (tried, best) = search(&sources, &unlabeled, &settings, &|| bar.inc(1))?;
        bar.finish_and_clear();
        text.push_str(&tables::aligned(&tables::search(&tried, best)));
        if let Some(chosen) = tried.get(best) {
            settings.fit.space = chosen.space.clone();
            settings.fit.costs = COSTS.to_vec();
            warnings.push(format!(
                "settings were chosen among {} on these rows: the figures are slightly kind",
                tried.len()
            ));
        }
    }
    let bar = arguments.loudness.bar(1, "{bar:30} {pos}/{len} heads and folds, {elapsed}");
    let trained = train(sources, unlabeled, &settings, from, &|done, total| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    })?;
    bar.finish_and_clear();
    warnings.extend(trained.warnings.iter().cloned());
    for warning in &warnings {
        arguments.loudness.say(&format!("warning: {warning}"));
    }
    let summary = summary(&trained);
    write(&arguments.output, &trained, &summary)?;
    if let Some(path) = &arguments.report {
        let page = training(&trained, &summary, &warnings);
        std::fs::write(path, page).map_err(|error| Error::io(&path.display().to_string(), &error))?;
        arguments.loudness.say(&format!("{}: written", path.display()));
    }
    text.push_str(&printed(&summary));
    super::options::print(&text)?;
    arguments.loudness.say(&format!("{}: {}", arguments.output.display(), trained.model.id()));
    Ok(Outcome::Done)
}

fn settings(arguments: &TrainArguments) -> Result<TrainSettings, Error> {
    let mut settings = TrainSettings { seed: arguments.seed, folds: arguments.folds, ..TrainSettings::default() };
    if !(2..=50).contains(&arguments.folds) {
        return Err(Error::new(ErrorKind::Usage, format!("--folds must be 2 to 50, is {}", arguments.folds)));
    }
    settings.inner_folds = arguments.inner_folds.unwrap_or(arguments.folds);
    if !(2..=50).contains(&settings.inner_folds) {
        let text = format!("--inner-folds must be 2 to 50, is {}", settings.inner_folds);
        return Err(Error::new(ErrorKind::Usage, text));
    }
    if let Some(path) = &arguments.space {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| Error::io(&name, &error))?;
        settings.fit.space = toml::from_str(&text)
            .map_err(|error| Error::new(ErrorKind::Usage, error.to_string()).at(Position::file(name)))?;
        settings.fit.space.check().map_err(|error| error.at(Position::file(path.display().to_string())))?;
    }
    settings.nested = !arguments.no_nested;
    settings.learning_curve = arguments.learning_curve;
    class_weights(arguments, &mut settings)?;
    settings.rubric = arguments.rubric.clone();
    if let Some(path) = &arguments.settings {
        settings.settings =
            std::fs::read_to_string(path).map_err(|error| Error::io(&path.display().to_string(), &error))?;
    }
    if arguments.from.is_some() {
        settings.fit.costs = CORRECTION_COSTS.to_vec();
    }
    if !arguments.costs.is_empty() {
        settings.fit.costs = arguments.costs.clone();
        settings.fit.costs.sort_by(f64::total_cmp);
        if let Some(cost) = settings.fit.costs.iter().find(|cost| !(**cost > 0.0 && cost.is_finite())) {
            return Err(Error::new(ErrorKind::Usage, format!("a cost must be above 0 and finite, is {cost}")));
        }
    }
    settings.name = match &arguments.name {
        Some(name) => name.clone(),
        None => arguments.output.file_name().map_or("tachles".into(), |name| name.to_string_lossy().into_owned()),
    };
    Ok(settings)
}

/// Costs of what is learned beside an old model: smaller ones keep nearer to it.
const CORRECTION_COSTS: [f64; 6] = [0.03, 0.1, 0.3, 1.0, 3.0, 10.0];

fn class_weights(arguments: &TrainArguments, settings: &mut TrainSettings) -> Result<(), Error> {
    for word in &arguments.class_weight {
        let refuse = || {
            let heads = HEADS.join(", ");
            let rule = format!(
                "--class-weight takes none, balanced or HEAD=W with W above 0 and at most 1000; heads are {heads} and those of --reason"
            );
            Error::new(ErrorKind::Usage, format!("{rule}; got {word:?}"))
        };
        match word.split_once('=') {
            None if word == "none" => {}
            None if word == "balanced" => settings.fit.balanced = true,
            None => return Err(refuse()),
            Some((head, number)) => {
                let known = HEADS.contains(&head) || arguments.reasons.reason.iter().any(|own| own == head);
                let weight: Option<f64> = number.parse().ok().filter(|weight| *weight > 0.0 && *weight <= 1000.0);
                let weight = weight.filter(|_| known).ok_or_else(refuse)?;
                settings.fit.yes_weights.insert(head.to_owned(), weight);
            }
        }
    }
    Ok(())
}

/// What is wrong with the labelled files, whatever is learned from them; `loaded` are all their rows, those of a test split, too.
fn pitfalls_of(files: &[String], loaded: &[Vec<LabeledAd>], rubric: Option<&Path>) -> Result<Vec<String>, Error> {
    let names: Vec<String> = files.iter().map(|file| base_name(file)).collect();
    let rows: Vec<Located<'_>> =
        names.iter().zip(loaded).flat_map(|(file, rows)| rows.iter().map(move |item| Located { item, file })).collect();
    let analyzer = Analyzer::of_rubric(rubric)?;
    Ok(pitfalls::told(&rows, &analyzer))
}

/// The page of a training run: the figures to be believed, with the warnings before them.
fn training(trained: &Trained, summary: &Summary, warnings: &[String]) -> String {
    let config = &trained.model.config;
    let heads: Vec<&str> = config.heads.iter().map(|head| head.name.as_str()).collect();
    let rows = trained.checks.nested.as_deref().unwrap_or(&trained.out_of_fold);
    let found = Evaluation {
        model: trained.model.id(),
        notes: warnings.to_vec(),
        sets: summary.best().to_vec(),
        without_phrases: Vec::new(),
        against: None,
        promotion: None,
        worst: Vec::new(),
    };
    html(&found, &rows.iter().collect::<Vec<_>>(), &heads, &config.decision)
}

/// The weight of every labelled file, 1 where none was given.
fn weights(arguments: &TrainArguments) -> Result<Vec<f64>, Error> {
    let files = &arguments.labeled.files;
    let mut weights = vec![1.0; files.len()];
    for entry in &arguments.weight {
        let usage = |text: String| Error::new(ErrorKind::Usage, text);
        let (file, number) =
            entry.rsplit_once('=').ok_or_else(|| usage(format!("--weight takes FILE=WEIGHT, got {entry:?}")))?;
        let weight: f64 = number
            .parse()
            .ok()
            .filter(|weight| *weight > 0.0 && *weight <= 1000.0)
            .ok_or_else(|| usage(format!("a weight is a number above 0 and at most 1000, got {number:?}")))?;
        let place = files.iter().position(|name| name == file);
        let slot = place.and_then(|place| weights.get_mut(place));
        *slot.ok_or_else(|| usage(format!("--weight names {file:?}, which is not among the labelled files")))? = weight;
    }
    if let Some(file) = arguments.apart.iter().find(|file| !files.contains(file)) {
        let text = format!("--apart names {file:?}, which is not among the labelled files");
        return Err(Error::new(ErrorKind::Usage, text));
    }
    Ok(weights)
}

/// Hands the judged statements to their ads, and tells how many found theirs.
fn judged(arguments: &TrainArguments, loaded: &mut [Vec<LabeledAd>]) -> Result<(), Error> {
    for file in &arguments.statements {
        let mut statements = read_statements(file)?;
        let all = statements.len();
        for row in loaded.iter_mut().flatten() {
            if let Some(labels) = statements.remove(&row.ad.id) {
                row.statements = labels;
            }
        }
        let text =
            format!("{file}: statements of {} of {all} ads are among those to learn from", all - statements.len());
        arguments.loudness.say(&text);
    }
    Ok(())
}

/// The ads of the files without labels, less those left out by id; a record that cannot be read is told and passed over.
fn unlabeled(arguments: &TrainArguments, read: &ReadOptions) -> Result<Vec<UnlabeledAds>, Error> {
    let mut excluded: BTreeSet<String> = BTreeSet::new();
    for path in &arguments.exclude_ids {
        let text = std::fs::read_to_string(path).map_err(|error| Error::io(&path.display().to_string(), &error))?;
        excluded.extend(text.lines().map(|line| line.trim().to_owned()));
    }
    if !excluded.is_empty() && arguments.unlabeled.is_empty() {
        let text = "--exclude-ids leaves out ads of --unlabeled, which is not given";
        return Err(Error::new(ErrorKind::Usage, text));
    }
    let mut files = Vec::with_capacity(arguments.unlabeled.len());
    for file in &arguments.unlabeled {
        let (mut ads, bad) = read_ads(std::slice::from_ref(file), read)?;
        let all = ads.len();
        ads.retain(|ad| !excluded.contains(&ad.id));
        for error in bad {
            arguments.loudness.say(&format!("warning: passed over: {error}"));
        }
        arguments.loudness.say(&format!("{file}: {} of {all} ads without labels", ads.len()));
        files.push(UnlabeledAds { name: base_name(file), ads });
    }
    Ok(files)
}

/// The figures for a terminal.
fn printed(summary: &Summary) -> String {
    let mut text = tables::terminal(summary.best());
    if let Some(found) = &summary.leakage {
        text.push_str("leakage\n");
        text.push_str(&tables::aligned(&tables::leakage(found)));
    }
    if let Some(curve) = &summary.learning_curve {
        text.push_str("learning curve, nested\n");
        text.push_str(&tables::aligned(&tables::learning_curve(curve)));
    }
    text
}

fn write(directory: &Path, trained: &Trained, summary: &Summary) -> Result<(), Error> {
    trained.model.to_files()?.write(directory)?;
    let io = |path: &Path, error: std::io::Error| Error::io(&path.display().to_string(), &error);
    let metrics = directory.join("metrics.json");
    let json = serde_json::to_string_pretty(&rounded(serde_json::to_value(summary).unwrap_or_default()))
        .map_err(|error| Error::new(ErrorKind::Io, format!("metrics.json cannot be written: {error}")))?;
    std::fs::write(&metrics, json + "\n").map_err(|error| io(&metrics, error))?;
    let readme = directory.join("README.md");
    std::fs::write(&readme, card::model_card(&trained.model, summary)).map_err(|error| io(&readme, error))
}

/// Figures rounded to four decimals: more is noise, and would tie the file to one platform's last bits.
fn rounded(value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::Number(number) if !number.is_u64() => {
            let value = number.as_f64().unwrap_or(0.0);
            serde_json::Number::from_f64((value * 1e4).round() / 1e4).map_or(Value::Null, Value::Number)
        }
        Value::Array(values) => Value::Array(values.into_iter().map(rounded).collect()),
        Value::Object(entries) => {
            Value::Object(entries.into_iter().map(|(key, value)| (key, rounded(value))).collect())
        }
        other => other,
    }
}
