//! `tachles batch` over files as boards keep them: packed, in folders, as Parquet, rotten; and what it leaves behind.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails should stop at once"
)]

mod support;

use std::io::{Cursor, Read, Write};

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch, StructArray, types};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;
use support::{Bench, project};

const HEADER: &str = "id,title,text\n";

fn ad(number: usize) -> String {
    format!("a{number},Social Media Manager,We want a ninja number {number} to wow our followers on Instagram.\n")
}

fn ads(count: usize) -> String {
    HEADER.to_owned() + &(0..count).map(ad).collect::<String>()
}

fn gzip(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(bytes.as_ref()).unwrap();
    encoder.finish().unwrap()
}

fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut all = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut all).unwrap();
    all
}

fn into_file(bytes: &[u8]) -> std::fs::File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn batches(bytes: Vec<u8>) -> Vec<RecordBatch> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(into_file(&bytes)).unwrap();
    reader.build().unwrap().map(Result::unwrap).collect()
}

/// What `bench` holds beside the files named.
fn left_over(bench: &Bench, known: &[&str]) -> Vec<String> {
    let names = std::fs::read_dir(bench.path(".")).unwrap().map(|entry| entry.unwrap().file_name());
    names.map(|name| name.into_string().unwrap()).filter(|name| !known.contains(&name.as_str())).collect()
}

#[test]
fn every_format_and_packing_holds_the_same_records() {
    let bench = Bench::new();
    let input = project("data/samples/postings.jsonl");
    for name in ["o.jsonl", "o.jsonl.gz", "o.jsonl.zst", "o.csv", "o.csv.gz", "o.csv.zst", "o.parquet", "o.parquet.gz"]
    {
        bench.run(&format!("batch -o {name}")).arg(&input).exits(0);
    }
    for (plain, packed) in [("o.jsonl", "o.jsonl.gz"), ("o.csv", "o.csv.gz"), ("o.parquet", "o.parquet.gz")] {
        assert_eq!(bench.read_bytes(plain), gunzip(&bench.read_bytes(packed)));
    }
    for (plain, packed) in [("o.jsonl", "o.jsonl.zst"), ("o.csv", "o.csv.zst")] {
        assert_eq!(bench.read_bytes(plain), zstd::decode_all(Cursor::new(bench.read_bytes(packed))).unwrap());
    }
    let records = bench.records("o.jsonl");
    let batches = batches(bench.read_bytes("o.parquet"));
    assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), records.len());
    let batch = &batches[0];
    let column = |name: &str| batch.column_by_name(name).unwrap_or_else(|| panic!("no column {name}"));
    let text = |name: &str, row: usize| column(name).as_string::<i32>().value(row).to_owned();
    let mut quotes = 0;
    for (row, record) in records.iter().enumerate() {
        for name in ["id", "title", "lang", "verdict", "content_hash", "model"] {
            assert_eq!(text(name, row), record[name].as_str().unwrap());
        }
        let p = column("p_vague");
        let p = p.is_valid(row).then(|| p.as_primitive::<types::Float64Type>().value(row));
        assert_eq!(p, record["p_vague"].as_f64());
        let line = column("source_line").as_primitive::<types::Int64Type>().value(row);
        assert_eq!(Some(line), record["source"]["line"].as_i64());
        for reason in record["reasons"].as_array().unwrap() {
            let id = reason["id"].as_str().unwrap();
            assert_eq!(column(&format!("{id}_fired")).as_boolean().value(row), reason["fired"].as_bool().unwrap());
            let evidence = column(&format!("{id}_evidence")).as_list::<i32>().value(row);
            quotes += same_quotes(evidence.as_struct(), reason["evidence"].as_array().unwrap());
        }
        let deliverables = column("deliverables").as_list::<i32>().value(row);
        quotes += same_quotes(deliverables.as_struct(), record["deliverables"].as_array().unwrap());
        if record["verdict"] == "unsupported" {
            assert!(column("generic_p").is_null(row) && column("generic_evidence").is_null(row));
        }
    }
    assert!(quotes > 20, "only {quotes} quotes to compare");
    // The columns are those of the CSV, in its order.
    let schema = batch.schema();
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(bench.read("o.csv").lines().next().unwrap(), names.join(","));
}

fn same_quotes(columns: &StructArray, expected: &[Value]) -> usize {
    assert_eq!(columns.len(), expected.len());
    for (row, quote) in expected.iter().enumerate() {
        for name in ["start", "end"] {
            let place = columns.column_by_name(name).unwrap().as_primitive::<types::Int64Type>();
            assert_eq!(place.is_valid(row).then(|| place.value(row)), quote[name].as_i64());
        }
        assert_eq!(columns.column_by_name("quote").unwrap().as_string::<i32>().value(row), quote["quote"]);
        if let Some(kinds) = columns.column_by_name("kind") {
            assert_eq!(kinds.as_string::<i32>().value(row), quote["kind"]);
        }
        if let Some(missing) = columns.column_by_name("missing") {
            let missing = missing.as_list::<i32>().value(row);
            let missing: Vec<_> = missing.as_string::<i32>().iter().flatten().map(Value::from).collect();
            assert_eq!(missing, quote["missing"].as_array().cloned().unwrap_or_default());
        }
    }
    expected.len()
}

#[test]
fn packed_and_parquet_output_does_not_depend_on_threads() {
    let bench = Bench::new().file("ads.csv", ads(2500));
    for name in ["parquet", "jsonl.gz", "csv.zst"] {
        for threads in [1, 2, 5] {
            bench.run(&format!("batch ads.csv -q -o {threads}.{name} --threads {threads}")).exits(0);
            assert_eq!(
                bench.read_bytes(&format!("1.{name}")),
                bench.read_bytes(&format!("{threads}.{name}")),
                "{name}"
            );
        }
    }
    let rows: Vec<usize> = batches(bench.read_bytes("1.parquet")).iter().map(RecordBatch::num_rows).collect();
    assert_eq!(rows.iter().sum::<usize>(), 2500);
}

#[test]
fn patterns_folders_and_packed_standard_input() {
    let bench = Bench::new().file("b.csv.gz", gzip(ads(2))).file("a.csv", ads(1));
    bench
        .run("batch *.csv* -o out.jsonl")
        .exits(0)
        .says("read 3 = scored 2 + unchanged 0 + duplicates 1 + quarantined 0");
    let files: Vec<_> = bench.records("out.jsonl").iter().map(|record| record["source"]["file"].clone()).collect();
    assert_eq!(files, ["a.csv", "b.csv.gz", "b.csv.gz"]);
    bench.run("batch - -o -").input(gzip(ads(2))).exits(0).prints("\"file\":\"-\"");
    let packed = bench.run("batch - -o - --output-format csv.zst").input(ads(1)).exits_with_bytes(0);
    let csv = String::from_utf8(zstd::decode_all(Cursor::new(packed)).unwrap()).unwrap();
    assert!(csv.starts_with("id,title,") && csv.contains("\na0,Social Media Manager,en,"), "{csv}");
    // Parquet needs its end first, and a pipe has none; it is read all the same.
    bench.run("batch a.csv -q -o scored.parquet").exits(0);
    let scored = bench.read_bytes("scored.parquet");
    bench.run("batch - -q -o - --map text=title --map id=verdict").input(&scored).exits(0).prints("\"id\":\"vague\"");
    bench.run("batch - -o - --map text=title").input(gzip(scored)).exits(0).says("read 1 = scored 1");
}

#[test]
fn bad_records_are_kept_with_their_place_reason_and_bytes() {
    let mut input = (HEADER.to_owned() + &ad(1) + "a2,\"only, two\"\n").into_bytes();
    input.extend_from_slice(b"a3,Title,broken \xff byte\n\na4,Title,\n");
    let bench = Bench::new().file("ads.csv", &input);
    bench
        .run("batch ads.csv -o out.jsonl --quarantine bad.jsonl")
        .exits(1)
        .says("read 4 = scored 1 + unchanged 0 + duplicates 0 + quarantined 3");
    let bad = bench.records("bad.jsonl");
    let places: Vec<_> = bad.iter().map(|entry| (entry["record"].as_u64(), entry["line"].as_u64())).collect();
    assert_eq!(places, [(Some(2), Some(3)), (Some(3), Some(4)), (Some(4), Some(6))]);
    assert_eq!(
        bad.iter().map(|entry| entry["code"].as_str().unwrap()).collect::<Vec<_>>(),
        ["record", "encoding", "empty-text"]
    );
    assert_eq!((bad[0]["raw"].as_str(), bad[0]["file"].as_str()), (Some("a2,\"only, two\""), Some("ads.csv")));
    assert_eq!(bad[1]["raw_base64"], "YTMsVGl0bGUsYnJva2VuIP8gYnl0ZQ==");
    assert!(bad[1]["raw"].is_null() && bad[0]["raw_base64"].is_null());
    for entry in &bad {
        let (byte, length) = (entry["byte"].as_u64().unwrap() as usize, entry["raw_bytes"].as_u64().unwrap() as usize);
        let raw = &input[byte..byte + length];
        assert!(entry["raw"].as_str().is_none_or(|text| text.as_bytes() == raw), "{entry}");
        assert_eq!(input[byte + length], b'\n');
    }
    // What is mended is read again.
    bench.run("batch ads.csv -q -o out.jsonl --quarantine bad.csv.gz").exits(1);
    let csv = gunzip(&bench.read_bytes("bad.csv.gz"));
    let mut reader = csv::Reader::from_reader(csv.as_slice());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!((rows.len(), &rows[0][4], &rows[0][6]), (3, "record", "a2,\"only, two\""));
    bench.run("batch ads.csv -o out.jsonl --quarantine bad.txt").exits(2).says("must end in .jsonl or .csv");
    bench.run("batch ads.csv -o x.jsonl --quarantine x.jsonl").exits(2).says("another file than the output");
    bench.run("batch ads.csv -o x.jsonl --quarantine ads.csv").exits(2).says("another file than the input");
    assert_eq!(left_over(&bench, &["ads.csv", "out.jsonl", "bad.jsonl", "bad.csv.gz"]), Vec::<String>::new());
}

#[test]
fn bad_records_of_other_encodings_are_kept_as_they_stand_in_the_file() {
    let hebrew = |text: &str| encoding_rs::WINDOWS_1255.encode(text).0.into_owned();
    let good = "דרושים אנשים מנוסים לניהול עמודים ברשתות";
    let csv = [
        hebrew(&format!("{HEADER}a1,מנהל,{good}\na2,\"רק, שניים\"\n\n")),
        b"a3,Title,broken \xd9\xff byte\n".to_vec(),
        hebrew(&format!("a4,מנהל,{good}\na5,כותב,\n")),
    ];
    let json = [
        hebrew(&format!("{{\"id\":\"a1\",\"text\":\"{good}\"}}\n{{\"id\":\"קצר\n\n")),
        b"{\"id\":\"a3\",\"text\":\"broken \xd9\xff byte\"}\n".to_vec(),
        hebrew(&format!("{{\"id\":\"a4\",\"text\":\"{good}\"}}\n{{\"id\":\"כותב\",\"text\":\"\"}}\n")),
    ];
    for (name, input) in [("ads.csv", csv.concat()), ("ads.jsonl", json.concat())] {
        let packed = format!("{name}.gz");
        let bench = Bench::new().file(name, &input).file(&packed, gzip(&input));
        for file in [name, &packed] {
            bench.run(&format!("batch {file} -o out.jsonl --quarantine bad.jsonl")).exits(1);
            let bad = bench.records("bad.jsonl");
            let places: Vec<_> = bad.iter().map(|entry| (entry["record"].as_u64(), entry["code"].as_str())).collect();
            assert_eq!(
                places,
                [(Some(2), Some("record")), (Some(3), Some("encoding")), (Some(5), Some("empty-text"))],
                "{file}"
            );
            for entry in &bad {
                let byte = entry["byte"].as_u64().unwrap() as usize;
                let raw = STANDARD.decode(entry["raw_base64"].as_str().unwrap()).unwrap();
                assert!(input[byte..].starts_with(&raw) && input[byte - 1] == b'\n', "{file}: {entry}");
                assert_eq!((input[byte + raw.len()], entry["raw_bytes"].as_u64()), (b'\n', Some(raw.len() as u64)));
            }
        }
    }
}

#[test]
fn a_good_run_leaves_an_empty_quarantine() {
    let bench = Bench::new().file("ads.csv", ads(2)).file("bad.jsonl", "of yesterday\n");
    bench.run("batch ads.csv -o out.jsonl --quarantine bad.jsonl").exits(0);
    assert_eq!(bench.read("bad.jsonl"), "");
}

#[test]
fn a_quote_that_is_closed_by_the_next_field_that_opens_costs_its_record_alone() {
    let row = |number: usize, end: &str| format!("{number},Job {number},\"we want manager number {number}{end}\n");
    let quoted = |number: usize, end: &str| format!("\"{number}\",\"Job {number}\",\"we want\nnumber {number}{end}\n");
    for line in [row, quoted] as [fn(usize, &str) -> String; 2] {
        let text: String = (1..=40).map(|number| line(number, if number == 10 { "" } else { "\"" })).collect();
        let bench = Bench::new().file("ads.csv", "id,title,text\n".to_owned() + &text);
        bench
            .run("batch ads.csv --all-roles -o out.jsonl")
            .exits(1)
            .says("record 10, line")
            .says("never closes")
            .says("read 40 = scored 39 + unchanged 0 + duplicates 0 + quarantined 1");
        assert_eq!(bench.records("out.jsonl")[9]["id"], "11");
    }
}

#[test]
fn rotten_input_stops_the_run_and_leaves_the_old_output() {
    let rotten: String = HEADER.to_owned() + &"x,y\n".repeat(3000) + &ad(1);
    let bench =
        Bench::new().file("ads.csv", rotten).file("out.jsonl", "of yesterday\n").file("few.csv", ads(2) + "x,y\n");
    bench
        .run("batch ads.csv -o out.jsonl --quarantine bad.jsonl --max-bad 5%")
        .exits(2)
        .says("the input is rotten: 1024 of 1024 records read are bad (100.0%), --max-bad allows 5%");
    assert_eq!(bench.read("out.jsonl"), "of yesterday\n");
    assert_eq!(bench.records("bad.jsonl").len(), 1024);
    bench
        .run("batch ads.csv -o out.jsonl --ledger l.db --report page.html --max-bad 5%")
        .exits(2)
        .says("read 1024 = scored 0 + unchanged 0 + duplicates 0 + quarantined 1024");
    assert!(bench.read("page.html").contains("This run has ended early: the input is rotten: 1024 of 1024"));
    let ledger = rusqlite::Connection::open(bench.path("l.db")).unwrap();
    let books = "SELECT state || ' ' || read || ' ' || quarantined FROM runs";
    let books: String = ledger.query_row(books, [], |row| row.get(0)).unwrap();
    assert_eq!(books, "interrupted 1024 1024");
    // A share of few records is judged at the end, a number at once.
    bench.run("batch few.csv -o out.jsonl --max-bad 5%").exits(2).says("1 of 3 records");
    bench.run("batch few.csv -o out.jsonl --max-bad 0").exits(2).says("1 of 3 records");
    bench
        .run("batch few.csv -o out.jsonl --max-bad 40%")
        .exits(1)
        .says("read 3 = scored 2 + unchanged 0 + duplicates 0 + quarantined 1");
    bench.run("batch few.csv -o out.jsonl --max-bad some").exits(2).says("--max-bad must be a number");
}

#[test]
fn a_file_of_no_postings_among_others_is_a_bad_record_of_its_own() {
    let bench = Bench::new()
        .file("night-a.csv", ads(2))
        .file("night-b.csv", "")
        .file("night-c.csv", "<!doctype html><html><body>Too many requests, wait</body></html>")
        .file("night-d.csv", "PK\u{3}\u{4} and so on");
    let done = bench.run("batch night-*.csv -o out.jsonl --quarantine bad.jsonl").exits(1);
    done.says("quarantined (layout): night-b.csv, record 1, line 1")
        .says("the file is empty")
        .says("quarantined (layout): night-c.csv, record 1")
        .says("quarantined (layout): night-d.csv, record 1")
        .says("read 5 = scored 2 + unchanged 0 + duplicates 0 + quarantined 3");
    assert_eq!(bench.records("bad.jsonl").len(), 3);
    bench.run("batch night-b.csv night-c.csv -o out.jsonl").exits(2).says("night-b.csv: postings are needed");
    // Columns that are not found are a mistake in the command, or a board that has changed: somebody has to look.
    let bench = bench.file("night-e.csv", "id,body of it\n1,x\n");
    bench.run("batch night-*.csv -o out.jsonl").exits(2).says("night-e.csv");
}

#[test]
fn a_byte_order_mark_before_a_line_of_json_is_no_part_of_it() {
    let line = |id: u32| format!("{{\"id\":\"{id}\",\"text\":\"We want a social media ninja number {id}.\"}}\n");
    let bench = Bench::new().file("ads.jsonl", format!("\u{feff}{}\u{feff}{}{}", line(1), line(2), line(3)));
    bench.run("batch ads.jsonl -o out.jsonl").exits(0).says("read 3 = scored 3");
    assert_eq!(bench.records("out.jsonl")[1]["id"], "2");
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_not_utf_8_is_left_out_and_said() {
    use std::os::unix::ffi::OsStrExt;
    let bench = Bench::new().file("good.csv", ads(2));
    for name in [&b"bad\xff.csv"[..], b"other\xe9.csv"] {
        std::fs::write(bench.path("good.csv").with_file_name(std::ffi::OsStr::from_bytes(name)), ads(3)).unwrap();
    }
    for input in [".", "*.csv", "./*.csv", "**/*.csv"] {
        let run = format!("batch {input} -o out/of.jsonl");
        let _ = std::fs::create_dir(bench.path("out"));
        let done = bench.run(&run).exits(0).says("read 2 = scored 2").says("the name is not UTF-8");
        done.says("other");
    }
}

#[test]
fn a_header_in_the_middle_is_no_posting() {
    let bench = Bench::new().file("ads.csv", ads(2) + &ads(2));
    bench
        .run("batch ads.csv -o out.jsonl")
        .exits(1)
        .says("record 3, line 4")
        .says("this is the header once more")
        .says("read 5 = scored 2 + unchanged 0 + duplicates 2 + quarantined 1");
}

#[test]
fn a_delimiter_may_be_declared_in_the_first_line_or_named() {
    let bars = ads(3).replace(',', "^");
    let bench = Bench::new().file("sep.csv", "sep=^\r\n".to_owned() + &bars).file("tab.txt", ads(3).replace(',', "\t"));
    bench.run("batch sep.csv -o out.jsonl").exits(0).says("read 3 = scored 3");
    bench.run("batch tab.txt --input-format csv --delimiter tab -o tab.jsonl").exits(0);
    assert_eq!(bench.records("out.jsonl").len(), bench.records("tab.jsonl").len());
}

#[test]
fn a_damaged_file_is_scored_up_to_the_damage_and_the_loss_is_told() {
    let whole = gzip(ads(3000));
    let bench = Bench::new().file("cut.csv.gz", &whole[..whole.len() / 2]).file("good.csv", ads(2));
    let done = bench.run("batch cut.csv.gz good.csv -o out.jsonl --quarantine bad.jsonl").exits(1);
    done.says("quarantined (damaged): cut.csv.gz, record ")
        .says("the gzip stream is cut off")
        .says("damaged in 1 place");
    let bad = bench.records("bad.jsonl");
    assert_eq!((bad.len(), bad[0]["code"].as_str()), (1, Some("damaged")));
    let records = bench.records("out.jsonl");
    assert_eq!(bad[0]["record"].as_u64().unwrap() as usize, records.len() - 2 + 1);
    assert_eq!(records.last().unwrap()["source"]["file"], "good.csv");
}

#[test]
fn a_second_run_with_the_same_output_is_refused() {
    let bench = Bench::new().file("ads.csv", ads(1));
    let held = std::fs::File::create(bench.path("out.jsonl.partial")).unwrap();
    held.lock().unwrap();
    bench.run("batch ads.csv -o out.jsonl").exits(2).says("another run is writing this file");
    drop(held);
    // What a dead run left is not held by anybody.
    std::fs::write(bench.path("out.jsonl.partial"), "half a rec").unwrap();
    bench.run("batch ads.csv -o out.jsonl").exits(0);
    assert_eq!(bench.records("out.jsonl").len(), 1);
    assert_eq!(left_over(&bench, &["ads.csv", "out.jsonl"]), Vec::<String>::new());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_said_and_leaves_nothing() {
    let bench = Bench::new().file("ads.csv", ads(50));
    for format in ["jsonl", "csv.gz", "parquet.zst"] {
        bench
            .run(&format!("batch ads.csv -o /dev/full --output-format {format}"))
            .exits(2)
            .says("no space left on the disk");
    }
    bench.run("batch ads.csv -o absent/out.jsonl").exits(2).says("absent/out.jsonl: there is no such folder");
    assert_eq!(left_over(&bench, &["ads.csv"]), Vec::<String>::new());
}

#[test]
fn a_record_over_the_limit_costs_itself() {
    let long = format!("a2,Title,\"{}\"\n", "long ".repeat(10_000));
    let bench = Bench::new().file("ads.csv", HEADER.to_owned() + &ad(1) + &long + &ad(3));
    let done = bench.run("batch ads.csv -o out.jsonl --max-record 32KiB --quarantine bad.jsonl").exits(1);
    done.says("quarantined (too-long): ads.csv, record 2, line 3")
        .says("read 3 = scored 2 + unchanged 0 + duplicates 0 + quarantined 1");
    assert_eq!(bench.records("bad.jsonl")[0]["raw_bytes"].as_u64(), Some(long.len() as u64));
    bench.run("batch ads.csv -o out.jsonl --max-record 0").exits(2).says("a size is a number of bytes");
}
