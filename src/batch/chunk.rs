//! Records of the input files, in chunks that travel together.

use std::collections::VecDeque;
use std::sync::Arc;

use super::Observer;
use crate::error::Result;
use crate::io::{self, ReadOptions, Row, Rows, Schema};

/// Records that travel together at most.
const CHUNK_RECORDS: usize = 128;
/// Bytes that travel together, about.
const CHUNK_BYTES: usize = 1 << 19;

/// Records of one file that travel together.
pub(super) struct Chunk {
    pub schema: Arc<Schema>,
    pub records: Vec<Result<Row>>,
}

/// The records of all files, in chunks.
pub(super) struct Chunks {
    /// Files not done yet, each with how many of its warnings were said.
    files: VecDeque<(Rows, usize)>,
    /// Records that may still be read.
    left: u64,
    bytes_before: u64,
    notes: Vec<String>,
    warnings: Vec<String>,
}

impl Chunks {
    /// Opens all `inputs`, of which `limit` records are read at most.
    ///
    /// Every file is opened before anything is written: a mistyped name must not cost half a run.
    pub fn open(
        inputs: &[String],
        options: &ReadOptions,
        limit: Option<u64>,
        observer: &mut dyn Observer,
    ) -> Result<Self> {
        let mut files = VecDeque::with_capacity(inputs.len());
        for input in inputs {
            let rows = io::open(input, options)?;
            rows.warnings().iter().for_each(|warning| observer.warning(warning));
            let said = rows.warnings().len();
            files.push_back((rows, said));
        }
        let left = limit.unwrap_or(u64::MAX);
        Ok(Chunks { files, left, bytes_before: 0, notes: Vec::new(), warnings: Vec::new() })
    }

    pub fn next(&mut self) -> Option<Chunk> {
        loop {
            let (rows, _) = self.files.front_mut()?;
            let mut chunk = Chunk { schema: rows.schema(), records: Vec::new() };
            let most = CHUNK_RECORDS.min(usize::try_from(self.left).unwrap_or(usize::MAX));
            let mut size = 0;
            while chunk.records.len() < most && size < CHUNK_BYTES {
                let Some(record) = rows.next() else { break };
                size += record.as_ref().map_or(0, Row::size);
                chunk.records.push(record);
            }
            if !chunk.records.is_empty() {
                self.left -= chunk.records.len() as u64;
                return Some(chunk);
            }
            if let Some((done, said)) = self.files.pop_front() {
                self.bytes_before += done.bytes_read();
                self.notes.push(done.charset_note());
                self.warnings.extend(done.warnings().iter().skip(said).cloned());
            }
        }
    }

    /// Bytes of input read so far.
    pub fn bytes(&self) -> u64 {
        self.bytes_before + self.files.front().map_or(0, |(rows, _)| rows.bytes_read())
    }

    /// Tells what files that are done had to say.
    pub fn tell(&mut self, observer: &mut dyn Observer) {
        self.notes.drain(..).for_each(|note| observer.note(&note));
        self.warnings.drain(..).for_each(|warning| observer.warning(&warning));
    }
}
