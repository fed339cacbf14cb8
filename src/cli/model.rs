//! `tachles model`: what a model is, checked while it is read.

use std::fmt::Write;
use std::path::PathBuf;

use clap::Args;

use super::Outcome;
use super::options::{Loudness, ModelOption, print};
use crate::model::Model;

/// Arguments of `model`.
#[derive(Args, Debug)]
pub struct ModelArguments {
    /// The model directory; without it, the model inside the program
    #[arg(value_name = "DIR", conflicts_with = "model")]
    directory: Option<PathBuf>,
    #[command(flatten)]
    model: ModelOption,
    #[command(flatten)]
    loudness: Loudness,
}

/// Loads the model, checking versions, digests and shapes, and prints what it is.
pub fn run(arguments: &ModelArguments) -> anyhow::Result<Outcome> {
    let model = match &arguments.directory {
        Some(directory) => Model::load(directory)?,
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
    text
}
