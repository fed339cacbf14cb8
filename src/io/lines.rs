//! Lines of JSON, one after another in bounded memory, each with its place.

use std::io::{self, BufRead, BufReader};
use std::sync::Arc;

use super::delimited::limit;
use super::input::{HEAD, Input};
use super::packed::Counters;
use super::rows::{Bad, Data, Found};
use crate::error::ErrorKind;

/// The lines of a file that are not blank.
pub(crate) struct Lines {
    input: BufReader<Input>,
    counters: Arc<Counters>,
    max_record: u64,
    line: u64,
    byte: u64,
}

impl Lines {
    /// Prepares to read `input`, whose lines may have `max_record` bytes.
    pub fn new(input: Input, max_record: u64) -> Lines {
        let counters = input.counters();
        Lines { input: BufReader::with_capacity(HEAD, input), counters, max_record, line: 1, byte: 0 }
    }

    /// The next line that is not blank; none at the end.
    ///
    /// # Errors
    /// When the file cannot be read further.
    pub fn next(&mut self) -> io::Result<Option<Found>> {
        loop {
            let mut raw = Vec::with_capacity(2048);
            let (length, ended) = self.read_line(&mut raw)?;
            let (line, byte) = (self.line, self.byte);
            self.line += 1;
            self.byte += length;
            if !ended && let Some(damage) = self.counters.damage.get() {
                let message = format!("{damage}; what followed is lost");
                return Ok(Some(Found { data: Data::bad(ErrorKind::Damaged, message, raw, length), line, byte }));
            }
            if length == 0 {
                return Ok(None);
            }
            if length > self.max_record {
                let limit = limit(self.max_record);
                let message = format!("a record must be shorter than {limit}, this line has {length} bytes");
                return Ok(Some(Found { data: Data::bad(ErrorKind::TooLong, message, raw, length), line, byte }));
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
    /// Returns how many bytes were read, and whether a line feed ended them.
    fn read_line(&mut self, raw: &mut Vec<u8>) -> io::Result<(u64, bool)> {
        let mut length = 0;
        loop {
            let buffer = self.input.fill_buf()?;
            if buffer.is_empty() {
                return Ok((length, false));
            }
            let end = memchr::memchr(b'\n', buffer).map_or(buffer.len(), |at| at + 1);
            let piece = buffer.get(..end).unwrap_or_default();
            let ended = piece.last() == Some(&b'\n');
            length += end as u64;
            if length <= self.max_record {
                raw.extend_from_slice(piece);
            } else if raw.len() > Bad::KEPT {
                raw.truncate(Bad::KEPT);
                raw.shrink_to_fit();
            }
            self.input.consume(end);
            if ended {
                return Ok((length, true));
            }
        }
    }
}
