//! Counters for an operator, in the text format that Prometheus reads. Labels are routes, methods and words of this program, never
//! what clients send.

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use tokio::sync::Semaphore;

use crate::score::Decision;

/// The upper ends of the parts that times are counted in, in seconds.
const TIMES: [f64; 12] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0, 30.0];

type Requests = [(&'static str, String); 3];
type Times = [(&'static str, String); 1];
type Verdicts = [(&'static str, &'static str); 1];

/// The counters.
pub(super) struct Metrics {
    registry: Registry,
    requests: Family<Requests, Counter>,
    times: Family<Times, Histogram, fn() -> Histogram>,
    ads: Family<Verdicts, Counter>,
    under_way: Gauge,
    memory: Gauge,
    jobs: Gauge,
    /// Places for requests under way.
    pub places: Arc<Semaphore>,
    most: usize,
}

impl Metrics {
    /// Counters at nothing, and `most` places for requests.
    pub fn new(most: usize) -> Metrics {
        let mut registry = Registry::with_prefix("tachles");
        let requests = Family::default();
        let times: Family<Times, Histogram, fn() -> Histogram> = Family::new_with_constructor(|| Histogram::new(TIMES));
        let (ads, under_way, memory, jobs) = (Family::default(), Gauge::default(), Gauge::default(), Gauge::default());
        registry.register("http_requests", "Requests answered", requests.clone());
        registry.register(
            "http_request_seconds",
            "Time from a request's head to the head of its answer",
            times.clone(),
        );
        registry.register("http_requests_under_way", "Requests under way", under_way.clone());
        registry.register("ads_scored", "Ads scored one at a time, by verdict", ads.clone());
        registry.register("resident_memory_bytes", "Memory of the process (Linux only)", memory.clone());
        registry.register("jobs_open", "Files of ads that are scored or wait for it", jobs.clone());
        let build = Family::<[(&str, &str); 1], Gauge>::default();
        build.get_or_create(&[("version", env!("CARGO_PKG_VERSION"))]).set(1);
        registry.register("build_info", "The version of the program", build);
        Metrics {
            registry,
            requests,
            times,
            ads,
            under_way,
            memory,
            jobs,
            places: Arc::new(Semaphore::new(most)),
            most,
        }
    }

    /// A request was answered.
    pub fn answered(&self, method: &str, route: &str, status: u16, took: Duration) {
        let labels = [("method", method.to_owned()), ("route", route.to_owned()), ("status", status.to_string())];
        self.requests.get_or_create(&labels).inc();
        self.times.get_or_create(&[("route", route.to_owned())]).observe(took.as_secs_f64());
    }

    /// An ad was scored.
    pub fn scored(&self, decision: Decision) {
        self.ads.get_or_create(&[("verdict", decision.as_str())]).inc();
    }

    /// All counters as text; `jobs` are not over.
    pub fn text(&self, jobs: usize) -> String {
        self.jobs.set(jobs as i64);
        self.under_way.set(self.most.saturating_sub(self.places.available_permits()) as i64);
        self.memory.set(resident());
        let mut text = String::new();
        // Memory takes everything.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// Resident memory in bytes; 0 where the system does not say.
fn resident() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<i64>().ok());
    kib.map_or(0, |kib| kib * 1024)
}
