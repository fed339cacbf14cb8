//! Any bytes: no panic, spans in order and on boundaries, forms that are their own tokens.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tachles::text::{Analyzer, TextSpec};

static ANALYZER: LazyLock<Analyzer> = LazyLock::new(|| Analyzer::new(&TextSpec::default()).expect("own rules"));

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let analysis = ANALYZER.analyze(&text);
    let mut end = 0;
    let mut forms = String::new();
    for (form, token) in analysis.iter() {
        assert!(token.span.start >= end && token.span.end > token.span.start, "{token:?}");
        assert!(text.get(token.span.start..token.span.end).is_some(), "{token:?}");
        assert!(!form.is_empty(), "{token:?}");
        end = token.span.end;
        forms.push_str(form);
        forms.push('\n');
    }
    let again = ANALYZER.analyze(&forms);
    let twice: String = again.iter().flat_map(|(form, _)| [form, "\n"]).collect();
    assert_eq!(forms, twice);
});
