//! What only the order of the input tells: which record has a text first, and which an id. One thread asks, record by
//! record, so the answers are the same for any number of threads and after any crash.

use super::firsts::{First, Firsts};
use super::stage::{Item, Met};
use crate::error::Result;
use crate::ledger::{Ledger, Lookup};

/// The memory of one run.
#[derive(Default)]
pub(super) struct Order {
    firsts: Firsts,
    /// Opened when the id of a posting that was not read is needed.
    lookup: Option<Lookup>,
}

impl Order {
    /// Completes `items`, which must come in the order of the input.
    pub fn tell(&mut self, items: &mut [Item], mut ledger: Option<&mut Ledger>) -> Result<()> {
        for item in items {
            match item {
                Item::Bad(_) | Item::Skipped => {}
                Item::Unread { place, repeats } => {
                    *repeats = self.firsts.meet_posting(place.content, place.posting)?.is_some();
                    if let Some(ledger) = ledger.as_deref_mut() {
                        ledger.meet(i64::from(place.posting));
                    }
                }
                Item::Ad(met) => {
                    met.duplicate_of = match self.firsts.meet(met.fingerprint(), &met.ad.id)? {
                        None => None,
                        Some(First::Id(id)) => Some(id),
                        Some(First::Posting(posting)) => self.id(posting, ledger.as_deref())?,
                    };
                    if let Some(ledger) = ledger.as_deref_mut() {
                        met.repeated = !meets(ledger, met);
                    }
                }
            }
        }
        Ok(())
    }

    fn id(&mut self, posting: u32, ledger: Option<&Ledger>) -> Result<Option<String>> {
        if let (None, Some(ledger)) = (&self.lookup, ledger) {
            self.lookup = Some(ledger.snapshot().lookup()?);
        }
        self.lookup.as_ref().map_or(Ok(None), |lookup| lookup.id(posting))
    }
}

fn meets(ledger: &mut Ledger, met: &Met) -> bool {
    match (met.place, met.posting) {
        (Some(place), _) => ledger.meet(i64::from(place.posting)),
        (None, Some(posting)) => ledger.meet(posting.posting),
        (None, None) => ledger.meet_new(&met.ad.id),
    }
}
