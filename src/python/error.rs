//! Errors of the crate to exceptions of the package, which has one class a kind.

use pyo3::prelude::*;

use crate::error::{Error, ErrorKind};

/// The exception for `error`, as `tachles.errors.of` makes it.
pub(super) fn exception(py: Python<'_>, error: &Error) -> PyErr {
    let position = error.position();
    let made = py.import("tachles.errors").and_then(|module| {
        let parts = (
            error.kind().code(),
            error.message(),
            position.file.as_deref(),
            position.record,
            position.line,
            position.byte,
        );
        module.call_method1("of", parts)
    });
    made.map_or_else(|failure| failure, PyErr::from_value)
}

/// The exception for a wrong argument.
pub(super) fn usage(py: Python<'_>, message: String) -> PyErr {
    exception(py, &Error::new(ErrorKind::Usage, message))
}
