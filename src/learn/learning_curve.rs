//! What more labels would bring: nested figures with parts of the training data.
//!
//! Every share is measured on the same held-out rows. A straight line through the figures against the logarithm of the
//! share says what each doubling has brought so far; that it goes on so is a hope, not a finding.

use serde::Serialize;

use super::bootstrap::{Estimate, Resamples};
use super::cross::Task;
use super::figures::Column;
use super::learned::Promise;
use super::metrics::{Confusion, Ranking};
use super::nested::nested;
use super::scored::ScoredRow;
use crate::error::Result;
use crate::label::VAGUE;

/// The shares of the groups that are tried, beside all of them.
pub const SHARES: [f64; 3] = [0.25, 0.5, 0.75];

/// Figures of the vague head by the share of groups learned from.
#[derive(Clone, Debug, Serialize)]
pub struct LearningCurve {
    /// The shares of the groups of each outer fold's training rows.
    pub shares: Vec<f64>,
    /// One entry a set of ads.
    pub sets: Vec<SetCurve>,
}

/// The curve on one set of ads.
#[derive(Clone, Debug, Serialize)]
pub struct SetCurve {
    /// What the set is.
    pub name: String,
    /// Labelled rows in it.
    pub n: usize,
    /// AUC at each share.
    pub auc: Vec<Estimate>,
    /// Kappa at each share.
    pub kappa: Vec<Estimate>,
    /// What a doubling of the training data has brought on average: AUC.
    pub auc_by_doubling: Estimate,
    /// The same: kappa.
    pub kappa_by_doubling: Estimate,
}

/// Measures the curve; `whole` are the nested scores with all groups, where they are known already.
///
/// `sources` are the names of the training files.
///
/// # Errors
/// `Training` when a share of the rows is too small for a head.
pub fn learning_curve(
    task: &Task<'_>,
    sources: &[String],
    whole: Option<&[ScoredRow]>,
    inner: usize,
    seed: u64,
    promise: Promise,
    done: &(dyn Fn() + Sync),
) -> Result<LearningCurve> {
    let mut steps = Vec::new();
    for share in SHARES {
        steps.push(nested(task, inner, seed, promise, Some(share), done)?);
    }
    steps.push(match whole {
        Some(rows) => rows.to_vec(),
        None => nested(task, inner, seed, promise, None, done)?,
    });
    let shares: Vec<f64> = SHARES.into_iter().chain([1.0]).collect();
    let place = task.heads.iter().position(|head| head == VAGUE).unwrap_or(0);
    let mut sets = Vec::new();
    if sources.len() > 1 {
        sets.extend(curve("all training rows", &steps, &shares, place, &|_| true));
    }
    for (source, name) in sources.iter().enumerate() {
        let keep = |row: usize| task.rows.get(row).is_some_and(|row| row.source == source);
        sets.extend(curve(name, &steps, &shares, place, &keep));
    }
    Ok(LearningCurve { shares, sets })
}

fn curve(
    name: &str,
    steps: &[Vec<ScoredRow>],
    shares: &[f64],
    place: usize,
    keep: &dyn Fn(usize) -> bool,
) -> Option<SetCurve> {
    let columns: Vec<Column> = steps
        .iter()
        .map(|rows| {
            let rows: Vec<&ScoredRow> =
                rows.iter().enumerate().filter(|&(row, _)| keep(row)).map(|(_, row)| row).collect();
            Column::new(VAGUE, place, &rows, &|_| true)
        })
        .collect();
    let groups: Vec<usize> =
        steps.first()?.iter().enumerate().filter(|&(row, _)| keep(row)).map(|(_, row)| row.group).collect();
    let draws = Resamples::new(&groups);
    let rankings: Vec<Ranking> = columns.iter().map(|column| Ranking::new(&column.scores)).collect();
    let auc = |step: usize, sample: &[u32]| {
        let (ranking, column) = (rankings.get(step)?, columns.get(step)?);
        ranking.auc(&column.targets, &column.counts(sample))
    };
    let kappa = |step: usize, sample: &[u32]| {
        let column = columns.get(step)?;
        Some(Confusion::of(&column.said, &column.targets, &column.counts(sample)).kappa())
    };
    let every = 0..columns.len();
    let doubling = |figure: &(dyn Fn(usize, &[u32]) -> Option<f64> + Sync)| {
        draws.estimate(|sample| {
            let values: Option<Vec<f64>> = every.clone().map(|step| figure(step, sample)).collect();
            Some(slope(shares, &values?))
        })
    };
    Some(SetCurve {
        name: name.to_owned(),
        n: columns.first()?.targets.len(),
        auc: every.clone().map(|step| draws.estimate(|sample| auc(step, sample))).collect::<Option<_>>()?,
        kappa: every.clone().map(|step| draws.estimate(|sample| kappa(step, sample))).collect::<Option<_>>()?,
        auc_by_doubling: doubling(&auc)?,
        kappa_by_doubling: doubling(&kappa)?,
    })
}

/// The slope of the least-squares line of `values` against the binary logarithm of `shares`.
fn slope(shares: &[f64], values: &[f64]) -> f64 {
    let n = values.len().max(1) as f64;
    let x: Vec<f64> = shares.iter().map(|&share| libm::log2(share)).collect();
    let (mean_x, mean_y) = (x.iter().sum::<f64>() / n, values.iter().sum::<f64>() / n);
    let (mut xy, mut xx) = (0.0, 0.0);
    for (x, y) in x.iter().zip(values) {
        xy += (x - mean_x) * (y - mean_y);
        xx += (x - mean_x) * (x - mean_x);
    }
    if xx > 0.0 { xy / xx } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slope_is_the_gain_of_one_doubling() {
        assert!((slope(&[0.25, 0.5, 1.0], &[0.70, 0.75, 0.80]) - 0.05).abs() < 1e-12);
        assert_eq!(slope(&[1.0], &[0.7]), 0.0);
    }
}
