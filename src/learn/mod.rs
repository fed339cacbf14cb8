//! Learning and honest evaluation: grouping, cross-validation, training, figures.

pub mod baseline;
pub mod bootstrap;
pub mod cross;
pub mod curves;
pub mod figures;
pub mod groups;
pub mod leakage;
pub mod learned;
pub mod learning_curve;
pub mod metrics;
pub mod neighbours;
pub mod nested;
pub mod paired;
pub mod phrases;
pub mod prepare;
pub mod scored;
pub mod summary;
pub mod svd;
pub mod table;
pub mod threshold;
pub mod train;
pub mod vectors;
