//! How far reviewers agree with one another, and with the model: Cohen's kappa with its interval.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::label::{REASONS, VAGUE};
use crate::learn::metrics::Confusion;
use crate::ledger::{Content, Review};
use crate::score::Decision;

/// Standard errors to either end of a 95% interval.
const WIDE: f64 = 1.959_963_985;

/// Kappa of two who said yes or no of the same ads.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
struct Kappa {
    kappa: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    n: usize,
    agree: usize,
    /// Both yes; the first only; the second only; neither.
    table: [usize; 4],
}

impl Kappa {
    fn of(table: [usize; 4]) -> Kappa {
        let [both, first, second, neither] = table;
        let n: usize = table.iter().sum();
        let cells =
            Confusion { true_positive: both, false_positive: first, false_negative: second, true_negative: neither };
        // Where one side is constant, chance alone explains all.
        let varied = both + first > 0 && second + neither > 0 && both + second > 0 && first + neither > 0;
        let kappa = varied.then(|| cells.kappa());
        let wide = kappa.map(|kappa| WIDE * standard_error(table, kappa));
        let end = |sign: f64| Some((kappa? + sign * wide?).clamp(-1.0, 1.0));
        Kappa { kappa, low: end(-1.0), high: end(1.0), n, agree: both + neither, table }
    }
}

/// The large-sample standard error of kappa (Fleiss, Cohen and Everitt, *Large sample standard errors of kappa and weighted kappa*, 1969).
fn standard_error(table: [usize; 4], kappa: f64) -> f64 {
    let n = table.iter().sum::<usize>() as f64;
    let [both, first, second, neither] = table.map(|count| count as f64 / n);
    let (rows, columns) = ([both + first, second + neither], [both + second, first + neither]);
    let expected: f64 = rows.iter().zip(columns).map(|(row, column)| row * column).sum();
    let cell = |p: f64, row: f64, column: f64| p * (1.0 - (row + column) * (1.0 - kappa)).powi(2);
    let agreed = cell(both, rows[0], columns[0]) + cell(neither, rows[1], columns[1]);
    let apart = first * (columns[0] + rows[1]).powi(2) + second * (columns[1] + rows[0]).powi(2);
    let apart = (1.0 - kappa).powi(2) * apart;
    let rest = (kappa - expected * (1.0 - kappa)).powi(2);
    ((agreed + apart - rest).max(0.0) / n).sqrt() / (1.0 - expected)
}

/// What each reviewer said of each text, the newest review first in `reviews`.
type Said<'r> = BTreeMap<&'r str, BTreeMap<Content, &'r Review>>;

/// All pairs of reviewers, and each with the model.
pub(super) fn agreement(reviews: &[Review]) -> Value {
    let mut said: Said<'_> = BTreeMap::new();
    for review in reviews {
        said.entry(&review.said.reviewer).or_default().entry(review.content).or_insert(review);
    }
    let names: Vec<&str> = said.keys().copied().collect();
    let mut pairs = Vec::new();
    for (at, &first) in names.iter().enumerate() {
        for &second in names.iter().skip(at + 1) {
            let (Some(ours), Some(theirs)) = (said.get(first), said.get(second)) else { continue };
            let common: BTreeSet<&Content> = ours.keys().filter(|content| theirs.contains_key(*content)).collect();
            if common.is_empty() {
                continue;
            }
            let kappa = |head: &str| {
                let label = |of: &BTreeMap<Content, &Review>, content: &Content| of.get(content)?.said.labels.get(head);
                Kappa::of(table(
                    common.iter().filter_map(|&content| Some((label(ours, content)?, label(theirs, content)?))),
                ))
            };
            let reasons: Map<String, Value> =
                REASONS.iter().map(|&reason| (reason.to_owned(), json!(kappa(reason)))).collect();
            pairs.push(json!({ "first": first, "second": second, "label": kappa(VAGUE), "reasons": reasons }));
        }
    }
    let model: Vec<Value> = said
        .iter()
        .map(|(reviewer, reviews)| {
            let both = reviews.values().filter_map(|review| Some((review.said.labels.get(VAGUE)?, decided(review)?)));
            json!({ "reviewer": reviewer, "label": Kappa::of(table(both)) })
        })
        .collect();
    json!({ "pairs": pairs, "model": model })
}

/// What the model said, where it decides.
fn decided(review: &Review) -> Option<bool> {
    let known = [Decision::Vague, Decision::Concrete].into_iter().find(|known| known.as_str() == review.decision)?;
    Some(known == Decision::Vague)
}

fn table(pairs: impl Iterator<Item = (bool, bool)>) -> [usize; 4] {
    let mut table = [0; 4];
    for pair in pairs {
        let cell = match pair {
            (true, true) => 0,
            (true, false) => 1,
            (false, true) => 2,
            (false, false) => 3,
        };
        if let Some(count) = table.get_mut(cell) {
            *count += 1;
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kappa_and_its_interval_are_those_of_an_independent_program() {
        // statsmodels 0.15.0, inter_rater.cohens_kappa: kappa, kappa_low, kappa_upp. The first table is the usual textbook example.
        let expected = [
            ([20, 5, 10, 15], 0.399_999_999_999_999_9, 0.151_092_290_476_661, 0.648_907_709_523_338_9),
            ([45, 15, 25, 15], 0.130_434_782_608_695_54, -0.062_938_277_792_859_8, 0.323_807_843_009_998_1),
            ([3, 9, 2, 40], 0.255_639_097_744_360_6, -0.045_408_226_215_856_44, 0.556_686_421_704_577_7),
        ];
        for (table, kappa, low, high) in expected {
            let found = Kappa::of(table);
            let near = |a: Option<f64>, b: f64| (a.unwrap() - b).abs() < 1e-9;
            assert!(near(found.kappa, kappa) && near(found.low, low) && near(found.high, high), "{table:?}: {found:?}");
        }
        assert_eq!(Kappa::of([20, 5, 10, 15]).agree, 35);
    }

    #[test]
    fn where_one_side_is_constant_there_is_no_kappa() {
        assert_eq!(Kappa::of([5, 0, 3, 0]).kappa, None);
        assert_eq!(Kappa::of([5, 0, 0, 0]).kappa, None);
        assert_eq!(Kappa::of([0; 4]), Kappa { kappa: None, low: None, high: None, n: 0, agree: 0, table: [0; 4] });
        assert_eq!(Kappa::of([5, 0, 0, 5]).kappa, Some(1.0));
    }
}
