//! Whether a model may take the place of another, in words.

use super::figures::signed;
use super::page::{escape, table};
use crate::learn::promotion::{Finding, Held, Promotion};

const HEADINGS: [&str; 6] = ["set", "head", "n", "rule", "difference", "held"];

fn cells(finding: &Finding) -> Vec<String> {
    let held = match finding.held {
        Held::Surely => "yes",
        Held::Probably => "yes, not for certain",
        Held::Broken => "NO",
        Held::TooFew => "too few labels to tell",
    };
    vec![
        finding.set.clone(),
        finding.head.clone(),
        finding.n.to_string(),
        finding.clause.to_string(),
        signed(&finding.difference),
        held.to_owned(),
    ]
}

/// All findings as a Markdown table.
pub fn markdown(found: &Promotion) -> String {
    let mut text = format!("| {} |\n|{}\n", HEADINGS.join(" | "), "---|".repeat(HEADINGS.len()));
    for finding in &found.findings {
        text.push_str(&format!("| {} |\n", cells(finding).join(" | ")));
    }
    text
}

/// One line that says whether, and one for every clause that was broken.
pub fn verdict(found: &Promotion, model: &str, other: &str) -> String {
    let broken: Vec<&Finding> = failures(found).collect();
    if found.promoted {
        let unsure = found.findings.iter().filter(|finding| finding.held == Held::Probably).count();
        let few = found.findings.iter().filter(|finding| finding.held == Held::TooFew).count();
        return format!(
            "promoted: {model} may take the place of {other} ({} checks held, {unsure} of them not for certain, {few} with too few labels to tell)\n",
            found.findings.len() - few
        );
    }
    let mut text = format!("not promoted: {model} must not take the place of {other}\n");
    for finding in &broken {
        text.push_str(&format!(
            "- {}, {}: {} asked for, is {}{}\n",
            finding.set,
            finding.head,
            finding.clause,
            signed(&finding.difference),
            if finding.held == Held::Probably { ", which is not certain" } else { "" }
        ));
    }
    if broken.is_empty() {
        text.push_str("- too few labels everywhere: nothing can be told\n");
    }
    text
}

fn failures(found: &Promotion) -> impl Iterator<Item = &Finding> {
    let certain = found.rule.certain;
    found.findings.iter().filter(move |finding| match finding.held {
        Held::Broken => true,
        Held::Probably => certain,
        Held::Surely | Held::TooFew => false,
    })
}

/// The same as a part of a page.
pub fn html(found: &Promotion, model: &str, other: &str) -> String {
    let mut text = String::from("<h2>Promotion</h2>\n");
    for line in verdict(found, model, other).lines() {
        text.push_str(&format!("<p class=\"note\">{}</p>\n", escape(line)));
    }
    text.push_str(&table("New model less old", &HEADINGS, &found.findings.iter().map(cells).collect::<Vec<_>>()));
    text
}
