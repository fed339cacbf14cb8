//! Records as lines of a file: JSON Lines as they are, or CSV flattened.

use super::record::{QuoteRecord, Record};
use crate::error::{Error, ErrorKind, Result};
use crate::label::REASONS;

/// The layout of an output file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputFormat {
    /// One JSON object a line.
    Jsonl,
    /// Comma-separated values with a header.
    Csv {
        /// For spreadsheets: a byte order mark, and cells that a spreadsheet would run as formulas made harmless.
        excel: bool,
    },
}

impl OutputFormat {
    /// The layout that the extension of `path` asks for; `None` when it says nothing.
    pub fn of_path(path: &str) -> Option<Self> {
        let extension = std::path::Path::new(path).extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "csv" => Some(OutputFormat::Csv { excel: false }),
            "jsonl" | "ndjson" | "json" => Some(OutputFormat::Jsonl),
            _ => None,
        }
    }

    /// Appends what stands before the first record.
    ///
    /// # Errors
    /// Never in practice: memory cannot refuse a write.
    pub fn header(self, out: &mut Vec<u8>) -> Result<()> {
        let OutputFormat::Csv { excel } = self else { return Ok(()) };
        if excel {
            out.extend_from_slice("\u{feff}".as_bytes());
        }
        row(out, &columns(), false)
    }

    /// Appends one record.
    ///
    /// # Errors
    /// Never in practice: memory cannot refuse a write.
    pub fn write(self, record: &Record<'_>, out: &mut Vec<u8>) -> Result<()> {
        match self {
            OutputFormat::Jsonl => {
                serde_json::to_writer(&mut *out, record).map_err(|error| refused(&error))?;
                out.push(b'\n');
                Ok(())
            }
            OutputFormat::Csv { excel } => row(out, &cells(record)?, excel),
        }
    }
}

fn refused(error: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorKind::Io, format!("a record cannot be written: {error}"))
}

/// The names of the CSV columns, in order.
pub fn columns() -> Vec<String> {
    let mut names: Vec<String> =
        ["id", "title", "lang", "verdict", "p_vague", "p_scope", "words"].map(str::to_owned).to_vec();
    for reason in REASONS {
        names.extend(["p", "fired", "evidence", "advice"].map(|part| format!("{reason}_{part}")));
    }
    let last = [
        "deliverables",
        "duplicate_of",
        "source_file",
        "source_record",
        "source_line",
        "content_hash",
        "model",
        "text",
    ];
    names.extend(last.map(str::to_owned));
    names
}

fn cells(record: &Record<'_>) -> Result<Vec<String>> {
    let number = |p: Option<f64>| p.map(|p| p.to_string()).unwrap_or_default();
    let mut cells = vec![
        record.id.to_owned(),
        record.title.to_owned(),
        record.lang.to_owned(),
        record.verdict.to_owned(),
        number(record.p_vague),
        number(record.p_scope),
        record.words.to_string(),
    ];
    for id in REASONS {
        match record.reasons.iter().find(|reason| reason.id == id) {
            Some(reason) => cells.extend([
                reason.p.to_string(),
                reason.fired.to_string(),
                quotes(&reason.evidence)?,
                reason.advice.unwrap_or_default().to_owned(),
            ]),
            None => cells.extend(std::iter::repeat_n(String::new(), 4)),
        }
    }
    cells.extend([
        quotes(&record.deliverables)?,
        record.duplicate_of.unwrap_or_default().to_owned(),
        record.source.file.to_owned(),
        record.source.record.to_string(),
        record.source.line.to_string(),
        record.content_hash.clone(),
        record.model.to_owned(),
        record.text.unwrap_or_default().to_owned(),
    ]);
    Ok(cells)
}

/// Quotes as a JSON array; an empty cell when there are none.
fn quotes(quotes: &[QuoteRecord<'_>]) -> Result<String> {
    if quotes.is_empty() {
        return Ok(String::new());
    }
    serde_json::to_string(quotes).map_err(|error| refused(&error))
}

fn row(out: &mut Vec<u8>, cells: &[String], excel: bool) -> Result<()> {
    let mut writer = csv::Writer::from_writer(&mut *out);
    for cell in cells {
        // A spreadsheet runs such a cell as a formula; a leading apostrophe makes it text (OWASP, CSV injection).
        let formula = excel && cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
        let written = if formula { writer.write_field(format!("'{cell}")) } else { writer.write_field(cell) };
        written.map_err(|error| refused(&error))?;
    }
    writer.write_record(None::<&[u8]>).map_err(|error| refused(&error))?;
    writer.flush().map_err(|error| refused(&error))
}
