//! What to write instead: what is missing, where it belongs, and an example edit that was really tried.
//!
//! The effect of an edit is the verdict of the same scorer on the edited ad, nothing estimated. Amounts and names in the
//! examples stand for the writer's own; the words are in `data/advice/`.

mod bank;
mod case;
mod spot;

use super::{Decision, Scorer, Scratch, Verdict};
use crate::ad::{Ad, Lang, Span};
use crate::rubric::{Kind, REASONS};
use bank::Bank;
use case::Case;

/// An edit helps when it lowers the probability by this much at least.
const LEAST: f64 = 0.005;
/// At most so many edits are tried for a reason, the likeliest first.
const TRIED: usize = 12;

/// A worked example: replace `span` of the plain text by `replacement`, and the ad is as vague as said.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// What is replaced, in bytes of the plain text; empty where something is put in.
    pub span: Span,
    /// What to write there.
    pub replacement: String,
    /// The probability that the ad so edited is vague, by the same scorer.
    pub p_vague_after: f64,
}

/// General advice for reason number `reason`, in the language of the ad.
pub fn general(reason: usize, lang: Lang) -> &'static str {
    Bank::of(lang).lead(crate::label::REASONS.get(reason).copied().unwrap_or(""))
}

/// What a kind of deliverable is called in the language of the ad.
pub fn kind_name(kind: Kind, lang: Lang) -> &'static str {
    Bank::of(lang).kind(kind)
}

impl Scorer {
    /// Replaces the general advice of `verdict` by advice on this ad, with an example edit for every reason that fired.
    ///
    /// Of the candidates that help, the one with the median effect is shown: the largest effect on a probability is no sign
    /// of the best sentence, and would promise too much. Every one that is tried is scored, so this costs many times what
    /// the verdict did.
    pub fn advise(&self, ad: &Ad, verdict: &mut Verdict, scratch: &mut Scratch) {
        let Some(before) = verdict.p_vague else { return };
        if !verdict.reasons.iter().any(|reason| reason.fired) {
            return;
        }
        self.read(ad, scratch);
        self.heed(ad, scratch);
        let heads = &self.model.config.heads;
        let in_scope = self.scope.and_then(|place| heads.get(place)).zip(verdict.p_scope);
        let social = in_scope.is_none_or(|(head, p)| p >= head.threshold);
        let case = Case::new(ad, verdict.lang, social, scratch);
        let mut used: Vec<&str> = Vec::new();
        for place in 0..verdict.reasons.len() {
            let Some(reason) = verdict.reasons.get(place).filter(|reason| reason.fired) else { continue };
            let Some(number) = REASONS.iter().position(|known| known.id() == reason.id) else { continue };
            let mut advice = case.advice(number);
            let candidates = case.edits(number, &used);
            let any = !candidates.is_empty();
            let mut helpful: Vec<(Edit, &str)> = Vec::new();
            for candidate in candidates.into_iter().take(TRIED) {
                let (span, replacement) = (candidate.span, candidate.replacement);
                let p_vague_after = self.try_edit(ad, span, &replacement, scratch);
                if p_vague_after <= before - LEAST {
                    helpful.push((Edit { span, replacement, p_vague_after }, candidate.example));
                }
            }
            helpful.sort_by(|(a, _), (b, _)| b.p_vague_after.total_cmp(&a.p_vague_after));
            let middle = helpful.len().saturating_sub(1) / 2;
            let best = helpful.into_iter().nth(middle);
            used.extend(best.as_ref().map(|(_, example)| *example));
            // An ad that is concrete all the same has no verdict that should move.
            if any && best.is_none() && matches!(verdict.decision, Decision::Vague | Decision::Unsure) {
                advice.push(' ');
                advice.push_str(&case.bank.no_edit);
            }
            if let Some(reason) = verdict.reasons.get_mut(place) {
                reason.advice = Some(advice);
                reason.edit = best.map(|(edit, _)| edit);
            }
        }
    }

    /// The probability that the edited ad is vague.
    fn try_edit(&self, ad: &Ad, span: Span, replacement: &str, scratch: &mut Scratch) -> f64 {
        let plain = ad.plain();
        let (before, after) = (plain.get(..span.start).unwrap_or(""), plain.get(span.end..).unwrap_or(""));
        let edited = Ad::new("edited", "", &format!("{before}{replacement}{after}"));
        self.score(&edited, scratch).p_vague.unwrap_or(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Model;
    use crate::score::ScoreOptions;

    fn advised(title: &str, text: &str) -> (Verdict, Ad) {
        let scorer = Scorer::new(Model::embedded().unwrap(), ScoreOptions::default());
        let mut scratch = Scratch::default();
        let ad = Ad::new("1", title, text);
        let mut verdict = scorer.score(&ad, &mut scratch);
        scorer.advise(&ad, &mut verdict, &mut scratch);
        (verdict, ad)
    }

    #[test]
    fn edits_replayed_give_what_they_promise() {
        let mut tried = 0;
        for name in ["ad.txt", "ad_vague_he.txt", "ad_concrete_en.txt"] {
            let text = std::fs::read_to_string(format!("data/samples/{name}")).unwrap();
            let (verdict, ad) = advised("", &text);
            let scorer = Scorer::new(Model::embedded().unwrap(), ScoreOptions::default());
            for edit in verdict.reasons.iter().filter_map(|reason| reason.edit.as_ref()) {
                let plain = ad.plain();
                let after = format!("{}{}{}", &plain[..edit.span.start], edit.replacement, &plain[edit.span.end..]);
                let again = scorer.score(&Ad::new("2", "", &after), &mut Scratch::default());
                assert_eq!(again.p_vague, Some(edit.p_vague_after), "{name}: {edit:?}");
                assert!(edit.p_vague_after < verdict.p_vague.unwrap());
                tried += 1;
            }
        }
        assert!(tried > 3, "only {tried} edits");
    }

    #[test]
    fn edits_of_many_ads_replayed_give_what_they_promise() {
        let scorer = Scorer::new(Model::embedded().unwrap(), ScoreOptions::default());
        let mut scratch = Scratch::default();
        let options = crate::io::ReadOptions::default();
        let (ads, _) = crate::io::read_ads(&["data/labeled/ads.csv".to_owned()], &options).unwrap();
        let mut tried = 0;
        for ad in ads.iter().step_by(11) {
            let mut verdict = scorer.score(ad, &mut scratch);
            scorer.advise(ad, &mut verdict, &mut scratch);
            for reason in verdict.reasons.iter().filter(|reason| reason.fired) {
                // The kinds that are said to be missing are those of this ad, in its language.
                let advice = reason.advice.as_deref().unwrap();
                let named = reason.missing.iter().filter(|kind| advice.contains(kind_name(*kind, verdict.lang)));
                assert!(named.count() >= reason.missing.len().min(6), "{}: {advice}", ad.id);
                let Some(edit) = &reason.edit else { continue };
                // The title stays: an edit is one of the text.
                let from = ad.text_start();
                let (start, end) = (edit.span.start - from, edit.span.end - from);
                let text = format!("{}{}{}", &ad.text()[..start], edit.replacement, &ad.text()[end..]);
                let again = scorer.score(&Ad::new("2", ad.title(), &text), &mut scratch);
                let off = (again.p_vague.unwrap() - edit.p_vague_after).abs();
                assert!(off < 0.01, "{}: {off} {edit:?}", ad.id);
                tried += 1;
            }
        }
        assert!(tried > 40, "only {tried} edits");
    }

    #[test]
    fn advice_is_in_the_language_of_the_ad_and_leaves_the_title_alone() {
        let (verdict, ad) = advised("גורו סושיאל", "אנחנו מחפשים תותח/ית סושיאל עם ראש גדול ותשוקה לרשתות.");
        let fired: Vec<_> = verdict.reasons.iter().filter(|reason| reason.fired).collect();
        assert!(!fired.is_empty());
        for reason in fired {
            let advice = reason.advice.as_deref().unwrap();
            assert!(advice.chars().any(|c| ('א'..='ת').contains(&c)), "{advice}");
            assert!(reason.edit.as_ref().is_none_or(|edit| edit.span.start >= ad.text_start()));
        }
    }
}
