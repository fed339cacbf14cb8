//! The plain text of an ad cut into pieces at every end of a highlight, so that each piece is marked as a whole.

use crate::ad::Span;
use crate::rubric::Kind;
use crate::score::Verdict;

/// A stretch of text with the same marks throughout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    pub text: &'a str,
    /// The reasons it is evidence for, in their order.
    pub reasons: Vec<&'a str>,
    /// What it makes concrete.
    pub kind: Option<Kind>,
}

impl Piece<'_> {
    /// True for evidence; what is both is shown as evidence.
    pub fn is_vague(&self) -> bool {
        !self.reasons.is_empty()
    }

    /// True for a deliverable that is no evidence.
    pub fn is_concrete(&self) -> bool {
        self.reasons.is_empty() && self.kind.is_some()
    }
}

/// The lines of `plain`, each cut into its pieces; an empty line has none.
pub(super) fn lines<'a>(plain: &'a str, verdict: &'a Verdict) -> Vec<Vec<Piece<'a>>> {
    let mut evidence: Vec<(Span, &str)> = Vec::new();
    for reason in verdict.reasons.iter().filter(|reason| reason.fired) {
        evidence.extend(reason.evidence.iter().map(|found| (found.span, reason.id.as_str())));
    }
    let mut cuts: Vec<usize> = evidence.iter().flat_map(|(span, _)| [span.start, span.end]).collect();
    cuts.extend(verdict.deliverables.iter().flat_map(|found| [found.span.start, found.span.end]));
    cuts.sort_unstable();
    cuts.dedup();
    let mut lines = Vec::new();
    let mut start = 0;
    for line in plain.split('\n') {
        let end = start + line.len();
        let mut pieces: Vec<Piece<'a>> = Vec::new();
        let mut from = start;
        let inner = cuts.iter().copied().filter(|&cut| start < cut && cut < end);
        for to in inner.chain([end]) {
            let text = plain.get(from..to).unwrap_or("");
            let holds = |span: Span| span.start <= from && to <= span.end;
            let mut reasons: Vec<&str> =
                evidence.iter().filter(|(span, _)| holds(*span)).map(|(_, reason)| *reason).collect();
            reasons.dedup();
            let kind = verdict.deliverables.iter().find(|found| holds(found.span)).map(|found| found.kind);
            from = to;
            match pieces.last_mut() {
                _ if text.is_empty() => {}
                // Evidence that overlaps is shown as one stretch, concrete parts and all.
                Some(last) if !reasons.is_empty() && last.is_vague() => {
                    last.text = plain.get(to - text.len() - last.text.len()..to).unwrap_or(last.text);
                    reasons.retain(|reason| !last.reasons.contains(reason));
                    last.reasons.extend(reasons);
                }
                _ => pieces.push(Piece { text, reasons, kind }),
            }
        }
        lines.push(pieces);
        start = end + 1;
    }
    lines
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::ad::{Ad, Lang};
    use crate::rubric::Kinds;
    use crate::score::{Decision, Deliverable, Edit, Evidence, ReasonVerdict};

    /// A verdict on [`sample`] for the snapshots of all formats.
    pub(crate) fn judged() -> (Ad, Verdict) {
        let plain = "Social guru\nBe our guru, 100% fun & <b>wow</b>\nPost daily, earn $20";
        let mut ad = Ad::new("a1", "Social guru", plain.strip_prefix("Social guru\n").unwrap());
        ad.source.file = "ads/one, two.txt".into();
        let at = |text: &str, from: usize| {
            let start = from + plain[from..].find(text).unwrap();
            Span::new(start, start + text.len())
        };
        let reason = |id: &str, p: f64, fired: bool| ReasonVerdict {
            id: id.to_owned(),
            p,
            fired,
            ignored: false,
            evidence: Vec::new(),
            missing: Kinds::default(),
            cleared: Vec::new(),
            advice: fired.then(|| format!("Mend {id}.")),
            edit: None,
        };
        let mut reasons: Vec<ReasonVerdict> =
            crate::label::REASONS.iter().map(|id| reason(id, 0.125, matches!(*id, "undefined" | "everyone"))).collect();
        let wow = at("100% fun & <b>wow</b>", 12);
        reasons[1].evidence = vec![Evidence { span: wow, missing: Kinds::of(&[Kind::Tool]) }];
        let replacement = "You will write 3 posts a week".to_owned();
        reasons[1].edit = Some(Edit { span: wow, replacement, p_vague_after: 0.66 });
        reasons[5].evidence =
            [at("guru", 0), at("guru", 12)].map(|span| Evidence { span, missing: Kinds::default() }).to_vec();
        let verdict = Verdict {
            decision: Decision::Vague,
            lang: Lang::En,
            p_vague: Some(0.8125),
            p_scope: Some(0.9),
            words: 12,
            reasons,
            deliverables: vec![
                Deliverable { kind: Kind::Cadence, span: at("daily", 0) },
                Deliverable { kind: Kind::Pay, span: at("$20", 0) },
            ],
            excused: false,
        };
        (ad, verdict)
    }

    #[test]
    fn pieces_tile_the_text() {
        let (ad, verdict) = judged();
        let lines = lines(ad.plain(), &verdict);
        let joined: Vec<String> = lines.iter().map(|line| line.iter().map(|piece| piece.text).collect()).collect();
        assert_eq!(joined.join("\n"), ad.plain());
        let marked: Vec<&str> =
            lines.iter().flatten().filter(|piece| piece.is_vague()).map(|piece| piece.text).collect();
        assert_eq!(marked, ["guru", "guru", "100% fun & <b>wow</b>"]);
        let concrete: Vec<&str> =
            lines.iter().flatten().filter(|piece| piece.is_concrete()).map(|piece| piece.text).collect();
        assert_eq!(concrete, ["daily", "$20"]);
    }
}
