//! What a run report needs of every record, gathered while the records pass, in memory that does not grow with them.
//!
//! A chunk has a survey of its own; merged in the order of the input they make that of the run, so it is the same for any
//! number of threads, but for times.

mod drift;
pub mod page;
mod shares;
mod top;

use std::collections::BTreeMap;
use std::time::Duration;

use super::Judged;
use crate::ad::{Ad, Lang};
use crate::label::{REASONS, SCOPE, VAGUE};
use crate::model::{Decision as Thresholds, Distributions};
use crate::score::{Decision, Verdict};
pub use shares::{NAMED, Share, Shares};
pub use top::Top;

/// Flagged ads that are shown whole.
const FLAGGED: usize = 10;
/// Records in each list of strange or slow ones.
const LISTED: usize = 5;
/// Bytes of a text that are kept of a flagged ad.
pub const TEXT: usize = 20_000;
/// Characters that are kept of names, ids and titles.
const NAME: usize = 120;
/// Words that an ad must have for its share of unknown words to say something.
pub const WORDS: u32 = 20;

/// What was gathered.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// How the scores of distinct texts are spread; always gathered.
    pub distributions: Distributions,
    /// The rest, where a report was asked for.
    pub details: Option<Box<Details>>,
}

/// What only a report needs.
#[derive(Clone, Debug)]
pub struct Details {
    /// Records by board, or by file where they name none.
    pub sources: Shares,
    /// Records by employer.
    pub companies: Shares,
    /// How many judged ads commit each reason, and how many of those are flagged.
    pub reasons: [(u64, u64); 6],
    /// Records by language, in the order of [`Lang::ALL`].
    pub langs: [u64; 4],
    /// Bad records by reason code.
    pub bad: BTreeMap<&'static str, u64>,
    /// The flagged ads with the highest probability.
    pub flagged: Top<Judged>,
    /// Strange records: a list for each of [`STRANGE`].
    pub strange: [Top<Sighting>; 7],
    /// The slowest of the timed records, by seconds.
    pub slowest: Top<Sighting>,
    /// How many records were timed, which only those are that this run scored itself, and how long they took together.
    pub timed: (u64, Duration),
}

/// What makes a record strange, in the order of [`Details::strange`]; each with what its number means.
pub const STRANGE: [(&str, &str); 7] = [
    (
        "Most unknown words",
        "share of the words that the model has no column, stem or vector for; of ads of 20 words and more",
    ),
    ("Longest", "words"),
    ("Shortest", "words"),
    ("Hebrew and English mixed", "words; running text in both languages, the longest first"),
    ("Neither Hebrew nor English", "words; not judged, the longest first"),
    ("Least sure", "distance of the probability to the nearer of the two thresholds; far from both"),
    ("Verdict and reasons at odds", "difference between the probability and the share of the six reasons that fired"),
];

/// A record as the survey sees it.
pub struct Seen<'a> {
    /// The ad.
    pub ad: &'a Ad,
    /// What is said of it.
    pub verdict: &'a Verdict,
    /// Whether its text stood in an earlier record.
    pub repeats: bool,
    /// The words that the model does not know and all words, where the ad was scored by this run.
    pub unknown: Option<(u32, u32)>,
    /// How long it took to read and to judge, where it was judged by this run.
    pub took: Option<Duration>,
}

/// A record in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// The posting's id, cut short like all names.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The employer.
    pub company: String,
    /// The file and the record in it.
    pub place: (String, u64),
    /// The number of words.
    pub words: u32,
    /// The decision.
    pub decision: Decision,
}

impl Default for Details {
    fn default() -> Self {
        Details {
            sources: Shares::default(),
            companies: Shares::default(),
            reasons: [(0, 0); 6],
            langs: [0; 4],
            bad: BTreeMap::new(),
            flagged: Top::new(FLAGGED),
            strange: std::array::from_fn(|_| Top::new(LISTED)),
            slowest: Top::new(LISTED),
            timed: (0, Duration::ZERO),
        }
    }
}

impl Survey {
    /// An empty survey, with details or without.
    pub fn new(details: bool) -> Survey {
        Survey { distributions: Distributions::default(), details: details.then(Box::default) }
    }

    /// Takes in one record.
    pub fn add(&mut self, seen: &Seen<'_>, thresholds: &Thresholds) {
        let verdict = seen.verdict;
        if !seen.repeats {
            let heads = [(VAGUE, verdict.p_vague), (SCOPE, verdict.p_scope)];
            heads.iter().filter_map(|&(head, p)| Some((head, p?))).for_each(|(head, p)| {
                self.distributions.add(verdict.lang, head, p);
            });
            verdict.reasons.iter().for_each(|reason| self.distributions.add(verdict.lang, &reason.id, reason.p));
        }
        if let Some(details) = &mut self.details {
            details.add(seen, thresholds);
        }
    }

    /// Takes in a bad record.
    pub fn reject(&mut self, code: &'static str) {
        if let Some(details) = &mut self.details {
            *details.bad.entry(code).or_default() += 1;
        }
    }

    /// Takes in what was gathered of later records.
    pub fn merge(&mut self, later: Survey) {
        self.distributions.merge(&later.distributions);
        match (&mut self.details, later.details) {
            (Some(details), Some(later)) => details.merge(*later),
            (none, some) => *none = none.take().or(some),
        }
    }
}

impl Details {
    fn add(&mut self, seen: &Seen<'_>, thresholds: &Thresholds) {
        let Seen { ad, verdict, .. } = seen;
        let judged = matches!(verdict.decision, Decision::Vague | Decision::Concrete | Decision::Unsure);
        let flagged = verdict.decision == Decision::Vague;
        let share = Share { records: 1, judged: u64::from(judged), flagged: u64::from(flagged) };
        let board = if ad.board.is_empty() { &*ad.source.file } else { &ad.board };
        self.sources.add(&short(board), share);
        self.companies.add(&short(&ad.company), share);
        for (count, lang) in self.langs.iter_mut().zip(Lang::ALL) {
            *count += u64::from(lang == verdict.lang);
        }
        if judged {
            for (counts, id) in self.reasons.iter_mut().zip(REASONS) {
                let fired = verdict.reasons.iter().any(|reason| reason.fired && reason.id == id);
                *counts = (counts.0 + u64::from(fired), counts.1 + u64::from(fired && flagged));
            }
        }
        if let Some(took) = seen.took {
            self.timed = (self.timed.0 + 1, self.timed.1 + took);
            self.slowest.add(took.as_secs_f64(), || Sighting::of(seen));
        }
        // A text is strange, or the first to be shown, once.
        if !seen.repeats {
            self.remember(seen, thresholds, judged);
        }
    }

    fn remember(&mut self, seen: &Seen<'_>, thresholds: &Thresholds, judged: bool) {
        let verdict = seen.verdict;
        let sighting = || Sighting::of(seen);
        let words = f64::from(verdict.words);
        let [unknown, longest, shortest, mixed, other, unsure, odd] = &mut self.strange;
        if let Some((some, all)) = seen.unknown.filter(|&(_, all)| all >= WORDS) {
            unknown.add(f64::from(some) / f64::from(all), sighting);
        }
        longest.add(words, sighting);
        shortest.add(-words, sighting);
        match verdict.lang {
            Lang::Mixed => mixed.add(words, sighting),
            Lang::Other => other.add(words, sighting),
            Lang::He | Lang::En => {}
        }
        let Some(p) = verdict.p_vague.filter(|_| judged) else { return };
        if verdict.decision == Decision::Unsure {
            unsure.add((thresholds.upper - p).min(p - thresholds.lower), sighting);
        }
        let fired = verdict.reasons.iter().filter(|reason| reason.fired).count();
        odd.add((p - fired as f64 / REASONS.len() as f64).abs(), sighting);
        if verdict.decision == Decision::Vague {
            self.flagged.add(p, || excerpt(seen));
        }
    }

    fn merge(&mut self, later: Details) {
        self.sources.merge(later.sources);
        self.companies.merge(later.companies);
        for (counts, more) in self.reasons.iter_mut().zip(later.reasons) {
            *counts = (counts.0 + more.0, counts.1 + more.1);
        }
        self.langs.iter_mut().zip(later.langs).for_each(|(count, more)| *count += more);
        later.bad.into_iter().for_each(|(code, more)| *self.bad.entry(code).or_default() += more);
        self.flagged.merge(later.flagged);
        self.strange.iter_mut().zip(later.strange).for_each(|(list, more)| list.merge(more));
        self.slowest.merge(later.slowest);
        self.timed = (self.timed.0 + later.timed.0, self.timed.1 + later.timed.1);
    }
}

impl Sighting {
    fn of(seen: &Seen<'_>) -> Sighting {
        let Seen { ad, verdict, .. } = seen;
        Sighting {
            id: short(&ad.id),
            title: short(ad.title()),
            company: short(&ad.company),
            place: (short(&ad.source.file), ad.source.record),
            words: verdict.words,
            decision: verdict.decision,
        }
    }
}

/// The beginning of an ad with what is said of that part; nearly every ad is shorter, and whole.
fn excerpt(seen: &Seen<'_>) -> Judged {
    let mut verdict = seen.verdict.clone();
    let ad = seen.ad;
    let whole = ad.plain().len();
    let (title, end) = (cut(ad.title(), TEXT), cut(ad.plain(), TEXT).len());
    let text = ad.plain().get(ad.text_start()..end.max(ad.text_start())).unwrap_or_default();
    let mut kept = Ad::new(short(&ad.id), title, text);
    kept.company = short(&ad.company);
    kept.source = ad.source.clone();
    if end < whole {
        verdict.reasons.iter_mut().for_each(|reason| reason.evidence.retain(|found| found.span.end <= end));
        verdict.deliverables.retain(|found| found.span.end <= end);
    }
    // Neither is shown.
    verdict.reasons.iter_mut().for_each(|reason| {
        reason.cleared = Vec::new();
        reason.edit = None;
    });
    Judged { ad: kept, verdict }
}

/// At most `most` bytes of `text`, whole characters.
fn cut(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|&end| text.is_char_boundary(end));
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}

/// A name cut to what a table can show.
fn short(name: &str) -> String {
    match name.char_indices().nth(NAME) {
        Some((end, _)) => format!("{}…", name.get(..end).unwrap_or_default()),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::marks::tests::judged;

    fn thresholds() -> Thresholds {
        Thresholds { upper: 0.6, lower: 0.3, forced: 0.5, vague_error: 0.1, concrete_error: 0.1, coverage: 0.8 }
    }

    /// Ads that differ in company and probability.
    fn survey(numbers: std::ops::Range<u32>) -> Survey {
        let mut survey = Survey::new(true);
        for number in numbers {
            let (mut ad, mut verdict) = judged();
            ad.id = number.to_string();
            ad.company = format!("Company {}", number % 7);
            verdict.p_vague = Some(0.6 + f64::from(number % 30) / 100.0);
            verdict.words = 30 + number % 11;
            let seen = Seen {
                ad: &ad,
                verdict: &verdict,
                repeats: number % 5 == 4,
                unknown: Some((number % 9, 30)),
                took: Some(Duration::from_micros(u64::from(number))),
            };
            survey.add(&seen, &thresholds());
        }
        survey
    }

    #[test]
    fn parts_merged_in_order_are_the_whole() {
        let whole = survey(0..200);
        let mut parts = Survey::new(true);
        [0..70, 70..71, 71..200].into_iter().for_each(|part| parts.merge(survey(part)));
        assert_eq!(format!("{parts:?}"), format!("{whole:?}"));
        let details = whole.details.unwrap();
        assert_eq!(details.companies.names.len(), 7);
        assert_eq!(details.companies.names["Company 3"], Share { records: 29, judged: 29, flagged: 29 });
        assert_eq!(whole.distributions.get("en", "vague").unwrap().total(), 160, "a text counts once");
        let ids: Vec<&str> = details.flagged.iter().map(|(_, judged)| judged.ad.id.as_str()).collect();
        assert_eq!(ids, ["28", "58", "88", "118", "148", "178", "27", "57", "87", "117"], "highest, then earliest");
        let slow: Vec<&str> = details.slowest.iter().map(|(_, seen)| seen.id.as_str()).collect();
        assert_eq!(slow, ["199", "198", "197", "196", "195"]);
    }

    #[test]
    fn a_giant_ad_leaves_an_excerpt_with_spans_that_fit() {
        let (_, verdict) = judged();
        for title in ["Social guru".to_owned(), "ש".repeat(TEXT)] {
            let ad = Ad::new("x".repeat(5_000), &title, &"Be our guru, 100% fun & <b>wow</b>\n".repeat(3_000));
            let mut long = verdict.clone();
            long.reasons[5].evidence[1].span = crate::ad::Span::new(ad.plain().len() - 5, ad.plain().len());
            let seen = Seen { ad: &ad, verdict: &long, repeats: false, unknown: None, took: None };
            let kept = excerpt(&seen);
            assert!(kept.ad.plain().len() <= TEXT + 1 && kept.ad.id.chars().count() == NAME + 1);
            assert_eq!(kept.verdict.reasons[5].evidence.len(), 1);
        }
    }
}
