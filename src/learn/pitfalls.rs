//! What is wrong with labelled data before anything is learned from it: the same ad on both sides of a line, labels that contradict
//! each other, and things that give the label away.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::conflicts::{Conflict, Located, SAME, conflicts};
use super::groups::{Member, alike};
use super::job::Job;
use super::metrics::auc;
use crate::ad::Ad;
use crate::features::dense;
use crate::label::{LabeledAd, Split, VAGUE};
use crate::text::Analyzer;

/// Ads of one text, or nearly so, in several files or splits.
#[derive(Clone, Debug, PartialEq)]
pub struct Shared {
    /// The one side: file and split.
    pub one: (String, Option<Split>),
    /// The other.
    pub other: (String, Option<Split>),
    /// Clusters of ads that stand on both sides.
    pub clusters: usize,
    /// An example: an ad of the one side and one of the other.
    pub example: (Ad, Ad),
}

/// Something that tells the classes of a head apart almost by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Giveaway {
    /// The head.
    pub head: String,
    /// What it is, in words.
    pub what: String,
    /// How well it ranks, 0.5 to 1.
    pub auc: f64,
    /// Rows with a label for the head.
    pub rows: usize,
    /// An ad that has it.
    pub example: Option<Ad>,
}

impl Giveaway {
    /// In a sentence, with where an example stands.
    pub fn told(&self) -> String {
        let example = self
            .example
            .as_ref()
            .map(|ad| format!("; an example: {:?}, {} record {}", ad.id, ad.source.file, ad.source.record));
        format!(
            "{} alone tells the classes of head `{}` apart with AUC {:.3} on {} rows: is it there when the label is not known?{}",
            self.what,
            self.head,
            self.auc,
            self.rows,
            example.unwrap_or_default()
        )
    }
}

/// From this AUC up a single thing is told: no honest word, measure or file is so good by itself.
pub const TELLING: f64 = 0.95;
/// Rows of the rarer class that a giveaway is looked for in.
const LEAST: usize = 20;

/// Pairs of files or splits that share ads; `rows` are all rows of the files, also those that are not learned from.
pub fn shared(rows: &[Located<'_>], analyzer: &Analyzer) -> Vec<Shared> {
    let members: Vec<Member<'_>> = rows.iter().map(|row| Member { plain: row.item.ad.plain(), company: "" }).collect();
    let mut clusters: BTreeMap<usize, Vec<&Located<'_>>> = BTreeMap::new();
    for (row, cluster) in rows.iter().zip(alike(&members, analyzer, SAME)) {
        clusters.entry(cluster).or_default().push(row);
    }
    let side = |row: &Located<'_>| (row.file.to_owned(), row.item.split.map(Split::as_str));
    type Side = (String, Option<&'static str>);
    let mut found: BTreeMap<(Side, Side), Shared> = BTreeMap::new();
    for members in clusters.values().filter(|members| members.len() > 1) {
        let mut first: BTreeMap<Side, &Located<'_>> = BTreeMap::new();
        for row in members {
            first.entry(side(row)).or_insert(row);
        }
        let sides: Vec<(&Side, &&Located<'_>)> = first.iter().collect();
        for (at, (one, row)) in sides.iter().enumerate() {
            for (other, second) in sides.iter().skip(at + 1) {
                // Train and valid are learned from alike, and folds keep twins together.
                let apart = row.item.split == Some(Split::Test) || second.item.split == Some(Split::Test);
                if one.0 == other.0 && !apart {
                    continue;
                }
                let entry = found.entry(((*one).clone(), (*other).clone())).or_insert_with(|| Shared {
                    one: (row.file.to_owned(), row.item.split),
                    other: (second.file.to_owned(), second.item.split),
                    clusters: 0,
                    example: (row.item.ad.clone(), second.item.ad.clone()),
                });
                entry.clusters += 1;
            }
        }
    }
    found.into_values().collect()
}

/// Ads of one text with different labels, whoever has confirmed them.
pub fn contradictions(rows: &[Located<'_>], analyzer: &Analyzer) -> Vec<Conflict> {
    conflicts(rows, analyzer, &|_, _, _| false)
}

/// What should be known of `rows` before anything is learned from them, a sentence each.
pub fn told(rows: &[Located<'_>], analyzer: &Analyzer) -> Vec<String> {
    let mut all = Vec::new();
    for found in shared(rows, analyzer) {
        let side = |(file, split): &(String, Option<Split>)| match split {
            Some(split) => format!("{file} ({})", split.as_str()),
            None => file.clone(),
        };
        let place = |ad: &Ad| format!("{:?} ({} record {})", ad.id, ad.source.file, ad.source.record);
        all.push(format!(
            "{} ads stand in {} and, the same or nearly so, in {}: figures on the one are kind when the other was learned from; for example {} and {}",
            found.clusters,
            side(&found.one),
            side(&found.other),
            place(&found.example.0),
            place(&found.example.1)
        ));
    }
    let differ = contradictions(rows, analyzer);
    for conflict in differ.iter().take(SHOWN) {
        let ads = conflict.ads.iter().map(|twin| {
            let said = if twin.given { "yes" } else { "no" };
            format!("{:?} {said} ({} record {})", twin.ad.id, twin.ad.source.file, twin.ad.source.record)
        });
        all.push(format!(
            "ads of one text have different labels for `{}`: {}",
            conflict.head,
            ads.collect::<Vec<_>>().join(", ")
        ));
    }
    if differ.len() > SHOWN {
        all.push(format!(
            "{} more ads of one text have different labels; `tachles audit` lists them",
            differ.len() - SHOWN
        ));
    }
    let odd = odd_scales(rows);
    if let Some(first) = odd.first() {
        all.push(format!(
            "{} ads are labelled vague at vagueness 1 or concrete at 5, the first is {:?} ({} record {})",
            odd.len(),
            first.ad.id,
            first.ad.source.file,
            first.ad.source.record
        ));
    }
    all
}

/// Contradictions that are told one by one.
const SHOWN: usize = 5;

/// What gives the label of a head away: a word, a measure of the whole ad, its length, its file, another label.
pub fn giveaways(job: &Job) -> Vec<Giveaway> {
    let words = words(job);
    let names = dense::names(&job.prepared.rubric);
    let mut found = Vec::new();
    for head in &job.heads {
        let labelled: Vec<(usize, bool)> =
            job.rows.iter().enumerate().filter_map(|(at, row)| Some((at, row.item.labels.get(head)?))).collect();
        let yes = labelled.iter().filter(|(_, label)| *label).count();
        if yes.min(labelled.len() - yes) < LEAST {
            continue;
        }
        let targets: Vec<bool> = labelled.iter().map(|&(_, label)| label).collect();
        let mut tell = |what: String, scores: &[f64]| {
            let Some(auc) = auc(scores, &targets).map(|auc| auc.max(1.0 - auc)) else { return };
            if auc >= TELLING {
                let at = labelled.iter().zip(scores).find(|(_, score)| **score > 0.0).map(|(&(at, _), _)| at);
                let example = at.and_then(|at| job.rows.get(at)).map(|row| row.item.ad.clone());
                found.push(Giveaway { head: head.clone(), what, auc, rows: targets.len(), example });
            }
        };
        let column = |of: &dyn Fn(usize) -> f64| -> Vec<f64> { labelled.iter().map(|&(at, _)| of(at)).collect() };
        tell("the length in words".to_owned(), &column(&|at| f64::from(job.prepared.corpus.tokens(at))));
        // Measures go together; the one that tells most stands for them.
        let measures = names.iter().enumerate().filter_map(|(place, name)| {
            let values = column(&|at: usize| job.prepared.corpus.dense(at).get(place).copied().map_or(0.0, f64::from));
            Some((auc(&values, &targets).map(|auc| auc.max(1.0 - auc))?, name, values))
        });
        if let Some((_, name, values)) = measures.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(a.1))) {
            tell(format!("the measure {name:?}"), &values);
        }
        // A file counts for a class as far as its labels do.
        let rate = |source: usize| {
            let of = || labelled.iter().filter(|(at, _)| job.rows.get(*at).is_some_and(|row| row.source == source));
            of().filter(|(_, label)| *label).count() as f64 / of().count().max(1) as f64
        };
        let rates: Vec<f64> = (0..job.sources.len()).map(rate).collect();
        let of_file = |at: usize| job.rows.get(at).and_then(|row| rates.get(row.source)).copied().unwrap_or(0.5);
        tell("the file an ad stands in".to_owned(), &column(&of_file));
        for other in job.heads.iter().filter(|other| *other != head) {
            let both = labelled.iter().filter(|(at, _)| of_label(job, *at, other).is_some()).count();
            if both * 2 > labelled.len() {
                let mark = |at: usize| of_label(job, at, other).map_or(0.5, |yes| f64::from(u8::from(yes)));
                tell(format!("the label {other:?}"), &column(&mark));
            }
        }
        if let Some((word, auc, at)) = telling_word(&words, &labelled) {
            let example = job.rows.get(at).map(|row| row.item.ad.clone());
            found.push(Giveaway {
                head: head.clone(),
                what: format!("the word {word:?}"),
                auc,
                rows: targets.len(),
                example,
            });
        }
    }
    found
}

fn of_label(job: &Job, at: usize, head: &str) -> Option<bool> {
    job.rows.get(at).and_then(|row| row.item.labels.get(head))
}

/// The rows of every word, ascending.
fn words(job: &Job) -> FxHashMap<String, Vec<usize>> {
    let mut rows: FxHashMap<String, Vec<usize>> = FxHashMap::default();
    for at in 0..job.rows.len() {
        for (word, _) in job.prepared.corpus.words(at) {
            rows.entry(word.to_owned()).or_default().push(at);
        }
    }
    rows
}

/// The word whose presence ranks best, if it tells enough, with its AUC and a row that has it.
fn telling_word(words: &FxHashMap<String, Vec<usize>>, labelled: &[(usize, bool)]) -> Option<(String, f64, usize)> {
    let yes = labelled.iter().filter(|(_, label)| *label).count() as f64;
    let no = labelled.len() as f64 - yes;
    let label: FxHashMap<usize, bool> = labelled.iter().copied().collect();
    let mut best: Option<(String, f64, usize)> = None;
    for (word, rows) in words {
        let (mut with_yes, mut with_no) = (0.0, 0.0);
        for row in rows {
            match label.get(row) {
                Some(true) => with_yes += 1.0,
                Some(false) => with_no += 1.0,
                None => {}
            }
        }
        // Of presence or absence the AUC is the mean of the two rates.
        let auc = (1.0 + with_yes / yes - with_no / no) / 2.0;
        let auc = auc.max(1.0 - auc);
        let Some(&at) = rows.iter().find(|row| label.contains_key(row)) else { continue };
        let better = best.as_ref().is_none_or(|known| (auc, &known.0) > (known.1, word));
        if auc >= TELLING && better {
            best = Some((word.clone(), auc, at));
        }
    }
    best
}

/// Rows whose verdict label and 1 to 5 scale contradict each other outright: vague at 1, concrete at 5.
pub fn odd_scales<'r>(rows: &[Located<'r>]) -> Vec<&'r LabeledAd> {
    let odd = |item: &LabeledAd| {
        matches!((item.labels.get(VAGUE), item.labels.vagueness), (Some(true), Some(1)) | (Some(false), Some(5)))
    };
    rows.iter().map(|row| row.item).filter(|item| odd(item)).collect()
}
