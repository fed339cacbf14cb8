//! How fast text becomes tokens, on one core: `cargo bench --bench tokenize`.
//!
//! Reads the real ads of the shared folder (environment variable `TACHLES_SHARED`, else `../shared`) and says so when
//! there is none.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a measurement that cannot be made should stop")]

use std::hint::black_box;
use std::path::PathBuf;
use std::time::Instant;

use tachles::text::{Analysis, Analyzer, TextSpec};

/// Each corpus is read this many times; the median is reported.
const ROUNDS: usize = 15;

fn main() {
    let shared = std::env::var_os("TACHLES_SHARED").map_or_else(|| PathBuf::from("../shared"), PathBuf::from);
    let analyzer = Analyzer::new(&TextSpec::default()).unwrap();
    for (name, file) in [("Hebrew", "real/ads_he.jsonl"), ("English", "real/ads_en.jsonl")] {
        let path = shared.join(file);
        match std::fs::read_to_string(&path) {
            Ok(lines) => measure(&analyzer, name, &texts(&lines)),
            Err(error) => println!("{name}: skipped, {} cannot be read ({error})", path.display()),
        }
    }
}

fn texts(lines: &str) -> Vec<String> {
    let text = |line: &str| {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        format!("{}\n{}", record["title"].as_str().unwrap_or(""), record["text"].as_str().unwrap_or(""))
    };
    lines.lines().map(text).collect()
}

fn measure(analyzer: &Analyzer, name: &str, texts: &[String]) {
    let bytes: usize = texts.iter().map(String::len).sum();
    let mut analysis = Analysis::default();
    let mut tokens = 0;
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            tokens = 0;
            let start = Instant::now();
            for text in texts {
                analyzer.analyze_into(black_box(text), &mut analysis);
                tokens += black_box(&analysis).tokens().len();
            }
            start.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let median = times.get(times.len() / 2).copied().unwrap_or(f64::NAN);
    let best = times.first().copied().unwrap_or(f64::NAN);
    println!(
        "{name}: {} texts, {bytes} bytes, {tokens} tokens: {:.1} MB/s median, {:.1} best, {:.0} texts/s, {:.0} ns a token",
        texts.len(),
        bytes as f64 / median / 1e6,
        bytes as f64 / best / 1e6,
        texts.len() as f64 / median,
        median * 1e9 / tokens as f64
    );
}
