//! The file of bad records: each with its place, a reason and its bytes, so that it can be mended and read again.

use std::io::Write;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::packed::{Packer, Packing};
use super::{Format, Partial};
use crate::error::{Error, ErrorKind, Position};

/// A file of bad records under way: JSON Lines or CSV by its extension, packed or not.
pub struct Quarantine {
    out: Packer<Partial>,
    csv: bool,
    name: String,
    written: u64,
}

#[derive(Serialize)]
struct Entry<'r> {
    file: Option<&'r str>,
    record: Option<u64>,
    line: Option<u64>,
    byte: Option<u64>,
    code: &'static str,
    message: &'r str,
    raw: Option<&'r str>,
    raw_base64: Option<String>,
    raw_bytes: u64,
}

impl Quarantine {
    /// Opens a file to become `path`, which must be none of `others`.
    ///
    /// # Errors
    /// When the extension names another format than JSON Lines or CSV, or the file cannot be created.
    pub fn create(path: &str, others: &[String]) -> Result<Quarantine, Error> {
        let (packing, _) = Packing::of_path(path);
        let csv = match Format::of_path(path) {
            Some(Format::Csv) => true,
            Some(Format::Jsonl) => false,
            _ => {
                let rule = "the file of bad records must end in .jsonl or .csv, perhaps with .gz or .zst";
                return Err(Error::new(ErrorKind::Usage, rule).at(Position::file(path)));
            }
        };
        let partial = Partial::create(Path::new(path), others)?;
        let out = Packer::new(partial, packing).map_err(|error| Error::io(path, &error))?;
        let mut quarantine = Quarantine { out, csv, name: path.to_owned(), written: 0 };
        if csv {
            quarantine.put(b"file,record,line,byte,code,message,raw,raw_base64,raw_bytes\n")?;
        }
        Ok(quarantine)
    }

    /// Adds a record: what was wrong with it, and `raw`, of whose `length` bytes it may be the beginning.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn add(&mut self, error: &Error, raw: &[u8], length: u64) -> Result<(), Error> {
        let text = std::str::from_utf8(raw).ok();
        let place = error.position();
        let entry = Entry {
            file: place.file.as_deref(),
            record: place.record,
            line: place.line,
            byte: place.byte,
            code: error.kind().code(),
            message: error.message(),
            raw: text,
            raw_base64: text.is_none().then(|| STANDARD.encode(raw)),
            raw_bytes: length,
        };
        let refused = |error: &dyn std::fmt::Display| Error::new(ErrorKind::Io, format!("cannot be written: {error}"));
        let line = if self.csv {
            let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
            writer.serialize(&entry).map_err(|error| refused(&error))?;
            writer.into_inner().map_err(|error| refused(&error))?
        } else {
            let mut line = serde_json::to_vec(&entry).map_err(|error| refused(&error))?;
            line.push(b'\n');
            line
        };
        self.written += 1;
        self.put(&line)
    }

    /// How many records it holds.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn finish(self) -> Result<(), Error> {
        self.out.finish().map_err(|error| Error::io(&self.name, &error))?.finish()
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.out.write_all(bytes).map_err(|error| Error::io(&self.name, &error))
    }
}
