//! Written gender forms: how far `מנהל/ת`, `מנהל.ת`, `מנהל(ת)`, `דרוש /ה`, `מנהל/מנהלת` reach.
//!
//! Only the extent is found here; the form is the word before it.

use super::class::{INTERPUNCT, medial_shape};
use super::scan::Scanner;

/// How a suffix is set off from its word.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Joint {
    /// `/`, `\`, `|`, with or without blanks.
    Slash,
    /// `.`, `·`, `*`, `_`, without blanks.
    Dot,
    /// A hyphen, without blanks.
    Hyphen,
    /// Between brackets, in either order.
    Bracket(u8),
}

impl Scanner<'_> {
    /// The end of the gender form that starts with the Hebrew word `start..end`; `end` when there is none.
    pub(super) fn gender_end(&self, start: usize, end: usize) -> usize {
        let word = self.slice(start, end);
        if word.len() < 4 {
            return end;
        }
        let mut reached = end;
        while let Some((joint, at)) = self.joint(reached) {
            match self.gender_part(word, joint, at) {
                Some(after) => reached = after,
                None => break,
            }
        }
        reached
    }

    /// The same for a Latin word with a Hebrew suffix (`Manager/ית`).
    pub(super) fn latin_gender_end(&self, end: usize) -> usize {
        let mut reached = end;
        while let Some((joint, at)) = self.joint(reached) {
            let run = self.hebrew_run(at);
            let suffix = self.slice(at, run);
            let known = self.tables.gender.latin_suffixes.iter().any(|known| known == suffix);
            match self.close(joint, run) {
                Some(after) if known && self.ends_word(after) => reached = after,
                _ => break,
            }
        }
        reached
    }

    /// The joint behind `i`, and where the Hebrew letters behind it start.
    #[inline]
    fn joint(&self, i: usize) -> Option<(Joint, usize)> {
        let blank = usize::from(self.at(i) == b' ');
        let mark = i + blank;
        let (joint, mut at) = match self.at(mark) {
            b'/' | b'\\' => {
                let dash = usize::from(self.at(mark + 1) == b'-');
                let after = usize::from(self.at(mark + 1 + dash) == b' ');
                (Joint::Slash, mark + 1 + dash + after)
            }
            b'-' if blank == 0 && matches!(self.at(mark + 1), b'/' | b'\\') => (Joint::Slash, mark + 2),
            b'|' if blank == 0 => (Joint::Dot, mark + 1),
            b'.' | b'*' | b'_' if blank == 0 => (Joint::Dot, mark + 1),
            b'-' if blank == 0 => (Joint::Hyphen, mark + 1),
            bracket @ (b'(' | b')' | b'[') => {
                let inner = usize::from(matches!(self.at(mark + 1), b'/' | b'-' | b'.' | b'\\'));
                (Joint::Bracket(bracket), mark + 1 + inner)
            }
            0xC2 if blank == 0 && self.char_at(mark) == INTERPUNCT => (Joint::Dot, mark + INTERPUNCT.len_utf8()),
            _ => return None,
        };
        if joint == Joint::Slash && self.at(at) == b'-' {
            at += 1;
        }
        self.is_hebrew(at).then_some((joint, at))
    }

    /// The end of the part at `at` when it is a suffix of `word`, or another gender of it.
    fn gender_part(&self, word: &str, joint: Joint, at: usize) -> Option<usize> {
        let run = self.hebrew_run(at);
        let part = self.slice(at, run);
        let suffix = match joint {
            Joint::Hyphen => word.len() >= 6 && self.tables.gender.hyphen_suffixes.iter().any(|known| known == part),
            _ => self.is_suffix(word, part),
        };
        if suffix && let Some(after) = self.close(joint, run).filter(|after| self.ends_word(*after)) {
            return Some(after);
        }
        let whole = self.word_end(at);
        let part = self.slice(at, whole);
        let pair = match joint {
            Joint::Slash => self.is_pair(word, part),
            Joint::Bracket(_) => part.len() >= 4 && self.is_pair(word, part),
            Joint::Dot => self.is_listed_pair(word, part),
            Joint::Hyphen => false,
        };
        self.close(joint, whole).filter(|after| pair && self.ends_word(*after))
    }

    /// Behind the closing bracket, where there was an opening one; suffixes may be chained inside: `(ים/ות)`.
    fn close(&self, joint: Joint, mut run: usize) -> Option<usize> {
        let Joint::Bracket(open) = joint else { return Some(run) };
        while matches!(self.at(run), b'/' | b'.' | b',' | b'\\') && self.is_hebrew(run + 1) {
            let next = self.hebrew_run(run + 1);
            if !self.tables.gender.suffixes.iter().any(|known| known == self.slice(run + 1, next)) {
                return None;
            }
            run = next;
        }
        let closing = match open {
            b'(' => b')',
            b')' => b'(',
            _ => b']',
        };
        (self.at(run) == closing).then_some(run + 1)
    }

    /// Whether no word goes on at `i`.
    fn ends_word(&self, i: usize) -> bool {
        match self.at(i) {
            b'"' => !self.is_hebrew(i + 1) || self.quoted,
            b'\'' => self.closing == Some(i),
            _ => !self.is_hebrew(i) || matches!(self.before(i), b')' | b'(' | b']'),
        }
    }

    /// The end of the word from `at`, with the marks inside it.
    fn word_end(&self, at: usize) -> usize {
        let mut end = self.hebrew_run(at);
        while matches!(self.at(end), b'"' | b'\'') && self.is_hebrew(end + 1) {
            end = self.hebrew_run(end + 1);
        }
        end
    }

    /// A listed suffix, or one that repeats the last letter or two of the word: `טכנאי/אית`, `עורך/כת`.
    fn is_suffix(&self, word: &str, part: &str) -> bool {
        let suffixes = &self.tables.gender.suffixes;
        if suffixes.iter().any(|known| known == part) {
            return true;
        }
        if part.len() < 4 || part.len() > 10 {
            return false;
        }
        (1..=2).any(|letters| {
            let repeated = word.char_indices().rev().nth(letters - 1).map_or("", |(i, _)| word.get(i..).unwrap_or(""));
            let mut rest = part.chars();
            let same = repeated.chars().all(|c| rest.next().map(medial_shape) == Some(medial_shape(c)));
            // Not ים: חומרים/מים are two words.
            same && matches!(rest.as_str(), "ת" | "ה" | "ית" | "ות" | "יות")
        })
    }

    /// Whether `second` is `first` in another gender or number.
    fn is_pair(&self, first: &str, second: &str) -> bool {
        if self.is_unlike(first, second) {
            return false;
        }
        if second.len() < 4 {
            return self.is_listed_pair(first, second);
        }
        self.tables
            .clitics
            .readings(first)
            .any(|(_, first)| self.is_inflection(first, second) || is_future(first, second))
            || self.tables.clitics.readings(second).skip(1).any(|(_, second)| self.is_inflection(first, second))
            || self.is_listed_pair(first, second)
    }

    /// Two words that look like an inflection and are listed as none: `ערב/ערבית`.
    fn is_unlike(&self, first: &str, second: &str) -> bool {
        let listed = |word: &str| self.tables.gender.unlike.iter().any(|(a, b)| a == word && b == second);
        self.tables.gender.unlike.iter().any(|(_, b)| b == second)
            && self.tables.clitics.readings(first).any(|(_, w)| listed(w))
    }

    fn is_listed_pair(&self, first: &str, second: &str) -> bool {
        let listed =
            |first: &str, second: &str| self.tables.gender.pairs.iter().any(|(a, b)| a == first && b == second);
        self.tables.clitics.readings(first).any(|(prefix, stem)| {
            listed(stem, second) || second.strip_prefix(prefix).is_some_and(|second| listed(stem, second))
        })
    }

    /// A shared stem of two letters or more, and endings that belong together.
    fn is_inflection(&self, first: &str, second: &str) -> bool {
        let same = |a: char, b: char| medial_shape(a) == medial_shape(b);
        let equal = |a: &str, b: &str| a.chars().map(medial_shape).eq(b.chars().map(medial_shape));
        let shared = first.chars().zip(second.chars()).take_while(|(a, b)| same(*a, *b)).count();
        // Endings may begin with the same letter (ים, יות), which then looks like a part of the stem.
        (shared.saturating_sub(1).max(2)..=shared).any(|stem| {
            let ending = |word: &'_ str| word.char_indices().nth(stem).map_or(word.len(), |(i, _)| i);
            let (a, b) = (first.get(ending(first)..).unwrap_or(""), second.get(ending(second)..).unwrap_or(""));
            self.tables.gender.alternations.iter().any(|(x, y)| equal(x, a) && equal(y, b))
        })
    }
}

/// The future tense: `יידרש/תידרש`, `שיצטרף/תצטרף`, `תינתן/יינתן`. `first` is without its prefix.
fn is_future(first: &str, second: &str) -> bool {
    let halves = |he: &str, she: &str| he.starts_with('י') && she.starts_with('ת');
    let (he, she) = if halves(second, first) { (second, first) } else { (first, second) };
    let (Some(he), Some(she)) = (he.strip_prefix('י'), she.strip_prefix('ת')) else { return false };
    he.len() >= 4 && (he == she || she.strip_prefix('י') == Some(he))
}

#[cfg(test)]
mod tests {
    use super::super::{Analyzer, TextSpec, forms_of};

    #[test]
    fn all_joints_reach_the_suffix() {
        let written = "רכז/ת|רכז\\ת|רכז.ת|רכז(ת)|רכז )ת(|רכז /ת|רכז / ת|רכז-/ת|רכז/רכזת|רכז/ת/ים/ות";
        for written in written.split('|') {
            assert_eq!(forms_of(written), ["רכז"], "{written}");
        }
    }

    #[test]
    fn different_words_stay_two() {
        assert_eq!(forms_of("חומרים/מים"), ["חומרים", "מים"]);
        assert_eq!(forms_of("בוקר/ערב"), ["בוקר", "ערב"]);
        assert_eq!(forms_of("עובדים/ת\"א"), ["עובדים", "ת\"א"]);
        assert_eq!(forms_of("א/ה"), ["א", "ה"]);
    }

    #[test]
    fn imperatives_and_both_futures_are_pairs() {
        for (written, form) in [
            ("שלח/שלחי", "שלח"),
            ("כתוב/כתבי", "כתוב"),
            ("העלה/העלי", "העלה"),
            ("הצטרף/הצטרפי", "הצטרף"),
            ("תינתן/יינתן", "תינתן"),
            ("יינתן/תינתן", "יינתן"),
        ] {
            assert_eq!(forms_of(written), [form], "{written}");
        }
        assert_eq!(forms_of("פייסבוק/אינסטגרם"), ["פייסבוק", "אינסטגרם"]);
    }

    #[test]
    fn words_that_only_look_like_inflections_stay_two() {
        for written in ["ערב/ערבית", "עבר/עברית", "שיווק/שיווקית", "דיגיטל/דיגיטלית", "בערב/ערבית"]
        {
            assert_eq!(forms_of(written).len(), 2, "{written}");
        }
        assert_eq!(forms_of("סטודנט/סטודנטית"), ["סטודנט"]);
    }

    #[test]
    fn final_letters_come_back() {
        assert_eq!(forms_of("יועצ/ת מדריכ.ה"), ["יועץ", "מדריך"]);
        assert_eq!(forms_of("סטארטאפ/ים"), ["סטארטאפ"]);
        assert_eq!(forms_of("שםםמ/ת"), ["שםם"]);
    }

    #[test]
    fn folding_can_be_left_out() {
        let plain = Analyzer::new(&TextSpec { gender_forms: false, ..TextSpec::default() }).unwrap();
        let analysis = plain.analyze("רכז/ת");
        assert_eq!(analysis.iter().map(|(form, _)| form).collect::<Vec<_>>(), ["רכז", "ת"]);
    }
}
