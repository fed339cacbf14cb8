//! Decisions on labels that looked wrong: the file that the audit writes and a person fills in, and what it does to labels.
//!
//! Only three columns decide, `id`, `head` and `fix`; `given` and `file` make sure that the decision is about the label it was made on.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Position, Result};
use crate::label::{LabeledAd, Split, VAGUE};

/// What a person decided on one label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// It is right.
    Keep,
    /// It should be this.
    Set(bool),
    /// Nobody can say: it is no longer learned from.
    Unknown,
}

/// One decision.
#[derive(Clone, Debug, PartialEq)]
pub struct Fix {
    /// The ad.
    pub id: String,
    /// The labelled file it was read from, without folders; empty when any will do.
    pub file: String,
    /// The head.
    pub head: String,
    /// The label that was looked at, where the file says so.
    pub given: Option<bool>,
    /// The decision.
    pub decided: Decided,
    /// Where it stands.
    pub position: Position,
}

/// All decisions of some files.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fixes {
    by_label: BTreeMap<(String, String), Vec<Fix>>,
    /// What came of them so far.
    pub applied: Applied,
}

/// What came of decisions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Applied {
    /// Labels that are now another than before.
    pub changed: usize,
    /// Labels that are no longer there.
    pub removed: usize,
    /// Labels confirmed.
    pub kept: usize,
    /// Decisions that were passed over, and why.
    pub stale: Vec<String>,
}

impl Fixes {
    /// Reads files with the columns `id`, `head` and `fix`; rows without a fix are not decided yet.
    ///
    /// # Errors
    /// `Io` for a file, `Layout` for a missing column, `Label` for a word that is no decision or two decisions on one label.
    pub fn read(paths: &[std::path::PathBuf]) -> Result<Fixes> {
        let mut fixes = Fixes::default();
        for path in paths {
            let name = path.display().to_string();
            let bytes = std::fs::read(path).map_err(|error| Error::io(&name, &error))?;
            fixes.add(&name, &bytes)?;
        }
        Ok(fixes)
    }

    /// True when nothing is decided.
    pub fn is_empty(&self) -> bool {
        self.by_label.is_empty()
    }

    /// Labels that are another now, or no longer there.
    pub fn changed(&self) -> usize {
        self.applied.changed + self.applied.removed
    }

    /// The number of decisions.
    pub fn len(&self) -> usize {
        self.by_label.values().map(Vec::len).sum()
    }

    fn add(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let file: Arc<str> = name.into();
        let text = String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes));
        let header = text.lines().next().unwrap_or_default();
        // Spreadsheets save with the delimiter of their language.
        let most = [',', ';', '\t'].into_iter().max_by_key(|&mark| (header.matches(mark).count(), mark == ','));
        let delimiter = most.and_then(|mark| u8::try_from(mark).ok()).unwrap_or(b',');
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
        let broken = |error: csv::Error| {
            Error::new(ErrorKind::Record, format!("this is not CSV: {error}")).at(Position::file(name))
        };
        let headers = reader.headers().map_err(broken)?.clone();
        let column = |wanted: &str| headers.iter().position(|name| name.trim().eq_ignore_ascii_case(wanted));
        let needed = |wanted: &str| {
            column(wanted).ok_or_else(|| {
                let text = format!("a file of fixes needs the columns id, head and fix; there is no {wanted:?}");
                Error::new(ErrorKind::Layout, text).at(Position::file(name))
            })
        };
        let (id, head, fix) = (needed("id")?, needed("head")?, needed("fix")?);
        let (given, of) = (column("given"), column("file"));
        for (record, row) in (1..).zip(reader.records()) {
            let row = row.map_err(broken)?;
            let cell = |at: Option<usize>| at.and_then(|at| row.get(at)).unwrap_or_default().trim();
            let line = row.position().map(csv::Position::line);
            let position = Position { file: Some(file.clone()), record: Some(record), line, ..Position::default() };
            let fault = |text: String| Error::new(ErrorKind::Label, text).at(position.clone());
            let word = cell(Some(fix)).to_lowercase();
            if word.is_empty() {
                continue;
            }
            let Some(decided) = decided(&word) else {
                let rule = "a fix is keep, yes or no (1 or 0; vague or concrete), or unknown";
                return Err(fault(format!("{rule}; got {word:?}")));
            };
            let given = match decision_of(cell(given)) {
                Some(Decided::Set(given)) => Some(given),
                _ => None,
            };
            let id = cell(Some(id)).strip_prefix('\'').unwrap_or_else(|| cell(Some(id))).to_owned();
            let (head, of) = (cell(Some(head)).to_lowercase(), cell(of).to_owned());
            if id.is_empty() || head.is_empty() {
                return Err(fault("a fix needs the id of its ad and a head".to_owned()));
            }
            let known = self.by_label.entry((id.clone(), head.clone())).or_default();
            if let Some(other) = known.iter().find(|other| other.file == of) {
                if other.decided != decided {
                    let text = format!("{head} of {id:?} is decided twice, and not alike");
                    return Err(fault(text));
                }
                continue;
            }
            known.push(Fix { id, file: of, head, given, decided, position });
        }
        Ok(())
    }

    /// The decision on the label of `head` of `item`, read from the labelled file `file`.
    pub fn of(&self, item: &LabeledAd, file: &str, head: &str) -> Option<&Fix> {
        let all = self.by_label.get(&(item.ad.id.clone(), head.to_owned()))?;
        all.iter().find(|fix| fix.file.is_empty() || fix.file == file)
    }

    /// Changes the labels of `rows`, read from the labelled file `file` (without folders).
    ///
    /// # Errors
    /// `Label` for a decision on a row of a fixed test split: what is only reported on must not be touched.
    pub fn apply(&self, file: &str, rows: &mut [LabeledAd], applied: &mut Applied) -> Result<()> {
        for item in rows {
            let heads: Vec<String> = item.labels.heads().map(str::to_owned).collect();
            for head in heads {
                let Some(fix) = self.of(item, file, &head) else { continue };
                let Some(now) = item.labels.get(&head) else { continue };
                if item.split == Some(Split::Test) && fix.decided != Decided::Keep {
                    let text = format!("{head} of {:?} belongs to a test split, which no fix may change", fix.id);
                    return Err(Error::new(ErrorKind::Label, text).at(fix.position.clone()));
                }
                let settled = fix.decided == Decided::Set(now);
                if fix.given.is_some_and(|given| given != now) && !settled {
                    let text = format!("{head} of {:?} is another label now than the one that was decided on", fix.id);
                    applied.stale.push(Error::new(ErrorKind::Label, text).at(fix.position.clone()).to_string());
                    continue;
                }
                match fix.decided {
                    Decided::Unknown => {
                        item.labels.unset(&head);
                        applied.removed += 1;
                    }
                    Decided::Set(label) if label != now => {
                        item.labels.set(&head, label);
                        // The scale was given with the label that was wrong.
                        if head == VAGUE {
                            item.labels.vagueness = None;
                        }
                        applied.changed += 1;
                    }
                    _ => applied.kept += 1,
                }
            }
        }
        Ok(())
    }
}

fn decision_of(word: &str) -> Option<Decided> {
    decided(&word.to_lowercase())
}

fn decided(word: &str) -> Option<Decided> {
    match word {
        "keep" | "ok" => Some(Decided::Keep),
        "1" | "yes" | "true" | "vague" => Some(Decided::Set(true)),
        "0" | "no" | "false" | "concrete" => Some(Decided::Set(false)),
        "unknown" | "?" => Some(Decided::Unknown),
        _ => None,
    }
}
