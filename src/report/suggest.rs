//! Ads to label next: as text, as JSON, and as a CSV with empty label columns.

use std::borrow::Cow;

use serde::Serialize;

use super::figures::aligned;
use super::table::{refused, row};
use crate::error::Result;
use crate::label::{REASONS, SCOPE};
use crate::learn::simulate::{Chooser, Run};
use crate::learn::suggest::{Suggested, Suggestion};

/// Why an ad was chosen, in a few words.
pub fn why(one: &Suggestion) -> String {
    let picked = &one.picked;
    let unsure = one.p_vague.map(|p| format!("p_vague {p:.2}, "));
    format!(
        "{}typical {:.2}, unlike the labelled and chosen {:.2}",
        unsure.unwrap_or_default(),
        picked.density,
        picked.novelty
    )
}

/// The ads for a terminal, with what they were chosen from.
pub fn text(found: &Suggested) -> String {
    let mut text = String::new();
    for (rank, one) in (1..).zip(&found.ads) {
        let title = one.ad.title().split_whitespace().collect::<Vec<_>>().join(" ");
        text.push_str(&format!("{rank:>3}. {} ({}) {title}\n     {}\n", one.ad.id, one.lang.as_str(), why(one)));
    }
    text.push_str(&facts(found));
    text.push('\n');
    text
}

/// `50 of 2,340 chosen; left out: …`.
pub fn facts(found: &Suggested) -> String {
    format!(
        "{} of {} ads chosen; left out: {} labelled already or nearly so, {} nearly the same as another, {} in neither language",
        found.ads.len(),
        found.candidates,
        found.known,
        found.repeated,
        found.unsupported
    )
}

/// The ads as CSV with empty label columns, those of `more` reasons, too; texts unless `texts` is false.
///
/// # Errors
/// Never in practice: memory cannot refuse a write.
pub fn csv(found: &Suggested, more: &[String], texts: bool, excel: bool) -> Result<Vec<u8>> {
    let mut out = if excel { "\u{feff}".as_bytes().to_vec() } else { Vec::new() };
    let labels = ["label", SCOPE, "vagueness"].into_iter().chain(REASONS).chain(more.iter().map(String::as_str));
    let labels: Vec<&str> = labels.collect();
    let mut header = vec!["id", "title"];
    header.extend(texts.then_some("text"));
    header.extend(["company", "lang", "rank", "why", "p_vague"]);
    header.extend(&labels);
    row(&mut out, header.into_iter().map(Cow::Borrowed), false)?;
    for (rank, one) in (1..).zip(&found.ads) {
        let mut cells: Vec<Cow<'_, str>> = vec![one.ad.id.as_str().into(), one.ad.title().into()];
        cells.extend(texts.then(|| one.ad.text().into()));
        cells.push(one.ad.company.as_str().into());
        cells.push(one.lang.as_str().into());
        cells.push(rank_of(rank));
        cells.push(why(one).into());
        cells.push(one.p_vague.map(|p| format!("{p:.4}")).unwrap_or_default().into());
        cells.extend(labels.iter().map(|_| Cow::Borrowed("")));
        row(&mut out, cells.into_iter(), excel)?;
    }
    Ok(out)
}

fn rank_of(rank: usize) -> Cow<'static, str> {
    rank.to_string().into()
}

#[derive(Serialize)]
struct JsonSuggestion<'a> {
    id: &'a str,
    title: &'a str,
    lang: &'static str,
    p_vague: Option<f64>,
    uncertainty: f64,
    density: f64,
    novelty: f64,
    why: String,
    file: &'a str,
    record: u64,
}

/// The ads as JSON Lines.
///
/// # Errors
/// Never in practice.
pub fn json_lines(found: &Suggested) -> Result<String> {
    let mut text = String::new();
    for one in &found.ads {
        let line = JsonSuggestion {
            id: &one.ad.id,
            title: one.ad.title(),
            lang: one.lang.as_str(),
            p_vague: one.p_vague,
            uncertainty: one.picked.uncertainty,
            density: one.picked.density,
            novelty: one.picked.novelty,
            why: why(one),
            file: &one.ad.source.file,
            record: one.ad.source.record,
        };
        text.push_str(&serde_json::to_string(&line).map_err(|error| refused(&error))?);
        text.push('\n');
    }
    Ok(text)
}

/// How a trial went on one file: median AUC by labels for both choosers, and the share of labels after which AUC is 0.01 below that
/// with all.
pub fn simulation(name: &str, runs: &[Run]) -> String {
    let of = |chooser: Chooser| runs.iter().filter(move |run| run.chooser == chooser);
    let (pool, held_out) = runs.first().map_or((0, 0), |run| (run.pool, run.held_out));
    let full: Vec<f64> = of(Chooser::Suggest).map(|run| run.full).collect();
    let mut table = String::from("| labels | share | random, median AUC | suggest, median AUC |\n|---|---|---|---|\n");
    let mut sizes: Vec<usize> = runs.iter().flat_map(|run| run.steps.iter().map(|&(labels, _)| labels)).collect();
    sizes.sort_unstable();
    sizes.dedup();
    for labels in sizes {
        let at = |chooser: Chooser| -> Vec<f64> {
            let steps = of(chooser).flat_map(|run| &run.steps);
            steps.filter(|step| step.0 == labels).map(|&(_, auc)| auc).collect()
        };
        table.push_str(&format!(
            "| {labels} | {:.2} | {} | {} |\n",
            labels as f64 / pool.max(1) as f64,
            told(&at(Chooser::Random)),
            told(&at(Chooser::Suggest))
        ));
    }
    let mut text = format!(
        "{name}: {} seeds, about {pool} ads to choose from, {held_out} held out, median AUC with all labels {}\n{}",
        full.len(),
        told(&full),
        aligned(&table)
    );
    for (chooser, word) in [(Chooser::Random, "random"), (Chooser::Suggest, "suggest")] {
        // A run that never gets there counts as one that needs all.
        let mut shares: Vec<f64> = of(chooser).map(|run| run.reached(0.01).unwrap_or(1.0)).collect();
        shares.sort_by(f64::total_cmp);
        let ends = shares.first().zip(shares.last()).map(|(first, last)| format!(" [{first:.2}, {last:.2}]"));
        text.push_str(&format!(
            "share of labels until AUC is within 0.01 of all, {word}: median {}{}\n",
            told(&shares),
            ends.unwrap_or_default()
        ));
    }
    text.push('\n');
    text
}

/// The median, or a dash.
fn told(values: &[f64]) -> String {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (low, high) = (sorted.len().saturating_sub(1) / 2, sorted.len() / 2);
    match (sorted.get(low), sorted.get(high)) {
        (Some(low), Some(high)) => format!("{:.3}", (low + high) / 2.0),
        _ => "-".to_owned(),
    }
}
