//! `tachles serve` as its clients see it: the built program, real sockets, and every answer held against the API's document.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails should stop at once"
)]

mod ads;
mod jobs;
mod reviews;
mod safety;
#[path = "../support/schema.rs"]
mod schema;
#[path = "../support/server.rs"]
mod server;
#[path = "../support/mod.rs"]
mod support;

use std::sync::{Arc, Mutex, PoisonError, Weak};

use server::Server;
use support::{Bench, project};

/// A server without options, shared by the tests that run at one time, and stopped after the last of them.
fn shared() -> Arc<Server> {
    static RUNNING: Mutex<Weak<Server>> = Mutex::new(Weak::new());
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    running.upgrade().unwrap_or_else(|| {
        let started = Arc::new(Server::start(&std::env::temp_dir(), ""));
        *running = Arc::downgrade(&started);
        started
    })
}
