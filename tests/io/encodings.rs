use tachles::Ad;
use tachles::error::ErrorKind;
use tachles::io::{Charset, ReadOptions, open, read_ads, read_document_with_notes};

use super::{Shelf, encoded, note, read, refused, utf_16};

const HEBREW: &str = "id,title,text\n1,מנהל/ת סושיאל,\"דרושים אנשים מנוסים לניהול עמודים, \"\"תותחים\"\" בלבד\"\n2,כותב,כתיבת תכנים ופרסומים (יתרון)\n";

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
fn records_before_and_behind_the_first_hebrew_have_their_places() {
    let shelf = Shelf::new();
    let mut bytes = b"id,text\n".to_vec();
    for id in 0..1500 {
        bytes.extend_from_slice(format!("{id},{}\n", "plain English words ".repeat(6)).as_bytes());
    }
    assert!(bytes.len() > 2 * 64 * 1024);
    let bad = [&b"bad,too,many\n"[..], b"x,\xd9\n", &encoded("דרושים אנשים מנוסים", encoding_rs::WINDOWS_1255), b"\n"];
    let starts: Vec<u64> =
        bad.iter().scan(bytes.len(), |at, line| Some(std::mem::replace(at, *at + line.len()) as u64)).collect();
    bytes.extend(bad.concat());
    let hebrew = encoded("x,דרושים אנשים מנוסים\n", encoding_rs::WINDOWS_1255);
    bytes.extend(hebrew.repeat(20));
    let rows: Vec<_> =
        open(&shelf.file("late.csv", &bytes), &ReadOptions::default()).unwrap().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 1523);
    for (row, start) in rows[1500..].iter().zip(&starts[..3]) {
        assert_eq!(row.position().byte, Some(*start));
    }
    assert_eq!(rows[1501].raw().as_ref(), b"x,\xd9");
    assert_eq!(rows[1522].position().byte, Some((bytes.len() - hebrew.len()) as u64));
}

#[test]
fn records_behind_a_quote_that_never_closes_have_their_places_in_the_file() {
    let shelf = Shelf::new();
    let file = "id,title,text\n1,\"מנהל,דרושים אנשים\n2,כותב,כתיבת תכנים\n3,עורך,עריכה\n4,מפיק,הפקה\n";
    let lines: Vec<&str> = file.split_inclusive('\n').skip(1).collect();
    let hebrew = encoded(file, encoding_rs::WINDOWS_1255);
    for (name, bytes, width) in [("1255.csv", hebrew, 1), ("le.csv", utf_16(file, true), 2)] {
        let rows: Vec<_> =
            open(&shelf.file(name, &bytes), &ReadOptions::default()).unwrap().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 4, "{name}");
        for (row, line) in rows.iter().zip(&lines) {
            // The mark is one character more.
            let before = file[..file.find(line).unwrap()].chars().count() + width - 1;
            let start = before * width;
            assert_eq!(row.position().byte, Some(start as u64), "{name}: {line}");
            let length = (line.chars().count() - 1) * width;
            assert_eq!(row.raw(), &bytes[start..start + length], "{name}: {line}");
        }
    }
}

#[test]
fn an_order_mark_far_behind_the_beginning_costs_no_bytes() {
    let shelf = Shelf::new();
    // Files that were put together of several: the first character that is not ASCII is the mark of the second.
    let filler = "plain English words ".repeat(6);
    let rows = |from: usize| (from..from + 1500).map(|id| format!("{id},{filler}\n")).collect::<String>();
    let file = format!("id,text\n{}\u{feff}{}", rows(0), rows(1500));
    let path = shelf.file("joined.csv", &file);
    let (ads, errors) = read(&path);
    assert!(errors.is_empty(), "{errors:?}");
    assert!(ads.iter().enumerate().all(|(at, ad)| ad.id == at.to_string()) && ads.len() == 3000);
    let last = open(&path, &ReadOptions::default()).unwrap().last().unwrap().unwrap();
    assert_eq!(last.position().byte, Some(file.find("\n2999,").unwrap() as u64 + 1));
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
    let raw = "<p>Itâ€™s &amp; good</p>";
    let (ads, _) = read(&shelf.file("both.csv", format!("text\n{raw}\n")));
    assert_eq!(ads[0].text(), "It’s & good");
    let map = &ads[0].origin().unwrap().map;
    for (part, was) in [("’", "â€™"), ("s", "s"), ("&", "&amp;"), ("good", "good")] {
        let at = ads[0].text().find(part).unwrap();
        assert_eq!(&raw[map.raw_start(at)..map.raw_end(at + part.len())], was);
    }
    let lost: String = broken.chars().filter(|c| !c.is_control() || *c == '\n').collect();
    let (ads, errors) = read(&shelf.file("lost.csv", &lost));
    assert!(ads.is_empty() && errors.iter().all(|error| error.kind() == ErrorKind::Encoding), "{errors:?}");
    assert!(errors[0].message().contains("export it again as UTF-8"));
}

#[test]
fn english_from_office_is_windows_1252_and_said() {
    let shelf = Shelf::new();
    for text in ["We’re “social” – café", "Don’t wait", "café and résumé"] {
        let path = shelf.file("office.csv", encoded(&format!("id,text\n1,{text}\n"), encoding_rs::WINDOWS_1252));
        let (ads, errors) = read(&path);
        assert!(errors.is_empty(), "{text}: {errors:?}");
        assert_eq!(ads[0].text(), text);
        assert!(note(&path).contains("windows-1252 (recognised"), "{}", note(&path));
    }
}

#[test]
fn bytes_that_are_not_utf_8_lead_to_the_option() {
    let shelf = Shelf::new();
    let (_, errors) = read(&shelf.file("odd.csv", b"id,text\n1,odd \xff\xfe byte\n"));
    let message = errors[0].message();
    assert!(
        message.contains("must be UTF-8") && message.contains("--encoding NAME reads another encoding"),
        "{message}"
    );
}

#[test]
fn mended_and_turned_texts_are_said() {
    let shelf = Shelf::new();
    let path = shelf.file("mended.csv", "id,text\n1,weâ€™re hiring\n2,plain\n");
    let mut rows = open(&path, &ReadOptions::default()).unwrap();
    let schema = rows.schema();
    rows.by_ref().for_each(|row| drop(schema.ad(&row.unwrap())));
    assert!(rows.charset_note().contains("1 text was UTF-8 misread before"), "{}", rows.charset_note());
    let notes = |name: &str, bytes: Vec<u8>| {
        read_document_with_notes(&shelf.file(name, bytes), None, &ReadOptions::default()).unwrap().1
    };
    assert!(notes("mended.txt", "weâ€™re hiring".into())[0].contains("put right"));
    let turned: String = "דרושים אנשים מנוסים לניהול עמודים".chars().rev().collect();
    assert!(notes("turned.txt", encoded(&turned, encoding_rs::ISO_8859_8))[0].contains("display order"));
    assert!(notes("plain.txt", "שלום".into()).is_empty());
}

#[test]
fn a_misread_header_is_named_for_what_it_is() {
    let shelf = Shelf::new();
    let misread = |text: &str| encoding_rs::WINDOWS_1252.decode_without_bom_handling(text.as_bytes()).0.into_owned();
    let header = "מזהה,כותרת,תיאור התפקיד\n1,a,b\n";
    let twice = misread(&misread(header));
    let lost: String = misread(header).chars().filter(|c| !c.is_control() || *c == '\n').collect();
    for (name, bytes) in [("twice.csv", twice), ("lost.csv", lost)] {
        let error = refused(&shelf.file(name, bytes));
        assert_eq!(error.kind(), ErrorKind::Encoding, "{name}: {error}");
        assert!(error.message().contains("header") && error.message().contains("again as UTF-8"), "{error}");
    }
}

#[test]
fn a_given_utf_16_follows_the_mark() {
    let shelf = Shelf::new();
    let options = ReadOptions { encoding: Some(Charset::parse("utf-16").unwrap()), ..ReadOptions::default() };
    for low_first in [true, false] {
        let (ads, errors) = read_ads(&[shelf.file("u16.csv", utf_16(HEBREW, low_first))], &options).unwrap();
        assert_eq!((ads.len(), errors.len()), (2, 0), "low byte first: {low_first}");
    }
}
