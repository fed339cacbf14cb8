//! The points of curves over all thresholds.

use super::metrics::Ranking;

/// Points of the ROC curve as (share of negatives flagged, share of positives flagged), from (0, 0) to (1, 1).
///
/// Empty when there is one class only.
pub fn roc(scores: &[f64], targets: &[bool]) -> Vec<(f64, f64)> {
    let (positives, negatives) = totals(targets);
    if positives == 0.0 || negatives == 0.0 {
        return Vec::new();
    }
    let steps = steps(scores, targets);
    let points = steps.map(|(yes, no)| (no / negatives, yes / positives));
    std::iter::once((0.0, 0.0)).chain(points).collect()
}

/// Points of the precision-recall curve as (recall, precision), from the highest threshold down.
///
/// Empty when there are no positives.
pub fn precision_recall(scores: &[f64], targets: &[bool]) -> Vec<(f64, f64)> {
    let (positives, _) = totals(targets);
    if positives == 0.0 {
        return Vec::new();
    }
    steps(scores, targets).map(|(yes, no)| (yes / positives, yes / (yes + no))).collect()
}

/// How many negatives and positives have a score in each of `bins` equal parts of 0 to 1.
pub fn histogram(scores: &[f64], targets: &[bool], bins: usize) -> Vec<(usize, usize)> {
    let mut found = vec![(0, 0); bins];
    for (score, &target) in scores.iter().zip(targets) {
        let bin = ((score * bins as f64) as usize).min(bins.saturating_sub(1));
        if let Some((negatives, positives)) = found.get_mut(bin) {
            *(if target { positives } else { negatives }) += 1;
        }
    }
    found
}

fn totals(targets: &[bool]) -> (f64, f64) {
    let positives = targets.iter().filter(|&&target| target).count();
    (positives as f64, (targets.len() - positives) as f64)
}

/// Positives and negatives at or above each distinct score, the highest first.
fn steps(scores: &[f64], targets: &[bool]) -> impl Iterator<Item = (f64, f64)> {
    let (mut yes, mut no) = (0.0, 0.0);
    let mut found = Vec::new();
    for tied in Ranking::new(scores).ties().rev() {
        for row in tied {
            *(if targets.get(*row) == Some(&true) { &mut yes } else { &mut no }) += 1.0;
        }
        found.push((yes, no));
    }
    found.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCORES: [f64; 8] = [0.1, 0.4, 0.35, 0.8, 0.8, 0.2, 0.65, 0.5];
    const TARGETS: [bool; 8] = [false, false, true, true, false, false, true, true];

    /// scikit-learn 1.9.1: `roc_curve(..., drop_intermediate=False)`.
    #[test]
    fn the_roc_curve_is_that_of_scikit_learn() {
        let expected =
            [(0.0, 0.0), (0.25, 0.25), (0.25, 0.5), (0.25, 0.75), (0.5, 0.75), (0.5, 1.0), (0.75, 1.0), (1.0, 1.0)];
        assert_eq!(roc(&SCORES, &TARGETS), expected);
        assert!(roc(&[0.1], &[true]).is_empty());
    }

    /// scikit-learn 1.9.1: `precision_recall_curve`, without its added end point and reversed.
    #[test]
    fn the_precision_recall_curve_is_that_of_scikit_learn() {
        let expected =
            [(0.25, 0.5), (0.5, 2.0 / 3.0), (0.75, 0.75), (0.75, 0.6), (1.0, 4.0 / 6.0), (1.0, 4.0 / 7.0), (1.0, 0.5)];
        let found = precision_recall(&SCORES, &TARGETS);
        assert_eq!(found.len(), expected.len());
        for ((a, b), (c, d)) in found.iter().zip(expected) {
            assert!((a - c).abs() < 1e-12 && (b - d).abs() < 1e-12, "{found:?}");
        }
    }

    #[test]
    fn every_score_has_a_bin() {
        assert_eq!(histogram(&[0.0, 0.499, 0.5, 1.0], &[false, true, true, false], 2), [(1, 1), (1, 1)]);
    }
}
