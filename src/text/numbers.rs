//! Numbers as they are written: thousands, decimals, dates, hours, ratios, with their unit letters and percent sign.

use super::TokenKind;
use super::class::{Class, class, is_alnum};
use super::scan::Scanner;

impl Scanner<'_> {
    /// A token that starts with a digit.
    pub(super) fn number(&mut self) {
        let start = self.pos;
        if self.phone(start) || self.reversed_star(start) {
            return;
        }
        let digits = self.digit_run(start);
        let next = self.at(digits);
        let lettered =
            class(next) == Class::Latin || (matches!(next, b'.' | b'-') && class(self.at(digits + 1)) == Class::Latin);
        if (lettered || matches!(next, b'@' | b'_')) && self.address(start, digits) {
            return;
        }
        if next == b'('
            && let Some((len, form)) = self.bytes.get(start..).and_then(|rest| self.names().at_start(rest))
        {
            self.push_as(start, start + len, TokenKind::Number, form);
            return;
        }
        let (end, timed) = self.number_end(start);
        let unit = self.latin_run(end);
        if !timed && unit > end && self.is_unit(end, unit) {
            self.push(start, unit, TokenKind::Number);
        } else if let Some(after) = self.percent(end) {
            self.push_percent(start, end, after);
        } else {
            self.push(start, end, TokenKind::Number);
        }
    }

    /// Whether the letters at `start..end` belong to the number before them: `8.5K`, `3rd`, `15hrs`, but not `5years`
    /// or `5000NIS`.
    pub(super) fn is_unit(&self, start: usize, end: usize) -> bool {
        let letters = self.slice(start, end);
        let currency = ["nis", "ils", "usd", "eur", "gbp"].iter().any(|code| letters.eq_ignore_ascii_case(code));
        letters.chars().filter(|c| !c.is_ascii_digit()).count() <= 3 && !currency
    }

    /// The end of the figures from `start`, and whether they tell a time.
    fn number_end(&self, start: usize) -> (usize, bool) {
        if let Some(end) = self.hyphen_date(start) {
            return (end, false);
        }
        let mut end = self.digit_run(start);
        let grouped = end - start <= 3;
        let (mut thousands, mut decimal, mut slash, mut timed) = (false, false, false, false);
        loop {
            let run = self.digit_run(end + 1);
            let len = run - (end + 1).min(run);
            let goes_on = match self.at(end) {
                _ if len == 0 => false,
                b',' => {
                    let three = grouped && len == 3 && !decimal && !slash && !timed;
                    thousands |= three;
                    three
                }
                b'.' => {
                    decimal = true;
                    !timed
                }
                b'/' => {
                    slash = true;
                    !timed && !thousands
                }
                b':' => {
                    let time = !thousands && !decimal && !slash;
                    timed |= time;
                    time
                }
                _ => false,
            };
            if !goes_on {
                return (end, timed);
            }
            end = run;
        }
    }

    /// `2024-07-01` and `01-07-2024`.
    fn hyphen_date(&self, start: usize) -> Option<usize> {
        let first = self.digit_run(start);
        let second = self.digit_run(first + 1);
        let third = self.digit_run(second + 1);
        if self.at(first) != b'-' || self.at(second) != b'-' {
            return None;
        }
        let lens = (first - start, second - first - 1, third - second - 1);
        let date = matches!(lens, (4, 1..=2, 1..=2) | (1..=2, 1..=2, 4));
        (date && !matches!(self.at(third), b'-' | b'/')).then_some(third)
    }

    /// The end of a percent sign at `i`, with or without a blank before it.
    fn percent(&self, i: usize) -> Option<usize> {
        let sign = i + usize::from(self.at(i) == b' ');
        let free = !(is_alnum(self.at(sign + 1)) || self.is_hebrew(sign + 1)) || sign == i;
        (self.at(sign) == b'%' && free).then_some(sign + 1)
    }

    fn push_percent(&mut self, start: usize, end: usize, written: usize) {
        let figures = self.slice(start, end);
        let out = self.form();
        out.push_str(figures);
        out.push('%');
        self.finish(start, written, TokenKind::Number);
    }

    /// `%50`: the sign before the number, as it lands in text typed from right to left.
    pub(super) fn leading_percent(&mut self) -> bool {
        let here = self.pos;
        if !self.at(here + 1).is_ascii_digit() || is_alnum(self.before(here)) || self.phone_end(here + 1).is_some() {
            return false;
        }
        let (end, timed) = self.number_end(here + 1);
        if timed || is_alnum(self.at(end)) {
            return false;
        }
        let figures = self.slice(here + 1, end);
        let written = if self.at(end) == b'%' { end + 1 } else { end };
        let out = self.form();
        out.push_str(figures);
        out.push('%');
        self.finish(here, written, TokenKind::Number);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::forms_of;

    #[test]
    fn separators_inside_numbers() {
        let want = ["1,200.50", "1", "2", "9:00", "17:00", "24/7", "1.7.24"];
        assert_eq!(forms_of("1,200.50 1,2 9:00-17:00 24/7 1.7.24"), want);
    }

    #[test]
    fn percent_on_either_side() {
        assert_eq!(forms_of("50% 50 % %50 10-15%"), ["50%", "50%", "50%", "10", "15%"]);
    }

    #[test]
    fn units_but_not_words() {
        assert_eq!(forms_of("8.5K 5years 5000NIS"), ["8.5k", "5", "years", "5000", "nis"]);
    }
}
