//! The columns: which words, parts, pairs and rubric measures exist, and what weight each has before any learning.
//!
//! A [`Corpus`] holds counted ads; a [`Space`] is fitted on some rows of it (no labels are seen) and turns counts
//! into [`Term`]s. Columns are ordered by block and, inside a block, by name, so a space is the same whatever the order of the rows.

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

use super::count::{Counts, Lexicon, damped};
use super::subword::Subwords;
use crate::text::{Analysis, clitics};

/// Which columns to keep and how the blocks are balanced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpaceSpec {
    /// A word is kept when at least this many ads hold it.
    pub min_word: u32,
    /// A word pair is kept when at least this many ads hold it.
    pub min_pair: u32,
    /// A stem or subword is kept when at least this many ads hold it.
    pub min_part: u32,
    /// The size of the subword vocabulary asked of its trainer.
    pub subwords: usize,
    /// The length each block is scaled to: words, parts, pairs.
    pub scale: [f32; 3],
}

impl Default for SpaceSpec {
    fn default() -> Self {
        SpaceSpec { min_word: 2, min_pair: 3, min_part: 2, subwords: 8_000, scale: [1.0, 1.0, 1.0] }
    }
}

/// One sparse row: `(column, value)`, ascending by column.
pub type Row = Vec<(u32, f32)>;

/// Where in the counts a term comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A distinct word, by its place in [`Counts::words`].
    Word(usize),
    /// A distinct pair, by its place in [`Counts::pairs`].
    Pair(usize),
    /// A rubric measure, by its place among them.
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

/// One counted ad.
#[derive(Clone, Debug, Default)]
pub struct Document {
    counts: Counts,
    dense: Vec<f32>,
}

/// Counted ads with the parts of their words.
#[derive(Clone, Debug, Default)]
pub struct Corpus {
    lexicon: Lexicon,
    documents: Vec<Document>,
    parts: Vec<Parts>,
}

/// The parts of one word before a space says which of them are columns.
#[derive(Clone, Debug, Default)]
struct Parts {
    stems: Vec<Box<str>>,
    pieces: Vec<(u32, u32)>,
}

impl Parts {
    fn of(form: &str, subwords: &Subwords, ids: &mut Vec<u32>) -> Parts {
        let mut parts = Parts::default();
        if form.starts_with('<') {
            return parts;
        }
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
    /// Adds an analysed ad with its rubric measures.
    pub fn push(&mut self, analysis: &Analysis, dense: Vec<f32>) {
        let mut counts = Counts::default();
        counts.count(analysis, &mut self.lexicon);
        self.documents.push(Document { counts, dense });
    }

    /// Splits every word into stems and subwords; to be called once all ads are in.
    pub fn split_words(&mut self, subwords: &Subwords) {
        let mut ids = Vec::new();
        let forms = (0..self.lexicon.len()).map(|id| self.lexicon.form(id as u32));
        self.parts = forms.map(|form| Parts::of(form, subwords, &mut ids)).collect();
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

    /// The rubric measures of ad `index`; empty when there is no such ad.
    pub fn dense(&self, index: usize) -> &[f32] {
        self.documents.get(index).map_or(&[], |document| &document.dense)
    }
}

/// The fitted columns.
#[derive(Clone, Debug)]
pub struct Space {
    /// How it was fitted.
    pub spec: SpaceSpec,
    words: Vec<Box<str>>,
    stems: Vec<Box<str>>,
    pieces: Vec<u32>,
    pairs: Vec<(u32, u32)>,
    dense: Vec<String>,
    idf: Vec<f32>,
    word_index: FxHashMap<Box<str>, u32>,
    stem_index: FxHashMap<Box<str>, u32>,
    piece_index: FxHashMap<u32, u32>,
    pair_index: FxHashMap<(u32, u32), u32>,
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
    /// Pairs of places in `words`, ascending.
    pub pairs: Vec<(u32, u32)>,
    /// Names of the rubric columns.
    pub dense: Vec<String>,
    /// Inverse document frequency a column (1 for rubric columns).
    pub idf: Vec<f32>,
}

/// The columns one word form brings, with the values it has at frequency 1 before its block is scaled.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WordColumns {
    /// The column of the word itself and its value.
    pub word: Option<(u32, f64)>,
    /// The columns of its stems and subwords.
    pub parts: Vec<(u32, f64)>,
    /// The sum of squares of the values in `parts`.
    pub parts_square: f64,
}

impl Space {
    /// Chooses columns and their inverse document frequencies from the ads `rows` of `corpus`.
    pub fn fit(corpus: &Corpus, rows: &[usize], dense: &[String], spec: &SpaceSpec) -> Space {
        let documents: Vec<&Document> = rows.iter().filter_map(|&row| corpus.documents.get(row)).collect();
        let mut word_df: FxHashMap<u32, u32> = FxHashMap::default();
        let mut pair_df: FxHashMap<(u32, u32), u32> = FxHashMap::default();
        let mut stem_df: FxHashMap<&str, u32> = FxHashMap::default();
        let mut stem_forms: FxHashMap<&str, FxHashSet<u32>> = FxHashMap::default();
        let mut piece_df: FxHashMap<u32, u32> = FxHashMap::default();
        let mut seen_stems: FxHashSet<&str> = FxHashSet::default();
        let mut seen_pieces: FxHashSet<u32> = FxHashSet::default();
        for document in &documents {
            seen_stems.clear();
            seen_pieces.clear();
            for &(word, _) in &document.counts.words {
                *word_df.entry(word).or_default() += 1;
                let Some(parts) = corpus.parts.get(word as usize) else { continue };
                for stem in &parts.stems {
                    stem_forms.entry(stem).or_default().insert(word);
                    if seen_stems.insert(stem) {
                        *stem_df.entry(stem).or_default() += 1;
                    }
                }
                for &(piece, _) in &parts.pieces {
                    if seen_pieces.insert(piece) {
                        *piece_df.entry(piece).or_default() += 1;
                    }
                }
            }
            for &(pair, _) in &document.counts.pairs {
                *pair_df.entry(pair).or_default() += 1;
            }
        }

        let idf = |df: u32| (libm::log((1.0 + documents.len() as f64) / (1.0 + f64::from(df))) + 1.0) as f32;
        let mut parts = SpaceParts { dense: dense.to_vec(), ..SpaceParts::default() };
        let mut words: Vec<(&str, u32, u32)> = word_df
            .iter()
            .filter(|&(_, &df)| df >= spec.min_word)
            .map(|(&id, &df)| (corpus.lexicon.form(id), id, df))
            .collect();
        words.sort_unstable();
        let place: FxHashMap<u32, u32> = words.iter().zip(0..).map(|(&(_, id, _), place)| (id, place)).collect();
        for &(word, _, df) in &words {
            parts.words.push(word.into());
            parts.idf.push(idf(df));
        }
        // A stem that only one form has says what that form says.
        let kept = |stem: &str, df: u32| df >= spec.min_part && stem_forms.get(stem).is_some_and(|f| f.len() > 1);
        let mut stems: Vec<(&str, u32)> =
            stem_df.iter().filter(|&(stem, &df)| kept(stem, df)).map(|(&stem, &df)| (stem, df)).collect();
        stems.sort_unstable();
        for &(stem, df) in &stems {
            parts.stems.push(stem.into());
            parts.idf.push(idf(df));
        }
        let mut pieces: Vec<(u32, u32)> =
            piece_df.iter().filter(|&(_, &df)| df >= spec.min_part).map(|(&piece, &df)| (piece, df)).collect();
        pieces.sort_unstable();
        for &(piece, df) in &pieces {
            parts.pieces.push(piece);
            parts.idf.push(idf(df));
        }
        let mut pairs: Vec<((u32, u32), u32)> = pair_df
            .iter()
            .filter(|&(_, &df)| df >= spec.min_pair)
            .filter_map(|(&(a, b), &df)| Some(((*place.get(&a)?, *place.get(&b)?), df)))
            .collect();
        pairs.sort_unstable();
        for &(pair, df) in &pairs {
            parts.pairs.push(pair);
            parts.idf.push(idf(df));
        }
        parts.idf.extend(std::iter::repeat_n(1.0, dense.len()));
        Space::from_parts(spec.clone(), parts)
    }

    /// A space from what a model file keeps.
    pub fn from_parts(spec: SpaceSpec, parts: SpaceParts) -> Space {
        let (words, stems, pieces) = (parts.words.len() as u32, parts.stems.len() as u32, parts.pieces.len() as u32);
        Space {
            spec,
            word_index: parts.words.iter().cloned().zip(0..).collect(),
            stem_index: parts.stems.iter().cloned().zip(words..).collect(),
            piece_index: parts.pieces.iter().copied().zip(words + stems..).collect(),
            pair_index: parts.pairs.iter().copied().zip(words + stems + pieces..).collect(),
            words: parts.words,
            stems: parts.stems,
            pieces: parts.pieces,
            pairs: parts.pairs,
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
            pairs: self.pairs.clone(),
            dense: self.dense.clone(),
            idf: self.idf.clone(),
        }
    }

    /// The number of columns.
    pub fn width(&self) -> usize {
        self.idf.len()
    }

    /// The number of columns of each block: words, stems, subwords, pairs, rubric.
    pub fn blocks(&self) -> [usize; 5] {
        [self.words.len(), self.stems.len(), self.pieces.len(), self.pairs.len(), self.dense.len()]
    }

    /// The printable name of a column, such as `word:guru`, `stem:פייסבוק`, `part:##ing`, `pair:social media`.
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
        if let Some(&(a, b)) = self.pairs.get(place) {
            let word = |place: u32| self.words.get(place as usize).map_or("", |word| word);
            return format!("pair:{} {}", word(a), word(b));
        }
        place -= self.pairs.len();
        self.dense.get(place).cloned().unwrap_or_else(|| format!("column:{column}"))
    }

    /// The columns that the word `form` brings.
    pub fn word(&self, form: &str, subwords: &Subwords, ids: &mut Vec<u32>) -> WordColumns {
        let parts = Parts::of(form, subwords, ids);
        self.columns(form, &parts)
    }

    fn columns(&self, form: &str, parts: &Parts) -> WordColumns {
        let weight = |column: u32| f64::from(self.idf.get(column as usize).copied().unwrap_or(0.0));
        let mut found = WordColumns {
            word: self.word_index.get(form).map(|&column| (column, weight(column))),
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
        found.parts_square = found.parts.iter().map(|(_, value)| value * value).sum();
        found
    }

    /// The column of a pair of word columns and its value at frequency 1.
    pub fn pair(&self, first: u32, second: u32) -> Option<(u32, f64)> {
        let column = *self.pair_index.get(&(first, second))?;
        Some((column, f64::from(self.idf.get(column as usize).copied()?)))
    }

    /// The column of the first rubric measure.
    pub fn dense_start(&self) -> u32 {
        (self.width() - self.dense.len()) as u32
    }

    /// Names of the rubric columns.
    pub fn dense_names(&self) -> &[String] {
        &self.dense
    }

    /// Calls `each` with every term of an ad; `columns` gives the [`WordColumns`] of a form number.
    ///
    /// The values of a block are divided by its length: the root of the summed squares for words and pairs, and for
    /// parts the root of the sum over distinct words of (damped frequency)² × [`WordColumns::parts_square`].
    pub fn terms<'c>(
        &self,
        counts: &Counts,
        dense: &[f32],
        columns: impl Fn(u32) -> Option<&'c WordColumns>,
        mut each: impl FnMut(Term),
    ) {
        let [words, parts, pairs] = self.block_factors(counts, &columns);
        for (slot, &(form, frequency)) in counts.words.iter().enumerate() {
            let Some(found) = columns(form) else { continue };
            let damped = damped(frequency);
            if let Some((column, value)) = found.word {
                each(Term { column, value: damped * value * words, origin: Origin::Word(slot) });
            }
            for &(column, value) in &found.parts {
                each(Term { column, value: damped * value * parts, origin: Origin::Word(slot) });
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
                each(Term { column, value: f64::from(value), origin: Origin::Dense(slot) });
            }
        }
    }

    /// What the values of each block (words, parts, pairs) are multiplied by in this ad.
    pub fn block_factors<'c>(
        &self,
        counts: &Counts,
        columns: &impl Fn(u32) -> Option<&'c WordColumns>,
    ) -> [f64; 3] {
        let mut squares = [0.0f64; 3];
        let [words, parts, pairs] = &mut squares;
        for &(form, frequency) in &counts.words {
            let Some(found) = columns(form) else { continue };
            let damped = damped(frequency);
            if let Some((_, value)) = found.word {
                *words += (damped * value) * (damped * value);
            }
            *parts += damped * damped * found.parts_square;
        }
        for &(pair, frequency) in &counts.pairs {
            if let Some((_, value)) = self.pair_of(pair, columns) {
                let value = damped(frequency) * value;
                *pairs += value * value;
            }
        }
        let mut factors = [0.0; 3];
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
            self.terms(&document.counts, &document.dense, |form| columns.get(form as usize), |term| {
                row.push((term.column, term.value));
            });
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
