//! The token tables: word lists that decide how text is cut and which language it is in.
//!
//! They are data: the program brings its own (`data/text/`), and a model may be trained with others. Everything that asks a table
//! asks those of the [`Analyzer`](super::Analyzer) at work.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::{Arc, LazyLock};

use serde::Deserialize;
use toml::Spanned;

use super::clitics::Clitics;
use super::lang::{FunctionWords, LONGEST};
use super::lists::{ENDING, FORM, File, Files, HEBREW, LATIN, LETTERS, NAME};
use crate::error::{Error, ErrorKind, Position, Result};

/// The folder of a rubric that holds token tables in place of the program's.
const FOLDER: &str = "text";

/// The program's own; `Err` says what is broken.
static OWN: LazyLock<std::result::Result<Arc<Tables>, String>> =
    LazyLock::new(|| Tables::read(&Files::own()).map(Arc::new).map_err(|error| error.to_string()));

/// The word lists that text is cut by. Immutable; shared by all that was analysed with them.
pub struct Tables {
    checksum: u32,
    pub(super) clitics: Clitics,
    pub(super) gender: Gender,
    pub(super) abbreviations: Abbreviations,
    pub(super) names: Names,
    pub(super) contact: Contact,
    pub(super) words: FunctionWords,
}

impl std::fmt::Debug for Tables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tables").field("checksum", &self.checksum).finish_non_exhaustive()
    }
}

impl Tables {
    /// Those of the program.
    ///
    /// # Errors
    /// `Model` when the program was built with broken ones.
    pub fn own() -> Result<Arc<Tables>> {
        OWN.as_ref().map(Arc::clone).map_err(|message| Error::new(ErrorKind::Model, message.as_str()))
    }

    /// Those whose files lie in `folder`, named as in `data/text/`; for a file that is not there, that of the program.
    ///
    /// # Errors
    /// `Layout` for a file that is broken, has an entry that could never be met, or is of another name; `Io` for one that cannot
    /// be read.
    pub fn from_dir(folder: &Path) -> Result<Arc<Tables>> {
        Tables::read(&Files::from_dir(folder)?).map(Arc::new)
    }

    /// Those in the folder `text` of the directory of lexicons `rubric`; those of the program where there is none.
    ///
    /// # Errors
    /// As [`Tables::own`] and [`Tables::from_dir`]; `Io` when there is no such directory.
    pub fn of_rubric(rubric: Option<&Path>) -> Result<Arc<Tables>> {
        if let Some(missing) = rubric.filter(|rubric| !rubric.is_dir()) {
            let rule = "a rubric is a directory of lexicons; there is none here";
            return Err(Error::new(ErrorKind::Io, rule).at(Position::file(missing.display().to_string())));
        }
        match rubric.map(|rubric| rubric.join(FOLDER)).filter(|folder| folder.exists()) {
            Some(folder) => Tables::from_dir(&folder),
            None => Tables::own(),
        }
    }

    /// The checksum, by which a model knows the tables it was trained with.
    pub fn checksum(&self) -> u32 {
        self.checksum
    }

    fn read(files: &Files) -> Result<Tables> {
        let [clitics, gender, abbreviations, names, contact, words] = &files.0;
        Ok(Tables {
            checksum: files.checksum(),
            clitics: read_clitics(clitics)?,
            gender: Gender::read(gender)?,
            abbreviations: Abbreviations::read(abbreviations)?,
            names: Names::read(names)?,
            contact: Contact::read(contact)?,
            words: read_words(words)?,
        })
    }
}

/// A list as it stands in a file, every entry with its place.
type List = Vec<Spanned<String>>;
/// The same with two words an entry.
type Pairs = Vec<(Spanned<String>, Spanned<String>)>;

fn read_clitics(file: &File) -> Result<Clitics> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Raw {
        chains: List,
    }
    let raw: Raw = file.parse()?;
    Ok(Clitics::new(file.entries(raw.chains, LETTERS)?))
}

/// `gender.toml`.
pub(super) struct Gender {
    pub(super) suffixes: Vec<String>,
    pub(super) hyphen_suffixes: Vec<String>,
    pub(super) latin_suffixes: Vec<String>,
    pub(super) acronym_suffixes: Vec<String>,
    pub(super) alternations: Vec<(String, String)>,
    pub(super) pairs: Vec<(String, String)>,
    pub(super) unlike: Vec<(String, String)>,
}

impl Gender {
    fn read(file: &File) -> Result<Gender> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Raw {
            suffixes: List,
            hyphen_suffixes: List,
            latin_suffixes: List,
            acronym_suffixes: List,
            alternations: Pairs,
            pairs: Pairs,
            unlike: Pairs,
        }
        let raw: Raw = file.parse()?;
        Ok(Gender {
            suffixes: file.entries(raw.suffixes, LETTERS)?,
            hyphen_suffixes: file.entries(raw.hyphen_suffixes, LETTERS)?,
            latin_suffixes: file.entries(raw.latin_suffixes, LETTERS)?,
            acronym_suffixes: file.entries(raw.acronym_suffixes, LETTERS)?,
            alternations: file.pairs(raw.alternations, ENDING)?,
            pairs: file.pairs(raw.pairs, HEBREW)?,
            unlike: file.pairs(raw.unlike, HEBREW)?,
        })
    }
}

/// `abbreviations.toml`.
pub(super) struct Abbreviations {
    pub(super) he: HashSet<String>,
    pub(super) en: HashSet<String>,
}

impl Abbreviations {
    fn read(file: &File) -> Result<Abbreviations> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Raw {
            he: List,
            en: List,
        }
        let raw: Raw = file.parse()?;
        Ok(Abbreviations { he: file.entries(raw.he, HEBREW)?, en: file.entries(raw.en, LATIN)? })
    }
}

/// `contact.toml`.
pub(super) struct Contact {
    pub(super) tlds: HashSet<String>,
    pub(super) small_tlds: HashSet<String>,
    pub(super) hosts: HashSet<String>,
    pub(super) email_tags: Vec<String>,
    pub(super) phone_tags: Vec<String>,
    pub(super) url_tags: Vec<String>,
    pub(super) dial: HashSet<String>,
    /// The length of the longest last label in bytes: longer ones need not be looked for.
    pub(super) longest_label: usize,
}

impl Contact {
    fn read(file: &File) -> Result<Contact> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Raw {
            tlds: List,
            small_tlds: List,
            hosts: List,
            email_tags: List,
            phone_tags: List,
            url_tags: List,
            dial: List,
        }
        let raw: Raw = file.parse()?;
        let (tlds, small_tlds): (HashSet<String>, HashSet<String>) =
            (file.entries(raw.tlds, LATIN)?, file.entries(raw.small_tlds, LATIN)?);
        Ok(Contact {
            longest_label: tlds.iter().chain(&small_tlds).map(String::len).max().unwrap_or(0),
            tlds,
            small_tlds,
            hosts: file.entries(raw.hosts, LATIN)?,
            email_tags: file.entries(raw.email_tags, LATIN)?,
            phone_tags: file.entries(raw.phone_tags, LATIN)?,
            url_tags: file.entries(raw.url_tags, LATIN)?,
            dial: file.entries(raw.dial, FORM)?,
        })
    }
}

/// `names.toml`, by first byte.
pub(super) struct Names {
    by_first: Vec<Vec<(String, String)>>,
}

impl Names {
    fn read(file: &File) -> Result<Names> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Raw {
            whole: List,
            alias: BTreeMap<Spanned<String>, Spanned<String>>,
        }
        let raw: Raw = file.parse()?;
        let whole: Vec<String> = file.entries(raw.whole, NAME)?;
        let alias =
            raw.alias.into_iter().map(|(written, form)| Ok((file.entry(written, NAME)?, file.entry(form, FORM)?)));
        let alias: Vec<(String, String)> = alias.collect::<Result<_>>()?;
        let mut by_first = vec![Vec::new(); 128];
        for (written, form) in whole.into_iter().map(|name| (name.clone(), name)).chain(alias) {
            let first = written.bytes().next().map_or(0, usize::from);
            if let Some(list) = by_first.get_mut(first) {
                list.push((written, form));
            }
        }
        for list in &mut by_first {
            list.sort_by_key(|(written, _)| std::cmp::Reverse(written.len()));
        }
        Ok(Names { by_first })
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

fn read_words(file: &File) -> Result<FunctionWords> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Raw {
        hebrew: List,
        yiddish: List,
        english: List,
        other_latin: List,
        shared: List,
    }
    let raw: Raw = file.parse()?;
    for entry in [&raw.hebrew, &raw.yiddish, &raw.english, &raw.other_latin].into_iter().flatten() {
        if entry.as_ref().len() > LONGEST {
            let rule =
                format!("a word that gives a language away has {LONGEST} bytes at most, is {:?}", entry.as_ref());
            return Err(file.refuse(entry.span(), &rule));
        }
    }
    let [hebrew, yiddish]: [Result<HashSet<String>>; 2] =
        [raw.hebrew, raw.yiddish].map(|list| file.entries(list, HEBREW));
    let [english, other, shared]: [Result<HashSet<String>>; 3] =
        [raw.english, raw.other_latin, raw.shared].map(|list| file.entries(list, LATIN));
    let (other, shared) = (other?, shared?);
    Ok(FunctionWords::new(&hebrew?, &yiddish?, &english?, &other.difference(&shared).cloned().collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_read() {
        let tables = Tables::own().unwrap();
        assert!(tables.abbreviations.he.contains("וכו"));
        assert!(tables.gender.suffixes.iter().any(|suffix| suffix == "ית"));
    }

    #[test]
    fn names_match_longest_first_and_at_boundaries_only() {
        let own = Tables::own().unwrap();
        assert_eq!(own.names.at_start(b"E-Mails now"), Some((7, "e-mails")));
        assert_eq!(own.names.at_start(b"e-mailbox"), None);
        assert_eq!(own.names.at_start(b"401(k) plan"), Some((6, "401k")));
        assert_eq!(own.names.at_start(b"Ph.D. in"), Some((5, "ph.d.")));
    }
}
