//! Reading postings: files and streams of bytes in, [`Ad`]s out, each with its place.
//!
//! [`open`] gives the raw records of a file one by one with bounded memory; its [`Schema`] turns them into ads, on any
//! thread. [`read_document`] reads one posting from a text or HTML file. Nothing here scores or writes.
//!
//! ```
//! # fn main() -> Result<(), tachles::Error> {
//! # let dir = std::env::temp_dir().join("tachles-doc-io.csv");
//! # std::fs::write(&dir, "id,title,text\n7,Writer,We write.\n").unwrap();
//! # let path = dir.to_str().unwrap();
//! let rows = tachles::io::open(path, &Default::default())?;
//! let schema = rows.schema();
//! for row in rows {
//!     let ad = schema.ad(&row?)?;
//!     assert_eq!((ad.id.as_str(), ad.title(), ad.text()), ("7", "Writer", "We write."));
//! }
//! # Ok(()) }
//! ```

pub mod encoding;
pub mod field;
pub mod html;
mod input;
mod json;
mod marks;
pub mod rows;
pub mod schema;
pub mod standoff;

use std::io::Read;
use std::path::Path;

pub use encoding::Charset;
pub use field::{Extra, Field};
use input::Input;
pub use rows::{Row, Rows};
pub use schema::Schema;

use crate::ad::{Ad, Source};
use crate::error::{Error, ErrorKind, Position};
use crate::label::LabeledAd;

/// How a file is to be read. The default recognises everything.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    /// The encoding; `None` recognises it.
    pub encoding: Option<Charset>,
    /// Columns or keys given by the user, stronger than the usual names; one per field.
    pub map: Vec<(Field, String)>,
    /// The format; `None` goes by the extension, and by the first bytes where that says nothing.
    pub format: Option<Format>,
    /// Whether texts are HTML.
    pub markup: Markup,
    /// The CSV delimiter; `None` chooses among comma, semicolon, tab and bar.
    pub delimiter: Option<u8>,
}

/// The layout of a file of many postings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// Comma-separated values with a header (or another delimiter).
    Csv,
    /// JSON Lines: one object per line.
    Jsonl,
}

/// Whether a text is read as HTML.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Markup {
    /// Each text that looks like HTML is read as HTML.
    #[default]
    Auto,
    /// Texts are taken as they are.
    Plain,
    /// Every text is HTML.
    Html,
}

impl Format {
    /// Reads `csv` or `jsonl`.
    pub fn parse(word: &str) -> Result<Format, Error> {
        match word.trim().to_ascii_lowercase().as_str() {
            "csv" | "tsv" => Ok(Format::Csv),
            "jsonl" | "ndjson" | "json" => Ok(Format::Jsonl),
            _ => Err(Error::new(ErrorKind::Usage, format!("a format must be csv or jsonl, is {word:?}"))),
        }
    }

    fn of_path(path: &str) -> Option<Format> {
        let extension = Path::new(path).extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "csv" | "tsv" | "psv" | "tab" => Some(Format::Csv),
            "jsonl" | "ndjson" | "json" | "jsonlines" => Some(Format::Jsonl),
            _ => None,
        }
    }
}

/// Opens a file of postings; `-` is the standard input.
pub fn open(path: &str, options: &ReadOptions) -> Result<Rows, Error> {
    open_with(path, options, true)
}

/// Opens a file of labels, which needs no text.
pub(crate) fn open_labels(path: &str) -> Result<Rows, Error> {
    open_with(path, &ReadOptions::default(), false)
}

fn open_with(path: &str, options: &ReadOptions, needs_text: bool) -> Result<Rows, Error> {
    if options.delimiter.is_some_and(|byte| !byte.is_ascii() || matches!(byte, b'"' | b'\n' | b'\r' | 0)) {
        return Err(Error::new(
            ErrorKind::Usage,
            "a delimiter is one ASCII character other than a quote or a line end",
        ));
    }
    let input = Input::open(path, options.encoding)?;
    let rows = format(path, input.head(), options)
        .and_then(|format| Rows::new(input, path, format, options, needs_text))
        .map_err(|error| error.at(Position::file(path)))?;
    Ok(rows)
}

fn format(path: &str, head: &[u8], options: &ReadOptions) -> Result<Format, Error> {
    let first = head.iter().find(|byte| !byte.is_ascii_whitespace());
    let Some(&first) = first else {
        return Err(Error::new(ErrorKind::Layout, "postings are needed, the file is empty"));
    };
    let format = options.format.or_else(|| Format::of_path(path));
    if first == b'[' && format != Some(Format::Csv) {
        let rule = "JSON Lines are needed, one object per line; this is a JSON array (jq -c '.[]' makes lines of it)";
        return Err(Error::new(ErrorKind::Layout, rule));
    }
    Ok(format.unwrap_or(if first == b'{' { Format::Jsonl } else { Format::Csv }))
}

/// Reads all ads of some files: those that could be read, and an error for each record that could not.
pub fn read_ads(paths: &[String], options: &ReadOptions) -> Result<(Vec<Ad>, Vec<Error>), Error> {
    collect(paths, options, Schema::ad)
}

/// Reads all ads of some files with their labels, and an error for each record that could not be read.
pub fn read_labeled(paths: &[String], options: &ReadOptions) -> Result<(Vec<LabeledAd>, Vec<Error>), Error> {
    collect(paths, options, Schema::labeled)
}

fn collect<T>(
    paths: &[String],
    options: &ReadOptions,
    read: impl Fn(&Schema, &Row) -> Result<T, Error>,
) -> Result<(Vec<T>, Vec<Error>), Error> {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for path in paths {
        let rows = open(path, options)?;
        let schema = rows.schema();
        for row in rows {
            match row.and_then(|row| read(&schema, &row)) {
                Ok(item) => good.push(item),
                Err(error) => bad.push(error),
            }
        }
    }
    Ok((good, bad))
}

/// Reads one posting from a text or HTML file; `-` is the standard input.
pub fn read_document(path: &str, title: Option<&str>, options: &ReadOptions) -> Result<Ad, Error> {
    let mut bytes = Vec::new();
    let mut input = Input::open(path, options.encoding)?;
    input.read_to_end(&mut bytes).map_err(|error| Error::io(path, &error))?;
    let file: std::sync::Arc<str> = path.into();
    let position = || Position { record: Some(1), line: Some(1), ..Position::file(file.clone()) };
    let text =
        String::from_utf8(bytes).map_err(|error| Error::new(ErrorKind::Encoding, error.to_string()).at(position()))?;
    if text.trim().is_empty() {
        return Err(Error::new(ErrorKind::EmptyText, "the text is empty").at(position()));
    }
    let mut ad = Ad::new("", title.unwrap_or(""), &text);
    ad.source = Source { file, record: 1, line: 1 };
    Ok(ad)
}
