//! Character references (`&amp;`, `&#8217;`, `&nbsp`) as browsers read them in running text.
//!
//! The names are those of the HTML standard, in `entities.txt`: a name, a tab, its code points in hexadecimal.

use std::sync::OnceLock;

/// What a reference stands for: one character, or two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    /// The first character.
    pub first: char,
    /// The second, for a few dozen mathematical names.
    pub second: Option<char>,
    /// How many bytes the reference takes, from the ampersand on.
    pub len: usize,
}

const TABLE: &str = include_str!("entities.txt");
/// The longest name without its semicolon that still counts, as in `&brvbar`.
const LONGEST_BARE: usize = 6;
/// What the code points 0x80 to 0x9F mean in numeric references: windows-1252, by the standard.
const WINDOWS_1252: [u16; 32] = [
    0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D, 0x017D,
    0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,
    0x017E, 0x0178,
];

/// The reference at the beginning of `text`, which starts with `&`; `None` when the ampersand stands for itself.
pub(crate) fn decode(text: &str) -> Option<Reference> {
    let rest = text.strip_prefix('&')?;
    match rest.strip_prefix('#') {
        Some(number) => numeric(number),
        None => named(rest),
    }
}

/// The same, but only references that close with a semicolon.
pub(crate) fn decode_closed(text: &str) -> Option<Reference> {
    decode(text).filter(|found| text.as_bytes().get(found.len - 1) == Some(&b';'))
}

fn numeric(number: &str) -> Option<Reference> {
    let (digits, radix, prefix) = match number.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16, 3),
        None => (number, 10, 2),
    };
    let length = digits.bytes().take_while(|byte| char::from(*byte).is_digit(radix)).count();
    let written = digits.get(..length).filter(|digits| !digits.is_empty())?;
    // Numbers too large for 32 bits are as wrong as those just above the last code point.
    let code = u32::from_str_radix(written, radix).unwrap_or(u32::MAX);
    let closed = usize::from(digits.as_bytes().get(length) == Some(&b';'));
    let code = match code {
        0x80..=0x9F => WINDOWS_1252.get(code as usize - 0x80).map_or(code, |&code| u32::from(code)),
        0 => 0xFFFD,
        _ => code,
    };
    let first = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    Some(Reference { first, second: None, len: prefix + length + closed })
}

fn named(rest: &str) -> Option<Reference> {
    let length = rest.bytes().take_while(u8::is_ascii_alphanumeric).take(32).count();
    if length == 0 {
        return None;
    }
    if rest.as_bytes().get(length) == Some(&b';') {
        let name = rest.get(..=length)?;
        if let Some(first) = common(name) {
            return Some(Reference { first, second: None, len: length + 2 });
        }
        if let Some((first, second)) = look_up(name) {
            return Some(Reference { first, second, len: length + 2 });
        }
    }
    (2..=length.min(LONGEST_BARE)).rev().find_map(|length| {
        let (first, second) = look_up(rest.get(..length)?)?;
        Some(Reference { first, second, len: length + 1 })
    })
}

/// The references that make up nearly all of real pages.
fn common(name: &str) -> Option<char> {
    Some(match name {
        "nbsp;" => '\u{a0}',
        "amp;" => '&',
        "lt;" => '<',
        "gt;" => '>',
        "quot;" => '"',
        "rsquo;" => '\u{2019}',
        "ndash;" => '\u{2013}',
        "bull;" => '\u{2022}',
        _ => return None,
    })
}

fn look_up(name: &str) -> Option<(char, Option<char>)> {
    static LINES: OnceLock<Vec<(&str, &str)>> = OnceLock::new();
    let lines = LINES.get_or_init(|| TABLE.lines().filter_map(|line| line.split_once('\t')).collect());
    let at = lines.binary_search_by(|(known, _)| known.as_bytes().cmp(name.as_bytes())).ok()?;
    let mut points = lines.get(at)?.1.split(' ').filter_map(|hex| char::from_u32(u32::from_str_radix(hex, 16).ok()?));
    Some((points.next()?, points.next()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(reference: &str) -> Option<(String, usize)> {
        decode(reference)
            .map(|found| (found.first.to_string() + &found.second.map_or(String::new(), String::from), found.len))
    }

    #[test]
    fn the_table_is_sorted_and_complete() {
        let names: Vec<&str> = TABLE.lines().map(|line| line.split_once('\t').unwrap().0).collect();
        assert_eq!(names.len(), 2231);
        assert!(names.windows(2).all(|pair| pair[0].as_bytes() < pair[1].as_bytes()));
        let bare = names.iter().filter(|name| !name.ends_with(';'));
        assert_eq!(bare.map(|name| name.len()).max(), Some(LONGEST_BARE));
        for name in names.iter().filter_map(|name| name.strip_suffix(';')) {
            assert!(decode(&format!("&{name};")).unwrap().len == name.len() + 2, "{name}");
        }
    }

    #[test]
    fn references_are_read_as_browsers_read_them() {
        let cases = [
            ("&amp;", Some(("&", 5))),
            ("&amp", Some(("&", 4))),
            ("&ampx", Some(("&", 4))),
            ("&notit;", Some(("¬", 4))),
            ("&notin;", Some(("∉", 7))),
            ("&nbsp;x", Some(("\u{a0}", 6))),
            ("&rlm;", Some(("\u{200f}", 5))),
            ("&rlm", None),
            ("&#1513;", Some(("ש", 7))),
            ("&#x5E9", Some(("ש", 6))),
            ("&#146;", Some(("\u{2019}", 6))),
            ("&#0;", Some(("\u{fffd}", 4))),
            ("&#xD800;", Some(("\u{fffd}", 8))),
            ("&#99999999999999;", Some(("\u{fffd}", 17))),
            ("&bne;", Some(("=\u{20e5}", 5))),
            ("&D", None),
            ("& ", None),
            ("&", None),
            ("&#;", None),
            ("&#x;", None),
        ];
        for (reference, expected) in cases {
            assert_eq!(text(reference), expected.map(|(text, len)| (text.to_owned(), len)), "{reference}");
        }
        assert!(decode_closed("&copy=1").is_none() && decode_closed("&copy;").is_some());
    }
}
