//! The sum behind a verdict, left unsummed.
//!
//! For every head the contributions and the bias add up to the margin: nothing else goes into a verdict.

use std::collections::BTreeMap;

use super::{Scorer, Scratch};
use crate::ad::{Ad, Span};
use crate::features::Splitting;
use crate::features::space::{Origin, Term, WordColumns};

/// The sum of one head.
#[derive(Clone, Debug, PartialEq)]
pub struct HeadExplanation {
    /// The head.
    pub head: String,
    /// The part that does not depend on the ad.
    pub bias: f64,
    /// The sum of the bias and all contributions: the log-odds before calibration.
    pub margin: f64,
    /// The calibrated probability of the margin.
    pub probability: f64,
    /// What each column adds, the largest first whatever its sign.
    pub contributions: Vec<Contribution>,
}

/// What one column adds to one head.
#[derive(Clone, Debug, PartialEq)]
pub struct Contribution {
    /// The column's name.
    pub column: String,
    /// What it adds to the margin.
    pub amount: f64,
    /// Where in the ad it stands (bytes of the plain text); empty for measures of the whole ad.
    pub spans: Vec<Span>,
}

impl Scorer {
    /// Explains every head of the model for `ad`.
    pub fn explain(&self, ad: &Ad, scratch: &mut Scratch) -> Vec<HeadExplanation> {
        self.read(ad, scratch);
        self.margins(scratch);
        let model = &self.model;
        let mut terms: Vec<Term> = Vec::new();
        let mut splitting = Splitting::default();
        let words = scratch.counts.words.iter().map(|&(word, _)| {
            let mut columns = WordColumns::default();
            let form = scratch.lexicon.form(word);
            model.space.word(form, model.analyzer.clitics(), &model.subwords, &mut splitting, &mut columns);
            (word, columns)
        });
        let words: BTreeMap<u32, WordColumns> = words.collect();
        model.space.terms(&scratch.counts, &scratch.measures, |word| words.get(&word), |term| terms.push(term));
        let mut by_column: BTreeMap<u32, (f64, Vec<Origin>)> = BTreeMap::new();
        for term in terms {
            let entry = by_column.entry(term.column).or_default();
            entry.0 += term.value;
            entry.1.push(term.origin);
        }
        let places = Places::new(scratch);
        let columns: Vec<(u32, f64, String, Vec<Span>)> = by_column
            .into_iter()
            .map(|(column, (value, origins))| {
                (column, value, model.space.name(column, &model.subwords), places.spans(&origins))
            })
            .collect();
        let heads = model.config.heads.iter().zip(&scratch.margins).enumerate();
        heads
            .map(|(place, (head, &margin))| {
                let mut contributions: Vec<Contribution> = columns
                    .iter()
                    .filter_map(|(column, value, name, spans)| {
                        let weight = *model.weights_of(*column).get(place)?;
                        let amount = value * f64::from(weight);
                        (amount != 0.0).then(|| Contribution { column: name.clone(), amount, spans: spans.clone() })
                    })
                    .collect();
                contributions.sort_by(|a, b| b.amount.abs().total_cmp(&a.amount.abs()));
                HeadExplanation {
                    head: head.name.clone(),
                    bias: head.bias,
                    margin,
                    probability: head.probability(margin),
                    contributions,
                }
            })
            .collect()
    }
}

/// Where the distinct words and pairs of an ad stand.
struct Places {
    words: Vec<Vec<Span>>,
    pairs: Vec<Vec<Span>>,
}

impl Places {
    fn new(scratch: &Scratch) -> Places {
        let word_slots: BTreeMap<u32, usize> = scratch.counts.words.iter().map(|&(id, _)| id).zip(0..).collect();
        let pair_slots: BTreeMap<(u32, u32), usize> =
            scratch.counts.pairs.iter().map(|&(pair, _)| pair).zip(0..).collect();
        let mut places =
            Places { words: vec![Vec::new(); word_slots.len()], pairs: vec![Vec::new(); pair_slots.len()] };
        let mut before: Option<(u32, Span)> = None;
        for (form, token) in scratch.analysis.iter() {
            let unit = crate::features::count::unit(form, token.kind);
            let Some(id) = scratch.lexicon.get(unit) else { continue };
            if let Some(spans) = word_slots.get(&id).and_then(|&slot| places.words.get_mut(slot)) {
                spans.push(token.span);
            }
            if let (Some((first, span)), false) = (before, token.breaks)
                && let Some(spans) = pair_slots.get(&(first, id)).and_then(|&slot| places.pairs.get_mut(slot))
            {
                spans.push(Span::new(span.start, token.span.end));
            }
            before = Some((id, token.span));
        }
        places
    }

    fn spans(&self, origins: &[Origin]) -> Vec<Span> {
        let mut spans: Vec<Span> = origins
            .iter()
            .filter_map(|origin| match origin {
                Origin::Word(slot) => self.words.get(*slot),
                Origin::Pair(slot) => self.pairs.get(*slot),
                Origin::Dense(_) => None,
            })
            .flatten()
            .copied()
            .collect();
        spans.sort_unstable();
        spans.dedup();
        spans
    }
}
