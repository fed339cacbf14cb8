//! Records of CSV files of any dialect, framed by `csv_core` in bounded memory: each with its fields, its bytes as they
//! stand in the file, and its place. A record over the limit is passed over without being held.

use std::io::{self, BufRead, BufReader};
use std::sync::Arc;

use csv_core::ReadRecordResult;

use super::input::{HEAD, Input};
use super::packed::Counters;
use super::rows::{Bad, Data, Found};
use crate::error::ErrorKind;

/// How the fields of a file are set apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dialect {
    pub delimiter: u8,
    pub quote: u8,
    /// What makes a quote within quotes a character, besides doubling it.
    pub escape: Option<u8>,
}

impl Dialect {
    /// Recognises the dialect of a file that begins with `head`; `given` is the delimiter the user has named.
    pub fn of(head: &[u8], given: Option<u8>) -> Dialect {
        let quote = quote(head);
        let delimiter = given.unwrap_or_else(|| delimiter(head, quote));
        let doubled = Dialect { delimiter, quote, escape: None };
        let escaped = Dialect { escape: Some(b'\\'), ..doubled };
        let better = doubled.has_escaped_quotes(head) && escaped.fitting(head) >= doubled.fitting(head);
        if better { escaped } else { doubled }
    }

    fn reader(self) -> csv_core::Reader {
        csv_core::ReaderBuilder::new().delimiter(self.delimiter).quote(self.quote).escape(self.escape).build()
    }

    /// True when a quoted field holds a backslash and a quote that cannot be its end.
    fn has_escaped_quotes(self, head: &[u8]) -> bool {
        let mut opens = true;
        let mut quoted = false;
        let mut rest = head;
        while let Some((&byte, after)) = rest.split_first() {
            rest = after;
            match byte {
                b'\\' if quoted && after.first() == Some(&self.quote) => {
                    let next = after.get(1).copied();
                    if next.is_some_and(|next| {
                        !matches!(next, b'\r' | b'\n') && next != self.delimiter && next != self.quote
                    }) {
                        return true;
                    }
                }
                byte if byte == self.quote && quoted => match after.first() {
                    Some(&next) if next == self.quote => rest = after.get(1..).unwrap_or_default(),
                    _ => quoted = false,
                },
                byte if byte == self.quote && opens => quoted = true,
                _ => {}
            }
            opens = !quoted && (byte == self.delimiter || matches!(byte, b'\r' | b'\n'));
        }
        false
    }

    /// How many records of `head` have as many fields as its first.
    fn fitting(self, head: &[u8]) -> usize {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(self.delimiter)
            .quote(self.quote)
            .escape(self.escape)
            .from_reader(head);
        let widths: Vec<usize> = reader.byte_records().filter_map(Result::ok).map(|record| record.len()).collect();
        widths.iter().filter(|width| Some(*width) == widths.first()).count()
    }
}

/// The quote: a single one where the header is written with such, a double one otherwise.
fn quote(head: &[u8]) -> u8 {
    let line = head.split(|byte| matches!(byte, b'\n' | b'\r')).find(|line| !line.is_empty()).unwrap_or_default();
    let line = line.trim_ascii();
    let single = line.len() > 2 && line.starts_with(b"'") && line.ends_with(b"'") && !line.contains(&b'"');
    if single { b'\'' } else { b'"' }
}

/// The delimiter that splits the header into the most names; a comma where none does.
fn delimiter(head: &[u8], quote: u8) -> u8 {
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0), (b'|', 0)];
    let mut quoted = false;
    for &byte in head.trim_ascii_start() {
        match byte {
            byte if byte == quote => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            _ if quoted => {}
            _ => counts.iter_mut().filter(|(delimiter, _)| *delimiter == byte).for_each(|(_, count)| *count += 1),
        }
    }
    // The first of equals wins: max_by_key would take the last.
    counts.iter().rev().max_by_key(|(_, count)| *count).filter(|(_, count)| *count > 0).map_or(b',', |&(byte, _)| byte)
}

/// The fields of one record.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields {
    /// The record as it stands in the file, decoded, without its line end.
    pub raw: Vec<u8>,
    text: Vec<u8>,
    /// Where each field ends in `text`; of a record with more fields than the header, only so many as the header has.
    ends: Vec<usize>,
    /// How many fields the record has.
    pub count: usize,
}

impl Fields {
    /// The field at `index`, unquoted.
    pub fn get(&self, index: usize) -> Option<&[u8]> {
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        self.text.get(start..end)
    }

    /// The fields that are kept, in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.ends.len()).filter_map(|index| self.get(index))
    }

    /// True when the record has as many fields as its header, which has `width`, or further ones that are empty.
    /// Spreadsheets write such behind the last.
    pub fn fits(&self, width: usize) -> bool {
        let rest_is_empty = self.ends.last().is_none_or(|&end| end == self.text.len());
        self.count == width || self.count > width && rest_is_empty
    }
}

/// So many records after a line with a quote that never closes must look like records to be read as such.
const PROOF: usize = 20;
/// So often a file is read again from the line after a quote that never closes.
const MOST_STRAYS: usize = 1000;

/// The records of a CSV file.
pub(crate) struct Delimited {
    reader: csv_core::Reader,
    dialect: Dialect,
    /// Bytes to be read again, before the input goes on.
    again: Vec<u8>,
    again_at: usize,
    strays: usize,
    input: BufReader<Input>,
    counters: Arc<Counters>,
    /// Fields that are kept of a record.
    width: usize,
    max_record: u64,
    /// The line and the decoded byte at which the next record may start.
    line: u64,
    byte: u64,
    text: Vec<u8>,
    ends: Vec<usize>,
}

/// What was read of a record so far.
#[derive(Default)]
struct Progress {
    raw: Vec<u8>,
    /// Bytes of the record, of which `raw` holds those up to the limit.
    length: u64,
    lines: u64,
    written: usize,
    count: usize,
}

/// How a record ended.
enum End {
    Whole,
    /// The file ended within it, inside quotes.
    Quoted,
    /// A quote in its first line, which has so many bytes, never closes: what follows are records of their own.
    Stray(usize),
    /// There was nothing but blank lines up to the end of the file.
    Nothing,
}

impl Delimited {
    /// Prepares to read `input`, whose records may have `max_record` bytes, and reads its header; none when it is empty.
    pub fn open(input: Input, dialect: Dialect, max_record: u64) -> io::Result<(Delimited, Option<Found>)> {
        let mut delimited = Delimited {
            reader: dialect.reader(),
            dialect,
            again: Vec::new(),
            again_at: 0,
            strays: 0,
            counters: input.counters(),
            input: BufReader::with_capacity(HEAD, input),
            width: usize::MAX,
            max_record,
            line: 1,
            byte: 0,
            text: vec![0; 4096],
            ends: vec![0; 64],
        };
        let header = delimited.next()?;
        if let Some(Found { data: Data::Fields(fields), .. }) = &header {
            delimited.width = fields.count;
            delimited.ends.resize(fields.count, 0);
        }
        Ok((delimited, header))
    }

    /// The next record; none at the end.
    ///
    /// # Errors
    /// When the file cannot be read further.
    pub fn next(&mut self) -> io::Result<Option<Found>> {
        let mut so_far = Progress { raw: Vec::with_capacity(2048), ..Progress::default() };
        let end = self.frame(&mut so_far)?;
        if let End::Stray(first) = end {
            self.go_back(&mut so_far, first);
        }
        let Progress { mut raw, length, lines, written, count } = so_far;
        let (line, byte) = (self.line, self.byte);
        self.line += lines;
        self.byte += length;
        let bad = |kind, message: String, raw: Vec<u8>| {
            Some(Found { data: Data::bad(kind, message, raw, length), line, byte })
        };
        if let Some(damage) = self.counters.damage.get()
            && matches!(end, End::Nothing | End::Quoted)
        {
            return Ok(bad(ErrorKind::Damaged, format!("{damage}; what followed is lost"), raw));
        }
        let over = length > self.max_record;
        let limit = Limit(self.max_record);
        Ok(match end {
            End::Nothing => None,
            End::Stray(_) => {
                let message = format!(
                    "a quote that opens in the record starting at line {line} never closes; the line alone is taken to \
                     be bad, those after it to be records"
                );
                bad(ErrorKind::Record, message, raw)
            }
            End::Quoted if over => {
                let message = format!(
                    "a record must be shorter than {limit}, the one starting at line {line} is not: a quote in it never \
                     closes and swallows the rest of the file ({lines} lines)"
                );
                bad(ErrorKind::TooLong, message, raw)
            }
            End::Quoted => {
                let message = format!(
                    "a quote that opens in the record starting at line {line} never closes: it swallows the rest of \
                     the file ({lines} lines)"
                );
                bad(ErrorKind::Record, message, raw)
            }
            End::Whole if over => bad(
                ErrorKind::TooLong,
                format!("a record must be shorter than {limit}, this one has {length} bytes"),
                raw,
            ),
            End::Whole => {
                if matches!(raw.last(), Some(b'\n' | b'\r')) {
                    raw.pop();
                }
                let text = self.text.get(..written).unwrap_or_default().to_vec();
                let ends = self.ends.get(..count.min(self.width)).unwrap_or_default().to_vec();
                Some(Found { data: Data::Fields(Fields { raw, text, ends, count }), line, byte })
            }
        })
    }

    /// Reads up to the end of a record.
    fn frame(&mut self, so_far: &mut Progress) -> io::Result<End> {
        loop {
            let buffer = match self.again.get(self.again_at..) {
                Some(again) if !again.is_empty() => again,
                _ => self.input.fill_buf()?,
            };
            let at_end = buffer.is_empty();
            if at_end && so_far.length == 0 {
                return Ok(End::Nothing);
            }
            if at_end && self.counters.damage.get().is_some() {
                return Ok(End::Quoted);
            }
            // At the end of the file a line feed ends a record unless it is inside quotes.
            let (result, taken, written, ended) = {
                let buffer = if at_end { &b"\n"[..] } else { buffer };
                let mut spill = [0; 64];
                let room = self.ends.get_mut(so_far.count..).filter(|room| !room.is_empty()).unwrap_or(&mut spill);
                let text = self.text.get_mut(so_far.written..).unwrap_or_default();
                self.reader.read_record(buffer, text, room)
            };
            so_far.count += ended;
            so_far.written += written;
            if !at_end {
                let piece = buffer.get(..taken).unwrap_or_default();
                let lead = if so_far.length > 0 { 0 } else { line_ends(piece) };
                let (blank, piece) = piece.split_at_checked(lead).unwrap_or_default();
                self.line += line_feeds(blank);
                self.byte += lead as u64;
                so_far.lines += line_feeds(piece);
                so_far.length += piece.len() as u64;
                let complete = so_far.raw.len() + piece.len() == usize::try_from(so_far.length).unwrap_or(usize::MAX);
                if complete {
                    so_far.raw.extend_from_slice(piece);
                }
                if self.again_at < self.again.len() {
                    self.again_at += taken;
                } else {
                    self.input.consume(taken);
                }
                if complete && so_far.length > self.max_record {
                    if let Some(first) = self.stray(&so_far.raw, false).filter(|_| result != ReadRecordResult::Record) {
                        return Ok(End::Stray(first));
                    }
                    so_far.raw.truncate(Bad::KEPT);
                    so_far.raw.shrink_to_fit();
                }
            }
            match result {
                ReadRecordResult::Record => return Ok(End::Whole),
                ReadRecordResult::End => return Ok(End::Nothing),
                ReadRecordResult::InputEmpty if at_end => {
                    let complete = so_far.raw.len() as u64 == so_far.length;
                    return Ok(match self.stray(&so_far.raw, true).filter(|_| complete) {
                        Some(first) => End::Stray(first),
                        None => End::Quoted,
                    });
                }
                ReadRecordResult::InputEmpty => {}
                // What is over the limit is not kept.
                ReadRecordResult::OutputFull if so_far.length > self.max_record => so_far.written = 0,
                ReadRecordResult::OutputFull => self.text.resize(self.text.len() * 2, 0),
                ReadRecordResult::OutputEndsFull if self.width == usize::MAX => {
                    self.ends.resize(self.ends.len() * 2, 0)
                }
                ReadRecordResult::OutputEndsFull => {}
            }
        }
    }
}

impl Delimited {
    /// The length of the first line of a record inside quotes, if what follows are records all the same: `whole` says
    /// that the last of them does.
    ///
    /// A quote that never closes would swallow the rest of the file. A long text with line ends in it looks different:
    /// its lines do not have as many fields as the header.
    fn stray(&self, raw: &[u8], whole: bool) -> Option<usize> {
        let first = memchr::memchr(b'\n', raw)? + 1;
        // Before the end of the file the quote may yet close, and one delimiter in each line is little proof.
        let least = if whole { 2 } else { 3 };
        if self.strays >= MOST_STRAYS || self.width < least {
            return None;
        }
        let Dialect { delimiter, quote, escape } = self.dialect;
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .quote(quote)
            .escape(escape)
            .from_reader(raw.get(first..)?);
        let mut widths: Vec<usize> =
            reader.byte_records().take(PROOF + 1).filter_map(Result::ok).map(|record| record.len()).collect();
        if !whole || widths.len() > PROOF {
            widths.pop();
        }
        (!widths.is_empty() && widths.iter().all(|&width| width == self.width)).then_some(first)
    }

    /// Leaves a record after its first line, to read the rest again.
    fn go_back(&mut self, so_far: &mut Progress, first: usize) {
        let mut again = so_far.raw.split_off(first.min(so_far.raw.len()));
        again.extend_from_slice(self.again.get(self.again_at..).unwrap_or_default());
        (self.again, self.again_at) = (again, 0);
        (so_far.length, so_far.lines) = (so_far.raw.len() as u64, 1);
        self.strays += 1;
        self.reader.reset();
        if matches!(so_far.raw.last(), Some(b'\n')) {
            so_far.raw.pop();
        }
    }
}

/// A number of bytes as people write it.
struct Limit(u64);

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            bytes if bytes >= 1 << 20 && bytes % (1 << 20) == 0 => write!(f, "{} MiB", bytes >> 20),
            bytes => write!(f, "{bytes} bytes"),
        }
    }
}

/// A limit for messages.
pub(crate) fn limit(bytes: u64) -> impl std::fmt::Display {
    Limit(bytes)
}

fn line_ends(piece: &[u8]) -> usize {
    piece.iter().position(|byte| !matches!(byte, b'\n' | b'\r')).unwrap_or(piece.len())
}

fn line_feeds(piece: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', piece).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters_are_sniffed_outside_quotes() {
        let delimiter = |head: &[u8]| Dialect::of(head, None).delimiter;
        assert_eq!(delimiter(b"id,title,text\n1;2;3;4;5"), b',');
        assert_eq!(delimiter(b"id;title;text\n"), b';');
        assert_eq!(delimiter(b"\"a,b,c,d\"\tx\ty\n"), b'\t');
        assert_eq!(delimiter(b"text\n"), b',');
        assert_eq!(delimiter(b""), b',');
        assert_eq!(delimiter(b"a|b\r\n"), b'|');
        assert_eq!(delimiter(b"'a,b','c'\n"), b',');
        assert_eq!(Dialect::of(b"a;b", Some(b',')).delimiter, b',');
    }

    #[test]
    fn quotes_and_escapes_are_sniffed() {
        let of = |head: &[u8]| {
            let dialect = Dialect::of(head, None);
            (dialect.quote, dialect.escape)
        };
        assert_eq!(of(b"id,text\n1,\"a \\\"b\\\" c\"\n"), (b'"', Some(b'\\')));
        assert_eq!(of(b"id,text\n1,\"a \"\"b\"\" c\"\n"), (b'"', None));
        // A path that ends in a backslash ends its field, too.
        assert_eq!(of(b"id,text\n\"C:\\\",\"x\"\n\"D:\\\",\"y\"\n"), (b'"', None));
        assert_eq!(of("id,text\n1,קו\\\"ח לשלוח\n".as_bytes()), (b'"', None));
        assert_eq!(of(b"'id','text'\n'1','it''s'\n"), (b'\'', None));
    }
}
