//! Turns an analysed ad into a sparse row, every column of which has a printable name.
//!
//! Five blocks stand side by side: words, parts of words (stems under Hebrew prefixes, subwords, character n-grams), word
//! pairs, words once more for the average of their vectors, and dense measures (the rubric's, length, language). Each of
//! the first three is scaled to unit length by itself and the fourth to unit sum, so that a long ad does not outweigh a
//! short one. Parts are weighted by the damped frequency of the *word* they stand in, which makes their sum
//! additive over distinct words: a scorer may keep one total a word. Nothing here knows labels or weights.

pub mod aspect;
pub mod corpus;
pub mod count;
pub mod dense;
pub mod gist;
mod merges;
mod pairs;
mod select;
pub mod sketch;
pub mod space;
pub mod spec;
pub mod subword;

pub use aspect::{AspectWord, Aspects};
pub use corpus::{Corpus, Splitting};
pub use count::{Counts, Lexicon};
pub use gist::Gist;
pub use sketch::{Imprint, Sketch};
pub use space::{Row, Space};
pub use spec::{SpaceSpec, VectorSpec};
pub use subword::Subwords;
