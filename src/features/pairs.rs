//! Pairs of word columns, quick to ask: most pairs of an ad are none, and a bit says so.

use crate::text::folded;

/// The pairs a space has a column for, numbered in ascending order.
#[derive(Clone, Debug, Default)]
pub(super) struct Pairs {
    pairs: Vec<(u32, u32)>,
    /// Open addressing: a pair's number + 1; 0 is free. A power of two, at most half of it taken.
    slots: Vec<u32>,
    /// A bit for every pair at a place its hash tells, eight times as many places as pairs: small enough to stay at hand.
    bits: Vec<u64>,
}

impl Pairs {
    pub(super) fn new(pairs: Vec<(u32, u32)>) -> Pairs {
        let size = (2 * pairs.len() + 1).next_power_of_two();
        let mut slots = vec![0; size];
        let mut bits = vec![0; (size / 16).max(1)];
        for (&pair, number) in pairs.iter().zip(1u32..) {
            let hash = hash(pair);
            let mut at = hash as usize & (size - 1);
            while slots.get(at).is_some_and(|&slot| slot != 0) {
                at = (at + 1) & (size - 1);
            }
            if let Some(slot) = slots.get_mut(at) {
                *slot = number;
            }
            let (word, bit) = place(hash, bits.len());
            if let Some(word) = bits.get_mut(word) {
                *word |= bit;
            }
        }
        Pairs { pairs, slots, bits }
    }

    /// The pairs, ascending.
    pub(super) fn list(&self) -> &[(u32, u32)] {
        &self.pairs
    }

    /// The number of `pair`, if it is one of them.
    #[inline]
    pub(super) fn get(&self, pair: (u32, u32)) -> Option<u32> {
        let hash = hash(pair);
        let (word, bit) = place(hash, self.bits.len());
        if self.bits.get(word).is_none_or(|word| word & bit == 0) {
            return None;
        }
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = hash as usize & mask;
        loop {
            let number = self.slots.get(at)?.checked_sub(1)?;
            if self.pairs.get(number as usize) == Some(&pair) {
                return Some(number);
            }
            at = (at + 1) & mask;
        }
    }
}

#[inline]
fn hash((first, second): (u32, u32)) -> u64 {
    folded(u64::from(first) << 32 | u64::from(second), 0x9e37_79b9_7f4a_7c15)
}

/// The word and the bit in it; `words` is a power of two.
#[inline]
fn place(hash: u64, words: usize) -> (usize, u64) {
    ((hash >> 38) as usize & (words.wrapping_sub(1)), 1 << (hash >> 32 & 63))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_is_found_and_no_other() {
        for count in [0u32, 1, 2, 1000] {
            let list: Vec<(u32, u32)> = (0..count).map(|at| (at / 7, at * 3)).collect();
            let pairs = Pairs::new(list.clone());
            for (pair, number) in list.iter().zip(0..) {
                assert_eq!(pairs.get(*pair), Some(number));
            }
            for other in 0..3000 {
                let pair = (other % 150, other);
                assert_eq!(pairs.get(pair), list.binary_search(&pair).ok().map(|at| at as u32), "{pair:?}");
            }
        }
        assert_eq!(Pairs::default().get((0, 0)), None);
    }
}
