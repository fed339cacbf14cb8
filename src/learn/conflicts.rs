//! Ads of the same words, or nearly so, whose labels differ.

use std::collections::BTreeMap;

use super::audit::Seen;
use super::groups::{Member, alike};
use crate::ad::Ad;
use crate::label::{LabeledAd, Split};
use crate::text::Analyzer;

/// Two ads whose sets of three-word shingles have at least this Jaccard similarity should have the same labels.
pub const SAME: f64 = 0.8;

/// A cluster of ads on which the labels of one head differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    /// The head.
    pub head: String,
    /// The ads, in the order they were read.
    pub ads: Vec<Twin>,
}

/// One ad of a cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct Twin {
    /// The row in the audit's input.
    pub row: usize,
    /// The ad.
    pub ad: Ad,
    /// The labelled file it stands in, without folders.
    pub file: String,
    /// Its part of a fixed split.
    pub split: Option<Split>,
    /// Its label.
    pub given: bool,
}

/// A labelled ad and where its labels stand.
#[derive(Clone, Copy, Debug)]
pub struct Located<'l> {
    /// The ad with its labels.
    pub item: &'l LabeledAd,
    /// The labelled file, without folders.
    pub file: &'l str,
}

/// The conflicts among `rows`, in order of their first ads; those in which a person has confirmed all labels (`seen`) are left out.
pub fn conflicts(rows: &[Located<'_>], analyzer: &Analyzer, seen: &Seen<'_>) -> Vec<Conflict> {
    let members: Vec<Member<'_>> = rows.iter().map(|row| Member { plain: row.item.ad.plain(), company: "" }).collect();
    let mut clusters: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (row, cluster) in alike(&members, analyzer, SAME).into_iter().enumerate() {
        clusters.entry(cluster).or_default().push(row);
    }
    let mut found = Vec::new();
    for members in clusters.values().filter(|members| members.len() > 1) {
        let items = || members.iter().filter_map(|&row| Some((row, rows.get(row)?)));
        let mut heads: Vec<&str> = items().flat_map(|(_, one)| one.item.labels.heads()).collect();
        heads.sort_unstable();
        heads.dedup();
        for head in heads {
            let twins: Vec<(usize, &Located<'_>, bool)> =
                items().filter_map(|(row, one)| Some((row, one, one.item.labels.get(head)?))).collect();
            let differ = twins.iter().any(|twin| twin.2) && twins.iter().any(|twin| !twin.2);
            if !differ || twins.iter().all(|(_, one, _)| seen(one.item, one.file, head)) {
                continue;
            }
            let ads = twins.into_iter().map(|(row, one, given)| Twin {
                row,
                ad: one.item.ad.clone(),
                file: one.file.to_owned(),
                split: one.item.split,
                given,
            });
            found.push(Conflict { head: head.to_owned(), ads: ads.collect() });
        }
    }
    found
}
