//! Quotation or acronym, closing quote or geresh: decided by what else stands on the line.

use super::class::{Class, class, is_alnum};
use super::hebrew::{Inner, is_geresh_sound};
use super::scan::Scanner;

/// How far a quotation is followed, in bytes.
const REACH: usize = 600;

/// What one quotation mark looks like from its neighbours.
enum Look {
    Opening,
    Closing,
    Neither,
}

impl Scanner<'_> {
    /// A double quote that is no part of a word.
    pub(super) fn double_quote(&mut self) {
        match self.look(self.pos) {
            Look::Opening => self.quoted = true,
            Look::Closing => self.quoted = false,
            Look::Neither => {}
        }
        self.pos += 1;
    }

    /// An apostrophe that is no part of a word.
    pub(super) fn single_quote(&mut self) {
        if self.closing == Some(self.pos) {
            self.closing = None;
        } else if self.closing.is_none() && matches!(self.look(self.pos), Look::Opening) {
            self.closing = self.closing_single(self.pos + 1);
        }
        self.pos += 1;
    }

    /// The double quote at `i`, between Hebrew letters, in the word that starts at `start`.
    ///
    /// An acronym has one letter behind the mark, or one letter and an ending (מנכ"לית). What has more is a quotation
    /// when the letters before it are prefixes or the quote is seen to close.
    pub(super) fn inner_double(&self, start: usize, i: usize) -> Inner {
        let right = self.slice(i + 1, self.hebrew_run(i + 1));
        if right.len() == 2 {
            return Inner::Letter;
        }
        let acronym = self.ends_acronym(right);
        let left = self.slice(start, i);
        let prefixed = self.tables.clitics.is_chain(left);
        if prefixed {
            if self.closes(i) || (!acronym && left.len() == 2 && right.len() >= 6) {
                return Inner::Opens;
            }
        } else if !acronym && right.len() >= 6 && self.closes(i) {
            return Inner::Opens;
        }
        if self.quoted && !acronym && right.len() >= 4 && !self.closes_later(i) { Inner::Closes } else { Inner::Letter }
    }

    /// Whether `right` is what may follow the mark of an acronym.
    fn ends_acronym(&self, right: &str) -> bool {
        let mut letters = right.chars();
        letters.next();
        let endings = &self.tables.gender.acronym_suffixes;
        endings.iter().any(|ending| ending == letters.as_str() || (ending == right && ending.len() == 4))
    }

    /// Whether a quotation opened at `i` is closed on the same line, beside the one that is open already.
    fn closes(&self, i: usize) -> bool {
        self.balance(i + 1, 1 + usize::from(self.quoted))
    }

    /// Whether the quotation that is open is closed behind `i`.
    fn closes_later(&self, i: usize) -> bool {
        self.balance(i + 1, 1)
    }

    /// Whether more quotations close than open from `from` on, by `wanted`.
    fn balance(&self, from: usize, mut wanted: usize) -> bool {
        let window = self.line_window(from);
        for q in memchr::memchr_iter(b'"', window) {
            let q = from + q;
            match self.look(q) {
                Look::Closing if wanted == 1 => return true,
                Look::Closing => wanted -= 1,
                Look::Opening => wanted += 1,
                Look::Neither => {}
            }
        }
        false
    }

    /// The rest of the line from `from`, as far as quotations are followed.
    fn line_window(&self, from: usize) -> &[u8] {
        let rest = self.bytes.get(from..).unwrap_or(&[]);
        let rest = rest.get(..REACH).unwrap_or(rest);
        let end = rest.iter().position(|b| class(*b) == Class::Line).unwrap_or(rest.len());
        rest.get(..end).unwrap_or(rest)
    }

    /// What the quotation mark at `q` looks like.
    fn look(&self, q: usize) -> Look {
        let before = self.before(q);
        let after = self.at(q + 1);
        let word_before = is_alnum(before) || self.hebrew_before(q);
        let word_after = is_alnum(after) || self.is_hebrew(q + 1);
        match (word_before, word_after) {
            (true, true) if self.hebrew_before(q) && self.is_hebrew(q + 1) => {
                let start = self.word_start(q);
                let right = self.slice(q + 1, self.hebrew_run(q + 1));
                let prefixed = self.tables.clitics.is_chain(self.slice(start, q));
                if prefixed && right.len() >= 6 && !self.ends_acronym(right) { Look::Opening } else { Look::Neither }
            }
            (true, true)
                if self.hebrew_before(q) && self.tables.clitics.is_chain(self.slice(self.word_start(q), q)) =>
            {
                Look::Opening
            }
            (true, _) => Look::Closing,
            (false, true) => Look::Opening,
            (false, false) => match (class(before), class(after)) {
                (Class::Space | Class::Line, Class::Space | Class::Line) => Look::Neither,
                (Class::Space | Class::Line, _) => Look::Opening,
                (_, Class::Space | Class::Line) => Look::Closing,
                _ => Look::Neither,
            },
        }
    }

    /// Where the run of Hebrew letters that ends at `end` starts; no further back than a prefix chain is long.
    fn word_start(&self, end: usize) -> usize {
        let mut start = end;
        while end - start < 12 && self.hebrew_before(start) {
            start -= 2;
        }
        start
    }

    /// The apostrophe at `i`, between Hebrew letters, in the word that starts at `start`.
    pub(super) fn inner_single(&mut self, start: usize, i: usize) -> Inner {
        if self.closing.is_some() || !self.tables.clitics.is_chain(self.slice(start, i)) {
            return Inner::Letter;
        }
        match self.closing_single(i + 1) {
            Some(closing) => {
                self.closing = Some(closing);
                Inner::Opens
            }
            None => Inner::Letter,
        }
    }

    /// The apostrophe that closes a quotation opened right before `from`.
    ///
    /// An apostrophe behind a word that may own it as a geresh closes only when no better one comes before the next
    /// quotation opens.
    fn closing_single(&self, from: usize) -> Option<usize> {
        let mut weak = None;
        for q in memchr::memchr_iter(b'\'', self.line_window(from)) {
            let q = from + q;
            let (alnum_before, hebrew_before) = (is_alnum(self.before(q)), self.hebrew_before(q));
            let (alnum_after, hebrew_after) = (is_alnum(self.at(q + 1)), self.is_hebrew(q + 1));
            if alnum_after || hebrew_after {
                let prefixed = hebrew_before && self.tables.clitics.is_chain(self.slice(self.word_start(q), q));
                if prefixed || !(alnum_before || hebrew_before) {
                    break;
                }
                if alnum_before || hebrew_after {
                    continue;
                }
            }
            if !self.hebrew_before(q) {
                if class(self.before(q)) != Class::Space {
                    return Some(q);
                }
                continue;
            }
            let word = self.slice(self.word_start(q), q);
            let known = &self.tables.abbreviations.he;
            if word.len() == 2 || self.tables.clitics.readings(word).any(|(_, stem)| known.contains(stem)) {
                continue;
            }
            if !is_geresh_sound(word) {
                return Some(q);
            }
            weak = Some(q);
        }
        weak
    }
}

#[cfg(test)]
mod tests {
    use super::super::forms_of;

    #[test]
    fn a_quotation_needs_its_closing_quote() {
        assert_eq!(forms_of("ב\"גן עדן\" שם"), ["ב", "גן", "עדן", "שם"]);
        assert_eq!(forms_of("ב\"גן עדן שם"), ["ב\"גן", "עדן", "שם"]);
        assert_eq!(forms_of("ב\"גן\nעדן\" שם"), ["ב\"גן", "עדן", "שם"]);
    }

    #[test]
    fn other_quotations_on_the_line_do_not_mislead() {
        assert_eq!(forms_of("40 ש\"ח ב\"קפה\" ו\"בר\""), ["40", "ש\"ח", "ב", "קפה", "ו", "בר"]);
        assert_eq!(forms_of("\"ל\"ג בעומר\""), ["ל\"ג", "בעומר"]);
    }

    #[test]
    fn the_better_apostrophe_closes() {
        assert_eq!(forms_of("'רח' הרצל' ג'"), ["רח'", "הרצל", "ג'"]);
        assert_eq!(forms_of("ה'קולג' שלנו"), ["ה", "קולג", "שלנו"]);
    }
}
