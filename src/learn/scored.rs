//! A labelled ad with what a model and the simpler models say of it, and with what was decided.

use serde::Serialize;

use crate::label::{Labels, VAGUE};
use crate::model::{Decision, HeadConfig};

/// The three-way verdict, whatever the role.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Call {
    /// At or above the upper threshold.
    Vague,
    /// At or below the lower threshold.
    Concrete,
    /// Between.
    #[default]
    Unsure,
}

impl Call {
    /// The word used in records.
    pub fn as_str(self) -> &'static str {
        match self {
            Call::Vague => "vague",
            Call::Concrete => "concrete",
            Call::Unsure => "unsure",
        }
    }
}

/// One labelled ad, scored.
#[derive(Clone, Debug, Default)]
pub struct ScoredRow {
    /// The truth.
    pub labels: Labels,
    /// The number of words.
    pub words: u32,
    /// The phrases of the six lexicons in it, where they were counted.
    pub phrases: usize,
    /// The group it belongs to: its employer and near-duplicates.
    pub group: usize,
    /// Probabilities by head, in the order of the model's heads.
    pub probabilities: Vec<f64>,
    /// The same from length alone.
    pub length: Vec<f64>,
    /// The same from the lexicons alone.
    pub lexicon: Vec<f64>,
    /// The decisions of the heads.
    pub said: Vec<bool>,
    /// The same from length alone.
    pub length_said: Vec<bool>,
    /// The same from the lexicons alone.
    pub lexicon_said: Vec<bool>,
    /// The verdict on vagueness.
    pub call: Call,
}

impl ScoredRow {
    /// Decides by the thresholds of `heads` and of the verdict.
    #[must_use]
    pub fn decided(mut self, heads: &[HeadConfig], decision: &Decision) -> ScoredRow {
        let said = |scores: &[f64], threshold: &dyn Fn(&HeadConfig) -> f64| -> Vec<bool> {
            scores.iter().zip(heads).map(|(&score, head)| score >= threshold(head)).collect()
        };
        self.said =
            said(&self.probabilities, &|head| if head.name == VAGUE { decision.forced } else { head.threshold });
        self.length_said = said(&self.length, &|head| head.baselines.length.threshold);
        self.lexicon_said = said(&self.lexicon, &|head| head.baselines.lexicon.threshold);
        let vague = heads.iter().position(|head| head.name == VAGUE);
        self.call = match vague.and_then(|place| self.probabilities.get(place)) {
            Some(&p) if p >= decision.upper => Call::Vague,
            Some(&p) if p <= decision.lower => Call::Concrete,
            _ => Call::Unsure,
        };
        self
    }
}
