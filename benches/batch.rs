//! Whole `tachles batch` runs beside a bare `csv` copy of the same file: ads a second, megabytes a second, peak memory.
//!
//! Runs the built binary on the NHS postings of the folder `$TACHLES_SHARED` (or `../shared`), plain and packed, into every
//! format; skips clearly without them. Peer and subjects are interleaved in one run; medians of seven. Also the time of
//! one `score` from start to exit. `cargo bench --bench batch`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a measurement that fails should stop at once")]

mod limit;

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const RUNS: usize = 7;
const BINARY: &str = env!("CARGO_BIN_EXE_tachles");

fn main() {
    let shared = std::env::var("TACHLES_SHARED").unwrap_or_else(|_| "../shared".to_owned());
    let packed = Path::new(&shared).join("real/throughput_nhs.csv.gz");
    if !packed.is_file() {
        println!("skipped: {} is not here", packed.display());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("nhs.csv");
    unpack(&packed, &input);
    let (rows, bytes) = count(&input);
    println!("{rows} ads, {:.1} MB, medians of {RUNS}", bytes as f64 / 1e6);

    let zst = folder.path().join("nhs.csv.zst");
    std::fs::write(&zst, zstd::encode_all(File::open(&input).unwrap(), 3).unwrap()).unwrap();
    let plain: &Path = &input;
    let cases: [(&Path, &str, usize); 9] = [
        (plain, "jsonl", 1),
        (plain, "jsonl", 2),
        (&packed, "jsonl", 2),
        (&zst, "jsonl", 2),
        (plain, "csv", 2),
        (plain, "parquet", 2),
        (plain, "jsonl.gz", 2),
        (plain, "jsonl.zst", 2),
        (&packed, "jsonl.gz", 2),
    ];
    let mut copies = Vec::new();
    let mut batches: Vec<(Vec<Duration>, u64)> = vec![Default::default(); cases.len()];
    for _ in 0..RUNS {
        copies.push(limit::copy(&input, &folder.path().join("copy.csv")));
        for ((from, to, threads), (times, peak)) in cases.iter().zip(&mut batches) {
            let (time, memory) = batch(from, &folder.path().join("out").with_extension(to), *threads);
            times.push(time);
            *peak = memory.max(*peak);
        }
    }
    let copy = median(&mut copies);
    report("bare csv copy", copy, rows, bytes, copy, 0);
    for ((from, to, threads), (times, peak)) in cases.iter().zip(&mut batches) {
        let from = from.file_name().unwrap().to_string_lossy().split_once('.').unwrap().1.to_owned();
        report(&format!("{from} to {to}, {threads} thread(s)"), median(times), rows, bytes, copy, *peak);
    }
    let ad = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/samples/ad.txt");
    let mut starts: Vec<Duration> = (0..31).map(|_| score(&ad)).collect();
    println!(
        "score of one ad, process start to exit: {:.1} ms (median of 31)",
        median(&mut starts).as_secs_f64() * 1e3
    );
}

fn unpack(packed: &Path, target: &Path) {
    let mut gunzip = Command::new("gzip").arg("-dc").arg(packed).stdout(Stdio::piped()).spawn().unwrap();
    let mut bytes = Vec::new();
    gunzip.stdout.take().unwrap().read_to_end(&mut bytes).unwrap();
    assert!(gunzip.wait().unwrap().success());
    std::fs::write(target, bytes).unwrap();
}

fn count(input: &Path) -> (u64, u64) {
    let mut reader = csv::Reader::from_path(input).unwrap();
    (reader.byte_records().count() as u64, std::fs::metadata(input).unwrap().len())
}

fn batch(input: &Path, output: &Path, threads: usize) -> (Duration, u64) {
    let start = Instant::now();
    let mut child = Command::new(BINARY)
        .args(["batch", "-q", "--threads", &threads.to_string(), "-o"])
        .arg(output)
        .arg(input)
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
        peak = peak.max(line.trim().trim_end_matches(" kB").parse().unwrap_or(0));
        std::thread::sleep(Duration::from_millis(5));
    }
    (start.elapsed(), peak)
}

fn score(ad: &Path) -> Duration {
    let start = Instant::now();
    let status = Command::new(BINARY).arg("score").arg(ad).stdout(Stdio::null()).status().unwrap();
    assert!(status.success());
    start.elapsed()
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn report(name: &str, time: Duration, rows: u64, bytes: u64, copy: Duration, peak: u64) {
    let seconds = time.as_secs_f64();
    print!(
        "{name:<32} {:>8.0} ads/s  {:>7.1} MB/s  {:>5.1} x the copy's time",
        rows as f64 / seconds,
        bytes as f64 / 1e6 / seconds,
        seconds / copy.as_secs_f64()
    );
    if peak > 0 {
        print!("  peak {:.0} MB", peak as f64 / 1024.0);
    }
    println!();
    std::io::stdout().flush().unwrap();
}
