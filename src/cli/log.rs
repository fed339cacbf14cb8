//! What goes to standard error: lines for people, or one JSON object a line for machines. Set once, before anything is said.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use serde_json::{Map, Value};

/// Whether lines are JSON objects; the same for the whole process, like the stream itself.
static AS_JSON: AtomicBool = AtomicBool::new(false);

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The run cannot go on.
    Error,
    /// Something is not as it should be.
    Warning,
    /// Worth knowing.
    Info,
    /// For those who ask for more.
    Debug,
}

impl Level {
    fn as_str(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Info => "info",
            Level::Debug => "debug",
        }
    }
}

/// The layout of lines on standard error.
#[derive(clap::ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people
    #[default]
    Text,
    /// One JSON object a line: time, level, event, message, fields
    Json,
}

/// Chooses the layout of all lines to come.
pub fn choose(format: LogFormat) {
    AS_JSON.store(format == LogFormat::Json, Ordering::Relaxed);
}

/// True when lines are JSON objects.
pub fn is_json() -> bool {
    AS_JSON.load(Ordering::Relaxed)
}

#[derive(Serialize)]
struct Line<'l> {
    time: String,
    level: &'static str,
    event: &'l str,
    message: &'l str,
    fields: Map<String, Value>,
}

/// Writes one line: `message` for people, or an object with `event` and `fields` for machines. Where nobody can read it (a
/// closed pipe, a full disk) there is nobody to tell.
pub fn write(level: Level, event: &str, message: &str, fields: Map<String, Value>) {
    let line = if is_json() {
        let time = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        serde_json::to_string(&Line { time, level: level.as_str(), event, message, fields }).unwrap_or_default()
    } else {
        message.to_owned()
    };
    let mut err = std::io::stderr().lock();
    // One write a line, so that lines of several programs do not mix.
    let _ = err.write_all(format!("{line}\n").as_bytes());
}

/// The fields of an object; anything else has none.
pub fn fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
