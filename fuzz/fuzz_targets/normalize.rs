//! Unseen characters strewn into any text, and other ways to write its dashes and slashes, leave the tokens alone.
//!
//! The first byte chooses; the rest is the text.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tachles::text::{Analyzer, TextSpec};

static ANALYZER: LazyLock<Analyzer> = LazyLock::new(|| Analyzer::new(&TextSpec::default()).expect("own rules"));

const UNSEEN: &[char] = &[
    '\u{5B0}', '\u{5BC}', '\u{5C1}', '\u{591}', '\u{200E}', '\u{200F}', '\u{202B}', '\u{202C}', '\u{2067}', '\u{2069}', '\u{61C}', '\u{200B}',
    '\u{200C}', '\u{200D}', '\u{2060}', '\u{180E}', '\u{AD}', '\u{FEFF}', '\u{FE0F}',
];

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, rest)) = bytes.split_first() else { return };
    let text = String::from_utf8_lossy(rest);
    let mut other = String::new();
    for (i, c) in text.chars().enumerate() {
        let pick = i.wrapping_mul(7).wrapping_add(usize::from(*choice));
        other.push(match (c, pick % 3) {
            ('"', 0) => '״',
            ('"', 1) => '”',
            ('-', 0) => '־',
            ('-', 1) => '–',
            ('/', 0) => '⁄',
            _ => c,
        });
        if pick % 5 < 2 {
            other.extend(UNSEEN.get(pick % UNSEEN.len()));
        }
    }
    let (first, second) = (ANALYZER.analyze(&text), ANALYZER.analyze(&other));
    let forms = |analysis: &tachles::text::Analysis| analysis.iter().flat_map(|(form, _)| [form, "\n"]).collect::<String>();
    assert_eq!(forms(&first), forms(&second), "{other:?}");
    assert_eq!(first.lang(), second.lang());
});
