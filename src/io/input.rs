//! A file or the standard input as a stream of UTF-8 bytes: unpacked, decoded, with its head kept for those who must
//! recognise what it holds.

use std::io::{self, Cursor, Read};
use std::sync::Arc;

use super::charset::Charset;
use super::encoding::{Decision, Decoder};
use super::packed::{Counters, Unpacked};
use crate::error::{Error, ErrorKind, Position};

/// How much of a file is looked at to recognise its encoding and format.
pub(crate) const HEAD: usize = 64 * 1024;
/// The first bytes of a Parquet file.
pub(crate) const PARQUET: &[u8] = b"PAR1";

/// The unpacked bytes of one file, of which the first were looked at.
pub(crate) struct Peeked {
    head: Vec<u8>,
    rest: Unpacked,
}

impl Peeked {
    /// Opens `path` (`-` is the standard input) and looks at its head.
    pub fn open(path: &str) -> Result<Peeked, Error> {
        Unpacked::open(path).and_then(Peeked::new).map_err(|error| Error::io(path, &error))
    }

    /// Looks at the head of `rest`.
    pub fn new(mut rest: Unpacked) -> io::Result<Peeked> {
        let mut head = Vec::with_capacity(HEAD);
        Read::by_ref(&mut rest).take(HEAD as u64).read_to_end(&mut head)?;
        Ok(Peeked { head, rest })
    }

    /// The first unpacked bytes.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// The unpacked stream.
    pub fn stream(&self) -> &Unpacked {
        &self.rest
    }
}

impl Read for Peeked {
    /// Reads from the first byte on; what was given out cannot be looked at any more.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.head.is_empty() {
            return self.rest.read(buffer);
        }
        let read = self.head.as_slice().read(buffer)?;
        self.head.drain(..read);
        Ok(read)
    }
}

/// Decoded bytes of one file.
pub(crate) struct Input {
    decoder: Decoder<io::Chain<Cursor<Vec<u8>>, Unpacked>>,
    /// Decoded bytes taken ahead for recognising the format, given out first.
    ahead: Cursor<Vec<u8>>,
    /// Lines end in CR alone, so that each CR is given out as LF.
    old_ends: bool,
    counters: Arc<Counters>,
}

impl Input {
    /// Opens `path` (`-` is the standard input), looks at its head and decides on the encoding.
    pub fn open(path: &str, encoding: Option<Charset>) -> Result<Input, Error> {
        Input::new(Peeked::open(path)?, path, encoding)
    }

    /// Decides on the encoding of `peeked`, which the user knows as `path`.
    pub fn new(peeked: Peeked, path: &str, encoding: Option<Charset>) -> Result<Input, Error> {
        let Peeked { head, rest } = peeked;
        let counters = rest.counters();
        let place = |error: Error| error.at(Position::file(path));
        if let (true, Some(damage)) = (head.is_empty(), counters.damage.get()) {
            return Err(place(Error::new(ErrorKind::Damaged, format!("nothing can be read: {damage}"))));
        }
        refuse_other_formats(&head).map_err(place)?;
        let whole = head.len() < HEAD;
        let decision = Decision::of_head(&head, whole, encoding).map_err(place)?;
        let mut decoder = Decoder::new(Cursor::new(head).chain(rest), decision);
        let mut ahead = Vec::with_capacity(HEAD);
        Read::by_ref(&mut decoder)
            .take(HEAD as u64)
            .read_to_end(&mut ahead)
            .map_err(|error| Error::io(path, &error))?;
        Ok(Input { decoder, ahead: Cursor::new(ahead), old_ends: false, counters })
    }

    /// The first decoded bytes, before anything was read.
    pub fn head(&self) -> &[u8] {
        self.ahead.get_ref()
    }

    /// Counters shared with this stream.
    pub fn counters(&self) -> Arc<Counters> {
        Arc::clone(&self.counters)
    }

    /// How the bytes are decoded, shared with this stream: it may be decided later than at the first byte.
    pub fn decision(&self) -> Arc<Decision> {
        self.decoder.decision()
    }

    /// The same stream with line ends that can be counted.
    pub fn with_line_feeds(mut self) -> Self {
        self.old_ends = memchr::memchr(b'\n', self.head()).is_none() && memchr::memchr(b'\r', self.head()).is_some();
        self
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut read = self.ahead.read(buffer)?;
        if read == 0 {
            read = self.decoder.read(buffer)?;
        }
        if self.old_ends {
            buffer.iter_mut().take(read).filter(|byte| **byte == b'\r').for_each(|byte| *byte = b'\n');
        }
        Ok(read)
    }
}

/// Files that are not text at all are named for what they are.
pub(crate) fn refuse_other_formats(head: &[u8]) -> Result<(), Error> {
    const KNOWN: [(&[u8], &str); 7] = [
        (b"PK\x03\x04", "a zip archive or an Excel workbook; save the sheet as CSV (UTF-8)"),
        (b"\xd0\xcf\x11\xe0", "an old Excel or Word file; save it as CSV (UTF-8) or as text"),
        (b"BZh", "a bzip2 file; unpack it first (bunzip2)"),
        (b"\xfd7zXZ\0", "an xz file; unpack it first (unxz)"),
        (b"\x1f\x8b", "packed twice; unpack it once"),
        (PARQUET, "a Parquet file, which is not read here"),
        (b"%PDF-", "a PDF file; save its text first"),
    ];
    match KNOWN.iter().find(|(magic, _)| head.starts_with(magic)) {
        Some((_, what)) => {
            Err(Error::new(ErrorKind::Layout, format!("CSV, JSON Lines, Parquet or text is needed; this is {what}")))
        }
        None => Ok(()),
    }
}
