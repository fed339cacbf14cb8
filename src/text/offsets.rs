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

/// How many code points and UTF-16 units start before a byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Mark {
    points: usize,
    units: usize,
}

impl Mark {
    /// Passes `bytes`: a character counts where it starts, one of four bytes as two units.
    #[inline]
    fn pass(&mut self, bytes: &[u8]) {
        let (mut points, mut long) = (0, 0);
        for part in bytes.chunks(STEP) {
            let (mut inside, mut fours) = (0u8, 0u8);
            for byte in part {
                inside += u8::from(byte & 0xc0 == 0x80);
                fours += u8::from(*byte >= 0xf0);
            }
            points += part.len() - usize::from(inside);
            long += usize::from(fours);
        }
        self.points += points;
        self.units += points + long;
    }

    fn get(&self, unit: Unit) -> usize {
        match unit {
            Unit::Utf16 => self.units,
            Unit::Bytes | Unit::CodePoints => self.points,
        }
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
            for part in text.as_bytes().chunks_exact(STEP) {
                mark.pass(part);
                marks.push(mark);
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
        let bytes = if from == Unit::Bytes { self.boundary(offset) } else { self.byte_of(offset, from) };
        if to == Unit::Bytes { bytes } else { self.before(bytes).get(to) }
    }

    /// The start of the character that byte `offset` is in.
    fn boundary(&self, offset: usize) -> usize {
        let mut at = offset.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    /// What starts before byte `at`.
    fn before(&self, at: usize) -> Mark {
        let mut mark = self.marks.get(at / STEP).copied().unwrap_or_default();
        mark.pass(self.text.as_bytes().get(at / STEP * STEP..at).unwrap_or_default());
        mark
    }

    /// The byte where the character starts that code point or unit `offset` is in.
    fn byte_of(&self, offset: usize, unit: Unit) -> usize {
        let after = self.marks.partition_point(|mark| mark.get(unit) <= offset);
        let start = after.saturating_sub(1) * STEP;
        let mut mark = self.marks.get(start / STEP).copied().unwrap_or_default();
        // A mark may stand inside a character, which counts as passed.
        for (at, &byte) in self.text.as_bytes().iter().enumerate().skip(start) {
            if byte & 0xc0 != 0x80 {
                mark.pass(&[byte]);
                if mark.get(unit) > offset {
                    return at;
                }
            }
        }
        self.text.len()
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
