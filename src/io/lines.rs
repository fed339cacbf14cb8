//! Lines of JSON, one after another in bounded memory, each with its place.

use std::io::{self, BufRead, BufReader};
use std::sync::Arc;

use super::delimited::{limit, sum};
use super::encoding::Decision;
use super::input::{HEAD, Input};
use super::packed::Counters;
use super::rows::{Bad, Data, Found};
use crate::error::ErrorKind;

/// The lines of a file that are not blank.
pub(crate) struct Lines {
    input: BufReader<Input>,
    counters: Arc<Counters>,
    decision: Arc<Decision>,
    max_record: u64,
    /// The line of the next record, and the byte of the file that it begins at; none where that does not show.
    line: u64,
    byte: Option<u64>,
}

/// What was read of a line.
struct Read {
    /// Decoded bytes.
    length: u64,
    /// Bytes of the file; none where that does not show.
    original: Option<u64>,
    /// A line feed ended them.
    ended: bool,
}

impl Lines {
    /// Prepares to read `input`, whose lines may have `max_record` bytes.
    pub fn new(input: Input, max_record: u64) -> Lines {
        let (counters, decision) = (input.counters(), input.decision());
        let byte = Some(decision.before());
        Lines { input: BufReader::with_capacity(HEAD, input), counters, decision, max_record, line: 1, byte }
    }

    /// The next line that is not blank; none at the end.
    ///
    /// # Errors
    /// When the file cannot be read further.
    pub fn next(&mut self) -> io::Result<Option<Found>> {
        loop {
            let mut raw = Vec::with_capacity(2048);
            let Read { length, original, ended } = self.read_line(&mut raw)?;
            let (line, byte) = (self.line, self.byte);
            self.line += 1;
            self.byte = sum(byte, original);
            let bad = |kind, message: String, raw: Vec<u8>| {
                let data = Data::bad(kind, message, raw, original.unwrap_or(length));
                Ok(Some(Found { data, line, byte }))
            };
            if !ended && let Some(damage) = self.counters.damage.get() {
                return bad(ErrorKind::Damaged, format!("{damage}; what followed is lost"), raw);
            }
            if length == 0 {
                return Ok(None);
            }
            if length > self.max_record {
                let limit = limit(self.max_record);
                let unit = self.decision.unit();
                let message = format!("a record must be shorter than {limit}, this line has {length} {unit}");
                return bad(ErrorKind::TooLong, message, raw);
            }
            while matches!(raw.last(), Some(b'\n' | b'\r')) {
                raw.pop();
            }
            if !raw.trim_ascii().is_empty() {
                return Ok(Some(Found { data: Data::Line(raw), line, byte }));
            }
        }
    }

    /// Reads up to and with the next line feed; of a line over the limit only the beginning is kept.
    fn read_line(&mut self, raw: &mut Vec<u8>) -> io::Result<Read> {
        let (mut length, mut original) = (0, Some(0));
        loop {
            let buffer = self.input.fill_buf()?;
            if buffer.is_empty() {
                return Ok(Read { length, original, ended: false });
            }
            let end = memchr::memchr(b'\n', buffer).map_or(buffer.len(), |at| at + 1);
            let piece = buffer.get(..end).unwrap_or_default();
            let ended = piece.last() == Some(&b'\n');
            length += end as u64;
            original = sum(original, self.decision.original_len(piece));
            if length <= self.max_record {
                raw.extend_from_slice(piece);
            } else if raw.len() > Bad::KEPT {
                raw.truncate(Bad::KEPT);
                raw.shrink_to_fit();
            } else {
                let more = piece.len().min(Bad::KEPT - raw.len());
                raw.extend_from_slice(piece.get(..more).unwrap_or_default());
            }
            self.input.consume(end);
            if ended {
                return Ok(Read { length, original, ended: true });
            }
        }
    }
}
