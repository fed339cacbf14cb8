//! The language of a text: how many letters of each script, and whose function words.
//!
//! Hebrew letters do not make Hebrew (Yiddish) and Latin letters do not make English; names of products in Latin
//! letters do not make a Hebrew ad a mixed one. Two languages are told from the rest, not the rest from one another.

use std::collections::HashSet;

use super::{Analysis, TokenKind};
use crate::Lang;

/// The words of one table may belong to several lists.
const HEBREW: u8 = 1;
const YIDDISH: u8 = 2;
const ENGLISH: u8 = 4;
const OTHER: u8 = 8;

/// The lists of function words, in one table that is quick to ask.
pub(super) struct FunctionWords {
    slots: Vec<(u128, u8)>,
}

impl FunctionWords {
    pub(super) fn new(
        hebrew: &HashSet<String>,
        yiddish: &HashSet<String>,
        english: &HashSet<String>,
        other: &HashSet<String>,
    ) -> Self {
        let lists = [(hebrew, HEBREW), (yiddish, YIDDISH), (english, ENGLISH), (other, OTHER)];
        let count: usize = lists.iter().map(|(list, _)| list.len()).sum();
        let mut words = FunctionWords { slots: vec![(0, 0); (count * 4).next_power_of_two()] };
        for (list, bit) in lists {
            for word in list {
                if let Some(slot) =
                    pack(word).map(|key| words.slot(key)).and_then(|(i, key)| Some((words.slots.get_mut(i)?, key)))
                {
                    *slot.0 = (slot.1, slot.0.1 | bit);
                }
            }
        }
        words
    }

    /// The slot of `key`: its own, or the free one where it would go.
    fn slot(&self, key: u128) -> (usize, u128) {
        let mask = self.slots.len() - 1;
        let mixed = ((key as u64) ^ ((key >> 64) as u64).rotate_left(29)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut i = (mixed >> 40) as usize & mask;
        while self.slots.get(i).is_some_and(|slot| slot.0 != key && slot.0 != 0) {
            i = (i + 1) & mask;
        }
        (i, key)
    }

    /// The lists that `word` is on.
    pub(super) fn lists_of(&self, word: &str) -> u8 {
        pack(word).and_then(|key| self.slots.get(self.slot(key).0)).map_or(0, |slot| slot.1)
    }
}

/// The longest function word, in bytes.
pub(super) const LONGEST: usize = 16;

/// A word of up to [`LONGEST`] bytes as a number.
fn pack(word: &str) -> Option<u128> {
    let mut bytes = [0; LONGEST];
    bytes.get_mut(..word.len())?.copy_from_slice(word.as_bytes());
    Some(u128::from_le_bytes(bytes)).filter(|key| *key != 0)
}

/// What a text shows of its language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Hebrew letters.
    pub hebrew_letters: usize,
    /// Latin letters.
    pub latin_letters: usize,
    /// Letters of other scripts.
    pub other_letters: usize,
    /// Words in Hebrew letters.
    pub hebrew_words: usize,
    /// Words in Latin letters.
    pub latin_words: usize,
    /// Function words of Hebrew.
    pub hebrew: usize,
    /// Function words of Yiddish that are not Hebrew too.
    pub yiddish: usize,
    /// Function words of English.
    pub english: usize,
    /// Function words of other languages in Latin letters that are not English too.
    pub other_latin: usize,
}

impl Evidence {
    fn of(analysis: &Analysis) -> Self {
        let mut seen = Evidence::default();
        for token in &analysis.tokens {
            let lists = analysis.lists(token);
            match token.kind {
                TokenKind::Hebrew => {
                    seen.hebrew_letters += analysis.form(token).len() / 2;
                    seen.hebrew_words += 1;
                    seen.hebrew += usize::from(lists & HEBREW != 0);
                    seen.yiddish += usize::from(lists & YIDDISH != 0 && lists & HEBREW == 0);
                }
                TokenKind::Latin => {
                    seen.latin_letters += analysis.form(token).len();
                    seen.latin_words += 1;
                    seen.english += usize::from(lists & ENGLISH != 0);
                    seen.other_latin += usize::from(lists & OTHER != 0 && lists & ENGLISH == 0);
                }
                TokenKind::Other => seen.other_letters += analysis.form(token).chars().count(),
                _ => {}
            }
        }
        seen
    }

    /// The language this evidence speaks for, and how clearly, from 0 to 1.
    pub fn decide(&self) -> (Lang, f32) {
        let all = self.hebrew_letters + self.latin_letters + self.other_letters;
        if all == 0 {
            return (Lang::Other, 0.0);
        }
        let share = |letters: usize| letters as f32 / all as f32;
        let (he, la, ot) = (share(self.hebrew_letters), share(self.latin_letters), share(self.other_letters));
        if ot > he.max(la) {
            return (Lang::Other, ot);
        }
        let yiddish = self.yiddish >= 2 && self.yiddish > self.hebrew;
        let foreign = self.other_latin > self.english && (self.other_latin >= 2 || self.latin_words >= 6);
        // English as running text: function words, and not just the "and" of a company's name.
        let english = self.english >= 4 && self.english * 10 >= self.latin_words;
        // Without function words the script alone speaks, and is believed a little less.
        let (hebrew_sure, english_sure) =
            (sureness(self.hebrew, self.hebrew_words), sureness(self.english, self.latin_words));
        // One Hebrew word frames a row of names (דרוש Full Stack Developer) where no English frames it.
        if he >= 0.2 || (he > 0.0 && (self.english == 0 || (he >= la * 0.2 && !english))) {
            if yiddish {
                return (Lang::Other, sureness(self.yiddish, self.hebrew_words));
            }
            if la >= 0.2 && english {
                let balance = 2.0 * he.min(la) / (he + la);
                return (Lang::Mixed, 0.5 + 0.5 * balance * english_sure);
            }
            // Latin words are names here; they take little from the certainty.
            return (Lang::He, hebrew_sure * (1.0 - 0.4 * la - ot));
        }
        if foreign {
            return (Lang::Other, sureness(self.other_latin, self.latin_words));
        }
        // Twenty Latin words without one function word of English are a list of names, or another language.
        if self.english == 0 && self.latin_words >= 20 {
            return (Lang::Other, 0.5);
        }
        if he >= 0.08 && self.hebrew >= 4 && english {
            return (Lang::Mixed, 0.5 + he);
        }
        (Lang::En, english_sure * (1.0 - he - ot))
    }
}

/// From 0.6, by script alone, to 1, when one word in six is a function word.
fn sureness(function_words: usize, words: usize) -> f32 {
    let rate = function_words as f32 / words.max(1) as f32;
    0.6 + 0.4 * (rate * 6.0).min(1.0)
}

pub(super) fn detect(analysis: &Analysis) -> (Lang, f32) {
    Evidence::of(analysis).decide()
}

#[cfg(test)]
mod tests {
    use super::super::{Analyzer, TextSpec};
    use crate::Lang;

    fn lang(text: &str) -> Lang {
        Analyzer::new(&TextSpec::default()).unwrap().analyze(text).lang()
    }

    #[test]
    fn hebrew_with_names_in_latin_letters_is_hebrew() {
        assert_eq!(lang("דרוש/ה Full Stack Developer"), Lang::He);
        assert_eq!(lang("אנחנו מחפשים מנהל/ת סושיאל עם ניסיון ב-Facebook, Instagram, LinkedIn, Canva"), Lang::He);
    }

    #[test]
    fn two_running_languages_are_mixed() {
        let hebrew = "דרוש מנהל שיווק לחברה בתל אביב. ";
        let english = "We are looking for a marketing manager who will lead the team and report to the board.";
        assert_eq!(lang(&format!("{hebrew}{english}")), Lang::Mixed);
        assert_eq!(lang(english), Lang::En);
    }

    #[test]
    fn the_rest_is_other() {
        for text in [
            "מיר זוכן א מענטש וואס קען ארבעטן מיט די סאציאלע מעדיע און האט ערפארונג",
            "Мы ищем менеджера по социальным сетям",
            "مطلوب مدير وسائل التواصل الاجتماعي",
            "Nous recherchons un community manager pour notre équipe",
            "Wir suchen einen Social Media Manager für unser Team",
            "Buscamos un community manager para nuestro equipo",
            "123 💡",
            "",
        ] {
            assert_eq!(lang(text), Lang::Other, "{text}");
        }
        assert_eq!(lang("Social Media Manager"), Lang::En);
    }
}
