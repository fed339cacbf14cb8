//! Training: from labelled ads to a model with calibrated heads and chosen thresholds.
//!
//! Settings are chosen by grouped cross-validation on the training rows alone; what is reported of those rows is out
//! of fold. It reads and writes no files.

use std::collections::BTreeMap;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::baseline::BaselineRow;
use super::cross::{FitSettings, HeadRows, OutOfFold, cross_validate, fit_path, training_rows};
use super::figures::ScoredRow;
use super::metrics::{auc, best_kappa};
use super::prepare::{Prepared, TrainingRow, prepare};
use crate::ad::Lang;
use crate::error::{Error, ErrorKind, Result};
use crate::features::{Space, dense};
use crate::label::{HEADS, LabeledAd, VAGUE};
use crate::model::calibration::{platt, round};
use crate::model::config::{Baselines, Config, Decision, FORMAT, HeadConfig, Training, TrainingSource};
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
    /// Costs, class weights, columns.
    pub fit: FitSettings,
    /// The share of ads called vague that may be concrete.
    pub vague_error: f64,
    /// The share of ads called concrete that may be vague.
    pub concrete_error: f64,
}

impl Default for TrainSettings {
    fn default() -> Self {
        TrainSettings {
            name: "tachles".to_owned(),
            seed: 1,
            folds: 5,
            fit: FitSettings {
                costs: vec![1.0, 3.0, 10.0, 30.0],
                balanced: false,
                space: crate::features::SpaceSpec::default(),
            },
            vague_error: 0.15,
            concrete_error: 0.06,
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
    /// Whether its rows have an intercept and a length slope of their own.
    pub apart: bool,
    /// Its rows.
    pub rows: Vec<LabeledAd>,
}

/// What training gives.
pub struct Trained {
    /// The model.
    pub model: Model,
    /// Out-of-fold scores of the training rows, in order of the files.
    pub out_of_fold: Vec<ScoredRow>,
    /// The file of each row, by place.
    pub sources: Vec<usize>,
    /// The language of each row.
    pub langs: Vec<Lang>,
    /// What the user should know: heads left out, rows without labels, and the like.
    pub warnings: Vec<String>,
}

/// Trains on `sources`; `progress` is told the steps done and their number.
///
/// # Errors
/// `Training` when there is too little to learn from: no head with both classes, fewer groups than folds.
pub fn train(
    sources: Vec<LabeledSource>,
    settings: &TrainSettings,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Trained> {
    let described = sources.iter().map(describe).collect();
    let mut rows = Vec::new();
    for (source, part) in sources.into_iter().enumerate() {
        let (weight, apart) = (part.weight, part.apart);
        rows.extend(part.rows.into_iter().map(|item| TrainingRow { item, source, weight, apart }));
    }
    let mut warnings = Vec::new();
    let heads = learnable(&rows, settings.folds, &mut warnings)?;
    let prepared = prepare(&rows, &settings.fit.space, settings.folds, settings.seed)?;
    let group_count = prepared.groups.iter().max().map_or(0, |&last| last + 1);
    if group_count < settings.folds {
        let text = format!(
            "{} folds need at least as many groups of rows (an employer, near-duplicates), found {group_count}",
            settings.folds
        );
        return Err(Error::new(ErrorKind::Training, text));
    }
    let baselines = baseline_rows(&prepared);
    let steps = std::sync::atomic::AtomicUsize::new(0);
    let total = heads.len() * (settings.folds + 1);
    let step = || {
        let done = steps.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
        progress(done, total);
    };
    let crossed = cross_validate(&prepared, &rows, &baselines, &heads, &settings.fit, &step)?;
    let chosen = choose_heads(&heads, &rows, &crossed, settings)?;

    let everything: Vec<usize> = (0..rows.len()).collect();
    let names = dense::names(&prepared.rubric);
    let space = Space::fit(&prepared.corpus, &everything, &names, &settings.fit.space);
    let training = training_rows(&prepared, &space, &rows, &everything);
    let fitted: Vec<Result<(Vec<f64>, f64, Baselines)>> = chosen
        .par_iter()
        .map(|head| {
            let labels = HeadRows::new(&head.config.name, &rows, &everything, settings.fit.balanced);
            let path: Vec<f64> = settings.fit.costs.iter().copied().filter(|&cost| cost <= head.config.cost).collect();
            let last = fit_path(&labels, &space, &training, &path)?.pop();
            let last = last.ok_or_else(|| Error::new(ErrorKind::Training, "no cost to fit with"))?;
            step();
            Ok((last.weights.to_vec(), last.bias, labels.baselines(&baselines, &everything)))
        })
        .collect();
    let mut weights = vec![0.0f32; space.width() * chosen.len()];
    let mut configs = Vec::with_capacity(chosen.len());
    for (place, (head, fitted)) in chosen.iter().zip(fitted).enumerate() {
        let (column, bias, baselines) = fitted?;
        for (row, weight) in weights.chunks_mut(chosen.len()).zip(&column) {
            if let Some(slot) = row.get_mut(place) {
                *slot = *weight as f32;
            }
        }
        configs.push(HeadConfig { bias: round(bias, 9), baselines, ..head.config.clone() });
    }
    let out_of_fold = out_of_fold_rows(&rows, &prepared, &chosen, &crossed);
    let decision = decide(&out_of_fold, &configs, settings);
    let config = Config {
        format: FORMAT,
        name: settings.name.clone(),
        text: TextSpec::default(),
        rubric: prepared.rubric.digest().to_owned(),
        space: settings.fit.space.clone(),
        heads: configs,
        decision,
        training: Training {
            program: env!("CARGO_PKG_VERSION").to_owned(),
            sources: described,
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
    let mut model = Model { config, analyzer, rubric, subwords, space, weights, digest: String::new() };
    model.digest = artifact::digest(&model.to_files()?.config);
    Ok(Trained { model, out_of_fold, sources: rows.iter().map(|row| row.source).collect(), langs, warnings })
}

/// A head with its settings, before its final weights.
struct Chosen {
    config: HeadConfig,
    /// The place of its cost in the list of costs.
    cost: usize,
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

/// Chooses each head's cost, calibrates it, and sets its threshold, all on out-of-fold margins.
fn choose_heads(
    heads: &[&str],
    rows: &[TrainingRow],
    crossed: &[OutOfFold],
    settings: &TrainSettings,
) -> Result<Vec<Chosen>> {
    let mut chosen = Vec::with_capacity(heads.len());
    for (head, out) in heads.iter().zip(crossed) {
        let labelled: Vec<(usize, bool)> =
            rows.iter().enumerate().filter_map(|(place, row)| Some((place, row.item.labels.get(head)?))).collect();
        let targets: Vec<bool> = labelled.iter().map(|&(_, target)| target).collect();
        let pick = |margins: &[f64]| -> Vec<f64> {
            labelled.iter().filter_map(|&(place, _)| margins.get(place).copied()).collect()
        };
        let mut best = (f64::NEG_INFINITY, 0);
        for (cost, margins) in out.margins.iter().enumerate() {
            let quality = auc_within_sources(rows, &labelled, margins);
            // A larger cost must earn its place: the simpler head wins a tie.
            if quality > best.0 + 1e-4 {
                best = (quality, cost);
            }
        }
        let margins = out.margins.get(best.1).map(|margins| pick(margins)).unwrap_or_default();
        let (slope, offset) = platt(&margins, &targets)?;
        let mut config = HeadConfig {
            name: (*head).to_owned(),
            bias: 0.0,
            slope,
            offset,
            threshold: 0.5,
            cost: settings.fit.costs.get(best.1).copied().unwrap_or(1.0),
            baselines: Baselines::default(),
        };
        let probabilities: Vec<f64> = margins.iter().map(|&margin| config.probability(margin)).collect();
        config.threshold = best_kappa(&probabilities, &targets);
        chosen.push(Chosen { config, cost: best.1 });
    }
    Ok(chosen)
}

/// The mean AUC inside each training file, weighted by its rows and their weight.
///
/// Files differ in prevalence; an AUC over all of them would reward telling the files apart.
fn auc_within_sources(rows: &[TrainingRow], labelled: &[(usize, bool)], margins: &[f64]) -> f64 {
    let mut by_source: BTreeMap<usize, (Vec<f64>, Vec<bool>, f64)> = BTreeMap::new();
    for &(place, target) in labelled {
        if let (Some(row), Some(&margin)) = (rows.get(place), margins.get(place)) {
            let entry = by_source.entry(row.source).or_default();
            entry.0.push(margin);
            entry.1.push(target);
            entry.2 += row.weight;
        }
    }
    let (mut sum, mut total) = (0.0, 0.0);
    for (scores, targets, weight) in by_source.values() {
        if let Some(value) = auc(scores, targets) {
            sum += value * weight;
            total += weight;
        }
    }
    if total > 0.0 { sum / total } else { 0.5 }
}

fn out_of_fold_rows(
    rows: &[TrainingRow],
    prepared: &Prepared,
    chosen: &[Chosen],
    crossed: &[OutOfFold],
) -> Vec<ScoredRow> {
    rows.iter()
        .enumerate()
        .map(|(place, row)| {
            let mut scored = ScoredRow {
                labels: row.item.labels.clone(),
                words: prepared.corpus.tokens(place),
                ..ScoredRow::default()
            };
            for (head, out) in chosen.iter().zip(crossed) {
                let margin = out.margins.get(head.cost).and_then(|margins| margins.get(place));
                scored.probabilities.push(head.config.probability(margin.copied().unwrap_or(0.0)));
                scored.length.push(out.length.get(place).copied().unwrap_or(0.5));
                scored.lexicon.push(out.lexicon.get(place).copied().unwrap_or(0.5));
            }
            scored
        })
        .collect()
}

/// Chooses the thresholds of the verdict for the stated error rates.
fn decide(out_of_fold: &[ScoredRow], heads: &[HeadConfig], settings: &TrainSettings) -> Decision {
    let place = heads.iter().position(|head| head.name == VAGUE);
    let forced = place.and_then(|place| heads.get(place)).map_or(0.5, |head| head.threshold);
    let mut scored: Vec<(f64, bool)> =
        out_of_fold.iter().filter_map(|row| Some((*row.probabilities.get(place?)?, row.labels.get(VAGUE)?))).collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let upper = last_within(scored.iter().map(|&(p, vague)| (p, !vague)), settings.vague_error);
    let lower = last_within(scored.iter().rev().copied(), settings.concrete_error);
    let upper = upper.unwrap_or(forced).max(forced);
    let lower = lower.unwrap_or(forced).min(forced);
    let four = |p: f64| (p * 1e4).round() / 1e4;
    Decision {
        upper: four(upper),
        lower: four(lower.min(upper)),
        forced,
        vague_error: settings.vague_error,
        concrete_error: settings.concrete_error,
    }
}

/// The last probability, going inwards, at which at most `share` of the rows so far are wrong.
fn last_within(rows: impl Iterator<Item = (f64, bool)>, share: f64) -> Option<f64> {
    let (mut seen, mut wrong, mut last) = (0.0, 0.0, None);
    for (probability, is_wrong) in rows {
        seen += 1.0;
        wrong += f64::from(u8::from(is_wrong));
        if wrong <= share * seen {
            last = Some(probability);
        }
    }
    last
}

fn describe(source: &LabeledSource) -> TrainingSource {
    let mut hash = Sha256::new();
    for row in &source.rows {
        for part in [&row.ad.id, row.ad.plain()] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        for head in HEADS {
            hash.update([row.labels.get(head).map_or(2, u8::from)]);
        }
    }
    let digest = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    TrainingSource {
        name: source.name.clone(),
        rows: source.rows.len(),
        weight: source.weight,
        apart: source.apart,
        digest,
    }
}
