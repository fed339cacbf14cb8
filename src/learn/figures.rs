//! The figures of a set of labelled, scored ads: what `train`, `evaluate` and the model card report.
//!
//! Beside every figure stand the number of rows, the prevalence, an interval, and the same figure for length alone,
//! lexicons alone and the majority.

use serde::Serialize;

use super::metrics::{Confusion, Estimate, auc, average_precision, brier, calibration_error, estimate, spearman};
use crate::label::{Labels, VAGUE};
use crate::model::{Config, Decision};

/// The seed of bootstrap intervals; fixed, so that a report is the same every time.
const SEED: u64 = 20;

/// One labelled ad with what a model and the baselines say of it.
#[derive(Clone, Debug, Default)]
pub struct ScoredRow {
    /// The truth.
    pub labels: Labels,
    /// The number of words.
    pub words: u32,
    /// Probabilities by head, in the order of the model's heads.
    pub probabilities: Vec<f64>,
    /// The same from length alone.
    pub length: Vec<f64>,
    /// The same from the lexicons alone.
    pub lexicon: Vec<f64>,
}

/// The figures of one set of ads.
#[derive(Clone, Debug, Serialize)]
pub struct SetFigures {
    /// What the set is.
    pub name: String,
    /// Rows in it.
    pub n: usize,
    /// One entry a head that has labels of both classes.
    pub heads: Vec<HeadFigures>,
    /// The mean AUC of the reasons that have one.
    pub reason_macro_auc: Option<f64>,
    /// The mean kappa of the reasons that have one.
    pub reason_macro_kappa: Option<f64>,
    /// Rank correlation of p_vague with the 1 to 5 scale.
    pub spearman: Option<Estimate>,
    /// AUC of p_vague without the ads rated 3, on which readers themselves waver.
    pub auc_without_borderline: Option<Estimate>,
    /// AUC of p_vague within quarters by length, shortest first.
    pub auc_by_length: Vec<Option<f64>>,
    /// How the three-way verdict fares.
    pub verdict: Option<VerdictFigures>,
}

/// The figures of one head.
#[derive(Clone, Debug, Serialize)]
pub struct HeadFigures {
    /// Its name.
    pub head: String,
    /// Rows with a label for it.
    pub n: usize,
    /// The share of positives.
    pub prevalence: f64,
    /// Area under the ROC curve.
    pub auc: Estimate,
    /// Average precision.
    pub average_precision: f64,
    /// Mean squared error of the probability.
    pub brier: f64,
    /// Expected calibration error, ten bins of equal count.
    pub calibration_error: f64,
    /// The threshold of the decision figures that follow.
    pub threshold: f64,
    /// Cohen's kappa.
    pub kappa: Estimate,
    /// F1 of the positive class.
    pub f1: f64,
    /// Precision of the positive class.
    pub precision: f64,
    /// Recall of the positive class.
    pub recall: f64,
    /// AUC from the number of words alone.
    pub length_auc: f64,
    /// AUC from the lexicons alone.
    pub lexicon_auc: f64,
    /// Kappa from the number of words alone, at 0.5.
    pub length_kappa: f64,
    /// Kappa from the lexicons alone, at 0.5.
    pub lexicon_kappa: f64,
    /// Accuracy of always saying the more frequent class.
    pub majority_accuracy: f64,
    /// Accuracy at the threshold.
    pub accuracy: f64,
}

/// How often the verdict is `vague`, `concrete` or `unsure`, and how often the first two are wrong.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VerdictFigures {
    /// Share called vague.
    pub vague: f64,
    /// Share called concrete.
    pub concrete: f64,
    /// Share left unsure.
    pub unsure: f64,
    /// Of those called vague, the share labelled concrete.
    pub vague_error: f64,
    /// Of those called concrete, the share labelled vague.
    pub concrete_error: f64,
}

/// Computes all figures of `rows` under the thresholds of `config`.
pub fn figures(name: &str, rows: &[&ScoredRow], config: &Config) -> SetFigures {
    let mut heads = Vec::new();
    for (place, head) in config.heads.iter().enumerate() {
        let threshold = if head.name == VAGUE { config.decision.forced } else { head.threshold };
        heads.extend(head_figures(&head.name, place, threshold, rows));
    }
    let vague = config.heads.iter().position(|head| head.name == VAGUE);
    let reasons: Vec<&HeadFigures> = heads.iter().filter(|head| crate::label::REASONS.contains(&&*head.head)).collect();
    let mean = |figure: fn(&HeadFigures) -> f64| {
        (!reasons.is_empty()).then(|| reasons.iter().map(|head| figure(head)).sum::<f64>() / reasons.len() as f64)
    };
    let reason_macro_auc = mean(|head| head.auc.value);
    let reason_macro_kappa = mean(|head| head.kappa.value);
    let column = Column::new(VAGUE, vague, rows);
    SetFigures {
        name: name.to_owned(),
        n: rows.len(),
        reason_macro_auc,
        reason_macro_kappa,
        spearman: scale_correlation(vague, rows),
        auc_without_borderline: Column::new(
            VAGUE,
            vague,
            &rows.iter().copied().filter(|row| row.labels.vagueness != Some(3)).collect::<Vec<_>>(),
        )
        .auc(),
        auc_by_length: by_length(vague, rows),
        verdict: (!column.targets.is_empty()).then(|| verdicts(&column, &config.decision)),
        heads,
    }
}

/// The labelled rows of one head, side by side.
struct Column {
    targets: Vec<bool>,
    scores: Vec<f64>,
    length: Vec<f64>,
    lexicon: Vec<f64>,
}

impl Column {
    fn new(head: &str, place: Option<usize>, rows: &[&ScoredRow]) -> Column {
        let mut column = Column { targets: vec![], scores: vec![], length: vec![], lexicon: vec![] };
        let Some(place) = place else { return column };
        for row in rows {
            let known = (row.labels.get(head), row.probabilities.get(place));
            if let (Some(target), Some(&score)) = known {
                column.targets.push(target);
                column.scores.push(score);
                column.length.push(row.length.get(place).copied().unwrap_or(0.5));
                column.lexicon.push(row.lexicon.get(place).copied().unwrap_or(0.5));
            }
        }
        column
    }

    fn auc(&self) -> Option<Estimate> {
        estimate(self.targets.len(), SEED, |rows| {
            let (scores, targets) = self.pick(rows);
            auc(&scores, &targets)
        })
    }

    fn kappa(&self, threshold: f64) -> Option<Estimate> {
        estimate(self.targets.len(), SEED, |rows| {
            let (scores, targets) = self.pick(rows);
            Some(Confusion::at(&scores, &targets, threshold).kappa())
        })
    }

    fn pick(&self, rows: &[usize]) -> (Vec<f64>, Vec<bool>) {
        rows.iter().filter_map(|&row| Some((*self.scores.get(row)?, *self.targets.get(row)?))).unzip()
    }
}

fn head_figures(head: &str, place: usize, threshold: f64, rows: &[&ScoredRow]) -> Option<HeadFigures> {
    let column = Column::new(head, Some(place), rows);
    let auc_estimate = column.auc()?;
    let (targets, scores) = (&column.targets, &column.scores);
    let n = targets.len();
    let prevalence = targets.iter().filter(|&&target| target).count() as f64 / n as f64;
    let cells = Confusion::at(scores, targets, threshold);
    Some(HeadFigures {
        head: head.to_owned(),
        n,
        prevalence,
        auc: auc_estimate,
        average_precision: average_precision(scores, targets)?,
        brier: brier(scores, targets),
        calibration_error: calibration_error(scores, targets, 10),
        threshold,
        kappa: column.kappa(threshold)?,
        f1: cells.f1(),
        precision: cells.precision(),
        recall: cells.recall(),
        length_auc: auc(&column.length, targets)?,
        lexicon_auc: auc(&column.lexicon, targets)?,
        length_kappa: Confusion::at(&column.length, targets, 0.5).kappa(),
        lexicon_kappa: Confusion::at(&column.lexicon, targets, 0.5).kappa(),
        majority_accuracy: prevalence.max(1.0 - prevalence),
        accuracy: cells.accuracy(),
    })
}

fn scale_correlation(vague: Option<usize>, rows: &[&ScoredRow]) -> Option<Estimate> {
    let (scores, scale): (Vec<f64>, Vec<f64>) =
        rows.iter().filter_map(|row| Some((*row.probabilities.get(vague?)?, f64::from(row.labels.vagueness?)))).unzip();
    estimate(scores.len(), SEED, |chosen| {
        let (a, b): (Vec<f64>, Vec<f64>) =
            chosen.iter().filter_map(|&row| Some((*scores.get(row)?, *scale.get(row)?))).unzip();
        spearman(&a, &b)
    })
}

fn by_length(vague: Option<usize>, rows: &[&ScoredRow]) -> Vec<Option<f64>> {
    let mut sorted: Vec<&ScoredRow> = rows.to_vec();
    sorted.sort_by_key(|row| row.words);
    (0..4)
        .map(|quarter| {
            let part = sorted.get(quarter * sorted.len() / 4..(quarter + 1) * sorted.len() / 4)?;
            let column = Column::new(VAGUE, vague, part);
            auc(&column.scores, &column.targets)
        })
        .collect()
}

fn verdicts(column: &Column, decision: &Decision) -> VerdictFigures {
    let n = column.targets.len().max(1) as f64;
    let pairs = || column.scores.iter().zip(&column.targets);
    let count =
        |keep: &dyn Fn(f64, bool) -> bool| pairs().filter(|&(&score, &target)| keep(score, target)).count() as f64;
    let vague = count(&|score, _| score >= decision.upper);
    let concrete = count(&|score, _| score < decision.upper && score <= decision.lower);
    let wrong_vague = count(&|score, target| score >= decision.upper && !target);
    let wrong_concrete = count(&|score, target| score < decision.upper && score <= decision.lower && target);
    VerdictFigures {
        vague: vague / n,
        concrete: concrete / n,
        unsure: (n - vague - concrete) / n,
        vague_error: wrong_vague / vague.max(1.0),
        concrete_error: wrong_concrete / concrete.max(1.0),
    }
}
