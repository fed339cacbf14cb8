//! The native half of the Python package: `tachles._core`. Its other half, in Python, stands in `src/python/tachles/`.
//!
//! Here is what must be fast or the same as elsewhere: tables in memory go through the same readers, batch and records as
//! files do. Everything about kinds of frames, defaults and documentation is in Python. No work is done while the
//! interpreter is held, and an interrupt is heard while work is under way.

mod error;
mod frame;
mod labeled;
mod model;
mod work;

use pyo3::prelude::*;

/// The native half of the package `tachles`; use the package.
#[pymodule]
mod _core {
    use super::{PyResult, Python, error, pyfunction, work};

    #[pymodule_export]
    use super::model::{Core, usual_tokens};

    /// The version of the package.
    #[pymodule_export]
    #[allow(non_upper_case_globals, reason = "the name is Python's")]
    const __version__: &str = env!("CARGO_PKG_VERSION");

    /// The documentation of the reason `id`, in Markdown.
    #[pyfunction]
    fn reason(py: Python<'_>, id: &str) -> PyResult<&'static str> {
        crate::rubric::documentation(id).ok_or_else(|| {
            let reasons = crate::label::REASONS.join(", ");
            error::usage(py, format!("the reasons are {reasons}; there is no {id:?}"))
        })
    }

    /// Runs the command line with `arguments`, the first of which is the program's name, and gives the exit code.
    #[pyfunction]
    fn main(py: Python<'_>, arguments: Vec<std::ffi::OsString>) -> u8 {
        py.detach(|| crate::cli::with_arguments(arguments))
    }

    /// The same, but an error is raised, not said.
    #[pyfunction]
    fn attempt(py: Python<'_>, arguments: Vec<std::ffi::OsString>) -> PyResult<u8> {
        work::detached(py, || crate::cli::attempt(arguments))
    }

    /// The names of the columns of scored records, in order; a model's own reasons have more.
    #[pyfunction]
    fn columns() -> Vec<String> {
        crate::report::table::columns(&[]).into_iter().map(|(name, _)| name).collect()
    }

    /// Which of the columns `names` are read, by their places; `columns` pairs fields with columns that the user chose.
    #[pyfunction]
    fn meaningful(py: Python<'_>, names: Vec<String>, columns: Vec<(String, String)>) -> PyResult<Vec<usize>> {
        let found = columns
            .into_iter()
            .map(|(field, column)| Ok((crate::io::Field::parse(&field)?, column)))
            .collect::<crate::Result<_>>()
            .and_then(|map| crate::io::meaningful(&names, &crate::io::ReadOptions { map, ..Default::default() }));
        found.map_err(|error| error::exception(py, &error))
    }

    /// The history of a posting in a ledger, as JSON; none when the ledger never saw it.
    #[pyfunction]
    fn why(py: Python<'_>, path: std::path::PathBuf, id: String) -> PyResult<Option<String>> {
        work::detached(py, move || {
            crate::ledger::past(&path, &id)?.map(|past| crate::report::history::json(&past)).transpose()
        })
    }
}
