//! Character references decoded and nothing else: for titles, and for pages that were escaped as a whole.

use super::entities;
use crate::ad::SpanMap;

/// A title: references decoded, blanks collapsed, one line.
pub(super) fn one_line(raw: &str) -> String {
    unescape(raw).0.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Decodes the references in `raw` and nothing else, with the map back.
pub(super) fn unescape(raw: &str) -> (String, SpanMap) {
    let mut text = String::with_capacity(raw.len());
    let mut pieces = Vec::new();
    let mut from = 0;
    for at in memchr::memchr_iter(b'&', raw.as_bytes()) {
        let Some(found) = raw.get(at..).and_then(entities::decode).filter(|_| at >= from) else { continue };
        if at > from {
            pieces.push((text.len(), from, true));
            text.push_str(raw.get(from..at).unwrap_or_default());
        }
        pieces.push((text.len(), at, false));
        text.push(found.first);
        text.extend(found.second);
        from = at + found.len;
    }
    if from < raw.len() {
        pieces.push((text.len(), from, true));
        text.push_str(raw.get(from..).unwrap_or_default());
    }
    (text, SpanMap { pieces, raw_len: raw.len() })
}
