//! Cross-validation: every row is scored by heads that saw neither it nor its group.

use linfa::DatasetBase;
use linfa::traits::Fit;
use ndarray::Array1;
use rayon::prelude::*;

use super::baseline::{self, BaselineRow};
use super::prepare::{Prepared, TrainingRow};
use crate::error::{Error, ErrorKind, Result};
use crate::features::{Row, Space, SpaceSpec};
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

/// Scores all rows out of fold with every cost, one result a head.
///
/// Columns, inverse document frequencies and weights are fitted anew on the other folds; only the subword
/// vocabulary, which sees no labels, is shared.
///
/// # Errors
/// `Training` when a fold leaves one class only.
pub fn cross_validate(
    prepared: &Prepared,
    rows: &[TrainingRow],
    baselines: &[BaselineRow],
    heads: &[&str],
    settings: &FitSettings,
    done: &(dyn Fn() + Sync),
) -> Result<Vec<OutOfFold>> {
    let fold_count = prepared.folds.iter().max().map_or(0, |&last| last + 1);
    let blank = OutOfFold {
        margins: vec![vec![0.0; rows.len()]; settings.costs.len()],
        length: vec![0.5; rows.len()],
        lexicon: vec![0.5; rows.len()],
    };
    let mut results = vec![blank; heads.len()];
    let parts: Vec<Result<Vec<FoldPart>>> = (0..fold_count)
        .into_par_iter()
        .map(|fold| fold_part(fold, prepared, rows, baselines, heads, settings, done))
        .collect();
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
    held_out: Vec<usize>,
    margins: Vec<Vec<f64>>,
    length: Vec<f64>,
    lexicon: Vec<f64>,
}

fn fold_part(
    fold: usize,
    prepared: &Prepared,
    rows: &[TrainingRow],
    baselines: &[BaselineRow],
    heads: &[&str],
    settings: &FitSettings,
    done: &(dyn Fn() + Sync),
) -> Result<Vec<FoldPart>> {
    let (held_out, learned): (Vec<usize>, Vec<usize>) =
        (0..rows.len()).partition(|&row| prepared.folds.get(row) == Some(&fold));
    let names = prepared.rubric.measure_names();
    let space = Space::fit(&prepared.corpus, &learned, &names, &settings.space);
    let training = space.rows(&prepared.corpus, &learned);
    let testing = records(&space, &space.rows(&prepared.corpus, &held_out));
    heads
        .par_iter()
        .map(|head| {
            let labels = HeadRows::new(head, rows, &learned, settings.balanced);
            let mut margins = Vec::with_capacity(settings.costs.len());
            for fitted in fit_path(&labels, &space, &training, &settings.costs)? {
                margins.push(predict(&fitted, &testing));
            }
            let known: Vec<&BaselineRow> =
                labels.places.iter().filter_map(|&place| baselines.get(*learned.get(place)?)).collect();
            let simple = baseline::fit(&known, &labels.targets);
            let (length, lexicon) = baseline_probabilities(&simple, &held_out, baselines);
            done();
            Ok(FoldPart { held_out: held_out.clone(), margins, length, lexicon })
        })
        .collect()
}

/// The length-only and lexicon-only probabilities of the rows `chosen`.
fn baseline_probabilities(
    simple: &Baselines,
    chosen: &[usize],
    baselines: &[BaselineRow],
) -> (Vec<f64>, Vec<f64>) {
    chosen
        .iter()
        .filter_map(|&row| baselines.get(row))
        .map(|row| (simple.length.probability(&[row.length]), simple.lexicon.probability(&row.lexicon)))
        .unzip()
}

/// The labelled rows of one head among the rows `learned`, with their weights.
pub struct HeadRows {
    /// Places in `learned`.
    pub places: Vec<usize>,
    /// Their labels.
    pub targets: Vec<bool>,
    /// Their weights: of the source, and of the class when balanced.
    pub weights: Vec<f32>,
    head: String,
}

impl HeadRows {
    /// Collects the rows among `learned` that have a label for `head`.
    pub fn new(head: &str, rows: &[TrainingRow], learned: &[usize], balanced: bool) -> HeadRows {
        let mut collected =
            HeadRows { places: Vec::new(), targets: Vec::new(), weights: Vec::new(), head: head.to_owned() };
        let mut sums = [0.0f64; 2];
        for (place, row) in learned.iter().enumerate().filter_map(|(place, &row)| Some((place, rows.get(row)?))) {
            if let Some(target) = row.item.labels.get(head) {
                collected.places.push(place);
                collected.targets.push(target);
                collected.weights.push(row.weight as f32);
                let [no, yes] = &mut sums;
                *(if target { yes } else { no }) += row.weight;
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
}

/// Fits one head for every cost in ascending order, each start warm from the one before.
///
/// # Errors
/// `Training` when there is one class only.
pub fn fit_path(labels: &HeadRows, space: &Space, training: &[Row], costs: &[f64]) -> Result<Vec<LinearHead>> {
    let chosen: Vec<Row> = labels.places.iter().filter_map(|&place| training.get(place).cloned()).collect();
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

/// Rows as linfa records.
pub fn records(space: &Space, rows: &[Row]) -> SparseRecords {
    let mut records = SparseRecords::new(space.width());
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
