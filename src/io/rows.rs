//! Raw records of one file, one after another, with their places. Nothing is interpreted here beyond where a record
//! begins and ends: [`Schema`] makes ads of rows, and can do so on many threads while one thread reads.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use csv::ByteRecord;

use super::charset::Charset;
use super::columnar::{Cells, Columnar};
use super::delimited::Delimited;
use super::dialect::Dialect;
use super::encoding::Decision;
use super::fields::Fields;
use super::frame::Frame;
use super::input::Input;
use super::lines::Lines;
use super::packed::Counters;
use super::schema::Schema;
use super::{Format, ReadOptions};
use crate::error::{Error, ErrorKind, Position};

/// One record as it was read, with its place; cheap to send to another thread.
#[derive(Clone, Debug)]
pub struct Row {
    pub(crate) data: Data,
    pub(crate) file: Arc<str>,
    pub(crate) record: u64,
    pub(crate) line: u64,
    pub(crate) byte: Option<u64>,
    /// Hebrew in it stands in display order.
    pub(crate) visual: bool,
    /// The encoding it was decoded from, where that is not UTF-8.
    pub(crate) decoded_from: Option<Charset>,
}

#[derive(Clone, Debug)]
pub(crate) enum Data {
    /// The fields of a CSV record.
    Fields(Fields),
    /// A line of JSON.
    Line(Vec<u8>),
    /// The cells of a Parquet row.
    Cells(Cells),
    /// A record that cannot be read at all.
    Bad(Box<Bad>),
}

/// A record that cannot be read: why, and as much of it as was kept.
#[derive(Clone, Debug)]
pub(crate) struct Bad {
    pub kind: ErrorKind,
    pub message: String,
    pub raw: Vec<u8>,
    /// How many bytes it has in the file, or decoded where that does not show.
    pub length: u64,
}

impl Bad {
    /// Of a record that is too long so many bytes are kept, from its beginning.
    pub const KEPT: usize = 64 * 1024;
}

impl Data {
    pub fn bad(kind: ErrorKind, message: String, raw: Vec<u8>, length: u64) -> Data {
        Data::Bad(Box::new(Bad { kind, message, raw, length }))
    }
}

/// A record as a reader of one format finds it.
pub(crate) struct Found {
    pub data: Data,
    pub line: u64,
    /// Where it begins in the unpacked file; none where that does not show.
    pub byte: Option<u64>,
}

impl Row {
    /// Where the record stands.
    pub fn position(&self) -> Position {
        Position {
            file: Some(Arc::clone(&self.file)),
            record: Some(self.record),
            line: Some(self.line),
            byte: self.byte,
        }
    }

    /// About how many bytes the record holds in memory.
    pub fn size(&self) -> usize {
        match &self.data {
            Data::Line(line) => line.len(),
            Data::Fields(fields) => fields.raw.len(),
            Data::Cells(cells) => cells.size(),
            Data::Bad(bad) => bad.raw.len(),
        }
    }

    /// The record as it stands in the unpacked file, without its line end, in the encoding of the file. Of a record over
    /// the limit only the beginning is kept. A Parquet row is a JSON object of the columns that are read.
    ///
    /// Encodings with several bytes a character other than UTF-8 and UTF-16 cannot be led back: there it is what was
    /// decoded, with a byte 0xFF for each sequence that the encoding does not have.
    pub fn raw(&self) -> Cow<'_, [u8]> {
        let decoded = match &self.data {
            Data::Line(line) => line,
            Data::Fields(fields) => &fields.raw,
            Data::Cells(cells) => return Cow::Owned(cells.to_json()),
            Data::Bad(bad) => &bad.raw,
        };
        match self.decoded_from {
            None => Cow::Borrowed(decoded),
            Some(charset) => charset.original(decoded),
        }
    }

    /// How many bytes the whole record has, of which [`Row::raw`] may be the beginning.
    pub fn raw_length(&self) -> u64 {
        match &self.data {
            Data::Bad(bad) => bad.length,
            _ => self.raw().len() as u64,
        }
    }
}

/// The records of one file: an iterator of `Result<Row>`.
///
/// Every record is a row, also one that cannot be read: its [`Schema`] says why when it is asked for the ad. A file
/// that breaks off or is damaged has one more row that stands for what is lost. An error means that the file could not
/// be read further although there may be more of it; nothing comes after it.
pub struct Rows {
    source: Records,
    schema: Arc<Schema>,
    file: Arc<str>,
    counters: Arc<Counters>,
    decision: Arc<Decision>,
    warnings: Vec<String>,
    record: u64,
    done: bool,
}

enum Records {
    Csv(Box<Delimited>),
    Lines(Box<Lines>),
    Parquet(Box<Columnar>),
    Frame(Box<Frame>),
    /// Of a file that holds none: why, told once.
    Foreign(Option<Data>),
}

impl Rows {
    /// Reads the header of `input` and prepares to read its records.
    pub(crate) fn new(
        input: Input,
        file: &str,
        format: Format,
        options: &ReadOptions,
        needs_text: bool,
    ) -> Result<Rows, Error> {
        let (counters, decision) = (input.counters(), input.decision());
        let (source, schema, warnings) = match format {
            Format::Csv => csv_records(input, file, options, needs_text)?,
            _ => {
                let (schema, warnings) = Schema::of_json(input.head(), options)?;
                (Records::Lines(Box::new(Lines::new(input, options.max_record))), schema, warnings)
            }
        };
        Ok(Rows::of(source, file, schema, counters, decision, &warnings))
    }

    /// The rows of a Parquet file.
    pub(crate) fn of_columns(
        columnar: Columnar,
        file: &str,
        schema: Schema,
        counters: Arc<Counters>,
        warnings: &[String],
    ) -> Rows {
        let decision = Arc::new(Decision::of_columns());
        Rows::of(Records::Parquet(Box::new(columnar)), file, schema, counters, decision, warnings)
    }

    /// The rows of a table in memory.
    pub(crate) fn of_frame(
        frame: Frame,
        name: &str,
        schema: Schema,
        counters: Arc<Counters>,
        decision: Decision,
        warnings: &[String],
    ) -> Rows {
        Rows::of(Records::Frame(Box::new(frame)), name, schema, counters, Arc::new(decision), warnings)
    }

    /// Of a file that can be none of postings one bad record, which says why.
    pub(crate) fn of_foreign(file: &str, error: &Error) -> Rows {
        let (decision, schema) = (Arc::new(Decision::of_columns()), Schema::of_nothing());
        let why = Data::bad(error.kind(), error.message().to_owned(), Vec::new(), 0);
        Rows::of(Records::Foreign(Some(why)), file, schema, Arc::default(), decision, &[])
    }

    fn of(
        source: Records,
        file: &str,
        schema: Schema,
        counters: Arc<Counters>,
        decision: Arc<Decision>,
        warnings: &[String],
    ) -> Rows {
        let warnings = warnings.iter().map(|warning| format!("{file}: {warning}")).collect();
        Rows {
            source,
            schema: Arc::new(schema),
            file: file.into(),
            counters,
            decision,
            warnings,
            record: 0,
            done: false,
        }
    }

    /// What the columns or keys mean; shared by all rows of the file.
    pub fn schema(&self) -> Arc<Schema> {
        Arc::clone(&self.schema)
    }

    /// The file as the user named it; `-` for the standard input.
    pub fn file(&self) -> &Arc<str> {
        &self.file
    }

    /// How many bytes of the file were read so far, as they stand in the file.
    pub fn bytes_read(&self) -> u64 {
        self.counters.read.load(Ordering::Relaxed)
    }

    /// How the file is decoded, as a line for the log: `postings.csv: read as windows-1255 (recognised)`.
    ///
    /// As long as only ASCII was seen nothing is decided, and texts that were mended are counted as they are read: ask
    /// again after the last record.
    pub fn charset_note(&self) -> String {
        let mended = match self.schema.mended() {
            0 => String::new(),
            1 => "; 1 text was UTF-8 misread before, and was put right".to_owned(),
            count => format!("; {count} texts were UTF-8 misread before, and were put right"),
        };
        format!("{}: {}{mended}", self.file, self.decision.note())
    }

    /// What a user should know of the file so far: before the first record what the header tells (columns, or keys of
    /// the first object, that lost to others of the same meaning), after the last one that there were none.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    fn row(&mut self, found: Found) -> Row {
        let record = match &found.data {
            Data::Cells(cells) => cells.record(),
            _ => self.record + 1,
        };
        self.record = record;
        let (visual, decoded_from) = (self.decision.visual(), self.decision.decoded_from());
        let Found { data, line, byte } = found;
        Row { data, file: Arc::clone(&self.file), record, line, byte, visual, decoded_from }
    }
}

impl Iterator for Rows {
    type Item = Result<Row, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let found = match &mut self.source {
            Records::Csv(records) => records.next(),
            Records::Lines(records) => records.next(),
            Records::Parquet(records) => Ok(records.next()),
            Records::Frame(records) => Ok(records.next()),
            Records::Foreign(why) => Ok(why.take().map(|data| Found { data, line: 1, byte: Some(0) })),
        };
        match found {
            Ok(Some(found)) => {
                // After a fault of the stream there is nothing to read; Parquet goes on with the next row group.
                self.done = !matches!(self.source, Records::Parquet(_))
                    && matches!(&found.data, Data::Bad(bad) if bad.kind == ErrorKind::Damaged);
                Some(Ok(self.row(found)))
            }
            Ok(None) => {
                self.done = true;
                if self.record == 0 {
                    self.warnings.push(format!("{}: no records", self.file));
                }
                None
            }
            Err(error) => {
                self.done = true;
                let place = Position { record: Some(self.record + 1), ..Position::default() };
                Some(Err(Error::io(&self.file, &error).at(place)))
            }
        }
    }
}

fn csv_records(
    input: Input,
    file: &str,
    options: &ReadOptions,
    needs_text: bool,
) -> Result<(Records, Schema, Vec<String>), Error> {
    let decision = input.decision();
    let declared = Dialect::declared(input.head());
    let dialect = Dialect::of(input.head(), options.delimiter.or(declared));
    let (records, header) = Delimited::open(input.with_line_feeds(), dialect, declared.is_some(), options.max_record)
        .map_err(|error| Error::io(file, &error))?;
    let fields = match header.map(|found| found.data) {
        Some(Data::Fields(fields)) => fields,
        Some(Data::Bad(bad)) => {
            let kind = if bad.kind == ErrorKind::Damaged { bad.kind } else { ErrorKind::Layout };
            return Err(Error::new(kind, format!("the header cannot be read: {}", bad.message)));
        }
        _ => return Err(Error::new(ErrorKind::Layout, "a header with column names is needed, the file is empty")),
    };
    let header: ByteRecord = fields.cut().iter().collect();
    let (schema, warnings) = Schema::of_header(&header, options, needs_text, decision.visual())?;
    Ok((Records::Csv(Box::new(records)), schema, warnings))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_schema_can_move_between_threads() {
        fn check<T: Send + 'static>() {}
        check::<Rows>();
        check::<Row>();
        fn share<T: Send + Sync + 'static>() {}
        share::<Schema>();
    }
}
