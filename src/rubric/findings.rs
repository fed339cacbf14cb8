//! What was found in one ad, and the buffers that finding it reuses.

use super::automaton::{Hit, Memory};
use super::kind::{Kind, Kinds};
use super::topic::Topic;
use crate::ad::Span;
use crate::text::statement::Statement;

/// Why a piece of evidence is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvidenceSource {
    /// The lexicon entry of this number; see [`super::Rubric::entry`].
    Entry(u32),
    /// The statement should have carried one of these kinds, and nothing else in reach carries it.
    Absence(Kinds),
}

/// A stretch of an ad that speaks for a reason.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// The reason's place in [`crate::label::REASONS`].
    pub reason: usize,
    /// Where, in bytes of the plain text.
    pub span: Span,
    /// How much it weighs; an ordinary entry weighs 1.
    pub weight: f32,
    /// Why.
    pub source: EvidenceSource,
    /// The lexicon entry that found it; none for a statement found by what it lacks.
    pub entry: Option<u32>,
}

/// A stretch of an ad that makes it concrete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deliverable {
    /// What it is.
    pub kind: Kind,
    /// Where, in bytes of the plain text.
    pub span: Span,
    /// The lexicon entry that found it.
    pub entry: u32,
    /// Counted, but no sign of a concrete ad by itself: experience without years or proof, a degree, a language.
    pub weak: bool,
}

/// A vague line that something else in the ad makes concrete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cleared {
    /// The reason's place in [`crate::label::REASONS`].
    pub reason: usize,
    /// The vague line.
    pub span: Span,
    /// What made it concrete.
    pub by: Span,
}

/// Everything found in one ad, in the order of the text.
///
/// Keep one and pass it to [`super::Rubric::find`] again and again: it holds the buffers.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// What speaks for a reason.
    pub evidence: Vec<Evidence>,
    /// What makes the ad concrete.
    pub deliverables: Vec<Deliverable>,
    /// Vague lines that are not evidence, and why not.
    pub cleared: Vec<Cleared>,
    /// At most one statement a reason that should have carried what the reason looks for: what to quote when nothing else
    /// was found for it. Not counted by any measure.
    pub anchors: Vec<Evidence>,
    pub(crate) tally: Tally,
    pub(crate) buffers: Buffers,
}

impl Findings {
    /// Empties the lists and keeps the buffers.
    pub fn clear(&mut self) {
        self.evidence.clear();
        self.deliverables.clear();
        self.cleared.clear();
        self.anchors.clear();
        self.tally = Tally::default();
    }

    /// The kinds of deliverable found.
    pub fn kinds(&self) -> Kinds {
        self.deliverables.iter().map(|found| found.kind).collect()
    }

    /// The kinds of deliverable that need not be asked for: those found, but experience only with years or proof.
    pub fn named(&self) -> Kinds {
        let enough = |found: &&Deliverable| !(found.weak && found.kind == Kind::Experience);
        self.deliverables.iter().filter(enough).map(|found| found.kind).collect()
    }
}

/// Counts over statements, which the measures need and the lists do not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Tally {
    /// Statements that are headings.
    pub headings: u32,
    /// Statements that are no headings.
    pub statements: u32,
    /// Of these, statements with a deliverable.
    pub concrete: u32,
    /// Statements with evidence.
    pub vague: u32,
    /// Statements with a word of work.
    pub duties: u32,
    /// Statements with a word of work and a deliverable.
    pub concrete_duties: u32,
    /// Words of work.
    pub work: u32,
    /// Boasts and vanity counts.
    pub boasts: u32,
    /// Tokens within evidence or a cleared line.
    pub evidence_tokens: u32,
    /// Tokens within deliverables.
    pub delivered_tokens: u32,
}

/// Reused from ad to ad.
#[derive(Clone, Debug, Default)]
pub(crate) struct Buffers {
    pub memory: Memory,
    pub hits: Vec<Hit>,
    pub contexts: Vec<Hit>,
    pub statements: Vec<Statement>,
    /// The statement of each token.
    pub line_of: Vec<u32>,
    /// What is taken on each token: a bit per reason, one for deliverables, one for boasts.
    pub taken: Vec<u8>,
    /// On each token a bit for every reason that an entry finds from there on.
    pub starts: Vec<u8>,
    /// The deliverables as tokens, beside [`Findings::deliverables`].
    pub placed: Vec<(Kind, Hit)>,
    /// The words of work.
    pub duties: Vec<Hit>,
    /// The words that tell what their statement speaks of.
    pub topics: Vec<(Topic, Hit)>,
    /// What each statement holds.
    pub lines: Vec<Line>,
}

/// What one statement holds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Line {
    pub kinds: Kinds,
    pub work: u16,
    pub evidence: u8,
    /// A bit for each topic its words speak of.
    pub says: u8,
    pub topic: Option<Topic>,
}

impl Line {
    /// True when one of `wanted` stands in it.
    pub fn names(&self, wanted: Kinds) -> bool {
        self.kinds.iter().any(|kind| wanted.has(kind))
    }
}
