//! Rows of Parquet files, a row group after another and some rows of it at a time. Only the columns that mean something
//! are read. What is damaged costs its row group, and the rows lost are told by number.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch, types};
use arrow_schema::{DataType, Schema, TimeUnit};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;

use super::delimited::limit;
use super::field::Field;
use super::packed::Counters;
use super::rows::{Data, Found};
use crate::error::{Error, ErrorKind};

/// Rows decoded at a time, at most.
const BATCH_ROWS: u64 = 256;
/// Bytes of rows decoded at a time, about.
const BATCH_BYTES: u64 = 4 << 20;

/// The cells of one row, of the columns that mean something.
#[derive(Clone, Debug)]
pub(crate) struct Cells {
    columns: Arc<[Column]>,
    cells: Vec<Option<Vec<u8>>>,
    record: u64,
}

/// A column that means something.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub field: Field,
    pub name: String,
    index: usize,
}

impl Cells {
    /// The number of the row in its file, from 1.
    pub fn record(&self) -> u64 {
        self.record
    }

    /// Bytes of all cells.
    pub fn size(&self) -> usize {
        self.cells.iter().flatten().map(Vec::len).sum()
    }

    /// Each column with its cell; none where it is null.
    pub fn iter(&self) -> impl Iterator<Item = (&Column, Option<&[u8]>)> {
        self.columns.iter().zip(self.cells.iter().map(Option::as_deref))
    }

    /// The row as a JSON object; bytes that are not UTF-8 are replaced.
    pub fn to_json(&self) -> Vec<u8> {
        let object: serde_json::Map<String, serde_json::Value> = self
            .iter()
            .map(|(column, cell)| (column.name.clone(), cell.map(|bytes| String::from_utf8_lossy(bytes)).into()))
            .collect();
        serde_json::to_vec(&object).unwrap_or_default()
    }
}

/// The rows of a Parquet file.
pub(crate) struct Columnar {
    file: File,
    metadata: ArrowReaderMetadata,
    columns: Arc<[Column]>,
    counters: Arc<Counters>,
    max_record: u64,
    /// Bytes of the file, for telling how far the reading is.
    length: u64,
    rows: u64,
    /// The row group under way and the numbers of its next and last row.
    group: usize,
    next: u64,
    last: u64,
    reader: Option<ParquetRecordBatchReader>,
    batch: Option<RecordBatch>,
    at: usize,
}

impl Columnar {
    /// Reads the footer of `file`.
    ///
    /// # Errors
    /// When it is none, and so nothing of the file can be found.
    pub fn open(file: File, counters: Arc<Counters>, max_record: u64) -> Result<Columnar, Error> {
        let length = file.metadata().map_or(0, |meta| meta.len());
        // The types of the file itself are fewer than those of the Arrow schema in it: a dictionary of large strings
        // is a column of strings.
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let metadata = guarded(|| ArrowReaderMetadata::load(&file, options)).map_err(|what| {
            let rule = format!("the Parquet file has no usable footer, so nothing in it can be found: {what}");
            Error::new(ErrorKind::Damaged, rule)
        })?;
        let rows = metadata.metadata().row_groups().iter().map(|group| count(group.num_rows())).sum();
        Ok(Columnar {
            file,
            metadata,
            columns: Arc::new([]),
            counters,
            max_record,
            length,
            rows,
            group: 0,
            next: 1,
            last: 0,
            reader: None,
            batch: None,
            at: 0,
        })
    }

    /// The names of the columns, in order.
    pub fn names(&self) -> Vec<String> {
        self.metadata.schema().fields().iter().map(|field| field.name().clone()).collect()
    }

    /// Chooses the columns to read: each field with the index of its column.
    ///
    /// # Errors
    /// When a column is of a type that its field cannot be made of.
    pub fn choose(&mut self, chosen: impl IntoIterator<Item = (Field, usize)>) -> Result<(), Error> {
        self.columns = self::chosen(self.metadata.schema(), chosen)?;
        Ok(())
    }

    /// The next row; none at the end.
    pub fn next(&mut self) -> Option<Found> {
        loop {
            if let Some(batch) = &self.batch
                && self.at < batch.num_rows()
            {
                let cells = self.columns.iter().zip(batch.columns()).map(|(_, array)| cell(array, self.at)).collect();
                self.at += 1;
                return Some(self.found(cells));
            }
            self.batch = None;
            if self.reader.is_none() && !self.open_group() {
                return None;
            }
            let Some(reader) = &mut self.reader else { return Some(self.lost("cannot be read")) };
            match guarded(|| reader.next().transpose().map_err(ParquetError::from)) {
                Ok(Some(batch)) => (self.batch, self.at) = (Some(batch), 0),
                Ok(None) => {
                    self.reader = None;
                    if self.next <= self.last {
                        return Some(self.lost("ends early"));
                    }
                }
                Err(what) => return Some(self.lost(&what)),
            }
        }
    }

    fn found(&mut self, cells: Vec<Option<Vec<u8>>>) -> Found {
        let cells = Cells { columns: Arc::clone(&self.columns), cells, record: self.next };
        // Parquet has no lines; what stands in their place is the row.
        let line = self.next;
        self.next += 1;
        let done = u128::from(self.length) * u128::from(self.next) / u128::from(self.rows.max(1) + 1);
        self.counters.read.store(u64::try_from(done).unwrap_or(self.length), Ordering::Relaxed);
        let data = long(&cells, self.max_record).unwrap_or(Data::Cells(cells));
        Found { data, line, byte: None }
    }

    /// Opens the next row group that has rows; false when there is none.
    fn open_group(&mut self) -> bool {
        let groups = self.metadata.metadata().row_groups();
        loop {
            let Some(group) = groups.get(self.group) else {
                self.counters.read.store(self.length, Ordering::Relaxed);
                return false;
            };
            let index = self.group;
            self.group += 1;
            let rows = count(group.num_rows());
            if rows == 0 {
                continue;
            }
            self.last = self.next + rows - 1;
            let size = count(group.total_byte_size()) / rows;
            let batch = (BATCH_BYTES / size.max(1)).clamp(1, BATCH_ROWS);
            let roots = self.columns.iter().map(|column| column.index);
            let mask = ProjectionMask::roots(self.metadata.parquet_schema(), roots);
            let Ok(file) = self.file.try_clone() else { return true };
            let metadata = self.metadata.clone();
            self.reader = guarded(|| {
                ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata)
                    .with_row_groups(vec![index])
                    .with_projection(mask)
                    .with_batch_size(usize::try_from(batch).unwrap_or(1))
                    .build()
            })
            .ok();
            return true;
        }
    }

    /// The row that stands for what is lost of the row group under way.
    fn lost(&mut self, what: &str) -> Found {
        let (from, to) = (self.next, self.last);
        (self.reader, self.batch) = (None, None);
        self.next = to + 1;
        let message = format!("row group {} is damaged ({what}): rows {from} to {to} are lost", self.group);
        Found { data: Data::bad(ErrorKind::Damaged, message, Vec::new(), 0), line: from, byte: None }
    }
}

/// Copies what cannot be read at any place (a packed file, a pipe) to a file of no name.
///
/// # Errors
/// When `from` cannot be read, or there is no room for the copy.
pub(crate) fn spool(from: &mut impl Read) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    io::copy(from, &mut file)?;
    file.rewind()?;
    Ok(file)
}

fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// True while a panic on this thread is expected, and will be told as what it means: that a file is damaged.
pub(crate) fn is_guarded() -> bool {
    GUARDED.get()
}

/// Runs a step of the decoder, whose own checks do not cover all files made in bad faith: it may panic on one.
fn guarded<T>(step: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, String> {
    GUARDED.set(true);
    let done = catch_unwind(AssertUnwindSafe(step));
    GUARDED.set(false);
    match done {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("the decoder gave up".to_owned()),
    }
}

/// The columns of `schema` to read, in their order: each field with the index of its column.
///
/// # Errors
/// When a column is of a type that its field cannot be made of.
pub(super) fn chosen(
    schema: &Schema,
    chosen: impl IntoIterator<Item = (Field, usize)>,
) -> Result<Arc<[Column]>, Error> {
    let mut columns: Vec<Column> = Vec::new();
    for (field, index) in chosen {
        let Some(column) = schema.fields().get(index) else { continue };
        if !accepts(field, column.data_type()) {
            let rule = format!(
                "column {:?} must hold {} to be read as {}, holds {}",
                column.name(),
                accepted(field),
                field.name(),
                column.data_type()
            );
            return Err(Error::new(ErrorKind::Layout, rule));
        }
        columns.push(Column { field, name: column.name().clone(), index });
    }
    columns.sort_by_key(|column| column.index);
    Ok(columns.into())
}

/// The cells of row `at` of `batch`, which is row number `record` of its table.
pub(super) fn cells_of(columns: &Arc<[Column]>, batch: &RecordBatch, at: usize, record: u64) -> Cells {
    let cells = columns.iter().map(|column| cell(batch.columns().get(column.index)?, at)).collect();
    Cells { columns: Arc::clone(columns), cells, record }
}

/// What stands for a row that is longer than `max_record`; none for a row that is not.
pub(super) fn long(cells: &Cells, max_record: u64) -> Option<Data> {
    let length = cells.size() as u64;
    (length > max_record).then(|| {
        let message = format!("a record must be shorter than {}, this row has {length} bytes", limit(max_record));
        Data::bad(ErrorKind::TooLong, message, Vec::new(), length)
    })
}

fn is_text(of: &DataType) -> bool {
    match of {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::Null => true,
        DataType::Dictionary(_, of) => is_text(of),
        DataType::List(of) => matches!(of.data_type(), DataType::Utf8),
        _ => false,
    }
}

fn is_number(of: &DataType) -> bool {
    of.is_integer() || matches!(of, DataType::Float32 | DataType::Float64)
}

fn accepts(field: Field, of: &DataType) -> bool {
    is_text(of)
        || match field {
            Field::Id => is_number(of),
            Field::PostedAt => matches!(of, DataType::Date32 | DataType::Timestamp(..)),
            field => field.is_label() && (is_number(of) || *of == DataType::Boolean),
        }
}

fn accepted(field: Field) -> &'static str {
    match field {
        Field::Id => "strings or numbers",
        Field::PostedAt => "strings, dates or timestamps",
        field if field.is_label() => "strings, numbers or booleans",
        _ => "strings (or lists of strings)",
    }
}

/// The cell of a column as text; none where it is null.
fn cell(array: &dyn Array, at: usize) -> Option<Vec<u8>> {
    if array.is_null(at) {
        return None;
    }
    let bytes = |bytes: &[u8]| Some(bytes.to_vec());
    let number = |number: &dyn ToString| Some(number.to_string().into_bytes());
    match array.data_type() {
        DataType::Utf8 => bytes(array.as_string::<i32>().value(at).as_bytes()),
        DataType::LargeUtf8 => bytes(array.as_string::<i64>().value(at).as_bytes()),
        DataType::Utf8View => bytes(array.as_string_view().value(at).as_bytes()),
        DataType::Binary => bytes(array.as_binary::<i32>().value(at)),
        DataType::LargeBinary => bytes(array.as_binary::<i64>().value(at)),
        DataType::BinaryView => bytes(array.as_binary_view().value(at)),
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            let keys = dictionary.normalized_keys();
            cell(dictionary.values(), *keys.get(at)?)
        }
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(at);
            let items: Vec<&str> = items.as_string::<i32>().iter().flatten().collect();
            bytes(items.join("\n").as_bytes())
        }
        DataType::Boolean => number(&array.as_boolean().value(at)),
        DataType::Int8 => number(&array.as_primitive::<types::Int8Type>().value(at)),
        DataType::Int16 => number(&array.as_primitive::<types::Int16Type>().value(at)),
        DataType::Int32 => number(&array.as_primitive::<types::Int32Type>().value(at)),
        DataType::Int64 => number(&array.as_primitive::<types::Int64Type>().value(at)),
        DataType::UInt8 => number(&array.as_primitive::<types::UInt8Type>().value(at)),
        DataType::UInt16 => number(&array.as_primitive::<types::UInt16Type>().value(at)),
        DataType::UInt32 => number(&array.as_primitive::<types::UInt32Type>().value(at)),
        DataType::UInt64 => number(&array.as_primitive::<types::UInt64Type>().value(at)),
        // Whole numbers come as floats where some are missing (pandas), and are written without a point.
        DataType::Float32 => number(&array.as_primitive::<types::Float32Type>().value(at)),
        DataType::Float64 => number(&array.as_primitive::<types::Float64Type>().value(at)),
        DataType::Date32 => number(&array.as_primitive::<types::Date32Type>().value_as_date(at)?),
        DataType::Timestamp(unit, zone) => {
            let moment = match unit {
                TimeUnit::Second => array.as_primitive::<types::TimestampSecondType>().value_as_datetime(at),
                TimeUnit::Millisecond => array.as_primitive::<types::TimestampMillisecondType>().value_as_datetime(at),
                TimeUnit::Microsecond => array.as_primitive::<types::TimestampMicrosecondType>().value_as_datetime(at),
                TimeUnit::Nanosecond => array.as_primitive::<types::TimestampNanosecondType>().value_as_datetime(at),
            }?;
            let text = moment.to_string().replace(' ', "T");
            Some(if zone.is_some() { text + "Z" } else { text }.into_bytes())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{DictionaryArray, Int64Array, LargeStringArray, StringViewArray, TimestampMicrosecondArray};

    #[test]
    fn cells_of_all_types_become_text() {
        let text = |array: &dyn Array, at| cell(array, at).map(|bytes| String::from_utf8(bytes).unwrap());
        assert_eq!(text(&LargeStringArray::from(vec!["א"]), 0).unwrap(), "א");
        assert_eq!(text(&StringViewArray::from(vec![Some("a longer string than twelve bytes"), None]), 1), None);
        let words: DictionaryArray<types::Int32Type> = vec!["b", "a", "b"].into_iter().collect();
        assert_eq!(text(&words, 2).unwrap(), "b");
        assert_eq!(text(&Int64Array::from(vec![-7]), 0).unwrap(), "-7");
        assert_eq!(text(&arrow_array::Float64Array::from(vec![1e15]), 0).unwrap(), "1000000000000000");
        assert_eq!(text(&arrow_array::Date32Array::from(vec![19724]), 0).unwrap(), "2024-01-02");
        let moment = TimestampMicrosecondArray::from(vec![1_704_164_645_000_000]).with_timezone("UTC");
        assert_eq!(text(&moment, 0).unwrap(), "2024-01-02T03:04:05Z");
    }
}
