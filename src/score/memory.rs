//! What every word a thread has met adds to every head, and the sum over one ad.

use crate::ad::Lang;
use crate::features::space::{Squares, WordColumns};
use crate::features::{AspectWord, Counts, Lexicon, Splitting, aspect, count};
use crate::label::HEADS;
use crate::model::Model;
use crate::text::statement::Statement;

/// Heads summed at once; a model with reasons of its own has more, and takes several rounds.
const LANES: usize = HEADS.len();
/// Frequencies whose damping is kept; higher ones are rare.
const FREQUENT: usize = 64;

/// A number a head; those of heads that the model does not have are 0.
type Lanes = [f64; LANES];

/// One word at frequency 1, before its blocks are scaled.
#[derive(Clone, Copy, Debug, Default)]
struct Word {
    /// Its column and the value there.
    column: Option<(u32, f64)>,
    parts_square: f64,
    weight: Option<f64>,
    known: bool,
}

/// The words a thread has met. What is kept is a pure function of the word.
#[derive(Debug)]
pub(super) struct Memory {
    words: Vec<Word>,
    /// What each word says of the statement it stands in; none where the model judges no statements.
    aspects: Vec<AspectWord>,
    /// The statements of the ad, judged.
    judged: Vec<(aspect::Lanes, f32)>,
    /// What each word adds to each head: its own column, its parts, its vector; each as many lanes as all heads need.
    totals: Vec<Lanes>,
    damped: [f64; FREQUENT],
    splitting: Splitting,
    columns: WordColumns,
    /// The pairs of the ad that have a column: its value there, damped, and the column.
    pairs: Vec<(f64, u32)>,
    sums: Vec<Lanes>,
}

impl Default for Memory {
    fn default() -> Self {
        Memory {
            words: Vec::new(),
            aspects: Vec::new(),
            judged: Vec::new(),
            totals: Vec::new(),
            damped: std::array::from_fn(|frequency| count::damped(frequency as u32)),
            splitting: Splitting::default(),
            columns: WordColumns::default(),
            pairs: Vec::new(),
            sums: Vec::new(),
        }
    }
}

impl Memory {
    /// Forgets all words.
    pub(super) fn clear(&mut self) {
        self.words.clear();
        self.aspects.clear();
        self.totals.clear();
    }

    /// Learns the words of `lexicon` that are not known yet.
    pub(super) fn learn(&mut self, model: &Model, lexicon: &Lexicon) {
        for number in self.words.len()..lexicon.len() {
            let form = lexicon.form(number as u32);
            let clitics = model.analyzer.clitics();
            model.space.word(form, clitics, &model.subwords, &mut self.splitting, &mut self.columns);
            self.words.push(Word::of(model, &self.columns));
            self.aspects.extend(model.aspects.as_ref().map(|aspects| aspects.word(&self.columns)));
            self.total(model);
        }
    }

    /// The statements of the ad judged last, with the words of each; empty where the model judges none.
    pub(super) fn judged(&self) -> &[(aspect::Lanes, f32)] {
        &self.judged
    }

    /// Adds to `measures` what comes of the statements of the ad, whose tokens count as `counts` says.
    pub(super) fn judge(
        &mut self,
        model: &Model,
        statements: &[Statement],
        counts: &Counts,
        lang: Lang,
        measures: &mut Vec<f32>,
    ) {
        let Some(model) = &model.aspects else { return };
        let places = statements.iter().map(|statement| (statement.tokens.clone(), statement.heading));
        let word = |number: u32| self.aspects.get(number as usize);
        model.judge(places, &counts.sequence, lang.is_hebrew(), word, &mut self.judged);
        model.measure(&mut self.judged, measures);
    }

    /// Adds what the word with the columns at hand adds to each head.
    fn total(&mut self, model: &Model) {
        let rounds = rounds(model);
        let start = self.totals.len();
        self.totals.resize(start + 3 * rounds, [0.0; LANES]);
        let (own, rest) = self.totals.get_mut(start..).unwrap_or_default().split_at_mut(rounds);
        let (parts, vector) = rest.split_at_mut(rounds);
        if let Some((column, value)) = self.columns.word {
            add(own, value, model.weights_of(column));
        }
        for &(column, value) in &self.columns.parts {
            add(parts, value, model.weights_of(column));
        }
        if let Some((column, value)) = self.columns.vector {
            add(vector, value, model.weights_of(column));
        }
    }

    /// True for a word that the model has no column of its own, of a stem, or of its vector for.
    pub(super) fn is_strange(&self, number: u32) -> bool {
        self.words.get(number as usize).is_some_and(|word| !word.known)
    }

    fn damped(&self, frequency: u32) -> f64 {
        self.damped.get(frequency as usize).copied().unwrap_or_else(|| count::damped(frequency))
    }

    /// Sums the margins of all heads of `model` for an ad with these counts and dense measures.
    pub(super) fn sum(&mut self, model: &Model, counts: &Counts, measures: &[f32], margins: &mut Vec<f64>) {
        let space = &model.space;
        let rounds = rounds(model);
        let mut sums = std::mem::take(&mut self.sums);
        sums.clear();
        // Behind the margins what the words add, before their blocks are scaled.
        sums.resize(4 * rounds, [0.0; LANES]);
        let (total, blocks) = sums.split_at_mut(rounds);
        for (sum, head) in total.iter_mut().flatten().zip(&model.config.heads) {
            *sum = head.bias;
        }
        let mut squares = Squares::default();
        for &(number, frequency) in &counts.words {
            let number = number as usize;
            let Some(word) = self.words.get(number) else { continue };
            let damped = self.damped(frequency);
            squares.word(damped, word.column.map(|(_, value)| value), word.parts_square, word.weight);
            let totals = self.totals.get(number * 3 * rounds..(number + 1) * 3 * rounds).unwrap_or_default();
            for (sums, totals) in blocks.iter_mut().zip(totals) {
                sums.iter_mut().zip(totals).for_each(|(sum, total)| *sum += damped * total);
            }
        }
        self.pairs.clear();
        for &((first, second), frequency) in &counts.pairs {
            let column = |number: u32| self.words.get(number as usize)?.column.map(|(column, _)| column);
            let pair = column(first).zip(column(second)).and_then(|(first, second)| space.pair(first, second));
            if let Some((column, value)) = pair {
                let value = self.damped(frequency) * value;
                squares.pair(value);
                self.pairs.push((value, column));
            }
        }
        let [own, parts, pairs, vectors] = squares.factors(&space.spec);
        for (block, factor) in blocks.chunks(rounds.max(1)).zip([own, parts, vectors]) {
            for (sums, block) in total.iter_mut().zip(block) {
                sums.iter_mut().zip(block).for_each(|(sum, value)| *sum += factor * value);
            }
        }
        for &(value, column) in &self.pairs {
            add(total, value * pairs, model.weights_of(column));
        }
        let scale = f64::from(space.spec.dense_scale);
        for (&value, column) in measures.iter().zip(space.dense_start()..) {
            add(total, f64::from(value) * scale, model.weights_of(column));
        }
        margins.clear();
        margins.extend(total.iter().flatten().take(model.config.heads.len()));
        self.sums = sums;
    }
}

impl Word {
    fn of(model: &Model, columns: &WordColumns) -> Word {
        Word {
            column: columns.word,
            parts_square: columns.parts_square,
            weight: columns.vector.map(|(_, value)| value),
            known: model.space.knows(columns),
        }
    }
}

/// Lanes that the heads of `model` need.
fn rounds(model: &Model) -> usize {
    model.config.heads.len().div_ceil(LANES)
}

#[inline]
fn add(sums: &mut [Lanes], factor: f64, weights: &[f32]) {
    for (sums, weights) in sums.iter_mut().zip(weights.chunks(LANES)) {
        match weights.first_chunk::<LANES>() {
            Some(weights) => sums.iter_mut().zip(weights).for_each(|(sum, &weight)| *sum += factor * f64::from(weight)),
            None => sums.iter_mut().zip(weights).for_each(|(sum, &weight)| *sum += factor * f64::from(weight)),
        }
    }
}
