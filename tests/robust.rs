//! What the program does when its surroundings fail it, and when its input is not what it was told.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails should stop at once"
)]

mod support;

use std::fs::File;
use std::process::{Command, Stdio};

use support::{Bench, project};

/// A run whose output and complaints go where the test says; the exit code, none after a signal.
fn code(arguments: &[&str], stdout: impl Into<Stdio>, stderr: impl Into<Stdio>) -> Option<i32> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tachles"));
    command.args(arguments).stdin(Stdio::null()).stdout(stdout).stderr(stderr).status().unwrap().code()
}

#[cfg(target_os = "linux")]
fn full() -> File {
    File::options().write(true).open("/dev/full").unwrap()
}

/// The writing end of a pipe that nobody reads.
fn closed() -> std::io::PipeWriter {
    std::io::pipe().unwrap().1
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_or_closed_standard_error_is_no_fault() {
    assert_eq!(code(&["score", "no-such-file"], Stdio::null(), full()), Some(2));
    assert_eq!(code(&["score", "no-such-file"], Stdio::null(), closed()), Some(2));
    assert_eq!(code(&["model", "-v"], Stdio::null(), full()), Some(0));
    assert_eq!(code(&["model", "-v"], Stdio::null(), closed()), Some(0));
}

#[cfg(target_os = "linux")]
#[test]
fn completions_that_cannot_be_written_are_an_error() {
    assert_eq!(code(&["completions", "bash"], full(), Stdio::null()), Some(2));
    assert_eq!(code(&["completions", "bash"], closed(), Stdio::null()), Some(0));
}

#[test]
fn every_verb_takes_the_model_and_the_loudness() {
    let model = project("models/default");
    let bench = Bench::new().file("ad.txt", "We write posts.");
    for verb in ["model", "tokens ad.txt", "reasons"] {
        for option in ["-q", "-v", "-q --model", "-v -m"] {
            let run = bench.run(&format!("{verb} {option}"));
            let run = if option.ends_with('m') || option.ends_with("model") { run.arg(&model) } else { run };
            run.exits(0);
        }
    }
    for verb in ["model", "tokens ad.txt"] {
        bench.run(&format!("{verb} -m no-such-model")).exits(2).says("no-such-model");
    }
}

#[test]
fn tokens_say_what_was_mended() {
    let bench = Bench::new().file("ad.txt", "We said itâ€™s good");
    bench.run("tokens ad.txt").exits(0).says("put right");
    bench.run("tokens -q ad.txt").exits(0).keeps_quiet_of("put right");
}
