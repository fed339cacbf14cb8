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
    /// Ascending.
    rows: Vec<u64>,
    places: Vec<[u32; 4]>,
}

/// Marks a posting as delivered, in its number.
const DELIVERED: u32 = 1 << 31;

impl Index {
    /// The index of `entries`, which need no order.
    pub(super) fn new(mut entries: Vec<(u64, Place)>) -> Index {
        entries.sort_unstable_by_key(|(row, place)| (*row, place.posting));
        entries.dedup_by_key(|(row, _)| *row);
        let rows = entries.iter().map(|(row, _)| *row).collect();
        let places = entries
            .iter()
            .map(|(_, place)| {
                let flag = if place.delivered { DELIVERED } else { 0 };
                [place.posting | flag, place.score, (place.content >> 32) as u32, place.content as u32]
            })
            .collect();
        Index { rows, places }
    }

    /// What is known of the row with fingerprint `row`.
    pub fn get(&self, row: u64) -> Option<Place> {
        let at = self.find(row)?;
        let &[posting, score, high, low] = self.places.get(at)?;
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
        while low > 0 && rows.get(low).is_none_or(|&at| at >= row) {
            low = low.saturating_sub(step);
            step *= 2;
        }
        step = 8;
        while rows.get(high).is_some_and(|&at| at <= row) {
            high += step;
            step *= 2;
        }
        let high = high.min(rows.len());
        let found = rows.get(low..high)?.binary_search(&row).ok()?;
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
            let mut shuffled = entries.clone();
            shuffled.reverse();
            let index = Index::new(shuffled);
            prop_assert_eq!(index.len(), entries.len());
            for (row, place) in entries {
                prop_assert_eq!(index.get(row), Some(place));
            }
            prop_assert_eq!(index.get(other).is_some(), rows.contains(&other));
        }
    }
}
