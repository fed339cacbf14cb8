//! How many records of a run may be bad before its input counts as rotten.

use crate::error::{Error, ErrorKind};

/// A share is not judged while fewer records than this were read, except at the end: the first records of a file say
/// little of the rest.
const LEAST_RECORDS: u64 = 1000;

/// The most bad records that are borne.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MaxBad {
    /// So many.
    Count(u64),
    /// So many of a hundred records read, 0 to 100.
    Percent(f64),
}

impl MaxBad {
    /// Reads `100` or `5%`.
    ///
    /// # Errors
    /// When it is neither a whole number nor a percentage from 0 to 100.
    pub fn parse(word: &str) -> Result<MaxBad, Error> {
        let parsed = match word.trim().strip_suffix('%') {
            Some(percent) => {
                percent.trim().parse().ok().filter(|share| (0.0..=100.0).contains(share)).map(MaxBad::Percent)
            }
            None => word.trim().parse().ok().map(MaxBad::Count),
        };
        parsed.ok_or_else(|| {
            let rule = "--max-bad must be a number of records or a percentage from 0% to 100%";
            Error::new(ErrorKind::Usage, format!("{rule}, is {word:?}"))
        })
    }

    /// True when `bad` of `read` records are too many. A share is judged from 1,000 records up, and at the end.
    pub fn is_exceeded(self, read: u64, bad: u64, at_end: bool) -> bool {
        match self {
            MaxBad::Count(most) => bad > most,
            MaxBad::Percent(most) => (at_end || read >= LEAST_RECORDS) && bad as f64 * 100.0 > most * read as f64,
        }
    }

    /// The error that ends the run.
    pub fn rotten(self, read: u64, bad: u64) -> Error {
        let most = match self {
            MaxBad::Count(most) => most.to_string(),
            MaxBad::Percent(most) => format!("{most}%"),
        };
        let share = bad as f64 * 100.0 / read.max(1) as f64;
        let text = format!(
            "the input is rotten: {bad} of {read} records read are bad ({share:.1}%), --max-bad allows {most}; the output \
             is not put in place"
        );
        Error::new(ErrorKind::Rotten, text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_shares_are_read_and_judged() {
        assert_eq!(MaxBad::parse("5%").unwrap(), MaxBad::Percent(5.0));
        assert_eq!(MaxBad::parse("0.5 %").unwrap(), MaxBad::Percent(0.5));
        assert_eq!(MaxBad::parse("7").unwrap(), MaxBad::Count(7));
        for word in ["", "%", "-1", "101%", "NaN%", "5.5", "many"] {
            assert_eq!(MaxBad::parse(word).unwrap_err().kind(), ErrorKind::Usage, "{word}");
        }
        assert!(!MaxBad::Percent(5.0).is_exceeded(999, 999, false));
        assert!(MaxBad::Percent(5.0).is_exceeded(999, 999, true));
        assert!(MaxBad::Percent(5.0).is_exceeded(1000, 51, false));
        assert!(!MaxBad::Percent(5.0).is_exceeded(1000, 50, true));
        assert!(MaxBad::Count(0).is_exceeded(1, 1, false));
        assert!(!MaxBad::Percent(0.0).is_exceeded(0, 0, true));
    }
}
