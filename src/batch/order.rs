//! What only the order of the input tells: which record has a text first, and which an id. One thread asks, record by
//! record, so the answers are the same for any number of threads and after any crash.

use super::Reposts;
use super::firsts::{Asking, First, Firsts};
use super::stage::{Item, Met, Original, Said, Shared};
use crate::error::Result;
use crate::ledger::{Ledger, Lookup, Snapshot};
use crate::score::Decision;

/// The memory of one run.
pub(super) struct Order<'s> {
    reposts: Reposts,
    snapshot: Option<&'s Snapshot>,
    firsts: Firsts<'s>,
    /// What was decided of every ad met, as far as it is judged.
    decisions: Vec<Option<Decision>>,
    /// Opened when the id of a posting that was not read is needed.
    lookup: Option<Lookup>,
}

impl<'s> Order<'s> {
    pub fn new(shared: &Shared<'s>) -> Order<'s> {
        let (reposts, snapshot) = (shared.options.reposts, shared.snapshot);
        let firsts = Firsts::new(snapshot.map(Snapshot::index));
        Order { reposts, snapshot, firsts, decisions: Vec::new(), lookup: None }
    }

    /// Completes `items`, which must come in the order of the input.
    pub fn tell(&mut self, items: &mut [Item], mut ledger: Option<&mut Ledger>) -> Result<()> {
        if self.reposts != Reposts::Off {
            self.firsts.expect(items.iter().filter_map(|item| match item {
                Item::Unread { place, .. } => Some(place.content),
                Item::Ad(met) => Some(met.text),
                Item::Bad(_) | Item::Skipped => None,
            }));
        }
        for item in items {
            match item {
                Item::Bad(_) | Item::Skipped => {}
                Item::Unread { at, place, repeats } => {
                    if self.reposts != Reposts::Off {
                        *repeats = self.firsts.meet(place.content, None, Asking::Known(*at))?.is_some();
                    }
                    if let Some(ledger) = ledger.as_deref_mut() {
                        ledger.meet(i64::from(place.posting));
                    }
                }
                Item::Ad(met) => {
                    met.number = self.decisions.len() as u32;
                    self.decisions.push(None);
                    if self.reposts != Reposts::Off {
                        met.original = self.original(met)?;
                    }
                    if let Some(ledger) = ledger.as_deref_mut() {
                        met.repeated = !meets(ledger, met);
                    }
                }
            }
        }
        Ok(())
    }

    /// Tells `items` what was decided of the postings that they repeat; false when one of those, in a chunk before, is not judged
    /// yet.
    pub fn share(&self, items: &mut [Item]) -> bool {
        let mut start = None;
        for item in items {
            let Item::Ad(met) = item else { continue };
            let start = *start.get_or_insert(met.number);
            if let Some(original) = &mut met.original
                && let Said::Later(number) = original.said
                && number < start
            {
                let Some(decision) = self.decisions.get(number as usize).copied().flatten() else { return false };
                original.said = Said::Already(decision);
            }
        }
        true
    }

    /// Notes what was decided of ads.
    pub fn decided(&mut self, decided: &[(u32, Decision)]) {
        for &(number, decision) in decided {
            if let Some(slot) = self.decisions.get_mut(number as usize) {
                *slot = Some(decision);
            }
        }
    }

    fn original(&mut self, met: &Met) -> Result<Option<Original>> {
        let asking = Asking::Ad { number: met.number, id: &met.ad.id };
        Ok(match self.firsts.meet(met.text, met.sketch.as_deref(), asking)? {
            None => None,
            Some(First::Ad { number, id }) => Some(Original { id, said: Said::Later(number) }),
            Some(First::Posting { posting, score }) => {
                if let (None, Some(snapshot)) = (&self.lookup, self.snapshot) {
                    self.lookup = Some(snapshot.lookup()?);
                }
                let Some(lookup) = &self.lookup else { return Ok(None) };
                let found = lookup.id(posting)?.zip(lookup.decision(score)?);
                found.map(|(id, decision)| Original { id, said: Said::Already(decision) })
            }
        })
    }
}

fn meets(ledger: &mut Ledger, met: &Met) -> bool {
    match (met.place, met.posting) {
        (Some(place), _) => ledger.meet(i64::from(place.posting)),
        (None, Some(posting)) => ledger.meet(posting.posting),
        (None, None) => ledger.meet_new(&met.ad.id),
    }
}
