//! Character classes of folded text, one table look-up per byte.
//!
//! Folded text (see [`super::fold`]) is ASCII, the 27 Hebrew letters, a few marks of its own ([`BULLET`],
//! [`INTERPUNCT`], currency signs) and letters of other scripts in small case.

/// What stands for any bullet, arrow, emoji or dingbat in folded text.
pub(super) const BULLET: char = '•';
/// The middle dot, which separates gender suffixes (`מנהל·ת`) and list items.
pub(super) const INTERPUNCT: char = '·';

/// The class of a byte of folded text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Blanks and control characters.
    Space,
    /// Line and page breaks.
    Line,
    /// A Latin letter of ASCII.
    Latin,
    /// An ASCII digit.
    Digit,
    /// An ASCII mark.
    Mark,
    /// The first byte of a longer character.
    Wide,
}

#[expect(clippy::indexing_slicing, reason = "a constant out of range does not compile")]
const CLASSES: [Class; 256] = {
    let mut table = [Class::Wide; 256];
    let mut byte = 0;
    while byte < 128 {
        let b = byte as u8;
        table[byte] = if b.is_ascii_alphabetic() {
            Class::Latin
        } else if b.is_ascii_digit() {
            Class::Digit
        } else if b == b'\n' || b == b'\r' || b == 0x0B || b == 0x0C {
            Class::Line
        } else if b <= b' ' || b == 0x7F {
            Class::Space
        } else {
            Class::Mark
        };
        byte += 1;
    }
    table
};

/// The class of `byte`.
#[inline(always)]
pub(super) fn class(byte: u8) -> Class {
    CLASSES.get(usize::from(byte)).copied().unwrap_or(Class::Space)
}

/// Whether `byte` is an ASCII letter or digit.
#[inline(always)]
pub(super) fn is_alnum(byte: u8) -> bool {
    matches!(class(byte), Class::Latin | Class::Digit)
}

/// Whether `c` is a currency sign that is a token of its own.
pub(super) fn is_currency(c: char) -> bool {
    matches!(c, '$' | '¢' | '£' | '¤' | '¥' | '֏' | '؋' | '\u{20A0}'..='\u{20C0}')
}

/// The final shape of a Hebrew letter, as it is at the end of a word; פ stays, because loan words end in it.
pub(super) fn final_shape(c: char) -> char {
    match c {
        'כ' => 'ך',
        'מ' => 'ם',
        'נ' => 'ן',
        'צ' => 'ץ',
        other => other,
    }
}

/// The non-final shape of a Hebrew letter.
pub(super) fn medial_shape(c: char) -> char {
    match c {
        'ך' => 'כ',
        'ם' => 'מ',
        'ן' => 'נ',
        'ף' => 'פ',
        'ץ' => 'צ',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_its_class() {
        assert_eq!(class(b'a'), Class::Latin);
        assert_eq!(class(b'7'), Class::Digit);
        assert_eq!(class(0), Class::Space);
        assert_eq!(class(b'\r'), Class::Line);
        assert_eq!(class(b'_'), Class::Mark);
        assert_eq!(class(0xD7), Class::Wide);
    }

    #[test]
    fn shapes_are_inverse_but_for_pe() {
        for c in "כמנצ".chars() {
            assert_eq!(medial_shape(final_shape(c)), c);
        }
        assert_eq!(final_shape('פ'), 'פ');
        assert_eq!(medial_shape('ף'), 'פ');
    }
}
