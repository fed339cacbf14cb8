//! Which postings complete runs saw: a bit a posting and run, so that a night in which nothing changed rewrites nothing.
//!
//! A posting was last seen by the last run of those that have its bit, and `state.seen`; the view `last_seen` says which. Of a run
//! most of whose postings were seen again, what is left is put down in `state.seen`, and its bits go: what is kept is one set of
//! bits for each input that runs take turns with, and writing costs what has gone since, not what is there.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

/// Words of 64 bits in a block, which is a row: 4096 postings.
const BLOCK: usize = 64;
/// The same in bytes.
const BYTES: usize = BLOCK * 8;

/// Keeps that run `run` has seen the postings whose bits are set in `seen`.
pub(super) fn keep(connection: &Connection, run: i64, seen: &[u64]) -> rusqlite::Result<()> {
    // Of a run whose process died when it had kept them.
    connection.execute("DELETE FROM sightings WHERE run = ?", [run])?;
    let mut earlier: BTreeMap<i64, (u32, u32)> = BTreeMap::new();
    let mut statement = connection.prepare("SELECT block, bits, run FROM sightings")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (all, both) = earlier.entry(row.get(2)?).or_default();
        for (number, bits) in words(row)? {
            *all += bits.count_ones();
            *both += (bits & word(seen, number)).count_ones();
        }
    }
    for (old, (all, both)) in earlier {
        if both >= all - both {
            put_down(connection, old, seen)?;
        }
    }
    let mut insert = connection.prepare("INSERT INTO sightings (block, run, bits) VALUES (?, ?, ?)")?;
    for (block, words) in seen.chunks(BLOCK).enumerate().filter(|(_, words)| words.iter().any(|word| *word != 0)) {
        let mut bits: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        bits.resize(BYTES, 0);
        insert.execute(params![block as i64, run, bits])?;
    }
    Ok(())
}

/// Forgets the bits of run `run`, those of postings that are not in `again` after they are put down.
fn put_down(connection: &Connection, run: i64, again: &[u64]) -> rusqlite::Result<()> {
    let mut update = connection.prepare("UPDATE state SET seen = ?1 WHERE posting = ?2 AND seen < ?1")?;
    let mut statement = connection.prepare("SELECT block, bits FROM sightings WHERE run = ?")?;
    let mut rows = statement.query([run])?;
    while let Some(row) = rows.next()? {
        for (number, bits) in words(row)? {
            let gone = bits & !word(again, number);
            for bit in (0..u64::BITS as usize).filter(|bit| gone & 1 << bit != 0) {
                update.execute([run, (number * u64::BITS as usize + bit) as i64])?;
            }
        }
    }
    connection.execute("DELETE FROM sightings WHERE run = ?", [run])?;
    Ok(())
}

/// The postings that run `run` or a later one has seen, as far as bits say so.
pub(super) fn since(connection: &Connection, run: i64) -> rusqlite::Result<Vec<u64>> {
    let mut all = Vec::new();
    let mut statement = connection.prepare("SELECT block, bits FROM sightings WHERE run >= ?")?;
    let mut rows = statement.query([run])?;
    while let Some(row) = rows.next()? {
        for (number, bits) in words(row)? {
            if all.len() <= number {
                all.resize(number + 1, 0);
            }
            all.get_mut(number).into_iter().for_each(|word| *word |= bits);
        }
    }
    Ok(all)
}

/// The words of a row that begins with a block and its bits, each with its number.
fn words(row: &rusqlite::Row<'_>) -> rusqlite::Result<Vec<(usize, u64)>> {
    let Ok(block) = usize::try_from(row.get::<_, i64>(0)?) else { return Ok(Vec::new()) };
    let (words, _) = row.get_ref(1)?.as_blob()?.as_chunks::<8>();
    Ok((block * BLOCK..).zip(words.iter().map(|word| u64::from_le_bytes(*word))).collect())
}

/// True when the bit of posting number `posting` is set in `bits`.
pub(super) fn has(bits: &[u64], posting: i64) -> bool {
    usize::try_from(posting / i64::from(u64::BITS)).is_ok_and(|number| word(bits, number) & 1 << (posting % 64) != 0)
}

fn word(bits: &[u64], number: usize) -> u64 {
    bits.get(number).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use proptest::prelude::*;

    use super::super::schema;
    use super::*;

    /// On both sides of where a block ends.
    const POSTINGS: Range<i64> = 4_000..4_200;

    fn ledger(runs: i64, postings: Range<i64>) -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::migrate(&mut connection, "x", &schema::STEPS).unwrap();
        connection.execute_batch("INSERT INTO judges VALUES (1, 'd', 'm', 'md', '{}')").unwrap();
        for run in 0..=runs {
            let query = "INSERT INTO runs (run, command, judge, state, pid, starts, started) VALUES (?, 'c', 1, 'complete', 7, 1, 0)";
            connection.execute(query, [run]).unwrap();
        }
        for posting in postings {
            connection.execute("INSERT INTO postings VALUES (?1, ?1, 'Co', 'T', 0, NULL)", [posting]).unwrap();
            connection.execute("INSERT INTO state VALUES (?, 0, 0, 1, 1, 0, 0, 1)", [posting]).unwrap();
        }
        connection
    }

    fn last_seen(connection: &Connection) -> Vec<i64> {
        let mut statement = connection.prepare("SELECT run FROM last_seen ORDER BY posting").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    fn count(connection: &Connection, query: &str) -> i64 {
        connection.query_row(query, [], |row| row.get(0)).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn the_last_run_that_saw_a_posting_is_known(
            // Runs over some ranges of postings each.
            runs in proptest::collection::vec(proptest::collection::vec((POSTINGS, 1..120i64), 0..4), 1..8),
        ) {
            let connection = ledger(runs.len() as i64, POSTINGS);
            let mut expected = vec![0; POSTINGS.end as usize];
            for (run, ranges) in (1..).zip(&runs) {
                let mut seen = vec![0u64; 66];
                for posting in ranges.iter().flat_map(|&(from, many)| from..(from + many).min(POSTINGS.end)) {
                    seen[posting as usize / 64] |= 1 << (posting % 64);
                    expected[posting as usize] = run;
                }
                keep(&connection, run, &seen).unwrap();
                prop_assert_eq!(&last_seen(&connection)[..], &expected[POSTINGS.start as usize..]);
                for from in 1..=run {
                    let bits = since(&connection, from).unwrap();
                    let query = "SELECT seen FROM state ORDER BY posting";
                    let mut statement = connection.prepare(query).unwrap();
                    let put: Vec<i64> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
                    for (posting, &put) in POSTINGS.zip(&put) {
                        let is = has(&bits, posting) || put >= from;
                        prop_assert_eq!(is, expected[posting as usize] >= from);
                    }
                }
            }
        }
    }

    #[test]
    fn inputs_that_take_turns_keep_their_bits_and_rewrite_nothing() {
        let connection = ledger(6, 1..200);
        let (one, other) = ([u64::MAX << 1, 0, 0], [0, u64::MAX, 0xff]);
        for (run, seen) in [(1, one), (2, other), (3, one), (4, other)] {
            keep(&connection, run, &seen).unwrap();
        }
        assert_eq!(count(&connection, "SELECT count(*) FROM state WHERE seen > 0"), 0);
        assert_eq!(count(&connection, "SELECT count(DISTINCT run) FROM sightings"), 2);
        // Eight postings have gone from the second input, and only they are put down.
        keep(&connection, 5, &[0, u64::MAX, 0]).unwrap();
        assert_eq!(count(&connection, "SELECT count(*) FROM state WHERE seen = 4"), 8);
        assert_eq!(count(&connection, "SELECT max(run) FROM last_seen WHERE posting >= 128"), 4);
        // A run that saw nothing leaves nothing, and takes nothing.
        keep(&connection, 6, &[]).unwrap();
        assert_eq!(count(&connection, "SELECT count(DISTINCT run) FROM sightings"), 2);
    }
}
