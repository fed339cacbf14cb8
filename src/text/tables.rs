//! The word lists under `data/text/`, read once.

use std::collections::HashSet;
use std::sync::LazyLock;

use serde::Deserialize;

use super::lang::FunctionWords;

pub(super) const CLITICS: &str = include_str!("../../data/text/clitics.toml");
const GENDER: &str = include_str!("../../data/text/gender.toml");
const ABBREVIATIONS: &str = include_str!("../../data/text/abbreviations.toml");
const NAMES: &str = include_str!("../../data/text/names.toml");
const CONTACT: &str = include_str!("../../data/text/contact.toml");
const FUNCTION_WORDS: &str = include_str!("../../data/text/function_words.toml");

/// A checksum (FNV-1a) of the tables that decide tokens: two programs with the same one cut text alike.
pub(super) const CHECKSUM: u32 = {
    let mut hash = 0x811C_9DC5;
    let files = [CLITICS, GENDER, ABBREVIATIONS, NAMES, CONTACT];
    let mut files = files.as_slice();
    while let Some((file, more)) = files.split_first() {
        let mut bytes = file.as_bytes();
        while let Some((byte, rest)) = bytes.split_first() {
            hash = (hash ^ *byte as u32).wrapping_mul(0x0100_0193);
            bytes = rest;
        }
        files = more;
    }
    hash
};

/// All tables; `Err` names the file that is broken.
pub(super) static TABLES: LazyLock<Result<Tables, String>> = LazyLock::new(Tables::read);

pub(super) struct Tables {
    pub(super) gender: Gender,
    pub(super) abbreviations: Abbreviations,
    pub(super) names: Names,
    pub(super) contact: Contact,
    pub(super) words: FunctionWords,
}

/// `gender.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Gender {
    pub(super) suffixes: Vec<String>,
    pub(super) hyphen_suffixes: Vec<String>,
    pub(super) latin_suffixes: Vec<String>,
    pub(super) acronym_suffixes: Vec<String>,
    pub(super) alternations: Vec<(String, String)>,
    pub(super) pairs: Vec<(String, String)>,
    pub(super) unlike: Vec<(String, String)>,
}

/// `abbreviations.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Abbreviations {
    pub(super) he: HashSet<String>,
    pub(super) en: HashSet<String>,
}

/// `contact.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Contact {
    pub(super) tlds: HashSet<String>,
    pub(super) small_tlds: HashSet<String>,
    pub(super) hosts: HashSet<String>,
    pub(super) email_tags: Vec<String>,
    pub(super) phone_tags: Vec<String>,
    pub(super) url_tags: Vec<String>,
    pub(super) dial: HashSet<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NamesFile {
    whole: Vec<String>,
    alias: std::collections::BTreeMap<String, String>,
}

/// `names.toml`, by first byte.
pub(super) struct Names {
    by_first: Vec<Vec<(String, String)>>,
}

impl Names {
    fn new(file: NamesFile) -> Self {
        let mut by_first = vec![Vec::new(); 128];
        let whole = file.whole.into_iter().map(|name| (name.clone(), name));
        for (written, form) in whole.chain(file.alias) {
            let first = written.bytes().next().map_or(0, usize::from);
            if let Some(list) = by_first.get_mut(first) {
                list.push((written, form));
            }
        }
        for list in &mut by_first {
            list.sort_by_key(|(written, _)| std::cmp::Reverse(written.len()));
        }
        Names { by_first }
    }

    /// Written names and their forms.
    #[cfg(test)]
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.by_first.iter().flatten().map(|(written, form)| (written.as_str(), form.as_str()))
    }

    /// The longest name at the start of `text`: how many bytes it takes, and its form.
    pub(super) fn at_start(&self, text: &[u8]) -> Option<(usize, &str)> {
        let first = text.first()?.to_ascii_lowercase();
        let list = self.by_first.get(usize::from(first))?;
        let (written, form) = list.iter().find(|(written, _)| {
            let len = written.len();
            text.get(..len).is_some_and(|start| start.eq_ignore_ascii_case(written.as_bytes()))
                && !text.get(len).is_some_and(u8::is_ascii_alphanumeric)
        })?;
        Some((written.len(), form))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FunctionWordsFile {
    hebrew: HashSet<String>,
    yiddish: HashSet<String>,
    english: HashSet<String>,
    other_latin: HashSet<String>,
    shared: HashSet<String>,
}

fn parse<T: for<'de> Deserialize<'de>>(name: &str, text: &str) -> Result<T, String> {
    toml::from_str(text).map_err(|error| format!("data/text/{name}.toml: {error}"))
}

impl Tables {
    fn read() -> Result<Self, String> {
        let words: FunctionWordsFile = parse("function_words", FUNCTION_WORDS)?;
        Ok(Tables {
            gender: parse("gender", GENDER)?,
            abbreviations: parse("abbreviations", ABBREVIATIONS)?,
            names: Names::new(parse("names", NAMES)?),
            contact: parse("contact", CONTACT)?,
            words: FunctionWords::new(
                &words.hebrew,
                &words.yiddish,
                &words.english,
                &words.other_latin.difference(&words.shared).cloned().collect(),
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_read() {
        let tables = TABLES.as_ref().unwrap();
        assert!(tables.abbreviations.he.contains("וכו"));
        assert!(tables.gender.suffixes.iter().any(|suffix| suffix == "ית"));
    }

    #[test]
    fn names_match_longest_first_and_at_boundaries_only() {
        let names = &TABLES.as_ref().unwrap().names;
        assert_eq!(names.at_start(b"E-Mails now"), Some((7, "e-mails")));
        assert_eq!(names.at_start(b"e-mailbox"), None);
        assert_eq!(names.at_start(b"401(k) plan"), Some((6, "401k")));
        assert_eq!(names.at_start(b"Ph.D. in"), Some((5, "ph.d.")));
    }
}
