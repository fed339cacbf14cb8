//! The forms a thread has met, by number, and what is found out once about each.

use std::sync::atomic::{AtomicU64, Ordering};

use super::TextSpec;
use super::words::Words;

/// Forms kept before all are forgotten: bounds memory on endless input.
const MOST: usize = 60_000;
/// Bytes of forms kept.
const MOST_BYTES: usize = 4 << 20;

/// Forms by number. A number is good for as long as the generation is the same.
#[derive(Debug)]
pub(super) struct Forms {
    pub(super) words: Words,
    /// Of every form the lists it stands on; see [`super::lang`] and [`super::statement`].
    pub(super) lists: Vec<u8>,
    /// Plain words as they stand in folded text, and the numbers of their forms.
    pub(super) written: Words,
    pub(super) form_of: Vec<u32>,
    /// Whether runs of letters were shortened in them.
    letter_runs: bool,
    generation: u64,
}

impl Default for Forms {
    fn default() -> Self {
        Forms {
            words: Words::default(),
            lists: Vec::new(),
            written: Words::default(),
            form_of: Vec::new(),
            letter_runs: true,
            generation: fresh(),
        }
    }
}

impl Clone for Forms {
    /// Copies go ways of their own, and give numbers to other forms.
    fn clone(&self) -> Self {
        let Forms { words, lists, written, form_of, letter_runs, .. } = self;
        Forms {
            words: words.clone(),
            lists: lists.clone(),
            written: written.clone(),
            form_of: form_of.clone(),
            letter_runs: *letter_runs,
            generation: fresh(),
        }
    }
}

/// A generation that was never given before.
fn fresh() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl Forms {
    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    /// Gives back what only further texts would need.
    pub(super) fn settle(&mut self) {
        (self.written, self.form_of) = (Words::default(), Vec::new());
    }

    /// Forgets all forms when they are many, or when they were made by other rules.
    pub(super) fn tidy(&mut self, spec: &TextSpec) {
        let many = |words: &Words| words.len() > MOST || words.bytes() > MOST_BYTES;
        if many(&self.words) || many(&self.written) || self.letter_runs != spec.letter_runs {
            *self = Forms { letter_runs: spec.letter_runs, ..Forms::default() };
        }
    }
}

/// What was found out about the forms of an [`Analysis`](super::Analysis), by their numbers; it is forgotten when they are.
#[derive(Clone, Debug, Default)]
pub struct PerForm<T> {
    generation: u64,
    found: Vec<T>,
}

impl<T> PerForm<T> {
    /// True when what was found is about forms of another generation; then it is forgotten, and found anew from here on.
    pub fn renew(&mut self, generation: u64) -> bool {
        let renewed = self.generation != generation;
        if renewed {
            self.found.clear();
            self.generation = generation;
        }
        renewed
    }

    /// What was found, by number of the form.
    pub fn found(&self) -> &[T] {
        &self.found
    }

    /// The same, to add to.
    pub fn found_mut(&mut self) -> &mut Vec<T> {
        &mut self.found
    }
}
