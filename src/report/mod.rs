//! What people and programs read: records, terminal text, annotations, pages, tables of figures, the model card.

pub mod audit;
pub mod card;
mod columns;
pub mod evaluation;
pub mod figures;
pub mod github;
pub mod history;
pub mod html;
pub mod markdown;
mod marks;
pub mod measure;
pub mod page;
pub mod phrases;
mod place;
pub mod plot;
pub mod promotion;
pub mod record;
pub mod registry;
pub mod sarif;
pub mod sink;
pub mod suggest;
pub mod survey;
pub mod table;
pub mod terminal;
mod words;

pub use columns::schema;
pub use record::{OffsetUnit, Record, RecordStyle};
pub use sink::{Block, Sink};
pub use table::{OutputFormat, OutputLayout, json_line};

use crate::ad::{Ad, Lang};
use crate::model::Model;
use crate::score::{Decision, Verdict};

/// An ad with its verdict, as reports take it.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The ad.
    pub ad: Ad,
    /// What is said of it.
    pub verdict: Verdict,
}

/// What reports say of the model that judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Judge {
    /// The model's name and digest.
    pub model: String,
    /// An ad is vague from this probability up.
    pub upper: f64,
    /// An ad is concrete from this probability down.
    pub lower: f64,
}

impl Judge {
    /// What to say of `model`.
    pub fn of(model: &Model) -> Judge {
        let decision = &model.config.decision;
        Judge { model: model.id(), upper: decision.upper, lower: decision.lower }
    }
}

/// What an ad does when it passes the check of `reason`, in a few words of the language; another word stands for itself.
pub fn check_name(reason: &str, lang: Lang) -> &str {
    words::words(lang).check(reason)
}

/// What a decision is called.
pub fn decision_name(decision: Decision, lang: Lang) -> &'static str {
    words::words(lang).decision(decision)
}

/// What the probability behind a decision means, in a sentence.
pub fn meaning(decision: Decision, p_vague: Option<f64>, judge: &Judge, lang: Lang) -> String {
    words::words(lang).meaning(decision, p_vague, judge.upper, judge.lower)
}
