//! A file or the standard input as a stream of UTF-8 bytes that counts what it reads.
//!
//! Two things are added to the plain stream. A limit on how much may be read for one record bounds the memory that a
//! quote which never closes can take. And after the last byte of a CSV file comes [`SENTINEL`], a record that no text
//! can hold: the one thing that tells a last record which ended from one that is still inside a quote.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::encoding::{Decision, Decoder};
use crate::error::{Error, ErrorKind, Position};

/// How much of a file is looked at to recognise its encoding and format.
pub(crate) const HEAD: usize = 64 * 1024;
/// The longest record read, in bytes.
pub(crate) const MAX_RECORD: u64 = 16 * 1024 * 1024;
/// A line of bytes that are not UTF-8, so that no decoded text equals it.
pub(crate) const SENTINEL: &[u8] = b"\n\xff\xfe\xff\xfe\xff\xfe\xff\xfe\n";

/// What the reader of records shares with the stream below it.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Bytes of the file read so far.
    pub read: AtomicU64,
    /// Bytes handed up since the current record began.
    pub record: AtomicU64,
}

/// The file itself, counting.
struct Counted {
    inner: Box<dyn Read + Send>,
    counters: Arc<Counters>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.counters.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Decoded bytes of one file.
pub(crate) struct Input {
    decoder: Decoder<io::Chain<Cursor<Vec<u8>>, Counted>>,
    /// Decoded bytes taken ahead for recognising the format, given out first.
    ahead: Cursor<Vec<u8>>,
    tail: Option<Cursor<&'static [u8]>>,
    /// Lines end in CR alone, so that each CR is given out as LF.
    old_ends: bool,
    counters: Arc<Counters>,
}

impl Input {
    /// Opens `path` (`-` is the standard input), looks at its head and decides on the encoding.
    pub fn open(path: &str, encoding: Option<super::encoding::Charset>) -> Result<Input, Error> {
        let inner: Box<dyn Read + Send> = if path == "-" {
            Box::new(io::stdin())
        } else {
            Box::new(File::open(path).map_err(|error| Error::io(path, &error))?)
        };
        Input::new(inner, encoding).map_err(|failure| match failure {
            Failure::Io(error) => Error::io(path, &error),
            Failure::Rule(error) => error.at(Position::file(path)),
        })
    }

    fn new(inner: Box<dyn Read + Send>, encoding: Option<super::encoding::Charset>) -> Result<Input, Failure> {
        let counters = Arc::new(Counters::default());
        let mut counted = Counted { inner, counters: Arc::clone(&counters) };
        let mut head = Vec::with_capacity(HEAD);
        Read::by_ref(&mut counted).take(HEAD as u64).read_to_end(&mut head)?;
        refuse_other_formats(&head)?;
        let whole = head.len() < HEAD;
        let decision = Decision::of_head(&head, whole, encoding)?;
        let mut decoder = Decoder::new(Cursor::new(head).chain(counted), decision);
        let mut ahead = Vec::with_capacity(HEAD);
        Read::by_ref(&mut decoder).take(HEAD as u64).read_to_end(&mut ahead)?;
        Ok(Input { decoder, ahead: Cursor::new(ahead), tail: None, old_ends: false, counters })
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

    /// The same stream with [`SENTINEL`] after its last byte, and with line ends that can be counted.
    pub fn with_sentinel(mut self) -> Self {
        self.old_ends = memchr::memchr(b'\n', self.head()).is_none() && memchr::memchr(b'\r', self.head()).is_some();
        self.tail = Some(Cursor::new(SENTINEL));
        self
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.counters.record.load(Ordering::Relaxed) > MAX_RECORD {
            return Err(io::Error::other("record too long"));
        }
        let mut read = self.ahead.read(buffer)?;
        if read == 0 {
            read = self.decoder.read(buffer)?;
        }
        if self.old_ends {
            buffer.iter_mut().take(read).filter(|byte| **byte == b'\r').for_each(|byte| *byte = b'\n');
        }
        if read == 0 {
            read = self.tail.as_mut().map_or(Ok(0), |tail| tail.read(buffer))?;
        }
        self.counters.record.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

enum Failure {
    Io(io::Error),
    Rule(Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Io(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Rule(error)
    }
}

/// Files that are not text at all are named for what they are.
fn refuse_other_formats(head: &[u8]) -> Result<(), Error> {
    const KNOWN: [(&[u8], &str); 6] = [
        (b"\x1f\x8b", "a gzip file; unpack it first (gunzip)"),
        (b"\x28\xb5\x2f\xfd", "a zstd file; unpack it first (unzstd)"),
        (b"PK\x03\x04", "a zip archive or an Excel workbook; save the sheet as CSV (UTF-8)"),
        (b"\xd0\xcf\x11\xe0", "an old Excel or Word file; save it as CSV (UTF-8) or as text"),
        (b"PAR1", "a Parquet file, which is not read here; convert it to CSV or JSON Lines"),
        (b"%PDF-", "a PDF file; save its text first"),
    ];
    match KNOWN.iter().find(|(magic, _)| head.starts_with(magic)) {
        Some((_, what)) => {
            Err(Error::new(ErrorKind::Layout, format!("CSV, JSON Lines or text is needed; this is {what}")))
        }
        None => Ok(()),
    }
}
