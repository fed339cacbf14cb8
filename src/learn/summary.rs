//! Everything that training measured: what `metrics.json` and the model card hold.

use serde::Serialize;

use super::figures::{SetFigures, figures};
use super::leakage::Leakage;
use super::learning_curve::LearningCurve;
use super::scored::ScoredRow;
use super::train::Trained;
use crate::ad::Lang;

/// The fewest ads of a language that get figures of their own.
pub const FEWEST: usize = 20;

/// The figures of a training run.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// By nested cross-validation: nothing that is measured had a part in any choice. Absent when not asked for.
    pub nested: Option<Vec<SetFigures>>,
    /// Out of fold, on the scores that costs, calibration and thresholds were chosen on: slightly kind.
    pub out_of_fold: Vec<SetFigures>,
    /// What plain random folds would have claimed.
    pub leakage: Option<Leakage>,
    /// Figures with parts of the training data.
    pub learning_curve: Option<LearningCurve>,
}

impl Summary {
    /// The figures to be believed: nested where they were measured.
    pub fn best(&self) -> &[SetFigures] {
        self.nested.as_deref().unwrap_or(&self.out_of_fold)
    }
}

/// Computes the figures of `trained`: of all rows, of every training file, and of every language.
pub fn summary(trained: &Trained) -> Summary {
    Summary {
        nested: trained.checks.nested.as_deref().map(|rows| sets(trained, rows, "nested")),
        out_of_fold: sets(trained, &trained.out_of_fold, "out of fold"),
        leakage: trained.checks.leakage.clone(),
        learning_curve: trained.checks.learning_curve.clone(),
    }
}

fn sets(trained: &Trained, rows: &[ScoredRow], how: &str) -> Vec<SetFigures> {
    let config = &trained.model.config;
    let heads: Vec<&str> = config.heads.iter().map(|head| head.name.as_str()).collect();
    let part = |name: &str, keep: &dyn Fn(usize) -> bool| {
        let kept: Vec<&ScoredRow> =
            rows.iter().enumerate().filter(|&(place, _)| keep(place)).map(|(_, row)| row).collect();
        (!kept.is_empty()).then(|| figures(&format!("{name}, {how}"), &kept, &heads, &config.decision))
    };
    let sources = &config.training.sources;
    let mut sets = Vec::new();
    if sources.len() > 1 {
        sets.extend(part("all training rows", &|_| true));
    }
    for (source, described) in sources.iter().enumerate() {
        sets.extend(part(&described.name, &|place| trained.sources.get(place) == Some(&source)));
    }
    for (lang, name) in [(Lang::He, "Hebrew"), (Lang::En, "English"), (Lang::Mixed, "Hebrew and English mixed")] {
        let is = |place: usize| trained.langs.get(place) == Some(&lang);
        let of = (0..rows.len()).filter(|&place| is(place)).count();
        let known = (0..sources.len())
            .any(|source| (0..rows.len()).all(|place| is(place) == (trained.sources.get(place) == Some(&source))));
        if of >= FEWEST && of < rows.len() && !known {
            sets.extend(part(name, &is));
        }
    }
    sets
}
