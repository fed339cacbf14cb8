//! Cross-validation: every row is scored by heads that saw neither it nor its group.

use linfa::DatasetBase;
use linfa::traits::Fit;
use ndarray::Array1;
use rayon::prelude::*;

use super::baseline::{self, BaselineRow};
use super::prepare::{Prepared, TrainingRow};
use crate::error::{Error, ErrorKind, Result};
use crate::features::dense::{self, LENGTH};
use crate::features::{Row, Space, SpaceSpec};
use crate::label::{SCOPE, VAGUE};
use crate::model::config::Baselines;
use crate::model::logistic::{LinearHead, SparseLogistic};
use crate::model::sparse::SparseRecords;

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
    pub heads: &'t [&'static str],
    /// How heads are fitted.
    pub fit: &'t FitSettings,
}

/// Scores the rows `among` out of fold with every cost, one result a head; `folds` is the fold of each of them.
///
/// Columns, inverse document frequencies and weights are fitted anew on the other folds; only the subword
/// vocabulary, which sees no labels, is shared. Results are in the order of `among`.
///
/// # Errors
/// `Training` when a fold leaves one class only.
pub fn cross_validate(
    task: &Task<'_>,
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
        (0..fold_count).into_par_iter().map(|fold| fold_part(fold, task, among, folds, done)).collect();
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
    among: &[usize],
    folds: &[usize],
    done: &(dyn Fn() + Sync),
) -> Result<Vec<FoldPart>> {
    let Task { prepared, rows, baselines, heads, fit: settings } = task;
    let mut held_places = Vec::new();
    let (mut held_out, mut learned) = (Vec::new(), Vec::new());
    for ((place, &row), &of) in among.iter().enumerate().zip(folds) {
        if of == fold {
            held_places.push(place);
            held_out.push(row);
        } else {
            learned.push(row);
        }
    }
    let names = dense::names(&prepared.rubric);
    let space = Space::fit(&prepared.corpus, &learned, &names, &settings.space);
    let training = training_rows(prepared, &space, rows, &learned);
    // Held-out rows are scored as the finished model would score them, without the columns of files that stand apart.
    let testing = records(&space, &space.rows(&prepared.corpus, &held_out));
    heads
        .par_iter()
        .map(|head| {
            let labels = HeadRows::new(head, rows, &learned, settings.balanced);
            let mut margins = Vec::with_capacity(settings.costs.len());
            for fitted in fit_path(&labels, &space, &training, &settings.costs)? {
                margins.push(predict(&fitted, &testing));
            }
            let simple = labels.baselines(baselines, &learned);
            let (length, lexicon) = baseline_probabilities(&simple, &held_out, baselines);
            done();
            Ok(FoldPart { held_out: held_places.clone(), margins, length, lexicon })
        })
        .collect()
}

/// The length-only and lexicon-only probabilities of the rows `chosen`.
pub fn baseline_probabilities(simple: &Baselines, chosen: &[usize], baselines: &[BaselineRow]) -> (Vec<f64>, Vec<f64>) {
    chosen
        .iter()
        .filter_map(|&row| baselines.get(row))
        .map(|row| (simple.length.probability(&[row.length]), simple.lexicon.probability(&row.lexicon)))
        .unzip()
}

/// The rows to learn from, with the columns of files that stand apart.
///
/// A file of another kind than the ads to be scored (written for the purpose, say) has other habits of length, other
/// shares of vague ads, and its dense measures mean other things. Its rows get an intercept of their own, and columns of
/// their own in place of the dense ones; all of these lie behind the columns of the space and are dropped from the model.
pub fn training_rows(prepared: &Prepared, space: &Space, rows: &[TrainingRow], chosen: &[usize]) -> Vec<Row> {
    let mut result = space.rows(&prepared.corpus, chosen);
    let (start, width) = (space.dense_start(), space.width() as u32);
    for (row, &index) in result.iter_mut().zip(chosen) {
        if rows.get(index).is_some_and(|row| row.apart) {
            for (column, _) in row.iter_mut().filter(|(column, _)| *column >= start) {
                *column += width + 1 - start;
            }
            let place = row.partition_point(|&(column, _)| column < start);
            row.insert(place, (width, APART));
        }
    }
    result
}

/// The value of the intercept column of files that stand apart; its square is how freely it moves.
const APART: f32 = 0.5;

/// The labelled rows of one head among the rows `learned`, with their weights.
pub struct HeadRows {
    /// Places in `learned`; a row whose label is soft stands twice, once for each class.
    places: Vec<usize>,
    targets: Vec<bool>,
    weights: Vec<f32>,
    /// Places and labels as they were given.
    given: Vec<(usize, bool)>,
    head: String,
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
    pub fn new(head: &str, rows: &[TrainingRow], learned: &[usize], balanced: bool) -> HeadRows {
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
        if balanced && no > 0.0 && yes > 0.0 {
            for (weight, &target) in collected.weights.iter_mut().zip(&collected.targets) {
                *weight *= ((no + yes) / (2.0 * if target { yes } else { no })) as f32;
            }
        }
        collected
    }

    /// The simpler models of the head, fitted on the same rows; `rows` are the inputs of all rows.
    pub fn baselines(&self, rows: &[BaselineRow], learned: &[usize]) -> Baselines {
        let (inputs, targets): (Vec<&BaselineRow>, Vec<bool>) =
            self.given.iter().filter_map(|&(place, label)| Some((rows.get(*learned.get(place)?)?, label))).unzip();
        baseline::fit(&inputs, &targets)
    }
}

/// Fits one head for every cost in ascending order, each start warm from the one before.
///
/// # Errors
/// `Training` when there is one class only.
pub fn fit_path(labels: &HeadRows, space: &Space, training: &[Row], costs: &[f64]) -> Result<Vec<LinearHead>> {
    let mut chosen: Vec<Row> = labels.places.iter().filter_map(|&place| training.get(place).cloned()).collect();
    if labels.head == SCOPE {
        chosen.iter_mut().for_each(|row| without_file_habits(space, row));
    }
    let dataset = DatasetBase::new(records(space, &chosen), Array1::from_vec(labels.targets.clone()))
        .with_weights(Array1::from_vec(labels.weights.clone()));
    let mut fitted: Vec<LinearHead> = Vec::with_capacity(costs.len());
    for &cost in costs {
        let mut solver = SparseLogistic::new(cost);
        if let Some(before) = fitted.last() {
            solver = solver.warm_start(before.dual.clone());
        }
        let head = solver.fit(&dataset).map_err(|error| {
            let error = Error::from(error);
            Error::new(ErrorKind::Training, format!("head `{}`: {}", labels.head, error.message()))
        })?;
        fitted.push(head);
    }
    Ok(fitted)
}

/// Leaves of a row what says what the ad is about, for the scope head.
///
/// That does not hang on an ad's language, its length, or the file it came from; but the files differ so much in their
/// share of social-media roles that the head would learn to tell the files apart.
fn without_file_habits(space: &Space, row: &mut Row) {
    let (start, width) = (space.dense_start(), space.width() as u32);
    let rubric = space.dense_names().iter().take_while(|name| !name.starts_with(LENGTH)).count() as u32;
    for (column, _) in row.iter_mut().filter(|(column, _)| *column > width) {
        *column -= width + 1 - start;
    }
    row.retain(|&(column, _)| column < start + rubric);
}

/// Rows as linfa records; the columns behind those of the space are for files that stand apart.
pub fn records(space: &Space, rows: &[Row]) -> SparseRecords {
    let mut records = SparseRecords::new(space.width() + 1 + space.dense_names().len());
    for row in rows {
        records.push(row);
    }
    records
}

fn predict(head: &LinearHead, records: &SparseRecords) -> Vec<f64> {
    use linfa::traits::PredictInplace;
    let mut margins = head.default_target(records);
    head.predict_inplace(records, &mut margins);
    margins.to_vec()
}
