//! Two ways of judging the same ads: differences with paired intervals, and McNemar's test on the decisions.

use serde::Serialize;

use super::bootstrap::{Estimate, Resamples};
use super::figures::Column;
use super::metrics::{Confusion, Ranking, brier};
use super::scored::ScoredRow;

/// The differences between two models on the same ads, new less old.
#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    /// The head.
    pub head: String,
    /// Rows with a label for it.
    pub n: usize,
    /// AUC; more is better.
    pub auc: Estimate,
    /// Kappa; more is better.
    pub kappa: Estimate,
    /// Mean squared error of the probability; less is better.
    pub brier: Estimate,
    /// Rows that only the new model decides rightly.
    pub only_new_right: usize,
    /// Rows that only the old model decides rightly.
    pub only_old_right: usize,
    /// McNemar's exact two-sided p-value: how likely so uneven a split is if neither model is better. It takes rows
    /// for independent, which ads of one group are not; the intervals do not.
    pub mcnemar: f64,
}

/// Compares two models on the same rows; `heads` are names with their places in the new and in the old model.
pub fn differences(new: &[&ScoredRow], old: &[&ScoredRow], heads: &[(&str, usize, usize)]) -> Vec<Difference> {
    let groups: Vec<usize> = new.iter().map(|row| row.group).collect();
    let draws = Resamples::new(&groups);
    let found = heads.iter().filter_map(|&(head, new_place, old_place)| {
        let new = Column::new(head, new_place, new, &|_| true);
        let old = Column::new(head, old_place, old, &|_| true);
        let (mut only_new_right, mut only_old_right) = (0, 0);
        for ((new, old), target) in new.said.iter().zip(&old.said).zip(&new.targets) {
            only_new_right += usize::from(new == target && old != target);
            only_old_right += usize::from(new != target && old == target);
        }
        Some(Difference {
            head: head.to_owned(),
            n: new.targets.len(),
            auc: auc(&new, &old, &draws)?,
            kappa: kappa(&new, &old, &draws)?,
            brier: draws.estimate(|sample| {
                let counts = new.counts(sample);
                Some(brier(&new.scores, &new.targets, &counts) - brier(&old.scores, &old.targets, &counts))
            })?,
            only_new_right,
            only_old_right,
            mcnemar: mcnemar(only_new_right, only_old_right),
        })
    });
    found.collect()
}

/// AUC of `new` less that of `old`, on the same rows.
pub fn auc(new: &Column, old: &Column, draws: &Resamples) -> Option<Estimate> {
    let (a, b) = (Ranking::new(&new.scores), Ranking::new(&old.scores));
    draws.estimate(|sample| {
        let counts = new.counts(sample);
        Some(a.auc(&new.targets, &counts)? - b.auc(&old.targets, &counts)?)
    })
}

/// Kappa of `new` less that of `old`, on the same rows.
pub fn kappa(new: &Column, old: &Column, draws: &Resamples) -> Option<Estimate> {
    let of = |column: &Column, counts: &[u32]| Confusion::of(&column.said, &column.targets, counts).kappa();
    draws.estimate(|sample| {
        let counts = new.counts(sample);
        Some(of(new, &counts) - of(old, &counts))
    })
}

/// McNemar's exact test: twice the smaller tail of a fair coin thrown `b + c` times, at most 1.
pub fn mcnemar(b: usize, c: usize) -> f64 {
    let n = (b + c) as f64;
    let ways = |k: f64| libm::lgamma(n + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(n - k + 1.0);
    let tail: f64 = (0..=b.min(c)).map(|k| libm::exp(ways(k as f64) - n * std::f64::consts::LN_2)).sum();
    (2.0 * tail).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// scipy 1.17.1, `binomtest(b, b + c, 0.5).pvalue`.
    #[test]
    fn mcnemar_agrees_with_scipy() {
        let cases = [
            (3, 10, 0.092_285_156_25),
            (0, 5, 0.0625),
            (7, 7, 1.0),
            (12, 1, 0.003_417_968_75),
            (40, 60, 0.056_887_933_640_980_89),
            (0, 0, 1.0),
        ];
        for (b, c, expected) in cases {
            let found = mcnemar(b, c);
            assert!((found - expected).abs() < 1e-9, "{b} {c}: {found}");
            assert_eq!(found, mcnemar(c, b));
        }
    }

    #[test]
    fn a_model_differs_in_nothing_from_itself() {
        let mut labels = crate::label::Labels::default();
        let rows: Vec<ScoredRow> = (0..30)
            .map(|i| {
                labels.set("vague", i % 3 == 0);
                let p = f64::from(i % 7) / 7.0;
                ScoredRow {
                    labels: labels.clone(),
                    group: i as usize,
                    probabilities: vec![p],
                    said: vec![p > 0.5],
                    ..ScoredRow::default()
                }
            })
            .collect();
        let rows: Vec<&ScoredRow> = rows.iter().collect();
        let found = differences(&rows, &rows, &[("vague", 0, 0)]);
        assert_eq!(found[0].auc, Estimate { value: 0.0, low: 0.0, high: 0.0 });
        assert_eq!((found[0].only_new_right, found[0].mcnemar), (0, 1.0));
    }
}
