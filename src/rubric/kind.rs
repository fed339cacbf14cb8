//! The kinds of deliverable: what a concrete ad names and a vague one leaves out.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One kind of deliverable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum Kind {
    /// A platform or medium that work is done on.
    Channel,
    /// A named professional tool, language or system.
    Tool,
    /// A work product that can be handed over.
    Output,
    /// A specific duty: a verb of work with its object, or a named method.
    Task,
    /// How often.
    Cadence,
    /// How many.
    Quantity,
    /// A business measure.
    Measure,
    /// A value that a measure should reach, or a target that is kept.
    Target,
    /// Money the role spends.
    Budget,
    /// Money the role is paid.
    Pay,
    /// Working days and hours.
    Hours,
    /// The terms of employment: extent, length, place.
    Contract,
    /// Benefits that can be checked.
    Benefits,
    /// Who the work is for: an audience, market or product line.
    Audience,
    /// To whom the role reports, or who reports to it.
    Reporting,
    /// A level or a path of promotion that is spelt out.
    Seniority,
    /// Experience in years, or proven.
    Experience,
    /// A licence, certificate, degree or named body of knowledge.
    Credential,
    /// Work samples that are asked for.
    Portfolio,
    /// A date or a time limit.
    Deadline,
}

impl Kind {
    /// Every kind, in the order of the rubric columns.
    pub const ALL: [Kind; 20] = [
        Kind::Channel,
        Kind::Tool,
        Kind::Output,
        Kind::Task,
        Kind::Cadence,
        Kind::Quantity,
        Kind::Measure,
        Kind::Target,
        Kind::Budget,
        Kind::Pay,
        Kind::Hours,
        Kind::Contract,
        Kind::Benefits,
        Kind::Audience,
        Kind::Reporting,
        Kind::Seniority,
        Kind::Experience,
        Kind::Credential,
        Kind::Portfolio,
        Kind::Deadline,
    ];

    /// The word used in lexicons and records.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Channel => "channel",
            Kind::Tool => "tool",
            Kind::Output => "output",
            Kind::Task => "task",
            Kind::Cadence => "cadence",
            Kind::Quantity => "quantity",
            Kind::Measure => "measure",
            Kind::Target => "target",
            Kind::Budget => "budget",
            Kind::Pay => "pay",
            Kind::Hours => "hours",
            Kind::Contract => "contract",
            Kind::Benefits => "benefits",
            Kind::Audience => "audience",
            Kind::Reporting => "reporting",
            Kind::Seniority => "seniority",
            Kind::Experience => "experience",
            Kind::Credential => "credential",
            Kind::Portfolio => "portfolio",
            Kind::Deadline => "deadline",
        }
    }

    /// Reads the word of [`Kind::as_str`].
    pub fn parse(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// Its place in [`Kind::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A set of kinds.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Kinds(u32);

impl Kinds {
    /// The set of the given kinds.
    pub const fn of(kinds: &[Kind]) -> Kinds {
        let mut bits = 0;
        let mut rest = kinds;
        while let [first, tail @ ..] = rest {
            bits |= 1 << (*first as u32);
            rest = tail;
        }
        Kinds(bits)
    }

    /// True when `kind` is in the set.
    pub fn has(self, kind: Kind) -> bool {
        self.0 & (1 << (kind as u32)) != 0
    }

    /// Adds `kind`.
    pub fn insert(&mut self, kind: Kind) {
        self.0 |= 1 << (kind as u32);
    }

    /// The kinds of this set that are not in `other`.
    #[must_use]
    pub fn without(self, other: Kinds) -> Kinds {
        Kinds(self.0 & !other.0)
    }

    /// True when nothing is in it.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many kinds are in it.
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// The kinds, in the order of [`Kind::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Kind> {
        Kind::ALL.into_iter().filter(move |&kind| self.has(kind))
    }
}

impl FromIterator<Kind> for Kinds {
    fn from_iter<I: IntoIterator<Item = Kind>>(kinds: I) -> Self {
        let mut set = Kinds::default();
        for kind in kinds {
            set.insert(kind);
        }
        set
    }
}

impl fmt::Debug for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_stand_in_their_own_order() {
        for (place, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(kind.index(), place);
            assert_eq!(Kind::parse(kind.as_str()), Some(kind));
        }
    }

    #[test]
    fn a_set_lists_what_was_put_in() {
        let set = Kinds::of(&[Kind::Pay, Kind::Channel]);
        assert_eq!(set.iter().collect::<Vec<_>>(), [Kind::Channel, Kind::Pay]);
        assert_eq!(set.without(Kinds::of(&[Kind::Pay])).iter().collect::<Vec<_>>(), [Kind::Channel]);
        assert_eq!((set.len(), Kinds::default().is_empty()), (2, true));
    }
}
