//! Many heads learned at once from the same sparse rows: what a row says yes to is a bit a head.
//!
//! Dual coordinate descent (see `dual`) visits a row for all heads and touches its columns once, where the weights of all heads lie side by
//! side. For rows by the ten thousand, whose products would not fit (see `together`).

use linfa::dataset::Records;

use super::dual::{Limits, Variable};
use super::random::SplitMix;
use super::sparse::SparseRecords;

/// Heads side by side.
pub const LANES: usize = 16;

/// The yes or no of each row, a bit a head: the targets of a fit of [`LANES`] heads at once.
#[derive(Clone, Debug, Default)]
pub struct Bits(pub Vec<u16>);

/// The weights of heads fitted together, shape `[columns][heads]`.
pub type LaneHeads = Vec<[f32; LANES]>;

/// Fits all heads; a constant is a column like any other here.
pub(super) fn solve(records: &SparseRecords, targets: &[u16], cost: f64, limits: &Limits) -> LaneHeads {
    let mut weights = vec![[0.0f32; LANES]; records.nfeatures()];
    let mut variables: Vec<[Variable; LANES]> = targets
        .iter()
        .enumerate()
        .map(|(row, &bits)| {
            let (_, values) = records.row(row);
            let norm = values.iter().map(|&value| f64::from(value) * f64::from(value)).sum();
            std::array::from_fn(|lane| Variable::new(bits >> lane & 1 == 1, cost, norm, None))
        })
        .collect();
    for (row, variables) in variables.iter().enumerate() {
        add(&mut weights, records.row(row), variables.map(|variable| variable.amount() as f32));
    }
    let mut order: Vec<usize> = (0..targets.len()).collect();
    let mut shuffle = SplitMix(limits.seed);
    let mut active = [true; LANES];
    let mut inner = [1e-2f64; LANES];
    let mut passes = 0;
    while passes < limits.max_passes && active.contains(&true) {
        passes += 1;
        shuffle.shuffle(&mut order);
        let mut largest = [0.0f64; LANES];
        let mut steps = [0usize; LANES];
        for &row in &order {
            let Some(variables) = variables.get_mut(row) else { continue };
            let columns = records.row(row);
            let margins = sum(&weights, columns);
            let mut changes = [0.0f32; LANES];
            let lanes = variables.iter_mut().zip(margins).zip(&mut changes).enumerate();
            for (lane, ((variable, margin), change)) in lanes.filter(|(lane, _)| active.get(*lane) == Some(&true)) {
                let tolerance = inner.get(lane).copied().unwrap_or(1e-2);
                let (violation, moved, made) = variable.improve(f64::from(margin), tolerance);
                *change = (moved * variable.sign) as f32;
                if let (Some(largest), Some(steps)) = (largest.get_mut(lane), steps.get_mut(lane)) {
                    *largest = largest.max(violation);
                    *steps += made;
                }
            }
            if changes.iter().any(|change| *change != 0.0) {
                add(&mut weights, columns, changes);
            }
        }
        for (((active, inner), largest), steps) in active.iter_mut().zip(&mut inner).zip(largest).zip(steps) {
            *active &= largest > limits.tolerance;
            if steps <= targets.len() / 10 {
                *inner = (*inner * 0.1).max(limits.tolerance * 0.2);
            }
        }
    }
    weights
}

fn sum(weights: &[[f32; LANES]], (columns, values): (&[u32], &[f32])) -> [f32; LANES] {
    let mut sums = [0.0; LANES];
    for (&column, &value) in columns.iter().zip(values) {
        let Some(weights) = weights.get(column as usize) else { continue };
        sums.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += value * weight);
    }
    sums
}

fn add(weights: &mut [[f32; LANES]], (columns, values): (&[u32], &[f32]), amounts: [f32; LANES]) {
    for (&column, &value) in columns.iter().zip(values) {
        let Some(weights) = weights.get_mut(column as usize) else { continue };
        weights.iter_mut().zip(amounts).for_each(|(weight, amount)| *weight += value * amount);
    }
}
