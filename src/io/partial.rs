//! Files that appear under their name only when they are complete.

use std::fs::{File, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use same_file::Handle;

use crate::error::{Error, ErrorKind, Position};

/// So often a temporary file may be put in place by another run between opening and locking it.
const ATTEMPTS: usize = 16;

/// A file under way: written as `NAME.partial` beside its place, synced and renamed when it is finished, removed when it
/// is dropped before.
///
/// The temporary file is locked while it is written, so a second run with the same output is refused. What a killed run
/// left behind is not locked, and is written over. A target that is no plain file (a device, a pipe) has no name to
/// appear under and is written to as it is; a link is followed.
pub struct Partial {
    out: BufWriter<File>,
    /// The temporary file and the name it will get; none for a target that is no plain file.
    rename: Option<(PathBuf, PathBuf)>,
    target: String,
}

impl Partial {
    /// Opens a file to become `target`, which must be none of `inputs`.
    ///
    /// # Errors
    /// When it is one of them, another run is writing it, or it cannot be created.
    pub fn create(target: &Path, inputs: &[String]) -> Result<Partial, Error> {
        let name = target.display().to_string();
        let io = |error: io::Error| Error::making(&name, &error);
        let resolved = target.canonicalize().unwrap_or_else(|_| target.to_owned());
        if inputs.iter().filter_map(|input| Path::new(input).canonicalize().ok()).any(|input| input == resolved) {
            let text = "the output must be another file than the input, it is the same";
            return Err(Error::new(ErrorKind::Usage, text).at(Position::file(name)));
        }
        if resolved.is_dir() {
            return Err(Error::io(&name, &io::Error::from(io::ErrorKind::IsADirectory)));
        }
        let plain = std::fs::metadata(&resolved).map_or(true, |meta| meta.is_file());
        if !plain {
            let file = File::options().write(true).open(&resolved).map_err(io)?;
            return Ok(Partial { out: buffered(file), rename: None, target: name });
        }
        let mut temporary = resolved.as_os_str().to_owned();
        temporary.push(".partial");
        let temporary = PathBuf::from(temporary);
        let file = claim(&temporary, &name)?;
        Ok(Partial { out: buffered(file), rename: Some((temporary, resolved)), target: name })
    }

    /// Writes what is held back, makes sure that it is on the disk, and puts the file in its place.
    ///
    /// # Errors
    /// When the disk refuses; the file does not appear then.
    pub fn finish(mut self) -> Result<(), Error> {
        let io = |error: io::Error| Error::io(&self.target, &error);
        self.out.flush().map_err(io)?;
        let Some((temporary, target)) = &self.rename else { return Ok(()) };
        self.out.get_ref().sync_all().map_err(io)?;
        std::fs::rename(temporary, target).map_err(io)?;
        sync_folder(target).map_err(io)?;
        self.rename = None;
        Ok(())
    }
}

impl Write for Partial {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if let Some((temporary, _)) = &self.rename {
            // Nothing more can be done about a file that does not let itself be removed.
            let _ = std::fs::remove_file(temporary);
        }
    }
}

fn buffered(file: File) -> BufWriter<File> {
    BufWriter::with_capacity(1 << 18, file)
}

/// Opens and locks a temporary file, and empties it.
fn claim(temporary: &Path, target: &str) -> Result<File, Error> {
    let io = |error: io::Error| Error::making(target, &error);
    for _ in 0..ATTEMPTS {
        let file = File::options().write(true).create(true).truncate(false).open(temporary).map_err(io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let text = format!("another run is writing this file (it holds {})", temporary.display());
                return Err(Error::new(ErrorKind::Usage, text).at(Position::file(target)));
            }
            // Some file systems of networks have no locks; the run goes on without.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(error)) => return Err(io(error)),
        }
        // The run that held the lock may have put the file in place meanwhile; then this is its output.
        let held = file.try_clone().and_then(Handle::from_file).map_err(io)?;
        if Handle::from_path(temporary).is_ok_and(|named| named == held) {
            file.set_len(0).map_err(io)?;
            return Ok(file);
        }
    }
    Err(Error::new(ErrorKind::Usage, "other runs keep writing this file").at(Position::file(target)))
}

/// Makes sure that the name of `target` is on the disk.
fn sync_folder(target: &Path) -> io::Result<()> {
    if cfg!(unix) {
        let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_when_it_is_finished_and_not_before() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("out");
        std::fs::write(&target, "yesterday").unwrap();
        let mut partial = Partial::create(&target, &[]).unwrap();
        partial.write_all(b"today").unwrap();
        partial.flush().unwrap();
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "yesterday");
        partial.finish().unwrap();
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "today");
        drop(Partial::create(&target, &[]).unwrap());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_second_run_is_refused_and_the_rest_of_a_dead_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("out");
        std::fs::write(folder.path().join("out.partial"), "the rest of a dead run, and a long one").unwrap();
        let mut first = Partial::create(&target, &[]).unwrap();
        let error = Partial::create(&target, &[]).err().unwrap();
        assert!(error.message().contains("another run is writing this file"), "{error}");
        first.write_all(b"short").unwrap();
        first.finish().unwrap();
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "short");
    }
}
