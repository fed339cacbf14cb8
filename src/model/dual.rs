//! Dual coordinate descent for logistic regression with an L2 penalty.
//!
//! The method is that of Yu, Huang and Lin ("Dual coordinate descent methods for logistic regression and maximum entropy
//! models", Machine Learning 85, 2011, algorithm 5), the one behind liblinear's `-s 7`. Samples are visited in an order
//! drawn from a fixed seed, and all sums run in that order, so the same samples give the same bits.

use super::random::SplitMix;
use super::samples::Explicit;

/// When to stop, and in which order to visit.
pub struct Limits {
    /// The largest violation of a sample's optimality condition, in units of the margin.
    pub tolerance: f64,
    /// The most passes over the samples.
    pub max_passes: usize,
    /// The seed of the order.
    pub seed: u64,
}

/// The problem with its samples and the state of the descent.
pub struct Dual<'r> {
    samples: Explicit<'r>,
    variables: Vec<Variable>,
    cost: f64,
}

/// The solution.
pub struct Solved<'r> {
    /// The samples at the final weights.
    pub samples: Explicit<'r>,
    /// Dual variables as shares of their upper bounds.
    pub dual: Vec<f64>,
    /// Passes made.
    pub passes: usize,
}

/// One sample of the dual problem.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Variable {
    /// 1 for a positive sample, -1 for a negative one.
    pub sign: f64,
    /// The upper bound of `alpha`: cost times weight. 0 where there is no sample.
    pub upper: f64,
    norm: f64,
    alpha: f64,
    beta: f64,
}

impl<'r> Dual<'r> {
    /// A problem without samples yet; `samples` start at weights of 0.
    pub fn new(samples: Explicit<'r>, cost: f64) -> Self {
        Dual { samples, variables: Vec::new(), cost }
    }

    /// Adds the next sample; `share` of its upper bound is where its dual variable starts.
    pub fn add(&mut self, sample: usize, target: bool, weight: f64, share: Option<f64>) {
        let variable = Variable::new(target, self.cost * weight.max(1e-6), self.samples.norm(sample), share);
        self.variables.push(variable);
        self.samples.step(sample, variable.amount());
    }

    /// Descends until the optimality conditions hold.
    pub fn solve(mut self, limits: &Limits) -> Solved<'r> {
        let mut order: Vec<usize> = (0..self.variables.len()).collect();
        let mut shuffle = SplitMix(limits.seed);
        let mut passes = 0;
        let mut inner_tolerance: f64 = 1e-2;
        while passes < limits.max_passes {
            shuffle.shuffle(&mut order);
            let mut largest: f64 = 0.0;
            let mut inner_steps = 0;
            for &sample in &order {
                let margin = self.samples.margin(sample);
                let Some(variable) = self.variables.get_mut(sample) else { continue };
                let (violation, change, steps) = variable.improve(margin, inner_tolerance);
                largest = largest.max(violation);
                inner_steps += steps;
                if change != 0.0 {
                    self.samples.step(sample, change * variable.sign);
                }
            }
            passes += 1;
            if largest <= limits.tolerance {
                break;
            }
            // Samples that need hardly any inner step can be solved more exactly, though no more than is asked for.
            if inner_steps <= order.len() / 10 {
                inner_tolerance = (inner_tolerance * 0.1).max(limits.tolerance * 0.2);
            }
        }
        let dual = self.variables.iter().map(Variable::share).collect();
        Solved { samples: self.samples, dual, passes }
    }
}

impl Variable {
    /// A variable that starts at `share` of its upper bound, near 0 where none is given; `norm` is the squared length of the sample.
    pub fn new(target: bool, upper: f64, norm: f64, share: Option<f64>) -> Self {
        let alpha = (share.unwrap_or(0.001).clamp(1e-8, 1.0 - 1e-8) * upper).min(upper - 1e-8 * upper);
        Variable { sign: if target { 1.0 } else { -1.0 }, upper, norm, alpha, beta: upper - alpha }
    }

    /// What the sample is multiplied by in the sum that makes the weights.
    pub fn amount(&self) -> f64 {
        self.alpha * self.sign
    }

    /// The variable as a share of its upper bound.
    pub fn share(&self) -> f64 {
        if self.upper > 0.0 { self.alpha / self.upper } else { 0.0 }
    }

    /// Solves the one-variable subproblem by a guarded Newton method.
    ///
    /// Returns the violation found, the change of alpha, and the Newton steps made.
    pub fn improve(&mut self, product: f64, inner_tolerance: f64) -> (f64, f64, usize) {
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
