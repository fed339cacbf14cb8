//! Labelled files for `train` and `evaluate`: with texts, or labels alone joined to ads by identifier.

use std::path::PathBuf;

use clap::Args;

use super::options::Loudness;
use crate::error::{Error, ErrorKind, Position};
use crate::io::fixes::{Applied, Fixes};
use crate::io::{Field, ReadOptions, read_labeled, standoff};
use crate::label::{LabeledAd, Split, is_own_reason};
use crate::model::Model;

/// Which labelled rows.
#[derive(Args, Debug, Clone)]
pub struct LabeledArguments {
    /// Labelled ads: CSV or JSON Lines with a label column; files of labels alone need --ads
    #[arg(required = true, value_name = "LABELED")]
    pub files: Vec<String>,
    /// Files with the texts that label files without texts speak of; may be repeated
    #[arg(long, value_name = "FILE")]
    pub ads: Vec<String>,
}

impl LabeledArguments {
    /// The rows of each file whose split is among `splits`; rows without a split are always taken.
    ///
    /// # Errors
    /// The first bad record, with how many there are: a labelled file is written with care.
    pub fn load(&self, read: &ReadOptions, splits: &[Split], loudness: Loudness) -> Result<Vec<Vec<LabeledAd>>, Error> {
        let loaded =
            self.files.iter().map(|file| self.rows(file, read, loudness)).collect::<Result<Vec<_>, Error>>()?;
        self.among(loaded, splits, loudness)
    }

    /// Of rows that were loaded already, those of each file whose split is among `splits`.
    ///
    /// # Errors
    /// `Training` for a file without such rows.
    pub fn among(
        &self,
        loaded: Vec<Vec<LabeledAd>>,
        splits: &[Split],
        loudness: Loudness,
    ) -> Result<Vec<Vec<LabeledAd>>, Error> {
        let mut sources = Vec::with_capacity(self.files.len());
        for (file, rows) in self.files.iter().zip(loaded) {
            let all = rows.len();
            let kept: Vec<LabeledAd> =
                rows.into_iter().filter(|row| row.split.is_none_or(|split| splits.contains(&split))).collect();
            if kept.is_empty() {
                let text = format!("no labelled row is left: {all} read, none in the splits asked for");
                return Err(Error::new(ErrorKind::Training, text).at(Position::file(file.as_str())));
            }
            loudness.say(&format!("{file}: {} of {all} rows", kept.len()));
            sources.push(kept);
        }
        Ok(sources)
    }

    fn rows(&self, file: &str, read: &ReadOptions, loudness: Loudness) -> Result<Vec<LabeledAd>, Error> {
        if standoff::has_text(file, read)? {
            let (rows, bad) = read_labeled(std::slice::from_ref(&file.to_owned()), read)?;
            return match bad.into_iter().next() {
                Some(first) => Err(first),
                None => Ok(rows),
            };
        }
        if self.ads.is_empty() {
            let text = "this file has labels and no texts; --ads names the files that hold the texts, joined by id";
            return Err(Error::new(ErrorKind::Layout, text).at(Position::file(file)));
        }
        let (rows, joined) = standoff::join(file, &self.ads, read)?;
        loudness.say(&format!("{file}: {joined}"));
        Ok(rows)
    }
}

/// Reads a list such as `train,valid`.
pub fn splits(words: &str) -> Result<Vec<Split>, Error> {
    words
        .split(',')
        .map(|word| {
            Split::parse(word)
                .ok_or_else(|| Error::new(ErrorKind::Usage, format!("a split is train, valid or test, got {word:?}")))
        })
        .collect()
}

/// Reasons beside the six.
#[derive(Args, Debug, Clone)]
pub struct ReasonArguments {
    /// A reason beside the six: labelled files have a column of 0 and 1 of that name, blank where unknown; may be repeated
    #[arg(long, value_name = "NAME")]
    pub reason: Vec<String>,
}

impl ReasonArguments {
    /// The options with these reasons, and those that `model` has beside the six.
    ///
    /// # Errors
    /// `Usage` for a name that cannot be one.
    pub fn add(&self, read: ReadOptions, model: &Model) -> Result<ReadOptions, Error> {
        self.named(read, model.own_reasons())
    }

    /// The options with these reasons, and `more`.
    ///
    /// # Errors
    /// `Usage` for a name that cannot be one.
    pub fn named<'m>(
        &'m self,
        mut read: ReadOptions,
        more: impl Iterator<Item = &'m str>,
    ) -> Result<ReadOptions, Error> {
        for name in self.reason.iter().map(String::as_str).chain(more) {
            if !is_own_reason(name) || Field::parse(name).is_ok() {
                let rule = "a reason beside the six has up to 40 small letters, digits and _, and is no field or head by itself";
                return Err(Error::new(ErrorKind::Usage, format!("{rule}; got {name:?}")));
            }
            if !read.reasons.iter().any(|known| known == name) {
                read.reasons.push(name.to_owned());
            }
        }
        Ok(read)
    }
}

/// Decisions on labels that looked wrong.
#[derive(Args, Debug, Clone)]
pub struct FixArguments {
    /// A file that `audit --out` wrote and a person filled in: labels are changed as it says, the labelled files are not; may be repeated
    #[arg(long, value_name = "FILE.csv")]
    pub fixes: Vec<PathBuf>,
}

impl FixArguments {
    /// Changes the labels of `sources`, the rows of the labelled files `files`, and tells what became of the decisions.
    ///
    /// # Errors
    /// See [`Fixes`].
    pub fn apply(&self, files: &[String], sources: &mut [Vec<LabeledAd>], loudness: Loudness) -> Result<Fixes, Error> {
        let mut fixes = Fixes::read(&self.fixes)?;
        let mut applied = Applied::default();
        for (file, rows) in files.iter().zip(sources) {
            fixes.apply(&base_name(file), rows, &mut applied)?;
        }
        applied.stale.iter().for_each(|text| loudness.say(&format!("warning: passed over: {text}")));
        if !self.fixes.is_empty() {
            let Applied { changed, removed, kept, stale } = &applied;
            loudness.say(&format!("fixes: {changed} labels changed, {removed} removed, {kept} confirmed"));
            let used = changed + removed + kept + stale.len();
            if let Some(unused) = fixes.len().checked_sub(used).filter(|&unused| unused > 0) {
                loudness.say(&format!("warning: {unused} fixes speak of no label among the rows that were read"));
            }
        }
        fixes.applied = applied;
        Ok(fixes)
    }
}

/// The name of a file without its folders.
pub fn base_name(file: &str) -> String {
    std::path::Path::new(file).file_name().map_or_else(|| file.to_owned(), |name| name.to_string_lossy().into_owned())
}
