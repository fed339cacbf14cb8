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
    /// Reviewers who said that it is vague, and who said that it is not.
    pub said: (u32, u32),
}

/// The ads that one person may look at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Waitlist {
    /// Flagged and unsure ones that they have not reviewed and whose texts are kept, in order of their scores.
    pub waiting: Vec<Waiting>,
    /// How many they have reviewed.
    pub reviewed: u64,
    /// How many flagged and unsure ads cannot be shown.
    pub without_text: u64,
}

/// An ad with what is known of it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The ad; its source is the beginning of the file it last stood in, for the ledger knows no more.
    pub ad: Ad,
    /// What the model said.
    pub verdict: Verdict,
    /// When the first run that saw it was started (RFC 3339, UTC), and the last.
    pub seen: (String, String),
}

/// Ads of postings as they were last seen, judged as the last complete run judged.
const CURRENT: &str = "FROM scores s JOIN (SELECT DISTINCT score FROM state) USING (score)
    WHERE s.decision IN ('vague', 'unsure')";

impl Desk {
    /// What `reviewer` may look at.
    ///
    /// # Errors
    /// `Io` or `Layout` when the ledger cannot be read.
    pub fn waitlist(&self, reviewer: &str) -> Result<Waitlist> {
        self.with(|connection| {
            let transaction = connection.transaction()?;
            let count = |query: &str| transaction.query_row(query, [], |row| row.get::<_, i64>(0));
            let query = format!(
                "SELECT count(DISTINCT s.content) {CURRENT} AND NOT EXISTS (SELECT 1 FROM texts t WHERE t.content = s.content)"
            );
            let without_text = count(&query)? as u64;
            let reviewed = "SELECT count(*) FROM reviews WHERE reviewer = ?";
            let reviewed: i64 = transaction.query_row(reviewed, [reviewer], |row| row.get(0))?;
            let query = format!(
                "SELECT max(s.score), s.content, s.p_vague,
                    (SELECT count(*) FROM reviews r WHERE r.content = s.content AND r.label = 'vague'),
                    (SELECT count(*) FROM reviews r WHERE r.content = s.content AND r.label = 'concrete')
                 {CURRENT} AND EXISTS (SELECT 1 FROM texts t WHERE t.content = s.content)
                    AND NOT EXISTS (SELECT 1 FROM reviews r WHERE r.content = s.content AND r.reviewer = ?)
                 GROUP BY s.content ORDER BY 1"
            );
            let mut statement = transaction.prepare(&query)?;
            let waiting = statement.query_map([reviewer], |row| {
                Ok(Waiting {
                    score: row.get(0)?,
                    content: row.get(1)?,
                    p_vague: row.get::<_, Option<f64>>(2)?.unwrap_or(0.0),
                    said: (row.get(3)?, row.get(4)?),
                })
            })?;
            let waiting = waiting.collect::<rusqlite::Result<_>>()?;
            Ok(Waitlist { waiting, reviewed: reviewed as u64, without_text })
        })
    }

    /// The ad of score number `score`; `None` when its text is not kept, no posting has it any more, or it is damaged.
    ///
    /// # Errors
    /// As [`Desk::waitlist`].
    pub fn shown(&self, score: i64) -> Result<Option<Shown>> {
        self.with(|connection| {
            let query = "SELECT p.id, t.title, t.text, p.company, p.source, s.verdict, first.started, last.started
                FROM scores s JOIN texts t ON t.content = s.content JOIN state now ON now.score = s.score
                    JOIN postings p ON p.posting = now.posting JOIN runs first ON first.run = p.first_run
                    JOIN runs last ON last.run = now.seen
                WHERE s.score = ? ORDER BY p.posting LIMIT 1";
            let found = connection
                .prepare_cached(query)?
                .query_row([score], |row| {
                    let Some(verdict) = codec::decode(row.get_ref(5)?.as_blob()?) else { return Ok(None) };
                    let (id, title, text): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
                    let mut ad = Ad::new(id, &title, &text);
                    ad.company = row.get(3)?;
                    ad.source = Source { file: row.get::<_, String>(4)?.into(), record: 1, line: 1 };
                    Ok(Some(Shown { ad, verdict, seen: (moment(row.get(6)?), moment(row.get(7)?)) }))
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
    let query = "SELECT s.score, now.posting, s.decision, s.p_vague FROM scores s JOIN state now ON now.score = s.score
        WHERE s.content = ? ORDER BY s.score DESC, now.posting LIMIT 1";
    let mut statement = connection.prepare_cached(query)?;
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
