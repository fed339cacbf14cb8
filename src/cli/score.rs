//! `tachles score`: single ads.

use clap::{Args, ValueEnum};

use super::Outcome;
use super::options::{Loudness, ModelOption, OffsetChoice, ReadArguments, print, terminal_style};
use crate::ad::Ad;
use crate::io::read_document;
use crate::report::{OutputFormat, Record, RecordStyle, terminal};
use crate::score::{Decision, ScoreOptions, Scorer, Scratch};

/// Arguments of `score`.
#[derive(Args, Debug)]
pub struct ScoreArguments {
    /// Files, each one ad as text or HTML; `-` or none is standard input
    #[arg(value_name = "FILE")]
    files: Vec<String>,
    /// The title of the ad, when its file holds only the text
    #[arg(long)]
    title: Option<String>,
    /// What to print
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Exit with 1 when an ad is vague, or vague or unsure
    #[arg(long, value_enum, default_value_t = FailOn::Never)]
    fail_on: FailOn,
    /// Print what adds most to every head
    #[arg(long)]
    explain: bool,
    /// Judge every role, not only those that run social media
    #[arg(long)]
    all_roles: bool,
    /// What offsets count
    #[arg(long, value_enum, default_value_t = OffsetChoice::Codepoints)]
    offsets: OffsetChoice,
    /// Carry the plain text in the record
    #[arg(long)]
    with_text: bool,
    #[command(flatten)]
    read: ReadArguments,
    #[command(flatten)]
    model: ModelOption,
    #[command(flatten)]
    loudness: Loudness,
}

#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    /// For reading
    Text,
    /// The output record, one line an ad
    Json,
}

#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
enum FailOn {
    Vague,
    Unsure,
    Never,
}

/// Scores each file.
pub fn run(arguments: &ScoreArguments) -> anyhow::Result<Outcome> {
    let read = arguments.read.typed()?;
    let stdin = ["-".to_owned()];
    let files = if arguments.files.is_empty() { &stdin[..] } else { &arguments.files };
    // Read first: a missing file should not wait for the model.
    let ads: Vec<Ad> =
        files.iter().map(|file| read_document(file, arguments.title.as_deref(), &read)).collect::<Result<_, _>>()?;
    let scorer = Scorer::new(arguments.model.load()?, ScoreOptions { all_roles: arguments.all_roles });
    let style =
        RecordStyle { model: scorer.model().id(), offsets: arguments.offsets.into(), with_text: arguments.with_text };
    let mut scratch = Scratch::default();
    let mut found = false;
    for ad in &ads {
        let verdict = scorer.score(ad, &mut scratch);
        found |= match arguments.fail_on {
            FailOn::Vague => verdict.decision == Decision::Vague,
            FailOn::Unsure => matches!(verdict.decision, Decision::Vague | Decision::Unsure),
            FailOn::Never => false,
        };
        match arguments.format {
            Format::Text => print(&terminal::verdict(ad, &verdict, terminal_style()))?,
            Format::Json => {
                let mut line = Vec::new();
                OutputFormat::Jsonl.write(&Record::new(ad, &verdict, &style), &mut line)?;
                print(&String::from_utf8_lossy(&line))?;
            }
        }
        if arguments.explain {
            let heads = scorer.explain(ad, &mut scratch);
            let text = terminal::explanation(&heads, 12);
            match arguments.format {
                Format::Text => print(&text)?,
                Format::Json => arguments.loudness.say(&text),
            }
        }
    }
    Ok(if found { Outcome::Findings } else { Outcome::Done })
}
