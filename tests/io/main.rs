//! Whole files in, ads and errors out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod encodings;
mod files;
mod packed;
mod parquet;
mod properties;

use std::fs;
use std::path::PathBuf;

use tachles::Ad;
use tachles::error::Error;
use tachles::io::{ReadOptions, open, read_ads};
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
