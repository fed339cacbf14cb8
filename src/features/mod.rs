//! Turns an analysed ad into a sparse row, every column of which has a printable name.
//!
//! Four blocks stand side by side: words, parts of words (stems under Hebrew prefixes, subwords, character n-grams), word
//! pairs, and dense measures (the rubric's, length, language). Each of the first three is scaled to unit length by itself, so that a long ad does not
//! outweigh a short one. Parts are weighted by the damped frequency of the *word* they stand in, which makes their sum
//! additive over distinct words: a scorer may keep one total a word. Nothing here knows labels or weights.

pub mod corpus;
pub mod count;
pub mod dense;
mod select;
pub mod space;
pub mod subword;

pub use corpus::Corpus;
pub use count::{Counts, Lexicon};
pub use space::{Row, Space, SpaceSpec};
pub use subword::Subwords;
