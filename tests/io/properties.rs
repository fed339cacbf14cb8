use proptest::prelude::*;
use tachles::io::{Charset, Format, ReadOptions, open, read_ads, read_document};

use super::{Shelf, encoded, note, utf_16};

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
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

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
