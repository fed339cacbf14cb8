//! Tables of Arrow in, tables of Arrow out; neither is copied at the border.

use arrow_array::ffi_stream::RecordBatchStreamReader;
use arrow_array::{RecordBatch, RecordBatchIterator, RecordBatchReader};
use arrow_pyarrow::{FromPyArrow, IntoPyArrow};
use arrow_schema::SchemaRef;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::error::{exception, usage};
use crate::ad::Ad;
use crate::error::{Error, ErrorKind, Result};
use crate::io::{Field, Markup, ReadOptions, Rows, frame};

/// A table of postings, with its name in records and messages, and how it is to be read.
pub(super) struct Table {
    batches: Vec<RecordBatch>,
    schema: SchemaRef,
    pub name: String,
    pub read: ReadOptions,
}

/// How a table is read, as Python gives it.
#[derive(FromPyObject)]
pub(super) struct Reading {
    #[pyo3(item)]
    source: String,
    #[pyo3(item)]
    columns: Vec<(String, String)>,
    #[pyo3(item)]
    markup: String,
    #[pyo3(item)]
    max_record: u64,
}

impl Table {
    /// Takes the table over from any object with `__arrow_c_stream__`.
    pub fn take(ads: &Bound<'_, PyAny>, reading: Reading) -> PyResult<Table> {
        let py = ads.py();
        let reader = RecordBatchStreamReader::from_pyarrow_bound(ads)?;
        let schema = reader.schema();
        let batches: std::result::Result<Vec<_>, _> = reader.collect();
        let batches = batches.map_err(|error| PyValueError::new_err(error.to_string()))?;
        let mut read = ReadOptions { markup: markup(py, &reading.markup)?, ..ReadOptions::default() };
        read.max_record = reading.max_record;
        for (field, column) in reading.columns {
            read.map.push((Field::parse(&field).map_err(|error| exception(py, &error))?, column));
        }
        Ok(Table { batches, schema, name: reading.source, read })
    }

    /// The rows of the table.
    pub fn rows(self) -> Result<Rows> {
        frame(self.batches, &self.schema, &self.name, &self.read)
    }

    /// The ad of a table of one row.
    pub fn only(self) -> Result<Ad> {
        let mut rows = self.rows()?;
        let schema = rows.schema();
        match rows.next() {
            Some(row) => schema.ad(&row?),
            None => Err(Error::new(ErrorKind::EmptyText, "one ad is needed, there is none")),
        }
    }
}

fn markup(py: Python<'_>, word: &str) -> PyResult<Markup> {
    match word {
        "auto" => Ok(Markup::Auto),
        "plain" => Ok(Markup::Plain),
        "html" => Ok(Markup::Html),
        _ => Err(usage(py, format!("markup must be auto, plain or html, is {word:?}"))),
    }
}

/// Gives batches to Python, as a `pyarrow.RecordBatchReader`.
pub(super) fn give(py: Python<'_>, batches: Vec<RecordBatch>, schema: SchemaRef) -> PyResult<Bound<'_, PyAny>> {
    let reader: Box<dyn RecordBatchReader + Send> =
        Box::new(RecordBatchIterator::new(batches.into_iter().map(Ok), schema));
    reader.into_pyarrow(py)
}
