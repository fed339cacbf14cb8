//! The columns: which words, parts, pairs and dense measures exist, and what weight each has before any learning.
//!
//! A [`Space`] is fitted on some ads of a [`Corpus`] (no labels are seen) and turns counts
//! into [`Term`]s. Columns are ordered by block and, inside a block, by name, so a space is the same whatever the order of the rows.

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::corpus::{Corpus, Parts};
use super::count::{Counts, damped};
use super::spec::SpaceSpec;
use super::subword::Subwords;

/// One sparse row: `(column, value)`, ascending by column.
pub type Row = Vec<(u32, f32)>;

/// Where in the counts a term comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A distinct word, by its place in [`Counts::words`].
    Word(usize),
    /// A distinct pair, by its place in [`Counts::pairs`].
    Pair(usize),
    /// A dense measure, by its place among them.
    Dense(usize),
}

/// One column of one ad, before weights: the margin of a head is its bias plus the sum of `value` × weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Term {
    /// The column.
    pub column: u32,
    /// Its value, 0 to about 3.
    pub value: f64,
    /// What in the ad gives it.
    pub origin: Origin,
}

/// The fitted columns.
#[derive(Clone, Debug)]
pub struct Space {
    /// How it was fitted.
    pub spec: SpaceSpec,
    words: Vec<Box<str>>,
    stems: Vec<Box<str>>,
    pieces: Vec<u32>,
    grams: Vec<Box<str>>,
    pairs: Vec<(u32, u32)>,
    vectors: Vec<Box<str>>,
    dense: Vec<String>,
    idf: Vec<f32>,
    word_index: FxHashMap<Box<str>, u32>,
    stem_index: FxHashMap<Box<str>, u32>,
    gram_index: FxHashMap<Box<str>, u32>,
    piece_index: FxHashMap<u32, u32>,
    pair_index: FxHashMap<(u32, u32), u32>,
    vector_index: FxHashMap<Box<str>, u32>,
}

/// What a space keeps in a model file; see [`Space::to_parts`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpaceParts {
    /// Words, ascending.
    pub words: Vec<Box<str>>,
    /// Stems, ascending.
    pub stems: Vec<Box<str>>,
    /// Subword ids, ascending.
    pub pieces: Vec<u32>,
    /// Character n-grams, ascending.
    pub grams: Vec<Box<str>>,
    /// Pairs of places in `words`, ascending.
    pub pairs: Vec<(u32, u32)>,
    /// Words with a vector, ascending.
    pub vectors: Vec<Box<str>>,
    /// Names of the dense columns.
    pub dense: Vec<String>,
    /// Inverse document frequency a column (1 for dense columns).
    pub idf: Vec<f32>,
}

/// The columns one word form brings, with the values it has at frequency 1 before its block is scaled.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WordColumns {
    /// The column of the word itself and its value.
    pub word: Option<(u32, f64)>,
    /// The columns of its stems, subwords and character n-grams.
    pub parts: Vec<(u32, f64)>,
    /// The sum of squares of the values in `parts`.
    pub parts_square: f64,
    /// The column of its vector and how much it weighs in the average.
    pub vector: Option<(u32, f64)>,
}

impl Space {
    /// A space from what a model file keeps.
    pub fn from_parts(spec: SpaceSpec, parts: SpaceParts) -> Space {
        let stems = parts.words.len() as u32;
        let pieces = stems + parts.stems.len() as u32;
        let grams = pieces + parts.pieces.len() as u32;
        let pairs = grams + parts.grams.len() as u32;
        let vectors = pairs + parts.pairs.len() as u32;
        Space {
            spec,
            word_index: parts.words.iter().cloned().zip(0..).collect(),
            stem_index: parts.stems.iter().cloned().zip(stems..).collect(),
            piece_index: parts.pieces.iter().copied().zip(pieces..).collect(),
            gram_index: parts.grams.iter().cloned().zip(grams..).collect(),
            pair_index: parts.pairs.iter().copied().zip(pairs..).collect(),
            vector_index: parts.vectors.iter().cloned().zip(vectors..).collect(),
            words: parts.words,
            stems: parts.stems,
            pieces: parts.pieces,
            grams: parts.grams,
            pairs: parts.pairs,
            vectors: parts.vectors,
            dense: parts.dense,
            idf: parts.idf,
        }
    }

    /// What a model file must keep to bring the space back.
    pub fn to_parts(&self) -> SpaceParts {
        SpaceParts {
            words: self.words.clone(),
            stems: self.stems.clone(),
            pieces: self.pieces.clone(),
            grams: self.grams.clone(),
            pairs: self.pairs.clone(),
            vectors: self.vectors.clone(),
            dense: self.dense.clone(),
            idf: self.idf.clone(),
        }
    }

    /// The number of columns.
    pub fn width(&self) -> usize {
        self.idf.len()
    }

    /// The number of columns of each kind: words, stems, subwords, character n-grams, pairs, word
    /// vectors, dense measures.
    pub fn blocks(&self) -> [usize; 7] {
        let texts = [self.words.len(), self.stems.len(), self.pieces.len(), self.grams.len()];
        let [words, stems, pieces, grams] = texts;
        [words, stems, pieces, grams, self.pairs.len(), self.vectors.len(), self.dense.len()]
    }

    /// True for a word with a column of its own, of a stem, or of its vector; pieces and letters any word has.
    pub fn knows(&self, columns: &WordColumns) -> bool {
        let stems = self.words.len() as u32;
        let stems = stems..stems + self.stems.len() as u32;
        columns.word.is_some()
            || columns.vector.is_some()
            || columns.parts.iter().any(|(column, _)| stems.contains(column))
    }

    /// The printable name of a column, such as `word:guru`, `stem:פייסבוק`, `part:##ing`,
    /// `letters:_gur`, `pair:social media`, `vector:guru`.
    pub fn name(&self, column: u32, subwords: &Subwords) -> String {
        let mut place = column as usize;
        if let Some(word) = self.words.get(place) {
            return format!("word:{word}");
        }
        place -= self.words.len();
        if let Some(stem) = self.stems.get(place) {
            return format!("stem:{stem}");
        }
        place -= self.stems.len();
        if let Some(&piece) = self.pieces.get(place) {
            return format!("part:{}", subwords.written(piece).unwrap_or_default());
        }
        place -= self.pieces.len();
        if let Some(gram) = self.grams.get(place) {
            return format!("letters:{gram}");
        }
        place -= self.grams.len();
        if let Some(&(a, b)) = self.pairs.get(place) {
            let word = |place: u32| self.words.get(place as usize).map_or("", |word| word);
            return format!("pair:{} {}", word(a), word(b));
        }
        place -= self.pairs.len();
        if let Some(word) = self.vectors.get(place) {
            return format!("vector:{word}");
        }
        place -= self.vectors.len();
        self.dense.get(place).cloned().unwrap_or_else(|| format!("column:{column}"))
    }

    /// The columns that the word `form` brings.
    pub fn word(&self, form: &str, subwords: &Subwords, ids: &mut Vec<u32>) -> WordColumns {
        let parts = Parts::of(form, self.spec.grams, subwords, ids);
        self.columns(form, &parts)
    }

    fn columns(&self, form: &str, parts: &Parts) -> WordColumns {
        let weight = |column: u32| f64::from(self.idf.get(column as usize).copied().unwrap_or(0.0));
        let mut found = WordColumns {
            word: self.word_index.get(form).map(|&column| (column, weight(column))),
            vector: self.vector_index.get(form).map(|&column| (column, weight(column))),
            ..WordColumns::default()
        };
        for stem in &parts.stems {
            if let Some(&column) = self.stem_index.get(stem) {
                found.parts.push((column, weight(column)));
            }
        }
        for &(piece, count) in &parts.pieces {
            if let Some(&column) = self.piece_index.get(&piece) {
                found.parts.push((column, weight(column) * f64::from(count)));
            }
        }
        for (gram, count) in &parts.grams {
            if let Some(&column) = self.gram_index.get(gram) {
                found.parts.push((column, weight(column) * f64::from(*count)));
            }
        }
        found.parts_square = found.parts.iter().map(|(_, value)| value * value).sum();
        found
    }

    /// The column of a pair of word columns and its value at frequency 1.
    pub fn pair(&self, first: u32, second: u32) -> Option<(u32, f64)> {
        let column = *self.pair_index.get(&(first, second))?;
        Some((column, f64::from(self.idf.get(column as usize).copied()?)))
    }

    /// The columns of word vectors.
    pub fn vector_columns(&self) -> Range<u32> {
        self.dense_start() - self.vectors.len() as u32..self.dense_start()
    }

    /// The column of the first dense measure.
    pub fn dense_start(&self) -> u32 {
        (self.width() - self.dense.len()) as u32
    }

    /// Names of the dense columns.
    pub fn dense_names(&self) -> &[String] {
        &self.dense
    }

    /// Calls `each` with every term of an ad; `columns` gives the [`WordColumns`] of a form number.
    ///
    /// The values of a block are divided by its length: the root of the summed squares for words and pairs, and for
    /// parts the root of the sum over distinct words of (damped frequency)² × [`WordColumns::parts_square`].
    /// For vectors it is the sum of the values: an ad's vector is the average of its words'.
    pub fn terms<'c>(
        &self,
        counts: &Counts,
        dense: &[f32],
        columns: impl Fn(u32) -> Option<&'c WordColumns>,
        mut each: impl FnMut(Term),
    ) {
        let [words, parts, pairs, vectors] = self.block_factors(counts, &columns);
        for (slot, &(form, frequency)) in counts.words.iter().enumerate() {
            let Some(found) = columns(form) else { continue };
            let damped = damped(frequency);
            if let Some((column, value)) = found.word {
                each(Term { column, value: damped * value * words, origin: Origin::Word(slot) });
            }
            for &(column, value) in &found.parts {
                each(Term { column, value: damped * value * parts, origin: Origin::Word(slot) });
            }
            if let Some((column, value)) = found.vector {
                each(Term { column, value: damped * value * vectors, origin: Origin::Word(slot) });
            }
        }
        for (slot, &(pair, frequency)) in counts.pairs.iter().enumerate() {
            if let Some((column, value)) = self.pair_of(pair, &columns) {
                each(Term { column, value: damped(frequency) * value * pairs, origin: Origin::Pair(slot) });
            }
        }
        for (slot, &value) in dense.iter().enumerate().take(self.dense.len()) {
            if value != 0.0 {
                let column = self.dense_start() + slot as u32;
                let value = f64::from(value) * f64::from(self.spec.dense_scale);
                each(Term { column, value, origin: Origin::Dense(slot) });
            }
        }
    }

    /// What the values of each block (words, parts, pairs, vectors) are multiplied by in this ad.
    pub fn block_factors<'c>(&self, counts: &Counts, columns: &impl Fn(u32) -> Option<&'c WordColumns>) -> [f64; 4] {
        let mut weight = 0.0;
        let mut squares = [0.0f64; 3];
        let [words, parts, pairs] = &mut squares;
        for &(form, frequency) in &counts.words {
            let Some(found) = columns(form) else { continue };
            let damped = damped(frequency);
            if let Some((_, value)) = found.word {
                *words += (damped * value) * (damped * value);
            }
            *parts += damped * damped * found.parts_square;
            weight += found.vector.map_or(0.0, |(_, value)| damped * value);
        }
        for &(pair, frequency) in &counts.pairs {
            if let Some((_, value)) = self.pair_of(pair, columns) {
                let value = damped(frequency) * value;
                *pairs += value * value;
            }
        }
        let mut factors = [0.0, 0.0, 0.0, if weight > 0.0 { 1.0 / weight } else { 0.0 }];
        for ((factor, square), scale) in factors.iter_mut().zip(squares).zip(self.spec.scale) {
            *factor = if square > 0.0 { f64::from(scale) / libm::sqrt(square) } else { 0.0 };
        }
        factors
    }

    fn pair_of<'c>(
        &self,
        (first, second): (u32, u32),
        columns: &impl Fn(u32) -> Option<&'c WordColumns>,
    ) -> Option<(u32, f64)> {
        let (first, _) = columns(first)?.word?;
        let (second, _) = columns(second)?.word?;
        self.pair(first, second)
    }

    /// The rows of the ads `rows` of `corpus`, for learning.
    pub fn rows(&self, corpus: &Corpus, rows: &[usize]) -> Vec<Row> {
        let forms = (0..corpus.lexicon.len()).map(|id| corpus.lexicon.form(id as u32));
        let columns: Vec<WordColumns> =
            forms.zip(&corpus.parts).map(|(form, parts)| self.columns(form, parts)).collect();
        let mut result = Vec::with_capacity(rows.len());
        for document in rows.iter().filter_map(|&row| corpus.documents.get(row)) {
            let mut row: Vec<(u32, f64)> = Vec::new();
            self.terms(
                &document.counts,
                &document.dense,
                |form| columns.get(form as usize),
                |term| {
                    row.push((term.column, term.value));
                },
            );
            row.sort_by_key(|&(column, _)| column);
            let merged = row.chunk_by(|a, b| a.0 == b.0).filter_map(|same| {
                let sum: f64 = same.iter().map(|&(_, value)| value).sum();
                same.first().map(|&(column, _)| (column, sum as f32))
            });
            result.push(merged.collect());
        }
        result
    }
}
