#![doc = include_str!("../../data/rubric/generic/reason.md")]

use super::kind::{Kind, Kinds};
use super::reason::Reason;
use super::topic::Topic;

/// See the documentation of the module.
pub struct Generic;

impl Reason for Generic {
    fn id(&self) -> &'static str {
        "generic"
    }

    fn documentation(&self) -> &'static str {
        include_str!("../../data/rubric/generic/reason.md")
    }

    fn hebrew(&self) -> &'static str {
        include_str!("../../data/rubric/generic/he.toml")
    }

    fn english(&self) -> &'static str {
        include_str!("../../data/rubric/generic/en.toml")
    }

    fn looks_for(&self) -> Kinds {
        const { Kinds::of(&[Kind::Audience]) }
    }

    fn carrier(&self) -> Option<Topic> {
        Some(Topic::Employer)
    }
}
