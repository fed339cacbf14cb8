//! `tachles batch` as its users run it: samples, both layouts, bad input, order, pipes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails should stop at once"
)]

mod support;

use std::collections::BTreeSet;
use support::{Bench, project};

const HEADER: &str = "id,title,text\n";

fn ad(number: usize) -> String {
    format!("a{number},Social Media Manager,We want a ninja number {number} to wow our followers on Instagram.\n")
}

#[test]
fn the_sample_gets_a_record_for_every_posting_in_order() {
    let bench = Bench::new();
    let done = bench.run("batch -o scored.jsonl").arg(project("data/samples/postings.csv")).exits(0);
    done.says("read 12 = scored 12 + unchanged 0 + duplicates 0 + quarantined 0");
    let records = bench.records("scored.jsonl");
    let ids: Vec<&str> = records.iter().map(|record| record["id"].as_str().unwrap()).collect();
    assert_eq!(ids.first(), Some(&"S-01"));
    assert!(ids.is_sorted());
    let verdicts: BTreeSet<&str> = records.iter().map(|record| record["verdict"].as_str().unwrap()).collect();
    assert!(
        verdicts.is_superset(&BTreeSet::from(["vague", "concrete", "out_of_scope", "unsupported"])),
        "{verdicts:?}"
    );
    for record in &records {
        if record["verdict"] == "unsupported" {
            assert!(record["p_vague"].is_null() && record["reasons"].as_array().unwrap().is_empty());
            continue;
        }
        let p = record["p_vague"].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&p));
        let reasons: Vec<&str> =
            record["reasons"].as_array().unwrap().iter().map(|reason| reason["id"].as_str().unwrap()).collect();
        assert_eq!(reasons, ["generic", "undefined", "no_barrier", "no_stake", "unmeasurable", "everyone"]);
    }
}

#[test]
fn offsets_point_at_their_quotes() {
    let bench = Bench::new();
    bench.run("batch --with-text -o out.jsonl").arg(project("data/samples/postings.csv")).exits(0);
    bench.run("batch --with-text --offsets bytes -o bytes.jsonl").arg(project("data/samples/postings.csv")).exits(0);
    bench.run("batch --with-text --offsets utf16 -o units.jsonl").arg(project("data/samples/postings.csv")).exits(0);
    let mut quotes = 0;
    for (file, cut) in [
        ("out.jsonl", (|t, a, b| t.chars().skip(a).take(b - a).collect()) as fn(&str, usize, usize) -> String),
        ("bytes.jsonl", |t, a, b| t[a..b].to_owned()),
        ("units.jsonl", |t, a, b| String::from_utf16(&t.encode_utf16().collect::<Vec<_>>()[a..b]).unwrap()),
    ] {
        for record in bench.records(file) {
            let text = record["text"].as_str().unwrap();
            let evidence = record["reasons"].as_array().unwrap().iter().flat_map(|r| r["evidence"].as_array().unwrap());
            for quote in evidence.chain(record["deliverables"].as_array().unwrap()) {
                let (start, end) = (quote["start"].as_u64().unwrap() as usize, quote["end"].as_u64().unwrap() as usize);
                assert_eq!(cut(text, start, end), quote["quote"].as_str().unwrap(), "{file}: {record}");
                quotes += 1;
            }
        }
    }
    assert!(quotes > 30, "only {quotes} quotes to compare");
}

#[test]
fn hebrew_headers_are_understood() {
    let bench = Bench::new();
    let done = bench.run("batch -o out.csv").arg(project("data/samples/postings_he.csv")).exits(0);
    done.says("+ quarantined 0");
    let text = bench.read("out.csv");
    assert!(text.starts_with("id,title,lang,verdict,p_vague,p_scope,words,generic_p,"));
    assert!(text.lines().skip(1).all(|line| line.contains(",he,") || line.contains(",mixed,")));
}

#[test]
fn csv_and_jsonl_hold_the_same() {
    let bench = Bench::new();
    let input = project("data/samples/postings.jsonl");
    bench.run("batch -o out.jsonl").arg(&input).exits(0);
    bench.run("batch -o out.csv").arg(&input).exits(0);
    let csv = bench.read("out.csv");
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let header = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.unwrap()).collect();
    let records = bench.records("out.jsonl");
    assert_eq!(rows.len(), records.len());
    let cell = |row: &csv::StringRecord, name: &str| row[header.iter().position(|h| h == name).unwrap()].to_owned();
    for (row, record) in rows.iter().zip(&records) {
        assert_eq!(cell(row, "id"), record["id"].as_str().unwrap());
        assert_eq!(cell(row, "content_hash"), record["content_hash"].as_str().unwrap());
        let p = record["p_vague"].as_f64();
        assert_eq!(cell(row, "p_vague").parse::<f64>().ok(), p);
        for reason in record["reasons"].as_array().unwrap() {
            let id = reason["id"].as_str().unwrap();
            assert_eq!(cell(row, &format!("{id}_fired")), reason["fired"].to_string());
        }
    }
}

#[test]
fn thread_count_does_not_change_a_byte() {
    let rows: String = (0..2000).map(ad).collect();
    let bench = Bench::new().file("ads.csv", HEADER.to_owned() + &rows);
    for threads in [1, 2, 3, 7] {
        bench.run(&format!("batch ads.csv -o out{threads}.jsonl --threads {threads}")).exits(0);
        assert_eq!(bench.read("out1.jsonl"), bench.read(&format!("out{threads}.jsonl")), "{threads} threads");
    }
}

#[test]
fn standard_input_to_standard_output() {
    let bench = Bench::new();
    let done = bench.run("batch - -o -").input(HEADER.to_owned() + &ad(1)).exits(0);
    let record: serde_json::Value = serde_json::from_str(done.stdout.trim()).unwrap();
    assert_eq!(record["id"], "a1");
    assert_eq!(record["source"]["file"], "-");
    let line = r#"{"id": 7, "title": "Social media manager", "text": "Be our social media guru."}"#;
    bench.run("batch - -o - --input-format jsonl").input(line).exits(0).prints("\"id\":\"7\"");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let rows: String = (0..3000).map(ad).collect();
    let bench = Bench::new().file("ads.csv", HEADER.to_owned() + &rows);
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_tachles"))
        .args(["batch", "-q", "-o", "-"])
        .arg(bench.path("ads.csv"))
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_missing_id_becomes_the_content_hash() {
    let bench = Bench::new().file("ads.csv", "title,text\nSocial media manager,Be our guru\n");
    bench.run("batch ads.csv -o out.jsonl").exits(0);
    let record = &bench.records("out.jsonl")[0];
    assert_eq!(record["id"], record["content_hash"]);
    assert_eq!(record["id"].as_str().unwrap().len(), 32);
}

#[test]
fn bad_records_are_counted_reported_and_skipped() {
    let input = HEADER.to_owned() + &ad(1) + "a2,only two\n" + &ad(3) + "a4,Title,\n" + &ad(5);
    let bench = Bench::new().file("ads.csv", input);
    bench
        .run("batch ads.csv -o out.jsonl")
        .exits(1)
        .says("read 5 = scored 3 + unchanged 0 + duplicates 0 + quarantined 2")
        .says("quarantined (record): ads.csv, record 2, line 3")
        .says("quarantined (empty-text): ads.csv, record 4, line 5")
        .says("the text is empty");
    let ids: Vec<String> = bench.records("out.jsonl").iter().map(|r| r["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids, ["a1", "a3", "a5"]);
}

#[test]
fn invalid_utf8_rejects_one_record_not_the_file() {
    let mut input = (HEADER.to_owned() + &ad(1)).into_bytes();
    input.extend_from_slice(b"a2,Title,broken \xff\xfe byte and a good deal of text\n");
    input.extend_from_slice("a3,מנהל,טקסט בעברית על רשתות חברתיות\n".as_bytes());
    input.extend_from_slice(ad(4).as_bytes());
    let bench = Bench::new().file("ads.csv", input);
    bench
        .run("batch ads.csv -o out.jsonl")
        .exits(1)
        .says("quarantined (encoding): ads.csv, record 2, line 3")
        .says("UTF-8")
        .says("read 4 = scored 3 + unchanged 0 + duplicates 0 + quarantined 1");
}

#[test]
fn files_that_cannot_be_used_stop_the_run_before_it_writes() {
    let bench = Bench::new()
        .file("empty.csv", "")
        .file("columns.csv", "ref,headline,salary\n1,x,2\n")
        .file("good.csv", HEADER.to_owned() + &ad(1));
    bench.run("batch good.csv absent.csv -o out.jsonl").exits(2).says("absent.csv: no such file");
    bench.run("batch empty.csv -o out.jsonl").exits(2).says("empty.csv: ").says("empty");
    bench
        .run("batch columns.csv -o out.jsonl")
        .exits(2)
        .says("columns.csv: ")
        .says("ref")
        .says("headline")
        .says("--map text=");
    assert!(!bench.path("out.jsonl").exists());
    let left = std::fs::read_dir(bench.path("."))
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_str().unwrap().ends_with(".partial"));
    assert_eq!(left.count(), 0);
}

#[test]
fn a_column_can_be_mapped() {
    let bench = Bench::new().file("ads.csv", "ref,headline,blurb\n9,Social guru,Be our social media guru\n");
    bench.run("batch ads.csv -o out.jsonl --map text=blurb --map title=headline --map id=ref").exits(0);
    let record = &bench.records("out.jsonl")[0];
    assert_eq!((record["id"].as_str(), record["title"].as_str()), (Some("9"), Some("Social guru")));
    bench.run("batch ads.csv -o out.jsonl --map text=nothing").exits(2).says("nothing");
    bench.run("batch ads.csv -o out.jsonl --map blurb").exits(2).says("FIELD=COLUMN");
}

#[test]
fn html_carries_the_text_its_offsets_count_in() {
    let html = "<p>Be our <b>social media guru</b>!</p><ul><li>Wow &amp; delight</li></ul><script>x()</script>";
    let bench = Bench::new().file("ads.csv", format!("id,title,description\n1,Guru,{html}\n"));
    bench.run("batch ads.csv -o out.jsonl").exits(0);
    let text = bench.records("out.jsonl")[0]["text"].as_str().unwrap().to_owned();
    assert!(text.starts_with("Guru\nBe our social media guru!"), "{text}");
    assert!(text.contains("Wow & delight") && !text.contains("x()"));
}

#[test]
fn spreadsheet_output_runs_no_formula() {
    let bench = Bench::new().file("ads.csv", "id,title,text\n=1+1,@guru,Be our social media guru\n");
    bench.run("batch ads.csv -o out.csv --excel").exits(0);
    let text = bench.read("out.csv");
    assert!(text.starts_with('\u{feff}'));
    assert!(text.contains("\n'=1+1,'@guru,"), "{text}");
    bench.run("batch ads.csv -o out.jsonl --excel").exits(2).says("--excel");
}

#[test]
fn the_output_layout_must_be_known() {
    let bench = Bench::new().file("ads.csv", HEADER.to_owned() + &ad(1));
    bench.run("batch ads.csv -o out.txt").exits(2).says(".csv, .jsonl or .parquet");
    bench.run("batch ads.csv -o out.txt --output-format csv").exits(0);
    bench.run("batch ads.csv -o out.csv --threads 0").exits(2).says("--threads must be from 1 to 1024");
}

#[test]
fn all_roles_judges_a_nurse_too() {
    let text = "id,title,text\n1,Registered nurse,Night shifts on the surgical ward with three years of experience\n";
    let bench = Bench::new().file("ads.csv", text);
    bench.run("batch ads.csv -o a.jsonl").exits(0);
    bench.run("batch ads.csv -o b.jsonl --all-roles").exits(0);
    assert_eq!(bench.records("a.jsonl")[0]["verdict"], "out_of_scope");
    assert_ne!(bench.records("b.jsonl")[0]["verdict"], "out_of_scope");
}

#[test]
fn an_output_that_is_the_input_is_refused() {
    let bench = Bench::new().file("ads.csv", HEADER.to_owned() + &ad(1));
    let before = bench.read("ads.csv");
    bench.run("batch ads.csv -o ads.csv").exits(2).says("another file than the input");
    bench.run("batch ads.csv -o ./ads.csv").exits(2);
    assert_eq!(bench.read("ads.csv"), before);
}

#[cfg(unix)]
#[test]
fn an_output_that_is_no_plain_file_stays_what_it_is() {
    use std::os::unix::fs::FileTypeExt;
    let bench = Bench::new().file("ads.csv", HEADER.to_owned() + &ad(1)).file("real.jsonl", "");
    bench.run("batch ads.csv -o /dev/null --output-format jsonl").exits(0);
    assert!(std::fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    std::os::unix::fs::symlink(bench.path("real.jsonl"), bench.path("link.jsonl")).unwrap();
    bench.run("batch ads.csv -o link.jsonl").exits(0);
    assert!(std::fs::symlink_metadata(bench.path("link.jsonl")).unwrap().file_type().is_symlink());
    assert_eq!(bench.records("real.jsonl").len(), 1);
}
