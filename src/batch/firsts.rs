//! Which posting of the run had a text first. The seam for other kinds of repetition: whatever finds them answers the same
//! question, in the same place, in the order of the input.
//!
//! A text costs 13 bytes of memory in a table with room to grow, and its id goes to a temporary file once there are many.

use std::io::{Read, Seek, SeekFrom, Write};

use rustc_hash::FxHashMap;
use tempfile::SpooledTempFile;

use crate::error::{Error, ErrorKind, Result};

/// Bytes of ids that are kept in memory.
const IN_MEMORY: usize = 8 << 20;
/// Bytes of ids that are written at once.
const BUFFER: usize = 1 << 16;
/// Ids begin at multiples of this, so that 32 bits tell 16 GiB of them apart.
const UNIT: u64 = 8;
/// Marks a place that is the number of a posting in the ledger.
const LEDGER: u32 = 1 << 31;

/// Who had a text first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum First {
    /// The posting with this id.
    Id(String),
    /// Posting number so and so of the ledger.
    Posting(u32),
}

/// The texts met so far, by fingerprint.
pub(super) struct Firsts {
    places: FxHashMap<[u32; 2], u32>,
    ids: SpooledTempFile,
    /// Ids that are not in the file yet, and where the file ends.
    buffer: Vec<u8>,
    end: u64,
}

impl Default for Firsts {
    fn default() -> Self {
        let ids = SpooledTempFile::new(IN_MEMORY);
        Firsts { places: FxHashMap::default(), ids, buffer: Vec::with_capacity(BUFFER), end: 0 }
    }
}

fn io(error: &std::io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("the temporary file of ids (in TMPDIR) refuses: {error}"))
}

impl Firsts {
    /// Who had the text `content` first; `None` when it is the posting `id` itself.
    ///
    /// # Errors
    /// `Io` when the temporary file refuses.
    pub fn meet(&mut self, content: u64, id: &str) -> Result<Option<First>> {
        if let Some(first) = self.first(content)? {
            return Ok(Some(first));
        }
        let place = self.keep(id)?;
        self.places.insert(key(content), place);
        Ok(None)
    }

    /// The same for a posting of the ledger whose id was not read.
    ///
    /// # Errors
    /// As [`Firsts::meet`].
    pub fn meet_posting(&mut self, content: u64, posting: u32) -> Result<Option<First>> {
        if let Some(first) = self.first(content)? {
            return Ok(Some(first));
        }
        self.places.insert(key(content), posting | LEDGER);
        Ok(None)
    }

    fn first(&mut self, content: u64) -> Result<Option<First>> {
        let Some(&place) = self.places.get(&key(content)) else { return Ok(None) };
        if place & LEDGER != 0 {
            return Ok(Some(First::Posting(place & !LEDGER)));
        }
        self.id(u64::from(place) * UNIT).map(|id| Some(First::Id(id))).map_err(|error| io(&error))
    }

    /// Appends an id: its length, its bytes, and what fills the unit.
    fn keep(&mut self, id: &str) -> Result<u32> {
        let place = (self.end + self.buffer.len() as u64) / UNIT;
        let place = u32::try_from(place).ok().filter(|place| place & LEDGER == 0).ok_or_else(|| {
            Error::new(ErrorKind::Io, "ids of one run must be shorter than 16 GiB together, these are not")
        })?;
        self.buffer.extend_from_slice(&(id.len() as u32).to_le_bytes());
        self.buffer.extend_from_slice(id.as_bytes());
        self.buffer.resize(self.buffer.len().next_multiple_of(UNIT as usize), 0);
        if self.buffer.len() >= BUFFER {
            self.flush().map_err(|error| io(&error))?;
        }
        Ok(place)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.ids.seek(SeekFrom::Start(self.end))?;
        self.ids.write_all(&self.buffer)?;
        self.end += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    fn id(&mut self, at: u64) -> std::io::Result<String> {
        if at >= self.end {
            self.flush()?;
        }
        self.ids.seek(SeekFrom::Start(at))?;
        let mut length = [0; 4];
        self.ids.read_exact(&mut length)?;
        let mut id = vec![0; u32::from_le_bytes(length) as usize];
        self.ids.read_exact(&mut id)?;
        String::from_utf8(id).map_err(|error| std::io::Error::other(error.utf8_error()))
    }
}

/// In two halves, so that an entry of the table takes 12 bytes and not 16.
fn key(content: u64) -> [u32; 2] {
    [(content >> 32) as u32, content as u32]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_a_text_is_named_from_memory_and_from_the_file() {
        let mut firsts = Firsts { ids: SpooledTempFile::new(1 << 10), ..Firsts::default() };
        let id = |number: u64| format!("מזהה/{}", "x".repeat((number % 90) as usize));
        for number in 0..5_000u64 {
            assert_eq!(firsts.meet(number << 40 | 7, &id(number)).unwrap(), None);
        }
        assert_eq!(firsts.meet_posting(3, 12).unwrap(), None);
        assert!(firsts.end > 0 && !firsts.buffer.is_empty(), "both the file and the buffer are in use");
        for number in (0..5_000u64).rev() {
            assert_eq!(firsts.meet(number << 40 | 7, "other").unwrap(), Some(First::Id(id(number))));
        }
        assert_eq!(firsts.meet(3, "other").unwrap(), Some(First::Posting(12)));
        assert_eq!(firsts.meet_posting(3, 13).unwrap(), Some(First::Posting(12)));
    }
}
