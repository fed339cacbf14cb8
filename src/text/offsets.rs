//! The same place counted in bytes, in code points and in UTF-16 units.
//!
//! [`Offsets`] is an index over one text: made in one pass, asked as often as needed, in any order.

use crate::Span;

/// What an offset counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Bytes of UTF-8, as [`Span`] does.
    Bytes,
    /// Unicode code points, as Python does.
    CodePoints,
    /// UTF-16 units, as JavaScript and Java do.
    Utf16,
}

/// Bytes between two marks of the index.
const STEP: usize = 64;

/// Counts up to a character boundary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Mark {
    bytes: usize,
    points: usize,
    units: usize,
}

impl Mark {
    fn get(&self, unit: Unit) -> usize {
        match unit {
            Unit::Bytes => self.bytes,
            Unit::CodePoints => self.points,
            Unit::Utf16 => self.units,
        }
    }

    fn pass(&mut self, c: char) {
        self.bytes += c.len_utf8();
        self.points += 1;
        self.units += c.len_utf16();
    }
}

/// An index from bytes of a text to code points and UTF-16 units, and back.
///
/// ```
/// use tachles::Span;
/// use tachles::text::offsets::{Offsets, Unit};
///
/// let offsets = Offsets::new("🚀 מנהל");
/// let span = Span::new(5, 13);
/// assert_eq!(offsets.from_bytes(span, Unit::CodePoints), Span::new(2, 6));
/// assert_eq!(offsets.from_bytes(span, Unit::Utf16), Span::new(3, 7));
/// assert_eq!(offsets.to_bytes(Span::new(3, 7), Unit::Utf16), span);
/// ```
#[derive(Clone, Debug)]
pub struct Offsets<'t> {
    text: &'t str,
    /// Empty for ASCII, where all three counts are the same.
    marks: Vec<Mark>,
}

impl<'t> Offsets<'t> {
    /// The index of `text`.
    pub fn new(text: &'t str) -> Self {
        let mut marks = Vec::new();
        if !text.is_ascii() {
            marks.reserve(text.len() / STEP + 1);
            let mut mark = Mark::default();
            marks.push(mark);
            for c in text.chars() {
                mark.pass(c);
                if mark.bytes >= marks.len() * STEP {
                    marks.push(mark);
                }
            }
        }
        Offsets { text, marks }
    }

    /// A span of bytes in another unit. An offset inside a character counts as its start, one behind the end as the end.
    pub fn from_bytes(&self, span: Span, unit: Unit) -> Span {
        Span::new(self.convert(span.start, Unit::Bytes, unit), self.convert(span.end, Unit::Bytes, unit))
    }

    /// A span of another unit in bytes. An offset inside a character counts as its start, one behind the end as the end.
    pub fn to_bytes(&self, span: Span, unit: Unit) -> Span {
        Span::new(self.convert(span.start, unit, Unit::Bytes), self.convert(span.end, unit, Unit::Bytes))
    }

    /// One offset from one unit to another, under the same rules.
    pub fn convert(&self, offset: usize, from: Unit, to: Unit) -> usize {
        if self.marks.is_empty() {
            return offset.min(self.text.len());
        }
        let after = self.marks.partition_point(|mark| mark.get(from) <= offset);
        let mut mark = after.checked_sub(1).and_then(|i| self.marks.get(i)).copied().unwrap_or_default();
        for c in self.text.get(mark.bytes..).unwrap_or("").chars() {
            let mut next = mark;
            next.pass(c);
            if next.get(from) > offset {
                break;
            }
            mark = next;
        }
        mark.get(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "a🚀שָׁלוֹם é\u{200F}𝗠 end";

    #[test]
    fn every_boundary_converts_both_ways() {
        let long = TEXT.repeat(40);
        let offsets = Offsets::new(&long);
        let (mut points, mut units) = (0, 0);
        for (byte, c) in long.char_indices() {
            assert_eq!(offsets.convert(byte, Unit::Bytes, Unit::CodePoints), points);
            assert_eq!(offsets.convert(byte, Unit::Bytes, Unit::Utf16), units);
            assert_eq!(offsets.convert(points, Unit::CodePoints, Unit::Bytes), byte);
            assert_eq!(offsets.convert(units, Unit::Utf16, Unit::Bytes), byte);
            points += 1;
            units += c.len_utf16();
        }
        assert_eq!(offsets.convert(long.len(), Unit::Bytes, Unit::CodePoints), points);
        assert_eq!(offsets.convert(units, Unit::Utf16, Unit::CodePoints), points);
    }

    #[test]
    fn offsets_inside_characters_and_behind_the_end() {
        let offsets = Offsets::new("a🚀b");
        assert_eq!(offsets.convert(2, Unit::Utf16, Unit::Bytes), 1);
        assert_eq!(offsets.convert(3, Unit::Bytes, Unit::CodePoints), 1);
        assert_eq!(offsets.convert(99, Unit::Bytes, Unit::CodePoints), 3);
        assert_eq!(Offsets::new("abc").convert(99, Unit::CodePoints, Unit::Bytes), 3);
        assert_eq!(Offsets::new("").convert(0, Unit::Bytes, Unit::Utf16), 0);
    }
}
