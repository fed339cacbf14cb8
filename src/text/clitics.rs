//! Prefix letters: the words a Hebrew form may hold under ו ה ב כ ל מ ש.
//!
//! Nothing is decided here. `בקרה` may be ב+קרה or a word of its own, and [`readings`] gives both.

use std::sync::LazyLock;

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    chains: Vec<String>,
}

/// The legal chains of `data/text/clitics.toml`, shortest first.
static CHAINS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let file: Option<File> = toml::from_str(super::tables::CLITICS).ok();
    let mut chains = file.map(|file| file.chains).unwrap_or_default();
    chains.sort_by(|a, b| a.len().cmp(&b.len()).then(a.cmp(b)));
    chains
});

/// A stem shorter than this many bytes (two letters) is no word.
const SHORTEST_STEM: usize = 4;

/// The ways to read `form` as prefix letters and a stem: `("", form)` first, then longer and longer prefixes.
///
/// A vav that the stem starts with is written twice behind a prefix (`הוועדה`); such a form is read both ways.
/// Forms that are not Hebrew have the bare reading only.
///
/// ```
/// let all: Vec<_> = tachles::text::clitics::readings("ובפייסבוק").collect();
/// assert_eq!(all, [("", "ובפייסבוק"), ("ו", "בפייסבוק"), ("וב", "פייסבוק")]);
/// ```
pub fn readings(form: &str) -> impl Iterator<Item = (&str, &str)> {
    let room = form.len().saturating_sub(SHORTEST_STEM);
    let chains = if form.starts_with(is_prefix_letter) { CHAINS.as_slice() } else { &[] };
    let split = chains.iter().take_while(move |chain| chain.len() <= room).filter_map(move |chain| {
        let stem = form.strip_prefix(chain.as_str())?;
        let letter = stem.starts_with(|c| ('א'..='ת').contains(&c));
        letter.then(|| (form.get(..chain.len()).unwrap_or(""), stem))
    });
    let split = split.flat_map(|(prefix, stem)| {
        let single = stem.strip_prefix('ו').filter(|rest| rest.starts_with('ו') && rest.len() >= SHORTEST_STEM);
        [Some((prefix, stem)), single.map(|rest| (prefix, rest))]
    });
    std::iter::once(("", form)).chain(split.flatten())
}

/// Whether `letters` is one of the legal chains and nothing else.
pub fn is_chain(letters: &str) -> bool {
    letters.len() <= 8 && CHAINS.iter().any(|chain| chain == letters)
}

fn is_prefix_letter(c: char) -> bool {
    matches!(c, 'ו' | 'ה' | 'ב' | 'כ' | 'ל' | 'מ' | 'ש')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(form: &str) -> Vec<(&str, &str)> {
        readings(form).collect()
    }

    #[test]
    fn the_table_is_read() {
        assert!(CHAINS.len() > 40, "help: data/text/clitics.toml");
        for chain in CHAINS.iter() {
            assert!(chain.chars().all(is_prefix_letter), "{chain}");
        }
    }

    #[test]
    fn bare_form_comes_first_and_ambiguity_is_kept() {
        assert_eq!(all("בקרה"), [("", "בקרה"), ("ב", "קרה")]);
        assert_eq!(all("המדדים"), [("", "המדדים"), ("ה", "מדדים")]);
        assert_eq!(all("ולינקדאין"), [("", "ולינקדאין"), ("ו", "לינקדאין"), ("ול", "ינקדאין")]);
        assert!(all("וכשבפייסבוק").contains(&("וכשב", "פייסבוק")));
        assert!(all("מהבית").contains(&("מה", "בית")));
    }

    #[test]
    fn stems_keep_two_letters() {
        assert_eq!(all("של"), [("", "של")]);
        assert_eq!(all("הבן"), [("", "הבן"), ("ה", "בן")]);
        assert_eq!(all(""), [("", "")]);
    }

    #[test]
    fn doubled_vav_is_read_both_ways() {
        assert!(all("הוועדה").contains(&("ה", "ועדה")));
        assert!(all("הוועדה").contains(&("ה", "וועדה")));
    }

    #[test]
    fn other_scripts_have_no_prefixes() {
        assert_eq!(all("linkedin"), [("", "linkedin")]);
        assert_eq!(all("<email>"), [("", "<email>")]);
    }

    #[test]
    fn acronyms_lose_prefixes_too() {
        assert!(all("ובנדל\"ן").contains(&("וב", "נדל\"ן")));
        // What is left of ב"ש without its ב starts with a mark: no reading.
        assert_eq!(all("ב\"שים"), [("", "ב\"שים")]);
    }

    #[test]
    fn chains_are_exact() {
        assert!(is_chain("וכש"));
        assert!(!is_chain("בה"));
        assert!(!is_chain(""));
    }
}
