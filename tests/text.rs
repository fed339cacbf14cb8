//! The token contract: cases kept as data, one JSON object a line with `input` and `tokens`.
//!
//! Every form is compared, and every span is checked to be ordered, disjoint and on character boundaries.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]
use std::fmt::Write as _;

use serde::Deserialize;
use tachles::Span;
use tachles::text::{Analysis, Analyzer, TextSpec};

#[derive(Deserialize)]
struct Case {
    id: String,
    input: String,
    tokens: Vec<String>,
    /// What each token covers, where a case states it.
    written: Option<Vec<String>>,
}

fn cases(text: &str) -> Vec<Case> {
    text.lines().filter(|line| !line.trim().is_empty()).map(|line| serde_json::from_str(line).expect(line)).collect()
}

fn forms(analysis: &Analysis) -> Vec<String> {
    analysis.iter().map(|(form, _)| form.to_owned()).collect()
}

fn check(file: &str, text: &str) {
    let analyzer = Analyzer::new(&TextSpec::default()).unwrap();
    let mut analysis = Analysis::default();
    let mut wrong = String::new();
    for case in cases(text) {
        analyzer.analyze_into(&case.input, &mut analysis);
        let got = forms(&analysis);
        if got != case.tokens {
            writeln!(wrong, "{}: {}\n  want {:?}\n  got  {got:?}", case.id, case.input, case.tokens).unwrap();
        }
        let mut end = 0;
        for token in analysis.tokens() {
            let Span { start, end: next } = token.span;
            assert!(start >= end && next > start && case.input.get(start..next).is_some(), "{}: {token:?}", case.id);
            end = next;
        }
        if let Some(want) = case.written {
            let got: Vec<&str> = analysis.tokens().iter().map(|token| token.span.of(&case.input)).collect();
            if got != want {
                writeln!(wrong, "{}: {}\n  want written {want:?}\n  got          {got:?}", case.id, case.input)
                    .unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{file}\n{wrong}help: docs/TEXT.md states the rules, data/text/ holds the lists");
}

#[test]
fn contract_cases() {
    check("tokenizer_cases.jsonl", include_str!("data/tokenizer_cases.jsonl"));
}

#[test]
fn variant_cases() {
    check("tokenizer_variants.jsonl", include_str!("data/tokenizer_variants.jsonl"));
}
