//! Absence as evidence: the statement that should have carried what the whole ad lacks.
//!
//! A statement is quoted only where it speaks of the right thing: a duty for what is done and how it is measured, the offer
//! for what is at stake, a requirement for what is asked, the employer for whose role it is. An ad without such a statement
//! gets no quote: what was looked for and not found says enough.

use std::ops::Range;

use super::automaton::Hit;
use super::context::{LEADS, before, marks};
use super::find::{Pass, take};
use super::findings::{Buffers, Evidence, EvidenceSource, Findings, Line};
use super::kind::{Kind, Kinds};
use super::reason::Reach;
use super::topic::Topic;
use super::{REASONS, Reason};
use crate::text::statement::Statement;

/// A statement quoted for what it lacks is cut after so many tokens: what is done, not all that is said of it.
const QUOTE: usize = 6;
/// In statements of more tokens the duties may begin in the middle.
const LONG: usize = 9;
/// A statement of fewer tokens says too little to be quoted.
const LEAST: usize = 2;
/// A first line of at most so many tokens is a title.
const TITLE: usize = 16;
/// Whom the employer wants is said in so many tokens at least.
const WANTED: usize = 2;
/// The weight of a statement found by what it lacks alone, without a lexicon entry.
const BARE: f32 = 0.4;
/// Three tasks make a job description; one or two do not.
const TASKS: usize = 3;

/// Words that no quote ends in, beside those that lead on.
const OPEN: &[&str] = &[
    "around",
    "across",
    "about",
    "through",
    "within",
    "between",
    "under",
    "all",
    "any",
    "this",
    "these",
    "such",
    "including",
    "כל",
    "בכל",
    "לכל",
    "כולל",
    "הכולל",
    "לרבות",
    "תוך",
    "אשר",
    "באמצעות",
    "לצורך",
    "עבור",
];

/// What a duty should name.
const WORK: Kinds = Kinds::of(&[Kind::Channel, Kind::Tool, Kind::Output, Kind::Task, Kind::Cadence, Kind::Quantity]);

impl Pass<'_> {
    /// Pins what is absent from the whole ad to statements, and finds for every reason the statement to quote should a model
    /// say that the ad commits the fault though nothing was found for it.
    pub(super) fn absences(&self, buffers: &mut Buffers, findings: &mut Findings) {
        let kinds = findings.named();
        for (reason, about) in REASONS.iter().enumerate() {
            let places = self.places(buffers, *about);
            let wants = about.wants();
            let named = buffers.placed.iter().filter(|(kind, _)| wants.has(*kind)).count();
            let said = findings.evidence.iter().any(|found| found.reason == reason);
            let pinned = match about.reach() {
                Reach::Line if named == 0 => 2,
                Reach::Line if named < TASKS => 1,
                Reach::Ad if !wants.is_empty() && named == 0 && !said => 1,
                _ => 0,
            };
            for (place, &(line, start)) in places.iter().enumerate().take(pinned.max(1)) {
                let Some((hit, own)) = self.quoted(buffers, line, start) else { continue };
                let looked_for = about.looks_for();
                let mut missing = looked_for.without(kinds);
                if missing.is_empty() {
                    missing = looked_for.without(own);
                }
                let source = EvidenceSource::Absence(missing);
                let found = Evidence { reason, span: self.span(hit), weight: BARE, source, entry: None };
                if place == 0 {
                    findings.anchors.push(found);
                }
                if place < pinned && take(&mut buffers.taken, hit, 1 << reason) {
                    if let Some(line) = buffers.lines.get_mut(line) {
                        line.evidence |= 1 << reason;
                    }
                    findings.evidence.push(found);
                }
            }
        }
    }

    /// The statements that should carry what a reason looks for, the likeliest first, and the token to quote each from.
    fn places(&self, buffers: &Buffers, about: &dyn Reason) -> Vec<(usize, usize)> {
        let Some(carrier) = about.carrier() else { return Vec::new() };
        let (looks_for, by_line) = (about.looks_for(), about.reach() == Reach::Line);
        let lines = buffers.statements.iter().zip(&buffers.lines).enumerate().skip(self.title(buffers));
        let said = lines.filter(|(_, (statement, _))| !statement.heading && statement.tokens.len() >= LEAST);
        let key = |place: usize, statement: &Statement, line: &Line| -> Option<(u8, usize, usize, usize)> {
            let (start, work) = (statement.tokens.start, usize::from(u16::MAX - line.work));
            let named = line.names(looks_for);
            match (carrier, line.topic) {
                // Of a duty that names the work, and of an offer that names a part of the terms, readers say that it is concrete.
                (Topic::Duties, _) if (!named || by_line) && !line.names(WORK) => {
                    let (start, far) = self.duty(buffers, statement, line)?;
                    Some((far, work, place, start))
                }
                (Topic::Offer, Some(Topic::Offer)) if !named => Some((0, usize::MAX - place, place, start)),
                (Topic::Requirements, Some(Topic::Requirements)) if !named && (line.says != 0 || line.work == 0) => {
                    Some((0, 0, place, start))
                }
                (Topic::Employer, Some(Topic::Employer)) if !named => Some((0, 0, place, start)),
                _ => None,
            }
        };
        // The smaller the key, the likelier the place.
        let mut places: Vec<_> = said.filter_map(|(place, (statement, line))| key(place, statement, line)).collect();
        places.sort_unstable();
        places.into_iter().map(|(.., place, start)| (place, start)).collect()
    }

    /// Where a statement says what is done, and how far it is from a plain duty (0 to 2); `None` when it does not.
    fn duty(&self, buffers: &Buffers, statement: &Statement, line: &Line) -> Option<(usize, u8)> {
        let tokens = &statement.tokens;
        let done = line.work > 0;
        // Traits and ordinary skills are asked for, not done.
        let trait_like = (0_u8..).zip(REASONS).any(|(bit, reason)| line.evidence & (1 << bit) != 0 && reason.asks());
        let marks = |wanted: Topic| {
            let own = within(&buffers.topics, tokens, |(_, hit)| hit.start);
            own.iter().filter(move |(topic, _)| *topic == wanted).map(|(_, hit)| *hit)
        };
        match line.topic {
            Some(Topic::Duties) if done => {
                // The words that open the duties may stand in the middle of a long statement; the duties come after them.
                let opening = marks(Topic::Duties).min_by_key(|hit| hit.start);
                let opening = opening.filter(|hit| tokens.len() > LONG || hit.start as usize == tokens.start);
                let after = opening.map(|hit| hit.end as usize).filter(|&at| at + LEAST <= tokens.end);
                Some((after.unwrap_or(tokens.start), 0))
            }
            None if done && !trait_like && !self.says_title(tokens) => Some((tokens.start, 1)),
            // An ad in one breath: the duties stand behind the employer, and behind whom it wants, or before the offer.
            Some(Topic::Employer | Topic::Offer) if tokens.len() > LONG => {
                let from = marks(Topic::Employer).map(|hit| hit.end as usize + WANTED).max().unwrap_or(tokens.start);
                let to = marks(Topic::Offer).map(|hit| hit.start as usize).min().unwrap_or(tokens.end);
                let work = within(&buffers.duties, tokens, |hit| hit.start).iter().map(|hit| hit.start as usize);
                work.filter(|at| (from..to).contains(at)).min().map(|start| (start, 2))
            }
            _ => None,
        }
    }

    /// True when a statement opens with the words of the title, or is mostly made of them.
    fn says_title(&self, tokens: &Range<usize>) -> bool {
        let first = self.plain.find('\n').unwrap_or(0);
        let title = self.analysis.tokens().partition_point(|token| token.span.start < first);
        if title > TITLE {
            return false;
        }
        let all = self.analysis.tokens();
        let number = |at: usize| all.get(at).map(|token| self.analysis.number(token));
        let known = |at: usize| (0..title).any(|place| number(place) == number(at));
        let opens = title > 1 && tokens.start >= title && (0..2).all(|at| number(at) == number(tokens.start + at));
        let shared = tokens.clone().filter(|&at| known(at)).count();
        opens || tokens.start >= title && 5 * shared >= 3 * tokens.len()
    }

    /// How many statements at the start are the title: those of a short first line.
    fn title(&self, buffers: &Buffers) -> usize {
        let first = self.plain.find('\n').unwrap_or(self.plain.len());
        let own = buffers.statements.iter().take_while(|statement| statement.span.start < first);
        let (count, tokens) = own.fold((0, 0), |(count, tokens), one| (count + 1, tokens + one.tokens.len()));
        if tokens <= TITLE && count < buffers.statements.len() { count } else { 0 }
    }

    /// The tokens of a statement that are quoted from token `start` on, and the kinds it names.
    fn quoted(&self, buffers: &Buffers, line: usize, start: usize) -> Option<(Hit, Kinds)> {
        let end = self.clause_end(start, buffers.statements.get(line)?.tokens.end);
        let kinds = buffers.lines.get(line)?.kinds;
        Some((Hit { id: 0, start: start as u32, end: end as u32 }, kinds))
    }

    /// Where a quote of the tokens `start..end` ends: at a clause when all of them are too many, or else where a word ends
    /// that does not lead on.
    pub(super) fn clause_end(&self, start: usize, end: usize) -> usize {
        if end <= start + QUOTE {
            return end;
        }
        let clause = |at: &usize| {
            let gap = before(self.plain, self.analysis, *at);
            let form = self.form(*at);
            gap.contains([',', ';', ':', '(', ')', '–', '—'])
                || gap.contains(" -")
                || matches!(form, "and" | "or" | "או")
                || (form.starts_with('ו') && form.chars().nth(2).is_some() && !form.starts_with("וו"))
        };
        let whole = |at: &usize| {
            let last = self.form(at - 1);
            marks(last) & LEADS == 0 && !OPEN.contains(&last)
        };
        let ends = || (start + LEAST..=start + QUOTE).rev();
        ends().find(clause).or_else(|| ends().find(whole)).unwrap_or(start + QUOTE)
    }
}

/// Those of `all`, sorted by the tokens they start at, that start within `tokens`.
fn within<'a, T>(all: &'a [T], tokens: &Range<usize>, start: impl Fn(&T) -> u32) -> &'a [T] {
    let before = |end: usize| all.partition_point(|one| (start(one) as usize) < end);
    all.get(before(tokens.start)..before(tokens.end)).unwrap_or_default()
}
