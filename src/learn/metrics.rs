//! Figures of merit for binary heads.
//!
//! These are ours because linfa 0.8.1 swaps binary precision and recall and starts its ROC curve at the wrong point;
//! a test holds accuracy-like figures against linfa where it is right, the others against scikit-learn's values.
//! Slices run in parallel: `scores[i]` and `targets[i]` belong to row `i`. Every figure also takes `counts`, how often
//! each row stands in a sample, so that a bootstrap sorts once and not a thousand times.

use crate::model::random::SplitMix;

/// Rows in ascending order of a score, with the places where a new value begins.
#[derive(Clone, Debug, Default)]
pub struct Ranking {
    order: Vec<usize>,
    /// The end of every run of equal scores, ascending.
    ends: Vec<usize>,
}

impl Ranking {
    /// Sorts the rows of `scores`.
    pub fn new(scores: &[f64]) -> Ranking {
        let mut pairs: Vec<(f64, usize)> = scores.iter().copied().zip(0..).collect();
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut ends = Vec::new();
        let mut end = 0;
        for tied in pairs.chunk_by(|a, b| a.0 == b.0) {
            end += tied.len();
            ends.push(end);
        }
        Ranking { order: pairs.into_iter().map(|(_, row)| row).collect(), ends }
    }

    /// The runs of rows with equal scores, the lowest score first.
    pub fn ties(&self) -> impl DoubleEndedIterator<Item = &[usize]> {
        let end = |run: usize| self.ends.get(run).copied().unwrap_or(0);
        (0..self.ends.len())
            .map(move |run| self.order.get(run.checked_sub(1).map_or(0, end)..end(run)).unwrap_or_default())
    }

    /// How many positives and negatives of a sample stand in `tied`.
    fn classes(tied: &[usize], targets: &[bool], counts: &[u32]) -> (f64, f64) {
        let (mut positives, mut negatives) = (0.0, 0.0);
        for &row in tied {
            let count = f64::from(counts.get(row).copied().unwrap_or(0));
            if targets.get(row) == Some(&true) {
                positives += count;
            } else {
                negatives += count;
            }
        }
        (positives, negatives)
    }

    /// Area under the ROC curve by the rank sum (Mann and Whitney), ties counted half; `None` with one class only.
    pub fn auc(&self, targets: &[bool], counts: &[u32]) -> Option<f64> {
        let (mut positives, mut negatives, mut sum) = (0.0, 0.0, 0.0);
        for tied in self.ties() {
            let (yes, no) = Self::classes(tied, targets, counts);
            sum += yes * (negatives + no / 2.0);
            positives += yes;
            negatives += no;
        }
        (positives > 0.0 && negatives > 0.0).then(|| sum / (positives * negatives))
    }

    /// Average precision: the mean over positives of the precision at their rank; `None` without positives.
    pub fn average_precision(&self, targets: &[bool], counts: &[u32]) -> Option<f64> {
        let (mut seen, mut hits, mut sum) = (0.0, 0.0, 0.0);
        for tied in self.ties().rev() {
            let (yes, no) = Self::classes(tied, targets, counts);
            seen += yes + no;
            hits += yes;
            if yes > 0.0 {
                sum += yes * hits / seen;
            }
        }
        (hits > 0.0).then(|| sum / hits)
    }

    /// Ranks from 1 of the rows of a sample, ties sharing their mean rank.
    fn ranks(&self, counts: &[u32]) -> Vec<f64> {
        let mut ranks = vec![0.0; self.order.len()];
        let mut before = 0.0;
        for tied in self.ties() {
            let size: f64 = tied.iter().map(|&row| f64::from(counts.get(row).copied().unwrap_or(0))).sum();
            for &row in tied {
                if let Some(rank) = ranks.get_mut(row) {
                    *rank = before + (size + 1.0) / 2.0;
                }
            }
            before += size;
        }
        ranks
    }

    /// Spearman's rank correlation with another ranking of the same rows; `None` when either side is constant.
    pub fn spearman(&self, other: &Ranking, counts: &[u32]) -> Option<f64> {
        let (a, b) = (self.ranks(counts), other.ranks(counts));
        let rows = || a.iter().zip(&b).zip(counts).map(|((&a, &b), &count)| (a, b, f64::from(count)));
        let (mut n, mut sum_a, mut sum_b) = (0.0, 0.0, 0.0);
        for (a, b, count) in rows() {
            n += count;
            sum_a += count * a;
            sum_b += count * b;
        }
        let (mean_a, mean_b) = (sum_a / n, sum_b / n);
        let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
        for (a, b, count) in rows() {
            ab += count * (a - mean_a) * (b - mean_b);
            aa += count * (a - mean_a) * (a - mean_a);
            bb += count * (b - mean_b) * (b - mean_b);
        }
        (aa > 0.0 && bb > 0.0).then(|| ab / libm::sqrt(aa * bb))
    }

    /// Expected calibration error over `bins` bins of equal count (Nguyen and O'Connor 2015), and the bins: the mean
    /// stated probability, the share found, and the rows of each.
    pub fn calibration(&self, probabilities: &[f64], targets: &[bool], bins: usize) -> (f64, Vec<(f64, f64, usize)>) {
        let n = self.order.len();
        let mut found = Vec::with_capacity(bins);
        let mut error = 0.0;
        for bin in 0..bins {
            let members = self.order.get(bin * n / bins..(bin + 1) * n / bins).unwrap_or_default();
            if members.is_empty() {
                continue;
            }
            let stated: f64 = members.iter().filter_map(|&row| probabilities.get(row)).sum();
            let positives = members.iter().filter(|&&row| targets.get(row) == Some(&true)).count() as f64;
            error += (stated - positives).abs();
            let size = members.len() as f64;
            found.push((stated / size, positives / size, members.len()));
        }
        (error / n.max(1) as f64, found)
    }
}

/// Area under the ROC curve of all rows, each once; see [`Ranking::auc`].
pub fn auc(scores: &[f64], targets: &[bool]) -> Option<f64> {
    Ranking::new(scores).auc(targets, &vec![1; targets.len()])
}

/// The four cells of a binary decision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
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
    /// Counts the decisions `said` of a sample.
    pub fn of(said: &[bool], targets: &[bool], counts: &[u32]) -> Self {
        let mut cells = Confusion::default();
        for ((&said, &target), &count) in said.iter().zip(targets).zip(counts) {
            let cell = match (said, target) {
                (true, true) => &mut cells.true_positive,
                (true, false) => &mut cells.false_positive,
                (false, true) => &mut cells.false_negative,
                (false, false) => &mut cells.true_negative,
            };
            *cell += count as usize;
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

    /// The share said to be positive less the share that is.
    pub fn excess(&self) -> f64 {
        let [tp, fp, fn_, tn] = self.parts();
        let n = tp + fp + fn_ + tn;
        if n > 0.0 { (fp - fn_) / n } else { 0.0 }
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

/// Mean squared error of the probabilities of a sample.
pub fn brier(probabilities: &[f64], targets: &[bool], counts: &[u32]) -> f64 {
    let (mut sum, mut n) = (0.0, 0.0);
    for ((p, &target), &count) in probabilities.iter().zip(targets).zip(counts) {
        let miss = p - f64::from(u8::from(target));
        sum += f64::from(count) * miss * miss;
        n += f64::from(count);
    }
    if n > 0.0 { sum / n } else { 0.0 }
}

/// The mean calibration error over `draws` sets of labels drawn from the probabilities themselves: what a perfectly
/// calibrated head would show on as many rows.
pub fn calibration_noise(probabilities: &[f64], bins: usize, draws: usize, seed: u64) -> f64 {
    let ranking = Ranking::new(probabilities);
    let mut random = SplitMix(seed);
    let mut sum = 0.0;
    for _ in 0..draws {
        let targets: Vec<bool> = probabilities.iter().map(|&p| random.unit() < p).collect();
        sum += ranking.calibration(probabilities, &targets, bins).0;
    }
    sum / draws.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::threshold::best_kappa;
    use linfa::prelude::ToConfusionMatrix;
    use ndarray::Array1;

    const SCORES: [f64; 8] = [0.1, 0.4, 0.35, 0.8, 0.8, 0.2, 0.65, 0.5];
    const TARGETS: [bool; 8] = [false, false, true, true, false, false, true, true];
    const ONCE: [u32; 8] = [1; 8];
    const COUNTS: [u32; 8] = [3, 0, 1, 2, 1, 0, 4, 2];

    fn said(threshold: f64) -> Vec<bool> {
        SCORES.iter().map(|&score| score >= threshold).collect()
    }

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-12, "{a} {b}");
    }

    /// Values from scikit-learn 1.9.1 (roc_auc_score, average_precision_score, brier_score_loss, cohen_kappa_score,
    /// precision_score) and scipy 1.17.1 (spearmanr).
    #[test]
    fn agrees_with_scikit_learn() {
        let ranking = Ranking::new(&SCORES);
        close(ranking.auc(&TARGETS, &ONCE).unwrap(), 0.718_75);
        close(ranking.average_precision(&TARGETS, &ONCE).unwrap(), 0.645_833_333_333_333_3);
        close(brier(&SCORES, &TARGETS, &ONCE), 0.210_625_000_000_000_03);
        let cells = Confusion::of(&said(0.5), &TARGETS, &ONCE);
        close(cells.kappa(), 0.5);
        close(cells.precision(), 0.75);
        let (a, b) = (Ranking::new(&[1.0, 2.0, 3.0, 4.0, 5.0]), Ranking::new(&[5.0, 6.0, 7.0, 8.0, 7.0]));
        close(a.spearman(&b, &[1; 5]).unwrap(), 0.820_782_681_668_123_3);
    }

    /// The same functions with `sample_weight`, and spearmanr of the rows repeated.
    #[test]
    fn agrees_with_scikit_learn_on_a_sample_with_repeated_rows() {
        let ranking = Ranking::new(&SCORES);
        close(ranking.auc(&TARGETS, &COUNTS).unwrap(), 0.777_777_777_777_777_8);
        close(ranking.average_precision(&TARGETS, &COUNTS).unwrap(), 0.826_631_393_298_06);
        close(brier(&SCORES, &TARGETS, &COUNTS), 0.166_346_153_846_153_87);
        let cells = Confusion::of(&said(0.5), &TARGETS, &COUNTS);
        close(cells.kappa(), 0.638_888_888_888_888_8);
        close(cells.f1(), 0.888_888_888_888_888_8);
        close(cells.recall(), 0.888_888_888_888_888_8);
        let other = [2.0, 1.0, 3.0, 5.0, 2.0, 1.0, 4.0, 4.0];
        close(ranking.spearman(&Ranking::new(&other), &COUNTS).unwrap(), 0.667_220_169_460_338_1);
    }

    /// calibration_curve of scikit-learn 1.9.1 with strategy="quantile" cuts the same four bins here.
    #[test]
    fn calibration_bins_agree_with_scikit_learn() {
        let probabilities = [0.05, 0.1, 0.2, 0.3, 0.45, 0.55, 0.7, 0.9];
        let targets = [false, false, true, false, true, false, true, true];
        let (error, bins) = Ranking::new(&probabilities).calibration(&probabilities, &targets, 4);
        let expected = [(0.075_000_000_000_000_01, 0.0), (0.25, 0.5), (0.5, 0.5), (0.8, 1.0)];
        for (bin, (stated, found)) in bins.iter().zip(expected) {
            close(bin.0, stated);
            close(bin.1, found);
        }
        close(error, expected.iter().map(|(stated, found): &(f64, f64)| (stated - found).abs() / 4.0).sum());
    }

    #[test]
    fn agrees_with_linfa_where_linfa_is_right() {
        let predicted: Array1<bool> = said(0.45).into_iter().collect();
        let truth: Array1<bool> = TARGETS.iter().copied().collect();
        let matrix = predicted.confusion_matrix(&truth).unwrap();
        let ours = Confusion::of(&said(0.45), &TARGETS, &ONCE);
        assert!((f64::from(matrix.accuracy()) - ours.accuracy()).abs() < 1e-6);
        assert!((f64::from(matrix.f1_score()) - ours.f1()).abs() < 1e-6);
    }

    #[test]
    fn one_class_has_no_auc() {
        assert_eq!(auc(&[0.1, 0.2], &[true, true]), None);
    }

    #[test]
    fn saturated_scores_do_not_break_auc() {
        assert_eq!(auc(&[0.0, 0.0, 1.0, 1.0], &[false, true, true, true]), Some(0.833_333_333_333_333_4));
    }

    #[test]
    fn calibration_noise_shrinks_with_the_number_of_rows() {
        let spread = |n: usize| (0..n).map(|i| i as f64 / n as f64).collect::<Vec<_>>();
        let (few, many) = (calibration_noise(&spread(100), 10, 50, 1), calibration_noise(&spread(10_000), 10, 50, 1));
        assert!(few > 0.05 && many < 0.015, "{few} {many}");
    }

    #[test]
    fn the_best_threshold_is_that_of_trying_all() {
        let mut random = SplitMix(5);
        for _ in 0..50 {
            let scores: Vec<f64> = (0..40).map(|_| (random.unit() * 30.0).round() / 30.0).collect();
            let targets: Vec<bool> = scores.iter().map(|&score| random.unit() < score).collect();
            let kappa = |threshold: f64| {
                let said: Vec<bool> = scores.iter().map(|&score| score >= threshold).collect();
                Confusion::of(&said, &targets, &[1; 40]).kappa()
            };
            let best = scores.iter().map(|score| kappa((score * 1e4).round() / 1e4)).fold(0.0, f64::max);
            close(kappa(best_kappa(&scores, &targets)), best);
        }
    }
}
