//! Measures a model on labelled ads, and against another model: what [`super::evaluation`] shows.

use rayon::prelude::*;

use super::evaluation::{Against, Disagreement, Evaluation, SetDifference, WorstError};
use crate::ad::Lang;
use crate::features::dense;
use crate::label::{LabeledAd, VAGUE};
use crate::learn::baseline::BaselineRow;
use crate::learn::figures::figures;
use crate::learn::groups::{Member, groups};
use crate::learn::paired::differences;
use crate::learn::phrases::without_phrases;
use crate::learn::scored::ScoredRow;
use crate::learn::summary::FEWEST;
use crate::score::{Scorer, Scratch};
use crate::text::Analyzer;

/// How many of the worst errors are explained, and by how many columns each.
const WORST: usize = 20;
const COLUMNS: usize = 6;

/// The labelled ads of all files in one line, with the part of it that each set is.
struct Ads {
    rows: Vec<LabeledAd>,
    groups: Vec<usize>,
    /// Names with the places of their rows; all ads first when there are several sets.
    sets: Vec<(String, Vec<usize>)>,
}

/// The figures of `scorer` on sets of labelled ads, each with its name, and on each language where that is a part of them; and
/// all ads scored, in order. With `other` also how that model differs on the same ads.
pub fn measure(
    sets: Vec<(String, Vec<LabeledAd>)>,
    scorer: &Scorer,
    other: Option<&Scorer>,
) -> (Evaluation, Vec<ScoredRow>) {
    let notes = trained_on(&sets, [Some(scorer), other]);
    let ads = Ads::new(sets, &scorer.model().analyzer);
    let scored = score(&ads, scorer);
    let config = &scorer.model().config;
    let heads: Vec<&str> = config.heads.iter().map(|head| head.name.as_str()).collect();
    let sets = ads.sets.iter().map(|(name, places)| figures(name, &pick(&scored, places), &heads, &config.decision));
    let sets: Vec<_> = sets.collect();
    let (scored, masked) = mask(&ads, scored, scorer);
    let without = ads
        .sets
        .iter()
        .map(|(name, places)| without_phrases(name, &pick(&scored, places), &pick(&masked, places), &heads));
    let found = Evaluation {
        model: scorer.model().id(),
        notes,
        sets,
        without_phrases: without.collect(),
        against: other.map(|other| against(&ads, &scored, scorer, other)),
        promotion: None,
        worst: worst(&ads, &scored, scorer),
    };
    (found, scored)
}

impl Ads {
    fn new(files: Vec<(String, Vec<LabeledAd>)>, analyzer: &Analyzer) -> Ads {
        let several = files.len() > 1;
        let mut sets = Vec::new();
        let mut rows: Vec<LabeledAd> = Vec::new();
        for (file, part) in files {
            sets.push((file, (rows.len()..rows.len() + part.len()).collect::<Vec<_>>()));
            rows.extend(part);
        }
        let langs: Vec<Lang> = rows.par_iter().map(|row| analyzer.analyze(row.ad.plain()).lang()).collect();
        for (lang, name) in [(Lang::He, "Hebrew"), (Lang::En, "English"), (Lang::Mixed, "Hebrew and English mixed")] {
            let places: Vec<usize> = (0..rows.len()).filter(|&row| langs.get(row) == Some(&lang)).collect();
            let known = sets.iter().any(|(_, of)| *of == places);
            if places.len() >= FEWEST && places.len() < rows.len() && !known {
                sets.push((name.to_owned(), places));
            }
        }
        if several {
            sets.insert(0, ("all ads".to_owned(), (0..rows.len()).collect()));
        }
        let members: Vec<Member<'_>> =
            rows.iter().map(|row| Member { plain: row.ad.plain(), company: &row.ad.company }).collect();
        let groups = groups(&members, analyzer);
        Ads { rows, groups, sets }
    }
}

fn pick<'r>(rows: &'r [ScoredRow], places: &[usize]) -> Vec<&'r ScoredRow> {
    places.iter().filter_map(|&place| rows.get(place)).collect()
}

/// What must be said when a model has learned from the ads it is measured on.
fn trained_on(sets: &[(String, Vec<LabeledAd>)], scorers: [Option<&Scorer>; 2]) -> Vec<String> {
    let mut notes = Vec::new();
    for (file, rows) in sets {
        for model in scorers.into_iter().flatten().map(Scorer::model) {
            let known = rows.iter().filter(|row| model.seen.binary_search(&row.ad.fingerprint()).is_ok()).count();
            if known > 0 {
                let (id, all) = (model.id(), rows.len());
                notes.push(format!(
                    "{id} was trained on {known} of these {all} ads of {file}: figures on them say little"
                ));
            }
        }
    }
    notes
}

fn score(ads: &Ads, scorer: &Scorer) -> Vec<ScoredRow> {
    let names = dense::names(&scorer.model().rubric);
    let config = &scorer.model().config;
    ads.rows
        .par_iter()
        .zip(&ads.groups)
        .map_init(Scratch::default, |scratch, (row, &group)| {
            let probabilities = scorer.probabilities(&row.ad, scratch);
            let (measures, words) = scorer.measured(scratch);
            let baseline = BaselineRow::new(words, &names, measures);
            let simple = || config.heads.iter().map(|head| &head.baselines);
            let scored = ScoredRow {
                labels: row.labels.clone(),
                words,
                group,
                length: simple().map(|simple| simple.length.probability(&[baseline.length])).collect(),
                lexicon: simple().map(|simple| simple.lexicon.probability(&baseline.lexicon)).collect(),
                probabilities,
                ..ScoredRow::default()
            };
            scored.decided(&config.heads, &config.decision)
        })
        .collect()
}

/// The rows with the number of their lexicon phrases, and the same rows judged without them.
fn mask(ads: &Ads, mut rows: Vec<ScoredRow>, scorer: &Scorer) -> (Vec<ScoredRow>, Vec<ScoredRow>) {
    let config = &scorer.model().config;
    let masked = ads
        .rows
        .par_iter()
        .zip(&mut rows)
        .map_init(Scratch::default, |scratch, (row, scored)| {
            let (phrases, probabilities) = scorer.without_phrases(&row.ad, scratch);
            scored.phrases = phrases;
            ScoredRow { probabilities, ..scored.clone() }.decided(&config.heads, &config.decision)
        })
        .collect();
    (rows, masked)
}

/// Compares with another model, set by set, and lists the ads whose verdicts differ.
fn against(ads: &Ads, scored: &[ScoredRow], scorer: &Scorer, other: &Scorer) -> Against {
    let theirs = score(ads, other);
    let heads: Vec<(&str, usize, usize)> = scorer
        .model()
        .config
        .heads
        .iter()
        .enumerate()
        .filter_map(|(place, head)| Some((head.name.as_str(), place, other.model().head(&head.name)?)))
        .collect();
    let sets = ads.sets.iter().map(|(name, places)| SetDifference {
        name: name.clone(),
        heads: differences(&pick(scored, places), &pick(&theirs, places), &heads),
    });
    let vague = |row: &ScoredRow, scorer: &Scorer| {
        scorer.model().head(VAGUE).and_then(|place| row.probabilities.get(place)).copied().unwrap_or(0.0)
    };
    let differ = ads.rows.iter().zip(scored).zip(&theirs).filter(|((_, this), other)| this.call != other.call);
    let verdicts_that_differ = differ
        .map(|((row, this), theirs)| Disagreement {
            id: row.ad.id.clone(),
            title: row.ad.title().to_owned(),
            label: row.labels.get(VAGUE),
            vagueness: row.labels.vagueness,
            this: (this.call, vague(this, scorer)),
            other: (theirs.call, vague(theirs, other)),
        })
        .collect();
    Against { model: other.model().id(), sets: sets.collect(), verdicts_that_differ }
}

/// The ads whose stated probability is farthest on the wrong side, explained.
fn worst(ads: &Ads, scored: &[ScoredRow], scorer: &Scorer) -> Vec<WorstError> {
    let Some(place) = scorer.model().head(VAGUE) else { return Vec::new() };
    let mut wrong: Vec<(f64, &LabeledAd, bool, f64)> = ads
        .rows
        .iter()
        .zip(scored)
        .filter_map(|(row, scored)| {
            let (label, p) = (row.labels.get(VAGUE)?, *scored.probabilities.get(place)?);
            let miss = if label { 1.0 - p } else { p };
            (scored.said.get(place) != Some(&label)).then_some((miss, row, label, p))
        })
        .collect();
    wrong.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut scratch = Scratch::default();
    let explained = wrong.into_iter().take(WORST).map(|(_, row, label, p)| WorstError {
        id: row.ad.id.clone(),
        title: row.ad.title().to_owned(),
        label,
        vagueness: row.labels.vagueness,
        p,
        columns: scorer
            .explain(&row.ad, &mut scratch)
            .into_iter()
            .filter(|head| head.head == VAGUE)
            .flat_map(|head| head.contributions.into_iter().take(COLUMNS))
            .map(|contribution| (contribution.column, contribution.amount))
            .collect(),
    });
    explained.collect()
}
