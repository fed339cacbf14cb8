use proptest::prelude::*;
use tachles::error::ErrorKind;
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

/// A piece of a field in an encoding: characters, or what the encoding does not have.
#[derive(Clone, Debug)]
enum Piece {
    Text(&'static str),
    Bad(usize),
}

fn pieces() -> impl Strategy<Value = Vec<Piece>> {
    let texts = ["a", "two words", "שלום", "₪", "–", ",", "\n", "\r\n"];
    let piece = prop_oneof![
        6 => prop::sample::select(texts.to_vec()).prop_map(Piece::Text),
        1 => (0..4usize).prop_map(Piece::Bad),
    ];
    prop::collection::vec(piece, 1..8)
}

/// How a file is written in windows-1255, or in UTF-16 with the low or the high byte first.
#[derive(Clone, Copy, Debug)]
struct Script(Charset);

impl Script {
    fn unit(self, unit: u16) -> [u8; 2] {
        if self.0 == Charset::Utf16Le { unit.to_le_bytes() } else { unit.to_be_bytes() }
    }

    fn text(self, text: &str) -> Vec<u8> {
        match self.0 {
            Charset::Windows1255 => encoded(text, encoding_rs::WINDOWS_1255),
            _ => text.encode_utf16().flat_map(|unit| self.unit(unit)).collect(),
        }
    }

    fn piece(self, piece: &Piece, breaks: bool) -> Vec<u8> {
        match (piece, self.0) {
            (Piece::Text("\n" | "\r\n"), _) if !breaks => self.text(" "),
            (Piece::Text(text), _) => self.text(text),
            (Piece::Bad(at), Charset::Windows1255) => vec![[0xD9, 0xDF, 0xFB, 0xFF][*at]],
            (Piece::Bad(at), _) => self.unit([0xD800, 0xDBFF, 0xDC00, 0xDFFF][*at]).to_vec(),
        }
    }
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
    fn records_of_other_encodings_have_the_places_and_bytes_of_the_file(
        charset in prop::sample::select(vec![Charset::Windows1255, Charset::Utf16Le, Charset::Utf16Be]),
        texts in prop::collection::vec(pieces(), 1..12),
        ends in prop::collection::vec(prop::sample::select(vec!["\n", "\r\n", "\n\n", "\r\n\n\n"]), 12),
        (json, mark, odd) in (prop::bool::ANY, prop::bool::ANY, prop::bool::ANY),
        filler in prop_oneof![3 => Just(0), 1 => 65_400..65_560usize],
        max_record in prop_oneof![Just(1 << 20), 20..80u64],
    ) {
        let script = Script(charset);
        let two = charset != Charset::Windows1255;
        let mut file = if mark && two { script.text("\u{feff}") } else { Vec::new() };
        if !json {
            file.extend(script.text("id,text\n"));
        }
        let mut expected = Vec::new();
        for (at, (pieces, end)) in texts.iter().zip(&ends).enumerate() {
            if at == 1 {
                // Blank lines up to where the first block of a file ends.
                file.extend(script.text("\n").repeat(filler / if two { 2 } else { 1 }));
            }
            let start = file.len();
            file.extend(script.text(if json { "{\"id\":\"1\",\"text\":\"" } else { "1,\"" }));
            pieces.iter().for_each(|piece| file.extend(script.piece(piece, !json)));
            file.extend(script.text(if json { "\"}" } else { "\"" }));
            expected.push((start, file[start..].to_vec()));
            file.extend(script.text(end));
        }
        if odd && two {
            expected.push((file.len(), vec![b'x']));
            file.push(b'x');
        }
        let shelf = Shelf::new();
        let path = shelf.file(if json { "any.jsonl" } else { "any.csv" }, &file);
        let options = ReadOptions { encoding: Some(charset), max_record, ..ReadOptions::default() };
        let rows = open(&path, &options).unwrap();
        let schema = rows.schema();
        let rows: Vec<_> = rows.map(Result::unwrap).collect();
        prop_assert_eq!(rows.len(), expected.len());
        for (row, (start, bytes)) in rows.iter().zip(&expected) {
            let error = schema.ad(row).err();
            prop_assert_eq!(row.position().byte, Some(*start as u64), "{:?}", error);
            prop_assert_eq!(error.as_ref().map_or(Some(*start as u64), |error| error.position().byte), Some(*start as u64));
            let raw = row.raw();
            let long = error.is_some_and(|error| error.kind() == ErrorKind::TooLong);
            // The line end counts towards the limit.
            let end = &file[start + bytes.len()..start + raw.len()];
            prop_assert!(raw.starts_with(bytes) && raw.ends_with(end) && (long || end.is_empty()));
            prop_assert_eq!(row.raw_length(), raw.len() as u64);
        }
        for (row, pieces) in rows.iter().zip(&texts) {
            if charset == Charset::Windows1255 && pieces.iter().any(|piece| matches!(piece, Piece::Bad(_))) {
                prop_assert!(schema.ad(row).is_err_and(|e| matches!(e.kind(), ErrorKind::Encoding | ErrorKind::TooLong)));
            }
        }
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
