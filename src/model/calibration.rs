//! From margins to probabilities, fitted on margins of rows the head did not learn from.

use linfa::ParamGuard;
use linfa::composing::platt_scaling::{PlattParams, platt_newton_method};
use ndarray::ArrayView1;

use super::config::HeadConfig;
use crate::error::{Error, ErrorKind, Result};

/// The least slope: order is kept, probabilities hardly differ.
const FLAT: f64 = 1e-6;

/// Platt's scaling (Platt 1999, with the Newton method of Lin, Lin and Weng 2007) as `(slope, offset)`:
/// probability = 1 / (1 + exp(−(slope × margin + offset))).
///
/// Both numbers are rounded to six significant digits, so that the last bits of a platform's mathematical
/// functions do not reach a model file.
///
/// Margins that order unseen rows no better than chance, or the wrong way round, say nothing of a probability; then the share of
/// positives (add-one smoothed) is everyone's, with a slope of `FLAT`.
///
/// # Errors
/// `Training` when the method does not converge.
pub fn platt(margins: &[f64], targets: &[bool]) -> Result<(f64, f64)> {
    let refuse = |text: String| Error::new(ErrorKind::Training, format!("calibration failed: {text}"));
    let params = PlattParams::<f64, HeadConfig>::default();
    let params = params.check_ref().map_err(|error| refuse(error.to_string()))?;
    let (a, b) = platt_newton_method(ArrayView1::from(margins), ArrayView1::from(targets), params)
        .map_err(|error| refuse(error.to_string()))?;
    // linfa's sign is Platt's: exp(+(a × margin + b)) in the denominator.
    let (slope, offset) = (round(-a, 6), round(-b, 6));
    if slope >= FLAT && slope.is_finite() && offset.is_finite() {
        return Ok((slope, offset));
    }
    let positives = targets.iter().filter(|&&target| target).count();
    let odds = (positives + 1) as f64 / (targets.len() - positives + 1) as f64;
    Ok((FLAT, round(libm::log(odds), 6)))
}

/// `value` with `digits` significant decimal digits.
pub fn round(value: f64, digits: usize) -> f64 {
    format!("{value:.*e}", digits.saturating_sub(1)).parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::config::sigmoid;

    #[test]
    fn rounding_keeps_significant_digits() {
        assert_eq!(round(0.001_234_567_8, 6), 0.001_234_57);
        assert_eq!(round(-12_345.678, 3), -12_300.0);
        assert_eq!(round(0.0, 6), 0.0);
    }

    /// A dozen labels unrelated to the text once gave a negative slope, and a model that could not be loaded.
    #[test]
    fn margins_that_point_the_wrong_way_give_everyone_the_share_of_positives() {
        let margins: Vec<f64> = (0..12).map(f64::from).collect();
        let targets: Vec<bool> = (0..12).map(|row| row < 4).collect();
        let (slope, offset) = platt(&margins, &targets).unwrap();
        assert!(slope > 0.0 && (sigmoid(slope * 6.0 + offset) - 5.0 / 14.0).abs() < 1e-4, "{slope} {offset}");
    }

    /// With margins that are true log-odds, calibration must find slope 1 and offset 0.
    #[test]
    fn honest_log_odds_are_left_alone() {
        let mut margins = Vec::new();
        let mut targets = Vec::new();
        for step in -20..=20 {
            let margin = f64::from(step) / 5.0;
            let positives = (sigmoid(margin) * 1000.0).round() as usize;
            for index in 0..1000 {
                margins.push(margin);
                targets.push(index < positives);
            }
        }
        let (slope, offset) = platt(&margins, &targets).unwrap();
        assert!((slope - 1.0).abs() < 0.01 && offset.abs() < 0.01, "{slope} {offset}");
    }
}
