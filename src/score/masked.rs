//! The same ad without a phrase of the six lexicons: how much of a judgement rests on them.
//!
//! The phrases, as they are quoted, become spaces until no entry of the six reasons finds anything; then the ad is scored as
//! any other. Its measures `lexicon:*` and `weight:*` are zero, and those of length and language stay those of the whole ad,
//! so that nothing but the words goes. Deliverables are no phrases of the reasons, and stay.

use super::{Scorer, Scratch};
use crate::ad::{Ad, Span};
use crate::features::dense;

/// Words on both sides of a phrase may make another one; each round takes at least one away.
const ROUNDS: usize = 16;

impl Scorer {
    /// The number of lexicon phrases in `ad`, evidence and cleared lines, and the probabilities of all heads without them.
    pub fn without_phrases(&self, ad: &Ad, scratch: &mut Scratch) -> (usize, Vec<f64>) {
        self.read(ad, scratch);
        let whole = scratch.measures.clone();
        let found = phrases(scratch);
        let count = found.len();
        let mut text = scratch.seen(ad).to_owned();
        let mut left = found;
        for _ in 0..ROUNDS {
            if left.is_empty() {
                break;
            }
            text = blank(&text, &left);
            self.read(&Ad::new(&ad.id, "", &text), scratch);
            left = phrases(scratch);
        }
        let names = dense::names(&self.model.rubric);
        for ((name, value), before) in names.iter().zip(&mut scratch.measures).zip(whole) {
            if name.starts_with("lexicon:") || name.starts_with("weight:") {
                *value = 0.0;
            } else if name.starts_with(dense::LENGTH) || name.starts_with("language:") {
                *value = before;
            }
        }
        self.margins(scratch);
        let heads = self.model.config.heads.iter();
        (count, heads.zip(&scratch.margins).map(|(head, &margin)| head.probability(margin)).collect())
    }
}

/// Where entries of the six reasons were found.
fn phrases(scratch: &Scratch) -> Vec<Span> {
    let evidence = scratch.findings.evidence.iter().filter(|found| found.entry.is_some()).map(|found| found.span);
    evidence.chain(scratch.findings.cleared.iter().map(|found| found.span)).collect()
}

/// `text` with spaces in place of `spans`; line breaks stay.
fn blank(text: &str, spans: &[Span]) -> String {
    let hidden = |at: usize| spans.iter().any(|span| span.start <= at && at < span.end);
    text.char_indices().map(|(at, letter)| if letter != '\n' && hidden(at) { ' ' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Model;
    use crate::score::ScoreOptions;

    #[test]
    fn an_ad_without_phrases_is_left_as_it_is_and_one_with_phrases_holds_none_after() {
        let scorer = Scorer::new(Model::embedded().unwrap(), ScoreOptions::default());
        let mut scratch = Scratch::default();
        let plain = Ad::new("1", "Nurse", "You measure blood pressure on ward 4.");
        let (count, masked) = scorer.without_phrases(&plain, &mut scratch);
        assert_eq!(count, 0);
        let kept = scorer.probabilities(&plain, &mut scratch);
        assert_eq!(masked.len(), kept.len());

        let vague = Ad::new("2", "Social media guru", "A passionate ninja. תותח עם ראש גדול.\nRaise brand awareness.");
        let (count, masked) = scorer.without_phrases(&vague, &mut scratch);
        assert!(count >= 5, "{count}");
        assert!(phrases(&scratch).is_empty());
        let place = scorer.model().head(crate::label::VAGUE).unwrap();
        assert_ne!(masked[place], scorer.probabilities(&vague, &mut scratch)[place]);
    }

    #[test]
    fn phrases_become_spaces_and_lines_stay() {
        assert_eq!(blank("a guru\nשלום b", &[Span::new(2, 11)]), "a     \n  ום b");
    }
}
