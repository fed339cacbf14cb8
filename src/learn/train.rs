//! Training: from labelled ads to a model with calibrated heads and chosen thresholds.
//!
//! Settings are chosen by grouped cross-validation on the training rows alone; what is reported of those rows is out
//! of fold. It reads and writes no files.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use sha2::{Digest, Sha256};

use super::baseline::BaselineRow;
use super::cross::{FitSettings, Task};
use super::leakage::{Leakage, leakage};
use super::learned::{Learned, Promise, learn};
use super::learning_curve::{LearningCurve, SHARES, learning_curve};
use super::nested::nested;
use super::prepare::{Prepared, TrainingRow, prepare};
use super::scored::ScoredRow;
use crate::ad::{Ad, Lang};
use crate::error::{Error, ErrorKind, Result};
use crate::features::dense;
use crate::label::{HEADS, LabeledAd, VAGUE};
use crate::model::config::{Config, FORMAT, Training, TrainingSource, UnlabeledSource};
use crate::model::{Model, artifact};
use crate::text::TextSpec;

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
}

impl TrainSettings {
    fn promise(&self) -> Promise {
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
                space: crate::features::SpaceSpec::default(),
            },
            vague_error: 0.15,
            concrete_error: 0.06,
            nested: true,
            learning_curve: false,
        }
    }
}

/// A training file with its rows.
#[derive(Clone, Debug)]
pub struct LabeledSource {
    /// Its name, without folders.
    pub name: String,
    /// How much each row counts.
    pub weight: f64,
    /// Whether its rows have an intercept and dense columns of their own.
    pub apart: bool,
    /// Its rows.
    pub rows: Vec<LabeledAd>,
}

/// A file of ads without labels, which lend their texts to the word vectors.
#[derive(Clone, Debug)]
pub struct UnlabeledAds {
    /// Its name, without folders.
    pub name: String,
    /// Its ads.
    pub ads: Vec<Ad>,
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

/// Trains on `sources`; `progress` is told the steps done and their number.
///
/// Ads of `unlabeled` whose text a row of `sources` has too are left out of it: texts should not count twice.
///
/// # Errors
/// `Training` when there is too little to learn from: no head with both classes, fewer groups than folds.
pub fn train(
    sources: Vec<LabeledSource>,
    unlabeled: Vec<UnlabeledAds>,
    settings: &TrainSettings,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Trained> {
    let described = sources.iter().map(describe).collect();
    let names: Vec<String> = sources.iter().map(|source| source.name.clone()).collect();
    let mut rows = Vec::new();
    for (source, part) in sources.into_iter().enumerate() {
        let (weight, apart) = (part.weight, part.apart);
        rows.extend(part.rows.into_iter().map(|item| TrainingRow { item, source, weight, apart }));
    }
    let mut warnings = Vec::new();
    let heads = learnable(&rows, settings.folds, &mut warnings)?;
    let mut seen: Vec<u64> = rows.iter().map(|row| row.item.ad.fingerprint()).collect();
    seen.sort_unstable();
    seen.dedup();
    let (unlabeled, texts) = unseen(unlabeled, &seen);
    let prepared = prepare(&rows, &texts, &settings.fit.space, settings.folds, settings.seed)?;
    let group_count = prepared.groups.iter().max().map_or(0, |&last| last + 1);
    if group_count < settings.folds {
        let text = format!(
            "{} folds need at least as many groups of rows (an employer, near-duplicates), found {group_count}",
            settings.folds
        );
        return Err(Error::new(ErrorKind::Training, text));
    }
    let baselines = baseline_rows(&prepared);
    let steps = Steps::new(heads.len(), settings, progress);
    let done = || steps.done();
    let task = Task { prepared: &prepared, rows: &rows, baselines: &baselines, heads: &heads, fit: &settings.fit };
    let everything: Vec<usize> = (0..rows.len()).collect();
    let learned = learn(&task, &everything, &prepared.folds, settings.promise(), &done)?;
    let checks = checks(&task, &names, &learned.out_of_fold, settings, &done, &mut warnings);
    let config = Config {
        format: FORMAT,
        name: settings.name.clone(),
        text: TextSpec::default(),
        rubric: prepared.rubric.digest().to_owned(),
        space: settings.fit.space.clone(),
        heads: learned.heads,
        decision: learned.decision,
        training: Training {
            program: env!("CARGO_PKG_VERSION").to_owned(),
            sources: described,
            unlabeled,
            rows: rows.len(),
            groups: group_count,
            folds: settings.folds,
            costs: settings.fit.costs.clone(),
            class_weight: if settings.fit.balanced { "balanced" } else { "none" }.to_owned(),
            seed: settings.seed,
        },
        files: BTreeMap::new(),
    };
    let Prepared { analyzer, rubric, subwords, langs, .. } = prepared;
    let Learned { space, weights, out_of_fold, .. } = learned;
    let mut model = Model { config, analyzer, rubric, subwords, space, weights, seen, digest: String::new() };
    model.digest = artifact::digest(&model.to_files()?.config);
    let sources = rows.iter().map(|row| row.source).collect();
    Ok(Trained { model, out_of_fold, checks, sources, langs, warnings })
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

/// The heads with enough rows of both classes, in their fixed order.
fn learnable(rows: &[TrainingRow], folds: usize, warnings: &mut Vec<String>) -> Result<Vec<&'static str>> {
    let mut heads = Vec::new();
    let mut seen = Vec::new();
    for head in HEADS {
        let labels: Vec<bool> = rows.iter().filter_map(|row| row.item.labels.get(head)).collect();
        let positives = labels.iter().filter(|&&label| label).count();
        let negatives = labels.len() - positives;
        seen.push(format!("{head} {positives} yes, {negatives} no"));
        if positives >= folds && negatives >= folds {
            heads.push(head);
        } else {
            warnings.push(format!(
                "head `{head}` is left out: it needs at least {folds} rows of either class, has {positives} yes and {negatives} no"
            ));
        }
    }
    if !heads.contains(&VAGUE) {
        let text = format!(
            "training needs at least {folds} ads labelled vague and {folds} labelled concrete; found: {}",
            seen.join("; ")
        );
        return Err(Error::new(ErrorKind::Training, text));
    }
    Ok(heads)
}

fn baseline_rows(prepared: &Prepared) -> Vec<BaselineRow> {
    let names = dense::names(&prepared.rubric);
    (0..prepared.corpus.len())
        .map(|row| BaselineRow::new(prepared.corpus.tokens(row), &names, prepared.corpus.dense(row)))
        .collect()
}

/// SHA-256 over the identifiers, texts and labels of rows: the same rows, the same digest.
fn digest(rows: &[LabeledAd]) -> String {
    let mut hash = Sha256::new();
    for row in rows {
        for part in [&row.ad.id, row.ad.plain()] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        for head in HEADS {
            hash.update([row.labels.get(head).map_or(2, u8::from)]);
        }
    }
    hexadecimal(&hash.finalize())
}

/// The ads of all files whose texts are neither among `seen` nor in a file before, and what is told of the files.
fn unseen(files: Vec<UnlabeledAds>, seen: &[u64]) -> (Vec<UnlabeledSource>, Vec<Ad>) {
    let mut taken: BTreeSet<u64> = seen.iter().copied().collect();
    let (mut described, mut texts) = (Vec::with_capacity(files.len()), Vec::new());
    for file in files {
        let mut hash = Sha256::new();
        let before = texts.len();
        for ad in file.ads {
            if taken.insert(ad.fingerprint()) {
                for part in [ad.id.as_str(), ad.plain()] {
                    hash.update(part.as_bytes());
                    hash.update([0]);
                }
                texts.push(ad);
            }
        }
        let digest = hexadecimal(&hash.finalize());
        described.push(UnlabeledSource { name: file.name, ads: texts.len() - before, digest });
    }
    (described, texts)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn describe(source: &LabeledSource) -> TrainingSource {
    TrainingSource {
        name: source.name.clone(),
        rows: source.rows.len(),
        weight: source.weight,
        apart: source.apart,
        digest: digest(&source.rows),
    }
}
