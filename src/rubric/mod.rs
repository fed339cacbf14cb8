//! The rubric: six reasons with their evidence, and the deliverables that make an ad concrete.
//!
//! Everything it knows is data under `data/rubric/`; what an entry may say is in `docs/RUBRIC.md`. It reads
//! tokens, never raw text, and says where things stand, never how likely a verdict is.

mod absence;
mod automaton;
mod context;
pub mod everyone;
mod find;
mod findings;
pub mod generic;
mod inflect;
mod kind;
mod lexicon;
mod measures;
pub mod no_barrier;
pub mod no_stake;
mod pattern;
mod reason;
mod shape;
mod stored;
mod topic;
mod trie;
pub mod undefined;
pub mod unmeasurable;

use std::ops::Range;
use std::path::Path;

pub use findings::{Cleared, Deliverable, Evidence, EvidenceSource, Findings};
pub use kind::{Kind, Kinds};
pub use lexicon::{Entry, Owner};
pub use reason::{Reach, Reason};
pub use topic::Topic;

use crate::ad::Span;
use crate::error::{Error, Position, Result};
use crate::text::{Analysis, Analyzer};
use automaton::Automaton;
use lexicon::Sources;

/// The six reasons, in the order of [`crate::label::REASONS`].
pub const REASONS: &[&dyn Reason] = &[
    &generic::Generic,
    &undefined::Undefined,
    &no_barrier::NoBarrier,
    &no_stake::NoStake,
    &unmeasurable::Unmeasurable,
    &everyone::Everyone,
];

/// The documentation of the reason `id`; `None` for another word.
pub fn documentation(id: &str) -> Option<&'static str> {
    REASONS.iter().find(|reason| reason.id() == id).map(|reason| reason.documentation())
}

/// The compiled lexicons. Immutable; share one between threads.
#[derive(Clone, Debug)]
pub struct Rubric {
    automaton: Automaton,
    entries: Vec<Entry>,
    digest: String,
    /// Tells apart the rubrics whose findings share buffers.
    serial: u64,
}

impl Rubric {
    /// The rubric compiled into the program.
    pub fn embedded(analyzer: &Analyzer) -> Result<Rubric> {
        Rubric::compile(&Sources::embedded(REASONS), analyzer)
    }

    /// The rubric whose lexicons lie below `dir`, laid out as `data/rubric/`; every file must be there.
    pub fn from_dir(dir: &Path, analyzer: &Analyzer) -> Result<Rubric> {
        // Inside, files are named as they lie below the folder.
        let below = |error: Error| {
            let file = error.position().file.as_ref().map(|file| dir.join(&**file).display().to_string().into());
            Error::new(error.kind(), error.message()).at(Position { file, ..error.position().clone() })
        };
        Rubric::compile(&Sources::from_dir(REASONS, dir)?, analyzer).map_err(below)
    }

    fn compile(sources: &Sources, analyzer: &Analyzer) -> Result<Rubric> {
        let compiled = lexicon::compile(sources, REASONS, analyzer)?;
        Ok(Rubric {
            automaton: compiled.automaton,
            entries: compiled.entries,
            digest: sources.digest(),
            serial: stored::serial(),
        })
    }

    /// SHA-256 over the lexicons in a fixed order, in hexadecimal.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Every entry, in the fixed order that [`EvidenceSource::Entry`] counts in.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry of that number.
    pub fn entry(&self, number: u32) -> Option<&Entry> {
        self.entries.get(number as usize)
    }

    /// Finds evidence, deliverables and cleared lines in `plain`, whose analysis is `analysis`.
    pub fn find(&self, plain: &str, analysis: &Analysis, findings: &mut Findings) {
        find::find(self, plain, analysis, findings);
    }

    /// What is quoted of a statement with the tokens `tokens`: a clause of it, and no more than says what it is about.
    pub(crate) fn quote(&self, plain: &str, analysis: &Analysis, tokens: Range<usize>) -> Span {
        find::quote(self, plain, analysis, tokens)
    }

    /// The names of the columns that [`Rubric::measures`] fills.
    pub fn measure_names(&self) -> Vec<String> {
        measures::names()
    }

    /// Sums up `findings` in columns of about 0 to 1.5 that hardly depend on the length of the ad.
    pub fn measures(&self, analysis: &Analysis, findings: &Findings, out: &mut Vec<f32>) {
        measures::fill(analysis, findings, out);
    }
}
