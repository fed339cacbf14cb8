#![doc = include_str!("../../data/rubric/no_stake/reason.md")]

use super::kind::{Kind, Kinds};
use super::reason::{Reach, Reason};
use super::topic::Topic;

/// See the documentation of the module.
pub struct NoStake;

impl Reason for NoStake {
    fn id(&self) -> &'static str {
        "no_stake"
    }

    fn documentation(&self) -> &'static str {
        include_str!("../../data/rubric/no_stake/reason.md")
    }

    fn hebrew(&self) -> &'static str {
        include_str!("../../data/rubric/no_stake/he.toml")
    }

    fn english(&self) -> &'static str {
        include_str!("../../data/rubric/no_stake/en.toml")
    }

    fn wants(&self) -> Kinds {
        const { Kinds::of(&[Kind::Pay, Kind::Budget, Kind::Hours, Kind::Contract, Kind::Benefits, Kind::Seniority]) }
    }

    fn reach(&self) -> Reach {
        Reach::Ad
    }

    fn carrier(&self) -> Option<Topic> {
        Some(Topic::Offer)
    }
}
