//! A ledger that is looked at and reviewed by many while batch runs write it.
//!
//! Readers never wait, and a review waits for the run's transaction under way, a second at most. Only to make a new file, or to bring an
//! older one up to this version, a desk needs the right to write that a run holds.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, OpenFlags};

use super::claim::Claim;
use super::reviews::OpenTexts;
use super::run::{PATIENCE, moment};
use super::{failed, schema};
use crate::error::Result;

/// Connections that are kept open for the next question.
const IDLE: usize = 4;
/// Pages that a connection keeps in memory at most, in KiB: the indexes that the review queue goes through for every ad.
const CACHE: i64 = 64 << 10;

/// An open ledger. Share one between threads.
pub struct Desk {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    /// How many texts wait for people, counted last.
    counted: Mutex<Option<OpenTexts>>,
}

impl Desk {
    /// Opens the ledger at `path`, or makes one.
    ///
    /// # Errors
    /// `Usage` when it must be made or brought up, and a run is at it; `Layout` when the file is no ledger or of a later version; `Io`.
    pub fn open(path: &Path) -> Result<Desk> {
        let desk = Desk { path: path.to_owned(), idle: Mutex::default(), counted: Mutex::default() };
        let name = desk.name();
        let io = |error| failed(&name, &error);
        let current = match path.exists() {
            true => schema::version(&desk.connect()?, &name)? == schema::STEPS.len(),
            false => false,
        };
        if !current {
            let _claim = Claim::take(path, &moment(now()))?;
            let mut connection = Connection::open(path).map_err(io)?;
            connection.busy_timeout(PATIENCE).map_err(io)?;
            schema::version(&connection, &name)?;
            connection.pragma_update(None, "journal_mode", "wal").map_err(io)?;
            schema::migrate(&mut connection, &name, &schema::STEPS)?;
        }
        Ok(desk)
    }

    /// Does `work` on a connection of its own.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>) -> Result<T> {
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = match kept {
            Some(connection) => connection,
            None => self.connect()?,
        };
        let result = work(&mut connection).map_err(|error| failed(&self.name(), &error))?;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE {
            idle.push(connection);
        }
        Ok(result)
    }

    /// What was counted last.
    pub(super) fn counted(&self) -> Option<OpenTexts> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps what was counted.
    pub(super) fn count(&self, counted: OpenTexts) {
        *self.counted.lock().unwrap_or_else(PoisonError::into_inner) = Some(counted);
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn connect(&self) -> Result<Connection> {
        let io = |error| failed(&self.name(), &error);
        // Not created: a ledger that was taken away is not silently begun anew.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags).map_err(io)?;
        connection.busy_timeout(PATIENCE).map_err(io)?;
        connection.pragma_update(None, "cache_size", -CACHE).map_err(io)?;
        Ok(connection)
    }
}

/// Seconds since 1970.
pub(super) fn now() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::SystemTime::UNIX_EPOCH);
    now.map_or(0, |time| time.as_secs()) as i64
}
