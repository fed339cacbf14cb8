//! A few kills at random moments; `benches/chaos.rs` does hundreds.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails should stop at once"
)]

#[path = "support/chaos.rs"]
mod chaos;

use std::path::Path;

use chaos::Chaos;

fn torment(extension: &str, kills: usize) {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("ads.csv");
    let text =
        "We want a ninja who is passionate about social media and thinks outside the box and wows our followers. ";
    let ads = (0..1500).map(|n| format!("a{n},Social Media Manager,{text}Number {}.\n", n % 1400));
    std::fs::write(&input, "id,title,text\n".to_owned() + &ads.collect::<String>()).unwrap();
    let binary = Path::new(env!("CARGO_BIN_EXE_tachles"));
    let chaos = Chaos { binary, folder: folder.path(), input: &input, extension, kills, seed: 7 };
    match chaos.run() {
        Ok(toll) => assert!(toll.kills >= kills, "{toll:?}"),
        Err(said) => println!("skipped: {said}"),
    }
    match chaos.full_disk(300_000) {
        Ok(said) => println!("{said}"),
        Err(why) => println!("skipped: {why}"),
    }
}

#[test]
fn a_killed_run_ends_as_one_that_was_left_alone() {
    torment("jsonl", 4);
}
