//! Reads the lexicons and compiles them into one [`Automaton`].
//!
//! A lexicon is data: what an entry may say is in `docs/RUBRIC.md`. A mistake in one is an error that names the
//! file and the entry, never a silent skip.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::automaton::Automaton;
use super::kind::{Kind, Kinds};
use super::pattern::{self, Class, Step};
use super::reason::{Reach, Reason};
use super::topic::Topic;
use super::trie::{Edge, Trie, Word, takes_prefixes};
use crate::error::{Error, ErrorKind, Position, Result};
use crate::text::{Analysis, Analyzer};

/// What an entry speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Owner {
    /// Evidence for the reason at this place of [`crate::label::REASONS`].
    Reason(usize),
    /// A deliverable.
    Deliverable(Kind),
    /// A number or a name that is not a deliverable: a company boast, a vanity count, "follow us on".
    Boast,
    /// A word of work: it makes a statement a duty, and a platform named in it a channel.
    Work,
    /// A word that tells what its statement, or the section below it, speaks of.
    Topic(Topic),
}

/// One entry of a lexicon.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The form as written in the file.
    pub form: String,
    /// Why it is there, where that is not plain.
    pub note: String,
    /// How much it weighs.
    pub weight: f32,
    /// What it speaks for.
    pub owner: Owner,
    /// The file it comes from, below the rubric's folder.
    pub file: Arc<str>,
    /// Contexts that cancel it, as pattern numbers after those of the entries.
    pub(crate) unless: Vec<u32>,
    /// What makes the line concrete; empty for evidence that nothing clears.
    pub(crate) settled_by: Kinds,
    /// Where that may stand.
    pub(crate) reach: Reach,
    /// A deliverable that is counted and clears lines, but makes no ad concrete by itself.
    pub(crate) weak: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    #[serde(default)]
    entry: Vec<RawEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEntry {
    form: String,
    prefixes: Option<bool>,
    weight: Option<f32>,
    #[serde(default)]
    unless: Vec<String>,
    #[serde(default)]
    note: String,
    kind: Option<String>,
    settled_by: Option<Vec<String>>,
    within: Option<String>,
    #[serde(default)]
    weak: bool,
}

/// The lexicon files of a rubric, in their fixed order.
pub(crate) struct Sources {
    sets: String,
    /// File name below the rubric's folder, owner, contents.
    files: Vec<(String, Option<usize>, String)>,
}

impl Sources {
    /// The lexicons compiled into the program.
    pub(crate) fn embedded(reasons: &[&dyn Reason]) -> Self {
        let mut files = Vec::new();
        for (at, reason) in reasons.iter().enumerate() {
            files.push((format!("{}/he.toml", reason.id()), Some(at), reason.hebrew().to_owned()));
            files.push((format!("{}/en.toml", reason.id()), Some(at), reason.english().to_owned()));
        }
        let deliverable = |name: &str, text: &str| (format!("deliverable/{name}.toml"), None, text.to_owned());
        files.push(deliverable("he", include_str!("../../data/rubric/deliverable/he.toml")));
        files.push(deliverable("en", include_str!("../../data/rubric/deliverable/en.toml")));
        Sources { sets: include_str!("../../data/rubric/sets.toml").to_owned(), files }
    }

    /// The same files below `dir`; all of them must be there.
    pub(crate) fn from_dir(reasons: &[&dyn Reason], dir: &Path) -> Result<Self> {
        let read = |name: &str| {
            let path = dir.join(name);
            std::fs::read_to_string(&path).map_err(|error| Error::io(&path.to_string_lossy(), &error))
        };
        let mut sources = Sources::embedded(reasons);
        sources.sets = read("sets.toml")?;
        for (name, _, text) in &mut sources.files {
            *text = read(name)?;
        }
        Ok(sources)
    }

    /// SHA-256 over the names, lengths and contents, in hexadecimal.
    pub(crate) fn digest(&self) -> String {
        let mut hash = Sha256::new();
        let sets = std::iter::once(("sets.toml", &self.sets));
        for (name, text) in sets.chain(self.files.iter().map(|(name, _, text)| (name.as_str(), text))) {
            hash.update(name.as_bytes());
            hash.update([0]);
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// What the lexicons compile to.
pub(crate) struct Compiled {
    pub automaton: Automaton,
    pub entries: Vec<Entry>,
}

/// Compiles `sources`; words are normalised by `analyzer`, as those of the ads will be.
pub(crate) fn compile(sources: &Sources, reasons: &[&dyn Reason], analyzer: &Analyzer) -> Result<Compiled> {
    let mut build = Build {
        analyzer,
        analysis: Analysis::default(),
        trie: Trie::new(),
        sets: HashMap::new(),
        words: HashMap::new(),
    };
    build.read_sets(&sources.sets)?;
    let mut entries = Vec::new();
    let mut contexts: Vec<(usize, String, bool)> = Vec::new();
    for (name, reason, text) in &sources.files {
        let file: Arc<str> = name.as_str().into();
        let locate = |error: Error| error.at(Position::file(Arc::clone(&file)));
        let raw: RawFile = toml::from_str(text)
            .map_err(|error| locate(Error::new(ErrorKind::Layout, error.to_string().trim().to_owned())))?;
        for raw in raw.entry {
            let prefixes = raw.prefixes.unwrap_or(name.ends_with("he.toml"));
            let id = entries.len();
            build.add(&raw.form, prefixes, id as u32).map_err(locate)?;
            contexts.extend(raw.unless.iter().map(|form| (id, form.clone(), prefixes)));
            let about = reason.and_then(|at| reasons.get(at).map(|reason| (at, *reason)));
            entries.push(entry(raw, about, &file).map_err(locate)?);
        }
    }
    // One pattern per context text, however many entries it cancels: entries share contexts freely.
    let mut known: HashMap<(String, bool), u32> = HashMap::new();
    for (id, form, prefixes) in contexts {
        let next = (entries.len() + known.len()) as u32;
        let context = *known.entry((form.clone(), prefixes)).or_insert(next);
        if context == next {
            build.add(&form, prefixes, context)?;
        }
        if let Some(entry) = entries.get_mut(id) {
            entry.unless.push(context);
        }
    }
    Ok(Compiled { automaton: build.trie.freeze(), entries })
}

fn entry(raw: RawEntry, about: Option<(usize, &dyn Reason)>, file: &Arc<str>) -> Result<Entry> {
    let rule = |what: &str| Error::new(ErrorKind::Layout, format!("the entry `{}` {what}", raw.form));
    let kinds = |names: &[String]| -> Result<Kinds> {
        names
            .iter()
            .map(|name| Kind::parse(name).ok_or_else(|| rule(&format!("names `{name}`, which is no kind"))))
            .collect()
    };
    let (owner, wants, reach) = match (about, raw.kind.as_deref()) {
        (Some((at, reason)), None) => (Owner::Reason(at), reason.wants(), reason.reach()),
        (Some(_), Some(_)) => return Err(rule("has a kind, which only deliverables have")),
        (None, Some("boast")) => (Owner::Boast, Kinds::default(), Reach::Line),
        (None, Some("work")) => (Owner::Work, Kinds::default(), Reach::Line),
        (None, kind) => {
            let owner = match (kind.and_then(Topic::parse), kind.and_then(Kind::parse)) {
                (Some(topic), _) => Owner::Topic(topic),
                (None, Some(kind)) => Owner::Deliverable(kind),
                (None, None) => return Err(rule("needs a kind of deliverable")),
            };
            (owner, Kinds::default(), Reach::Line)
        }
    };
    let reach = match raw.within.as_deref() {
        None => reach,
        Some("line") => Reach::Line,
        Some("ad") => Reach::Ad,
        Some(_) => return Err(rule("has a `within` that is neither line nor ad")),
    };
    if raw.weak && !matches!(owner, Owner::Deliverable(_)) {
        return Err(rule("is weak, which only deliverables are"));
    }
    let weight = raw.weight.unwrap_or(1.0);
    if !(weight > 0.0 && weight <= 3.0) {
        return Err(rule("has a weight that is not above 0 and at most 3"));
    }
    let settled_by = raw.settled_by.as_deref().map_or(Ok(wants), kinds)?;
    Ok(Entry {
        weight,
        owner,
        file: Arc::clone(file),
        unless: Vec::new(),
        settled_by,
        reach,
        weak: raw.weak,
        note: raw.note,
        form: raw.form,
    })
}

struct Build<'a> {
    analyzer: &'a Analyzer,
    analysis: Analysis,
    trie: Trie,
    sets: HashMap<String, u32>,
    words: HashMap<String, Vec<String>>,
}

impl Build<'_> {
    fn read_sets(&mut self, text: &str) -> Result<()> {
        let locate = |error: Error| error.at(Position::file("sets.toml"));
        let sets: BTreeMap<String, Vec<String>> =
            toml::from_str(text).map_err(|error| locate(Error::new(ErrorKind::Layout, error.to_string())))?;
        for (name, list) in sets {
            let mut words: Vec<Word> = Vec::new();
            for piece in &list {
                let (word, exact) = piece.strip_prefix('=').map_or((piece.as_str(), false), |word| (word, true));
                let forms = self.normalised(word).map_err(locate)?;
                let [form] = forms.as_slice() else {
                    let message = format!("`{word}` in the set `{name}` is not one token");
                    return Err(locate(Error::new(ErrorKind::Layout, message)));
                };
                words.push((form.clone(), exact, takes_prefixes(form)));
            }
            // Number words and currency words are tokens of their class wherever they stand.
            let symbol = match name.as_str() {
                "number" => Automaton::class(Class::Number),
                "currency" => Automaton::class(Class::Currency),
                _ => self.trie.symbol(words.clone()),
            };
            if name == "number" || name == "currency" {
                self.trie.teach(symbol, &words);
            }
            self.sets.insert(name, symbol);
        }
        Ok(())
    }

    fn normalised(&mut self, word: &str) -> Result<Vec<String>> {
        if let Some(forms) = self.words.get(word) {
            return Ok(forms.clone());
        }
        self.analyzer.analyze_into(word, &mut self.analysis);
        let forms: Vec<String> = self.analysis.iter().map(|(form, _)| form.to_owned()).collect();
        if forms.is_empty() {
            return Err(Error::new(ErrorKind::Layout, format!("`{word}` in a lexicon is not a word")));
        }
        self.words.insert(word.to_owned(), forms.clone());
        Ok(forms)
    }

    fn add(&mut self, form: &str, prefixes: bool, id: u32) -> Result<()> {
        for steps in pattern::parse(form)? {
            let mut paths: Vec<Vec<Edge>> = vec![Vec::new()];
            for step in steps {
                let options = self.lower(step, prefixes)?;
                paths = paths
                    .iter()
                    .flat_map(|head| options.iter().map(move |tail| head.iter().chain(tail).copied().collect()))
                    .collect();
            }
            for path in paths {
                self.trie.add(&path, id);
            }
        }
        Ok(())
    }

    /// The edges a step stands for. A written word may be several tokens (`can-do`), which makes it a path of its own.
    fn lower(&mut self, step: Step, prefixes: bool) -> Result<Vec<Vec<Edge>>> {
        let list = match step {
            Step::Gap(size) => return Ok(vec![vec![Edge::Gap(size)]]),
            Step::Class(class) => return Ok(vec![vec![Edge::Symbol(Automaton::class(class))]]),
            Step::Set(name) => {
                let symbol = self.sets.get(&name).copied();
                let missing = || Error::new(ErrorKind::Layout, format!("there is no set `{name}` in sets.toml"));
                return Ok(vec![vec![Edge::Symbol(symbol.ok_or_else(missing)?)]]);
            }
            Step::Words(list) => list,
        };
        let mut paths = Vec::new();
        let mut single = Vec::new();
        for (word, exact) in list {
            let forms = self.normalised(&word)?;
            match forms.as_slice() {
                [form] => single.push((form.clone(), exact, prefixes)),
                several => {
                    let edges = several.iter().enumerate().map(|(place, form)| {
                        let word = (form.clone(), exact, prefixes && place == 0);
                        Edge::Symbol(self.trie.symbol(vec![word]))
                    });
                    paths.push(edges.collect());
                }
            }
        }
        if !single.is_empty() {
            paths.push(vec![Edge::Symbol(self.trie.symbol(single))]);
        }
        Ok(paths)
    }
}
