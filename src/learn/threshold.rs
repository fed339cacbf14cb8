//! Where a head begins to say yes.

use super::metrics::Confusion;

/// What saying yes at or above a score comes to.
struct Cut {
    threshold: f64,
    kappa: f64,
    flagged: f64,
}

/// Every threshold that tells the rows apart differently, rounded to four decimals and ascending.
fn cuts(scores: &[f64], targets: &[bool]) -> Vec<Cut> {
    let mut rows: Vec<(f64, bool)> = scores.iter().copied().zip(targets.iter().copied()).collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut candidates: Vec<f64> = rows.iter().map(|(score, _)| (score * 1e4).round() / 1e4).collect();
    candidates.dedup();
    let positives = targets.iter().filter(|&&target| target).count();
    // At a threshold below all scores everything is called positive; going up, rows fall to the other side.
    let mut cells =
        Confusion { true_positive: positives, false_positive: targets.len() - positives, ..Confusion::default() };
    let mut below = rows.iter().peekable();
    let cut = |threshold: f64| {
        while let Some((_, target)) = below.next_if(|(score, _)| *score < threshold) {
            if *target {
                cells.true_positive -= 1;
                cells.false_negative += 1;
            } else {
                cells.false_positive -= 1;
                cells.true_negative += 1;
            }
        }
        let flagged = (cells.true_positive + cells.false_positive) as f64 / rows.len().max(1) as f64;
        Cut { threshold, kappa: cells.kappa(), flagged }
    };
    candidates.into_iter().map(cut).collect()
}

/// The score, rounded to four decimals, at or above which saying yes has the best kappa; 0.5 with one class only.
pub fn best_kappa(scores: &[f64], targets: &[bool]) -> f64 {
    let mut best = (0.0, 0.5);
    for cut in cuts(scores, targets) {
        if cut.kappa > best.0 {
            best = (cut.kappa, cut.threshold);
        }
    }
    best.1
}

/// How far the share said yes to may be from the share of positives.
const SHARE_OFF: f64 = 0.03;
/// Thresholds on either side whose kappa counts too.
const NEIGHBOURS: usize = 7;

/// The score at or above which saying yes has the best kappa together with its neighbours, among those that say yes to about
/// as many rows as are positive; [`best_kappa`] where there is none.
///
/// The single best threshold follows the luck of a few rows.
pub fn steady_kappa(scores: &[f64], targets: &[bool]) -> f64 {
    let prevalence = targets.iter().filter(|&&target| target).count() as f64 / targets.len().max(1) as f64;
    let cuts = cuts(scores, targets);
    let mut best: Option<(f64, f64)> = None;
    for (place, cut) in cuts.iter().enumerate() {
        if (cut.flagged - prevalence).abs() > SHARE_OFF {
            continue;
        }
        let around = cuts.get(place.saturating_sub(NEIGHBOURS)..(place + NEIGHBOURS + 1).min(cuts.len()));
        let around = around.unwrap_or_default();
        let kappa = around.iter().map(|cut| cut.kappa).sum::<f64>() / around.len().max(1) as f64;
        if best.is_none_or(|best| kappa > best.0) {
            best = Some((kappa, cut.threshold));
        }
    }
    best.map_or_else(|| best_kappa(scores, targets), |best| best.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_threshold_is_not_led_by_a_few_rows() {
        // Half of 200 rows are positive, the scores are honest, but by luck the best kappa is at the lower end.
        let scores: Vec<f64> = (0..200).map(|row| f64::from(row) / 200.0).collect();
        let mut targets: Vec<bool> = (0..200).map(|row| row >= 100 || (40..90).contains(&row)).collect();
        targets.iter_mut().skip(150).take(45).for_each(|target| *target = false);
        let share = |threshold: f64| scores.iter().filter(|&&score| score >= threshold).count() as f64 / 200.0;
        let prevalence = targets.iter().filter(|&&target| target).count() as f64 / 200.0;
        assert!((share(best_kappa(&scores, &targets)) - prevalence).abs() > 0.1);
        assert!((share(steady_kappa(&scores, &targets)) - prevalence).abs() <= SHARE_OFF);
        assert_eq!(steady_kappa(&[], &[]), 0.5);
    }
}
