//! `tachles batch --report` as its users run it: the page, what it is compared with, and what it leaves alone.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails should stop at once"
)]

mod support;

use support::{Bench, project};

/// Vague and concrete ads in both languages, some bad, some twice.
fn ads(vague: usize, concrete: usize) -> String {
    let mut all = String::from("id,title,company,board,text\n");
    for number in 0..vague {
        all += &format!(
            "v{number},Social Media Manager,Fog & Sons,north,\"We want a passionate ninja, number {number}, to wow our followers.\"\n"
        );
        all += &format!(
            "h{number},מנהל/ת סושיאל,ערפל בעמ,צפון,\"דרוש/ה גורו סושיאל {number} עם תשוקה ואנרגיות, שיודע/ת להרים!\"\n"
        );
    }
    for number in 0..concrete {
        all += &format!(
            "c{number},Social Media Manager,Clear Ltd,south,\"You write 3 Instagram posts a week, film a TikTok video every Sunday, answer comments within 4 hours and report reach every Monday \
             to the head of marketing. Two years in paid social and a portfolio are required. We pay 9{number:02} a month.\"\n"
        );
    }
    all + "bad,Social Media Manager,Clear Ltd,south,\n"
}

/// The page without what depends on the clock.
fn steady(page: &str) -> String {
    let slow = page.find("<h2>Slowest").unwrap();
    let rest = page[slow..].find("<h2>Bad").unwrap() + slow;
    let page = page[..slow].to_owned() + &page[rest..];
    let rate = page.find(" records a second").unwrap();
    let start = page[..rate].rfind("</bdi>.").unwrap();
    page[..start].to_owned() + &page[rate..]
}

#[test]
fn the_page_is_self_contained_and_the_same_for_any_number_of_threads() {
    let bench = Bench::new().file("ads.csv", ads(150, 150));
    bench.run("batch ads.csv -o plain.jsonl").exits(1);
    bench.run("batch ads.csv -o one.jsonl --threads 1 --report one.html").exits(1);
    bench.run("batch ads.csv -o four.jsonl --threads 4 --report four.html").exits(1);
    assert_eq!(bench.read("plain.jsonl"), bench.read("one.jsonl"), "the output does not know of the report");
    assert_eq!(steady(&bench.read("one.html")), steady(&bench.read("four.html")));
    let page = bench.read("one.html");
    for not in ["<script", "http:", "https:", "url(", "@import", "NaN", " inf"] {
        assert!(!page.contains(not), "{not}");
    }
    for needed in [
        "Content-Security-Policy\" content=\"default-src 'none'",
        "<meta name=\"viewport\"",
        "read 451 = scored 450 + unchanged 0 + duplicates 0 + quarantined 1",
        "Fog &amp; Sons",
        "<th scope=\"row\" dir=\"auto\">empty-text</th>",
        "<mark class=\"v\"",
        "Without a ledger",
    ] {
        assert!(page.contains(needed), "{needed}");
    }
    let hebrew: String =
        ads(30, 0).lines().filter(|line| !line.starts_with(['v', 'b'])).map(|line| format!("{line}\n")).collect();
    let bench = bench.file("he.csv", hebrew);
    bench.run("batch he.csv -o he.jsonl --report he.html").exits(0);
    let (page, right) = (bench.read("he.html"), "<div lang=\"he\" dir=\"rtl\">");
    assert!(page.matches(right).count() == 10 && page.contains("<bdi>ערפל בעמ</bdi>"), "ten ads from right to left");
    let page = bench.read("one.html");
    let records = bench.records("one.jsonl");
    let flagged = records.iter().filter(|record| record["verdict"] == "vague").count();
    let judged =
        records.iter().filter(|record| ["vague", "unsure", "concrete"].iter().any(|&v| record["verdict"] == v)).count();
    assert!(flagged > 0 && flagged < judged, "{flagged} of {judged}: the samples must be of both kinds");
    assert!(
        page.contains(&format!(
            "<b>{:.1}%</b><span>{flagged} of {judged}</span>",
            100.0 * flagged as f64 / judged as f64
        ))
    );
    for (board, name) in [("north", "v"), ("צפון", "h"), ("south", "c")] {
        let of = |verdict: &str| {
            let mine = records.iter().filter(|record| record["id"].as_str().unwrap().starts_with(name));
            mine.filter(|record| verdict.is_empty() || record["verdict"] == verdict).count()
        };
        let row = format!("<th scope=\"row\" dir=\"auto\">{board}</th><td dir=\"auto\">{}</td>", of("vague"));
        assert!(page.contains(&row), "{row}");
        assert_eq!(of(""), 150);
    }
}

#[test]
fn scores_are_compared_with_training_and_with_the_run_before() {
    let bench = Bench::new().file("ads.csv", ads(60, 60));
    let model = project("models/authored");
    let run = |name: &str| {
        let done =
            bench.run("batch ads.csv --ledger l.db --report page.html -o").arg(name).arg("-m").arg(&model).exits(1);
        (done, bench.read("page.html"))
    };
    let (_, first) = run("out.jsonl");
    assert!(first.contains("The ledger has no earlier complete run") && !first.contains("does not hold how"));
    assert!(first.contains("English, against training:") && first.contains("Hebrew, against training:"));
    // Nothing has changed: every verdict comes out of the ledger, and nothing has moved.
    let (_, second) = run("out.jsonl");
    assert!(second.contains(
        "English, against the previous run: the scores for vagueness are <b>where they were</b> (index 0.00)."
    ));
    assert!(second.contains("The previous run is run 1 of") && !second.contains("by another command"));
    assert!(!second.contains("Slowest records"), "nothing was scored, so nothing was timed");
    // The concrete half is gone.
    let bench = bench.file("ads.csv", ads(60, 1));
    let third = {
        bench.run("batch ads.csv --ledger l.db --report page.html -o out.jsonl -m").arg(&model).exits(1);
        bench.read("page.html")
    };
    assert!(third.contains("English, against the previous run: the scores for vagueness have <b>moved far</b>"));
    assert!(third.contains("Hebrew, against the previous run: the scores for vagueness are <b>where they were</b>"));
    // Another model is said to be one.
    bench.run("batch ads.csv --ledger l.db --report page.html -o out.jsonl").exits(1);
    assert!(bench.read("page.html").contains("judged by another model or other settings (authored@"));
    let connection = rusqlite::Connection::open(bench.path("l.db")).unwrap();
    let count = |query: &str| -> i64 { connection.query_row(query, [], |row| row.get(0)).unwrap() };
    let texts = "SELECT sum(value) FROM distributions, json_each(bins) WHERE run = 1 AND head = 'vague'";
    assert_eq!(count(texts), 180, "every distinct text of run 1 is in one part");
    assert_eq!(count("SELECT count(DISTINCT run) FROM distributions"), 4);
}

#[test]
fn a_report_is_a_file_of_its_own_and_appears_with_the_output() {
    let bench = Bench::new().file("ads.csv", ads(3, 3)).file("text.csv", "id,no_text\n1,2\n");
    bench.run("batch ads.csv -o out.jsonl --report out.jsonl").exits(2).says("a file of its own");
    bench.run("batch ads.csv -o out.jsonl --report ads.csv").exits(2).says("ads.csv");
    bench.run("batch ads.csv -o out.jsonl --report -").exits(2).says("a file of its own");
    bench.run("batch ads.csv -o out.jsonl --report nowhere/r.html").exits(2).says("nowhere");
    assert!(!bench.path("out.jsonl").exists());
    bench.run("batch text.csv -o out.jsonl --report r.html").exits(2);
    assert!(!bench.path("r.html").exists());
}
