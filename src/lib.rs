//! Flags vague job postings in Hebrew and English, and says why.
//!
//! Data flows one way, a floor at a time (see `docs/DESIGN.md`):
//! bytes → [`Ad`] → tokens → features → margins → probabilities → [`score::Verdict`] → record.

pub mod ad;
pub mod batch;
pub mod cli;
pub mod error;
pub mod features;
pub mod io;
pub mod label;
pub mod learn;
pub mod ledger;
pub mod model;
#[cfg(feature = "python")]
pub mod python;
pub mod report;
pub mod rubric;
pub mod score;
pub mod serve;
pub mod text;

pub use ad::{Ad, Lang, Span};
pub use error::{Error, ErrorKind, Result};
pub use label::{LabeledAd, Labels};
