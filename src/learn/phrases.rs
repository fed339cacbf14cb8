//! How much of a model's judgement rests on the lexicons: the same ads without their lexicon phrases, and the ads that hold none.

use serde::Serialize;

use super::bootstrap::Resamples;
use super::figures::{Column, Part};
use super::scored::ScoredRow;

/// The figures of one set with and without lexicon phrases.
#[derive(Clone, Debug, Serialize)]
pub struct WithoutPhrases {
    /// What the set is.
    pub name: String,
    /// Rows.
    pub n: usize,
    /// Rows without a lexicon phrase.
    pub none: usize,
    /// Lexicon phrases an ad, on average.
    pub phrases: f64,
    /// One entry a head.
    pub heads: Vec<HeadWithout>,
}

/// One head with and without lexicon phrases.
#[derive(Clone, Debug, Serialize)]
pub struct HeadWithout {
    /// The head.
    pub head: String,
    /// On the ads as they are.
    pub whole: Part,
    /// On the same ads with every lexicon phrase taken out.
    pub masked: Part,
    /// On the ads that hold none; none where they are of one class.
    pub phraseless: Option<Part>,
}

/// Compares `rows` with the same ads `masked`; `heads` are the names in the order of their probabilities.
pub fn without_phrases(name: &str, rows: &[&ScoredRow], masked: &[&ScoredRow], heads: &[&str]) -> WithoutPhrases {
    let groups: Vec<usize> = rows.iter().map(|row| row.group).collect();
    let draws = Resamples::new(&groups);
    let part = |head: &str, place: usize, rows: &[&ScoredRow], bare: bool| {
        Column::new(head, place, rows, &|row| !bare || row.phrases == 0).part(&draws)
    };
    let found = heads.iter().enumerate().filter_map(|(place, &head)| {
        Some(HeadWithout {
            head: head.to_owned(),
            whole: part(head, place, rows, false)?,
            masked: part(head, place, masked, false)?,
            phraseless: part(head, place, rows, true),
        })
    });
    let phrases: usize = rows.iter().map(|row| row.phrases).sum();
    WithoutPhrases {
        name: name.to_owned(),
        n: rows.len(),
        none: rows.iter().filter(|row| row.phrases == 0).count(),
        phrases: phrases as f64 / rows.len().max(1) as f64,
        heads: found.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::{Labels, VAGUE};

    fn labelled(vague: bool) -> Labels {
        let mut labels = Labels::default();
        labels.set(VAGUE, vague);
        labels
    }

    #[test]
    fn masked_and_phraseless_ads_are_counted_apart() {
        let row = |vague: bool, p: f64, phrases: usize, group: usize| ScoredRow {
            labels: labelled(vague),
            probabilities: vec![p],
            said: vec![p > 0.5],
            length: vec![0.5],
            lexicon: vec![0.5],
            length_said: vec![false],
            lexicon_said: vec![false],
            phrases,
            group,
            ..ScoredRow::default()
        };
        let rows = [row(true, 0.9, 3, 0), row(false, 0.1, 0, 1), row(true, 0.8, 0, 2), row(false, 0.2, 1, 3)];
        let masked = [row(true, 0.4, 3, 0), row(false, 0.1, 0, 1), row(true, 0.8, 0, 2), row(false, 0.6, 1, 3)];
        let found = without_phrases("all", &rows.each_ref(), &masked.each_ref(), &[VAGUE]);
        assert_eq!((found.n, found.none, found.phrases), (4, 2, 1.0));
        let head = &found.heads[0];
        assert_eq!((head.whole.auc.value, head.masked.auc.value), (1.0, 0.75));
        assert_eq!(head.phraseless.as_ref().map(|part| (part.n, part.auc.value)), Some((2, 1.0)));
    }
}
