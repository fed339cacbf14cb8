//! One posting, and the small types every floor speaks of: [`Span`], [`Lang`], [`SpanMap`].
//!
//! An [`Ad`] is plain text already: decoding and markup are behind it, tokens are ahead of it.

use std::sync::Arc;

use sha2::{Digest, Sha256};

/// A half-open range of **bytes** in an ad's plain text, on character boundaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The span `start..end`.
    pub fn new(start: usize, end: usize) -> Self {
        Span { start, end }
    }

    /// The text it covers; empty when it does not fit `text`.
    pub fn of<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.start..self.end).unwrap_or("")
    }
}

/// The language of an ad as a whole, decided by script and function words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lang {
    /// Hebrew.
    He,
    /// English.
    En,
    /// Hebrew and English, both in running text.
    Mixed,
    /// Neither (or no words at all).
    Other,
}

impl Lang {
    /// All languages, in the order reports list them.
    pub const ALL: [Lang; 4] = [Lang::He, Lang::En, Lang::Mixed, Lang::Other];

    /// True for texts that are read from right to left, also where they hold many Latin words.
    pub fn is_hebrew(self) -> bool {
        matches!(self, Lang::He | Lang::Mixed)
    }

    /// The word used in records: `he`, `en`, `mixed` or `other`.
    pub fn as_str(self) -> &'static str {
        match self {
            Lang::He => "he",
            Lang::En => "en",
            Lang::Mixed => "mixed",
            Lang::Other => "other",
        }
    }
}

/// Where a posting came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// The file as the user named it; `-` for standard input.
    pub file: Arc<str>,
    /// The record, counted from 1, the header not counted.
    pub record: u64,
    /// The line on which the record starts, counted from 1.
    pub line: u64,
}

/// A piecewise map from bytes of an extracted text to bytes of the raw text it was taken from.
///
/// Each piece `(plain, raw, same)` says that from byte `plain` of the extracted text on, bytes come from byte
/// `raw` of the raw text: one for one when `same` is true, and all from that one place (a decoded entity, an
/// inserted line break) when it is false. Pieces are in ascending order of `plain`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpanMap {
    /// The pieces, ascending.
    pub pieces: Vec<(usize, usize, bool)>,
    /// The length of the raw text in bytes.
    pub raw_len: usize,
}

impl SpanMap {
    /// The raw byte at which the character starting at `plain` begins.
    pub fn raw_start(&self, plain: usize) -> usize {
        let after = self.pieces.partition_point(|piece| piece.0 <= plain);
        match after.checked_sub(1).and_then(|i| self.pieces.get(i)) {
            Some(&(from, raw, true)) => raw + (plain - from),
            Some(&(_, raw, false)) => raw,
            None => 0,
        }
    }

    /// The raw byte just after the character that ends at `plain`.
    pub fn raw_end(&self, plain: usize) -> usize {
        let after = self.pieces.partition_point(|piece| piece.0 < plain);
        match after.checked_sub(1).and_then(|i| self.pieces.get(i)) {
            Some(&(from, raw, true)) => raw + (plain - from),
            Some(_) => self.pieces.get(after).map_or(self.raw_len, |next| next.1),
            None => 0,
        }
    }
}

/// One job posting in plain text.
///
/// The plain text that all spans count in is the title, a newline and the text; without a title it is the text alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ad {
    /// The posting's own identifier; the content hash when the input has none.
    pub id: String,
    /// The employer, where known; empty otherwise.
    pub company: String,
    /// The board or site it was found on, where the input says so; empty otherwise.
    pub board: String,
    /// When it was posted, as written in the input; empty when unknown.
    pub posted_at: String,
    /// Where it was read.
    pub source: Source,
    plain: String,
    title_len: usize,
    /// The first half of the SHA-256 of `plain`, where it was made.
    content: Option<[u8; 16]>,
    origin: Option<Box<Origin>>,
}

/// The text as it was read, markup and all, where the ad's text was made from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Origin {
    /// The raw text.
    pub raw: String,
    /// The map from the ad's text (not its title) to the raw text.
    pub map: SpanMap,
}

impl Ad {
    /// An ad with the given identifier, title and text, both already plain.
    ///
    /// White space around title and text is kept: spans count in what was given.
    pub fn new(id: impl Into<String>, title: &str, text: &str) -> Self {
        let mut plain = String::with_capacity(title.len() + 1 + text.len());
        if !title.is_empty() {
            plain.push_str(title);
            plain.push('\n');
        }
        plain.push_str(text);
        let content = Some(content(&plain));
        let mut ad = Ad { id: id.into(), plain, title_len: title.len(), content, ..Ad::default() };
        if ad.id.is_empty() {
            ad.id = ad.content_hash();
        }
        ad
    }

    /// The same ad, remembering what its text (not its title) was made from.
    #[must_use]
    pub fn with_origin(mut self, raw: String, map: SpanMap) -> Self {
        self.origin = Some(Box::new(Origin { raw, map }));
        self
    }

    /// The title; empty when there is none.
    pub fn title(&self) -> &str {
        self.plain.get(..self.title_len).unwrap_or("")
    }

    /// The text without the title.
    pub fn text(&self) -> &str {
        self.plain.get(self.text_start()..).unwrap_or("")
    }

    /// The byte of [`Ad::plain`] at which the text starts.
    pub fn text_start(&self) -> usize {
        if self.title_len == 0 { 0 } else { self.title_len + 1 }
    }

    /// Title, newline, text: what every span counts in.
    pub fn plain(&self) -> &str {
        &self.plain
    }

    /// What the text was made from, where it is not what was read: HTML, or mended characters.
    pub fn origin(&self) -> Option<&Origin> {
        self.origin.as_deref()
    }

    /// The first 64 bits of [`Ad::content_hash`]: enough to know an ad again, not to tell anything of it.
    pub fn fingerprint(&self) -> u64 {
        self.content().iter().take(8).fold(0, |number, &byte| (number << 8) | u64::from(byte))
    }

    /// The first 128 bits of the SHA-256 of the plain text.
    pub fn content(&self) -> [u8; 16] {
        self.content.unwrap_or_else(|| content(&self.plain))
    }

    /// [`Ad::content`] as 32 hexadecimal digits.
    pub fn content_hash(&self) -> String {
        let digits = self.content().into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
        digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
    }
}

fn content(plain: &str) -> [u8; 16] {
    Sha256::digest(plain.as_bytes()).first_chunk::<16>().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_is_title_newline_text() {
        let ad = Ad::new("1", "מנהל", "טקסט");
        assert_eq!(ad.plain(), "מנהל\nטקסט");
        assert_eq!((ad.title(), ad.text()), ("מנהל", "טקסט"));
        let bare = Ad::new("", "", "טקסט");
        assert_eq!(bare.plain(), "טקסט");
        assert_eq!(bare.id.len(), 32);
    }

    #[test]
    fn span_map_follows_pieces() {
        // raw `<b>a&amp;b</b>`, plain `a&b`
        let map = SpanMap { pieces: vec![(0, 3, true), (1, 4, false), (2, 9, true)], raw_len: 14 };
        assert_eq!((map.raw_start(0), map.raw_end(1)), (3, 4));
        assert_eq!((map.raw_start(1), map.raw_end(2)), (4, 9));
        assert_eq!((map.raw_start(2), map.raw_end(3)), (9, 10));
    }
}
