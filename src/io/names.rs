//! The names of columns: which field they name, and how messages show them.

use std::borrow::Cow;

use csv::ByteRecord;

use super::field::{Field, fold_name};
use super::{Markup, ReadOptions, mojibake, text};
use crate::error::{Error, ErrorKind};

/// So many column names are listed in a message.
const MOST_NAMES: usize = 40;
/// So many characters of a name are shown in a message.
const LONGEST_NAME: usize = 60;

/// The name that the user gave for `field`.
pub(super) fn mapped(options: &ReadOptions, field: Field) -> Result<Option<&str>, Error> {
    let mut names = options.map.iter().filter(|(of, _)| *of == field).map(|(_, name)| name.as_str());
    match (names.next(), names.next()) {
        (Some(first), Some(second)) => Err(Error::new(
            ErrorKind::Usage,
            format!("a field is mapped once, {} is mapped to {first:?} and to {second:?}", field.name()),
        )),
        (name, _) => Ok(name),
    }
}

/// The columns that carry one of the names of `field`, best name first.
pub(super) fn columns_named(names: &[String], field: Field) -> Vec<usize> {
    let folded: Vec<String> = names.iter().map(|name| fold_name(name)).collect();
    field
        .names()
        .iter()
        .map(|alias| fold_name(alias))
        .flat_map(|alias| {
            folded.iter().enumerate().filter(move |(_, name)| **name == alias).map(|(at, _)| at).collect::<Vec<_>>()
        })
        .collect()
}

pub(super) fn find_column(names: &[String], field: Field, wanted: &str) -> Result<usize, Error> {
    find_name(names, wanted).ok_or_else(|| {
        Error::new(
            ErrorKind::Layout,
            format!("{} is mapped to {wanted:?}, which is not among the columns: {}", field.name(), quoted(names)),
        )
    })
}

/// The column of that name: exactly so written, or else the same but for spelling.
pub(super) fn find_name(names: &[String], wanted: &str) -> Option<usize> {
    let folded = fold_name(wanted);
    let exact = names.iter().position(|name| name == wanted);
    exact.or_else(|| names.iter().position(|name| fold_name(name) == folded))
}

/// The error for a header that is misread UTF-8 beyond mending, and so names no column.
pub(super) fn misread_header(header: &ByteRecord) -> Option<Error> {
    let names: Vec<_> = header.iter().map(String::from_utf8_lossy).collect();
    let line = names.join(" ");
    let fault = match mojibake::mend(&line) {
        Err(error) => return Some(Error::new(error.kind(), format!("the header: {}", error.message()))),
        // What is mended and can be mended once more was misread twice.
        Ok(once) if once.map.is_some() && mojibake::mend(&once.text).map_or(true, |twice| twice.map.is_some()) => {
            "the header is UTF-8 that was misread more than once"
        }
        Ok(_) if line.contains('\u{fffd}') => "letters of the header are lost",
        Ok(_) => return None,
    };
    Some(Error::new(ErrorKind::Encoding, format!("{fault}, so it cannot be mended; export the file again as UTF-8")))
}

pub(super) fn no_text_column(names: &[String]) -> Error {
    let example = names.iter().rev().find(|name| !name.is_empty()).map_or("COLUMN", String::as_str);
    Error::new(
        ErrorKind::Layout,
        format!(
            "a column with the text is needed (text, description, תיאור התפקיד, …), columns seen: {}; name it with \
             --map text=COLUMN, for example --map {:?}",
            quoted(names),
            format!("text={}", short(example))
        ),
    )
}

pub(super) fn quoted(names: &[String]) -> String {
    let mut list: Vec<String> = names.iter().take(MOST_NAMES).map(|name| format!("{:?}", short(name))).collect();
    if names.len() > MOST_NAMES {
        list.push(format!("and {} more", names.len() - MOST_NAMES));
    }
    list.join(", ")
}

/// A name cut to a length that fits a message.
fn short(name: &str) -> String {
    match name.char_indices().nth(LONGEST_NAME) {
        Some((end, _)) => format!("{}…", name.get(..end).unwrap_or_default()),
        None => name.to_owned(),
    }
}

/// A column name for messages and for comparing; a name that is not text is shown with replacement characters.
pub(super) fn column_name(bytes: &[u8], visual: bool) -> String {
    let name = String::from_utf8_lossy(bytes);
    let name = text::line(&name, Markup::Plain, visual).unwrap_or(Cow::Borrowed(&name)).into_owned();
    name.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}').to_owned()
}
