//! Character references decoded and nothing else, and maps joined end to end: for titles, and for pages that were
//! escaped as a whole.

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

/// The map through two steps: `inner` leads from the text into the middle, `outer` from there to the raw bytes.
pub(super) fn compose(inner: &SpanMap, outer: &SpanMap, text_len: usize) -> SpanMap {
    let mut pieces = Vec::with_capacity(inner.pieces.len());
    for (index, &(plain, middle, same)) in inner.pieces.iter().enumerate() {
        if !same {
            // An empty piece marks an end, so it goes by the end of what stands before it.
            let end = inner.pieces.get(index + 1).map_or(text_len, |next| next.0) == plain;
            let raw = if end { outer.raw_end(middle) } else { outer.raw_start(middle) };
            pieces.push((plain, raw, false));
            continue;
        }
        let end = middle + inner.pieces.get(index + 1).map_or(text_len, |next| next.0) - plain;
        let first = outer.pieces.partition_point(|piece| piece.0 <= middle).saturating_sub(1);
        for &(start, raw, same) in outer.pieces.get(first..).unwrap_or_default() {
            if start >= end {
                break;
            }
            let from = start.max(middle);
            let raw = if same { raw + (from - start) } else { raw };
            pieces.push((plain + (from - middle), raw, same));
        }
        if pieces.last().is_some_and(|piece| !piece.2) {
            pieces.push((plain + (end - middle), outer.raw_end(end), false));
        }
    }
    SpanMap { pieces, raw_len: outer.raw_len }
}
