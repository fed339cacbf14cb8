//! All runs of a ledger, for people who look for a trend.

use rusqlite::{Connection, Row};

use super::desk::Desk;
use super::run::{Counts, moment};
use crate::error::Result;
use crate::model::{Distribution, Distributions};

/// One run.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its number.
    pub run: i64,
    /// `running`, `interrupted`, `abandoned` or `complete`.
    pub state: String,
    /// When it was first started (RFC 3339, UTC).
    pub started: String,
    /// When it ended.
    pub ended: Option<String>,
    /// From the first start to the end, in seconds.
    pub seconds: Option<i64>,
    /// How often it was started.
    pub starts: i64,
    /// Its model, as in records.
    pub model: String,
    /// What became of its records; `None` while that is not known.
    pub counts: Option<Counts>,
    /// How its scores were spread; empty for a run that is not complete.
    pub distributions: Distributions,
}

impl Desk {
    /// The last `limit` runs, the newest first.
    ///
    /// # Errors
    /// `Io` or `Layout` when the ledger cannot be read.
    pub fn runs(&self, limit: usize) -> Result<Vec<Run>> {
        self.with(|connection| {
            let query =
                "SELECT run, state, started, ended, starts, model, read, scored, unchanged, duplicates, quarantined,
                    skipped, vague, unsure, concrete, out_of_scope, unsupported
                FROM runs JOIN judges USING (judge) ORDER BY run DESC LIMIT ?";
            let mut statement = connection.prepare_cached(query)?;
            let runs = statement.query_map([limit as i64], run)?.collect::<rusqlite::Result<Vec<Run>>>()?;
            runs.into_iter().map(|run| Ok(Run { distributions: spread(connection, run.run)?, ..run })).collect()
        })
    }
}

fn run(row: &Row<'_>) -> rusqlite::Result<Run> {
    let (started, ended): (i64, Option<i64>) = (row.get(2)?, row.get(3)?);
    let count = |at: usize| row.get::<_, Option<i64>>(at).map(|count| count.unwrap_or(0) as u64);
    let known = row.get::<_, Option<i64>>(6)?.is_some();
    let counts = Counts {
        read: count(6)?,
        scored: count(7)?,
        unchanged: count(8)?,
        duplicates: count(9)?,
        quarantined: count(10)?,
        skipped: count(11)?,
        decisions: [count(12)?, count(13)?, count(14)?, count(15)?, count(16)?],
    };
    Ok(Run {
        run: row.get(0)?,
        state: row.get(1)?,
        started: moment(started),
        ended: ended.map(moment),
        seconds: ended.map(|ended| (ended - started).max(0)),
        starts: row.get(4)?,
        model: row.get(5)?,
        counts: known.then_some(counts),
        distributions: Distributions::default(),
    })
}

/// How the scores of a run are spread.
pub(super) fn spread(connection: &Connection, run: i64) -> rusqlite::Result<Distributions> {
    let mut all = Distributions::default();
    let mut statement = connection.prepare_cached("SELECT lang, head, bins FROM distributions WHERE run = ?")?;
    let mut rows = statement.query([run])?;
    while let Some(row) = rows.next()? {
        let bins: String = row.get(2)?;
        // Of other parts than this program counts in, a later one's perhaps: not to be compared with.
        if let Ok(found) = serde_json::from_str::<Distribution>(&bins) {
            let (lang, head): (String, String) = (row.get(0)?, row.get(1)?);
            all.insert(&lang, &head, &found);
        }
    }
    Ok(all)
}
