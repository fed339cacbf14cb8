//! The postings that the last runs saw, by the bytes of their rows, in memory: 24 bytes a posting.
//!
//! A row that is byte for byte as it was is the same posting with the same verdict; looking it up here costs no query.

/// What is known of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The posting's number in the ledger.
    pub posting: u32,
    /// The number of its score.
    pub score: u32,
    /// The fingerprint of its content.
    pub content: u64,
    /// Whether a complete run has delivered it so.
    pub delivered: bool,
}

/// Rows by fingerprint.
#[derive(Debug, Default)]
pub struct Index {
    /// Ascending by the fingerprint, which is the first two words.
    rows: Vec<Entry>,
}

/// Fingerprint, posting, score, content.
type Entry = [u32; 6];

/// Marks a posting as delivered, in its number.
const DELIVERED: u32 = 1 << 31;

fn halves(word: u64) -> [u32; 2] {
    [(word >> 32) as u32, word as u32]
}

fn row_of(&[high, low, ..]: &Entry) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}

impl Index {
    /// An empty index with room for so many rows.
    pub(super) fn with_capacity(count: usize) -> Index {
        Index { rows: Vec::with_capacity(count) }
    }

    /// Adds a row, in any order; [`Index::order`] must follow the last.
    pub(super) fn push(&mut self, row: u64, place: Place) {
        let flag = if place.delivered { DELIVERED } else { 0 };
        let ([first, second], [high, low]) = (halves(row), halves(place.content));
        self.rows.push([first, second, place.posting | flag, place.score, high, low]);
    }

    /// Puts the rows in order. Of rows with one fingerprint the posting with the lowest number counts.
    pub(super) fn order(&mut self) {
        let key = |entry: &Entry| (row_of(entry), entry.get(2).map(|posting| posting & !DELIVERED));
        self.rows.sort_unstable_by_key(key);
        self.rows.dedup_by_key(|entry| row_of(entry));
    }

    /// What is known of the row with fingerprint `row`.
    pub fn get(&self, row: u64) -> Option<Place> {
        let &[_, _, posting, score, high, low] = self.rows.get(self.find(row)?)?;
        Some(Place {
            posting: posting & !DELIVERED,
            score,
            content: u64::from(high) << 32 | u64::from(low),
            delivered: posting & DELIVERED != 0,
        })
    }

    /// How many rows it knows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True when it knows none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Fingerprints are evenly spread, so a guess by proportion is near; from there the range doubles until it holds the row.
    fn find(&self, row: u64) -> Option<usize> {
        let rows = &self.rows;
        let guess = ((u128::from(row) * rows.len() as u128) >> 64) as usize;
        let (mut low, mut high, mut step) = (guess, guess, 8);
        while low > 0 && rows.get(low).is_none_or(|at| row_of(at) >= row) {
            low = low.saturating_sub(step);
            step *= 2;
        }
        step = 8;
        while rows.get(high).is_some_and(|at| row_of(at) <= row) {
            high += step;
            step *= 2;
        }
        let high = high.min(rows.len());
        let found = rows.get(low..high)?.binary_search_by_key(&row, row_of).ok()?;
        Some(low + found)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn place(number: u32) -> Place {
        let content = u64::from(number).wrapping_mul(0x0123_4567_89ab_cdef);
        Place { posting: number, score: number + 1, content, delivered: number.is_multiple_of(2) }
    }

    proptest! {
        #[test]
        fn rows_are_found_as_a_map_finds_them(
            rows in proptest::collection::btree_set(prop_oneof![any::<u64>(), 0u64..64, (u64::MAX - 64)..], 0..300),
            other in any::<u64>(),
        ) {
            let entries: Vec<_> = rows.iter().copied().zip((0..).map(place)).collect();
            let mut index = Index::with_capacity(entries.len());
            entries.iter().rev().for_each(|&(row, place)| index.push(row, place));
            index.order();
            prop_assert_eq!(index.len(), entries.len());
            for (row, place) in entries {
                prop_assert_eq!(index.get(row), Some(place));
            }
            prop_assert_eq!(index.get(other).is_some(), rows.contains(&other));
        }
    }
}
