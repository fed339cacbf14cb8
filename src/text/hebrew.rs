//! Hebrew words: letters, the gershayim of acronyms, the geresh of foreign sounds, ordinals and abbreviations.

use super::TokenKind;
use super::class::final_shape;
use super::clitics;
use super::scan::Scanner;

/// What a double quote or an apostrophe between two Hebrew letters is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inner {
    /// Part of the word.
    Letter,
    /// The start of a quotation, behind a prefix.
    Opens,
    /// The end of a quotation, with no blank behind it.
    Closes,
}

impl Scanner<'_> {
    /// A word that starts with a Hebrew letter.
    pub(super) fn hebrew(&mut self) {
        let start = self.pos;
        let mut end = self.hebrew_run(start);
        let mut quote = None;
        loop {
            let inner = match self.at(end) {
                b'"' if self.is_hebrew(end + 1) => self.inner_double(start, end),
                b'\'' if self.is_hebrew(end + 1) => self.inner_single(start, end),
                _ => break,
            };
            if inner == Inner::Letter {
                end = self.hebrew_run(end + 1);
            } else {
                quote = Some(inner);
                break;
            }
        }
        if quote.is_some() {
            self.push_hebrew(start, end, end, false);
            if self.at(end) == b'"' {
                self.quoted = quote == Some(Inner::Opens);
            }
            self.pos = end + 1;
            return;
        }
        if self.at(end) == b'\'' && self.keeps_geresh(start, end) {
            self.push_hebrew(start, end + 1, end + 1, false);
            return;
        }
        if self.dotted_hebrew(start, end) {
            return;
        }
        let written = if self.spec.gender_forms { self.gender_end(start, end) } else { end };
        self.push_hebrew(start, end, written, written > end);
    }

    /// A token of the form `start..end`, written up to `written`.
    fn push_hebrew(&mut self, start: usize, end: usize, written: usize, reshape: bool) {
        let form = self.slice(start, end);
        let runs = self.spec.letter_runs;
        let forms = self.forms();
        let at = forms.len();
        forms.push_str(form);
        if reshape && let Some(last) = forms.pop() {
            forms.push(final_shape(last));
        }
        // After the last letter has its shape, which may complete a run.
        if runs && has_letter_run(forms.as_bytes().get(at..).unwrap_or(&[])) {
            let form = forms.split_off(at);
            push_without_runs(&form, forms);
        }
        self.finish(start, written, TokenKind::Hebrew, at);
    }

    /// Whether the apostrophe at `end` is a geresh of the word `start..end`.
    fn keeps_geresh(&self, start: usize, end: usize) -> bool {
        if self.closing == Some(end) {
            return false;
        }
        let word = self.slice(start, end);
        if is_ordinal(word) || is_geresh_sound(word) {
            return true;
        }
        let known = &self.tables.abbreviations.he;
        clitics::readings(word).any(|(_, stem)| known.contains(stem))
    }

    /// Single letters joined by full stops (`ת.ז.`): one token that ends in a full stop.
    fn dotted_hebrew(&mut self, start: usize, end: usize) -> bool {
        if end != start + 2 || self.at(end) != b'.' {
            return false;
        }
        let mut last = end;
        let mut letters = 1;
        while self.at(last) == b'.' && self.is_hebrew(last + 1) && !self.is_hebrew(last + 3) {
            letters += 1;
            last += 3;
        }
        // A letter behind the last full stop must end there: ט.ל.ח but not א.ב"ש.
        if letters < 2 || matches!(self.at(last), b'"' | b'\'' | b'/') {
            return false;
        }
        let written = if self.at(last) == b'.' { last + 1 } else { last };
        let form = self.slice(start, last);
        let forms = self.forms();
        let at = forms.len();
        forms.push_str(form);
        forms.push('.');
        self.finish(start, written, TokenKind::Hebrew, at);
        true
    }
}

/// A single letter, or one of א to י behind a prefix letter: a day, a class, an ordinal.
fn is_ordinal(word: &str) -> bool {
    let mut letters = word.chars();
    match (letters.next(), letters.next(), letters.next()) {
        (Some(_), None, _) => true,
        (Some(prefix), Some(letter), None) => {
            matches!(prefix, 'ו' | 'ה' | 'ב' | 'כ' | 'ל' | 'מ' | 'ש') && ('א'..='י').contains(&letter)
        }
        _ => false,
    }
}

/// Whether the last letter makes a foreign sound with a geresh.
pub(super) fn is_geresh_sound(word: &str) -> bool {
    word.ends_with(['ג', 'ז', 'צ', 'ץ', 'ח'])
}

/// Whether some letter (two bytes) stands three times in a row.
fn has_letter_run(word: &[u8]) -> bool {
    word.len() >= 6 && word.windows(6).any(|w| matches!(w, [0xD7, a, 0xD7, b, 0xD7, c] if a == b && b == c))
}

/// Three or more of a letter become two.
pub(super) fn push_without_runs(word: &str, forms: &mut String) {
    let (mut last, mut times) = ('\0', 0);
    for c in word.chars() {
        times = if c == last { times + 1 } else { 1 };
        last = c;
        if times <= 2 {
            forms.push(c);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::forms_of;

    #[test]
    fn acronyms_keep_their_mark() {
        assert_eq!(forms_of("מנכ\"לית דו״חות"), ["מנכ\"לית", "דו\"חות"]);
    }

    #[test]
    fn geresh_belongs_to_sounds_ordinals_and_abbreviations() {
        assert_eq!(forms_of("קולאז' א' בה' ולגב' השבת'"), ["קולאז'", "א'", "בה'", "ולגב'", "השבת"]);
    }

    #[test]
    fn dotted_letters_are_one_token() {
        assert_eq!(forms_of("ת.ז ט.ל.ח. א. ב"), ["ת.ז.", "ט.ל.ח.", "א", "ב"]);
    }
}
