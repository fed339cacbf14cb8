#![doc = include_str!("../../data/rubric/everyone/reason.md")]

use super::kind::{Kind, Kinds};
use super::reason::Reason;

/// See the documentation of the module.
pub struct Everyone;

impl Reason for Everyone {
    fn id(&self) -> &'static str {
        "everyone"
    }

    fn documentation(&self) -> &'static str {
        include_str!("../../data/rubric/everyone/reason.md")
    }

    fn hebrew(&self) -> &'static str {
        include_str!("../../data/rubric/everyone/he.toml")
    }

    fn english(&self) -> &'static str {
        include_str!("../../data/rubric/everyone/en.toml")
    }

    fn looks_for(&self) -> Kinds {
        const { Kinds::of(&[Kind::Output, Kind::Task]) }
    }

    fn asks(&self) -> bool {
        true
    }
}
