use tachles::error::ErrorKind;
use tachles::io::{Field, Format, Markup, ReadOptions, open, read_ads, read_document, read_labeled, standoff};

use super::{Shelf, read, refused};

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
fn a_quote_that_never_closes_costs_its_line() {
    let shelf = Shelf::new();
    let path = shelf.file("open.csv", "id,text\n1,good\n2,\"never closed\n3,good\n4,good\n");
    let (ads, errors) = read(&path);
    assert_eq!(
        ads.iter().map(|ad| (ad.id.as_str(), ad.source.line)).collect::<Vec<_>>(),
        [("1", 2), ("3", 4), ("4", 5)]
    );
    assert_eq!(errors.len(), 1);
    assert!(errors[0].message().contains("record starting at line 3 never closes"), "{}", errors[0]);
    assert_eq!(errors[0].position().record, Some(2));
    // A text that breaks off is one record: its lines are no records.
    let (ads, errors) = read(&shelf.file("cut.csv", "id,text\n1,good\n2,\"We write.\nYou, too, write.\nWe"));
    assert_eq!((ads.len(), errors.len()), (1, 1));
    assert!(errors[0].message().contains("swallows the rest of the file (2 lines)"), "{}", errors[0]);
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
    let error = refused(&shelf.file("packed.csv", b"\x1f\x8b\x08\0"));
    assert_eq!(error.kind(), ErrorKind::Damaged);
    assert!(error.message().contains("the gzip stream is cut off"), "{error}");
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
    let (ads, _) = read_ads(std::slice::from_ref(&path), &options).unwrap();
    assert_eq!((ads[0].title(), ads[0].text()), ("Right title", "right text"));
    let missing = ReadOptions { map: vec![(Field::Text, "nope".into())], ..ReadOptions::default() };
    assert!(open(&path, &missing).err().unwrap().message().contains("\"nope\""));
    let json = shelf.file("map.jsonl", "{\"text\": \"wrong\", \"blurb\": \"right\"}\n");
    let (ads, _) = read_ads(&[json], &options).unwrap();
    assert_eq!(ads[0].text(), "right");
    // A mapped column loses its usual meaning.
    let path = shelf.file("moved.csv", "text,body\na title,the text\n");
    let options = ReadOptions { map: vec![(Field::Title, "text".into())], ..ReadOptions::default() };
    let (ads, _) = read_ads(&[path], &options).unwrap();
    assert_eq!((ads[0].title(), ads[0].text()), ("a title", "the text"));
    let twice =
        ReadOptions { map: vec![(Field::Text, "a".into()), (Field::Text, "b".into())], ..ReadOptions::default() };
    assert_eq!(open(&shelf.file("t.csv", "a,b\n"), &twice).err().unwrap().kind(), ErrorKind::Usage);
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
    let (ads, errors) = read_labeled(std::slice::from_ref(&path), &ReadOptions::default()).unwrap();
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
    let bare = shelf.file("bare.csv", "id,note\nb,x\n");
    assert!(standoff::join(&bare, &[], &ReadOptions::default()).unwrap_err().message().contains("this has none"));
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

#[test]
fn html_fields_and_documents() {
    let shelf = Shelf::new();
    let path = shelf.file("html.csv", "id,title,description,requirements\n1,R&amp;D lead,<p>One</p><p>Two</p>,plain & simple\n2,t,salary < 5000,<ul><li>x</li></ul>\n");
    let (ads, errors) = read(&path);
    assert!(errors.is_empty());
    assert_eq!((ads[0].title(), ads[0].text()), ("R&D lead", "One\nTwo\nplain & simple"));
    let raw = "<p>One</p><p>Two</p>\nplain & simple";
    let map = &ads[0].origin().unwrap().map;
    let at = ads[0].text().find("simple").unwrap();
    assert_eq!(&raw[map.raw_start(at)..map.raw_end(at + 6)], "simple");
    assert_eq!(&raw[map.raw_start(4)..map.raw_end(7)], "Two");
    assert_eq!(map.raw_len, raw.len());
    let raw = "salary < 5000\n<ul><li>x</li></ul>";
    let map = &ads[1].origin().unwrap().map;
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
    let map = &ad.origin().unwrap().map;
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
fn bad_rows_keep_their_bytes_and_places() {
    let shelf = Shelf::new();
    let file = "id;text\r\n1;\"a;b\n\"\"c\"\"\"\r\n\r\n2;x;y\r\n3;ends";
    let rows = open(&shelf.file("raw.csv", format!("\u{feff}{file}")), &ReadOptions::default()).unwrap();
    let rows: Vec<_> = rows.map(Result::unwrap).collect();
    let raw: Vec<_> = rows.iter().map(|row| String::from_utf8(row.raw().into_owned()).unwrap()).collect();
    assert_eq!(raw, ["1;\"a;b\n\"\"c\"\"\"", "2;x;y", "3;ends"]);
    for (row, raw) in rows.iter().zip(&raw) {
        assert_eq!(row.position().byte, Some(3 + file.find(raw).unwrap() as u64));
    }
    assert_eq!(rows.iter().map(|row| row.position().line.unwrap()).collect::<Vec<_>>(), [2, 5, 6]);
}

#[test]
fn a_key_of_the_same_meaning_warns_before_the_first_record() {
    let shelf = Shelf::new();
    let path = shelf.file("two.jsonl", "{\"description\":\"second\",\"text\":\"first\"}\n");
    let rows = open(&path, &ReadOptions::default()).unwrap();
    assert!(rows.warnings()[0].contains("\"text\" and \"description\" both mean text"), "{:?}", rows.warnings());
}

#[test]
fn a_single_ad_is_not_a_file_of_ads() {
    let shelf = Shelf::new();
    for (name, content, what) in [
        ("ad.txt", "Social media manager\nWe are hiring, now.\n", "prose"),
        ("ad2.txt", "We are looking for a rock star, a ninja, a guru.\nApply.\n", "prose"),
        ("page.html", "<!DOCTYPE html><html><body><p>We write, a lot</p></body></html>", "an HTML page"),
        ("page.htm", "<p>We write</p>\n", "an HTML page"),
    ] {
        let error = refused(&shelf.file(name, content));
        let message = error.message();
        assert!(
            message.contains("single ad") && message.contains(what) && message.contains("tachles score"),
            "{error}"
        );
    }
    let (ads, _) = read(&shelf.file("table.txt", "id,text\n1,a\n"));
    assert_eq!(ads.len(), 1);
}

#[test]
fn one_object_over_many_lines_is_said() {
    let shelf = Shelf::new();
    let error = refused(&shelf.file("pretty.json", "{\n  \"id\": 1,\n  \"text\": \"x\"\n}\n"));
    assert!(error.message().contains("over several lines") && error.message().contains("jq -c"), "{error}");
    // A first line that was cut off costs that line.
    let (ads, errors) = read(&shelf.file("cut.jsonl", "{\"id\": 1,\n{\"text\":\"x\"}\n"));
    assert_eq!((ads.len(), errors.len()), (1, 1));
}

#[test]
fn a_nul_byte_is_an_error_in_documents_too() {
    let shelf = Shelf::new();
    let error = read_document(&shelf.file("nul.txt", "We\nwri\0te"), None, &ReadOptions::default()).unwrap_err();
    assert_eq!((error.kind(), error.position().line), (ErrorKind::Record, Some(2)));
    assert!(error.message().contains("NUL bytes") && error.message().contains("byte 6"), "{error}");
}

#[test]
fn lines_that_end_in_cr_alone_are_counted() {
    let shelf = Shelf::new();
    let (ads, _) = read(&shelf.file("mac.csv", "id,text\r1,a\r2,\"b\rc\"\r\r3,d\r"));
    assert_eq!(ads.iter().map(|ad| ad.source.line).collect::<Vec<_>>(), [2, 3, 6]);
}

#[test]
fn a_lone_tag_in_prose_loses_no_text() {
    let shelf = Shelf::new();
    let text = "You use <script> tags in HTML every day";
    let ad = read_document(&shelf.file("tag.txt", text), None, &ReadOptions::default()).unwrap();
    assert_eq!(ad.text(), text);
}

#[test]
fn a_byte_order_mark_in_the_middle_is_no_part_of_an_id() {
    let shelf = Shelf::new();
    let (ads, errors) = read(&shelf.file("joined.csv", "\u{feff}id,text\n1,x\n\u{feff}2,x\n"));
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(ads.iter().map(|ad| ad.id.as_str()).collect::<Vec<_>>(), ["1", "2"]);
}
