//! Bootstrap intervals, with whole groups drawn.
//!
//! Ads of one employer and near-duplicates are not independent; drawing rows one by one would call an interval narrower
//! than it is. All figures of a set use the same draws, so differences between them are paired.

use rayon::prelude::*;
use serde::Serialize;

use crate::model::random::SplitMix;

/// A figure with its 95% percentile bootstrap interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The figure on all rows.
    pub value: f64,
    /// The 2.5th percentile.
    pub low: f64,
    /// The 97.5th percentile.
    pub high: f64,
}

/// How many bootstrap samples an interval rests on.
pub const RESAMPLES: usize = 2000;

/// The seed of bootstrap samples; fixed, so that a report is the same every time.
const SEED: u64 = 20;

/// Samples of a set of rows, drawn by group with replacement.
#[derive(Clone, Debug)]
pub struct Resamples {
    /// How often each row stands in each sample.
    samples: Vec<Vec<u32>>,
    /// Every row once.
    whole: Vec<u32>,
    /// The number of groups.
    pub groups: usize,
}

impl Resamples {
    /// Draws as many groups as there are, [`RESAMPLES`] times; `groups[i]` is the group of row `i`.
    pub fn new(groups: &[usize]) -> Resamples {
        let mut numbers: Vec<usize> = groups.to_vec();
        numbers.sort_unstable();
        numbers.dedup();
        let places: Vec<usize> = groups.iter().filter_map(|group| numbers.binary_search(group).ok()).collect();
        let samples = (0..RESAMPLES as u64)
            .into_par_iter()
            .map(|sample| {
                let mut random = SplitMix(SplitMix(SEED ^ (sample << 8)).next_u64());
                let mut drawn = vec![0u32; numbers.len()];
                for _ in 0..numbers.len() {
                    if let Some(count) = drawn.get_mut(random.below(numbers.len())) {
                        *count += 1;
                    }
                }
                places.iter().map(|&place| drawn.get(place).copied().unwrap_or(0)).collect()
            })
            .collect();
        Resamples { samples, whole: vec![1; groups.len()], groups: numbers.len() }
    }

    /// `figure` on all rows with its interval; it is told how often each row stands in the sample.
    ///
    /// Samples on which the figure does not exist (one class only) are left out. `None` when it does not exist on all
    /// rows.
    pub fn estimate(&self, figure: impl Fn(&[u32]) -> Option<f64> + Sync) -> Option<Estimate> {
        let value = figure(&self.whole)?;
        let mut values: Vec<f64> = self.samples.par_iter().filter_map(|counts| figure(counts)).collect();
        values.sort_by(f64::total_cmp);
        let at = |share| percentile(&values, share).unwrap_or(value);
        Some(Estimate { value, low: at(0.025), high: at(0.975) })
    }
}

/// The value below which `share` of ascending `values` lie, between neighbours in proportion (numpy's default).
fn percentile(values: &[f64], share: f64) -> Option<f64> {
    let place = share * values.len().checked_sub(1)? as f64;
    let (low, high) = (values.get(place.floor() as usize)?, values.get(place.ceil() as usize)?);
    Some(low + (high - low) * (place - place.floor()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(values: &[f64], counts: &[u32]) -> Option<f64> {
        let n: u32 = counts.iter().sum();
        (n > 0).then(|| values.iter().zip(counts).map(|(v, &c)| v * f64::from(c)).sum::<f64>() / f64::from(n))
    }

    /// What 2,000 draws may miss the end of an interval by: three and a half times the Monte Carlo error of the 2.5th
    /// percentile, sqrt(0.025 × 0.975 / 2000) / density = 0.0035 / 0.066 = 0.053 for the values below.
    const MONTE_CARLO: f64 = 0.186;

    /// 40 values; scipy 1.17.1, `bootstrap((x,), np.mean, method="percentile", n_resamples=200_000)`.
    #[test]
    fn the_interval_of_a_mean_is_that_of_scipy() {
        let values: Vec<f64> = (0..40).map(|i| f64::from(i * i % 17)).collect();
        let rows: Vec<usize> = (0..40).collect();
        let found = Resamples::new(&rows).estimate(|counts| mean(&values, counts)).unwrap();
        assert!((found.value - 7.75).abs() < 1e-12, "{found:?}");
        assert!((found.low - 6.025).abs() < MONTE_CARLO && (found.high - 9.500).abs() < MONTE_CARLO, "{found:?}");
    }

    /// The same values standing four times each: rows drawn one by one would halve the interval, groups keep it.
    #[test]
    fn groups_keep_repeated_rows_from_narrowing_the_interval() {
        let values: Vec<f64> = (0..160).map(|i| f64::from((i / 4) * (i / 4) % 17)).collect();
        let groups: Vec<usize> = (0..160).map(|i| i / 4).collect();
        let rows: Vec<usize> = (0..160).collect();
        let by_group = Resamples::new(&groups).estimate(|counts| mean(&values, counts)).unwrap();
        let by_row = Resamples::new(&rows).estimate(|counts| mean(&values, counts)).unwrap();
        assert!(
            (by_group.low - 6.025).abs() < MONTE_CARLO && (by_group.high - 9.500).abs() < MONTE_CARLO,
            "{by_group:?}"
        );
        let ratio = (by_row.high - by_row.low) / (by_group.high - by_group.low);
        assert!((ratio - 0.5).abs() < 0.06, "{ratio}");
    }

    #[test]
    fn percentiles_are_those_of_numpy() {
        // numpy.percentile([1, 2, 4, 8], [2.5, 50, 97.5])
        let values = [1.0, 2.0, 4.0, 8.0];
        let found: Vec<f64> = [0.025, 0.5, 0.975].iter().map(|&share| percentile(&values, share).unwrap()).collect();
        assert!(found.iter().zip([1.075, 3.0, 7.7]).all(|(a, b)| (a - b).abs() < 1e-12), "{found:?}");
        assert_eq!(percentile(&[], 0.5), None);
    }
}
