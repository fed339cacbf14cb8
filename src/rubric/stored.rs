//! Compiled lexicons as bytes, which a model carries so that the program need not compile them at every start.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use super::automaton::Automaton;
use super::lexicon::{Entry, Sources};
use super::{REASONS, Rubric};
use crate::error::{Error, ErrorKind, Result};

/// The layout of the bytes; to be raised whenever anything that is stored, or how words are looked up, changes.
const LAYOUT: u32 = 1;

#[derive(Serialize)]
struct Written<'r> {
    layout: u32,
    digest: &'r str,
    automaton: &'r Automaton,
    entries: &'r [Entry],
}

#[derive(Deserialize)]
struct Head<'b> {
    layout: u32,
    digest: &'b str,
}

impl Rubric {
    /// The compiled lexicons as bytes; the same lexicons give the same bytes.
    ///
    /// # Errors
    /// Never in practice: memory cannot refuse.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let Rubric { automaton, entries, digest, .. } = self;
        postcard::to_allocvec(&Written { layout: LAYOUT, digest, automaton, entries })
            .map_err(|error| Error::new(ErrorKind::Model, format!("the lexicons cannot be stored: {error}")))
    }

    /// The rubric from [`Rubric::to_bytes`] of a model that this program was built with; `None` when they hold other
    /// lexicons than the program, or are of another layout.
    ///
    /// The bytes are believed otherwise: those of a model from elsewhere must not be read so.
    pub fn from_trusted_bytes(bytes: &[u8]) -> Option<Rubric> {
        let (head, rest) = postcard::take_from_bytes::<Head<'_>>(bytes).ok()?;
        let digest = Sources::embedded(REASONS).digest();
        if head.layout != LAYOUT || head.digest != digest {
            return None;
        }
        let (automaton, rest) = postcard::take_from_bytes::<Automaton>(rest).ok()?;
        let (entries, rest) = postcard::take_from_bytes::<Vec<Entry>>(rest).ok()?;
        rest.is_empty().then(|| Rubric { automaton: automaton.settled(), entries, digest, serial: serial() })
    }
}

/// A number that no other rubric has.
pub(super) fn serial() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Analyzer, TextSpec};

    #[test]
    fn stored_lexicons_come_back_the_same_and_others_do_not() {
        let rubric = Rubric::embedded(&Analyzer::new(&TextSpec::default()).unwrap()).unwrap();
        let bytes = rubric.to_bytes().unwrap();
        let again = Rubric::from_trusted_bytes(&bytes).unwrap();
        assert_eq!(again.automaton, rubric.automaton);
        assert_eq!(again.entries, rubric.entries);
        assert_eq!(again.to_bytes().unwrap(), bytes);

        let other = Rubric { digest: "0".repeat(64), ..rubric };
        assert!(Rubric::from_trusted_bytes(&other.to_bytes().unwrap()).is_none());
        for cut in [0, 1, 60, 80, bytes.len() / 2, bytes.len() - 1] {
            assert!(Rubric::from_trusted_bytes(&bytes[..cut]).is_none(), "{cut}");
        }
        let mut layout = bytes;
        layout[0] += 1;
        assert!(Rubric::from_trusted_bytes(&layout).is_none());
    }
}
