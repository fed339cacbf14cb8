//! From text as written to folded text, byte by byte accounted for.
//!
//! Folding drops what no reader sees (niqqud, cantillation, accents, bidi and zero-width controls, soft hyphens)
//! and writes every other character in one way: one double quote, one apostrophe, one hyphen, ASCII digits,
//! small letters for other scripts. Tokens are found in folded text only, so nothing that folding removes can
//! change them. Text that is folded already is not copied.

use std::borrow::Cow;

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

use super::class::{BULLET, INTERPUNCT, is_currency};
use crate::Span;

/// Folded text and the way back to the bytes it came from.
#[derive(Clone, Debug, Default)]
pub(super) struct Folded {
    text: String,
    pieces: Vec<Piece>,
    last_was_quote: bool,
}

/// From byte `at` of the folded text on, characters come from byte `start` of the original.
#[derive(Clone, Copy, Debug)]
struct Piece {
    at: usize,
    /// Where the original of the character before `at` ends.
    before: usize,
    start: usize,
    /// Byte for byte, or all from the one place.
    linear: bool,
}

/// What one character becomes.
enum Fate {
    /// Nothing; it belongs to the letter before it.
    Mark,
    /// Nothing at all.
    Control,
    Char(char),
    /// An apostrophe; two of them are a double quote.
    Apostrophe,
    Text,
}

impl Folded {
    /// Folds `text`; `None` when it is folded already.
    pub(super) fn fold(&mut self, text: &str) -> Option<&str> {
        self.text.clear();
        self.pieces.clear();
        self.last_was_quote = false;
        let bytes = text.as_bytes();
        let first = clean_until(bytes, 0, false);
        if first == bytes.len() {
            return None;
        }
        let mut from = 0;
        let mut dirty = first;
        let mut scratch = String::new();
        loop {
            if dirty > from {
                self.text.push_str(text.get(from..dirty).unwrap_or(""));
                self.last_was_quote = false;
            }
            let Some(c) = text.get(dirty..).and_then(|rest| rest.chars().next()) else { break };
            let end = dirty + c.len_utf8();
            match fate(c, &mut scratch) {
                Fate::Mark => self.skip(end, end),
                Fate::Control => self.skip(dirty, end),
                Fate::Char(folded) => {
                    self.last_was_quote = false;
                    self.replace(dirty, end, folded.encode_utf8(&mut [0; 4]));
                }
                Fate::Apostrophe => self.apostrophe(dirty, end),
                Fate::Text => {
                    self.last_was_quote = false;
                    self.replace(dirty, end, &scratch);
                }
            }
            from = end;
            dirty = clean_until(bytes, from, self.last_was_quote);
        }
        Some(&self.text)
    }

    /// Nothing is written for the original up to `end`; what came before ends at `before`.
    fn skip(&mut self, before: usize, end: usize) {
        let at = self.text.len();
        match self.pieces.last_mut().filter(|piece| piece.at == at) {
            Some(piece) => {
                piece.start = end;
                // A mark behind a control still belongs to the letter.
                if before == end {
                    piece.before = before;
                }
            }
            None => self.pieces.push(Piece { at, before, start: end, linear: true }),
        }
    }

    fn replace(&mut self, start: usize, end: usize, folded: &str) {
        self.open(start, folded.len() == end - start && folded.chars().nth(1).is_none());
        self.text.push_str(folded);
        self.pieces.push(Piece { at: self.text.len(), before: end, start: end, linear: true });
    }

    fn open(&mut self, start: usize, linear: bool) {
        let at = self.text.len();
        match self.pieces.last_mut().filter(|piece| piece.at == at) {
            Some(piece) => (piece.start, piece.linear) = (start, linear),
            None => self.pieces.push(Piece { at, before: start, start, linear }),
        }
    }

    fn apostrophe(&mut self, start: usize, end: usize) {
        if self.last_was_quote {
            // The second of two: the pair is one double quote that starts where the first did.
            self.text.pop();
            self.text.push('"');
            if let Some(piece) = self.pieces.last_mut() {
                (piece.before, piece.start) = (end, end);
            }
            self.last_was_quote = false;
        } else {
            self.replace(start, end, "'");
            self.last_was_quote = true;
        }
    }

    /// Rewrites ascending spans of the folded text as spans of the original.
    pub(super) fn restore<'s>(&self, spans: impl Iterator<Item = &'s mut Span>) {
        let mut next = 0;
        for span in spans {
            while self.pieces.get(next).is_some_and(|piece| piece.at <= span.start) {
                next += 1;
            }
            let start = match next.checked_sub(1).and_then(|i| self.pieces.get(i)) {
                Some(piece) if piece.linear => piece.start + (span.start - piece.at),
                Some(piece) => piece.start,
                None => span.start,
            };
            while self.pieces.get(next).is_some_and(|piece| piece.at < span.end) {
                next += 1;
            }
            let end = match (self.pieces.get(next), next.checked_sub(1).and_then(|i| self.pieces.get(i))) {
                (Some(piece), _) if piece.at == span.end => piece.before,
                (_, Some(piece)) if piece.linear => piece.start + (span.end - piece.at),
                (Some(piece), Some(_)) => piece.before,
                (_, Some(piece)) => piece.start,
                (_, None) => span.end,
            };
            // The next span may start in the piece this one ends in.
            next = next.saturating_sub(1);
            *span = Span::new(start, end);
        }
    }
}

/// What stands between two tokens, as its reader sees it: unseen marks left out, every blank a space, every line break
/// `\n`, every other mark as folding writes it.
pub(super) fn gap(written: &str) -> Cow<'_, str> {
    if written.bytes().all(|byte| byte < 0x80 && !matches!(byte, b'\r' | b'\t' | b'`')) {
        return Cow::Borrowed(written);
    }
    let mut seen = String::with_capacity(written.len());
    let mut scratch = String::new();
    let mut rest = written.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\r' if rest.peek() == Some(&'\n') => {}
            '\r' => seen.push('\n'),
            '\t' => seen.push(' '),
            c if c.is_ascii() && c != '`' => seen.push(c),
            c => match fate(c, &mut scratch) {
                Fate::Mark | Fate::Control => {}
                Fate::Char(folded) => seen.push(folded),
                Fate::Apostrophe => seen.push('\''),
                Fate::Text => seen.push_str(&scratch),
            },
        }
    }
    Cow::Owned(seen)
}

/// The first byte at or after `from` that folding changes. `after_quote`: an apostrophe stands right before.
fn clean_until(bytes: &[u8], from: usize, after_quote: bool) -> usize {
    let mut i = from;
    while let Some(&byte) = bytes.get(i) {
        if let Some(chunk) = bytes.get(i..).and_then(<[u8]>::first_chunk)
            && is_plain(u64::from_ne_bytes(*chunk))
        {
            i += 8;
        } else if byte < 0x80 {
            if byte == b'`' {
                return i;
            }
            if byte == b'\'' {
                // One of two apostrophes, in any writing, must be seen as such.
                let next = bytes.get(i + 1).copied().unwrap_or(b' ');
                let letter = bytes.get(i + 2).is_some_and(|b| (0x90..=0xAA).contains(b));
                let single = (next < 0x80 && next != b'\'' && next != b'`') || (next == 0xD7 && letter);
                if !single || (i == from && after_quote) {
                    return i;
                }
            }
            i += 1;
        } else if byte == 0xD7 && bytes.get(i + 1).is_some_and(|b| (0x90..=0xAA).contains(b)) {
            i += 2;
        } else {
            return i;
        }
    }
    i
}

/// Whether eight bytes are all ASCII and neither `'` nor a backquote.
fn is_plain(chunk: u64) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    // A byte that equals the wanted one becomes 0, and only from 0 does the subtraction set the high bit, or from a
    // byte beside one: never a false "plain".
    let has = |byte: u8| {
        let differing = chunk ^ (ONES * u64::from(byte));
        differing.wrapping_sub(ONES) & !differing
    };
    (chunk | has(b'\'') | has(b'`')) & (ONES << 7) == 0
}

/// What becomes of `c`; for [`Fate::Text`] the text is left in `scratch`.
fn fate(c: char, scratch: &mut String) -> Fate {
    if let Some(fate) = listed(c) {
        return fate;
    }
    if let Some(letters) = letters(c) {
        scratch.clear();
        scratch.push_str(letters);
        return Fate::Text;
    }
    by_decomposition(c, scratch)
}

/// Characters with a fate of their own.
fn listed(c: char) -> Option<Fate> {
    Some(match c {
        // Points, accents and cantillation, without the marks that are punctuation.
        '\u{0591}'..='\u{05BD}' | '\u{05BF}' | '\u{05C1}' | '\u{05C2}' | '\u{05C4}' | '\u{05C5}' | '\u{05C7}' => {
            Fate::Mark
        }
        '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' => Fate::Control,
        '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{115F}' | '\u{1160}' | '\u{3164}' => {
            Fate::Control
        }
        '\u{FFA0}' | '\u{E0000}'..='\u{E007F}' | '\u{1D173}'..='\u{1D17A}' => Fate::Control,
        '\''
        | '`'
        | '´'
        | '‘'..='‛'
        | '′'
        | '‵'
        | '׳'
        | 'ʹ'
        | 'ʻ'..='ʽ'
        | 'ˈ'
        | 'ˊ'
        | 'ˋ'
        | '＇'
        | '｀'
        | '❛'
        | '❜'
        | 'ꞌ' => Fate::Apostrophe,
        '“'..='‟' | '״' | '″' | '‶' | '＂' | '〝'..='〟' | 'ʺ' | '˝' | 'ˮ' | '❝' | '❞' => {
            Fate::Char('"')
        }
        '־' | '‐'..='―' | '⁃' | '−' | '﹘' | '﹣' | '－' => Fate::Char('-'),
        '~' | '∼' | '〜' | '～' => Fate::Char('~'),
        '⁄' | '∕' | '⧸' | '／' => Fate::Char('/'),
        '∖' | '⧵' | '﹨' | '＼' => Fate::Char('\\'),
        '․' | '。' | '．' | '׃' | '…' => Fate::Char('.'),
        '·' | '‧' | '・' | '∙' | '⋅' | '･' => Fate::Char(INTERPUNCT),
        '٪' | '％' | '﹪' => Fate::Char('%'),
        '\u{0085}' | '\u{2028}' | '\u{2029}' => Fate::Char('\n'),
        '٠'..='٩' | '۰'..='۹' => Fate::Char(char::from(b'0' + (u32::from(c) & 0xF) as u8)),
        '\u{A0}' => Fate::Char(' '),
        BULLET => Fate::Char(BULLET),
        // Footnote figures and trade marks are not part of the word before them.
        '²' | '³' | '¹' | '⁰'..='⁹' | '₀'..='₉' | '™' | '®' | '©' | '℠' | '℗' => Fate::Char(' '),
        '\u{AC00}'..='\u{D7A3}' => Fate::Char(c),
        _ if is_currency(c) => Fate::Char(c),
        _ if is_combining_mark(c) => Fate::Mark,
        _ => return None,
    })
}

/// Letters that decomposition leaves alone and readers take for others.
fn letters(c: char) -> Option<&'static str> {
    Some(match c {
        'װ' => "וו",
        'ױ' => "וי",
        'ײ' => "יי",
        'ł' | 'Ł' => "l",
        'ø' | 'Ø' => "o",
        'đ' | 'Đ' | 'ð' | 'Ð' => "d",
        'ı' => "i",
        'ß' | 'ẞ' => "ss",
        'æ' | 'Æ' => "ae",
        'œ' | 'Œ' => "oe",
        _ => return None,
    })
}

/// Compatibility decomposition (UAX #15) without marks, in small letters; signs become blanks or bullets.
fn by_decomposition(c: char, scratch: &mut String) -> Fate {
    scratch.clear();
    decompose_compatible(c, |part| {
        if part.is_ascii() {
            scratch.push(part);
        } else {
            part.to_lowercase().for_each(|small| push_part(small, scratch));
        }
    });
    if c.is_numeric() && scratch.contains('/') {
        // A vulgar fraction is a number of its own: 2½ is not 21/2.
        scratch.insert(0, ' ');
        scratch.push(' ');
        return Fate::Text;
    }
    // What would become two tokens (㋀ is both 1 and 月) is no word.
    let one_word = scratch.is_ascii() || !scratch.bytes().any(|b| b.is_ascii_digit());
    if one_word && !scratch.is_empty() && scratch.chars().all(char::is_alphanumeric) {
        return Fate::Text;
    }
    let mut parts = scratch.chars();
    match (parts.next(), parts.next()) {
        (Some(one), None) if one.is_ascii() && !one.is_ascii_control() => listed(one).unwrap_or(Fate::Char(one)),
        _ if is_symbol(c) => Fate::Char(BULLET),
        _ => Fate::Char(' '),
    }
}

/// One character of a decomposition, folded itself.
fn push_part(part: char, scratch: &mut String) {
    match (listed(part), letters(part)) {
        (Some(Fate::Char(folded)), _) => scratch.push(folded),
        (Some(Fate::Apostrophe), _) => scratch.push('\''),
        (Some(_), _) => {}
        (None, Some(letters)) => scratch.push_str(letters),
        (None, None) => scratch.push(part),
    }
}

/// Arrows, geometry, dingbats, emoji, private use: what ads put before list items.
fn is_symbol(c: char) -> bool {
    matches!(c, '•' | '‣' | '\u{2190}'..='\u{2BFF}' | '\u{E000}'..='\u{F8FF}' | '\u{1F000}'..='\u{1FAFF}' | '\u{FFFC}' | '\u{FFFD}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fold(text: &str) -> String {
        Folded::default().fold(text).unwrap_or(text).to_owned()
    }

    fn restored(text: &str, part: &str) -> String {
        let mut folded = Folded::default();
        let plain = folded.fold(text).unwrap_or(text).to_owned();
        let start = plain.find(part).unwrap();
        let mut spans = [Span::new(start, start + part.len())];
        folded.restore(spans.iter_mut());
        spans[0].of(text).to_owned()
    }

    #[test]
    fn folded_text_is_not_copied() {
        assert!(Folded::default().fold("דרוש/ה מנהל/ת ב-TikTok, don't! ג'ינגל קו\"ח\n5%").is_none());
    }

    #[test]
    fn folding_twice_changes_nothing() {
        for c in '\0'..='\u{2FFFF}' {
            let once = fold(&c.to_string());
            assert_eq!(fold(&once), once, "{c:?} U+{:04X}", u32::from(c));
        }
    }

    #[test]
    fn marks_are_written_one_way() {
        assert_eq!(fold("קו״ח קו''ח קו׳’ח"), "קו\"ח קו\"ח קו\"ח");
        assert_eq!(fold("ג׳ ג’ ג`"), "ג' ג' ג'");
        assert_eq!(fold("א־ב–ג"), "א-ב-ג");
        assert_eq!(fold("'''"), "\"'");
        assert_eq!(fold("שָׁלוֹם\u{200F} é ﬁ Ｃ ٣"), "שלום e fi C 3");
    }

    #[test]
    fn spans_lead_back_to_what_was_written() {
        assert_eq!(restored("\u{200F}שָׁלוֹם\u{200F}!", "שלום"), "שָׁלוֹם");
        assert_eq!(restored("a קו׳\u{200F}׳ח b", "קו\"ח"), "קו׳\u{200F}׳ח");
        assert_eq!(restored("x ﬁne", "ne"), "ne");
        assert_eq!(restored("x ﬁne", "fine"), "ﬁne");
        assert_eq!(restored("✅ שלום", "שלום"), "שלום");
    }
}
