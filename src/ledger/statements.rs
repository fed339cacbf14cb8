//! The statements that put an entry into the tables.

use std::sync::Arc;

use rusqlite::{CachedStatement, Connection, params};

use super::writer::{Entry, NewScore, Score, Text};

/// Prepared for one run.
pub(super) struct Statements<'c> {
    run: i64,
    judge: i64,
    /// The highest number of a posting.
    top: i64,
    score: CachedStatement<'c>,
    scored: CachedStatement<'c>,
    posting: CachedStatement<'c>,
    describe: CachedStatement<'c>,
    state: CachedStatement<'c>,
    history: CachedStatement<'c>,
    flag: CachedStatement<'c>,
    /// The file of the last posting, with its number.
    last_file: Option<(Arc<str>, i64)>,
    file: CachedStatement<'c>,
    text: CachedStatement<'c>,
}

impl<'c> Statements<'c> {
    /// The statements for run `run`, whose verdicts are those of `judge`.
    pub fn prepare(connection: &'c Connection, run: i64, judge: i64) -> rusqlite::Result<Statements<'c>> {
        let prepare = |query| connection.prepare_cached(query);
        Ok(Statements {
            run,
            judge,
            top: connection.query_row("SELECT coalesce(max(posting), 0) FROM postings", [], |row| row.get(0))?,
            score: prepare(
                "INSERT INTO scores (judge, content, variant, run, decision, p_vague, verdict, quotes)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            )?,
            scored: prepare("SELECT score FROM scores WHERE judge = ? AND content = ? AND variant = ?")?,
            posting: prepare(
                "INSERT INTO postings (id, company, title, first_run) VALUES (?, ?, ?, ?) ON CONFLICT (id)
                 DO UPDATE SET company = excluded.company, title = excluded.title RETURNING posting",
            )?,
            describe: prepare(
                "UPDATE postings SET company = ?1, title = ?2 WHERE posting = ?3 AND (company <> ?1 OR title <> ?2)",
            )?,
            state: prepare(
                "INSERT INTO state (posting, seen, changed, judge, score, content, row, file)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (posting) DO UPDATE SET seen = excluded.seen,
                    changed = excluded.changed, judge = excluded.judge, score = excluded.score,
                    content = excluded.content, row = excluded.row, file = excluded.file",
            )?,
            history: prepare(
                "INSERT OR REPLACE INTO history (posting, run, score)
                 SELECT posting, changed, score FROM state WHERE posting = ?1 AND changed < ?2 AND score <> ?3",
            )?,
            flag: prepare("UPDATE postings SET flagged_run = ? WHERE posting = ? AND flagged_run IS NULL")?,
            last_file: None,
            file: prepare(
                "INSERT INTO files (name) VALUES (?) ON CONFLICT DO UPDATE SET name = excluded.name RETURNING file",
            )?,
            text: prepare("INSERT INTO texts (content, title, text) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")?,
        })
    }

    /// Puts in one entry.
    pub fn entry(&mut self, entry: &Entry) -> rusqlite::Result<()> {
        let score = self.score(&entry.score)?;
        if let Some(Text { content, title, text }) = entry.text.as_deref() {
            self.text.execute(params![content, title, text])?;
        }
        let Some(posted) = &entry.posted else { return Ok(()) };
        let (posting, changed) = match posted.known {
            None => {
                let words = params![posted.id, posted.company, posted.title, self.run];
                (self.posting.query_row(words, |row| row.get(0))?, true)
            }
            Some(known) => {
                let words = params![posted.company, posted.title, known.posting];
                self.describe.execute(words)?;
                (known.posting, known.score != score)
            }
        };
        let since = if changed { self.run } else { posted.known.map_or(self.run, |known| known.changed) };
        let (content, row, file) = (posted.content as i64, posted.row as i64, self.file(&posted.source)?);
        if changed && posting <= self.top {
            self.history.execute(params![posting, self.run, score])?;
        }
        self.top = self.top.max(posting);
        self.state.execute(params![posting, self.run, since, self.judge, score, content, row, file])?;
        if posted.flagged {
            self.flag.execute([self.run, posting])?;
        }
        Ok(())
    }

    /// The number of a file; rows of one stand together.
    fn file(&mut self, name: &Arc<str>) -> rusqlite::Result<i64> {
        match &self.last_file {
            Some((last, file)) if last == name => Ok(*file),
            _ => {
                let file = self.file.query_row([name], |row| row.get(0))?;
                self.last_file = Some((Arc::clone(name), file));
                Ok(file)
            }
        }
    }

    fn score(&mut self, score: &Score) -> rusqlite::Result<i64> {
        let new = match score {
            Score::Known(score) => return Ok(*score),
            Score::New(new) => &**new,
        };
        let NewScore { content, variant, decision, p_vague, verdict, quotes } = new;
        let inserted =
            self.score.insert(params![self.judge, content, variant, self.run, decision, p_vague, verdict, quotes]);
        match inserted {
            Err(rusqlite::Error::StatementChangedRows(0)) => {
                self.scored.query_row(params![self.judge, content, variant], |row| row.get(0))
            }
            other => other,
        }
    }
}
