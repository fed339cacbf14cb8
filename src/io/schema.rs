//! What the columns of a file mean, and the way from a raw [`Row`] to an [`Ad`] or a [`LabeledAd`].

use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use csv::ByteRecord;
use twox_hash::XxHash3_64;

use super::field::{Extra, Field, OWN_REASONS, SLOTS, fold_name};
use super::json::{self, Keys, Values};
use super::names::{
    column_name, columns_named, find_column, find_name, mapped, misread_header, no_text_column, quoted,
};
use super::rows::{Data, Row};
use super::text::{self, Body, is_blank};
use super::values::{cells, fields, object, value};
use super::{Markup, ReadOptions, marks};
use crate::ad::{Ad, Source};
use crate::error::{Error, ErrorKind};
use crate::label::{LabeledAd, Labels, Split};

/// The fields whose contents, one after another, are the text.
const PIECES: [Field; 5] = [
    Field::Text,
    Field::Extra(Extra::Responsibilities),
    Field::Extra(Extra::Requirements),
    Field::Extra(Extra::Benefits),
    Field::Extra(Extra::CompanyProfile),
];

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
    Columns {
        names: Vec<String>,
        slots: Slots,
    },
    Keys {
        keys: Keys,
        /// Of what the keys mean.
        digest: u64,
    },
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
        // The sum does not depend on the order of the map.
        let meaning = keys.iter().map(|(key, place)| rustc_hash::FxBuildHasher.hash_one((key, place)));
        let layout = Layout::Keys { digest: meaning.fold(0, u64::wrapping_add), keys };
        Ok((Schema::new(layout, options, labels), warnings))
    }

    /// Of a file that has no records.
    pub(crate) fn of_nothing() -> Schema {
        Schema::new(Layout::Keys { keys: Keys::new(), digest: 0 }, &ReadOptions::default(), false)
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

    /// 64 bits (XXH3) of all of `row` that [`Schema::ad`] looks at, as it is written: rows with the same fingerprint are the
    /// same posting with the same text. Columns without a meaning do not count; of JSON the whole line does. None for a row
    /// that is bad before its fields are looked at.
    pub fn fingerprint(&self, row: &Row) -> Option<u64> {
        let mut hash = u64::from(self.markup as u8) << 1 | u64::from(row.visual);
        // What a field adds depends on its length and on what came before: `ab,c` is not `a,bc`.
        let mut field =
            |slot: usize, bytes: &[u8]| hash = XxHash3_64::oneshot_with_seed(hash.rotate_left(7) ^ slot as u64, bytes);
        match (&self.layout, &row.data) {
            (Layout::Columns { names, slots }, Data::Fields(record)) => {
                let cut = record.cut();
                if !cut.fits(names.len()) {
                    return None;
                }
                for (slot, at) in slots.iter().enumerate().filter_map(|(slot, at)| Some((slot, (*at)?))) {
                    field(slot, cut.written(at).unwrap_or_default());
                }
            }
            (Layout::Columns { .. }, Data::Cells(cells)) => {
                for (column, cell) in cells.iter().filter_map(|(column, cell)| Some((column, cell?))) {
                    field(column.field.slot(), cell);
                }
            }
            (Layout::Keys { digest, .. }, Data::Line(line)) => field(*digest as usize, line),
            (
                Layout::Columns { .. } | Layout::Keys { .. },
                Data::Fields(_) | Data::Cells(_) | Data::Line(_) | Data::Bad(_),
            ) => {
                return None;
            }
        }
        Some(hash)
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
            Ok(LabeledAd { ad: self.build(row, &values)?, labels, split, statements: Vec::new() })
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
            (Layout::Columns { .. }, Data::Cells(row)) => cells(row),
            (Layout::Keys { keys, .. }, Data::Line(line)) => object(keys, line, row),
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
        // A byte order mark stands in the middle of files that were put together of several.
        let id = value(values, Field::Id).trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        let mut ad = Ad::new(id, &title, &body.text);
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

/// The reasons beside the six with their fields.
fn own_reasons(options: &ReadOptions) -> Result<impl Iterator<Item = (Field, &str)>, Error> {
    if options.reasons.len() > OWN_REASONS {
        let text = format!("there can be {OWN_REASONS} reasons beside the six, {} are named", options.reasons.len());
        return Err(Error::new(ErrorKind::Usage, text));
    }
    Ok(options.reasons.iter().zip(0..).map(|(name, index)| (Field::OwnReason(index), name.as_str())))
}
