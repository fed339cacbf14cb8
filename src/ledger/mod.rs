//! What earlier runs found, in one SQLite file: runs, scores by content, postings and their history.
//!
//! A score is kept by what determines it: the content, the model, the settings that change a verdict, and the version of
//! the program. So a verdict out of the ledger is the one that scoring would give again. Nothing of the output's
//! looks is in it; records in any format are made of verdict and ad.
//!
//! A run is begun, given entries in the order of the input, and finished. What a dead run has left is a prefix of what it
//! would have written; begun again by the same command it goes on under its own number. Times are those of runs, by the clock
//! of the system; nothing in here reaches the output.

mod claim;
mod codec;
mod desk;
mod distributions;
mod index;
mod lookup;
mod past;
mod reviews;
mod run;
mod runs;
mod schema;
mod sightings;
mod statements;
mod table;
mod writer;

pub use desk::Desk;
pub use distributions::Previous;
pub use index::{Index, Place};
pub use lookup::{Known, Lookup, Posting};
pub use past::{Chapter, Past, past};
pub use reviews::{Decided, Opinion, Review, Said, Shown, Waiting, Waitlist};
pub use run::{Begun, Command, Counts, Ledger, Snapshot};
pub use runs::Run;
pub(crate) use table::Table;
pub use writer::{Entry, Posted, Score, Text};

use crate::error::{Error, ErrorKind, Position};

/// The identity of a verdict's text: 128 bits of SHA-256 over the plain text, as in the record.
pub type Content = [u8; 16];

/// What became of a SQLite call on the ledger `name`.
fn failed(name: &str, error: &rusqlite::Error) -> Error {
    use rusqlite::ErrorCode;
    let rule = match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => "a ledger is needed; this is no SQLite file".to_owned(),
        Some(ErrorCode::DatabaseCorrupt) => format!("the ledger is damaged: {error}"),
        Some(ErrorCode::DiskFull) => {
            "the disk is full; the same command goes on from here when there is room".to_owned()
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "another program keeps the ledger locked; close it and run the same command again".to_owned()
        }
        _ => format!("the ledger refuses: {error}"),
    };
    let layout = matches!(error.sqlite_error_code(), Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt));
    let kind = if layout { ErrorKind::Layout } else { ErrorKind::Io };
    Error::new(kind, rule).at(Position::file(name))
}

/// The first 64 bits of `content`, mixed with `variant`: what tables in memory know a text by.
pub fn fingerprint(content: &Content, variant: i64) -> u64 {
    let first = content.first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes));
    // Odd, so that different variants of one content differ; 2^64 divided by the golden ratio.
    first ^ (variant as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
