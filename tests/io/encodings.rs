use tachles::Ad;
use tachles::error::ErrorKind;
use tachles::io::{Charset, ReadOptions, read_ads};

use super::{Shelf, encoded, note, read, utf_16};

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
