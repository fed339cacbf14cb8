//! The words of a text that make it this ad and no other: without figures, places and dates, which a repost changes.
//!
//! Two texts may be much alike and advertise different roles, because an employer writes them on one template. They are one
//! ad when their titles say the same and one text has, but for a sentence or two more, the words of the other.

use std::sync::LazyLock;

use rustc_hash::FxHashSet;

use super::sketch::{mixed, words};

/// Words that a repost changes.
const MOVABLE: &str = include_str!("../../data/reposts/movable.txt");
/// Words that make another vacancy of an ad.
const TELLING: &str = include_str!("../../data/reposts/telling.txt");
/// Letters that stand before a Hebrew word.
const PREFIXES: [&str; 22] = [
    "", "ו", "ה", "ב", "כ", "ל", "מ", "ש", "וה", "וב", "וכ", "ול", "ומ", "וש", "שה", "שב", "שכ", "של", "שמ", "מה",
    "לכ", "כש",
];
/// Words that one of two texts may have more: a sentence or two.
const MORE: usize = 30;
/// A number of so many digits in a title is a reference; shorter ones are grades and the like.
const REFERENCE: u32 = 3;

/// The words of a text that a repost does not change, as hashes of 16 bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gist {
    /// Of the words of the title, in any order.
    pub title: u32,
    /// Of all words, ascending, each as often as it stands.
    pub words: Vec<u16>,
}

/// Movable words: those of one word, and neighbours of longer ones.
static KNOWN: LazyLock<FxHashSet<u64>> = LazyLock::new(|| {
    let mut known = FxHashSet::default();
    for entry in entries(MOVABLE) {
        let hebrew = entry.chars().any(|c| matches!(c, 'א'..='ת'));
        let prefixes = if hebrew { PREFIXES.as_slice() } else { &[""] };
        for prefix in prefixes {
            let mut last = None;
            let mut count = 0;
            words(&format!("{prefix}{entry}"), |word, _| {
                known.extend(last.map(|last| pair(last, word)));
                last = Some(word);
                count += 1;
            });
            if count == 1 {
                known.extend(last);
            }
        }
    }
    known
});

/// Hashes of [`TELLING`].
static TELLS: LazyLock<FxHashSet<u16>> = LazyLock::new(|| {
    let mut tells = FxHashSet::default();
    entries(TELLING).for_each(|entry| words(entry, |word, _| _ = tells.insert(short(word))));
    tells
});

fn entries(list: &str) -> impl Iterator<Item = &str> {
    list.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn short(word: u64) -> u16 {
    (word >> 48) as u16
}

fn pair(first: u64, second: u64) -> u64 {
    mixed(first.rotate_left(32) ^ second)
}

impl Gist {
    /// Of words that come one after another; `title` is that of the ad.
    pub(super) fn of(title: &str, all: impl IntoIterator<Item = u64>) -> Gist {
        Gist { title: title_of(title), words: kept(all) }
    }

    /// True when the texts are one ad.
    pub fn is_same_ad(&self, title: u32, words: &[u16]) -> bool {
        if self.title != title {
            return false;
        }
        let (mut own, mut others) = (self.words.as_slice(), words);
        // Words that only one of them has, or has more often: here, and there.
        let mut more = [0, 0];
        loop {
            let (side, word) = match (own.split_first(), others.split_first()) {
                (None, None) => return true,
                (Some((one, rest)), Some((other, others_rest))) if one == other => {
                    (own, others) = (rest, others_rest);
                    continue;
                }
                (Some((one, rest)), other) if other.is_none_or(|(other, _)| one < other) => {
                    own = rest;
                    (&mut more[0], one)
                }
                (_, Some((other, rest))) => {
                    others = rest;
                    (&mut more[1], other)
                }
                (Some(_), None) => return false,
            };
            *side += 1;
            if TELLS.contains(word) || more[0].min(more[1]) > 0 || more[0].max(more[1]) > MORE {
                return false;
            }
        }
    }
}

/// Hashes of the words that a repost does not change, ascending.
fn kept(all: impl IntoIterator<Item = u64>) -> Vec<u16> {
    let mut kept = Vec::new();
    // The word before may yet turn out to be the first of a name.
    let mut last: Option<(u64, bool)> = None;
    for word in all {
        let mut movable = KNOWN.contains(&word);
        if let Some((before, was_movable)) = last {
            let named = KNOWN.contains(&pair(before, word));
            movable |= named;
            if !was_movable && !named {
                kept.push(short(before));
            }
        }
        last = Some((word, movable));
    }
    if let Some((word, false)) = last {
        kept.push(short(word));
    }
    kept.sort_unstable();
    kept
}

/// The words of a title in any order, without what a repost changes.
fn title_of(title: &str) -> u32 {
    let mut all = Vec::new();
    words(title, |word, digits| {
        if digits < REFERENCE {
            all.push(word);
        }
    });
    kept(all).into_iter().fold(0u64, |sum, word| sum.wrapping_add(mixed(u64::from(word) + 1))) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gist(title: &str, text: &str) -> Gist {
        let mut all = Vec::new();
        words(text, |word, digits| {
            if digits == 0 {
                all.push(word)
            }
        });
        Gist::of(title, all)
    }

    fn same(one: (&str, &str), other: (&str, &str)) -> bool {
        let (one, other) = (gist(one.0, one.1), gist(other.0, other.1));
        assert_eq!(one.is_same_ad(other.title, &other.words), other.is_same_ad(one.title, &one.words));
        one.is_same_ad(other.title, &other.words)
    }

    #[test]
    fn places_dates_and_figures_do_not_count() {
        assert!(same(
            ("Writer, Leeds", "Come to Leeds by 3 May"),
            ("Writer - New York", "come to New York by 14 June")
        ));
        assert!(same(("מנהל/ת סושיאל בחיפה", "המשרד בחיפה"), ("מנהל/ת סושיאל, באר שבע", "המשרד בבאר שבע")));
        assert!(same(("Writer (ref 12345)", "a"), ("Writer (ref 4711)", "a")));
        assert!(same(("", "one two"), ("", "two one and a sentence more")));
    }

    #[test]
    fn roles_grades_and_shifts_do() {
        assert!(!same(("Staff Nurse", "a"), ("Ward Manager", "a")));
        assert!(!same(("Nurse Band 5", "a"), ("Nurse Band 6", "a")));
        assert!(!same(("Nurse", "work at night"), ("Nurse", "work by day")));
        assert!(!same(("", "we want a guru"), ("", "we want a writer")));
        // Both words stand in both, but not in the same places.
        assert!(!same(("", "for nurses, not doctors: nurses"), ("", "for nurses, not doctors: doctors")));
        assert!(!same(("", "we want a guru"), ("", "we want a guru, part time")));
        // Half of a name is none, and both halves stand for themselves elsewhere.
        assert!(!same(("", "a new garden"), ("", "an old garden")));
    }

    #[test]
    fn every_movable_word_is_known_behind_prefixes() {
        assert!(same(("", "עובדים בתל אביב"), ("", "עובדים ומחיפה")));
        assert!(!same(("", "עובדים בצוות"), ("", "עובדים בשוק")));
    }
}
