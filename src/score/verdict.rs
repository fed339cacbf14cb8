//! What is said of one ad.

use super::advice::Edit;
use crate::ad::{Lang, Span};
use crate::rubric::{Kind, Kinds};

/// The answer to "is it vague?".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Decision {
    /// The ad is flagged.
    Vague,
    /// The ad passes.
    Concrete,
    /// Neither can be said with the error rate the model states.
    Unsure,
    /// The role is not about running social media.
    OutOfScope,
    /// The ad is in neither Hebrew nor English, or holds no words.
    Unsupported,
}

impl Decision {
    /// All decisions, in the order reports list them.
    pub const ALL: [Decision; 5] =
        [Decision::Vague, Decision::Unsure, Decision::Concrete, Decision::OutOfScope, Decision::Unsupported];

    /// The word used in records.
    pub fn as_str(self) -> &'static str {
        match self {
            Decision::Vague => "vague",
            Decision::Concrete => "concrete",
            Decision::Unsure => "unsure",
            Decision::OutOfScope => "out_of_scope",
            Decision::Unsupported => "unsupported",
        }
    }
}

/// Everything said of one ad; spans count bytes of the ad's plain text.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The decision.
    pub decision: Decision,
    /// The language of the ad.
    pub lang: Lang,
    /// The calibrated probability that the ad is vague, 0 to 1 in steps of 10⁻⁶; `None` when unsupported.
    pub p_vague: Option<f64>,
    /// The calibrated probability that running social media is the core of the role; `None` when unsupported or the model has no such head.
    pub p_scope: Option<f64>,
    /// The number of words and other tokens.
    pub words: u32,
    /// The six reasons in their fixed order, then the model's own; empty when unsupported.
    pub reasons: Vec<ReasonVerdict>,
    /// What makes the ad concrete, in order of the text.
    pub deliverables: Vec<Deliverable>,
    /// Whether the ad asks to be spared all that is said against it: it ignores all reasons, or every one that fired.
    pub excused: bool,
}

/// What is said of one reason.
#[derive(Clone, Debug, PartialEq)]
pub struct ReasonVerdict {
    /// The reason's id.
    pub id: String,
    /// The calibrated probability that the ad commits the fault.
    pub p: f64,
    /// Whether it is said to.
    pub fired: bool,
    /// Whether it would have fired, had the ad not asked to ignore it.
    pub ignored: bool,
    /// Where in the text, in its order. For a reason that did not fire: what speaks for it all the same, unless the scorer
    /// was told to leave that out; empty when ignored.
    pub evidence: Vec<Evidence>,
    /// What was looked for in the whole ad and not found; empty unless fired, or where all of it was found.
    pub missing: Kinds,
    /// Vague lines that are no evidence because something else in the ad makes them concrete.
    pub cleared: Vec<Cleared>,
    /// What to write instead; `None` unless fired, and for a reason that is not among the six.
    pub advice: Option<String>,
    /// A worked example of the advice; `None` unless asked for, and when no example would make the ad less vague.
    pub edit: Option<Edit>,
}

/// A place that speaks for a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Where.
    pub span: Span,
    /// What was looked for within reach of it and not found; empty when what is there is the fault.
    pub missing: Kinds,
}

/// A vague line, and what makes it concrete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cleared {
    /// The vague line.
    pub span: Span,
    /// What makes it concrete.
    pub by: Span,
}

/// One concrete statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deliverable {
    /// What kind of thing it names.
    pub kind: Kind,
    /// Where.
    pub span: Span,
}
