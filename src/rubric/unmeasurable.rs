#![doc = include_str!("../../data/rubric/unmeasurable/reason.md")]

use super::kind::{Kind, Kinds};
use super::reason::{Reach, Reason};
use super::topic::Topic;

/// See the documentation of the module.
pub struct Unmeasurable;

impl Reason for Unmeasurable {
    fn id(&self) -> &'static str {
        "unmeasurable"
    }

    fn documentation(&self) -> &'static str {
        include_str!("../../data/rubric/unmeasurable/reason.md")
    }

    fn hebrew(&self) -> &'static str {
        include_str!("../../data/rubric/unmeasurable/he.toml")
    }

    fn english(&self) -> &'static str {
        include_str!("../../data/rubric/unmeasurable/en.toml")
    }

    fn wants(&self) -> Kinds {
        const { Kinds::of(&[Kind::Measure, Kind::Target, Kind::Cadence, Kind::Deadline]) }
    }

    fn concerns(&self, topic: Option<Topic>) -> bool {
        !matches!(topic, Some(Topic::Offer | Topic::Employer))
    }

    fn reach(&self) -> Reach {
        Reach::Ad
    }

    fn carrier(&self) -> Option<Topic> {
        Some(Topic::Duties)
    }
}
