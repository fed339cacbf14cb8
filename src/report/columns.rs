//! Records as columns of Parquet: the columns of the CSV, with lists of evidence as lists of structs.

use std::sync::Arc;

use arrow_array::builder::{
    ArrayBuilder, BooleanBuilder, Float64Builder, Int64Builder, ListBuilder, StringBuilder, StructBuilder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef};

use super::record::{QuoteRecord, Record};
use super::table::{Cell, ColumnKind, cells, columns, refused};
use crate::error::Result;

/// The schema of an output file in Parquet, and of records in memory; `own` are the model's reasons beside the six.
pub fn schema(own: &[String]) -> SchemaRef {
    let always = ["id", "title", "lang", "verdict", "words", "source_file", "source_record", "source_line"];
    let fields: Vec<Field> = columns(own)
        .into_iter()
        .map(|(name, kind)| {
            let nullable =
                !always.contains(&name.as_str()) && !["content_hash", "model", "deliverables"].contains(&name.as_str());
            Field::new(name, data_type(kind), nullable)
        })
        .collect();
    Arc::new(Schema::new(fields))
}

fn data_type(kind: ColumnKind) -> DataType {
    match kind {
        ColumnKind::Text => DataType::Utf8,
        ColumnKind::Number => DataType::Float64,
        ColumnKind::Count => DataType::Int64,
        ColumnKind::Flag => DataType::Boolean,
        ColumnKind::Evidence | ColumnKind::Deliverables => DataType::List(element(DataType::Struct(parts(kind)))),
    }
}

/// The item of a list, named as Parquet asks.
fn element(of: DataType) -> Arc<Field> {
    Arc::new(Field::new("element", of, false))
}

/// The fields of a piece of evidence or of a deliverable.
fn parts(kind: ColumnKind) -> Fields {
    let kind_of = Field::new("kind", DataType::Utf8, false);
    let missing = Field::new("missing", DataType::List(element(DataType::Utf8)), false);
    // A span in the title has no place in the raw text.
    let place = |name| Field::new(name, DataType::Int64, true);
    let quote = Field::new("quote", DataType::Utf8, false);
    match kind {
        ColumnKind::Deliverables => vec![kind_of, place("start"), place("end"), quote].into(),
        _ => vec![place("start"), place("end"), quote, missing].into(),
    }
}

/// Records gathered column by column.
pub(super) struct Columns {
    own: Arc<[String]>,
    builders: Vec<Builder>,
    rows: usize,
}

enum Builder {
    Text(StringBuilder),
    Number(Float64Builder),
    Count(Int64Builder),
    Flag(BooleanBuilder),
    Quotes(ListBuilder<StructBuilder>),
}

impl Columns {
    /// No records yet of a model with the reasons `own` beside the six.
    pub fn new(own: Arc<[String]>) -> Columns {
        let builder = |kind| match kind {
            ColumnKind::Text => Builder::Text(StringBuilder::new()),
            ColumnKind::Number => Builder::Number(Float64Builder::new()),
            ColumnKind::Count => Builder::Count(Int64Builder::new()),
            ColumnKind::Flag => Builder::Flag(BooleanBuilder::new()),
            ColumnKind::Evidence | ColumnKind::Deliverables => Builder::Quotes(quotes(kind)),
        };
        let builders = columns(&own).into_iter().map(|(_, kind)| builder(kind)).collect();
        Columns { own, builders, rows: 0 }
    }
}

fn quotes(kind: ColumnKind) -> ListBuilder<StructBuilder> {
    let fields = parts(kind);
    let builder = |field: &Arc<Field>| -> Box<dyn ArrayBuilder> {
        match field.data_type() {
            DataType::Int64 => Box::new(Int64Builder::new()),
            DataType::List(_) => Box::new(ListBuilder::new(StringBuilder::new()).with_field(element(DataType::Utf8))),
            _ => Box::new(StringBuilder::new()),
        }
    };
    let builders = fields.iter().map(builder).collect();
    let item = element(DataType::Struct(fields.clone()));
    ListBuilder::new(StructBuilder::new(fields, builders)).with_field(item)
}

impl Columns {
    /// Adds a record.
    pub fn push(&mut self, record: &Record<'_>) {
        for (builder, cell) in self.builders.iter_mut().zip(cells(record, &self.own)) {
            match (builder, cell) {
                (Builder::Text(column), Cell::Text(text)) => column.append_option(text),
                (Builder::Number(column), Cell::Number(number)) => column.append_option(number),
                (Builder::Count(column), Cell::Count(count)) => column.append_value(signed(count)),
                (Builder::Flag(column), Cell::Flag(flag)) => column.append_option(flag),
                (Builder::Quotes(column), Cell::Quotes(quotes)) => {
                    quotes.unwrap_or_default().iter().for_each(|quote| push_quote(column.values(), quote));
                    column.append(quotes.is_some());
                }
                // `cells` follows `columns`; a test holds it.
                _ => {}
            }
        }
        self.rows += 1;
    }

    /// How many records were added.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The records as a batch of `schema`.
    pub fn finish(self, schema: &SchemaRef) -> Result<RecordBatch> {
        let finish = |builder| -> ArrayRef {
            match builder {
                Builder::Text(mut column) => Arc::new(column.finish()),
                Builder::Number(mut column) => Arc::new(column.finish()),
                Builder::Count(mut column) => Arc::new(column.finish()),
                Builder::Flag(mut column) => Arc::new(column.finish()),
                Builder::Quotes(mut column) => Arc::new(column.finish()),
            }
        };
        let arrays = self.builders.into_iter().map(finish).collect();
        RecordBatch::try_new(Arc::clone(schema), arrays).map_err(|error| refused(&error))
    }
}

fn push_quote(item: &mut StructBuilder, quote: &QuoteRecord<'_>) {
    let with_kind = usize::from(quote.kind.is_some());
    if let (Some(kind), Some(column)) = (quote.kind, item.field_builder::<StringBuilder>(0)) {
        column.append_value(kind);
    }
    for (index, place) in [quote.start, quote.end].into_iter().enumerate() {
        if let Some(column) = item.field_builder::<Int64Builder>(index + with_kind) {
            column.append_option(place.map(|place| signed(place as u64)));
        }
    }
    if let Some(column) = item.field_builder::<StringBuilder>(2 + with_kind) {
        column.append_value(quote.quote);
    }
    if let Some(column) = item.field_builder::<ListBuilder<StringBuilder>>(3) {
        quote.missing.iter().for_each(|kind| column.values().append_value(kind));
        column.append(true);
    }
    item.append(true);
}

/// A count as most readers have it: with a sign.
fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
