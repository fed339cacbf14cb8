//! The postings that the last runs saw, by the bytes of their rows, in memory: 25 or 26 bytes a posting.
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
    /// Where the rows begin whose fingerprints have the same first bits. Fingerprints are evenly spread, so [`SHELF`] of them do.
    shelves: Vec<u32>,
    /// How many bits a fingerprint has behind those.
    below: u32,
}

/// Rows of a shelf, on average between half as many and so many: what two or three cache lines hold.
const SHELF: usize = 4;

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
    /// An index of rows in any order, which come in parts. Of rows with one fingerprint the posting with the lowest number counts.
    pub fn of(parts: Vec<Vec<(u64, Place)>>) -> Index {
        let entry = |(row, place): (u64, Place)| {
            let flag = if place.delivered { DELIVERED } else { 0 };
            let ([first, second], [high, low]) = (halves(row), halves(place.content));
            [first, second, place.posting | flag, place.score, high, low]
        };
        let mut index = Index { rows: Vec::with_capacity(parts.iter().map(Vec::len).sum()), ..Index::default() };
        parts.into_iter().for_each(|part| index.rows.extend(part.into_iter().map(entry)));
        index.order();
        index
    }

    /// Puts the rows in order.
    fn order(&mut self) {
        let count = self.rows.len();
        self.shelve();
        let key = |entry: &Entry| (row_of(entry), entry.get(2).map(|posting| posting & !DELIVERED));
        for (&first, &end) in self.shelves.iter().zip(self.shelves.iter().skip(1)) {
            self.rows
                .get_mut(first as usize..end as usize)
                .into_iter()
                .for_each(|shelf| shelf.sort_unstable_by_key(key));
        }
        self.rows.dedup_by_key(|entry| row_of(entry));
        if self.rows.len() < count {
            self.shelve();
        }
    }

    /// Puts every row on its shelf, where rows of one shelf keep their order. Fingerprints are spread so evenly that two passes do what a
    /// sort would need twenty for.
    fn shelve(&mut self) {
        let shelves = self.rows.len().div_ceil(SHELF).next_power_of_two().max(2);
        self.below = u64::BITS - shelves.trailing_zeros();
        let below = self.below;
        let shelf = |entry: &Entry| (row_of(entry) >> below) as usize;
        let mut ends = vec![0u32; shelves + 1];
        for entry in &self.rows {
            ends.get_mut(shelf(entry) + 1).into_iter().for_each(|count| *count += 1);
        }
        let mut sum = 0;
        for end in &mut ends {
            sum += *end;
            *end = sum;
        }
        let mut next = ends.clone();
        let mut placed = vec![Entry::default(); self.rows.len()];
        for entry in &self.rows {
            let Some(place) = next.get_mut(shelf(entry)) else { continue };
            placed.get_mut(*place as usize).into_iter().for_each(|slot| *slot = *entry);
            *place += 1;
        }
        (self.rows, self.shelves) = (placed, ends);
    }

    /// What is known of the rows with these fingerprints, and where in the index it stands: what has to be fetched for one is fetched while
    /// others wait for theirs.
    pub fn get_all(&self, rows: impl Iterator<Item = Option<u64>> + Clone) -> Vec<Option<(u32, Place)>> {
        let shelf = |row: Option<u64>| row.map_or((0, &[][..]), |row| self.shelf(row));
        let shelves: Vec<(u32, &[Entry])> = rows.clone().map(shelf).collect();
        let rows = rows.zip(shelves);
        rows.map(|(row, (first, shelf))| row.and_then(|row| on(shelf, row)).map(|(at, place)| (first + at, place)))
            .collect()
    }

    /// What stands at `at` in the index, which [`Index::get_all`] has told.
    pub fn place(&self, at: u32) -> Option<Place> {
        self.rows.get(at as usize).map(place_of)
    }

    /// The rows among which `row` is, if it is known, and where they begin.
    fn shelf(&self, row: u64) -> (u32, &[Entry]) {
        let shelf = (row >> self.below) as usize;
        let ends = self.shelves.get(shelf).zip(self.shelves.get(shelf + 1));
        let rows = |(&first, &end)| Some((first, self.rows.get(first as usize..end as usize)?));
        ends.and_then(rows).unwrap_or_default()
    }

    /// How many rows it knows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True when it knows none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// What the shelf that `row` belongs on says of it.
fn on(shelf: &[Entry], row: u64) -> Option<(u32, Place)> {
    (0..).zip(shelf).find(|(_, entry)| row_of(entry) == row).map(|(at, entry)| (at, place_of(entry)))
}

fn place_of(&[_, _, posting, score, high, low]: &Entry) -> Place {
    Place {
        posting: posting & !DELIVERED,
        score,
        content: u64::from(high) << 32 | u64::from(low),
        delivered: posting & DELIVERED != 0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn get(index: &Index, row: u64) -> Option<Place> {
        index.get_all([Some(row)].into_iter()).pop().flatten().map(|(_, place)| place)
    }

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
            let index = Index::of(vec![entries.iter().rev().copied().collect()]);
            prop_assert_eq!(index.len(), entries.len());
            for (row, place) in entries {
                prop_assert_eq!(get(&index, row), Some(place));
            }
            let asked: Vec<Option<u64>> = rows.iter().copied().map(Some).chain([None, Some(other)]).collect();
            let found = index.get_all(asked.iter().copied());
            prop_assert!(found.iter().flatten().all(|&(at, place)| index.place(at) == Some(place)));
            let found: Vec<_> = found.into_iter().map(|found| found.map(|(_, place)| place)).collect();
            prop_assert_eq!(found, asked.iter().map(|row| get(&index, (*row)?)).collect::<Vec<_>>());
            prop_assert_eq!(get(&index, other).is_some(), rows.contains(&other));
        }
    }

    #[test]
    fn of_rows_alike_the_lowest_posting_counts() {
        let row = |(number, row): (u32, u64)| (row << 62, place(number + row as u32));
        let index = Index::of([7, 3, 5].map(|number| (0..3).map(|at| row((number, at))).collect()).to_vec());
        let found: Vec<u32> = (0..3).filter_map(|row| get(&index, row << 62)).map(|place| place.posting).collect();
        assert_eq!((index.len(), found), (3, vec![3, 4, 5]));
    }
}
