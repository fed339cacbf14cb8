//! `tachles evaluate`: a model against labels, and against another model.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use rayon::prelude::*;

use super::Outcome;
use super::labeled::{LabeledArguments, ReasonArguments, splits};
use super::options::{Loudness, ModelOption, ReadArguments, print};
use crate::ad::Lang;
use crate::error::{Error, ErrorKind};
use crate::features::dense;
use crate::label::{LabeledAd, VAGUE};
use crate::learn::baseline::BaselineRow;
use crate::learn::figures::figures;
use crate::learn::groups::{Member, groups};
use crate::learn::paired::{Difference, differences};
use crate::learn::phrases::without_phrases;
use crate::learn::promotion::{self, Clause, Figure, Promotion, Rule};
use crate::learn::scored::ScoredRow;
use crate::learn::summary::FEWEST;
use crate::report::evaluation::{Against, Disagreement, Evaluation, SetDifference, WorstError, html};
use crate::report::figures as tables;
use crate::report::{phrases, promotion as promotion_report};
use crate::score::{ScoreOptions, Scorer, Scratch};

/// How many of the worst errors are explained, and by how many columns each.
const WORST: usize = 20;
const COLUMNS: usize = 6;
/// How many ads on which two models differ are listed in text.
const LISTED: usize = 40;

/// Arguments of `evaluate`.
#[derive(Args, Debug)]
pub struct EvaluateArguments {
    #[command(flatten)]
    labeled: LabeledArguments,
    /// Which rows of files that have a split column
    #[arg(long, default_value = "test")]
    splits: String,
    /// What to print
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Write a page with charts, all figures and the worst errors
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
    /// Another model directory to compare with, on the same ads
    #[arg(long, value_name = "DIR")]
    against: Option<PathBuf>,
    /// Say whether the model may take the place of the other: on no set or head may its AUC and kappa be lower by more than this; exit
    /// code 1 when it may not
    #[arg(long, value_name = "LOSS", requires = "against", conflicts_with = "promote_if")]
    max_loss: Option<f64>,
    /// The same with a rule: `auc >= -0.02, kappa >= -0.05, brier <= 0.01`, the model less the other
    #[arg(long, value_name = "RULE", requires = "against")]
    promote_if: Option<String>,
    /// The whole interval of a difference must keep the rule, not the estimate alone
    #[arg(long)]
    certain: bool,
    /// Sets and heads with fewer labels cannot fail the rule
    #[arg(long, value_name = "N", default_value_t = 40)]
    least: usize,
    #[command(flatten)]
    labels: ReasonArguments,
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
    Markdown,
    Json,
}

/// The labelled ads of all files in one line, with the part of it that each set is.
struct Ads {
    rows: Vec<LabeledAd>,
    groups: Vec<usize>,
    /// Names with the places of their rows; all ads first when there are several sets.
    sets: Vec<(String, Vec<usize>)>,
}

/// Scores the labelled ads and prints the figures of each file and language, and of all when there are several.
pub fn run(arguments: &EvaluateArguments) -> anyhow::Result<Outcome> {
    let rule = rule(arguments)?;
    let scorer = Scorer::new(arguments.model.load()?, ScoreOptions { all_roles: true });
    let read = arguments.labels.add(arguments.read.typed()?, scorer.model())?;
    let loaded = arguments.labeled.load(&read, &splits(&arguments.splits)?, arguments.loudness)?;
    let other = match &arguments.against {
        Some(directory) => Some(Scorer::new(arguments.model.other(directory)?, ScoreOptions { all_roles: true })),
        None => None,
    };
    let notes = trained_on(&arguments.labeled.files, &loaded, [Some(&scorer), other.as_ref()]);
    for note in &notes {
        arguments.loudness.say(&format!("warning: {note}"));
    }
    let ads = Ads::new(&arguments.labeled.files, loaded, &scorer.model().analyzer);
    let scored = score(&ads, &scorer);
    let config = &scorer.model().config;
    let heads: Vec<&str> = config.heads.iter().map(|head| head.name.as_str()).collect();
    let sets = ads.sets.iter().map(|(name, places)| figures(name, &pick(&scored, places), &heads, &config.decision));
    let sets: Vec<_> = sets.collect();
    let (scored, masked) = mask(&ads, scored, &scorer);
    let without = ads
        .sets
        .iter()
        .map(|(name, places)| without_phrases(name, &pick(&scored, places), &pick(&masked, places), &heads));
    let found = Evaluation {
        model: scorer.model().id(),
        notes,
        sets,
        without_phrases: without.collect(),
        against: other.as_ref().map(|other| against(&ads, &scored, &scorer, other)),
        promotion: None,
        worst: worst(&ads, &scored, &scorer),
    };
    let promotion = rule.zip(found.against.as_ref()).map(|(rule, against)| promoted(&rule, &found, against));
    let found = Evaluation { promotion, ..found };
    if let Some(path) = &arguments.report {
        let page = html(&found, &scored.iter().collect::<Vec<_>>(), &heads, &config.decision);
        std::fs::write(path, page).map_err(|error| Error::io(&path.display().to_string(), &error))?;
        arguments.loudness.say(&format!("{}: written", path.display()));
    }
    print(&match arguments.format {
        Format::Text => printed(&found, true),
        Format::Markdown => printed(&found, false),
        Format::Json => {
            serde_json::to_string_pretty(&found)
                .map_err(|error| Error::new(ErrorKind::Io, format!("the figures cannot be written: {error}")))?
                + "\n"
        }
    })?;
    let refused = found.promotion.as_ref().is_some_and(|promotion| !promotion.promoted);
    Ok(if refused { Outcome::Findings } else { Outcome::Done })
}

/// The rule of promotion that the arguments ask for.
fn rule(arguments: &EvaluateArguments) -> Result<Option<Rule>, Error> {
    let clauses = match (arguments.max_loss, &arguments.promote_if) {
        (Some(loss), _) if !(0.0..=1.0).contains(&loss) => {
            return Err(Error::new(ErrorKind::Usage, format!("--max-loss must be 0 to 1, is {loss}")));
        }
        (Some(loss), _) => [Figure::Auc, Figure::Kappa].map(|figure| Clause { figure, bound: -loss }).to_vec(),
        (None, Some(text)) => promotion::parse(text)?,
        (None, None) => return Ok(None),
    };
    Ok(Some(Rule { clauses, certain: arguments.certain, least: arguments.least }))
}

fn promoted(rule: &Rule, found: &Evaluation, against: &Against) -> Promotion {
    let sets: Vec<(&str, &[Difference])> =
        against.sets.iter().map(|set| (set.name.as_str(), set.heads.as_slice())).collect();
    let rarer = |set: &str, head: &str| -> usize {
        let of = found.sets.iter().find(|figures| figures.name == set);
        let figures = of.and_then(|figures| figures.heads.iter().find(|figures| figures.head == head));
        figures
            .map_or(0, |figures| (figures.n as f64 * figures.prevalence.min(1.0 - figures.prevalence)).round() as usize)
    };
    promotion::promotion(rule, &sets, &rarer)
}

impl Ads {
    fn new(files: &[String], loaded: Vec<Vec<LabeledAd>>, analyzer: &crate::text::Analyzer) -> Ads {
        let mut sets = Vec::new();
        let mut rows: Vec<LabeledAd> = Vec::new();
        for (file, part) in files.iter().zip(loaded) {
            sets.push((file.clone(), (rows.len()..rows.len() + part.len()).collect::<Vec<_>>()));
            rows.extend(part);
        }
        let langs: Vec<Lang> = rows.par_iter().map(|row| analyzer.analyze(row.ad.plain()).lang()).collect();
        for (lang, name) in [(Lang::He, "Hebrew"), (Lang::En, "English"), (Lang::Mixed, "Hebrew and English mixed")] {
            let places: Vec<usize> = (0..rows.len()).filter(|&row| langs.get(row) == Some(&lang)).collect();
            let known = sets.iter().any(|(_, of)| *of == places);
            if places.len() >= FEWEST && places.len() < rows.len() && !known {
                sets.push((name.to_owned(), places));
            }
        }
        if files.len() > 1 {
            sets.insert(0, ("all ads".to_owned(), (0..rows.len()).collect()));
        }
        let members: Vec<Member<'_>> =
            rows.iter().map(|row| Member { plain: row.ad.plain(), company: &row.ad.company }).collect();
        let groups = groups(&members, analyzer);
        Ads { rows, groups, sets }
    }
}

fn pick<'r>(rows: &'r [ScoredRow], places: &[usize]) -> Vec<&'r ScoredRow> {
    places.iter().filter_map(|&place| rows.get(place)).collect()
}

/// What must be said when a model has learned from the ads it is measured on.
fn trained_on(files: &[String], loaded: &[Vec<LabeledAd>], scorers: [Option<&Scorer>; 2]) -> Vec<String> {
    let mut notes = Vec::new();
    for (file, rows) in files.iter().zip(loaded) {
        for model in scorers.into_iter().flatten().map(Scorer::model) {
            let known = rows.iter().filter(|row| model.seen.binary_search(&row.ad.fingerprint()).is_ok()).count();
            if known > 0 {
                let (id, all) = (model.id(), rows.len());
                notes.push(format!(
                    "{id} was trained on {known} of these {all} ads of {file}: figures on them say little"
                ));
            }
        }
    }
    notes
}

fn score(ads: &Ads, scorer: &Scorer) -> Vec<ScoredRow> {
    let names = dense::names(&scorer.model().rubric);
    let config = &scorer.model().config;
    ads.rows
        .par_iter()
        .zip(&ads.groups)
        .map_init(Scratch::default, |scratch, (row, &group)| {
            let probabilities = scorer.probabilities(&row.ad, scratch);
            let (measures, words) = scorer.measured(scratch);
            let baseline = BaselineRow::new(words, &names, measures);
            let simple = || config.heads.iter().map(|head| &head.baselines);
            let scored = ScoredRow {
                labels: row.labels.clone(),
                words,
                group,
                length: simple().map(|simple| simple.length.probability(&[baseline.length])).collect(),
                lexicon: simple().map(|simple| simple.lexicon.probability(&baseline.lexicon)).collect(),
                probabilities,
                ..ScoredRow::default()
            };
            scored.decided(&config.heads, &config.decision)
        })
        .collect()
}

/// The rows with the number of their lexicon phrases, and the same rows judged without them.
fn mask(ads: &Ads, mut rows: Vec<ScoredRow>, scorer: &Scorer) -> (Vec<ScoredRow>, Vec<ScoredRow>) {
    let config = &scorer.model().config;
    let masked = ads
        .rows
        .par_iter()
        .zip(&mut rows)
        .map_init(Scratch::default, |scratch, (row, scored)| {
            let (phrases, probabilities) = scorer.without_phrases(&row.ad, scratch);
            scored.phrases = phrases;
            ScoredRow { probabilities, ..scored.clone() }.decided(&config.heads, &config.decision)
        })
        .collect();
    (rows, masked)
}

/// Compares with another model, set by set, and lists the ads whose verdicts differ.
fn against(ads: &Ads, scored: &[ScoredRow], scorer: &Scorer, other: &Scorer) -> Against {
    let theirs = score(ads, other);
    let heads: Vec<(&str, usize, usize)> = scorer
        .model()
        .config
        .heads
        .iter()
        .enumerate()
        .filter_map(|(place, head)| Some((head.name.as_str(), place, other.model().head(&head.name)?)))
        .collect();
    let sets = ads.sets.iter().map(|(name, places)| SetDifference {
        name: name.clone(),
        heads: differences(&pick(scored, places), &pick(&theirs, places), &heads),
    });
    let vague = |row: &ScoredRow, scorer: &Scorer| {
        scorer.model().head(VAGUE).and_then(|place| row.probabilities.get(place)).copied().unwrap_or(0.0)
    };
    let differ = ads.rows.iter().zip(scored).zip(&theirs).filter(|((_, this), other)| this.call != other.call);
    let verdicts_that_differ = differ
        .map(|((row, this), theirs)| Disagreement {
            id: row.ad.id.clone(),
            title: row.ad.title().to_owned(),
            label: row.labels.get(VAGUE),
            vagueness: row.labels.vagueness,
            this: (this.call, vague(this, scorer)),
            other: (theirs.call, vague(theirs, other)),
        })
        .collect();
    Against { model: other.model().id(), sets: sets.collect(), verdicts_that_differ }
}

/// The ads whose stated probability is farthest on the wrong side, explained.
fn worst(ads: &Ads, scored: &[ScoredRow], scorer: &Scorer) -> Vec<WorstError> {
    let Some(place) = scorer.model().head(VAGUE) else { return Vec::new() };
    let mut wrong: Vec<(f64, &LabeledAd, bool, f64)> = ads
        .rows
        .iter()
        .zip(scored)
        .filter_map(|(row, scored)| {
            let (label, p) = (row.labels.get(VAGUE)?, *scored.probabilities.get(place)?);
            let miss = if label { 1.0 - p } else { p };
            (scored.said.get(place) != Some(&label)).then_some((miss, row, label, p))
        })
        .collect();
    wrong.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut scratch = Scratch::default();
    let explained = wrong.into_iter().take(WORST).map(|(_, row, label, p)| WorstError {
        id: row.ad.id.clone(),
        title: row.ad.title().to_owned(),
        label,
        vagueness: row.labels.vagueness,
        p,
        columns: scorer
            .explain(&row.ad, &mut scratch)
            .into_iter()
            .filter(|head| head.head == VAGUE)
            .flat_map(|head| head.contributions.into_iter().take(COLUMNS))
            .map(|contribution| (contribution.column, contribution.amount))
            .collect(),
    });
    explained.collect()
}

fn printed(found: &Evaluation, terminal: bool) -> String {
    let mut text = if terminal { tables::terminal(&found.sets) } else { tables::markdown(&found.sets) };
    for set in &found.without_phrases {
        let table = phrases::markdown(set);
        let title = format!("{} without lexicon phrases", set.name);
        let facts = phrases::phrases_of(set);
        text.push_str(&if terminal {
            format!("{title}: {facts}\n{}\n", tables::aligned(&table))
        } else {
            format!("### {title}\n\n{facts}\n\n{table}\n")
        });
    }
    let Some(against) = &found.against else { return text };
    for set in &against.sets {
        let table = tables::differences(&set.heads);
        let title = format!("{} less {}, {}", found.model, against.model, set.name);
        text.push_str(&if terminal {
            format!("{title}\n{}", tables::aligned(&table))
        } else {
            format!("### {title}\n\n{table}")
        });
    }
    let differ = &against.verdicts_that_differ;
    text.push_str(&format!("verdicts that differ: {}\n", differ.len()));
    for ad in differ.iter().take(LISTED) {
        let label = ad.label.map_or("unlabelled", |vague| if vague { "vague" } else { "concrete" });
        text.push_str(&format!(
            "- {} (labelled {label}): {} {:.2}, other {} {:.2}\n",
            ad.id,
            ad.this.0.as_str(),
            ad.this.1,
            ad.other.0.as_str(),
            ad.other.1
        ));
    }
    if differ.len() > LISTED {
        text.push_str(&format!("- and {} more, all of them with --format json and --report\n", differ.len() - LISTED));
    }
    if let Some(promotion) = &found.promotion {
        let table = promotion_report::markdown(promotion);
        text.push_str(&if terminal { tables::aligned(&table) } else { table });
        text.push_str(&promotion_report::verdict(promotion, &found.model, &against.model));
    }
    text
}
