//! Sparse linear heads: fitting, calibration, thresholds, and the model directory.
//!
//! A [`Model`] is everything needed to go from text to margins. It does not decide anything: verdicts are made in `score`.

pub mod artifact;
pub mod calibration;
pub mod config;
pub mod distribution;
mod dual;
mod embedded;
pub mod gram;
pub mod lanes;
pub mod logistic;
pub mod random;
mod samples;
pub mod sparse;
pub mod together;

use std::borrow::Cow;

use crate::features::{Aspects, Space, Subwords};
use crate::label::HEADS;
use crate::rubric::Rubric;
use crate::text::Analyzer;

pub use config::{Config, Decision, HeadConfig};
pub use distribution::{Distribution, Distributions, Drift, Movement};

/// A trained model: analyzer, rubric, columns, weights and settings.
pub struct Model {
    /// Settings, heads and thresholds.
    pub config: Config,
    /// Text to tokens.
    pub analyzer: Analyzer,
    /// Lexicons and the deliverable finder.
    pub rubric: Rubric,
    /// The subword vocabulary.
    pub subwords: Subwords,
    /// The columns.
    pub space: Space,
    /// What judges single statements, where it has learned from judged ones.
    pub aspects: Option<Aspects>,
    /// Weights, shape `[columns, heads]`, row by row.
    pub weights: Cow<'static, [f32]>,
    /// Fingerprints of the ads learned from ([`crate::Ad::fingerprint`]), ascending: figures on those say little.
    pub seen: Vec<u64>,
    /// SHA-256 of `config.json`, which names the digests of the other files.
    pub digest: String,
}

impl Model {
    /// The name and the start of the digest, as written in every record.
    pub fn id(&self) -> String {
        format!("{}@{}", self.config.name, self.digest.get(..12).unwrap_or(&self.digest))
    }

    /// The weights of `column`, one a head; empty when there is no such column.
    pub fn weights_of(&self, column: u32) -> &[f32] {
        let heads = self.config.heads.len();
        let start = column as usize * heads;
        self.weights.get(start..start + heads).unwrap_or_default()
    }

    /// The reasons beside the six, in the order of their heads.
    pub fn own_reasons(&self) -> impl Iterator<Item = &str> {
        self.config.heads.iter().map(|head| head.name.as_str()).filter(|head| !HEADS.contains(head))
    }

    /// The place of head `name`, if the model has it.
    pub fn head(&self, name: &str) -> Option<usize> {
        self.config.heads.iter().position(|head| head.name == name)
    }
}
