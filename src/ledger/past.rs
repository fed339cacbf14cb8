//! The history of one posting, read back for a person who asks why.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension};

use super::{codec, failed, lookup, run::moment, schema};
use crate::error::{Error, ErrorKind, Position, Result};
use crate::score::Verdict;

/// What the ledger knows of one posting.
#[derive(Clone, Debug, PartialEq)]
pub struct Past {
    /// Its id.
    pub id: String,
    /// The employer; empty when unknown.
    pub company: String,
    /// Its title when it was last seen; empty when it has none.
    pub title: String,
    /// The file it stood in when it was found as it is.
    pub source: String,
    /// When the first run that saw it was started (RFC 3339, UTC), and the last.
    pub seen: (String, String),
    /// When it was first flagged as vague.
    pub flagged: Option<String>,
    /// What was said of it, the earliest first.
    pub chapters: Vec<Chapter>,
}

/// A text of the posting, and what was said of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Chapter {
    /// The number of the run that found it so.
    pub run: i64,
    /// When that was started (RFC 3339, UTC).
    pub time: String,
    /// The text's content hash, 32 hexadecimal digits.
    pub content: String,
    /// The model, as in records.
    pub model: String,
    /// The settings of the judgement.
    pub settings: String,
    /// The verdict; its spans count bytes of a text that the ledger does not keep.
    pub verdict: Verdict,
    /// The quotes of the evidence of reasons that fired, reason by reason, and then of the deliverables; empty when the ad was not judged.
    pub quotes: Vec<String>,
}

/// The history of the posting `id` in the ledger at `path`; `None` when it never saw one.
///
/// # Errors
/// `Io` when there is no such file, `Layout` when it is no ledger, of another version or damaged.
pub fn past(path: &Path, id: &str) -> Result<Option<Past>> {
    let name = path.display().to_string();
    let connection = lookup::open(path)?;
    let version = schema::version(&connection, &name)?;
    if version != schema::STEPS.len() {
        let rule =
            format!("the ledger is of version {version}; the next run on it brings it to {}", schema::STEPS.len());
        return Err(Error::new(ErrorKind::Layout, rule).at(Position::file(name)));
    }
    let found = posting(&connection, id).map_err(|error| failed(&name, &error))?;
    let Some((posting, mut past)) = found else { return Ok(None) };
    let chapters = chapters(&connection, posting).map_err(|error| failed(&name, &error))?;
    past.chapters = chapters.into_iter().collect::<Option<_>>().ok_or_else(|| {
        Error::new(ErrorKind::Layout, format!("a score of posting {id:?} is damaged")).at(Position::file(name))
    })?;
    Ok(Some(past))
}

fn posting(connection: &Connection, id: &str) -> rusqlite::Result<Option<(i64, Past)>> {
    let query = "SELECT p.posting, p.company, p.title, f.name, first.started, last.started, flagged.started
        FROM postings p JOIN state USING (posting) JOIN files f USING (file) JOIN last_seen l USING (posting)
        JOIN runs first ON first.run = p.first_run JOIN runs last ON last.run = l.run LEFT JOIN runs flagged ON flagged.run = p.flagged_run WHERE p.id = ?";
    connection
        .query_row(query, [id], |row| {
            let past = Past {
                id: id.to_owned(),
                company: row.get(1)?,
                title: row.get(2)?,
                source: row.get(3)?,
                seen: (moment(row.get(4)?), moment(row.get(5)?)),
                flagged: row.get::<_, Option<i64>>(6)?.map(moment),
                chapters: Vec::new(),
            };
            Ok((row.get(0)?, past))
        })
        .optional()
}

fn chapters(connection: &Connection, posting: i64) -> rusqlite::Result<Vec<Option<Chapter>>> {
    let query = "SELECT h.run, r.started, lower(hex(s.content)), j.model, j.settings, s.verdict, s.quotes
        FROM chapters h JOIN runs r ON r.run = h.run JOIN scores s ON s.score = h.score
        JOIN judges j ON j.judge = s.judge WHERE h.posting = ? ORDER BY h.run";
    let mut statement = connection.prepare(query)?;
    let rows = statement.query_map([posting], |row| {
        let Some(verdict) = codec::decode(row.get_ref(5)?.as_blob()?) else { return Ok(None) };
        Ok(Some(Chapter {
            run: row.get(0)?,
            time: moment(row.get(1)?),
            content: row.get(2)?,
            model: row.get(3)?,
            settings: row.get(4)?,
            verdict,
            quotes: codec::decode_quotes(row.get_ref(6)?.as_blob()?),
        }))
    })?;
    rows.collect()
}
