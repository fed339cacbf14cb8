//! What a statement speaks of: duties, requirements, the offer, or the employer.
//!
//! Words of the lexicons say it (`kind = "duties"` and so on); a heading says it for the statements below it, up to the next
//! heading. What is absent is looked for where it belongs.

use serde::{Deserialize, Serialize};

use super::findings::{Buffers, Line};
use super::kind::{Kind, Kinds};

/// What a statement speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[repr(u8)]
pub enum Topic {
    /// What is done in the role.
    Duties,
    /// What is asked of the candidate.
    Requirements,
    /// What the candidate gets, and how to apply.
    Offer,
    /// Who the employer is.
    Employer,
}

/// What only an offer names.
const OFFERED: Kinds = Kinds::of(&[Kind::Pay, Kind::Hours, Kind::Contract, Kind::Benefits, Kind::Seniority]);
/// What only a requirement names.
const ASKED: Kinds = Kinds::of(&[Kind::Experience, Kind::Credential, Kind::Portfolio]);

impl Topic {
    /// All topics with their words in the lexicons.
    pub(super) const ALL: [(&'static str, Topic); 4] = [
        ("duties", Topic::Duties),
        ("requirements", Topic::Requirements),
        ("offer", Topic::Offer),
        ("employer", Topic::Employer),
    ];

    /// Its bit in [`Line::says`].
    pub(super) fn bit(self) -> u8 {
        1 << (self as u8)
    }

    /// Reads the word of a lexicon.
    pub(super) fn parse(word: &str) -> Option<Topic> {
        Topic::ALL.into_iter().find(|(name, _)| *name == word).map(|(_, topic)| topic)
    }
}

/// Gives every line its topic, from its own words, from what it names, or from the heading above it.
pub(super) fn settle(buffers: &mut Buffers) {
    buffers.topics.sort_by_key(|(_, hit)| hit.start);
    buffers.duties.sort_by_key(|hit| hit.start);
    let mut section = None;
    for (statement, line) in buffers.statements.iter().zip(&mut buffers.lines) {
        let own = own(line);
        if statement.heading {
            section = own;
        }
        line.topic = own.or(section);
    }
}

fn own(line: &Line) -> Option<Topic> {
    let says = |topic: Topic| line.says & topic.bit() != 0;
    if says(Topic::Offer) {
        Some(Topic::Offer)
    } else if says(Topic::Requirements) || line.names(ASKED) && !says(Topic::Duties) {
        Some(Topic::Requirements)
    } else if line.names(OFFERED) && !says(Topic::Duties) {
        Some(Topic::Offer)
    } else if says(Topic::Duties) {
        Some(Topic::Duties)
    } else {
        says(Topic::Employer).then_some(Topic::Employer)
    }
}
