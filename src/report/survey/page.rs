//! The page on a run: what became of the records, what was flagged, whether the scores have moved, what is strange.

use std::fmt::Write;

use super::{NAMED, STRANGE, Share, Shares, Sighting, Survey, TEXT, drift};
use crate::ad::Lang;
use crate::label::REASONS;
use crate::ledger::{Begun, Counts, Previous};
use crate::model::Distributions;
use crate::report::html::{heading, text};
use crate::report::page::{escape, page, table};
use crate::report::words::{ENGLISH, words};
use crate::report::{Judge, Judged};
use crate::score::Decision;

/// Names of a table that are shown.
const SHOWN: usize = 25;

/// A run that is over, or has ended early because its input is rotten.
pub struct Run<'r> {
    /// The inputs as they were named.
    pub inputs: &'r [String],
    /// The model that judged.
    pub judge: Judge,
    /// How its out-of-fold scores were spread; empty when it does not say.
    pub training: &'r Distributions,
    /// What became of the records.
    pub counts: Counts,
    /// The books in one line.
    pub books: String,
    /// Records in the output.
    pub written: u64,
    /// Seconds from start to end.
    pub seconds: f64,
    /// Why the run has ended early and put out nothing.
    pub rotten: Option<String>,
    /// Whether only postings that no earlier run put out were put out.
    pub only_new: bool,
    /// The run in the ledger, where there is one.
    pub begun: Option<&'r Begun>,
    /// The run in the ledger to compare with.
    pub previous: Option<&'r Previous>,
    /// What was gathered of the records.
    pub survey: &'r Survey,
}

/// The name of a language.
pub(super) fn language(lang: Lang) -> &'static str {
    match lang {
        Lang::He => "Hebrew",
        Lang::En => "English",
        Lang::Mixed => "Hebrew and English mixed",
        Lang::Other => "Neither",
    }
}

/// The whole page.
pub fn html(run: &Run<'_>) -> String {
    let mut body = String::from("<h1>Run report</h1>\n");
    head(&mut body, run);
    tiles(&mut body, run);
    drift::section(&mut body, run);
    if let Some(details) = &run.survey.details {
        flagged(&mut body, run);
        let _ = writeln!(body, "<h2>Top flagged ads</h2>");
        if details.flagged.is_empty() {
            body.push_str("<p>No ad was flagged.</p>\n");
        }
        details.flagged.iter().for_each(|(p, judged)| ad(&mut body, p, judged));
        strange(&mut body, run);
        slow(&mut body, run);
        bad(&mut body, run);
    }
    page("Run report", &body)
}

fn head(body: &mut String, run: &Run<'_>) {
    let rate = run.counts.read as f64 / run.seconds.max(1e-9);
    let _ = writeln!(
        body,
        "<p><code>{}</code></p>\n<p class=\"soft\">Model {}. Inputs: <bdi>{}</bdi>. {:.1} s, {rate:.0} records a second.",
        escape(&run.books),
        escape(&run.judge.model),
        escape(&list(run.inputs)),
        run.seconds
    );
    if let Some(begun) = run.begun {
        let _ = write!(body, " Run {} of the ledger, begun {}", begun.run, escape(&begun.started));
        body.push_str(if begun.resumed.is_some() { ", resumed after it had been cut short." } else { "." });
    }
    body.push_str("</p>\n");
    if let Some(rotten) = &run.rotten {
        let _ = writeln!(
            body,
            "<p class=\"note\"><strong>This run has ended early: {}.</strong> Everything below is of the records that it had read.</p>",
            escape(rotten)
        );
    }
    if run.only_new {
        body.push_str(
            "<p class=\"note\">This run put out only what is new or changed (<code>--only-new</code>); everything below is of those \
             records, and the previous run is best compared with if it did the same.</p>\n",
        );
    }
}

/// The first few names.
fn list(names: &[String]) -> String {
    let shown = names.get(..names.len().min(5)).unwrap_or_default().join(", ");
    if names.len() > 5 { format!("{shown} and {} more", names.len() - 5) } else { shown }
}

fn percent(share: f64) -> String {
    format!("{:.1}%", 100.0 * share)
}

/// The records of a run that were judged, and those flagged.
fn share(counts: &Counts) -> Share {
    let [vague, unsure, concrete, out_of_scope, unsupported] = counts.decisions;
    let judged = vague + unsure + concrete;
    Share { records: judged + out_of_scope + unsupported, judged, flagged: vague }
}

fn tiles(body: &mut String, run: &Run<'_>) {
    let now = share(&run.counts);
    body.push_str("<ul class=\"tiles\">\n");
    let mut tile = |name: &str, value: &str, below: &str| {
        let _ = writeln!(body, "<li><span>{name}</span><b>{value}</b><span>{below}</span></li>");
    };
    tile("Records read", &run.counts.read.to_string(), &format!("{} in the output", run.written));
    let before = run.previous.and_then(|previous| share(&previous.counts).flagged_share());
    let before = before.map_or(String::new(), |share| format!(", {} in the previous run", percent(share)));
    let rate = now.flagged_share().map_or("–".to_owned(), percent);
    tile("Flagged, of those judged", &rate, &format!("{} of {}{before}", now.flagged, now.judged));
    for (decision, count) in Decision::ALL.into_iter().zip(run.counts.decisions).skip(1) {
        let of = if now.records > 0 { percent(count as f64 / now.records as f64) } else { "–".to_owned() };
        tile(ENGLISH.decision(decision), &count.to_string(), &format!("{of} of the output"));
    }
    body.push_str("</ul>\n");
}

fn flagged(body: &mut String, run: &Run<'_>) {
    let Some(details) = &run.survey.details else { return };
    body.push_str("<h2>What is flagged</h2>\n");
    let now = share(&run.counts);
    let rows: Vec<Vec<String>> = REASONS
        .into_iter()
        .zip(details.reasons)
        .map(|(id, (fired, flagged))| {
            let of = |count: u64, all: u64| if all > 0 { percent(count as f64 / all as f64) } else { "–".to_owned() };
            vec![
                id.to_owned(),
                ENGLISH.check(id).to_owned(),
                fired.to_string(),
                of(fired, now.judged),
                of(flagged, now.flagged),
            ]
        })
        .collect();
    let headings = ["reason", "check that fails", "ads", "of those judged", "of those flagged"];
    body.push_str(&table("By reason", &headings, &rows));
    shares(body, "By source", "source", &details.sources);
    shares(body, "By company", "company", &details.companies);
    let langs: Vec<Vec<String>> = Lang::ALL
        .into_iter()
        .zip(details.langs)
        .filter(|&(_, count)| count > 0)
        .map(|(lang, count)| vec![language(lang).to_owned(), count.to_string()])
        .collect();
    body.push_str(&table("By language", &["language", "records"], &langs));
    let _ = writeln!(
        body,
        "<p class=\"soft\">Judged are the vague, the concrete and the unsure; roles out of scope are not (<code>--all-roles</code> judges \
         all). A source is what the column <code>board</code> says (<code>--map board=COLUMN</code>), or else the file. The most flagged \
         names come first; {SHOWN} are shown, and the first {NAMED} names of the input are counted one by one.</p>"
    );
}

fn shares(body: &mut String, caption: &str, name: &str, found: &Shares) {
    let ranked = found.ranked();
    let mut rows = Vec::with_capacity(SHOWN + 2);
    let mut row = |name: &str, share: Share| {
        let rate = share.flagged_share().map_or("–".to_owned(), percent);
        rows.push(vec![
            name.to_owned(),
            share.flagged.to_string(),
            rate,
            share.judged.to_string(),
            share.records.to_string(),
        ]);
    };
    for &(name, share) in ranked.iter().take(SHOWN) {
        row(if name.is_empty() { "(not given)" } else { name }, share);
    }
    let mut rest = Share::default();
    ranked.iter().skip(SHOWN).for_each(|(_, share)| rest.merge(*share));
    if rest.records > 0 {
        row(&format!("({} others)", ranked.len() - SHOWN), rest);
    }
    if found.others.records > 0 {
        row(&format!("(names beyond the first {NAMED})"), found.others);
    }
    body.push_str(&table(caption, &[name, "flagged", "of those judged", "judged", "records"], &rows));
}

/// One ad with its highlights, folded.
fn ad(body: &mut String, p: f64, judged: &Judged) {
    let words = words(judged.verdict.lang);
    let ad = &judged.ad;
    let _ = write!(body, "<details><summary>{p:.2} <bdi>{}</bdi>", escape(heading(judged, words)));
    if !ad.company.is_empty() {
        let _ = write!(body, " · <bdi>{}</bdi>", escape(&ad.company));
    }
    let (file, record) = (escape(&ad.source.file), ad.source.record);
    let _ = writeln!(
        body,
        "</summary>\n<p class=\"soft\">id <bdi>{}</bdi>, <bdi>{file}</bdi> record {record}</p>",
        escape(&ad.id)
    );
    let _ = writeln!(body, "<div lang=\"{}\" dir=\"{}\">", words.code, words.direction);
    let fired = judged.verdict.reasons.iter().filter(|reason| reason.fired);
    let fired: Vec<String> = fired
        .map(|reason| format!("<span>✗ {} <bdi class=\"soft\">{:.2}</bdi></span>", words.check(&reason.id), reason.p))
        .collect();
    if !fired.is_empty() {
        let _ = writeln!(body, "<p class=\"apart\">{}</p>", fired.join("\n"));
    }
    text(body, judged, words);
    body.push_str("</div>\n");
    if ad.plain().len() >= TEXT {
        let _ = writeln!(body, "<p class=\"soft\">Only its first {TEXT} bytes are shown.</p>");
    }
    body.push_str("</details>\n");
}

/// The cells of a record in a list, behind its number.
fn sighting(number: String, seen: &Sighting) -> Vec<String> {
    let (file, record) = &seen.place;
    vec![
        number,
        seen.title.clone(),
        seen.company.clone(),
        ENGLISH.decision(seen.decision).to_owned(),
        seen.words.to_string(),
        seen.id.clone(),
        format!("{file}, record {record}"),
    ]
}

/// The headings of such a list.
const LISTING: [&str; 6] = ["title", "company", "verdict", "words", "id", "where"];

fn listing(body: &mut String, caption: &str, number: &str, rows: &[Vec<String>]) {
    let headings: Vec<&str> = std::iter::once(number).chain(LISTING).collect();
    body.push_str(&table(caption, &headings, rows));
}

fn strange(body: &mut String, run: &Run<'_>) {
    let Some(details) = &run.survey.details else { return };
    body.push_str("<h2>Strange records</h2>\n");
    for ((name, meaning), list) in STRANGE.iter().zip(&details.strange) {
        let whole = meaning.starts_with("words");
        let rows: Vec<Vec<String>> = list
            .iter()
            .map(|(number, seen)| {
                sighting(if whole { format!("{:.0}", number.abs()) } else { format!("{number:.3}") }, seen)
            })
            .collect();
        if !rows.is_empty() {
            listing(body, &format!("{name} ({meaning})"), "", &rows);
        }
    }
    body.push_str(
        "<p class=\"soft\">Repeated texts are left out. Unknown words are counted only in ads that this run scored itself, not in those \
         whose verdict came out of the ledger.</p>\n",
    );
}

fn slow(body: &mut String, run: &Run<'_>) {
    let Some(details) = run.survey.details.as_ref().filter(|details| details.timed.0 > 0) else { return };
    let (count, time) = details.timed;
    body.push_str("<h2>Slowest records</h2>\n");
    let rows: Vec<Vec<String>> =
        details.slowest.iter().map(|(seconds, seen)| sighting(format!("{:.2}", seconds * 1e3), seen)).collect();
    listing(body, "", "ms", &rows);
    let _ = writeln!(
        body,
        "<p class=\"soft\">Time to read and judge a record, of {count} records that this run scored itself; the mean is {:.3} ms. Times \
         depend on the machine and what else it does: they are the one thing on this page, beside dates and rates, that another run \
         of the same input does not repeat.</p>",
        time.as_secs_f64() * 1e3 / count as f64
    );
}

fn bad(body: &mut String, run: &Run<'_>) {
    let Some(details) = run.survey.details.as_ref().filter(|details| !details.bad.is_empty()) else { return };
    body.push_str("<h2>Bad records</h2>\n");
    let rows: Vec<Vec<String>> =
        details.bad.iter().map(|(code, count)| vec![(*code).to_owned(), count.to_string()]).collect();
    body.push_str(&table("", &["reason", "records"], &rows));
}
