//! From a raw [`Row`] to the texts of its fields.

use std::borrow::Cow;

use super::charset::Charset;
use super::columnar::Cells;
use super::field::Field;
use super::fields::Fields;
use super::json::{self, Fault, Keys, Values};
use super::rows::Row;
use crate::error::{Error, ErrorKind};

/// The text of `field`; empty where there is none.
pub(super) fn value<'v>(values: &'v Values<'_>, field: Field) -> &'v str {
    values.get(field.slot()).and_then(Option::as_deref).unwrap_or("")
}

/// The texts of a CSV record.
pub(super) fn fields<'r>(
    names: &[String],
    slots: &[Option<usize>],
    record: &'r Fields,
    row: &Row,
) -> Result<Values<'r>, Error> {
    let cut = record.cut();
    if !cut.fits(names.len()) {
        let message = format!("{} fields are needed, as in the header, the record has {}", names.len(), record.count);
        return Err(Error::new(ErrorKind::Record, message));
    }
    // Files that were put together of several have the header of each.
    let is_name = |(at, name): (usize, &String)| cut.get(at).is_some_and(|field| field.trim_ascii() == name.as_bytes());
    if names.len() > 1 && names.iter().enumerate().all(is_name) {
        return Err(Error::new(ErrorKind::Record, "this is the header once more, not a record"));
    }
    let mut values = Values::default();
    for (value, slot) in values.iter_mut().zip(slots) {
        let Some(at) = *slot else { continue };
        let name = names.get(at).map_or("", String::as_str);
        *value = Some(match cut.get(at).unwrap_or_default() {
            Cow::Borrowed(bytes) => Cow::Borrowed(column_text(name, bytes, row.decoded_from)?),
            Cow::Owned(bytes) => Cow::Owned(column_text(name, &bytes, row.decoded_from)?.to_owned()),
        });
    }
    Ok(values)
}

/// The texts of a Parquet row.
pub(super) fn cells(cells: &Cells) -> Result<Values<'_>, Error> {
    let mut values = Values::default();
    for (column, cell) in cells.iter() {
        if let (Some(value), Some(bytes)) = (values.get_mut(column.field.slot()), cell) {
            *value = Some(Cow::Borrowed(column_text(&column.name, bytes, None)?));
        }
    }
    Ok(values)
}

/// The text of a field, which must be text.
fn column_text<'r>(name: &str, bytes: &'r [u8], decoded_from: Option<Charset>) -> Result<&'r str, Error> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| not_text(bytes, &error, &format!("column {name:?}"), decoded_from))?;
    if let Some(at) = memchr::memchr(0, bytes) {
        let message = format!("a text has no NUL bytes, column {name:?} has one at byte {at} of the field");
        return Err(Error::new(ErrorKind::Record, message));
    }
    Ok(text)
}

/// The texts of a line of JSON.
pub(super) fn object<'r>(keys: &Keys, line: &'r [u8], row: &Row) -> Result<Values<'r>, Error> {
    let text = std::str::from_utf8(line).map_err(|error| not_text(line, &error, "the line", row.decoded_from))?;
    // A byte order mark stands in the middle of files that were put together of several.
    let values = json::values(text.trim_start_matches('\u{feff}'), keys).map_err(|fault| match fault {
        Fault::Syntax(error) => {
            let what = error.to_string().replace(" at line 1 column ", " at column ");
            Error::new(ErrorKind::Record, format!("each line must be one JSON object: {what}"))
        }
        Fault::Kind { key, holds } => {
            let rule = format!("key {key:?} must hold a string, a number or a list of strings, holds {holds}");
            Error::new(ErrorKind::Record, rule)
        }
    })?;
    // Only the escape `\u0000` can bring one.
    let nul = |field: &Field| memchr::memchr(0, value(&values, *field).as_bytes()).is_some();
    if let Some(field) = Field::all().find(nul) {
        let rule = format!("a text has no NUL characters, the one for {} has", field.name());
        return Err(Error::new(ErrorKind::Record, rule));
    }
    Ok(values)
}

/// The error for bytes that are not text; `decoded_from` is their encoding where they were decoded.
pub(crate) fn not_text(bytes: &[u8], error: &std::str::Utf8Error, place: &str, decoded_from: Option<Charset>) -> Error {
    let at = error.valid_up_to();
    let byte = bytes.get(at).copied().unwrap_or_default();
    let message = match decoded_from {
        None => format!(
            "{place} must be UTF-8, byte {at} of it (0x{byte:02X}) is not; --encoding NAME reads another encoding"
        ),
        Some(charset) => {
            let name = charset.name();
            let after = String::from_utf8_lossy(bytes.get(..at).unwrap_or_default()).chars().count();
            format!("{place} must be {name}, after {after} characters it has bytes that {name} does not know")
        }
    };
    Error::new(ErrorKind::Encoding, message)
}
