//! Raw records of one file, one after another, with their places. Nothing is interpreted here beyond where a record
//! begins and ends: [`Schema`] makes ads of rows, and can do so on many threads while one thread reads.

use std::io::{BufRead, BufReader};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use csv::ByteRecord;

use super::encoding::Decision;
use super::input::{Counters, Input, MAX_RECORD, SENTINEL};
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
    pub(crate) decoded_from: Option<&'static str>,
}

#[derive(Clone, Debug)]
pub(crate) enum Data {
    /// The fields of a CSV record, and the delimiter they were read with.
    Fields(ByteRecord, u8),
    /// A line of JSON.
    Line(Vec<u8>),
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

    /// About how many bytes the record holds.
    pub fn size(&self) -> usize {
        match &self.data {
            Data::Line(line) => line.len(),
            Data::Fields(record, _) => record.as_slice().len(),
        }
    }

    /// The record as bytes for a file of rejected records: decoded to UTF-8, quoted as CSV asks, without a line end.
    pub fn raw(&self) -> Vec<u8> {
        match &self.data {
            Data::Line(line) => line.clone(),
            Data::Fields(record, delimiter) => csv_line(record.iter(), *delimiter),
        }
    }
}

/// One line of CSV without its line end.
pub(crate) fn csv_line<'f>(fields: impl Iterator<Item = &'f [u8]>, delimiter: u8) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).flexible(true).from_writer(Vec::new());
    // Writing to memory cannot fail.
    let _ = writer.write_record(fields);
    let mut line = writer.into_inner().unwrap_or_default();
    if line.last() == Some(&b'\n') {
        line.pop();
    }
    line
}

/// The records of one file: an iterator of `Result<Row>`.
///
/// An error is about one record, and iteration goes on after it. After an error that ends the file (the file could not
/// be read further, or a quote never closes) the next item is `None`, so a caller need not tell them apart.
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
    Csv { reader: csv::Reader<Input>, width: usize, delimiter: u8, crlf: bool },
    Lines { reader: BufReader<Input>, line: u64, byte: u64 },
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
        let counters = input.counters();
        let decision = input.decision();
        let file: Arc<str> = file.into();
        let (source, schema, warnings) = match format {
            Format::Csv => csv_records(input, options, needs_text)?,
            Format::Jsonl => {
                let (schema, warnings) = Schema::of_json(input.head(), options)?;
                let reader = BufReader::with_capacity(super::input::HEAD, input);
                (Records::Lines { reader, line: 0, byte: 0 }, schema, warnings)
            }
        };
        let warnings = warnings.iter().map(|warning| format!("{file}: {warning}")).collect();
        Ok(Rows { source, schema: Arc::new(schema), file, counters, decision, warnings, record: 0, done: false })
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

    fn place(&self, line: u64) -> Position {
        Position { file: Some(Arc::clone(&self.file)), record: Some(self.record + 1), line: Some(line), byte: None }
    }

    fn row(&mut self, data: Data, line: u64, byte: Option<u64>) -> Row {
        self.record += 1;
        let (visual, decoded_from) = (self.decision.visual(), self.decision.decoded_from());
        Row { data, file: Arc::clone(&self.file), record: self.record, line, byte, visual, decoded_from }
    }

    /// Ends the iteration, with `error` as its last item.
    fn fatal(&mut self, kind: ErrorKind, message: String, line: u64) -> Option<Result<Row, Error>> {
        self.done = true;
        Some(Err(Error::new(kind, message).at(self.place(line))))
    }

    fn end(&mut self) -> Option<Result<Row, Error>> {
        self.done = true;
        if self.record == 0 {
            self.warnings.push(format!("{}: no records", self.file));
        }
        None
    }

    fn next_csv(&mut self) -> Option<Result<Row, Error>> {
        let Records::Csv { reader, width, delimiter, crlf } = &mut self.source else { return None };
        self.counters.record.store(0, Ordering::Relaxed);
        let before = reader.position().line() + u64::from(*crlf);
        let mut record = ByteRecord::with_capacity(2048, *width);
        let more = reader.read_byte_record(&mut record);
        let (delimiter, crlf, after) = (*delimiter, *crlf, reader.position().line());
        match more {
            Ok(true) => {}
            Ok(false) => return self.end(),
            Err(error) => return self.stopped(&error, before),
        }
        if is_sentinel(&record) {
            return self.end();
        }
        if record.iter().next_back().is_some_and(|last| last.ends_with(SENTINEL)) {
            let lines = after.saturating_sub(before);
            let message = format!(
                "a quote that opens in the record starting at line {before} never closes: it swallows the rest of the \
                 file ({lines} lines)"
            );
            return self.fatal(ErrorKind::Record, message, before);
        }
        // The position kept by the reader is that of the end of the record before, blank lines not skipped.
        let inside: u64 = memchr::memchr_iter(b'\n', record.as_slice()).count() as u64;
        let line = after.saturating_sub(inside + u64::from(!crlf)).max(1);
        Some(Ok(self.row(Data::Fields(record, delimiter), line, None)))
    }

    fn stopped(&mut self, error: &csv::Error, line: u64) -> Option<Result<Row, Error>> {
        if self.counters.record.load(Ordering::Relaxed) > MAX_RECORD {
            let message = format!(
                "a record must be shorter than {} MiB, the one starting at line {line} is not: does a quote in it \
                 never close?",
                MAX_RECORD >> 20
            );
            return self.fatal(ErrorKind::Record, message, line);
        }
        let message = match error.kind() {
            csv::ErrorKind::Io(error) => error.to_string(),
            _ => error.to_string(),
        };
        self.fatal(ErrorKind::Io, message, line)
    }

    fn next_line(&mut self) -> Option<Result<Row, Error>> {
        loop {
            self.counters.record.store(0, Ordering::Relaxed);
            let Records::Lines { reader, line, byte } = &mut self.source else { return None };
            let mut bytes = Vec::with_capacity(2048);
            let read = read_line(reader, &mut bytes, &self.counters);
            *line += 1;
            let (at, start) = (*line, *byte);
            match read {
                Ok(0) => return self.end(),
                Ok(length) => *byte += length,
                Err(error) => {
                    let message = error.to_string();
                    return self.fatal(ErrorKind::Io, message, at);
                }
            }
            if bytes.len() as u64 > MAX_RECORD {
                self.record += 1;
                let message = format!("a record must be shorter than {} MiB, this line is not", MAX_RECORD >> 20);
                let position = Position { record: Some(self.record), ..self.place(at) };
                return Some(Err(Error::new(ErrorKind::Record, message).at(position)));
            }
            while matches!(bytes.last(), Some(b'\n' | b'\r')) {
                bytes.pop();
            }
            if !bytes.trim_ascii().is_empty() {
                let byte = self.decision.keeps_offsets().map(|shift| shift + start);
                return Some(Ok(self.row(Data::Line(bytes), at, byte)));
            }
        }
    }
}

impl Iterator for Rows {
    type Item = Result<Row, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        match (&self.source, self.done) {
            (_, true) => None,
            (Records::Csv { .. }, _) => self.next_csv(),
            (Records::Lines { .. }, _) => self.next_line(),
        }
    }
}

fn is_sentinel(record: &ByteRecord) -> bool {
    record.len() == 1 && record.get(0) == Some(SENTINEL.trim_ascii())
}

fn csv_records(input: Input, options: &ReadOptions, needs_text: bool) -> Result<(Records, Schema, Vec<String>), Error> {
    let delimiter = options.delimiter.unwrap_or_else(|| sniff_delimiter(input.head()));
    let head = input.head().to_vec();
    let (counters, decision) = (input.counters(), input.decision());
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .buffer_capacity(super::input::HEAD)
        .from_reader(input.with_sentinel());
    let mut header = ByteRecord::new();
    counters.record.store(0, Ordering::Relaxed);
    let more = reader
        .read_byte_record(&mut header)
        .map_err(|error| Error::new(ErrorKind::Layout, format!("the header cannot be read: {error}")))?;
    if !more || is_sentinel(&header) {
        return Err(Error::new(ErrorKind::Layout, "a header with column names is needed, the file is empty"));
    }
    if header.iter().next_back().is_some_and(|last| last.ends_with(SENTINEL)) {
        return Err(Error::new(ErrorKind::Layout, "a quote that opens in the header never closes"));
    }
    let end = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX);
    // With CR LF the reader stops between the two, and the line it reports is one behind.
    let crlf = end.checked_sub(1).and_then(|at| head.get(at..end + 1)) == Some(b"\r\n");
    let visual = decision.visual();
    let (schema, warnings) = Schema::of_header(&header, delimiter, options, needs_text, visual)?;
    Ok((Records::Csv { reader, width: header.len(), delimiter, crlf }, schema, warnings))
}

/// The delimiter that splits the header into the most names; a comma where none does.
fn sniff_delimiter(head: &[u8]) -> u8 {
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0), (b'|', 0)];
    let mut quoted = false;
    let text = head.trim_ascii_start();
    for &byte in text {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            _ if quoted => {}
            _ => counts.iter_mut().filter(|(delimiter, _)| *delimiter == byte).for_each(|(_, count)| *count += 1),
        }
    }
    // The first of equals wins: max_by_key would take the last.
    counts.iter().rev().max_by_key(|(_, count)| *count).filter(|(_, count)| *count > 0).map_or(b',', |&(byte, _)| byte)
}

/// Reads up to and with the next line feed; of a line longer than [`MAX_RECORD`] only the beginning is kept.
/// Returns how many bytes were read.
fn read_line(reader: &mut impl BufRead, line: &mut Vec<u8>, counters: &Counters) -> std::io::Result<u64> {
    let mut total = 0;
    loop {
        counters.record.store(0, Ordering::Relaxed);
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            return Ok(total);
        }
        let end = memchr::memchr(b'\n', buffer).map_or(buffer.len(), |at| at + 1);
        let piece = buffer.get(..end).unwrap_or_default();
        let ended = piece.last() == Some(&b'\n');
        if line.len() as u64 <= MAX_RECORD {
            line.extend_from_slice(piece);
        }
        reader.consume(end);
        total += end as u64;
        if ended {
            return Ok(total);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters_are_sniffed_outside_quotes() {
        assert_eq!(sniff_delimiter(b"id,title,text\n1;2;3;4;5"), b',');
        assert_eq!(sniff_delimiter(b"id;title;text\n"), b';');
        assert_eq!(sniff_delimiter(b"\"a,b,c,d\"\tx\ty\n"), b'\t');
        assert_eq!(sniff_delimiter(b"text\n"), b',');
        assert_eq!(sniff_delimiter(b""), b',');
        assert_eq!(sniff_delimiter(b"a|b\r\n"), b'|');
    }

    #[test]
    fn rows_and_schema_can_move_between_threads() {
        fn check<T: Send + 'static>() {}
        check::<Rows>();
        check::<Row>();
        fn share<T: Send + Sync + 'static>() {}
        share::<Schema>();
    }
}
