//! The two stages that run on many threads: a row becomes an ad that is looked up, and an ad becomes its record.
//!
//! Between them stands the one thread that knows the order of the input ([`super::order`]). What a stage finds in the
//! ledger never depends on how far the writing of this run has come: the text decides the verdict, the run of a score or the
//! number of a posting whether it was there before.

use std::time::{Duration, Instant};

use super::chunk::Chunk;
use super::{BadRecord, BatchOptions, Reposts};
use crate::ad::Ad;
use crate::error::Result;
use crate::features::{Imprint, Sketch};
use crate::io::Row;
use crate::ledger::{Content, Entry, Known, Lookup, Place, Posted, Posting, Score, Snapshot, Text, fingerprint};
use crate::report::survey::{Seen, Survey};
use crate::report::{Block, Record};
use crate::score::{Decision, Directive, Scorer, Scratch};

/// What all threads share.
pub(super) struct Shared<'s> {
    pub scorer: &'s Scorer,
    pub options: &'s BatchOptions<'s>,
    pub snapshot: Option<&'s Snapshot>,
}

/// What the first stage keeps between chunks.
#[derive(Default)]
pub(super) struct Reader {
    lookup: Option<Lookup>,
}

/// What the second stage keeps between groups.
#[derive(Default)]
pub(super) struct Judge {
    scratch: Scratch,
    lookup: Option<Lookup>,
}

/// A record after the first stage.
pub(super) enum Item {
    /// It cannot be read.
    Bad(Box<BadRecord>),
    /// It was posted before the date asked for.
    Skipped,
    /// Its row is known, at `at` in the index, its record not wanted, and so it was not even read.
    Unread { at: u32, place: Place, repeats: bool },
    /// It is an ad.
    Ad(Box<Met>),
}

impl Item {
    /// About how many bytes it holds in memory.
    pub fn size(&self) -> usize {
        let held = match self {
            Item::Bad(bad) => size_of::<BadRecord>() + bad.raw.len(),
            Item::Skipped | Item::Unread { .. } => 0,
            // Beside its text what judging makes of it: a record, an entry of the ledger.
            Item::Ad(met) => (2 << 10) + met.ad.plain().len() + met.ad.origin().map_or(0, |origin| origin.raw.len()),
        };
        size_of::<Item>() + held
    }
}

/// An ad, and what is known of it.
pub(super) struct Met {
    pub ad: Ad,
    content: Content,
    variant: i64,
    row: u64,
    /// Found by its row.
    pub place: Option<Place>,
    /// Found by its id, where the row has changed.
    pub posting: Option<Posting>,
    undated: bool,
    /// What tables in memory know its text by, however it is set; 0 when nobody asks.
    pub text: u64,
    /// What tells that it is near another, where that is asked for and it is long enough.
    pub sketch: Option<Box<Sketch>>,
    /// Told by the order of the input: which ad of the run it is.
    pub number: u32,
    /// How long reading it took, where a report asks.
    took: Option<Duration>,
    /// Told by the order of the input: the posting whose text this repeats.
    pub original: Option<Original>,
    /// Told by the order of the input: its id was met before.
    pub repeated: bool,
}

/// The posting that had a text first.
pub(super) struct Original {
    pub id: String,
    pub said: Said,
}

/// What was decided of it.
pub(super) enum Said {
    /// This.
    Already(Decision),
    /// What will be decided of ad number so and so.
    Later(u32),
}

/// A chunk after the second stage: its share of the output, and what is to be counted and remembered.
pub(super) struct Judged {
    pub output: Block,
    pub bad: Vec<BadRecord>,
    pub entries: Vec<Entry>,
    pub scored: u64,
    pub unchanged: u64,
    pub duplicates: u64,
    pub skipped: u64,
    pub undated: u64,
    pub written: u64,
    pub decisions: [u64; 5],
    /// What was decided of every ad on its own text, by its number.
    pub decided: Vec<(u32, Decision)>,
    pub survey: Survey,
    /// The run was told to stop before the last of its records.
    pub stopped: bool,
}

impl Judged {
    fn new(options: &BatchOptions<'_>) -> Judged {
        Judged {
            output: Block::new(&options.layout),
            bad: Vec::new(),
            entries: Vec::new(),
            scored: 0,
            unchanged: 0,
            duplicates: 0,
            skipped: 0,
            undated: 0,
            written: 0,
            decisions: [0; 5],
            decided: Vec::new(),
            survey: Survey::new(options.report),
            stopped: false,
        }
    }
}

/// Rows to ads.
pub(super) fn meet(chunk: &Chunk, shared: &Shared<'_>, reader: &mut Reader) -> Result<Vec<Item>> {
    let lookup = open(&mut reader.lookup, shared)?;
    let Some(snapshot) = shared.snapshot else {
        return chunk.records.iter().map(|row| one(chunk, row, (None, None), shared, lookup)).collect();
    };
    let fingerprints: Vec<Option<u64>> = chunk.records.iter().map(|row| chunk.schema.fingerprint(row)).collect();
    let places = snapshot.index().get_all(fingerprints.iter().copied());
    let rows = chunk.records.iter().zip(fingerprints.into_iter().zip(places));
    rows.map(|(row, known)| one(chunk, row, known, shared, lookup)).collect()
}

/// The reader of the ledger in `lookup`, opened when it is first needed; none without a ledger.
fn open<'l>(lookup: &'l mut Option<Lookup>, shared: &Shared<'_>) -> Result<Option<&'l Lookup>> {
    if let (None, Some(snapshot)) = (&lookup, shared.snapshot) {
        *lookup = Some(snapshot.lookup()?);
    }
    Ok(lookup.as_ref())
}

/// One row, with its fingerprint and what the ledger knows of it.
fn one(
    chunk: &Chunk,
    row: &Row,
    (fingerprint, found): (Option<u64>, Option<(u32, Place)>),
    shared: &Shared<'_>,
    lookup: Option<&Lookup>,
) -> Result<Item> {
    if let Some((at, place)) = found.filter(|(_, place)| place.delivered && shared.options.leaves_unread()) {
        return Ok(Item::Unread { at, place, repeats: false });
    }
    let place = found.map(|(_, place)| place);
    let start = shared.options.report.then(Instant::now);
    let ad = match chunk.schema.ad(row) {
        Ok(ad) => ad,
        Err(error) => {
            let (raw, length) = (row.raw().into_owned(), row.raw_length());
            return Ok(Item::Bad(Box::new(BadRecord { error, raw, length })));
        }
    };
    let keeps = shared.options.since.map_or(Some(true), |since| since.keeps(&ad.posted_at));
    if keeps == Some(false) {
        return Ok(Item::Skipped);
    }
    let posting = match (lookup, shared.snapshot, place) {
        // A posting that this very run has put in was not there before.
        (Some(lookup), Some(snapshot), None) => lookup.posting(&ad.id)?.filter(|known| snapshot.had(known.posting)),
        _ => None,
    };
    let content = ad.content();
    let (text, sketch) = known_by(&ad, &content, place, shared);
    Ok(Item::Ad(Box::new(Met {
        content,
        variant: variant(&ad, shared.options.advise),
        row: fingerprint.unwrap_or_default(),
        place,
        posting,
        undated: keeps.is_none(),
        text,
        sketch,
        number: 0,
        took: start.map(|start| start.elapsed()),
        original: None,
        repeated: false,
        ad,
    })))
}

/// What a repetition of the text is found by.
fn known_by(ad: &Ad, content: &Content, place: Option<Place>, shared: &Shared<'_>) -> (u64, Option<Box<Sketch>>) {
    let near = shared.options.reposts == Reposts::Near;
    match place {
        Some(place) if !near => return (place.content, None),
        // The ledger keeps it for later runs, which may ask.
        None if shared.options.reposts == Reposts::Off && shared.snapshot.is_none() => return (0, None),
        _ => {}
    }
    let Imprint { fingerprint: words, sketch } = Imprint::of(ad.title(), ad.plain(), near);
    let ignored = i64::from(Directive::of(ad).ignored());
    // Texts without words are told apart by their bytes.
    let identity = words.map_or(*content, |words| (u128::from(words) << 64).to_be_bytes());
    (fingerprint(&identity, ignored), sketch)
}

/// What else than the plain text a verdict depends on: reasons ignored in a comment of the markup, and for advice where
/// the title ends.
fn variant(ad: &Ad, advise: bool) -> i64 {
    let title = if advise { ad.text_start() as i64 } else { 0 };
    title << 8 | i64::from(Directive::of(ad).ignored())
}

/// Ads to records.
pub(super) fn judge(items: Vec<Item>, shared: &Shared<'_>, judge: &mut Judge) -> Result<Judged> {
    open(&mut judge.lookup, shared)?;
    let mut judged = Judged::new(shared.options);
    for item in items {
        if shared.options.stop.is_some_and(|stop| stop.load(std::sync::atomic::Ordering::Relaxed)) {
            judged.stopped = true;
            break;
        }
        match item {
            Item::Bad(bad) => judged.bad.push(*bad),
            Item::Skipped => judged.skipped += 1,
            Item::Unread { repeats: true, .. } => judged.duplicates += 1,
            Item::Unread { repeats: false, .. } => judged.unchanged += 1,
            Item::Ad(met) => record(*met, shared, judge, &mut judged)?,
        }
    }
    Ok(judged)
}

fn record(met: Met, shared: &Shared<'_>, judge: &mut Judge, judged: &mut Judged) -> Result<()> {
    let Shared { scorer, options, snapshot } = shared;
    let known = judge.known(&met)?;
    let found = known.as_ref().map(|known| (known.score, known.run));
    let (mut took, mut unknown) = (None, None);
    let mut verdict = match known {
        Some(known) => known.verdict,
        None => {
            let start = options.report.then(Instant::now);
            let mut verdict = scorer.score(&met.ad, &mut judge.scratch);
            unknown = options.report.then(|| scorer.unknown(&judge.scratch));
            if options.advise {
                scorer.advise(&met.ad, &mut verdict, &mut judge.scratch);
            }
            took = start.zip(met.took).map(|(start, reading)| reading + start.elapsed());
            verdict
        }
    };
    let earlier = found.is_some_and(|(_, run)| snapshot.is_some_and(|snapshot| snapshot.is_earlier(run)));
    let own = verdict.decision;
    judged.decided.push((met.number, own));
    verdict.decision = shared_decision(own, met.original.as_ref(), &judged.decided);
    let flagged = verdict.decision == Decision::Vague;
    let count = match (&met.original, earlier) {
        (Some(_), _) => &mut judged.duplicates,
        (None, true) => &mut judged.unchanged,
        (None, false) => &mut judged.scored,
    };
    *count += 1;
    judged.undated += u64::from(met.undated);
    if !options.only_new || !judge.delivered(&met, found, *snapshot)? {
        let mut record = Record::new(&met.ad, &verdict, &options.style);
        record.duplicate_of = met.original.as_ref().map(|original| original.id.as_str());
        judged.output.push(&record)?;
        judged.written += 1;
        for (count, decision) in judged.decisions.iter_mut().zip(Decision::ALL) {
            *count += u64::from(decision == verdict.decision);
        }
        let repeats = met.original.is_some();
        let seen = Seen { ad: &met.ad, verdict: &verdict, repeats, unknown, took };
        judged.survey.add(&seen, &scorer.model().config.decision);
    }
    // The ledger keeps what the text alone determines.
    verdict.decision = own;
    let settled = found.is_some() && (met.repeated || met.place.is_some());
    let text = judge.text(&met, own, options)?;
    if snapshot.is_some() && (!settled || text.is_some()) {
        let score = match found {
            Some((score, _)) => Score::Known(score),
            None => Score::new(met.content, met.variant, &verdict, met.ad.plain()),
        };
        let entry = if settled { Entry { score, posted: None, text } } else { entry(met, score, flagged, text) };
        judged.entries.push(entry);
    }
    Ok(())
}

/// What is said of an ad that on its own would get `own`: what was said of the one it repeats, if both were judged.
fn shared_decision(own: Decision, original: Option<&Original>, decided: &[(u32, Decision)]) -> Decision {
    let first = match original.map(|original| &original.said) {
        None => return own,
        Some(Said::Already(decision)) => Some(*decision),
        Some(Said::Later(number)) => decided
            .binary_search_by_key(number, |&(number, _)| number)
            .ok()
            .and_then(|at| decided.get(at))
            .map(|&(_, decision)| decision),
    };
    first.filter(|&first| first != Decision::Unsupported && own != Decision::Unsupported).unwrap_or(own)
}

fn entry(met: Met, score: Score, flagged: bool, text: Option<Box<Text>>) -> Entry {
    let Met { ad, row, posting, repeated, text: content, .. } = met;
    let posted = (!repeated).then(|| Posted {
        known: posting,
        title: ad.title().to_owned(),
        id: ad.id,
        company: ad.company,
        source: ad.source.file,
        row,
        content,
        flagged,
    });
    Entry { score, posted, text }
}

impl Judge {
    /// True when a complete run has put out this posting with this verdict. What this run has written of the posting so far, perhaps
    /// before it was resumed, must not matter.
    fn delivered(&self, met: &Met, found: Option<(i64, i64)>, snapshot: Option<&Snapshot>) -> Result<bool> {
        let (Some(snapshot), Some((score, run))) = (snapshot, found) else { return Ok(false) };
        Ok(match (met.place, met.posting, &self.lookup) {
            (Some(place), ..) => place.delivered,
            // Of postings with one id the ledger follows the first; the others are old when the id and their text are.
            (None, Some(posting), Some(lookup)) if met.repeated => {
                let old = lookup.first_run(posting.posting)?.is_some_and(|first| snapshot.is_earlier(first));
                old && snapshot.delivered(run)
            }
            (None, Some(posting), _) => posting.score == score && snapshot.delivered(posting.changed),
            (None, None, _) => false,
        })
    }

    /// The text of an ad that people may have to look at, unless it is kept already.
    fn text(&self, met: &Met, decision: Decision, options: &BatchOptions<'_>) -> Result<Option<Box<Text>>> {
        let wanted = options.keep_texts && matches!(decision, Decision::Vague | Decision::Unsure);
        match &self.lookup {
            Some(lookup) if wanted && !lookup.has_text(&met.content)? => {
                let (title, text) = (met.ad.title().to_owned(), met.ad.text().to_owned());
                Ok(Some(Box::new(Text { content: met.content, title, text })))
            }
            _ => Ok(None),
        }
    }

    fn known(&self, met: &Met) -> Result<Option<Known>> {
        let Some(lookup) = &self.lookup else { return Ok(None) };
        match met.place {
            Some(place) => lookup.numbered(place.score, &met.content, met.variant),
            None => lookup.score(&met.content, met.variant),
        }
    }
}
