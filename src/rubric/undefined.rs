#![doc = include_str!("../../data/rubric/undefined/reason.md")]

use super::kind::{Kind, Kinds};
use super::reason::{Reach, Reason};
use super::topic::Topic;

/// See the documentation of the module.
pub struct Undefined;

impl Reason for Undefined {
    fn id(&self) -> &'static str {
        "undefined"
    }

    fn documentation(&self) -> &'static str {
        include_str!("../../data/rubric/undefined/reason.md")
    }

    fn hebrew(&self) -> &'static str {
        include_str!("../../data/rubric/undefined/he.toml")
    }

    fn english(&self) -> &'static str {
        include_str!("../../data/rubric/undefined/en.toml")
    }

    fn wants(&self) -> Kinds {
        const { Kinds::of(&[Kind::Channel, Kind::Tool, Kind::Output, Kind::Task, Kind::Cadence, Kind::Quantity]) }
    }

    fn concerns(&self, topic: Option<Topic>) -> bool {
        !matches!(topic, Some(Topic::Offer | Topic::Employer))
    }

    fn reach(&self) -> Reach {
        Reach::Line
    }

    fn carrier(&self) -> Option<Topic> {
        Some(Topic::Duties)
    }
}
