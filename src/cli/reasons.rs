//! `tachles reasons`: the documentation of the six reasons.

use std::io::IsTerminal;

use clap::Args;

use super::Outcome;
use super::options::{Loudness, ModelOption, print, terminal_style};
use crate::error::{Error, ErrorKind};
use crate::label::REASONS;
use crate::report::markdown;
use crate::rubric::documentation;

/// Arguments of `reasons`.
#[derive(Args, Debug)]
pub struct ReasonsArguments {
    /// The reason; without it, all six in short
    #[arg(value_name = "ID")]
    id: Option<String>,
    #[command(flatten)]
    model: ModelOption,
    #[command(flatten)]
    loudness: Loudness,
}

/// Prints one reason's documentation, or the first line of each.
pub fn run(arguments: &ReasonsArguments) -> anyhow::Result<Outcome> {
    if arguments.model.model.is_some() {
        let model = arguments.model.load()?;
        arguments.loudness.detail(&format!("the reasons are the same for every model, {} among them", model.id()));
    }
    match &arguments.id {
        Some(id) => {
            let text = documentation(id).ok_or_else(|| {
                Error::new(ErrorKind::Usage, format!("the reasons are {}; there is no {id:?}", REASONS.join(", ")))
            })?;
            // Piped, it is the Markdown it is written in.
            let rendered = if std::io::stdout().is_terminal() {
                markdown::render(text, terminal_style())
            } else {
                text.to_owned()
            };
            print(&rendered)?;
        }
        None => {
            for id in REASONS {
                let text = documentation(id).unwrap_or_default();
                let (title, summary) = (markdown::title(text), markdown::summary(text));
                print(&format!("{:<13} {title}: {summary}\n", id))?;
            }
        }
    }
    Ok(Outcome::Done)
}
