//! Tables of figures: for the terminal and, the same, as Markdown for the model card.

use std::fmt::Write;

use crate::learn::bootstrap::Estimate;
use crate::learn::figures::{HeadFigures, SetFigures};
use crate::learn::leakage::Leakage;
use crate::learn::learning_curve::LearningCurve;
use crate::learn::paired::Difference;
use crate::learn::search::Tried;

/// The figures of several sets as Markdown tables, two a set.
pub fn markdown(sets: &[SetFigures]) -> String {
    let mut text = String::new();
    for set in sets {
        let _ = writeln!(text, "### {} (n = {} in {} groups)\n", set.name, set.n, set.groups);
        table(&mut text, &RANKING, &set.heads.iter().map(ranking).collect::<Vec<_>>());
        table(&mut text, &DECISIONS, &set.heads.iter().map(decisions).collect::<Vec<_>>());
        for fact in facts(set) {
            let _ = writeln!(text, "- {fact}");
        }
        text.push('\n');
    }
    text
}

/// The headings of the cells of [`ranking`].
pub const RANKING: [&str; 9] = [
    "head",
    "n",
    "prevalence",
    "AUC",
    "AUC, length only",
    "AUC, lexicon only",
    "average precision",
    "Brier",
    "ECE (if calibrated)",
];

/// How well one head ranks, and how true its probabilities are.
pub fn ranking(head: &HeadFigures) -> Vec<String> {
    vec![
        head.head.clone(),
        head.n.to_string(),
        format!("{:.3}", head.prevalence),
        interval(&head.auc),
        interval(&head.length_auc),
        interval(&head.lexicon_auc),
        interval(&head.average_precision),
        interval(&head.brier),
        format!("{:.3} ({:.3})", head.calibration_error, head.calibration_noise),
    ]
}

/// The headings of the cells of [`decisions`].
pub const DECISIONS: [&str; 9] = [
    "head",
    "kappa",
    "kappa, length only",
    "kappa, lexicon only",
    "F1",
    "precision",
    "recall",
    "accuracy / majority",
    "share flagged − prevalence",
];

/// How well one head decides at its threshold.
pub fn decisions(head: &HeadFigures) -> Vec<String> {
    vec![
        head.head.clone(),
        interval(&head.kappa),
        interval(&head.length_kappa),
        interval(&head.lexicon_kappa),
        interval(&head.f1),
        interval(&head.precision),
        interval(&head.recall),
        format!("{} / {:.3}", interval(&head.accuracy), head.majority_accuracy),
        signed(&head.flagged_less_prevalence),
    ]
}

/// A Markdown table with an empty line after it.
pub(super) fn table(text: &mut String, headings: &[&str], rows: &[Vec<String>]) {
    let _ = writeln!(text, "| {} |\n|{}", headings.join(" | "), "---|".repeat(headings.len()));
    for row in rows {
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
    text.push('\n');
}

/// What else is to be said of a set, one sentence a line.
pub fn facts(set: &SetFigures) -> Vec<String> {
    let mut facts = Vec::new();
    if let (Some(auc), Some(kappa)) = (set.reason_macro_auc, set.reason_macro_kappa) {
        facts.push(format!("mean over reasons: AUC {auc:.3}, kappa {kappa:.3}"));
    }
    if let Some(spearman) = &set.spearman {
        facts.push(format!("Spearman of p(vague) with the 1–5 scale {}", interval(spearman)));
    }
    for (part, what) in [(&set.without_borderline, "without ads rated 3"), (&set.borderline, "ads rated 3 alone")] {
        if let Some(part) = part {
            facts.push(format!(
                "{what}: AUC {}, kappa {} (n = {}, prevalence {:.3})",
                interval(&part.auc),
                interval(&part.kappa),
                part.n,
                part.prevalence
            ));
        }
    }
    for band in &set.by_length {
        if let Some(auc) = &band.auc {
            facts.push(format!(
                "{} to {} words: AUC {}, length only {:.3} (n = {}, prevalence {:.3})",
                band.from,
                band.to,
                interval(auc),
                band.length_auc.unwrap_or(0.5),
                band.n,
                band.prevalence
            ));
        }
    }
    if let Some(verdict) = &set.verdict {
        let error = |error: &Option<Estimate>| error.as_ref().map_or_else(|| "–".to_owned(), percent);
        facts.push(format!(
            "verdict “vague” for {} of the ads (prevalence {:.1}%), wrong for {} of them, stated at most {:.0}%",
            percent(&verdict.vague),
            100.0 * verdict.prevalence,
            error(&verdict.vague_error),
            100.0 * verdict.stated_vague_error
        ));
        facts.push(format!(
            "verdict “concrete” for {:.1}%, wrong for {} of them, stated at most {:.0}%",
            100.0 * verdict.concrete,
            error(&verdict.concrete_error),
            100.0 * verdict.stated_concrete_error
        ));
        let stated = if verdict.stated_coverage > 0.0 {
            format!(", stated {:.1}%", 100.0 * verdict.stated_coverage)
        } else {
            String::new()
        };
        facts.push(format!(
            "coverage (verdicts other than “unsure”) {}{stated}; unsure {:.1}%",
            percent(&verdict.coverage),
            100.0 * verdict.unsure
        ));
    }
    facts
}

/// `0.912 [0.890, 0.934]`.
pub fn interval(estimate: &Estimate) -> String {
    format!("{:.3} [{:.3}, {:.3}]", estimate.value, estimate.low, estimate.high)
}

/// `+0.012 [-0.010, +0.034]`.
pub fn signed(estimate: &Estimate) -> String {
    format!("{:+.3} [{:+.3}, {:+.3}]", estimate.value, estimate.low, estimate.high)
}

fn percent(estimate: &Estimate) -> String {
    format!("{:.1}% [{:.1}, {:.1}]", 100.0 * estimate.value, 100.0 * estimate.low, 100.0 * estimate.high)
}

/// The figures of several sets, aligned for a terminal.
pub fn terminal(sets: &[SetFigures]) -> String {
    let mut text = String::new();
    for set in sets {
        let _ = writeln!(text, "{} (n = {}, {} groups)", set.name, set.n, set.groups);
        let _ = writeln!(
            text,
            "  {:<13} {:>5} {:>6}  {:<20}  {:>6} {:>7}  {:<20}  {:>6} {:>7}  {:>5} {:>5} {:>5}",
            "head",
            "n",
            "prev.",
            "AUC [95%]",
            "length",
            "lexicon",
            "kappa [95%]",
            "length",
            "lexicon",
            "F1",
            "Brier",
            "ECE"
        );
        for head in &set.heads {
            let _ = writeln!(
                text,
                "  {:<13} {:>5} {:>6.3}  {:<20}  {:>6.3} {:>7.3}  {:<20}  {:>6.3} {:>7.3}  {:>5.3} {:>5.3} {:>5.3}",
                head.head,
                head.n,
                head.prevalence,
                interval(&head.auc),
                head.length_auc.value,
                head.lexicon_auc.value,
                interval(&head.kappa),
                head.length_kappa.value,
                head.lexicon_kappa.value,
                head.f1.value,
                head.brier.value,
                head.calibration_error
            );
        }
        for fact in facts(set) {
            let _ = writeln!(text, "  {fact}");
        }
        text.push('\n');
    }
    text
}

/// What plain random folds would have claimed, as Markdown.
pub fn leakage(found: &Leakage) -> String {
    let mut text = format!(
        "{} of {} rows share a group with another ({} groups, the largest of {} rows); random folds would tear {} of \
         them from a member of their group.\n\n",
        found.rows_in_shared_groups, found.rows, found.groups, found.largest_group, found.rows_split_by_random_folds
    );
    let two = |[auc, kappa]: [f64; 2]| format!("{auc:.3} / {kappa:.3}");
    let rows: Vec<Vec<String>> = found
        .heads
        .iter()
        .map(|head| {
            vec![
                head.head.clone(),
                head.nested.map_or_else(|| "–".to_owned(), two),
                two(head.grouped),
                two(head.random),
                signed(&head.auc_gain),
                signed(&head.kappa_gain),
                head.auc_gain_in_shared_groups.as_ref().map_or_else(|| "–".to_owned(), signed),
            ]
        })
        .collect();
    let headings = [
        "AUC / kappa",
        "nested, grouped",
        "out of fold, grouped",
        "out of fold, random",
        "random − grouped, AUC",
        "random − grouped, kappa",
        "the same AUC, rows that share a group",
    ];
    table(&mut text, &headings, &rows);
    text
}

/// What parts of the training data give, as Markdown.
pub fn learning_curve(curve: &LearningCurve) -> String {
    let mut text = String::new();
    let mut headings = vec!["vague head".to_owned()];
    headings.extend(curve.shares.iter().map(|share| format!("{:.0}% of groups", 100.0 * share)));
    headings.push("each doubling".to_owned());
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    let mut rows = Vec::new();
    for set in &curve.sets {
        for (what, values, doubling) in
            [("AUC", &set.auc, &set.auc_by_doubling), ("kappa", &set.kappa, &set.kappa_by_doubling)]
        {
            let mut row = vec![format!("{}, {what} (n = {})", set.name, set.n)];
            row.extend(values.iter().map(interval));
            row.push(signed(doubling));
            rows.push(row);
        }
    }
    table(&mut text, &headings, &rows);
    text
}

/// The headings of the cells of [`difference`].
pub const DIFFERENCE: [&str; 7] =
    ["head", "n", "AUC", "kappa", "Brier", "only this right / only the other", "McNemar p"];

/// One head of two models compared.
pub fn difference(found: &Difference) -> Vec<String> {
    vec![
        found.head.clone(),
        found.n.to_string(),
        signed(&found.auc),
        signed(&found.kappa),
        signed(&found.brier),
        format!("{} / {}", found.only_new_right, found.only_old_right),
        if found.mcnemar < 0.0001 { "< 0.0001".to_owned() } else { format!("{:.4}", found.mcnemar) },
    ]
}

/// Two models compared, as Markdown.
pub fn differences(found: &[Difference]) -> String {
    let mut text = String::new();
    table(&mut text, &DIFFERENCE, &found.iter().map(difference).collect::<Vec<_>>());
    text
}

/// Markdown tables with their columns aligned, for a terminal.
pub fn aligned(markdown: &str) -> String {
    let cells =
        |line: &str| -> Vec<String> { line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect() };
    let mut text = String::new();
    let lines: Vec<&str> = markdown.lines().collect();
    for block in lines.chunk_by(|a, b| a.starts_with('|') == b.starts_with('|')) {
        if !block.first().is_some_and(|line| line.starts_with('|')) {
            text.extend(block.iter().flat_map(|line| [line, "\n"]));
            continue;
        }
        let rows: Vec<Vec<String>> =
            block.iter().filter(|line| !line.starts_with("|---")).map(|line| cells(line)).collect();
        let width = |column: usize| {
            rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        for row in &rows {
            let padded: Vec<String> =
                row.iter().enumerate().map(|(column, cell)| format!("{cell:<0$}", width(column))).collect();
            let _ = writeln!(text, "  {}", padded.join("  ").trim_end());
        }
    }
    text
}

/// The settings that a search tried, and which one is used.
pub fn search(tried: &[Tried], best: usize) -> String {
    let mut text = String::from("| settings | vague AUC | other heads, mean AUC | |\n|---|---|---|---|\n");
    for (place, one) in tried.iter().enumerate() {
        let used = if place == best { "used" } else { "" };
        text.push_str(&format!("| {} | {:.4} | {:.4} | {used} |\n", one.name, one.vague, one.others));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_align_and_other_lines_stay() {
        let text = aligned("Said.\n\n| a | b |\n|---|---|\n| long one | 2 |\n\n");
        assert_eq!(text, "Said.\n\n  a         b\n  long one  2\n\n");
    }
}
