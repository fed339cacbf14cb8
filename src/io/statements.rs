//! What readers said of single statements: JSON Lines of `{"id": "...", "statements": [[start, end, "D2UM"], ...]}`.
//!
//! Places are code points of title, line feed and text, as in files of quotes. The codes are told in docs/CODEBOOK.md.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};

use serde::Deserialize;

use crate::error::{Error, ErrorKind, Position, Result};
use crate::label::{Judgement, StatementLabel};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    id: String,
    statements: Vec<(usize, usize, String)>,
}

/// The judged statements of the file at `path`, by the id of their ad, in order of the text.
///
/// # Errors
/// `Io` when it cannot be read; `Label` with the line for one that breaks a rule: whole JSON, an id that stands once, statements
/// that follow one another, codes that mean something.
pub fn read_statements(path: &str) -> Result<BTreeMap<String, Vec<StatementLabel>>> {
    let file = File::open(path).map_err(|error| Error::io(path, &error))?;
    let mut found = BTreeMap::new();
    for (number, line) in (1..).zip(BufReader::new(file).lines()) {
        let line = line.map_err(|error| Error::io(path, &error))?;
        if line.trim().is_empty() {
            continue;
        }
        let refuse = |text: String| {
            Error::new(ErrorKind::Label, text).at(Position { line: Some(number), ..Position::file(path) })
        };
        let Line { id, statements } = serde_json::from_str(&line).map_err(|error| {
            refuse(format!("a line holds {{\"id\", \"statements\": [[start, end, code], ...]}}: {error}"))
        })?;
        let mut labels: Vec<StatementLabel> = Vec::with_capacity(statements.len());
        for (start, end, code) in statements {
            let Some(said) = Judgement::parse(&code) else {
                let rule = "a code is D, R or O with 0 to 2, or C, X or H, and marks among gGuUbBsSmMe behind it";
                return Err(refuse(format!("{rule}; got {code:?}")));
            };
            if end <= start || labels.last().is_some_and(|before| start < before.end) {
                return Err(refuse(format!("statements are in order and apart, [{start}, {end}] is not")));
            }
            labels.push(StatementLabel { start, end, said });
        }
        if found.insert(id.clone(), labels).is_some() {
            return Err(refuse(format!("an ad is judged once, {id:?} is judged again")));
        }
    }
    Ok(found)
}
