//! Records to an output file: made into blocks on many threads, written by one in order.

use std::io::Write;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use arrow_select::concat::concat_batches;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use super::columns::{Columns, schema};
use super::record::Record;
use super::table::{OutputFormat, OutputLayout, csv_header, csv_row, json_line, refused};
use crate::error::{Error, Result};

/// Records that are handed to the Parquet writer together. A fixed number, so that pages do not depend on how records
/// travel.
const SLAB_ROWS: usize = 1024;
/// Records of a row group, which is held in memory until it is complete.
const GROUP_ROWS: usize = 8 * SLAB_ROWS;
/// Bytes of a page before it is packed, about; every column holds one, and a dictionary beside it.
const PAGE_BYTES: usize = 256 << 10;

/// Some records as they will be written.
pub struct Block {
    layout: OutputLayout,
    content: Content,
}

enum Content {
    Text(Vec<u8>),
    Columns(Box<Columns>),
}

impl Block {
    /// A block without records.
    pub fn new(layout: &OutputLayout) -> Block {
        let content = match layout.format {
            OutputFormat::Parquet => Content::Columns(Box::new(Columns::new(Arc::clone(&layout.own)))),
            _ => Content::Text(Vec::new()),
        };
        Block { layout: layout.clone(), content }
    }

    /// Appends one record.
    ///
    /// # Errors
    /// Never in practice: memory cannot refuse a write.
    pub fn push(&mut self, record: &Record<'_>) -> Result<()> {
        match (&mut self.content, self.layout.format) {
            (Content::Columns(columns), _) => {
                columns.push(record);
                Ok(())
            }
            (Content::Text(out), OutputFormat::Csv { excel }) => csv_row(out, record, &self.layout.own, excel),
            (Content::Text(out), _) => json_line(out, record),
        }
    }
}

/// An output file under way.
pub struct Sink<'o>(Target<'o>);

enum Target<'o> {
    Text(&'o mut dyn Write),
    Parquet(&'o mut dyn Write, Box<Parquet>),
    /// Columns that stay in memory.
    Batches(&'o mut Vec<RecordBatch>, SchemaRef),
}

impl<'o> Sink<'o> {
    /// Writes what stands before the first record.
    ///
    /// # Errors
    /// When `out` refuses.
    pub fn new(layout: &OutputLayout, out: &'o mut dyn Write) -> Result<Sink<'o>> {
        Ok(Sink(match layout.format {
            OutputFormat::Jsonl => Target::Text(out),
            OutputFormat::Csv { excel } => {
                let mut header = Vec::new();
                csv_header(&mut header, &layout.own, excel)?;
                put(out, &header)?;
                Target::Text(out)
            }
            OutputFormat::Parquet => Target::Parquet(out, Box::new(Parquet::new(schema(&layout.own))?)),
        }))
    }

    /// A sink for blocks of [`OutputFormat::Parquet`] that writes no file: batches of `schema` gather in `batches`, which [`schema`]
    /// gave for the layout of the blocks.
    pub fn gathering(batches: &'o mut Vec<RecordBatch>, schema: SchemaRef) -> Sink<'o> {
        Sink(Target::Batches(batches, schema))
    }

    /// Writes the records of `block` behind those before.
    ///
    /// # Errors
    /// When the output refuses.
    pub fn write(&mut self, block: Block) -> Result<()> {
        match (block.content, &mut self.0) {
            (Content::Text(text), Target::Text(out)) => put(*out, &text),
            (Content::Columns(columns), Target::Parquet(out, parquet)) => {
                parquet.add(*columns)?;
                put(*out, &parquet.ready())
            }
            (Content::Columns(columns), Target::Batches(batches, schema)) => {
                batches.push(columns.finish(schema)?);
                Ok(())
            }
            _ => Err(refused(&"the block is of another format than the file")),
        }
    }

    /// Writes what is held back, and the end of the file.
    ///
    /// # Errors
    /// When the output refuses.
    pub fn finish(self) -> Result<()> {
        let out = match self.0 {
            Target::Batches(..) => return Ok(()),
            Target::Text(out) => out,
            Target::Parquet(out, parquet) => {
                put(out, &parquet.finish()?)?;
                out
            }
        };
        out.flush().map_err(|error| Error::io("output", &error))
    }
}

fn put(out: &mut dyn Write, bytes: &[u8]) -> Result<()> {
    out.write_all(bytes).map_err(|error| Error::io("output", &error))
}

/// A Parquet file under way: bytes gather in memory as row groups are complete.
struct Parquet {
    writer: ArrowWriter<Vec<u8>>,
    schema: SchemaRef,
    /// Batches that are fewer than a slab together.
    held: Vec<RecordBatch>,
    rows: usize,
}

impl Parquet {
    fn new(schema: SchemaRef) -> Result<Parquet> {
        let level = ZstdLevel::try_new(3).map_err(|error| refused(&error))?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(level))
            .set_max_row_group_row_count(Some(GROUP_ROWS))
            .set_write_batch_size(SLAB_ROWS)
            .set_data_page_size_limit(PAGE_BYTES)
            .set_dictionary_page_size_limit(PAGE_BYTES)
            // Statistics of every page would cost room and help nobody: records are in the order of the input.
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_offset_index_disabled(true)
            .build();
        let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
        let writer =
            ArrowWriter::try_new_with_options(Vec::new(), schema.clone(), options).map_err(|error| refused(&error))?;
        Ok(Parquet { writer, schema, held: Vec::new(), rows: 0 })
    }

    fn add(&mut self, columns: Columns) -> Result<()> {
        self.rows += columns.rows();
        self.held.push(columns.finish(&self.schema)?);
        if self.rows >= SLAB_ROWS {
            let mut all = self.joined()?;
            while all.num_rows() >= SLAB_ROWS {
                self.writer.write(&all.slice(0, SLAB_ROWS)).map_err(|error| refused(&error))?;
                all = all.slice(SLAB_ROWS, all.num_rows() - SLAB_ROWS);
            }
            self.rows = all.num_rows();
            self.held.push(all);
        }
        Ok(())
    }

    fn joined(&mut self) -> Result<RecordBatch> {
        let held = std::mem::take(&mut self.held);
        concat_batches(&self.schema, &held).map_err(|error| refused(&error))
    }

    /// The bytes that are ready to be written.
    fn ready(&mut self) -> Vec<u8> {
        std::mem::take(self.writer.inner_mut())
    }

    fn finish(mut self) -> Result<Vec<u8>> {
        let rest = self.joined()?;
        if rest.num_rows() > 0 {
            self.writer.write(&rest).map_err(|error| refused(&error))?;
        }
        self.writer.into_inner().map_err(|error| refused(&error))
    }
}
