//! Cross-validation: every row is scored by heads that saw neither it nor its group.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::baseline::{self, BaselineRow};
use super::prepare::{Prepared, TrainingRow};
use super::table::Table;
use super::warm::Warm;
use crate::error::Result;
use crate::features::{Space, SpaceSpec};
use crate::label::VAGUE;
use crate::model::config::Baselines;

/// What one head says of the rows it did not learn from.
#[derive(Clone, Debug, Default)]
pub struct OutOfFold {
    /// Margins, `[cost][row]`.
    pub margins: Vec<Vec<f64>>,
    /// The length-only probability of each row.
    pub length: Vec<f64>,
    /// The lexicon-only probability of each row.
    pub lexicon: Vec<f64>,
}

/// How heads are fitted.
#[derive(Clone, Debug, PartialEq)]
pub struct FitSettings {
    /// Costs to choose from, ascending.
    pub costs: Vec<f64>,
    /// Whether the two classes of a head count the same in sum.
    pub balanced: bool,
    /// How much a yes counts against a no, by head; 1 where none is given. It comes on top of `balanced`.
    pub yes_weights: BTreeMap<String, f64>,
    /// How columns are chosen.
    pub space: SpaceSpec,
}

/// What is learned, from what, and how: everything that does not depend on which rows are learned from.
pub struct Task<'t> {
    /// The rows, analysed.
    pub prepared: &'t Prepared,
    /// The rows with their labels.
    pub rows: &'t [TrainingRow],
    /// The inputs of the simpler models, one a row.
    pub baselines: &'t [BaselineRow],
    /// The heads.
    pub heads: &'t [String],
    /// How heads are fitted.
    pub fit: &'t FitSettings,
    /// The model they start from, if they do.
    pub warm: Option<&'t Warm>,
    /// The fold of all rows that has no part in anything, where one is held out.
    pub without: Option<usize>,
}

impl Task<'_> {
    /// The columns for learning from the rows `learned`: fitted on them, or those of the model that is started from.
    pub fn space(&self, learned: &[usize]) -> Space {
        match self.warm {
            Some(warm) => warm.space().clone(),
            None => {
                let names = self.prepared.measure_names();
                Space::fit(&self.prepared.corpus, learned, &names, &self.fit.space)
            }
        }
    }

    /// The measures of `row` that come of its statements; empty where none were judged to learn from.
    pub fn measures(&self, row: usize) -> &[f32] {
        self.prepared.aspects.as_ref().map_or(&[], |aspects| aspects.of(row, self.without))
    }
}

/// Scores the rows `among` out of fold with every cost, one result a head; `folds` is the fold of each of them, and `table` holds
/// these rows.
///
/// Weights are fitted anew on the other folds. What sees no labels is shared: subword vocabulary, word vectors, columns and their
/// inverse document frequencies; so the rows' products need computing once. Results are in the order of `among`.
///
/// # Errors
/// `Training` when a fold leaves one class only.
pub fn cross_validate(
    task: &Task<'_>,
    table: &Table<'_>,
    among: &[usize],
    folds: &[usize],
    done: &(dyn Fn() + Sync),
) -> Result<Vec<OutOfFold>> {
    let fold_count = folds.iter().max().map_or(0, |&last| last + 1);
    let blank = OutOfFold {
        margins: vec![vec![0.0; among.len()]; task.fit.costs.len()],
        length: vec![0.5; among.len()],
        lexicon: vec![0.5; among.len()],
    };
    let mut results = vec![blank; task.heads.len()];
    let parts: Vec<Result<Vec<FoldPart>>> =
        (0..fold_count).into_par_iter().map(|fold| fold_part(fold, task, table, among, folds, done)).collect();
    for part in parts {
        for (result, part) in results.iter_mut().zip(part?) {
            for (place, &row) in part.held_out.iter().enumerate() {
                for (all, some) in result.margins.iter_mut().zip(&part.margins) {
                    set(all, row, some.get(place));
                }
                set(&mut result.length, row, part.length.get(place));
                set(&mut result.lexicon, row, part.lexicon.get(place));
            }
        }
    }
    Ok(results)
}

fn set(all: &mut [f64], row: usize, value: Option<&f64>) {
    if let (Some(slot), Some(&value)) = (all.get_mut(row), value) {
        *slot = value;
    }
}

struct FoldPart {
    /// Places in the list of rows asked for.
    held_out: Vec<usize>,
    margins: Vec<Vec<f64>>,
    length: Vec<f64>,
    lexicon: Vec<f64>,
}

fn fold_part(
    fold: usize,
    task: &Task<'_>,
    table: &Table<'_>,
    among: &[usize],
    folds: &[usize],
    done: &(dyn Fn() + Sync),
) -> Result<Vec<FoldPart>> {
    let Task { rows, baselines, heads, fit: settings, .. } = task;
    let places = 0..among.len();
    let (held_places, learned_places): (Vec<usize>, Vec<usize>) =
        places.partition(|&place| folds.get(place) == Some(&fold));
    let rows_at =
        |places: &[usize]| -> Vec<usize> { places.iter().filter_map(|&place| among.get(place).copied()).collect() };
    let (held_out, learned) = (rows_at(&held_places), rows_at(&learned_places));
    let labels: Vec<HeadRows> = heads.iter().map(|head| HeadRows::new(head, rows, &learned, settings)).collect();
    let margins = table.margins(&labels, &learned_places, &held_places, &settings.costs)?;
    let part = |(labels, margins): (HeadRows, Vec<Vec<f64>>)| {
        let simple = labels.baselines(baselines, &learned);
        let (length, lexicon) = baseline_probabilities(&simple, &held_out, baselines);
        done();
        FoldPart { held_out: held_places.clone(), margins, length, lexicon }
    };
    Ok(labels.into_par_iter().zip(margins).map(part).collect())
}

/// The length-only and lexicon-only probabilities of the rows `chosen`.
pub fn baseline_probabilities(simple: &Baselines, chosen: &[usize], baselines: &[BaselineRow]) -> (Vec<f64>, Vec<f64>) {
    chosen
        .iter()
        .filter_map(|&row| baselines.get(row))
        .map(|row| (simple.length.probability(&[row.length]), simple.lexicon.probability(&row.lexicon)))
        .unzip()
}

/// The labelled rows of one head among the rows `learned`, with their weights.
pub struct HeadRows {
    /// The head.
    pub head: String,
    /// Places in `learned`; a row whose label is soft stands twice, once for each class.
    pub places: Vec<usize>,
    /// The class of each place.
    pub targets: Vec<bool>,
    /// How much each place counts.
    pub weights: Vec<f32>,
    /// Places and labels as they were given.
    pub given: Vec<(usize, bool)>,
}

/// What the 1 to 5 scale says of the verdict, as a share of vague.
const SCALE: [f64; 5] = [0.0, 0.15, 0.4, 0.85, 1.0];

/// The share of vague that a row counts for: half its label, half its place on the 1 to 5 scale, and never quite sure.
fn softened(head: &str, label: bool, vagueness: Option<u8>) -> f64 {
    let hard = f64::from(u8::from(label));
    let scale = vagueness.and_then(|level| SCALE.get(usize::from(level).checked_sub(1)?));
    match scale {
        Some(scale) if head == VAGUE => 0.05 + 0.9 * (hard + scale) / 2.0,
        None if head == VAGUE => 0.05 + 0.9 * hard,
        _ => hard,
    }
}

impl HeadRows {
    /// Collects the rows among `learned` that have a label for `head`.
    ///
    /// For `vague` the 1 to 5 scale softens the label: an ad rated 3 tells less than one rated 5.
    pub fn new(head: &str, rows: &[TrainingRow], learned: &[usize], fit: &FitSettings) -> HeadRows {
        let mut collected = HeadRows {
            places: Vec::new(),
            targets: Vec::new(),
            weights: Vec::new(),
            given: Vec::new(),
            head: head.to_owned(),
        };
        let mut sums = [0.0f64; 2];
        for (place, row) in learned.iter().enumerate().filter_map(|(place, &row)| Some((place, rows.get(row)?))) {
            let Some(label) = row.item.labels.get(head) else { continue };
            collected.given.push((place, label));
            let share = softened(head, label, row.item.labels.vagueness);
            for (target, share) in [(true, share), (false, 1.0 - share)] {
                if share > 0.0 {
                    collected.places.push(place);
                    collected.targets.push(target);
                    collected.weights.push((row.weight * share) as f32);
                    let [no, yes] = &mut sums;
                    *(if target { yes } else { no }) += row.weight * share;
                }
            }
        }
        let [no, yes] = sums;
        if fit.balanced && no > 0.0 && yes > 0.0 {
            for (weight, &target) in collected.weights.iter_mut().zip(&collected.targets) {
                *weight *= ((no + yes) / (2.0 * if target { yes } else { no })) as f32;
            }
        }
        if let Some(&yes) = fit.yes_weights.get(head) {
            for (weight, _) in collected.weights.iter_mut().zip(&collected.targets).filter(|(_, target)| **target) {
                *weight *= yes as f32;
            }
        }
        collected
    }

    /// By place in `learned`, of which there are `rows`, how much the row counts as (negative, positive).
    pub fn shares(&self, rows: usize) -> Vec<[f32; 2]> {
        let mut shares = vec![[0.0; 2]; rows];
        for ((&place, &target), &weight) in self.places.iter().zip(&self.targets).zip(&self.weights) {
            if let Some([no, yes]) = shares.get_mut(place) {
                *(if target { yes } else { no }) = weight;
            }
        }
        shares
    }

    /// The simpler models of the head, fitted on the same rows; `rows` are the inputs of all rows.
    pub fn baselines(&self, rows: &[BaselineRow], learned: &[usize]) -> Baselines {
        let (inputs, targets): (Vec<&BaselineRow>, Vec<bool>) =
            self.given.iter().filter_map(|&(place, label)| Some((rows.get(*learned.get(place)?)?, label))).unzip();
        baseline::fit(&inputs, &targets)
    }
}
