//! Which posting of the run had a text first. All kinds of repetition are asked here, in the order of the input.
//!
//! A text costs 10 to 13 bytes of memory; who had it stands in the index of the ledger, or goes to a temporary file once there are many.

use super::near::Near;
use super::spool::Spool;
use crate::error::{Error, ErrorKind, Result};
use crate::features::Sketch;
use crate::ledger::{Index, Place, Table};

/// Entries of the file begin at multiples of this, so that 31 bits tell 16 GiB of them apart.
const UNIT: u64 = 8;
/// Marks a place in the index of the ledger; others are places in the file.
const KNOWN: u32 = 1 << 31;

/// Who had a text first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum First {
    /// Ad number so and so of the run, with its id.
    Ad { number: u32, id: String },
    /// A posting of the ledger that was not read, and its score, by their numbers.
    Posting { posting: u32, score: u32 },
}

/// Who has the text in hand.
#[derive(Clone, Copy, Debug)]
pub(super) enum Asking<'i> {
    /// As [`First::Ad`].
    Ad { number: u32, id: &'i str },
    /// A row that stands there in the index of the ledger, and was not read.
    Known(u32),
}

/// The texts met so far.
pub(super) struct Firsts<'s> {
    index: Option<&'s Index>,
    /// The first half of a content, and the place of who had it.
    places: Table,
    near: Near,
    who: Spool,
}

impl<'s> Firsts<'s> {
    /// None so far; `index` is that of the ledger.
    pub fn new(index: Option<&'s Index>) -> Firsts<'s> {
        Firsts { index, places: Table::default(), near: Near::default(), who: Spool::default() }
    }

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
            if content_at(&mut self.who, self.index, place)? == Some(content) {
                found = Some(place);
                break;
            }
        }
        if let (None, Some(sketch)) = (found, sketch) {
            found = self.near.find(sketch)?;
            // Who repeats a repetition word by word need not be compared again.
            if let Some(First::Ad { number, id }) = found.map(|place| self.who(place)).transpose()? {
                self.keep(content, Asking::Ad { number, id: &id })?;
            }
        }
        if let Some(place) = found {
            return self.who(place).map(Some);
        }
        let place = self.keep(content, first)?;
        sketch.map_or(Ok(()), |sketch| self.near.add(sketch, place))?;
        Ok(None)
    }

    /// Keeps who had a content first: a word in the table, and of an ad, in the file, behind one another the content, the ad, and what
    /// fills the unit.
    fn keep(&mut self, content: u64, first: Asking<'_>) -> Result<u32> {
        let place = match first {
            Asking::Known(at) => at | KNOWN,
            Asking::Ad { number, id } => {
                let place = u32::try_from(self.who.len() / UNIT).ok().filter(|place| place & KNOWN == 0);
                let rule = "ids of one run must be shorter than 16 GiB together";
                let place = place.ok_or_else(|| Error::new(ErrorKind::Io, rule))?;
                let mut entry = Vec::with_capacity(id.len() + 24);
                entry.extend_from_slice(&content.to_le_bytes());
                [id.len() as u32, number].iter().for_each(|word| entry.extend_from_slice(&word.to_le_bytes()));
                entry.extend_from_slice(id.as_bytes());
                entry.resize(entry.len().next_multiple_of(UNIT as usize), 0);
                self.who.push(&entry)?;
                place
            }
        };
        self.places.insert(content >> 32 << 32 | u64::from(place));
        Ok(place)
    }

    fn who(&mut self, place: u32) -> Result<First> {
        if let Some(Place { posting, score, .. }) = known(self.index, place) {
            return Ok(First::Posting { posting, score });
        }
        let at = u64::from(place) * UNIT + UNIT;
        let mut word = |at| {
            let mut bytes = [0; 4];
            self.who.read(at, &mut bytes).map(|()| u32::from_le_bytes(bytes))
        };
        let (length, number) = (word(at)?, word(at + 4)?);
        let mut id = vec![0; length as usize];
        self.who.read(at + 8, &mut id)?;
        let id =
            String::from_utf8(id).map_err(|_| Error::new(ErrorKind::Io, "the temporary file of ids is damaged"))?;
        Ok(First::Ad { number, id })
    }
}

/// What the ledger knows of `place`, if that is one of its index.
fn known(index: Option<&Index>, place: u32) -> Option<Place> {
    index.filter(|_| place & KNOWN != 0)?.place(place & !KNOWN)
}

/// The content that was kept at `place`.
fn content_at(who: &mut Spool, index: Option<&Index>, place: u32) -> Result<Option<u64>> {
    if place & KNOWN != 0 {
        return Ok(known(index, place).map(|place| place.content));
    }
    let mut word = [0; 8];
    who.read(u64::from(place) * UNIT, &mut word).map(|()| Some(u64::from_le_bytes(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_a_text_is_named_from_memory_from_the_file_and_from_the_ledger() {
        let index = Index::of(vec![vec![(7, Place { posting: 12, score: 34, content: 3, delivered: true })]]);
        let mut firsts = Firsts { who: Spool::new(1 << 10), ..Firsts::new(Some(&index)) };
        let id = |number: u32| format!("מזהה/{}", "x".repeat((number % 90) as usize));
        let content = |number: u32| u64::from(number) << 40 | 7;
        for number in 0..5_000 {
            let asking = Asking::Ad { number, id: &id(number) };
            assert_eq!(firsts.meet(content(number), None, asking).unwrap(), None);
        }
        assert_eq!(firsts.meet(3, None, Asking::Known(0)).unwrap(), None);
        let other = Asking::Ad { number: 9_999, id: "other" };
        for number in (0..5_000).rev() {
            let first = First::Ad { number, id: id(number) };
            assert_eq!(firsts.meet(content(number), None, other).unwrap(), Some(first));
        }
        let first = First::Posting { posting: 12, score: 34 };
        assert_eq!(firsts.meet(3, None, other).unwrap(), Some(first));
    }
}
