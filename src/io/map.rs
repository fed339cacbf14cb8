//! Span maps joined end to end, where a text comes from its raw bytes in two steps.

use crate::ad::SpanMap;

/// The map through two steps: `inner` leads from the text into the middle, `outer` from there to the raw bytes.
pub(crate) fn compose(inner: &SpanMap, outer: &SpanMap, text_len: usize) -> SpanMap {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_steps_are_one() {
        // raw `&lt;b&gt;x&amp;y`, in the middle `<b>x&y`, in the end `x&y`.
        let outer = SpanMap {
            pieces: vec![(0, 0, false), (1, 4, true), (2, 5, false), (3, 9, true), (4, 10, false), (5, 15, true)],
            raw_len: 16,
        };
        let inner = SpanMap { pieces: vec![(0, 3, true)], raw_len: 6 };
        let map = compose(&inner, &outer, 3);
        assert_eq!((map.raw_start(0), map.raw_end(1)), (9, 10));
        assert_eq!((map.raw_start(1), map.raw_end(2)), (10, 15));
        assert_eq!((map.raw_start(2), map.raw_end(3)), (15, 16));
        assert_eq!(map.raw_len, 16);
    }
}
