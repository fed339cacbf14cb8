//! Work without the interpreter: other Python threads run meanwhile, and an interrupt (Ctrl-C) is heard.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use super::error::exception;
use crate::error::Result;

/// How often signals are looked for.
const TICK: Duration = Duration::from_millis(50);

/// Does `work` without the interpreter.
pub(super) fn detached<T: Send>(py: Python<'_>, work: impl FnOnce() -> Result<T> + Send) -> PyResult<T> {
    py.detach(work).map_err(|error| exception(py, &error))
}

/// Does `work` on a thread of its own, which is told by `stop` when a signal arrives, and waits for its end.
pub(super) fn stoppable<T: Send>(
    py: Python<'_>,
    stop: &AtomicBool,
    work: impl FnOnce() -> Result<T> + Send,
) -> PyResult<T> {
    let mut signal = Ok(());
    let done = py.detach(|| {
        let (send, receive) = channel();
        std::thread::scope(|scope| {
            // The receiver waits until the work is done.
            scope.spawn(move || send.send(work()));
            loop {
                match receive.recv_timeout(TICK) {
                    Ok(done) => return Some(done),
                    Err(RecvTimeoutError::Disconnected) => return None,
                    Err(RecvTimeoutError::Timeout) if signal.is_ok() => {
                        signal = Python::attach(|py| py.check_signals());
                        stop.store(signal.is_err(), Ordering::Relaxed);
                    }
                    Err(RecvTimeoutError::Timeout) => {}
                }
            }
        })
    });
    signal?;
    match done {
        Some(done) => done.map_err(|error| exception(py, &error)),
        None => Err(PyRuntimeError::new_err("the work ended without an answer")),
    }
}
