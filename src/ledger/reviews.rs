//! What people say of ads: which are waiting to be looked at, and what was said.
//!
//! A review is of a text under the verdict it had; the same text under another id needs no second one. A second review by the same
//! person takes the place of the first.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::desk::{Desk, now};
use super::run::moment;
use super::{Content, codec};
use crate::ad::{Ad, Source};
use crate::error::Result;
use crate::label::{Labels, REASONS, SCOPE, VAGUE};
use crate::score::Verdict;

/// Whether a person agrees with the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opinion {
    /// Yes.
    Agree,
    /// No.
    Disagree,
    /// They cannot tell.
    Skip,
}

impl Opinion {
    /// The word that the ledger keeps.
    pub fn as_str(self) -> &'static str {
        match self {
            Opinion::Agree => "agree",
            Opinion::Disagree => "disagree",
            Opinion::Skip => "skip",
        }
    }

    /// Reads [`Opinion::as_str`].
    pub fn parse(word: &str) -> Option<Opinion> {
        [Opinion::Agree, Opinion::Disagree, Opinion::Skip].into_iter().find(|opinion| opinion.as_str() == word)
    }
}

/// What one person says of one ad.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// Who.
    pub reviewer: String,
    /// Whether they agree with the model.
    pub opinion: Opinion,
    /// Labels by head: vague, scope, reasons. What is not there is unknown.
    pub labels: Labels,
    /// For people.
    pub note: String,
}

/// A review that is in the ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct Review {
    /// Its number.
    pub review: i64,
    /// The text it is of.
    pub content: Content,
    /// The id of the posting that was shown.
    pub posting: String,
    /// The title of that.
    pub title: String,
    /// The employer of that; empty when unknown.
    pub company: String,
    /// When (RFC 3339, UTC).
    pub time: String,
    /// What was said.
    pub said: Said,
    /// What the model had decided.
    pub decision: String,
    /// The probability that it had given.
    pub p_vague: Option<f64>,
}

/// An ad that may be looked at, in short.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Waiting {
    /// Its score.
    pub score: i64,
    /// Its text.
    pub content: Content,
    /// The probability that it is vague.
    pub p_vague: f64,
}

/// The ads that one person may look at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Waitlist {
    /// Flagged and unsure ones that they have not reviewed and whose texts are kept, the nearest to the middle first.
    pub nearest: Vec<Waiting>,
    /// How many of those there are in all.
    pub waiting: u64,
    /// How many they have reviewed.
    pub reviewed: u64,
    /// How many flagged and unsure ads cannot be shown.
    pub without_text: u64,
}

/// An ad with what is known of it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The ad; its source is the beginning of the file it was found in, for the ledger knows no more.
    pub ad: Ad,
    /// What the model said.
    pub verdict: Verdict,
    /// When the first run that saw it was started (RFC 3339, UTC), and the last.
    pub seen: (String, String),
    /// Reviewers who said that it is vague, and who said that it is not.
    pub said: (u32, u32),
}

/// Scores that may wait for a person: flagged and unsure, and the last of a posting as it was last seen.
const OPEN: &str = "s.decision IN ('vague', 'unsure') AND EXISTS (SELECT 1 FROM state WHERE state.score = s.score)";
/// Of those, the ones that a reviewer can be shown: the text is kept, and they have not reviewed it.
const SHOWABLE: &str = "EXISTS (SELECT 1 FROM texts t WHERE t.content = s.content)
    AND NOT EXISTS (SELECT 1 FROM reviews r WHERE r.content = s.content AND r.reviewer = ?1)";

/// The queries of [`Desk::waitlist`]: those nearest to a probability from above and from below, read from an index in that order
/// and no further than needed; how many texts are open, by whether they are kept; how many of these one person has reviewed.
fn queries() -> [String; 4] {
    let nearest = |side: &str, order: &str| {
        format!(
            "SELECT s.score, s.content, s.p_vague FROM scores s WHERE {OPEN} AND s.p_vague {side} ?2 AND {SHOWABLE}
            ORDER BY s.p_vague {order} LIMIT ?3"
        )
    };
    let open = format!(
        "SELECT kept, count(*) FROM (SELECT DISTINCT s.content,
            EXISTS (SELECT 1 FROM texts t WHERE t.content = s.content) AS kept FROM scores s WHERE {OPEN}) GROUP BY kept"
    );
    let mine = format!(
        "SELECT count(*) FROM reviews r WHERE r.reviewer = ?1 AND EXISTS (SELECT 1 FROM texts t WHERE t.content = r.content)
            AND EXISTS (SELECT 1 FROM judges j CROSS JOIN scores s ON s.judge = j.judge AND s.content = r.content WHERE {OPEN})"
    );
    [nearest(">=", "ASC"), nearest("<", "DESC"), open, mine]
}

/// What changes with every run, and is found at once: a count holds as long as this does.
const AGE: &str = "SELECT (SELECT max(score) FROM scores), (SELECT max(rowid) FROM texts), (SELECT count(*) FROM runs),
    (SELECT state FROM runs ORDER BY run DESC LIMIT 1)";

/// How many texts are open, with and without being kept, as of an age of the ledger.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct OpenTexts {
    age: [Option<String>; 4],
    kept: u64,
    lost: u64,
}

/// What is shown of one score.
const SHOWN: &str = "SELECT p.id, t.title, t.text, p.company, f.name, s.verdict, first.started, last.started,
        (SELECT count(*) FROM reviews r WHERE r.content = s.content AND r.label = 'vague'),
        (SELECT count(*) FROM reviews r WHERE r.content = s.content AND r.label = 'concrete')
    FROM scores s JOIN texts t ON t.content = s.content JOIN state now ON now.score = s.score JOIN files f ON f.file = now.file
        JOIN postings p ON p.posting = now.posting JOIN runs first ON first.run = p.first_run
        JOIN last_seen l ON l.posting = now.posting JOIN runs last ON last.run = l.run
    WHERE s.score = ? ORDER BY p.posting LIMIT 1";

/// What was last said of one text. Judges are few, and their scores are found by judge and content.
const DECIDED: &str = "SELECT s.score, now.posting, s.decision, s.p_vague
    FROM judges j CROSS JOIN scores s ON s.judge = j.judge AND s.content = ? CROSS JOIN state now ON now.score = s.score
    ORDER BY s.score DESC, now.posting LIMIT 1";

impl Desk {
    /// What `reviewer` may look at: the `most` whose probabilities are nearest to `middle`, and how many there are.
    ///
    /// # Errors
    /// `Io` or `Layout` when the ledger cannot be read.
    pub fn waitlist(&self, reviewer: &str, middle: f64, most: usize) -> Result<Waitlist> {
        let [above, below, open, mine] = queries();
        let counted = self.counted();
        let (list, counted) = self.with(|connection| {
            let transaction = connection.transaction()?;
            let age = transaction.query_row(AGE, [], |row| {
                let number = |at: usize| row.get::<_, Option<i64>>(at).map(|n| n.map(|n| n.to_string()));
                Ok([number(0)?, number(1)?, number(2)?, row.get(3)?])
            })?;
            let counted = match counted {
                Some(counted) if counted.age == age => counted,
                _ => count_open(&transaction, &open, age)?,
            };
            let mine: i64 = transaction.query_row(&mine, [reviewer], |row| row.get(0))?;
            let reviewed = "SELECT count(*) FROM reviews WHERE reviewer = ?";
            let reviewed: i64 = transaction.query_row(reviewed, [reviewer], |row| row.get(0))?;
            let mut nearest = Vec::new();
            for query in [above, below] {
                let mut statement = transaction.prepare_cached(&query)?;
                let found = statement.query_map(params![reviewer, middle, most as i64], |row| {
                    Ok(Waiting { score: row.get(0)?, content: row.get(1)?, p_vague: row.get(2)? })
                })?;
                nearest.extend(found.collect::<rusqlite::Result<Vec<_>>>()?);
            }
            // A text that was judged under several settings waits once, under the last.
            nearest.sort_by(|a: &Waiting, b| a.content.cmp(&b.content).then(b.score.cmp(&a.score)));
            nearest.dedup_by_key(|one| one.content);
            let far = |one: &Waiting| (one.p_vague - middle).abs();
            nearest.sort_by(|a, b| far(a).total_cmp(&far(b)).then(a.content.cmp(&b.content)));
            nearest.truncate(most);
            let waiting = counted.kept.saturating_sub(mine as u64).max(nearest.len() as u64);
            let list = Waitlist { nearest, waiting, reviewed: reviewed as u64, without_text: counted.lost };
            Ok((list, counted))
        })?;
        self.count(counted);
        Ok(list)
    }

    /// The ad of score number `score`; `None` when its text is not kept, no posting has it any more, or it is damaged.
    ///
    /// # Errors
    /// As [`Desk::waitlist`].
    pub fn shown(&self, score: i64) -> Result<Option<Shown>> {
        self.with(|connection| {
            let found = connection
                .prepare_cached(SHOWN)?
                .query_row([score], |row| {
                    let Some(verdict) = codec::decode(row.get_ref(5)?.as_blob()?) else { return Ok(None) };
                    let (id, title, text): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
                    let mut ad = Ad::new(id, &title, &text);
                    ad.company = row.get(3)?;
                    ad.source = Source { file: row.get::<_, String>(4)?.into(), record: 1, line: 1 };
                    let seen = (moment(row.get(6)?), moment(row.get(7)?));
                    Ok(Some(Shown { ad, verdict, seen, said: (row.get(8)?, row.get(9)?) }))
                })
                .optional()?;
            Ok(found.flatten())
        })
    }

    /// The newest texts that anybody has reviewed, `limit` at most: title and text.
    ///
    /// # Errors
    /// As [`Desk::waitlist`].
    pub fn reviewed_texts(&self, limit: usize) -> Result<Vec<(String, String)>> {
        self.with(|connection| {
            let query = "SELECT t.title, t.text FROM texts t JOIN (SELECT content, max(review) AS newest FROM reviews
                GROUP BY content ORDER BY newest DESC LIMIT ?) USING (content)";
            let mut statement = connection.prepare_cached(query)?;
            statement.query_map([limit as i64], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        })
    }

    /// What the model last said of the text: the number of the score, the decision, the probability, and the posting's number.
    /// `None` when no posting has it.
    ///
    /// # Errors
    /// As [`Desk::waitlist`].
    pub fn decided(&self, content: &Content) -> Result<Option<Decided>> {
        self.with(|connection| decided(connection, content))
    }

    /// Keeps what was said of a text that `decided` is of; gives the review.
    ///
    /// # Errors
    /// As [`Desk::waitlist`]; `Io` when the ledger stays locked.
    pub fn review(&self, content: &Content, decided: &Decided, said: &Said) -> Result<Review> {
        self.with(|connection| {
            let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            let labels = &said.labels;
            let label = labels.get(VAGUE).map(|vague| if vague { "vague" } else { "concrete" });
            let query = "INSERT INTO reviews
                    (content, score, posting, reviewer, time, verdict, label, scope, vagueness, reasons, note)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (content, reviewer) DO UPDATE SET score = excluded.score, posting = excluded.posting,
                    time = excluded.time, verdict = excluded.verdict, label = excluded.label, scope = excluded.scope,
                    vagueness = excluded.vagueness, reasons = excluded.reasons, note = excluded.note
                RETURNING review";
            let values = params![
                content,
                decided.score,
                decided.posting,
                said.reviewer,
                now(),
                said.opinion.as_str(),
                label,
                labels.get(SCOPE),
                labels.vagueness,
                reasons_text(labels),
                said.note
            ];
            let number: i64 = transaction.query_row(query, values, |row| row.get(0))?;
            let kept = transaction.query_row(&format!("{REVIEWS} WHERE w.review = ?"), [number], review)?;
            transaction.commit()?;
            Ok(kept)
        })
    }

    /// Takes a review back; false when there is none of that number.
    ///
    /// # Errors
    /// As [`Desk::review`].
    pub fn unreview(&self, review: i64) -> Result<bool> {
        self.with(|connection| Ok(connection.execute("DELETE FROM reviews WHERE review = ?", [review])? > 0))
    }

    /// All reviews, the newest first.
    ///
    /// # Errors
    /// As [`Desk::waitlist`].
    pub fn reviews(&self) -> Result<Vec<Review>> {
        self.with(|connection| {
            let mut statement = connection.prepare_cached(&format!("{REVIEWS} ORDER BY w.time DESC, w.review DESC"))?;
            statement.query_map([], review)?.collect()
        })
    }

    /// Title and text of that content, where they are kept.
    ///
    /// # Errors
    /// As [`Desk::waitlist`].
    pub fn text(&self, content: &Content) -> Result<Option<(String, String)>> {
        self.with(|connection| {
            let mut statement = connection.prepare_cached("SELECT title, text FROM texts WHERE content = ?")?;
            statement.query_row([content], |row| Ok((row.get(0)?, row.get(1)?))).optional()
        })
    }
}

fn count_open(connection: &Connection, query: &str, age: [Option<String>; 4]) -> rusqlite::Result<OpenTexts> {
    let mut open = OpenTexts { age, kept: 0, lost: 0 };
    let mut statement = connection.prepare_cached(query)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let count: i64 = row.get(1)?;
        *(if row.get(0)? { &mut open.kept } else { &mut open.lost }) = count as u64;
    }
    Ok(open)
}

/// What the model last said of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Decided {
    score: i64,
    posting: i64,
    /// The decision, as in records.
    pub decision: String,
    /// The probability that it is vague.
    pub p_vague: Option<f64>,
}

fn decided(connection: &Connection, content: &Content) -> rusqlite::Result<Option<Decided>> {
    let mut statement = connection.prepare_cached(DECIDED)?;
    let read = |row: &Row<'_>| {
        Ok(Decided { score: row.get(0)?, posting: row.get(1)?, decision: row.get(2)?, p_vague: row.get(3)? })
    };
    statement.query_row([content], read).optional()
}

const REVIEWS: &str =
    "SELECT w.review, w.content, p.id, p.title, p.company, w.time, w.reviewer, w.verdict, w.label, w.scope,
    w.vagueness, w.reasons, w.note, s.decision, s.p_vague
    FROM reviews w JOIN scores s USING (score) JOIN postings p ON p.posting = w.posting";

fn review(row: &Row<'_>) -> rusqlite::Result<Review> {
    let mut labels = Labels::default();
    if let Some(label) = row.get::<_, Option<String>>(8)? {
        labels.set(VAGUE, label == "vague");
    }
    if let Some(scope) = row.get(9)? {
        labels.set(SCOPE, scope);
    }
    labels.vagueness = row.get(10)?;
    let reasons: String = row.get(11)?;
    // Written by this program; what another has changed beyond reading says nothing.
    let reasons: std::collections::BTreeMap<String, bool> = serde_json::from_str(&reasons).unwrap_or_default();
    for reason in REASONS {
        if let Some(&value) = reasons.get(reason) {
            labels.set(reason, value);
        }
    }
    let opinion: String = row.get(7)?;
    Ok(Review {
        review: row.get(0)?,
        content: row.get(1)?,
        posting: row.get(2)?,
        title: row.get(3)?,
        company: row.get(4)?,
        time: moment(row.get(5)?),
        said: Said {
            reviewer: row.get(6)?,
            opinion: Opinion::parse(&opinion).unwrap_or(Opinion::Skip),
            labels,
            note: row.get(12)?,
        },
        decision: row.get(13)?,
        p_vague: row.get(14)?,
    })
}

fn reasons_text(labels: &Labels) -> String {
    let said = REASONS.iter().filter_map(|&reason| Some((reason.to_owned(), labels.get(reason)?.into())));
    serde_json::Value::Object(said.collect()).to_string()
}

#[cfg(test)]
mod tests {
    use super::super::schema;
    use super::*;

    #[test]
    fn the_queue_reads_no_table_of_a_large_ledger_in_full() {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::migrate(&mut connection, "x", &schema::STEPS).unwrap();
        let [above, below, open, mine] = queries();
        for query in [&above, &below, &open, &mine, SHOWN, DECIDED, AGE] {
            let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {query}")).unwrap();
            for parameter in 1..=statement.parameter_count() {
                statement.raw_bind_parameter(parameter, 1).unwrap();
            }
            let mut rows = statement.raw_query();
            let mut steps = Vec::new();
            while let Some(row) = rows.next().unwrap() {
                steps.push(row.get::<_, String>(3).unwrap());
            }
            // What may wait for a person, from the index that holds nothing else; judges, runs and the reviews of people are few.
            let small = [
                "SCAN s USING COVERING INDEX scores_open",
                "SCAN j",
                "SCAN r",
                "SCAN (",
                "SCAN CONSTANT ROW",
                "SCAN runs",
            ];
            // An index that SQLite makes for the query reads all of its table.
            for step in steps.iter().filter(|step| step.starts_with("SCAN") || step.contains("AUTOMATIC")) {
                assert!(small.iter().any(|known| step.starts_with(known)), "{step} in {query}");
            }
        }
        for query in [&above, &below] {
            let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {query}")).unwrap();
            for parameter in 1..=statement.parameter_count() {
                statement.raw_bind_parameter(parameter, 1).unwrap();
            }
            let mut rows = statement.raw_query();
            let first = rows.next().unwrap().unwrap().get::<_, String>(3).unwrap();
            assert!(first.starts_with("SEARCH s USING COVERING INDEX scores_open (p_vague"), "{first}");
            while let Some(row) = rows.next().unwrap() {
                assert!(!row.get::<_, String>(3).unwrap().contains("TEMP B-TREE"), "{query}");
            }
        }
    }
}
