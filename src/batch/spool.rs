//! Bytes that are written once and read back rarely: in memory while they are few, in a temporary file when they are many.

use std::io::{Read, Seek, SeekFrom, Write};

use tempfile::SpooledTempFile;

use crate::error::{Error, ErrorKind, Result};

/// Bytes that are kept in memory.
const IN_MEMORY: usize = 1 << 20;
/// Bytes that are written at once.
const BUFFER: usize = 1 << 16;

/// A growing row of bytes.
pub(super) struct Spool {
    file: SpooledTempFile,
    /// Where the file ends, and what comes behind that.
    end: u64,
    buffer: Vec<u8>,
}

impl Default for Spool {
    fn default() -> Self {
        Spool::new(IN_MEMORY)
    }
}

impl Spool {
    /// With so many bytes in memory at most.
    pub fn new(in_memory: usize) -> Spool {
        Spool { file: SpooledTempFile::new(in_memory), end: 0, buffer: Vec::with_capacity(BUFFER) }
    }

    /// How many bytes there are.
    pub fn len(&self) -> u64 {
        self.end + self.buffer.len() as u64
    }

    /// Puts `bytes` at the end.
    ///
    /// # Errors
    /// `Io` when the temporary file refuses.
    pub fn push(&mut self, bytes: &[u8]) -> Result<()> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() < BUFFER {
            return Ok(());
        }
        let mut write = || -> std::io::Result<()> {
            self.file.seek(SeekFrom::Start(self.end))?;
            self.file.write_all(&self.buffer)
        };
        write().map_err(|error| refused(&error))?;
        self.end += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    /// Fills `bytes` with what stands from byte `at` on; it must have been put there by one call.
    ///
    /// # Errors
    /// As [`Spool::push`].
    pub fn read(&mut self, at: u64, bytes: &mut [u8]) -> Result<()> {
        let mut read = || -> std::io::Result<()> {
            if at < self.end {
                self.file.seek(SeekFrom::Start(at))?;
                return self.file.read_exact(bytes);
            }
            self.buffer.get((at - self.end) as usize..).unwrap_or_default().read_exact(bytes)
        };
        read().map_err(|error| refused(&error))
    }
}

fn refused(error: &std::io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("the temporary file of postings (in TMPDIR) refuses: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_back_from_the_file_and_from_the_buffer() {
        let mut spool = Spool::new(1 << 10);
        let bytes = |number: u64| number.to_le_bytes().repeat(1 + (number % 90) as usize);
        let mut places = Vec::new();
        for number in 0..5_000 {
            places.push((number, spool.len()));
            spool.push(&bytes(number)).unwrap();
        }
        assert!(spool.end > 0 && !spool.buffer.is_empty(), "both the file and the buffer are in use");
        for (number, at) in places.into_iter().rev() {
            let mut read = vec![0; bytes(number).len()];
            spool.read(at, &mut read).unwrap();
            assert_eq!(read, bytes(number));
        }
        assert!(spool.read(spool.len(), &mut [0]).is_err());
    }
}
