//! The figures of a set of labelled, scored ads: what `train`, `evaluate` and the model card report.
//!
//! Beside every figure stand the number of rows, the prevalence, an interval by groups, and the same figure for length
//! alone and lexicons alone; the majority has AUC 0.5 and kappa 0 by definition, and its accuracy is given.

use serde::Serialize;

use super::bootstrap::{Estimate, Resamples};
use super::metrics::{Confusion, Ranking, brier, calibration_noise};
use super::scored::{Call, ScoredRow};
use crate::label::{SCOPE, VAGUE};
use crate::model::Decision;

/// Bins of a reliability table.
const BINS: usize = 10;

/// The figures of one set of ads.
#[derive(Clone, Debug, Serialize)]
pub struct SetFigures {
    /// What the set is.
    pub name: String,
    /// Rows in it.
    pub n: usize,
    /// Groups of rows (one employer, near-duplicates), the units that intervals draw.
    pub groups: usize,
    /// One entry a head that has labels of both classes.
    pub heads: Vec<HeadFigures>,
    /// The mean AUC of the reasons that have one.
    pub reason_macro_auc: Option<f64>,
    /// The mean kappa of the reasons that have one.
    pub reason_macro_kappa: Option<f64>,
    /// Rank correlation of p_vague with the 1 to 5 scale.
    pub spearman: Option<Estimate>,
    /// The vague head without the ads rated 3, on which readers themselves waver.
    pub without_borderline: Option<Part>,
    /// The vague head on the ads rated 3 alone.
    pub borderline: Option<Part>,
    /// The vague head within quarters by length, shortest first.
    pub by_length: Vec<LengthBand>,
    /// How the three-way verdict fares, beside what the model states.
    pub verdict: Option<VerdictFigures>,
}

/// The figures of one head.
#[derive(Clone, Debug, Serialize)]
pub struct HeadFigures {
    /// Its name.
    pub head: String,
    /// Rows with a label for it.
    pub n: usize,
    /// The share of positives.
    pub prevalence: f64,
    /// Area under the ROC curve.
    pub auc: Estimate,
    /// The same from the number of words alone.
    pub length_auc: Estimate,
    /// The same from the lexicons alone.
    pub lexicon_auc: Estimate,
    /// Average precision.
    pub average_precision: Estimate,
    /// Mean squared error of the probability.
    pub brier: Estimate,
    /// Expected calibration error, ten bins of equal count.
    pub calibration_error: f64,
    /// What a perfectly calibrated head would show on as many rows.
    pub calibration_noise: f64,
    /// The bins of the calibration error.
    pub reliability: Vec<Bin>,
    /// Cohen's kappa of the decision.
    pub kappa: Estimate,
    /// The same from the number of words alone, at the threshold that was best where it was fitted.
    pub length_kappa: Estimate,
    /// The same from the lexicons alone.
    pub lexicon_kappa: Estimate,
    /// F1 of the positive class.
    pub f1: Estimate,
    /// Precision of the positive class.
    pub precision: Estimate,
    /// Recall of the positive class.
    pub recall: Estimate,
    /// Share of right decisions.
    pub accuracy: Estimate,
    /// Share of right decisions of always saying the more frequent class.
    pub majority_accuracy: f64,
    /// The share decided positive less the prevalence.
    pub flagged_less_prevalence: Estimate,
    /// The four cells of the decision.
    pub confusion: Confusion,
}

/// One bin of a reliability table.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bin {
    /// The mean probability stated.
    pub stated: f64,
    /// The share of positives found.
    pub found: f64,
    /// Rows.
    pub n: usize,
}

/// The vague head on a part of a set.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Part {
    /// Rows.
    pub n: usize,
    /// The share of vague ads.
    pub prevalence: f64,
    /// Area under the ROC curve.
    pub auc: Estimate,
    /// Cohen's kappa.
    pub kappa: Estimate,
}

/// The vague head within a quarter of a set.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LengthBand {
    /// The fewest words.
    pub from: u32,
    /// The most words.
    pub to: u32,
    /// Rows.
    pub n: usize,
    /// The share of vague ads.
    pub prevalence: f64,
    /// Area under the ROC curve, where both classes occur.
    pub auc: Option<Estimate>,
    /// The same from the number of words alone.
    pub length_auc: Option<f64>,
}

/// How often the verdict is `vague`, `concrete` or `unsure`, and how often the first two are wrong.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VerdictFigures {
    /// The share of ads labelled vague.
    pub prevalence: f64,
    /// Share called vague.
    pub vague: Estimate,
    /// Share called concrete.
    pub concrete: f64,
    /// Share left unsure.
    pub unsure: f64,
    /// Share not left unsure.
    pub coverage: Estimate,
    /// The coverage the model states; 0 when it states none.
    pub stated_coverage: f64,
    /// Of those called vague, the share labelled concrete.
    pub vague_error: Option<Estimate>,
    /// The most it should be.
    pub stated_vague_error: f64,
    /// Of those called concrete, the share labelled vague.
    pub concrete_error: Option<Estimate>,
    /// The most it should be.
    pub stated_concrete_error: f64,
    /// The share called vague less the prevalence.
    pub vague_less_prevalence: Estimate,
}

/// Computes all figures of `rows`; `heads` are the names in the order of their probabilities, `decision` is what the
/// model states of its verdict.
pub fn figures(name: &str, rows: &[&ScoredRow], heads: &[&str], decision: &Decision) -> SetFigures {
    let groups: Vec<usize> = rows.iter().map(|row| row.group).collect();
    let draws = Resamples::new(&groups);
    let found: Vec<HeadFigures> =
        heads.iter().enumerate().filter_map(|(place, head)| head_figures(head, place, rows, &draws)).collect();
    let reasons: Vec<&HeadFigures> = found.iter().filter(|head| head.head != VAGUE && head.head != SCOPE).collect();
    let mean = |figure: fn(&HeadFigures) -> f64| {
        (!reasons.is_empty()).then(|| reasons.iter().map(|head| figure(head)).sum::<f64>() / reasons.len() as f64)
    };
    let vague = heads.iter().position(|&head| head == VAGUE);
    let part = |keep: &dyn Fn(&ScoredRow) -> bool| Column::new(VAGUE, vague?, rows, keep).part(&draws);
    SetFigures {
        name: name.to_owned(),
        n: rows.len(),
        groups: draws.groups,
        reason_macro_auc: mean(|head| head.auc.value),
        reason_macro_kappa: mean(|head| head.kappa.value),
        spearman: vague.and_then(|place| scale_correlation(place, rows, &draws)),
        without_borderline: part(&|row| row.labels.vagueness != Some(3)),
        borderline: part(&|row| row.labels.vagueness == Some(3)),
        by_length: vague.map(|place| by_length(place, rows, &draws)).unwrap_or_default(),
        verdict: vague.and_then(|place| verdicts(&Column::new(VAGUE, place, rows, &|_| true), rows, decision, &draws)),
        heads: found,
    }
}

/// The labelled rows of one head, side by side.
pub struct Column {
    /// The place of each row in the set.
    pub places: Vec<usize>,
    /// Labels.
    pub targets: Vec<bool>,
    /// Probabilities.
    pub scores: Vec<f64>,
    /// Decisions.
    pub said: Vec<bool>,
    length: Vec<f64>,
    lexicon: Vec<f64>,
    length_said: Vec<bool>,
    lexicon_said: Vec<bool>,
}

impl Column {
    /// The rows among `rows` that `keep` keeps and that have a label for `head`, whose probability stands at `place`.
    pub fn new(head: &str, place: usize, rows: &[&ScoredRow], keep: &dyn Fn(&ScoredRow) -> bool) -> Column {
        let labelled: Vec<(usize, bool, &ScoredRow)> = rows
            .iter()
            .enumerate()
            .filter(|(_, row)| keep(row) && place < row.probabilities.len())
            .filter_map(|(index, row)| Some((index, row.labels.get(head)?, *row)))
            .collect();
        let number = |of: fn(&ScoredRow) -> &Vec<f64>| -> Vec<f64> {
            labelled.iter().map(|(_, _, row)| of(row).get(place).copied().unwrap_or(0.5)).collect()
        };
        let flag = |of: fn(&ScoredRow) -> &Vec<bool>| -> Vec<bool> {
            labelled.iter().map(|(_, _, row)| of(row).get(place).copied().unwrap_or(false)).collect()
        };
        Column {
            places: labelled.iter().map(|&(index, _, _)| index).collect(),
            targets: labelled.iter().map(|&(_, target, _)| target).collect(),
            scores: number(|row| &row.probabilities),
            said: flag(|row| &row.said),
            length: number(|row| &row.length),
            lexicon: number(|row| &row.lexicon),
            length_said: flag(|row| &row.length_said),
            lexicon_said: flag(|row| &row.lexicon_said),
        }
    }

    /// The share of positives.
    pub fn prevalence(&self) -> f64 {
        share(self.targets.iter().filter(|&&target| target).count(), self.targets.len())
    }

    /// Probabilities from length alone.
    pub fn length(&self) -> &[f64] {
        &self.length
    }

    /// Probabilities from the lexicons alone.
    pub fn lexicon(&self) -> &[f64] {
        &self.lexicon
    }

    /// How often each row of the column stands in a sample of the set.
    pub fn counts(&self, sample: &[u32]) -> Vec<u32> {
        self.places.iter().map(|&place| sample.get(place).copied().unwrap_or(0)).collect()
    }

    fn auc_of(&self, scores: &[f64], draws: &Resamples) -> Option<Estimate> {
        let ranking = Ranking::new(scores);
        draws.estimate(|sample| ranking.auc(&self.targets, &self.counts(sample)))
    }

    fn decision(&self, said: &[bool], draws: &Resamples, figure: fn(&Confusion) -> f64) -> Option<Estimate> {
        draws.estimate(|sample| Some(figure(&Confusion::of(said, &self.targets, &self.counts(sample)))))
    }

    /// The figures of its rows; none where they are of one class.
    pub(super) fn part(&self, draws: &Resamples) -> Option<Part> {
        Some(Part {
            n: self.targets.len(),
            prevalence: self.prevalence(),
            auc: self.auc_of(&self.scores, draws)?,
            kappa: self.decision(&self.said, draws, Confusion::kappa)?,
        })
    }
}

fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

fn head_figures(head: &str, place: usize, rows: &[&ScoredRow], draws: &Resamples) -> Option<HeadFigures> {
    let column = Column::new(head, place, rows, &|_| true);
    let (targets, scores) = (&column.targets, &column.scores);
    let auc = column.auc_of(scores, draws)?;
    let ranking = Ranking::new(scores);
    let (calibration_error, bins) = ranking.calibration(scores, targets, BINS);
    let decision = |figure| column.decision(&column.said, draws, figure);
    let prevalence = column.prevalence();
    Some(HeadFigures {
        head: head.to_owned(),
        n: targets.len(),
        prevalence,
        auc,
        length_auc: column.auc_of(&column.length, draws)?,
        lexicon_auc: column.auc_of(&column.lexicon, draws)?,
        average_precision: draws.estimate(|sample| ranking.average_precision(targets, &column.counts(sample)))?,
        brier: draws.estimate(|sample| Some(brier(scores, targets, &column.counts(sample))))?,
        calibration_error,
        calibration_noise: calibration_noise(scores, BINS, 100, 1),
        reliability: bins.into_iter().map(|(stated, found, n)| Bin { stated, found, n }).collect(),
        kappa: decision(Confusion::kappa)?,
        length_kappa: column.decision(&column.length_said, draws, Confusion::kappa)?,
        lexicon_kappa: column.decision(&column.lexicon_said, draws, Confusion::kappa)?,
        f1: decision(Confusion::f1)?,
        precision: decision(Confusion::precision)?,
        recall: decision(Confusion::recall)?,
        accuracy: decision(Confusion::accuracy)?,
        majority_accuracy: prevalence.max(1.0 - prevalence),
        flagged_less_prevalence: decision(Confusion::excess)?,
        confusion: Confusion::of(&column.said, targets, &vec![1; targets.len()]),
    })
}

fn scale_correlation(vague: usize, rows: &[&ScoredRow], draws: &Resamples) -> Option<Estimate> {
    let rated: Vec<(usize, f64, f64)> = rows
        .iter()
        .enumerate()
        .filter_map(|(index, row)| Some((index, *row.probabilities.get(vague)?, f64::from(row.labels.vagueness?))))
        .collect();
    let scores = Ranking::new(&rated.iter().map(|&(_, score, _)| score).collect::<Vec<_>>());
    let scale = Ranking::new(&rated.iter().map(|&(_, _, scale)| scale).collect::<Vec<_>>());
    draws.estimate(|sample| {
        let counts: Vec<u32> = rated.iter().map(|&(place, _, _)| sample.get(place).copied().unwrap_or(0)).collect();
        scores.spearman(&scale, &counts)
    })
}

fn by_length(vague: usize, rows: &[&ScoredRow], draws: &Resamples) -> Vec<LengthBand> {
    let mut sorted: Vec<(u32, usize)> = rows.iter().map(|row| row.words).zip(0..).collect();
    sorted.sort_unstable();
    let quarter_of = |quarter: usize| sorted.get(quarter * sorted.len() / 4..(quarter + 1) * sorted.len() / 4);
    (0..4)
        .filter_map(quarter_of)
        .filter_map(|quarter| {
            let mut members: Vec<usize> = quarter.iter().map(|&(_, row)| row).collect();
            members.sort_unstable();
            let mut column = Column::new(VAGUE, vague, rows, &|_| true);
            column.retain(|place| members.binary_search(&place).is_ok());
            Some(LengthBand {
                from: quarter.first()?.0,
                to: quarter.last()?.0,
                n: column.targets.len(),
                prevalence: column.prevalence(),
                auc: column.auc_of(&column.scores, draws),
                length_auc: super::metrics::auc(&column.length, &column.targets),
            })
        })
        .collect()
}

impl Column {
    /// Keeps the rows whose place in the set `keep` keeps.
    fn retain(&mut self, keep: impl Fn(usize) -> bool) {
        fn some<T: Copy>(values: &mut Vec<T>, kept: &[bool]) {
            *values = values.iter().zip(kept).filter(|&(_, &keep)| keep).map(|(&value, _)| value).collect();
        }
        let kept: Vec<bool> = self.places.iter().map(|&place| keep(place)).collect();
        some(&mut self.places, &kept);
        some(&mut self.targets, &kept);
        for numbers in [&mut self.scores, &mut self.length, &mut self.lexicon] {
            some(numbers, &kept);
        }
        for flags in [&mut self.said, &mut self.length_said, &mut self.lexicon_said] {
            some(flags, &kept);
        }
    }
}

fn verdicts(column: &Column, rows: &[&ScoredRow], decision: &Decision, draws: &Resamples) -> Option<VerdictFigures> {
    let calls: Vec<Call> =
        column.places.iter().map(|&place| rows.get(place).map_or(Call::Unsure, |row| row.call)).collect();
    // The rows of a sample with this call, and those of them whose label is `target`.
    let count = |sample: &[u32], call: Option<Call>, target: Option<bool>| -> f64 {
        let counts = column.counts(sample);
        let rows = calls.iter().zip(&column.targets).zip(&counts);
        rows.filter(|&((&of, &is), _)| call.is_none_or(|call| call == of) && target.is_none_or(|target| target == is))
            .map(|(_, &count)| count)
            .sum::<u32>()
            .into()
    };
    let ratio = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
    let of_all = |sample: &[u32], call| ratio(count(sample, Some(call), None), count(sample, None, None));
    let error = |call, target| {
        draws.estimate(|sample| ratio(count(sample, Some(call), Some(target)), count(sample, Some(call), None)))
    };
    let value = |call: Call| share(calls.iter().filter(|&&of| of == call).count(), calls.len());
    Some(VerdictFigures {
        prevalence: column.prevalence(),
        vague: draws.estimate(|sample| of_all(sample, Call::Vague))?,
        concrete: value(Call::Concrete),
        unsure: value(Call::Unsure),
        coverage: draws.estimate(|sample| Some(1.0 - of_all(sample, Call::Unsure)?))?,
        stated_coverage: decision.coverage,
        vague_error: error(Call::Vague, false),
        stated_vague_error: decision.vague_error,
        concrete_error: error(Call::Concrete, true),
        stated_concrete_error: decision.concrete_error,
        vague_less_prevalence: draws.estimate(|sample| {
            let prevalence = ratio(count(sample, None, Some(true)), count(sample, None, None))?;
            Some(of_all(sample, Call::Vague)? - prevalence)
        })?,
    })
}
