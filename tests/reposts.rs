//! `tachles batch --reposts`: postings that come again, word by word or nearly so.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails should stop at once"
)]

mod support;

use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use support::Bench;

const WORDS: [&str; 24] = [
    "brand", "story", "reels", "weekly", "client", "budget", "calendar", "audience", "shoot", "caption", "report",
    "campaign", "studio", "writer", "editor", "launch", "growth", "reply", "inbox", "photo", "partner", "event",
    "channel", "draft",
];

/// An ad of some hundred words unlike those of other numbers.
fn ad(number: usize, town: &str) -> Value {
    let mut seed = number as u64 + 1;
    let mut word = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        WORDS[(seed >> 33) as usize % WORDS.len()]
    };
    let duties: Vec<&str> = (0..90).map(|_| word()).collect();
    let text = format!(
        "Come to {town} and be our ninja. You wow our followers, {} and more. Call 03-555-{number:04}.",
        duties.join(" ")
    );
    json!({ "id": format!("a{number}"), "title": "Social Media Manager", "text": text })
}

fn again(mut ad: Value, id: &str) -> Value {
    ad["id"] = json!(id);
    ad
}

fn lines(ads: &[Value]) -> String {
    ads.iter().map(|ad| format!("{ad}\n")).collect()
}

fn repeats(bench: &Bench, name: &str) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let records = bench.records(name);
    let named = records.iter().filter(|record| !record["duplicate_of"].is_null());
    named.map(|record| (text(&record["id"]), text(&record["duplicate_of"]))).collect()
}

fn pair(id: &str, first: &str) -> (String, String) {
    (id.to_owned(), first.to_owned())
}

#[test]
fn the_same_words_set_otherwise_are_a_repost_with_offsets_of_their_own() {
    let first = ad(1, "Haifa");
    let text = first["text"].as_str().unwrap();
    let loud = format!("\u{200f}  {}", text.to_uppercase().replace(". ", " –\n\n• ").replace("03-555-", "03 555 "));
    let other = text.replace("0001", "0002");
    let bench = Bench::new().file(
        "ads.jsonl",
        lines(&[
            first.clone(),
            json!({ "id": "loud", "title": "SOCIAL MEDIA MANAGER", "text": loud }),
            json!({ "id": "other", "title": "Social Media Manager", "text": other }),
            json!({ "id": "none", "text": "!!!" }),
            json!({ "id": "neither", "text": "???" }),
        ]),
    );
    bench
        .run("batch ads.jsonl -o out.jsonl --with-text")
        .exits(0)
        .says("read 5 = scored 4 + unchanged 0 + duplicates 1 ");
    assert_eq!(repeats(&bench, "out.jsonl"), [pair("loud", "a1")]);
    let record = &bench.records("out.jsonl")[1];
    let plain: Vec<char> = record["text"].as_str().unwrap().chars().collect();
    let reasons = record["reasons"].as_array().unwrap().iter();
    let evidence = reasons.flat_map(|reason| reason["evidence"].as_array().unwrap());
    let mut found = 0;
    for place in evidence.chain(record["deliverables"].as_array().unwrap()) {
        let at = |field: &str| place[field].as_u64().unwrap() as usize;
        assert_eq!(plain[at("start")..at("end")].iter().collect::<String>(), place["quote"].as_str().unwrap());
        found += 1;
    }
    assert!(found > 0, "{record}");
}

#[test]
fn near_reposts_are_found_when_asked_for_and_the_first_is_named() {
    let mut ads: Vec<Value> = (0..400).map(|number| ad(number, "Haifa")).collect();
    ads.push(again(ad(7, "Beer Sheva"), "moved"));
    ads.push(again(ad(7, "Tel Aviv"), "moved on"));
    ads.push(again(ad(7, "Haifa"), "same"));
    ads.push(json!({ "id": "short", "text": "Be our ninja in Haifa" }));
    ads.push(json!({ "id": "shorter", "text": "Be our ninja in Lod" }));
    let bench = Bench::new().file("ads.jsonl", lines(&ads));
    bench.run("batch ads.jsonl -o near.jsonl --reposts near").exits(0).says(" + duplicates 3 + ");
    assert_eq!(repeats(&bench, "near.jsonl"), [pair("moved", "a7"), pair("moved on", "a7"), pair("same", "a7")]);
    bench.run("batch ads.jsonl -o exact.jsonl").exits(0).says(" + duplicates 1 + ");
    assert_eq!(repeats(&bench, "exact.jsonl"), [pair("same", "a7")]);
    bench.run("batch ads.jsonl -o off.jsonl --reposts off").exits(0).says(" + duplicates 0 + ");
    assert_eq!(repeats(&bench, "off.jsonl"), []);
    bench.run("batch ads.jsonl -o out.jsonl --reposts some").exits(2).says("exact, near, off");
}

#[test]
fn a_repost_has_the_decision_of_its_first_and_nothing_else_of_it() {
    // On its own the second is judged otherwise, because of the sentence it has more.
    let (first, second) = (DOUBTFUL.to_owned(), format!("{DOUBTFUL} {CONCRETE}"));
    let ads = [
        json!({ "id": "first", "title": "Social Media Manager", "text": first }),
        json!({ "id": "second", "title": "Social Media Manager", "text": second }),
    ];
    let filler: Vec<Value> = (0..300).map(|number| ad(number, "Haifa")).collect();
    // In one chunk, and in chunks far apart.
    for between in [&filler[..0], &filler] {
        let all = [&ads[..1], between, &ads[1..]].concat();
        let bench = Bench::new().file("ads.jsonl", lines(&all));
        bench.run("batch ads.jsonl -o near.jsonl --reposts near --threads 3").exits(0).says(" + duplicates 1 + ");
        bench.run("batch ads.jsonl -o off.jsonl --reposts off").exits(0);
        let (near, off) = (bench.records("near.jsonl"), bench.records("off.jsonl"));
        assert_eq!(near[..near.len() - 1], off[..off.len() - 1]);
        let (mut near, own) = (near.last().unwrap().clone(), off.last().unwrap());
        assert_ne!(own["verdict"], off[0]["verdict"], "the example must be one that is judged otherwise: {own}");
        assert_eq!(near["verdict"], off[0]["verdict"]);
        assert_eq!(near["duplicate_of"], "first");
        near["verdict"] = own["verdict"].clone();
        near["duplicate_of"] = Value::Null;
        assert_eq!(&near, own);
    }
}

/// 900 ads of which every third repeats one that stands 2 to 299 before it.
fn many() -> Vec<Value> {
    let repost = |number: usize| {
        let first = number.checked_sub(2 + 3 * (number % 100)).unwrap_or(number - 2);
        again(ad(first, "Ashdod"), &format!("r{number}"))
    };
    (0..900).map(|number| if number % 3 == 2 { repost(number) } else { ad(number, "Haifa") }).collect()
}

#[test]
fn reposts_are_the_same_for_any_number_of_threads_and_with_a_ledger() {
    let bench = Bench::new().file("ads.jsonl", lines(&many()));
    bench.run("batch ads.jsonl -o one.jsonl --reposts near --threads 1").exits(0);
    assert!(repeats(&bench, "one.jsonl").len() >= 250);
    for (threads, ledger) in [(2, ""), (5, ""), (3, "--ledger l.db"), (2, "--ledger l.db")] {
        let options = format!("--reposts near --threads {threads} {ledger}");
        bench.run(&format!("batch ads.jsonl -o out.jsonl {options}")).exits(0);
        assert_eq!(bench.read("out.jsonl"), bench.read("one.jsonl"), "{options}");
    }
    let new = [again(ad(3, "Lod"), "n1"), again(ad(2_000, "Lod"), "n2")];
    let bench = bench.file("ads.jsonl", lines(&[many(), new.to_vec()].concat()));
    bench.run("batch ads.jsonl -o new.jsonl --reposts near --only-new --ledger l.db").exits(0).says("written 2;");
    assert_eq!(repeats(&bench, "new.jsonl"), [pair("n1", "a3")]);
}

#[test]
fn reposts_are_the_same_after_a_kill() {
    let bench = Bench::new().file("ads.jsonl", lines(&many()));
    bench.run("batch ads.jsonl -o alone.jsonl --reposts near").exits(0);
    for kill in 0..3u64 {
        let ledger = format!("l{kill}.db");
        let arguments = ["batch", "ads.jsonl", "-o", "out.jsonl", "--reposts", "near", "--ledger", &ledger];
        let mut child = Command::new(env!("CARGO_BIN_EXE_tachles"))
            .args(arguments)
            .current_dir(bench.path(""))
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(60 + 90 * kill));
        // It may be through already; then the ledger answers.
        let _ = child.kill();
        child.wait().unwrap();
        bench.run(&arguments.join(" ")).exits(0);
        assert_eq!(bench.read("out.jsonl"), bench.read("alone.jsonl"));
    }
}

#[test]
fn what_repeats_a_posting_that_was_not_read_has_its_name_and_decision() {
    let known: Vec<Value> = (0..5).map(|number| ad(number, "Haifa")).collect();
    let bench = Bench::new().file("ads.jsonl", lines(&known));
    bench.run("batch ads.jsonl -o all.jsonl --ledger l.db").exits(0);
    let mut loud = again(ad(3, "Haifa"), "loud");
    loud["text"] = json!(loud["text"].as_str().unwrap().to_uppercase());
    let bench = bench.file("ads.jsonl", lines(&[known, vec![loud]].concat()));
    bench.run("batch ads.jsonl -o new.jsonl --ledger l.db --only-new").exits(0).says("unchanged 5 + duplicates 1 ");
    assert_eq!(repeats(&bench, "new.jsonl"), [pair("loud", "a3")]);
    assert_eq!(bench.records("new.jsonl")[0]["verdict"], bench.records("all.jsonl")[3]["verdict"]);
}

const DOUBTFUL: &str = "We are a small agency in Haifa and we need a social media manager. You run the channels of our clients, plan \
    what goes out and when, write the posts, answer what people ask, and tell us what worked. You know the networks, \
    write well, and like people. We work together in one room with good coffee, and we like what we do. The agency \
    was founded by two friends who still sit among us, and most of our clients have been with us since the first \
    year. They make bread, teach music, mend bicycles and sell plants, and they want to be heard by the people \
    around them. You speak with them, learn what they care about, and turn that into pictures and words. A designer \
    and a photographer help you, and every month we look together at the figures and decide what to change. We share \
    the office with a bookshop, and the sea is near. Write to us and tell us about something that you made, and \
    about what you would like to make next with a team that has time for you.";
const CONCRETE: &str = "You publish 5 posts a week on Instagram, manage 12,000 EUR a month in Meta Ads, and are measured by 40 leads at a CPL \
    under 25 EUR.";
