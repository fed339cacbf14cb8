//! `batch --config FILE` and `train --settings FILE`: options from a TOML file.
//!
//! A key is the long name of an option. The file is turned into arguments and parsed with those of the command line, so
//! every option can stand in it and means the same; what the command line says itself is left out of the file.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::{Error, ErrorKind, Position};

/// The verbs that take such a file (their names are also those of its table), the option that names it, and the id of their inputs, which
/// have no name on the command line.
const VERBS: [(&str, &str, &str); 2] = [("batch", "config", "inputs"), ("train", "settings", "files")];
/// The key of the inputs.
const INPUTS: &str = "inputs";
/// Options that a file cannot set.
const NOT_HERE: [&str; 4] = ["config", "settings", "help", "version"];

/// The arguments with those of the configuration put in, where they name one; else as they are.
///
/// # Errors
/// `Io` for the file; `Usage`, with its line, for a key or a value that is no option.
pub fn expand(arguments: Vec<OsString>, program: &Command) -> Result<Vec<OsString>, Error> {
    // What cannot be parsed is told by the parser proper.
    let mut relaxed = program.clone();
    for (verb, ..) in VERBS {
        // What is required may stand in the file.
        relaxed = relaxed.mut_subcommand(verb, |verb| verb.mut_args(|arg| arg.required(false)));
    }
    let Ok(matches) = relaxed.try_get_matches_from(&arguments) else { return Ok(arguments) };
    let Some((verb, given)) = matches.subcommand() else { return Ok(arguments) };
    let Some(&(table, option, positional)) = VERBS.iter().find(|(name, ..)| *name == verb) else {
        return Ok(arguments);
    };
    let Some(path) = given.get_one::<PathBuf>(option) else { return Ok(arguments) };
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| Error::io(&name, &error))?;
    let verb = program.find_subcommand(table).cloned().unwrap_or_default();
    let read = Reader { name: &name, text: &text, table, positional, verb: &verb, given };
    let (options, inputs) = read.arguments()?;
    // Options stand right behind the verb, so that a `--` of the command line does not make inputs of them.
    let place = arguments.iter().position(|argument| argument == table).map_or(arguments.len(), |at| at + 1);
    let mut all = arguments;
    all.splice(place..place, options.into_iter().map(OsString::from));
    if !inputs.is_empty() {
        all.push("--".into());
        all.extend(inputs.into_iter().map(OsString::from));
    }
    Ok(all)
}

struct Reader<'r> {
    name: &'r str,
    text: &'r str,
    table: &'r str,
    positional: &'r str,
    verb: &'r Command,
    given: &'r ArgMatches,
}

impl Reader<'_> {
    /// The options, and the inputs.
    fn arguments(&self) -> Result<(Vec<String>, Vec<String>), Error> {
        let document = DeTable::parse(self.text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            self.refuse(at, format!("TOML is needed: {}", error.message()))
        })?;
        let (mut options, mut inputs) = (Vec::new(), Vec::new());
        for (key, value) in document.get_ref() {
            let at = key.span().start;
            let table = self.table;
            let DeValue::Table(entries) = value.get_ref() else {
                return Err(self
                    .refuse(at, format!("options stand in the table [{table}], {:?} stands outside", key.get_ref())));
            };
            if key.get_ref() != table {
                return Err(self.refuse(at, format!("the only table is [{table}], got [{}]", key.get_ref())));
            }
            for (key, value) in entries {
                if key.get_ref() == INPUTS {
                    let given = self.is_given(self.positional);
                    let list = self.list(key.span().start, INPUTS, value)?;
                    inputs = if given { Vec::new() } else { list };
                } else {
                    self.option(key.span().start, key.get_ref(), value, &mut options)?;
                }
            }
        }
        Ok((options, inputs))
    }

    fn option(&self, at: usize, key: &str, value: &Spanned<DeValue<'_>>, out: &mut Vec<String>) -> Result<(), Error> {
        let long = key.replace('_', "-");
        let known = |arg: &&Arg| arg.get_long() == Some(&*long) && !NOT_HERE.contains(&&*long);
        let Some(option) = self.verb.get_arguments().find(known) else {
            let mut names: Vec<&str> = self.verb.get_arguments().filter_map(Arg::get_long).collect();
            names.retain(|name| !NOT_HERE.contains(name));
            names.push(INPUTS);
            names.sort_unstable();
            return Err(
                self.refuse(at, format!("{key:?} is no option of {}; there are: {}", self.table, names.join(", ")))
            );
        };
        let values = match option.get_action() {
            ArgAction::SetTrue => match value.get_ref() {
                DeValue::Boolean(set) => set.then(|| format!("--{long}")).into_iter().collect(),
                other => return Err(self.refuse(at, format!("{key} is true or false, got {}", other.type_str()))),
            },
            ArgAction::Append => {
                self.list(at, key, value)?.into_iter().map(|value| format!("--{long}={value}")).collect()
            }
            _ => vec![format!("--{long}={}", self.scalar(at, key, value)?)],
        };
        // The command line wins, also over an option that says the opposite.
        let blocked = self.is_given(option.get_id().as_str())
            || self.verb.get_arg_conflicts_with(option).iter().any(|other| self.is_given(other.get_id().as_str()));
        out.extend(if blocked { Vec::new() } else { values });
        Ok(())
    }

    fn is_given(&self, id: &str) -> bool {
        self.given.try_contains_id(id).unwrap_or(false) && self.given.value_source(id) == Some(ValueSource::CommandLine)
    }

    fn list(&self, at: usize, key: &str, value: &Spanned<DeValue<'_>>) -> Result<Vec<String>, Error> {
        match value.get_ref() {
            DeValue::Array(items) => items.iter().map(|item| self.scalar(item.span().start, key, item)).collect(),
            _ => self.scalar(at, key, value).map(|one| vec![one]),
        }
    }

    fn scalar(&self, at: usize, key: &str, value: &Spanned<DeValue<'_>>) -> Result<String, Error> {
        match value.get_ref() {
            DeValue::String(text) => Ok(text.to_string()),
            DeValue::Integer(number) if number.radix() == 10 => Ok(number.as_str().replace('_', "")),
            DeValue::Float(number) => Ok(number.as_str().replace('_', "")),
            DeValue::Datetime(time) => Ok(time.to_string()),
            other => Err(self.refuse(at, format!("{key} takes a string or a number, got {}", other.type_str()))),
        }
    }

    fn refuse(&self, at: usize, rule: String) -> Error {
        let before = self.text.get(..at).unwrap_or_default();
        let line = before.bytes().filter(|&byte| byte == b'\n').count() as u64 + 1;
        Error::new(ErrorKind::Usage, rule).at(Position { line: Some(line), ..Position::file(self.name) })
    }
}
