//! The words of advice in one language: leads, names of kinds, and example sentences with blanks to fill.
//!
//! They are data, `data/advice/en.toml` and `he.toml`. Nothing here knows an ad.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::ad::Lang;
use crate::rubric::{Kind, Kinds};

/// All that can be said in one language.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bank {
    /// How a sentence about the work begins in running text; a bullet goes without.
    pub opening: String,
    pub on_one: String,
    pub on_two: String,
    pub from_one: String,
    pub from_two: String,
    /// Channels for an ad that names none.
    pub usual_channels: Vec<String>,
    /// An audience for an ad of no known field.
    pub usual_audience: String,
    pub open_quote: String,
    pub close_quote: String,
    /// What stands before the last item of a list.
    pub and: String,
    /// `{list}` is what was looked for.
    pub missing: String,
    /// Said when nothing that was looked for is missing and no statement can be quoted.
    pub all_there: String,
    /// `{quote}` is the statement that should carry it.
    pub place: String,
    /// `{list}` quotes clichés.
    pub instead: String,
    /// Said when no example makes the ad less vague.
    pub no_edit: String,
    leads: BTreeMap<String, String>,
    kinds: BTreeMap<String, String>,
    pub channel: Vec<Channel>,
    pub money: Vec<Money>,
    pub field: Vec<Field>,
    pub example: Vec<Example>,
}

/// A platform and the forms it is recognised by.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Channel {
    pub name: String,
    pub words: Vec<String>,
}

/// Amounts in one currency.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Money {
    pub sign: String,
    pub pay: String,
    pub hourly: String,
    pub budget: String,
    pub lead: String,
}

/// A line of business, and whom it addresses.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Field {
    pub words: Vec<String>,
    pub audience: String,
}

/// A sentence that would mend a reason.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Example {
    pub reasons: Vec<String>,
    kinds: Vec<String>,
    role: Role,
    pub text: String,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Role {
    /// Roles that run social media.
    Social,
    /// All other roles.
    Any,
    /// All roles.
    All,
}

impl Example {
    /// What the sentence names.
    pub fn kinds(&self) -> Kinds {
        self.kinds.iter().filter_map(|word| Kind::parse(word)).collect()
    }

    /// True when it suits a role that runs social media, or one that does not.
    pub fn suits(&self, social: bool) -> bool {
        match self.role {
            Role::Social => social,
            Role::Any => !social,
            Role::All => true,
        }
    }
}

static ENGLISH: LazyLock<Bank> =
    LazyLock::new(|| toml::from_str(include_str!("../../../data/advice/en.toml")).unwrap_or_default());
static HEBREW: LazyLock<Bank> =
    LazyLock::new(|| toml::from_str(include_str!("../../../data/advice/he.toml")).unwrap_or_default());

impl Bank {
    /// The bank for ads of that language; Hebrew also for mixed ones.
    pub fn of(lang: Lang) -> &'static Bank {
        if lang == Lang::En { &ENGLISH } else { &HEBREW }
    }

    /// What to do about a reason, in general.
    pub fn lead(&self, reason: &str) -> &str {
        self.leads.get(reason).map_or("", String::as_str)
    }

    /// What a kind is called.
    pub fn kind(&self, kind: Kind) -> &str {
        self.kinds.get(kind.as_str()).map_or(kind.as_str(), String::as_str)
    }

    /// `a, b and c`.
    pub fn list(&self, items: &[String]) -> String {
        match items {
            [] => String::new(),
            [one] => one.clone(),
            [first @ .., last] => format!("{}{}{last}", first.join(", "), self.and),
        }
    }

    /// `text` in quotation marks.
    pub fn quote(&self, text: &str) -> String {
        format!("{}{text}{}", self.open_quote, self.close_quote)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::REASONS;

    fn check(text: &str) {
        let bank: Bank = toml::from_str(text).unwrap();
        for reason in REASONS {
            assert!(!bank.lead(reason).is_empty(), "{reason}");
            for social in [true, false] {
                let fits = |example: &&Example| example.reasons.iter().any(|r| r == reason) && example.suits(social);
                let least = if reason == "generic" && !social { 1 } else { 2 };
                assert!(bank.example.iter().filter(fits).count() >= least, "help: data/advice, {reason} {social}");
            }
        }
        for kind in Kind::ALL {
            assert!(bank.kinds.contains_key(kind.as_str()), "{kind}");
        }
        assert_eq!(bank.kinds.len(), Kind::ALL.len());
        for example in &bank.example {
            assert_eq!(example.kinds().len(), example.kinds.len(), "unknown kind in {}", example.text);
            assert!(example.reasons.iter().all(|reason| REASONS.contains(&reason.as_str())), "{}", example.text);
        }
    }

    #[test]
    fn the_data_is_whole_in_both_languages() {
        check(include_str!("../../../data/advice/en.toml"));
        check(include_str!("../../../data/advice/he.toml"));
    }
}
