//! Chooses the columns of a space from counted ads, by how many of them hold a thing. No labels are seen.

use rustc_hash::{FxHashMap, FxHashSet};

use super::corpus::{Corpus, Document};
use super::space::{Space, SpaceParts};
use super::spec::SpaceSpec;

impl Space {
    /// Chooses columns and their inverse document frequencies from the ads `rows` of `corpus`; the words with vectors
    /// are those of the corpus.
    pub fn fit(corpus: &Corpus, rows: &[usize], dense: &[String], spec: &SpaceSpec) -> Space {
        let documents: Vec<&Document> = rows.iter().filter_map(|&row| corpus.documents.get(row)).collect();
        let mut word_df: FxHashMap<u32, u32> = FxHashMap::default();
        let mut pair_df: FxHashMap<(u32, u32), u32> = FxHashMap::default();
        let mut stem_df: FxHashMap<&str, u32> = FxHashMap::default();
        let mut stem_forms: FxHashMap<&str, FxHashSet<u32>> = FxHashMap::default();
        let mut piece_df: FxHashMap<u32, u32> = FxHashMap::default();
        let mut gram_df: FxHashMap<&str, u32> = FxHashMap::default();
        let mut seen_stems: FxHashSet<&str> = FxHashSet::default();
        let mut seen_pieces: FxHashSet<u32> = FxHashSet::default();
        let mut seen_grams: FxHashSet<&str> = FxHashSet::default();
        for document in &documents {
            seen_stems.clear();
            seen_pieces.clear();
            seen_grams.clear();
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
                for (gram, _) in &parts.grams {
                    if seen_grams.insert(gram) {
                        *gram_df.entry(gram).or_default() += 1;
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
            parts.words.push(word);
            parts.idf.push(idf(df));
        }
        // A stem that only one form has says what that form says.
        let kept = |stem: &str, df: u32| df >= spec.min_part && stem_forms.get(stem).is_some_and(|f| f.len() > 1);
        let mut stems: Vec<(&str, u32)> =
            stem_df.iter().filter(|&(stem, &df)| kept(stem, df)).map(|(&stem, &df)| (stem, df)).collect();
        stems.sort_unstable();
        for &(stem, df) in &stems {
            parts.stems.push(stem);
            parts.idf.push(idf(df));
        }
        let mut pieces: Vec<(u32, u32)> =
            piece_df.iter().filter(|&(_, &df)| df >= spec.min_part).map(|(&piece, &df)| (piece, df)).collect();
        pieces.sort_unstable();
        for &(piece, df) in &pieces {
            parts.pieces.push(piece);
            parts.idf.push(idf(df));
        }
        let mut grams: Vec<(&str, u32)> =
            gram_df.iter().filter(|&(_, &df)| df >= spec.min_part).map(|(&gram, &df)| (gram, df)).collect();
        grams.sort_unstable();
        for &(gram, df) in &grams {
            parts.grams.push(gram);
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
        for (word, idf) in &corpus.embedded {
            parts.vectors.push(word);
            parts.idf.push(*idf);
        }
        parts.idf.extend(std::iter::repeat_n(1.0, dense.len()));
        Space::from_parts(spec.clone(), parts)
    }
}
