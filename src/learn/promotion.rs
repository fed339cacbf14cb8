//! Whether a model may take the place of another: no worse on any set or head by more than a rule allows.

use serde::Serialize;

use super::bootstrap::Estimate;
use super::paired::Difference;
use crate::error::{Error, ErrorKind, Result};

/// A figure that a rule speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Figure {
    /// Area under the ROC curve; more is better.
    Auc,
    /// Cohen's kappa; more is better.
    Kappa,
    /// Mean squared error of the probability; less is better.
    Brier,
}

/// `auc >= -0.02`: the new model less the old must be at least (of Brier: at most) so much.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Clause {
    /// The figure.
    pub figure: Figure,
    /// The bound on the difference.
    pub bound: f64,
}

/// When a model is promoted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rule {
    /// All of them must hold on every set and head.
    pub clauses: Vec<Clause>,
    /// Whether the whole interval must keep the bound, and not the estimate alone.
    pub certain: bool,
    /// Heads with fewer labels than this, or fewer than a quarter of it of either class, cannot fail it.
    pub least: usize,
}

/// How one clause fared on one set and head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Held {
    /// The whole interval keeps the bound.
    Surely,
    /// The estimate keeps it, its interval does not.
    Probably,
    /// The estimate breaks it.
    Broken,
    /// There are too few labels to tell.
    TooFew,
}

/// One clause on one set and head.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// The set: all ads, a file, a language.
    pub set: String,
    /// The head.
    pub head: String,
    /// Labels.
    pub n: usize,
    /// The clause.
    pub clause: Clause,
    /// New less old, with its interval.
    pub difference: Estimate,
    /// How it fared.
    pub held: Held,
}

/// What a rule says of two models.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Promotion {
    /// The rule.
    pub rule: Rule,
    /// Whether the new model is promoted.
    pub promoted: bool,
    /// Every clause on every set and head.
    pub findings: Vec<Finding>,
}

impl Figure {
    /// Its name in rules.
    pub fn as_str(self) -> &'static str {
        match self {
            Figure::Auc => "auc",
            Figure::Kappa => "kappa",
            Figure::Brier => "brier",
        }
    }
}

impl std::fmt::Display for Clause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.figure == Figure::Brier { "<=" } else { ">=" };
        write!(f, "{} {sign} {}", self.figure.as_str(), self.bound)
    }
}

/// Reads `auc >= -0.02, kappa >= -0.05, brier <= 0.01`.
///
/// # Errors
/// `Usage` with the rule and what was read.
pub fn parse(text: &str) -> Result<Vec<Clause>> {
    let refuse = |part: &str| {
        let rule =
            "a rule is a list of clauses such as auc >= -0.02, kappa >= -0.05, brier <= 0.01 (new model less old)";
        Error::new(ErrorKind::Usage, format!("{rule}; got {part:?}"))
    };
    let mut clauses = Vec::new();
    for part in text.split(',') {
        let (name, sign, number) = part
            .split_once(">=")
            .map(|(name, number)| (name, ">=", number))
            .or_else(|| part.split_once("<=").map(|(name, number)| (name, "<=", number)))
            .ok_or_else(|| refuse(part))?;
        let figure = match (name.trim(), sign) {
            ("auc", ">=") => Figure::Auc,
            ("kappa", ">=") => Figure::Kappa,
            ("brier", "<=") => Figure::Brier,
            _ => return Err(refuse(part)),
        };
        let bound: f64 = number
            .trim()
            .parse()
            .ok()
            .filter(|bound: &f64| (-1.0..=1.0).contains(bound))
            .ok_or_else(|| refuse(part))?;
        clauses.push(Clause { figure, bound });
    }
    Ok(clauses)
}

/// Applies `rule` to the differences of two models on some sets; `classes` says how many labels of the rarer class a set and head
/// have.
pub fn promotion(rule: &Rule, sets: &[(&str, &[Difference])], classes: &dyn Fn(&str, &str) -> usize) -> Promotion {
    let mut findings = Vec::new();
    for (set, differences) in sets {
        for difference in *differences {
            let few = difference.n < rule.least || classes(set, &difference.head) < rule.least.div_ceil(4);
            for &clause in &rule.clauses {
                let of = match clause.figure {
                    Figure::Auc => difference.auc,
                    Figure::Kappa => difference.kappa,
                    Figure::Brier => difference.brier,
                };
                // As if more were better, whatever the figure.
                let (value, worst, bound) = match clause.figure {
                    Figure::Brier => (-of.value, -of.high, -clause.bound),
                    _ => (of.value, of.low, clause.bound),
                };
                let held = match (few, worst >= bound, value >= bound) {
                    (true, ..) => Held::TooFew,
                    (_, true, _) => Held::Surely,
                    (_, _, true) => Held::Probably,
                    _ => Held::Broken,
                };
                findings.push(Finding {
                    set: (*set).to_owned(),
                    head: difference.head.clone(),
                    n: difference.n,
                    clause,
                    difference: of,
                    held,
                });
            }
        }
    }
    let fails = |finding: &Finding| match finding.held {
        Held::Broken => true,
        Held::Probably => rule.certain,
        Held::Surely | Held::TooFew => false,
    };
    let told = findings.iter().any(|finding| finding.held != Held::TooFew);
    Promotion { rule: rule.clone(), promoted: told && !findings.iter().any(fails), findings }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(value: f64, low: f64, high: f64) -> Difference {
        let estimate = Estimate { value, low, high };
        Difference {
            head: "vague".to_owned(),
            n: 100,
            auc: estimate,
            kappa: estimate,
            brier: estimate,
            only_new_right: 0,
            only_old_right: 0,
            mcnemar: 1.0,
        }
    }

    fn judged(text: &str, certain: bool, one: Difference) -> Promotion {
        let rule = Rule { clauses: parse(text).unwrap(), certain, least: 20 };
        promotion(&rule, &[("all", std::slice::from_ref(&one))], &|_, _| 50)
    }

    #[test]
    fn a_loss_within_the_bound_is_promoted_and_beyond_it_is_not() {
        assert!(judged("auc >= -0.02", false, difference(-0.01, -0.05, 0.03)).promoted);
        assert!(!judged("auc >= -0.02", true, difference(-0.01, -0.05, 0.03)).promoted);
        assert!(judged("auc >= -0.02", true, difference(0.01, -0.01, 0.03)).promoted);
        assert!(!judged("auc>=-0.02,kappa>=-0.5", false, difference(-0.03, -0.05, -0.01)).promoted);
        // Of Brier less is better.
        assert!(judged("brier <= 0.01", true, difference(-0.02, -0.03, 0.005)).promoted);
        assert!(!judged("brier <= 0.01", false, difference(0.02, 0.0, 0.03)).promoted);
    }

    #[test]
    fn too_few_labels_promote_nothing_by_themselves() {
        let rule = Rule { clauses: parse("auc >= 0").unwrap(), certain: false, least: 200 };
        let one = difference(0.1, 0.05, 0.15);
        let found = promotion(&rule, &[("all", std::slice::from_ref(&one))], &|_, _| 50);
        assert_eq!((found.promoted, found.findings[0].held), (false, Held::TooFew));
    }

    #[test]
    fn other_rules_are_refused() {
        for text in ["auc > 0", "auc <= 0", "f1 >= 0", "auc >= x", "", "auc >= 7"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
