//! What people (or other readers) said of an ad: labels, and the names of the heads that learn them.
//!
//! Unknown is not a value: a label that nobody gave is absent and never trained on.

use crate::ad::Ad;

/// The head that says whether running social media is the core of the role.
pub const SCOPE: &str = "scope";
/// The head that says whether the ad is vague.
pub const VAGUE: &str = "vague";
/// The six reasons, in the order of the article they come from.
pub const REASONS: [&str; 6] = ["generic", "undefined", "no_barrier", "no_stake", "unmeasurable", "everyone"];
/// All heads in their fixed order: scope, vague, then the six reasons.
pub const HEADS: [&str; 8] =
    [SCOPE, VAGUE, "generic", "undefined", "no_barrier", "no_stake", "unmeasurable", "everyone"];

/// True for a word that can name a reason beside the six: up to 40 small letters, digits and `_`, a letter first, and no head's name.
pub fn is_own_reason(word: &str) -> bool {
    let sound = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    (1..=40).contains(&word.len())
        && word.starts_with(|c: char| c.is_ascii_lowercase())
        && word.chars().all(sound)
        && !HEADS.contains(&word)
}

/// The labels of one ad, by head name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    values: Vec<(String, bool)>,
    /// The 1 (concrete) to 5 (empty) scale, where given.
    pub vagueness: Option<u8>,
}

impl Labels {
    /// The label for `head`, if it was given.
    pub fn get(&self, head: &str) -> Option<bool> {
        self.values.iter().find(|(name, _)| name == head).map(|&(_, value)| value)
    }

    /// Sets the label for `head`.
    pub fn set(&mut self, head: &str, value: bool) {
        match self.values.iter_mut().find(|(name, _)| name == head) {
            Some(entry) => entry.1 = value,
            None => self.values.push((head.to_owned(), value)),
        }
    }

    /// Removes the label for `head`: nobody knows.
    pub fn unset(&mut self, head: &str) {
        self.values.retain(|(name, _)| name != head);
    }

    /// The heads with a label, in the order they were set.
    pub fn heads(&self) -> impl Iterator<Item = &str> {
        self.values.iter().map(|(name, _)| name.as_str())
    }

    /// True when nothing at all was said.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && self.vagueness.is_none()
    }
}

/// Which part of a fixed split a labelled ad belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Split {
    /// Learned from.
    Train,
    /// Looked at while choosing settings.
    Valid,
    /// Only reported on.
    Test,
}

impl Split {
    /// Reads `train`, `valid` or `test` (any case); `None` for another word.
    pub fn parse(word: &str) -> Option<Self> {
        match word.trim().to_ascii_lowercase().as_str() {
            "train" => Some(Split::Train),
            "valid" | "validation" | "dev" => Some(Split::Valid),
            "test" => Some(Split::Test),
            _ => None,
        }
    }

    /// `train`, `valid` or `test`.
    pub fn as_str(self) -> &'static str {
        match self {
            Split::Train => "train",
            Split::Valid => "valid",
            Split::Test => "test",
        }
    }
}

/// What a statement is and says: three roles, two degrees, then what speaks for or against a fault.
pub const ASPECTS: [&str; 16] = [
    "duty",
    "requirement",
    "offer",
    "specific",
    "concrete",
    "any_company",
    "audience",
    "undefined",
    "task",
    "anyone",
    "barrier",
    "empty_offer",
    "stake",
    "vanity",
    "measure",
    "cliche",
];
/// The place of the first role among the [`ASPECTS`].
pub const DUTY: usize = 0;
/// The place of the second role.
pub const REQUIREMENT: usize = 1;
/// The place of the last role.
pub const OFFER: usize = 2;
/// The place of the first of two degrees, both of which a concrete statement has.
const SPECIFIC: usize = 3;
const CONCRETE: usize = 4;
/// The place of the first aspect that speaks for or against a fault: by reason, in their order, one for it and one against it.
pub const FIRST_MARK: usize = 5;
/// The letters of [`Judgement::parse`] for the aspects from there on.
const MARKS: &str = "gGuUbBsSmMe";

/// What a reader said of one statement, a bit an aspect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Judgement(pub u16);

impl Judgement {
    /// Reads a code such as `D2UM`: a role (`D`uty, `R`equirement, `O`ffer, `C`ompany, other (`X`), `H`eading), for the first three how concrete
    /// it is from 0 to 2, and marks, small letters for a fault and capitals against it (`gGuUbBsSmMe`, see docs/CODEBOOK.md). `None` for anything else.
    pub fn parse(code: &str) -> Option<Judgement> {
        let mut letters = code.chars();
        let (mut bits, graded) = match letters.next()? {
            'D' => (1 << DUTY, true),
            'R' => (1 << REQUIREMENT, true),
            'O' => (1 << OFFER, true),
            'C' | 'X' | 'H' => (0, false),
            _ => return None,
        };
        if graded {
            bits |= match letters.next()? {
                '0' => 0,
                '1' => 1 << SPECIFIC,
                '2' => 1 << SPECIFIC | 1 << CONCRETE,
                _ => return None,
            };
        }
        for letter in letters {
            bits |= 1 << (FIRST_MARK + MARKS.find(letter)?);
        }
        Some(Judgement(bits))
    }

    /// True when the reader said yes to the aspect at `place`.
    pub fn has(self, place: usize) -> bool {
        self.0 >> place & 1 == 1
    }
}

/// What a reader said of one statement of an ad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatementLabel {
    /// Where it starts, in code points of the plain text.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// What it is and says.
    pub said: Judgement,
}

/// An ad with what is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct LabeledAd {
    /// The ad.
    pub ad: Ad,
    /// Its labels.
    pub labels: Labels,
    /// Its part of a fixed split, where the file gives one.
    pub split: Option<Split>,
    /// What was said of its statements, in order of the text; empty where nobody judged them.
    pub statements: Vec<StatementLabel>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read() {
        assert_eq!(Judgement::parse("X"), Some(Judgement(0)));
        let judged = Judgement::parse("D2UM").unwrap();
        let said: Vec<&str> =
            (0..ASPECTS.len()).filter(|&place| judged.has(place)).map(|place| ASPECTS[place]).collect();
        assert_eq!(said, ["duty", "specific", "concrete", "task", "measure"]);
        for wrong in ["", "D", "D3", "Z1", "R1?", "C1"] {
            assert_eq!(Judgement::parse(wrong), None, "{wrong}");
        }
    }
}
