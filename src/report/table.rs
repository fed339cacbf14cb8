//! The columns of a record, and records as lines of a file: JSON Lines as they are, or CSV flattened.

use std::borrow::Cow;
use std::sync::Arc;

use super::record::{QuoteRecord, Record};
use crate::error::{Error, ErrorKind, Result};
use crate::io::{Format, Packing};
use crate::label::REASONS;
use crate::model::Model;

/// The format of an output file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputFormat {
    /// One JSON object a line.
    Jsonl,
    /// Comma-separated values with a header.
    Csv {
        /// For spreadsheets: a byte order mark, and cells that a spreadsheet would run as formulas made harmless.
        excel: bool,
    },
    /// Apache Parquet.
    Parquet,
}

impl OutputFormat {
    /// The format that the extension of `path` asks for, that of a packing aside; `None` when it says nothing.
    pub fn of_path(path: &str) -> Option<Self> {
        // Where a tab or a bar is meant to set fields apart, commas would not do.
        let other = [".tsv", ".tab", ".psv"];
        let plain = Packing::of_path(path).1.to_ascii_lowercase();
        match Format::of_path(path)? {
            Format::Jsonl => Some(OutputFormat::Jsonl),
            Format::Csv if other.iter().any(|end| plain.ends_with(end)) => None,
            Format::Csv => Some(OutputFormat::Csv { excel: false }),
            Format::Parquet => Some(OutputFormat::Parquet),
        }
    }

    /// Reads `csv`, `jsonl` or `parquet`; `None` for another word.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "csv" => Some(OutputFormat::Csv { excel: false }),
            "jsonl" => Some(OutputFormat::Jsonl),
            "parquet" => Some(OutputFormat::Parquet),
            _ => None,
        }
    }
}

/// The layout of an output file: its format, and whose records it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputLayout {
    /// The format.
    pub format: OutputFormat,
    /// The model's reasons beside the six, which have columns behind those of the six.
    pub own: Arc<[String]>,
}

impl OutputLayout {
    /// That of files in `format` with records of `model`.
    pub fn new(format: OutputFormat, model: &Model) -> OutputLayout {
        OutputLayout { format, own: model.own_reasons().map(str::to_owned).collect() }
    }
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// Text.
    Text,
    /// A probability.
    Number,
    /// A whole number.
    Count,
    /// True or false.
    Flag,
    /// Places of evidence: `start`, `end`, `quote`, `missing`.
    Evidence,
    /// Deliverables: `kind`, `start`, `end`, `quote`.
    Deliverables,
}

/// What stands in one column of one record; none where there is nothing to say.
pub(super) enum Cell<'a> {
    Text(Option<&'a str>),
    Number(Option<f64>),
    Count(u64),
    Flag(Option<bool>),
    Quotes(Option<&'a [QuoteRecord<'a>]>),
}

/// The six reasons, and behind them a model's own.
fn reasons(own: &[String]) -> impl Iterator<Item = &str> {
    REASONS.into_iter().chain(own.iter().map(String::as_str))
}

/// The names of the columns of CSV and Parquet, in order, with what they hold; `own` are the model's reasons beside the six.
pub fn columns(own: &[String]) -> Vec<(String, ColumnKind)> {
    use ColumnKind::{Count, Deliverables, Evidence, Flag, Number, Text};
    let first = [
        ("id", Text),
        ("title", Text),
        ("lang", Text),
        ("verdict", Text),
        ("p_vague", Number),
        ("p_scope", Number),
        ("words", Count),
    ];
    let parts = [("p", Number), ("fired", Flag), ("evidence", Evidence), ("advice", Text)];
    let last = [
        ("deliverables", Deliverables),
        ("duplicate_of", Text),
        ("source_file", Text),
        ("source_record", Count),
        ("source_line", Count),
        ("content_hash", Text),
        ("model", Text),
        ("text", Text),
    ];
    let mut columns: Vec<_> = first.map(|(name, kind)| (name.to_owned(), kind)).to_vec();
    for reason in reasons(own) {
        columns.extend(parts.map(|(part, kind)| (format!("{reason}_{part}"), kind)));
    }
    columns.extend(last.map(|(name, kind)| (name.to_owned(), kind)));
    columns
}

/// The cells of a record, in the order of [`columns`].
pub(super) fn cells<'a>(record: &'a Record<'a>, own: &[String]) -> Vec<Cell<'a>> {
    let mut cells = vec![
        Cell::Text(Some(record.id)),
        Cell::Text(Some(record.title)),
        Cell::Text(Some(record.lang)),
        Cell::Text(Some(record.verdict)),
        Cell::Number(record.p_vague),
        Cell::Number(record.p_scope),
        Cell::Count(record.words.into()),
    ];
    for id in reasons(own) {
        let reason = record.reasons.iter().find(|reason| reason.id == id);
        cells.extend([
            Cell::Number(reason.map(|reason| reason.p)),
            Cell::Flag(reason.map(|reason| reason.fired)),
            Cell::Quotes(reason.map(|reason| reason.evidence.as_slice())),
            Cell::Text(reason.and_then(|reason| reason.advice)),
        ]);
    }
    cells.extend([
        Cell::Quotes(Some(&record.deliverables)),
        Cell::Text(record.duplicate_of),
        Cell::Text(Some(record.source.file)),
        Cell::Count(record.source.record),
        Cell::Count(record.source.line),
        Cell::Text(Some(&record.content_hash)),
        Cell::Text(Some(record.model)),
        Cell::Text(record.text),
    ]);
    cells
}

/// Appends the header of a CSV file.
pub(super) fn csv_header(out: &mut Vec<u8>, own: &[String], excel: bool) -> Result<()> {
    if excel {
        out.extend_from_slice("\u{feff}".as_bytes());
    }
    let names = columns(own);
    row(out, names.iter().map(|(name, _)| Cow::Borrowed(name.as_str())), false)
}

/// Appends a record as a line of CSV.
pub(super) fn csv_row(out: &mut Vec<u8>, record: &Record<'_>, own: &[String], excel: bool) -> Result<()> {
    let cells = cells(record, own);
    let mut texts = Vec::with_capacity(cells.len());
    for cell in cells {
        texts.push(match cell {
            Cell::Text(text) => Cow::Borrowed(text.unwrap_or_default()),
            Cell::Number(number) => number.map(|number| number.to_string()).unwrap_or_default().into(),
            Cell::Count(count) => count.to_string().into(),
            Cell::Flag(flag) => flag.map(|flag| flag.to_string()).unwrap_or_default().into(),
            Cell::Quotes(None | Some([])) => Cow::Borrowed(""),
            Cell::Quotes(Some(quotes)) => serde_json::to_string(quotes).map_err(|error| refused(&error))?.into(),
        });
    }
    row(out, texts.into_iter(), excel)
}

/// Appends a record as a line of JSON.
///
/// # Errors
/// Never in practice: memory cannot refuse a write.
pub fn json_line(out: &mut Vec<u8>, record: &Record<'_>) -> Result<()> {
    serde_json::to_writer(&mut *out, record).map_err(|error| refused(&error))?;
    out.push(b'\n');
    Ok(())
}

/// The error for a record that cannot be written.
pub(super) fn refused(error: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorKind::Io, format!("a record cannot be written: {error}"))
}

pub(super) fn row<'c>(out: &mut Vec<u8>, cells: impl Iterator<Item = Cow<'c, str>>, excel: bool) -> Result<()> {
    let mut writer = csv::Writer::from_writer(&mut *out);
    for cell in cells {
        // A spreadsheet runs such a cell as a formula; a leading apostrophe makes it text (OWASP, CSV injection).
        let formula = excel && cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
        let written =
            if formula { writer.write_field(format!("'{cell}")) } else { writer.write_field(cell.as_bytes()) };
        written.map_err(|error| refused(&error))?;
    }
    writer.write_record(None::<&[u8]>).map_err(|error| refused(&error))?;
    writer.flush().map_err(|error| refused(&error))
}
