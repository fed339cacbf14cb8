//! Models of each fold's other rows, and what in an ad speaks for a label in the eyes of one that never saw the ad.

use std::collections::BTreeMap;

use super::job::Job;
use super::learned::{Choice, Fitted, fit};
use super::train::{TrainSettings, assemble};
use crate::ad::Ad;
use crate::error::Result;
use crate::score::explain::HeadExplanation;
use crate::score::{ScoreOptions, Scorer, Scratch};

/// Something that speaks for a label, and how much it adds to the log-odds.
#[derive(Clone, Debug, PartialEq)]
pub struct Weighed {
    /// Words as they stand in the ad, the name of a measure, or another label.
    pub what: String,
    /// What it adds, above 0.
    pub amount: f64,
}

/// A label to be explained.
pub struct Reading<'r> {
    /// The ad.
    pub ad: &'r Ad,
    /// Its fold; none for an ad that belongs to no fold.
    pub fold: Option<usize>,
    /// The head.
    pub head: &'r str,
    /// The label that evidence is wanted for.
    pub wanted: bool,
}

/// The heads as they were chosen, fitted without one fold at a time.
pub struct FoldModels<'j> {
    job: &'j Job,
    settings: &'j TrainSettings,
    choice: &'j Choice,
}

/// How much evidence is named.
const NAMED: usize = 5;

impl<'j> FoldModels<'j> {
    /// Nothing is fitted before it is asked for.
    pub fn new(job: &'j Job, settings: &'j TrainSettings, choice: &'j Choice) -> Self {
        FoldModels { job, settings, choice }
    }

    /// Probabilities of all heads for ads that belong to no fold.
    ///
    /// # Errors
    /// `Training` when a head cannot be fitted.
    pub fn score(&mut self, ads: &[&Ad]) -> Result<Vec<Vec<f64>>> {
        if ads.is_empty() {
            return Ok(Vec::new());
        }
        let scorer = self.scorer(None)?;
        let mut scratch = Scratch::default();
        Ok(ads.iter().map(|ad| scorer.probabilities(ad, &mut scratch)).collect())
    }

    /// What speaks most for the wanted label in every reading, in the order of `readings`.
    ///
    /// # Errors
    /// `Training` when a head cannot be fitted.
    pub fn evidence(&mut self, readings: &[Reading<'_>]) -> Result<Vec<Vec<Weighed>>> {
        let mut by_fold: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
        for (place, reading) in readings.iter().enumerate() {
            by_fold.entry(reading.fold).or_default().push(place);
        }
        let mut found = vec![Vec::new(); readings.len()];
        for (fold, places) in by_fold {
            let scorer = self.scorer(fold)?;
            let mut scratch = Scratch::default();
            for place in places {
                let Some(reading) = readings.get(place) else { continue };
                let heads = scorer.explain(reading.ad, &mut scratch);
                let head = heads.iter().find(|head| head.head == reading.head);
                if let (Some(slot), Some(head)) = (found.get_mut(place), head) {
                    *slot = strongest(head, reading.ad, reading.wanted);
                }
            }
        }
        Ok(found)
    }

    /// A scorer that learned from all rows but those of `fold`.
    fn scorer(&self, fold: Option<usize>) -> Result<Scorer> {
        let prepared = &self.job.prepared;
        let folds = prepared.folds.iter().enumerate();
        let among: Vec<usize> = folds.filter(|&(_, &of)| Some(of) != fold).map(|(row, _)| row).collect();
        let task = self.job.task(&self.settings.fit);
        let Fitted { space, heads, weights } = fit(&task, &among, &self.choice.heads, &|| ())?;
        let model = assemble(self.job, self.settings, heads, self.choice.decision.clone(), space, weights);
        Ok(Scorer::new(model, ScoreOptions { all_roles: true }))
    }
}

/// The words and measures that add most to the margin of `wanted`, each word with all of its columns.
fn strongest(head: &HeadExplanation, ad: &Ad, wanted: bool) -> Vec<Weighed> {
    let sign = if wanted { 1.0 } else { -1.0 };
    let mut sums: BTreeMap<String, f64> = BTreeMap::new();
    for contribution in &head.contributions {
        let amount = sign * contribution.amount;
        if contribution.spans.is_empty() {
            *sums.entry(contribution.column.clone()).or_default() += amount;
        }
        for span in &contribution.spans {
            let words = span.of(ad.plain()).split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
            *sums.entry(words).or_default() += amount / contribution.spans.len() as f64;
        }
    }
    let mut all: Vec<Weighed> =
        sums.into_iter().filter(|&(_, amount)| amount > 0.0).map(|(what, amount)| Weighed { what, amount }).collect();
    all.sort_by(|a, b| b.amount.total_cmp(&a.amount).then_with(|| a.what.cmp(&b.what)));
    all.truncate(NAMED);
    all
}
