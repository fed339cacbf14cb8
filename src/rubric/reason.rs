//! What one reason is: its documentation, its lexicons, and what an ad should say instead.

use serde::{Deserialize, Serialize};

use super::kind::Kinds;
use super::topic::Topic;

/// Where a deliverable has to stand to make a vague line concrete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// What is looked for in the whole ad when the fault is found, and named when it is not there.
    fn looks_for(&self) -> Kinds {
        self.wants()
    }
    /// Whether a statement on `topic` can be evidence for it.
    fn concerns(&self, _topic: Option<Topic>) -> bool {
        true
    }
    /// The statements that should carry what it looks for, and are quoted for the lack of it; `None` for a fault of words alone.
    fn carrier(&self) -> Option<Topic> {
        None
    }
    /// Whether it is about the candidate: what is asked for is not what is done.
    fn asks(&self) -> bool {
        false
    }
    /// Where what it wants may stand.
    fn reach(&self) -> Reach {
        Reach::Ad
    }
}
