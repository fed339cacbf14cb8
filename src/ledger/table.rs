//! A set of 64-bit words in little memory, for what grows with the postings of a run: 10 to 13 bytes a word.
//!
//! The upper half of a word is its tag, which must be evenly spread; the lower half is carried along. Linear probing from the place
//! that the tag has in proportion, in parts that grow by a quarter each on its own, so that never more than one of them is
//! there twice.

/// Parts, by the first bits of the tag.
const PARTS: usize = 64;
/// Places of a part to begin with.
const FEWEST: usize = 64;

/// Words by their tags.
#[derive(Debug)]
pub struct Table {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, Default)]
struct Part {
    /// The words; 0 is an empty place.
    places: Vec<u64>,
    filled: usize,
    /// The word 0 is in the set.
    zero: bool,
}

impl Default for Table {
    fn default() -> Table {
        Table { parts: vec![Part::default(); PARTS] }
    }
}

impl Table {
    /// Puts `word` in; false when it was in already.
    pub fn insert(&mut self, word: u64) -> bool {
        let part = (word >> 58) as usize % PARTS;
        self.parts.get_mut(part).is_some_and(|part| part.insert(word))
    }

    /// Fetches the places of `tags`, which are about to be asked for or put in: fetched together they do not wait for one another.
    pub fn fetch(&self, tags: impl Iterator<Item = u32>) {
        let first = |tag: u32| {
            let part = self.parts.get((tag >> 26) as usize % PARTS)?;
            part.places.get(own(tag, part.places.len())).copied()
        };
        std::hint::black_box(tags.filter_map(first).fold(0, |all, word| all ^ word));
    }

    /// The lower halves of the words with the tag `tag`.
    pub fn get(&self, tag: u32) -> impl Iterator<Item = u32> {
        let part = self.parts.get((tag >> 26) as usize % PARTS);
        let words = part.into_iter().flat_map(move |part| part.probe(tag));
        words.filter(move |&word| (word >> 32) as u32 == tag).map(|word| word as u32)
    }
}

impl Part {
    fn insert(&mut self, word: u64) -> bool {
        if word == 0 {
            return !std::mem::replace(&mut self.zero, true);
        }
        // Four fifths full, the way to an empty place is 13 words on average; nine tenths full it would be 50.
        if self.filled * 5 >= self.places.len() * 4 {
            let more = (self.places.len() + self.places.len() / 4).max(FEWEST);
            let old = std::mem::replace(&mut self.places, vec![0; more]);
            old.into_iter().filter(|&word| word != 0).for_each(|word| _ = self.place(word));
        }
        let new = self.place(word);
        self.filled += usize::from(new);
        new
    }

    /// Puts `word` into the first empty place from its own on, of which there is one.
    fn place(&mut self, word: u64) -> bool {
        let own = own((word >> 32) as u32, self.places.len()).min(self.places.len());
        let (before, from) = self.places.split_at_mut(own);
        match from.iter_mut().chain(before).find(|place| **place == 0 || **place == word) {
            Some(place) => std::mem::replace(place, word) == 0,
            None => false,
        }
    }

    /// The words from the place of `tag` up to the next empty one.
    fn probe(&self, tag: u32) -> impl Iterator<Item = u64> {
        let (before, from) = self.places.split_at_checked(own(tag, self.places.len())).unwrap_or_default();
        let words = from.iter().chain(before).copied().take_while(|&word| word != 0);
        words.chain((self.zero && tag == 0).then_some(0))
    }
}

/// Where `tag` belongs among so many places: its last 26 bits in proportion, since the first are the part's.
fn own(tag: u32, places: usize) -> usize {
    ((u64::from(tag << 6) * places as u64) >> 32) as usize
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn words_are_found_as_a_map_finds_them(
            words in proptest::collection::vec(
                (prop_oneof![0u32..4, any::<u32>(), (u32::MAX - 9)..], 0u32..4), 0..2000,
            ),
        ) {
            let mut table = Table::default();
            let mut map: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
            for &(tag, low) in &words {
                let new = map.entry(tag).or_default().insert(low);
                prop_assert_eq!(table.insert(u64::from(tag) << 32 | u64::from(low)), new);
            }
            for (tag, lows) in &map {
                prop_assert_eq!(&table.get(*tag).collect::<BTreeSet<_>>(), lows);
            }
            prop_assert_eq!(table.get(77).next().is_some(), map.contains_key(&77));
        }
    }

    #[test]
    fn a_word_takes_eleven_bytes_at_most() {
        let mut table = Table::default();
        let mut word = 1u64;
        for count in 1..200_000usize {
            word = word.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            table.insert(word);
            if count.is_multiple_of(20_000) {
                let bytes: usize = table.parts.iter().map(|part| part.places.len() * 8).sum();
                assert!(bytes <= 12 * count, "{bytes} for {count}");
            }
        }
    }
}
