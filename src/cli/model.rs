//! `tachles model`: what a model is, checked while it is read.

use std::fmt::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Outcome;
use super::options::{Loudness, ModelOption, print};
use crate::error::{Error, ErrorKind};
use crate::learn::registry::{diff, list};
use crate::model::Model;
use crate::report::registry as report;

/// Arguments of `model`.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub struct ModelArguments {
    #[command(subcommand)]
    registry: Option<Registry>,
    /// The model directory; without it, the model inside the program
    #[arg(value_name = "DIR", conflicts_with = "model")]
    directory: Option<PathBuf>,
    #[command(flatten)]
    model: ModelOption,
    #[command(flatten)]
    loudness: Loudness,
}

/// What to do with several models.
#[derive(Subcommand, Debug)]
enum Registry {
    /// List the models of a directory: digests, parents, data, key figures
    List {
        /// The directory, searched three folders deep
        #[arg(value_name = "DIR")]
        directory: PathBuf,
        /// What to print
        #[arg(short, long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Tell in what two models differ: settings, data, heads, thresholds
    Diff {
        /// The one
        #[arg(value_name = "DIR")]
        from: PathBuf,
        /// The other
        #[arg(value_name = "DIR")]
        to: PathBuf,
        /// What to print
        #[arg(short, long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
}

#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Text,
    Json,
}

/// Lists or compares; a model that is not whole is a finding.
fn registry(asked: &Registry) -> anyhow::Result<Outcome> {
    match asked {
        Registry::List { directory, format } => {
            let found = list(directory)?;
            print(&match format {
                Format::Text => report::text(&found),
                Format::Json => json(&found)?,
            })?;
            let whole = found.iter().all(|entry| entry.fault.is_none());
            Ok(if whole { Outcome::Done } else { Outcome::Findings })
        }
        Registry::Diff { from, to, format } => {
            let found = diff(from, to)?;
            print(&match format {
                Format::Text => report::changes(&found),
                Format::Json => json(&found)?,
            })?;
            Ok(Outcome::Done)
        }
    }
}

fn json(value: &impl serde::Serialize) -> Result<String, Error> {
    serde_json::to_string_pretty(value)
        .map(|text| text + "\n")
        .map_err(|error| Error::new(ErrorKind::Io, format!("this cannot be written: {error}")))
}

/// Loads the model, checking versions, digests and shapes, and prints what it is.
pub fn run(arguments: &ModelArguments) -> anyhow::Result<Outcome> {
    if let Some(asked) = &arguments.registry {
        return registry(asked);
    }
    let model = match &arguments.directory {
        Some(directory) => arguments.model.other(directory)?,
        None => arguments.model.load()?,
    };
    let from = arguments.directory.as_ref().or(arguments.model.model.as_ref());
    arguments.loudness.detail(&match from {
        Some(directory) => format!("read from {}", directory.display()),
        None => "the model inside the program".to_owned(),
    });
    print(&describe(&model))?;
    Ok(Outcome::Done)
}

fn describe(model: &Model) -> String {
    let config = &model.config;
    let [words, stems, pieces, grams, pairs, vectors, dense] = model.space.blocks();
    let mut text = String::new();
    let _ = writeln!(text, "{}  format {}, written by tachles {}", model.id(), config.format, config.training.program);
    let _ = writeln!(
        text,
        "columns {}: words {words}, stems {stems}, subwords {pieces}, letters {grams}, pairs {pairs}, vectors {vectors}, dense {dense}",
        model.space.width()
    );
    let decision = &config.decision;
    let _ = writeln!(
        text,
        "vague at {} and above, concrete at {} and below, unsure between (out of fold at most {:.0}% and {:.0}% wrong)",
        decision.upper,
        decision.lower,
        100.0 * decision.vague_error,
        100.0 * decision.concrete_error
    );
    for head in &config.heads {
        let _ = writeln!(text, "head {:<13} yes at {:.4}, cost {}", head.name, head.threshold, head.cost);
    }
    let training = &config.training;
    let _ = writeln!(
        text,
        "trained on {} rows in {} groups, {} folds, class weight {}, seed {}",
        training.rows, training.groups, training.folds, training.class_weight, training.seed
    );
    for source in &training.sources {
        let digest = source.digest.get(..12).unwrap_or(&source.digest);
        let _ = writeln!(
            text,
            "  {}: {} rows, weight {}{}, digest {digest}",
            source.name,
            source.rows,
            source.weight,
            if source.apart { ", apart" } else { "" }
        );
    }
    if let Some(parent) = &training.parent {
        let digest = parent.digest.get(..12).unwrap_or(&parent.digest);
        let _ = writeln!(text, "started from {}@{digest}, which knew {} of the rows", parent.name, parent.rows_known);
    }
    if training.fixed > 0 {
        let _ = writeln!(text, "{} labels were changed or removed by fixes", training.fixed);
    }
    if !training.settings.is_empty() {
        let _ = writeln!(text, "settings:\n{}", training.settings.trim_end());
    }
    text
}
