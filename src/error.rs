//! The one error type of the crate: opaque, with a public [`ErrorKind`] and a [`Position`].
//!
//! A message states the rule that was broken and the value that broke it; the position says where
//! (file, record, line, byte). It is not a log and not a report: records that a batch skips are
//! counted by the batch itself, each with one of these as its reason.

use std::fmt;
use std::sync::Arc;

/// A result whose error is an [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong, by remedy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A file could not be opened, read or written.
    Io,
    /// The standard output or another consumer went away (a broken pipe); not a fault.
    BrokenPipe,
    /// Bytes are not text in the encoding they should be in.
    Encoding,
    /// A whole file has no usable layout: it is empty, its header lacks a needed column, its format is unknown.
    Layout,
    /// One record is malformed: too few fields, invalid JSON, a field of the wrong type.
    Record,
    /// One record is longer than the limit.
    TooLong,
    /// A file breaks off or is corrupt; what followed is lost.
    Damaged,
    /// More records are bad than the user allows.
    Rotten,
    /// One posting has no text to read.
    EmptyText,
    /// A label is not one of the words or numbers allowed.
    Label,
    /// Training data cannot be learned from (one class only, too few rows, no features).
    Training,
    /// A model directory is missing a part, damaged, or of another version.
    Model,
    /// An option or a combination of options cannot be used.
    Usage,
}

impl ErrorKind {
    /// A stable word for the kind, the reason code of quarantined records.
    pub fn code(self) -> &'static str {
        match self {
            ErrorKind::Io => "io",
            ErrorKind::BrokenPipe => "broken-pipe",
            ErrorKind::Encoding => "encoding",
            ErrorKind::Layout => "layout",
            ErrorKind::Record => "record",
            ErrorKind::TooLong => "too-long",
            ErrorKind::Damaged => "damaged",
            ErrorKind::Rotten => "rotten",
            ErrorKind::EmptyText => "empty-text",
            ErrorKind::Label => "label",
            ErrorKind::Training => "training",
            ErrorKind::Model => "model",
            ErrorKind::Usage => "usage",
        }
    }
}

/// Where in the input something stands. Every part is optional; numbers count from 1, bytes from 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// The file as the user named it; `-` for standard input.
    pub file: Option<Arc<str>>,
    /// The record, counted from 1, the header not counted.
    pub record: Option<u64>,
    /// The line on which the record starts, counted from 1.
    pub line: Option<u64>,
    /// The byte of the unpacked file at which the record starts.
    pub byte: Option<u64>,
}

impl Position {
    /// The position of a whole file.
    pub fn file(name: impl Into<Arc<str>>) -> Self {
        Position { file: Some(name.into()), ..Position::default() }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        let mut part = |f: &mut fmt::Formatter<'_>, text: fmt::Arguments<'_>| {
            let separator = if std::mem::take(&mut first) { "" } else { ", " };
            write!(f, "{separator}{text}")
        };
        if let Some(file) = &self.file {
            part(f, format_args!("{file}"))?;
        }
        if let Some(record) = self.record {
            part(f, format_args!("record {record}"))?;
        }
        if let Some(line) = self.line {
            part(f, format_args!("line {line}"))?;
        }
        if let Some(byte) = self.byte {
            part(f, format_args!("byte {byte}"))?;
        }
        Ok(())
    }
}

/// What failed, where, and which rule it broke.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    message: String,
    position: Position,
}

impl Error {
    /// An error of `kind`; `message` states the rule and the value, without the position.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error(Box::new(Inner { kind, message: message.into(), position: Position::default() }))
    }

    /// An input or output failure on `file`.
    pub fn io(file: &str, error: &std::io::Error) -> Self {
        let kind = match error.kind() {
            std::io::ErrorKind::BrokenPipe => ErrorKind::BrokenPipe,
            _ => ErrorKind::Io,
        };
        let message = match error.kind() {
            std::io::ErrorKind::NotFound => "no such file".to_owned(),
            std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
            std::io::ErrorKind::StorageFull => "no space left on the disk".to_owned(),
            std::io::ErrorKind::QuotaExceeded => "the disk quota is used up".to_owned(),
            std::io::ErrorKind::IsADirectory => "this is a directory; a file is needed".to_owned(),
            _ => error.to_string(),
        };
        Error::new(kind, message).at(Position::file(file))
    }

    /// The same on `file`, which is to be made: what is not found then is its folder.
    pub fn making(file: &str, error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::NotFound => {
                Error::new(ErrorKind::Io, "there is no such folder to put it in").at(Position::file(file))
            }
            _ => Error::io(file, error),
        }
    }

    /// The same error with the parts of `position` that it does not have yet.
    #[must_use]
    pub fn at(mut self, position: Position) -> Self {
        let own = &mut self.0.position;
        own.file = own.file.take().or(position.file);
        own.record = own.record.or(position.record);
        own.line = own.line.or(position.line);
        own.byte = own.byte.or(position.byte);
        self
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Where it happened.
    pub fn position(&self) -> &Position {
        &self.0.position
    }

    /// The rule and the value, without the position.
    pub fn message(&self) -> &str {
        &self.0.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.position == Position::default() {
            f.write_str(&self.0.message)
        } else {
            write!(f, "{}: {}", self.0.position, self.0.message)
        }
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_puts_the_position_before_the_rule() {
        let error = Error::new(ErrorKind::EmptyText, "the text is empty").at(Position {
            file: Some("ads.csv".into()),
            record: Some(3),
            line: Some(5),
            byte: None,
        });
        assert_eq!(error.to_string(), "ads.csv, record 3, line 5: the text is empty");
    }

    #[test]
    fn at_keeps_what_is_known_already() {
        let error = Error::new(ErrorKind::Record, "x")
            .at(Position { record: Some(1), ..Position::default() })
            .at(Position { record: Some(9), line: Some(4), ..Position::default() });
        assert_eq!(error.position().record, Some(1));
        assert_eq!(error.position().line, Some(4));
    }

    #[test]
    fn error_is_send_and_sync() {
        fn check<T: Send + Sync + 'static>() {}
        check::<Error>();
    }
}
