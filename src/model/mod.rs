//! Sparse linear heads: fitting, calibration, thresholds, and the model directory.

pub mod logistic;
pub mod random;
pub mod sparse;
