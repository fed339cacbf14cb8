//! The encodings of files, and the way from what was decoded back to the bytes of the file.
//!
//! Of UTF-16 and of encodings with one byte a character, what stands in for a sequence that the encoding does not have tells
//! which bytes it stands for: so the place and the bytes of a record in the file can be told from what was decoded.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};

use crate::error::{Error, ErrorKind};

/// What stands for a byte sequence that an encoding of several bytes a character does not have.
pub(super) const BAD: u8 = 0xFF;
/// The first of the two bytes that stand for one byte of the file, whose upper two bits are its lower two. The second is
/// like any but the first of a character.
const BYTE: u8 = 0xF8;
/// The encodings a file may be read in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Charset {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// UTF-16, low byte first.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
    /// The Hebrew code page of Windows.
    Windows1255,
    /// The Hebrew standard; whether in reading or in display order is recognised.
    Iso8859_8,
    /// The Hebrew standard in reading order (`iso-8859-8-i`).
    Iso8859_8Logical,
    /// The Hebrew standard in display order (`iso-8859-8-visual`, `iso-8859-8-e`).
    Iso8859_8Visual,
    /// Any other encoding of the WHATWG standard, by its label.
    Other(&'static Encoding),
}

impl Charset {
    /// Reads the name of an encoding: `utf-8`, `utf-16le`, `utf-16be`, `windows-1255`, `iso-8859-8`, `iso-8859-8-i`,
    /// `iso-8859-8-visual`, or any label of the WHATWG standard.
    pub fn parse(label: &str) -> Result<Charset, Error> {
        let known = match label.trim().to_ascii_lowercase().as_str() {
            "iso-8859-8" | "iso8859-8" | "hebrew" => Some(Charset::Iso8859_8),
            "iso-8859-8-i" | "logical" => Some(Charset::Iso8859_8Logical),
            "iso-8859-8-visual" | "iso-8859-8-e" | "visual" => Some(Charset::Iso8859_8Visual),
            "cp1255" | "windows1255" => Some(Charset::Windows1255),
            lower => Encoding::for_label_no_replacement(lower.as_bytes()).map(Charset::of),
        };
        known.ok_or_else(|| {
            let rule = "an encoding must be utf-8, utf-16le, utf-16be, windows-1255, iso-8859-8, iso-8859-8-i, \
                        iso-8859-8-visual or a WHATWG label";
            Error::new(ErrorKind::Usage, format!("{rule}, is {label:?}"))
        })
    }

    fn of(encoding: &'static Encoding) -> Charset {
        match encoding.name() {
            "UTF-8" => Charset::Utf8,
            "UTF-16LE" => Charset::Utf16Le,
            "UTF-16BE" => Charset::Utf16Be,
            "windows-1255" => Charset::Windows1255,
            "ISO-8859-8-I" => Charset::Iso8859_8Logical,
            _ => Charset::Other(encoding),
        }
    }

    /// The usual name of the encoding.
    pub fn name(self) -> &'static str {
        match self {
            Charset::Iso8859_8 | Charset::Iso8859_8Logical | Charset::Iso8859_8Visual => "ISO-8859-8",
            _ => self.encoding().name(),
        }
    }

    pub(super) fn encoding(self) -> &'static Encoding {
        match self {
            Charset::Utf8 => encoding_rs::UTF_8,
            Charset::Utf16Le => UTF_16LE,
            Charset::Utf16Be => UTF_16BE,
            Charset::Windows1255 => encoding_rs::WINDOWS_1255,
            Charset::Iso8859_8 | Charset::Iso8859_8Logical | Charset::Iso8859_8Visual => encoding_rs::ISO_8859_8,
            Charset::Other(encoding) => encoding,
        }
    }

    /// How many bytes of the file became `decoded`; `None` where that does not show. A character counts where its first
    /// byte is, so pieces may be cut anywhere.
    pub(super) fn original_len(self, decoded: &[u8]) -> Option<u64> {
        let all = decoded.iter();
        match self {
            Charset::Utf8 => Some(decoded.len() as u64),
            Charset::Utf16Le | Charset::Utf16Be => Some(all.map(|&byte| bytes_of_utf_16(byte)).sum()),
            _ if self.encoding().is_single_byte() => Some(all.filter(|&byte| byte & 0xC0 != 0x80).count() as u64),
            _ => None,
        }
    }

    /// The bytes of the file that became `decoded`, and `decoded` itself where that does not show. A character that is
    /// cut off at the end is left out.
    pub(super) fn original(self, decoded: &[u8]) -> Cow<'_, [u8]> {
        let low_first = match self {
            Charset::Utf8 => return Cow::Borrowed(decoded),
            Charset::Utf16Le => Some(true),
            Charset::Utf16Be => Some(false),
            _ if self.encoding().is_single_byte() => None,
            _ => return Cow::Borrowed(decoded),
        };
        let bytes_of = |unit: u16| if low_first == Some(true) { unit.to_le_bytes() } else { unit.to_be_bytes() };
        let mut bytes = Vec::with_capacity(decoded.len());
        let mut rest = decoded;
        while !rest.is_empty() {
            let text = rest.utf8_chunks().next().map_or("", |chunk| chunk.valid());
            match low_first {
                Some(_) => bytes.extend(text.encode_utf16().flat_map(bytes_of)),
                None => bytes.extend_from_slice(&self.encoding().encode(text).0),
            }
            rest = match rest.get(text.len()..).unwrap_or_default() {
                [first @ BYTE..=0xFB, second, after @ ..] => {
                    bytes.push(first << 6 | second & 0x3F);
                    after
                }
                [0xED, second, third, after @ ..] if low_first.is_some() => {
                    bytes.extend(bytes_of(0xD000 | u16::from(second & 0x3F) << 6 | u16::from(third & 0x3F)));
                    after
                }
                [_, after @ ..] => after,
                [] => break,
            };
        }
        Cow::Owned(bytes)
    }

    /// Adds to `text` what stands for `bytes`, a sequence that the encoding does not have: never UTF-8.
    pub(super) fn stand_in(self, bytes: &[u8], text: &mut Vec<u8>) {
        let lone = |byte: u8| [BYTE | byte >> 6, 0x80 | byte & 0x3F];
        match self {
            Charset::Utf16Le | Charset::Utf16Be => {
                let (units, odd) = bytes.as_chunks::<2>();
                for unit in units {
                    // Half of a pair, as UTF-8 would have it if it had such.
                    let (high, low) = match (self, *unit) {
                        (Charset::Utf16Le, [low, high]) | (_, [high, low]) => (high, low),
                    };
                    text.extend([0xE0 | high >> 4, 0x80 | (high & 0x0F) << 2 | low >> 6, 0x80 | low & 0x3F]);
                }
                text.extend(odd.iter().copied().flat_map(lone));
            }
            _ if self.encoding().is_single_byte() => text.extend(bytes.iter().copied().flat_map(lone)),
            _ => text.push(BAD),
        }
    }

    /// The order mark that a file in this encoding may start with.
    pub(super) fn mark(self) -> &'static [u8] {
        match self {
            Charset::Utf8 => b"\xef\xbb\xbf",
            Charset::Utf16Le => b"\xff\xfe",
            Charset::Utf16Be => b"\xfe\xff",
            _ => b"",
        }
    }
}

/// How many bytes of UTF-16 the character has that begins with `byte` in what was decoded, or what stands in for one: 1 for
/// the odd byte at the end of a file, 0 for a byte that begins nothing.
fn bytes_of_utf_16(byte: u8) -> u64 {
    match byte {
        0x80..=0xBF => 0,
        BYTE.. => 1,
        0xF0.. => 4,
        _ => 2,
    }
}
