//! The dense measures of an ad: the rubric's, and its length and language.
//!
//! Length is given to the heads openly, one column a language: hidden in the scale of other columns it would weigh all the
//! same, and could not be read off an explanation.

use crate::rubric::{Findings, Rubric};
use crate::text::Analysis;

/// What the length columns are called up to the language.
pub const LENGTH: &str = "length:";

/// The names of the dense measures, the rubric's first.
pub fn names(rubric: &Rubric) -> Vec<String> {
    let mut names = rubric.measure_names();
    names.extend(["length:he", "length:en", "language:he"].map(str::to_owned));
    names
}

/// Replaces `out` by the measures of an analysed ad, in the order of [`names`].
///
/// A length is ln(words / 100) / 3, so that the usual 20 to 1000 words lie between -0.5 and 0.8.
pub fn fill(rubric: &Rubric, analysis: &Analysis, findings: &Findings, out: &mut Vec<f32>) {
    out.clear();
    rubric.measures(analysis, findings, out);
    let hebrew = analysis.lang().is_hebrew();
    let words = analysis.tokens().len().max(1) as f64;
    let length = (libm::log(words / 100.0) / 3.0) as f32;
    out.extend(if hebrew { [length, 0.0, 0.5] } else { [0.0, length, 0.0] });
}
