//! Counted ads, and the parts their words are made of.
//!
//! What is counted here does not depend on which ads are learned from; a [`Space`](super::Space) chooses among it.

use super::count::{Counts, Lexicon};
use super::subword::Subwords;
use crate::text::{Analysis, Clitics};

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

/// One part of a word; see [`Parts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'p> {
    /// A reading under Hebrew prefixes.
    Stem(&'p str),
    /// A subword id and how often it stands in the word.
    Piece(u32, u32),
    /// A character n-gram and how often it stands in the word.
    Gram(&'p str, u32),
}

/// Splits words; what it needs to do so is used again.
#[derive(Clone, Debug, Default)]
pub struct Splitting {
    ids: Vec<u32>,
    edged: String,
    bounds: Vec<usize>,
    /// Where each n-gram stands in `edged`, behind its first 16 bytes as a number, which are ordered as the text is.
    grams: Vec<(u128, usize, usize)>,
}

impl Splitting {
    /// Calls `each` with the parts of `form`: stems under `clitics`, pieces ascending, n-grams of the lengths `grams` (first, last) ascending.
    /// Classes such as `<n2>` have none.
    pub fn each<'f>(
        &'f mut self,
        form: &'f str,
        grams: [usize; 2],
        clitics: &Clitics,
        subwords: &Subwords,
        mut each: impl FnMut(Part<'f>),
    ) {
        if form.starts_with('<') {
            return;
        }
        clitics.readings(form).for_each(|(_, stem)| each(Part::Stem(stem)));
        subwords.pieces(form, &mut self.ids);
        // A word that is one piece is its own column already.
        if self.ids.len() > 1 {
            self.ids.sort_unstable();
            for same in self.ids.chunk_by(|a, b| a == b) {
                same.first().into_iter().for_each(|&id| each(Part::Piece(id, same.len() as u32)));
            }
        }
        self.split(form, grams);
        let Splitting { edged, grams, .. } = &*self;
        let text = |&(_, start, end): &(u128, usize, usize)| edged.get(start..end).unwrap_or("");
        for same in grams.chunk_by(|a, b| a.0 == b.0 && text(a) == text(b)) {
            same.first().into_iter().for_each(|first| each(Part::Gram(text(first), same.len() as u32)));
        }
    }

    /// The character n-grams of a word with its edges, ascending.
    fn split(&mut self, form: &str, [shortest, longest]: [usize; 2]) {
        let Splitting { edged, bounds, grams, .. } = self;
        edged.clear();
        edged.push(EDGE);
        edged.push_str(form);
        edged.push(EDGE);
        bounds.clear();
        bounds.extend(edged.char_indices().map(|(at, _)| at).chain([edged.len()]));
        grams.clear();
        for length in shortest..=longest {
            let ends = bounds.get(length..).unwrap_or_default();
            grams.extend(bounds.iter().zip(ends).map(|(&start, &end)| (leading(edged, start, end), start, end)));
        }
        let text = |&(_, start, end): &(u128, usize, usize)| edged.get(start..end).unwrap_or("");
        grams.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| text(a).cmp(text(b))));
    }
}

/// The first 16 bytes of a stretch of text; a shorter one stands before all that go on from it.
fn leading(text: &str, start: usize, end: usize) -> u128 {
    let mut bytes = [0; 16];
    let own = text.as_bytes().get(start..end.min(start + 16)).unwrap_or_default();
    bytes.iter_mut().zip(own).for_each(|(byte, own)| *byte = *own);
    u128::from_be_bytes(bytes)
}

impl Parts {
    /// The parts of `form`.
    pub fn of(
        form: &str,
        grams: [usize; 2],
        clitics: &Clitics,
        subwords: &Subwords,
        splitting: &mut Splitting,
    ) -> Parts {
        let mut parts = Parts::default();
        splitting.each(form, grams, clitics, subwords, |part| match part {
            Part::Stem(stem) => parts.stems.push(stem.into()),
            Part::Piece(id, count) => parts.pieces.push((id, count)),
            Part::Gram(gram, count) => parts.grams.push((gram.into(), count)),
        });
        parts
    }

    /// The same parts one by one, in the same order.
    pub fn iter(&self) -> impl Iterator<Item = Part<'_>> {
        let stems = self.stems.iter().map(|stem| Part::Stem(stem));
        let pieces = self.pieces.iter().map(|&(id, count)| Part::Piece(id, count));
        stems.chain(pieces).chain(self.grams.iter().map(|(gram, count)| Part::Gram(gram, *count)))
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
    pub fn split_words(&mut self, grams: [usize; 2], clitics: &Clitics, subwords: &Subwords) {
        let mut splitting = Splitting::default();
        let forms = (0..self.lexicon.len()).map(|id| self.lexicon.form(id as u32));
        self.parts = forms.map(|form| Parts::of(form, grams, clitics, subwords, &mut splitting)).collect();
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

    /// The words of ad `index`, one a token, by number; empty when there is no such ad.
    pub fn sequence(&self, index: usize) -> &[u32] {
        self.documents.get(index).map_or(&[], |document| &document.counts.sequence)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n_grams_know_the_edges_of_a_word() {
        let split = |form: &str| -> Vec<String> {
            let mut splitting = Splitting::default();
            splitting.split(form, [2, 3]);
            splitting.grams.iter().map(|&(_, start, end)| splitting.edged[start..end].to_owned()).collect()
        };
        assert_eq!(split("שיש"), ["_ש", "_שי", "יש", "יש_", "ש_", "שי", "שיש"]);
        assert_eq!(split(""), ["__"]);
        let all = |form: &str| {
            let mut splitting = Splitting::default();
            splitting.split(form, [3, 9]);
            let grams = splitting.grams.iter();
            grams.map(|&(_, start, end)| splitting.edged[start..end].to_owned()).collect::<Vec<_>>()
        };
        for form in ["אבגדהוזחטאבגדהוזחטי", "aaaaaaaaaaaaaaaaaaaaaaa", "😀😀😀😀😀😁"] {
            assert!(all(form).is_sorted(), "{form}");
        }
    }
}
