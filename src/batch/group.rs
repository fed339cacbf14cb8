//! Records in groups that are judged in one go: chunks that were met are put in order here, and gathered.

use std::collections::BTreeMap;

use super::MaxBad;
use super::order::Order;
use super::stage::{Item, Shared};
use crate::error::Result;
use crate::ledger::Ledger;
use crate::score::Decision;

/// Bytes of records that are judged in one go, about, where nearly all of them are known: a thread that turned to the one or two new ads
/// of every chunk between rows would find its caches full of rows, and take half as long again for an ad.
const GROUP_BYTES: usize = 1 << 21;
/// So many ads and bad records are enough where they are many among the records.
const GROUP_NEW: usize = 32;
/// So many always are: with more, a night of a few hundred new ads would be judged by one thread.
const GROUP_MOST: usize = 256;

/// The way from chunks to groups. What is in a group depends on the input and the ledger alone, not on when threads are done.
pub(super) struct Groups<'s> {
    order: Order<'s>,
    max_bad: Option<MaxBad>,
    /// Records in groups, and how many of them are bad.
    read: u64,
    bad: u64,
    /// Chunks that were met before one in front of them.
    met: BTreeMap<u64, Result<Vec<Item>>>,
    ordered: u64,
    open: Group,
    /// The next group, as long as it repeats a posting that is not judged yet.
    held: Option<Vec<Item>>,
}

/// A group to which more may come.
#[derive(Default)]
struct Group {
    items: Vec<Item>,
    /// Ads and bad records: all that is not passed over.
    new: usize,
    bytes: usize,
}

impl<'s> Groups<'s> {
    pub fn new(shared: &Shared<'s>) -> Groups<'s> {
        Groups {
            order: Order::new(shared),
            max_bad: shared.options.max_bad,
            read: 0,
            bad: 0,
            met: BTreeMap::new(),
            ordered: 0,
            open: Group::default(),
            held: None,
        }
    }

    /// Takes chunk `number`, from 0 on, in any order.
    pub fn met(&mut self, number: u64, items: Result<Vec<Item>>) {
        self.met.insert(number, items);
    }

    /// How many chunks are in groups.
    pub fn ordered(&self) -> u64 {
        self.ordered
    }

    /// How many chunks wait for one in front of them.
    pub fn waiting(&self) -> u64 {
        self.met.len() as u64
    }

    /// Notes what was decided of ads of a group.
    pub fn decided(&mut self, decided: &[(u32, Decision)]) {
        self.order.decided(decided);
    }

    /// The next group, once it is large enough, or holds the last of `all` chunks; none while it waits for chunks, or for a posting that it
    /// repeats.
    ///
    /// # Errors
    /// When a chunk could not be met, or the temporary file or the ledger refuses.
    pub fn next(&mut self, all: Option<u64>, mut ledger: Option<&mut Ledger>) -> Result<Option<Vec<Item>>> {
        while self.held.is_none() {
            let Some(items) = self.met.remove(&self.ordered) else {
                self.held = self.open.take(all == Some(self.ordered));
                break;
            };
            let mut items = items?;
            self.order.tell(&mut items, ledger.as_deref_mut())?;
            self.read += items.len() as u64;
            self.bad += items.iter().filter(|item| matches!(item, Item::Bad(_))).count() as u64;
            // Where the input turns out to be rotten depends on it alone, not on what else the group holds.
            let rotten = self.max_bad.is_some_and(|max_bad| max_bad.is_exceeded(self.read, self.bad, false));
            self.open.add(items);
            self.ordered += 1;
            self.held = self.open.take(rotten);
        }
        // A group that repeats a posting waits until that is judged, which is under way already.
        Ok(self.held.take_if(|items| self.order.share(items)))
    }
}

impl Group {
    fn add(&mut self, items: Vec<Item>) {
        self.new += items.iter().filter(|item| matches!(item, Item::Ad(_) | Item::Bad(_))).count();
        self.bytes += items.iter().map(Item::size).sum::<usize>();
        self.items.extend(items);
    }

    /// The records, once they are enough, or the last to be judged.
    fn take(&mut self, last: bool) -> Option<Vec<Item>> {
        let many = self.new >= GROUP_NEW && self.new * 4 >= self.items.len();
        let full = many || self.new >= GROUP_MOST || self.bytes >= GROUP_BYTES || (last && !self.items.is_empty());
        full.then(|| std::mem::take(self).items)
    }
}
