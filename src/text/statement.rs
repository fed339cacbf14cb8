//! Cuts an ad into statements: lines, bullets, sentences, and the sections of ads that are one long line.
//!
//! Many Hebrew ads lose their line breaks on the way, so section words (`דרישות:`, `תיאור התפקיד:`), bars, bullets
//! and spaced dashes cut too, and a statement that is still too long is cut at a comma. Statements tile the tokens:
//! every token belongs to exactly one.

use std::borrow::Cow;
use std::ops::Range;

use crate::ad::Span;
use crate::text::Analysis;
use crate::text::fold;

/// One statement of an ad.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The bytes from its first token to the end of its last, and a colon that closes it.
    pub span: Span,
    /// Its tokens, as places in [`Analysis::tokens`].
    pub tokens: Range<usize>,
    /// True when it announces a section and says nothing itself.
    pub heading: bool,
}

/// A statement longer than this is cut at the next comma, and at twice this length anywhere.
const LONG: usize = 36;
/// A heading has at most so many tokens.
const HEADING: usize = 6;

/// The words that open a section; a cut before them needs a colon or a dash behind.
const SECTIONS: &[&[&str]] = &[
    &["דרישות"],
    &["דרישות", "התפקיד"],
    &["דרישות", "המשרה"],
    &["דרישות", "סף"],
    &["תיאור"],
    &["תיאור", "התפקיד"],
    &["תיאור", "המשרה"],
    &["תאור", "התפקיד"],
    &["תאור", "המשרה"],
    &["התפקיד"],
    &["התפקיד", "כולל"],
    &["התפקיד", "דורש"],
    &["המשרה", "כוללת"],
    &["תחומי", "אחריות"],
    &["תחומי", "האחריות"],
    &["היקף"],
    &["היקף", "משרה"],
    &["היקף", "המשרה"],
    &["שעות"],
    &["שעות", "עבודה"],
    &["שעות", "העבודה"],
    &["ימי", "עבודה"],
    &["תנאים"],
    &["תנאי", "העסקה"],
    &["שכר"],
    &["מיקום"],
    &["מיקום", "המשרה"],
    &["כישורים"],
    &["כישורים", "נדרשים"],
    &["מה", "נדרש"],
    &["מה", "אנחנו", "מציעים"],
    &["מה", "אנו", "מציעים"],
    &["אנחנו", "מציעים"],
    &["אנו", "מציעים"],
    &["יתרון"],
    &["יתרונות"],
    &["הגדרת", "תפקיד"],
    &["כפיפות"],
    &["requirements"],
    &["job", "requirements"],
    &["qualifications"],
    &["responsibilities"],
    &["key", "responsibilities"],
    &["duties"],
    &["job", "description"],
    &["benefits"],
    &["skills"],
    &["compensation"],
    &["salary"],
    &["location"],
    &["about", "us"],
    &["what", "we", "offer"],
    &["what", "you'll", "do"],
    &["what", "you", "will", "do"],
    &["who", "you", "are"],
];

/// The statements of `plain`, in order.
pub fn statements(plain: &str, analysis: &Analysis) -> Vec<Statement> {
    let mut found = Vec::new();
    statements_into(plain, analysis, &mut found);
    found
}

/// As [`statements`], into a list that is cleared first.
pub fn statements_into(plain: &str, analysis: &Analysis, found: &mut Vec<Statement>) {
    found.clear();
    let tokens = analysis.tokens();
    let between = |token: usize| -> &str {
        let start = token.checked_sub(1).and_then(|before| tokens.get(before)).map_or(0, |before| before.span.end);
        let end = tokens.get(token).map_or(plain.len(), |next| next.span.start);
        plain.get(start..end).unwrap_or("")
    };
    let mut close = |start: usize, end: usize| {
        let (Some(first), Some(last)) = (tokens.get(start), end.checked_sub(1).and_then(|at| tokens.get(at))) else {
            return;
        };
        let written = between(end);
        let gap = fold::gap(written);
        let colon = gap.trim_start().starts_with(':');
        let line_ends = end == tokens.len() || gap.contains('\n');
        let stop = if colon { written.find([':', '：']).map_or(0, |at| at + colon_size(written, at)) } else { 0 };
        let short = end - start <= HEADING;
        found.push(Statement {
            span: Span::new(first.span.start, last.span.end + stop),
            tokens: start..end,
            heading: short && ((colon && line_ends) || section(analysis, start) == Some(end - start)),
        });
    };
    let mut start = 0;
    for (at, token) in tokens.iter().enumerate().skip(1) {
        // Nearly all tokens stand behind one blank, which needs no second look.
        let written = between(at);
        let length = at - start;
        let plain = matches!(written.as_bytes(), [b' ']) && !token.breaks;
        if plain && length < 2 * LONG && analysis.lists(token) & OPENS == 0 {
            continue;
        }
        let gap = if plain { Cow::Borrowed("") } else { fold::gap(written) };
        let cut = token.breaks
            || cuts(&gap)
            || (length >= LONG && gap.contains([',', ';']))
            || length >= 2 * LONG
            || (opens_section(analysis, between, at) && section(analysis, start).is_none_or(|size| size <= length))
            || (gap.contains(':') && section(analysis, start) == Some(length));
        if cut {
            close(start, at);
            start = at;
        }
    }
    if !tokens.is_empty() {
        close(start, tokens.len());
    }
}

/// The bytes of the colon at `at`.
fn colon_size(written: &str, at: usize) -> usize {
    written.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8)
}

/// True when what stands between two tokens, as [`fold::gap`] gives it, separates statements by itself.
fn cuts(gap: &str) -> bool {
    // A lone ASCII mark with no blank beside it stands inside something; the bar is the exception.
    if gap.len() < 2 {
        return gap == "|";
    }
    gap.contains(['\n', '|', '•', '·', '*', '!', '?', ';']) || gap.contains(". ") || gap.contains(" - ")
}

/// How many tokens the section words at `start` are, the longest first.
fn section(analysis: &Analysis, start: usize) -> Option<usize> {
    let tokens = analysis.tokens();
    if tokens.get(start).is_none_or(|token| analysis.lists(token) & OPENS == 0) {
        return None;
    }
    let fits = |words: &&&[&str]| {
        words
            .iter()
            .enumerate()
            .all(|(place, word)| tokens.get(start + place).is_some_and(|token| analysis.form(token) == *word))
    };
    SECTIONS.iter().filter(fits).map(|words| words.len()).max()
}

/// True when section words start at token `at` and a colon, a dash or the end of the line follows them.
fn opens_section<'a>(analysis: &Analysis, between: impl Fn(usize) -> &'a str, at: usize) -> bool {
    let Some(size) = section(analysis, at) else { return false };
    let gap = fold::gap(between(at + size));
    let rest = gap.trim_start_matches([' ', '*']);
    rest.starts_with([':', '\n']) || rest.starts_with("- ")
}

/// The bit of the lists of a form that [`opens`].
pub(super) const OPENS: u8 = 1 << 7;

/// True for the first words of [`SECTIONS`].
pub(super) fn opens(form: &str) -> bool {
    matches!(
        form,
        "דרישות"
            | "תיאור"
            | "תאור"
            | "התפקיד"
            | "המשרה"
            | "תחומי"
            | "היקף"
            | "שעות"
            | "ימי"
            | "תנאים"
            | "תנאי"
            | "שכר"
            | "מיקום"
            | "כישורים"
            | "מה"
            | "אנחנו"
            | "אנו"
            | "יתרון"
            | "יתרונות"
            | "הגדרת"
            | "כפיפות"
            | "requirements"
            | "job"
            | "qualifications"
            | "responsibilities"
            | "key"
            | "duties"
            | "benefits"
            | "skills"
            | "compensation"
            | "salary"
            | "location"
            | "about"
            | "what"
            | "who"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Analyzer, TextSpec};

    fn cut(text: &str) -> Vec<(String, bool)> {
        let analysis = Analyzer::new(&TextSpec::default()).unwrap().analyze(text);
        let found = statements(text, &analysis);
        let mut next = 0;
        for statement in &found {
            assert_eq!(statement.tokens.start, next, "help: statements tile the tokens; see `close`");
            next = statement.tokens.end;
        }
        assert_eq!(next, analysis.tokens().len());
        found.iter().map(|statement| (statement.span.of(text).to_owned(), statement.heading)).collect()
    }

    #[test]
    fn the_first_words_of_sections_open_them() {
        for words in SECTIONS {
            assert!(opens(words[0]), "help: add {} to `opens`", words[0]);
        }
    }

    #[test]
    fn lines_bullets_and_sentences_are_statements() {
        let found = cut("Social media manager\nYou will:\n• write posts\n• answer messages. Report weekly.");
        let texts: Vec<&str> = found.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(texts, ["Social media manager", "You will:", "write posts", "answer messages", "Report weekly"]);
        assert_eq!(found.iter().map(|(_, heading)| *heading).collect::<Vec<_>>(), [false, true, false, false, false]);
    }

    #[test]
    fn a_one_line_ad_is_cut_at_its_sections() {
        let found =
            cut("לחנות בצפון דרוש/ה עובד/ת תיאור התפקיד: סידור מדפים, קופה דרישות: ניסיון של שנה | היקף משרה: חלקית");
        let texts: Vec<&str> = found.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "לחנות בצפון דרוש/ה עובד/ת",
                "תיאור התפקיד:",
                "סידור מדפים, קופה",
                "דרישות:",
                "ניסיון של שנה",
                "היקף משרה:",
                "חלקית"
            ]
        );
        assert_eq!(found.iter().filter(|(_, heading)| *heading).count(), 3);
    }

    #[test]
    fn blanks_and_unseen_marks_of_any_kind_cut_alike() {
        let plain = "תיאור התפקיד: ניהול דף. מענה - תיאום | דרישות -\nניסיון";
        let count = cut(plain).len();
        let spaced = plain.replace(' ', "\u{a0}");
        for text in [&spaced, &plain.replace(' ', "\u{200f} \u{200b}"), &plain.replace('\n', "\r\n")] {
            assert_eq!(cut(text).len(), count, "{text:?}");
        }
        assert_eq!(cut("דרישות\r\nניסיון של שנה")[0], ("דרישות".to_owned(), true));
    }

    #[test]
    fn long_text_without_marks_is_cut_all_the_same() {
        let words = vec!["מילה"; 500].join(" ");
        assert!(cut(&words).len() >= 500 / (2 * LONG));
        assert!(cut("").is_empty());
    }
}
