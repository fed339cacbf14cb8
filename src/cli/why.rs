//! `tachles why`: what a ledger knows of one posting.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Outcome;
use super::options::{print, terminal_style};
use crate::error::{Error, ErrorKind, Position};
use crate::{ledger, report};

/// Arguments of `why`.
#[derive(Args, Debug)]
pub struct WhyArguments {
    /// The posting's id
    #[arg(value_name = "ID")]
    id: String,
    /// The ledger that batch runs have written
    #[arg(long, value_name = "FILE")]
    ledger: PathBuf,
    /// The layout
    #[arg(short, long, value_enum, default_value_t = Layout::Text)]
    format: Layout,
}

/// How a history is shown.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// For reading
    Text,
    /// One JSON object
    Json,
}

/// Shows the history of a posting.
pub fn run(arguments: &WhyArguments) -> anyhow::Result<Outcome> {
    let past = ledger::past(&arguments.ledger, &arguments.id)?.ok_or_else(|| {
        let rule = format!("no posting has the id {:?}", arguments.id);
        Error::new(ErrorKind::Usage, rule).at(Position::file(arguments.ledger.display().to_string()))
    })?;
    print(&match arguments.format {
        Layout::Text => report::history::text(&past, terminal_style()),
        Layout::Json => report::history::json(&past)?,
    })?;
    Ok(Outcome::Done)
}
