//! Counted ads, and the parts their words are made of.
//!
//! What is counted here does not depend on which ads are learned from; a [`Space`](super::Space) chooses among it.

use super::count::{Counts, Lexicon};
use super::subword::Subwords;
use crate::text::{Analysis, clitics};

/// What stands for the beginning and the end of a word in a character n-gram.
pub const EDGE: char = '_';

/// One counted ad.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// Its words and pairs.
    pub counts: Counts,
    /// Its dense measures.
    pub dense: Vec<f32>,
}

/// Counted ads with the parts of their words.
#[derive(Clone, Debug, Default)]
pub struct Corpus {
    pub(super) lexicon: Lexicon,
    pub(super) documents: Vec<Document>,
    pub(super) parts: Vec<Parts>,
    pub(super) embedded: Vec<(Box<str>, f32)>,
}

/// The parts of one word, before a space says which of them are columns.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// The readings under Hebrew prefixes, the bare form first.
    pub stems: Vec<Box<str>>,
    /// Subword ids with how often each stands in the word; none when the word is one piece.
    pub pieces: Vec<(u32, u32)>,
    /// Character n-grams with how often each stands in the word, edges included.
    pub grams: Vec<(Box<str>, u32)>,
}

impl Parts {
    /// The parts of `form`; classes such as `<n2>` have none.
    pub fn of(form: &str, grams: [usize; 2], subwords: &Subwords, ids: &mut Vec<u32>) -> Parts {
        let mut parts = Parts::default();
        if form.starts_with('<') {
            return parts;
        }
        parts.grams = character_grams(form, grams);
        for (_, stem) in clitics::readings(form) {
            parts.stems.push(stem.into());
        }
        subwords.pieces(form, ids);
        // A word that is one piece is its own column already.
        if ids.len() > 1 {
            ids.sort_unstable();
            for chunk in ids.chunk_by(|a, b| a == b) {
                if let Some(&id) = chunk.first() {
                    parts.pieces.push((id, chunk.len() as u32));
                }
            }
        }
        parts
    }
}

impl Corpus {
    /// Adds an analysed ad with its dense measures.
    pub fn push(&mut self, analysis: &Analysis, dense: Vec<f32>) {
        let mut counts = Counts::default();
        counts.count(analysis, &mut self.lexicon);
        self.documents.push(Document { counts, dense });
    }

    /// Splits every word into stems, subwords and character n-grams of the lengths `grams` (first, last); to be called once all ads are in.
    pub fn split_words(&mut self, grams: [usize; 2], subwords: &Subwords) {
        let mut ids = Vec::new();
        let forms = (0..self.lexicon.len()).map(|id| self.lexicon.form(id as u32));
        self.parts = forms.map(|form| Parts::of(form, grams, subwords, &mut ids)).collect();
    }

    /// Says which words have a vector, ascending, with their inverse document frequencies.
    pub fn embed(&mut self, words: Vec<(Box<str>, f32)>) {
        self.embedded = words;
    }

    /// The distinct words of ad `index` with their frequencies; empty when there is no such ad.
    pub fn words(&self, index: usize) -> impl Iterator<Item = (&str, u32)> {
        let words = self.documents.get(index).map_or(&[][..], |document| &document.counts.words);
        words.iter().map(|&(id, frequency)| (self.lexicon.form(id), frequency))
    }

    /// How many ads there are.
    pub fn len(&self) -> usize {
        self.documents.len()
    }

    /// True when there are no ads.
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    /// The number of tokens of ad `index`; 0 when there is no such ad.
    pub fn tokens(&self, index: usize) -> u32 {
        self.documents.get(index).map_or(0, |document| document.counts.tokens)
    }

    /// The dense measures of ad `index`; empty when there is no such ad.
    pub fn dense(&self, index: usize) -> &[f32] {
        self.documents.get(index).map_or(&[], |document| &document.dense)
    }
}

/// The character n-grams of a word with its edges, ascending, each with its frequency.
fn character_grams(form: &str, [shortest, longest]: [usize; 2]) -> Vec<(Box<str>, u32)> {
    let mut edged = String::with_capacity(form.len() + 2);
    edged.push(EDGE);
    edged.push_str(form);
    edged.push(EDGE);
    let bounds: Vec<usize> = edged.char_indices().map(|(at, _)| at).chain([edged.len()]).collect();
    let mut grams: Vec<&str> = Vec::new();
    for length in shortest..=longest {
        for window in bounds.windows(length + 1) {
            if let (Some(&start), Some(&end)) = (window.first(), window.last()) {
                grams.extend(edged.get(start..end));
            }
        }
    }
    grams.sort_unstable();
    grams.chunk_by(|a, b| a == b).filter_map(|same| Some(((*same.first()?).into(), same.len() as u32))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n_grams_know_the_edges_of_a_word() {
        let grams: Vec<(String, u32)> =
            character_grams("שיש", [2, 3]).into_iter().map(|(gram, count)| (gram.into(), count)).collect();
        let expected = ["_ש", "_שי", "יש", "יש_", "ש_", "שי", "שיש"].map(|gram| (gram.to_owned(), 1));
        assert_eq!(grams, expected);
        assert!(character_grams("", [3, 4]).is_empty());
    }
}
