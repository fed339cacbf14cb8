//! Labelled files for `train` and `evaluate`: with texts, or labels alone joined to ads by identifier.

use clap::Args;

use super::options::Loudness;
use crate::error::{Error, ErrorKind, Position};
use crate::io::{ReadOptions, read_labeled, standoff};
use crate::label::{LabeledAd, Split};

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
        let mut sources = Vec::with_capacity(self.files.len());
        for file in &self.files {
            let rows = self.rows(file, read, loudness)?;
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
