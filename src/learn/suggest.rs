//! Suggests ads to label next, out of a pool without labels.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::groups::{Member, NEAR_DUPLICATE, alike};
use super::neighbours::Texts;
use super::pick::{Balance, Candidate, Picked, pick};
use super::vectors::AdVectors;
use crate::ad::{Ad, Lang};
use crate::error::Result;
use crate::features::{Corpus, VectorSpec};
use crate::label::VAGUE;
use crate::score::{Scorer, Scratch};
use crate::text::{Analysis, Analyzer, TextSpec};

/// How to choose.
#[derive(Clone, Debug)]
pub struct SuggestSettings {
    /// How many ads.
    pub count: usize,
    /// How many of them of a language (`he`, `en`, `mixed`) at least; the rest is of any.
    pub quotas: BTreeMap<&'static str, usize>,
    /// How much uncertainty, density and novelty count.
    pub balance: Balance,
    /// The seed of the sample that density is measured in.
    pub seed: u64,
}

/// An ad to be labelled.
#[derive(Clone, Debug)]
pub struct Suggestion {
    /// The ad.
    pub ad: Ad,
    /// Its language.
    pub lang: Lang,
    /// What the model says of it; none without a model.
    pub p_vague: Option<f64>,
    /// What it was chosen for.
    pub picked: Picked,
}

/// What was chosen, and what was not to be chosen from.
#[derive(Clone, Debug, Default)]
pub struct Suggested {
    /// The ads, in the order they were chosen: the first `k` are the best `k`.
    pub ads: Vec<Suggestion>,
    /// Ads that could be chosen from.
    pub candidates: usize,
    /// Ads left out because they are labelled already, or nearly the same as one that is.
    pub known: usize,
    /// Ads left out because an earlier one of the pool is nearly the same.
    pub repeated: usize,
    /// Ads left out because they are in neither language.
    pub unsupported: usize,
}

/// Chooses ads of `pool`; `labelled` are those that have labels, `scorer` is a model to be improved, if there is one.
///
/// # Errors
/// None in practice: the texts of the program itself are sound.
pub fn suggest(pool: &[Ad], labelled: &[Ad], scorer: Option<&Scorer>, settings: &SuggestSettings) -> Result<Suggested> {
    let analyzer = match scorer {
        Some(scorer) => scorer.model().analyzer.clone(),
        None => Analyzer::new(&TextSpec::default())?,
    };
    let all: Vec<&Ad> = labelled.iter().chain(pool).collect();
    let analysed: Vec<Analysis> = all.par_iter().map(|ad| analyzer.analyze(ad.plain())).collect();
    let mut found = Suggested::default();
    let open = fresh(&all, labelled.len(), &analysed, &analyzer, &mut found);
    let (mut corpus, mut texts) = (Corpus::default(), Texts::default());
    for (ad, analysis) in all.iter().zip(&analysed) {
        texts.push(ad, analysis);
        corpus.push(analysis, Vec::new());
    }
    let spec = VectorSpec {
        min_count: if all.len() < FEW { 2 } else { VectorSpec::default().min_count },
        ..VectorSpec::default()
    };
    let vectors = AdVectors::learn(&texts, &mut corpus, &vec![true; all.len()], &spec);
    let candidates: Vec<(Candidate, Option<f64>)> = open
        .par_iter()
        .map_init(Scratch::default, |scratch, &row| {
            let p = scorer.zip(all.get(row)).and_then(|(scorer, ad)| {
                let place = scorer.model().head(VAGUE)?;
                scorer.probabilities(ad, scratch).get(place).copied()
            });
            let candidate = Candidate {
                row,
                vector: vectors.of(row).to_vec(),
                uncertainty: p.map_or(1.0, uncertainty),
                lang: analysed.get(row).map_or(Lang::Other, Analysis::lang),
            };
            (candidate, p)
        })
        .collect();
    let (candidates, p): (Vec<Candidate>, Vec<Option<f64>>) = candidates.into_iter().unzip();
    let p: BTreeMap<usize, Option<f64>> = candidates.iter().map(|candidate| candidate.row).zip(p).collect();
    let known: Vec<Vec<f32>> = (0..labelled.len()).map(|row| vectors.of(row).to_vec()).collect();
    found.candidates = candidates.len();
    let picked = pick(&candidates, &known, settings.count, &settings.quotas, settings.balance, settings.seed);
    for picked in picked {
        let Some(ad) = all.get(picked.row) else { continue };
        let lang = analysed.get(picked.row).map_or(Lang::Other, Analysis::lang);
        let p_vague = p.get(&picked.row).copied().flatten();
        found.ads.push(Suggestion { ad: (*ad).clone(), lang, p_vague, picked });
    }
    Ok(found)
}

/// Below this many texts, words that stand twice have vectors.
const FEW: usize = 1000;

/// How unsure a probability is: 1 at one half, 0 at 0 and 1.
pub fn uncertainty(p: f64) -> f64 {
    4.0 * p * (1.0 - p)
}

/// The places in `all` of ads behind the first `known` that are like none before them and in one of the languages.
fn fresh(all: &[&Ad], known: usize, analysed: &[Analysis], analyzer: &Analyzer, found: &mut Suggested) -> Vec<usize> {
    let members: Vec<Member<'_>> = all.iter().map(|ad| Member { plain: ad.plain(), company: "" }).collect();
    let clusters = alike(&members, analyzer, NEAR_DUPLICATE);
    let labelled: BTreeSet<usize> = clusters.iter().take(known).copied().collect();
    let ids: BTreeSet<&str> = all.iter().take(known).map(|ad| ad.id.as_str()).collect();
    let mut met = BTreeSet::new();
    let mut open = Vec::new();
    for (row, (&cluster, ad)) in clusters.iter().zip(all).enumerate().skip(known) {
        if labelled.contains(&cluster) || ids.contains(ad.id.as_str()) {
            found.known += 1;
        } else if analysed.get(row).is_none_or(|analysis| analysis.lang() == Lang::Other) {
            found.unsupported += 1;
        } else if met.insert(cluster) {
            open.push(row);
        } else {
            found.repeated += 1;
        }
    }
    open
}
