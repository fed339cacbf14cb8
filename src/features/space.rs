//! The columns: which words, parts, pairs and dense measures exist, and what weight each has before any learning.
//!
//! A [`Space`] is fitted on some ads of a [`Corpus`] (no labels are seen) and turns counts
//! into [`Term`]s. Columns are ordered by block and, inside a block, by name, so a space is the same whatever the order of the rows.

use std::ops::Range;

use super::corpus::{Corpus, Part, Parts, Splitting};
use super::count::{Counts, damped};
use super::pairs::Pairs;
use super::spec::SpaceSpec;
use super::subword::Subwords;
use crate::text::{Clitics, Words};

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
    words: Words,
    stems: Words,
    pieces: Vec<u32>,
    /// By subword id, its place in `pieces` + 1; 0 where it is none of them.
    piece_places: Vec<u32>,
    grams: Words,
    pairs: Pairs,
    vectors: Words,
    dense: Vec<String>,
    idf: Vec<f32>,
    /// The first column of each kind, in the order of [`Space::blocks`].
    starts: [u32; 7],
}

/// What a space keeps in a model file; see [`Space::to_parts`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpaceParts {
    /// Words, ascending.
    pub words: Words,
    /// Stems, ascending.
    pub stems: Words,
    /// Subword ids, ascending.
    pub pieces: Vec<u32>,
    /// Character n-grams, ascending.
    pub grams: Words,
    /// Pairs of places in `words`, ascending.
    pub pairs: Vec<(u32, u32)>,
    /// Words with a vector, ascending.
    pub vectors: Words,
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

/// The lengths of the blocks of one ad, as they add up over its distinct words and pairs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Squares {
    words: f64,
    parts: f64,
    pairs: f64,
    weight: f64,
}

impl Squares {
    /// Adds a word of the damped frequency `damped`: the value of its own column, the sum of squares of those of its parts, and
    /// the weight of its vector.
    #[inline]
    pub fn word(&mut self, damped: f64, own: Option<f64>, parts_square: f64, vector: Option<f64>) {
        if let Some(value) = own {
            self.words += (damped * value) * (damped * value);
        }
        self.parts += damped * damped * parts_square;
        self.weight += vector.map_or(0.0, |value| damped * value);
    }

    /// Adds a pair with its damped value.
    #[inline]
    pub fn pair(&mut self, value: f64) {
        self.pairs += value * value;
    }

    /// What the values of each block (words, parts, pairs, vectors) are multiplied by.
    pub fn factors(&self, spec: &SpaceSpec) -> [f64; 4] {
        let mut factors = [0.0, 0.0, 0.0, if self.weight > 0.0 { 1.0 / self.weight } else { 0.0 }];
        for ((factor, square), scale) in factors.iter_mut().zip([self.words, self.parts, self.pairs]).zip(spec.scale) {
            *factor = if square > 0.0 { f64::from(scale) / libm::sqrt(square) } else { 0.0 };
        }
        factors
    }
}

impl Space {
    /// A space from what a model file keeps.
    pub fn from_parts(spec: SpaceSpec, parts: SpaceParts) -> Space {
        let sizes = [
            parts.words.len(),
            parts.stems.len(),
            parts.pieces.len(),
            parts.grams.len(),
            parts.pairs.len(),
            parts.vectors.len(),
        ];
        let mut starts = [0; 7];
        let mut next = 0;
        for (start, size) in starts.iter_mut().skip(1).zip(sizes) {
            next += size as u32;
            *start = next;
        }
        let mut piece_places = vec![0; parts.pieces.iter().max().map_or(0, |&piece| piece as usize + 1)];
        for (&piece, place) in parts.pieces.iter().zip(1..) {
            if let Some(slot) = piece_places.get_mut(piece as usize) {
                *slot = place;
            }
        }
        Space {
            spec,
            words: parts.words,
            stems: parts.stems,
            pieces: parts.pieces,
            piece_places,
            grams: parts.grams,
            pairs: Pairs::new(parts.pairs),
            vectors: parts.vectors,
            dense: parts.dense,
            idf: parts.idf,
            starts,
        }
    }

    /// What a model file must keep to bring the space back.
    pub fn to_parts(&self) -> SpaceParts {
        SpaceParts {
            words: self.words.clone(),
            stems: self.stems.clone(),
            pieces: self.pieces.clone(),
            grams: self.grams.clone(),
            pairs: self.pairs.list().to_vec(),
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
        [words, stems, pieces, grams, self.pairs.list().len(), self.vectors.len(), self.dense.len()]
    }

    /// True for a word with a column of its own, of a stem, or of its vector; pieces and letters any word has.
    pub fn knows(&self, columns: &WordColumns) -> bool {
        let [_, stems, pieces, ..] = self.starts;
        columns.word.is_some()
            || columns.vector.is_some()
            || columns.parts.iter().any(|(column, _)| (stems..pieces).contains(column))
    }

    /// The printable name of a column, such as `word:guru`, `stem:פייסבוק`, `part:##ing`,
    /// `letters:_gur`, `pair:social media`, `vector:guru`.
    pub fn name(&self, column: u32, subwords: &Subwords) -> String {
        let [_, stems, pieces, grams, pairs, vectors, dense] = self.starts;
        if column < stems {
            return format!("word:{}", self.words.form(column));
        } else if column < pieces {
            return format!("stem:{}", self.stems.form(column - stems));
        } else if column < grams {
            let piece = self.pieces.get((column - pieces) as usize);
            return format!("part:{}", piece.and_then(|&piece| subwords.written(piece)).unwrap_or_default());
        } else if column < pairs {
            return format!("letters:{}", self.grams.form(column - grams));
        } else if column < vectors {
            let (a, b) = self.pairs.list().get((column - pairs) as usize).copied().unwrap_or_default();
            return format!("pair:{} {}", self.words.form(a), self.words.form(b));
        } else if column < dense {
            return format!("vector:{}", self.vectors.form(column - vectors));
        }
        self.dense.get((column - dense) as usize).cloned().unwrap_or_else(|| format!("column:{column}"))
    }

    /// The columns that the word `form` brings, into `found`, whose room is used again.
    pub fn word(
        &self,
        form: &str,
        clitics: &Clitics,
        subwords: &Subwords,
        splitting: &mut Splitting,
        found: &mut WordColumns,
    ) {
        self.own(form, found);
        splitting.each(form, self.spec.grams, clitics, subwords, |part| self.part(part, found));
        found.parts_square = found.parts.iter().map(|(_, value)| value * value).sum();
    }

    fn columns(&self, form: &str, parts: &Parts) -> WordColumns {
        let mut found = WordColumns::default();
        self.own(form, &mut found);
        parts.iter().for_each(|part| self.part(part, &mut found));
        found.parts_square = found.parts.iter().map(|(_, value)| value * value).sum();
        found
    }

    fn weight(&self, column: u32) -> f64 {
        f64::from(self.idf.get(column as usize).copied().unwrap_or(0.0))
    }

    fn own(&self, form: &str, found: &mut WordColumns) {
        let [words, .., vectors, _] = self.starts;
        let column = |place: Option<u32>, start: u32| {
            let column = place? + start;
            Some((column, self.weight(column)))
        };
        found.word = column(self.words.get(form), words);
        found.vector = column(self.vectors.get(form), vectors);
        found.parts.clear();
    }

    fn part(&self, part: Part<'_>, found: &mut WordColumns) {
        let [_, stems, pieces, grams, ..] = self.starts;
        let (column, count) = match part {
            Part::Stem(stem) => (self.stems.get(stem).map(|place| place + stems), None),
            Part::Piece(piece, count) => {
                let place = self.piece_places.get(piece as usize).and_then(|place| place.checked_sub(1));
                (place.map(|place| place + pieces), Some(count))
            }
            Part::Gram(gram, count) => (self.grams.get(gram).map(|place| place + grams), Some(count)),
        };
        if let Some(column) = column {
            let weight = self.weight(column);
            found.parts.push((column, count.map_or(weight, |count| weight * f64::from(count))));
        }
    }

    /// The column of a pair of word columns and its value at frequency 1.
    #[inline]
    pub fn pair(&self, first: u32, second: u32) -> Option<(u32, f64)> {
        let [.., pairs, _, _] = self.starts;
        let column = self.pairs.get((first, second))? + pairs;
        Some((column, f64::from(self.idf.get(column as usize).copied()?)))
    }

    /// The number of columns of words and their parts, which come first.
    pub fn part_columns(&self) -> u32 {
        let [.., pairs, _, _] = self.starts;
        pairs
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
    fn block_factors<'c>(&self, counts: &Counts, columns: &impl Fn(u32) -> Option<&'c WordColumns>) -> [f64; 4] {
        let mut squares = Squares::default();
        for &(form, frequency) in &counts.words {
            let Some(found) = columns(form) else { continue };
            let [own, vector] = [found.word, found.vector].map(|column| column.map(|(_, value)| value));
            squares.word(damped(frequency), own, found.parts_square, vector);
        }
        for &(pair, frequency) in &counts.pairs {
            if let Some((_, value)) = self.pair_of(pair, columns) {
                squares.pair(damped(frequency) * value);
            }
        }
        squares.factors(&self.spec)
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

    /// The columns of all words of `corpus`, by number.
    pub fn word_columns(&self, corpus: &Corpus) -> Vec<WordColumns> {
        let forms = (0..corpus.lexicon.len()).map(|id| corpus.lexicon.form(id as u32));
        forms.zip(&corpus.parts).map(|(form, parts)| self.columns(form, parts)).collect()
    }

    /// The rows of the ads `rows` of `corpus`, for learning; `more` gives the dense measures of an ad behind those that the corpus holds.
    pub fn rows<'m>(&self, corpus: &Corpus, rows: &[usize], more: impl Fn(usize) -> &'m [f32]) -> Vec<Row> {
        let columns = self.word_columns(corpus);
        let mut result = Vec::with_capacity(rows.len());
        for (&index, document) in rows.iter().filter_map(|row| Some((row, corpus.documents.get(*row)?))) {
            let mut row: Vec<(u32, f64)> = Vec::new();
            self.terms(
                &document.counts,
                &[&document.dense, more(index)].concat(),
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
