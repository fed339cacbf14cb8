//! Latin words, names with marks inside them, dotted abbreviations, letters joined by `&` or `/`.
//!
//! A run of ASCII letters followed by a blank or a comma, which is nearly all of English, leaves this file early;
//! everything else is tried in the order of [`Scanner::marked_latin`].

use super::TokenKind;
use super::class::{Class, class, is_alnum};
use super::hebrew::push_without_runs;
use super::scan::Scanner;

impl<'a> Scanner<'a> {
    /// The end of the run of letters and digits from `i`, Hebrew letters apart.
    #[inline]
    pub(super) fn latin_run(&self, mut i: usize) -> usize {
        loop {
            let rest = self.bytes.get(i..).unwrap_or_default();
            i += rest.iter().position(|&byte| !is_alnum(byte)).unwrap_or(rest.len());
            match self.other_letter(i) {
                0 => return i,
                len => i += len,
            }
        }
    }

    /// A word that starts with a letter that is not Hebrew.
    pub(super) fn latin(&mut self) {
        let start = self.pos;
        let mut end = self.latin_run(start);
        loop {
            match self.at(end) {
                b',' | b'\n' | b')' | b';' | b'!' | b'?' | b'"' | 0 => break,
                b' ' if !matches!(self.at(end + 1), b'/' | b'\\' | b'(' | b'&') => break,
                b'\'' if self.is_apostrophe(end) => end = self.latin_run(end + 1),
                _ if self.marked_latin(start, end) => return,
                _ => break,
            }
        }
        self.push_latin(start, end, end);
    }

    /// An apostrophe with letters on both sides: `don't`.
    fn is_apostrophe(&self, i: usize) -> bool {
        self.closing != Some(i) && (class(self.at(i + 1)) == Class::Latin || self.other_letter(i + 1) > 0)
    }

    /// A token `start..end` in small letters, written up to `written`.
    pub(super) fn push_latin(&mut self, start: usize, end: usize, written: usize) {
        let kind = self.kind_at(start);
        self.push_word((start, end), written, kind, |word, runs, out| {
            out.push_str(word);
            out.make_ascii_lowercase();
            if runs && has_letter_run(out.as_bytes()) {
                let form = std::mem::take(out);
                push_without_runs(&form, out);
            }
        });
    }

    fn kind_at(&self, start: usize) -> TokenKind {
        if self.at(start) < 0x80 {
            return TokenKind::Latin;
        }
        match self.char_at(start) {
            '\u{AA}'..='\u{24F}'
            | '\u{250}'..='\u{2AF}'
            | '\u{1D00}'..='\u{1DBF}'
            | '\u{2C60}'..='\u{2C7F}'
            | '\u{A722}'..='\u{A7FF}' => TokenKind::Latin,
            _ => TokenKind::Other,
        }
    }

    /// The words that a mark or a blank does not end. False when the word is `start..end` after all.
    fn marked_latin(&mut self, start: usize, end: usize) -> bool {
        let next = self.at(end);
        if let Some((len, form)) =
            self.name_at(start).filter(|(len, form)| start + len > end && !self.is_host(form, start + len))
        {
            self.push_as(start, start + len, TokenKind::Latin, form);
            return true;
        }
        if next == b'.' && self.is_script(end) {
            self.push_latin(start, end + 3, end + 3);
            return true;
        }
        if matches!(next, b'@' | b'.' | b'_' | b'-' | b'+' | b'%' | b'*' | b':' | b'/') && self.address(start, end) {
            return true;
        }
        let joined = match next {
            b'.' => self.dotted_latin(start),
            b'&' => self.ampersand(start, end),
            b'/' => self.single_letters(start, end),
            b' ' if self.at(end + 1) == b'&' => self.spaced_ampersand(start, end),
            _ => false,
        };
        if joined {
            return true;
        }
        if !self.spec.gender_forms {
            return false;
        }
        let written = self.latin_gender_end(end);
        if written > end {
            self.push_latin(start, end, written);
        }
        written > end
    }

    /// A name of the list at `start`: its length and form.
    fn name_at(&self, start: usize) -> Option<(usize, &'a str)> {
        self.bytes.get(start..).and_then(|rest| self.names().at_start(rest))
    }

    /// Whether the name `form` that ends at `i` is the start of an address: `monday.com/careers`, `e-mail@example.com`.
    fn is_host(&self, form: &str, i: usize) -> bool {
        match self.at(i) {
            b'@' => true,
            b'.' => is_alnum(self.at(i + 1)),
            b'/' => {
                is_alnum(self.at(i + 1))
                    && form.rsplit_once('.').is_some_and(|(_, label)| self.tables.contact.tlds.contains(label))
            }
            _ => false,
        }
    }

    /// Whether `.js` stands at `i`, behind the name of a library.
    fn is_script(&self, i: usize) -> bool {
        self.at(i + 1).eq_ignore_ascii_case(&b'j')
            && self.at(i + 2).eq_ignore_ascii_case(&b's')
            && !self.continues(i + 3)
    }

    /// A name that starts with a full stop (`.NET`).
    pub(super) fn dotted_name(&mut self) -> bool {
        let here = self.pos;
        if is_alnum(self.before(here)) || class(self.at(here + 1)) != Class::Latin {
            return false;
        }
        match self.name_at(here) {
            Some((len, form)) => {
                self.push_as(here, here + len, TokenKind::Latin, form);
                true
            }
            None => false,
        }
    }

    /// Single letters with full stops: `U.S.`, `e.g.`, `p.a.`. The form always ends in a full stop.
    fn dotted_latin(&mut self, start: usize) -> bool {
        let single = |i: usize| class(self.at(i)) == Class::Latin && !self.continues(i + 1);
        let mut end = start + 1;
        let mut letters = 1;
        if !single(start) {
            return false;
        }
        while self.at(end) == b'.' && single(end + 1) {
            letters += 1;
            end += 2;
        }
        if letters < 2 {
            return false;
        }
        let written = if self.at(end) == b'.' { end + 1 } else { end };
        let form = self.slice(start, end);
        let out = self.form();
        out.push_str(form);
        out.push('.');
        out.make_ascii_lowercase();
        self.finish(start, written, TokenKind::Latin);
        true
    }

    /// Whether a word goes on at `i`.
    fn continues(&self, i: usize) -> bool {
        is_alnum(self.at(i)) || self.other_letter(i) > 0
    }

    /// Parts of one or two letters joined by `&`, one of them a single letter: `R&D`, `FP&A`, `AT&T`.
    fn ampersand(&mut self, start: usize, end: usize) -> bool {
        let (mut last, mut shortest) = (end, end - start);
        if shortest > 2 {
            return false;
        }
        while self.at(last) == b'&' {
            let part = self.latin_run(last + 1);
            let len = part - last - 1;
            if len == 0 || len > 2 || !self.letters_only(last + 1, part) {
                break;
            }
            shortest = shortest.min(len);
            last = part;
        }
        let joined = last > end && shortest == 1 && self.letters_only(start, end);
        if joined {
            self.push(start, last, TokenKind::Latin);
        }
        joined
    }

    /// Two single capitals with blanks around the sign: `R & D`.
    fn spaced_ampersand(&mut self, start: usize, end: usize) -> bool {
        let second = end + 3;
        let joined = end == start + 1
            && self.at(start).is_ascii_uppercase()
            && self.at(end + 2) == b' '
            && self.at(second).is_ascii_uppercase()
            && !self.continues(second + 1)
            && !matches!(self.at(second + 1), b'\'' | b'&');
        if joined {
            let pair = [self.at(start), b'&', self.at(second)].map(|b| char::from(b.to_ascii_lowercase()));
            let form: String = pair.iter().collect();
            self.push_as(start, second + 1, TokenKind::Latin, &form);
        }
        joined
    }

    /// Single letters joined by slashes: `A/B`, `N/A`, `w/o`.
    fn single_letters(&mut self, start: usize, end: usize) -> bool {
        if end != start + 1 {
            return false;
        }
        let mut last = end;
        while self.at(last) == b'/'
            && class(self.at(last + 1)) == Class::Latin
            && !self.continues(last + 2)
            && !matches!(self.at(last + 2), b'+' | b'#')
        {
            last += 2;
        }
        if last > end {
            self.push(start, last, TokenKind::Latin);
        }
        last > end
    }

    fn letters_only(&self, start: usize, end: usize) -> bool {
        self.slice(start, end).bytes().all(|b| b.is_ascii_alphabetic())
    }

    /// `#C` and `#F`: how `C#` looks after a paste in visual order; `#URL_…#`: a masked address.
    pub(super) fn number_sign(&mut self) -> bool {
        let here = self.pos;
        if matches!(self.at(here + 1), b'C' | b'F')
            && !self.continues(here + 2)
            && !matches!(self.at(here + 2), b'_' | b'-')
        {
            let form = if self.at(here + 1) == b'C' { "c#" } else { "f#" };
            self.push_as(here, here + 2, TokenKind::Latin, form);
            return true;
        }
        self.mask(here)
    }

    /// `++C`, or the plus sign of a telephone number.
    pub(super) fn plus_sign(&mut self) -> bool {
        let here = self.pos;
        if self.at(here + 1) == b'+' && self.at(here + 2) == b'C' && !self.continues(here + 3) {
            self.push_as(here, here + 3, TokenKind::Latin, "c++");
            return true;
        }
        matches!(self.at(here + 1), b'0'..=b'9' | b'(') && self.phone(here)
    }
}

/// Whether a run of three letters is to be folded: not in a word that is one letter all through (`www`, `AAA`), not in
/// Roman figures, not in codes with digits. `word` is in small letters.
fn has_letter_run(word: &[u8]) -> bool {
    let (mut before, mut twice) = (0, false);
    let run = word.iter().any(|b| {
        let same = *b == before;
        let thrice = same & twice;
        (before, twice) = (*b, same);
        thrice
    });
    run && !word.iter().any(u8::is_ascii_digit)
        && !word.iter().all(|b| word.first() == Some(b))
        && !word.iter().all(|b| matches!(b, b'i' | b'v' | b'x' | b'l' | b'c' | b'd' | b'm'))
}

#[cfg(test)]
mod tests {
    use super::super::forms_of;

    #[test]
    fn letters_with_marks_are_one_name() {
        assert_eq!(forms_of("A/B R&D FP&A R & D U.S.A"), ["a/b", "r&d", "fp&a", "r&d", "u.s.a."]);
        assert_eq!(forms_of("UI/UX sales&marketing C/C++"), ["ui", "ux", "sales", "marketing", "c", "c++"]);
    }

    #[test]
    fn runs_are_folded_in_words_only() {
        assert_eq!(forms_of("Sooooo www III a111"), ["soo", "www", "iii", "a111"]);
    }
}
