//! Records of the input files, in chunks that travel together.

use std::sync::Arc;

use super::Observer;
use crate::error::Result;
use crate::io::{Files, ReadOptions, Row, Rows, Schema};

/// Records that travel together at most.
const CHUNK_RECORDS: usize = 128;
/// Bytes that travel together, about.
const CHUNK_BYTES: usize = 1 << 19;

/// Records of one file that travel together.
pub(super) struct Chunk {
    pub schema: Arc<Schema>,
    pub records: Vec<Row>,
}

/// The records of all files, in chunks.
pub(super) struct Chunks {
    files: Files,
    /// The file under way, and how many of its warnings were said.
    current: Option<(Rows, usize)>,
    /// Records that may still be read.
    left: u64,
    bytes_before: u64,
    notes: Vec<String>,
    warnings: Vec<String>,
}

impl Chunks {
    /// Looks at all `inputs`, of which `limit` records are read at most.
    ///
    /// Every file is opened before anything is written: a mistyped name must not cost half a run.
    pub fn open(
        inputs: &[String],
        options: &ReadOptions,
        limit: Option<u64>,
        observer: &mut dyn Observer,
    ) -> Result<Self> {
        Ok(Chunks::of(Files::open(inputs, options)?, limit, observer))
    }

    /// The records of `files`, of which `limit` are read at most.
    pub fn of(files: Files, limit: Option<u64>, observer: &mut dyn Observer) -> Self {
        files.warnings().iter().for_each(|warning| observer.warning(warning));
        let left = limit.unwrap_or(u64::MAX);
        Chunks { files, current: None, left, bytes_before: 0, notes: Vec::new(), warnings: Vec::new() }
    }

    /// The next records; none after the last.
    ///
    /// # Errors
    /// When a file has gone or cannot be read further.
    pub fn next(&mut self) -> Result<Option<Chunk>> {
        while self.left > 0 {
            let (rows, _) = match &mut self.current {
                Some(current) => current,
                none => match self.files.next_file()? {
                    Some(rows) => {
                        let said = rows.warnings().len();
                        none.insert((rows, said))
                    }
                    None => return Ok(None),
                },
            };
            let mut chunk = Chunk { schema: rows.schema(), records: Vec::new() };
            let most = CHUNK_RECORDS.min(usize::try_from(self.left).unwrap_or(usize::MAX));
            let mut size = 0;
            while chunk.records.len() < most && size < CHUNK_BYTES {
                let Some(row) = rows.next().transpose()? else { break };
                size += row.size();
                chunk.records.push(row);
            }
            if !chunk.records.is_empty() {
                self.left -= chunk.records.len() as u64;
                return Ok(Some(chunk));
            }
            self.close();
        }
        self.close();
        Ok(None)
    }

    /// Keeps what the file under way has to say now that no more of it is read.
    fn close(&mut self) {
        if let Some((done, said)) = self.current.take() {
            self.bytes_before += done.bytes_read();
            self.notes.push(done.charset_note());
            self.warnings.extend(done.warnings().iter().skip(said).cloned());
        }
    }

    /// Bytes of input read so far.
    pub fn bytes(&self) -> u64 {
        self.bytes_before + self.current.as_ref().map_or(0, |(rows, _)| rows.bytes_read())
    }

    /// Tells what files that are done had to say.
    pub fn tell(&mut self, observer: &mut dyn Observer) {
        self.notes.drain(..).for_each(|note| observer.note(&note));
        self.warnings.drain(..).for_each(|warning| observer.warning(&warning));
    }
}
