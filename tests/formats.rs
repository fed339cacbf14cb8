//! What `score` prints in each of its formats, and what an ad or a house may ask it to leave out.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/schema.rs"]
mod schema;
mod support;

use serde_json::Value;
use support::{Bench, project};

const SAMPLES: [&str; 4] = ["ad.txt", "ad_vague_he.txt", "ad_concrete_en.txt", "ad_vague_en.html"];
const VAGUE: &str = "Be our social media guru!\nYou are passionate, dynamic and creative.\nManage our social presence and wow our fans.\n";

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn reason<'r>(record: &'r Value, id: &str) -> &'r Value {
    record["reasons"].as_array().unwrap().iter().find(|reason| reason["id"] == id).unwrap()
}

#[test]
fn records_keep_to_the_schema() {
    let bench = Bench::new()
        .file("ru.txt", "Мы ищем специалиста по социальным сетям")
        .file("ignore.txt", format!("{VAGUE}tachles: ignore"));
    let schema = json(&std::fs::read_to_string(project("docs/record.schema.json")).unwrap());
    let mut records = Vec::new();
    for name in SAMPLES {
        for offsets in ["codepoints", "bytes", "utf16", "raw"] {
            let done = bench
                .run("score --format json --title Title --offsets")
                .arg(offsets)
                .arg(project("data/samples").join(name))
                .exits(0);
            records.push(json(&done.stdout));
        }
    }
    records.push(json(&bench.run("score --format json ru.txt").exits(0).stdout));
    records.push(json(&bench.run("score --format json ignore.txt").exits(0).stdout));
    bench.run("batch -q -o out.jsonl --advice").arg(project("data/samples/postings.jsonl")).exits(0);
    records.extend(bench.records("out.jsonl"));
    for record in &records {
        let faults = schema::faults(&schema, record);
        assert!(faults.is_empty(), "help: docs/record.schema.json\n{}", faults.join("\n"));
    }
    // The schema says no when it should.
    let mut bad = records[0].clone();
    bad["p_vague"] = Value::from(1.5);
    bad["reasons"][0]["charm"] = Value::from(1);
    assert_eq!(schema::faults(&schema, &bad).len(), 2);
}

#[test]
fn evidence_of_reasons_that_did_not_fire_is_there_unless_refused() {
    let bench = Bench::new();
    let run = |which: &str| {
        let command = format!("batch -q --all-roles --with-text --evidence {which} -o {which}.jsonl");
        bench.run(&command).arg(project("data/labeled/ads.csv")).exits(0);
        bench.records(&format!("{which}.jsonl"))
    };
    let marked = |record: &Value, fired_only: bool| -> Vec<bool> {
        let mut marks = vec![false; record["text"].as_str().unwrap().chars().count()];
        let reasons = record["reasons"].as_array().unwrap().iter();
        let evidence =
            reasons.filter(|reason| !fired_only || reason["fired"] == true).map(|reason| &reason["evidence"]);
        for found in evidence.chain([&record["deliverables"]]).flat_map(|list| list.as_array().unwrap()) {
            let place = |name: &str| found[name].as_u64().unwrap() as usize;
            marks[place("start")..place("end")].fill(true);
        }
        marks
    };
    let share = |marks: &[bool]| marks.iter().filter(|marked| **marked).count() as f64 / marks.len() as f64;
    let mut more = 0;
    for (all, fired) in run("all").iter_mut().zip(run("fired")) {
        let (whole, certain) = (share(&marked(all, false)), share(&marked(all, true)));
        // Bytes are counted, so in mixed scripts a little more than a fifth of the characters may be marked.
        assert!(whole <= certain.max(0.25), "{}: {certain} becomes {whole}", all["id"]);
        for reason in all["reasons"].as_array_mut().unwrap() {
            if reason["fired"] == false {
                more += reason["evidence"].as_array().unwrap().len();
                reason["evidence"] = Value::Array(Vec::new());
            }
        }
        assert_eq!(*all, fired);
    }
    assert!(more > 100, "only {more}");
}

#[test]
fn an_edit_replayed_gives_the_probability_it_states() {
    let bench = Bench::new().file("plain.txt", VAGUE);
    let mut replayed = 0;
    let files = SAMPLES.map(|name| project("data/samples").join(name)).into_iter().chain([bench.path("plain.txt")]);
    for file in files {
        let record = json(&bench.run("score --format json --with-text").arg(&file).exits(0).stdout);
        let plain: Vec<char> = record["text"].as_str().unwrap().chars().collect();
        let before = record["p_vague"].as_f64().unwrap();
        for reason in record["reasons"].as_array().unwrap() {
            let edit = &reason["edit"];
            assert!(edit.is_null() || reason["fired"] == true);
            if edit.is_null() {
                continue;
            }
            let place = |name: &str| usize::try_from(edit[name].as_u64().unwrap()).unwrap();
            let mut edited: String = plain[..place("start")].iter().collect();
            edited.push_str(edit["replacement"].as_str().unwrap());
            edited.extend(&plain[place("end")..]);
            let again = bench.run("score - --format json --markup plain").input(&edited).exits(0);
            let (stated, got) =
                (edit["p_vague_after"].as_f64().unwrap(), json(&again.stdout)["p_vague"].as_f64().unwrap());
            assert!((stated - got).abs() < 0.01, "{}, {}: {stated} but {got}\n{edited}", file.display(), reason["id"]);
            assert!(stated < before);
            replayed += 1;
        }
    }
    assert!(replayed > 8, "only {replayed} edits");
}

#[test]
fn a_batch_advises_in_general_unless_asked() {
    let bench = Bench::new().file("ads.csv", format!("id,title,text\n1,Guru,\"{VAGUE}\"\n"));
    bench.run("batch -q ads.csv -o general.jsonl").exits(0);
    bench.run("batch -q ads.csv -o special.jsonl --advice").exits(0);
    let (general, special) = (bench.records("general.jsonl").remove(0), bench.records("special.jsonl").remove(0));
    let advice = |record: &Value| reason(record, "undefined")["advice"].as_str().unwrap().to_owned();
    assert!(advice(&special).starts_with(&advice(&general)) && advice(&special).len() > advice(&general).len());
    assert!(advice(&special).contains("not found: "), "{}", advice(&special));
    assert!(reason(&general, "undefined")["edit"].is_null());
    assert_eq!(general["p_vague"], special["p_vague"]);
    let single = bench.run("score - --format json --title Guru").input(VAGUE).exits(0);
    assert_eq!(reason(&json(&single.stdout), "undefined")["edit"], reason(&special, "undefined")["edit"]);
}

#[test]
fn sarif_places_are_those_of_the_file() {
    let bench = Bench::new();
    let name = "page.html";
    std::fs::copy(project("data/samples/ad_vague_en.html"), bench.path(name)).unwrap();
    let log =
        json(&bench.run("score --format sarif").arg(name).arg(project("data/samples/ad_vague_he.txt")).exits(0).stdout);
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    assert_eq!(run["artifacts"].as_array().unwrap().len(), 2);
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert!(results.len() >= 6);
    for result in results {
        let rule = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[rule]["id"], result["ruleId"]);
        let location = &result["locations"][0]["physicalLocation"];
        let artifact = usize::try_from(location["artifactLocation"]["index"].as_u64().unwrap()).unwrap();
        assert_eq!(run["artifacts"][artifact]["location"]["uri"], location["artifactLocation"]["uri"]);
        let region = &location["region"];
        if region.is_null() || artifact != 0 {
            continue;
        }
        // Plain words stand in the page as they are, at the line and column that are given.
        let page = bench.read(name);
        let number = |name: &str| usize::try_from(region[name].as_u64().unwrap()).unwrap();
        let quote = region["snippet"]["text"].as_str().unwrap();
        let raw: String = page.chars().skip(number("charOffset")).take(number("charLength")).collect();
        let line = page.lines().nth(number("startLine") - 1).unwrap();
        let column: String = line.chars().skip(number("startColumn") - 1).collect();
        assert!(column.starts_with(raw.lines().next().unwrap()), "{region}");
        assert!(raw.contains(['&', '<', '\n']) || raw == quote, "{raw} is not {quote}");
    }
}

#[test]
fn github_gets_one_command_a_line() {
    let bench = Bench::new().file("a,b.txt", format!("{VAGUE}Budget: 100%.\n"));
    let done = bench.run("score --format github --fail-on vague a,b.txt").exits(1);
    for line in done.stdout.lines() {
        assert!(line.starts_with("::warning file=a%2Cb.txt,"), "{line}");
        let (_, rest) = line.split_once("::warning ").unwrap();
        let (properties, message) = rest.split_once("::").unwrap();
        assert!(properties.contains("title=tachles") && !properties.contains("::"), "{line}");
        assert!(!message.is_empty());
    }
    assert!(done.stdout.lines().any(|line| line.contains("line=3,")), "{}", done.stdout);
}

#[test]
fn a_page_holds_every_ad_and_no_markup_of_theirs() {
    let bench = Bench::new().file("evil.txt", format!("{VAGUE}<script>alert(1)</script> \u{202e}x\n"));
    let done =
        bench.run("score --format html --markup plain evil.txt").arg(project("data/samples/ad_vague_he.txt")).exits(0);
    assert_eq!(done.stdout.matches("<article").count(), 2);
    assert!(done.stdout.contains("&lt;/script") && done.stdout.contains(" x</p>"));
    assert!(!done.stdout.contains("<script") && !done.stdout.contains('\u{202e}'));
    assert!(done.stdout.contains("lang=\"he\" dir=\"rtl\"") && done.stdout.contains("<p dir=\"auto\">"));
}

#[test]
fn an_ad_may_ask_to_be_spared() {
    let record = |bench: &Bench, name: &str| json(&bench.run("score --format json").arg(name).exits(0).stdout);
    let bench = Bench::new()
        .file("bare.txt", VAGUE)
        .file("one.txt", format!("{VAGUE}tachles: ignore everyone\n"))
        .file("all.txt", format!("<!-- tachles: ignore -->\n{VAGUE}"))
        .file("page.html", format!("<p>{VAGUE}</p><!-- tachles: ignore everyone, charm -->"));
    let bare = record(&bench, "bare.txt");
    assert_eq!(reason(&bare, "everyone")["fired"], true);
    for name in ["one.txt", "page.html"] {
        let spared = record(&bench, name);
        let everyone = reason(&spared, "everyone");
        assert_eq!((&everyone["fired"], &everyone["ignored"]), (&Value::from(false), &Value::from(true)), "{name}");
        assert!(everyone["evidence"].as_array().unwrap().is_empty() && everyone["advice"].is_null());
        assert_eq!(spared["verdict"], "vague");
    }
    // The line is no part of what is scored.
    assert_eq!(record(&bench, "one.txt")["p_vague"], bare["p_vague"]);
    assert_eq!(record(&bench, "one.txt")["words"], bare["words"]);
    bench.run("score --fail-on vague one.txt").exits(1);
    bench.run("score --fail-on vague all.txt").exits(0).prints("ignored");
    bench.run("score page.html").exits(0).says("there is no \"charm\"");
}

#[test]
fn a_house_may_allow_its_own_phrases() {
    let bench = Bench::new()
        .file("ad.txt", VAGUE)
        .file("allow.txt", "# how we talk\nguru\neveryone: passionate\n")
        .file("bad.txt", "charm: guru\n");
    let quotes = |arguments: &str| -> Vec<String> {
        let record = json(&bench.run(arguments).exits(0).stdout);
        let evidence =
            record["reasons"].as_array().unwrap().iter().flat_map(|r| r["evidence"].as_array().unwrap().clone());
        // Statements that are evidence for what they lack stand, whatever words they are made of.
        let words = evidence.filter(|found| found["missing"].is_null());
        words.map(|found| found["quote"].as_str().unwrap().to_owned()).collect()
    };
    let (all, fewer) = (quotes("score --format json ad.txt"), quotes("score --format json --allow allow.txt ad.txt"));
    assert!(all.iter().any(|quote| quote.contains("guru")) && all.iter().any(|quote| quote == "passionate"));
    assert!(!fewer.iter().any(|quote| quote.contains("guru") || quote == "passionate"), "{fewer:?}");
    bench.run("score --allow bad.txt ad.txt").exits(2).says("bad.txt, line 1").says("\"charm\"");
    bench.run("score --allow none.txt ad.txt").exits(2).says("none.txt");
}

#[test]
fn what_is_not_judged_is_still_shown() {
    let bench = Bench::new().file("ru.txt", "Мы ищем специалиста по социальным сетям").file(
        "nurse.txt",
        "Registered nurse\nNight shifts on the surgical ward with three years of experience, £32,000 a year.\n",
    );
    bench.run("score ru.txt --fail-on unsure").exits(0).prints("UNSUPPORTED").prints("Hebrew or English");
    let done = bench.run("score nurse.txt --fail-on unsure").exits(0).prints("OUT OF SCOPE").prints("--all-roles");
    done.prints("found all the same").prints("‹£32,000 a year›");
}
