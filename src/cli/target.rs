//! Where `batch` puts its output.

use std::io::{self, BufWriter, StdoutLock, Write};
use std::path::Path;

use crate::error::Error;
use crate::io::Partial;

/// Where the output goes, packed or not.
pub enum Target {
    /// A file under way.
    File(Partial),
    /// The standard output.
    Stream(BufWriter<StdoutLock<'static>>),
}

impl Target {
    /// Opens a file, which must be none of `inputs`, or the standard output (`-`).
    ///
    /// # Errors
    /// As [`Partial::create`].
    pub fn open(output: &str, inputs: &[String]) -> Result<Target, Error> {
        match output {
            "-" => Ok(Target::Stream(BufWriter::with_capacity(1 << 18, std::io::stdout().lock()))),
            path => Partial::create(Path::new(path), inputs).map(Target::File),
        }
    }

    /// Writes what is held back; a file appears under its name.
    ///
    /// # Errors
    /// When the disk or the reader of the standard output refuses.
    pub fn finish(self) -> Result<(), Error> {
        match self {
            Target::File(partial) => partial.finish(),
            Target::Stream(mut out) => out.flush().map_err(|error| Error::io("-", &error)),
        }
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Target::File(partial) => partial.write(bytes),
            Target::Stream(out) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Target::File(partial) => partial.flush(),
            Target::Stream(out) => out.flush(),
        }
    }
}
