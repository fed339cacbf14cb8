//! Learns what statements are and say from statements that readers judged, so that no ad is measured by its own judgements.
//!
//! The measures that come of statements (see [`crate::features::aspect`]) enter the heads like any others. A model of statements knows the
//! statements it has learned from too well; so the measures of every ad come of a model that has not seen its fold, and where a
//! fold is held out to be scored, of one that has not seen that either: one model for every pair of folds, one for every fold, and
//! one of everything, which is kept.

use linfa::ParamGuard;
use linfa::dataset::DatasetBase;
use linfa::traits::Fit;
use rayon::prelude::*;

use super::prepare::TrainingRow;
use crate::ad::Lang;
use crate::error::{Error, ErrorKind, Result};
use crate::features::aspect::{self, AspectWord, Aspects, CONTEXT, Lanes, MEASURES, Place};
use crate::features::space::WordColumns;
use crate::features::{Corpus, Space};
use crate::label::{Judgement, StatementLabel};
use crate::model::lanes::Bits;
use crate::model::logistic::SparseLogistic;
use crate::model::sparse::SparseRecords;

/// The cost of the model of statements; chosen once by the AUC of its answers out of fold.
const COST: f64 = 3.0;
/// How far it is solved, in units of the margin.
const TOLERANCE: f64 = 0.1;
/// What the measures are made to vary by: their standard deviation.
const DEVIATION: f64 = 0.4;
/// The share of ads whose measure is left as it is; higher ones count as the highest of those.
const HIGHEST: f64 = 0.99;
/// Fewer judged statements than this teach nothing.
const FEWEST: usize = 100;

/// The statements of a row: where they are, and what was said of those that a reader judged.
#[derive(Clone, Debug, Default)]
pub struct Statements {
    /// In order of the text.
    pub places: Vec<Place>,
    /// What was said of each; empty where nobody judged the row.
    pub judged: Vec<Option<Judgement>>,
}

/// The model of statements, and the measures of every row by models that have not seen it.
pub struct Judged {
    /// What was learned from all rows.
    pub model: Aspects,
    /// How many statements were learned from.
    pub statements: usize,
    /// By row and fold held out.
    measures: Vec<Vec<Vec<f32>>>,
    /// The fold of each row.
    folds: Vec<usize>,
}

/// A model of statements, and what it makes of the rows it has not seen.
type Fitted = (Aspects, Vec<(usize, Vec<f32>)>);

impl Statements {
    /// The statements at `places`, each with the byte of `plain` it starts at, and the labels that they start in.
    pub fn new(plain: &str, places: Vec<(Place, usize)>, labels: &[StatementLabel]) -> Statements {
        let mut judged = Vec::new();
        if !labels.is_empty() {
            let mut characters = 0;
            let mut counted = 0;
            for &(_, start) in &places {
                characters += plain.get(counted..start).map_or(0, |between| between.chars().count());
                counted = start;
                let after = labels.partition_point(|label| label.start <= characters);
                let label = after.checked_sub(1).and_then(|place| labels.get(place));
                judged.push(label.filter(|label| characters < label.end).map(|label| label.said));
            }
        }
        Statements { places: places.into_iter().map(|(place, _)| place).collect(), judged }
    }
}

/// What the rows are that statements are learned from.
pub struct Source<'s> {
    /// The rows.
    pub rows: &'s [TrainingRow],
    /// The same, counted.
    pub corpus: &'s Corpus,
    /// The statements of each.
    pub statements: &'s [Statements],
    /// The fold of each.
    pub folds: &'s [usize],
    /// The language of each.
    pub langs: &'s [Lang],
}

impl Judged {
    /// Learns from the judged statements of `source`, in the columns of `space`; `None` where there are too few.
    ///
    /// # Errors
    /// `Training` when the solver refuses them.
    pub fn learn(source: &Source<'_>, space: &Space) -> Result<Option<Judged>> {
        let columns = space.word_columns(source.corpus);
        let samples = Samples::new(source, space, &columns);
        if samples.bits.len() < FEWEST {
            return Ok(None);
        }
        let count = source.folds.iter().max().map_or(0, |&last| last + 1);
        let pairs = (0..count).flat_map(|first| (first..count).map(move |second| [first, second]));
        // Last the model of everything: no fold has the number `count`.
        let without: Vec<[usize; 2]> = pairs.chain([[count; 2]]).collect();
        let fitted: Result<Vec<Fitted>> = without
            .par_iter()
            .map(|&without| {
                let model = samples.fit(without)?;
                let words: Vec<AspectWord> = columns.iter().map(|columns| model.word(columns)).collect();
                let rows =
                    (0..source.rows.len()).filter(|&row| source.fold(row).is_some_and(|fold| without.contains(&fold)));
                let measures = rows.map(|row| (row, source.measure(row, &model, &words))).collect();
                Ok((model, measures))
            })
            .collect();
        let mut measures = vec![vec![Vec::new(); count]; source.rows.len()];
        let mut model = None;
        for (without, (fitted, found)) in without.iter().zip(fitted?) {
            for (row, found) in found {
                // A model without folds a and b measures the rows of a where b is held out, and those of b where a is.
                let [first, second] = *without;
                let held_out = if source.fold(row) == Some(first) { second } else { first };
                if let Some(slot) = measures.get_mut(row).and_then(|folds| folds.get_mut(held_out)) {
                    *slot = found;
                }
            }
            model = Some(fitted);
        }
        let Some(model) = model else { return Ok(None) };
        let mut judged = Judged { statements: samples.bits.len(), folds: source.folds.to_vec(), measures, model };
        (judged.model.caps, judged.model.scales) = judged.bounds(source.rows).into_iter().unzip();
        let Judged { model, measures, .. } = &mut judged;
        measures.iter_mut().flatten().for_each(|measures| model.bound(measures));
        Ok(Some(judged))
    }

    /// The measures of all rows by a model that was learned before.
    pub fn known(source: &Source<'_>, space: &Space, model: &Aspects) -> Judged {
        let words: Vec<AspectWord> =
            space.word_columns(source.corpus).iter().map(|columns| model.word(columns)).collect();
        let measures = (0..source.rows.len()).map(|row| vec![source.measure(row, model, &words)]).collect();
        Judged { model: model.clone(), statements: 0, measures, folds: vec![0; source.rows.len()] }
    }

    /// The measures of `row`, by a model that has seen neither its fold nor `held_out`.
    pub fn of(&self, row: usize, held_out: Option<usize>) -> &[f32] {
        let Some(folds) = self.measures.get(row) else { return &[] };
        let wanted = held_out.or_else(|| self.folds.get(row).copied()).unwrap_or(0);
        folds.get(wanted).or(folds.first()).map_or(&[], Vec::as_slice)
    }

    /// What the raw measures are at most and what they are multiplied by then, from those of the rows that the model will be used on.
    fn bounds(&self, rows: &[TrainingRow]) -> Vec<(f32, f32)> {
        let all_apart = rows.iter().all(|row| row.apart);
        let central: Vec<&[f32]> = (0..rows.len())
            .filter(|&row| all_apart || rows.get(row).is_some_and(|row| !row.apart))
            .map(|row| self.of(row, None))
            .collect();
        // Three digits: a platform's last bits should not reach a model file.
        let short = |number: f64| ((number * 1e3).round() / 1e3) as f32;
        (0..MEASURES)
            .map(|measure| {
                let mut values: Vec<f32> = central.iter().filter_map(|row| row.get(measure)).copied().collect();
                values.sort_by(f32::total_cmp);
                let place = (values.len() as f64 * HIGHEST) as usize;
                let cap = values.get(place).or(values.last()).map_or(0.0, |&value| short(f64::from(value)));
                let values = || values.iter().map(|value| f64::from(value.min(cap)));
                let count = central.len().max(1) as f64;
                let mean = values().sum::<f64>() / count;
                let deviation = libm::sqrt(values().map(|value| (value - mean) * (value - mean)).sum::<f64>() / count);
                (cap, if deviation > 1e-4 { short(DEVIATION / deviation) } else { 0.0 })
            })
            .collect()
    }
}

impl Source<'_> {
    fn fold(&self, row: usize) -> Option<usize> {
        self.folds.get(row).copied()
    }

    fn hebrew(&self, row: usize) -> bool {
        self.langs.get(row).is_some_and(|lang| lang.is_hebrew())
    }

    fn measure(&self, row: usize, model: &Aspects, words: &[AspectWord]) -> Vec<f32> {
        let (mut judged, mut measures) = (Vec::new(), Vec::with_capacity(MEASURES));
        let places = self.statements.get(row).map_or(&[][..], |statements| &statements.places);
        let word = |number: u32| words.get(number as usize);
        model.judge(places.iter().cloned(), self.corpus.sequence(row), self.hebrew(row), word, &mut judged);
        model.measure(&mut judged, &mut measures);
        measures
    }
}

/// The judged statements as the solver sees them.
struct Samples {
    records: SparseRecords,
    bits: Vec<u16>,
    /// The fold of each.
    folds: Vec<usize>,
    /// The first column of the context.
    behind: usize,
}

impl Samples {
    fn new(source: &Source<'_>, space: &Space, columns: &[WordColumns]) -> Samples {
        let behind = space.part_columns() as usize;
        let mut samples =
            Samples { records: SparseRecords::new(behind + CONTEXT), bits: Vec::new(), folds: Vec::new(), behind };
        for (row, statements) in source.statements.iter().enumerate() {
            let sequence = source.corpus.sequence(row);
            let count = statements.places.len();
            for (number, (place, judged)) in statements.places.iter().zip(&statements.judged).enumerate() {
                let &Some(Judgement(bits)) = judged else { continue };
                let words = sequence.get(place.0.clone()).unwrap_or_default();
                let words: Vec<&WordColumns> = words.iter().filter_map(|&word| columns.get(word as usize)).collect();
                let square =
                    |of: &dyn Fn(&WordColumns) -> f64| aspect::factor(words.iter().map(|word| of(word) as f32).sum());
                let own = square(&|word| word.word.map_or(0.0, |(_, value)| value * value));
                let parts = square(&|word| word.parts_square);
                let mut entries: Vec<(u32, f32)> = Vec::new();
                for word in &words {
                    entries.extend(word.word.map(|(column, value)| (column, own * value as f32)));
                    entries.extend(word.parts.iter().map(|&(column, value)| (column, parts * value as f32)));
                }
                entries.sort_by_key(|&(column, _)| column);
                entries.dedup_by(|next, kept| {
                    let same = next.0 == kept.0;
                    kept.1 += if same { next.1 } else { 0.0 };
                    same
                });
                let context = aspect::context(number, count, place, source.hebrew(row));
                entries.extend((behind as u32..).zip(context));
                samples.records.push(&entries);
                samples.bits.push(bits);
                samples.folds.push(source.fold(row).unwrap_or(0));
            }
        }
        samples
    }

    /// The model of the statements outside the folds `without`; its measures are not bounded and scaled yet.
    fn fit(&self, without: [usize; 2]) -> Result<Aspects> {
        let chosen: Vec<usize> = (0..self.bits.len())
            .filter(|&sample| self.folds.get(sample).is_some_and(|fold| !without.contains(fold)))
            .collect();
        let bits = chosen.iter().filter_map(|&sample| self.bits.get(sample).copied()).collect();
        let dataset = DatasetBase::new(self.records.select(&chosen), Bits(bits));
        let told = |error| Error::new(ErrorKind::Training, Error::from(error).message());
        let solver = SparseLogistic::new(COST).tolerance(TOLERANCE).max_passes(100).check().map_err(told)?;
        let weights = solver.fit(&dataset).map_err(told)?;
        let (words, context) = weights.split_at_checked(self.behind).unwrap_or_default();
        let mut units = Lanes::default();
        for row in words {
            units.iter_mut().zip(row).for_each(|(unit, weight)| *unit = unit.max(weight.abs()));
        }
        units = units.map(|largest| largest / f32::from(i16::MAX));
        let whole = |(weight, unit): (&f32, &f32)| if *unit > 0.0 { (weight / unit).round() as i16 } else { 0 };
        let weights = words.iter().flat_map(|row| row.iter().zip(&units).map(whole)).collect::<Vec<i16>>().into();
        let mut known = [Lanes::default(); CONTEXT];
        known.iter_mut().zip(context).for_each(|(slot, row)| *slot = *row);
        Ok(Aspects { weights, units, context: known, caps: vec![f32::INFINITY; MEASURES], scales: vec![1.0; MEASURES] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ad::Ad;
    use crate::features::SpaceSpec;
    use crate::label::{LabeledAd, Labels, VAGUE};
    use crate::learn::prepare::{Prepared, prepare};

    const WORDS: [&str; 6] = ["guru", "family", "energy", "posts", "budget", "report"];

    /// Ads of four statements: two duties of three words, two of cliches; `turned` are judged the other way round.
    fn prepared(turned: &dyn Fn(usize) -> bool) -> Prepared {
        let ad = |id: usize| {
            let word = |at: usize| WORDS[(id * 7 + at * 5 + at / 2) % 3 + if at % 4 < 2 { 3 } else { 0 }];
            let lines: Vec<String> =
                (0..4).map(|line| format!("{} {} number{id}x{line}", word(line), word(line + 4))).collect();
            Ad::new(format!("a{id}"), "", &lines.join("\n"))
        };
        let rows: Vec<TrainingRow> = (0..60)
            .map(|id| {
                let ad = ad(id);
                let mut labels = Labels::default();
                labels.set(VAGUE, id % 2 == 0);
                let mut start = 0;
                let mut said = Vec::new();
                for (line, text) in ad.plain().split('\n').enumerate() {
                    let code = if (line < 2) == turned(id) { "R0e" } else { "D2U" };
                    let end = start + text.chars().count();
                    said.push(StatementLabel { start, end, said: Judgement::parse(code).unwrap() });
                    start = end + 1;
                }
                let item = LabeledAd { ad, labels, split: None, statements: said };
                TrainingRow { item, source: 0, weight: 1.0, apart: false }
            })
            .collect();
        prepare(&rows, &[], &SpaceSpec::default(), 4, 1, Default::default()).unwrap()
    }

    /// What is said of a fold that is held out hangs on no judgement in it: neither its own measures nor those that heads learn from.
    #[test]
    fn judgements_of_a_fold_do_not_reach_what_is_measured_without_it() {
        let before = prepared(&|_| false);
        let held_out = 1;
        let folds = before.folds.clone();
        let after = prepared(&|id| folds[id] == held_out);
        let (before, after) = (before.aspects.unwrap(), after.aspects.unwrap());
        // Bounds are of all rows, and hang on what all judgements say.
        let caps: Vec<f32> = before.model.caps.iter().zip(&after.model.caps).map(|(a, b)| a.min(*b) - 1e-3).collect();
        let apart = |row: usize, without: Option<usize>| -> f32 {
            let raw = |judged: &'_ Judged| -> Vec<f32> {
                let scales = judged.model.scales.iter();
                judged.of(row, without).iter().zip(scales).map(|(value, scale)| value / scale).collect()
            };
            let pairs = raw(&before).into_iter().zip(raw(&after)).zip(&caps);
            let free = pairs.filter(|((a, b), cap)| a < cap || b < cap).map(|(pair, _)| pair);
            free.filter(|(a, b)| a.is_finite() && b.is_finite()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
        };
        let mut others_moved = false;
        for (row, &fold) in folds.iter().enumerate() {
            assert_eq!(before.of(row, Some(held_out)).len(), MEASURES);
            assert!(apart(row, Some(held_out)) < 1e-5, "row {row} of fold {fold}");
            others_moved |= apart(row, None) > 0.1;
        }
        assert!(others_moved, "help: the judgements that were turned round were not learned from at all");
        assert_eq!((before.statements, before.model.scales.len()), (240, MEASURES));
    }

    #[test]
    fn a_statement_has_the_label_that_it_starts_in() {
        let label = |start, end, code| StatementLabel { start, end, said: Judgement::parse(code).unwrap() };
        let labels = [label(0, 4, "D1"), label(6, 9, "C")];
        // Bytes of Hebrew letters are two each; labels count code points.
        let places = [0, 8, 13].map(|start| ((0..1, false), start)).to_vec();
        let found = Statements::new("שלום אבגדה", places, &labels);
        assert_eq!(found.judged, [Judgement::parse("D1"), None, Judgement::parse("C")]);
    }
}
