//! Whole files in, ads and errors out.

use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use tachles::Ad;
use tachles::error::{Error, ErrorKind};
use tachles::io::{Charset, Field, Format, Markup, ReadOptions, open, read_ads, read_document, read_labeled, standoff};
use tempfile::TempDir;

/// A folder of made-up files that goes away with the test.
struct Shelf(TempDir);

impl Shelf {
    fn new() -> Self {
        Shelf(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path: PathBuf = self.0.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

fn read(path: &str) -> (Vec<Ad>, Vec<Error>) {
    read_ads(&[path.to_owned()], &ReadOptions::default()).unwrap()
}

fn refused(path: &str) -> Error {
    read_ads(&[path.to_owned()], &ReadOptions::default()).unwrap_err()
}

#[test]
fn csv_with_english_and_hebrew_headers() {
    let shelf = Shelf::new();
    let english = shelf.file(
        "en.csv",
        "Job_ID,Job Title,Description,Company,datePosted\n7,Writer,\"One, two\nthree\",Acme,2024-01-02\n",
    );
    let (ads, errors) = read(&english);
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!((ads[0].id.as_str(), ads[0].title(), ads[0].text()), ("7", "Writer", "One, two\nthree"));
    assert_eq!((ads[0].company.as_str(), ads[0].posted_at.as_str()), ("Acme", "2024-01-02"));
    assert_eq!((ads[0].source.record, ads[0].source.line), (1, 2));

    let hebrew = shelf
        .file("he.csv", "\u{feff}מזהה;שם המשרה;תיאור התפקיד;דרישות\nא1;מנהל/ת סושיאל;ניהול עמודים;ניסיון של שנה\n");
    let (ads, _) = read(&hebrew);
    assert_eq!((ads[0].id.as_str(), ads[0].title()), ("א1", "מנהל/ת סושיאל"));
    assert_eq!(ads[0].text(), "ניהול עמודים\nניסיון של שנה");
}

#[test]
fn places_count_embedded_line_ends_blank_lines_and_crlf() {
    let shelf = Shelf::new();
    for end in ["\n", "\r\n"] {
        let text = ["id,text", "1,\"a\nb\nc\"", "2,x", "", "", "3,y", "4,\"z\nz\""].join(end) + end;
        let (ads, _) = read(&shelf.file("places.csv", text));
        let places: Vec<_> = ads.iter().map(|ad| (ad.source.record, ad.source.line)).collect();
        assert_eq!(places, [(1, 2), (2, 5), (3, 8), (4, 9)], "line end {end:?}");
    }
}

#[test]
fn one_bad_record_does_not_stop_the_others() {
    let shelf = Shelf::new();
    let path = shelf.file(
        "bad.csv",
        b"id,title,text\n1,a,good\n2,short\n3,a,b,long\n4,a,\n5,a,bad \xff byte\n6,a,nul \0 byte\n7,a,good\n",
    );
    let (ads, errors) = read(&path);
    assert_eq!(ads.iter().map(|ad| ad.id.as_str()).collect::<Vec<_>>(), ["1", "7"]);
    let kinds: Vec<_> = errors.iter().map(|error| (error.position().record.unwrap(), error.kind())).collect();
    assert_eq!(
        kinds,
        [
            (2, ErrorKind::Record),
            (3, ErrorKind::Record),
            (4, ErrorKind::EmptyText),
            (5, ErrorKind::Encoding),
            (6, ErrorKind::Record),
        ]
    );
    assert!(errors[0].message().contains("3 fields are needed, as in the header, the record has 2"));
    assert!(errors[3].message().contains("byte 4") && errors[3].message().contains("0xFF"), "{}", errors[3]);
    assert_eq!(errors[3].position().line, Some(6));
}

#[test]
fn a_quote_that_never_closes_is_said_so() {
    let shelf = Shelf::new();
    let path = shelf.file("open.csv", "id,text\n1,good\n2,\"never closed\n3,good\n4,good\n");
    let (ads, errors) = read(&path);
    assert_eq!(ads.len(), 1);
    assert_eq!(errors.len(), 1);
    assert!(errors[0].message().contains("record starting at line 3 never closes"), "{}", errors[0]);
    assert_eq!(errors[0].position().record, Some(2));
    // A quoted last field with no line end after it is whole.
    let (ads, errors) = read(&shelf.file("whole.csv", "id,text\n1,\"closed, with a\nbreak\""));
    assert_eq!((ads.len(), errors.len()), (1, 0));
}

#[test]
fn json_lines() {
    let shelf = Shelf::new();
    let lines = "\u{feff}{\"job_id\": 12, \"title\": null, \"description\": \"line\\nline\", \"requirements\": [\"a\", \"b\"], \"x\": {\"y\": 1}}\n\n{\"id\": \"2\", \"text\": {\"a\": 1}}\nnot json\n{\"text\": \"last\"}";
    let (ads, errors) = read(&shelf.file("a.jsonl", lines));
    assert_eq!((ads[0].id.as_str(), ads[0].title(), ads[0].text()), ("12", "", "line\nline\na\nb"));
    assert_eq!((ads[1].text(), ads[1].source.record, ads[1].source.line), ("last", 4, 5));
    assert_eq!(ads[1].id, ads[1].content_hash());
    assert_eq!(errors.iter().map(|e| e.position().line.unwrap()).collect::<Vec<_>>(), [3, 4]);
    assert!(errors[0].message().contains("\"text\"") && errors[0].message().contains("an object"));
}

#[test]
fn whole_files_that_cannot_be_read() {
    let shelf = Shelf::new();
    let error = refused("no/such/file.csv");
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Io, "no/such/file.csv: no such file"));
    let error = refused(&shelf.file("empty.csv", ""));
    assert_eq!(error.kind(), ErrorKind::Layout);
    assert!(error.message().contains("empty"));
    let error = refused(&shelf.file("columns.csv", "a,b,long words\n1,2,3\n"));
    assert_eq!(error.kind(), ErrorKind::Layout);
    assert!(
        error.message().contains(r#""a", "b", "long words""#) && error.message().contains("--map text="),
        "{error}"
    );
    let error = refused(&shelf.file("array.json", "[{\"text\": 1}]"));
    assert!(error.message().contains("JSON array"));
    assert!(refused(&shelf.file("packed.csv", b"\x1f\x8b\x08\0")).message().contains("gzip"));
    assert!(refused(shelf.0.path().to_str().unwrap()).message().contains("directory"));
}

#[test]
fn a_header_without_records_is_fine_but_said() {
    let shelf = Shelf::new();
    let path = shelf.file("header.csv", "id,text\n");
    let mut rows = open(&path, &ReadOptions::default()).unwrap();
    assert!(rows.next().is_none());
    assert!(rows.warnings()[0].contains("no records"));
    assert_eq!(rows.bytes_read(), 8);
}

#[test]
fn mapping_is_stronger_than_names_and_checked() {
    let shelf = Shelf::new();
    let path = shelf.file("map.csv", "id,text,Headline,blurb\n1,wrong,Right title,right text\n");
    let options = ReadOptions {
        map: vec![(Field::Title, "headline".into()), (Field::Text, "blurb".into())],
        ..ReadOptions::default()
    };
    let (ads, _) = read_ads(&[path.clone()], &options).unwrap();
    assert_eq!((ads[0].title(), ads[0].text()), ("Right title", "right text"));
    let missing = ReadOptions { map: vec![(Field::Text, "nope".into())], ..ReadOptions::default() };
    assert!(open(&path, &missing).err().unwrap().message().contains("\"nope\""));
    let json = shelf.file("map.jsonl", "{\"text\": \"wrong\", \"blurb\": \"right\"}\n");
    let (ads, _) = read_ads(&[json], &options).unwrap();
    assert_eq!(ads[0].text(), "right");
}

#[test]
fn two_columns_of_one_meaning_warn() {
    let shelf = Shelf::new();
    let path = shelf.file("two.csv", "url,description,text,id\nhttp://x,second,first,9\n");
    let mut rows = open(&path, &ReadOptions::default()).unwrap();
    assert_eq!(rows.warnings().len(), 2);
    let row = rows.next().unwrap().unwrap();
    let ad = rows.schema().ad(&row).unwrap();
    assert_eq!((ad.id.as_str(), ad.text()), ("9", "first"));
}

#[test]
fn labels_and_a_split() {
    let shelf = Shelf::new();
    let path = shelf
        .file("l.csv", "id,text,label,scope,vagueness,generic,split\n1,t,Vague,1,4,0,train\n2,t,,,,,\n3,t,fuzzy,,,,\n");
    let (ads, errors) = read_labeled(&[path.clone()], &ReadOptions::default()).unwrap();
    assert_eq!(ads[0].labels.get("vague"), Some(true));
    assert_eq!(ads[0].split.unwrap().as_str(), "train");
    assert!(ads[1].labels.is_empty() && ads[1].split.is_none());
    assert_eq!(errors[0].kind(), ErrorKind::Label);
    assert_eq!(errors[0].position().line, Some(4));
    assert!(open(&path, &ReadOptions::default()).unwrap().schema().has_labels());
}

#[test]
fn labels_apart_from_texts_are_joined() {
    let shelf = Shelf::new();
    let labels = shelf.file("labels.csv", "id,label,scope\nb,vague,1\nz,concrete,0\na,concrete,0\n");
    let ads = shelf.file(
        "ads.jsonl",
        "{\"id\":\"a\",\"text\":\"A\"}\n{\"id\":\"b\",\"text\":\"B\"}\n{\"id\":\"c\",\"text\":\"C\"}\noops\n",
    );
    let (found, joined) = standoff::join(&labels, &[ads], &ReadOptions::default()).unwrap();
    assert_eq!(found.iter().map(|one| one.ad.id.as_str()).collect::<Vec<_>>(), ["b", "a"]);
    assert_eq!((joined.found, joined.missing, joined.rejected.len()), (2, 1, 1));
    assert!(joined.to_string().starts_with("2 of 3 labelled ids found in the ads, 1 missing"));
    let twice = shelf.file("twice.csv", "id,label\nb,vague\nb,concrete\n");
    assert_eq!(standoff::join(&twice, &[], &ReadOptions::default()).unwrap_err().position().line, Some(3));
}

#[test]
fn one_document() {
    let shelf = Shelf::new();
    let ad = read_document(&shelf.file("ad.txt", "We write.\n"), Some("Writer"), &ReadOptions::default()).unwrap();
    assert_eq!((ad.title(), ad.text()), ("Writer", "We write.\n"));
    let error = read_document(&shelf.file("blank.txt", " \n"), None, &ReadOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::EmptyText);
}

#[test]
fn the_format_is_sniffed_where_the_name_says_nothing() {
    let shelf = Shelf::new();
    let (ads, _) = read(&shelf.file("data", "{\"text\":\"A\"}\n"));
    assert_eq!(ads[0].text(), "A");
    let (ads, _) = read(&shelf.file("data2", "text\tid\nA\t1\n"));
    assert_eq!(ads[0].text(), "A");
    let options = ReadOptions { format: Some(Format::Csv), ..ReadOptions::default() };
    let (ads, _) = read_ads(&[shelf.file("data.jsonl", "text\nA\n")], &options).unwrap();
    assert_eq!(ads[0].text(), "A");
}

const HEBREW: &str = "id,title,text\n1,מנהל/ת סושיאל,\"דרושים אנשים מנוסים לניהול עמודים, \"\"תותחים\"\" בלבד\"\n2,כותב,כתיבת תכנים ופרסומים (יתרון)\n";

fn encoded(text: &str, encoding: &'static encoding_rs::Encoding) -> Vec<u8> {
    encoding.encode(text).0.into_owned()
}

fn utf_16(text: &str, low_first: bool) -> Vec<u8> {
    let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
    units.flat_map(|unit| if low_first { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
}

fn note(path: &str) -> String {
    let mut rows = open(path, &ReadOptions::default()).unwrap();
    rows.by_ref().for_each(drop);
    rows.charset_note()
}

#[test]
fn every_encoding_gives_the_same_ads() {
    let shelf = Shelf::new();
    let (expected, _) = read(&shelf.file("utf8.csv", HEBREW));
    assert_eq!(expected.len(), 2);
    let texts = |ads: &[Ad]| ads.iter().map(|ad| (ad.id.clone(), ad.plain().to_owned())).collect::<Vec<_>>();
    for (name, bytes, said) in [
        ("bom", format!("\u{feff}{HEBREW}").into_bytes(), "UTF-8 (by its byte order mark)"),
        ("le", utf_16(HEBREW, true), "UTF-16LE"),
        ("be", utf_16(HEBREW, false), "UTF-16BE"),
        ("bare", utf_16(HEBREW, true)[2..].to_vec(), "UTF-16LE (recognised by its zero bytes)"),
        ("1255", encoded(HEBREW, encoding_rs::WINDOWS_1255), "windows-1255 (recognised"),
        ("8859", encoded(HEBREW, encoding_rs::ISO_8859_8), "ISO-8859-8 in reading order"),
    ] {
        let path = shelf.file(&format!("{name}.csv"), bytes);
        let (ads, errors) = read(&path);
        assert!(errors.is_empty(), "{name}: {errors:?}");
        assert_eq!(texts(&ads), texts(&expected), "{name}");
        assert!(note(&path).contains(said), "{name}: {}", note(&path));
    }
}

#[test]
fn hebrew_in_display_order_is_turned() {
    let shelf = Shelf::new();
    let turned = |text: &str| text.chars().rev().collect::<String>();
    let text = ["דרושים אנשים מנוסים לניהול עמודים", "כתיבת תכנים ופרסומים"];
    let lines = text.map(turned).join("\n");
    let path = shelf.file(
        "visual.csv",
        encoded(&format!("id,title,text\n1,{},\"{lines}\"\n", turned("מנהל סושיאל")), encoding_rs::ISO_8859_8),
    );
    let (ads, errors) = read(&path);
    assert!(errors.is_empty());
    assert_eq!((ads[0].title(), ads[0].text()), ("מנהל סושיאל", text.join("\n").as_str()));
    assert!(note(&path).contains("ISO-8859-8") && note(&path).contains("display order"), "{}", note(&path));
    let logical = ReadOptions { encoding: Some(Charset::parse("iso-8859-8-i").unwrap()), ..ReadOptions::default() };
    let (ads, _) = read_ads(&[path], &logical).unwrap();
    assert_eq!(ads[0].text(), lines);
}

#[test]
fn a_few_bad_bytes_cost_their_records_only() {
    let shelf = Shelf::new();
    let mut bytes = HEBREW.as_bytes().to_vec();
    bytes.extend_from_slice(b"3,x,caf\xe9\n4,x,good\n");
    let path = shelf.file("few.csv", &bytes);
    let (ads, errors) = read(&path);
    assert_eq!((ads.len(), errors.len()), (3, 1));
    assert_eq!((errors[0].kind(), errors[0].position().record), (ErrorKind::Encoding, Some(3)));
    // The same in a code page: 0xD9 is no character of windows-1255.
    let mut bytes = encoded(HEBREW, encoding_rs::WINDOWS_1255);
    bytes.extend_from_slice(b"3,x,bad \xd9 byte\n");
    let (ads, errors) = read(&shelf.file("page.csv", &bytes));
    assert_eq!((ads.len(), errors.len()), (2, 1));
    assert!(errors[0].message().contains("windows-1255"), "{}", errors[0]);
}

#[test]
fn the_encoding_may_show_late() {
    let shelf = Shelf::new();
    let filler = "plain English words to fill the head of the file. ".repeat(20);
    let mut bytes = b"id,text\n".to_vec();
    for id in 0..200 {
        bytes.extend_from_slice(format!("{id},{filler}\n").as_bytes());
    }
    assert!(bytes.len() > 3 * 64 * 1024);
    bytes.extend(encoded("x,דרושים אנשים מנוסים\n", encoding_rs::WINDOWS_1255));
    let path = shelf.file("late.csv", &bytes);
    let (ads, errors) = read(&path);
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!((ads.len(), ads[200].text()), (201, "דרושים אנשים מנוסים"));
    assert!(note(&path).contains("windows-1255"));
}

#[test]
fn given_encodings_are_stronger_than_recognised_ones() {
    let shelf = Shelf::new();
    let path = shelf.file("given.csv", encoded("id,text\n1,caf\u{e9}\n", encoding_rs::WINDOWS_1252));
    let options = ReadOptions { encoding: Some(Charset::parse("latin1").unwrap()), ..ReadOptions::default() };
    assert_eq!(read_ads(&[path], &options).unwrap().0[0].text(), "café");
    assert_eq!(Charset::parse("klingon").unwrap_err().kind(), ErrorKind::Usage);
}

#[test]
fn misread_utf_8_is_mended_or_refused() {
    let shelf = Shelf::new();
    let broken = encoding_rs::WINDOWS_1252.decode_without_bom_handling(HEBREW.as_bytes()).0.into_owned();
    let (expected, _) = read(&shelf.file("whole.csv", HEBREW));
    let (ads, errors) = read(&shelf.file("broken.csv", &broken));
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(ads[0].plain(), expected[0].plain());
    let lost: String = broken.chars().filter(|c| !c.is_control() || *c == '\n').collect();
    let (ads, errors) = read(&shelf.file("lost.csv", &lost));
    assert!(ads.is_empty() && errors.iter().all(|error| error.kind() == ErrorKind::Encoding), "{errors:?}");
    assert!(errors[0].message().contains("export it again as UTF-8"));
}

#[test]
fn html_fields_and_documents() {
    let shelf = Shelf::new();
    let path = shelf.file("html.csv", "id,title,description,requirements\n1,R&amp;D lead,<p>One</p><p>Two</p>,plain & simple\n2,t,salary < 5000,<ul><li>x</li></ul>\n");
    let (ads, errors) = read(&path);
    assert!(errors.is_empty());
    assert_eq!((ads[0].title(), ads[0].text()), ("R&D lead", "One\nTwo\nplain & simple"));
    let raw = "<p>One</p><p>Two</p>\nplain & simple";
    let map = ads[0].map().unwrap();
    let at = ads[0].text().find("simple").unwrap();
    assert_eq!(&raw[map.raw_start(at)..map.raw_end(at + 6)], "simple");
    assert_eq!(&raw[map.raw_start(4)..map.raw_end(7)], "Two");
    assert_eq!(map.raw_len, raw.len());
    let raw = "salary < 5000\n<ul><li>x</li></ul>";
    let map = ads[1].map().unwrap();
    assert_eq!(ads[1].text(), "salary < 5000\n• x");
    let at = ads[1].text().find('x').unwrap();
    assert_eq!(&raw[map.raw_start(at)..map.raw_end(at + 1)], "x");
    assert_eq!(&raw[map.raw_start(0)..map.raw_end(6)], "salary");
    let plain = ReadOptions { markup: Markup::Plain, ..ReadOptions::default() };
    assert_eq!(read_ads(&[path], &plain).unwrap().0[0].text(), "<p>One</p><p>Two</p>\nplain & simple");

    let page = "<html><head><title>Writer</title></head><body><p>We write.</p></body></html>";
    let path = shelf.file("ad.html", page);
    let ad = read_document(&path, None, &ReadOptions::default()).unwrap();
    assert_eq!(ad.plain(), "Writer\nWe write.");
    assert_eq!(read_document(&path, Some("Other"), &ReadOptions::default()).unwrap().title(), "Other");
    let map = ad.map().unwrap();
    assert_eq!(&page[map.raw_start(0)..map.raw_end(2)], "We");
    let error = read_document(&shelf.file("empty.html", "<p>&nbsp;</p>"), None, &ReadOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::EmptyText);
}

#[test]
fn records_longer_than_the_limit() {
    let shelf = Shelf::new();
    let long = "x".repeat(17 << 20);
    let (ads, errors) =
        read(&shelf.file("long.jsonl", format!("{{\"text\":\"a\"}}\n{{\"text\":\"{long}\"}}\n{{\"text\":\"b\"}}\n")));
    assert_eq!((ads.len(), errors.len()), (2, 1));
    assert_eq!((errors[0].position().record, errors[0].position().line), (Some(2), Some(2)));
    let (ads, errors) = read(&shelf.file("long.csv", format!("text\na\n\"{long}\nb\n")));
    assert_eq!((ads.len(), errors.len()), (1, 1));
    assert!(errors[0].message().contains("16 MiB"), "{}", errors[0]);
}

#[test]
fn rejected_rows_can_be_written_again() {
    let shelf = Shelf::new();
    let path = shelf.file("raw.csv", "id;text\n1;\"a;b\n\"\"c\"\"\"\n2;x;y\n");
    let rows = open(&path, &ReadOptions::default()).unwrap();
    let schema = rows.schema();
    assert_eq!(schema.header(), b"id;text");
    let raw: Vec<_> = rows.map(|row| String::from_utf8(row.unwrap().raw()).unwrap()).collect();
    assert_eq!(raw, ["1;\"a;b\n\"\"c\"\"\"", "2;x;y"]);
}

/// Every record read comes out once: as an ad or as an error.
fn accounted(path: &str, options: &ReadOptions) -> (usize, usize) {
    let Ok(rows) = open(path, options) else { return (0, 0) };
    let schema = rows.schema();
    let (mut good, mut bad) = (0, 0);
    for (index, row) in rows.enumerate() {
        let place = match &row {
            Ok(row) => row.position(),
            Err(error) => error.position().clone(),
        };
        assert_eq!(place.record, Some(index as u64 + 1), "help: src/io/rows.rs numbers records");
        match row.and_then(|row| schema.labeled(&row)) {
            Ok(labeled) => {
                good += 1;
                assert_eq!(labeled.ad.source.record, index as u64 + 1);
            }
            Err(error) => {
                bad += 1;
                assert!(error.position().line.is_some());
            }
        }
    }
    (good, bad)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..600), header in prop::bool::ANY) {
        let shelf = Shelf::new();
        let start: &[u8] = if header { b"id,text,label\n" } else { b"" };
        let path = shelf.file("any.csv", [start, &bytes].concat());
        accounted(&path, &ReadOptions::default());
        accounted(&path, &ReadOptions { format: Some(Format::Jsonl), ..ReadOptions::default() });
        accounted(&path, &ReadOptions { encoding: Some(Charset::Windows1255), ..ReadOptions::default() });
        accounted(&path, &ReadOptions { encoding: Some(Charset::Utf16Be), ..ReadOptions::default() });
        let _ = read_document(&path, None, &ReadOptions::default());
    }

    #[test]
    fn all_records_are_accounted_for(texts in prop::collection::vec("[a-zא-ת ,\"\n\r;<>&]{0,30}", 1..20)) {
        let shelf = Shelf::new();
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["id", "text"]).unwrap();
        for text in &texts {
            writer.write_record(["x", text]).unwrap();
        }
        let path = shelf.file("all.csv", writer.into_inner().unwrap());
        let (good, bad) = accounted(&path, &ReadOptions::default());
        prop_assert_eq!(good + bad, texts.len());
        let lines: String = texts.iter().map(|text| serde_json::json!({ "text": text }).to_string() + "\n").collect();
        let path = shelf.file("all.jsonl", lines);
        prop_assert_eq!(accounted(&path, &ReadOptions::default()), (good, bad));
    }

    #[test]
    fn hebrew_survives_its_encodings(words in prop::collection::vec("[א-ת]{2,8}", 6..40)) {
        let shelf = Shelf::new();
        let text = words.join(" ");
        let file = format!("text\n{text}\n");
        for bytes in [encoded(&file, encoding_rs::WINDOWS_1255), utf_16(&file, true), utf_16(&file, false), file.clone().into_bytes()] {
            let options = ReadOptions::default();
            let (ads, errors) = read_ads(&[shelf.file("he.csv", bytes)], &options).unwrap();
            prop_assert!(errors.is_empty());
            // Made-up words may begin with final letters and then look as if stored in display order.
            if !note(&shelf.file("he.csv", encoded(&file, encoding_rs::WINDOWS_1255))).contains("display order") {
                prop_assert_eq!(ads[0].text(), text.as_str());
            }
        }
    }
}
