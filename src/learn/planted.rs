//! How much the audit finds: labels turned over on purpose, and how many of them are among the first to be reviewed.

use serde::Serialize;

use super::audit::Audit;
use super::confident::found_within;
use crate::label::LabeledAd;
use crate::model::random::SplitMix;

/// Labels that were turned over, by row and head.
#[derive(Clone, Debug, Default)]
pub struct Planted {
    labels: Vec<(usize, String)>,
}

/// How many planted labels of one head and set were found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Found {
    /// The head.
    pub head: String,
    /// The set of rows.
    pub set: String,
    /// Labels of the head in the set.
    pub labels: usize,
    /// Of those, turned over.
    pub planted: usize,
    /// The share of them among the tenth of the labels that look most wrong, 0 to 1.
    pub found: f64,
}

/// The share of the labels that is reviewed.
pub const REVIEWED: f64 = 0.1;

impl Planted {
    /// Turns over the share `share` of the labels of every head of `rows`, each head by draws of its own.
    ///
    /// The 1 to 5 scale is taken away from all rows: it restates the verdict, and would give every planted one away.
    pub fn plant(rows: &mut [&mut LabeledAd], share: f64, seed: u64) -> Planted {
        let mut heads: Vec<String> = rows.iter().flat_map(|row| row.labels.heads()).map(str::to_owned).collect();
        heads.sort_unstable();
        heads.dedup();
        let mut planted = Planted::default();
        let mut random = SplitMix(seed);
        for head in heads {
            let mut labelled: Vec<usize> =
                rows.iter().enumerate().filter(|(_, row)| row.labels.get(&head).is_some()).map(|(at, _)| at).collect();
            random.shuffle(&mut labelled);
            labelled.truncate((share * labelled.len() as f64).round() as usize);
            for at in labelled {
                let Some(row) = rows.get_mut(at) else { continue };
                let label = row.labels.get(&head) == Some(true);
                row.labels.set(&head, !label);
                planted.labels.push((at, head.clone()));
            }
        }
        rows.iter_mut().for_each(|row| row.labels.vagueness = None);
        planted.labels.sort_unstable();
        planted
    }

    /// How many of them `audit` would have shown, by head, in every set of rows.
    pub fn found(&self, audit: &Audit, sets: &[(String, Vec<usize>)]) -> Vec<Found> {
        let mut all = Vec::new();
        for (set, members) in sets {
            for head in &audit.heads {
                let of_set = |row: &usize| members.binary_search(row).is_ok();
                let (quality, planted): (Vec<f64>, Vec<bool>) = head
                    .rows
                    .iter()
                    .zip(&head.confident.quality)
                    .filter(|(row, _)| of_set(row))
                    .map(|(&row, &quality)| (quality, self.labels.binary_search(&(row, head.head.clone())).is_ok()))
                    .unzip();
                let count = planted.iter().filter(|&&planted| planted).count();
                if count > 0 {
                    all.push(Found {
                        head: head.head.clone(),
                        set: set.clone(),
                        labels: planted.len(),
                        planted: count,
                        found: found_within(&quality, &planted, REVIEWED),
                    });
                }
            }
        }
        all
    }
}
