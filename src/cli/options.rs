//! Options that several verbs share, and their way to typed values.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::log::{self, Level};
use crate::error::{Error, ErrorKind};
use crate::io::{Charset, Field, Format, Markup, ReadOptions};
use crate::model::Model;
use crate::report::OffsetUnit;
use crate::report::terminal::TerminalStyle;
use crate::score::{AllowList, EvidenceFor};

/// Which model.
#[derive(Args, Debug, Clone)]
pub struct ModelOption {
    /// The model directory; without it, the model inside the program
    #[arg(short, long, value_name = "DIR")]
    pub model: Option<PathBuf>,
    /// The lexicons and token tables that the model was trained with, where those are not the program's: a directory laid out as
    /// data/rubric, with tables in a folder `text`
    #[arg(long, value_name = "DIR")]
    pub rubric: Option<PathBuf>,
}

impl ModelOption {
    /// Loads the model.
    pub fn load(&self) -> Result<Model, Error> {
        match &self.model {
            Some(directory) => self.other(directory),
            None if self.rubric.is_some() => {
                let text = "--rubric names the lexicons of a model, which -m names";
                Err(Error::new(ErrorKind::Usage, text))
            }
            None => Model::embedded(),
        }
    }
}

impl ModelOption {
    /// Loads another model, with the same lexicons where it was trained with those.
    pub fn other(&self, directory: &Path) -> Result<Model, Error> {
        Model::load_with(directory, self.rubric.as_deref())
    }
}

/// Phrases that are allowed.
#[derive(Args, Debug, Clone)]
pub struct AllowOption {
    /// A list of phrases that are no evidence: one a line, `reason: phrase` for one reason only, `#` before remarks
    #[arg(long, value_name = "FILE")]
    pub allow: Option<PathBuf>,
}

impl AllowOption {
    /// Reads the list, as the analyzer of `model` sees it; an empty one when none is given.
    pub fn load(&self, model: &Model) -> Result<AllowList, Error> {
        let Some(path) = &self.allow else { return Ok(AllowList::default()) };
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| Error::io(&name, &error))?;
        AllowList::parse(&text, &name, &model.analyzer)
    }
}

/// How much to say on standard error.
#[derive(Args, Debug, Clone, Copy)]
pub struct Loudness {
    /// Say nothing but errors
    #[arg(short, long)]
    pub quiet: bool,
    /// Say more
    #[arg(short, long, conflicts_with = "quiet")]
    pub verbose: bool,
}

impl Loudness {
    /// Writes a line to standard error unless quiet.
    pub fn say(self, line: &str) {
        self.tell(Level::Info, "message", line, serde_json::Value::Null);
    }

    /// Writes a line to standard error when verbose.
    pub fn detail(self, line: &str) {
        self.tell(Level::Debug, "message", line, serde_json::Value::Null);
    }

    /// Writes a line that matters as much as `level` says, if that is wanted; `fields` are for machines.
    pub fn tell(self, level: Level, event: &str, line: &str, fields: serde_json::Value) {
        let wanted = match level {
            Level::Error => true,
            Level::Warning | Level::Info => !self.quiet,
            Level::Debug => self.verbose,
        };
        if wanted {
            log::write(level, event, line, log::fields(fields));
        }
    }

    /// A progress bar of `length` steps, on a terminal only.
    pub fn bar(self, length: u64, template: &str) -> indicatif::ProgressBar {
        if self.quiet || log::is_json() || !std::io::stderr().is_terminal() {
            return indicatif::ProgressBar::hidden();
        }
        let bar = indicatif::ProgressBar::new(length);
        if let Ok(style) = indicatif::ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar
    }
}

/// How inputs are read.
#[derive(Args, Debug, Clone)]
pub struct ReadArguments {
    /// The encoding of the input, such as utf-8, windows-1255, iso-8859-8; recognised when not given
    #[arg(long, value_name = "NAME")]
    pub encoding: Option<String>,
    /// Which column holds a field, as in `text=Job Description`; may be repeated
    #[arg(long = "map", value_name = "FIELD=COLUMN")]
    pub map: Vec<String>,
    /// The layout of the input, when its name does not tell
    #[arg(long, value_name = "csv|jsonl|parquet")]
    pub input_format: Option<String>,
    /// Whether texts are HTML
    #[arg(long, value_enum, default_value_t = MarkupChoice::Auto)]
    pub markup: MarkupChoice,
    /// The delimiter of CSV input (a character, or `tab`); recognised when not given
    #[arg(long, value_parser = delimiter, value_name = "CHAR")]
    pub delimiter: Option<char>,
    /// The longest record, as in 16MiB; longer ones are bad and never held in memory
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "16MiB")]
    pub max_record: u64,
}

/// Reads a number of bytes: `500000`, `64KiB`, `16MiB`, `1GiB` (also `K`, `M`, `G`, `KB`, `MB`, `GB`, all by 1,024).
pub fn size(word: &str) -> Result<u64, String> {
    let lower = word.trim().to_ascii_lowercase();
    let digits = lower.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match lower.get(digits.len()..).unwrap_or_default() {
        "" | "b" => Some(1u64),
        "k" | "kb" | "kib" => Some(1 << 10),
        "m" | "mb" | "mib" => Some(1 << 20),
        "g" | "gb" | "gib" => Some(1 << 30),
        _ => None,
    };
    let bytes = unit.and_then(|unit| digits.trim().parse::<u64>().ok()?.checked_mul(unit)).filter(|&bytes| bytes > 0);
    bytes.ok_or_else(|| "a size is a number of bytes above 0, such as 500000, 64KiB or 16MiB".to_owned())
}

/// Whether texts are HTML.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkupChoice {
    /// Those that look like it
    Auto,
    /// None
    Plain,
    /// All
    Html,
}

impl ReadArguments {
    /// The typed options.
    pub fn typed(&self) -> Result<ReadOptions, Error> {
        let mut options = ReadOptions {
            encoding: self.encoding.as_deref().map(Charset::parse).transpose()?,
            format: self.input_format.as_deref().map(Format::parse).transpose()?,
            markup: match self.markup {
                MarkupChoice::Auto => Markup::Auto,
                MarkupChoice::Plain => Markup::Plain,
                MarkupChoice::Html => Markup::Html,
            },
            max_record: self.max_record,
            ..ReadOptions::default()
        };
        for entry in &self.map {
            let Some((field, column)) = entry.split_once('=') else {
                let text = format!("--map takes FIELD=COLUMN, as in text=Description; got {entry:?}");
                return Err(Error::new(ErrorKind::Usage, text));
            };
            options.map.push((Field::parse(field)?, column.to_owned()));
        }
        if let Some(delimiter) = self.delimiter {
            options.delimiter = Some(u8::try_from(delimiter).map_err(|_| {
                Error::new(ErrorKind::Usage, format!("--delimiter takes one ASCII character, got {delimiter:?}"))
            })?);
        }
        Ok(options)
    }
}

/// Which reasons carry evidence.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum EvidenceChoice {
    /// All six: also what speaks for a reason that did not fire
    All,
    /// Those that fired
    Fired,
}

impl From<EvidenceChoice> for EvidenceFor {
    fn from(choice: EvidenceChoice) -> Self {
        match choice {
            EvidenceChoice::All => EvidenceFor::All,
            EvidenceChoice::Fired => EvidenceFor::Fired,
        }
    }
}

/// What offsets count.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum OffsetChoice {
    /// Unicode code points of the plain text
    Codepoints,
    /// Bytes of the plain text
    Bytes,
    /// UTF-16 units of the plain text
    Utf16,
    /// Code points of the text as it was read, HTML included
    Raw,
}

impl From<OffsetChoice> for OffsetUnit {
    fn from(choice: OffsetChoice) -> Self {
        match choice {
            OffsetChoice::Codepoints => OffsetUnit::CodePoints,
            OffsetChoice::Bytes => OffsetUnit::Bytes,
            OffsetChoice::Utf16 => OffsetUnit::Utf16,
            OffsetChoice::Raw => OffsetUnit::Raw,
        }
    }
}

/// Colours on a terminal, unless `NO_COLOR` is set (no-color.org).
pub fn terminal_style() -> TerminalStyle {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    TerminalStyle { colour: std::io::stdout().is_terminal() && !refused }
}

/// Writes a line to standard error.
pub fn complain(line: &str) {
    log::write(Level::Error, "message", line, serde_json::Map::new());
}

/// Writes data to standard output.
pub fn print(text: &str) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| Error::io("standard output", &error))
}

/// More threads than any machine has use for take longer to start than a night has to score.
const MOST_THREADS: usize = 1024;

/// How many threads to use: those given, or as many as the machine runs at once.
///
/// # Errors
/// `Usage` for none and for too many.
pub fn threads(given: Option<usize>) -> Result<usize, Error> {
    match given {
        Some(threads) if !(1..=MOST_THREADS).contains(&threads) => {
            Err(Error::new(ErrorKind::Usage, format!("--threads must be from 1 to {MOST_THREADS}, is {threads}")))
        }
        Some(threads) => Ok(threads),
        None => Ok(std::thread::available_parallelism().map_or(1, std::num::NonZero::get)),
    }
}

/// A delimiter as shells let people write it: a tab is hard to type.
fn delimiter(word: &str) -> Result<char, String> {
    match word {
        "tab" | "\\t" => Ok('\t'),
        _ => word.parse().map_err(|_| "a delimiter is one character, or `tab`".to_owned()),
    }
}
