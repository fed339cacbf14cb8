//! The figures without lexicon phrases, as rows of a table.

use super::figures::{interval, table};
use crate::learn::phrases::{HeadWithout, WithoutPhrases};

/// The headings of [`phrases`].
pub const PHRASES: [&str; 9] = [
    "head",
    "n",
    "AUC",
    "AUC, phrases taken out",
    "kappa",
    "kappa, phrases taken out",
    "n without phrases",
    "AUC there",
    "kappa there",
];

/// One head.
pub fn phrases(found: &HeadWithout) -> Vec<String> {
    let there = |figure: &dyn Fn(&crate::learn::figures::Part) -> String| {
        found.phraseless.as_ref().map_or_else(|| "–".to_owned(), figure)
    };
    vec![
        found.head.clone(),
        found.whole.n.to_string(),
        interval(&found.whole.auc),
        interval(&found.masked.auc),
        interval(&found.whole.kappa),
        interval(&found.masked.kappa),
        there(&|part| part.n.to_string()),
        there(&|part| interval(&part.auc)),
        there(&|part| interval(&part.kappa)),
    ]
}

/// What else is to be said of a set.
pub fn phrases_of(set: &WithoutPhrases) -> String {
    format!("{} ads with {:.1} lexicon phrases each on average, {} of them with none", set.n, set.phrases, set.none)
}

/// All heads of a set as a Markdown table.
pub fn markdown(set: &WithoutPhrases) -> String {
    let mut text = String::new();
    table(&mut text, &PHRASES, &set.heads.iter().map(phrases).collect::<Vec<_>>());
    text
}
