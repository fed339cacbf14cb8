//! Confident learning for one yes-or-no head: which given labels are most likely wrong.
//!
//! The method is that of Northcutt, Jiang and Chuang ("Confident learning: estimating uncertainty in dataset labels", Journal of
//! Artificial Intelligence Research 70, 2021). A row counts for a class when its out-of-fold probability is at least the mean
//! probability of the rows that were given that class; the table of given against counted class, scaled to the numbers given,
//! estimates how many labels of either class are wrong, and so many rows with the least probability for their own label are suspects.

/// What the labels of one head look like against out-of-fold probabilities.
#[derive(Clone, Debug, PartialEq)]
pub struct Confident {
    /// The mean probability of its own class of the rows labelled no, and of those labelled yes.
    pub thresholds: [f64; 2],
    /// Estimated rows by given (first) and true (second) label, no before yes; the sum is that of the rows.
    pub joint: [[f64; 2]; 2],
    /// The probability of the label that was given, 0 to 1, one a row; of two classes this ranks like the normalised margin.
    pub quality: Vec<f64>,
    /// Whether a row is among the suspects.
    pub suspect: Vec<bool>,
}

/// Finds the suspects among rows labelled `labels`, whose out-of-fold probability of yes is `p`; `None` with one class only.
pub fn confident(labels: &[bool], p: &[f64]) -> Option<Confident> {
    let own = |label: bool, p: f64| if label { p } else { 1.0 - p };
    let quality: Vec<f64> = labels.iter().zip(p).map(|(&label, &p)| own(label, p)).collect();
    let mut thresholds = [0.0; 2];
    let mut given = [0.0f64; 2];
    for (class, (threshold, count)) in [false, true].into_iter().zip(thresholds.iter_mut().zip(&mut given)) {
        let of: Vec<f64> = labels.iter().zip(&quality).filter(|(label, _)| **label == class).map(|(_, &q)| q).collect();
        if of.is_empty() {
            return None;
        }
        *count = of.len() as f64;
        *threshold = of.iter().sum::<f64>() / of.len() as f64;
    }
    let [no, yes] = thresholds;
    // `[[given no, true no], [given no, true yes]], …`
    let mut joint = [[0.0f64; 2]; 2];
    for (&label, &p) in labels.iter().zip(p) {
        let counted = match (1.0 - p >= no - SLACK, p >= yes - SLACK) {
            (true, true) => Some(p > 0.5),
            (true, false) => Some(false),
            (false, true) => Some(true),
            (false, false) => None,
        };
        let Some(counted) = counted else { continue };
        let [[no_no, no_yes], [yes_no, yes_yes]] = &mut joint;
        *match (label, counted) {
            (false, false) => no_no,
            (false, true) => no_yes,
            (true, false) => yes_no,
            (true, true) => yes_yes,
        } += 1.0;
    }
    let [[no_no, no_yes], [yes_no, yes_yes]] = joint;
    let [given_no, given_yes] = given;
    let scaled = |right: f64, wrong: f64, all: f64| {
        let right = right.max(1.0);
        (right / (right + wrong) * all, wrong / (right + wrong) * all)
    };
    let (no_no, no_yes) = scaled(no_no, no_yes, given_no);
    let (yes_yes, yes_no) = scaled(yes_yes, yes_no, given_yes);
    let mut suspect = vec![false; labels.len()];
    for (class, wrong) in [(false, no_yes), (true, yes_no)] {
        let mut rows: Vec<(f64, usize)> = quality
            .iter()
            .zip(labels)
            .enumerate()
            .filter(|(_, (_, label))| **label == class)
            .map(|(row, (&q, _))| (q, row))
            .collect();
        rows.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        // A label that the probability agrees with is no suspect, however many were expected.
        for (_, row) in rows.into_iter().take(wrong.round() as usize).filter(|&(q, _)| q < 0.5) {
            if let Some(slot) = suspect.get_mut(row) {
                *slot = true;
            }
        }
    }
    Some(Confident { thresholds, joint: [[no_no, no_yes], [yes_no, yes_yes]], quality, suspect })
}

/// A mean may lie a last bit above the only value it is made of.
const SLACK: f64 = 1e-6;

/// The share of `planted` rows among the `share` of all rows with the least quality, 0 to 1; ties by place.
pub fn found_within(quality: &[f64], planted: &[bool], share: f64) -> f64 {
    let mut order: Vec<(f64, usize)> = quality.iter().copied().zip(0..).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let reviewed = (share * order.len() as f64).round() as usize;
    let found = order.iter().take(reviewed).filter(|&&(_, row)| planted.get(row) == Some(&true)).count();
    found as f64 / planted.iter().filter(|&&planted| planted).count().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABELS: &str = "010110110000011000000100001101011001010111100011000011000110";
    const P: [f64; 60] = [
        0.559, 0.345, 0.195, 0.851, 0.652, 0.474, 0.866, 0.732, 0.353, 0.521, 0.662, 0.046, 0.419, 0.847, 0.75, 0.083,
        0.521, 0.064, 0.337, 0.533, 0.045, 0.704, 0.061, 0.263, 0.59, 0.716, 0.32, 0.126, 0.371, 0.95, 0.302, 0.594,
        0.822, 0.211, 0.179, 0.597, 0.294, 0.823, 0.197, 0.722, 0.447, 0.66, 0.926, 0.181, 0.053, 0.542, 0.856, 0.971,
        0.781, 0.141, 0.053, 0.539, 0.982, 0.574, 0.118, 0.344, 0.571, 0.711, 0.693, 0.804,
    ];

    fn labels() -> Vec<bool> {
        LABELS.chars().map(|c| c == '1').collect()
    }

    /// cleanlab 2.9.0 on these labels and probabilities: `get_confident_thresholds`, `compute_confident_joint`,
    /// `find_label_issues(filter_by="prune_by_noise_rate")`, and the order by `get_label_quality_scores`, which is the same for
    /// `self_confidence` and `normalized_margin`.
    #[test]
    fn thresholds_joint_suspects_and_ranking_agree_with_cleanlab() {
        let found = confident(&labels(), &P).unwrap();
        assert!((found.thresholds[0] - 0.653_628_57).abs() < 1e-8 && (found.thresholds[1] - 0.700_84).abs() < 1e-8);
        assert_eq!(found.joint.map(|row| row.map(f64::round)), [[30.0, 5.0], [4.0, 21.0]]);
        let suspects: Vec<usize> = (0..60).filter(|&row| found.suspect[row]).collect();
        assert_eq!(suspects, [1, 10, 24, 25, 26, 27, 40, 48, 59]);
        let mut order: Vec<usize> = (0..60).collect();
        order.sort_by(|&a, &b| found.quality[a].total_cmp(&found.quality[b]).then(a.cmp(&b)));
        assert_eq!(order[..12], [27, 59, 48, 25, 26, 10, 1, 24, 56, 0, 40, 45]);
    }

    #[test]
    fn one_class_has_no_suspects() {
        assert_eq!(confident(&[true, true], &[0.2, 0.9]), None);
        assert_eq!(confident(&[], &[]), None);
    }

    #[test]
    fn what_is_found_is_counted_among_the_rows_reviewed() {
        let quality = [0.1, 0.9, 0.2, 0.8, 0.3, 0.7, 0.4, 0.6, 0.5, 0.95];
        let planted = [true, false, false, false, false, true, false, false, false, false];
        assert_eq!(found_within(&quality, &planted, 0.1), 0.5);
        assert_eq!(found_within(&quality, &planted, 0.7), 1.0);
    }
}
