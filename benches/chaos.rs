//! Kills runs at random moments (200 of each kind of output, or `CHAOS_KILLS`), starts them again, and compares output and
//! ledger with a run that was left alone; then the same with a full disk. `cargo bench --bench chaos`.
//!
//! The input is made here: 20,000 postings (or `CHAOS_ADS`), one in twenty a repeat. `CHAOS_EXTENSIONS=jsonl,csv` chooses
//! the kinds of output, `CHAOS_SEED` the moments.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a measurement that fails should stop at once"
)]

#[path = "../tests/support/chaos.rs"]
mod chaos;

use std::path::Path;

use chaos::Chaos;

const SENTENCES: [&str; 8] = [
    "We are a young and dynamic company looking for a social media ninja.",
    "You will write three Instagram posts a week and report on reach every month.",
    "אנחנו מחפשים מנהל/ת סושיאל עם ראש גדול ותשוקה לרשתות.",
    "Passionate about social, thinks outside the box, lives and breathes brands.",
    "The budget is 4,000 a month on Meta and TikTok; the target is 30 leads a week.",
    "שכר: 12,000 ש\"ח, משרה מלאה, ימים א'-ה'.",
    "Great pay for the right people, and a family atmosphere.",
    "You report to the head of marketing and manage one junior writer.",
];

fn setting(name: &str, otherwise: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| otherwise.to_owned())
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("ads.csv");
    let count: usize = setting("CHAOS_ADS", "20000").parse().unwrap();
    let mut text = String::from("id,title,text\n");
    for number in 0..count {
        let of = if number % 20 == 19 { number / 2 } else { number };
        let body: Vec<&str> = (0..8).map(|place| SENTENCES[(of / (place + 1) + place) % 8]).collect();
        text += &format!(
            "p{number},Social Media Manager,\"<p>{}</p> Number {of}.\"\n",
            body.join(" ").replace('"', "\"\"")
        );
    }
    std::fs::write(&input, text).unwrap();
    let binary = Path::new(env!("CARGO_BIN_EXE_tachles"));
    let kills = setting("CHAOS_KILLS", "200").parse().unwrap();
    let seed = setting("CHAOS_SEED", "1").parse().unwrap();
    for extension in setting("CHAOS_EXTENSIONS", "jsonl,csv,jsonl.gz,csv.zst,parquet").split(',') {
        let chaos = Chaos { binary, folder: folder.path(), input: &input, extension, kills, seed };
        match chaos.run() {
            Ok(toll) => println!(
                "{extension}: {} kills ({} with scores in the ledger, {} after the output was in place) in {} runs of {:.1} s; \
                 output and ledger as if left alone",
                toll.kills,
                toll.resumed,
                toll.late,
                toll.rounds,
                toll.alone.as_secs_f64()
            ),
            Err(said) => println!("{extension}: skipped: {}", said.trim()),
        }
        match chaos.full_disk(8_000_000) {
            Ok(said) => println!("{extension}: full disk: {said}"),
            Err(why) => println!("{extension}: full disk skipped: {why}"),
        }
    }
}
