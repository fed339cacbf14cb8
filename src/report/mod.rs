//! What people and programs read: records, terminal text, tables of figures, pages, the model card.

pub mod card;
pub mod evaluation;
pub mod figures;
pub mod page;
pub mod plot;
pub mod record;
pub mod table;
pub mod terminal;

pub use record::{OffsetUnit, Record, RecordStyle};
pub use table::OutputFormat;
