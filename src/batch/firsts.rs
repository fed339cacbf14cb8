//! Which posting of the run had a text first. All kinds of repetition are asked here, in the order of the input.
//!
//! A text costs 10 to 13 bytes of memory; who had it goes to a temporary file once there are many.

use super::near::Near;
use super::spool::Spool;
use crate::error::{Error, ErrorKind, Result};
use crate::features::Sketch;
use crate::ledger::Table;

/// Entries of the file begin at multiples of this, so that 32 bits tell 32 GiB of them apart.
const UNIT: u64 = 8;
/// In place of the length of an id: a posting of the ledger follows.
const LEDGER: u32 = u32::MAX;

/// Who had a text first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum First {
    /// Ad number so and so of the run, with its id.
    Ad { number: u32, id: String },
    /// A posting of the ledger that was not read, and its score, by their numbers.
    Posting { posting: u32, score: u32 },
}

impl First {
    fn asking(&self) -> Asking<'_> {
        match self {
            First::Ad { number, id } => Asking::Ad { number: *number, id },
            First::Posting { posting, score } => Asking::Posting { posting: *posting, score: *score },
        }
    }
}

/// The texts met so far.
#[derive(Default)]
pub(super) struct Firsts {
    /// The first half of a content, and the place of who had it.
    places: Table,
    near: Near,
    who: Spool,
}

impl Firsts {
    /// Tells that the texts `contents` will be asked for next.
    pub fn expect(&self, contents: impl Iterator<Item = u64>) {
        self.places.fetch(contents.map(|content| (content >> 32) as u32));
    }

    /// Who had the text `content`, or one near `sketch`, first; `None` when it is `first` itself.
    ///
    /// # Errors
    /// `Io` when the temporary file refuses.
    pub fn meet(&mut self, content: u64, sketch: Option<&Sketch>, first: Asking<'_>) -> Result<Option<First>> {
        let tag = (content >> 32) as u32;
        let mut found = None;
        for place in self.places.get(tag) {
            let mut word = [0; 8];
            self.who.read(u64::from(place) * UNIT, &mut word)?;
            if u64::from_le_bytes(word) == content {
                found = Some(place);
                break;
            }
        }
        if let (None, Some(sketch)) = (found, sketch) {
            found = self.near.find(sketch)?;
            if let Some(place) = found {
                // Who repeats a repetition word by word need not be compared again.
                let first = self.who(u64::from(place) * UNIT + UNIT)?;
                self.keep(content, first.asking())?;
            }
        }
        if let Some(place) = found {
            return self.who(u64::from(place) * UNIT + UNIT).map(Some);
        }
        let place = self.keep(content, first)?;
        sketch.map_or(Ok(()), |sketch| self.near.add(sketch, place))?;
        Ok(None)
    }

    /// Keeps who had a content first: a word in the table, and behind one another the content, who it is, and what fills the unit.
    fn keep(&mut self, content: u64, first: Asking<'_>) -> Result<u32> {
        let place = u32::try_from(self.who.len() / UNIT)
            .map_err(|_| Error::new(ErrorKind::Io, "ids of one run must be shorter than 32 GiB together"))?;
        let (words, id) = match first {
            Asking::Ad { number, id } => ([id.len() as u32, number], id.as_bytes()),
            Asking::Posting { posting, score } => ([LEDGER, posting], &score.to_le_bytes()[..]),
        };
        let mut entry = Vec::with_capacity(id.len() + 24);
        entry.extend_from_slice(&content.to_le_bytes());
        words.iter().for_each(|word| entry.extend_from_slice(&word.to_le_bytes()));
        entry.extend_from_slice(id);
        entry.resize(entry.len().next_multiple_of(UNIT as usize), 0);
        self.who.push(&entry)?;
        self.places.insert(content >> 32 << 32 | u64::from(place));
        Ok(place)
    }

    fn who(&mut self, at: u64) -> Result<First> {
        let mut word = |at| {
            let mut bytes = [0; 4];
            self.who.read(at, &mut bytes).map(|()| u32::from_le_bytes(bytes))
        };
        let (length, number) = (word(at)?, word(at + 4)?);
        if length == LEDGER {
            return Ok(First::Posting { posting: number, score: word(at + 8)? });
        }
        let mut id = vec![0; length as usize];
        self.who.read(at + 8, &mut id)?;
        let id =
            String::from_utf8(id).map_err(|_| Error::new(ErrorKind::Io, "the temporary file of ids is damaged"))?;
        Ok(First::Ad { number, id })
    }
}

/// Who has the text in hand.
#[derive(Clone, Copy, Debug)]
pub(super) enum Asking<'i> {
    /// As [`First::Ad`].
    Ad { number: u32, id: &'i str },
    /// As [`First::Posting`].
    Posting { posting: u32, score: u32 },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_a_text_is_named_from_memory_and_from_the_file() {
        let mut firsts = Firsts { who: Spool::new(1 << 10), ..Firsts::default() };
        let id = |number: u32| format!("מזהה/{}", "x".repeat((number % 90) as usize));
        let content = |number: u32| u64::from(number) << 40 | 7;
        for number in 0..5_000 {
            let asking = Asking::Ad { number, id: &id(number) };
            assert_eq!(firsts.meet(content(number), None, asking).unwrap(), None);
        }
        let posting = Asking::Posting { posting: 12, score: 34 };
        assert_eq!(firsts.meet(3, None, posting).unwrap(), None);
        let other = Asking::Ad { number: 9_999, id: "other" };
        for number in (0..5_000).rev() {
            let first = First::Ad { number, id: id(number) };
            assert_eq!(firsts.meet(content(number), None, other).unwrap(), Some(first));
        }
        let first = First::Posting { posting: 12, score: 34 };
        assert_eq!(firsts.meet(3, None, other).unwrap(), Some(first));
    }
}
