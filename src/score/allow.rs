//! Phrases that a house allows itself: evidence for a reason that matches one is dropped before anything is measured.
//!
//! A phrase is matched token by token, as the analyzer sees it: case, points and written gender forms do not matter, and
//! a Hebrew prefix may stand before its first word. Words keep what they weigh by themselves; only the findings go.

use super::findings::recount;
use crate::ad::Span;
use crate::error::{Error, ErrorKind, Position, Result};
use crate::label::REASONS;
use crate::rubric::{Evidence, Findings};
use crate::text::{Analysis, Analyzer};

/// The allowed phrases; empty by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowList {
    phrases: Vec<Phrase>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Phrase {
    /// The only reason it is allowed for; all of them when there is none.
    reason: Option<usize>,
    forms: Vec<String>,
}

impl AllowList {
    /// Reads a list: one phrase a line, `reason: phrase` for one reason only, `#` before a remark.
    ///
    /// # Errors
    /// `Usage`, with the line, for a phrase without a word and for a word before a colon that is no reason.
    pub fn parse(text: &str, file: &str, analyzer: &Analyzer) -> Result<AllowList> {
        let mut phrases = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim_start_matches('\u{feff}').trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let refuse = |rule: String| {
                let position = Position { line: Some(number as u64 + 1), ..Position::file(file) };
                Error::new(ErrorKind::Usage, rule).at(position)
            };
            let (reason, phrase) = match line.split_once(':') {
                Some((word, rest)) if is_id(word) => match REASONS.iter().position(|reason| *reason == word) {
                    Some(reason) => (Some(reason), rest),
                    None => {
                        return Err(refuse(format!(
                            "the word before a colon must be a reason ({}), is {word:?}",
                            REASONS.join(", ")
                        )));
                    }
                },
                _ => (None, line),
            };
            let analysis = analyzer.analyze(phrase);
            let forms: Vec<String> = analysis.iter().map(|(form, _)| form.to_owned()).collect();
            if forms.is_empty() {
                return Err(refuse(format!("a phrase needs at least one word, is {:?}", phrase.trim())));
            }
            phrases.push(Phrase { reason, forms });
        }
        Ok(AllowList { phrases })
    }

    /// True when nothing is allowed.
    pub fn is_empty(&self) -> bool {
        self.phrases.is_empty()
    }

    /// A digest of what is allowed: lists with the same allow the same, however they are written. Empty for an empty list.
    pub fn digest(&self) -> String {
        if self.is_empty() {
            return String::new();
        }
        let mut phrases: Vec<String> = self.phrases.iter().map(|phrase| format!("{phrase:?}")).collect();
        phrases.sort();
        phrases.dedup();
        crate::model::artifact::digest(phrases.join("\n").as_bytes())
    }

    /// Drops the evidence that is allowed.
    ///
    /// Evidence of a lexicon entry goes when it lies within the phrase or the phrase within it; a statement that is
    /// evidence for what it lacks goes only when the phrase covers all of it.
    pub(super) fn apply(&self, plain: &str, analysis: &Analysis, findings: &mut Findings) {
        if self.phrases.is_empty() || findings.evidence.is_empty() {
            return;
        }
        let places: Vec<(Option<usize>, Span)> =
            self.phrases.iter().flat_map(|phrase| phrase.places(analysis).map(|span| (phrase.reason, span))).collect();
        let allowed = |found: &Evidence| {
            places.iter().any(|&(reason, place)| {
                let covered = place.start <= found.span.start && found.span.end <= place.end;
                let covers = found.span.start <= place.start && place.end <= found.span.end;
                reason.is_none_or(|reason| reason == found.reason) && (covered || (covers && found.entry.is_some()))
            })
        };
        let before = findings.evidence.len();
        findings.evidence.retain(|found| !allowed(found));
        if findings.evidence.len() < before {
            recount(plain, analysis, findings);
        }
    }
}

impl Phrase {
    /// Where it stands.
    fn places<'a>(&'a self, analysis: &'a Analysis) -> impl Iterator<Item = Span> + 'a {
        let tokens = analysis.tokens();
        tokens.windows(self.forms.len()).filter_map(move |window| {
            let fits = window.iter().zip(&self.forms).enumerate().all(|(place, (token, form))| {
                let written = analysis.form(token);
                written == form || (place == 0 && analysis.clitics().readings(written).any(|(_, stem)| stem == form))
            });
            let (first, last) = (window.first()?, window.last()?);
            fits.then(|| Span::new(first.span.start, last.span.end))
        })
    }
}

fn is_id(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rubric::Rubric;
    use crate::text::TextSpec;

    fn left(list: &str, text: &str) -> Vec<String> {
        let analyzer = Analyzer::new(&TextSpec::default()).unwrap();
        let rubric = Rubric::embedded(&analyzer).unwrap();
        let analysis = analyzer.analyze(text);
        let mut findings = Findings::default();
        rubric.find(text, &analysis, &mut findings);
        let allow = AllowList::parse(list, "allow.txt", &analyzer).unwrap();
        allow.apply(text, &analysis, &mut findings);
        findings
            .evidence
            .iter()
            .filter(|found| found.entry.is_some())
            .map(|found| format!("{} {}", REASONS[found.reason], found.span.of(text)))
            .collect()
    }

    #[test]
    fn phrases_drop_evidence_for_all_reasons_or_for_one() {
        let text = "Be our Guru!\nYou are passionate.";
        assert!(left("", text).iter().any(|found| found.contains("Guru")));
        assert!(!left("# house words\nguru\n", text).iter().any(|found| found.contains("Guru")));
        assert!(left("guru", text).iter().any(|found| found.contains("passionate")));
        assert_eq!(left("no_stake: guru", text), left("", text));
    }

    #[test]
    fn a_hebrew_prefix_may_stand_before_the_first_word() {
        let text = "דרוש/ה גורו סושיאל\nעם ראש גדול ותשוקה";
        assert!(left("", text).iter().any(|found| found.contains("ותשוקה")), "{:?}", left("", text));
        assert!(!left("תשוקה", text).iter().any(|found| found.contains("ותשוקה")));
    }

    #[test]
    fn mistakes_name_their_line() {
        let analyzer = Analyzer::new(&TextSpec::default()).unwrap();
        let refused = |list: &str| AllowList::parse(list, "allow.txt", &analyzer).unwrap_err().to_string();
        assert!(refused("guru\ncharm: x").contains("allow.txt, line 2"), "{}", refused("guru\ncharm: x"));
        assert!(refused("!!!").contains("at least one word"));
        assert!(AllowList::parse("Note: a phrase with a colon", "", &analyzer).is_ok());
    }
}
