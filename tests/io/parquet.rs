//! Parquet files as other programs write them, and as nobody should.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BinaryArray, Date32Array, DictionaryArray, Float64Array, Int64Array, LargeStringArray, ListArray,
    RecordBatch, StringArray, StringViewArray, types,
};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use proptest::prelude::*;
use tachles::error::ErrorKind;
use tachles::io::{ReadOptions, open};

use super::{Shelf, read, refused};

fn parquet(columns: Vec<(&str, ArrayRef)>, group: usize, compression: Compression) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(group))
        .set_compression(compression)
        .set_dictionary_enabled(group.is_multiple_of(2))
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

fn many(rows: i64, compression: Compression) -> Vec<u8> {
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(1..=rows));
    let texts: ArrayRef =
        Arc::new(StringArray::from_iter_values((1..=rows).map(|n| format!("מודעה {} {n}", n * 7919))));
    parquet(vec![("id", ids), ("תיאור", texts)], 100, compression)
}

#[test]
fn text_of_every_type_is_read() {
    let shelf = Shelf::new();
    let texts: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(vec![Some("שלום"), None, Some("c")])),
        Arc::new(LargeStringArray::from(vec![Some("שלום"), None, Some("c")])),
        Arc::new(StringViewArray::from(vec![Some("שלום"), None, Some("c")])),
        Arc::new(BinaryArray::from(vec![Some("שלום".as_bytes()), None, Some(&b"c"[..])])),
        Arc::new([Some("שלום"), None, Some("c")].into_iter().collect::<DictionaryArray<types::Int8Type>>()),
    ];
    for text in texts {
        let kind = format!("{:?}", text.data_type());
        let dates: ArrayRef = Arc::new(Date32Array::from(vec![Some(19724), None, None]));
        let ids: ArrayRef = Arc::new(Float64Array::from(vec![Some(7.0), None, Some(9.0)]));
        let other: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
        let columns = vec![("Job ID", ids), ("salary", other), ("Description", text), ("date_posted", dates)];
        let (ads, errors) = read(&shelf.file("a.parquet", parquet(columns, 2, Compression::SNAPPY)));
        assert_eq!((ads.len(), errors.len()), (2, 1), "{kind}: {errors:?}");
        assert_eq!((ads[0].id.as_str(), ads[0].text(), ads[0].posted_at.as_str()), ("7", "שלום", "2024-01-02"));
        assert_eq!((ads[1].id.as_str(), ads[1].source.record), ("9", 3));
        assert_eq!((errors[0].kind(), errors[0].position().record), (ErrorKind::EmptyText, Some(2)));
    }
}

#[test]
fn lists_of_strings_are_lines_and_bytes_must_be_text() {
    let shelf = Shelf::new();
    let mut lists = arrow_array::builder::ListBuilder::new(arrow_array::builder::StringBuilder::new());
    lists.append_value([Some("ניסיון"), Some("אנגלית")]);
    lists.append_value([Some("x")]);
    let lists: ListArray = lists.finish();
    let texts: ArrayRef = Arc::new(BinaryArray::from(vec![&b"good"[..], b"bad \xff"]));
    let columns = vec![("text", texts), ("requirements", Arc::new(lists) as ArrayRef)];
    let path = shelf.file("a", parquet(columns, 100, Compression::UNCOMPRESSED));
    let (ads, errors) = read(&path);
    assert_eq!(ads[0].text(), "good\nניסיון\nאנגלית");
    assert!(errors[0].kind() == ErrorKind::Encoding && errors[0].message().contains("column \"text\""));
    let rows: Vec<_> = open(&path, &ReadOptions::default()).unwrap().map(Result::unwrap).collect();
    assert_eq!(String::from_utf8_lossy(&rows[1].raw()), "{\"requirements\":\"x\",\"text\":\"bad \u{fffd}\"}");
}

#[test]
fn a_wrong_type_is_named_with_those_that_would_do() {
    let shelf = Shelf::new();
    let texts: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    let error = refused(&shelf.file("a.parquet", parquet(vec![("text", texts)], 1, Compression::UNCOMPRESSED)));
    assert_eq!(error.kind(), ErrorKind::Layout);
    let said = "column \"text\" must hold strings (or lists of strings) to be read as text, holds Int64";
    assert_eq!(error.message(), said);
    let none: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    let error = refused(&shelf.file("b.parquet", parquet(vec![("salary", none)], 1, Compression::UNCOMPRESSED)));
    assert!(error.message().contains("columns seen: \"salary\""), "{error}");
    let error = refused(&shelf.file("c.parquet", "id,text\n1,x\n"));
    assert!(error.kind() == ErrorKind::Damaged && error.message().contains("no usable footer"), "{error}");
}

#[test]
fn a_damaged_row_group_costs_its_rows_and_no_others() {
    let shelf = Shelf::new();
    for compression in [Compression::SNAPPY, Compression::ZSTD(Default::default()), Compression::LZ4_RAW] {
        let mut bytes = many(1000, compression);
        // The third of ten row groups, about.
        let at = bytes.len() / 4;
        bytes[at..at + 200].fill(0xAA);
        let (ads, errors) = read(&shelf.file("a.parquet", &bytes));
        let damaged: Vec<_> = errors.iter().filter(|error| error.kind() == ErrorKind::Damaged).collect();
        assert_eq!(damaged.len(), 1, "{errors:?}");
        assert!(damaged[0].message().contains("are lost"), "{}", damaged[0]);
        assert!(ads.len() + errors.len() > 850 && ads.last().unwrap().id == "1000", "{compression}: {}", ads.len());
    }
    let bytes = many(1000, Compression::SNAPPY);
    let error = refused(&shelf.file("cut.parquet", &bytes[..bytes.len() / 2]));
    assert!(error.message().contains("no usable footer, so nothing in it can be found"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 80, ..ProptestConfig::default() })]

    #[test]
    fn any_parquet_is_read_or_refused(at in 0.0..1.0f64, wrong in any::<u8>(), footer in prop::bool::ANY) {
        let shelf = Shelf::new();
        let mut bytes = many(300, Compression::SNAPPY);
        // Most of the harm is in the footer.
        let from = if footer { bytes.len() * 2 / 3 } else { 0 };
        let at = from + (at * (bytes.len() - from) as f64) as usize;
        let footer = at >= bytes.len() * 2 / 3;
        bytes[at] ^= wrong;
        if let Ok(rows) = open(&shelf.file("any.parquet", bytes), &ReadOptions::default()) {
            let schema = rows.schema();
            let rows: Vec<_> = rows.map(Result::unwrap).collect();
            let bad = rows.iter().filter(|row| schema.ad(row).is_err()).count();
            prop_assert!(rows.len() <= 301, "{} rows", rows.len());
            prop_assert!(rows.len() == 300 || bad > 0 || footer, "{} rows, {} bad", rows.len(), bad);
        }
    }
}
