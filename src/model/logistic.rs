//! Logistic regression on sparse rows, behind linfa's traits.
//!
//! One head is fitted on sparse rows, or several heads at once on the products of the same rows ([`Gram`](super::gram::Gram)): the first
//! needs memory for the columns, the second for the square of the rows, and both give the same heads. Nothing here knows of words or
//! calibration.

use linfa::ParamGuard;
use linfa::dataset::{AsSingleTargets, DatasetBase, Records};
use linfa::traits::{Fit, PredictInplace};
use ndarray::Array1;

use super::dual::{Dual, Limits, Solved};
use super::gram::GramRows;
use super::lanes::{self, Bits, LaneHeads};
use super::samples::Explicit;
use super::sparse::SparseRecords;
use super::together::{self, Shares};
use crate::error::{Error, ErrorKind};

/// Settings of the solver, checked when [`Fit::fit`] is called.
#[derive(Clone, Debug)]
pub struct SparseLogistic(SparseLogisticValid);

/// Checked settings of the solver.
#[derive(Clone, Debug)]
pub struct SparseLogisticValid {
    cost: f64,
    bias: f64,
    tolerance: f64,
    max_passes: usize,
    seed: u64,
    warm: Option<Vec<f64>>,
    offsets: Vec<f64>,
}

/// Why fitting was refused.
#[derive(Debug)]
pub enum FitError {
    /// linfa's own complaint.
    Linfa(linfa::Error),
    /// A setting or the data breaks a rule.
    Rule(Error),
}

impl std::fmt::Display for FitError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            FitError::Linfa(error) => error.fmt(f),
            FitError::Rule(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for FitError {}

impl From<linfa::Error> for FitError {
    fn from(error: linfa::Error) -> Self {
        FitError::Linfa(error)
    }
}

impl From<Error> for FitError {
    fn from(error: Error) -> Self {
        FitError::Rule(error)
    }
}

impl From<FitError> for Error {
    fn from(error: FitError) -> Self {
        match error {
            FitError::Linfa(error) => Error::new(ErrorKind::Training, error.to_string()),
            FitError::Rule(error) => error,
        }
    }
}

impl SparseLogistic {
    /// A solver with cost `C` (the inverse of the L2 penalty on the summed loss), larger is less regular.
    pub fn new(cost: f64) -> Self {
        SparseLogistic(SparseLogisticValid {
            cost,
            bias: 1.0,
            tolerance: 0.05,
            max_passes: 300,
            seed: 1,
            warm: None,
            offsets: Vec::new(),
        })
    }

    /// Stops when no row's optimality condition is violated by more than `tolerance`, in units of the margin
    /// (default 0.05; liblinear's own default is 0.1).
    #[must_use]
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.0.tolerance = tolerance;
        self
    }

    /// The value of the constant column that carries the intercept (default 1; 0 means none).
    #[must_use]
    pub fn bias(mut self, bias: f64) -> Self {
        self.0.bias = bias;
        self
    }

    /// At most this many passes over the rows (default 300).
    #[must_use]
    pub fn max_passes(mut self, passes: usize) -> Self {
        self.0.max_passes = passes;
        self
    }

    /// Starts from the dual variables of an earlier fit of the same rows, as shares of their upper bounds.
    #[must_use]
    pub fn warm_start(mut self, shares: Vec<f64>) -> Self {
        self.0.warm = Some(shares);
        self
    }

    /// What is added to the margin of each sample before anything is learned (default 0; heads that are fitted together have their own in
    /// [`Shares`]). A fitted head does not hold it, and must be told of it again.
    #[must_use]
    pub fn offsets(mut self, offsets: Vec<f64>) -> Self {
        self.0.offsets = offsets;
        self
    }
}

impl ParamGuard for SparseLogistic {
    type Checked = SparseLogisticValid;
    type Error = FitError;

    fn check_ref(&self) -> Result<&Self::Checked, Self::Error> {
        let rule = |text: String| Err(FitError::Rule(Error::new(ErrorKind::Usage, text)));
        if !(self.0.cost > 0.0 && self.0.cost.is_finite()) {
            return rule(format!("the cost must be above 0 and finite, is {}", self.0.cost));
        }
        if !(self.0.tolerance > 0.0 && self.0.tolerance < 1.0) {
            return rule(format!("the tolerance must be between 0 and 1, is {}", self.0.tolerance));
        }
        Ok(&self.0)
    }

    fn check(self) -> Result<Self::Checked, Self::Error> {
        self.check_ref()?;
        Ok(self.0)
    }
}

/// A fitted linear head: one weight a column, and a bias.
#[derive(Clone, Debug, PartialEq)]
pub struct LinearHead {
    /// Weights, shape `[columns]`.
    pub weights: Array1<f64>,
    /// The margin of an empty row.
    pub bias: f64,
    /// Dual variables as shares of their upper bounds, shape `[rows]`; what a warm start takes.
    pub dual: Vec<f64>,
    /// Passes made over the rows.
    pub passes: usize,
}

impl LinearHead {
    /// The margin (log-odds before calibration) of one sparse row.
    pub fn margin(&self, columns: &[u32], values: &[f32]) -> f64 {
        let mut sum = self.bias;
        for (&column, &value) in columns.iter().zip(values) {
            sum += self.weights.get(column as usize).copied().unwrap_or(0.0) * f64::from(value);
        }
        sum
    }
}

/// A head fitted on products, known by the sum of rows that its weights are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DualHead {
    /// What each row is multiplied by in that sum; the constant column is part of a row. Shape `[rows]`.
    pub amounts: Vec<f64>,
    /// Dual variables of (negative, positive) samples as shares of their upper bounds, shape `[rows]`; what a warm start takes.
    pub dual: Vec<[f64; 2]>,
    /// Passes made over the rows.
    pub passes: usize,
}

impl<T: AsSingleTargets<Elem = bool>> Fit<SparseRecords, T, FitError> for SparseLogisticValid {
    type Object = LinearHead;

    /// Fits one head; a row counts with the dataset's weight for it (1 where none is given).
    fn fit(&self, dataset: &DatasetBase<SparseRecords, T>) -> Result<LinearHead, FitError> {
        let (records, targets) = (dataset.records(), dataset.as_single_targets());
        let count = records.nsamples();
        let positives = targets.iter().filter(|&&target| target).count();
        two_classes(positives, count, count - positives)?;
        let weights = vec![0.0; records.nfeatures()];
        let samples = Explicit { records, weights, intercept: 0.0, bias: self.bias, offsets: &self.offsets };
        let mut problem = Dual::new(samples, self.cost);
        for (sample, &target) in targets.iter().enumerate() {
            let share = self.warm.as_ref().and_then(|shares| shares.get(sample)).copied();
            problem.add(sample, target, f64::from(dataset.weight_for(sample)), share);
        }
        let Solved { samples, dual, passes } = problem.solve(&self.limits());
        Ok(LinearHead { weights: Array1::from_vec(samples.weights), bias: samples.intercept * self.bias, dual, passes })
    }
}

impl Fit<GramRows<'_>, Shares, FitError> for SparseLogisticValid {
    type Object = Vec<DualHead>;

    /// Fits every head of the targets on the same rows, which are known by their products alone.
    fn fit(&self, dataset: &DatasetBase<GramRows<'_>, Shares>) -> Result<Vec<DualHead>, FitError> {
        let GramRows(gram) = *dataset.records();
        let shares = dataset.targets();
        for head in &shares.heads {
            let count = |class: usize| {
                head.iter().filter(|weights| weights.get(class).is_some_and(|weight| *weight > 0.0)).count()
            };
            two_classes(count(1), head.iter().filter(|[no, yes]| no + yes > 0.0).count(), count(0))?;
        }
        Ok(together::solve(gram, shares, self.cost, self.bias * self.bias, &self.limits()))
    }
}

impl Fit<SparseRecords, Bits, FitError> for SparseLogisticValid {
    type Object = LaneHeads;

    /// Fits [`lanes::LANES`] heads on the same rows, of which none stands for a class alone: a head without a yes says no. The constant is
    /// a column of the rows.
    fn fit(&self, dataset: &DatasetBase<SparseRecords, Bits>) -> Result<LaneHeads, FitError> {
        let (records, Bits(bits)) = (dataset.records(), dataset.targets());
        Ok(lanes::solve(records, bits, self.cost, &self.limits()))
    }
}

impl SparseLogisticValid {
    fn limits(&self) -> Limits {
        Limits { tolerance: self.tolerance, max_passes: self.max_passes, seed: self.seed }
    }
}

fn two_classes(positives: usize, count: usize, negatives: usize) -> Result<(), FitError> {
    if positives == 0 || negatives == 0 {
        let text = format!("two classes are needed to learn from, found {positives} of {count} rows positive");
        return Err(Error::new(ErrorKind::Training, text).into());
    }
    Ok(())
}

impl PredictInplace<SparseRecords, Array1<f64>> for LinearHead {
    /// Margins of all rows, shape `[rows]`.
    fn predict_inplace<'a>(&'a self, records: &'a SparseRecords, margins: &mut Array1<f64>) {
        for (index, margin) in margins.iter_mut().enumerate() {
            let (columns, values) = records.row(index);
            *margin = self.margin(columns, values);
        }
    }

    fn default_target(&self, records: &SparseRecords) -> Array1<f64> {
        Array1::zeros(records.nsamples())
    }
}

#[cfg(test)]
mod tests {
    use super::super::gram::Gram;
    use super::*;

    #[test]
    fn the_primal_gradient_is_zero_at_the_optimum() {
        let mut records = SparseRecords::new(2);
        records.push(&[(0, 1.0)]);
        records.push(&[(0, 0.5), (1, 0.5)]);
        records.push(&[(1, 1.0)]);
        records.push(&[(0, 0.2), (1, 0.9)]);
        let targets = Array1::from_vec(vec![true, false, false, true]);
        let dataset = DatasetBase::new(records, targets);
        let head = SparseLogistic::new(1.0).tolerance(1e-9).max_passes(10_000).fit(&dataset).unwrap();
        // Strong duality: the primal objective, which the solver never evaluates, must be stationary too.
        let mut gradient = [head.weights[0], head.weights[1], head.bias];
        for (row, &target) in dataset.targets().iter().enumerate() {
            let (columns, values) = dataset.records().row(row);
            let sign = if target { 1.0 } else { -1.0 };
            let slope = -sign / (1.0 + (sign * head.margin(columns, values)).exp());
            for (&column, &value) in columns.iter().zip(values) {
                gradient[column as usize] += slope * f64::from(value);
            }
            gradient[2] += slope;
        }
        for part in gradient {
            assert!(part.abs() < 1e-6, "gradient {gradient:?}");
        }
    }

    #[test]
    fn a_weight_of_two_equals_the_row_twice() {
        let rows: [(&[(u32, f32)], bool); 3] =
            [(&[(0, 1.0)], true), (&[(1, 1.0)], false), (&[(0, 0.3), (1, 0.4)], true)];
        let build = |indices: &[usize], weights: Option<Vec<f32>>| {
            let mut records = SparseRecords::new(2);
            let mut targets = Vec::new();
            for &index in indices {
                records.push(rows[index].0);
                targets.push(rows[index].1);
            }
            let dataset = DatasetBase::new(records, Array1::from_vec(targets));
            let dataset = match weights {
                Some(weights) => dataset.with_weights(Array1::from_vec(weights)),
                None => dataset,
            };
            SparseLogistic::new(2.0).tolerance(1e-9).max_passes(10_000).fit(&dataset).unwrap()
        };
        let twice = build(&[0, 1, 1, 2], None);
        let weighted = build(&[0, 1, 2], Some(vec![1.0, 2.0, 1.0]));
        assert!((twice.weights[0] - weighted.weights[0]).abs() < 1e-6);
        assert!((twice.bias - weighted.bias).abs() < 1e-6);
    }

    #[test]
    fn one_class_is_refused() {
        let mut records = SparseRecords::new(1);
        records.push(&[(0, 1.0)]);
        records.push(&[(0, 2.0)]);
        let dataset = DatasetBase::new(records, Array1::from_vec(vec![true, true]));
        let error = Error::from(SparseLogistic::new(1.0).fit(&dataset).unwrap_err());
        assert_eq!(error.to_string(), "two classes are needed to learn from, found 2 of 2 rows positive");
    }

    #[test]
    fn products_and_rows_give_the_same_head() {
        let mut random = crate::model::random::SplitMix(5);
        let mut records = SparseRecords::new(12);
        for _ in 0..60 {
            let row: Vec<(u32, f32)> = (0..12).filter(|_| random.unit() < 0.4).map(|c| (c, 1.0)).collect();
            records.push(&row);
        }
        // Two heads, the second with soft labels and a row without a label: such a row stands twice, once for each class, or not at all.
        let hard = |row: usize| [f32::from(!row.is_multiple_of(3)), f32::from(row.is_multiple_of(3))];
        let soft = |row: usize| if row == 7 { [0.0; 2] } else { [0.2 + 0.01 * row as f32, 0.7 - 0.01 * row as f32] };
        let heads: Vec<Vec<[f32; 2]>> = vec![(0..60).map(hard).collect(), (0..60).map(soft).collect()];
        let gram = Gram::new(&records);
        let solver = SparseLogistic::new(2.0).tolerance(1e-5).max_passes(10_000);
        let shares = Shares { heads: heads.clone(), ..Shares::default() };
        let together = solver.fit(&DatasetBase::new(GramRows(&gram), shares)).unwrap();
        for (weights, dual) in heads.iter().zip(&together) {
            let (mut places, mut targets, mut counts) = (Vec::new(), Vec::new(), Vec::new());
            for (row, classes) in weights.iter().enumerate() {
                for (target, &weight) in [false, true].iter().zip(classes) {
                    if weight > 0.0 {
                        places.push(row);
                        targets.push(*target);
                        counts.push(weight);
                    }
                }
            }
            let dataset = DatasetBase::new(records.select(&places), Array1::from_vec(targets));
            let head = solver.fit(&dataset.with_weights(Array1::from_vec(counts))).unwrap();
            for row in 0..60 {
                let (columns, values) = records.row(row);
                let products = dual.amounts.iter().zip(gram.row(row));
                let margin: f64 = products.map(|(amount, &product)| amount * (f64::from(product) + 1.0)).sum();
                assert!((margin - head.margin(columns, values)).abs() < 1e-3);
            }
        }
    }

    #[test]
    fn unchecked_settings_cannot_run() {
        let error = Error::from(SparseLogistic::new(-1.0).check_ref().unwrap_err());
        assert_eq!(error.to_string(), "the cost must be above 0 and finite, is -1");
    }
}
