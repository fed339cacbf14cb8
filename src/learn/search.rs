//! A search over settings of the columns: each is cross-validated on the same folds, and the best is trained with.

use serde::Serialize;

use super::cross::FitSettings;
use super::job::{Job, LabeledSource, UnlabeledAds};
use super::learned::choose;
use super::metrics::auc;
use super::train::TrainSettings;
use crate::error::Result;
use crate::features::SpaceSpec;
use crate::label::VAGUE;

/// One setting that was tried.
#[derive(Clone, Debug, Serialize)]
pub struct Tried {
    /// What it changes.
    pub name: String,
    /// AUC of the verdict out of fold, the mean over the files that hold labels of both classes, weighted by their rows.
    pub vague: f64,
    /// The mean AUC of the other heads, likewise.
    pub others: f64,
    /// The columns.
    #[serde(skip)]
    pub space: SpaceSpec,
}

/// The settings that are tried, the ones in use first. Costs are chosen for each of them among [`COSTS`].
pub fn candidates(space: &SpaceSpec) -> Vec<(&'static str, SpaceSpec)> {
    let with = |change: &dyn Fn(&mut SpaceSpec)| {
        let mut changed = space.clone();
        change(&mut changed);
        changed
    };
    vec![
        ("as set", space.clone()),
        ("letters 2 to 5", with(&|space| space.grams = [2, 5])),
        ("letters 3 to 5", with(&|space| space.grams = [3, 5])),
        ("words and pairs that stand twice", with(&|space| (space.min_word, space.min_pair) = (2, 2))),
        ("words and pairs that stand five times", with(&|space| (space.min_word, space.min_pair) = (5, 5))),
        ("parts half as heavy", with(&|space| space.scale = [space.scale[0], space.scale[1] / 2.0, space.scale[2]])),
        ("measures half as heavy", with(&|space| space.dense_scale /= 2.0)),
        ("measures twice as heavy", with(&|space| space.dense_scale *= 2.0)),
        ("no word vectors", with(&|space| space.vectors.dimensions = 0)),
        ("100 dimensions of word vectors", with(&|space| space.vectors.dimensions = 100)),
    ]
}

/// The costs that a search chooses from.
pub const COSTS: [f64; 7] = [0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0];

/// What a setting must gain before it takes the place of the one in use: less is within what other folds would change.
pub const GAIN: f64 = 0.002;

/// Tries all settings; gives them in order and the place of the one to use. `done` is told of each.
///
/// # Errors
/// See [`Job::new`].
pub fn search(
    sources: &[LabeledSource],
    unlabeled: &[UnlabeledAds],
    settings: &TrainSettings,
    done: &(dyn Fn() + Sync),
) -> Result<(Vec<Tried>, usize)> {
    let mut tried: Vec<Tried> = Vec::new();
    let mut best = 0;
    for (name, space) in candidates(&settings.fit.space) {
        let fit = FitSettings { costs: COSTS.to_vec(), space: space.clone(), ..settings.fit.clone() };
        let settings = TrainSettings { fit, ..settings.clone() };
        let job = Job::new(sources.to_vec(), unlabeled.to_vec(), &settings, None)?;
        let (vague, others) = quality(&job, &settings)?;
        let known = tried.get(best).map_or(f64::NEG_INFINITY, |known: &Tried| known.vague);
        if vague >= known + GAIN {
            best = tried.len();
        }
        tried.push(Tried { name: name.to_owned(), vague, others, space });
        done();
    }
    Ok((tried, best))
}

/// The AUC of the verdict out of fold, and the mean of the other heads.
fn quality(job: &Job, settings: &TrainSettings) -> Result<(f64, f64)> {
    let task = job.task(&settings.fit);
    let everything: Vec<usize> = (0..job.rows.len()).collect();
    let choice = choose(&task, &everything, &job.prepared.folds, settings.promise(), &|| ())?;
    let (mut vague, mut others) = (0.5, Vec::new());
    for (place, head) in job.heads.iter().enumerate() {
        let (mut sum, mut total) = (0.0, 0.0);
        for source in (0..job.sources.len()).filter(|&source| job.sources.get(source).is_some_and(|of| !of.apart)) {
            let of_source = job.rows.iter().zip(&choice.out_of_fold).filter(|(row, _)| row.source == source);
            let (scores, targets): (Vec<f64>, Vec<bool>) = of_source
                .filter_map(|(row, scored)| Some((*scored.probabilities.get(place)?, row.item.labels.get(head)?)))
                .unzip();
            if let Some(auc) = auc(&scores, &targets) {
                sum += auc * scores.len() as f64;
                total += scores.len() as f64;
            }
        }
        let mean = if total > 0.0 { sum / total } else { 0.5 };
        if head == VAGUE { vague = mean } else { others.push(mean) }
    }
    let others_mean = if others.is_empty() { 0.5 } else { others.iter().sum::<f64>() / others.len() as f64 };
    Ok((vague, others_mean))
}
