//! Bytes of a file to UTF-8.

use std::io::{self, Read};
use std::sync::Arc;

use crate::error::{Error, ErrorKind};

/// The encodings a file may be read in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// UTF-8.
    Utf8,
}

impl Charset {
    /// Reads the name of an encoding.
    pub fn parse(label: &str) -> Result<Charset, Error> {
        match label.trim().to_ascii_lowercase().as_str() {
            "utf-8" | "utf8" => Ok(Charset::Utf8),
            _ => Err(Error::new(ErrorKind::Usage, format!("an encoding must be utf-8, is {label:?}"))),
        }
    }
}

/// How a file is decoded.
#[derive(Debug)]
pub(crate) struct Decision {
    charset: Charset,
}

impl Decision {
    /// Decides by the head of a file.
    pub fn of_head(_head: &[u8], _whole: bool, given: Option<Charset>) -> Result<Decision, Error> {
        Ok(Decision { charset: given.unwrap_or(Charset::Utf8) })
    }

    /// A line for the log.
    pub fn note(&self) -> String {
        format!("read as {:?}", self.charset)
    }
}

/// A reader of UTF-8.
pub(crate) struct Decoder<R> {
    inner: R,
    decision: Arc<Decision>,
    start: bool,
}

impl<R: Read> Decoder<R> {
    /// Decodes `inner` as decided.
    pub fn new(inner: R, decision: Decision) -> Self {
        Decoder { inner, decision: Arc::new(decision), start: true }
    }

    /// The decision.
    pub fn decision(&self) -> Arc<Decision> {
        Arc::clone(&self.decision)
    }
}

impl<R: Read> Read for Decoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        if std::mem::take(&mut self.start) && buffer.starts_with(b"\xef\xbb\xbf") && read >= 3 {
            buffer.copy_within(3..read, 0);
            return Ok(read - 3);
        }
        Ok(read)
    }
}

impl Decision {
    /// True when Hebrew is stored in the order it is displayed in.
    pub fn visual(&self) -> bool {
        false
    }

    /// How many bytes stand before the first decoded byte, where decoding changes no other offsets.
    pub fn keeps_offsets(&self) -> Option<u64> {
        Some(0)
    }
}
