//! Nested cross-validation: every row is judged by a model in whose making neither it nor its group had any part.
//!
//! Plain cross-validation is kind: costs, calibration and thresholds are chosen on the very scores that are reported.
//! Here the whole of training, with its own inner folds, is repeated without each outer fold, and that fold is then
//! scored as the shipped model would score it.

use rayon::prelude::*;

use super::cross::Task;
use super::groups::folds;
use super::learned::{Promise, learn};
use super::scored::ScoredRow;
use crate::error::Result;
use crate::model::random::SplitMix;

/// Scores all rows, each outer fold by a model learned from the others (or the part `share` of their groups).
///
/// Outer folds are those of the training itself; inner folds are dealt anew, by groups, among the rows that remain.
///
/// # Errors
/// `Training` when the rows that remain are too few for a head.
pub fn nested(
    task: &Task<'_>,
    inner: usize,
    seed: u64,
    promise: Promise,
    share: Option<f64>,
    done: &(dyn Fn() + Sync),
) -> Result<Vec<ScoredRow>> {
    let outer = &task.prepared.folds;
    let count = outer.iter().max().map_or(0, |&last| last + 1);
    let parts: Vec<Result<(Vec<usize>, Vec<ScoredRow>)>> = (0..count)
        .into_par_iter()
        .map(|fold| {
            let rows = 0..task.rows.len();
            let (held_out, mut among): (Vec<usize>, Vec<usize>) = rows.partition(|&row| outer.get(row) == Some(&fold));
            if let Some(share) = share {
                among = part_of_groups(&task.prepared.groups, &among, share, seed);
            }
            let seed = SplitMix(seed ^ (fold as u64 + 1)).next_u64();
            let dealt = deal(task, &among, inner, seed);
            let task = Task { without: Some(fold), ..*task };
            let learned = learn(&task, &among, &dealt, promise, done)?;
            let scored = learned.score(&task, &held_out);
            Ok((held_out, scored))
        })
        .collect();
    let mut all = vec![ScoredRow::default(); task.rows.len()];
    for part in parts {
        let (held_out, scored) = part?;
        for (row, scored) in held_out.into_iter().zip(scored) {
            if let Some(slot) = all.get_mut(row) {
                *slot = scored;
            }
        }
    }
    Ok(all)
}

/// Folds for the rows `among`, whole groups at a time.
fn deal(task: &Task<'_>, among: &[usize], count: usize, seed: u64) -> Vec<usize> {
    let of = |values: &[usize]| -> Vec<usize> { among.iter().filter_map(|&row| values.get(row).copied()).collect() };
    folds(&of(&task.prepared.groups), &of(&task.prepared.strata), count, seed)
}

/// The rows of the first `share` of the groups in a random order; a smaller share is part of a larger one.
pub fn part_of_groups(groups: &[usize], among: &[usize], share: f64, seed: u64) -> Vec<usize> {
    let group = |row: usize| groups.get(row).copied().unwrap_or(0);
    let mut order: Vec<(u64, usize)> = among
        .iter()
        .map(|&row| (SplitMix(seed ^ SplitMix(group(row) as u64).next_u64()).next_u64(), group(row)))
        .collect();
    order.sort_unstable();
    order.dedup();
    order.truncate((share * order.len() as f64).round() as usize);
    let mut kept: Vec<usize> = order.into_iter().map(|(_, group)| group).collect();
    kept.sort_unstable();
    among.iter().copied().filter(|&row| kept.binary_search(&group(row)).is_ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ad::Ad;
    use crate::features::{SpaceSpec, dense};
    use crate::label::{LabeledAd, Labels, VAGUE};
    use crate::learn::baseline::BaselineRow;
    use crate::learn::cross::FitSettings;
    use crate::learn::prepare::{TrainingRow, prepare};

    const WORDS: [&str; 12] = [
        "guru", "family", "energy", "passion", "posts", "budget", "weekly", "report", "video", "brand", "team", "daily",
    ];

    fn rows() -> Vec<TrainingRow> {
        let mut random = SplitMix(11);
        (0..80)
            .map(|id| {
                let vague = id % 2 == 0;
                let words = (0..20).map(|_| {
                    let half = if random.unit() < 0.7 { 0 } else { 6 };
                    WORDS[(random.below(6) + half + if vague { 0 } else { 6 }) % 12]
                });
                let text = words.collect::<Vec<_>>().join(" ");
                let mut labels = Labels::default();
                labels.set(VAGUE, vague);
                let item =
                    LabeledAd { ad: Ad::new(format!("a{id}"), "", &text), labels, split: None, statements: Vec::new() };
                TrainingRow { item, source: 0, weight: 1.0, apart: false }
            })
            .collect()
    }

    /// Turning over every label of the held-out fold must not move what is said of that fold.
    #[test]
    fn labels_of_a_fold_do_not_reach_its_own_scores() {
        let mut rows = rows();
        let fit = FitSettings {
            costs: vec![1.0, 10.0],
            balanced: false,
            yes_weights: Default::default(),
            space: SpaceSpec::default(),
        };
        let prepared = prepare(&rows, &[], &fit.space, 4, 1, Default::default()).unwrap();
        let names = dense::names(&prepared.rubric);
        let corpus = &prepared.corpus;
        let baselines: Vec<BaselineRow> =
            (0..corpus.len()).map(|row| BaselineRow::new(corpus.tokens(row), &names, corpus.dense(row))).collect();
        let promise = Promise { vague_error: 0.15, concrete_error: 0.06 };
        let run = |rows: &[TrainingRow]| {
            let task = Task {
                prepared: &prepared,
                rows,
                baselines: &baselines,
                heads: &[VAGUE.to_owned()],
                fit: &fit,
                warm: None,
                without: None,
            };
            nested(&task, 4, 1, promise, None, &|| ()).unwrap()
        };
        let before = run(&rows);
        for (row, &fold) in rows.iter_mut().zip(&prepared.folds) {
            let label = row.item.labels.get(VAGUE).unwrap();
            row.item.labels.set(VAGUE, label != (fold == 0));
        }
        let after = run(&rows);
        let mut others_moved = false;
        for ((before, after), &fold) in before.iter().zip(&after).zip(&prepared.folds) {
            if fold == 0 {
                assert_eq!(before.probabilities, after.probabilities);
                assert_eq!((&before.said, before.call), (&after.said, after.call));
            } else {
                others_moved |= before.probabilities != after.probabilities;
            }
        }
        assert!(others_moved, "help: the labels that were turned over were not learned from at all");
    }

    #[test]
    fn parts_are_whole_groups_and_grow() {
        let groups: Vec<usize> = (0..60).map(|row| row / 3).collect();
        let among: Vec<usize> = (0..45).collect();
        let small = part_of_groups(&groups, &among, 0.4, 7);
        let large = part_of_groups(&groups, &among, 0.8, 7);
        assert_eq!((small.len(), large.len()), (18, 36));
        assert!(small.iter().all(|row| large.contains(row)));
        assert!(small.chunks(3).all(|chunk| groups[chunk[0]] == groups[chunk[2]]));
        assert_eq!(part_of_groups(&groups, &among, 1.0, 7), among);
    }
}
