//! The rows of one space, ready for every head and cost to be learned from any part of them.

use std::ops::Range;

use linfa::DatasetBase;
use linfa::dataset::Records;
use linfa::traits::Fit;
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
use crate::model::together::Shares;

/// The most rows whose products are kept: at 4 bytes a product, 144 MiB, twice.
const MOST_PRODUCTS: usize = 6144;

/// The value of the intercept column of files that stand apart; its square is how freely it moves.
const APART: f32 = 0.5;

/// The square of the constant column that carries the intercept.
const CONSTANT: f64 = 1.0;

/// Rows to learn from and to score, as the heads see them.
pub struct Table<'t> {
    /// The columns.
    pub space: Space,
    vectors: &'t AdVectors,
    words: Range<u32>,
    width: usize,
    /// The model that heads start from, and the rows of the table.
    warm: Option<(&'t Warm, Vec<usize>)>,
    /// The columns that learning and scoring share.
    texts: SparseRecords,
    scope: View,
    others: View,
}

/// The further columns of some heads.
struct View {
    learned: SparseRecords,
    scored: SparseRecords,
    /// The products of the rows as they are learned from, where there are few enough.
    gram: Option<Gram>,
}

/// What heads of one view are as sums of rows: `[head][cost][learned row]`.
type Paths = Vec<Vec<Vec<f64>>>;

impl<'t> Table<'t> {
    /// The rows `chosen` in the columns that they have for `task`.
    ///
    /// A file of another kind than the ads to be scored (written for the purpose, say) has other habits of length, other
    /// shares of vague ads, and its dense measures mean other things. Where its rows are learned from they have an intercept of their
    /// own, and columns of their own in place of the dense ones; all of these lie behind the columns of the space and are dropped from
    /// the model. Where rows are scored they have none of them. Word vectors enter as the average vector of an ad; the weights
    /// of the words follow from those of its dimensions.
    ///
    /// The scope head has neither these columns nor length nor language. It learns what an ad is about, which hangs on
    /// none of them; but the files differ so much in their share of social-media roles that it would learn to tell the
    /// files apart.
    pub fn new(task: &Task<'t>, chosen: &[usize]) -> Self {
        let space = task.space(chosen);
        let (start, width) = (space.dense_start(), space.width() as u32);
        let rubric = space.dense_names().iter().take_while(|name| !name.starts_with(LENGTH)).count() as u32;
        let words = space.vector_columns();
        let vectors = &task.prepared.vectors;
        let behind = width + 1 + space.dense_names().len() as u32;
        let all = behind as usize + vectors.dimensions();
        let [mut texts, mut scope, mut learned, mut scored] = [(); 4].map(|()| SparseRecords::new(all));
        for (mut row, &index) in
            space.rows(&task.prepared.corpus, chosen, |row| task.measures(row)).into_iter().zip(chosen)
        {
            let dense = row.split_off(row.partition_point(|&(column, _)| column < start));
            row.truncate(row.partition_point(|&(column, _)| column < words.start));
            row.extend((behind..).zip(vectors.of(index).iter().copied()));
            texts.push(&row);
            scope.push(&dense.iter().copied().filter(|&(column, _)| column < start + rubric).collect::<Row>());
            let apart = task.rows.get(index).is_some_and(|row| row.apart);
            learned.push(&if apart { moved(&dense, width, width + 1 - start) } else { dense.clone() });
            scored.push(&dense);
        }
        // The products of the texts, which are by far the most columns, are the same for all heads.
        let shared = (texts.nsamples() <= MOST_PRODUCTS).then(|| Gram::new(&texts));
        let view = |shared: Option<Gram>, learned: SparseRecords, scored: SparseRecords| {
            let gram = shared.map(|mut gram| {
                gram.add(&learned);
                gram
            });
            View { learned, scored, gram }
        };
        let scope = view(shared.clone(), scope.clone(), scope);
        let warm = task.warm.map(|warm| (warm, chosen.to_vec()));
        Table { space, vectors, words, width: all, warm, texts, scope, others: view(shared, learned, scored) }
    }

    /// Fits heads on the rows at the places `learned` for every cost in ascending order, each start warm from the one before, and
    /// returns what they say of the rows at the places `scored`: margins, `[head][cost][scored row]`.
    ///
    /// # Errors
    /// `Training` when there is one class only.
    pub fn margins(
        &self,
        heads: &[HeadRows],
        learned: &[usize],
        scored: &[usize],
        costs: &[f64],
    ) -> Result<Vec<Vec<Vec<f64>>>> {
        let mut margins = Vec::with_capacity(heads.len());
        for (head, path) in heads.iter().zip(self.paths(heads, learned, costs)?) {
            let view = self.of(head);
            let (weights, intercepts) = self.weights(view, learned, &path);
            let mut found = vec![Vec::with_capacity(scored.len()); costs.len()];
            let offsets = self.offsets(head, learned);
            for &place in scored {
                let offset = offsets.get(place).copied().unwrap_or(0.0);
                let mut sums: Vec<f64> = intercepts.iter().map(|intercept| intercept + offset).collect();
                for (columns, values) in [self.texts.row(place), view.scored.row(place)] {
                    for (&column, &value) in columns.iter().zip(values) {
                        for (sum, weight) in sums.iter_mut().zip(at(&weights, column, costs.len())) {
                            *sum += weight * f64::from(value);
                        }
                    }
                }
                found.iter_mut().zip(sums).for_each(|(margins, sum)| margins.push(sum));
            }
            margins.push(found);
        }
        Ok(margins)
    }

    /// Fits heads on all rows, each with the cost of `chosen` that is its own, by way of the smaller ones of `costs`; weights are those of
    /// the columns of the space.
    ///
    /// # Errors
    /// `Training` when there is one class only, or a cost is not among `costs`.
    pub fn heads(&self, heads: &[HeadRows], costs: &[f64], chosen: &[f64]) -> Result<Vec<LinearHead>> {
        let everything: Vec<usize> = (0..self.texts.nsamples()).collect();
        let largest = chosen.iter().fold(0.0f64, |largest, &cost| largest.max(cost));
        let costs: Vec<f64> = costs.iter().copied().filter(|&cost| cost <= largest).collect();
        let paths = self.paths(heads, &everything, &costs)?;
        let mut fitted = Vec::with_capacity(heads.len());
        for ((head, path), cost) in heads.iter().zip(paths).zip(chosen) {
            let own = costs.iter().rposition(|other| other <= cost).and_then(|place| path.get(place));
            let own =
                own.ok_or_else(|| Error::new(ErrorKind::Training, format!("no head was fitted with cost {cost}")))?;
            let (weights, intercepts) = self.weights(self.of(head), &everything, std::slice::from_ref(own));
            let mut weights = Array1::from_vec(weights);
            let mut bias = intercepts.first().copied().unwrap_or(0.0);
            if self.vectors.dimensions() > 0 {
                let first = weights.len() - self.vectors.dimensions();
                let (words, constant) = self.vectors.word_weights(weights.slice(s![first..]));
                weights.slice_mut(s![self.words.start as usize..self.words.end as usize]).assign(&words);
                bias += constant;
            }
            if let Some((start, constant)) =
                self.warm.as_ref().and_then(|(warm, _)| warm.start(&head.head, self.trust(head, &everything)?))
            {
                weights.iter_mut().zip(start).for_each(|(weight, start)| *weight += start);
                bias += constant;
            }
            fitted.push(LinearHead { weights, bias, dual: Vec::new(), passes: 0 });
        }
        Ok(fitted)
    }

    /// What the head, of the rows at the places `learned`, starts from on every row; empty when it starts from nothing.
    fn offsets(&self, head: &HeadRows, learned: &[usize]) -> Vec<f64> {
        let start = self.warm.as_ref().zip(self.trust(head, learned));
        start.map_or_else(Vec::new, |((warm, chosen), trust)| warm.offsets(&head.head, chosen, trust))
    }

    /// How far the model that is started from is believed on the rows learned from.
    fn trust(&self, head: &HeadRows, learned: &[usize]) -> Option<Trust> {
        let (warm, chosen) = self.warm.as_ref()?;
        let row = |place: usize| learned.get(place).and_then(|&place| chosen.get(place)).copied();
        let rows = head.given.iter().filter_map(|&(place, label)| Some((row(place)?, label)));
        Some(warm.trust(&head.head, &rows.collect::<Vec<_>>()))
    }

    fn of(&self, head: &HeadRows) -> &View {
        if head.head == SCOPE { &self.scope } else { &self.others }
    }

    /// Heads of one view are fitted together.
    fn paths(&self, heads: &[HeadRows], learned: &[usize], costs: &[f64]) -> Result<Paths> {
        let (scope, others): (Vec<&HeadRows>, Vec<&HeadRows>) = heads.iter().partition(|head| head.head == SCOPE);
        let (scope, others) = rayon::join(
            || self.path(&self.scope, &scope, learned, costs),
            || self.path(&self.others, &others, learned, costs),
        );
        let (mut scope, mut others) = (scope?.into_iter(), others?.into_iter());
        let next = |head: &HeadRows| if head.head == SCOPE { scope.next() } else { others.next() };
        Ok(heads.iter().filter_map(next).collect())
    }

    fn path(&self, view: &View, heads: &[&HeadRows], learned: &[usize], costs: &[f64]) -> Result<Paths> {
        let Some(gram) = &view.gram else {
            return heads.iter().map(|head| self.path_by_columns(view, head, learned, costs)).collect();
        };
        let mut paths: Paths = vec![Vec::with_capacity(costs.len()); heads.len()];
        if heads.is_empty() {
            return Ok(paths);
        }
        let part = (learned.len() < gram.size()).then(|| gram.part(learned));
        let gram = part.as_ref().unwrap_or(gram);
        let weights: Vec<Vec<[f32; 2]>> = heads.iter().map(|head| head.shares(learned.len())).collect();
        let offsets: Vec<Vec<f64>> = heads
            .iter()
            .map(|head| {
                let all = self.offsets(head, learned);
                learned.iter().filter_map(|&place| all.get(place).copied()).collect()
            })
            .collect();
        let mut warm = Vec::new();
        for &cost in costs {
            let shares = Shares { heads: weights.clone(), warm, offsets: offsets.clone() };
            let fitted = solver(cost, None).fit(&DatasetBase::new(GramRows(gram), shares)).map_err(told)?;
            warm = Vec::with_capacity(heads.len());
            for (path, DualHead { amounts, dual, .. }) in paths.iter_mut().zip(fitted) {
                path.push(amounts);
                warm.push(dual);
            }
        }
        Ok(paths)
    }

    /// The same for one head without products: more rows than their square has room for.
    fn path_by_columns(&self, view: &View, head: &HeadRows, learned: &[usize], costs: &[f64]) -> Result<Vec<Vec<f64>>> {
        let mut rows = SparseRecords::new(self.width);
        for &place in head.places.iter().filter_map(|&place| learned.get(place)) {
            let parts = [self.texts.row(place), view.learned.row(place)];
            let mut row: Row = parts
                .iter()
                .flat_map(|(columns, values)| columns.iter().copied().zip(values.iter().copied()))
                .collect();
            row.sort_by_key(|&(column, _)| column);
            rows.push(&row);
        }
        let all = self.offsets(head, learned);
        let offsets: Vec<f64> = head
            .places
            .iter()
            .filter_map(|&place| learned.get(place).and_then(|&place| all.get(place)).copied())
            .collect();
        let mut warm = None;
        let mut path = Vec::with_capacity(costs.len());
        for &cost in costs {
            let targets = Array1::from_vec(head.targets.clone());
            let weights = Array1::from_vec(head.weights.clone());
            let dataset = DatasetBase::new(rows.clone(), targets).with_weights(weights);
            let fitted = solver(cost, warm).offsets(offsets.clone()).fit(&dataset).map_err(told)?;
            let mut amounts = vec![0.0; learned.len()];
            let samples = head.places.iter().zip(&head.targets).zip(&head.weights).zip(&fitted.dual);
            for (((&place, &target), &weight), share) in samples {
                let amount = share * cost * f64::from(weight.max(1e-6));
                if let Some(sum) = amounts.get_mut(place) {
                    *sum += if target { amount } else { -amount };
                }
            }
            path.push(amounts);
            warm = Some(fitted.dual);
        }
        Ok(path)
    }

    /// Weights, `[column][cost]`, and intercepts of the sums of rows `path`.
    fn weights(&self, view: &View, learned: &[usize], path: &[Vec<f64>]) -> (Vec<f64>, Vec<f64>) {
        let mut weights = vec![0.0; self.width * path.len()];
        let mut intercepts = vec![0.0; path.len()];
        let mut amounts = vec![0.0; path.len()];
        for (row, &place) in learned.iter().enumerate() {
            for ((slot, intercept), costs) in amounts.iter_mut().zip(&mut intercepts).zip(path) {
                *slot = costs.get(row).copied().unwrap_or(0.0);
                *intercept += *slot * CONSTANT;
            }
            for (columns, values) in [self.texts.row(place), view.learned.row(place)] {
                for (&column, &value) in columns.iter().zip(values) {
                    let start = column as usize * path.len();
                    let slots = weights.get_mut(start..start + path.len()).unwrap_or_default();
                    for (slot, amount) in slots.iter_mut().zip(&amounts) {
                        *slot += amount * f64::from(value);
                    }
                }
            }
        }
        (weights, intercepts)
    }
}

fn at(weights: &[f64], column: u32, costs: usize) -> &[f64] {
    let start = column as usize * costs;
    weights.get(start..start + costs).unwrap_or_default()
}

fn solver(cost: f64, warm: Option<Vec<f64>>) -> SparseLogistic {
    let solver = SparseLogistic::new(cost).bias(CONSTANT);
    match warm {
        Some(shares) => solver.warm_start(shares),
        None => solver,
    }
}

fn told(error: FitError) -> Error {
    Error::new(ErrorKind::Training, Error::from(error).message())
}

/// The dense columns of a file that stands apart: an intercept at `intercept`, the others `by` columns further.
fn moved(dense: &[(u32, f32)], intercept: u32, by: u32) -> Row {
    std::iter::once((intercept, APART)).chain(dense.iter().map(|&(column, value)| (column + by, value))).collect()
}
