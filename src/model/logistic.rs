//! Logistic regression on sparse rows, behind linfa's traits.
//!
//! The solver is dual coordinate descent with an L2 penalty (Yu, Huang and Lin, "Dual coordinate descent
//! methods for logistic regression and maximum entropy models", Machine Learning 85, 2011, algorithm 5),
//! the one behind liblinear's `-s 7`. Rows are visited in an order drawn from a fixed seed, and all sums run in
//! that order, so the same rows give the same bits. It knows nothing of words or calibration.

use linfa::ParamGuard;
use linfa::dataset::{AsSingleTargets, DatasetBase, Records};
use linfa::traits::{Fit, PredictInplace};
use ndarray::Array1;

use super::random::SplitMix;
use super::sparse::SparseRecords;
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
        SparseLogistic(SparseLogisticValid { cost, bias: 1.0, tolerance: 0.05, max_passes: 300, seed: 1, warm: None })
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

impl<T: AsSingleTargets<Elem = bool>> Fit<SparseRecords, T, FitError> for SparseLogisticValid {
    type Object = LinearHead;

    /// Fits one head; a row counts with the dataset's weight for it (1 where none is given).
    fn fit(&self, dataset: &DatasetBase<SparseRecords, T>) -> Result<LinearHead, FitError> {
        let records = dataset.records();
        let targets = dataset.as_single_targets();
        let rows = records.nsamples();
        let positives = targets.iter().filter(|&&target| target).count();
        if rows == 0 || positives == 0 || positives == rows {
            let text = format!("two classes are needed to learn from, found {positives} of {rows} rows positive");
            return Err(Error::new(ErrorKind::Training, text).into());
        }
        let mut problem = Dual::new(self, records);
        for (row, &target) in targets.iter().enumerate() {
            problem.add(row, target, f64::from(dataset.weight_for(row)));
        }
        Ok(problem.solve(self))
    }
}

/// One row of the dual problem.
struct Variable {
    sign: f64,
    upper: f64,
    norm: f64,
    alpha: f64,
    beta: f64,
}

struct Dual<'r> {
    records: &'r SparseRecords,
    variables: Vec<Variable>,
    weights: Vec<f64>,
    intercept: f64,
    bias: f64,
    cost: f64,
    warm: Option<&'r [f64]>,
}

impl<'r> Dual<'r> {
    fn new(settings: &'r SparseLogisticValid, records: &'r SparseRecords) -> Self {
        Dual {
            records,
            variables: Vec::with_capacity(records.nsamples()),
            weights: vec![0.0; records.nfeatures()],
            intercept: 0.0,
            bias: settings.bias,
            cost: settings.cost,
            warm: settings.warm.as_deref(),
        }
    }

    fn add(&mut self, row: usize, target: bool, weight: f64) {
        let sign = if target { 1.0 } else { -1.0 };
        let upper = self.cost * weight.max(1e-6);
        let (_, values) = self.records.row(row);
        let norm = values.iter().map(|&value| f64::from(value) * f64::from(value)).sum::<f64>() + self.bias * self.bias;
        let share = self.warm.and_then(|shares| shares.get(row)).copied().unwrap_or(0.001);
        let alpha = (share.clamp(1e-8, 1.0 - 1e-8) * upper).min(upper - 1e-8 * upper);
        self.variables.push(Variable { sign, upper, norm, alpha, beta: upper - alpha });
        self.step(row, alpha * sign);
    }

    /// Adds `amount` times the row to the weights.
    fn step(&mut self, row: usize, amount: f64) {
        let (columns, values) = self.records.row(row);
        for (&column, &value) in columns.iter().zip(values) {
            if let Some(weight) = self.weights.get_mut(column as usize) {
                *weight += amount * f64::from(value);
            }
        }
        self.intercept += amount * self.bias;
    }

    fn product(&self, row: usize) -> f64 {
        let (columns, values) = self.records.row(row);
        let mut sum = self.intercept * self.bias;
        for (&column, &value) in columns.iter().zip(values) {
            sum += self.weights.get(column as usize).copied().unwrap_or(0.0) * f64::from(value);
        }
        sum
    }

    fn solve(mut self, settings: &SparseLogisticValid) -> LinearHead {
        let mut order: Vec<usize> = (0..self.variables.len()).collect();
        let mut shuffle = SplitMix(settings.seed);
        let mut passes = 0;
        let mut inner_tolerance: f64 = 1e-2;
        while passes < settings.max_passes {
            shuffle.shuffle(&mut order);
            let mut largest: f64 = 0.0;
            let mut inner_steps = 0;
            for &row in &order {
                let product = self.product(row);
                let Some(variable) = self.variables.get_mut(row) else { continue };
                let (violation, change, steps) = variable.improve(product, inner_tolerance);
                largest = largest.max(violation);
                inner_steps += steps;
                if change != 0.0 {
                    let signed = change * variable.sign;
                    self.step(row, signed);
                }
            }
            passes += 1;
            if largest <= settings.tolerance {
                break;
            }
            // Rows that need hardly any inner step can be solved more exactly.
            if inner_steps <= order.len() / 10 {
                inner_tolerance = (inner_tolerance * 0.1).max(1e-8);
            }
        }
        let dual = self.variables.iter().map(|variable| variable.alpha / variable.upper).collect();
        LinearHead { weights: Array1::from_vec(self.weights), bias: self.intercept * self.bias, dual, passes }
    }
}

impl Variable {
    /// Solves the one-variable subproblem by a guarded Newton method.
    ///
    /// Returns the violation found, the change of alpha, and the Newton steps made.
    fn improve(&mut self, product: f64, inner_tolerance: f64) -> (f64, f64, usize) {
        let (upper, norm) = (self.upper, self.norm);
        let signed = self.sign * product;
        // Work on whichever of alpha and upper - alpha is smaller: near 0 the logarithm is exact there.
        let near_lower = signed + libm::log(self.alpha / self.beta);
        let violation = near_lower.abs();
        let forward = 0.5 * norm * (self.beta - self.alpha) + signed >= 0.0;
        let (old, direction) = if forward { (self.alpha, 1.0) } else { (self.beta, -1.0) };
        let target = signed * direction;
        let mut z = if upper - old < 0.5 * upper { 0.1 * old } else { old };
        let mut slope = norm * (z - old) + target + libm::log(z / (upper - z));
        let mut steps = 0;
        while slope.abs() >= inner_tolerance && steps < 100 {
            let curvature = norm + upper / (upper - z) / z;
            let next = z - slope / curvature;
            z = if next <= 0.0 { z * 0.1 } else { next.min(upper * (1.0 - 1e-15)) };
            slope = norm * (z - old) + target + libm::log(z / (upper - z));
            steps += 1;
        }
        if steps == 0 {
            return (violation, 0.0, 0);
        }
        let before = self.alpha;
        if forward {
            self.alpha = z;
            self.beta = upper - z;
        } else {
            self.beta = z;
            self.alpha = upper - z;
        }
        (violation, self.alpha - before, steps)
    }
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
    fn unchecked_settings_cannot_run() {
        let error = Error::from(SparseLogistic::new(-1.0).check_ref().unwrap_err());
        assert_eq!(error.to_string(), "the cost must be above 0 and finite, is -1");
    }
}
