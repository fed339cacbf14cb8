//! What a night costs: a first run with a ledger, the same input again, 1% of it changed, and a run killed half-way.
//!
//! The NHS postings of the folder `$TACHLES_SHARED` (or `../shared`), repeated to 100,000 (or `NIGHTLY_ADS`) and each made
//! different by its id and a number in its text. Runs the built binary, each setting once, or `NIGHTLY_RUNS` times with
//! medians; peak memory is that of the process. Needs room in the temporary folder: 9 KB an ad.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a measurement that fails should stop at once")]

mod limit;

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn setting(name: &str, otherwise: usize) -> usize {
    std::env::var(name).map_or(otherwise, |value| value.parse().unwrap())
}

fn main() {
    let shared = std::env::var("TACHLES_SHARED").unwrap_or_else(|_| "../shared".to_owned());
    let packed = Path::new(&shared).join("real/throughput_nhs.csv.gz");
    if !packed.is_file() {
        println!("skipped: {} is not here", packed.display());
        return;
    }
    let ads = setting("NIGHTLY_ADS", 100_000);
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    repeat(&packed, &at("ads.csv"), ads, 0);
    repeat(&packed, &at("next.csv"), ads, 100);
    let bytes = std::fs::metadata(at("ads.csv")).unwrap().len();
    println!("{ads} ads, {:.0} MB", bytes as f64 / 1e6);
    let bench = Bench { folder: folder.path().to_owned(), ads, full: Duration::ZERO };

    let copy = bench.times(|| limit::copy(&at("ads.csv"), &at("copy.csv")));
    println!("{:<44} {:>7.2} s", "bare csv copy", copy.as_secs_f64());
    let _ = std::fs::remove_file(at("copy.csv"));
    bench.row("1 thread, no ledger", &["ads.csv", "--threads", "1", "-o", "out.jsonl"]);
    let full = bench.row("2 threads, no ledger", &["ads.csv", "--threads", "2", "-o", "out.jsonl"]);
    let bench = Bench { full, ..bench };
    bench.forget();
    let ledger = ["--threads", "2", "--ledger", "l.db"];
    let with = |more: &[&'static str]| -> Vec<&'static str> { more.iter().copied().chain(ledger).collect() };
    bench.row("first run, ledger", &with(&["ads.csv", "-o", "out.jsonl"]));
    println!("{:<44} {:>7.0} MB", "the ledger", std::fs::metadata(at("l.db")).unwrap().len() as f64 / 1e6);
    bench.keep();
    bench.row("the same again", &with(&["ads.csv", "-o", "out.jsonl"]));
    for (name, more) in [
        ("1% changed", &["next.csv", "-o", "out.jsonl"][..]),
        ("1% changed, csv output", &["next.csv", "-o", "out.csv"]),
        ("1% changed, --only-new", &["next.csv", "-o", "out.jsonl", "--only-new"]),
    ] {
        bench.restore();
        bench.row(name, &with(more));
    }
    bench.forget();
    bench.killed(&with(&["ads.csv", "-o", "out.jsonl"]));
}

/// Writes `ads` postings; each `every`th is another than without.
fn repeat(packed: &Path, target: &Path, ads: usize, every: usize) {
    let mut gunzip = Command::new("gzip").arg("-dc").arg(packed).stdout(Stdio::piped()).spawn().unwrap();
    let mut reader = csv::Reader::from_reader(BufReader::new(gunzip.stdout.take().unwrap()));
    let header = reader.byte_headers().unwrap().clone();
    let rows: Vec<csv::ByteRecord> = reader.byte_records().map(|row| row.unwrap()).collect();
    gunzip.wait().unwrap();
    let text = header.iter().position(|name| name == b"description").unwrap();
    let mut writer = csv::Writer::from_writer(BufWriter::with_capacity(1 << 20, File::create(target).unwrap()));
    writer.write_byte_record(&header).unwrap();
    for number in 0..ads {
        let row = &rows[number % rows.len()];
        let edit = if every > 0 && number % every == 0 { " Edited." } else { "" };
        let mut fields: Vec<Vec<u8>> = row.iter().map(<[u8]>::to_vec).collect();
        fields[0].extend_from_slice(format!("-{number}").as_bytes());
        fields[text].extend_from_slice(format!("<p>Reference {number}.{edit}</p>").as_bytes());
        writer.write_record(&fields).unwrap();
    }
    writer.flush().unwrap();
}

struct Bench {
    folder: PathBuf,
    ads: usize,
    /// How long a run without a ledger takes.
    full: Duration,
}

impl Bench {
    fn times(&self, mut once: impl FnMut() -> Duration) -> Duration {
        let mut times: Vec<Duration> = (0..setting("NIGHTLY_RUNS", 1)).map(|_| once()).collect();
        times.sort();
        times[times.len() / 2]
    }

    fn start(&self, arguments: &[&str]) -> std::process::Child {
        Command::new(env!("CARGO_BIN_EXE_tachles"))
            .args(["batch", "-q"])
            .args(arguments)
            .current_dir(&self.folder)
            .spawn()
            .unwrap()
    }

    fn row(&self, name: &str, arguments: &[&str]) -> Duration {
        let start = Instant::now();
        let mut child = self.start(arguments);
        let status = format!("/proc/{}/status", child.id());
        let mut peak = 0.0f64;
        let ended = loop {
            if let Some(ended) = child.try_wait().unwrap() {
                break ended;
            }
            let text = std::fs::read_to_string(&status).unwrap_or_default();
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
            peak = peak.max(line.trim().trim_end_matches(" kB").parse().unwrap_or(0.0));
            std::thread::sleep(Duration::from_millis(5));
        };
        assert!(ended.success(), "{name}: {ended}");
        let time = start.elapsed();
        self.say(name, time, peak);
        time
    }

    fn say(&self, name: &str, time: Duration, peak: f64) {
        let seconds = time.as_secs_f64();
        print!("{name:<44} {seconds:>7.2} s {:>9.0} ads/s  peak {:>4.0} MB", self.ads as f64 / seconds, peak / 1024.0);
        if self.full > Duration::ZERO {
            print!("  {:>5.1}% of a run without ledger", 100.0 * seconds / self.full.as_secs_f64());
        }
        println!();
    }

    fn forget(&self) {
        for name in ["l.db", "l.db-wal", "l.db-shm", "out.jsonl"] {
            let _ = std::fs::remove_file(self.folder.join(name));
        }
    }

    fn keep(&self) {
        std::fs::copy(self.folder.join("l.db"), self.folder.join("kept.db")).unwrap();
    }

    fn restore(&self) {
        self.forget();
        std::fs::copy(self.folder.join("kept.db"), self.folder.join("l.db")).unwrap();
    }

    fn killed(&self, arguments: &[&str]) {
        let start = Instant::now();
        let mut child = self.start(arguments);
        std::thread::sleep(self.full / 2);
        child.kill().unwrap();
        child.wait().unwrap();
        let first = start.elapsed();
        let second = self.row("resumed after a kill at half the time", arguments);
        self.say("both parts together", first + second, 0.0);
    }
}
