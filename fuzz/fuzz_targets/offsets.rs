//! Offsets of any text, counted by the index and by hand.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tachles::text::offsets::{Offsets, Unit};

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let offsets = Offsets::new(&text);
    let (mut points, mut units) = (0, 0);
    for (byte, c) in text.char_indices() {
        assert_eq!(offsets.convert(byte, Unit::Bytes, Unit::CodePoints), points);
        assert_eq!(offsets.convert(byte, Unit::Bytes, Unit::Utf16), units);
        assert_eq!(offsets.convert(points, Unit::CodePoints, Unit::Utf16), units);
        assert_eq!(offsets.convert(units, Unit::Utf16, Unit::Bytes), byte);
        // Inside a character, its start.
        assert_eq!(offsets.convert(byte + c.len_utf8() - 1, Unit::Bytes, Unit::CodePoints), points);
        points += 1;
        units += c.len_utf16();
    }
    assert_eq!(offsets.convert(usize::MAX, Unit::Utf16, Unit::CodePoints), points);
});
