//! Figures of merit for binary heads, with bootstrap intervals.
//!
//! These are ours because linfa 0.8.1 swaps binary precision and recall and starts its ROC curve at the wrong point;
//! a test holds accuracy-like figures against linfa where it is right, the others against scikit-learn's values.
//! Slices run in parallel: `scores[i]` and `targets[i]` belong to row `i`.

use crate::model::random::SplitMix;

/// A figure with its 95% percentile bootstrap interval.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Estimate {
    /// The figure on all rows.
    pub value: f64,
    /// The 2.5th percentile.
    pub low: f64,
    /// The 97.5th percentile.
    pub high: f64,
}

/// How many bootstrap samples an interval rests on.
pub const RESAMPLES: usize = 1000;

/// Area under the ROC curve by the rank sum (Mann and Whitney), ties counted half; `None` with one class only.
pub fn auc(scores: &[f64], targets: &[bool]) -> Option<f64> {
    let ranks = ranks(scores);
    let positives = targets.iter().filter(|&&target| target).count() as f64;
    let negatives = targets.len() as f64 - positives;
    if positives == 0.0 || negatives == 0.0 {
        return None;
    }
    let sum: f64 = ranks.iter().zip(targets).filter(|&(_, &target)| target).map(|(rank, _)| rank).sum();
    Some((sum - positives * (positives + 1.0) / 2.0) / (positives * negatives))
}

/// Ranks from 1, ties sharing their mean rank.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<(f64, usize)> = values.iter().copied().zip(0..).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for tied in order.chunk_by(|a, b| a.0 == b.0) {
        let mean = before as f64 + (tied.len() as f64 + 1.0) / 2.0;
        for &(_, index) in tied {
            if let Some(rank) = ranks.get_mut(index) {
                *rank = mean;
            }
        }
        before += tied.len();
    }
    ranks
}

/// Average precision: the mean over positives of the precision at their rank; `None` without positives.
pub fn average_precision(scores: &[f64], targets: &[bool]) -> Option<f64> {
    let mut order: Vec<(f64, bool)> = scores.iter().copied().zip(targets.iter().copied()).collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0));
    let positives = targets.iter().filter(|&&target| target).count() as f64;
    let (mut seen, mut hits, mut sum) = (0.0, 0.0, 0.0);
    for tied in order.chunk_by(|a, b| a.0 == b.0) {
        let found = tied.iter().filter(|(_, target)| *target).count() as f64;
        seen += tied.len() as f64;
        hits += found;
        sum += found * hits / seen;
    }
    (positives > 0.0).then(|| sum / positives)
}

/// Spearman's rank correlation; `None` when either side is constant.
pub fn spearman(a: &[f64], b: &[f64]) -> Option<f64> {
    let (a, b) = (ranks(a), ranks(b));
    let n = a.len() as f64;
    let (mean_a, mean_b) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(&b) {
        ab += (x - mean_a) * (y - mean_b);
        aa += (x - mean_a) * (x - mean_a);
        bb += (y - mean_b) * (y - mean_b);
    }
    (aa > 0.0 && bb > 0.0).then(|| ab / libm::sqrt(aa * bb))
}

/// The four cells of a binary decision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Confusion {
    /// Said yes, is yes.
    pub true_positive: usize,
    /// Said yes, is no.
    pub false_positive: usize,
    /// Said no, is yes.
    pub false_negative: usize,
    /// Said no, is no.
    pub true_negative: usize,
}

impl Confusion {
    /// Counts decisions: yes at or above `threshold`.
    pub fn at(scores: &[f64], targets: &[bool], threshold: f64) -> Self {
        let mut cells = Confusion::default();
        for (&score, &target) in scores.iter().zip(targets) {
            match (score >= threshold, target) {
                (true, true) => cells.true_positive += 1,
                (true, false) => cells.false_positive += 1,
                (false, true) => cells.false_negative += 1,
                (false, false) => cells.true_negative += 1,
            }
        }
        cells
    }

    fn parts(&self) -> [f64; 4] {
        [self.true_positive, self.false_positive, self.false_negative, self.true_negative].map(|count| count as f64)
    }

    /// Of those called positive, the share that is; 0 when none was.
    pub fn precision(&self) -> f64 {
        let [tp, fp, _, _] = self.parts();
        if tp + fp > 0.0 { tp / (tp + fp) } else { 0.0 }
    }

    /// Of the positives, the share that was called so; 0 when there are none.
    pub fn recall(&self) -> f64 {
        let [tp, _, fn_, _] = self.parts();
        if tp + fn_ > 0.0 { tp / (tp + fn_) } else { 0.0 }
    }

    /// The harmonic mean of precision and recall; 0 when nothing is positive.
    pub fn f1(&self) -> f64 {
        let [tp, fp, fn_, _] = self.parts();
        if tp + fp + fn_ > 0.0 { 2.0 * tp / (2.0 * tp + fp + fn_) } else { 0.0 }
    }

    /// The share decided rightly.
    pub fn accuracy(&self) -> f64 {
        let [tp, fp, fn_, tn] = self.parts();
        let n = tp + fp + fn_ + tn;
        if n > 0.0 { (tp + tn) / n } else { 0.0 }
    }

    /// Cohen's kappa: agreement beyond chance, 0 when either side is constant.
    pub fn kappa(&self) -> f64 {
        let [tp, fp, fn_, tn] = self.parts();
        let n = tp + fp + fn_ + tn;
        if n == 0.0 {
            return 0.0;
        }
        let expected = ((tp + fp) * (tp + fn_) + (fn_ + tn) * (fp + tn)) / (n * n);
        if expected >= 1.0 { 0.0 } else { ((tp + tn) / n - expected) / (1.0 - expected) }
    }
}

/// Mean squared error of probabilities.
pub fn brier(probabilities: &[f64], targets: &[bool]) -> f64 {
    let sum: f64 = probabilities
        .iter()
        .zip(targets)
        .map(|(p, &target)| (p - f64::from(u8::from(target))) * (p - f64::from(u8::from(target))))
        .sum();
    sum / (targets.len().max(1) as f64)
}

/// Expected calibration error over `bins` bins of equal count (Nguyen and O'Connor 2015).
pub fn calibration_error(probabilities: &[f64], targets: &[bool], bins: usize) -> f64 {
    let mut order: Vec<(f64, bool)> = probabilities.iter().copied().zip(targets.iter().copied()).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let n = order.len();
    let mut sum = 0.0;
    for bin in 0..bins {
        let members = order.get(bin * n / bins..(bin + 1) * n / bins).unwrap_or_default();
        let stated: f64 = members.iter().map(|(p, _)| p).sum();
        let found = members.iter().filter(|(_, target)| *target).count() as f64;
        sum += (stated - found).abs();
    }
    sum / (n.max(1) as f64)
}

/// `figure` on all rows with its bootstrap interval; rows are drawn with replacement `RESAMPLES` times from `seed`.
///
/// Samples on which the figure does not exist (one class only) are left out. `None` when it does not exist on all rows.
pub fn estimate(rows: usize, seed: u64, figure: impl Fn(&[usize]) -> Option<f64>) -> Option<Estimate> {
    let all: Vec<usize> = (0..rows).collect();
    let value = figure(&all)?;
    let mut random = SplitMix(seed);
    let mut values = Vec::with_capacity(RESAMPLES);
    let mut sample = vec![0; rows];
    for _ in 0..RESAMPLES {
        for slot in &mut sample {
            *slot = random.below(rows);
        }
        values.extend(figure(&sample));
    }
    values.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let place = (share * (values.len().saturating_sub(1)) as f64).round() as usize;
        values.get(place).copied().unwrap_or(value)
    };
    Some(Estimate { value, low: at(0.025), high: at(0.975) })
}

/// The threshold between two neighbouring scores with the best kappa, rounded to four decimals; 0.5 with one class only.
pub fn best_kappa(scores: &[f64], targets: &[bool]) -> f64 {
    let mut candidates: Vec<f64> = scores.iter().map(|score| (score * 1e4).round() / 1e4).collect();
    candidates.sort_by(f64::total_cmp);
    candidates.dedup();
    let mut best = (0.0, 0.5);
    for &threshold in &candidates {
        let kappa = Confusion::at(scores, targets, threshold).kappa();
        if kappa > best.0 {
            best = (kappa, threshold);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;
    use linfa::prelude::ToConfusionMatrix;
    use ndarray::Array1;

    const SCORES: [f64; 8] = [0.1, 0.4, 0.35, 0.8, 0.8, 0.2, 0.65, 0.5];
    const TARGETS: [bool; 8] = [false, false, true, true, false, false, true, true];

    /// Values from scikit-learn 1.9.1: roc_auc_score, average_precision_score, brier_score_loss, cohen_kappa_score.
    #[test]
    fn agrees_with_scikit_learn() {
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
        close(auc(&SCORES, &TARGETS).unwrap(), 0.718_75);
        close(average_precision(&SCORES, &TARGETS).unwrap(), 0.645_833_333_333_333_3);
        close(brier(&SCORES, &TARGETS), 0.210_625);
        close(Confusion::at(&SCORES, &TARGETS, 0.5).kappa(), 0.5);
        close(Confusion::at(&SCORES, &TARGETS, 0.5).precision(), 0.75);
        close(spearman(&[1.0, 2.0, 3.0, 4.0, 5.0], &[5.0, 6.0, 7.0, 8.0, 7.0]).unwrap(), 0.820_782_681_668_123_3);
    }

    #[test]
    fn agrees_with_linfa_where_linfa_is_right() {
        let predicted: Array1<bool> = SCORES.iter().map(|&score| score >= 0.45).collect();
        let truth: Array1<bool> = TARGETS.iter().copied().collect();
        let matrix = predicted.confusion_matrix(&truth).unwrap();
        let ours = Confusion::at(&SCORES, &TARGETS, 0.45);
        assert!((f64::from(matrix.accuracy()) - ours.accuracy()).abs() < 1e-6);
        assert!((f64::from(matrix.f1_score()) - ours.f1()).abs() < 1e-6);
    }

    #[test]
    fn one_class_has_no_auc() {
        assert_eq!(auc(&[0.1, 0.2], &[true, true]), None);
        assert_eq!(estimate(2, 1, |rows| auc(&[0.1, 0.2][..rows.len()], &[true, true])), None);
    }

    #[test]
    fn saturated_scores_do_not_break_auc() {
        assert_eq!(auc(&[0.0, 0.0, 1.0, 1.0], &[false, true, true, true]), Some(0.833_333_333_333_333_4));
    }

    #[test]
    fn perfect_calibration_has_no_error() {
        let probabilities = [0.25; 4];
        assert_eq!(calibration_error(&probabilities, &[true, false, false, false], 1), 0.0);
    }
}
