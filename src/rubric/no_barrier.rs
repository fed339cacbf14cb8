#![doc = include_str!("../../data/rubric/no_barrier/reason.md")]

use super::kind::{Kind, Kinds};
use super::reason::Reason;
use super::topic::Topic;

/// See the documentation of the module.
pub struct NoBarrier;

impl Reason for NoBarrier {
    fn id(&self) -> &'static str {
        "no_barrier"
    }

    fn documentation(&self) -> &'static str {
        include_str!("../../data/rubric/no_barrier/reason.md")
    }

    fn hebrew(&self) -> &'static str {
        include_str!("../../data/rubric/no_barrier/he.toml")
    }

    fn english(&self) -> &'static str {
        include_str!("../../data/rubric/no_barrier/en.toml")
    }

    fn looks_for(&self) -> Kinds {
        const { Kinds::of(&[Kind::Tool, Kind::Experience, Kind::Credential, Kind::Portfolio]) }
    }

    fn carrier(&self) -> Option<Topic> {
        Some(Topic::Requirements)
    }

    fn asks(&self) -> bool {
        true
    }
}
