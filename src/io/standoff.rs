//! Labels kept apart from the texts they speak of, joined to ads by identifier.

use std::collections::HashMap;
use std::fmt;

use super::{ReadOptions, open, open_labels};
use crate::error::{Error, ErrorKind, Position};
use crate::label::LabeledAd;

/// What came of joining a label file to files of ads.
#[derive(Debug, Default)]
pub struct Joined {
    /// Labelled ids whose ad was found.
    pub found: usize,
    /// Labelled ids whose ad is in none of the files.
    pub missing: usize,
    /// Records of the ads files that could not be read.
    pub rejected: Vec<Error>,
}

impl fmt::Display for Joined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.found + self.missing;
        write!(f, "{} of {all} labelled ids found in the ads, {} missing", self.found, self.missing)?;
        if !self.rejected.is_empty() {
            write!(f, ", {} records of the ads could not be read", self.rejected.len())?;
        }
        Ok(())
    }
}

/// True when the file at `labels` has texts beside its labels, so that nothing needs to be joined.
///
/// # Errors
/// When the file cannot be opened, or has neither texts nor labels.
pub fn has_text(labels: &str, options: &ReadOptions) -> Result<bool, Error> {
    match open(labels, options) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::Layout => match open_labels(labels, &options.reasons) {
            Ok(rows) if rows.schema().has_labels() => Ok(false),
            _ => Err(error),
        },
        Err(error) => Err(error),
    }
}

/// Joins the labels in `labels` (CSV or JSON Lines with an id and label columns, and no text) to the ads in `ads`.
///
/// `options` are those of the ads files; the label file goes by its usual names. The result is in the order of the
/// label file. A label file is written with care: any fault in it, also an id labelled twice, is an error. An id that
/// occurs in several ads takes the first.
pub fn join(labels: &str, ads: &[String], options: &ReadOptions) -> Result<(Vec<LabeledAd>, Joined), Error> {
    let rows = open_labels(labels, &options.reasons)?;
    let schema = rows.schema();
    let mut wanted: Vec<Option<LabeledAd>> = Vec::new();
    let mut marks = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for row in rows {
        let row = row?;
        let (id, labels, split) = schema.marks(&row)?;
        if id.is_empty() {
            return Err(
                Error::new(ErrorKind::Label, "a label needs the id of its ad, the id is empty").at(row.position())
            );
        }
        if places.insert(id.clone(), marks.len()).is_some() {
            return Err(Error::new(ErrorKind::Label, format!("an id is labelled once, {id:?} is labelled again"))
                .at(row.position()));
        }
        marks.push((labels, split));
        wanted.push(None);
    }
    if marks.iter().all(|(labels, _)| labels.is_empty()) {
        let rule =
            "a label file needs a label in some record (columns label, scope, vagueness or a reason), this has none";
        return Err(Error::new(ErrorKind::Label, rule).at(Position::file(labels)));
    }
    let mut joined = Joined::default();
    for path in ads {
        let rows = open(path, options)?;
        let schema = rows.schema();
        for row in rows {
            let ad = match row.and_then(|row| schema.ad(&row)) {
                Ok(ad) => ad,
                Err(error) => {
                    joined.rejected.push(error);
                    continue;
                }
            };
            let Some(&place) = places.get(ad.id.as_str()) else { continue };
            if let (Some(slot @ None), Some((labels, split))) = (wanted.get_mut(place), marks.get(place)) {
                *slot = Some(LabeledAd { ad, labels: labels.clone(), split: *split, statements: Vec::new() });
            }
        }
    }
    let found: Vec<LabeledAd> = wanted.into_iter().flatten().collect();
    joined.found = found.len();
    joined.missing = marks.len() - found.len();
    Ok((found, joined))
}
