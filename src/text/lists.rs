//! The files that the token tables are read from: those under `data/text/`, or those of a folder in their place.
//!
//! What stands in a list must be written as tokens are, because that is what it is compared with. An entry that could never
//! be met is an error with its file and line, never a silent skip.

use std::borrow::Cow;
use std::ops::Range;
use std::path::Path;

use serde::de::DeserializeOwned;
use toml::Spanned;

use super::fold::Folded;
use crate::error::{Error, ErrorKind, Position, Result};

/// The program's own files by name. The last gives languages away, the others decide tokens.
const OWN: [(&str, &str); 6] = [
    ("clitics.toml", include_str!("../../data/text/clitics.toml")),
    ("gender.toml", include_str!("../../data/text/gender.toml")),
    ("abbreviations.toml", include_str!("../../data/text/abbreviations.toml")),
    ("names.toml", include_str!("../../data/text/names.toml")),
    ("contact.toml", include_str!("../../data/text/contact.toml")),
    ("function_words.toml", include_str!("../../data/text/function_words.toml")),
];

/// The checksum of the program's own files; see [`Files::checksum`].
pub(super) const CHECKSUM: u32 = {
    let [(_, clitics), (_, gender), (_, abbreviations), (_, names), (_, contact), _] = OWN;
    fnv(fnv(fnv(fnv(fnv(START, clitics), gender), abbreviations), names), contact)
};

/// What a checksum starts from.
const START: u32 = 0x811C_9DC5;

/// The checksum (FNV-1a) of all that led to `sum`, and `text` behind it.
const fn fnv(mut sum: u32, text: &str) -> u32 {
    let mut bytes = text.as_bytes();
    while let Some((byte, rest)) = bytes.split_first() {
        sum = (sum ^ *byte as u32).wrapping_mul(0x0100_0193);
        bytes = rest;
    }
    sum
}

/// All files, in their fixed order.
pub(super) struct Files(pub(super) [File; 6]);

/// One file of lists.
pub(super) struct File {
    name: &'static str,
    /// The file as errors name it.
    at: String,
    text: Cow<'static, str>,
}

impl Files {
    /// The program's own.
    pub(super) fn own() -> Files {
        Files(OWN.map(|(name, text)| File { name, at: format!("data/text/{name}"), text: Cow::Borrowed(text) }))
    }

    /// The same, but for those that lie in `folder`.
    ///
    /// # Errors
    /// `Layout` for a file of another name: it may be meant to be one of them. `Io` for one that cannot be read.
    pub(super) fn from_dir(folder: &Path) -> Result<Files> {
        let refused = |error: std::io::Error| Error::io(&folder.display().to_string(), &error);
        let entries = std::fs::read_dir(folder).map_err(refused)?;
        let mut found = entries.collect::<std::io::Result<Vec<_>>>().map_err(refused)?;
        found.sort_by_key(std::fs::DirEntry::file_name);
        let mut files = Files::own();
        for entry in found {
            let (name, at) = (entry.file_name(), entry.path().display().to_string());
            // Hidden files are those of editors and systems.
            if name.as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let Some(file) = files.0.iter_mut().find(|file| name == file.name) else {
                let known = OWN.map(|(name, _)| name).join(", ");
                let rule = format!("a folder of token tables holds {known} and nothing else; this is none of them");
                return Err(Error::new(ErrorKind::Layout, rule).at(Position::file(at)));
            };
            let bytes = std::fs::read(entry.path()).map_err(|error| Error::io(&at, &error))?;
            file.at = at;
            file.text = String::from_utf8_lossy(&bytes).into_owned().into();
            if let Err(error) = std::str::from_utf8(&bytes) {
                let good = error.valid_up_to();
                return Err(file.refuse(good..good, "a token table is UTF-8; this line is not"));
            }
        }
        Ok(files)
    }

    /// The checksum of the files that decide tokens: two programs with the same one cut text alike. The words that give a
    /// language away count only where they are not the program's own.
    pub(super) fn checksum(&self) -> u32 {
        let [tokens @ .., languages] = &self.0;
        let sum = tokens.iter().fold(START, |sum, file| fnv(sum, &file.text));
        let [.., (_, own)] = OWN;
        if languages.text == own { sum } else { fnv(sum, &languages.text) }
    }
}

/// What an entry of a list must be beside being written as tokens are.
#[derive(Clone, Copy)]
pub(super) struct Rule {
    says: &'static str,
    holds: fn(&str) -> bool,
}

/// Hebrew letters and nothing else.
pub(super) const LETTERS: Rule =
    Rule { says: "Hebrew letters and nothing else", holds: |entry| !entry.is_empty() && entry.chars().all(is_hebrew) };
/// The ending of a Hebrew word, which may be nothing.
pub(super) const ENDING: Rule =
    Rule { says: "Hebrew letters, or nothing", holds: |entry| entry.chars().all(is_hebrew) };
/// A Hebrew word; marks stand inside it only.
pub(super) const HEBREW: Rule = Rule {
    says: "a Hebrew word without marks before and behind it",
    holds: |entry| entry.starts_with(is_hebrew) && entry.ends_with(is_hebrew),
};
/// A word in Latin letters; marks stand inside it only.
pub(super) const LATIN: Rule = Rule {
    says: "a word in Latin letters without marks before and behind it",
    holds: |entry| {
        entry.is_ascii() && entry.starts_with(char::is_alphanumeric) && entry.ends_with(char::is_alphanumeric)
    },
};
/// A name of the list of names, which are found by their first byte.
pub(super) const NAME: Rule = Rule {
    says: "a name that starts with an ASCII character",
    holds: |entry| entry.starts_with(|c: char| c.is_ascii()),
};
/// A token of any kind.
pub(super) const FORM: Rule = Rule { says: "a token", holds: |entry| !entry.is_empty() };

fn is_hebrew(letter: char) -> bool {
    ('א'..='ת').contains(&letter)
}

impl File {
    /// What the file says.
    ///
    /// # Errors
    /// `Layout`, with the line, where it is not TOML, lacks a list, or has one of another name.
    pub(super) fn parse<T: DeserializeOwned>(&self) -> Result<T> {
        toml::from_str(&self.text).map_err(|error| self.refuse(error.span().unwrap_or_default(), error.message()))
    }

    /// The entries of one of its lists, which keep to `rule`.
    ///
    /// # Errors
    /// `Layout`, with the line, for an entry that does not.
    pub(super) fn entries<C: FromIterator<String>>(&self, list: Vec<Spanned<String>>, rule: Rule) -> Result<C> {
        list.into_iter().map(|entry| self.entry(entry, rule)).collect()
    }

    /// The pairs of one of its lists; both halves keep to `rule`.
    ///
    /// # Errors
    /// As [`File::entries`].
    pub(super) fn pairs(
        &self,
        list: Vec<(Spanned<String>, Spanned<String>)>,
        rule: Rule,
    ) -> Result<Vec<(String, String)>> {
        list.into_iter().map(|(one, other)| Ok((self.entry(one, rule)?, self.entry(other, rule)?))).collect()
    }

    /// An entry that keeps to `rule`.
    pub(super) fn entry(&self, entry: Spanned<String>, rule: Rule) -> Result<String> {
        let (span, entry) = (entry.span(), entry.into_inner());
        if !is_form(&entry) {
            let text = "an entry is compared with tokens, so it has small letters, no blanks, no points or accents, and plain marks";
            return Err(self.refuse(span, &format!("{text}; {entry:?} is not written so")));
        }
        if !(rule.holds)(&entry) {
            return Err(self.refuse(span, &format!("an entry of this list is {}, is {entry:?}", rule.says)));
        }
        Ok(entry)
    }

    /// The error for what stands at `span`.
    pub(super) fn refuse(&self, span: Range<usize>, rule: &str) -> Error {
        let before = self.text.get(..span.start).unwrap_or_default();
        let line = memchr::memchr_iter(b'\n', before.as_bytes()).count() as u64 + 1;
        let place = Position { line: Some(line), ..Position::file(self.at.as_str()) };
        Error::new(ErrorKind::Layout, rule).at(place)
    }
}

/// Whether nothing would be left of `entry`, or something else, when it is read as a part of a text.
fn is_form(entry: &str) -> bool {
    let small = !entry.chars().any(|c| c.is_uppercase() || c.is_whitespace() || c.is_control());
    small && Folded::default().fold(entry).is_none_or(|folded| folded == entry)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Tables;

    /// A folder with these files.
    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        files.iter().for_each(|(name, text)| std::fs::write(folder.path().join(name), text).unwrap());
        folder
    }

    fn refused(name: &str, text: &str) -> String {
        let folder = folder(&[(name, text)]);
        let error = Tables::from_dir(folder.path()).err().unwrap_or_else(|| unreachable!("{name} was taken: {text}"));
        assert!(matches!(error.kind(), ErrorKind::Layout | ErrorKind::Io), "{error}");
        error.to_string().replace(&folder.path().display().to_string(), "")
    }

    #[test]
    fn the_own_checksum_is_that_of_the_own_files_and_every_file_counts() {
        assert_eq!(Files::own().checksum(), CHECKSUM);
        let empty = folder(&[(".hidden", "what an editor left")]);
        assert_eq!(Files::from_dir(empty.path()).unwrap().checksum(), CHECKSUM);
        for (name, text) in OWN {
            let same = folder(&[(name, text)]);
            assert_eq!(Files::from_dir(same.path()).unwrap().checksum(), CHECKSUM, "{name}");
            let other = folder(&[(name, &format!("{text}\n"))]);
            assert_ne!(Files::from_dir(other.path()).unwrap().checksum(), CHECKSUM, "{name}");
        }
    }

    #[test]
    fn a_file_of_another_name_is_refused_with_the_names_there_are() {
        let error = refused("abbreviation.toml", "");
        assert!(error.contains("abbreviation.toml") && error.contains("clitics.toml, gender.toml, abb"), "{error}");
        assert!(refused("notes.md", "").contains("none of them"));
        let error = Tables::from_dir(Path::new("no such folder")).err().unwrap();
        assert_eq!(error.to_string(), "no such folder: no such file");
    }

    #[test]
    fn what_is_broken_is_told_with_its_line() {
        let error = refused("clitics.toml", "chains = [\n  \"ו\",\n  \"ה\"\n\nmore = 1\n");
        assert!(error.starts_with("/clitics.toml, line "), "{error}");
        let error = refused("clitics.toml", "chains = [\"ו\"]\n\nchain = [\"ה\"]\n");
        assert!(error.starts_with("/clitics.toml, line 3: unknown field `chain`"), "{error}");
        assert!(refused("abbreviations.toml", "he = []\n").contains("missing field `en`"));
        let folder = folder(&[]);
        std::fs::write(folder.path().join("names.toml"), b"whole = []\n# caf\xe9\n").unwrap();
        let error = Tables::from_dir(folder.path()).err().unwrap();
        assert!(error.to_string().ends_with("names.toml, line 2: a token table is UTF-8; this line is not"), "{error}");
    }

    #[test]
    fn an_entry_that_could_never_be_met_is_told_with_its_line() {
        let abbreviations = |he: &str, en: &str| format!("he = [\n  \"וכו\",\n  {he}]\nen = [{en}]\n");
        for (name, text, line, says) in [
            ("clitics.toml", "chains = [\"ו\",\n\"w\"]".to_owned(), 2, "Hebrew letters and nothing else, is \"w\""),
            ("clitics.toml", "chains = [\"ו\",\n\"\"]".to_owned(), 2, "Hebrew letters and nothing else, is \"\""),
            ("clitics.toml", "chains = [\"וּ\"]".to_owned(), 1, "points"),
            ("abbreviations.toml", abbreviations("\"טל'\"", ""), 3, "a Hebrew word without marks"),
            ("abbreviations.toml", abbreviations("\"inc\"", ""), 3, "a Hebrew word"),
            ("abbreviations.toml", abbreviations("", "\"corp.\""), 4, "a word in Latin letters without marks"),
            ("abbreviations.toml", abbreviations("", "\"Corp\""), 4, "small letters"),
            ("names.toml", "whole = [\"two words\"]\n[alias]".to_owned(), 1, "no blanks"),
            ("names.toml", "whole = []\n[alias]\n\"Ph.D\" = \"phd\"".to_owned(), 3, "small letters"),
            ("names.toml", "whole = []\n[alias]\n\"דר.\" = \"dr\"".to_owned(), 3, "starts with an ASCII character"),
        ] {
            let error = refused(name, &text);
            assert!(error.starts_with(&format!("/{name}, line {line}: ")) && error.contains(says), "{error}");
        }
        let languages =
            "hebrew = []\nyiddish = []\nenglish = [\"a\", \"notwithstandingly\"]\nother_latin = []\nshared = []";
        let error = refused("function_words.toml", languages);
        assert!(error.contains("line 3") && error.contains("16 bytes"), "{error}");
    }
}
