//! Training: from labelled ads to a model with calibrated heads and chosen thresholds.
//!
//! Settings are chosen by grouped cross-validation on the training rows alone; what is reported of those rows is out
//! of fold. It reads and writes no files.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::cross::{FitSettings, Task};
use super::job::{Job, LabeledSource, UnlabeledAds};
use super::leakage::{Leakage, leakage};
use super::learned::{Learned, Promise, learn};
use super::learning_curve::{LearningCurve, SHARES, learning_curve};
use super::nested::nested;
use super::pitfalls::{Giveaway, giveaways};
use super::prepare::Prepared;
use super::scored::ScoredRow;
use crate::ad::Lang;
use crate::error::{Error, Result};
use crate::features::Space;
use crate::model::config::{Config, Decision, FORMAT, HeadConfig, Training};
use crate::model::{Model, artifact};

/// How to train.
#[derive(Clone, Debug)]
pub struct TrainSettings {
    /// The model's name.
    pub name: String,
    /// The seed of every random choice.
    pub seed: u64,
    /// Folds of the cross-validation, at least 2.
    pub folds: usize,
    /// Folds inside each fold of the nested cross-validation, at least 2.
    pub inner_folds: usize,
    /// Costs, class weights, columns.
    pub fit: FitSettings,
    /// The share of ads called vague that may be concrete.
    pub vague_error: f64,
    /// The share of ads called concrete that may be vague.
    pub concrete_error: f64,
    /// Whether to measure by nested cross-validation, with a report of leakage.
    pub nested: bool,
    /// Whether to measure with parts of the training data.
    pub learning_curve: bool,
    /// A directory of lexicons in place of those of the program, laid out alike, with token tables in its folder `text`, as far as they
    /// are not the program's.
    pub rubric: Option<PathBuf>,
    /// The file of settings, word for word, to be kept in the model; empty when there is none.
    pub settings: String,
    /// Labels that were changed or removed by fixes, to be kept in the model.
    pub fixed: usize,
}

impl TrainSettings {
    /// The error rates that the thresholds of the verdict are chosen for.
    pub fn promise(&self) -> Promise {
        Promise { vague_error: self.vague_error, concrete_error: self.concrete_error }
    }
}

impl Default for TrainSettings {
    fn default() -> Self {
        TrainSettings {
            name: "tachles".to_owned(),
            seed: 1,
            folds: 5,
            inner_folds: 5,
            fit: FitSettings {
                costs: vec![1.0, 3.0, 10.0, 30.0],
                balanced: false,
                yes_weights: BTreeMap::new(),
                space: crate::features::SpaceSpec::default(),
            },
            vague_error: 0.15,
            concrete_error: 0.06,
            nested: true,
            learning_curve: false,
            rubric: None,
            settings: String::new(),
            fixed: 0,
        }
    }
}

/// What training gives.
pub struct Trained {
    /// The model.
    pub model: Model,
    /// Out-of-fold scores of the training rows, in order of the files; all choices were made on them.
    pub out_of_fold: Vec<ScoredRow>,
    /// What else was measured.
    pub checks: Checks,
    /// The file of each row, by place.
    pub sources: Vec<usize>,
    /// The language of each row.
    pub langs: Vec<Lang>,
    /// What the user should know: heads left out, rows without labels, and the like.
    pub warnings: Vec<String>,
}

/// What was measured beside the scores that choices were made on.
#[derive(Default)]
pub struct Checks {
    /// The training rows scored by nested cross-validation, in order of the files.
    pub nested: Option<Vec<ScoredRow>>,
    /// What plain random folds would have claimed.
    pub leakage: Option<Leakage>,
    /// Figures with parts of the training data.
    pub learning_curve: Option<LearningCurve>,
}

/// Trains on `sources`, starting from the model `from` if there is one; `progress` is told the steps done and their number.
///
/// Ads of `unlabeled` whose text a row of `sources` has too are left out of it: texts should not count twice.
///
/// # Errors
/// `Training` when there is too little to learn from: no head with both classes, fewer groups than folds.
pub fn train(
    sources: Vec<LabeledSource>,
    unlabeled: Vec<UnlabeledAds>,
    settings: &TrainSettings,
    from: Option<Model>,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Trained> {
    let names: Vec<String> = sources.iter().map(|source| source.name.clone()).collect();
    let job = Job::new(sources, unlabeled, settings, from)?;
    let mut warnings = job.warnings.clone();
    warnings.extend(giveaways(&job).iter().map(Giveaway::told));
    let steps = Steps::new(job.heads.len(), settings, progress);
    let done = || steps.done();
    let task = job.task(&settings.fit);
    let everything: Vec<usize> = (0..job.rows.len()).collect();
    let learned = learn(&task, &everything, &job.prepared.folds, settings.promise(), &done)?;
    let checks = checks(&task, &names, &learned.out_of_fold, settings, &done, &mut warnings);
    let Learned { space, heads, weights, decision, out_of_fold } = learned;
    let mut model = assemble(&job, settings, heads, decision, space, weights);
    model.digest = artifact::digest(&model.to_files()?.config);
    let sources = job.rows.iter().map(|row| row.source).collect();
    Ok(Trained { model, out_of_fold, checks, sources, langs: job.prepared.langs, warnings })
}

/// A model of fitted heads with all that is told of how it came about; its digest is still empty.
pub fn assemble(
    job: &Job,
    settings: &TrainSettings,
    heads: Vec<HeadConfig>,
    decision: Decision,
    space: Space,
    weights: Vec<f32>,
) -> Model {
    let config = Config {
        format: FORMAT,
        name: settings.name.clone(),
        text: job.prepared.analyzer.spec().clone(),
        rubric: job.prepared.rubric.digest().to_owned(),
        space: job.warm.as_ref().map_or(&settings.fit.space, |warm| &warm.space().spec).clone(),
        heads,
        decision,
        training: Training {
            program: env!("CARGO_PKG_VERSION").to_owned(),
            sources: job.sources.clone(),
            unlabeled: job.unlabeled.clone(),
            rows: job.rows.len(),
            groups: job.group_count,
            folds: settings.folds,
            costs: settings.fit.costs.clone(),
            class_weight: class_weight(&settings.fit),
            seed: settings.seed,
            settings: settings.settings.clone(),
            fixed: settings.fixed,
            statements: job.prepared.aspects.as_ref().map_or(0, |judged| judged.statements),
            parent: job.warm.as_ref().map(|warm| warm.parent.clone()),
        },
        files: BTreeMap::new(),
    };
    let Prepared { analyzer, rubric, subwords, aspects, .. } = &job.prepared;
    let (analyzer, rubric, subwords) = (analyzer.clone(), rubric.clone(), subwords.clone());
    let aspects = aspects.as_ref().map(|judged| judged.model.clone());
    Model {
        config,
        analyzer,
        rubric,
        subwords,
        space,
        aspects,
        weights: weights.into(),
        seen: job.seen.clone(),
        digest: String::new(),
    }
}

/// `none`, `balanced`, or either with the heads whose yes counts more or less: `balanced,vague=2`.
fn class_weight(fit: &FitSettings) -> String {
    let mut words = vec![if fit.balanced { "balanced" } else { "none" }.to_owned()];
    words.extend(fit.yes_weights.iter().map(|(head, weight)| format!("{head}={weight}")));
    words.join(",")
}

/// The checks that `settings` ask for; one that the data are too few for is left out with a warning.
fn checks(
    task: &Task<'_>,
    names: &[String],
    out_of_fold: &[ScoredRow],
    settings: &TrainSettings,
    done: &(dyn Fn() + Sync),
    warnings: &mut Vec<String>,
) -> Checks {
    let mut checks = Checks::default();
    let (inner, seed, promise) = (settings.inner_folds, settings.seed, settings.promise());
    let mut kept = |what: &str, error: &Error| warnings.push(format!("{what} is left out: {}", error.message()));
    if settings.nested {
        match nested(task, inner, seed, promise, None, done) {
            Ok(rows) => checks.nested = Some(rows),
            Err(error) => kept("nested cross-validation", &error),
        }
        match leakage(task, out_of_fold, checks.nested.as_deref(), settings.folds, seed, promise, done) {
            Ok(found) => checks.leakage = Some(found),
            Err(error) => kept("the leakage report", &error),
        }
    }
    if settings.learning_curve {
        match learning_curve(task, names, checks.nested.as_deref(), inner, seed, promise, done) {
            Ok(found) => checks.learning_curve = Some(found),
            Err(error) => kept("the learning curve", &error),
        }
    }
    checks
}

/// Counts steps for a progress bar, from any thread.
struct Steps<'p> {
    count: AtomicUsize,
    total: usize,
    progress: &'p (dyn Fn(usize, usize) + Sync),
}

impl<'p> Steps<'p> {
    fn new(heads: usize, settings: &TrainSettings, progress: &'p (dyn Fn(usize, usize) + Sync)) -> Self {
        let (folds, inner) = (settings.folds, settings.inner_folds + 1);
        let nested = if settings.nested { folds * inner + folds } else { 0 };
        let shares = SHARES.len() + usize::from(!settings.nested);
        let curve = if settings.learning_curve { folds * inner * shares } else { 0 };
        Steps { count: AtomicUsize::new(0), total: heads * (folds + 1 + nested + curve), progress }
    }

    fn done(&self) {
        (self.progress)(self.count.fetch_add(1, Ordering::Relaxed) + 1, self.total);
    }
}
