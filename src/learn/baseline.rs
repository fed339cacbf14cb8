//! The simpler models every figure is shown beside: length alone, and the lexicons alone.
//!
//! Their inputs are a few dense columns, so they are linfa's own logistic regression.

use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_logistic::LogisticRegression;
use ndarray::{Array1, Array2, ShapeBuilder};

use super::threshold::best_kappa;
use crate::model::calibration::round;
use crate::model::config::{Baselines, Logit};

/// The inputs of the baselines for one ad.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BaselineRow {
    /// The natural logarithm of one more than the number of words.
    pub length: f64,
    /// The lexicon columns.
    pub lexicon: Vec<f64>,
}

impl BaselineRow {
    /// The inputs from the number of words and the rubric measures with their names.
    pub fn new(words: u32, names: &[String], measures: &[f32]) -> Self {
        let lexicon = names
            .iter()
            .zip(measures)
            .filter(|(name, _)| name.starts_with("lexicon:"))
            .map(|(_, &value)| f64::from(value))
            .collect();
        BaselineRow { length: libm::log1p(f64::from(words)), lexicon }
    }
}

/// Fits both baselines for one head; a baseline that cannot be fitted says 0.5 to everything.
pub fn fit(rows: &[&BaselineRow], targets: &[bool]) -> Baselines {
    let length: Vec<Vec<f64>> = rows.iter().map(|row| vec![row.length]).collect();
    let lexicon: Vec<Vec<f64>> = rows.iter().map(|row| row.lexicon.clone()).collect();
    Baselines { length: logit(&length, targets), lexicon: logit(&lexicon, targets) }
}

/// Logistic regression with a slight penalty; weights rounded, as they are written into a model file.
fn logit(rows: &[Vec<f64>], targets: &[bool]) -> Logit {
    let width = rows.first().map_or(0, Vec::len);
    let positives = targets.iter().filter(|&&target| target).count();
    if width == 0 || positives == 0 || positives == targets.len() {
        return Logit::default();
    }
    // Column-major input makes linfa's products several times faster.
    let mut records = Array2::<f64>::zeros((rows.len(), width).f());
    for (mut row, values) in records.rows_mut().into_iter().zip(rows) {
        for (cell, value) in row.iter_mut().zip(values) {
            *cell = *value;
        }
    }
    let dataset = DatasetBase::new(records, Array1::from_vec(targets.to_vec()));
    let Ok(fitted) = LogisticRegression::default().alpha(1.0).max_iterations(200).fit(&dataset) else {
        return Logit::default();
    };
    // linfa's margin is that of the class it calls positive, which need not be `true`.
    let sign = if fitted.labels().pos.class { 1.0 } else { -1.0 };
    let mut logit = Logit {
        weights: fitted.params().iter().map(|weight| round(sign * weight, 4)).collect(),
        bias: round(sign * fitted.intercept(), 4),
        ..Logit::default()
    };
    let probabilities: Vec<f64> = rows.iter().map(|row| logit.probability(row)).collect();
    logit.threshold = best_kappa(&probabilities, targets);
    logit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sign_is_that_of_true_whichever_class_is_larger() {
        for flip in [false, true] {
            let rows: Vec<BaselineRow> =
                (0..40).map(|i| BaselineRow { length: f64::from(i) / 10.0, lexicon: vec![f64::from(i % 3)] }).collect();
            let targets: Vec<bool> = (0..40).map(|i| (i > 25) != flip).collect();
            let fitted = fit(&rows.iter().collect::<Vec<_>>(), &targets);
            let long = fitted.length.probability(&[3.9]);
            assert_eq!(long > 0.5, !flip, "{long}");
        }
    }

    #[test]
    fn one_class_says_one_half() {
        let row = BaselineRow { length: 1.0, lexicon: vec![0.0] };
        assert_eq!(fit(&[&row, &row], &[true, true]).length.probability(&[1.0]), 0.5);
    }
}
