//! What the columns of a file mean, and the way from a raw [`Row`] to an [`Ad`] or a [`LabeledAd`].

use std::borrow::Cow;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use csv::ByteRecord;
use sha2::{Digest, Sha256};

use super::columnar::Cells;
use super::delimited::Fields;
use super::field::{Extra, Field, OWN_REASONS, SLOTS, fold_name};
use super::json::{self, Fault, Keys, Values};
use super::marks;
use super::mojibake;
use super::rows::{Data, Row};
use super::text::{self, Body, is_blank};
use super::{Markup, ReadOptions};
use crate::ad::{Ad, Source};
use crate::error::{Error, ErrorKind, Position};
use crate::label::{LabeledAd, Labels, Split};

/// The fields whose contents, one after another, are the text.
const PIECES: [Field; 5] = [
    Field::Text,
    Field::Extra(Extra::Responsibilities),
    Field::Extra(Extra::Requirements),
    Field::Extra(Extra::Benefits),
    Field::Extra(Extra::CompanyProfile),
];

/// So many column names are listed in a message.
const MOST_NAMES: usize = 40;
/// So many characters of a name are shown in a message.
const LONGEST_NAME: usize = 60;

/// What the columns of a CSV or Parquet file, or the keys of JSON objects, mean.
#[derive(Clone, Debug)]
pub struct Schema {
    layout: Layout,
    markup: Markup,
    labels: bool,
    /// The reasons beside the six.
    reasons: Vec<String>,
    /// How many texts were misread UTF-8 and put right; shared by all threads.
    mended: Arc<AtomicU64>,
}

/// The column of each field, by [`Field::slot`].
type Slots = Vec<Option<usize>>;

#[derive(Clone, Debug)]
enum Layout {
    Columns { names: Vec<String>, slots: Slots },
    Keys(Keys),
}

impl Schema {
    /// The meaning of the names of columns, and what a user should know of it.
    pub(crate) fn of_header(
        header: &ByteRecord,
        options: &ReadOptions,
        needs_text: bool,
        visual: bool,
    ) -> Result<(Schema, Vec<String>), Error> {
        let names: Vec<String> = header.iter().map(|name| column_name(name, visual)).collect();
        let mut slots: Slots = vec![None; SLOTS];
        let mut warnings = Vec::new();
        for field in Field::all() {
            let candidates = match mapped(options, field)? {
                Some(name) => vec![find_column(&names, field, name)?],
                // A column that the user mapped keeps that meaning only.
                None => {
                    let mut columns = columns_named(&names, field);
                    columns.retain(|&at| !options.map.iter().any(|(_, name)| find_name(&names, name) == Some(at)));
                    columns
                }
            };
            let mut candidates = candidates.into_iter();
            let chosen = candidates.next();
            for lost in candidates {
                warnings.push(format!(
                    "columns {:?} and {:?} both mean {}: the first is read, the second is not",
                    chosen.and_then(|at| names.get(at)).map_or("", String::as_str),
                    names.get(lost).map_or("", String::as_str),
                    field.name()
                ));
            }
            if let Some(slot) = slots.get_mut(field.slot()) {
                *slot = chosen;
            }
        }
        for (field, name) in own_reasons(options)? {
            if let Some(slot) = slots.get_mut(field.slot()) {
                *slot = find_name(&names, name);
            }
        }
        let has = |field: Field| slots.get(field.slot()).is_some_and(Option::is_some);
        if needs_text && !has(Field::Text) {
            return Err(misread_header(header).unwrap_or_else(|| no_text_column(&names)));
        }
        let own = own_reasons(options)?.map(|(field, _)| field);
        let labels = Field::all().chain(own).any(|field| field.is_label() && has(field));
        Ok((Schema::new(Layout::Columns { names, slots }, options, labels), warnings))
    }

    /// The meaning of the keys of a JSON Lines file that begins with `head`.
    pub(crate) fn of_json(head: &[u8], options: &ReadOptions) -> Result<(Schema, Vec<String>), Error> {
        let mut keys = Keys::new();
        for field in Field::all() {
            let names = match mapped(options, field)? {
                Some(name) => vec![name],
                None => field.names().to_vec(),
            };
            for (rank, name) in names.into_iter().enumerate() {
                // A key that the user mapped keeps that meaning.
                keys.entry(fold_name(name)).or_insert((field.slot(), rank));
            }
        }
        for (field, name) in &options.map {
            keys.insert(fold_name(name), (field.slot(), 0));
        }
        for (field, name) in own_reasons(options)? {
            keys.entry(fold_name(name)).or_insert((field.slot(), 0));
        }
        let first = head.split(|&byte| byte == b'\n').find(|line| !line.trim_ascii().is_empty()).unwrap_or_default();
        let seen = std::str::from_utf8(first).map(json::keys_of).unwrap_or_default();
        let own = own_reasons(options)?.map(|(field, _)| field);
        let labels = Field::all().chain(own).filter(|field| field.is_label()).any(|field| {
            seen.iter().any(|key| keys.get(&fold_name(key)).is_some_and(|&(slot, _)| slot == field.slot()))
        });
        let mut warnings = Vec::new();
        for field in Field::all() {
            let rank = |key: &String| keys.get(&fold_name(key)).filter(|of| of.0 == field.slot()).map(|of| of.1);
            let mut same: Vec<_> = seen.iter().filter_map(|key| Some((rank(key)?, key))).collect();
            same.sort_by_key(|(rank, _)| *rank);
            let mut same = same.into_iter().map(|(_, key)| key);
            let Some(read) = same.next() else { continue };
            for lost in same {
                let name = field.name();
                warnings
                    .push(format!("keys {read:?} and {lost:?} both mean {name}: the first is read, the second is not"));
            }
        }
        Ok((Schema::new(Layout::Keys(keys), options, labels), warnings))
    }

    fn new(layout: Layout, options: &ReadOptions, labels: bool) -> Schema {
        let reasons = options.reasons.clone();
        Schema { layout, markup: options.markup, labels, reasons, mended: Arc::default() }
    }

    /// True when the file has a column of labels (of a JSON Lines file: when its first record has).
    pub fn has_labels(&self) -> bool {
        self.labels
    }

    /// How many texts so far were misread UTF-8 and put right.
    pub(crate) fn mended(&self) -> u64 {
        self.mended.load(Ordering::Relaxed)
    }

    /// The fields that have a column, each with its place among the columns; none for JSON Lines.
    pub(crate) fn columns(&self) -> Vec<(Field, usize)> {
        let Layout::Columns { slots, .. } = &self.layout else { return Vec::new() };
        let own = (0..OWN_REASONS as u8).map(Field::OwnReason);
        Field::all().chain(own).filter_map(|field| Some((field, (*slots.get(field.slot())?)?))).collect()
    }

    /// 64 bits of SHA-256 over all of `row` that [`Schema::ad`] looks at: rows with the same fingerprint are the same posting
    /// with the same text. Columns without a meaning do not count; of JSON the whole line does. None for a row that is bad
    /// before its fields are looked at.
    pub fn fingerprint(&self, row: &Row) -> Option<u64> {
        let mut digest = Sha256::new_with_prefix([self.markup as u8, u8::from(row.visual)]);
        // Where fields end is part of them: `ab,c` is not `a,bc`.
        let mut field = |slot: usize, bytes: &[u8]| {
            digest.update((slot as u32).to_le_bytes());
            digest.update((bytes.len() as u64).to_le_bytes());
            digest.update(bytes);
        };
        match (&self.layout, &row.data) {
            (Layout::Columns { names, slots }, Data::Fields(record)) if record.fits(names.len()) => {
                for (slot, at) in slots.iter().enumerate().filter_map(|(slot, at)| Some((slot, (*at)?))) {
                    field(slot, record.get(at).unwrap_or_default());
                }
            }
            (Layout::Columns { .. }, Data::Cells(cells)) => {
                for (column, cell) in cells.iter().filter_map(|(column, cell)| Some((column, cell?))) {
                    field(column.field.slot(), cell);
                }
            }
            (Layout::Keys(keys), Data::Line(line)) => {
                // The sum does not depend on the order of the map.
                let meaning = keys.iter().map(|(key, place)| rustc_hash::FxBuildHasher.hash_one((key, place)));
                digest.update(meaning.fold(0u64, u64::wrapping_add).to_le_bytes());
                digest.update(line);
            }
            (
                Layout::Columns { .. } | Layout::Keys(_),
                Data::Fields(_) | Data::Cells(_) | Data::Line(_) | Data::Bad(_),
            ) => {
                return None;
            }
        }
        digest.finalize().first_chunk::<8>().map(|bytes| u64::from_be_bytes(*bytes))
    }

    /// The ad that `row` holds.
    pub fn ad(&self, row: &Row) -> Result<Ad, Error> {
        self.values(row).and_then(|values| self.build(row, &values)).map_err(|error| error.at(row.position()))
    }

    /// The ad that `row` holds, with what its label columns say.
    pub fn labeled(&self, row: &Row) -> Result<LabeledAd, Error> {
        let read = || {
            let values = self.values(row)?;
            let labels = marks::labels(&values, &self.reasons)?;
            let split = marks::split(&values)?;
            Ok(LabeledAd { ad: self.build(row, &values)?, labels, split })
        };
        read().map_err(|error: Error| error.at(row.position()))
    }

    /// The identifier and labels of a row that needs no text; the identifier is empty where there is none.
    pub(crate) fn marks(&self, row: &Row) -> Result<(String, Labels, Option<Split>), Error> {
        let read = || {
            let values = self.values(row)?;
            let id = value(&values, Field::Id).trim().to_owned();
            Ok((id, marks::labels(&values, &self.reasons)?, marks::split(&values)?))
        };
        read().map_err(|error: Error| error.at(row.position()))
    }

    fn values<'r>(&self, row: &'r Row) -> Result<Values<'r>, Error> {
        match (&self.layout, &row.data) {
            (_, Data::Bad(bad)) => Err(Error::new(bad.kind, bad.message.as_str())),
            (Layout::Columns { names, slots }, Data::Fields(record)) => fields(names, slots, record, row),
            (Layout::Columns { .. }, Data::Cells(cells)) => self::cells(cells),
            (Layout::Keys(keys), Data::Line(line)) => object(keys, line, row),
            _ => Err(Error::new(ErrorKind::Record, "the record is of another file than the schema")),
        }
    }

    fn build(&self, row: &Row, values: &Values<'_>) -> Result<Ad, Error> {
        let mut body = Body::default();
        for piece in PIECES.iter().filter_map(|field| values.get(field.slot())?.as_deref()) {
            body.add(piece, self.markup, row.visual)?;
        }
        if body.text.chars().all(is_blank) {
            return Err(self.no_text(row, values));
        }
        if body.mended {
            self.mended.fetch_add(1, Ordering::Relaxed);
        }
        let title = text::line(value(values, Field::Title), self.markup, row.visual)?;
        let mut ad = Ad::new(value(values, Field::Id).trim(), &title, &body.text);
        if let Some(map) = body.map {
            ad = ad.with_origin(body.raw, map);
        }
        ad.company = text::line(value(values, Field::Company).trim(), self.markup, row.visual)?.into_owned();
        ad.board = text::line(value(values, Field::Board).trim(), self.markup, row.visual)?.into_owned();
        ad.posted_at = value(values, Field::PostedAt).trim().to_owned();
        ad.source = Source { file: row.file.clone(), record: row.record, line: row.line };
        Ok(ad)
    }

    fn no_text(&self, row: &Row, values: &Values<'_>) -> Error {
        if let Data::Line(line) = &row.data
            && PIECES.iter().all(|field| values.get(field.slot()).is_none_or(Option::is_none))
        {
            let seen = std::str::from_utf8(line).map(json::keys_of).unwrap_or_default();
            return Error::new(
                ErrorKind::EmptyText,
                format!("a key with the text is needed, keys seen: {}; name it with --map text=KEY", quoted(&seen)),
            );
        }
        Error::new(ErrorKind::EmptyText, "the text is empty")
    }
}

fn value<'v>(values: &'v Values<'_>, field: Field) -> &'v str {
    values.get(field.slot()).and_then(Option::as_deref).unwrap_or("")
}

/// The reasons beside the six with their fields.
fn own_reasons(options: &ReadOptions) -> Result<impl Iterator<Item = (Field, &str)>, Error> {
    if options.reasons.len() > OWN_REASONS {
        let text = format!("there can be {OWN_REASONS} reasons beside the six, {} are named", options.reasons.len());
        return Err(Error::new(ErrorKind::Usage, text));
    }
    Ok(options.reasons.iter().zip(0..).map(|(name, index)| (Field::OwnReason(index), name.as_str())))
}

/// The name that the user gave for `field`.
fn mapped(options: &ReadOptions, field: Field) -> Result<Option<&str>, Error> {
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
fn columns_named(names: &[String], field: Field) -> Vec<usize> {
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

fn find_column(names: &[String], field: Field, wanted: &str) -> Result<usize, Error> {
    find_name(names, wanted).ok_or_else(|| {
        Error::new(
            ErrorKind::Layout,
            format!("{} is mapped to {wanted:?}, which is not among the columns: {}", field.name(), quoted(names)),
        )
    })
}

/// The column of that name: exactly so written, or else the same but for spelling.
fn find_name(names: &[String], wanted: &str) -> Option<usize> {
    let folded = fold_name(wanted);
    let exact = names.iter().position(|name| name == wanted);
    exact.or_else(|| names.iter().position(|name| fold_name(name) == folded))
}

/// The error for a header that is misread UTF-8 beyond mending, and so names no column.
fn misread_header(header: &ByteRecord) -> Option<Error> {
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

fn no_text_column(names: &[String]) -> Error {
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

fn quoted(names: &[String]) -> String {
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
fn column_name(bytes: &[u8], visual: bool) -> String {
    let name = String::from_utf8_lossy(bytes);
    let name = text::line(&name, Markup::Plain, visual).unwrap_or(Cow::Borrowed(&name)).into_owned();
    name.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}').to_owned()
}

fn fields<'r>(names: &[String], slots: &[Option<usize>], record: &'r Fields, row: &Row) -> Result<Values<'r>, Error> {
    if !record.fits(names.len()) {
        let message = format!("{} fields are needed, as in the header, the record has {}", names.len(), record.count);
        return Err(Error::new(ErrorKind::Record, message));
    }
    let mut values = Values::default();
    for (value, slot) in values.iter_mut().zip(slots) {
        let Some(at) = *slot else { continue };
        let name = names.get(at).map_or("", String::as_str);
        *value = Some(Cow::Borrowed(column_text(name, record.get(at).unwrap_or_default(), row.decoded_from)?));
    }
    Ok(values)
}

fn cells(cells: &Cells) -> Result<Values<'_>, Error> {
    let mut values = Values::default();
    for (column, cell) in cells.iter() {
        if let (Some(value), Some(bytes)) = (values.get_mut(column.field.slot()), cell) {
            *value = Some(Cow::Borrowed(column_text(&column.name, bytes, None)?));
        }
    }
    Ok(values)
}

/// The text of a field, which must be text.
fn column_text<'r>(name: &str, bytes: &'r [u8], decoded_from: Option<&'static str>) -> Result<&'r str, Error> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| not_text(bytes, &error, &format!("column {name:?}"), decoded_from))?;
    if let Some(at) = memchr::memchr(0, bytes) {
        let message = format!("a text has no NUL bytes, column {name:?} has one at byte {at} of the field");
        return Err(Error::new(ErrorKind::Record, message));
    }
    Ok(text)
}

fn object<'r>(keys: &Keys, line: &'r [u8], row: &Row) -> Result<Values<'r>, Error> {
    let text = std::str::from_utf8(line).map_err(|error| {
        let byte = row.byte.map(|start| start + error.valid_up_to() as u64);
        not_text(line, &error, "the line", row.decoded_from).at(Position { byte, ..Position::default() })
    })?;
    let values = json::values(text, keys).map_err(|fault| match fault {
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

/// The error for bytes that are not text; `decoded_from` names the encoding where the bytes were decoded.
pub(crate) fn not_text(
    bytes: &[u8],
    error: &std::str::Utf8Error,
    place: &str,
    decoded_from: Option<&'static str>,
) -> Error {
    let at = error.valid_up_to();
    let byte = bytes.get(at).copied().unwrap_or_default();
    let message = match decoded_from {
        None => format!(
            "{place} must be UTF-8, byte {at} of it (0x{byte:02X}) is not; --encoding NAME reads another encoding"
        ),
        Some(name) => {
            let after = String::from_utf8_lossy(bytes.get(..at).unwrap_or_default()).chars().count();
            format!("{place} must be {name}, after {after} characters it has bytes that {name} does not know")
        }
    };
    Error::new(ErrorKind::Encoding, message)
}
