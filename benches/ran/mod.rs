//! How long a process ran, by the clock and by the processor, and how much memory it took at most.

#![allow(dead_code, reason = "each bench takes its part")]
#![allow(clippy::unwrap_used, reason = "a measurement that fails should stop at once")]

use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

/// What a process took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ran {
    /// Seconds by the clock.
    pub wall: f64,
    /// Seconds of processor time, of all threads, in the program and in the system for it.
    pub cpu: f64,
    /// The peak of its memory, in megabytes.
    pub peak: f64,
}

impl Ran {
    /// Waits for `child`; with a `limit` it is killed after that.
    pub fn out(child: &mut Child, limit: Option<Duration>) -> (ExitStatus, Ran) {
        let start = Instant::now();
        let mut ran = Ran::default();
        let ended = loop {
            // Read before the end is waited for, after which there is nothing to read.
            let read = |what: &str| std::fs::read_to_string(format!("/proc/{}/{what}", child.id())).unwrap_or_default();
            let status = read("status");
            let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
            let peak: f64 = line.trim().trim_end_matches(" kB").parse().unwrap_or(0.0);
            let stat = read("stat");
            let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
            let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
            // Ticks are hundredths of a second on Linux.
            ran.cpu = ran.cpu.max((ticks(11) + ticks(12)) / 100.0);
            ran.peak = ran.peak.max(peak / 1024.0);
            if let Some(ended) = child.try_wait().unwrap() {
                break ended;
            }
            if limit.is_some_and(|limit| start.elapsed() >= limit) {
                child.kill().unwrap();
                break child.wait().unwrap();
            }
            std::thread::sleep(Duration::from_millis(4));
        };
        ran.wall = start.elapsed().as_secs_f64();
        (ended, ran)
    }

    /// One after the other.
    pub fn and(self, then: Ran) -> Ran {
        Ran { wall: self.wall + then.wall, cpu: self.cpu + then.cpu, peak: self.peak.max(then.peak) }
    }
}
