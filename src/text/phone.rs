//! Telephone numbers: Israeli, international, North American and British ones, also with masked digits.

use super::TokenKind;
use super::class::{Class, class, is_alnum};
use super::scan::Scanner;

/// More groups than this are no telephone number.
const MOST_GROUPS: usize = 7;

/// Groups of digits, as far as a telephone number may reach.
#[derive(Default)]
struct Groups {
    /// Length and end of each group.
    groups: [(usize, usize); MOST_GROUPS],
    len: usize,
    digits: String,
    /// A bracket that nothing closes.
    open: bool,
}

impl Scanner<'_> {
    /// A telephone number from `start`, which is a digit, `+` or `(`.
    pub(super) fn phone(&mut self, start: usize) -> bool {
        let end = self.phone_end(start);
        if let Some(end) = end {
            self.push_as(start, end, TokenKind::Phone, "<phone>");
        }
        end.is_some()
    }

    /// The end of the telephone number from `start`.
    pub(super) fn phone_end(&self, start: usize) -> Option<usize> {
        // Cheapest first: fewer than seven figures and signs in a row are no number to call.
        let quick = (start..start + 7).take_while(|i| is_phone_byte(self.at(*i))).count();
        if quick < 7 {
            return None;
        }
        let plus = self.at(start) == b'+';
        let bracket = self.at(start + usize::from(plus)) == b'(';
        let read = self.groups(start + usize::from(plus) + usize::from(bracket), bracket);
        if bracket && read.open {
            return None;
        }
        for count in (1..=read.len).rev() {
            let groups = read.groups.get(..count).unwrap_or(&[]);
            let total: usize = groups.iter().map(|group| group.0).sum();
            let digits = read.digits.get(..total).unwrap_or("");
            let lens: Vec<usize> = groups.iter().map(|group| group.0).collect();
            let end = groups.last().map_or(start, |group| group.1);
            let dashed = groups.first().is_some_and(|group| self.at(group.1) == b'-');
            // A last group that is the hour of the time behind the number: 054-1234567 08:00.
            let apart =
                count > 1 && groups.last().is_some_and(|(len, end)| matches!(self.before(end - len), b' ' | b'-'));
            let timed = apart && self.at(end) == b':' && self.at(end + 1).is_ascii_digit();
            let run = self.latin_run(end);
            let ends = self.at(end) != b'%' && !timed && (run == end || !self.is_unit(end, run));
            if ends && is_number(digits, &lens, plus, bracket, dashed) {
                return Some(end);
            }
        }
        None
    }

    fn groups(&self, from: usize, bracket: bool) -> Groups {
        let mut read = Groups::default();
        let mut at = from;
        let mut open = bracket;
        while let Some(slot) = read.groups.get_mut(read.len) {
            let mut end = at;
            // Masked digits stand first in their group (***4567), or behind the 05 of a mobile number (05X).
            let masked = read.digits.starts_with('0');
            while self.at(end).is_ascii_digit() || (masked && matches!(self.at(end), b'x' | b'X' | b'*')) {
                let digit = self.at(end).is_ascii_digit();
                if !digit && (end > at && self.before(end).is_ascii_digit()) {
                    break;
                }
                read.digits.push(if digit { char::from(self.at(end)) } else { 'x' });
                end += 1;
            }
            if read.digits == "05" && matches!(self.at(end), b'x' | b'X' | b'*') {
                read.digits.push('x');
                end += 1;
            }
            if end == at {
                break;
            }
            *slot = (end - at, end);
            read.len += 1;
            let mut next = end;
            if open && self.at(next) == b')' {
                slot.1 = next + 1;
                open = false;
                next += 1;
            }
            let after_bracket = next;
            next += usize::from(self.at(next) == b' ');
            let area_code = read.len == 1 && read.digits.starts_with('0');
            next += usize::from(matches!(self.at(next), b'-' | b'.') || (self.at(next) == b'/' && area_code));
            next += usize::from(next > end && self.at(next) == b' ');
            if self.at(next) == b'(' && !open {
                open = true;
                next += 1;
            }
            if next == end || (next == after_bracket && after_bracket == end) {
                break;
            }
            at = next;
        }
        read.open = open;
        read
    }

    /// `*1234` behind a word that asks to call.
    pub(super) fn star_number(&mut self) -> bool {
        let here = self.pos;
        let end = self.digit_run(here + 1);
        let called = end == here + 5 && !is_alnum(self.at(end)) && self.is_dialled();
        if called {
            self.push_as(here, end, TokenKind::Phone, "<phone>");
        }
        called
    }

    /// `1234*`, the same in text typed from right to left.
    pub(super) fn reversed_star(&mut self, start: usize) -> bool {
        let end = self.digit_run(start);
        let called = end == start + 4 && self.at(end) == b'*' && !is_alnum(self.at(end + 1)) && self.is_dialled();
        if called {
            self.push_as(start, end + 1, TokenKind::Phone, "<phone>");
        }
        called
    }

    fn is_dialled(&self) -> bool {
        self.tables.contact.dial.contains(self.last_form())
    }
}

fn is_phone_byte(byte: u8) -> bool {
    class(byte) == Class::Digit || matches!(byte, b'+' | b'-' | b'(' | b')' | b' ' | b'.' | b'/' | b'*' | b'x' | b'X')
}

/// Whether these digits, in groups of these lengths, are a telephone number.
fn is_number(digits: &str, lens: &[usize], plus: bool, bracket: bool, dashed: bool) -> bool {
    let total = digits.len();
    let digit = |i: usize| digits.as_bytes().get(i).copied().unwrap_or(0);
    let rest_long = |from: usize, least: usize| lens.iter().skip(from).all(|len| *len >= least);
    if plus {
        return is_international(digits, total) && rest_long(1, if total > 9 { 1 } else { 2 });
    }
    if let Some(number) = digits.strip_prefix("00") {
        return total >= 12 && is_international(number, number.len());
    }
    let first = lens.first().copied().unwrap_or(0);
    let second = lens.get(1).copied().unwrap_or(0);
    if digit(0) == b'0' {
        let mobile = total == 10 && matches!(digit(1), b'5' | b'7') && matches!(first, 3 | 4 | 10) && rest_long(1, 2);
        let landline = total == 9
            && matches!(digit(1), b'2' | b'3' | b'4' | b'8' | b'9')
            && ((first == 2 && second >= 3 && rest_long(2, 2)) || first == 9);
        let british = total == 11
            && matches!(digit(1), b'1' | b'2' | b'3' | b'7' | b'8')
            && matches!(lens, [11] | [3, 4, 4] | [5, 6] | [5, 3, 3] | [4, 3, 4]);
        return mobile || landline || british;
    }
    if digits.starts_with("972") {
        let number = digits.get(3..).unwrap_or("");
        let own = number.strip_prefix('0').unwrap_or(number);
        return matches!(own.len(), 8 | 9)
            && matches!(own.as_bytes().first(), Some(b'2' | b'3' | b'4' | b'5' | b'7' | b'8' | b'9'));
    }
    let toll_free = digits.starts_with("1700")
        || digits.starts_with("1800")
        || digits.starts_with("1801")
        || digits.starts_with("1599");
    let solid = lens.len() == 1 && (digits.starts_with("1700") || digits.starts_with("1800"));
    let grouped = lens.len() > 1 && matches!(first, 1 | 4) && rest_long(1, 2);
    if toll_free && total == 10 && (solid || grouped) {
        return true;
    }
    // An Israeli number whose area code has come to stand behind it: 1234567-054.
    let behind = digits.get(first..).unwrap_or("");
    if dashed && lens.len() == 2 && first == 7 && matches!(second, 2 | 3) && behind.starts_with('0') {
        return true;
    }
    let american = match lens {
        [3, 3, 4] => true,
        [1, 3, 3, 4] => digit(0) == b'1',
        [3, 7] => bracket,
        // The exchange that is kept for examples and masked numbers.
        [3, 4] => digits.starts_with("555"),
        _ => false,
    };
    american && (digit(0) == b'1' || (b'2'..=b'9').contains(&digit(0)))
}

/// Behind the plus sign: country code and number. Known codes have known lengths.
fn is_international(digits: &str, total: usize) -> bool {
    let own = |code: &str| digits.strip_prefix(code).map(|rest| rest.strip_prefix('0').unwrap_or(rest).len());
    match (own("972"), own("1"), own("44")) {
        (Some(len), _, _) => matches!(len, 8 | 9),
        (_, Some(len), _) => len == 10,
        (_, _, Some(len)) => matches!(len, 9 | 10),
        _ => (8..=15).contains(&total),
    }
}

#[cfg(test)]
mod tests {
    use super::super::forms_of;

    #[test]
    fn numbers_to_call() {
        let written = "054-1234567|0541234567|03-123-4567|+972 54 123 4567|1-800-123456|1800123456|1700123456|(555) 123-4567|1234567-03|05X-XXXXXXX";
        for written in written.split('|') {
            assert_eq!(forms_of(written), ["<phone>"], "{written}");
        }
    }

    #[test]
    fn numbers_not_to_call() {
        assert_eq!(forms_of("500-1000 01-07-2024 12345678"), ["500", "1000", "01-07-2024", "12345678"]);
        assert_eq!(forms_of("054-1234567 4 שנים"), ["<phone>", "4", "שנים"]);
        assert_eq!(forms_of("*2700 חייגו *2700"), ["2700", "חייגו", "<phone>"]);
    }
}
