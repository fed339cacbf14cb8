//! From rows to fitted heads with all that is chosen: costs, calibration, thresholds.
//!
//! One function does it for the model that is written and for every fold of a nested cross-validation, so that what is
//! measured is what is shipped.

use std::collections::BTreeMap;

use super::cross::{HeadRows, OutOfFold, Task, baseline_probabilities, cross_validate};
use super::metrics::auc;
use super::scored::{Call, ScoredRow};
use super::table::Table;
use super::threshold::steady_kappa;
use crate::ad::Lang;
use crate::error::Result;
use crate::features::Space;
use crate::label::{SCOPE, VAGUE};
use crate::model::calibration::{platt, round};
use crate::model::config::{Baselines, Decision, HeadConfig};

/// The error rates that the thresholds of the verdict are chosen for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Promise {
    /// The share of ads called vague that may be concrete.
    pub vague_error: f64,
    /// The share of ads called concrete that may be vague.
    pub concrete_error: f64,
}

/// Fitted heads with everything that was chosen for them.
pub struct Learned {
    /// The columns.
    pub space: Space,
    /// Settings, calibration and thresholds.
    pub heads: Vec<HeadConfig>,
    /// Weights, shape `[columns, heads]`, row by row.
    pub weights: Vec<f32>,
    /// The thresholds of the verdict.
    pub decision: Decision,
    /// Scores of the rows learned from, out of fold: what all was chosen on.
    pub out_of_fold: Vec<ScoredRow>,
}

/// Learns from the rows `among`; `folds` is the fold of each, by which costs, calibration and thresholds are chosen.
///
/// # Errors
/// `Training` when a fold leaves one class only.
pub fn learn(
    task: &Task<'_>,
    among: &[usize],
    folds: &[usize],
    promise: Promise,
    done: &(dyn Fn() + Sync),
) -> Result<Learned> {
    let table = Table::new(task, among);
    let Choice { heads, out_of_fold, decision } = choose_on(task, &table, among, folds, promise, done)?;
    let Fitted { space, heads, weights } = fit_on(task, table, among, &heads, done)?;
    let out_of_fold = out_of_fold.into_iter().map(|row| row.decided(&heads, &decision)).collect();
    Ok(Learned { space, heads, weights, decision, out_of_fold })
}

/// Heads fitted with costs that were chosen before.
pub struct Fitted {
    /// The columns.
    pub space: Space,
    /// The heads with their biases and simpler models; all else is as it was given.
    pub heads: Vec<HeadConfig>,
    /// Weights, shape `[columns, heads]`, row by row.
    pub weights: Vec<f32>,
}

/// Fits `heads` with their own costs on the rows `among`.
///
/// # Errors
/// `Training` when the rows leave one class only.
pub fn fit(task: &Task<'_>, among: &[usize], heads: &[HeadConfig], done: &(dyn Fn() + Sync)) -> Result<Fitted> {
    fit_on(task, Table::new(task, among), among, heads, done)
}

/// The same on a table that holds the rows `among`.
fn fit_on(
    task: &Task<'_>,
    table: Table<'_>,
    among: &[usize],
    heads: &[HeadConfig],
    done: &(dyn Fn() + Sync),
) -> Result<Fitted> {
    let Task { rows, baselines, fit, .. } = task;
    let labels: Vec<HeadRows> = heads.iter().map(|head| HeadRows::new(&head.name, rows, among, fit)).collect();
    let costs: Vec<f64> = heads.iter().map(|head| head.cost).collect();
    let fitted = table.heads(&labels, &fit.costs, &costs)?;
    let space = table.space;
    let mut weights = vec![0.0f32; space.width() * heads.len()];
    let mut configs = Vec::with_capacity(heads.len());
    for (place, ((head, labels), fitted)) in heads.iter().zip(&labels).zip(fitted).enumerate() {
        for (row, weight) in weights.chunks_mut(heads.len()).zip(&fitted.weights) {
            if let Some(slot) = row.get_mut(place) {
                *slot = *weight as f32;
            }
        }
        let baselines = labels.baselines(baselines, among);
        configs.push(HeadConfig { bias: round(fitted.bias, 9), baselines, ..head.clone() });
        done();
    }
    Ok(Fitted { space, heads: configs, weights })
}

impl Learned {
    /// Scores the rows `chosen` as the model would: without the columns of files that stand apart.
    pub fn score(&self, task: &Task<'_>, chosen: &[usize]) -> Vec<ScoredRow> {
        let corpus = &task.prepared.corpus;
        let simple: Vec<(Vec<f64>, Vec<f64>)> =
            self.heads.iter().map(|head| baseline_probabilities(&head.baselines, chosen, task.baselines)).collect();
        let rows = self.space.rows(corpus, chosen, |row| task.measures(row));
        chosen
            .iter()
            .zip(rows)
            .enumerate()
            .map(|(place, (&row, columns))| {
                let mut margins: Vec<f64> = self.heads.iter().map(|head| head.bias).collect();
                for (column, value) in columns {
                    let start = column as usize * self.heads.len();
                    let weights = self.weights.get(start..start + self.heads.len()).unwrap_or_default();
                    for (margin, weight) in margins.iter_mut().zip(weights) {
                        *margin += f64::from(value) * f64::from(*weight);
                    }
                }
                let mut scored = blank(task, row);
                scored.probabilities =
                    self.heads.iter().zip(margins).map(|(head, margin)| head.probability(margin)).collect();
                for (length, lexicon) in &simple {
                    scored.length.push(length.get(place).copied().unwrap_or(0.5));
                    scored.lexicon.push(lexicon.get(place).copied().unwrap_or(0.5));
                }
                scored.decided(&self.heads, &self.decision)
            })
            .collect()
    }
}

/// A row without scores.
fn blank(task: &Task<'_>, row: usize) -> ScoredRow {
    ScoredRow {
        labels: task.rows.get(row).map(|row| row.item.labels.clone()).unwrap_or_default(),
        words: task.prepared.corpus.tokens(row),
        group: task.prepared.groups.get(row).copied().unwrap_or(0),
        ..ScoredRow::default()
    }
}

/// What is chosen by cross-validation, before the last fit.
pub struct Choice {
    /// Costs, calibration and thresholds.
    pub heads: Vec<HeadConfig>,
    /// The rows scored out of fold, in their order.
    pub out_of_fold: Vec<ScoredRow>,
    /// The thresholds of the verdict.
    pub decision: Decision,
}

/// Chooses each head's cost, calibrates it, and sets all thresholds, on out-of-fold margins of the rows `among`.
///
/// # Errors
/// `Training` when a fold leaves one class only.
pub fn choose(
    task: &Task<'_>,
    among: &[usize],
    folds: &[usize],
    promise: Promise,
    done: &(dyn Fn() + Sync),
) -> Result<Choice> {
    choose_on(task, &Table::new(task, among), among, folds, promise, done)
}

/// The same on a table that holds the rows `among`.
fn choose_on(
    task: &Task<'_>,
    table: &Table<'_>,
    among: &[usize],
    folds: &[usize],
    promise: Promise,
    done: &(dyn Fn() + Sync),
) -> Result<Choice> {
    let crossed = cross_validate(task, table, among, folds, done)?;
    let mut heads = Vec::with_capacity(task.heads.len());
    let mut out_of_fold: Vec<ScoredRow> = among.iter().map(|&row| blank(task, row)).collect();
    for (name, out) in task.heads.iter().zip(crossed) {
        let (mut head, cost) = choose_head(name, task, among, &out)?;
        let margins = out.margins.get(cost).map(Vec::as_slice).unwrap_or_default();
        for (place, row) in out_of_fold.iter_mut().enumerate() {
            row.probabilities.push(head.probability(margins.get(place).copied().unwrap_or(0.0)));
            row.length.push(out.length.get(place).copied().unwrap_or(0.5));
            row.lexicon.push(out.lexicon.get(place).copied().unwrap_or(0.5));
        }
        let place = heads.len();
        let deciding = deciding(name, task, among);
        let (scores, targets): (Vec<f64>, Vec<bool>) = deciding
            .iter()
            .filter_map(|&at| {
                let row = out_of_fold.get(at)?;
                Some((*row.probabilities.get(place)?, row.labels.get(name)?))
            })
            .unzip();
        for (&at, &score) in deciding.iter().zip(&scores) {
            let lang = among.get(at).and_then(|&row| task.prepared.langs.get(row));
            let lang = lang.map_or(Lang::Other, |&lang| lang).as_str();
            head.distributions.entry(lang.to_owned()).or_default().add(score);
        }
        head.threshold = steady_kappa(&scores, &targets);
        heads.push(head);
    }
    let mut decision = decide(task, among, &out_of_fold, &heads, promise);
    let out_of_fold: Vec<ScoredRow> = out_of_fold.into_iter().map(|row| row.decided(&heads, &decision)).collect();
    let judged = deciding(VAGUE, task, among).into_iter().filter_map(|place| out_of_fold.get(place));
    let (mut sure, mut all) = (0.0, 0.0);
    for row in judged {
        all += 1.0;
        sure += f64::from(u8::from(row.call != Call::Unsure));
    }
    decision.coverage = four(if all > 0.0 { sure / all } else { 0.0 });
    Ok(Choice { heads, out_of_fold, decision })
}

/// The fewest labelled rows of either class that calibration and thresholds may rest on.
const ENOUGH: usize = 40;

/// The places in `among` whose rows decide on the cost, calibration and threshold of head `name`.
///
/// Files that stand apart are not what the model will be used on, so the others decide where they are enough.
/// The scope head is decided on all rows: scraped ads hold too few social-media roles, and in Hebrew none.
fn deciding(name: &str, task: &Task<'_>, among: &[usize]) -> Vec<usize> {
    let labelled = |apart: bool| -> Vec<(usize, bool)> {
        among
            .iter()
            .enumerate()
            .filter_map(|(place, &row)| {
                let row = task.rows.get(row)?;
                Some((place, row.item.labels.get(name)?)).filter(|_| apart || !row.apart)
            })
            .collect()
    };
    let chosen = labelled(name == SCOPE);
    let positives = chosen.iter().filter(|(_, target)| *target).count();
    let enough = positives.min(chosen.len() - positives) >= ENOUGH;
    let chosen = if enough { chosen } else { labelled(true) };
    chosen.into_iter().map(|(place, _)| place).collect()
}

/// The best cost of one head, by its place, and its calibration.
fn choose_head(name: &str, task: &Task<'_>, among: &[usize], out: &OutOfFold) -> Result<(HeadConfig, usize)> {
    // Places in `among` with rows and labels.
    let labelled: Vec<(usize, usize, bool)> = deciding(name, task, among)
        .into_iter()
        .filter_map(|place| {
            let row = *among.get(place)?;
            Some((place, row, task.rows.get(row)?.item.labels.get(name)?))
        })
        .collect();
    let mut best = (f64::NEG_INFINITY, 0);
    for (cost, margins) in out.margins.iter().enumerate() {
        let quality = auc_within_sources(task, &labelled, margins);
        // A larger cost must earn its place: the simpler head wins a tie.
        if quality > best.0 + 1e-4 {
            best = (quality, cost);
        }
    }
    let margins = out.margins.get(best.1).map(Vec::as_slice).unwrap_or_default();
    let (margins, targets): (Vec<f64>, Vec<bool>) =
        labelled.iter().filter_map(|&(place, _, target)| Some((*margins.get(place)?, target))).unzip();
    let (slope, offset) = platt(&margins, &targets)?;
    let config = HeadConfig {
        name: name.to_owned(),
        bias: 0.0,
        slope,
        offset,
        threshold: 0.5,
        cost: task.fit.costs.get(best.1).copied().unwrap_or(1.0),
        baselines: Baselines::default(),
        distributions: BTreeMap::new(),
    };
    Ok((config, best.1))
}

/// The mean AUC inside each training file, weighted by its rows and their weight.
///
/// Files differ in prevalence; an AUC over all of them would reward telling the files apart.
fn auc_within_sources(task: &Task<'_>, labelled: &[(usize, usize, bool)], margins: &[f64]) -> f64 {
    let mut by_source: BTreeMap<usize, (Vec<f64>, Vec<bool>, f64)> = BTreeMap::new();
    for &(place, row, target) in labelled {
        if let (Some(row), Some(&margin)) = (task.rows.get(row), margins.get(place)) {
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

/// Chooses the thresholds of the verdict for the stated error rates, kept with some confidence in every file that decides.
///
/// A rate over all files together would be kept by the easy ones for the hard ones.
fn decide(
    task: &Task<'_>,
    among: &[usize],
    out_of_fold: &[ScoredRow],
    heads: &[HeadConfig],
    promise: Promise,
) -> Decision {
    let vague = heads.iter().position(|head| head.name == VAGUE);
    let forced = vague.and_then(|place| heads.get(place)).map_or(0.5, |head| head.threshold);
    let mut by_source: BTreeMap<usize, Vec<(f64, bool)>> = BTreeMap::new();
    for place in deciding(VAGUE, task, among) {
        let row = among.get(place).and_then(|&row| task.rows.get(row));
        if let (Some(row), Some(scored), Some(vague)) = (row, out_of_fold.get(place), vague)
            && let (Some(&p), Some(label)) = (scored.probabilities.get(vague), row.item.labels.get(VAGUE))
        {
            by_source.entry(row.source).or_default().push((p, label));
        }
    }
    let (mut upper, mut lower) = (forced, forced);
    for scored in by_source.values_mut() {
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        let high = last_within(scored.iter().map(|&(p, vague)| (p, !vague)), promise.vague_error);
        let low = last_within(scored.iter().rev().copied(), promise.concrete_error);
        upper = upper.max(high.unwrap_or(1.0));
        lower = lower.min(low.unwrap_or(0.0));
    }
    Decision {
        upper: four(upper),
        lower: four(lower),
        forced,
        vague_error: promise.vague_error,
        concrete_error: promise.concrete_error,
        coverage: 0.0,
    }
}

fn four(p: f64) -> f64 {
    (p * 1e4).round() / 1e4
}

/// One-sided confidence of the bound on the error rate, as a quantile of the normal distribution: 80%.
///
/// Thresholds that kept the rate exactly where they were chosen broke it in every other draw of unseen ads (docs/EVALUATION.md).
const CONFIDENCE: f64 = 0.8416;

/// The last probability, going inwards, at which the share of wrong rows so far is, by its upper bound, at most `share`.
fn last_within(rows: impl Iterator<Item = (f64, bool)>, share: f64) -> Option<f64> {
    let (mut seen, mut wrong, mut last) = (0.0, 0.0, None);
    for (probability, is_wrong) in rows {
        seen += 1.0;
        wrong += f64::from(u8::from(is_wrong));
        if upper_bound(wrong, seen) <= share {
            last = Some(probability);
        }
    }
    last
}

/// Wilson's upper bound of a share (Brown, Cai and DasGupta, "Interval estimation for a binomial proportion", Statistical Science 16, 2001).
fn upper_bound(wrong: f64, seen: f64) -> f64 {
    let (share, square) = (wrong / seen, CONFIDENCE * CONFIDENCE / seen);
    let spread = CONFIDENCE * libm::sqrt(share * (1.0 - share) / seen + square / (4.0 * seen));
    (share + square / 2.0 + spread) / (1.0 + square)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_is_that_of_wilson() {
        // statsmodels 0.15.0: proportion_confint(4, 40, alpha=0.4, method="wilson")[1].
        assert!((upper_bound(4.0, 40.0) - 0.147_140).abs() < 1e-4, "{}", upper_bound(4.0, 40.0));
        assert_eq!(last_within([(0.9, false); 3].into_iter(), 0.15), None, "three rows show little");
        assert_eq!(last_within([(0.9, false); 30].into_iter(), 0.15), Some(0.9));
    }
}
