//! Which words keep company: the matrix that word vectors are made from.

use rustc_hash::FxHashMap;

use crate::ad::Ad;
use crate::features::Lexicon;
use crate::features::count::unit;
use crate::model::sparse::SparseRecords;
use crate::text::Analysis;
use crate::text::statement::statements;

/// Texts as numbered words, cut into statements.
#[derive(Default)]
pub struct Texts {
    lexicon: Lexicon,
    words: Vec<u32>,
    /// The ends of the statements in `words`.
    statements: Vec<usize>,
    /// The ends of the texts in `words`.
    texts: Vec<usize>,
}

/// The words of [`Texts`] that are frequent enough, ascending, and how they keep company.
pub struct Neighbours {
    /// The words.
    pub words: Vec<Box<str>>,
    /// The inverse document frequency of each.
    pub idf: Vec<f32>,
    /// Positive pointwise mutual information, shape `[words, words]`.
    pub information: SparseRecords,
}

/// What the word next to a word counts; a word `d` places away counts a `d`-th of it. Divisible by 1 to 10, so that sums are
/// whole numbers for the usual windows, whatever the order.
const NEXT: u64 = 2520;

/// The power that context frequencies are raised to: rare contexts say less than their numbers (Levy, Goldberg and Dagan,
/// "Improving distributional similarity with lessons learned from word embeddings", TACL 3, 2015).
const SMOOTHING: f64 = 0.75;

impl Texts {
    /// Adds the text of `ad` as it was analysed.
    pub fn push(&mut self, ad: &Ad, analysis: &Analysis) {
        let forms: Vec<u32> =
            analysis.iter().map(|(form, token)| self.lexicon.intern(unit(form, token.kind))).collect();
        let start = self.words.len();
        self.words.extend(forms);
        self.statements.extend(statements(ad.plain(), analysis).iter().map(|one| start + one.tokens.end));
        self.texts.push(self.words.len());
    }

    /// Counts neighbours at most `window` words apart in one statement, of words that stand at least `min_count` times.
    pub fn neighbours(&self, window: usize, min_count: u32) -> Neighbours {
        let (words, idf, place) = self.frequent(min_count);
        let mut counts: FxHashMap<(u32, u32), u64> = FxHashMap::default();
        let mut start = 0;
        for &end in &self.statements {
            let statement = self.words.get(start..end).unwrap_or_default();
            start = end;
            for (at, &first) in statement.iter().enumerate() {
                let Some(&Some(first)) = place.get(first as usize) else { continue };
                for (distance, &second) in (1..=window as u64).zip(statement.iter().skip(at + 1)) {
                    if let Some(&Some(second)) = place.get(second as usize) {
                        *counts.entry((first.min(second), first.max(second))).or_default() += NEXT / distance;
                    }
                }
            }
        }
        let mut pairs: Vec<(u32, u32, u64)> = Vec::with_capacity(2 * counts.len());
        for ((first, second), count) in counts {
            pairs.push((first, second, count));
            pairs.push((second, first, count));
        }
        pairs.sort_unstable();
        Neighbours { information: information(&pairs, words.len()), words, idf }
    }

    /// The words that stand often enough, ascending, with their inverse document frequencies and the place of each form.
    fn frequent(&self, min_count: u32) -> (Vec<Box<str>>, Vec<f32>, Vec<Option<u32>>) {
        let mut counts = vec![0u32; self.lexicon.len()];
        let mut documents = vec![(0u32, usize::MAX); self.lexicon.len()];
        let mut start = 0;
        for (text, &end) in self.texts.iter().enumerate() {
            for &word in self.words.get(start..end).unwrap_or_default() {
                if let (Some(count), Some((holding, last))) =
                    (counts.get_mut(word as usize), documents.get_mut(word as usize))
                {
                    *count += 1;
                    *holding += u32::from(*last != text);
                    *last = text;
                }
            }
            start = end;
        }
        let mut kept: Vec<(&str, u32)> = (0..self.lexicon.len() as u32)
            .filter(|&id| counts.get(id as usize).is_some_and(|&count| count >= min_count))
            .map(|id| (self.lexicon.form(id), id))
            .filter(|(form, _)| !form.starts_with('<'))
            .collect();
        kept.sort_unstable();
        let mut place = vec![None; self.lexicon.len()];
        let mut idf = Vec::with_capacity(kept.len());
        for (rank, &(_, id)) in (0..).zip(&kept) {
            if let (Some(slot), Some((holding, _))) = (place.get_mut(id as usize), documents.get(id as usize)) {
                *slot = Some(rank);
                let all = self.texts.len() as f64;
                idf.push((libm::log((1.0 + all) / (1.0 + f64::from(*holding))) + 1.0) as f32);
            }
        }
        (kept.into_iter().map(|(form, _)| form.into()).collect(), idf, place)
    }
}

/// ln(p(word, context) / (p(word) p(context))) where it is above 0, from the entries of a symmetric matrix, ascending.
fn information(pairs: &[(u32, u32, u64)], size: usize) -> SparseRecords {
    let mut sums = vec![0u64; size];
    for &(word, _, count) in pairs {
        if let Some(sum) = sums.get_mut(word as usize) {
            *sum += count;
        }
    }
    let contexts: Vec<f64> = sums.iter().map(|&sum| libm::pow(sum as f64, SMOOTHING)).collect();
    let all: f64 = contexts.iter().sum();
    let mut result = SparseRecords::new(size);
    let mut rest = pairs;
    for (word, &sum) in (0..).zip(&sums) {
        let (row, behind) = rest.split_at(rest.partition_point(|&(first, _, _)| first == word));
        rest = behind;
        let mut values: Vec<(u32, f32)> = Vec::with_capacity(row.len());
        for entries in row.chunk_by(|a, b| a.1 == b.1) {
            let count: u64 = entries.iter().map(|entry| entry.2).sum();
            let Some(&(_, context, _)) = entries.first() else { continue };
            let share = contexts.get(context as usize).map_or(1.0, |smooth| smooth / all);
            let value = libm::log(count as f64 / (sum as f64 * share));
            if value > 0.0 {
                values.push((context, value as f32));
            }
        }
        result.push(&values);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Analyzer, TextSpec};
    use linfa::dataset::Records;

    /// Figures by hand: `a b` twice and `a c` once, each a statement. With counts in units of the next word the sums are
    /// a 3, b 2, c 1 and the smoothed ones 3^.75, 2^.75, 1.
    #[test]
    fn information_of_three_words_is_right() {
        let analyzer = Analyzer::new(&TextSpec::default()).unwrap();
        let mut texts = Texts::default();
        for text in ["alpha beta\nalpha beta", "alpha gamma"] {
            let ad = Ad::new("x".to_owned(), "", text);
            texts.push(&ad, &analyzer.analyze(ad.plain()));
        }
        let found = texts.neighbours(5, 1);
        let names: Vec<&str> = found.words.iter().map(|word| &**word).collect();
        assert_eq!(names, ["alpha", "beta", "gamma"]);
        let smooth = [3f64.powf(0.75), 2f64.powf(0.75), 1.0];
        let all: f64 = smooth.iter().sum();
        let expected = (2.0 / (2.0 * smooth[0] / all)).ln() as f32;
        assert_eq!(found.information.nsamples(), 3);
        let (columns, values) = found.information.row(1);
        assert_eq!(columns, [0]);
        assert!((values[0] - expected).abs() < 1e-6);
        // `alpha` stands in both texts, the others in one.
        assert_eq!(found.idf[0], 1.0);
        assert!((f64::from(found.idf[1]) - (1.0 + 1.5f64.ln())).abs() < 1e-6);
        assert_eq!(texts.neighbours(5, 2).words.len(), 2);
    }
}
