//! The rows of one space, ready for every head and cost to be learned from them.

use std::ops::Range;

use linfa::DatasetBase;
use linfa::dataset::Records;
use linfa::traits::{Fit, PredictInplace};
use ndarray::{Array1, s};

use super::cross::{HeadRows, Task};
use super::vectors::AdVectors;
use super::warm::{Trust, Warm};
use crate::error::{Error, ErrorKind, Result};
use crate::features::dense::LENGTH;
use crate::features::{Row, Space};
use crate::label::SCOPE;
use crate::model::gram::{Gram, GramRows};
use crate::model::logistic::{DualHead, FitError, LinearHead, SparseLogistic};
use crate::model::sparse::SparseRecords;

/// The most rows whose products are kept: at 4 bytes a product, 64 MiB.
const MOST_PRODUCTS: usize = 4096;

/// The value of the intercept column of files that stand apart; its square is how freely it moves.
const APART: f32 = 0.5;

/// Rows to learn from, and behind them rows to score, as the heads see them.
pub struct Table<'t> {
    vectors: &'t AdVectors,
    words: Range<u32>,
    learned: usize,
    /// The model that heads start from, and the rows of the table.
    warm: Option<(&'t Warm, Vec<usize>)>,
    scope: Matrix,
    others: Matrix,
}

/// Rows with their products where there are few enough.
struct Matrix {
    records: SparseRecords,
    gram: Option<Gram>,
}

impl<'t> Table<'t> {
    /// The rows `learned`, then the rows `scored`, in the columns of `space`.
    ///
    /// A file of another kind than the ads to be scored (written for the purpose, say) has other habits of length, other
    /// shares of vague ads, and its dense measures mean other things. Its rows get an intercept of their own, and columns of
    /// their own in place of the dense ones; all of these lie behind the columns of the space and are dropped from the
    /// model. Rows that are only scored have none of them. Word vectors enter as the average vector of an ad; the weights of
    /// the words follow from those of its dimensions.
    ///
    /// The scope head has neither these columns nor length nor language. It learns what an ad is about, which hangs on
    /// none of them; but the files differ so much in their share of social-media roles that it would learn to tell the
    /// files apart.
    pub fn new(task: &Task<'t>, space: &Space, learned: &[usize], scored: &[usize]) -> Self {
        let (start, width) = (space.dense_start(), space.width() as u32);
        let rubric = space.dense_names().iter().take_while(|name| !name.starts_with(LENGTH)).count() as u32;
        let chosen: Vec<usize> = learned.iter().chain(scored).copied().collect();
        let rows = space.rows(&task.prepared.corpus, &chosen);
        let words = space.vector_columns();
        let vectors = &task.prepared.vectors;
        let behind = width + 1 + space.dense_names().len() as u32;
        let empty = || SparseRecords::new(behind as usize + vectors.dimensions());
        let warm = task.warm.map(|warm| (warm, chosen.clone()));
        let mut texts = empty();
        let mut parts = [(); 2].map(|()| (empty(), empty()));
        for (place, (mut row, index)) in rows.into_iter().zip(chosen).enumerate() {
            let dense = row.split_off(row.partition_point(|&(column, _)| column < start));
            row.truncate(row.partition_point(|&(column, _)| column < words.start));
            let vector: Row = (behind..).zip(vectors.of(index).iter().copied()).collect();
            let apart = place < learned.len() && task.rows.get(index).is_some_and(|row| row.apart);
            let scope = dense.iter().copied().filter(|&(column, _)| column < start + rubric).collect();
            let others = if apart { moved(&dense, width, width + 1 - start) } else { dense };
            texts.push(&[row.as_slice(), &vector].concat());
            for ((tails, whole), tail) in parts.iter_mut().zip([scope, others]) {
                tails.push(&tail);
                whole.push(&[row.as_slice(), &tail, &vector].concat());
            }
        }
        // The products of the texts, which are by far the most columns, are the same for all heads.
        let shared = (texts.nsamples() <= MOST_PRODUCTS).then(|| Gram::new(&texts));
        let [scope, others] = parts.map(|(tails, records)| {
            let gram = shared.clone().map(|mut gram| {
                gram.add(&tails);
                gram
            });
            Matrix { records, gram }
        });
        Table { vectors, words, learned: learned.len(), warm, scope, others }
    }

    /// Fits one head for every cost in ascending order, each start warm from the one before.
    ///
    /// # Errors
    /// `Training` when there is one class only.
    pub fn path(&self, labels: &HeadRows, costs: &[f64]) -> Result<Vec<DualHead>> {
        let matrix = self.of(labels);
        let mut fitted: Vec<DualHead> = Vec::with_capacity(costs.len());
        for &cost in costs {
            let warm = fitted.last().map(|before| before.dual.clone());
            let solver = solver(cost, warm);
            let found = matrix.margins(labels, self.learned, &solver, &self.offsets(labels));
            fitted.push(found.map_err(|error| told(labels, error))?);
        }
        Ok(fitted)
    }

    /// Fits one head with the last of `costs`, by way of the others; its weights are those of the columns.
    ///
    /// # Errors
    /// `Training` when there is one class only, or no cost.
    pub fn head(&self, labels: &HeadRows, costs: &[f64]) -> Result<LinearHead> {
        let last = self.path(labels, costs)?.pop();
        let (last, &cost) =
            last.zip(costs.last()).ok_or_else(|| Error::new(ErrorKind::Training, "no cost to fit with"))?;
        let solver = solver(cost, Some(last.dual));
        let offsets = self.offsets(labels);
        let mut head = self.of(labels).weights(labels, &solver, &offsets).map_err(|error| told(labels, error))?;
        if self.vectors.dimensions() > 0 {
            let first = head.weights.len() - self.vectors.dimensions();
            let (weights, constant) = self.vectors.word_weights(head.weights.slice(s![first..]));
            let columns = self.words.start as usize..self.words.end as usize;
            head.weights.slice_mut(s![columns]).assign(&weights);
            head.bias += constant;
        }
        let start = self.warm.as_ref().and_then(|(warm, _)| warm.start(&labels.head, self.trust(labels)?));
        if let Some((weights, bias)) = start {
            head.weights.iter_mut().zip(weights).for_each(|(weight, start)| *weight += start);
            head.bias += bias;
        }
        Ok(head)
    }

    /// What the head starts from on every row; empty when it starts from nothing.
    fn offsets(&self, labels: &HeadRows) -> Vec<f64> {
        let start = self.warm.as_ref().zip(self.trust(labels));
        start.map_or_else(Vec::new, |((warm, chosen), trust)| warm.offsets(&labels.head, chosen, trust))
    }

    /// How far the model that is started from is believed on the rows learned from.
    fn trust(&self, labels: &HeadRows) -> Option<Trust> {
        let (warm, chosen) = self.warm.as_ref()?;
        let rows = labels.given.iter().filter_map(|&(place, label)| Some((*chosen.get(place)?, label)));
        Some(warm.trust(&labels.head, &rows.collect::<Vec<_>>()))
    }

    fn of(&self, labels: &HeadRows) -> &Matrix {
        if labels.head == SCOPE { &self.scope } else { &self.others }
    }
}

impl Matrix {
    fn margins(
        &self,
        labels: &HeadRows,
        learned: usize,
        solver: &SparseLogistic,
        offsets: &[f64],
    ) -> std::result::Result<DualHead, FitError> {
        let Some(gram) = &self.gram else {
            let head = self.weights(labels, solver, offsets)?;
            let mut margins = head.default_target(&self.records);
            head.predict_inplace(&self.records, &mut margins);
            margins.iter_mut().zip(offsets).for_each(|(margin, offset)| *margin += offset);
            return Ok(DualHead { margins: margins.to_vec(), dual: head.dual, passes: head.passes });
        };
        let solver = solver.clone().offsets(offsets.to_vec());
        solver.fit(&dataset(GramRows { gram, places: &labels.places, learned }, labels))
    }

    fn weights(
        &self,
        labels: &HeadRows,
        solver: &SparseLogistic,
        offsets: &[f64],
    ) -> std::result::Result<LinearHead, FitError> {
        let of_samples = labels.places.iter().filter_map(|&place| offsets.get(place).copied()).collect();
        let solver = solver.clone().offsets(of_samples);
        solver.fit(&dataset(self.records.select(&labels.places), labels))
    }
}

fn dataset<R: Records>(records: R, labels: &HeadRows) -> DatasetBase<R, Array1<bool>> {
    DatasetBase::new(records, Array1::from_vec(labels.targets.clone()))
        .with_weights(Array1::from_vec(labels.weights.clone()))
}

fn solver(cost: f64, warm: Option<Vec<f64>>) -> SparseLogistic {
    let solver = SparseLogistic::new(cost);
    match warm {
        Some(shares) => solver.warm_start(shares),
        None => solver,
    }
}

fn told(labels: &HeadRows, error: FitError) -> Error {
    Error::new(ErrorKind::Training, format!("head `{}`: {}", labels.head, Error::from(error).message()))
}

/// The dense columns of a file that stands apart: an intercept at `intercept`, the others `by` columns further.
fn moved(dense: &[(u32, f32)], intercept: u32, by: u32) -> Row {
    std::iter::once((intercept, APART)).chain(dense.iter().map(|&(column, value)| (column + by, value))).collect()
}
