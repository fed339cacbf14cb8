//! Word vectors, learned from texts without labels, and the vectors of ads.
//!
//! Words that keep the same company get vectors that point the same way, so that what is learned of `instagram` also says
//! something of `pinterest`. A word's vector is its row in the truncated singular value decomposition of positive pointwise
//! mutual information (Levy, Goldberg and Dagan, TACL 3, 2015), with the singular values to the power one half, scaled to
//! unit length.
//!
//! The vector of an ad is the average over its distinct words, weighted by (1 + ln tf) × idf, less the average of all ads.
//! A linear head over it is a sum over words: the model keeps one number a word and head, and none of the vectors.

use ndarray::{Array1, Array2, ArrayView1, Axis};
use rustc_hash::FxHashMap;

use super::neighbours::{Neighbours, Texts};
use super::svd::left_singular;
use crate::features::Corpus;
use crate::features::VectorSpec;
use crate::features::count::damped;

/// Word vectors, and those of the labelled ads.
#[derive(Clone, Debug, Default)]
pub struct AdVectors {
    /// Shape `[words, dimensions]`; the order is that of the columns.
    words: Array2<f32>,
    /// Shape `[ads, dimensions]`; centred and scaled.
    ads: Array2<f32>,
    /// What was taken from every average.
    mean: Array1<f64>,
    /// What every average was multiplied by then.
    factor: f64,
}

impl AdVectors {
    /// Learns word vectors from `texts`, tells `corpus` which words have one, and averages them over its ads.
    ///
    /// `central` says of each ad whether it has a part in the mean and the scale.
    pub fn learn(texts: &Texts, corpus: &mut Corpus, central: &[bool], spec: &VectorSpec) -> AdVectors {
        if spec.dimensions == 0 {
            return AdVectors::default();
        }
        let Neighbours { words, idf, information } = texts.neighbours(spec.window, spec.min_count);
        let (mut vectors, values) = left_singular(&information, spec.dimensions, SEED);
        for (mut column, value) in vectors.axis_iter_mut(Axis(1)).zip(values) {
            column *= libm::sqrt(value);
        }
        for mut vector in vectors.axis_iter_mut(Axis(0)) {
            let length = libm::sqrt(square(vector.view()));
            if length > 0.0 {
                vector /= length;
            }
        }
        let vectors = vectors.mapv(|value| value as f32);
        let averages = averages(corpus, &words, &idf, &vectors);
        corpus.embed(words.into_iter().zip(idf).collect());
        centred(vectors, averages, central, f64::from(spec.scale))
    }

    /// The number of dimensions.
    pub fn dimensions(&self) -> usize {
        self.words.ncols()
    }

    /// The vector of ad `index`; empty when there is none.
    pub fn of(&self, index: usize) -> &[f32] {
        let start = index * self.dimensions();
        let all = self.ads.as_slice().unwrap_or_default();
        all.get(start..start + self.dimensions()).unwrap_or_default()
    }

    /// What weights of the dimensions come to: one weight a word, and a constant.
    pub fn word_weights(&self, weights: ArrayView1<'_, f64>) -> (Array1<f64>, f64) {
        let mut words = Array1::zeros(self.words.nrows());
        let mut constant = 0.0;
        for ((column, &weight), &mean) in self.words.axis_iter(Axis(1)).zip(weights).zip(&self.mean) {
            let weight = weight * self.factor;
            words.zip_mut_with(&column, |sum: &mut f64, &value| *sum += weight * f64::from(value));
            constant -= weight * mean;
        }
        (words, constant)
    }
}

/// The seed of the decomposition; any would do, and a fixed one lets runs with other seeds be compared.
const SEED: u64 = 7;

fn square(vector: ArrayView1<'_, f64>) -> f64 {
    vector.iter().map(|value| value * value).sum()
}

/// The weighted average of the word vectors of every ad of `corpus`; 0 where no word has one.
fn averages(corpus: &Corpus, words: &[Box<str>], idf: &[f32], vectors: &Array2<f32>) -> Array2<f64> {
    let places: FxHashMap<&str, usize> = words.iter().map(|word| &**word).zip(0..).collect();
    let mut averages = Array2::<f64>::zeros((corpus.len(), vectors.ncols()));
    for (ad, mut sum) in averages.axis_iter_mut(Axis(0)).enumerate() {
        let mut total = 0.0;
        for (word, frequency) in corpus.words(ad) {
            let Some(&place) = places.get(word) else { continue };
            let weight = damped(frequency) * idf.get(place).copied().map_or(0.0, f64::from);
            sum.zip_mut_with(&vectors.row(place), |sum, &value| *sum += weight * f64::from(value));
            total += weight;
        }
        if total > 0.0 {
            sum /= total;
        }
    }
    averages
}

/// Takes the mean of the `central` ads from all and scales so that their root mean square length is `scale`.
fn centred(words: Array2<f32>, mut averages: Array2<f64>, central: &[bool], scale: f64) -> AdVectors {
    let chosen = |averages: &Array2<f64>| -> Vec<Array1<f64>> {
        let rows = averages.axis_iter(Axis(0)).zip(central);
        rows.filter(|(_, central)| **central).map(|(row, _)| row.to_owned()).collect()
    };
    let mut mean = Array1::zeros(words.ncols());
    let rows = chosen(&averages);
    let count = rows.len().max(1) as f64;
    for row in &rows {
        mean += row;
    }
    mean /= count;
    for mut row in averages.axis_iter_mut(Axis(0)) {
        row -= &mean;
    }
    let length = libm::sqrt(chosen(&averages).iter().map(|row| square(row.view())).sum::<f64>() / count);
    let factor = if length > 0.0 { scale / length } else { 0.0 };
    AdVectors { words, ads: averages.mapv(|value| (value * factor) as f32), mean, factor }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ad::Ad;
    use crate::features::{Space, SpaceSpec, Subwords};
    use crate::text::{Analyzer, TextSpec};

    const ADS: [&str; 6] = [
        "post daily on instagram and pinterest",
        "post weekly on instagram and youtube",
        "answer comments on youtube and pinterest daily",
        "be a guru with passion and energy",
        "bring energy and passion to the family",
        "we are a family of passion",
    ];

    fn learned(corpus: &mut Corpus, spec: &SpaceSpec) -> AdVectors {
        let analyzer = Analyzer::new(&TextSpec::default()).unwrap();
        let mut texts = Texts::default();
        for text in ADS {
            let ad = Ad::new("x".to_owned(), "", text);
            let analysis = analyzer.analyze(ad.plain());
            texts.push(&ad, &analysis);
            corpus.push(&analysis, Vec::new());
        }
        corpus.split_words(spec.grams, analyzer.clitics(), &Subwords::train(ADS.iter(), 120).unwrap());
        AdVectors::learn(&texts, corpus, &[true, true, true, true, true, false], &spec.vectors)
    }

    /// What a model keeps says the same as the vectors it does not keep.
    #[test]
    fn weights_of_words_sum_to_the_weights_of_dimensions() {
        let mut spec = SpaceSpec::default();
        spec.vectors.dimensions = 4;
        spec.vectors.min_count = 2;
        let mut corpus = Corpus::default();
        let vectors = learned(&mut corpus, &spec);
        let weights = Array1::from_vec(vec![0.7, -1.1, 0.4, 2.0]);
        let (words, constant) = vectors.word_weights(weights.view());
        let all: Vec<usize> = (0..ADS.len()).collect();
        let space = Space::fit(&corpus, &all, &[], &spec);
        let columns = space.vector_columns();
        assert_eq!(columns.len(), words.len());
        for (ad, row) in space.rows(&corpus, &all, |_| &[]).into_iter().enumerate() {
            let by_words: f64 = row
                .iter()
                .filter(|(column, _)| columns.contains(column))
                .map(|&(column, value)| f64::from(value) * words[(column - columns.start) as usize])
                .sum();
            let by_vector: f64 = vectors.of(ad).iter().zip(&weights).map(|(&v, w)| f64::from(v) * w).sum();
            assert!((by_words + constant - by_vector).abs() < 1e-5, "ad {ad}");
        }
        let central: f64 = (0..5).flat_map(|ad| vectors.of(ad)).map(|&value| f64::from(value) * f64::from(value)).sum();
        assert!((central / 5.0 - 1.0).abs() < 1e-5, "the central ads have length 1 on average");
    }

    #[test]
    fn no_dimensions_mean_no_vectors() {
        let mut spec = SpaceSpec::default();
        spec.vectors.dimensions = 0;
        let mut corpus = Corpus::default();
        let vectors = learned(&mut corpus, &spec);
        assert_eq!((vectors.dimensions(), vectors.of(0).len()), (0, 0));
        assert!(Space::fit(&corpus, &[0, 1], &[], &spec).vector_columns().is_empty());
    }
}
