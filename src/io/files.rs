//! Which files are read: names, patterns and folders to files in a fixed order, and those files one after another.

use std::collections::{HashSet, VecDeque};
use std::path::{Path, PathBuf};

use super::{Format, ReadOptions, Rows, is_foreign, open};
use crate::error::{Error, ErrorKind, Position};

/// The files that `inputs` name, in the order of `inputs`, and what a user should know of the choice.
///
/// `-` is the standard input. A name that exists is that file, or, if it is a folder, all files below it whose
/// extension is of a format that can be read, in the order of their paths; links are followed, those that lead in
/// circles are not, and names that begin with a dot are left out. Another name with `*`, `?` or `[` is a pattern (`**`
/// stands for any folders), which finds no such names either unless it spells the dot. A file that is named twice is read once.
///
/// # Errors
/// When a pattern or a folder gives no file, a pattern is malformed, or a folder cannot be read.
pub fn expand(inputs: &[String]) -> Result<(Vec<String>, Vec<String>), Error> {
    let (mut files, mut warnings) = (Vec::new(), Vec::new());
    let mut seen: HashSet<PathBuf> = HashSet::new();
    for input in inputs {
        let path = Path::new(input);
        let found = if input == "-" {
            vec![input.clone()]
        } else if path.is_dir() {
            below(path, &mut warnings)?
        } else if !path.exists() && input.contains(['*', '?', '[']) {
            matching(input, &mut warnings)?
        } else {
            vec![input.clone()]
        };
        for file in found {
            // A name that leads nowhere is kept: opening it says so.
            let real =
                if file == "-" { PathBuf::from("-") } else { Path::new(&file).canonicalize().unwrap_or_default() };
            if real.as_os_str().is_empty() || seen.insert(real) {
                files.push(file);
            } else {
                warnings.push(format!("{file}: named before, read once"));
            }
        }
    }
    Ok((files, warnings))
}

/// The files below a folder that can be read.
fn below(folder: &Path, warnings: &mut Vec<String>) -> Result<Vec<String>, Error> {
    let name = folder.display().to_string();
    let hidden =
        |entry: &walkdir::DirEntry| entry.depth() > 0 && entry.file_name().as_encoded_bytes().starts_with(b".");
    // The walk knows its own folders again, but not those above the one that it begins in.
    let start = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let leads_above = |entry: &walkdir::DirEntry| {
        let folder = entry.depth() > 0 && entry.path_is_symlink() && entry.file_type().is_dir();
        folder && entry.path().canonicalize().is_ok_and(|target| start.starts_with(target))
    };
    let mut files = Vec::new();
    let mut walk = walkdir::WalkDir::new(folder).follow_links(true).into_iter().filter_entry(|entry| !hidden(entry));
    while let Some(entry) = walk.next() {
        match entry {
            Ok(entry) if leads_above(&entry) => {
                walk.skip_current_dir();
                let at = entry.path().display();
                warnings.push(format!("{at}: the link leads back to a folder above it and is not followed"));
            }
            Ok(entry) if entry.path().to_str().is_none() => {
                warnings.push(unnameable(entry.path()));
                if entry.file_type().is_dir() {
                    walk.skip_current_dir();
                }
            }
            Ok(entry) if entry.file_type().is_file() => {
                if let Some(path) = entry.path().to_str().filter(|path| Format::of_path(path).is_some()) {
                    files.push(path.to_owned());
                }
            }
            Ok(_) => {}
            Err(error) => {
                let at = error.path().unwrap_or(folder).display().to_string();
                if error.loop_ancestor().is_some() {
                    warnings.push(format!("{at}: the link leads back to a folder above it and is not followed"));
                } else if error.depth() > 0 && error.path().is_some_and(Path::is_symlink) {
                    warnings.push(format!("{at}: the link leads nowhere and is not followed"));
                } else {
                    return Err(Error::io(&at, &error.into()));
                }
            }
        }
    }
    if files.is_empty() {
        let rule = "a folder must hold a file to read (.csv, .jsonl, .parquet, …, also .gz and .zst), this has none";
        return Err(Error::new(ErrorKind::Layout, rule).at(Position::file(name)));
    }
    files.sort_by(|left, right| Path::new(left).cmp(Path::new(right)));
    Ok(files)
}

/// A file whose name cannot be said in records is left out, and that is.
fn unnameable(path: &Path) -> String {
    format!("{}: the name is not UTF-8, and what it names is not read; rename it", path.display())
}

/// The files that a pattern stands for.
fn matching(pattern: &str, warnings: &mut Vec<String>) -> Result<Vec<String>, Error> {
    let place = || Position::file(pattern);
    let options = glob::MatchOptions {
        require_literal_separator: true,
        require_literal_leading_dot: true,
        ..glob::MatchOptions::new()
    };
    let wanted = glob::Pattern::new(pattern)
        .map_err(|error| Error::new(ErrorKind::Usage, format!("the pattern is malformed: {error}")).at(place()))?;
    // What stands before the first sign is a folder to begin in, and without `**` no folder is deeper than the pattern.
    let sign = pattern.find(['*', '?', '[']).unwrap_or(0);
    let split = pattern.get(..sign).and_then(|fixed| fixed.rfind('/')).map_or(0, |end| end + 1);
    let (folder, below_it) = pattern.split_at_checked(split).unwrap_or_default();
    let depth = if pattern.contains("**") { usize::MAX } else { below_it.split('/').count() };
    let start = if folder.is_empty() { "./" } else { folder };
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(start).min_depth(1).max_depth(depth).follow_links(true).sort_by_file_name() {
        let path = match entry {
            Ok(entry) => entry.into_path(),
            // A link that leads nowhere, or in circles, is no file.
            Err(error) if error.io_error().is_none_or(|error| error.kind() == std::io::ErrorKind::NotFound) => continue,
            Err(error) => {
                let at = error.path().unwrap_or(Path::new(start)).display().to_string();
                return Err(Error::io(&at, &error.into()));
            }
        };
        let Some(name) = path.to_str() else {
            warnings.push(unnameable(&path));
            continue;
        };
        let name = if folder.is_empty() { name.strip_prefix(start).unwrap_or(name) } else { name };
        if !wanted.matches_with(name, options) {
            continue;
        }
        if path.is_dir() {
            files.extend(below(&path, warnings)?);
        } else {
            files.push(name.to_owned());
        }
    }
    if files.is_empty() {
        return Err(Error::new(ErrorKind::Io, "no file is named like this").at(place()));
    }
    Ok(files)
}

/// Files of postings one after another, each of which was looked at before the first is read.
///
/// Few are open at a time: a file is opened again when its turn comes. What cannot be opened twice (a pipe, the
/// standard input) stays open.
pub struct Files {
    waiting: VecDeque<Waiting>,
    options: ReadOptions,
    warnings: Vec<String>,
}

enum Waiting {
    Open(Box<Rows>),
    Named(String),
    /// It holds no postings, for this reason.
    Foreign(String, Error),
}

impl Files {
    /// Looks at all of `files`. Among several one that can be no file of postings at all (empty, a page, damaged from its first byte on)
    /// is a bad record of its own: what a scraper leaves of one site must not cost the others.
    ///
    /// # Errors
    /// When one of them cannot be opened or has no usable columns, or none is a file of postings: a mistyped name or option must not cost
    /// half a run.
    pub fn open(files: &[String], options: &ReadOptions) -> Result<Files, Error> {
        let mut all = Files { waiting: VecDeque::new(), options: options.clone(), warnings: Vec::new() };
        for file in files {
            let rows = match open(file, options) {
                Ok(rows) => rows,
                Err(error) if files.len() > 1 && is_foreign(file) => {
                    all.waiting.push_back(Waiting::Foreign(file.clone(), error));
                    continue;
                }
                Err(error) => return Err(error),
            };
            all.warnings.extend(rows.warnings().iter().cloned());
            let again = file != "-" && std::fs::metadata(file).is_ok_and(|meta| meta.is_file());
            all.waiting.push_back(if again { Waiting::Named(file.clone()) } else { Waiting::Open(Box::new(rows)) });
        }
        if all.waiting.iter().all(|waiting| matches!(waiting, Waiting::Foreign(..)))
            && let Some(Waiting::Foreign(_, error)) = all.waiting.pop_front()
        {
            return Err(error);
        }
        Ok(all)
    }

    /// Postings that are open already, one after another.
    pub fn of(rows: Vec<Rows>) -> Files {
        let warnings = rows.iter().flat_map(|rows| rows.warnings().iter().cloned()).collect();
        let waiting = rows.into_iter().map(|rows| Waiting::Open(Box::new(rows))).collect();
        Files { waiting, options: ReadOptions::default(), warnings }
    }

    /// What the headers of the files tell a user.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The next file; none after the last.
    ///
    /// # Errors
    /// When it has gone or changed since it was looked at.
    pub fn next_file(&mut self) -> Result<Option<Rows>, Error> {
        match self.waiting.pop_front() {
            None => Ok(None),
            Some(Waiting::Open(rows)) => Ok(Some(*rows)),
            Some(Waiting::Named(file)) => open(&file, &self.options).map(Some),
            Some(Waiting::Foreign(file, error)) => Ok(Some(Rows::of_foreign(&file, &error))),
        }
    }
}
