//! From the rubric's findings to what a verdict says of one reason.

use super::verdict::{Cleared, Evidence};
use crate::rubric::{Evidence as Found, EvidenceSource, Findings, Kinds, REASONS};
use crate::text::Analysis;
use crate::text::statement::statements;

/// What speaks for a reason that fired: what was found for it, or else the statement that should have carried what it
/// looks for.
pub(super) fn own(findings: &Findings, reason: usize) -> impl Iterator<Item = &Found> {
    let said = findings.evidence.iter().any(|found| found.reason == reason);
    let list = if said { &findings.evidence } else { &findings.anchors };
    list.iter().filter(move |found| found.reason == reason)
}

/// The evidence of one reason, in order of the text, each place once with all that was missed there.
pub(super) fn evidence(findings: &Findings, reason: usize) -> Vec<Evidence> {
    let mut all: Vec<Evidence> = Vec::new();
    for found in own(findings, reason) {
        let missing = match found.source {
            EvidenceSource::Entry(_) => Default::default(),
            EvidenceSource::Absence(kinds) => kinds,
        };
        all.push(Evidence { span: found.span, missing });
    }
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
    REASONS.get(reason).map(|about| about.looks_for().without(findings.kinds())).unwrap_or_default()
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
