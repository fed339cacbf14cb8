//! Labelled ads made ready for learning: analysed, counted, grouped and dealt into folds.

use std::path::Path;

use rayon::prelude::*;

use super::groups::{Member, folds, groups};
use super::neighbours::Texts;
use super::vectors::AdVectors;
use crate::ad::{Ad, Lang};
use crate::error::Result;
use crate::features::count::unit;
use crate::features::{Corpus, SpaceSpec, Subwords, dense};
use crate::label::{LabeledAd, SCOPE, VAGUE};
use crate::rubric::{Findings, Rubric};
use crate::text::{Analysis, Analyzer};

/// A labelled ad with what training needs to know of its origin.
#[derive(Clone, Debug)]
pub struct TrainingRow {
    /// The ad and its labels.
    pub item: LabeledAd,
    /// The training file it came from, by place.
    pub source: usize,
    /// How much it counts against other rows.
    pub weight: f64,
    /// Whether its file has an intercept and dense columns of its own, which no other ad is scored with.
    pub apart: bool,
}

/// Everything about the rows that does not depend on which of them are learned from.
pub struct Prepared {
    /// Text to tokens.
    pub analyzer: Analyzer,
    /// Lexicons and deliverables.
    pub rubric: Rubric,
    /// The subword vocabulary, learned from all texts without labels.
    pub subwords: Subwords,
    /// Counted ads.
    pub corpus: Corpus,
    /// The vectors of words and ads, learned from all texts without labels.
    pub vectors: AdVectors,
    /// The group of every row.
    pub groups: Vec<usize>,
    /// The stratum of every row: its file and its labels.
    pub strata: Vec<usize>,
    /// The fold of every row.
    pub folds: Vec<usize>,
    /// The language of every row.
    pub langs: Vec<Lang>,
}

struct Analysed {
    analysis: Analysis,
    dense: Vec<f32>,
    joined: String,
}

/// What is not learned but brought along.
#[derive(Clone, Copy, Default)]
pub struct Sources<'s> {
    /// A directory of lexicons in place of those of the program, and perhaps of token tables.
    pub rubric: Option<&'s Path>,
    /// The subwords of a model that is started from, which then brings the word vectors' weights, too.
    pub subwords: Option<&'s Subwords>,
}

/// Analyses and counts `rows`, groups them, and deals the groups into `fold_count` folds.
///
/// # Errors
/// `Training` when the subword vocabulary cannot be learned.
pub fn prepare(
    rows: &[TrainingRow],
    unlabeled: &[Ad],
    space: &SpaceSpec,
    fold_count: usize,
    seed: u64,
    sources: Sources<'_>,
) -> Result<Prepared> {
    let analyzer = Analyzer::of_rubric(sources.rubric)?;
    let rubric = match sources.rubric {
        Some(directory) => Rubric::from_dir(directory, &analyzer)?,
        None => Rubric::embedded(&analyzer)?,
    };
    let analysed: Vec<Analysed> = rows.par_iter().map(|row| analyse(row, &analyzer, &rubric)).collect();
    let subwords = match sources.subwords {
        Some(subwords) => subwords.clone(),
        None => Subwords::train(analysed.iter().map(|one| one.joined.as_str()), space.subwords)?,
    };
    let langs = analysed.iter().map(|one| one.analysis.lang()).collect();
    let mut corpus = Corpus::default();
    let mut texts = Texts::default();
    for (one, row) in analysed.into_iter().zip(rows) {
        texts.push(&row.item.ad, &one.analysis);
        corpus.push(&one.analysis, one.dense);
    }
    for ads in unlabeled.chunks(CHUNK) {
        let analysed: Vec<Analysis> = ads.par_iter().map(|ad| analyzer.analyze(ad.plain())).collect();
        ads.iter().zip(&analysed).for_each(|(ad, analysis)| texts.push(ad, analysis));
    }
    // Files that stand apart are not what the model will be used on.
    let all_apart = rows.iter().all(|row| row.apart);
    let central: Vec<bool> = rows.iter().map(|row| all_apart || !row.apart).collect();
    let vectors = match sources.subwords {
        // The old model has weights of word vectors, and no vectors to learn new ones from.
        Some(_) => AdVectors::default(),
        None => AdVectors::learn(&texts, &mut corpus, &central, &space.vectors),
    };
    corpus.split_words(space.grams, analyzer.clitics(), &subwords);
    let members: Vec<Member<'_>> =
        rows.iter().map(|row| Member { plain: row.item.ad.plain(), company: &row.item.ad.company }).collect();
    let groups = groups(&members, &analyzer);
    let strata: Vec<usize> = rows.iter().map(stratum).collect();
    let folds = folds(&groups, &strata, fold_count, seed);
    Ok(Prepared { analyzer, rubric, subwords, corpus, vectors, groups, strata, folds, langs })
}

/// Texts without labels that are held analysed at a time.
const CHUNK: usize = 1024;

fn analyse(row: &TrainingRow, analyzer: &Analyzer, rubric: &Rubric) -> Analysed {
    let plain = row.item.ad.plain();
    let analysis = analyzer.analyze(plain);
    let mut findings = Findings::default();
    rubric.find(plain, &analysis, &mut findings);
    let mut dense = Vec::new();
    dense::fill(rubric, &analysis, &findings, &mut dense);
    let mut joined = String::new();
    for (form, token) in analysis.iter() {
        let form = unit(form, token.kind);
        if !form.starts_with('<') {
            joined.push_str(form);
            joined.push(' ');
        }
    }
    Analysed { analysis, dense, joined }
}

/// The stratum of a row: its file, its verdict label and its scope label, unknown being a value of its own.
fn stratum(row: &TrainingRow) -> usize {
    let code = |head| match row.item.labels.get(head) {
        Some(true) => 2,
        Some(false) => 1,
        None => 0,
    };
    row.source * 9 + code(VAGUE) * 3 + code(SCOPE)
}
