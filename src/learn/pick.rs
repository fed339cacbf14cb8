//! Which of a pool to label next: uncertain × typical × unlike what is known already.
//!
//! Uncertainty alone asks for twenty ads of one kind and for oddities. So an ad's uncertainty is multiplied with its density, how near
//! its ten nearest neighbours in the pool are (Settles and Craven, "An analysis of active learning strategies for sequence labeling
//! tasks", EMNLP 2008, weigh by density likewise), and with its novelty, how far the nearest labelled or chosen ad is. Ads are
//! chosen one by one, and every choice lowers the novelty of those near it.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::ad::Lang;
use crate::model::random::SplitMix;

/// An ad that may be chosen.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Its place in the pool.
    pub row: usize,
    /// Its vector.
    pub vector: Vec<f32>,
    /// How unsure a model is of it, 0 (sure) to 1 (even); 1 for all without a model.
    pub uncertainty: f64,
    /// Its language.
    pub lang: Lang,
}

/// An ad that was chosen, with what it was chosen for.
#[derive(Clone, Debug, PartialEq)]
pub struct Picked {
    /// Its place in the pool.
    pub row: usize,
    /// How unsure a model is of it, 0 to 1.
    pub uncertainty: f64,
    /// The mean cosine to its nearest neighbours in the pool, 0 to 1.
    pub density: f64,
    /// One less the cosine to the nearest labelled or chosen ad, 0 to 1, at the time it was chosen.
    pub novelty: f64,
}

/// How much the three count: exponents of the factors of the product, 0 leaves one out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Balance {
    /// Of uncertainty.
    pub uncertainty: f64,
    /// Of density.
    pub density: f64,
    /// Of novelty.
    pub novelty: f64,
}

impl Default for Balance {
    fn default() -> Self {
        Balance { uncertainty: 1.0, density: 0.5, novelty: 0.5 }
    }
}

/// Neighbours whose nearness makes the density.
const NEIGHBOURS: usize = 10;
/// The most ads that neighbours are looked for among: a sample of a larger pool.
const SAMPLE: usize = 2000;
/// Factors are kept above this, so that a 0 in one does not make all candidates alike.
const FLOOR: f64 = 0.01;

/// Chooses `count` ads of `pool`; `known` are the vectors of what is labelled already, and `quotas` say how many of a language there
/// must be (the rest goes to any language). Ties go to the earlier ad, so the choice is the same every time.
pub fn pick(
    pool: &[Candidate],
    known: &[Vec<f32>],
    count: usize,
    quotas: &BTreeMap<&'static str, usize>,
    balance: Balance,
    seed: u64,
) -> Vec<Picked> {
    let unit: Vec<Vec<f32>> = pool.iter().map(|candidate| normed(&candidate.vector)).collect();
    let known: Vec<Vec<f32>> = known.iter().map(|vector| normed(vector)).collect();
    let density = densities(&unit, seed);
    let mut nearest: Vec<f32> =
        unit.par_iter().map(|one| known.iter().map(|other| dot(one, other)).fold(-1.0, f32::max)).collect();
    let mut open: Vec<bool> = vec![true; pool.len()];
    let mut left = quotas.clone();
    let mut picked = Vec::new();
    while picked.len() < count {
        let reserved: usize = left.values().sum();
        // As long as there is room beside what is reserved, any language may come.
        let free = count - picked.len() > reserved;
        let best = (0..pool.len())
            .into_par_iter()
            .filter(|&at| open.get(at) == Some(&true))
            .filter_map(|at| {
                let candidate = pool.get(at)?;
                let wanted = left.get(candidate.lang.as_str()).is_some_and(|&left| left > 0);
                let novelty = (1.0 - f64::from(*nearest.get(at)?)).clamp(0.0, 1.0);
                let density = *density.get(at)?;
                let factor = |value: f64, power: f64| libm::pow(value.max(FLOOR), power);
                let score = factor(candidate.uncertainty, balance.uncertainty)
                    * factor(density, balance.density)
                    * factor(novelty, balance.novelty);
                (free || wanted).then_some((score, at, density, novelty))
            })
            .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
        let Some((_, at, density, novelty)) = best else {
            // No ad is left of a language that a quota asks for; its places go to the others.
            if reserved == 0 {
                break;
            }
            left.retain(|lang, _| {
                pool.iter().zip(&open).any(|(candidate, &open)| open && candidate.lang.as_str() == *lang)
            });
            if left.values().sum::<usize>() == reserved {
                break;
            }
            continue;
        };
        if let (Some(slot), Some(candidate), Some(chosen)) = (open.get_mut(at), pool.get(at), unit.get(at)) {
            *slot = false;
            if let Some(left) = left.get_mut(candidate.lang.as_str()) {
                *left = left.saturating_sub(1);
            }
            picked.push(Picked { row: candidate.row, uncertainty: candidate.uncertainty, density, novelty });
            nearest.par_iter_mut().zip(&unit).for_each(|(nearest, one)| *nearest = nearest.max(dot(one, chosen)));
        }
    }
    picked
}

/// The mean cosine of every ad to its nearest neighbours, not below 0.
fn densities(unit: &[Vec<f32>], seed: u64) -> Vec<f64> {
    let mut sample: Vec<usize> = (0..unit.len()).collect();
    if sample.len() > SAMPLE {
        SplitMix(seed).shuffle(&mut sample);
        sample.truncate(SAMPLE);
        sample.sort_unstable();
    }
    unit.par_iter()
        .enumerate()
        .map(|(at, one)| {
            let others = sample.iter().filter(|&&other| other != at).filter_map(|&other| unit.get(other));
            let mut near: Vec<f32> = others.map(|other| dot(one, other)).collect();
            near.sort_by(|a, b| b.total_cmp(a));
            near.truncate(NEIGHBOURS);
            let sum: f64 = near.iter().map(|&cosine| f64::from(cosine.max(0.0))).sum();
            if near.is_empty() { 0.0 } else { sum / near.len() as f64 }
        })
        .collect()
}

/// The vector at length 1; 0 stays 0.
fn normed(vector: &[f32]) -> Vec<f32> {
    let length = libm::sqrt(vector.iter().map(|&value| f64::from(value) * f64::from(value)).sum());
    vector.iter().map(|&value| if length > 0.0 { (f64::from(value) / length) as f32 } else { 0.0 }).collect()
}

fn dot(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(row: usize, vector: [f32; 2], uncertainty: f64, lang: Lang) -> Candidate {
        Candidate { row, vector: vector.to_vec(), uncertainty, lang }
    }

    fn rows(picked: &[Picked]) -> Vec<usize> {
        picked.iter().map(|picked| picked.row).collect()
    }

    #[test]
    fn a_second_ad_of_a_kind_comes_after_one_of_another() {
        // Two pairs that point the same way; 0 is the least sure, 1 its twin.
        let pool = [
            candidate(0, [1.0, 0.0], 1.0, Lang::En),
            candidate(1, [1.0, 0.01], 0.99, Lang::En),
            candidate(2, [0.0, 1.0], 0.6, Lang::En),
            candidate(3, [0.01, 1.0], 0.5, Lang::En),
        ];
        let picked = pick(&pool, &[], 4, &BTreeMap::new(), Balance::default(), 1);
        assert_eq!(rows(&picked), [0, 2, 1, 3]);
        // What is labelled already counts like what was chosen.
        let picked = pick(&pool, &[vec![2.0, 0.0]], 1, &BTreeMap::new(), Balance::default(), 1);
        assert_eq!(rows(&picked), [2]);
    }

    #[test]
    fn quotas_are_kept_as_far_as_the_pool_goes_and_the_rest_is_free() {
        let pool: Vec<Candidate> = (0..10)
            .map(|row| candidate(row, [1.0, row as f32], 1.0, if row < 2 { Lang::He } else { Lang::En }))
            .collect();
        let he = |picked: &[Picked]| picked.iter().filter(|picked| picked.row < 2).count();
        for (asked, got) in [(1, 1), (2, 2), (4, 2)] {
            let picked = pick(&pool, &[], 5, &BTreeMap::from([("he", asked)]), Balance::default(), 1);
            assert_eq!((picked.len(), he(&picked) >= got), (5, true), "{asked}");
        }
        let english = pick(&pool, &[], 5, &BTreeMap::from([("en", 5)]), Balance::default(), 1);
        assert_eq!(he(&english), 0);
        assert_eq!(pick(&pool, &[], 50, &BTreeMap::new(), Balance::default(), 1).len(), 10);
        assert!(pick(&[], &[], 3, &BTreeMap::from([("he", 2)]), Balance::default(), 1).is_empty());
    }
}
