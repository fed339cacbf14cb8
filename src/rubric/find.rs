//! From hits to findings: which hits stand, what is absent, and which vague lines the rest of the ad clears.

use super::Rubric;
use super::automaton::Hit;
use super::findings::{Buffers, Cleared, Deliverable, Evidence, EvidenceSource, Findings, Line, Tally};
use super::kind::{Kind, Kinds};
use super::lexicon::{Entry, Owner};
use super::reason::Reach;
use super::{REASONS, automaton};
use crate::ad::Span;
use crate::text::Analysis;
use crate::text::statement::statements_into;

/// Words that negate what follows them.
const NEGATIONS: &[&str] = &[
    "no",
    "not",
    "without",
    "don't",
    "doesn't",
    "isn't",
    "aren't",
    "won't",
    "לא",
    "ולא",
    "שלא",
    "ללא",
    "וללא",
    "בלי",
    "אין",
    "ואין",
    "שאין",
    "אינו",
    "אינה",
    "אינם",
    "אינן",
    "איננו",
];
/// What makes a negation none: "no less than", "not only".
const STILL: &[&str] = &["only", "less", "fewer", "later", "just", "limited", "פחות", "רק", "יאוחר", "מאוחר"];
/// What a negation behind its word denies.
const NEEDED: &[&str] = &[
    "required",
    "necessary",
    "needed",
    "mandatory",
    "essential",
    "נדרש",
    "נדרשת",
    "נדרשים",
    "דרוש",
    "דרושה",
    "חובה",
    "הכרחי",
    "הכרחית",
    "תנאי",
];
/// How far a negation reaches, in tokens.
const NEGATES: u32 = 4;
/// The kinds of deliverable that a negation cancels.
const NEGATED: Kinds = Kinds::of(&[Kind::Experience, Kind::Portfolio, Kind::Contract, Kind::Credential, Kind::Tool]);
/// Words of a statement that speaks of what is offered, or asks to join.
const OFFERS: &[&str] = &[
    "join",
    "offer",
    "offers",
    "offering",
    "conditions",
    "benefits",
    "salary",
    "pay",
    "package",
    "apply",
    "תנאים",
    "תנאי",
    "מציעים",
    "מציעה",
    "הצטרפו",
    "להצטרף",
    "בואו",
    "שכר",
    "הטבות",
    "מתאימים",
    "למתאימים",
];

/// How many tokens away a context still cancels an entry.
const NEAR: u32 = 6;
/// A statement quoted for what it lacks is cut after so many tokens.
const QUOTE: usize = 9;
/// The weight of a statement found by what it lacks alone, without a lexicon entry.
const BARE: f32 = 0.4;
/// The bits of [`Buffers::taken`]: six for the reasons, then these.
const EVIDENCE: u8 = DELIVERED - 1;
const DELIVERED: u8 = 1 << 6;
const BOAST: u8 = 1 << 7;

/// What a duty should name.
const WORK: Kinds = Kinds::of(&[Kind::Channel, Kind::Tool, Kind::Output, Kind::Task, Kind::Cadence, Kind::Quantity]);

/// What a requirement names: its statement is no duty.
const PAST: Kinds = Kinds::of(&[Kind::Experience, Kind::Credential]);

pub(super) fn find(rubric: &Rubric, plain: &str, analysis: &Analysis, findings: &mut Findings) {
    findings.clear();
    let mut buffers = std::mem::take(&mut findings.buffers);
    prepare(rubric, plain, analysis, &mut buffers);
    let pass = Pass { plain, rubric, analysis };
    pass.boasts_and_work(&mut buffers, &mut findings.tally);
    pass.deliverables(&mut buffers, findings);
    pass.evidence(&mut buffers, findings);
    pass.bare_absences(&mut buffers, findings);
    pass.count(&buffers, &mut findings.tally);
    findings.evidence.sort_by_key(|found| (found.span, found.reason));
    findings.cleared.sort_by_key(|found| (found.span, found.reason));
    findings.buffers = buffers;
}

/// Scans, cuts statements, and sorts hits, the ones that take precedence first.
fn prepare(rubric: &Rubric, plain: &str, analysis: &Analysis, buffers: &mut Buffers) {
    statements_into(plain, analysis, &mut buffers.statements);
    buffers.line_of.clear();
    for (number, statement) in buffers.statements.iter().enumerate() {
        buffers.line_of.extend(statement.tokens.clone().map(|_| number as u32));
    }
    buffers.lines.clear();
    buffers.lines.resize(buffers.statements.len(), Line::default());
    buffers.taken.clear();
    buffers.taken.resize(analysis.tokens().len(), 0);
    buffers.placed.clear();
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
    let force = |hit: &Hit| {
        let weight = rubric.entry(hit.id).map_or(0.0, |entry| entry.weight);
        weight.sqrt() * (hit.end - hit.start) as f32
    };
    buffers.hits.sort_by(|a, b| force(b).total_cmp(&force(a)).then_with(|| (a.start, a.id).cmp(&(b.start, b.id))));
}

/// True unless something in the context of `hit` cancels its entry.
fn stands(rubric: &Rubric, buffers: &Buffers, hit: Hit) -> bool {
    let Some(entry) = rubric.entry(hit.id) else { return false };
    if entry.unless.is_empty() {
        return true;
    }
    let line = line_of(buffers, hit);
    !buffers.contexts.iter().any(|context| {
        entry.unless.contains(&context.id)
            && context.start < hit.end + NEAR
            && hit.start < context.end + NEAR
            && line_of(buffers, *context) == line
    })
}

/// What stands in `plain` between token `at` and the one before it.
fn before<'p>(plain: &'p str, analysis: &Analysis, at: usize) -> &'p str {
    let tokens = analysis.tokens();
    let start = at.checked_sub(1).and_then(|last| tokens.get(last)).map_or(0, |last| last.span.end);
    tokens.get(at).and_then(|token| plain.get(start..token.span.start)).unwrap_or("")
}

/// True when a negation takes a deliverable back ("no portfolio necessary"), or a slash between two words breaks it.
fn denied(rubric: &Rubric, plain: &str, analysis: &Analysis, buffers: &Buffers, hit: Hit) -> bool {
    let Some(Owner::Deliverable(kind)) = rubric.entry(hit.id).map(|entry| entry.owner) else { return false };
    let (start, end) = (hit.start as usize, hit.end as usize);
    let form = |at: usize| analysis.tokens().get(at).map_or("", |token| analysis.form(token));
    if end == start + 2 && before(plain, analysis, start + 1).contains('/') {
        let letters = |at: usize| form(at).starts_with(char::is_alphabetic);
        if letters(start) && letters(start + 1) {
            return true;
        }
    }
    if !NEGATED.has(kind) {
        return false;
    }
    let line = line_of(buffers, hit);
    let same = |at: usize| buffers.line_of.get(at) == Some(&line);
    let pause = |at: usize| before(plain, analysis, at).contains([',', ';', ':', '(', ')']);
    let mut at = start;
    for _ in 0..NEGATES {
        if at == 0 || pause(at) || !same(at - 1) {
            break;
        }
        at -= 1;
        if matches!(form(at), "but" | "אבל" | "אלא" | "אך") {
            break;
        }
        if NEGATIONS.contains(&form(at)) && !STILL.contains(&form(at + 1)) {
            return true;
        }
    }
    for at in start + 1..end + NEGATES as usize {
        if !same(at) || pause(at) {
            break;
        }
        if NEGATIONS.contains(&form(at)) && (NEEDED.contains(&form(at + 1)) && same(at + 1)) {
            return true;
        }
    }
    false
}

struct Pass<'a> {
    plain: &'a str,
    rubric: &'a Rubric,
    analysis: &'a Analysis,
}

impl<'a> Pass<'a> {
    fn span(&self, hit: Hit) -> Span {
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

    fn boasts_and_work(&self, buffers: &mut Buffers, tally: &mut Tally) {
        let found: Vec<(Hit, Owner)> = self.standing(buffers).map(|(hit, entry)| (hit, entry.owner)).collect();
        for (hit, owner) in found {
            match owner {
                Owner::Boast if take(&mut buffers.taken, hit, BOAST) => tally.boasts += 1,
                Owner::Work => {
                    let line = line_of(buffers, hit) as usize;
                    if let Some(line) = buffers.lines.get_mut(line) {
                        line.work = line.work.saturating_add(1);
                    }
                    tally.work += 1;
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
        for (hit, reason, entry) in found {
            let bit = 1 << reason;
            if !take(&mut buffers.taken, hit, bit) {
                continue;
            }
            let span = self.span(hit);
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

    /// Where the whole ad names too little and no entry said so: the statements that should have.
    fn bare_absences(&self, buffers: &mut Buffers, findings: &mut Findings) {
        let kinds = findings.kinds();
        let has = |findings: &Findings, reason: usize| findings.evidence.iter().any(|found| found.reason == reason);
        for (reason, about) in REASONS.iter().enumerate() {
            let wants = about.wants();
            if wants.is_empty() {
                continue;
            }
            let named = buffers.placed.iter().filter(|(kind, _)| wants.has(*kind)).count();
            match about.id() {
                // Three tasks make a job description; one or two do not.
                "undefined" if named < 3 => {
                    for line in emptiest(buffers, if named == 0 { 2 } else { 1 }) {
                        self.absent(buffers, findings, reason, line, wants.without(kinds));
                    }
                }
                "unmeasurable" if named == 0 && !has(findings, reason) => {
                    for line in emptiest(buffers, 1) {
                        self.absent(buffers, findings, reason, line, wants);
                    }
                }
                "no_stake" if named == 0 && !has(findings, reason) && !buffers.statements.is_empty() => {
                    let line = self.offer(buffers);
                    self.absent(buffers, findings, reason, line, wants);
                }
                _ => {}
            }
        }
    }

    /// The last statement that speaks of what is offered, or the opening one.
    fn offer(&self, buffers: &Buffers) -> usize {
        let speaks = |tokens: &std::ops::Range<usize>| {
            let own = self.analysis.tokens().get(tokens.clone()).unwrap_or(&[]);
            own.iter().any(|token| OFFERS.contains(&self.analysis.form(token)))
        };
        buffers.statements.iter().rposition(|statement| !statement.heading && speaks(&statement.tokens)).unwrap_or(0)
    }

    /// Where a quote of the tokens `start..end` ends: at a clause when all of them are too many.
    fn clause_end(&self, start: usize, end: usize) -> usize {
        if end <= start + QUOTE {
            return end;
        }
        let clause = |at: &usize| {
            let gap = before(self.plain, self.analysis, *at);
            let form = self.analysis.tokens().get(*at).map_or("", |token| self.analysis.form(token));
            gap.contains([',', ';', ':', '(', ')', '–', '—'])
                || gap.contains(" -")
                || matches!(form, "and" | "or" | "או")
                || (form.starts_with('ו') && form.chars().nth(2).is_some() && !form.starts_with("וו"))
        };
        let near = (start + 3..=start + QUOTE).rev().find(clause);
        let next = || (start + QUOTE + 1..end.min(start + 2 * QUOTE)).find(clause);
        near.or_else(next).unwrap_or(end.min(start + 2 * QUOTE))
    }

    fn absent(&self, buffers: &mut Buffers, findings: &mut Findings, reason: usize, line: usize, missing: Kinds) {
        let Some(statement) = buffers.statements.get(line) else { return };
        let tokens = &statement.tokens;
        let hit = Hit { id: 0, start: tokens.start as u32, end: self.clause_end(tokens.start, tokens.end) as u32 };
        if !take(&mut buffers.taken, hit, 1 << reason) {
            return;
        }
        if let Some(line) = buffers.lines.get_mut(line) {
            line.evidence |= 1 << reason;
        }
        let source = EvidenceSource::Absence(missing);
        findings.evidence.push(Evidence { reason, span: self.span(hit), weight: BARE, source, entry: None });
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

/// The statements with the most words of work and no sign of what the work is; requirements, headings and the opening line left out.
fn emptiest(buffers: &Buffers, most: usize) -> Vec<usize> {
    let lines = buffers.statements.iter().zip(&buffers.lines).enumerate().skip(1);
    let mut empty: Vec<(usize, u16)> = lines
        .filter(|(_, (statement, line))| {
            !statement.heading && line.work > 0 && !line.kinds_in(WORK) && !line.kinds_in(PAST)
        })
        .map(|(place, (_, line))| (place, line.work))
        .collect();
    empty.sort_by_key(|&(place, work)| (std::cmp::Reverse(work), place));
    empty.into_iter().take(most).map(|(place, _)| place).collect()
}

impl Line {
    fn kinds_in(self, wanted: Kinds) -> bool {
        self.kinds.iter().any(|kind| wanted.has(kind))
    }
}

fn line_of(buffers: &Buffers, hit: Hit) -> u32 {
    buffers.line_of.get(hit.start as usize).copied().unwrap_or(0)
}

/// Marks the tokens of `hit` with `bit`, unless one has it already.
fn take(taken: &mut [u8], hit: automaton::Hit, bit: u8) -> bool {
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
