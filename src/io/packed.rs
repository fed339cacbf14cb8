//! Files packed with gzip or Zstandard: their bytes unpacked while they are read, and packed while they are written.
//!
//! A stream that breaks off or is corrupt does not lose what stood before the fault: it ends there, and the fault is
//! kept in `Counters::damage` for the reader of records to account for. Nothing here knows records.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;

/// How hard gzip tries (1 to 9). On records of ads level 3 takes less than half the time of the usual 6, for files a
/// sixth larger; the one thread that packs must keep up with all that score.
const GZIP_LEVEL: u32 = 3;
/// How hard Zstandard tries (1 to 22); its own default.
const ZSTD_LEVEL: i32 = 3;
/// Bytes read from a file at a time.
const BLOCK: usize = 128 * 1024;

/// How a file is packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Packing {
    /// Not at all.
    #[default]
    Plain,
    /// gzip, of one member or of several (`.gz`).
    Gzip,
    /// Zstandard (`.zst`).
    Zstd,
}

impl Packing {
    /// The packing that the last extension of `path` names, and the path without it.
    ///
    /// ```
    /// use tachles::io::Packing;
    /// assert_eq!(Packing::of_path("ads/monday.csv.GZ"), (Packing::Gzip, "ads/monday.csv"));
    /// assert_eq!(Packing::of_path("ads.jsonl"), (Packing::Plain, "ads.jsonl"));
    /// ```
    pub fn of_path(path: &str) -> (Packing, &str) {
        for (extension, packing) in
            [(".gz", Packing::Gzip), (".gzip", Packing::Gzip), (".zst", Packing::Zstd), (".zstd", Packing::Zstd)]
        {
            let Some(at) = path.len().checked_sub(extension.len()) else { continue };
            if let Some((rest, end)) = path.split_at_checked(at)
                && end.eq_ignore_ascii_case(extension)
                && !rest.is_empty()
                && !rest.ends_with('/')
            {
                return (packing, rest);
            }
        }
        (Packing::Plain, path)
    }

    fn of_magic(first: &[u8]) -> Packing {
        if first.starts_with(b"\x1f\x8b") {
            Packing::Gzip
        } else if first.starts_with(b"\x28\xb5\x2f\xfd") || is_skippable_frame(first) {
            Packing::Zstd
        } else {
            Packing::Plain
        }
    }

    fn name(self) -> &'static str {
        match self {
            Packing::Plain => "file",
            Packing::Gzip => "gzip stream",
            Packing::Zstd => "zstd stream",
        }
    }
}

/// Zstandard files may begin with a frame to skip (RFC 8878, 3.1.2); `pzstd` writes such.
fn is_skippable_frame(first: &[u8]) -> bool {
    matches!(first, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

/// What the reader of records shares with the stream below it.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Bytes of the file read so far, as they stand in the file.
    pub read: AtomicU64,
    /// Why the stream ended before its end; its records so far are whole, but the last may be cut.
    pub damage: OnceLock<String>,
}

/// The file itself: counts what is read of it, and remembers whether the reading itself failed.
struct Counted {
    inner: Box<dyn Read + Send>,
    counters: Arc<Counters>,
    failed: Arc<AtomicBool>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer).inspect_err(|error| {
            if error.kind() != io::ErrorKind::Interrupted {
                self.failed.store(true, Ordering::Relaxed);
            }
        })?;
        self.counters.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// The unpacked bytes of a file or of the standard input.
pub(crate) struct Unpacked {
    inner: Box<dyn Read + Send>,
    packing: Packing,
    counters: Arc<Counters>,
    failed: Arc<AtomicBool>,
    given: u64,
    /// How many bytes the file had when it was opened; a packed one says itself where it ends.
    size: u64,
}

impl Unpacked {
    /// Opens `path`; `-` is the standard input.
    pub fn open(path: &str) -> io::Result<Unpacked> {
        if path == "-" {
            return Unpacked::new(Box::new(io::stdin()));
        }
        let file = File::open(path)?;
        let size = file.metadata().map_or(0, |meta| if meta.is_file() { meta.len() } else { 0 });
        Ok(Unpacked { size, ..Unpacked::new(Box::new(file))? })
    }

    /// Unpacks `inner` by its first bytes.
    pub fn new(inner: Box<dyn Read + Send>) -> io::Result<Unpacked> {
        let (counters, failed) = (Arc::new(Counters::default()), Arc::new(AtomicBool::new(false)));
        let mut counted = Counted { inner, counters: Arc::clone(&counters), failed: Arc::clone(&failed) };
        let mut first = Vec::with_capacity(4);
        Read::by_ref(&mut counted).take(4).read_to_end(&mut first)?;
        let packing = Packing::of_magic(&first);
        let whole = Cursor::new(first).chain(counted);
        let inner: Box<dyn Read + Send> = match packing {
            Packing::Plain => Box::new(whole),
            Packing::Gzip => Box::new(MultiGzDecoder::new(BufReader::with_capacity(BLOCK, whole))),
            Packing::Zstd => Box::new(zstd::stream::read::Decoder::new(whole)?),
        };
        Ok(Unpacked { inner, packing, counters, failed, given: 0, size: 0 })
    }

    /// What is shared with this stream.
    pub fn counters(&self) -> Arc<Counters> {
        Arc::clone(&self.counters)
    }

    /// How the file is packed.
    pub fn packing(&self) -> Packing {
        self.packing
    }
}

impl Read for Unpacked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.counters.damage.get().is_some() {
            return Ok(0);
        }
        match self.inner.read(buffer) {
            Ok(read) => {
                self.given += read as u64;
                let all = self.counters.read.load(Ordering::Relaxed);
                if read == 0 && !buffer.is_empty() && self.packing == Packing::Plain && all < self.size {
                    let size = self.size;
                    let damage = format!("the file had {size} bytes when it was opened, and ends after {all}");
                    let _ = self.counters.damage.set(damage);
                }
                Ok(read)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted || self.failed.load(Ordering::Relaxed) => {
                Err(error)
            }
            Err(error) => {
                let cut = error.kind() == io::ErrorKind::UnexpectedEof;
                let what = if cut { "is cut off".to_owned() } else { format!("is corrupt ({error})") };
                let (name, read, given) = (self.packing.name(), self.counters.read.load(Ordering::Relaxed), self.given);
                let damage = format!("the {name} {what} at about byte {read}, after {given} unpacked bytes");
                // Nobody else sets it: the stream has one reader.
                let _ = self.counters.damage.set(damage);
                Ok(0)
            }
        }
    }
}

/// A writer that packs. What it writes depends on what it is given only: no time stamps, no names.
pub enum Packer<W: Write> {
    /// Passes everything on.
    Plain(W),
    /// Packs with gzip.
    Gzip(GzEncoder<W>),
    /// Packs with Zstandard, with a checksum.
    Zstd(zstd::stream::write::Encoder<'static, W>),
}

impl<W: Write> Packer<W> {
    /// Packs into `out`.
    ///
    /// # Errors
    /// When the encoder cannot be set up for want of memory.
    pub fn new(out: W, packing: Packing) -> io::Result<Packer<W>> {
        Ok(match packing {
            Packing::Plain => Packer::Plain(out),
            Packing::Gzip => Packer::Gzip(GzEncoder::new(out, flate2::Compression::new(GZIP_LEVEL))),
            Packing::Zstd => {
                let mut encoder = zstd::stream::write::Encoder::new(out, ZSTD_LEVEL)?;
                encoder.include_checksum(true)?;
                Packer::Zstd(encoder)
            }
        })
    }

    /// Writes what is still held back and the end of the stream; gives back what was written to.
    ///
    /// # Errors
    /// When `out` refuses.
    pub fn finish(self) -> io::Result<W> {
        match self {
            Packer::Plain(out) => Ok(out),
            Packer::Gzip(encoder) => encoder.finish(),
            Packer::Zstd(encoder) => encoder.finish(),
        }
    }
}

impl<W: Write> Write for Packer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Packer::Plain(out) => out.write(bytes),
            Packer::Gzip(encoder) => encoder.write(bytes),
            Packer::Zstd(encoder) => encoder.write(bytes),
        }
    }

    /// Flushes where nothing is packed. A packed stream is not cut into blocks by it: its bytes must not depend on
    /// how often somebody looks.
    fn flush(&mut self) -> io::Result<()> {
        match self {
            Packer::Plain(out) => out.flush(),
            Packer::Gzip(_) | Packer::Zstd(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(bytes: &[u8], packing: Packing) -> Vec<u8> {
        let mut packer = Packer::new(Vec::new(), packing).unwrap();
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    }

    fn unpacked(bytes: Vec<u8>) -> (Vec<u8>, Option<String>) {
        let mut stream = Unpacked::new(Box::new(Cursor::new(bytes))).unwrap();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).unwrap();
        (all, stream.counters().damage.get().cloned())
    }

    #[test]
    fn a_file_that_is_cut_while_it_is_read_is_damaged() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), vec![b'a'; 300_000]).unwrap();
        let mut unpacked = Unpacked::open(file.path().to_str().unwrap()).unwrap();
        unpacked.read_exact(&mut [0; 10_000]).unwrap();
        file.as_file().set_len(200_000).unwrap();
        let mut rest = Vec::new();
        unpacked.read_to_end(&mut rest).unwrap();
        assert_eq!(rest.len(), 190_000);
        let damage = unpacked.counters().damage.get().cloned();
        assert_eq!(damage.as_deref(), Some("the file had 300000 bytes when it was opened, and ends after 200000"));
    }

    #[test]
    fn what_is_packed_comes_back_and_several_members_are_one_file() {
        let text = "דרוש/ה מנהל/ת\n".repeat(5000).into_bytes();
        for packing in [Packing::Plain, Packing::Gzip, Packing::Zstd] {
            let once = packed(&text, packing);
            assert_eq!(once, packed(&text, packing));
            assert_eq!(unpacked([once.clone(), once].concat()), ([text.clone(), text.clone()].concat(), None));
        }
    }

    #[test]
    fn a_cut_stream_gives_what_it_held_and_says_where_it_ends() {
        let text: Vec<u8> = (0..200_000u32).flat_map(|number| number.to_string().into_bytes()).collect();
        for packing in [Packing::Gzip, Packing::Zstd] {
            let whole = packed(&text, packing);
            let half = whole.len() / 2;
            let (got, damage) = unpacked(whole[..half].to_vec());
            assert!(!got.is_empty() && text.starts_with(&got), "{packing:?}: {} bytes", got.len());
            let damage = damage.unwrap();
            assert!(damage.contains("is cut off") && damage.contains(&half.to_string()), "{damage}");
            let mut wrong = whole.clone();
            wrong[half] ^= 0x55;
            wrong[half + 1] ^= 0x55;
            assert!(unpacked(wrong).1.unwrap().contains("stream is"));
        }
    }

    #[test]
    fn failing_to_read_is_no_damage() {
        struct Broken(u8);
        impl Read for Broken {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                self.0 += 1;
                if self.0 > 1 {
                    return Err(io::Error::other("the disk is gone"));
                }
                let head = packed(b"text", Packing::Gzip);
                buffer[..4].copy_from_slice(&head[..4]);
                Ok(4)
            }
        }
        let mut stream = Unpacked::new(Box::new(Broken(0))).unwrap();
        let error = stream.read_to_end(&mut Vec::new()).unwrap_err();
        assert!(error.to_string().contains("the disk is gone") && stream.counters().damage.get().is_none());
    }
}
