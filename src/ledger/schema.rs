//! The tables of the ledger, and the way from an older version of them to this one.
//!
//! `PRAGMA user_version` counts the steps of [`STEPS`] that a file has had. Steps are only ever added: one that was
//! released never changes, or two files of one version would differ.

use rusqlite::Connection;

use super::failed;
use crate::error::{Error, ErrorKind, Position, Result};

/// `tchl`: tells a ledger from any other SQLite file.
const APPLICATION: i32 = 0x7463_686c;

/// What each version adds to the one before.
pub(super) const STEPS: [&str; 7] = [
    // 1: what runs need. `state` is what a run reads in full at its start, so it is narrow; the words of a posting, which
    // only people ask for, stand apart.
    "CREATE TABLE judges (
        judge INTEGER PRIMARY KEY,
        digest TEXT NOT NULL UNIQUE,
        model TEXT NOT NULL,
        model_digest TEXT NOT NULL,
        settings TEXT NOT NULL
    ) STRICT;
    CREATE TABLE runs (
        run INTEGER PRIMARY KEY,
        command TEXT NOT NULL,
        judge INTEGER NOT NULL REFERENCES judges,
        state TEXT NOT NULL CHECK (state IN ('running', 'interrupted', 'abandoned', 'complete')),
        pid INTEGER NOT NULL,
        starts INTEGER NOT NULL,
        started INTEGER NOT NULL,
        ended INTEGER,
        read INTEGER, scored INTEGER, unchanged INTEGER, duplicates INTEGER, quarantined INTEGER, skipped INTEGER,
        vague INTEGER, unsure INTEGER, concrete INTEGER, out_of_scope INTEGER, unsupported INTEGER
    ) STRICT;
    CREATE TABLE scores (
        score INTEGER PRIMARY KEY,
        judge INTEGER NOT NULL REFERENCES judges,
        content BLOB NOT NULL CHECK (length(content) = 16),
        variant INTEGER NOT NULL,
        run INTEGER NOT NULL REFERENCES runs,
        decision TEXT NOT NULL,
        p_vague REAL,
        verdict BLOB NOT NULL,
        quotes BLOB NOT NULL,
        UNIQUE (judge, content, variant)
    ) STRICT;
    CREATE TABLE postings (
        posting INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        company TEXT NOT NULL,
        title TEXT NOT NULL,
        source TEXT NOT NULL,
        first_run INTEGER NOT NULL REFERENCES runs,
        flagged_run INTEGER REFERENCES runs
    ) STRICT;
    CREATE TABLE state (
        posting INTEGER PRIMARY KEY REFERENCES postings,
        seen INTEGER NOT NULL,
        changed INTEGER NOT NULL,
        judge INTEGER NOT NULL,
        score INTEGER NOT NULL,
        content INTEGER NOT NULL,
        row INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE history (
        posting INTEGER NOT NULL REFERENCES postings,
        run INTEGER NOT NULL REFERENCES runs,
        score INTEGER NOT NULL REFERENCES scores,
        PRIMARY KEY (posting, run)
    ) STRICT, WITHOUT ROWID;",
    // 2: what people read in any SQLite shell.
    "CREATE VIEW runs_view AS
        SELECT run, state, datetime(started, 'unixepoch') AS started, datetime(ended, 'unixepoch') AS ended, starts,
            model, read, scored, unchanged, duplicates, quarantined, skipped,
            vague, unsure, concrete, out_of_scope, unsupported
        FROM runs JOIN judges USING (judge);
    CREATE VIEW postings_view AS
        SELECT p.id, p.company, p.title, p.source, s.decision, s.p_vague, lower(hex(s.content)) AS content_hash,
            datetime(first.started, 'unixepoch') AS first_seen, datetime(last.started, 'unixepoch') AS last_seen,
            datetime(changed.started, 'unixepoch') AS changed, datetime(flagged.started, 'unixepoch') AS first_flagged
        FROM postings p JOIN state t USING (posting) JOIN scores s ON s.score = t.score
            JOIN runs first ON first.run = p.first_run JOIN runs last ON last.run = t.seen
            JOIN runs changed ON changed.run = t.changed LEFT JOIN runs flagged ON flagged.run = p.flagged_run;",
    // 3: how the scores of a complete run are spread, for the next run to compare with; `bins` is a JSON list.
    "CREATE TABLE distributions (
        run INTEGER NOT NULL REFERENCES runs,
        lang TEXT NOT NULL,
        head TEXT NOT NULL,
        bins TEXT NOT NULL,
        PRIMARY KEY (run, lang, head)
    ) STRICT, WITHOUT ROWID;",
    // 4: what people say of ads, and the texts they need to see for it, which are kept only where a run is told to. A review
    // is of a text, whichever posting carries it; `reasons` is a JSON object of true and false.
    "CREATE TABLE texts (
        content BLOB PRIMARY KEY CHECK (length(content) = 16),
        title TEXT NOT NULL,
        text TEXT NOT NULL
    ) STRICT;
    CREATE TABLE reviews (
        review INTEGER PRIMARY KEY AUTOINCREMENT,
        content BLOB NOT NULL CHECK (length(content) = 16),
        score INTEGER NOT NULL REFERENCES scores,
        posting INTEGER NOT NULL REFERENCES postings,
        reviewer TEXT NOT NULL CHECK (length(reviewer) > 0),
        time INTEGER NOT NULL,
        verdict TEXT NOT NULL CHECK (verdict IN ('agree', 'disagree', 'skip')),
        label TEXT CHECK (label IN ('vague', 'concrete')),
        scope INTEGER CHECK (scope IN (0, 1)),
        vagueness INTEGER CHECK (vagueness BETWEEN 1 AND 5),
        reasons TEXT NOT NULL,
        note TEXT NOT NULL,
        UNIQUE (content, reviewer)
    ) STRICT;
    CREATE VIEW reviews_view AS
        SELECT w.review, p.id, p.title, w.reviewer, datetime(w.time, 'unixepoch') AS time, w.verdict, w.label, w.scope,
            w.vagueness, w.reasons, w.note, s.decision AS model_verdict, s.p_vague, lower(hex(w.content)) AS content_hash
        FROM reviews w JOIN scores s USING (score) JOIN postings p USING (posting);",
    // 5: the review queue without reading every posting for every ad it shows. The scores of a run come in order, so the first
    // index grows at its end; the second holds only what may wait for a person.
    "CREATE INDEX state_score ON state (score);
    CREATE INDEX scores_open ON scores (p_vague, content, decision) WHERE decision IN ('vague', 'unsure');",
    // 6: which postings complete runs saw, 64 to a row, the first in the lowest bit: `posting / 64` and `posting % 64`.
    "CREATE TABLE sightings (
        block INTEGER NOT NULL,
        run INTEGER NOT NULL REFERENCES runs,
        bits INTEGER NOT NULL,
        PRIMARY KEY (block, run)
    ) STRICT, WITHOUT ROWID;
    CREATE VIEW last_seen AS
        SELECT posting, max(seen, coalesce((SELECT max(g.run) FROM sightings g
            WHERE g.block = posting / 64 AND (g.bits >> (posting % 64)) & 1), 0)) AS run FROM state;
    DROP VIEW postings_view;
    CREATE VIEW postings_view AS
        SELECT p.id, p.company, p.title, p.source, s.decision, s.p_vague, lower(hex(s.content)) AS content_hash,
            datetime(first.started, 'unixepoch') AS first_seen, datetime(last.started, 'unixepoch') AS last_seen,
            datetime(changed.started, 'unixepoch') AS changed, datetime(flagged.started, 'unixepoch') AS first_flagged
        FROM postings p JOIN state t USING (posting) JOIN last_seen l USING (posting) JOIN scores s ON s.score = t.score
            JOIN runs first ON first.run = p.first_run JOIN runs last ON last.run = l.run
            JOIN runs changed ON changed.run = t.changed LEFT JOIN runs flagged ON flagged.run = p.flagged_run;",
    // 7: what a night changes lies on few pages. `history` has what was said before of postings that have changed; the last chapter stands
    // in `state`, and so does the file it stood in, by its number. Sightings are 4096 postings to a row, in bytes, the first in the lowest
    // bit of the first; those of before are put down.
    "CREATE TABLE earlier (
        posting INTEGER NOT NULL REFERENCES postings,
        run INTEGER NOT NULL REFERENCES runs,
        score INTEGER NOT NULL REFERENCES scores,
        PRIMARY KEY (posting, run)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO earlier SELECT posting, run, score FROM history h
        WHERE run < (SELECT max(l.run) FROM history l WHERE l.posting = h.posting);
    DROP TABLE history;
    ALTER TABLE earlier RENAME TO history;
    CREATE VIEW chapters AS
        SELECT posting, run, score FROM history UNION ALL SELECT posting, changed, score FROM state;
    CREATE TABLE files (
        file INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE
    ) STRICT;
    INSERT INTO files (name) SELECT DISTINCT source FROM postings;
    ALTER TABLE state ADD COLUMN file INTEGER NOT NULL DEFAULT 0;
    UPDATE state SET
        seen = max(seen, coalesce((SELECT max(g.run) FROM sightings g
            WHERE g.block = posting / 64 AND (g.bits >> (posting % 64)) & 1), 0)),
        file = (SELECT f.file FROM postings p JOIN files f ON f.name = p.source WHERE p.posting = state.posting);
    DROP VIEW postings_view;
    DROP VIEW last_seen;
    DROP TABLE sightings;
    ALTER TABLE postings DROP COLUMN source;
    CREATE TABLE sightings (
        block INTEGER NOT NULL,
        run INTEGER NOT NULL REFERENCES runs,
        bits BLOB NOT NULL CHECK (length(bits) = 512),
        PRIMARY KEY (block, run)
    ) STRICT, WITHOUT ROWID;
    CREATE VIEW last_seen AS
        SELECT posting, max(seen, coalesce((SELECT max(g.run) FROM sightings g WHERE g.block = posting / 4096
            AND (instr('123456789ABCDEF', substr(hex(substr(g.bits, posting % 4096 / 8 + 1, 1)), 2 - posting % 8 / 4, 1))
                >> (posting % 4)) & 1), 0)) AS run FROM state;
    CREATE VIEW postings_view AS
        SELECT p.id, p.company, p.title, f.name AS source, s.decision, s.p_vague, lower(hex(s.content)) AS content_hash,
            datetime(first.started, 'unixepoch') AS first_seen, datetime(last.started, 'unixepoch') AS last_seen,
            datetime(changed.started, 'unixepoch') AS changed, datetime(flagged.started, 'unixepoch') AS first_flagged
        FROM postings p JOIN state t USING (posting) JOIN last_seen l USING (posting) JOIN scores s ON s.score = t.score
            JOIN files f USING (file)
            JOIN runs first ON first.run = p.first_run JOIN runs last ON last.run = l.run
            JOIN runs changed ON changed.run = t.changed LEFT JOIN runs flagged ON flagged.run = p.flagged_run;",
];

/// Brings the file up to the last of `steps`; a new file gets all of them.
///
/// # Errors
/// `Layout` for a file of a later version or of another program; `Io` when it cannot be written.
pub(super) fn migrate(connection: &mut Connection, name: &str, steps: &[&str]) -> Result<()> {
    let found = version(connection, name)?;
    if found == steps.len() {
        return Ok(());
    }
    let io = |error| failed(name, &error);
    let transaction = connection.transaction().map_err(io)?;
    for (number, step) in steps.iter().enumerate().skip(found) {
        transaction.execute_batch(step).map_err(io)?;
        transaction.pragma_update(None, "user_version", number as i64 + 1).map_err(io)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION).map_err(io)?;
    transaction.commit().map_err(io)
}

/// The version of the tables in the file; 0 for an empty one.
///
/// # Errors
/// As [`migrate`].
pub(super) fn version(connection: &Connection, name: &str) -> Result<usize> {
    let io = |error| failed(name, &error);
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).map_err(io);
    let (version, application) = (pragma("user_version")?, pragma("application_id")?);
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(io)?;
    let refuse = |rule: String| Err(Error::new(ErrorKind::Layout, rule).at(Position::file(name)));
    if application != i64::from(APPLICATION) && (tables > 0 || version != 0 || application != 0) {
        return refuse("a ledger is needed; this is a SQLite database of another program".to_owned());
    }
    match usize::try_from(version) {
        Ok(version) if version <= STEPS.len() => Ok(version),
        _ => refuse(format!(
            "the ledger must be of version {} or earlier, is of version {version}: a later tachles has written it",
            STEPS.len()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::super::distributions;
    use super::*;

    fn tables(connection: &Connection) -> Vec<String> {
        let mut statement = connection.prepare("SELECT name FROM sqlite_schema ORDER BY name").unwrap();
        let names = statement.query_map([], |row| row.get(0)).unwrap();
        names.map(|name| name.unwrap()).collect()
    }

    #[test]
    fn an_older_file_is_brought_up_and_keeps_its_rows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("old");
        let mut old = Connection::open(&path).unwrap();
        migrate(&mut old, "old", &STEPS[..1]).unwrap();
        assert_eq!(version(&old, "old").unwrap(), 1);
        assert!(!tables(&old).contains(&"postings_view".to_owned()));
        old.execute_batch(
            "INSERT INTO judges VALUES (1, 'd', 'm', 'md', '{}');
             INSERT INTO runs (run, command, judge, state, pid, starts, started) VALUES (1, 'c', 1, 'complete', 7, 1, 0);
             INSERT INTO scores VALUES (1, 1, x'00112233445566778899aabbccddeeff', 0, 1, 'vague', 0.9, x'01', x'');
             INSERT INTO postings VALUES (1, 'a', 'Co', 'T', 'f.csv', 1, 1);
             INSERT INTO state VALUES (1, 1, 1, 1, 1, 0, 0);",
        )
        .unwrap();
        old.execute_batch(
            "INSERT INTO runs (run, command, judge, state, pid, starts, started) VALUES (2, 'c', 1, 'complete', 7, 1, 60);
             INSERT INTO scores VALUES (2, 1, x'ff112233445566778899aabbccddeeff', 0, 2, 'concrete', 0.1, x'01', x'');
             INSERT INTO postings VALUES (70, 'b', 'Co', 'T', 'f.csv', 1, NULL);
             INSERT INTO state VALUES (70, 1, 2, 1, 2, 0, 0);
             INSERT INTO history VALUES (1, 1, 1), (70, 1, 1), (70, 2, 2);",
        )
        .unwrap();
        migrate(&mut old, "old", &STEPS[..6]).unwrap();
        old.execute_batch("INSERT INTO sightings VALUES (1, 2, 64)").unwrap();
        drop(old);
        let mut new = Connection::open(&path).unwrap();
        migrate(&mut new, "old", &STEPS).unwrap();
        assert_eq!(version(&new, "old").unwrap(), STEPS.len());
        assert!(
            ["distributions", "texts", "reviews", "reviews_view", "state_score", "scores_open"]
                .map(str::to_owned)
                .iter()
                .all(|name| tables(&new).contains(name))
        );
        assert!(distributions::previous(&new, 2, 1, "c").unwrap().is_none(), "an old run has none to compare with");
        let row: (String, String, String) = new
            .query_row("SELECT id, content_hash, first_flagged FROM postings_view", [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .unwrap();
        assert_eq!(row.0, "a");
        assert_eq!(row.1, "00112233445566778899aabbccddeeff");
        assert_eq!(row.2, "1970-01-01 00:00:00");
        let all = |query: &str| -> Vec<(i64, i64)> {
            let mut statement = new.prepare(query).unwrap();
            let pairs = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
            pairs.map(|pair| pair.unwrap()).collect()
        };
        assert_eq!(all("SELECT posting, run FROM last_seen ORDER BY posting"), [(1, 1), (70, 2)]);
        assert_eq!(all("SELECT posting, run FROM history"), [(70, 1)]);
        let source: String = new.query_row("SELECT max(source) FROM postings_view", [], |row| row.get(0)).unwrap();
        assert_eq!(source, "f.csv");
        assert_eq!(all("SELECT run, score FROM chapters WHERE posting = 70 ORDER BY run"), [(1, 1), (2, 2)]);
        let mut fresh = Connection::open_in_memory().unwrap();
        migrate(&mut fresh, "new", &STEPS).unwrap();
        assert_eq!(tables(&new), tables(&fresh));
    }

    #[test]
    fn a_step_that_fails_leaves_the_file_as_it_was() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, "x", &STEPS[..1]).unwrap();
        let broken = [STEPS[0], "CREATE TABLE extra (a); CREATE TABLE judges (a);"];
        assert!(migrate(&mut connection, "x", &broken).is_err());
        assert_eq!(version(&connection, "x").unwrap(), 1);
        assert!(!tables(&connection).contains(&"extra".to_owned()));
    }

    #[test]
    fn other_files_and_later_versions_are_refused() {
        let mut later = Connection::open_in_memory().unwrap();
        migrate(&mut later, "x", &STEPS).unwrap();
        later.pragma_update(None, "user_version", 99).unwrap();
        let error = migrate(&mut later, "x", &STEPS).unwrap_err().to_string();
        assert!(error.contains("is of version 99"), "{error}");
        let mut other = Connection::open_in_memory().unwrap();
        other.execute_batch("CREATE TABLE songs (a)").unwrap();
        let error = migrate(&mut other, "x", &STEPS).unwrap_err().to_string();
        assert!(error.contains("another program"), "{error}");
    }
}
