//! Several heads learned at once from the products of the same rows.
//!
//! Heads differ in labels, not in rows. Dual coordinate descent (see `dual`) visits a row for all heads and then updates the margins of
//! all heads by one pass over that row of products, which is what the time goes into. Labels may be soft: every row has a
//! weight for either class. The optimum of a head does not depend on which heads are learned beside it.

use super::dual::{Limits, Variable};
use super::gram::Gram;
use super::logistic::DualHead;
use super::random::SplitMix;

/// What heads learn of rows: the targets of a fit on [`GramRows`](super::gram::GramRows).
#[derive(Clone, Debug, Default)]
pub struct Shares {
    /// By head and row, how much the row counts as (negative, positive); a row without a label counts as neither.
    pub heads: Vec<Vec<[f32; 2]>>,
    /// Where each head starts: [`DualHead::dual`] of an earlier fit of the same rows; may be empty.
    pub warm: Vec<Vec<[f64; 2]>>,
    /// By head and row, what is added to the margins before anything is learned; may be empty.
    pub offsets: Vec<Vec<f64>>,
}

/// [`Shares`] of the heads that are solved together.
struct Start<'s> {
    heads: &'s [Vec<[f32; 2]>],
    warm: &'s [Vec<[f64; 2]>],
    offsets: &'s [Vec<f64>],
}

/// Heads whose margins lie side by side.
const LANES: usize = 8;

/// Fits all heads of `shares`; `constant` is the square of the constant column.
pub(super) fn solve(gram: &Gram, shares: &Shares, cost: f64, constant: f64, limits: &Limits) -> Vec<DualHead> {
    let mut fitted = Vec::with_capacity(shares.heads.len());
    for (chunk, heads) in shares.heads.chunks(LANES).enumerate() {
        let warm = shares.warm.get(chunk * LANES..).unwrap_or_default();
        let offsets = shares.offsets.get(chunk * LANES..).unwrap_or_default();
        let start = Start { heads, warm, offsets };
        fitted.extend(match heads.len() {
            1 => Descent::<1>::new(gram, &start, cost, constant).solve(limits),
            2..=4 => Descent::<4>::new(gram, &start, cost, constant).solve(limits),
            _ => Descent::<LANES>::new(gram, &start, cost, constant).solve(limits),
        });
    }
    fitted
}

/// The state of `L` heads, of which the last may be unused.
struct Descent<'g, const L: usize> {
    gram: &'g Gram,
    constant: f64,
    heads: usize,
    /// By row and head, the variables of (negative, positive).
    variables: Vec<[[Variable; 2]; L]>,
    /// By row, without the constant column. Single precision is ample for the tolerance, and what is handed on are the variables.
    margins: Vec<[f32; L]>,
    lanes: [Lane; L],
}

/// How far one head is.
#[derive(Clone, Copy)]
struct Lane {
    /// What the constant column adds to every margin.
    intercept: f64,
    active: bool,
    inner_tolerance: f64,
    /// Of this pass: the largest violation, and the Newton steps.
    largest: f64,
    steps: usize,
    passes: usize,
}

impl<'g, const L: usize> Descent<'g, L> {
    fn new(gram: &'g Gram, start: &Start<'_>, cost: f64, constant: f64) -> Self {
        let Start { heads, warm, offsets } = start;
        let size = gram.size();
        let mut variables = vec![[[Variable::default(); 2]; L]; size];
        for (lane, weights) in heads.iter().enumerate() {
            let warm = warm.get(lane);
            for (row, (slots, weights)) in variables.iter_mut().zip(weights).enumerate() {
                let start = warm.and_then(|shares| shares.get(row));
                let norm = norm(gram, row) + constant;
                let Some(pair) = slots.get_mut(lane) else { continue };
                for (class, (slot, &weight)) in pair.iter_mut().zip(weights).enumerate() {
                    if weight > 0.0 {
                        let share = start.and_then(|shares| shares.get(class)).copied();
                        *slot = Variable::new(class == 1, cost * f64::from(weight.max(1e-6)), norm, share);
                    }
                }
            }
        }
        let lane = Lane { intercept: 0.0, active: false, inner_tolerance: 1e-2, largest: 0.0, steps: 0, passes: 0 };
        let mut lanes = [lane; L];
        lanes.iter_mut().take(heads.len()).for_each(|lane| lane.active = true);
        let mut descent =
            Descent { gram, constant, heads: heads.len(), variables, margins: vec![[0.0; L]; size], lanes };
        for (lane, offsets) in offsets.iter().take(heads.len()).enumerate() {
            for (margins, &offset) in descent.margins.iter_mut().zip(offsets) {
                if let Some(margin) = margins.get_mut(lane) {
                    *margin = offset as f32;
                }
            }
        }
        for row in 0..size {
            let amounts = descent.variables.get(row).map_or([0.0; L], |slots| slots.map(amount));
            descent.step(row, amounts);
        }
        descent
    }

    /// Descends until the optimality conditions of every head hold.
    fn solve(mut self, limits: &Limits) -> Vec<DualHead> {
        let rows = self.gram.size();
        let mut order: Vec<usize> = (0..rows).collect();
        let mut shuffle = SplitMix(limits.seed);
        for pass in 1..=limits.max_passes {
            shuffle.shuffle(&mut order);
            self.lanes.iter_mut().for_each(|lane| (lane.largest, lane.steps) = (0.0, 0));
            for &row in &order {
                let changes = self.visit(row);
                if changes.iter().any(|change| *change != 0.0) {
                    self.step(row, changes);
                }
            }
            for lane in self.lanes.iter_mut().filter(|lane| lane.active) {
                lane.passes = pass;
                lane.active = lane.largest > limits.tolerance;
                // Samples that need hardly any inner step can be solved more exactly, though no more than is asked for.
                if lane.steps <= rows / 10 {
                    lane.inner_tolerance = (lane.inner_tolerance * 0.1).max(limits.tolerance * 0.2);
                }
            }
            if !self.lanes.iter().any(|lane| lane.active) {
                break;
            }
        }
        (0..self.heads).map(|lane| self.head(lane)).collect()
    }

    /// Solves the subproblems of one row and returns by how much its amounts change.
    fn visit(&mut self, row: usize) -> [f64; L] {
        let mut changes = [0.0; L];
        let (Some(slots), Some(margins)) = (self.variables.get_mut(row), self.margins.get(row)) else { return changes };
        let norm = norm(self.gram, row) + self.constant;
        let lanes = self.lanes.iter_mut().zip(slots).zip(margins).zip(&mut changes);
        for (((lane, pair), &margin), sum) in lanes.filter(|(((lane, _), _), _)| lane.active) {
            for variable in pair.iter_mut().filter(|variable| variable.upper > 0.0) {
                let margin = f64::from(margin) + lane.intercept + *sum * norm;
                let (violation, change, steps) = variable.improve(margin, lane.inner_tolerance);
                lane.largest = lane.largest.max(violation);
                lane.steps += steps;
                *sum += change * variable.sign;
            }
        }
        changes
    }

    /// Adds `amounts` times the row to the weights.
    fn step(&mut self, row: usize, amounts: [f64; L]) {
        for (lane, amount) in self.lanes.iter_mut().zip(amounts) {
            lane.intercept += amount * self.constant;
        }
        let amounts = amounts.map(|amount| amount as f32);
        for (margins, &product) in self.margins.iter_mut().zip(self.gram.row(row)) {
            for (margin, amount) in margins.iter_mut().zip(amounts) {
                *margin += amount * product;
            }
        }
    }

    fn head(&self, lane: usize) -> DualHead {
        let pairs = || self.variables.iter().filter_map(|slots| slots.get(lane));
        DualHead {
            amounts: pairs().map(|&pair| amount(pair)).collect(),
            dual: pairs().map(|pair| pair.map(|variable| variable.share())).collect(),
            passes: self.lanes.get(lane).map_or(0, |lane| lane.passes),
        }
    }
}

/// The squared length of a row without the constant column.
fn norm(gram: &Gram, row: usize) -> f64 {
    gram.row(row).get(row).copied().map_or(0.0, f64::from)
}

fn amount(pair: [Variable; 2]) -> f64 {
    pair.iter().map(Variable::amount).sum()
}
