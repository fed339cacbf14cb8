//! What is known of the records of a job without reading them: enough to filter, sort and count.

use std::io::{self, Write};
use std::sync::{Arc, PoisonError};

use serde::Deserialize;

use super::Job;
use crate::ad::Lang;
use crate::label::REASONS;
use crate::score::Decision;

/// One record, in 24 bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Entry {
    /// Where its line begins in the output.
    pub start: u64,
    /// The probability that it is vague; NaN for none.
    pub p_vague: f64,
    pub words: u32,
    /// Its place in [`Decision::ALL`].
    pub decision: u8,
    /// A bit for each reason that fired.
    pub fired: u8,
    /// Its place in [`Lang::ALL`].
    pub lang: u8,
}

/// All records of a job so far.
#[derive(Debug, Default)]
pub(super) struct Index {
    entries: Vec<Entry>,
    decisions: [u64; 5],
    /// Where the next line begins.
    end: u64,
}

/// In which order records are listed; equals stand as in the input.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
pub(super) enum Sort {
    #[default]
    #[serde(rename = "input")]
    Input,
    #[serde(rename = "p_vague")]
    Least,
    #[serde(rename = "-p_vague")]
    Most,
    #[serde(rename = "words")]
    Shortest,
    #[serde(rename = "-words")]
    Longest,
}

impl Index {
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn decisions(&self) -> [u64; 5] {
        self.decisions
    }

    /// Where in the output record number `number` is, counted from 0.
    pub fn place(&self, number: usize) -> Option<(u64, u64)> {
        let start = self.entries.get(number)?.start;
        let end = self.entries.get(number + 1).map_or(self.end, |next| next.start);
        Some((start, end))
    }

    /// The numbers of the records that `wanted` takes, in the order of the input.
    pub fn select(&self, wanted: impl Fn(&Entry) -> bool) -> Vec<u32> {
        (0u32..).zip(&self.entries).filter(|(_, entry)| wanted(entry)).map(|(at, _)| at).collect()
    }

    /// Puts numbers that stand in the order of the input into the order asked for.
    pub fn sort(&self, found: &mut [u32], sort: Sort) {
        let entry = |&at: &u32| self.entries.get(at as usize);
        let p = |at: &u32| entry(at).map_or(f64::NAN, |entry| entry.p_vague);
        let words = |at: &u32| entry(at).map_or(0, |entry| entry.words);
        match sort {
            Sort::Input => {}
            // NaN is above all numbers in this order, so those without a probability are last.
            Sort::Least => found.sort_by(|a, b| p(a).total_cmp(&p(b))),
            Sort::Most => found.sort_by(|a, b| p(a).is_nan().cmp(&p(b).is_nan()).then(p(b).total_cmp(&p(a)))),
            Sort::Shortest => found.sort_by_key(words),
            Sort::Longest => found.sort_by_key(|at| std::cmp::Reverse(words(at))),
        }
    }

    fn add(&mut self, line: &[u8]) {
        if let Ok(head) = serde_json::from_slice::<Head<'_>>(line) {
            let decision = Decision::ALL.iter().position(|known| known.as_str() == head.verdict).unwrap_or_default();
            if let Some(count) = self.decisions.get_mut(decision) {
                *count += 1;
            }
            let fired = head.reasons.iter().filter(|reason| reason.fired);
            let places = fired.filter_map(|reason| REASONS.iter().position(|known| *known == reason.id));
            self.entries.push(Entry {
                start: self.end,
                p_vague: head.p_vague.unwrap_or(f64::NAN),
                words: head.words,
                decision: decision as u8,
                fired: places.fold(0, |bits, place| bits | 1 << place),
                lang: Lang::ALL.iter().position(|known| known.as_str() == head.lang).unwrap_or_default() as u8,
            });
        }
        self.end += line.len() as u64;
    }
}

/// What an entry is made from.
#[derive(Deserialize)]
struct Head<'l> {
    lang: &'l str,
    verdict: &'l str,
    p_vague: Option<f64>,
    words: u32,
    #[serde(borrow)]
    reasons: Vec<ReasonHead<'l>>,
}

#[derive(Deserialize)]
struct ReasonHead<'l> {
    id: &'l str,
    fired: bool,
}

/// Writes the lines of a job's output, and notes each in its index once it is in the file.
pub(super) struct Indexed<W> {
    job: Arc<Job>,
    out: W,
    /// A line of which the end has not come yet.
    held: Vec<u8>,
}

impl<W: Write> Indexed<W> {
    pub fn new(job: Arc<Job>, out: W) -> Indexed<W> {
        Indexed { job, out, held: Vec::new() }
    }
}

impl<W: Write> Write for Indexed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write_all(bytes)?;
        self.out.flush()?;
        self.held.extend_from_slice(bytes);
        let Some(last) = memchr::memrchr(b'\n', &self.held) else { return Ok(bytes.len()) };
        let rest = self.held.split_off(last + 1);
        let lines = std::mem::replace(&mut self.held, rest);
        let mut index = self.job.index.write().unwrap_or_else(PoisonError::into_inner);
        lines.split_inclusive(|&byte| byte == b'\n').for_each(|line| index.add(line));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(verdict: &str, p: &str, words: u32, fired: bool) -> String {
        format!(
            "{{\"id\":\"a \\\" b\",\"lang\":\"en\",\"verdict\":\"{verdict}\",\"p_vague\":{p},\"words\":{words},\
             \"reasons\":[{{\"id\":\"everyone\",\"p\":0.5,\"fired\":{fired}}}]}}\n"
        )
    }

    #[test]
    fn records_are_found_again_in_any_order() {
        let mut index = Index::default();
        let lines =
            [line("vague", "0.9", 10, true), line("unsupported", "null", 2, false), line("concrete", "0.1", 10, false)];
        lines.iter().for_each(|line| index.add(line.as_bytes()));
        let whole = lines.concat();
        for (number, line) in lines.iter().enumerate() {
            let (start, end) = index.place(number).unwrap();
            assert_eq!(&whole[start as usize..end as usize], line);
        }
        assert_eq!(index.place(3), None);
        assert_eq!(index.decisions(), [1, 0, 1, 0, 1]);
        let sorted = |sort: Sort| {
            let mut found = index.select(|_| true);
            index.sort(&mut found, sort);
            found
        };
        assert_eq!(sorted(Sort::Input), [0, 1, 2]);
        assert_eq!(sorted(Sort::Least), [2, 0, 1]);
        assert_eq!(sorted(Sort::Most), [0, 2, 1]);
        assert_eq!(sorted(Sort::Longest), [0, 2, 1]);
        assert_eq!(index.select(|entry| entry.fired == 1 << 5), [0]);
        assert!(index.select(|entry| entry.lang == 0).is_empty());
    }
}
