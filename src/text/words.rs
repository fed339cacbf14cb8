//! Words by number: a set of strings that is quick to ask and to build, in three allocations however many there are.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Interned words, numbered from 0 in the order they were put in.
///
/// ```
/// let mut words = tachles::text::Words::default();
/// assert_eq!([words.intern("guru"), words.intern("ninja"), words.intern("guru")], [0, 1, 0]);
/// assert_eq!((words.form(1), words.get("rockstar")), ("ninja", None));
/// ```
#[derive(Clone, Default)]
pub struct Words {
    /// All words, one behind the other.
    text: String,
    /// Where each ends in `text`.
    ends: Vec<usize>,
    /// Open addressing: the upper half of a word's hash, and its number + 1; 0 is free. A power of two, at most half of it
    /// taken.
    slots: Vec<u64>,
}

/// Slots of the smallest table.
const LEAST: usize = 16;

impl Words {
    /// The words of `lines`, one a line, numbered in that order; of a word that stands twice the first number counts.
    pub fn from_lines(lines: &str) -> Words {
        let count = memchr::memchr_iter(b'\n', lines.as_bytes()).count() + 1;
        let mut words = Words::with_room(lines.len(), count);
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', lines.as_bytes()).chain([lines.len()]) {
            let line = lines.get(start..end).unwrap_or("");
            // The last line needs no line break behind it, and is none where nothing follows one.
            if end < lines.len() || !line.is_empty() {
                words.push(line);
            }
            start = end + 1;
        }
        words
    }

    fn with_room(bytes: usize, count: usize) -> Words {
        let slots = vec![0; (2 * count).next_power_of_two().max(LEAST)];
        Words { text: String::with_capacity(bytes), ends: Vec::with_capacity(count), slots }
    }

    /// The number of `form`, given now if it has none.
    #[inline]
    pub fn intern(&mut self, form: &str) -> u32 {
        let hash = hash(form.as_bytes());
        match self.find(form, hash) {
            Ok(number) => number,
            Err(slot) => {
                self.put(form, hash, slot);
                self.ends.len() as u32 - 1
            }
        }
    }

    /// Adds `form`, which gets the next number even where it has one already.
    pub fn push(&mut self, form: &str) {
        let hash = hash(form.as_bytes());
        match self.find(form, hash) {
            Err(slot) => self.put(form, hash, slot),
            Ok(_) => {
                self.text.push_str(form);
                self.ends.push(self.text.len());
            }
        }
    }

    /// The number of `form`, if it has one.
    #[inline]
    pub fn get(&self, form: &str) -> Option<u32> {
        self.find(form, hash(form.as_bytes())).ok()
    }

    /// The word numbered `number`; empty when there is none.
    #[inline]
    pub fn form(&self, number: u32) -> &str {
        let number = number as usize;
        let start = number.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied());
        let range = start.zip(self.ends.get(number).copied());
        range.and_then(|(start, end)| self.text.get(start..end)).unwrap_or("")
    }

    /// All words in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).map(|number| self.form(number as u32))
    }

    /// How many words there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The bytes of all words together.
    pub fn bytes(&self) -> usize {
        self.text.len()
    }

    /// Forgets all words and keeps the room.
    pub fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
        self.slots.fill(0);
    }

    /// The number of the word, or the free slot where it would go (any, where there are no slots yet).
    #[inline]
    fn find(&self, form: &str, hash: u64) -> Result<u32, usize> {
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = hash as usize & mask;
        while let Some(&slot) = self.slots.get(at) {
            if slot == 0 {
                break;
            }
            let number = (slot as u32).wrapping_sub(1);
            if slot >> 32 == hash >> 32 && self.form(number) == form {
                return Ok(number);
            }
            at = (at + 1) & mask;
        }
        Err(at)
    }

    fn put(&mut self, form: &str, hash: u64, slot: usize) {
        self.text.push_str(form);
        self.ends.push(self.text.len());
        let entry = (hash >> 32) << 32 | self.ends.len() as u64;
        if 2 * self.ends.len() <= self.slots.len() {
            if let Some(slot) = self.slots.get_mut(slot) {
                *slot = entry;
            }
        } else {
            self.grow();
        }
    }

    /// Doubles the table and puts all words in again.
    #[cold]
    fn grow(&mut self) {
        let size = (2 * self.slots.len()).max(LEAST);
        let mut slots = std::mem::take(&mut self.slots);
        slots.clear();
        slots.resize(size, 0);
        for (form, number) in self.iter().zip(1u64..) {
            let hash = hash(form.as_bytes());
            let mut at = hash as usize & (size - 1);
            while slots.get(at).is_some_and(|&slot| slot != 0) {
                at = (at + 1) & (size - 1);
            }
            if let Some(slot) = slots.get_mut(at) {
                *slot = (hash >> 32) << 32 | number;
            }
        }
        self.slots = slots;
    }
}

impl PartialEq for Words {
    fn eq(&self, other: &Words) -> bool {
        self.ends == other.ends && self.text == other.text
    }
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Stored without the table, which is made again.
impl Serialize for Words {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&self.text, &self.ends).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Words, D::Error> {
        let (text, ends) = <(String, Vec<usize>)>::deserialize(deserializer)?;
        let mut start = 0;
        let mut words = Words::with_room(text.len(), ends.len());
        for end in ends {
            let form = text.get(start..end).ok_or_else(|| serde::de::Error::custom("a word ends where none can"))?;
            words.push(form);
            start = end;
        }
        Ok(words)
    }
}

impl<'w> FromIterator<&'w str> for Words {
    fn from_iter<I: IntoIterator<Item = &'w str>>(forms: I) -> Words {
        let mut words = Words::default();
        forms.into_iter().for_each(|form| words.push(form));
        words
    }
}

/// Odd, of random bits; the first is 2^64 divided by the golden ratio.
const ODD: [u64; 2] = [0x9e37_79b9_7f4a_7c15, 0xd6e8_feb8_6659_fd93];

/// A hash of 64 good bits; not made to resist those who look for collisions.
#[inline]
fn hash(word: &[u8]) -> u64 {
    let mut sum = ODD[0] ^ word.len() as u64;
    let (eights, rest) = word.as_chunks::<8>();
    for eight in eights {
        sum = folded(sum ^ u64::from_le_bytes(*eight), ODD[1]);
    }
    // The last bytes, read at one go where eight are there: some of them a second time.
    let last = match word.last_chunk::<8>() {
        Some(last) => u64::from_le_bytes(*last),
        None => match (rest.first_chunk::<4>(), rest.last_chunk::<4>()) {
            (Some(first), Some(last)) => {
                u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last))
            }
            _ => rest.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte)),
        },
    };
    folded(sum ^ last, ODD[0])
}

/// Both halves of the product, one upon the other.
#[inline]
pub(crate) fn folded(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn numbers_are_those_of_a_hash_map() {
        let mut words = Words::default();
        let mut peer: HashMap<String, u32> = HashMap::new();
        for at in 0..20_000u32 {
            let form = format!("{}{}", "מילה".repeat((at % 5) as usize), at * 7919 % 4_001);
            let next = peer.len() as u32;
            let number = *peer.entry(form.clone()).or_insert(next);
            assert_eq!(words.intern(&form), number, "{form}");
        }
        assert_eq!(words.len(), peer.len());
        for (form, &number) in &peer {
            assert_eq!((words.form(number), words.get(form)), (form.as_str(), Some(number)));
        }
        assert_eq!((words.get("no such word"), words.form(1 << 30)), (None, ""));
        let lines = Words::from_lines(&words.iter().collect::<Vec<_>>().join("\n"));
        assert_eq!(lines, words);
        assert!(peer.iter().all(|(form, &number)| lines.get(form) == Some(number)));
        words.clear();
        assert_eq!((words.get("0"), words.intern("x"), words.bytes()), (None, 0, 1));
    }

    #[test]
    fn of_a_word_that_is_pushed_twice_the_first_number_counts() {
        let words: Words = ["a", "", "a", "b"].into_iter().collect();
        assert_eq!((words.len(), words.get("a"), words.get(""), words.get("b")), (4, Some(0), Some(1), Some(3)));
        assert_eq!(Words::from_lines("").len(), 0);
        assert_eq!(Words::default().get(""), None);
    }

    #[test]
    fn words_of_any_length_have_hashes_of_their_own() {
        let long = "abcdefghijklmnopqrstuvwxyz".repeat(3);
        let hashes: std::collections::HashSet<u64> = (0..long.len()).map(|end| hash(&long.as_bytes()[..end])).collect();
        assert_eq!(hashes.len(), long.len());
        assert_ne!(hash(b"ab"), hash(b"ba"));
    }
}
