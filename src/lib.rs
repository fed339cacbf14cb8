//! Flags vague job postings in Hebrew and English, and says why.
//!
//! Data flows one way, a floor at a time (see `docs/DESIGN.md`):
//! bytes → [`Ad`] → tokens → features → margins → probabilities → verdict → record.

pub mod ad;
pub mod error;
pub mod label;
pub mod model;
pub mod rubric;
pub mod text;

pub use ad::{Ad, Lang, Span};
pub use error::{Error, ErrorKind, Result};
pub use label::{LabeledAd, Labels};
