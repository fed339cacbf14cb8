//! Rows of a table that is in memory already, as record batches of Arrow. The rules are those of Parquet files: the names
//! of columns are understood alike, and so are the types that a field can be made of.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use super::columnar::{Cells, Column, cells_of, chosen, long};
use super::packed::Counters;
use super::rows::{Data, Found, Rows};
use super::schema::Schema;
use super::{Decision, ReadOptions};
use crate::error::{Error, Position};

/// Rows of record batches, one after another.
pub(crate) struct Frame {
    batches: std::vec::IntoIter<RecordBatch>,
    columns: Arc<[Column]>,
    max_record: u64,
    batch: Option<RecordBatch>,
    at: usize,
    /// The number of the next row, from 1.
    next: u64,
}

impl Frame {
    /// The next row; none at the end.
    pub fn next(&mut self) -> Option<Found> {
        loop {
            match &self.batch {
                Some(batch) if self.at < batch.num_rows() => {
                    let cells = cells_of(&self.columns, batch, self.at, self.next);
                    // There are no lines; what stands in their place is the row.
                    let line = self.next;
                    (self.at, self.next) = (self.at + 1, self.next + 1);
                    return Some(Found { data: self.data(cells), line, byte: None });
                }
                _ => (self.batch, self.at) = (Some(self.batches.next()?), 0),
            }
        }
    }

    fn data(&self, cells: Cells) -> Data {
        long(&cells, self.max_record).unwrap_or(Data::Cells(cells))
    }
}

/// The rows of `batches`, all of which are of `schema`; positions name them `name`.
///
/// # Errors
/// `Layout` when no column holds a text, or a column is of a type that its field cannot be made of.
pub fn frame(batches: Vec<RecordBatch>, schema: &SchemaRef, name: &str, options: &ReadOptions) -> Result<Rows, Error> {
    let names: csv::ByteRecord = schema.fields().iter().map(|field| field.name().as_bytes()).collect();
    let place = |error: Error| error.at(Position::file(name));
    let (meaning, warnings) = Schema::of_header(&names, options, true, false).map_err(place)?;
    let columns = chosen(schema, meaning.columns()).map_err(place)?;
    let max_record = options.max_record;
    let frame = Frame { batches: batches.into_iter(), columns, max_record, batch: None, at: 0, next: 1 };
    Ok(Rows::of_frame(frame, name, meaning, Arc::new(Counters::default()), Decision::of_columns(), &warnings))
}

/// The places of those of the columns `names` that a table is read for, ascending.
///
/// # Errors
/// `Layout` when none of them holds a text.
pub fn meaningful(names: &[String], options: &ReadOptions) -> Result<Vec<usize>, Error> {
    let names: csv::ByteRecord = names.iter().map(String::as_bytes).collect();
    let (meaning, _) = Schema::of_header(&names, options, true, false)?;
    let mut places: Vec<usize> = meaning.columns().into_iter().map(|(_, place)| place).collect();
    places.sort_unstable();
    Ok(places)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use arrow_array::{ArrayRef, Int64Array, StringArray};

    fn batch(texts: Vec<Option<&str>>) -> RecordBatch {
        let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(0..texts.len() as i64));
        let texts: ArrayRef = Arc::new(StringArray::from(texts));
        RecordBatch::try_from_iter_with_nullable([
            ("other", ids.clone(), false),
            ("id", ids, false),
            ("Description", texts, true),
        ])
        .unwrap()
    }

    #[test]
    fn rows_run_on_over_batches_and_a_null_text_is_named() {
        let batches = vec![batch(vec![Some("We write.")]), batch(vec![]), batch(vec![None, Some("We draw.")])];
        let schema = batches[0].schema();
        let rows = frame(batches, &schema, "frame", &ReadOptions::default()).unwrap();
        let meaning = rows.schema();
        let read: Vec<_> = rows.map(|row| meaning.ad(&row.unwrap())).collect();
        assert_eq!(read.len(), 3);
        assert_eq!(read[0].as_ref().unwrap().text(), "We write.");
        let error = read[1].as_ref().unwrap_err();
        assert_eq!((error.kind(), error.position().record), (ErrorKind::EmptyText, Some(2)));
        let last = read[2].as_ref().unwrap();
        assert_eq!((last.id.as_str(), last.source.record, last.source.line), ("1", 3, 3));
    }

    #[test]
    fn a_table_without_a_text_is_refused() {
        let batch = batch(vec![Some("x")]).project(&[0, 1]).unwrap();
        let schema = batch.schema();
        let error = frame(vec![batch], &schema, "frame", &ReadOptions::default()).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Layout);
    }
}
