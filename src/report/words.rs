//! The words of reports: verdicts and the six checks, in both languages.

use crate::ad::Lang;
use crate::label::REASONS;
use crate::score::Decision;

/// The words of a page in one language.
pub(super) struct Words {
    /// The language as HTML names it.
    pub code: &'static str,
    /// Its direction.
    pub direction: &'static str,
    /// The six checks, each as what an ad does when it passes.
    pub checks: [&'static str; 6],
    /// The decisions, in the order of [`Decision::ALL`].
    pub decisions: [&'static str; 5],
    pub untitled: &'static str,
    pub vague_mark: &'static str,
    pub concrete_mark: &'static str,
    pub advice: &'static str,
    pub nothing: &'static str,
    pub example: &'static str,
    pub put_in: &'static str,
    pub instead_of: &'static str,
    pub by: &'static str,
    pub passed: &'static str,
    pub failed: &'static str,
    pub ignored: &'static str,
    pub found_all_the_same: &'static str,
    pub probability: &'static str,
}

pub(super) const ENGLISH: Words = Words {
    code: "en",
    direction: "ltr",
    checks: [
        "Says whose role it is",
        "Says what the work is",
        "Asks for proof of skill",
        "Says what it offers",
        "Results can be checked",
        "Work, not clichés",
    ],
    decisions: ["Vague", "Unsure", "Concrete", "Out of scope", "Unsupported"],
    untitled: "Ad without a title",
    vague_mark: "vague",
    concrete_mark: "concrete",
    advice: "What to write instead",
    nothing: "Nothing was found against it.",
    example: "For example",
    put_in: "add after “{}”",
    instead_of: "write instead",
    by: "Judged by",
    passed: "passed",
    failed: "failed",
    ignored: "ignored at the ad's own request",
    found_all_the_same: "This is what was found all the same.",
    probability: "Probability that the ad is vague",
};

pub(super) const HEBREW: Words = Words {
    code: "he",
    direction: "rtl",
    checks: [
        "ברור של מי התפקיד",
        "ברור מהי העבודה",
        "נדרשת הוכחת יכולת",
        "ברור מה מוצע",
        "אפשר לבדוק תוצאות",
        "עבודה ולא סיסמאות",
    ],
    decisions: ["מעורפלת", "אין הכרעה", "קונקרטית", "מחוץ לתחום", "שפה לא נתמכת"],
    untitled: "מודעה ללא כותרת",
    vague_mark: "מעורפל",
    concrete_mark: "קונקרטי",
    advice: "מה לכתוב במקום",
    nothing: "לא נמצא דבר נגד המודעה.",
    example: "לדוגמה",
    put_in: "להוסיף אחרי ״{}״",
    instead_of: "לכתוב במקום",
    by: "נבדק לפי המודל",
    passed: "עבר",
    failed: "נכשל",
    ignored: "לא נבדק לבקשת המודעה",
    found_all_the_same: "זה מה שנמצא בכל זאת.",
    probability: "ההסתברות שהמודעה מעורפלת",
};

/// The words for readers of an ad in `lang`.
pub(super) fn words(lang: Lang) -> &'static Words {
    if lang.is_hebrew() { &HEBREW } else { &ENGLISH }
}

impl Words {
    /// The check of a reason; of one that is not among the six, its own name.
    pub fn check<'r>(&self, reason: &'r str) -> &'r str {
        let place = REASONS.iter().position(|known| *known == reason);
        place.and_then(|place| self.checks.get(place)).copied().unwrap_or(reason)
    }

    /// The word for a decision.
    pub fn decision(&self, decision: Decision) -> &'static str {
        let place = Decision::ALL.iter().position(|known| *known == decision);
        place.and_then(|place| self.decisions.get(place)).copied().unwrap_or("")
    }

    /// What a probability means, in words.
    pub fn meaning(&self, decision: Decision, p: Option<f64>, upper: f64, lower: f64) -> String {
        let hebrew = self.code == "he";
        let of_hundred = (p.unwrap_or(0.0) * 100.0).round();
        let share = match (of_hundred as u32, hebrew) {
            (0, false) => "hardly any of 100 ads scored like this is vague".to_owned(),
            (0, true) => "כמעט אף מודעה עם ציון כזה אינה מעורפלת".to_owned(),
            (100, false) => "nearly all ads scored like this are vague".to_owned(),
            (100, true) => "כמעט כל המודעות עם ציון כזה מעורפלות".to_owned(),
            (some, false) => format!("about {some} of 100 ads scored like this are vague"),
            (some, true) => format!("כ-{some} מתוך 100 מודעות עם ציון כזה מעורפלות"),
        };
        match decision {
            Decision::OutOfScope if hebrew => {
                "ניהול מדיה חברתית אינו עיקר התפקיד, ולכן אין הכרעה (‎--all-roles‎ שופט כל תפקיד).".to_owned()
            }
            Decision::OutOfScope => {
                "Running social media is not the core of this role, so it is not judged (--all-roles judges every role)."
                    .to_owned()
            }
            Decision::Unsupported if hebrew => "רק מודעות בעברית או באנגלית נבדקות.".to_owned(),
            Decision::Unsupported => "Only ads in Hebrew or English are judged.".to_owned(),
            Decision::Unsure if hebrew => format!("{share}; בין {lower:.2} ל-{upper:.2} המודל לא מכריע."),
            Decision::Unsure => {
                format!("{}; between {lower:.2} and {upper:.2} the model does not decide.", capital(&share))
            }
            Decision::Vague | Decision::Concrete if hebrew => format!("{share}; הסף לסימון הוא {upper:.2}."),
            Decision::Vague | Decision::Concrete => {
                format!("{}; ads are flagged from {upper:.2} up.", capital(&share))
            }
        }
    }
}

/// How a line is to be laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Script {
    /// No letter runs from right to left.
    Latin,
    /// Mostly Hebrew: from right to left, even where it begins with an English name.
    Hebrew,
    /// English with some Hebrew: as its first letter says.
    Mixed,
}

impl Script {
    /// The script of a line. Hebrew writes no vowels, so its words are counted as twice as long.
    pub fn of(text: &str) -> Script {
        let hebrew = text.chars().filter(|c| matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}')).count();
        let latin = text.chars().filter(char::is_ascii_alphabetic).count();
        match hebrew {
            0 => Script::Latin,
            _ if hebrew * 2 >= latin => Script::Hebrew,
            _ => Script::Mixed,
        }
    }

    /// The value of a `dir` attribute.
    pub fn dir(self) -> &'static str {
        if self == Script::Hebrew { "rtl" } else { "auto" }
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The last words of the line before byte `at`, to say where something is to be put.
pub(super) fn tail(plain: &str, at: usize) -> String {
    let line = plain.get(..at).unwrap_or("").trim_end().rsplit('\n').next().unwrap_or("");
    let words: Vec<&str> = line.split_whitespace().collect();
    words.get(words.len().saturating_sub(4)..).unwrap_or_default().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hebrew_line_may_begin_with_an_english_name() {
        assert_eq!(Script::of("Social Media Manager דרוש/ה לחברת SaaS מובילה").dir(), "rtl");
        assert_eq!(Script::of("We answer fans in Hebrew (עברית) too").dir(), "auto");
        assert_eq!(Script::of("plain"), Script::Latin);
    }

    #[test]
    fn every_reason_and_decision_has_a_word() {
        for words in [&ENGLISH, &HEBREW] {
            assert!(REASONS.iter().all(|reason| !words.check(reason).is_empty()));
            assert!(Decision::ALL.iter().all(|&decision| !words.decision(decision).is_empty()));
        }
        assert_eq!(ENGLISH.check("everyone"), "Work, not clichés");
        assert!(ENGLISH.meaning(Decision::Vague, Some(0.934), 0.42, 0.3).starts_with("About 93 of 100"));
        assert!(ENGLISH.meaning(Decision::Concrete, Some(0.001), 0.42, 0.3).starts_with("Hardly any of 100"));
    }
}
