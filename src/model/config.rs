//! What `config.json` of a model directory says: versions, settings, heads, thresholds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::distribution::{Distribution, Distributions};
use crate::features::SpaceSpec;
use crate::text::TextSpec;

/// The format that this program writes and reads; any other is refused.
pub const FORMAT: u32 = 2;

/// Everything about a model that is not a weight.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The format version, [`FORMAT`].
    pub format: u32,
    /// The model's name, as shown in records before its digest.
    pub name: String,
    /// How text was analysed.
    pub text: TextSpec,
    /// SHA-256 of the lexicons the rubric columns were measured with.
    pub rubric: String,
    /// How columns were chosen.
    pub space: SpaceSpec,
    /// The heads, in the order of the weight columns.
    pub heads: Vec<HeadConfig>,
    /// When an ad is vague, concrete, or neither.
    pub decision: Decision,
    /// What it was trained on and how.
    pub training: Training,
    /// SHA-256 of the other files of the directory, by name.
    pub files: BTreeMap<String, String>,
}

impl Config {
    /// The out-of-fold probabilities of all heads; empty when the model was written without.
    pub fn distributions(&self) -> Distributions {
        let mut all = Distributions::default();
        for head in &self.heads {
            head.distributions.iter().for_each(|(lang, found)| all.insert(lang, &head.name, found));
        }
        all
    }
}

/// One linear head.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeadConfig {
    /// `scope`, `vague` or a reason.
    pub name: String,
    /// The margin of an ad with no known column.
    pub bias: f64,
    /// Probability = 1 / (1 + exp(−(slope × margin + offset))).
    pub slope: f64,
    /// See `slope`.
    pub offset: f64,
    /// The head says yes at or above this probability.
    pub threshold: f64,
    /// The cost (inverse L2 penalty) chosen by cross-validation.
    pub cost: f64,
    /// What simpler models would say, for comparison in reports.
    pub baselines: Baselines,
    /// Its out-of-fold probabilities of the ads that decided on it, by language (`he`, `en`, `mixed`, `other`): what the scores of
    /// other ads are compared with. Empty when it was not written.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub distributions: BTreeMap<String, Distribution>,
}

impl HeadConfig {
    /// The calibrated probability of a margin, 0 to 1.
    pub fn probability(&self, margin: f64) -> f64 {
        sigmoid(self.slope * margin + self.offset)
    }
}

/// 1 / (1 + exp(−x)), without overflow.
pub fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + libm::exp(-x))
    } else {
        let e = libm::exp(x);
        e / (1.0 + e)
    }
}

/// Baseline models of one head, fitted on the same rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baselines {
    /// Logistic regression on the logarithm of the number of words.
    pub length: Logit,
    /// Logistic regression on the lexicon columns alone.
    pub lexicon: Logit,
}

/// A small dense logistic regression: probability = sigmoid(weights · x + bias).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Logit {
    /// One weight a column.
    pub weights: Vec<f64>,
    /// The intercept.
    pub bias: f64,
    /// It says yes at or above this probability, which had the best kappa on the rows it was fitted on.
    #[serde(default = "half")]
    pub threshold: f64,
}

impl Default for Logit {
    fn default() -> Self {
        Logit { weights: Vec::new(), bias: 0.0, threshold: half() }
    }
}

fn half() -> f64 {
    0.5
}

impl Logit {
    /// The probability of one row; missing columns count as 0.
    pub fn probability(&self, row: &[f64]) -> f64 {
        sigmoid(self.bias + self.weights.iter().zip(row).map(|(weight, value)| weight * value).sum::<f64>())
    }
}

/// The thresholds of the verdict, chosen on out-of-fold probabilities.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// `vague` at or above this p_vague.
    pub upper: f64,
    /// `concrete` at or below this p_vague.
    pub lower: f64,
    /// Where a forced choice falls: vague at or above it.
    pub forced: f64,
    /// The share of ads called vague that may be concrete, by which `upper` was chosen.
    pub vague_error: f64,
    /// The share of ads called concrete that may be vague, by which `lower` was chosen.
    pub concrete_error: f64,
    /// The share of ads that these thresholds did not leave unsure, out of fold; 0 when it was not measured.
    #[serde(default)]
    pub coverage: f64,
}

/// A summary of the training run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// The version of the program.
    pub program: String,
    /// Training files by the name they were given, with their row count, weight and digest.
    pub sources: Vec<TrainingSource>,
    /// Files whose ads lent their texts to the word vectors, without labels.
    pub unlabeled: Vec<UnlabeledSource>,
    /// Rows learned from.
    pub rows: usize,
    /// Groups of rows (one employer, near-duplicates) that never straddled a fold.
    pub groups: usize,
    /// Folds of the cross-validation.
    pub folds: usize,
    /// The costs tried.
    pub costs: Vec<f64>,
    /// `balanced` or `none`, and behind it the heads whose yes counts more or less than a no: `none,vague=2`.
    pub class_weight: String,
    /// The seed of every random choice.
    pub seed: u64,
    /// The file of settings it was trained with, word for word; empty when there was none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub settings: String,
    /// Labels that a file of fixes changed or removed before training.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub fixed: usize,
    /// Judged statements that were learned from.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub statements: usize,
    /// The model it started from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Parent>,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// The model that another was trained on from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parent {
    /// Its name.
    pub name: String,
    /// SHA-256 of its `config.json`.
    pub digest: String,
    /// Rows that it had learned from already.
    pub rows_known: usize,
}

/// One training file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingSource {
    /// Its file name, without folders.
    pub name: String,
    /// Rows used.
    pub rows: usize,
    /// How much each of its rows counts.
    pub weight: f64,
    /// Whether its rows had an intercept and dense columns of their own in training.
    pub apart: bool,
    /// SHA-256 over the identifiers, texts and labels used.
    pub digest: String,
}

/// One file of ads without labels.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnlabeledSource {
    /// Its file name, without folders.
    pub name: String,
    /// Ads used.
    pub ads: usize,
    /// SHA-256 over the identifiers and texts used.
    pub digest: String,
}
