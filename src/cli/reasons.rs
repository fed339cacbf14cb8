//! `tachles reasons`: the documentation of the six reasons.

use clap::Args;

use super::Outcome;
use super::options::print;
use crate::error::{Error, ErrorKind};
use crate::label::REASONS;
use crate::rubric::documentation;

/// Arguments of `reasons`.
#[derive(Args, Debug)]
pub struct ReasonsArguments {
    /// The reason; without it, all six in short
    #[arg(value_name = "ID")]
    id: Option<String>,
}

/// Prints one reason's documentation, or the first line of each.
pub fn run(arguments: &ReasonsArguments) -> anyhow::Result<Outcome> {
    match &arguments.id {
        Some(id) => {
            let text = documentation(id).ok_or_else(|| {
                Error::new(ErrorKind::Usage, format!("the reasons are {}; there is no {id:?}", REASONS.join(", ")))
            })?;
            print(text)?;
        }
        None => {
            for id in REASONS {
                let text = documentation(id).unwrap_or_default();
                let first = text.lines().find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or_default();
                print(&format!("{id:<13} {first}\n"))?;
            }
        }
    }
    Ok(Outcome::Done)
}
