//! Models by directory: which there are, what they learned from, which came from which.
//!
//! A registry is nothing but a folder of model directories. What is told of a model is read from its `config.json` and
//! `metrics.json`; whether its weights are sound is checked by their digest, and nothing is loaded.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::error::{Error, ErrorKind, Position, Result};
use crate::label::VAGUE;
use crate::model::artifact::{CONFIG, Files, TOKENIZER, WEIGHTS, digest};
use crate::model::config::{Config, FORMAT};

/// A model directory.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// The directory, below the one that was asked for; `.` for itself.
    pub directory: String,
    /// Its name, digest and the like; none for one that cannot be read, see `fault`.
    pub model: Option<Described>,
    /// What is wrong with it.
    pub fault: Option<String>,
}

/// What a model directory says of itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Described {
    /// The model's name.
    pub name: String,
    /// SHA-256 of its `config.json`, in hexadecimal.
    pub digest: String,
    /// The version of the program that wrote it.
    pub program: String,
    /// SHA-256 of the lexicons it was trained with.
    pub rubric: String,
    /// The digest of the model it started from.
    pub parent: Option<String>,
    /// Generations between it and a model that started from none, among the models listed.
    pub generation: usize,
    /// Rows learned from.
    pub rows: usize,
    /// The labelled files: name, rows, digest.
    pub sources: Vec<(String, usize, String)>,
    /// The heads.
    pub heads: Vec<String>,
    /// What was measured of the verdict when it was trained, if it was.
    pub figures: Option<Figures>,
}

/// The figures of the verdict from `metrics.json`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figures {
    /// How and on what they were measured.
    pub set: String,
    /// Rows.
    pub n: u64,
    /// Area under the ROC curve.
    pub auc: f64,
    /// Cohen's kappa.
    pub kappa: f64,
}

/// Folders below the one asked for that are searched.
const DEPTH: usize = 3;

/// The models in `directory` and below, parents before their children, otherwise by name of the directory.
///
/// # Errors
/// `Model` when there is no such directory, or no model in it.
pub fn list(directory: &Path) -> Result<Vec<Entry>> {
    let name = directory.display().to_string();
    if !directory.is_dir() {
        return Err(Error::new(ErrorKind::Model, "a registry is a directory of model directories; there is none here")
            .at(Position::file(name)));
    }
    let mut found: Vec<PathBuf> = walkdir::WalkDir::new(directory)
        .max_depth(DEPTH)
        .into_iter()
        .filter_map(|entry| entry.ok())
        .filter(|entry| entry.file_type().is_file() && entry.file_name() == CONFIG)
        .filter_map(|entry| entry.path().parent().map(Path::to_path_buf))
        .filter(|folder| is_model(folder))
        .collect();
    found.sort();
    if found.is_empty() {
        let text = format!("there is no model here, nor in folders up to {} below", DEPTH - 1);
        return Err(Error::new(ErrorKind::Model, text).at(Position::file(name)));
    }
    let entries = found.iter().map(|folder| {
        let below = folder.strip_prefix(directory).unwrap_or(folder).display().to_string();
        let below = if below.is_empty() { ".".to_owned() } else { below };
        match describe(folder) {
            Ok((model, fault)) => Entry { directory: below, model: Some(model), fault },
            Err(error) => Entry { directory: below, model: None, fault: Some(error.message().to_owned()) },
        }
    });
    Ok(in_order(entries.collect()))
}

/// A folder with `config.json` may hold anything; one with weights or a tokenizer beside it is meant to be a model.
fn is_model(folder: &Path) -> bool {
    [WEIGHTS, TOKENIZER].iter().any(|name| folder.join(name).is_file())
}

/// What the model in `directory` says of itself, and what is wrong with its other files, if anything.
///
/// # Errors
/// `Model` when it cannot be read.
pub fn describe(directory: &Path) -> Result<(Described, Option<String>)> {
    let files = Files::read(directory)?;
    let broken = |text: String| Error::new(ErrorKind::Model, text);
    let config: Config = serde_json::from_slice(&files.config)
        .map_err(|error| broken(format!("{CONFIG}: this is not the configuration of a model: {error}")))?;
    let mut fault = (config.format != FORMAT)
        .then(|| format!("its format version is {}, this program reads {FORMAT}", config.format));
    for (name, bytes) in [(TOKENIZER, &files.tokenizer), (WEIGHTS, &files.weights)] {
        if config.files.get(name).is_none_or(|stated| *stated != digest(bytes)) {
            fault = Some(format!("{name} is not the file that was written with {CONFIG}"));
        }
    }
    let training = config.training;
    let described = Described {
        name: config.name,
        digest: digest(&files.config),
        program: training.program,
        rubric: config.rubric,
        parent: training.parent.map(|parent| parent.digest),
        generation: 0,
        rows: training.rows,
        sources: training.sources.into_iter().map(|source| (source.name, source.rows, source.digest)).collect(),
        heads: config.heads.into_iter().map(|head| head.name).collect(),
        figures: figures(directory),
    };
    Ok((described, fault))
}

/// The figures of the first set, nested where they were measured.
fn figures(directory: &Path) -> Option<Figures> {
    let text = std::fs::read_to_string(directory.join("metrics.json")).ok()?;
    let metrics: serde_json::Value = serde_json::from_str(&text).ok()?;
    let sets = metrics.get("nested").filter(|nested| nested.is_array()).or_else(|| metrics.get("out_of_fold"))?;
    let set = sets.get(0)?;
    let heads = set.get("heads")?.as_array()?;
    let vague = heads.iter().find(|head| head.get("head").and_then(|name| name.as_str()) == Some(VAGUE))?;
    let value = |name: &str| vague.get(name)?.get("value")?.as_f64();
    Some(Figures {
        set: set.get("name")?.as_str()?.to_owned(),
        n: vague.get("n")?.as_u64()?,
        auc: value("auc")?,
        kappa: value("kappa")?,
    })
}

/// Parents before their children; what has no parent here keeps the order it has.
fn in_order(mut entries: Vec<Entry>) -> Vec<Entry> {
    let digests: Vec<Option<String>> =
        entries.iter().map(|entry| entry.model.as_ref().map(|model| model.digest.clone())).collect();
    let parents: Vec<Option<usize>> = entries
        .iter()
        .map(|entry| {
            let parent = entry.model.as_ref()?.parent.as_ref()?;
            digests.iter().position(|digest| digest.as_ref() == Some(parent))
        })
        .collect();
    let generation = |start: usize| {
        // A digest cannot hold itself, so there is no circle; forged ones are cut off.
        std::iter::successors(Some(start), |&at| parents.get(at).copied().flatten()).take(entries.len() + 1).count() - 1
    };
    let generations: Vec<usize> = (0..entries.len()).map(generation).collect();
    for (entry, generation) in entries.iter_mut().zip(&generations) {
        if let Some(model) = &mut entry.model {
            model.generation = *generation;
        }
    }
    let mut order: Vec<usize> = (0..entries.len()).collect();
    // The path from the first ancestor, so that a family stands together.
    let path = |start: usize| {
        let mut path: Vec<usize> = std::iter::successors(Some(start), |&at| parents.get(at).copied().flatten())
            .take(entries.len() + 1)
            .collect();
        path.reverse();
        path
    };
    order.sort_by_key(|&at| path(at));
    order.into_iter().filter_map(|at| entries.get(at).cloned()).collect()
}

/// One thing in which two models differ.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// What.
    pub what: String,
    /// In the first.
    pub from: String,
    /// In the second.
    pub to: String,
}

/// In what the configurations of two models differ: settings, data, heads, thresholds; digests of files are left out.
///
/// # Errors
/// `Model` when one cannot be read.
pub fn diff(from: &Path, to: &Path) -> Result<Vec<Change>> {
    let read = |directory: &Path| -> Result<serde_json::Value> {
        let files = Files::read(directory)?;
        serde_json::from_slice(&files.config).map_err(|error| {
            let name = directory.join(CONFIG).display().to_string();
            Error::new(ErrorKind::Model, format!("this is not whole JSON: {error}")).at(Position::file(name))
        })
    };
    let (mut one, mut two) = (Vec::new(), Vec::new());
    flatten("", &read(from)?, &mut one);
    flatten("", &read(to)?, &mut two);
    // A head that only one has is one difference, and not one a setting.
    let (of_one, of_two) = (lonely(&one, &two), lonely(&two, &one));
    for (all, heads) in [(&mut one, of_one), (&mut two, of_two)] {
        all.retain(|(key, _)| !heads.iter().any(|head| key.starts_with(&format!("{head}."))));
        all.extend(heads.into_iter().map(|head| (head, "there".to_owned())));
    }
    let known = |all: &[(String, String)], key: &str| -> Option<String> {
        all.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone())
    };
    let mut keys: Vec<&String> = one.iter().chain(&two).map(|(key, _)| key).collect();
    let mut met = std::collections::BTreeSet::new();
    keys.retain(|key| met.insert(key.as_str()));
    let changes = keys.into_iter().filter_map(|key| {
        let (from, to) = (known(&one, key), known(&two, key));
        let told = |value: Option<String>| value.unwrap_or_else(|| "none".to_owned());
        (from != to).then(|| Change { what: key.clone(), from: told(from), to: told(to) })
    });
    Ok(changes.collect())
}

/// The heads of `one`, as `heads.NAME`, that `other` does not have.
fn lonely(one: &[(String, String)], other: &[(String, String)]) -> Vec<String> {
    let heads = |all: &[(String, String)]| -> Vec<String> {
        all.iter()
            .filter_map(|(key, _)| Some(key.strip_suffix(".name").filter(|key| key.starts_with("heads."))?.to_owned()))
            .collect()
    };
    let known = heads(other);
    heads(one).into_iter().filter(|head| !known.contains(head)).collect()
}

/// The leaves of a configuration with their paths; items of a list go by their name where they have one.
fn flatten(path: &str, value: &serde_json::Value, out: &mut Vec<(String, String)>) {
    use serde_json::Value;
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                // Digests of weights always differ, and how scores spread is too long to be told.
                if !(path.is_empty() && key == "files") && key != "distributions" && key != "baselines" {
                    flatten(&below(key), value, out);
                }
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for (place, item) in items.iter().enumerate() {
                let name = item.get("name").and_then(Value::as_str).map(str::to_owned);
                flatten(&below(&name.unwrap_or_else(|| place.to_string())), item, out);
            }
        }
        Value::String(text) => out.push((path.to_owned(), text.clone())),
        other => out.push((path.to_owned(), other.to_string())),
    }
}
