//! `tachles score`: single ads.

use clap::{Args, ValueEnum};

use super::Outcome;
use super::options::{AllowOption, Loudness, ModelOption, OffsetChoice, ReadArguments, print, terminal_style};
use crate::ad::Ad;
use crate::io::read_document_with_notes;
use crate::report::{Judge, Judged, Record, RecordStyle, github, html, json_line, sarif, terminal};
use crate::score::{Decision, Directive, ScoreOptions, Scorer, Scratch, Verdict};

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
    /// Exit with 1 when an ad is vague, or vague or unsure, and does not ask to be ignored
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
    allow: AllowOption,
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
    /// SARIF 2.1.0, for code scanners
    Sarif,
    /// Annotations for GitHub Actions
    Github,
    /// A self-contained page
    Html,
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
    let mut ads: Vec<Ad> = Vec::with_capacity(files.len());
    for file in files {
        let (ad, notes) = read_document_with_notes(file, arguments.title.as_deref(), &read)?;
        notes.iter().for_each(|note| arguments.loudness.say(note));
        ads.push(ad);
    }
    let model = arguments.model.load()?;
    let allow = arguments.allow.load(&model)?;
    let judge = Judge::of(&model);
    let scorer = Scorer::new(model, ScoreOptions { all_roles: arguments.all_roles }).allowing(allow);
    let style =
        RecordStyle { model: judge.model.clone(), offsets: arguments.offsets.into(), with_text: arguments.with_text };
    let mut scratch = Scratch::default();
    let mut found = false;
    let mut all = Vec::new();
    for ad in ads {
        for word in Directive::of(&ad).unknown {
            let rule = format!("tachles: {}: an ignore line names reasons; there is no {word:?}", ad.source.file);
            arguments.loudness.say(&rule);
        }
        let mut verdict = scorer.score(&ad, &mut scratch);
        scorer.advise(&ad, &mut verdict, &mut scratch);
        found |= counts(arguments.fail_on, &verdict);
        let explanation = arguments.explain.then(|| terminal::explanation(&scorer.explain(&ad, &mut scratch), 12));
        let judged = Judged { ad, verdict };
        match arguments.format {
            Format::Text => {
                let gap = if all.is_empty() { "" } else { "\n" };
                print(&format!("{gap}{}", terminal::verdict(&judged, &judge, terminal_style())))?;
            }
            Format::Json => {
                let mut line = Vec::new();
                json_line(&mut line, &Record::new(&judged.ad, &judged.verdict, &style))?;
                print(&String::from_utf8_lossy(&line))?;
            }
            Format::Github => print(&github::annotations(&judged))?,
            // These are one document for all ads.
            Format::Sarif | Format::Html => {}
        }
        if let Some(text) = explanation {
            match arguments.format {
                Format::Text => print(&format!("\n{text}"))?,
                _ => arguments.loudness.say(&text),
            }
        }
        all.push(judged);
    }
    match arguments.format {
        Format::Sarif => print(&sarif::log(&all, &judge))?,
        Format::Html => print(&html::page(&all, &judge))?,
        Format::Text | Format::Json | Format::Github => {}
    }
    Ok(if found { Outcome::Findings } else { Outcome::Done })
}

/// True when the verdict makes the run fail.
fn counts(fail_on: FailOn, verdict: &Verdict) -> bool {
    let fails = match fail_on {
        FailOn::Vague => verdict.decision == Decision::Vague,
        FailOn::Unsure => matches!(verdict.decision, Decision::Vague | Decision::Unsure),
        FailOn::Never => false,
    };
    fails && !verdict.excused
}
