//! Hebrew words: letters, the gershayim of acronyms, the geresh of foreign sounds, ordinals and abbreviations.

use super::TokenKind;
use super::class::final_shape;
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
        if !reshape {
            self.push_word((start, end), written, TokenKind::Hebrew, write);
            return;
        }
        let (form, runs) = (self.slice(start, end), self.spec.letter_runs);
        let out = self.form();
        // The last letter has its shape before runs are looked for: it may complete one.
        let last = form.char_indices().next_back();
        let (head, last) = last.map_or((form, None), |(at, last)| (form.get(..at).unwrap_or(""), Some(last)));
        let shaped: String = head.chars().chain(last.map(final_shape)).collect();
        write(&shaped, runs, out);
        self.finish(start, written, TokenKind::Hebrew);
    }

    /// Whether the apostrophe at `end` is a geresh of the word `start..end`.
    fn keeps_geresh(&self, start: usize, end: usize) -> bool {
        if self.closing == Some(end) {
            return false;
        }
        let word = self.slice(start, end);
        if self.is_ordinal(word) || is_geresh_sound(word) {
            return true;
        }
        let known = &self.tables.abbreviations.he;
        self.tables.clitics.readings(word).any(|(_, stem)| known.contains(stem))
    }

    /// A single letter, or one of א to י behind a prefix letter: a day, a class, an ordinal.
    fn is_ordinal(&self, word: &str) -> bool {
        let mut letters = word.char_indices().map(|(at, letter)| (letter, word.get(..at).unwrap_or("")));
        match (letters.next(), letters.next(), letters.next()) {
            (Some(_), None, _) => true,
            (Some(_), Some((letter, prefix)), None) => {
                ('א'..='י').contains(&letter) && self.tables.clitics.is_chain(prefix)
            }
            _ => false,
        }
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
        let out = self.form();
        out.push_str(form);
        out.push('.');
        self.finish(start, written, TokenKind::Hebrew);
        true
    }
}

/// Whether the last letter makes a foreign sound with a geresh.
pub(super) fn is_geresh_sound(word: &str) -> bool {
    word.ends_with(['ג', 'ז', 'צ', 'ץ', 'ח'])
}

/// Writes the form of a Hebrew word.
fn write(word: &str, runs: bool, out: &mut String) {
    if runs && has_letter_run(word.as_bytes()) {
        push_without_runs(word, out);
    } else {
        out.push_str(word);
    }
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
