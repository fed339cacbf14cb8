//! Records of a job that hold all the words somebody looks for, in their title, text or id.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek, SeekFrom};

use serde::Deserialize;

use super::Job;

/// Bytes that are read at one time.
const PIECE: usize = 256 << 10;

/// What somebody looks for.
#[derive(Debug)]
pub(super) struct Needles(Vec<String>);

/// The part of a stored record that is searched.
#[derive(Deserialize)]
struct Words<'l> {
    #[serde(borrow)]
    id: Cow<'l, str>,
    #[serde(borrow)]
    title: Cow<'l, str>,
    #[serde(borrow)]
    text: Cow<'l, str>,
}

impl Needles {
    /// The words of `query`.
    pub fn new(query: &str) -> Needles {
        Needles(folded(query).split_whitespace().map(str::to_owned).collect())
    }

    /// Those of `numbers`, which ascend, whose records hold every word.
    ///
    /// # Errors
    /// When the output cannot be read.
    pub fn among(&self, job: &Job, numbers: Vec<u32>) -> io::Result<Vec<u32>> {
        // A job that has no records yet has no file of them either.
        if self.0.is_empty() || numbers.is_empty() {
            return Ok(numbers);
        }
        let mut lines = BufReader::with_capacity(PIECE, File::open(&job.output)?);
        let (mut at, mut line, mut found) = (0, Vec::new(), Vec::new());
        for number in numbers {
            let Some((start, _)) = job.index().place(number as usize) else { break };
            match i64::try_from(start.saturating_sub(at)) {
                Ok(0) => {}
                Ok(skipped) => lines.seek_relative(skipped)?,
                Err(_) => _ = lines.seek(SeekFrom::Start(start))?,
            }
            line.clear();
            at = start + lines.read_until(b'\n', &mut line)? as u64;
            if serde_json::from_slice::<Words<'_>>(&line).is_ok_and(|words| self.are_in(&words)) {
                found.push(number);
            }
        }
        Ok(found)
    }

    fn are_in(&self, words: &Words<'_>) -> bool {
        let held = [&words.title, &words.text, &words.id].map(|part| folded(part));
        self.0.iter().all(|needle| held.iter().any(|part| part.contains(needle)))
    }
}

/// `text` in lower case, without Hebrew points and marks of direction, and with one kind of every quote.
fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            'A'..='Z' => folded.push(c.to_ascii_lowercase()),
            '\0'..='\u{7f}' | 'א'..='ת' => folded.push(c),
            '\u{591}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}'..='\u{5c2}' | '\u{5c4}'..='\u{5c5}' | '\u{5c7}' => {}
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            '״' | '“' | '”' | '„' => folded.push('"'),
            '׳' | '‘' | '’' => folded.push('\''),
            '־' => folded.push('-'),
            other => folded.extend(other.to_lowercase()),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_whatever_their_case_points_and_quotes() {
        let words = |title: &'static str, text: &'static str| Words {
            id: "A-7".into(),
            title: title.into(),
            text: text.into(),
        };
        let ad = words("מַנְהֵל סושיאל", "שכר 9,000 ש״ח, Café Ninja ו\u{200f}אנרגיות");
        for query in ["מנהל", "ninja", "NINJA", "ש\"ח 9,000", "café", "CAFÉ", "a-7 סושיאל", "  ", "ואנרגיות"]
        {
            assert!(Needles::new(query).are_in(&ad), "{query}");
        }
        for query in ["guru", "ninja guru", "מנהלת"] {
            assert!(!Needles::new(query).are_in(&ad), "{query}");
        }
    }
}
