//! What people and programs read: records, terminal text, tables of figures, the model card.

pub mod card;
pub mod figures;
pub mod record;
pub mod table;
pub mod terminal;

pub use record::{OffsetUnit, Record, RecordStyle};
pub use table::OutputFormat;
