//! The two ways of holding samples for the solver: by their columns, and by their products.

use super::gram::{Gram, GramRows};
use super::sparse::SparseRecords;

/// What the solver asks of its samples.
pub trait Samples {
    /// The squared length of a sample, the constant column included.
    fn norm(&self, sample: usize) -> f64;
    /// The margin of a sample at the present weights.
    fn margin(&self, sample: usize) -> f64;
    /// Adds `amount` times the sample to the weights.
    fn step(&mut self, sample: usize, amount: f64);
}

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

impl Samples for Explicit<'_> {
    fn norm(&self, sample: usize) -> f64 {
        let (_, values) = self.records.row(sample);
        values.iter().map(|&value| f64::from(value) * f64::from(value)).sum::<f64>() + self.bias * self.bias
    }

    fn margin(&self, sample: usize) -> f64 {
        let (columns, values) = self.records.row(sample);
        let mut sum = self.intercept * self.bias + self.offsets.get(sample).copied().unwrap_or(0.0);
        for (&column, &value) in columns.iter().zip(values) {
            sum += self.weights.get(column as usize).copied().unwrap_or(0.0) * f64::from(value);
        }
        sum
    }

    fn step(&mut self, sample: usize, amount: f64) {
        let (columns, values) = self.records.row(sample);
        for (&column, &value) in columns.iter().zip(values) {
            if let Some(weight) = self.weights.get_mut(column as usize) {
                *weight += amount * f64::from(value);
            }
        }
        self.intercept += amount * self.bias;
    }
}

/// Samples by their products; the margins of all rows are kept up to date.
pub struct Implicit<'g> {
    gram: &'g Gram,
    places: &'g [usize],
    /// Of the rows learned from.
    margins: Vec<f64>,
    /// What each row is multiplied by in the sum that makes the weights.
    amounts: Vec<f64>,
    constant: f64,
    /// What is added to the margin of each row; 0 where there is none.
    offsets: &'g [f64],
}

impl<'g> Implicit<'g> {
    /// Samples at weights of 0; `constant` is the square of the constant column, `offsets` are added to the margins of the rows.
    pub fn new(GramRows { gram, places, learned }: GramRows<'g>, constant: f64, offsets: &'g [f64]) -> Self {
        let mut margins = vec![0.0; learned];
        margins.iter_mut().zip(offsets).for_each(|(margin, &offset)| *margin = offset);
        Implicit { gram, places, margins, amounts: vec![0.0; learned], constant, offsets }
    }

    /// The margins of all rows, also of those that are only scored.
    pub fn all_margins(mut self) -> Vec<f64> {
        for row in self.margins.len()..self.gram.size() {
            let terms = self.amounts.iter().zip(self.gram.row(row));
            let sum: f64 = terms.map(|(amount, &product)| amount * (f64::from(product) + self.constant)).sum();
            self.margins.push(self.offsets.get(row).copied().unwrap_or(0.0) + sum);
        }
        self.margins
    }

    fn place(&self, sample: usize) -> usize {
        self.places.get(sample).copied().unwrap_or(usize::MAX)
    }
}

impl Samples for Implicit<'_> {
    fn norm(&self, sample: usize) -> f64 {
        let place = self.place(sample);
        f64::from(self.gram.row(place).get(place).copied().unwrap_or(0.0)) + self.constant
    }

    fn margin(&self, sample: usize) -> f64 {
        self.margins.get(self.place(sample)).copied().unwrap_or(0.0)
    }

    fn step(&mut self, sample: usize, amount: f64) {
        let place = self.place(sample);
        let products = self.gram.row(place);
        if let Some(sum) = self.amounts.get_mut(place) {
            *sum += amount;
        }
        for (margin, &product) in self.margins.iter_mut().zip(products) {
            *margin += amount * (f64::from(product) + self.constant);
        }
    }
}
