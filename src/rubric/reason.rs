//! What one reason is: its documentation, its lexicons, and what an ad should say instead.

use super::kind::Kinds;

/// Where a deliverable has to stand to make a vague line concrete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// In the same statement.
    Line,
    /// Anywhere in the ad.
    Ad,
}

/// One of the six reasons. Everything about it is data; see its folder under `data/rubric/`.
pub trait Reason: Sync {
    /// Its name, as in [`crate::label::REASONS`].
    fn id(&self) -> &'static str;
    /// Its documentation.
    fn documentation(&self) -> &'static str;
    /// Its Hebrew lexicon, as TOML.
    fn hebrew(&self) -> &'static str;
    /// Its English lexicon, as TOML.
    fn english(&self) -> &'static str;
    /// What its lines should have carried, when the fault is mostly an absence; empty otherwise.
    fn wants(&self) -> Kinds {
        Kinds::default()
    }
    /// Where what it wants may stand.
    fn reach(&self) -> Reach {
        Reach::Ad
    }
}
