//! Learning and honest evaluation: grouping, cross-validation, training, figures.

pub mod baseline;
pub mod cross;
pub mod figures;
pub mod groups;
pub mod metrics;
pub mod prepare;
pub mod train;
