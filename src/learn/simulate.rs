//! How many labels choosing saves: ads of a labelled file are labelled a few at a time, by choice or by chance, and after every step a
//! model of what is labelled so far is measured on ads that could not be chosen.
//!
//! Subwords and word vectors are learned from all texts, as they would be from a pool; labels are seen only once they are asked for.

use serde::Serialize;

use super::groups::folds;
use super::job::Job;
use super::learned::{Promise, learn};
use super::metrics::auc;
use super::pick::{Balance, Candidate, pick};
use super::suggest::uncertainty;
use super::train::TrainSettings;
use crate::error::Result;
use crate::label::VAGUE;
use crate::model::random::SplitMix;

/// How to simulate.
#[derive(Clone, Debug)]
pub struct SimulateSettings {
    /// How heads are learned; only the verdict is.
    pub train: TrainSettings,
    /// Labels at the start, chosen without a model.
    pub start: usize,
    /// Labels a step.
    pub step: usize,
    /// The share of what can be chosen at which the last step ends, 0 to 1.
    pub until: f64,
    /// How much uncertainty, density and novelty count.
    pub balance: Balance,
}

impl Default for SimulateSettings {
    fn default() -> Self {
        SimulateSettings {
            train: TrainSettings { nested: false, ..TrainSettings::default() },
            start: 40,
            step: 40,
            until: 0.8,
            balance: Balance::default(),
        }
    }
}

/// Who says which ads are labelled next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Chooser {
    /// Chance.
    Random,
    /// [`pick`].
    Suggest,
}

/// AUC of the verdict by labels, on the held-out ads.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Run {
    /// Who chose.
    pub chooser: Chooser,
    /// The seed of the split, the first labels and chance.
    pub seed: u64,
    /// Ads that could be chosen.
    pub pool: usize,
    /// Ads measured on.
    pub held_out: usize,
    /// AUC with all labels of the pool.
    pub full: f64,
    /// `(labels, AUC)` after every step.
    pub steps: Vec<(usize, f64)>,
}

impl Run {
    /// The share of the pool's labels after which AUC is within `loss` of that with all, and stays there at the next step; `None` if it
    /// never is.
    pub fn reached(&self, loss: f64) -> Option<f64> {
        let within = |auc: f64| auc >= self.full - loss;
        let at = (0..self.steps.len()).find(|&at| self.steps.iter().skip(at).take(2).all(|&(_, auc)| within(auc)))?;
        self.steps.get(at).map(|&(labels, _)| labels as f64 / self.pool.max(1) as f64)
    }
}

/// Simulates both choosers on the rows of `job`, a third of whose groups are held out by `seed`.
///
/// # Errors
/// `Training` when what is labelled at a step leaves one class only.
pub fn simulate(job: &Job, settings: &SimulateSettings, seed: u64) -> Result<Vec<Run>> {
    let thirds = folds(&job.prepared.groups, &job.prepared.strata, 3, seed);
    let labelled = |row: usize| job.rows.get(row).and_then(|row| row.item.labels.get(VAGUE));
    let (mut pool, mut held_out) = (Vec::new(), Vec::new());
    for (row, &third) in thirds.iter().enumerate().filter(|&(row, _)| labelled(row).is_some()) {
        if third == 0 { held_out.push(row) } else { pool.push(row) }
    }
    let measured = |among: &[usize]| measure(job, settings, among, &held_out, &pool, seed);
    let (full, _) = measured(&pool)?;
    let mut runs = Vec::new();
    for chooser in [Chooser::Random, Chooser::Suggest] {
        let mut steps = Vec::new();
        let mut known: Vec<usize> = Vec::new();
        let mut shuffled = pool.clone();
        SplitMix(seed ^ 0x5eed).shuffle(&mut shuffled);
        let mut p: Option<Vec<f64>> = None;
        let most = (settings.until * pool.len() as f64).round() as usize;
        while known.len() < most {
            let count = if known.is_empty() { settings.start } else { settings.step }.min(most - known.len());
            let more: Vec<usize> = match chooser {
                Chooser::Random => shuffled.iter().skip(known.len()).take(count).copied().collect(),
                Chooser::Suggest => {
                    let vector = |row: usize| job.prepared.vectors.of(row).to_vec();
                    let open = pool.iter().enumerate().filter(|(_, row)| !known.contains(row));
                    let candidates: Vec<Candidate> = open
                        .map(|(place, &row)| Candidate {
                            row,
                            vector: vector(row),
                            uncertainty: p.as_ref().and_then(|p| p.get(place)).map_or(1.0, |&p| uncertainty(p)),
                            lang: job.prepared.langs.get(row).copied().unwrap_or(crate::ad::Lang::Other),
                        })
                        .collect();
                    let near: Vec<Vec<f32>> = known.iter().map(|&row| vector(row)).collect();
                    let picked = pick(&candidates, &near, count, &Default::default(), settings.balance, seed);
                    picked.into_iter().map(|picked| picked.row).collect()
                }
            };
            known.extend(more);
            // A first choice of one class only teaches nothing yet; it goes on.
            match measured(&known) {
                Ok((auc, of_pool)) => {
                    steps.push((known.len(), auc));
                    p = Some(of_pool);
                }
                Err(_) if known.len() < most => {}
                Err(error) => return Err(error),
            }
        }
        runs.push(Run { chooser, seed, pool: pool.len(), held_out: held_out.len(), full, steps });
    }
    Ok(runs)
}

/// AUC on `held_out` of a model of the rows `known`, and its probabilities for the rows of `pool`.
fn measure(
    job: &Job,
    settings: &SimulateSettings,
    known: &[usize],
    held_out: &[usize],
    pool: &[usize],
    seed: u64,
) -> Result<(f64, Vec<f64>)> {
    let heads = [VAGUE.to_owned()];
    let task = super::cross::Task { heads: &heads, ..job.task(&settings.train.fit) };
    let mut known = known.to_vec();
    known.sort_unstable();
    let of = |values: &[usize]| -> Vec<usize> { known.iter().filter_map(|&row| values.get(row).copied()).collect() };
    let dealt = folds(&of(&job.prepared.groups), &of(&job.prepared.strata), settings.train.folds, seed);
    let promise = Promise { vague_error: settings.train.vague_error, concrete_error: settings.train.concrete_error };
    let learned = learn(&task, &known, &dealt, promise, &|| ())?;
    let scored = learned.score(&task, held_out);
    let p = |row: &super::scored::ScoredRow| row.probabilities.first().copied().unwrap_or(0.5);
    let (scores, targets): (Vec<f64>, Vec<bool>) =
        scored.iter().filter_map(|row| Some((p(row), row.labels.get(VAGUE)?))).unzip();
    let of_pool = learned.score(&task, pool).iter().map(p).collect();
    Ok((auc(&scores, &targets).unwrap_or(0.5), of_pool))
}
