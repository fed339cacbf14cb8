//! Records of CSV files of any dialect, framed in bounded memory: each with its bytes as they stand in the file, and its
//! place. A record over the limit is passed over without being held.

use std::io::{self, BufRead, BufReader};
use std::sync::Arc;

use super::dialect::Dialect;
use super::encoding::Decision;
use super::fields::{Fields, Framer};
use super::input::Input;
use super::packed::Counters;
use super::rows::{Bad, Data, Found};
use crate::error::ErrorKind;

/// Bytes read at a time: few calls, and still in the cache when they are framed.
const BUFFER: usize = 1 << 18;
/// So many records after a line with a quote that never closes must look like records to be read as such.
const PROOF: usize = 20;
/// So often a file is read again from the line after a quote that never closes.
const MOST_STRAYS: usize = 1000;

/// The records of a CSV file.
pub(crate) struct Delimited {
    dialect: Dialect,
    /// Bytes to be read again, before the input goes on.
    again: Vec<u8>,
    again_at: usize,
    strays: usize,
    input: BufReader<Input>,
    counters: Arc<Counters>,
    decision: Arc<Decision>,
    /// Fields that are kept of a record.
    width: usize,
    max_record: u64,
    /// The line and the byte of the file at which the next record may start; no byte where that does not show.
    line: u64,
    byte: Option<u64>,
}

/// What was read of a record so far.
struct Progress {
    framer: Framer,
    raw: Vec<u8>,
    /// Decoded bytes of the record, of which `raw` holds those up to the limit.
    length: u64,
    /// Bytes that it has in the file; none where that does not show.
    original: Option<u64>,
    lines: u64,
}

/// How a record ended.
enum End {
    Whole,
    /// The file ended within it, inside quotes.
    Quoted,
    /// A quote in its first bytes, so many up to the end of a line, never closes: what follows are records of their own.
    Stray(usize),
    /// There was nothing but blank lines up to the end of the file.
    Nothing,
}

impl Delimited {
    /// Prepares to read `input`, whose records may have `max_record` bytes, and reads its header; none when it is empty. Before the header
    /// stands a line that declares the delimiter, or not.
    pub fn open(
        input: Input,
        dialect: Dialect,
        declares: bool,
        max_record: u64,
    ) -> io::Result<(Delimited, Option<Found>)> {
        let decision = input.decision();
        let mut delimited = Delimited {
            dialect,
            again: Vec::new(),
            again_at: 0,
            strays: 0,
            counters: input.counters(),
            input: BufReader::with_capacity(BUFFER, input),
            width: usize::MAX,
            max_record,
            line: 1,
            byte: Some(decision.before()),
            decision,
        };
        if declares {
            delimited.next()?;
        }
        let header = delimited.next()?;
        if let Some(Found { data: Data::Fields(fields), .. }) = &header {
            delimited.width = fields.count;
        }
        Ok((delimited, header))
    }

    /// The next record; none at the end.
    ///
    /// # Errors
    /// When the file cannot be read further.
    pub fn next(&mut self) -> io::Result<Option<Found>> {
        let mut so_far =
            Progress { framer: Framer::new(self.dialect), raw: Vec::new(), length: 0, original: Some(0), lines: 0 };
        let mut end = self.frame(&mut so_far)?;
        if let (End::Whole, Some(quote)) = (&end, so_far.framer.reopened)
            && so_far.raw.len() as u64 == so_far.length
        {
            // What was taken for the end of a field looks like the beginning of one: the end itself is missing, lines before.
            let line =
                so_far.raw.get(..quote).and_then(|before| memchr::memrchr(b'\n', before)).map_or(0, |end| end + 1);
            let stray = self.stray(&so_far.raw, true).or_else(|| self.records_from(&so_far.raw, line, true));
            end = stray.map_or(End::Whole, End::Stray);
        }
        if let End::Stray(first) = end {
            so_far.original = self.decision.original_len(so_far.raw.get(..first).unwrap_or_default());
            self.go_back(&mut so_far, first);
        }
        let Progress { framer, mut raw, length, original, lines } = so_far;
        let (line, byte) = (self.line, self.byte);
        self.line += lines;
        self.byte = sum(byte, original);
        let bad = |kind, message: String, raw: Vec<u8>| {
            Some(Found { data: Data::bad(kind, message, raw, original.unwrap_or(length)), line, byte })
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
                let which = if lines > 1 { format!("{lines} lines are") } else { "the line alone is".to_owned() };
                let message = format!(
                    "a quote that opens in the record starting at line {line} never closes; {which} taken to be bad, \
                     those after it to be records"
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
                format!("a record must be shorter than {limit}, this one has {length} {}", self.decision.unit()),
                raw,
            ),
            End::Whole => {
                if matches!(raw.last(), Some(b'\n' | b'\r')) {
                    raw.pop();
                }
                Some(Found { data: Data::Fields(Fields::new(raw, framer)), line, byte })
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
            if at_end {
                let quoted = so_far.framer.is_quoted();
                let complete = so_far.raw.len() as u64 == so_far.length;
                let stray = if quoted && complete { self.stray(&so_far.raw, true) } else { None };
                return Ok(match stray {
                    Some(first) => End::Stray(first),
                    None if quoted => End::Quoted,
                    None => End::Whole,
                });
            }
            let lead = if so_far.length > 0 { 0 } else { line_ends(buffer) };
            let (blank, rest) = buffer.split_at_checked(lead).unwrap_or_default();
            let (taken, ended) = so_far.framer.scan(rest);
            let piece = rest.get(..taken).unwrap_or_default();
            self.line += line_feeds(blank);
            self.byte = sum(self.byte, self.decision.original_len(blank));
            so_far.lines += line_feeds(piece);
            let complete = so_far.raw.len() as u64 == so_far.length;
            so_far.length += taken as u64;
            so_far.original = sum(so_far.original, self.decision.original_len(piece));
            if complete {
                so_far.raw.extend_from_slice(piece);
            }
            if self.again_at < self.again.len() {
                self.again_at += lead + taken;
            } else {
                self.input.consume(lead + taken);
            }
            if complete && so_far.length > self.max_record {
                if let Some(first) = self.stray(&so_far.raw, false).filter(|_| !ended) {
                    return Ok(End::Stray(first));
                }
                so_far.raw.truncate(Bad::KEPT);
                so_far.raw.shrink_to_fit();
            }
            if ended {
                return Ok(End::Whole);
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
        self.records_from(raw, memchr::memchr(b'\n', raw)? + 1, whole)
    }

    /// `first`, if what stands from there on are records.
    fn records_from(&self, raw: &[u8], first: usize, whole: bool) -> Option<usize> {
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
        (first > 0 && !widths.is_empty() && widths.iter().all(|&width| width == self.width)).then_some(first)
    }

    /// Leaves a record after its first bytes, to read the rest again.
    fn go_back(&mut self, so_far: &mut Progress, first: usize) {
        let mut again = so_far.raw.split_off(first.min(so_far.raw.len()));
        again.extend_from_slice(self.again.get(self.again_at..).unwrap_or_default());
        (self.again, self.again_at) = (again, 0);
        (so_far.length, so_far.lines) = (so_far.raw.len() as u64, line_feeds(&so_far.raw));
        self.strays += 1;
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

/// The sum of two numbers of bytes; none where one of them does not show.
pub(crate) fn sum(left: Option<u64>, right: Option<u64>) -> Option<u64> {
    Some(left? + right?)
}

fn line_ends(piece: &[u8]) -> usize {
    piece.iter().position(|byte| !matches!(byte, b'\n' | b'\r')).unwrap_or(piece.len())
}

fn line_feeds(piece: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', piece).count() as u64
}
