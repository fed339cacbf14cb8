//! Kills runs at random moments and starts them again, until they are through; then compares output, bad
//! records and ledger with those of a run that was left alone. Used by a short test and by the long one in `benches/chaos.rs`.

#![allow(dead_code, reason = "each user takes its part")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

/// The file of bad records.
const BAD: &str = "bad.jsonl.gz";

/// What to torment, and how.
pub struct Chaos<'c> {
    /// The program.
    pub binary: &'c Path,
    /// A folder to work in.
    pub folder: &'c Path,
    /// The input, with bad records in it.
    pub input: &'c Path,
    /// The extension of the output.
    pub extension: &'c str,
    /// Kills at least.
    pub kills: usize,
    /// Where random moments start.
    pub seed: u64,
}

/// What happened.
#[derive(Debug, Default)]
pub struct Toll {
    /// Processes killed while they ran.
    pub kills: usize,
    /// Of those, after the bad records were in place.
    pub released: usize,
    /// Of those, after the output was in place, too.
    pub late: usize,
    /// Of those, with scores in the ledger already.
    pub resumed: usize,
    /// Whole runs, each compared.
    pub rounds: usize,
    /// Of those, with the ledger compared too.
    pub compared: usize,
    /// How long a run takes that is left alone.
    pub alone: Duration,
}

/// A sequence of numbers that look random (Steele and others, SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: Duration) -> Duration {
        Duration::from_nanos(self.next() % (limit.as_nanos() as u64).max(1))
    }
}

impl Chaos<'_> {
    /// Kills and restarts until there were enough kills; gives what happened.
    ///
    /// # Panics
    /// When output, bad records or ledger differ from those of a run that was left alone.
    pub fn run(&self) -> Toll {
        let alone = self.folder.join("alone");
        let round = self.folder.join("round");
        let start = Instant::now();
        self.fresh(&alone);
        let done = self.start(&alone).wait_with_output().unwrap();
        assert!(through(&done), "a run that was left alone failed: {}", String::from_utf8_lossy(&done.stderr));
        let mut toll = Toll { alone: start.elapsed(), ..Toll::default() };
        let (expected, books) = (self.digests(&alone), ledger(&alone.join("l.db")));
        assert!(expected.iter().all(|digest| !digest.is_empty()));
        let mut random = Random(self.seed);
        while toll.kills < self.kills {
            self.fresh(&round);
            // Some rounds are killed once, some again and again; in the end each may finish.
            for _ in 0..1 + random.next() % 6 {
                let mut child = self.start(&round);
                std::thread::sleep(random.below(toll.alone + toll.alone / 16));
                let ended = child.try_wait().unwrap().is_some();
                let _ = child.kill();
                child.wait().unwrap();
                if ended {
                    break;
                }
                toll.kills += 1;
                toll.resumed += usize::from(scores(&round.join("l.db")) > 0);
                let [output, bad] = self.digests(&round);
                toll.released += usize::from(!bad.is_empty());
                toll.late += usize::from(!output.is_empty());
                for (found, whole) in [output, bad].iter().zip(&expected) {
                    assert!(found.is_empty() || found == whole, "a file that is not whole has its final name");
                }
            }
            let done = self.start(&round).wait_with_output().unwrap();
            assert!(through(&done), "{}", String::from_utf8_lossy(&done.stderr));
            toll.rounds += 1;
            let at = format!("round {} of {}, seed {}", toll.rounds, self.extension, self.seed);
            assert_eq!(self.digests(&round), expected, "{at}: the output or the bad records differ");
            let found = ledger(&round.join("l.db"));
            // A run that was killed when all was done is no longer there to be resumed: the last start was a run of its own.
            if found.iter().filter(|line| line.starts_with("runs")).count() == 1 {
                assert!(
                    found == books,
                    "{at}: the ledger differs: {:?}",
                    found.iter().zip(&books).find(|(a, b)| a != b)
                );
                toll.compared += 1;
            }
        }
        toll
    }

    /// Runs on a disk of `size` bytes, which is too small, then on one that is not; `Err` says why that could not be tried.
    ///
    /// # Panics
    /// When the full disk is not said clearly, or the output differs in the end.
    pub fn full_disk(&self, size: u64) -> Result<String, String> {
        let alone = self.folder.join("alone-disk");
        self.fresh(&alone);
        assert!(through(&self.start(&alone).wait_with_output().unwrap()));
        let disk = self.folder.join("disk");
        std::fs::create_dir_all(&disk).unwrap();
        let mount = |options: &str| {
            let done = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(&disk).output();
            done.is_ok_and(|done| done.status.success())
        };
        if !mount(&format!("size={size}")) {
            return Err("a small tmpfs cannot be mounted here".to_owned());
        }
        let work = disk.join("work");
        let run = || {
            self.fresh(&work);
            let full = self.start(&work).wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&full.stderr).into_owned();
            let whole = self.output(&work).exists();
            let roomy = mount(&format!("remount,size={}", size * 100));
            let done = self.start(&work).wait_with_output().unwrap();
            let same = self.digests(&work) == self.digests(&alone);
            (full.status.code(), said, whole, roomy, through(&done), same)
        };
        let seen = run();
        let unmounted = Command::new("umount").arg(&disk).status().is_ok_and(|status| status.success());
        let (code, said, whole, roomy, success, same) = seen;
        assert_eq!((code, whole), (Some(2), false), "{said}");
        assert!(said.contains("disk is full") || said.contains("no space left"), "{said}");
        assert!(roomy && success && same && unmounted, "roomy {roomy}, success {success}, same {same}");
        Ok(said.lines().last().unwrap_or_default().to_owned())
    }

    fn fresh(&self, folder: &Path) {
        let _ = std::fs::remove_dir_all(folder);
        std::fs::create_dir_all(folder).unwrap();
    }

    fn output(&self, folder: &Path) -> PathBuf {
        folder.join(format!("out.{}", self.extension))
    }

    /// The digests of the output and of the bad records; empty where there is no such file.
    fn digests(&self, folder: &Path) -> [Vec<u8>; 2] {
        [digest(&self.output(folder)), digest(&folder.join(BAD))]
    }

    fn start(&self, folder: &Path) -> Child {
        let mut command = Command::new(self.binary);
        command
            .args(["batch", "--threads", "2", "--ledger", "l.db", "--quarantine", BAD, "-o"])
            .arg(format!("out.{}", self.extension));
        command.arg(self.input).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    }
}

/// True when a run came to its end, which with bad records in the input has exit code 1.
fn through(done: &Output) -> bool {
    done.status.code() == Some(1)
}

/// The digest of a file's bytes; empty when there is none.
fn digest(path: &Path) -> Vec<u8> {
    std::fs::read(path).map_or_else(|_| Vec::new(), |bytes| Sha256::digest(bytes).to_vec())
}

fn open(path: &Path) -> rusqlite::Result<rusqlite::Connection> {
    rusqlite::Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE)
}

fn scores(path: &Path) -> i64 {
    let count = |open: rusqlite::Connection| open.query_row("SELECT count(*) FROM scores", [], |row| row.get(0));
    open(path).and_then(count).unwrap_or(0)
}

/// All rows of a ledger that do not speak of processes and times, as lines; checks that the file is sound.
pub fn ledger(path: &Path) -> Vec<String> {
    let connection = open(path).unwrap();
    let sound: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    let runs =
        "SELECT run, state, judge, read, scored, unchanged, duplicates, quarantined, skipped, vague, unsure, concrete,
        out_of_scope, unsupported FROM runs";
    let spread = "SELECT * FROM distributions";
    let tables = [
        ("runs", runs),
        ("distributions", spread),
        ("judges", "SELECT * FROM judges"),
        ("scores", "SELECT * FROM scores"),
    ];
    let more = ["postings", "state", "history"].map(|name| (name, format!("SELECT * FROM {name} ORDER BY posting")));
    let all = tables.iter().map(|&(name, query)| (name, query.to_owned())).chain(more);
    let mut lines = Vec::new();
    for (name, query) in all {
        let mut statement = connection.prepare(&query).unwrap();
        let width = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let cells: Vec<_> = (0..width).map(|at| format!("{:?}", row.get_ref(at).unwrap())).collect();
            lines.push(format!("{name} {}", cells.join(" ")));
        }
    }
    lines
}
