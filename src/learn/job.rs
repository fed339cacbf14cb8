//! Labelled files made ready to learn from: rows, columns, groups, folds, and the heads that have enough labels.
//!
//! Training, the audit of labels and the choice of what to label next all start from one.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::baseline::BaselineRow;
use super::cross::{FitSettings, Task};
use super::prepare::{Prepared, Sources, TrainingRow, prepare};
use super::train::TrainSettings;
use super::warm::Warm;
use crate::ad::Ad;
use crate::error::{Error, ErrorKind, Result};
use crate::features::dense;
use crate::label::{HEADS, LabeledAd, VAGUE};
use crate::model::Model;
use crate::model::config::{TrainingSource, UnlabeledSource};

/// A training file with its rows.
#[derive(Clone, Debug)]
pub struct LabeledSource {
    /// Its name, without folders.
    pub name: String,
    /// How much each row counts.
    pub weight: f64,
    /// Whether its rows have an intercept and dense columns of their own.
    pub apart: bool,
    /// Its rows.
    pub rows: Vec<LabeledAd>,
}

/// A file of ads without labels, which lend their texts to the word vectors.
#[derive(Clone, Debug)]
pub struct UnlabeledAds {
    /// Its name, without folders.
    pub name: String,
    /// Its ads.
    pub ads: Vec<Ad>,
}

/// Everything that is learned from.
pub struct Job {
    /// The rows of all files, in order of the files.
    pub rows: Vec<TrainingRow>,
    /// The same, analysed.
    pub prepared: Prepared,
    /// The inputs of the simpler models, one a row.
    pub baselines: Vec<BaselineRow>,
    /// The heads that can be learned, in their fixed order.
    pub heads: Vec<String>,
    /// What is told of the labelled files.
    pub sources: Vec<TrainingSource>,
    /// What is told of the files without labels.
    pub unlabeled: Vec<UnlabeledSource>,
    /// Fingerprints of the labelled ads, ascending, each once.
    pub seen: Vec<u64>,
    /// Groups of rows.
    pub group_count: usize,
    /// The model that heads start from.
    pub warm: Option<Warm>,
    /// Heads left out, and why.
    pub warnings: Vec<String>,
}

impl Job {
    /// Analyses, groups and deals the rows of `sources` into folds; heads start from the model `from`, if there is one.
    ///
    /// Ads of `unlabeled` whose text a row of `sources` has too are left out of it: texts should not count twice.
    ///
    /// # Errors
    /// `Training` when there is too little to learn from: the vague head lacks a class, fewer groups than folds. `Model` when `from`
    /// has other lexicons or token tables.
    pub fn new(
        sources: Vec<LabeledSource>,
        unlabeled: Vec<UnlabeledAds>,
        settings: &TrainSettings,
        from: Option<Model>,
    ) -> Result<Job> {
        let TrainSettings { fit, folds, seed, .. } = settings;
        let (folds, seed) = (*folds, *seed);
        let described = sources.iter().map(describe).collect();
        let mut rows = Vec::new();
        for (source, part) in sources.into_iter().enumerate() {
            let (weight, apart) = (part.weight, part.apart);
            rows.extend(part.rows.into_iter().map(|item| TrainingRow { item, source, weight, apart }));
        }
        let mut warnings = Vec::new();
        let heads = learnable(&rows, folds, &mut warnings)?;
        let mut seen: Vec<u64> = rows.iter().map(|row| row.item.ad.fingerprint()).collect();
        seen.sort_unstable();
        seen.dedup();
        let (unlabeled, texts) = unseen(unlabeled, &seen);
        let spec = from.as_ref().map_or(&fit.space, |model| &model.config.space);
        let lexicons = settings.rubric.as_deref();
        let brought = Sources { rubric: lexicons, from: from.as_ref() };
        let prepared = prepare(&rows, &texts, spec, folds, seed, brought)?;
        let warm = from.map(|model| Warm::new(model, &rows, &prepared)).transpose()?;
        if let Some(warm) = &warm {
            if warm.parent.rows_known > 0 {
                warnings.push(format!(
                    "{} of the {} rows were learned from by the model that is started from: figures on them are kind",
                    warm.parent.rows_known,
                    rows.len()
                ));
            }
            seen.extend(&warm.seen);
            seen.sort_unstable();
            seen.dedup();
        }
        let group_count = prepared.groups.iter().max().map_or(0, |&last| last + 1);
        if group_count < folds {
            let text = format!(
                "{folds} folds need at least as many groups of rows (an employer, near-duplicates), found {group_count}"
            );
            return Err(Error::new(ErrorKind::Training, text));
        }
        let baselines = baseline_rows(&prepared);
        Ok(Job { rows, prepared, baselines, heads, sources: described, unlabeled, seen, group_count, warm, warnings })
    }

    /// What is to be learned with the settings `fit`.
    pub fn task<'j>(&'j self, fit: &'j FitSettings) -> Task<'j> {
        let Job { rows, prepared, baselines, heads, warm, .. } = self;
        Task { prepared, rows, baselines, heads, fit, warm: warm.as_ref(), without: None }
    }
}

/// With fewer rows of a class than this, figures are told to be shaky.
const FEW: usize = 30;

/// The reasons beside the six that some row has a label for, by name.
fn own_reasons<'r>(rows: impl Iterator<Item = &'r LabeledAd>) -> BTreeSet<String> {
    let heads = rows.flat_map(|row| row.labels.heads());
    heads.filter(|head| !HEADS.contains(head)).map(str::to_owned).collect()
}

/// The heads with enough rows of both classes, in their fixed order.
fn learnable(rows: &[TrainingRow], folds: usize, warnings: &mut Vec<String>) -> Result<Vec<String>> {
    let mut heads = Vec::new();
    let mut seen = Vec::new();
    let mut silent = Vec::new();
    for head in HEADS.into_iter().map(str::to_owned).chain(own_reasons(rows.iter().map(|row| &row.item))) {
        let head = head.as_str();
        let labels: Vec<bool> = rows.iter().filter_map(|row| row.item.labels.get(head)).collect();
        let positives = labels.iter().filter(|&&label| label).count();
        let negatives = labels.len() - positives;
        seen.push(format!("{head} {positives} yes, {negatives} no"));
        if positives >= folds && negatives >= folds {
            if positives.min(negatives) < FEW {
                warnings.push(format!(
                    "head `{head}` has {positives} rows that say yes and {negatives} that say no: with fewer than {FEW} of either, its threshold and figures follow a few ads"
                ));
            }
            heads.push(head.to_owned());
        } else if labels.is_empty() {
            silent.push(format!("`{head}`"));
        } else {
            warnings.push(format!(
                "head `{head}` is left out: it needs at least {folds} rows of either class, has {positives} yes and {negatives} no"
            ));
        }
    }
    if !silent.is_empty() {
        warnings.push(format!("no row has a label for {}: left out", silent.join(", ")));
    }
    if !heads.iter().any(|head| head == VAGUE) {
        let text = format!(
            "training needs at least {folds} ads labelled vague and {folds} labelled concrete; found: {}",
            seen.join("; ")
        );
        return Err(Error::new(ErrorKind::Training, text));
    }
    Ok(heads)
}

fn baseline_rows(prepared: &Prepared) -> Vec<BaselineRow> {
    let names = dense::names(&prepared.rubric);
    (0..prepared.corpus.len())
        .map(|row| BaselineRow::new(prepared.corpus.tokens(row), &names, prepared.corpus.dense(row)))
        .collect()
}

/// SHA-256 over the identifiers, texts and labels of rows: the same rows, the same digest.
fn digest(rows: &[LabeledAd]) -> String {
    let mut hash = Sha256::new();
    let own = own_reasons(rows.iter());
    for row in rows {
        for part in [&row.ad.id, row.ad.plain()] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        for head in HEADS {
            hash.update([row.labels.get(head).map_or(2, u8::from)]);
        }
        for head in &own {
            hash.update([row.labels.get(head).map_or(2, u8::from)]);
        }
    }
    own.iter().for_each(|head| hash.update(head.as_bytes()));
    hexadecimal(&hash.finalize())
}

/// The ads of all files whose texts are neither among `seen` nor in a file before, and what is told of the files.
fn unseen(files: Vec<UnlabeledAds>, seen: &[u64]) -> (Vec<UnlabeledSource>, Vec<Ad>) {
    let mut taken: BTreeSet<u64> = seen.iter().copied().collect();
    let (mut described, mut texts) = (Vec::with_capacity(files.len()), Vec::new());
    for file in files {
        let mut hash = Sha256::new();
        let before = texts.len();
        for ad in file.ads {
            if taken.insert(ad.fingerprint()) {
                for part in [ad.id.as_str(), ad.plain()] {
                    hash.update(part.as_bytes());
                    hash.update([0]);
                }
                texts.push(ad);
            }
        }
        let digest = hexadecimal(&hash.finalize());
        described.push(UnlabeledSource { name: file.name, ads: texts.len() - before, digest });
    }
    (described, texts)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn describe(source: &LabeledSource) -> TrainingSource {
    TrainingSource {
        name: source.name.clone(),
        rows: source.rows.len(),
        weight: source.weight,
        apart: source.apart,
        digest: digest(&source.rows),
    }
}
