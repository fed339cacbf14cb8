//! Files packed, named by patterns, in folders, and made in bad faith.

use std::io::Write;

use flate2::write::GzEncoder;
use proptest::prelude::*;
use tachles::Error;
use tachles::error::ErrorKind;
use tachles::io::packed::Packer;
use tachles::io::{Files, Packing, ReadOptions, files, open, read_ads};

use super::{Shelf, read, refused};

fn packed(bytes: impl AsRef<[u8]>, packing: Packing) -> Vec<u8> {
    let mut packer = Packer::new(Vec::new(), packing).unwrap();
    packer.write_all(bytes.as_ref()).unwrap();
    packer.finish().unwrap()
}

fn ads(count: usize) -> String {
    (0..count).fold("id,text\n".to_owned(), |text, number| text + &format!("{number},\"מודעה, number {number}\"\n"))
}

#[test]
fn packed_files_are_read_by_their_bytes_whatever_their_name() {
    let shelf = Shelf::new();
    let text = ads(300);
    let json: String = (0..3).map(|number| format!("{{\"id\":{number},\"text\":\"x\"}}\n")).collect();
    for packing in [Packing::Gzip, Packing::Zstd] {
        for name in ["a.csv.gz", "a.csv.zst", "a.csv", "a"] {
            let (ads, errors) = read(&shelf.file(name, packed(&text, packing)));
            assert_eq!((ads.len(), errors.len()), (300, 0), "{name}");
            assert_eq!(ads[299].text(), "מודעה, number 299");
        }
        assert_eq!(read(&shelf.file("a.jsonl.zst", packed(&json, packing))).0.len(), 3);
    }
    // A download that was unpacked on the way keeps its name.
    assert_eq!(read(&shelf.file("plain.csv.gz", &text)).0.len(), 300);
    // Members one after another are one file, as `cat a.gz b.gz` makes it.
    let (head, tail) = text.split_at(2000);
    let members = [packed(head, Packing::Gzip), packed(tail, Packing::Gzip)].concat();
    assert_eq!(read(&shelf.file("members.csv.gz", members)).0.len(), 300);
    // Another encoder than ours.
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(text.as_bytes()).unwrap();
    assert_eq!(read(&shelf.file("best.csv.gz", encoder.finish().unwrap())).0.len(), 300);
}

#[test]
fn a_stream_that_breaks_off_keeps_what_stood_before_and_tells_the_loss() {
    let shelf = Shelf::new();
    for packing in [Packing::Gzip, Packing::Zstd] {
        for (name, text) in [
            ("cut.csv", ads(20_000)),
            ("cut.jsonl", (0..20_000).map(|n| format!("{{\"id\":\"{n}\",\"text\":\"ad {}\"}}\n", n * 7919)).collect()),
        ] {
            let whole = packed(&text, packing);
            let (ads, errors) = read(&shelf.file(name, &whole[..whole.len() * 2 / 3]));
            assert!(ads.len() > 1000, "{name}: {}", ads.len());
            // Every record before the damage, in order, none twice.
            assert!(ads.iter().enumerate().all(|(at, ad)| ad.id == at.to_string()));
            assert_eq!(errors.len(), 1);
            assert_eq!(errors[0].kind(), ErrorKind::Damaged);
            assert_eq!(errors[0].position().record, Some(ads.len() as u64 + 1));
            assert!(errors[0].message().contains("is cut off at about byte"), "{}", errors[0]);
        }
    }
}

#[test]
fn patterns_and_folders_give_files_in_the_order_of_their_paths() {
    let shelf = Shelf::new();
    std::fs::create_dir_all(shelf.0.path().join("ads/deep")).unwrap();
    for name in ["ads/b.csv", "ads/a.jsonl.gz", "ads/deep/c.csv.zst", "ads/notes.txt", "ads/.hidden.csv"] {
        shelf.file(name, "id,text\n1,x\n");
    }
    let path = |name: &str| shelf.0.path().join(name).to_str().unwrap().to_owned();
    let expand = |names: &[&str]| files::expand(&names.iter().map(|name| path(name)).collect::<Vec<_>>());
    let all = [path("ads/a.jsonl.gz"), path("ads/b.csv"), path("ads/deep/c.csv.zst")];
    assert_eq!(expand(&["ads"]).unwrap().0, all);
    assert_eq!(expand(&["ads/*.csv"]).unwrap().0, all[1..2]);
    assert_eq!(expand(&["ads/**/*.csv*"]).unwrap().0, [path("ads/b.csv"), path("ads/deep/c.csv.zst")]);
    let (found, warnings) = expand(&["ads/b.csv", "ads", "ads/b.csv"]).unwrap();
    assert_eq!(found, [path("ads/b.csv"), path("ads/a.jsonl.gz"), path("ads/deep/c.csv.zst")]);
    assert_eq!(warnings.len(), 2);
    assert!(expand(&["ads/*.parquet"]).unwrap_err().message().contains("no file is named like this"));
    assert!(expand(&["ads/[*.csv"]).unwrap_err().message().contains("malformed"));
    // A file may be named like a pattern.
    shelf.file("a[1].csv", "id,text\n1,x\n");
    assert_eq!(expand(&["a[1].csv"]).unwrap().0, [path("a[1].csv")]);
    std::fs::create_dir(shelf.0.path().join("empty")).unwrap();
    assert!(expand(&["empty"]).unwrap_err().message().contains("this has none"));
}

#[cfg(unix)]
#[test]
fn links_in_circles_are_survived() {
    let shelf = Shelf::new();
    std::fs::create_dir_all(shelf.0.path().join("ads/deep")).unwrap();
    shelf.file("ads/deep/a.csv", "id,text\n1,x\n");
    std::os::unix::fs::symlink(shelf.0.path().join("ads"), shelf.0.path().join("ads/deep/up")).unwrap();
    std::os::unix::fs::symlink("self", shelf.0.path().join("ads/self")).unwrap();
    std::os::unix::fs::symlink("gone", shelf.0.path().join("ads/gone.csv")).unwrap();
    // Above the folder that is named there are files that nobody asked for.
    shelf.file("above.csv", "id,text\n2,x\n");
    std::os::unix::fs::symlink(shelf.0.path(), shelf.0.path().join("ads/deep/out")).unwrap();
    let (found, warnings) = files::expand(&[shelf.0.path().join("ads").to_str().unwrap().to_owned()]).unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(warnings.len(), 4, "{warnings:?}");
    let error = refused(shelf.0.path().join("ads/self").to_str().unwrap());
    assert_eq!(error.kind(), ErrorKind::Io);
}

#[test]
fn more_files_than_may_be_open_at_once() {
    let shelf = Shelf::new();
    let names: Vec<String> = (0..1500).map(|at| shelf.file(&format!("{at:04}.csv"), "id,text\n1,x\n")).collect();
    let mut files = Files::open(&names, &ReadOptions::default()).unwrap();
    let mut count = 0;
    while let Some(rows) = files.next_file().unwrap() {
        count += rows.count();
    }
    assert_eq!(count, 1500);
}

#[test]
fn records_over_the_limit_are_passed_over_and_counted() {
    let shelf = Shelf::new();
    let options = ReadOptions { max_record: 1000, ..ReadOptions::default() };
    let long = "a, \"\"b\"\"\n".repeat(50_000);
    let csv = format!("id,text\n1,x\n2,\"{long}\"\n3,y\n");
    let json = format!("{{\"text\":\"x\"}}\n{{\"text\":\"{}\"}}\n{{\"text\":\"y\"}}\n", "z".repeat(400_000));
    for (name, text) in [("long.csv", csv), ("long.jsonl", json)] {
        let path = shelf.file(name, text);
        let rows: Vec<_> = open(&path, &options).unwrap().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 3, "{name}");
        assert!(rows[1].raw_length() > 300_000 && rows[1].raw().len() <= 64 * 1024);
        let (ads, errors) = read_ads(&[path], &options).unwrap();
        assert_eq!((ads.len(), errors.len()), (2, 1));
        assert_eq!((errors[0].kind(), errors[0].position().record), (ErrorKind::TooLong, Some(2)));
        assert!(errors[0].message().contains("shorter than 1000 bytes, this"), "{}", errors[0]);
    }
}

#[test]
fn a_stray_quote_before_more_than_the_limit_costs_its_line() {
    let shelf = Shelf::new();
    let lines: String = (3..2000).map(|number| format!("{number},title,text {number}\n")).collect();
    let path = shelf.file("stray.csv", format!("id,title,text\n1,a,b\n2,\"a,b\n{lines}"));
    let options = ReadOptions { max_record: 2000, ..ReadOptions::default() };
    let (ads, errors) = read_ads(&[path], &options).unwrap();
    assert_eq!((ads.len(), errors.len()), (1998, 1));
    assert_eq!((ads[1].id.as_str(), ads[1].source.record, ads[1].source.line), ("3", 3, 4));
    assert_eq!(errors[0].position().line, Some(3));
}

#[test]
fn a_wide_header_and_dialects_of_all_kinds() {
    let shelf = Shelf::new();
    let header: Vec<String> = (0..9_999).map(|at| format!("c{at}")).collect();
    let row = vec!["x"; 9_999].join(",");
    let (ads, errors) = read(&shelf.file("wide.csv", format!("{},text\n{row},ours\n{row}\n", header.join(","))));
    assert_eq!((ads.len(), errors.len(), ads[0].text()), (1, 1, "ours"));
    assert!(errors[0].message().contains("10000 fields are needed, as in the header, the record has 9999"));
    for (name, text) in [
        ("backslash.csv", "id;text\n1;\"We said \\\"hi\\\"; twice\nover\"\n2;x\n"),
        ("doubled.csv", "id|text\n1|\"We said \"\"hi\"\"; twice\nover\"\n2|x\n"),
        ("single.csv", "'id'\t'text'\n'1'\t'We said \"hi\"; twice\nover'\n'2'\t'x'\n"),
        ("trailing.csv", "id,text\n1,\"We said \"\"hi\"\"; twice\nover\",,,\n2,x,\n"),
    ] {
        let (ads, errors) = read(&shelf.file(name, text));
        assert!(errors.is_empty(), "{name}: {errors:?}");
        assert_eq!((ads.len(), ads[0].text()), (2, "We said \"hi\"; twice\nover"), "{name}");
    }
}

#[test]
fn json_of_all_kinds() {
    let shelf = Shelf::new();
    let lines = r#"{"id":"1","text":"a\u0000b"}
{"id":"2","text":"a\ud83db"}
{"id":"3","text":"first","text":"second"}
{"id":"4","text":{"deep":[[{"text":"x"}]]}}
{"id":"5","text":"\ud83d\ude00 \u05e9\u05dc\u05d5\u05dd"}
{"id":"6","other":{"text":[1,{"a":null}]},"text":"x"}
"#;
    let (ads, errors) = read(&shelf.file("a.jsonl", lines));
    let texts: Vec<_> = ads.iter().map(|ad| (ad.id.as_str(), ad.text())).collect();
    assert_eq!(texts, [("3", "first"), ("5", "😀 שלום"), ("6", "x")]);
    let said: Vec<_> = errors.iter().map(Error::message).collect();
    assert!(said[0].contains("NUL"), "{said:?}");
    assert!(said[1].contains("surrogate") || said[1].contains("hex escape"), "{said:?}");
    assert!(said[2].contains("an object"));
    // What is not needed is skipped however deep it is; what is needed must not be deep.
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    let lines = format!("{{\"text\":\"x\",\"y\":{deep}}}\n{{\"text\":{deep}}}\n");
    let (ads, errors) = read(&shelf.file("deep.jsonl", lines));
    assert_eq!((ads.len(), errors.len()), (1, 1));
    assert!(errors[0].message().contains("recursion limit"), "{}", errors[0]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn the_fields_of_csv_are_those_of_the_csv_crate(
        cells in prop::collection::vec(prop::collection::vec("[ab\",;\\\\ \n\rא]{0,6}", 2), 1..12),
        max in 40u64..4000,
    ) {
        let shelf = Shelf::new();
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["id", "text"]).unwrap();
        cells.iter().for_each(|row| writer.write_record(row).unwrap());
        let path = shelf.file("any.csv", writer.into_inner().unwrap());
        let options = ReadOptions { max_record: max, delimiter: Some(b','), ..ReadOptions::default() };
        let rows: Vec<_> = open(&path, &options).unwrap().map(Result::unwrap).collect();
        prop_assert_eq!(rows.len(), cells.len());
        // The bytes of a record are those of the file: the csv crate finds the same cells in them.
        let bytes = std::fs::read(&path).unwrap();
        for (row, cells) in rows.iter().zip(&cells) {
            let start = row.position().byte.unwrap() as usize;
            prop_assert!(bytes[start..].starts_with(&row.raw()));
            let raw = row.raw();
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&raw[..]);
            let read = reader.records().next().unwrap().unwrap();
            prop_assert_eq!(read.iter().collect::<Vec<_>>(), cells.iter().map(String::as_str).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_packed_file_damaged_anywhere_is_read_or_refused(
        at in 0.0..1.0f64, wrong in any::<u8>(), cut in prop::bool::ANY, zstd in prop::bool::ANY,
    ) {
        let shelf = Shelf::new();
        let mut bytes = packed(ads(500), if zstd { Packing::Zstd } else { Packing::Gzip });
        let at = (at * bytes.len() as f64) as usize;
        if cut { bytes.truncate(at) } else { bytes[at] ^= wrong }
        let path = shelf.file("any.csv.gz", bytes);
        if let Ok(rows) = open(&path, &ReadOptions::default()) {
            let rows: Vec<_> = rows.map(Result::unwrap).collect();
            let schema = open(&path, &ReadOptions::default()).unwrap().schema();
            let bad = rows.iter().filter(|row| schema.ad(row).is_err()).count();
            // Either all is there, or the loss is told.
            prop_assert!(rows.len() == 500 || bad > 0, "{} rows, {} bad", rows.len(), bad);
        }
    }
}
