//! Samples as the solver of one head holds them: by their columns.

use super::sparse::SparseRecords;

/// Samples by their sparse rows; the weights are kept up to date.
pub struct Explicit<'r> {
    /// Their rows.
    pub records: &'r SparseRecords,
    /// Weights, one a column.
    pub weights: Vec<f64>,
    /// The weight of the constant column.
    pub intercept: f64,
    /// The value of the constant column.
    pub bias: f64,
    /// What is added to the margin of each sample; 0 where there is none.
    pub offsets: &'r [f64],
}

impl Explicit<'_> {
    /// The squared length of a sample, the constant column included.
    pub fn norm(&self, sample: usize) -> f64 {
        let (_, values) = self.records.row(sample);
        values.iter().map(|&value| f64::from(value) * f64::from(value)).sum::<f64>() + self.bias * self.bias
    }

    /// The margin of a sample at the present weights.
    pub fn margin(&self, sample: usize) -> f64 {
        let (columns, values) = self.records.row(sample);
        let mut sum = self.intercept * self.bias + self.offsets.get(sample).copied().unwrap_or(0.0);
        for (&column, &value) in columns.iter().zip(values) {
            sum += self.weights.get(column as usize).copied().unwrap_or(0.0) * f64::from(value);
        }
        sum
    }

    /// Adds `amount` times the sample to the weights.
    pub fn step(&mut self, sample: usize, amount: f64) {
        let (columns, values) = self.records.row(sample);
        for (&column, &value) in columns.iter().zip(values) {
            if let Some(weight) = self.weights.get_mut(column as usize) {
                *weight += amount * f64::from(value);
            }
        }
        self.intercept += amount * self.bias;
    }
}
