//! One writer at a time: a lock that the system holds for a living process, and takes back from a dead one.
//!
//! The lock is on a file beside the ledger, not on the ledger: SQLite's own locks are lost when a second handle on its
//! file is closed. What the file says of the process is only for the message; what counts is the lock. But a run that it names was not
//! left in order: its process died, perhaps after the run was complete and before anybody was told.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Position, Result};

/// The right to write a ledger, given up when it is dropped or its process ends, however that may be.
#[derive(Debug)]
pub(super) struct Claim {
    file: File,
    left: Option<i64>,
}

/// What stands before the number of the run.
const RUN: &str = ", run ";

impl Claim {
    /// Takes the claim on the ledger at `path`; `now` is for the message that the next one gets.
    ///
    /// # Errors
    /// `Usage` with process and time of the writer that holds it.
    pub fn take(path: &Path, now: &str) -> Result<Claim> {
        let name = path.display().to_string();
        let mut beside = path.as_os_str().to_owned();
        beside.push(".lock");
        let beside = PathBuf::from(beside);
        let io = |error: std::io::Error| Error::making(&beside.display().to_string(), &error);
        let mut file = File::options().read(true).write(true).create(true).truncate(false).open(&beside).map_err(io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // A writer that has not said yet who it is has the lock all the same.
                let _ = file.read_to_string(&mut holder);
                let holder = match holder.trim() {
                    "" => "another process",
                    known => known,
                };
                let rule =
                    format!("a ledger has one writer at a time, and {holder} is writing this one; try again later");
                return Err(Error::new(ErrorKind::Usage, rule).at(Position::file(name)));
            }
            Err(TryLockError::Error(error)) => return Err(io(error)),
        }
        let mut last = Vec::new();
        file.read_to_end(&mut last).map_err(io)?;
        let last = String::from_utf8_lossy(&last);
        let left = last.trim_end().rsplit_once(RUN).and_then(|(_, run)| run.parse().ok());
        let line = format!("process {} (since {now})", std::process::id());
        file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(line.as_bytes())).map_err(io)?;
        Ok(Claim { file, left })
    }

    /// The run that the last process to hold the claim has not left in order.
    pub fn left(&self) -> Option<i64> {
        self.left
    }

    /// Names the run under way.
    pub fn enter(&mut self, run: i64) -> std::io::Result<()> {
        self.file.write_all(format!("{RUN}{run}\n").as_bytes()).and_then(|()| self.file.sync_data())
    }

    /// Gives the claim up after a run that is over, and nobody has to do it again.
    pub fn leave(self) -> std::io::Result<()> {
        self.file.set_len(0).and_then(|()| self.file.sync_data())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_writer_is_told_who_and_when() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger");
        let first = Claim::take(&path, "2026-01-02T03:04:05Z").unwrap();
        let error = Claim::take(&path, "later").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
        let text = error.to_string();
        assert!(text.contains(&format!("process {}", std::process::id())), "{text}");
        assert!(text.contains("2026-01-02T03:04:05Z"), "{text}");
        drop(first);
        Claim::take(&path, "later").unwrap();
    }

    #[test]
    fn a_run_that_was_not_left_in_order_is_named_to_the_next_process_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger");
        let mut claim = Claim::take(&path, "then").unwrap();
        assert_eq!(claim.left(), None);
        claim.enter(12).unwrap();
        drop(claim);
        let claim = Claim::take(&path, "now").unwrap();
        assert_eq!(claim.left(), Some(12));
        drop(claim);
        let mut claim = Claim::take(&path, "later").unwrap();
        assert_eq!(claim.left(), None);
        claim.enter(13).unwrap();
        claim.leave().unwrap();
        assert_eq!(Claim::take(&path, "at last").unwrap().left(), None);
    }
}
