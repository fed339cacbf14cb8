//! From the rubric's findings to what a verdict says of one reason.

use std::ops::Range;

use super::verdict::{Cleared, Evidence};
use crate::ad::Span;
use crate::features::aspect::Lanes;
use crate::label::{DUTY, FIRST_MARK, OFFER};
use crate::rubric::{Evidence as Found, EvidenceSource, Findings, Kinds, REASONS};
use crate::text::Analysis;
use crate::text::statement::{Statement, statements};

/// No more than one in so many bytes of a text is marked for the sake of reasons that did not fire.
const SHARE: usize = 5;
/// Evidence that weighs less says nothing for a reason that did not fire.
const LEAST: f32 = 0.6;

/// A statement is a part of the ad's own (a duty, a requirement, an offer) at this probability; what stands in talk of the company, in
/// legal text or in instructions to apply is neither fault nor deliverable of the role.
const ROLE: f32 = 0.2;
/// Statements of fewer tokens are too short to be told apart by what they are: a bare "Full time".
const SHORT: usize = 5;
/// A statement says so at this probability.
const SAYS: f32 = 0.5;
/// A statement says so surely at this one, which is worth showing beside what else was found.
const SURE: f32 = LEAST;
/// Statements shown for one reason because they were judged so.
const MOST: usize = 3;
/// A statement does not say so below this one.
const SILENT: f32 = 0.15;

/// Where a reason is about duties or about the offer, its evidence stands in a statement that is one at this probability.
const FITTING: f32 = 0.3;
/// By reason, whether a statement may speak against it, and the role that it is about, where it is about one.
const ABOUT: [(bool, Option<usize>); 6] = [
    // That a statement names a field does not mend "a social media expert" in it.
    (false, None),
    (true, Some(DUTY)),
    (true, None),
    (true, Some(OFFER)),
    (true, Some(DUTY)),
    (false, None),
];

/// Leaves out what a statement was judged not to be: evidence for a reason that the statement speaks against or is not about, and evidence and deliverables outside
/// what the ad says of the role. Statements that surely speak for a reason, and in which nothing was found for it, are quoted too; where nothing else is, the one
/// that does so most.
///
/// `judged` are the statements in order (none where the model judges none), and `quote` cuts one to what is quoted of it. On the real training
/// ads, findings in talk of the company overlap a reader's quote in 6% (evidence) and 2% (deliverables) of cases, others in 19% and 22%.
pub(super) fn heed(findings: &mut Findings, judged: &[(Lanes, f32)], quote: impl Fn(Range<usize>) -> Span) {
    let statements = std::mem::take(&mut findings.buffers.statements);
    if judged.len() == statements.len() && !judged.is_empty() {
        let at = |span: Span| {
            let place = statements.partition_point(|one| one.span.start <= span.start).checked_sub(1)?;
            Some((statements.get(place)?, &judged.get(place)?.0))
        };
        let outside = |(statement, lanes): (&Statement, &Lanes)| {
            let [duty, requirement, offer, ..] = *lanes;
            duty + requirement + offer < ROLE && !statement.heading && statement.tokens.len() >= SHORT
        };
        let fault = |reason: usize| FIRST_MARK + 2 * reason;
        let lane = |lanes: &Lanes, place: usize| lanes.get(place).copied().unwrap_or(0.0);
        findings.deliverables.retain(|found| !at(found.span).is_some_and(outside));
        let speaks = |found: &Found| {
            let Some((place, &(mended, role))) = at(found.span).zip(ABOUT.get(found.reason)) else {
                return true;
            };
            let fault = fault(found.reason);
            let against = mended && lane(place.1, fault + 1) >= SAYS;
            let elsewhere = role.is_some_and(|role| lane(place.1, role) < FITTING);
            lane(place.1, fault) >= SILENT || !(against || elsewhere || outside(place))
        };
        findings.evidence.retain(speaks);
        findings.anchors.retain(speaks);
        for reason in 0..ABOUT.len() {
            let fault = fault(reason);
            let quoted = |statement: &Statement| {
                let inside = |found: &&Found| found.reason == reason && found.span.start < statement.span.end;
                findings.evidence.iter().filter(inside).any(|found| found.span.end > statement.span.start)
            };
            let body = statements.iter().zip(judged).skip(1);
            let said = body.filter(|(statement, (lanes, _))| {
                !statement.heading && lane(lanes, fault) >= SAYS && !quoted(statement)
            });
            let mut said: Vec<(f32, &Statement)> = said.map(|(one, (lanes, _))| (lane(lanes, fault), one)).collect();
            said.sort_by(|(a, one), (b, other)| b.total_cmp(a).then(one.tokens.start.cmp(&other.tokens.start)));
            let (source, bare) =
                (EvidenceSource::Absence(missing(findings, reason)), own(findings, reason).next().is_none());
            for (place, (says, statement)) in said.into_iter().enumerate().take(MOST) {
                let span = quote(statement.tokens.clone());
                let found = Found { reason, span, weight: says, source, entry: None };
                if says >= SURE {
                    findings.evidence.push(found);
                } else if place == 0 && bare {
                    findings.anchors.push(found);
                }
            }
        }
        findings.evidence.sort_by_key(|found| (found.span, found.reason));
    }
    findings.buffers.statements = statements;
}

/// What speaks for a reason that fired: what was found for it, or else the statement that should have carried what it
/// looks for.
pub(super) fn own(findings: &Findings, reason: usize) -> impl Iterator<Item = &Found> {
    let said = findings.evidence.iter().any(|found| found.reason == reason);
    let list = if said { &findings.evidence } else { &findings.anchors };
    list.iter().filter(move |found| found.reason == reason)
}

/// The evidence of a reason that fired, in order of the text, each place once with all that was missed there.
pub(super) fn evidence(findings: &Findings, reason: usize) -> Vec<Evidence> {
    listed(own(findings, reason))
}

/// What speaks for the reasons that did not fire, in the order of [`REASONS`]: what was found for them, and no statement
/// quoted for want of better.
///
/// `shown` is what is marked anyway. The likeliest reason's heaviest evidence comes first, and no more is marked than a fifth
/// of the text: where everything is marked, nothing is. `odds` holds a probability a reason, `None` for those that fired or
/// are ignored.
pub(super) fn against(
    findings: &Findings,
    odds: &[Option<f64>; 6],
    shown: impl Iterator<Item = Span>,
    length: usize,
) -> [Vec<Evidence>; 6] {
    let mut lists: [Vec<Evidence>; 6] = Default::default();
    let mut marked = Marked::default();
    shown.for_each(|span| marked.add(span));
    let mut left = (length / SHARE).saturating_sub(marked.total);
    let force = |found: &Found| {
        let odds = odds.get(found.reason).copied().flatten();
        odds.filter(|_| found.weight >= LEAST).map(|p| p * f64::from(found.weight))
    };
    let mut rest: Vec<(f64, &Found)> =
        findings.evidence.iter().filter_map(|found| Some((force(found)?, found))).collect();
    rest.sort_by(|(a, one), (b, other)| {
        b.total_cmp(a).then_with(|| (one.span, one.reason).cmp(&(other.span, other.reason)))
    });
    for (_, found) in rest {
        let new = marked.missing(found.span);
        if new > left {
            continue;
        }
        left -= new;
        marked.add(found.span);
        if let Some(list) = lists.get_mut(found.reason) {
            list.push(evidence_of(found));
        }
    }
    lists.map(in_order)
}

/// Stretches of text that are marked, apart from each other and in order.
#[derive(Default)]
struct Marked {
    spans: Vec<Span>,
    /// How many bytes are marked.
    total: usize,
}

impl Marked {
    /// The spans that touch `span`, as a range of [`Marked::spans`].
    fn touching(&self, span: Span) -> std::ops::Range<usize> {
        let first = self.spans.partition_point(|one| one.end <= span.start);
        let last = self.spans.partition_point(|one| one.start < span.end);
        first..last.max(first)
    }

    /// How many bytes of `span` are not marked yet.
    fn missing(&self, span: Span) -> usize {
        let touched = self.spans.get(self.touching(span)).unwrap_or_default();
        let shared = |one: &Span| one.end.min(span.end).saturating_sub(one.start.max(span.start));
        (span.end - span.start).saturating_sub(touched.iter().map(shared).sum())
    }

    fn add(&mut self, span: Span) {
        let place = self.touching(span);
        let touched = self.spans.get(place.clone()).unwrap_or_default();
        let start = touched.first().map_or(span.start, |one| one.start.min(span.start));
        let end = touched.last().map_or(span.end, |one| one.end.max(span.end));
        self.total += self.missing(span);
        self.spans.splice(place, [Span::new(start, end)]);
    }
}

fn listed<'f>(found: impl Iterator<Item = &'f Found>) -> Vec<Evidence> {
    in_order(found.map(evidence_of).collect())
}

fn evidence_of(found: &Found) -> Evidence {
    let missing = match found.source {
        EvidenceSource::Entry(_) => Kinds::default(),
        EvidenceSource::Absence(kinds) => kinds,
    };
    Evidence { span: found.span, missing }
}

/// In order of the text, each place once with all that was missed there.
fn in_order(mut all: Vec<Evidence>) -> Vec<Evidence> {
    all.sort_by_key(|found| found.span);
    all.dedup_by(|next, kept| {
        let same = next.span == kept.span;
        if same {
            kept.missing = kept.missing.iter().chain(next.missing.iter()).collect();
        }
        same
    });
    all
}

/// What a reason looks for and the whole ad does not name.
pub(super) fn missing(findings: &Findings, reason: usize) -> Kinds {
    REASONS.get(reason).map(|about| about.looks_for().without(findings.named())).unwrap_or_default()
}

/// The vague lines of one reason that something else in the ad makes concrete.
pub(super) fn cleared(findings: &Findings, reason: usize) -> Vec<Cleared> {
    let own = findings.cleared.iter().filter(|found| found.reason == reason);
    let mut all: Vec<Cleared> = own.map(|found| Cleared { span: found.span, by: found.by }).collect();
    all.sort_by_key(|found| (found.span, found.by));
    all.dedup();
    all
}

/// Counts the vague statements again after evidence was dropped.
pub(super) fn recount(plain: &str, analysis: &Analysis, findings: &mut Findings) {
    let statements = statements(plain, analysis);
    let vague = statements.iter().filter(|statement| {
        let begins = |at: usize| statement.span.start <= at && at < statement.span.end;
        !statement.heading && findings.evidence.iter().any(|found| begins(found.span.start))
    });
    findings.tally.vague = vague.count() as u32;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rubric::Rubric;
    use crate::text::{Analyzer, TextSpec};

    #[test]
    fn stretches_are_marked_once() {
        let mut marked = Marked::default();
        let mut bytes = [false; 60];
        // Apart, inside another, over several, touching, and again.
        for (start, end) in [(10, 14), (30, 40), (11, 13), (2, 5), (4, 32), (40, 41), (50, 55), (50, 55), (0, 60)] {
            let new = bytes.iter().take(end).skip(start).filter(|marked| !**marked).count();
            assert_eq!(marked.missing(Span::new(start, end)), new, "{start}..{end}");
            marked.add(Span::new(start, end));
            bytes[start..end].fill(true);
            assert_eq!(marked.total, bytes.iter().filter(|marked| **marked).count(), "{start}..{end}");
        }
        assert_eq!(marked.spans, [Span::new(0, 60)]);
    }

    #[test]
    fn what_is_no_part_of_the_role_is_not_shown_and_what_surely_speaks_is() {
        let analyzer = Analyzer::new(&TextSpec::default()).unwrap();
        let rubric = Rubric::embedded(&analyzer).unwrap();
        let text = "Social media manager\nOur passionate company writes two posts a week for its clients\nYou are a passionate ninja\n\
                    You write two posts a week\nOur salaries are what you make of them";
        let analysis = analyzer.analyze(text);
        let mut findings = Findings::default();
        rubric.find(text, &analysis, &mut findings);
        let lanes = |set: &[(usize, f32)]| {
            let mut lanes = Lanes::default();
            set.iter().for_each(|&(place, says)| lanes[place] = says);
            (lanes, 5.0)
        };
        let judged = [
            lanes(&[(0, 0.9)]),
            lanes(&[(0, 0.05)]),
            lanes(&[(1, 0.9), (15, 0.9)]),
            lanes(&[(0, 0.9), (8, 0.9)]),
            lanes(&[(2, 0.9), (11, 0.8)]),
        ];
        let quote = |tokens| rubric.quote(text, &analysis, tokens);
        let quoted = |findings: &Findings, reason: &str| -> Vec<String> {
            let place = crate::label::REASONS.iter().position(|name| *name == reason).unwrap();
            findings.evidence.iter().filter(|one| one.reason == place).map(|one| one.span.of(text).to_owned()).collect()
        };
        assert_eq!(quoted(&findings, "everyone"), ["passionate", "You are a passionate", "ninja"]);
        assert_eq!(findings.deliverables.iter().filter(|one| !one.weak).count(), 2);
        heed(&mut findings, &[], quote);
        assert_eq!(quoted(&findings, "everyone").len(), 3, "without judgements all stands");
        heed(&mut findings, &judged, quote);
        assert_eq!(quoted(&findings, "everyone"), ["You are a passionate", "ninja"]);
        let kept: Vec<&str> =
            findings.deliverables.iter().filter(|one| !one.weak).map(|one| one.span.of(text)).collect();
        assert_eq!(kept, ["two posts a week"]);
        assert!(findings.deliverables.iter().all(|one| one.span.start > 60));
        assert_eq!(quoted(&findings, "no_stake"), ["Our salaries are what you make"]);
    }

    #[test]
    fn counting_again_changes_nothing_where_nothing_was_dropped() {
        let analyzer = Analyzer::new(&TextSpec::default()).unwrap();
        let rubric = Rubric::embedded(&analyzer).unwrap();
        let mut findings = Findings::default();
        for name in ["ad.txt", "ad_vague_he.txt", "ad_concrete_en.txt"] {
            let text = std::fs::read_to_string(format!("data/samples/{name}")).unwrap();
            let analysis = analyzer.analyze(&text);
            rubric.find(&text, &analysis, &mut findings);
            let before = findings.tally.vague;
            recount(&text, &analysis, &mut findings);
            assert_eq!(findings.tally.vague, before, "{name}");
        }
    }
}
