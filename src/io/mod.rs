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

mod charset;
mod columnar;
mod delimited;
mod dialect;
pub mod encoding;
pub mod field;
mod fields;
pub mod files;
pub mod fixes;
mod frame;
pub mod html;
mod input;
mod json;
mod lines;
mod map;
mod marks;
mod mojibake;
mod names;
pub mod packed;
pub mod partial;
pub mod quarantine;
mod recognise;
pub mod rows;
pub mod schema;
pub mod standoff;
mod statements;
mod text;
mod values;
mod visual;

use std::fs::File;
use std::io::Read;
use std::path::Path;

pub use charset::Charset;
use columnar::Columnar;
pub(crate) use columnar::is_guarded;
use encoding::Decision;
pub use field::{Extra, Field};
pub use files::Files;
pub use frame::{frame, meaningful};
use input::{Input, Peeked};
pub use packed::Packing;
pub use partial::Partial;
pub use quarantine::Quarantine;
pub use rows::{Row, Rows};
pub use schema::Schema;
pub use statements::read_statements;

use crate::ad::{Ad, Source};
use crate::error::{Error, ErrorKind, Position};
use crate::label::LabeledAd;

/// How a file is to be read. The default recognises everything.
#[derive(Clone, Debug)]
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
    /// The longest record, in bytes; a longer one is bad and passed over without being held in memory.
    pub max_record: u64,
    /// What records, errors and the choice of a format call the file; `None` for its path.
    pub name: Option<String>,
    /// Reasons beside the six: labelled files have a column of 0 and 1 of that name, or no labels for it.
    pub reasons: Vec<String>,
}

/// The longest record, in bytes, unless the user says otherwise.
pub const MAX_RECORD: u64 = 16 << 20;

impl Default for ReadOptions {
    fn default() -> Self {
        ReadOptions {
            encoding: None,
            map: Vec::new(),
            format: None,
            markup: Markup::Auto,
            delimiter: None,
            max_record: MAX_RECORD,
            name: None,
            reasons: Vec::new(),
        }
    }
}

/// The layout of a file of many postings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// Comma-separated values with a header (or another delimiter).
    Csv,
    /// JSON Lines: one object per line.
    Jsonl,
    /// Apache Parquet.
    Parquet,
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
    /// Reads `csv`, `jsonl` or `parquet`.
    pub fn parse(word: &str) -> Result<Format, Error> {
        match word.trim().to_ascii_lowercase().as_str() {
            "csv" | "tsv" => Ok(Format::Csv),
            "jsonl" | "ndjson" | "json" => Ok(Format::Jsonl),
            "parquet" => Ok(Format::Parquet),
            _ => Err(Error::new(ErrorKind::Usage, format!("a format must be csv, jsonl or parquet, is {word:?}"))),
        }
    }

    /// The format that the extension of `path` names, that of a packing aside.
    pub fn of_path(path: &str) -> Option<Format> {
        let extension = Path::new(Packing::of_path(path).1).extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "csv" | "tsv" | "psv" | "tab" => Some(Format::Csv),
            "jsonl" | "ndjson" | "json" | "jsonlines" => Some(Format::Jsonl),
            "parquet" | "pq" => Some(Format::Parquet),
            _ => None,
        }
    }
}

/// A name of so many words is the beginning of a text.
const MOST_WORDS: usize = 6;

/// Opens a file of postings; `-` is the standard input.
pub fn open(path: &str, options: &ReadOptions) -> Result<Rows, Error> {
    open_with(path, options, true)
}

/// Opens a file of labels, which needs no text.
pub(crate) fn open_labels(path: &str, reasons: &[String]) -> Result<Rows, Error> {
    open_with(path, &ReadOptions { reasons: reasons.to_vec(), ..ReadOptions::default() }, false)
}

fn open_with(path: &str, options: &ReadOptions, needs_text: bool) -> Result<Rows, Error> {
    if options.delimiter.is_some_and(|byte| !byte.is_ascii() || matches!(byte, b'"' | b'\n' | b'\r' | 0)) {
        return Err(Error::new(
            ErrorKind::Usage,
            "a delimiter is one ASCII character other than a quote or a line end",
        ));
    }
    let name = options.name.as_deref().unwrap_or(path);
    let peeked = Peeked::open(path)?;
    let given = options.format.or_else(|| Format::of_path(name));
    if peeked.head().starts_with(input::PARQUET) || given == Some(Format::Parquet) && !peeked.head().is_empty() {
        return open_columns(path, peeked, options, needs_text).map_err(|error| error.at(Position::file(name)));
    }
    let input = Input::new(peeked, name, options.encoding)?;
    let rows = format(name, input.head(), options)
        .and_then(|format| match single(name, input.head(), format, options).filter(|_| needs_text) {
            Some(what) => {
                let rule = format!("this looks like a single ad ({what}), not a file of ads; use `tachles score`");
                Err(Error::new(ErrorKind::Layout, rule))
            }
            None => Rows::new(input, name, format, options, needs_text),
        })
        .map_err(|error| error.at(Position::file(name)))?;
    Ok(rows)
}

/// True for a file that was refused because it can be none of postings, whatever its columns are called: empty, damaged from its first byte
/// on, a page, or of a format that is not read.
fn is_foreign(path: &str) -> bool {
    // What cannot be opened twice is not looked at again.
    let Some(Ok(peeked)) = Path::new(path).is_file().then(|| Peeked::open(path)) else { return false };
    let head = peeked.head().trim_ascii();
    let other = input::refuse_other_formats(head).is_err() && !head.starts_with(input::PARQUET);
    head.is_empty() || head.starts_with(b"<") || other
}

/// Opens a Parquet file; one that is packed or comes from a pipe is copied to a temporary file first, because the
/// beginning of Parquet is at its end.
fn open_columns(path: &str, mut peeked: Peeked, options: &ReadOptions, needs_text: bool) -> Result<Rows, Error> {
    let io = |error: std::io::Error| Error::io(path, &error);
    let counters = peeked.stream().counters();
    let seekable = peeked.stream().packing() == Packing::Plain && Path::new(path).is_file();
    let file = if seekable { File::open(path) } else { columnar::spool(&mut peeked) }.map_err(io)?;
    if let Some(damage) = counters.damage.get() {
        return Err(Error::new(ErrorKind::Damaged, format!("a Parquet file is read whole or not at all: {damage}")));
    }
    let mut columnar = Columnar::open(file, std::sync::Arc::clone(&counters), options.max_record)?;
    let names: csv::ByteRecord = columnar.names().iter().map(String::as_bytes).collect();
    let (schema, warnings) = Schema::of_header(&names, options, needs_text, false)?;
    columnar.choose(schema.columns())?;
    Ok(Rows::of_columns(columnar, options.name.as_deref().unwrap_or(path), schema, counters, &warnings))
}

/// What a file is that has no columns but is one posting; `None` for any other, and where the user says it is CSV.
fn single(path: &str, head: &[u8], format: Format, options: &ReadOptions) -> Option<&'static str> {
    if format != Format::Csv || options.format.is_some() || Format::of_path(path).is_some() && !head.starts_with(b"<") {
        return None;
    }
    let head = head.trim_ascii_start();
    let line = head.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    let page = [&b"<!doctype html"[..], b"<html", b"<head", b"<body", b"<div", b"<p>", b"<h1", b"<!--"];
    if page.iter().any(|start| head.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start))) {
        return Some("an HTML page");
    }
    let line = String::from_utf8_lossy(line);
    // Names of columns are a few words each; sentences are more, or end in a full stop.
    let names = || line.split([',', ';', '\t', '|']).map(|name| name.trim().trim_matches('"'));
    let known = |name: &str| {
        let name = field::fold_name(name);
        options.map.iter().any(|(_, of)| field::fold_name(of) == name)
            || Field::Text.names().iter().any(|of| field::fold_name(of) == name)
    };
    if names().any(known) {
        return None;
    }
    let wordy = names().any(|name| name.split_whitespace().count() >= MOST_WORDS || name.ends_with(['.', '!', '?']));
    let file = Path::new(Packing::of_path(path).1).extension().is_some_and(|extension| {
        ["txt", "text", "md", "html", "htm", "xhtml"].iter().any(|known| extension.eq_ignore_ascii_case(known))
    });
    (wordy || file && names().count() == 1).then_some("prose")
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
    if first == b'{' && format != Some(Format::Csv) && is_spread(head) {
        let rule = "JSON Lines are needed, one object per line; this is one object over several lines (jq -c . makes \
                    a line of it)";
        return Err(Error::new(ErrorKind::Layout, rule));
    }
    Ok(format.unwrap_or(if first == b'{' { Format::Jsonl } else { Format::Csv }))
}

/// True when the first object goes on in the second line: a pretty-printed file. A first line that was cut off is
/// followed by an object of its own.
fn is_spread(head: &[u8]) -> bool {
    let mut lines = head.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let (Some(first), Some(second)) = (lines.next(), lines.next()) else { return false };
    let cut = serde_json::from_slice::<serde::de::IgnoredAny>(first).is_err_and(|error| error.is_eof());
    cut && !second.starts_with(b"{")
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
///
/// A file named `.html`, `.htm` or `.xhtml` is HTML, another is when it looks so. Without a `title` that of the HTML
/// document is taken, if it has one.
pub fn read_document(path: &str, title: Option<&str>, options: &ReadOptions) -> Result<Ad, Error> {
    read_document_with_notes(path, title, options).map(|(ad, _)| ad)
}

/// The same, with lines for the user where the text is not simply the bytes of the file: it was read in another
/// encoding than UTF-8, its Hebrew stood in display order, it had been misread before and was mended.
pub fn read_document_with_notes(
    path: &str,
    title: Option<&str>,
    options: &ReadOptions,
) -> Result<(Ad, Vec<String>), Error> {
    let mut input = Input::open(path, options.encoding)?;
    let decision = input.decision();
    let mut bytes = Vec::new();
    let read = Read::by_ref(&mut input).take(options.max_record + 1).read_to_end(&mut bytes);
    read.map_err(|error| Error::io(path, &error))?;
    if bytes.len() as u64 > options.max_record {
        let rule = format!("a posting must be shorter than {}", delimited::limit(options.max_record));
        return Err(Error::new(ErrorKind::TooLong, rule).at(Position::file(path)));
    }
    if let Some(damage) = input.counters().damage.get() {
        return Err(Error::new(ErrorKind::Damaged, damage.as_str()).at(Position::file(path)));
    }
    let source = Source { file: path.into(), record: 1, line: 1 };
    let page = matches!(Path::new(Packing::of_path(path).1).extension().and_then(|extension| extension.to_str()), Some(extension)
        if ["html", "htm", "xhtml"].iter().any(|known| extension.eq_ignore_ascii_case(known)));
    let markup = if page && options.markup == Markup::Auto { Markup::Html } else { options.markup };
    let (ad, mended) = document(&bytes, title, markup, &decision, source)
        .map_err(|error| error.at(Position { record: Some(1), line: Some(1), ..Position::file(path) }))?;
    let mended = mended.then(|| "the text is UTF-8 that was misread in another encoding; it was put right".to_owned());
    let notes = decision.remark().into_iter().chain(mended).map(|note| format!("{path}: {note}")).collect();
    Ok((ad, notes))
}

/// Reads one posting from HTML that is at hand as text.
///
/// A `title` that is not blank wins over that of the document. Ads without a word are read, too: who writes one begins so.
pub fn read_html(html: &str, title: &str) -> Ad {
    let page = html::extract(html);
    let title = if title.trim().is_empty() { page.title.trim() } else { title };
    Ad::new("", title, &page.text).with_origin(html.to_owned(), page.map)
}

fn document(
    bytes: &[u8],
    title: Option<&str>,
    markup: Markup,
    decision: &Decision,
    source: Source,
) -> Result<(Ad, bool), Error> {
    let raw = std::str::from_utf8(bytes).map_err(|error| {
        let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = memchr::memchr_iter(b'\n', good).count() as u64 + 1;
        values::not_text(bytes, &error, "the file", decision.decoded_from())
            .at(Position { line: Some(line), ..Position::default() })
    })?;
    if let Some(at) = memchr::memchr(0, bytes) {
        let line = memchr::memchr_iter(b'\n', bytes.get(..at).unwrap_or_default()).count() as u64 + 1;
        let rule = format!("a text has no NUL bytes, the file has one at byte {at}");
        return Err(Error::new(ErrorKind::Record, rule).at(Position { line: Some(line), ..Position::default() }));
    }
    let mut body = text::Body::default();
    body.add(raw, markup, decision.visual())?;
    if body.text.chars().all(text::is_blank) {
        return Err(Error::new(ErrorKind::EmptyText, "the text is empty"));
    }
    let title = title.unwrap_or(&body.title);
    let title = if title.trim().is_empty() { "" } else { title };
    let mut ad = Ad::new("", title, &body.text);
    if let Some(map) = body.map {
        ad = ad.with_origin(body.raw, map);
    }
    ad.source = source;
    Ok((ad, body.mended))
}
