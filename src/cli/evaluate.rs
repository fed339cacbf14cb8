//! `tachles evaluate`: a model against labels.

use clap::{Args, ValueEnum};
use rayon::prelude::*;

use super::Outcome;
use super::labeled::{LabeledArguments, splits};
use super::options::{Loudness, ModelOption, ReadArguments, print};
use crate::error::{Error, ErrorKind};
use crate::features::dense;
use crate::label::LabeledAd;
use crate::learn::baseline::BaselineRow;
use crate::learn::figures::{ScoredRow, SetFigures, figures};
use crate::report::figures as tables;
use crate::score::{ScoreOptions, Scorer, Scratch};

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

/// Scores the labelled ads and prints the figures of each file, and of all when there are several.
pub fn run(arguments: &EvaluateArguments) -> anyhow::Result<Outcome> {
    let read = arguments.read.typed()?;
    let sources = arguments.labeled.load(&read, &splits(&arguments.splits)?, arguments.loudness)?;
    let scorer = Scorer::new(arguments.model.load()?, ScoreOptions { all_roles: true });
    let scored: Vec<Vec<ScoredRow>> = sources.iter().map(|rows| score(rows, &scorer)).collect();
    let config = &scorer.model().config;
    let mut sets: Vec<SetFigures> = arguments
        .labeled
        .files
        .iter()
        .zip(&scored)
        .map(|(file, rows)| figures(file, &rows.iter().collect::<Vec<_>>(), config))
        .collect();
    if sets.len() > 1 {
        sets.insert(0, figures("all files", &scored.iter().flatten().collect::<Vec<_>>(), config));
    }
    let text = match arguments.format {
        Format::Text => tables::terminal(&sets),
        Format::Markdown => tables::markdown(&sets),
        Format::Json => {
            serde_json::to_string_pretty(&sets)
                .map_err(|error| Error::new(ErrorKind::Io, format!("the figures cannot be written: {error}")))?
                + "\n"
        }
    };
    print(&text)?;
    Ok(Outcome::Done)
}

fn score(rows: &[LabeledAd], scorer: &Scorer) -> Vec<ScoredRow> {
    let names = dense::names(&scorer.model().rubric);
    rows.par_iter()
        .map_init(Scratch::default, |scratch, row| {
            let probabilities = scorer.probabilities(&row.ad, scratch);
            let (measures, words) = scorer.measured(scratch);
            let baseline = BaselineRow::new(words, &names, measures);
            let heads = &scorer.model().config.heads;
            ScoredRow {
                labels: row.labels.clone(),
                words,
                length: heads.iter().map(|head| head.baselines.length.probability(&[baseline.length])).collect(),
                lexicon: heads.iter().map(|head| head.baselines.lexicon.probability(&baseline.lexicon)).collect(),
                probabilities,
            }
        })
        .collect()
}
