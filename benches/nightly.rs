//! What a night costs: a first run with a ledger, the same input again, 1% of it changed, and a run killed half-way.
//!
//! The NHS postings of the folder `$TACHLES_SHARED` (or `../shared`), repeated to 100,000 (or `NIGHTLY_ADS`) and each made
//! different by its id and a number in its text. Runs the built binary, each setting `NIGHTLY_RUNS` times (once), and gives the
//! run of median processor time. Then the peak memory of a first run over a quarter, half and all of them (`NIGHTLY_SIZES=0`
//! leaves that out). Needs room in the temporary folder: 14 KB an ad.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a measurement that fails should stop at once")]

mod limit;
mod ran;

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ran::Ran;

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
    let size = |name: &str| std::fs::metadata(at(name)).map_or(0.0, |meta| meta.len() as f64 / 1e6);
    println!("{ads} ads, {:.0} MB", size("ads.csv"));
    let mut bench = Bench { folder: folder.path().to_owned(), ads, full: Ran::default() };

    let copy = limit::copy(&at("ads.csv"), &at("copy.csv"));
    println!("{:<44} {:>8.2} s", "bare csv copy of the input", copy.as_secs_f64());
    let _ = std::fs::remove_file(at("copy.csv"));
    bench.row("1 thread, no ledger", &["ads.csv", "--threads", "1", "-o", "out.jsonl"]);
    bench.full = bench.row("2 threads, no ledger", &["ads.csv", "--threads", "2", "-o", "out.jsonl"]);
    println!("{:<44} {:>8.0} MB", "the output", size("out.jsonl"));
    let start = Instant::now();
    std::fs::copy(at("out.jsonl"), at("copy.jsonl")).unwrap();
    println!("{:<44} {:>8.2} s", "a copy of the output by the system", start.elapsed().as_secs_f64());
    let _ = std::fs::remove_file(at("copy.jsonl"));
    bench.forget();
    let ledger = ["--threads", "2", "--ledger", "l.db"];
    let with = |more: &[&'static str]| -> Vec<&'static str> { more.iter().copied().chain(ledger).collect() };
    bench.row("first run, ledger", &with(&["ads.csv", "-o", "out.jsonl"]));
    println!("{:<44} {:>8.0} MB", "the ledger", size("l.db"));
    bench.keep();
    for (name, more) in [
        ("the same again", &["ads.csv", "-o", "out.jsonl"][..]),
        ("the same again, --only-new", &["ads.csv", "-o", "out.jsonl", "--only-new"]),
        ("1% changed", &["next.csv", "-o", "out.jsonl"]),
        ("1% changed, csv output", &["next.csv", "-o", "out.csv"]),
        ("1% changed, --only-new", &["next.csv", "-o", "out.jsonl", "--only-new"]),
    ] {
        bench.restored(name, &with(more));
    }
    bench.forget();
    bench.killed(&with(&["ads.csv", "-o", "out.jsonl"]));
    if setting("NIGHTLY_SIZES", 1) > 0 {
        for part in [4, 2, 1] {
            bench.forget();
            bench.ads = ads / part;
            let limit = (ads / part).to_string();
            let name = format!("first run over {limit}, with report");
            let more = ["ads.csv", "-o", "out.jsonl", "--report", "night.html", "--limit", &limit];
            bench.once(&name, &more.into_iter().chain(ledger).collect::<Vec<_>>());
        }
    }
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
    /// A run without a ledger on two threads.
    full: Ran,
}

impl Bench {
    fn start(&self, arguments: &[&str]) -> std::process::Child {
        Command::new(env!("CARGO_BIN_EXE_tachles"))
            .args(["batch", "-q"])
            .args(arguments)
            .current_dir(&self.folder)
            .spawn()
            .unwrap()
    }

    /// Runs once, and says what it took.
    fn once(&self, name: &str, arguments: &[&str]) -> Ran {
        let (ended, ran) = Ran::out(&mut self.start(arguments), None);
        assert!(ended.success(), "{name}: {ended}");
        self.say(name, ran);
        ran
    }

    /// The run of median processor time; each begins without a ledger.
    fn row(&self, name: &str, arguments: &[&str]) -> Ran {
        self.median(name, arguments, || self.forget())
    }

    /// The same, each beginning with the ledger that was kept.
    fn restored(&self, name: &str, arguments: &[&str]) {
        self.median(name, arguments, || self.restore());
    }

    fn median(&self, name: &str, arguments: &[&str], before: impl Fn()) -> Ran {
        let mut all: Vec<Ran> = (0..setting("NIGHTLY_RUNS", 1))
            .map(|_| {
                before();
                let (ended, ran) = Ran::out(&mut self.start(arguments), None);
                assert!(ended.success(), "{name}: {ended}");
                ran
            })
            .collect();
        all.sort_by(|one, other| one.cpu.total_cmp(&other.cpu));
        self.say(name, all[all.len() / 2]);
        all[all.len() / 2]
    }

    fn say(&self, name: &str, ran: Ran) {
        let Ran { wall, cpu, peak } = ran;
        print!("{name:<44} {wall:>8.2} s {cpu:>8.2} s CPU {:>8.0} ads/s  peak {peak:>4.0} MB", self.ads as f64 / wall);
        if self.full.cpu > 0.0 {
            let share = |one: f64, of: f64| 100.0 * one / of;
            print!("  {:>6.1}% ({:.1}% CPU)", share(wall, self.full.wall), share(cpu, self.full.cpu));
        }
        println!();
    }

    fn forget(&self) {
        for name in ["l.db", "l.db-wal", "l.db-shm", "out.jsonl", "out.csv"] {
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
        let (_, first) = Ran::out(&mut self.start(arguments), Some(Duration::from_secs_f64(self.full.wall / 2.0)));
        self.say("killed at half the time", first);
        let second = self.once("and resumed", arguments);
        self.say("both parts together", first.and(second));
    }
}
