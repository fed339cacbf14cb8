//! How the scores of complete runs are spread: kept by one run, compared with by the next.

use rusqlite::{Connection, OptionalExtension, params};

use super::run::{Counts, moment};
use super::runs::spread;
use crate::model::Distributions;

/// An earlier complete run, to compare with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Previous {
    /// Its number.
    pub run: i64,
    /// When it was started (RFC 3339, UTC).
    pub started: String,
    /// Its model, as in records.
    pub model: String,
    /// Whether model and settings were those of the run under way.
    pub same_judge: bool,
    /// Whether it was the same command: the same names of files, too.
    pub same_command: bool,
    /// What became of its records.
    pub counts: Counts,
    /// How its scores were spread.
    pub distributions: Distributions,
}

/// Keeps those of run `run`.
pub(super) fn keep(connection: &Connection, run: i64, all: &Distributions) -> rusqlite::Result<()> {
    let mut statement =
        connection.prepare("INSERT OR REPLACE INTO distributions (run, lang, head, bins) VALUES (?, ?, ?, ?)")?;
    for (lang, head, found) in all.iter() {
        let bins =
            serde_json::to_string(found).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        statement.execute(params![run, lang, head, bins])?;
    }
    Ok(())
}

/// The run before `run` that is best compared with: the last of the same command, or else the last.
pub(super) fn previous(
    connection: &Connection,
    run: i64,
    judge: i64,
    command: &str,
) -> rusqlite::Result<Option<Previous>> {
    let query = "SELECT run, started, model, judge = ?, command = ?, read, scored, unchanged, duplicates, quarantined,
            skipped, vague, unsure, concrete, out_of_scope, unsupported
        FROM runs JOIN judges USING (judge)
        WHERE state = 'complete' AND run < ? AND run IN (SELECT run FROM distributions)
        ORDER BY command = ? DESC, run DESC LIMIT 1";
    let found = connection
        .query_row(query, params![judge, command, run, command], |row| {
            let count = |at: usize| row.get::<_, Option<i64>>(at).map(|count| count.unwrap_or(0) as u64);
            Ok(Previous {
                run: row.get(0)?,
                started: moment(row.get(1)?),
                model: row.get(2)?,
                same_judge: row.get(3)?,
                same_command: row.get(4)?,
                counts: Counts {
                    read: count(5)?,
                    scored: count(6)?,
                    unchanged: count(7)?,
                    duplicates: count(8)?,
                    quarantined: count(9)?,
                    skipped: count(10)?,
                    decisions: [count(11)?, count(12)?, count(13)?, count(14)?, count(15)?],
                },
                distributions: Distributions::default(),
            })
        })
        .optional()?;
    let Some(mut previous) = found else { return Ok(None) };
    previous.distributions = spread(connection, previous.run)?;
    Ok(Some(previous))
}
