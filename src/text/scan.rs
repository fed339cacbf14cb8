//! The scanner: one pass over folded text, a branch per class of character.
//!
//! This file holds the loop and what all token rules share; the rules are in the files beside it.

use super::class::{BULLET, Class, INTERPUNCT, class, is_currency};
use super::forms::Forms;
use super::statement;
use super::tables::Tables;
use super::{TextSpec, Token, TokenKind};
use crate::Span;

/// The state of one pass. Positions are bytes of the folded text.
pub(super) struct Scanner<'a> {
    pub(super) text: &'a str,
    pub(super) bytes: &'a [u8],
    pub(super) tables: &'a Tables,
    pub(super) spec: &'a TextSpec,
    forms: &'a mut Forms,
    /// The form that is being written.
    form: &'a mut String,
    tokens: &'a mut Vec<Token>,
    pub(super) pos: usize,
    /// Where the token before ends.
    pub(super) last_end: usize,
    pub(super) breaks: bool,
    spaced: bool,
    /// Inside a quotation in double quotes.
    pub(super) quoted: bool,
    /// The apostrophe that closes the quotation in single quotes that is open.
    pub(super) closing: Option<usize>,
    /// No e-mail address starts before this byte.
    pub(super) no_email_before: usize,
    /// No host name starts before this byte.
    pub(super) no_host_before: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(
        text: &'a str,
        tables: &'a Tables,
        spec: &'a TextSpec,
        forms: &'a mut Forms,
        form: &'a mut String,
        tokens: &'a mut Vec<Token>,
    ) -> Self {
        Scanner {
            text,
            bytes: text.as_bytes(),
            tables,
            spec,
            forms,
            form,
            tokens,
            pos: 0,
            last_end: 0,
            breaks: true,
            spaced: true,
            quoted: false,
            closing: None,
            no_email_before: 0,
            no_host_before: 0,
        }
    }

    /// The byte at `i`; 0, which is a blank, behind the end.
    #[inline(always)]
    pub(super) fn at(&self, i: usize) -> u8 {
        self.bytes.get(i).copied().unwrap_or(0)
    }

    /// The byte before `i`; 0 at the start.
    #[inline(always)]
    pub(super) fn before(&self, i: usize) -> u8 {
        i.checked_sub(1).map_or(0, |i| self.at(i))
    }

    pub(super) fn slice(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or("")
    }

    /// The character at `i`.
    pub(super) fn char_at(&self, i: usize) -> char {
        self.text.get(i..).and_then(|rest| rest.chars().next()).unwrap_or('\0')
    }

    /// Whether a Hebrew letter starts at `i`.
    #[inline(always)]
    pub(super) fn is_hebrew(&self, i: usize) -> bool {
        self.at(i) == 0xD7 && (0x90..=0xAA).contains(&self.at(i + 1))
    }

    /// Whether a Hebrew letter ends at `i`.
    pub(super) fn hebrew_before(&self, i: usize) -> bool {
        i.checked_sub(2).is_some_and(|i| self.is_hebrew(i))
    }

    /// The end of the run of Hebrew letters from `i`.
    #[inline(always)]
    pub(super) fn hebrew_run(&self, i: usize) -> usize {
        let (letters, _) = self.bytes.get(i..).unwrap_or_default().as_chunks::<2>();
        let run = letters.iter().take_while(|[lead, letter]| *lead == 0xD7 && (0x90..=0xAA).contains(letter));
        i + 2 * run.count()
    }

    /// The end of the run of ASCII digits from `i`.
    pub(super) fn digit_run(&self, mut i: usize) -> usize {
        while self.at(i).is_ascii_digit() {
            i += 1;
        }
        i
    }

    /// The length of a letter of another script at `i`; 0 when there is none.
    pub(super) fn other_letter(&self, i: usize) -> usize {
        if self.at(i) < 0x80 || self.is_hebrew(i) {
            return 0;
        }
        let c = self.char_at(i);
        if c == BULLET || c == INTERPUNCT || is_currency(c) { 0 } else { c.len_utf8() }
    }

    /// Reads the whole text.
    pub(super) fn run(mut self) {
        while self.pos < self.bytes.len() {
            match class(self.at(self.pos)) {
                Class::Space => {
                    self.spaced = true;
                    self.pos += 1;
                }
                Class::Latin => self.latin(),
                Class::Wide if self.is_hebrew(self.pos) => self.hebrew(),
                Class::Digit => self.number(),
                Class::Line => {
                    self.spaced = true;
                    self.breaks = true;
                    self.quoted = false;
                    self.closing = None;
                    self.pos += 1;
                }
                Class::Mark => self.mark(),
                Class::Wide => self.wide(),
            }
        }
    }

    /// A mark that no token has claimed.
    fn mark(&mut self) {
        let here = self.pos;
        match self.at(here) {
            b'"' => self.double_quote(),
            b'\'' => self.single_quote(),
            b'.' if self.dotted_name() => {}
            b'.' => self.full_stop(),
            b'!' | b'?' | b'|' | b';' => self.end_sentence(),
            b'*' if self.star_number() => {}
            b'*' => self.end_sentence(),
            b'$' => self.push(here, here + 1, TokenKind::Currency),
            b'#' if self.number_sign() => {}
            b'+' if self.plus_sign() => {}
            b'(' if self.at(here + 1).is_ascii_digit() && self.phone(here) => {}
            b'%' if self.leading_percent() => {}
            b'<' | b'[' | b'{' if self.tag() => {}
            b'@' if self.before(here) == b'*' && self.masked_address() => {}
            _ => self.pos += 1,
        }
    }

    fn end_sentence(&mut self) {
        self.breaks = true;
        self.pos += 1;
    }

    /// A full stop ends a sentence unless it belongs to an abbreviation.
    fn full_stop(&mut self) {
        let abbreviated = self.last_end == self.pos
            && self.tokens.last().is_some_and(|token| {
                token.kind == TokenKind::Latin
                    && self.tables.abbreviations.en.contains(self.forms.words.form(token.form))
            });
        if !abbreviated {
            self.breaks = true;
        }
        self.pos += 1;
    }

    /// A character beyond ASCII that is no Hebrew letter.
    fn wide(&mut self) {
        let here = self.pos;
        let c = self.char_at(here);
        let end = here + c.len_utf8();
        if c == BULLET || c == INTERPUNCT {
            self.breaks = true;
            self.pos = end;
        } else if is_currency(c) {
            self.push(here, end, TokenKind::Currency);
        } else {
            self.latin();
        }
    }

    /// A token whose form is its text in small letters.
    #[inline]
    pub(super) fn push(&mut self, start: usize, end: usize, kind: TokenKind) {
        self.form.push_str(self.slice(start, end));
        self.form.make_ascii_lowercase();
        self.finish(start, end, kind);
    }

    /// A token with a form of its own.
    pub(super) fn push_as(&mut self, start: usize, end: usize, kind: TokenKind, form: &str) {
        let form = self.number_of(form);
        self.end(start, end, kind, form);
    }

    /// Ends the token whose form was written.
    #[inline]
    pub(super) fn finish(&mut self, start: usize, end: usize, kind: TokenKind) {
        let written = std::mem::take(self.form);
        let form = self.number_of(&written);
        *self.form = written;
        self.form.clear();
        self.end(start, end, kind, form);
    }

    /// The number of a form.
    #[inline]
    fn number_of(&mut self, form: &str) -> u32 {
        let Forms { words, lists, .. } = &mut *self.forms;
        let number = words.intern(form);
        if number as usize == lists.len() {
            lists.push(self.tables.words.lists_of(form) | if statement::opens(form) { statement::OPENS } else { 0 });
        }
        number
    }

    /// A plain word whose form depends on nothing else; `write` writes that of a word not met before.
    #[inline]
    pub(super) fn push_word(
        &mut self,
        (start, end): (usize, usize),
        written: usize,
        kind: TokenKind,
        write: impl FnOnce(&str, bool, &mut String),
    ) {
        let word = self.slice(start, end);
        let known = self.forms.written.intern(word) as usize;
        let form = match self.forms.form_of.get(known) {
            Some(&form) => form,
            None => {
                let mut out = std::mem::take(self.form);
                write(word, self.spec.letter_runs, &mut out);
                let form = self.number_of(&out);
                self.forms.form_of.push(form);
                out.clear();
                *self.form = out;
                form
            }
        };
        self.end(start, written, kind, form);
    }

    #[inline]
    fn end(&mut self, start: usize, end: usize, kind: TokenKind, form: u32) {
        self.tokens.push(Token { span: Span::new(start, end), kind, breaks: self.breaks, joined: !self.spaced, form });
        self.breaks = false;
        self.spaced = false;
        self.pos = end;
        self.last_end = end;
    }

    /// The form that is being written.
    pub(super) fn form(&mut self) -> &mut String {
        self.form
    }

    /// The form of the last token.
    pub(super) fn last_form(&self) -> &str {
        self.tokens.last().map_or("", |token| self.forms.words.form(token.form))
    }
}
