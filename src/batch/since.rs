//! Postings since a date.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::error::{Error, ErrorKind, Result};

/// The first day whose postings count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Since(Date);

impl Since {
    /// Reads a date such as `2026-01-31`.
    ///
    /// # Errors
    /// `Usage` for anything else.
    pub fn parse(text: &str) -> Result<Since> {
        text.trim()
            .parse()
            .map(Since)
            .map_err(|_| Error::new(ErrorKind::Usage, format!("--since takes a date as in 2026-01-31, got {text:?}")))
    }

    /// Whether a posting of that date counts; `None` when it has no date that can be read.
    pub fn keeps(self, posted_at: &str) -> Option<bool> {
        day(posted_at).map(|day| day >= self.0)
    }
}

impl std::fmt::Display for Since {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// The day that a posting names: ISO 8601 with or without a time (the day as written), day first with dots, slashes or
/// hyphens, or a Unix time in seconds or milliseconds (the day in UTC).
fn day(text: &str) -> Option<Date> {
    let text = text.trim();
    if matches!(text.len(), 10 | 13) && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let number: i64 = text.parse().ok()?;
        let seconds = if text.len() == 13 { number / 1000 } else { number };
        return Some(Timestamp::from_second(seconds).ok()?.to_zoned(TimeZone::UTC).date());
    }
    let written = text.split(['T', ' ', ',']).next()?;
    let parts: Vec<&str> = written.split(['-', '.', '/']).collect();
    let &[first, second, third] = parts.as_slice() else { return None };
    let number = |part: &str| part.parse::<i16>().ok().filter(|_| part.bytes().all(|byte| byte.is_ascii_digit()));
    let (year, day) =
        if first.len() == 4 { (number(first)?, number(third)?) } else { (number(third)?, number(first)?) };
    let month = i8::try_from(number(second)?).ok()?;
    (year >= 1000).then(|| Date::new(year, month, i8::try_from(day).ok()?).ok())?
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn days_are_read_as_boards_write_them() {
        let expected = Some(date(2026, 3, 5));
        for text in [
            "2026-03-05",
            "2026-03-05T23:59:59+14:00",
            "2026-03-05 10:00",
            "2026/3/5",
            "05/03/2026",
            "5.3.2026",
            "05-03-2026, 10:00",
            "1772668800",
            "1772668800000",
            " 2026-03-05 ",
        ] {
            assert_eq!(day(text), expected, "{text}");
        }
        for text in
            ["", "yesterday", "2026", "2026-13-05", "03/25/2026", "5.3.26", "31.2.2026", "לפני יומיים", "+5.3.2026"]
        {
            assert_eq!(day(text), None, "{text}");
        }
    }

    #[test]
    fn the_day_itself_counts() {
        let since = Since::parse("2026-03-05").unwrap();
        assert_eq!(since.keeps("2026-03-05T00:00:00Z"), Some(true));
        assert_eq!(since.keeps("4.3.2026"), Some(false));
        assert_eq!(since.keeps("soon"), None);
        assert!(Since::parse("5.3.2026").is_err());
        assert_eq!(since.to_string(), "2026-03-05");
    }
}
