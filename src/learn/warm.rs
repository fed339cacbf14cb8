//! Starting from a model instead of from nothing: the new heads are pulled towards the old ones, not towards 0.
//!
//! With the old model's columns, a head is its old weights plus a correction, and the penalty is on the correction: the minimum of loss +
//! ‖w − old‖² / 2C (the prior of Chelba and Acero, "Adaptation of maximum entropy capitalizer", Computer Speech and Language 20, 2006).
//! The old model's calibrated log-odds enter as what every row starts with. Weights of word vectors stay as they are.

use rayon::prelude::*;

use super::prepare::TrainingRow;
use crate::error::{Error, ErrorKind, Result};
use crate::features::{Space, Subwords};
use crate::model::Model;
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

/// Probabilities nearer to 0 or 1 than this say no more than this does.
const EDGE: f64 = 1e-9;

impl Warm {
    /// The model `model` and what it says of `rows`; `rubric` is the digest of the lexicons that are trained with.
    ///
    /// # Errors
    /// `Model` when it was trained with other lexicons: its columns would mean something else.
    pub fn new(model: Model, rows: &[TrainingRow], rubric: &str) -> Result<Warm> {
        if model.rubric.digest() != rubric {
            let text = format!("{} was trained with other lexicons; --from needs a model of the same", model.id());
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

    /// What head `head` of the old model says of the rows `chosen`, in log-odds; 0 for a head it does not have.
    pub fn offsets(&self, head: &str, chosen: &[usize]) -> Vec<f64> {
        let place = self.scorer.model().head(head);
        let of = |row: &usize| self.said.get(*row)?.get(place?).copied();
        chosen.iter().map(|row| of(row).unwrap_or(0.0)).collect()
    }

    /// The weights and the bias that `head` starts with; none for a head the old model does not have.
    pub fn start(&self, head: &str) -> Option<(Vec<f64>, f64)> {
        let model = self.scorer.model();
        let place = model.head(head)?;
        let HeadConfig { slope, offset, bias, .. } = model.config.heads.get(place)?;
        let of = |column: u32| slope * model.weights_of(column).get(place).copied().map_or(0.0, f64::from);
        Some(((0..model.space.width() as u32).map(of).collect(), slope * bias + offset))
    }
}
