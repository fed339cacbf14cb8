//! The history of one posting: every text it had, what was said of it, by which model, and on what evidence.
//!
//! The texts themselves are not kept, so places in them are left out; the quotes are what there is.

use std::fmt::Write;

use serde::Serialize;

use super::terminal::{TerminalStyle, isolate};
use super::words::ENGLISH;
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{Chapter, Past};
use crate::score::Decision;

/// Quotes of one kind that are shown to a person.
const SHOWN: usize = 8;

#[derive(Serialize)]
struct PastRecord<'p> {
    id: &'p str,
    title: &'p str,
    company: &'p str,
    source: &'p str,
    first_seen: &'p str,
    last_seen: &'p str,
    first_flagged: Option<&'p str>,
    history: Vec<ChapterRecord<'p>>,
}

#[derive(Serialize)]
struct ChapterRecord<'p> {
    run: i64,
    time: &'p str,
    content_hash: &'p str,
    model: &'p str,
    settings: Option<serde_json::Value>,
    lang: &'static str,
    verdict: &'static str,
    p_vague: Option<f64>,
    p_scope: Option<f64>,
    words: u32,
    reasons: Vec<ReasonRecord<'p>>,
    deliverables: Vec<DeliverableRecord<'p>>,
}

#[derive(Serialize)]
struct ReasonRecord<'p> {
    id: &'p str,
    p: f64,
    fired: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    ignored: bool,
    evidence: Vec<EvidenceRecord<'p>>,
    advice: Option<&'p str>,
}

#[derive(Serialize)]
struct EvidenceRecord<'p> {
    quote: &'p str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<&'static str>,
}

#[derive(Serialize)]
struct DeliverableRecord<'p> {
    kind: &'static str,
    quote: &'p str,
}

fn chapter(chapter: &Chapter) -> ChapterRecord<'_> {
    let verdict = &chapter.verdict;
    // In the order in which they were kept; there are none where the ad was not judged.
    let mut quotes = chapter.quotes.iter().map(String::as_str);
    let reasons = verdict
        .reasons
        .iter()
        .map(|reason| ReasonRecord {
            id: &reason.id,
            p: reason.p,
            fired: reason.fired,
            ignored: reason.ignored,
            evidence: reason
                .evidence
                .iter()
                .filter(|_| reason.fired)
                .map_while(|found| {
                    let missing = found.missing.iter().map(|kind| kind.as_str()).collect();
                    Some(EvidenceRecord { quote: quotes.next()?, missing })
                })
                .collect(),
            advice: reason.advice.as_deref(),
        })
        .collect();
    let deliverables = verdict
        .deliverables
        .iter()
        .map_while(|found| Some(DeliverableRecord { kind: found.kind.as_str(), quote: quotes.next()? }))
        .collect();
    ChapterRecord {
        run: chapter.run,
        time: &chapter.time,
        content_hash: &chapter.content,
        model: &chapter.model,
        settings: serde_json::from_str(&chapter.settings).ok(),
        lang: verdict.lang.as_str(),
        verdict: verdict.decision.as_str(),
        p_vague: verdict.p_vague,
        p_scope: verdict.p_scope,
        words: verdict.words,
        reasons,
        deliverables,
    }
}

/// The history as one JSON object.
///
/// # Errors
/// Never in practice: memory cannot refuse a write.
pub fn json(past: &Past) -> Result<String> {
    let record = PastRecord {
        id: &past.id,
        title: &past.title,
        company: &past.company,
        source: &past.source,
        first_seen: &past.seen.0,
        last_seen: &past.seen.1,
        first_flagged: past.flagged.as_deref(),
        history: past.chapters.iter().map(chapter).collect(),
    };
    let text = serde_json::to_string_pretty(&record);
    text.map(|text| text + "\n")
        .map_err(|error| Error::new(ErrorKind::Io, format!("a history cannot be written: {error}")))
}

/// The history for a person at a terminal.
pub fn text(past: &Past, style: TerminalStyle) -> String {
    let mut out = String::new();
    let title = if past.title.is_empty() { ENGLISH.untitled } else { &past.title };
    let _ = writeln!(out, "{}  {}", style.paint("1", &isolate(&past.id)), isolate(title));
    let company = if past.company.is_empty() { String::new() } else { format!("{}, ", isolate(&past.company)) };
    let _ = writeln!(out, "{company}last in {}", isolate(&past.source));
    let flagged =
        past.flagged.as_ref().map_or_else(|| "never flagged".to_owned(), |time| format!("first flagged {time}"));
    let _ = writeln!(out, "first seen {}, last seen {}, {flagged}", past.seen.0, past.seen.1);
    let mut before: Option<&Chapter> = None;
    for one in &past.chapters {
        let what = match before {
            None => "first seen",
            Some(before) if before.content != one.content => "the text was edited",
            Some(before) if before.model != one.model => "the same text, another model",
            Some(_) => "the same text, judged otherwise",
        };
        before = Some(one);
        heading(&mut out, one, what, style);
        findings(&mut out, &chapter(one), style);
    }
    out
}

fn heading(out: &mut String, chapter: &Chapter, what: &str, style: TerminalStyle) {
    let verdict = &chapter.verdict;
    let code = match verdict.decision {
        Decision::Vague => "1;31",
        Decision::Concrete => "1;32",
        Decision::Unsure => "1;33",
        Decision::OutOfScope | Decision::Unsupported => "1;36",
    };
    let word = style.paint(code, &ENGLISH.decision(verdict.decision).to_uppercase());
    let p = verdict.p_vague.map(|p| format!("  p(vague) {p:.2}")).unwrap_or_default();
    let scope = verdict.p_scope.map(|p| format!("  p(social media role) {p:.2}")).unwrap_or_default();
    let _ = writeln!(out, "\n{}  run {}: {what}", chapter.time, chapter.run);
    let _ = writeln!(out, "  {word}{p}{scope}");
    let _ = writeln!(out, "  {}", style.paint("2", &format!("text {}, model {}", chapter.content, chapter.model)));
}

fn findings(out: &mut String, chapter: &ChapterRecord<'_>, style: TerminalStyle) {
    for reason in &chapter.reasons {
        let (sign, code) = if reason.fired { ("✗", "31") } else { ("✓", "32") };
        let (sign, code) = if reason.ignored { ("–", "33") } else { (sign, code) };
        let check = ENGLISH.check(reason.id);
        let _ = writeln!(out, "  {} {check:<24} {:<13} {:.2}", style.paint(code, sign), reason.id, reason.p);
        for found in reason.evidence.iter().take(SHOWN) {
            let without =
                if found.missing.is_empty() { String::new() } else { format!(" without {}", found.missing.join(", ")) };
            let _ = writeln!(out, "      “{}”{without}", isolate(found.quote));
        }
        if reason.evidence.len() > SHOWN {
            let _ = writeln!(out, "      and {} more", reason.evidence.len() - SHOWN);
        }
    }
    if !chapter.deliverables.is_empty() {
        let _ = writeln!(out, "  {} names:", style.paint("32", "+"));
        for found in chapter.deliverables.iter().take(SHOWN) {
            let _ = writeln!(out, "      {:<13} “{}”", found.kind, isolate(found.quote));
        }
        if chapter.deliverables.len() > SHOWN {
            let _ = writeln!(out, "      and {} more", chapter.deliverables.len() - SHOWN);
        }
    }
}
