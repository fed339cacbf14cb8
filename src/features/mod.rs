//! Turns an analysed ad into a sparse row, every column of which has a printable name.
//!
//! Four blocks stand side by side: words, parts of words (stems under Hebrew prefixes, and subwords), word pairs,
//! and rubric columns. Each of the first three is scaled to unit length by itself, so that a long ad does not
//! outweigh a short one. Parts are weighted by the damped frequency of the *word* they stand in, which makes their sum
//! additive over distinct words: a scorer may keep one total a word. Nothing here knows labels or weights.

pub mod count;
pub mod space;
pub mod subword;

pub use count::{Counts, Lexicon};
pub use space::{Corpus, Row, Space, SpaceSpec};
pub use subword::Subwords;
