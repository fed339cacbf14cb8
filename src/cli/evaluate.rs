//! `tachles evaluate`: a model against labels, and against another model.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Outcome;
use super::labeled::{LabeledArguments, ReasonArguments, splits};
use super::options::{Loudness, ModelOption, ReadArguments, print};
use crate::error::{Error, ErrorKind};
use crate::learn::paired::Difference;
use crate::learn::promotion::{self, Clause, Figure, Promotion, Rule};
use crate::report::evaluation::{Against, Evaluation, html};
use crate::report::figures as tables;
use crate::report::measure::measure;
use crate::report::{phrases, promotion as promotion_report};
use crate::score::{ScoreOptions, Scorer};

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
    let sets = arguments.labeled.files.iter().cloned().zip(loaded).collect();
    let (found, scored) = measure(sets, &scorer, other.as_ref());
    for note in &found.notes {
        arguments.loudness.say(&format!("warning: {note}"));
    }
    let promotion = rule.zip(found.against.as_ref()).map(|(rule, against)| promoted(&rule, &found, against));
    let found = Evaluation { promotion, ..found };
    if let Some(path) = &arguments.report {
        let config = &scorer.model().config;
        let heads: Vec<&str> = config.heads.iter().map(|head| head.name.as_str()).collect();
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
