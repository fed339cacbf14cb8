//! Labelled ads out of tables, and what is measured on them.

use pyo3::prelude::*;

use super::error::usage;
use super::frame::{Reading, Table};
use super::work::detached;
use crate::error::{Error, ErrorKind, Position, Result};
use crate::label::{LabeledAd, Split};
use crate::report::evaluation::html;
use crate::report::measure::measure;
use crate::score::Scorer;

/// Sets of labelled ads with their names.
pub(super) type Sets = Vec<(String, Vec<LabeledAd>)>;

/// The labelled ads of `tables` whose split is among `splits`; those without a split are always taken.
///
/// # Errors
/// The first bad record: a labelled table is written with care.
pub(super) fn take(py: Python<'_>, tables: Vec<(Bound<'_, PyAny>, Reading)>, splits: &[String]) -> PyResult<Sets> {
    let word = |word: &String| {
        Split::parse(word).ok_or_else(|| usage(py, format!("a split is train, valid or test, is {word:?}")))
    };
    let splits = splits.iter().map(word).collect::<PyResult<Vec<_>>>()?;
    let tables = tables.into_iter().map(|(ads, reading)| Table::take(&ads, reading)).collect::<PyResult<Vec<_>>>()?;
    detached(py, || tables.into_iter().map(|table| rows(table, &splits)).collect())
}

fn rows(table: Table, splits: &[Split]) -> Result<(String, Vec<LabeledAd>)> {
    let name = table.name.clone();
    let rows = table.rows()?;
    let schema = rows.schema();
    let all: Vec<LabeledAd> = rows.map(|row| schema.labeled(&row?)).collect::<Result<_>>()?;
    let read = all.len();
    let kept: Vec<LabeledAd> =
        all.into_iter().filter(|row| row.split.is_none_or(|split| splits.contains(&split))).collect();
    if kept.is_empty() {
        let text = format!("no labelled row is left: {read} read, none in the splits asked for");
        return Err(Error::new(ErrorKind::Training, text).at(Position::file(name)));
    }
    Ok((name, kept))
}

/// The figures of a model on `sets`, and against another: as JSON, and as a page.
pub(super) fn evaluate(sets: Sets, scorer: &Scorer, other: Option<&Scorer>) -> Result<(String, String)> {
    let (found, scored) = measure(sets, scorer, other);
    let config = &scorer.model().config;
    let heads: Vec<&str> = config.heads.iter().map(|head| head.name.as_str()).collect();
    let page = html(&found, &scored.iter().collect::<Vec<_>>(), &heads, &config.decision);
    let json = serde_json::to_string(&found)
        .map_err(|error| Error::new(ErrorKind::Io, format!("the figures cannot be written: {error}")))?;
    Ok((json, page))
}
