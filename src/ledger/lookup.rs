//! Questions of a worker to the ledger, each on a connection of its own: SQLite lets many read while one writes.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use super::{Content, codec, failed};
use crate::error::{Error, ErrorKind, Position, Result};
use crate::score::{Decision, Verdict};

/// A verdict that is in the ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// Its number.
    pub score: i64,
    /// The run that scored it.
    pub run: i64,
    /// The verdict.
    pub verdict: Verdict,
}

/// A posting that is in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posting {
    /// Its number.
    pub posting: i64,
    /// Its latest score.
    pub score: i64,
    /// The run that found it so.
    pub changed: i64,
}

/// A reader of the ledger for one thread.
pub struct Lookup {
    connection: Connection,
    name: String,
    judge: i64,
}

/// How more connections to a ledger are opened: for reading only, one thread each.
pub(super) const READ: OpenFlags = OpenFlags::SQLITE_OPEN_READ_ONLY.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// Opens the file for reading only.
///
/// # Errors
/// `Io` when there is none.
pub(super) fn open(path: &Path) -> Result<Connection> {
    let name = path.display().to_string();
    // SQLite would say only that it cannot; the system says why.
    std::fs::metadata(path).map_err(|error| Error::io(&name, &error))?;
    let connection = Connection::open_with_flags(path, READ).map_err(|error| failed(&name, &error))?;
    connection.busy_timeout(super::run::PATIENCE).map_err(|error| failed(&name, &error))?;
    Ok(connection)
}

impl Lookup {
    /// A reader of the scores of `judge`.
    pub(super) fn new(path: &Path, judge: i64) -> Result<Lookup> {
        Ok(Lookup { connection: open(path)?, name: path.display().to_string(), judge })
    }

    /// The verdict on a content, if it is known.
    ///
    /// # Errors
    /// `Io` or `Layout` when the ledger cannot be read.
    pub fn score(&self, content: &Content, variant: i64) -> Result<Option<Known>> {
        let query = "SELECT score, run, verdict FROM scores WHERE judge = ? AND content = ? AND variant = ?";
        let read = || -> rusqlite::Result<Option<(i64, i64, Option<Verdict>)>> {
            let mut statement = self.connection.prepare_cached(query)?;
            statement
                .query_row(params![self.judge, content, variant], |row| {
                    Ok((row.get(0)?, row.get(1)?, codec::decode(row.get_ref(2)?.as_blob()?)))
                })
                .optional()
        };
        self.known(read().map_err(|error| failed(&self.name, &error))?)
    }

    /// Score number `score`, if it is of that content.
    ///
    /// # Errors
    /// As [`Lookup::score`].
    pub fn numbered(&self, score: u32, content: &Content, variant: i64) -> Result<Option<Known>> {
        let query = "SELECT score, run, verdict, content, variant FROM scores WHERE score = ?";
        let read = || -> rusqlite::Result<Option<(i64, i64, Option<Verdict>)>> {
            let mut statement = self.connection.prepare_cached(query)?;
            let mut rows = statement.query([score])?;
            let Some(row) = rows.next()? else { return Ok(None) };
            if row.get_ref(3)?.as_blob()? != content || row.get::<_, i64>(4)? != variant {
                return Ok(None);
            }
            Ok(Some((row.get(0)?, row.get(1)?, codec::decode(row.get_ref(2)?.as_blob()?))))
        };
        self.known(read().map_err(|error| failed(&self.name, &error))?)
    }

    fn known(&self, found: Option<(i64, i64, Option<Verdict>)>) -> Result<Option<Known>> {
        let Some((score, run, verdict)) = found else { return Ok(None) };
        let verdict = verdict.ok_or_else(|| {
            let rule = format!("score {score} is damaged; move the ledger away, and a run makes a new one");
            Error::new(ErrorKind::Layout, rule).at(Position::file(self.name.as_str()))
        })?;
        Ok(Some(Known { score, run, verdict }))
    }

    /// The decision of score number `score`.
    ///
    /// # Errors
    /// As [`Lookup::score`].
    pub fn decision(&self, score: u32) -> Result<Option<Decision>> {
        let query = "SELECT verdict FROM scores WHERE score = ?";
        let read = || {
            let verdict = |row: &rusqlite::Row<'_>| Ok(codec::decode(row.get_ref(0)?.as_blob()?));
            self.connection.query_row(query, [score], verdict).optional()
        };
        let found = read().map_err(|error| failed(&self.name, &error))?;
        Ok(found.flatten().map(|verdict| verdict.decision))
    }

    /// The posting with that id, if it is known.
    ///
    /// # Errors
    /// As [`Lookup::score`].
    pub fn posting(&self, id: &str) -> Result<Option<Posting>> {
        // As a join, SQLite would plan it anew for every id.
        let query =
            "SELECT posting, score, changed FROM state WHERE posting = (SELECT posting FROM postings WHERE id = ?)";
        let read = || -> rusqlite::Result<Option<Posting>> {
            let mut statement = self.connection.prepare_cached(query)?;
            statement
                .query_row([id], |row| Ok(Posting { posting: row.get(0)?, score: row.get(1)?, changed: row.get(2)? }))
                .optional()
        };
        read().map_err(|error| failed(&self.name, &error))
    }

    /// True when the text of that content is kept.
    ///
    /// # Errors
    /// As [`Lookup::score`].
    pub fn has_text(&self, content: &Content) -> Result<bool> {
        let query = "SELECT EXISTS (SELECT 1 FROM texts WHERE content = ?)";
        let read = || self.connection.prepare_cached(query)?.query_row([content], |row| row.get(0));
        read().map_err(|error| failed(&self.name, &error))
    }

    /// The run that first saw posting number `posting`.
    ///
    /// # Errors
    /// As [`Lookup::score`].
    pub fn first_run(&self, posting: i64) -> Result<Option<i64>> {
        let query = "SELECT first_run FROM postings WHERE posting = ?";
        let read = || self.connection.prepare_cached(query)?.query_row([posting], |row| row.get(0)).optional();
        read().map_err(|error| failed(&self.name, &error))
    }

    /// The id of posting number `posting`.
    ///
    /// # Errors
    /// As [`Lookup::score`].
    pub fn id(&self, posting: u32) -> Result<Option<String>> {
        let query = "SELECT id FROM postings WHERE posting = ?";
        let read = || self.connection.query_row(query, [posting], |row| row.get(0)).optional();
        read().map_err(|error| failed(&self.name, &error))
    }
}
