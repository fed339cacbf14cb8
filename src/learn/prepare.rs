//! Labelled ads made ready for learning: analysed, counted, grouped and dealt into folds.

use std::path::Path;

use rayon::prelude::*;

use super::aspects::{Judged, Source, Statements};
use super::groups::{Member, folds, groups};
use super::neighbours::Texts;
use super::vectors::AdVectors;
use crate::ad::{Ad, Lang};
use crate::error::Result;
use crate::features::count::unit;
use crate::features::{Corpus, Space, SpaceSpec, Subwords, aspect, dense};
use crate::label::{LabeledAd, SCOPE, VAGUE};
use crate::model::Model;
use crate::rubric::{Findings, Rubric};
use crate::text::statement::statements;
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
    /// What judges statements and the measures that come of it, where there are judged statements or a model that has seen some.
    pub aspects: Option<Judged>,
}

impl Prepared {
    /// The names of the dense measures of a row.
    pub fn measure_names(&self) -> Vec<String> {
        let mut names = dense::names(&self.rubric);
        names.extend(self.aspects.iter().flat_map(|_| aspect::measure_names()));
        names
    }
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
    /// The model that is started from, which brings its subwords, the word vectors' weights, and what judges statements.
    pub from: Option<&'s Model>,
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
    let subwords = match sources.from {
        Some(model) => model.subwords.clone(),
        None => Subwords::train(analysed.iter().map(|one| one.joined.as_str()), space.subwords)?,
    };
    let langs: Vec<Lang> = analysed.iter().map(|one| one.analysis.lang()).collect();
    let mut corpus = Corpus::default();
    let mut texts = Texts::default();
    let known = sources.from.and_then(|model| Some((model.aspects.as_ref()?, &model.space)));
    let judged = known.is_some() || rows.iter().any(|row| !row.item.statements.is_empty());
    let mut cut = Vec::with_capacity(if judged { rows.len() } else { 0 });
    for (one, row) in analysed.into_iter().zip(rows) {
        texts.push(&row.item.ad, &one.analysis);
        if judged {
            let plain = row.item.ad.plain();
            let places = statements(plain, &one.analysis).into_iter();
            let places = places.map(|found| ((found.tokens, found.heading), found.span.start)).collect();
            cut.push(Statements::new(plain, places, &row.item.statements));
        }
        corpus.push(&one.analysis, one.dense);
    }
    for ads in unlabeled.chunks(CHUNK) {
        let analysed: Vec<Analysis> = ads.par_iter().map(|ad| analyzer.analyze(ad.plain())).collect();
        ads.iter().zip(&analysed).for_each(|(ad, analysis)| texts.push(ad, analysis));
    }
    // Files that stand apart are not what the model will be used on.
    let all_apart = rows.iter().all(|row| row.apart);
    let central: Vec<bool> = rows.iter().map(|row| all_apart || !row.apart).collect();
    let vectors = match sources.from {
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
    let source = Source { rows, corpus: &corpus, statements: &cut, folds: &folds, langs: &langs };
    let aspects = match known {
        Some((aspects, space)) => Some(Judged::known(&source, space, aspects)),
        None if judged => {
            // Columns and their weights see no labels, so one set of them does for all folds.
            let everything: Vec<usize> = (0..rows.len()).collect();
            let names: Vec<String> = dense::names(&rubric).into_iter().chain(aspect::measure_names()).collect();
            Judged::learn(&source, &Space::fit(&corpus, &everything, &names, space))?
        }
        None => None,
    };
    Ok(Prepared { analyzer, rubric, subwords, corpus, vectors, groups, strata, folds, langs, aspects })
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
