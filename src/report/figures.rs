//! Tables of figures: for the terminal and, the same, as Markdown for the model card.

use std::fmt::Write;

use crate::learn::figures::SetFigures;
use crate::learn::metrics::Estimate;

/// The figures of several sets as Markdown tables, one a set.
pub fn markdown(sets: &[SetFigures]) -> String {
    let mut text = String::new();
    for set in sets {
        let _ = writeln!(text, "### {} (n = {})\n", set.name, set.n);
        text.push_str(
            "| head | n | prevalence | AUC (95%) | length only | lexicon only | kappa (95%) | F1 | precision | recall | \
             accuracy / majority | Brier | ECE |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|\n",
        );
        for head in &set.heads {
            let _ = writeln!(
                text,
                "| {} | {} | {:.3} | {} | {:.3} | {:.3} | {} | {:.3} | {:.3} | {:.3} | {:.3} / {:.3} | {:.3} | {:.3} |",
                head.head,
                head.n,
                head.prevalence,
                interval(&head.auc),
                head.length_auc,
                head.lexicon_auc,
                interval(&head.kappa),
                head.f1,
                head.precision,
                head.recall,
                head.accuracy,
                head.majority_accuracy,
                head.brier,
                head.calibration_error
            );
        }
        text.push('\n');
        let mut facts = Vec::new();
        if let (Some(auc), Some(kappa)) = (set.reason_macro_auc, set.reason_macro_kappa) {
            facts.push(format!("mean over reasons: AUC {auc:.3}, kappa {kappa:.3}"));
        }
        if let Some(spearman) = &set.spearman {
            facts.push(format!("Spearman with the 1–5 scale {}", interval(spearman)));
        }
        if let Some(auc) = &set.auc_without_borderline {
            facts.push(format!("AUC without ads rated 3 {}", interval(auc)));
        }
        if set.auc_by_length.iter().any(Option::is_some) {
            let quarters: Vec<String> =
                set.auc_by_length.iter().map(|auc| auc.map_or("–".to_owned(), |auc| format!("{auc:.3}"))).collect();
            facts.push(format!("AUC by quarter of length, shortest first: {}", quarters.join(", ")));
        }
        if let Some(verdict) = &set.verdict {
            facts.push(format!(
                "verdicts: {:.1}% vague (of which {:.1}% wrong), {:.1}% concrete (of which {:.1}% wrong), {:.1}% unsure",
                100.0 * verdict.vague,
                100.0 * verdict.vague_error,
                100.0 * verdict.concrete,
                100.0 * verdict.concrete_error,
                100.0 * verdict.unsure
            ));
        }
        for fact in facts {
            let _ = writeln!(text, "- {fact}");
        }
        text.push('\n');
    }
    text
}

fn interval(estimate: &Estimate) -> String {
    format!("{:.3} [{:.3}, {:.3}]", estimate.value, estimate.low, estimate.high)
}

/// The figures of several sets, aligned for a terminal.
pub fn terminal(sets: &[SetFigures]) -> String {
    let mut text = String::new();
    for set in sets {
        let _ = writeln!(text, "{} (n = {})", set.name, set.n);
        let _ = writeln!(
            text,
            "  {:<13} {:>5} {:>6}  {:<22} {:>7} {:>8}  {:<22} {:>5} {:>5} {:>5}",
            "head", "n", "prev.", "AUC [95%]", "length", "lexicon", "kappa [95%]", "F1", "Brier", "ECE"
        );
        for head in &set.heads {
            let _ = writeln!(
                text,
                "  {:<13} {:>5} {:>6.3}  {:<22} {:>7.3} {:>8.3}  {:<22} {:>5.3} {:>5.3} {:>5.3}",
                head.head,
                head.n,
                head.prevalence,
                interval(&head.auc),
                head.length_auc,
                head.lexicon_auc,
                interval(&head.kappa),
                head.f1,
                head.brier,
                head.calibration_error
            );
        }
        for line in markdown(std::slice::from_ref(set)).lines().filter_map(|line| line.strip_prefix("- ")) {
            let _ = writeln!(text, "  {line}");
        }
        text.push('\n');
    }
    text
}
