//! Starting from a model instead of from nothing: the new heads are pulled towards the old ones, not towards 0.
//!
//! With the old model's columns, a head is its old weights plus a correction, and the penalty is on the correction: the minimum of loss +
//! ‖w − old‖² / 2C (the prior of Chelba and Acero, "Adaptation of maximum entropy capitalizer", Computer Speech and Language 20, 2006).
//! The old model's log-odds, calibrated anew on the rows that are learned from, enter as what every row starts with. Weights of word vectors stay as they are.

use rayon::prelude::*;

use super::prepare::{Prepared, TrainingRow};
use crate::error::{Error, ErrorKind, Result};
use crate::features::{Space, Subwords};
use crate::model::Model;
use crate::model::calibration::platt;
use crate::model::config::{HeadConfig, Parent};
use crate::score::{ScoreOptions, Scorer, Scratch};

/// The model to start from, with what it says of the rows.
pub struct Warm {
    /// What is told of it.
    pub parent: Parent,
    /// Fingerprints of the ads it has learned from, ascending.
    pub seen: Vec<u64>,
    scorer: Scorer,
    /// Log-odds, `[row][head of the old model]`.
    said: Vec<Vec<f64>>,
}

/// How far an old head is believed: new log-odds = slope × old + offset.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trust {
    /// 0 (not at all) to 1 (as it is).
    pub slope: f64,
    /// What is added.
    pub offset: f64,
}

/// Probabilities nearer to 0 or 1 than this say no more than this does.
const EDGE: f64 = 1e-9;

impl Warm {
    /// The model `model` and what it says of `rows`, which were made ready as `prepared` is.
    ///
    /// # Errors
    /// `Model` when it was trained with other lexicons or token tables: its columns would mean something else.
    pub fn new(model: Model, rows: &[TrainingRow], prepared: &Prepared) -> Result<Warm> {
        let same_text = model.analyzer.spec() == prepared.analyzer.spec();
        if !same_text || model.rubric.digest() != prepared.rubric.digest() {
            let other = if same_text { "lexicons" } else { "rules or tables of text" };
            let text = format!("{} was trained with other {other}; --from needs a model of the same", model.id());
            return Err(Error::new(ErrorKind::Model, text));
        }
        let known = |row: &&TrainingRow| model.seen.binary_search(&row.item.ad.fingerprint()).is_ok();
        let parent = Parent {
            name: model.config.name.clone(),
            digest: model.digest.clone(),
            rows_known: rows.iter().filter(known).count(),
        };
        let seen = model.seen.clone();
        let scorer = Scorer::new(model, ScoreOptions { all_roles: true });
        let said = rows
            .par_iter()
            .map_init(Scratch::default, |scratch, row| {
                let said = scorer.probabilities(&row.item.ad, scratch).into_iter();
                said.map(|p| p.clamp(EDGE, 1.0 - EDGE)).map(|p| libm::log(p / (1.0 - p))).collect()
            })
            .collect();
        Ok(Warm { parent, seen, scorer, said })
    }

    /// The columns, which are those of the old model.
    pub fn space(&self) -> &Space {
        &self.scorer.model().space
    }

    /// The subword vocabulary of the old model.
    pub fn subwords(&self) -> &Subwords {
        &self.scorer.model().subwords
    }

    /// What head `head` of the old model says of `row`, in log-odds; 0 for a head it does not have.
    fn said(&self, head: &str, row: usize) -> f64 {
        let place = self.scorer.model().head(head);
        place.and_then(|place| self.said.get(row)?.get(place)).copied().unwrap_or(0.0)
    }

    /// How far the old model is to be believed: the slope, 0 to 1, and the offset by which its log-odds become those of `labelled`, rows to
    /// learn from with their labels. A model that is sure of easy ads is too sure of others.
    pub fn trust(&self, head: &str, labelled: &[(usize, bool)]) -> Trust {
        let (said, targets): (Vec<f64>, Vec<bool>) =
            labelled.iter().map(|&(row, label)| (self.said(head, row), label)).unzip();
        match platt(&said, &targets) {
            Ok((slope, offset)) => Trust { slope: slope.clamp(0.0, 1.0), offset },
            Err(_) => Trust { slope: 1.0, offset: 0.0 },
        }
    }

    /// What head `head` starts from on the rows `chosen`, in log-odds.
    pub fn offsets(&self, head: &str, chosen: &[usize], trust: Trust) -> Vec<f64> {
        chosen.iter().map(|&row| trust.slope * self.said(head, row) + trust.offset).collect()
    }

    /// The weights and the bias that `head` starts with; none for a head the old model does not have.
    pub fn start(&self, head: &str, trust: Trust) -> Option<(Vec<f64>, f64)> {
        let model = self.scorer.model();
        let place = model.head(head)?;
        let HeadConfig { slope, offset, bias, .. } = model.config.heads.get(place)?;
        let factor = trust.slope * slope;
        let of = |column: u32| factor * model.weights_of(column).get(place).copied().map_or(0.0, f64::from);
        let bias = trust.slope * (slope * bias + offset) + trust.offset;
        Some(((0..model.space.width() as u32).map(of).collect(), bias))
    }
}
