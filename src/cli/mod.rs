//! Arguments to typed options, and one file a verb.
//!
//! This is the only place that knows clap. Data goes to standard output, everything else to standard error. Exit codes:
//! 0 done, 1 done with findings or quarantined records, 2 could not run or was stopped; a broken pipe is 0.

mod audit;
mod batch;
mod config;
mod console;
mod evaluate;
mod labeled;
mod log;
mod model;
mod options;
mod reasons;
mod score;
mod serve;
mod suggest;
mod target;
mod tokens;
mod train;
mod why;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::error::{Error, ErrorKind};

/// Flags vague job postings in Hebrew and English, and says why.
#[derive(Parser, Debug)]
#[command(name = "tachles", version, max_term_width = 100, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// Score single ads: text, HTML, or standard input
    Score(score::ScoreArguments),
    /// Score files of ads: CSV, JSON Lines or Parquet
    Batch(batch::BatchArguments),
    /// Serve a page and a JSON API to browsers and programs on this machine
    Serve(serve::ServeArguments),
    /// Learn a model from labelled ads
    Train(train::TrainArguments),
    /// Measure a model on labelled ads
    Evaluate(evaluate::EvaluateArguments),
    /// Find labels that look wrong
    Audit(audit::AuditArguments),
    /// Choose which ads to label next
    Suggest(suggest::SuggestArguments),
    /// Show and check a model
    Model(model::ModelArguments),
    /// Print the tokens of a text, as the model sees it, as JSON Lines
    Tokens(tokens::TokensArguments),
    /// Replay the decisions on one posting out of a ledger
    Why(why::WhyArguments),
    /// Explain the six reasons
    Reasons(reasons::ReasonsArguments),
    /// Print shell completions
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// How a run ended.
enum Outcome {
    /// Done.
    Done,
    /// Done, with findings or quarantined records.
    Findings,
    /// Stopped by a signal before it was done; it has said so.
    Stopped,
}

impl Outcome {
    /// The exit code.
    fn code(&self) -> u8 {
        match self {
            Outcome::Done => 0,
            Outcome::Findings => 1,
            Outcome::Stopped => 2,
        }
    }
}

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !crate::io::is_guarded() {
            tell(panic);
        }
    }));
    ExitCode::from(with_arguments(std::env::args_os().collect()))
}

/// Runs the program with `arguments`, the first of which is its own name, and gives its exit code.
pub fn with_arguments(arguments: Vec<OsString>) -> u8 {
    let arguments = match config::expand(arguments, &Arguments::command()) {
        Ok(arguments) => arguments,
        Err(error) => {
            options::complain(&format!("tachles: {error}"));
            return 2;
        }
    };
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are answers, not faults.
            let code = if error.use_stderr() { 2 } else { 0 };
            let _ = error.print();
            return code;
        }
    };
    match run(arguments.verb) {
        Ok(outcome) => outcome.code(),
        Err(error) if is_broken_pipe(&error) => 0,
        Err(error) => {
            log::write(log::Level::Error, "failed", &format!("tachles: {error:#}"), serde_json::Map::new());
            2
        }
    }
}

/// The same for a caller that is a program: an error is returned, not said, and other messages are JSON.
///
/// # Errors
/// Whatever makes [`with_arguments`] give 2; `Usage` for arguments that it does not understand.
pub fn attempt(arguments: Vec<OsString>) -> Result<u8, Error> {
    log::choose(log::LogFormat::Json);
    let arguments = config::expand(arguments, &Arguments::command())?;
    let arguments = Arguments::try_parse_from(arguments)
        .map_err(|error| Error::new(ErrorKind::Usage, error.to_string().trim_end()))?;
    run(arguments.verb).map(|outcome| outcome.code()).map_err(|error| match error.downcast::<Error>() {
        Ok(error) => error,
        Err(other) => Error::new(ErrorKind::Io, format!("{other:#}")),
    })
}

fn run(verb: Verb) -> anyhow::Result<Outcome> {
    match verb {
        Verb::Score(arguments) => score::run(&arguments),
        Verb::Batch(arguments) => batch::run(&arguments),
        Verb::Serve(arguments) => serve::run(arguments),
        Verb::Train(arguments) => train::run(&arguments),
        Verb::Evaluate(arguments) => evaluate::run(&arguments),
        Verb::Audit(arguments) => audit::run(&arguments),
        Verb::Suggest(arguments) => suggest::run(&arguments),
        Verb::Model(arguments) => model::run(&arguments),
        Verb::Tokens(arguments) => tokens::run(&arguments),
        Verb::Why(arguments) => why::run(&arguments),
        Verb::Reasons(arguments) => reasons::run(&arguments),
        Verb::Completions { shell } => {
            // The generator panics where it cannot write, and memory takes everything.
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "tachles", &mut script);
            options::print(&String::from_utf8_lossy(&script))?;
            Ok(Outcome::Done)
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
        || error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_argument_definitions_are_sound() {
        Arguments::command().debug_assert();
    }
}
