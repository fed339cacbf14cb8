//! From hits to findings: which hits stand, what makes the ad concrete, and which vague lines the rest of the ad clears.

use std::cmp::Reverse;
use std::ops::Range;

use super::Rubric;
use super::automaton::Hit;
use super::context::{LEADS, before, denied, stands};
use super::findings::{Buffers, Cleared, Deliverable, Evidence, EvidenceSource, Findings, Line, Tally};
use super::kind::{Kind, Kinds};
use super::lexicon::{Entry, Owner};
use super::reason::Reach;
use super::{REASONS, automaton, topic};
use crate::ad::Span;
use crate::text::Analysis;
use crate::text::statement::statements_into;

/// The bits of [`Buffers::taken`]: six for the reasons, then these.
const EVIDENCE: u8 = DELIVERED - 1;
const DELIVERED: u8 = 1 << 6;
const BOAST: u8 = 1 << 7;
/// The most words that are led to.
const LED: u32 = 4;

pub(super) fn find(rubric: &Rubric, plain: &str, analysis: &Analysis, findings: &mut Findings) {
    findings.clear();
    let mut buffers = std::mem::take(&mut findings.buffers);
    prepare(rubric, plain, analysis, &mut buffers);
    let pass = Pass { plain, rubric, analysis };
    pass.boasts_and_topics(&mut buffers, &mut findings.tally);
    pass.deliverables(&mut buffers, findings);
    topic::settle(&mut buffers);
    pass.evidence(&mut buffers, findings);
    pass.absences(&mut buffers, findings);
    pass.count(&buffers, &mut findings.tally);
    findings.evidence.sort_by_key(|found| (found.span, found.reason));
    findings.cleared.sort_by_key(|found| (found.span, found.reason));
    findings.buffers = buffers;
}

/// What is quoted of a statement with the tokens `tokens`.
pub(super) fn quote(rubric: &Rubric, plain: &str, analysis: &Analysis, tokens: Range<usize>) -> Span {
    let pass = Pass { plain, rubric, analysis };
    let end = pass.clause_end(tokens.start, tokens.end);
    pass.span(Hit { id: 0, start: tokens.start as u32, end: end as u32 })
}

/// Scans, cuts statements, and sorts hits, the ones that take precedence first.
fn prepare(rubric: &Rubric, plain: &str, analysis: &Analysis, buffers: &mut Buffers) {
    statements_into(plain, analysis, &mut buffers.statements);
    buffers.line_of.clear();
    for (number, statement) in buffers.statements.iter().enumerate() {
        buffers.line_of.resize(statement.tokens.end, number as u32);
    }
    buffers.lines.clear();
    buffers.lines.resize(buffers.statements.len(), Line::default());
    buffers.taken.clear();
    buffers.taken.resize(analysis.tokens().len(), 0);
    buffers.placed.clear();
    buffers.starts.clear();
    buffers.starts.resize(analysis.tokens().len(), 0);
    buffers.duties.clear();
    buffers.topics.clear();
    buffers.hits.clear();
    buffers.contexts.clear();
    rubric.automaton.scan(rubric.serial, analysis, &mut buffers.memory, &mut buffers.hits);
    let entries = rubric.entries.len();
    buffers.contexts.extend(buffers.hits.iter().filter(|hit| hit.id as usize >= entries));
    let mut hits = std::mem::take(&mut buffers.hits);
    hits.retain(|hit| {
        (hit.id as usize) < entries && stands(rubric, buffers, *hit) && !denied(rubric, plain, analysis, buffers, *hit)
    });
    buffers.hits = hits;
    // Of two hits that overlap the longer one stands, or the one that says more.
    buffers.hits.sort_by_cached_key(|hit| {
        let weight = rubric.entry(hit.id).map_or(0.0, |entry| entry.weight);
        let force = weight.sqrt() * (hit.end - hit.start) as f32;
        // The bits of numbers that are not below 0 are ordered as they are.
        (Reverse(force.to_bits()), hit.start, hit.id)
    });
}

/// One pass over one ad.
pub(super) struct Pass<'a> {
    pub plain: &'a str,
    pub analysis: &'a Analysis,
    rubric: &'a Rubric,
}

impl<'a> Pass<'a> {
    /// The form of a token; empty behind the last.
    pub(super) fn form(&self, at: usize) -> &'a str {
        self.analysis.tokens().get(at).map_or("", |token| self.analysis.form(token))
    }

    pub(super) fn span(&self, hit: Hit) -> Span {
        let tokens = self.analysis.tokens();
        let start = tokens.get(hit.start as usize).map_or(0, |token| token.span.start);
        let end = (hit.end as usize).checked_sub(1).and_then(|last| tokens.get(last));
        Span::new(start, end.map_or(start, |token| token.span.end))
    }

    /// The hits with their entries.
    fn standing<'b>(&self, buffers: &'b Buffers) -> impl Iterator<Item = (Hit, &'a Entry)> + use<'a, 'b> {
        let rubric = self.rubric;
        buffers.hits.iter().filter_map(move |&hit| Some((hit, rubric.entry(hit.id)?)))
    }

    fn boasts_and_topics(&self, buffers: &mut Buffers, tally: &mut Tally) {
        let found: Vec<(Hit, Owner)> = self.standing(buffers).map(|(hit, entry)| (hit, entry.owner)).collect();
        for (hit, owner) in found {
            match owner {
                Owner::Boast if take(&mut buffers.taken, hit, BOAST) => tally.boasts += 1,
                Owner::Work => {
                    let line = line_of(buffers, hit) as usize;
                    if let Some(line) = buffers.lines.get_mut(line) {
                        line.work = line.work.saturating_add(1);
                    }
                    buffers.duties.push(hit);
                    tally.work += 1;
                }
                Owner::Topic(topic) => {
                    buffers.topics.push((topic, hit));
                    // "As part of | the role:": the words may end in the heading that they open.
                    let last = hit.end.saturating_sub(1) as usize;
                    let line = buffers.line_of.get(last).map_or(0, |&line| line as usize);
                    if let Some(line) = buffers.lines.get_mut(line) {
                        line.says |= topic.bit();
                    }
                }
                _ => {}
            }
        }
    }

    fn deliverables(&self, buffers: &mut Buffers, findings: &mut Findings) {
        let found: Vec<(Hit, Kind)> = self
            .standing(buffers)
            .filter_map(|(hit, entry)| match entry.owner {
                Owner::Deliverable(kind) => Some((hit, kind)),
                _ => None,
            })
            .collect();
        for &(hit, kind) in found.iter().filter(|(_, kind)| *kind != Kind::Channel) {
            self.deliver(buffers, hit, kind);
        }
        // A platform is a channel only where something is done on it: its line has a word of work or another deliverable.
        for &(hit, kind) in found.iter().filter(|(_, kind)| *kind == Kind::Channel) {
            let line = buffers.lines.get(line_of(buffers, hit) as usize).copied().unwrap_or_default();
            if line.work > 0 || !line.kinds.without(Kinds::of(&[Kind::Channel])).is_empty() {
                self.deliver(buffers, hit, kind);
            }
        }
        buffers.placed.sort_by_key(|(_, hit)| hit.start);
        findings.deliverables.extend(buffers.placed.iter().map(|&(kind, hit)| Deliverable {
            kind,
            span: self.span(hit),
            entry: hit.id,
            weak: self.rubric.entry(hit.id).is_some_and(|entry| entry.weak),
        }));
    }

    fn deliver(&self, buffers: &mut Buffers, hit: Hit, kind: Kind) {
        if !take_unless(&mut buffers.taken, hit, DELIVERED, DELIVERED | BOAST) {
            return;
        }
        let line = line_of(buffers, hit) as usize;
        if let Some(line) = buffers.lines.get_mut(line) {
            line.kinds.insert(kind);
        }
        buffers.placed.push((kind, hit));
    }

    fn evidence(&self, buffers: &mut Buffers, findings: &mut Findings) {
        let found: Vec<(Hit, usize, &Entry)> = self
            .standing(buffers)
            .filter_map(|(hit, entry)| match entry.owner {
                Owner::Reason(reason) => Some((hit, reason, entry)),
                _ => None,
            })
            .collect();
        for (hit, reason, _) in &found {
            if let Some(bits) = buffers.starts.get_mut(hit.start as usize) {
                *bits |= 1 << reason;
            }
        }
        for (hit, reason, entry) in found {
            let topic = buffers.lines.get(line_of(buffers, hit) as usize).and_then(|line| line.topic);
            if REASONS.get(reason).is_some_and(|about| !about.concerns(topic)) {
                continue;
            }
            let bit = 1 << reason;
            if !take(&mut buffers.taken, hit, bit) {
                continue;
            }
            let span = self.span(self.whole(buffers, hit, reason));
            if let Some(by) = self.settled(buffers, hit, entry) {
                findings.cleared.push(Cleared { reason, span, by });
                continue;
            }
            let line = line_of(buffers, hit) as usize;
            if let Some(line) = buffers.lines.get_mut(line) {
                line.evidence |= bit;
            }
            let source = match entry.settled_by.is_empty() {
                true => EvidenceSource::Entry(hit.id),
                false => EvidenceSource::Absence(entry.settled_by.without(self.present(buffers, hit, entry.reach))),
            };
            findings.evidence.push(Evidence { reason, span, weight: entry.weight, source, entry: Some(hit.id) });
        }
    }

    /// `hit`, and where it ends in a word that leads on ("contribute to the"), the words it leads to.
    fn whole(&self, buffers: &Buffers, hit: Hit, reason: usize) -> Hit {
        let line = line_of(buffers, hit);
        let other = |at: u32| buffers.starts.get(at as usize).is_some_and(|bits| bits & (1 << reason) != 0);
        let leads = |end: u32| buffers.memory.marks((end - 1) as usize) & LEADS != 0;
        let mut end = hit.end;
        while end < hit.end + LED && leads(end) {
            let pause =
                before(self.plain, self.analysis, end as usize).contains([',', ';', ':', '(', ')', '|', '.', '!', '?']);
            if pause || buffers.line_of.get(end as usize) != Some(&line) || other(end) {
                break;
            }
            end += 1;
        }
        let ends_well = !leads(end);
        Hit { end: if ends_well { end } else { hit.end }, ..hit }
    }

    /// The kinds within reach of a line.
    fn present(&self, buffers: &Buffers, hit: Hit, reach: Reach) -> Kinds {
        let line = line_of(buffers, hit);
        let within = |(_, found): &&(Kind, Hit)| reach == Reach::Ad || line_of(buffers, *found) == line;
        buffers.placed.iter().filter(within).map(|&(kind, _)| kind).collect()
    }

    /// What makes the line of `hit` concrete: in the line itself first, then the next one on, then the first of all.
    fn settled(&self, buffers: &Buffers, hit: Hit, entry: &Entry) -> Option<Span> {
        let line = line_of(buffers, hit);
        let fits = |(kind, found): &&(Kind, Hit)| {
            entry.settled_by.has(*kind) && (entry.reach == Reach::Ad || line_of(buffers, *found) == line)
        };
        let rank = |found: Hit| {
            let place = line_of(buffers, found);
            (place != line, place < line, found.start)
        };
        let best = buffers.placed.iter().filter(fits).min_by_key(|(_, found)| rank(*found));
        best.map(|&(_, found)| self.span(found))
    }

    fn count(&self, buffers: &Buffers, tally: &mut Tally) {
        for bits in &buffers.taken {
            tally.evidence_tokens += u32::from(bits & EVIDENCE != 0);
            tally.delivered_tokens += u32::from(bits & DELIVERED != 0);
        }
        for (statement, line) in buffers.statements.iter().zip(&buffers.lines) {
            if statement.heading {
                tally.headings += 1;
                continue;
            }
            let concrete = !line.kinds.is_empty();
            tally.statements += 1;
            tally.concrete += u32::from(concrete);
            tally.vague += u32::from(line.evidence != 0);
            tally.duties += u32::from(line.work > 0);
            tally.concrete_duties += u32::from(line.work > 0 && concrete);
        }
    }
}

pub(super) fn line_of(buffers: &Buffers, hit: Hit) -> u32 {
    buffers.line_of.get(hit.start as usize).copied().unwrap_or(0)
}

/// Marks the tokens of `hit` with `bit`, unless one has it already.
pub(super) fn take(taken: &mut [u8], hit: automaton::Hit, bit: u8) -> bool {
    take_unless(taken, hit, bit, bit)
}

fn take_unless(taken: &mut [u8], hit: automaton::Hit, bit: u8, stop: u8) -> bool {
    let Some(place) = taken.get_mut(hit.start as usize..hit.end as usize) else { return false };
    if place.iter().any(|bits| bits & stop != 0) {
        return false;
    }
    place.iter_mut().for_each(|bits| *bits |= bit);
    true
}
