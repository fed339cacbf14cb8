//! What the audit of labels found: as text, as JSON, and as a CSV to fill in.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;

use super::figures::aligned;
use super::table::row;
use crate::ad::Ad;
use crate::error::Result;
use crate::label::{Split, VAGUE};
use crate::learn::audit::{Audit, Suspect};
use crate::learn::conflicts::Conflict;
use crate::learn::evidence::Weighed;
use crate::learn::planted::Found;

/// The columns of the CSV; `fix` is empty, for a person to fill in.
pub const COLUMNS: [&str; 17] = [
    "rank",
    "kind",
    "head",
    "id",
    "title",
    "given",
    "fix",
    "p_given",
    "evidence",
    "other_labels",
    "twins",
    "split",
    "file",
    "record",
    "line",
    "content_hash",
    "text",
];

/// The word for a label of `head`, as label files have it.
pub fn word(head: &str, label: bool) -> &'static str {
    match (head == VAGUE, label) {
        (true, true) => "vague",
        (true, false) => "concrete",
        (false, true) => "1",
        (false, false) => "0",
    }
}

/// The audit for a terminal: a line a head, the first `top` suspects, and as many conflicts.
pub fn text(found: &Audit, top: usize) -> String {
    let mut table = String::from(
        "| head | labels | yes | suspects | estimated wrong yes | estimated wrong no |\n|---|---|---|---|---|---|\n",
    );
    for head in &found.heads {
        let yes = head.labels.iter().filter(|&&label| label).count();
        let suspects = head.confident.suspect.iter().filter(|&&suspect| suspect).count();
        let [[_, wrong_no], [wrong_yes, _]] = head.confident.joint;
        table.push_str(&format!(
            "| {} | {} | {yes} | {suspects} | {wrong_yes:.0} | {wrong_no:.0} |\n",
            head.head,
            head.labels.len()
        ));
    }
    let mut text = aligned(&table);
    text.push_str(&format!("\nsuspects {}\n", found.suspects.len()));
    for (rank, one) in (1..).zip(&found.suspects).take(top) {
        text.push_str(&format!(
            "{rank:>3}. {} {}: {} is given, probability {:.3}{}\n",
            one.ad.id,
            one.head,
            word(&one.head, one.given),
            one.p_given,
            if one.split == Some(Split::Test) { ", test split" } else { "" }
        ));
        if !one.ad.title().is_empty() {
            text.push_str(&format!("     {}\n", one.ad.title().split_whitespace().collect::<Vec<_>>().join(" ")));
        }
        for (name, parts) in [("for", &one.evidence), ("and", &one.other_labels)] {
            if !parts.is_empty() {
                text.push_str(&format!("     {name} {}: {}\n", word(&one.head, !one.given), weighed(parts)));
            }
        }
    }
    text.push_str(&rest(found.suspects.len(), top));
    text.push_str(&format!("ads of the same words with different labels {}\n", found.conflicts.len()));
    for conflict in found.conflicts.iter().take(top) {
        text.push_str(&format!("   - {}: {}\n", conflict.head, twins(conflict)));
    }
    text.push_str(&rest(found.conflicts.len(), top));
    text
}

fn rest(all: usize, top: usize) -> String {
    match all.checked_sub(top) {
        Some(more) if more > 0 => format!("     and {more} more, all of them with --out and --format json\n"),
        _ => String::new(),
    }
}

/// `"young team" +0.31, "passion" +0.22`.
pub fn weighed(parts: &[Weighed]) -> String {
    parts.iter().map(|part| format!("\"{}\" +{:.2}", part.what, part.amount)).collect::<Vec<_>>().join(", ")
}

fn twins(conflict: &Conflict) -> String {
    let one = |twin: &crate::learn::conflicts::Twin| format!("{} {}", twin.ad.id, word(&conflict.head, twin.given));
    conflict.ads.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// The suspects, then the ads of all conflicts, as CSV; texts only with `texts`.
///
/// # Errors
/// Never in practice: memory cannot refuse a write.
pub fn csv(found: &Audit, texts: bool, excel: bool) -> Result<Vec<u8>> {
    let mut out = if excel { "\u{feff}".as_bytes().to_vec() } else { Vec::new() };
    row(&mut out, COLUMNS.into_iter().map(Cow::Borrowed), false)?;
    let lines = found.suspects.iter().map(Line::suspect).chain(found.conflicts.iter().flat_map(Line::conflict));
    for (rank, line) in (1..).zip(lines) {
        let Line { kind, head, ad, file, given, split, .. } = &line;
        let source = &ad.source;
        let cells: [Cow<'_, str>; 17] = [
            rank_of(rank),
            (*kind).into(),
            (*head).into(),
            ad.id.as_str().into(),
            ad.title().into(),
            word(head, *given).into(),
            "".into(),
            line.p_given.map(|p| format!("{p:.4}")).unwrap_or_default().into(),
            line.evidence.as_str().into(),
            line.other_labels.as_str().into(),
            line.twins.as_str().into(),
            split.map_or("", Split::as_str).into(),
            (*file).into(),
            source.record.to_string().into(),
            source.line.to_string().into(),
            ad.content_hash().into(),
            if texts { ad.text() } else { "" }.into(),
        ];
        row(&mut out, cells.into_iter(), excel)?;
    }
    Ok(out)
}

fn rank_of(rank: usize) -> Cow<'static, str> {
    rank.to_string().into()
}

/// One line of the CSV.
struct Line<'a> {
    kind: &'static str,
    head: &'a str,
    ad: &'a Ad,
    file: &'a str,
    given: bool,
    split: Option<Split>,
    p_given: Option<f64>,
    evidence: String,
    other_labels: String,
    twins: String,
}

impl<'a> Line<'a> {
    fn suspect(one: &'a Suspect) -> Line<'a> {
        Line {
            kind: "suspect",
            head: &one.head,
            ad: &one.ad,
            file: &one.file,
            given: one.given,
            split: one.split,
            p_given: Some(one.p_given),
            evidence: weighed(&one.evidence),
            other_labels: weighed(&one.other_labels),
            twins: String::new(),
        }
    }

    fn conflict(conflict: &'a Conflict) -> impl Iterator<Item = Line<'a>> {
        conflict.ads.iter().map(move |twin| Line {
            kind: "conflict",
            head: &conflict.head,
            ad: &twin.ad,
            file: &twin.file,
            given: twin.given,
            split: twin.split,
            p_given: None,
            evidence: String::new(),
            other_labels: String::new(),
            twins: twins(conflict),
        })
    }
}

#[derive(Serialize)]
struct JsonAudit<'a> {
    heads: Vec<JsonHead<'a>>,
    suspects: Vec<JsonSuspect<'a>>,
    conflicts: Vec<JsonConflict<'a>>,
    warnings: &'a [String],
}

#[derive(Serialize)]
struct JsonHead<'a> {
    head: &'a str,
    labels: usize,
    yes: usize,
    suspects: usize,
    thresholds: [f64; 2],
    joint: [[f64; 2]; 2],
}

#[derive(Serialize)]
struct JsonSuspect<'a> {
    head: &'a str,
    id: &'a str,
    title: &'a str,
    given: &'static str,
    p_given: f64,
    evidence: Vec<(&'a str, f64)>,
    other_labels: Vec<(&'a str, f64)>,
    split: Option<&'static str>,
    file: &'a str,
    record: u64,
    line: u64,
}

#[derive(Serialize)]
struct JsonConflict<'a> {
    head: &'a str,
    ads: Vec<JsonTwin<'a>>,
}

#[derive(Serialize)]
struct JsonTwin<'a> {
    id: &'a str,
    given: &'static str,
    file: &'a str,
    record: u64,
}

/// The whole audit as JSON.
///
/// # Errors
/// Never in practice.
pub fn json(found: &Audit) -> Result<String> {
    fn pairs_of(parts: &[Weighed]) -> Vec<(&str, f64)> {
        parts.iter().map(|part| (part.what.as_str(), part.amount)).collect()
    }
    let heads = found.heads.iter().map(|head| JsonHead {
        head: &head.head,
        labels: head.labels.len(),
        yes: head.labels.iter().filter(|&&label| label).count(),
        suspects: head.confident.suspect.iter().filter(|&&suspect| suspect).count(),
        thresholds: head.confident.thresholds,
        joint: head.confident.joint,
    });
    let suspects = found.suspects.iter().map(|one| JsonSuspect {
        head: &one.head,
        id: &one.ad.id,
        title: one.ad.title(),
        given: word(&one.head, one.given),
        p_given: one.p_given,
        evidence: pairs_of(&one.evidence),
        other_labels: pairs_of(&one.other_labels),
        split: one.split.map(Split::as_str),
        file: &one.file,
        record: one.ad.source.record,
        line: one.ad.source.line,
    });
    let conflicts = found.conflicts.iter().map(|conflict| JsonConflict {
        head: &conflict.head,
        ads: conflict
            .ads
            .iter()
            .map(|twin| JsonTwin {
                id: &twin.ad.id,
                given: word(&conflict.head, twin.given),
                file: &twin.file,
                record: twin.ad.source.record,
            })
            .collect(),
    });
    let whole = JsonAudit {
        heads: heads.collect(),
        suspects: suspects.collect(),
        conflicts: conflicts.collect(),
        warnings: &found.warnings,
    };
    serde_json::to_string_pretty(&whole).map(|text| text + "\n").map_err(|error| super::table::refused(&error))
}

/// How many planted labels were found, a line a set and head, over all runs: median and range.
pub fn planted(runs: &[Vec<Found>]) -> String {
    let mut all: BTreeMap<(usize, &str), Vec<&Found>> = BTreeMap::new();
    let mut order: Vec<&str> = Vec::new();
    for found in runs.iter().flatten() {
        if !order.contains(&found.set.as_str()) {
            order.push(&found.set);
        }
        let place = order.iter().position(|set| *set == found.set).unwrap_or(0);
        all.entry((place, &found.head)).or_default().push(found);
    }
    let mut table = String::from(
        "| set | head | labels | turned over | found, mean | least | most |\n|---|---|---|---|---|---|---|\n",
    );
    for ((_, head), found) in all {
        let shares: Vec<f64> = found.iter().map(|one| one.found).collect();
        let mean = shares.iter().sum::<f64>() / shares.len().max(1) as f64;
        let least = shares.iter().copied().fold(1.0, f64::min);
        let most = shares.iter().copied().fold(0.0, f64::max);
        if let Some(one) = found.first() {
            table.push_str(&format!(
                "| {} | {head} | {} | {} | {mean:.3} | {least:.3} | {most:.3} |\n",
                one.set, one.labels, one.planted
            ));
        }
    }
    table
}
