//! How probabilities are spread, and how far that has moved: the population stability index.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ad::Lang;
use crate::label::HEADS;

/// Equal parts of 0 to 1 that probabilities are counted in.
pub const BINS: usize = 20;
/// Ads that either side of a comparison needs at least.
pub const FEWEST: u64 = 20;
/// The share that a group of parts has at least, in the mean of both sides.
const SMALLEST: f64 = 0.05;

/// How many probabilities fall into each of [`BINS`] equal parts of 0 to 1; 1 itself is in the last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Distribution([u64; BINS]);

/// How much a population has moved, by the limits in use: below 0.1 little, from 0.25 on much.
///
/// Lewis, *An Introduction to Credit Scoring* (1994); Siddiqi, *Credit Risk Scorecards* (2006).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Movement {
    /// Below 0.1.
    Little,
    /// Beyond a limit, but as far as that samples of this size differ by chance.
    Unknown,
    /// 0.1 to 0.25.
    Some,
    /// 0.25 and above.
    Much,
}

/// The difference between two distributions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drift {
    /// The population stability index: the sum of (a − b) ln(a / b) over the shares a and b of all groups of parts; 0 and up.
    pub psi: f64,
    /// What two samples of this size from one population exceed in one case of twenty.
    pub chance: f64,
}

impl Drift {
    /// What it says.
    pub fn movement(self) -> Movement {
        match self.psi {
            psi if psi < 0.1 => Movement::Little,
            psi if psi < self.chance => Movement::Unknown,
            psi if psi < 0.25 => Movement::Some,
            _ => Movement::Much,
        }
    }
}

impl Distribution {
    /// Counts `p`, which is between 0 and 1.
    pub fn add(&mut self, p: f64) {
        let bin = ((p * BINS as f64) as usize).min(BINS - 1);
        if let Some(count) = self.0.get_mut(bin) {
            *count += 1;
        }
    }

    /// Counts all that `other` has.
    pub fn merge(&mut self, other: &Distribution) {
        self.0.iter_mut().zip(other.0).for_each(|(count, more)| *count += more);
    }

    /// How many were counted.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// The share of each part; 0 of nothing.
    pub fn shares(&self) -> [f64; BINS] {
        let total = self.total().max(1) as f64;
        self.0.map(|count| count as f64 / total)
    }

    /// How far this is from `reference`; `None` when either has fewer than [`FEWEST`].
    ///
    /// Neighbouring parts are taken together until they hold a twentieth of the mean of both, and each group counts half an ad
    /// more than it has, so that an empty one does not make the index infinite. By chance alone the index is distributed like
    /// χ² with one degree of freedom less than there are groups, times 1/n + 1/m (Yurdakul and Naranjo, *Statistical
    /// properties of the population stability index*, 2020).
    pub fn drift(&self, reference: &Distribution) -> Option<Drift> {
        let (n, m) = (self.total(), reference.total());
        if n < FEWEST || m < FEWEST {
            return None;
        }
        let (n, m) = (n as f64, m as f64);
        let mut groups: Vec<(f64, f64)> = Vec::with_capacity(BINS);
        let mut open = (0.0, 0.0);
        for (&a, &b) in self.0.iter().zip(&reference.0) {
            open = (open.0 + a as f64, open.1 + b as f64);
            if open.0 / n + open.1 / m >= 2.0 * SMALLEST {
                groups.push(std::mem::take(&mut open));
            }
        }
        if let Some(last) = groups.last_mut() {
            *last = (last.0 + open.0, last.1 + open.1);
        }
        let more = groups.len() as f64 / 2.0;
        let psi = groups.iter().map(|(a, b)| {
            let (a, b) = ((a + 0.5) / (n + more), (b + 0.5) / (m + more));
            (a - b) * libm::log(a / b)
        });
        Some(Drift { psi: psi.sum(), chance: chi_square(groups.len().saturating_sub(1)) * (1.0 / n + 1.0 / m) })
    }
}

/// The 95% point of χ² with `freedom` degrees of freedom (Wilson and Hilferty, 1931; within 2% from 2 degrees on).
fn chi_square(freedom: usize) -> f64 {
    if freedom == 0 {
        return 0.0;
    }
    let part = 2.0 / (9.0 * freedom as f64);
    freedom as f64 * libm::pow(1.0 - part + 1.644_853_627 * part.sqrt(), 3.0)
}

/// Distributions by language and head, in a fixed order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Distributions(BTreeMap<(&'static str, &'static str), Distribution>);

impl Distributions {
    /// Counts the probability `p` of `head` on an ad in `lang`; a head of another name is left out.
    pub fn add(&mut self, lang: Lang, head: &str, p: f64) {
        if let Some(head) = HEADS.into_iter().find(|known| *known == head) {
            self.0.entry((lang.as_str(), head)).or_default().add(p);
        }
    }

    /// Puts one in, as it was read from a file; unknown languages and heads are left out.
    pub fn insert(&mut self, lang: &str, head: &str, distribution: &Distribution) {
        let lang = Lang::ALL.into_iter().map(Lang::as_str).find(|known| *known == lang);
        let head = HEADS.into_iter().find(|known| *known == head);
        if let Some(key) = lang.zip(head) {
            self.0.entry(key).or_default().merge(distribution);
        }
    }

    /// Counts all that `other` has.
    pub fn merge(&mut self, other: &Distributions) {
        for (key, more) in &other.0 {
            self.0.entry(*key).or_default().merge(more);
        }
    }

    /// The probabilities of `head` on ads in `lang`.
    pub fn get(&self, lang: &str, head: &str) -> Option<&Distribution> {
        self.0.iter().find(|((of, name), _)| *of == lang && *name == head).map(|(_, found)| found)
    }

    /// All, as language, head, distribution.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &'static str, &Distribution)> {
        self.0.iter().map(|(&(lang, head), found)| (lang, head, found))
    }

    /// True when nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(counts: &[(usize, u64)]) -> Distribution {
        let mut found = Distribution::default();
        for &(bin, count) in counts {
            found.0[bin] = count;
        }
        found
    }

    /// NumPy: `a = [30.5/102, 50.5/102, 20.5/102, .5/102]`, `b = [100.5/402, 100.5/402, 100.5/402, 100.5/402]`,
    /// `sum((a-b)*log(a/b))`; SciPy: `chi2.ppf(.95, 3) * (1/100 + 1/400)`.
    #[test]
    fn the_index_is_that_of_numpy() {
        let found = of(&[(0, 30), (5, 50), (9, 20)]);
        let drift = found.drift(&of(&[(0, 100), (5, 100), (9, 100), (19, 100)])).unwrap();
        assert!((drift.psi - 1.150_632_567_729_181_3).abs() < 1e-9, "{drift:?}");
        assert!((drift.chance - 0.097_684_098_790_639_75).abs() < 1e-3, "{drift:?}");
        assert_eq!(drift.movement(), Movement::Much);
    }

    /// SciPy 1.17.1: `chi2.ppf(.95, [2, 5, 10, 19])`.
    #[test]
    fn the_limit_of_chance_is_that_of_scipy() {
        for (freedom, expected) in [(2, 5.991_464_55), (5, 11.070_497_69), (10, 18.307_038_05), (19, 30.143_527_21)] {
            assert!((chi_square(freedom) / expected - 1.0).abs() < 0.02, "{freedom}: {}", chi_square(freedom));
        }
        assert_eq!(chi_square(0), 0.0);
    }

    #[test]
    fn the_same_does_not_move_and_few_say_nothing() {
        let one = of(&[(1, 40), (12, 60)]);
        assert_eq!(one.drift(&one).unwrap().psi, 0.0);
        assert_eq!(one.drift(&of(&[(1, 19)])), None);
        // All in one part, then all in another: no group is empty on both sides.
        let moved = of(&[(0, 500)]).drift(&of(&[(19, 500)])).unwrap();
        assert!(moved.psi > 5.0 && moved.psi.is_finite(), "{moved:?}");
        // Thirty ads against thirty: beyond 0.1, yet no more than chance.
        let small = of(&[(1, 15), (12, 15)]).drift(&of(&[(1, 20), (12, 10)])).unwrap();
        assert_eq!(small.movement(), Movement::Unknown, "{small:?}");
    }

    #[test]
    fn every_probability_has_a_part_and_merging_is_counting() {
        let mut all = Distribution::default();
        [0.0, 0.049, 0.05, 0.999, 1.0].iter().for_each(|&p| all.add(p));
        assert_eq!(all, of(&[(0, 2), (1, 1), (19, 2)]));
        let (mut left, mut right) = (Distributions::default(), Distributions::default());
        left.add(Lang::He, "vague", 0.3);
        right.add(Lang::He, "vague", 0.3);
        right.add(Lang::He, "no such head", 0.3);
        left.merge(&right);
        assert_eq!(left.iter().count(), 1);
        assert_eq!(left.get("he", "vague"), Some(&of(&[(6, 2)])));
    }
}
