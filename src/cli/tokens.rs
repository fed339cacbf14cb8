//! `tachles tokens`: what the model sees of a text.

use std::fmt::Write;

use clap::Args;
use serde::Serialize;

use super::Outcome;
use super::options::{Loudness, ModelOption, OffsetChoice, ReadArguments, print};
use crate::error::{Error, ErrorKind};
use crate::io::read_document_with_notes;
use crate::report::OffsetUnit;
use crate::report::record::SpanCounter;
use crate::text::Analyzer;

/// Arguments of `tokens`.
#[derive(Args, Debug)]
pub struct TokensArguments {
    /// The file; `-` or none is standard input
    #[arg(default_value = "-", value_name = "FILE")]
    file: String,
    /// What offsets count
    #[arg(long, value_enum, default_value_t = OffsetChoice::Codepoints)]
    offsets: OffsetChoice,
    #[command(flatten)]
    read: ReadArguments,
    #[command(flatten)]
    model: ModelOption,
    #[command(flatten)]
    loudness: Loudness,
}

#[derive(Serialize)]
struct TokenLine<'a> {
    token: &'a str,
    start: Option<usize>,
    end: Option<usize>,
}

/// Prints one JSON object a token.
pub fn run(arguments: &TokensArguments) -> anyhow::Result<Outcome> {
    let (ad, notes) = read_document_with_notes(&arguments.file, None, &arguments.read.typed()?)?;
    notes.iter().for_each(|note| arguments.loudness.say(note));
    // Without a model there are the usual rules of text: the one inside the program need not be unpacked to know them, and tables
    // can be tried before a model is trained with them.
    let analyzer = match &arguments.model.model {
        Some(_) => arguments.model.load()?.analyzer,
        None => Analyzer::of_rubric(arguments.model.rubric.as_deref())?,
    };
    let analysis = analyzer.analyze(ad.plain());
    let counter = SpanCounter::new(&ad, OffsetUnit::from(arguments.offsets));
    let mut text = String::new();
    for (form, token) in analysis.iter() {
        let (start, end) = counter.count(token.span).unzip();
        let line = serde_json::to_string(&TokenLine { token: form, start, end })
            .map_err(|error| Error::new(ErrorKind::Io, format!("a token cannot be written: {error}")))?;
        let _ = writeln!(text, "{line}");
    }
    print(&text)?;
    Ok(Outcome::Done)
}
