//! The columns a model learns from: findings summed up so that the length of an ad hardly shows.
//!
//! Densities are per hundred words and saturate; shares are of statements or of words; `absent:` columns are 0 or 1,
//! but for `absent:pinned`, which counts the statements quoted for what they lack.

use super::REASONS;
use super::findings::Findings;
use super::kind::{Kind, Kinds};
use crate::text::{Analysis, TokenKind};

/// Kinds whose absence is a column of its own, with the least count that is presence.
const ABSENCES: [(&str, &[Kind], usize); 6] = [
    ("absent:three_tasks", &[Kind::Channel, Kind::Tool, Kind::Output, Kind::Task, Kind::Cadence], 3),
    ("absent:stake", &[Kind::Pay, Kind::Budget, Kind::Hours, Kind::Contract, Kind::Benefits, Kind::Seniority], 1),
    ("absent:pay", &[Kind::Pay], 1),
    ("absent:barrier", &[Kind::Experience, Kind::Credential, Kind::Portfolio, Kind::Tool], 1),
    ("absent:measure", &[Kind::Measure, Kind::Target, Kind::Cadence, Kind::Quantity, Kind::Deadline], 1),
    ("absent:audience", &[Kind::Audience], 1),
];

/// The columns that belong to no single reason or kind.
const TOTALS: [&str; 17] = [
    "total:evidence",
    "total:deliverables",
    "total:kinds",
    "balance:deliverables",
    "share:concrete_lines",
    "share:vague_lines",
    "share:concrete_duties",
    "density:duties",
    "density:numbers",
    "density:boasts",
    "share:evidence_words",
    "share:deliverable_words",
    "root:deliverable_words",
    "share:headings",
    "density:statements",
    "density:cleared",
    "absent:pinned",
];

pub(super) fn names() -> Vec<String> {
    let reasons =
        REASONS.iter().flat_map(|reason| [format!("lexicon:{}", reason.id()), format!("weight:{}", reason.id())]);
    let kinds = Kind::ALL.iter().map(|kind| format!("deliverable:{kind}"));
    let absences = ABSENCES.iter().map(|(name, _, _)| (*name).to_owned());
    reasons.chain(kinds).chain(absences).chain(TOTALS.iter().map(|name| (*name).to_owned())).collect()
}

pub(super) fn fill(analysis: &Analysis, findings: &Findings, out: &mut Vec<f32>) {
    out.clear();
    let words = u32::try_from(analysis.tokens().len()).unwrap_or(u32::MAX);
    // A very short ad is read as if it had thirty words, so that one phrase does not saturate a column.
    let hundreds = words.max(30) as f32 / 100.0;
    let density = |count: f32| 1.5 * saturate(count / hundreds, 1.5);

    for reason in 0..REASONS.len() {
        let own = findings.evidence.iter().filter(|found| found.reason == reason);
        let (count, weight) = own.fold((0.0, 0.0), |(count, weight), found| (count + 1.0, weight + found.weight));
        out.push(density(weight));
        out.push(saturate(if count > 0.0 { weight / count } else { 0.0 }, 1.0) + 0.25 * f32::from(count > 0.0));
    }
    let mut counts = [0_usize; Kind::ALL.len()];
    for found in &findings.deliverables {
        if let Some(count) = counts.get_mut(found.kind.index()) {
            *count += 1;
        }
    }
    for &count in &counts {
        out.push(density(count as f32));
    }
    for (_, kinds, least) in ABSENCES {
        let wanted = Kinds::of(kinds);
        let present = findings.deliverables.iter().filter(|found| wanted.has(found.kind)).count();
        out.push(f32::from(present < least));
    }

    let tally = &findings.tally;
    let delivered = findings.deliverables.len() as f32;
    let evidence: f32 = findings.evidence.iter().map(|found| found.weight).sum();
    let share = |part: u32, whole: u32| part as f32 / whole.max(1) as f32;
    let numbers = analysis.tokens().iter().filter(|token| token.kind == TokenKind::Number).count() as f32;
    out.extend([
        1.5 * saturate(evidence / hundreds, 4.0),
        1.5 * saturate(delivered / hundreds, 6.0),
        findings.kinds().len() as f32 / 10.0,
        (delivered + 1.0) / (delivered + evidence + 2.0),
        share(tally.concrete, tally.statements),
        share(tally.vague, tally.statements),
        share(tally.concrete_duties, tally.duties),
        1.5 * saturate(tally.work as f32 / hundreds, 6.0),
        1.5 * saturate(numbers / hundreds, 3.0),
        density(tally.boasts as f32),
        share(tally.evidence_tokens, words),
        share(tally.delivered_tokens, words),
        share(tally.delivered_tokens, words).sqrt(),
        share(tally.headings, tally.headings + tally.statements),
        1.5 * saturate(tally.statements as f32 / hundreds, 10.0),
        density(findings.cleared.len() as f32),
        findings.evidence.iter().filter(|found| found.entry.is_none()).count().min(4) as f32 / 4.0,
    ]);
}

/// 0 at 0, a half at `half`, and never above 1.
fn saturate(value: f32, half: f32) -> f32 {
    value / (value + half)
}
