//! Which text of the run is nearly the text in hand: by their sketches, and then by their words.
//!
//! Only texts that repeat none before them are kept, so nearness is never passed on from repetition to repetition. A
//! kept text costs 48 to 64 bytes of memory; its sketch and words go to temporary files once there are many.

use super::spool::Spool;
use crate::error::Result;
use crate::features::sketch::{KEYS, SKETCH_BYTES};
use crate::features::{Gist, Sketch};

/// Texts of at least this similarity are compared word by word; measured in `docs/BENCHMARKS.md`.
const NEAR: f64 = 0.7;
/// Texts that share a key and are compared, at most: the newest. An employer's boilerplate stands in many.
const COMPARED: usize = 32;
/// What a sketch, the place of its first, and that of its words take in the file.
const ENTRY: usize = SKETCH_BYTES + 12;
/// Ends a chain.
const END: u32 = u32::MAX;

/// The texts kept.
#[derive(Default)]
pub(super) struct Near {
    bands: [Band; KEYS],
    sketches: Spool,
    /// Of every text the hash of its title, how many words it has, and those.
    words: Spool,
    /// Used again from text to text.
    candidates: Vec<u32>,
}

/// The texts by one of their keys: chains by the last bits of the key, the newest first.
#[derive(Default)]
struct Band {
    /// Where chains begin; a power of two.
    heads: Vec<u32>,
    /// The key of every text, and the next of its chain.
    texts: Vec<(u32, u32)>,
}

impl Near {
    /// The place of the first text that is near `sketch`.
    ///
    /// # Errors
    /// `Io` when the temporary file refuses.
    pub fn find(&mut self, sketch: &Sketch) -> Result<Option<u32>> {
        self.candidates.clear();
        for (band, &key) in self.bands.iter().zip(&sketch.keys) {
            self.candidates.extend(band.chain(key).take(COMPARED));
        }
        self.candidates.sort_unstable();
        self.candidates.dedup();
        for &text in &self.candidates {
            let (mut bins, mut place, mut at_words) = ([0; SKETCH_BYTES], [0; 4], [0; 8]);
            let at = u64::from(text) * ENTRY as u64;
            self.sketches.read(at, &mut bins)?;
            if sketch.similarity(&bins) < NEAR {
                continue;
            }
            self.sketches.read(at + SKETCH_BYTES as u64, &mut place)?;
            self.sketches.read(at + SKETCH_BYTES as u64 + 4, &mut at_words)?;
            let (title, words) = read_words(&mut self.words, u64::from_le_bytes(at_words))?;
            if sketch.gist.is_same_ad(title, &words) {
                return Ok(Some(u32::from_le_bytes(place)));
            }
        }
        Ok(None)
    }

    /// Keeps a text whose first is at `place`.
    ///
    /// # Errors
    /// As [`Near::find`].
    pub fn add(&mut self, sketch: &Sketch, place: u32) -> Result<()> {
        let mut entry = [0; ENTRY];
        let bytes = sketch.bins.into_iter().chain(place.to_le_bytes()).chain(self.words.len().to_le_bytes());
        entry.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        self.sketches.push(&entry)?;
        let Gist { title, words } = &sketch.gist;
        let mut entry = Vec::with_capacity(8 + words.len() * 2);
        entry.extend_from_slice(&title.to_le_bytes());
        entry.extend_from_slice(&(words.len() as u32).to_le_bytes());
        words.iter().for_each(|word| entry.extend_from_slice(&word.to_le_bytes()));
        self.words.push(&entry)?;
        for (band, &key) in self.bands.iter_mut().zip(&sketch.keys) {
            band.add(key);
        }
        Ok(())
    }
}

/// What stands of a text from byte `at` on.
fn read_words(spool: &mut Spool, at: u64) -> Result<(u32, Vec<u16>)> {
    let (mut title, mut count) = ([0; 4], [0; 4]);
    spool.read(at, &mut title)?;
    spool.read(at + 4, &mut count)?;
    let mut bytes = vec![0; u32::from_le_bytes(count) as usize * 2];
    spool.read(at + 8, &mut bytes)?;
    let words = bytes.as_chunks::<2>().0.iter().map(|word| u16::from_le_bytes(*word)).collect();
    Ok((u32::from_le_bytes(title), words))
}

impl Band {
    fn add(&mut self, key: u32) {
        self.texts.push((key, END));
        if self.texts.len() <= self.heads.len() {
            self.link(self.texts.len() - 1);
        } else {
            self.heads = vec![END; self.texts.len().next_power_of_two()];
            (0..self.texts.len()).for_each(|text| self.link(text));
        }
    }

    fn link(&mut self, text: usize) {
        let Some((key, next)) = self.texts.get_mut(text) else { return };
        let mask = self.heads.len().wrapping_sub(1);
        if let Some(head) = self.heads.get_mut(*key as usize & mask) {
            *next = std::mem::replace(head, text as u32);
        }
    }

    /// The texts with `key`, the newest first.
    fn chain(&self, key: u32) -> impl Iterator<Item = u32> {
        let mask = self.heads.len().wrapping_sub(1);
        let mut at = self.heads.get(key as usize & mask).copied().unwrap_or(END);
        std::iter::from_fn(move || {
            loop {
                let &(own, next) = self.texts.get(at as usize)?;
                let text = std::mem::replace(&mut at, next);
                if own == key {
                    return Some(text);
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::features::Imprint;

    proptest! {
        #[test]
        fn a_chain_holds_the_texts_of_its_key(keys in proptest::collection::vec(0u32..40, 0..200)) {
            let mut band = Band::default();
            keys.iter().for_each(|&key| band.add(key << 20));
            for key in 0..41 {
                let expected: Vec<u32> = (0..).zip(&keys).filter(|(_, own)| **own == key).map(|(at, _)| at).collect();
                let mut found: Vec<u32> = band.chain(key << 20).collect();
                found.reverse();
                prop_assert_eq!(found, expected);
            }
        }
    }

    #[test]
    fn the_first_that_is_near_is_found_among_many() {
        let text = |number: usize, town: &str| {
            let name =
                |at: usize| format!("{:x}", at).replace(|c: char| c.is_ascii_digit(), "k") + &"z".repeat(at % 13);
            let duties: Vec<String> = (1..60).map(|at| name(at * number * 0x1234_5677)).collect();
            Imprint::of("", &format!("In {town} you {}", duties.join(" and ")), true).sketch.unwrap()
        };
        let mut near = Near { sketches: Spool::new(1 << 10), ..Near::default() };
        for number in 1..3_000 {
            let sketch = text(number, "Haifa");
            assert_eq!(near.find(&sketch).unwrap(), None, "{number}");
            near.add(&sketch, number as u32 * 2).unwrap();
        }
        for number in 1..3_000 {
            assert_eq!(near.find(&text(number, "Beer Sheva")).unwrap(), Some(number as u32 * 2));
        }
    }
}
