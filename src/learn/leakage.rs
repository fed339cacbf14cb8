//! How much kinder the figures would be without grouping, and without nesting.
//!
//! The same training is cross-validated with plain random folds, where an ad's twin may be learned from, and set beside
//! the grouped folds and the nested figures.

use serde::Serialize;

use super::bootstrap::{Estimate, Resamples};
use super::cross::Task;
use super::figures::Column;
use super::groups::folds;
use super::learned::{Promise, choose};
use super::metrics::{Confusion, Ranking};
use super::paired;
use super::scored::ScoredRow;
use crate::error::Result;

/// What grouping and nesting change.
#[derive(Clone, Debug, Serialize)]
pub struct Leakage {
    /// Rows in all.
    pub rows: usize,
    /// Groups of rows.
    pub groups: usize,
    /// Rows that share their group with another.
    pub rows_in_shared_groups: usize,
    /// Rows of the largest group.
    pub largest_group: usize,
    /// Rows whose group stands in more than one random fold, where the twin of an ad to be scored is learned from.
    pub rows_split_by_random_folds: usize,
    /// The figures by head.
    pub heads: Vec<HeadLeakage>,
}

/// One head under three ways of measuring.
#[derive(Clone, Debug, Serialize)]
pub struct HeadLeakage {
    /// The head.
    pub head: String,
    /// AUC and kappa by nested cross-validation, grouped.
    pub nested: Option<[f64; 2]>,
    /// AUC and kappa by plain cross-validation, grouped.
    pub grouped: [f64; 2],
    /// AUC and kappa by plain cross-validation with random folds.
    pub random: [f64; 2],
    /// AUC with random folds less AUC with groups.
    pub auc_gain: Estimate,
    /// Kappa with random folds less kappa with groups.
    pub kappa_gain: Estimate,
    /// The same on the rows that share a group only.
    pub auc_gain_in_shared_groups: Option<Estimate>,
}

/// Measures what random folds claim; `grouped` and `nested` are the scores of all rows by the other ways.
///
/// # Errors
/// `Training` when a random fold leaves one class only.
pub fn leakage(
    task: &Task<'_>,
    grouped: &[ScoredRow],
    nested: Option<&[ScoredRow]>,
    fold_count: usize,
    seed: u64,
    promise: Promise,
    done: &(dyn Fn() + Sync),
) -> Result<Leakage> {
    let everything: Vec<usize> = (0..task.rows.len()).collect();
    let dealt = folds(&everything, &task.prepared.strata, fold_count, seed);
    let random = choose(task, &everything, &dealt, promise, done)?.out_of_fold;
    let groups = &task.prepared.groups;
    let mut sizes = vec![0usize; groups.iter().max().map_or(0, |&last| last + 1)];
    let mut homes: Vec<Option<usize>> = vec![None; sizes.len()];
    let mut torn = vec![false; sizes.len()];
    for (&group, &fold) in groups.iter().zip(&dealt) {
        if let (Some(size), Some(home), Some(torn)) = (sizes.get_mut(group), homes.get_mut(group), torn.get_mut(group))
        {
            *size += 1;
            *torn |= home.is_some_and(|home| home != fold);
            *home = Some(fold);
        }
    }
    let size = |group: usize| sizes.get(group).copied().unwrap_or(0);
    let shared = |row: &ScoredRow| size(row.group) > 1;
    let draws = Resamples::new(groups);
    let heads = task.heads.iter().enumerate();
    let heads = heads.filter_map(|(place, head)| {
        let column = |rows: &[ScoredRow], keep: &dyn Fn(&ScoredRow) -> bool| {
            Column::new(head, place, &rows.iter().collect::<Vec<_>>(), keep)
        };
        let all = |_: &ScoredRow| true;
        let (ours, theirs) = (column(grouped, &all), column(&random, &all));
        Some(HeadLeakage {
            head: head.clone(),
            nested: nested.and_then(|rows| both(&column(rows, &all))),
            grouped: both(&ours)?,
            random: both(&theirs)?,
            auc_gain: paired::auc(&theirs, &ours, &draws)?,
            kappa_gain: paired::kappa(&theirs, &ours, &draws)?,
            auc_gain_in_shared_groups: paired::auc(&column(&random, &shared), &column(grouped, &shared), &draws),
        })
    });
    Ok(Leakage {
        rows: groups.len(),
        groups: sizes.len(),
        rows_in_shared_groups: sizes.iter().filter(|&&size| size > 1).sum(),
        largest_group: sizes.iter().max().copied().unwrap_or(0),
        rows_split_by_random_folds: sizes.iter().zip(&torn).filter(|&(_, &torn)| torn).map(|(&size, _)| size).sum(),
        heads: heads.collect(),
    })
}

fn both(column: &Column) -> Option<[f64; 2]> {
    let once = vec![1; column.targets.len()];
    let auc = Ranking::new(&column.scores).auc(&column.targets, &once)?;
    Some([auc, Confusion::of(&column.said, &column.targets, &once).kappa()])
}
