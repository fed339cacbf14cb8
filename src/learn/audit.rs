//! Which labels look wrong: confident learning on out-of-fold probabilities, with the evidence for the other label.
//!
//! Every row is judged by a model that saw neither it nor its group. Beside the text, what the same reader said of the
//! other heads speaks for or against a label: an ad with five faults is hardly concrete. Rows of a fixed test split, where they
//! are asked for, are judged by a model of the other rows and have no part in any threshold: what is done to training labels
//! must not hang on them.

use super::agreement::Agreement;
use super::confident::{Confident, confident};
use super::conflicts::{Conflict, Located, conflicts};
use super::evidence::{FoldModels, Reading, Weighed};
use super::job::Job;
use super::learned::choose;
use super::train::TrainSettings;
use crate::ad::Ad;
use crate::error::Result;
use crate::label::{LabeledAd, Split};
use crate::model::config::sigmoid;

/// How to audit.
#[derive(Clone, Debug)]
pub struct AuditSettings {
    /// How the heads are learned; the checks of training are not made.
    pub train: TrainSettings,
    /// Whether the text alone speaks, and not what was said of the other heads.
    pub text_only: bool,
    /// Suspects of one head that are explained and listed at most.
    pub most: usize,
}

/// What the audit found.
#[derive(Clone, Debug)]
pub struct Audit {
    /// One entry a head, in the fixed order.
    pub heads: Vec<HeadAudit>,
    /// Suspects of all heads, the least probable label first.
    pub suspects: Vec<Suspect>,
    /// Ads of the same words, or nearly so, with different labels.
    pub conflicts: Vec<Conflict>,
    /// Heads left out, and the like.
    pub warnings: Vec<String>,
}

/// The labels of one head.
#[derive(Clone, Debug)]
pub struct HeadAudit {
    /// The head.
    pub head: String,
    /// Rows of the audit's input with a label for it, by place; the order of the figures in `confident`.
    pub rows: Vec<usize>,
    /// Their labels.
    pub labels: Vec<bool>,
    /// The out-of-fold probability of yes, 0 to 1.
    pub p: Vec<f64>,
    /// What they look like.
    pub confident: Confident,
}

/// A row of a fixed test split, which is judged and has no part in anything else.
#[derive(Clone, Debug)]
pub struct Tested {
    /// The labelled file it stands in, without folders.
    pub file: String,
    /// The ad with its labels.
    pub item: LabeledAd,
}

/// Whether a person has confirmed the label of a head: the ad, its labelled file without folders, the head.
pub type Seen<'s> = dyn Fn(&LabeledAd, &str, &str) -> bool + 's;

/// A label that looks wrong.
#[derive(Clone, Debug)]
pub struct Suspect {
    /// The head.
    pub head: String,
    /// The row in the audit's input.
    pub row: usize,
    /// The ad.
    pub ad: Ad,
    /// The labelled file it stands in, without folders.
    pub file: String,
    /// Its part of a fixed split.
    pub split: Option<Split>,
    /// The label that was given.
    pub given: bool,
    /// The probability of that label, 0 to 1.
    pub p_given: f64,
    /// What in the text speaks most for the other label: words or measures, with what they add to the margin, largest first.
    pub evidence: Vec<Weighed>,
    /// What was said of other heads that speaks most for the other label, with what it adds.
    pub other_labels: Vec<Weighed>,
}

/// Audits the labels of `job`, and those of the rows `test`, which nothing is learned from.
///
/// `seen` says of a row and head whether its label was confirmed by a person already; such labels are learned from but not listed.
///
/// # Errors
/// `Training` when a fold leaves one class only.
pub fn audit(
    job: &Job,
    test: &[Tested],
    settings: &AuditSettings,
    seen: &Seen<'_>,
    done: &(dyn Fn() + Sync),
) -> Result<Audit> {
    let task = job.task(&settings.train.fit);
    let everything: Vec<usize> = (0..job.rows.len()).collect();
    let folds = &job.prepared.folds;
    let choice = choose(&task, &everything, folds, settings.train.promise(), done)?;
    let files = |source: usize| job.sources.get(source).map_or("", |file| file.name.as_str());
    let of_job = job.rows.iter().map(|row| Located { item: &row.item, file: files(row.source) });
    let located: Vec<Located<'_>> =
        of_job.chain(test.iter().map(|row| Located { item: &row.item, file: &row.file })).collect();
    let rows: Vec<&LabeledAd> = located.iter().map(|row| row.item).collect();
    let mut models = FoldModels::new(job, &settings.train, &choice);
    let tested = models.score(&test.iter().map(|row| &row.item.ad).collect::<Vec<_>>())?;
    let mut heads = Vec::new();
    let mut suspects = Vec::new();
    for (place, name) in task.heads.iter().enumerate() {
        let probability = |row: usize| -> f64 {
            let scored = choice.out_of_fold.get(row).map(|row| &row.probabilities);
            let scored = scored.or_else(|| tested.get(row.checked_sub(job.rows.len())?));
            scored.and_then(|all| all.get(place)).copied().unwrap_or(0.5)
        };
        let labelled: Vec<(usize, bool)> =
            rows.iter().enumerate().filter_map(|(row, item)| Some((row, item.labels.get(name)?))).collect();
        let learned = labelled.partition_point(|&(row, _)| row < job.rows.len());
        let mut p: Vec<f64> = labelled.iter().map(|&(row, _)| probability(row)).collect();
        let agreement = (!settings.text_only).then(|| Agreement::new(name, &task, &labelled, learned, &p, &rows));
        let agreement = agreement.transpose()?.flatten();
        if let Some(agreement) = &agreement {
            p = agreement.margins.iter().map(|&margin| sigmoid(margin)).collect();
        }
        let labels: Vec<bool> = labelled.iter().map(|&(_, label)| label).collect();
        let (known, new) = (labels.get(..learned), p.get(..learned));
        let Some(mut found) = known.zip(new).and_then(|(labels, p)| confident(labels, p)) else { continue };
        for (&label, &p) in labels.iter().zip(&p).skip(learned) {
            let [no, yes] = found.thresholds;
            let (own, other) = if label { (p, 1.0 - p >= no) } else { (1.0 - p, p >= yes) };
            found.quality.push(own);
            found.suspect.push(other && own < 0.5);
        }
        let mut chosen: Vec<(f64, usize)> = found
            .quality
            .iter()
            .zip(&found.suspect)
            .enumerate()
            .filter(|(_, (_, suspect))| **suspect)
            .map(|(at, (&quality, _))| (quality, at))
            .collect();
        chosen.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let open = chosen.into_iter().filter_map(|(quality, at)| {
            let &(row, given) = labelled.get(at)?;
            let one = located.get(row)?;
            (!seen(one.item, one.file, name)).then_some((quality, at, row, given, one))
        });
        for (p_given, at, row, given, Located { item, file }) in open.take(settings.most) {
            suspects.push(Suspect {
                head: name.clone(),
                row,
                ad: item.ad.clone(),
                file: (*file).to_owned(),
                split: item.split,
                given,
                p_given,
                evidence: Vec::new(),
                other_labels: agreement.as_ref().map_or_else(Vec::new, |found| found.against(at, given)),
            });
        }
        heads.push(HeadAudit {
            head: name.clone(),
            rows: labelled.iter().map(|&(row, _)| row).collect(),
            labels,
            p,
            confident: found,
        });
    }
    suspects.sort_by(|a, b| a.p_given.total_cmp(&b.p_given).then(a.row.cmp(&b.row)).then(a.head.cmp(&b.head)));
    let readings: Vec<Reading<'_>> = suspects
        .iter()
        .filter_map(|one| {
            let fold = folds.get(one.row).copied();
            Some(Reading { ad: &rows.get(one.row)?.ad, fold, head: &one.head, wanted: !one.given })
        })
        .collect();
    let evidence = models.evidence(&readings)?;
    for (suspect, evidence) in suspects.iter_mut().zip(evidence) {
        suspect.evidence = evidence;
    }
    Ok(Audit {
        conflicts: conflicts(&located, &task.prepared.analyzer, seen),
        heads,
        suspects,
        warnings: job.warnings.clone(),
    })
}
