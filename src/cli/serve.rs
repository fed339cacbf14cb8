//! `tachles serve`: a page and a JSON API.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use serde_json::json;

use super::Outcome;
use super::log::{self, Level, LogFormat};
use super::options::{self, AllowOption, Loudness, ModelOption, print, size};
use crate::error::Error;
use crate::serve::{self, Limits, Observer, Options, Token};

/// The variable that a token may stand in.
const TOKEN: &str = "TACHLES_TOKEN";

/// Arguments of `serve`.
#[derive(Args, Debug)]
pub struct ServeArguments {
    /// The address to listen at; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8040")]
    listen: SocketAddr,
    /// A token that clients must give, at least 16 characters; needed to listen beyond this machine. Other users see the command
    /// line: better use --token-file, or the variable TACHLES_TOKEN
    #[arg(long, value_name = "TOKEN", conflicts_with = "token_file")]
    token: Option<String>,
    /// A file that holds the token
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// A name by which browsers call this server, as behind a proxy; may be repeated
    #[arg(long = "allow-host", value_name = "NAME")]
    hosts: Vec<String>,
    /// The ledger of batch runs: shows its runs, and keeps reviews in it
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
    /// Ads that are scored at one time (default: all cores)
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// The largest file of ads that is taken
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "256MiB")]
    max_upload: u64,
    /// The layout of messages on standard error
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    log: LogFormat,
    #[command(flatten)]
    allow: AllowOption,
    #[command(flatten)]
    model: ModelOption,
    #[command(flatten)]
    loudness: Loudness,
}

/// Serves until a signal comes.
pub fn run(arguments: ServeArguments) -> anyhow::Result<Outcome> {
    log::choose(arguments.log);
    let threads = options::threads(arguments.threads)?;
    let token = token(&arguments)?;
    let model = arguments.model.load()?;
    let allow = arguments.allow.load(&model)?;
    let options = Options {
        listen: arguments.listen,
        token,
        hosts: arguments.hosts,
        threads,
        allow,
        ledger: arguments.ledger,
        limits: Limits { upload: arguments.max_upload, ..Limits::default() },
    };
    serve::run(model, options, Arc::new(Teller(arguments.loudness)))?;
    Ok(Outcome::Done)
}

/// The token, from whichever place it was put in.
fn token(arguments: &ServeArguments) -> Result<Option<Token>, Error> {
    let word = match (&arguments.token, &arguments.token_file) {
        (Some(word), _) => Some(word.clone()),
        (None, Some(path)) => {
            let name = path.display().to_string();
            Some(std::fs::read_to_string(path).map_err(|error| Error::io(&name, &error))?)
        }
        (None, None) => std::env::var(TOKEN).ok().filter(|word| !word.is_empty()),
    };
    word.map(|word| Token::new(&word)).transpose()
}

/// Tells what the server does on standard error, and its address on standard output.
struct Teller(Loudness);

impl Observer for Teller {
    fn listening(&self, address: SocketAddr) {
        // A closed standard output is no reason not to serve.
        let _ = print(&format!("http://{address}/\n"));
        let fields = json!({ "address": address.to_string() });
        self.0.tell(Level::Info, "listening", "open this address in a browser; Ctrl-C ends it", fields);
    }

    fn answered(&self, method: &str, route: &str, status: u16, took: Duration) {
        if status < 500 && !self.0.verbose {
            return;
        }
        let level = if status < 500 { Level::Debug } else { Level::Warning };
        let milliseconds = took.as_secs_f64() * 1e3;
        let line = format!("{method} {route} {status} {milliseconds:.1} ms");
        let fields = json!({ "method": method, "route": route, "status": status, "milliseconds": milliseconds });
        self.0.tell(level, "answered", &line, fields);
    }

    fn warning(&self, event: &str, message: &str) {
        self.0.tell(Level::Warning, event, &format!("warning: {message}"), serde_json::Value::Null);
    }

    fn stopping(&self, connections: usize) {
        let line = format!("stopping; {connections} connections are open");
        self.0.tell(Level::Info, "stopping", &line, json!({ "connections": connections }));
    }
}
