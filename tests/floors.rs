//! Holds the architecture: imports go down the floors of `docs/DESIGN.md`, never up or sideways against a fence.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails should stop at once"
)]

use std::fs;
use std::path::Path;

/// The floor of every top-level module of the crate.
const FLOORS: [(&str, u32); 17] = [
    ("ad", 0),
    ("error", 0),
    ("label", 0),
    ("io", 1),
    ("text", 1),
    ("rubric", 2),
    ("features", 3),
    ("model", 4),
    ("score", 5),
    ("learn", 5),
    ("ledger", 6),
    ("batch", 7),
    ("report", 7),
    ("serve", 8),
    ("cli", 9),
    ("main", 9),
    ("python", 10),
];

/// Modules of one floor that may use one another in this direction only.
const SAME_FLOOR: [(&str, &str); 5] =
    [("error", "ad"), ("label", "ad"), ("label", "error"), ("batch", "report"), ("learn", "score")];

/// Crates that only these modules may name.
const FENCES: [(&str, &[&str]); 16] = [
    ("clap", &["cli"]),
    ("anyhow", &["cli"]),
    ("linfa", &["model", "learn"]),
    ("linfa_logistic", &["model", "learn"]),
    ("ndarray", &["model", "learn"]),
    ("tokenizers", &["features"]),
    ("rusqlite", &["ledger"]),
    ("flate2", &["io"]),
    ("zstd", &["io"]),
    ("parquet", &["io", "report"]),
    ("arrow_array", &["io", "report", "python"]),
    ("axum", &["serve"]),
    ("hyper", &["serve"]),
    ("hyper_util", &["serve"]),
    ("tokio", &["serve"]),
    ("pyo3", &["python"]),
];

fn floor(module: &str) -> Option<u32> {
    FLOORS.iter().find(|(name, _)| *name == module).map(|&(_, floor)| floor)
}

/// Every breach in the sources given as `(path below src, text)`.
fn breaches(sources: &[(String, String)]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in sources {
        let module = path.split(['/', '.']).next().unwrap_or_default();
        if module == "lib" {
            continue;
        }
        let Some(own) = floor(module) else {
            found.push(format!(
                "{path}: module `{module}` has no floor; give it one in tests/floors.rs and docs/DESIGN.md"
            ));
            continue;
        };
        // Tests beside the code may look anywhere.
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (number, line) in code.lines().enumerate() {
            let line = line.split("//").next().unwrap_or_default();
            for used in modules_named(line) {
                let allowed = used == module
                    || floor(&used).is_some_and(|other| other < own)
                    || SAME_FLOOR.contains(&(module, used.as_str()));
                if floor(&used).is_some() && !allowed {
                    found.push(format!("{path}:{}: `{module}` (floor {own}) imports `{used}`", number + 1));
                }
            }
            for (name, homes) in FENCES {
                let named = line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name);
                let is_path = line.contains(&format!("{name}::")) || line.contains(&format!("use {name}"));
                if named && is_path && !homes.contains(&module) {
                    found.push(format!("{path}:{}: only {homes:?} may use `{name}`", number + 1));
                }
            }
        }
    }
    found
}

/// The top-level modules named in a line as `crate::module` or inside `crate::{…}`.
fn modules_named(line: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in line.match_indices("crate::") {
        let rest = &line[at + "crate::".len()..];
        let list = rest.strip_prefix('{').map_or(rest, |inside| inside.split('}').next().unwrap_or_default());
        let parts = if rest.starts_with('{') { list.split(',').collect() } else { vec![list] };
        for part in parts {
            names.push(part.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    names
}

fn sources(folder: &Path, below: &str, found: &mut Vec<(String, String)>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let inside = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
        if path.is_dir() {
            sources(&path, &inside, found);
        } else if name.ends_with(".rs") {
            found.push((inside, fs::read_to_string(&path).unwrap()));
        }
    }
}

#[test]
fn imports_go_down_the_floors() {
    let mut found = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "", &mut found);
    assert!(found.len() > 20, "the sources were not found");
    let breaches = breaches(&found);
    assert!(breaches.is_empty(), "help: see the floors in docs/DESIGN.md\n{}", breaches.join("\n"));
}

#[test]
fn an_upward_import_is_found() {
    let tree = |path: &str, text: &str| vec![(path.to_owned(), text.to_owned())];
    assert_eq!(
        breaches(&tree("text/token.rs", "use crate::ad::Span;\nuse crate::score::Verdict;")),
        ["text/token.rs:2: `text` (floor 1) imports `score`"]
    );
    assert_eq!(
        breaches(&tree("text/token.rs", "use crate::{ad::Span, io::Rows};")),
        ["text/token.rs:1: `text` (floor 1) imports `io`"]
    );
    assert_eq!(
        breaches(&tree("features/mod.rs", "use ndarray::Array1;")),
        ["features/mod.rs:1: only [\"model\", \"learn\"] may use `ndarray`"]
    );
    assert_eq!(
        breaches(&tree("helpers.rs", "")),
        ["helpers.rs: module `helpers` has no floor; give it one in tests/floors.rs and docs/DESIGN.md"]
    );
    assert!(breaches(&tree("score/mod.rs", "use crate::model::Model;\n#[cfg(test)]\nuse crate::cli::x;")).is_empty());
}
