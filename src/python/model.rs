//! A model as Python holds it: immutable, shared by all threads.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::error::{exception, usage};
use super::frame::{Reading, Table, give};
use super::labeled;
use super::work::{detached, stoppable};
use crate::batch::{BadRecord, BatchOptions, Inputs, Observer, Reposts};
use crate::error::{Error, ErrorKind, Result};
use crate::io::packed::Packer;
use crate::io::{Files, Packing, Partial};
use crate::model::{Model, artifact};
use crate::report::record::SpanCounter;
use crate::report::{self, Judge, Judged, OffsetUnit, OutputFormat, OutputLayout, RecordStyle, Sink};
use crate::score::{AllowList, ScoreOptions, Scorer, Scratch};
use crate::text::{Analyzer, TextSpec};

/// The model inside the wrapper `tachles.Model`.
#[pyclass(frozen, module = "tachles._core")]
pub struct Core {
    pub(super) model: Arc<Model>,
    /// The directory of the lexicons and token tables that it was loaded with, where those are not the program's.
    rubric: Option<PathBuf>,
}

/// How ads are scored, as Python gives it.
#[derive(FromPyObject)]
struct Scoring {
    #[pyo3(item)]
    all_roles: bool,
    #[pyo3(item)]
    allow: Vec<String>,
    #[pyo3(item)]
    reposts: String,
    #[pyo3(item)]
    threads: Option<usize>,
    #[pyo3(item)]
    advice: bool,
    #[pyo3(item)]
    offsets: String,
    #[pyo3(item)]
    with_text: bool,
}

/// A record that could not be read: its number from 1, a reason code, what is wrong, and its bytes.
type Bad<'py> = (u64, &'static str, String, Bound<'py, PyBytes>);
/// A part of the sum of a head: column, amount, places as code points.
type Part = (String, f64, Vec<(usize, usize)>);
/// A token: its form, and where it starts and ends as code points.
type Token = (String, usize, usize);
/// The sum of a head: name, bias, margin, probability, parts.
type Sum = (String, f64, f64, f64, Vec<Part>);

#[pymethods]
impl Core {
    /// Loads the model in the directory `path`, or the one inside the package; `rubric` is the directory of its lexicons and token
    /// tables, where it was trained with other than the program's.
    #[staticmethod]
    fn load(py: Python<'_>, path: Option<PathBuf>, rubric: Option<PathBuf>) -> PyResult<Core> {
        let model = detached(py, || match &path {
            Some(path) => Model::load_with(path, rubric.as_deref()),
            None => Model::embedded(),
        })?;
        Ok(Core { model: Arc::new(model), rubric })
    }

    /// A model of the bytes that [`Core::to_bytes`] gave, and the `rubric` of [`Core::load`].
    #[staticmethod]
    fn from_bytes(
        py: Python<'_>,
        config: &[u8],
        tokenizer: &[u8],
        weights: &[u8],
        rubric: Option<PathBuf>,
    ) -> PyResult<Core> {
        let files = artifact::Files { config: config.into(), tokenizer: tokenizer.into(), weights: weights.into() };
        let model = detached(py, || Model::from_files_with(&files, true, rubric.as_deref()))?;
        Ok(Core { model: Arc::new(model), rubric })
    }

    /// The directory of the lexicons and token tables that it was loaded with, where those are not the program's.
    #[getter]
    fn rubric(&self) -> Option<&Path> {
        self.rubric.as_deref()
    }

    /// The bytes of `config.json`, `tokenizer.json` and `model.safetensors`.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<[Bound<'py, PyBytes>; 3]> {
        let files = detached(py, || self.model.to_files())?;
        Ok([&files.config, &files.tokenizer, &files.weights].map(|bytes| PyBytes::new(py, bytes)))
    }

    /// The name and the start of the digest, as in records.
    #[getter]
    fn id(&self) -> String {
        self.model.id()
    }

    /// `config.json` as text.
    fn config(&self, py: Python<'_>) -> PyResult<String> {
        let files = detached(py, || self.model.to_files())?;
        Ok(String::from_utf8_lossy(&files.config).into_owned())
    }

    /// The same model with other thresholds of the verdict.
    fn deciding(&self, py: Python<'_>, upper: f64, lower: f64) -> PyResult<Core> {
        let model = detached(py, || {
            let files = self.model.to_files()?;
            let mut config = self.model.config.clone();
            (config.decision.upper, config.decision.lower) = (upper, lower);
            (config.decision.forced, config.decision.coverage) = (config.decision.forced.max(lower).min(upper), 0.0);
            // Reading it anew checks the thresholds, and gives it a digest of its own.
            let read = |files, verify| Model::from_files_with(files, verify, self.rubric.as_deref());
            let mut changed = read(&files, false)?;
            changed.config = config;
            read(&changed.to_files()?, true)
        })?;
        Ok(Core { model: Arc::new(model), rubric: self.rubric.clone() })
    }

    /// Scores a table: a reader of the records, the rows that could not be read, and warnings.
    fn score<'py>(
        &self,
        py: Python<'py>,
        ads: &Bound<'py, PyAny>,
        reading: Reading,
        scoring: Scoring,
    ) -> PyResult<(Bound<'py, PyAny>, Vec<Bad<'py>>, Vec<String>)> {
        let mut batches = Vec::new();
        let layout = OutputLayout::new(OutputFormat::Parquet, &self.model);
        let schema = report::schema(&layout.own);
        let seen = self.run(py, Table::take(ads, reading)?, &scoring, layout, |run| {
            run(Sink::gathering(&mut batches, Arc::clone(&schema))).map(|_| ())
        })?;
        Ok((give(py, batches, schema)?, seen.bad(py), seen.warnings))
    }

    /// The records of a table as JSON Lines, with the rows that could not be read, and warnings.
    fn lines<'py>(
        &self,
        py: Python<'py>,
        ads: &Bound<'py, PyAny>,
        reading: Reading,
        scoring: Scoring,
    ) -> PyResult<(Bound<'py, PyBytes>, Vec<Bad<'py>>, Vec<String>)> {
        let mut lines = Vec::new();
        let layout = OutputLayout::new(OutputFormat::Jsonl, &self.model);
        let seen = self.run(py, Table::take(ads, reading)?, &scoring, layout.clone(), |run| {
            run(Sink::new(&layout, &mut lines)?).map(|_| ())
        })?;
        Ok((PyBytes::new(py, &lines), seen.bad(py), seen.warnings))
    }

    /// Writes the records of a table to a file, in the format that its name tells; the rows that could not be read, and
    /// warnings. A `strict` file does not appear when there are such rows.
    fn write<'py>(
        &self,
        py: Python<'py>,
        ads: &Bound<'py, PyAny>,
        path: PathBuf,
        strict: bool,
        reading: Reading,
        scoring: Scoring,
    ) -> PyResult<(Vec<Bad<'py>>, Vec<String>)> {
        let name = path.display().to_string();
        let Some(format) = OutputFormat::of_path(&name) else {
            let rule = "the output must end in .csv, .jsonl or .parquet (perhaps with .gz or .zst)";
            return Err(usage(py, format!("{rule}, is {name:?}")));
        };
        let packing = Packing::of_path(&name).0;
        let layout = OutputLayout::new(format, &self.model);
        let seen = self.run(py, Table::take(ads, reading)?, &scoring, layout.clone(), |run| {
            let refused = |error: std::io::Error| Error::io(&name, &error);
            let mut out = Packer::new(Partial::create(&path, &[])?, packing).map_err(refused)?;
            let bad = run(Sink::new(&layout, &mut out)?)?;
            let file = out.finish().map_err(refused)?;
            if strict && bad > 0 { Ok(()) } else { file.finish() }
        })?;
        Ok((seen.bad(py), seen.warnings))
    }

    /// The sum behind every head for a table of one ad.
    fn explain(&self, py: Python<'_>, ad: &Bound<'_, PyAny>, reading: Reading) -> PyResult<Vec<Sum>> {
        let table = Table::take(ad, reading)?;
        let scorer = self.scorer(false, AllowList::default());
        detached(py, || {
            let ad = table.only()?;
            let counter = SpanCounter::new(&ad, OffsetUnit::CodePoints);
            let sums = scorer.explain(&ad, &mut Scratch::default()).into_iter();
            let sums = sums.map(|sum| {
                let parts = sum.contributions.into_iter().map(|part| {
                    let spans = part.spans.iter().filter_map(|&span| counter.count(span)).collect();
                    (part.column, part.amount, spans)
                });
                (sum.head, sum.bias, sum.margin, sum.probability, parts.collect())
            });
            Ok(sums.collect())
        })
    }

    /// The tokens of a table of one ad, with their places as code points.
    fn tokens(&self, py: Python<'_>, ad: &Bound<'_, PyAny>, reading: Reading) -> PyResult<Vec<Token>> {
        let table = Table::take(ad, reading)?;
        detached(py, || tokens(table, &self.model.analyzer))
    }

    /// What there is to say of a table of one ad, for reading: as text, and as a page of HTML.
    fn review(
        &self,
        py: Python<'_>,
        ad: &Bound<'_, PyAny>,
        reading: Reading,
        all_roles: bool,
    ) -> PyResult<(String, String)> {
        let table = Table::take(ad, reading)?;
        let (scorer, judge) = (self.scorer(all_roles, AllowList::default()), Judge::of(&self.model));
        detached(py, || {
            let (ad, mut scratch) = (table.only()?, Scratch::default());
            let mut verdict = scorer.score(&ad, &mut scratch);
            scorer.advise(&ad, &mut verdict, &mut scratch);
            let judged = Judged { ad, verdict };
            let style = report::terminal::TerminalStyle { colour: false };
            let text = report::terminal::verdict(&judged, &judge, style);
            Ok((text, report::html::page(&[judged], &judge)))
        })
    }

    /// Measures the model on tables of labelled ads, each with how it is read, and against another model: the figures as
    /// JSON, and a page of HTML.
    fn evaluate(
        &self,
        py: Python<'_>,
        sets: Vec<(Bound<'_, PyAny>, Reading)>,
        splits: Vec<String>,
        against: Option<&Bound<'_, Core>>,
    ) -> PyResult<(String, String)> {
        let sets = labeled::take(py, sets, &splits)?;
        let scorer = self.scorer(true, AllowList::default());
        let options = ScoreOptions { all_roles: true };
        let other = against.map(|other| Scorer::new(Arc::clone(&other.get().model), options));
        detached(py, || labeled::evaluate(sets, &scorer, other.as_ref()))
    }
}

/// The tokens of a table of one ad under the usual rules of text, for which no model is needed.
#[pyfunction(name = "tokens")]
pub(super) fn usual_tokens(py: Python<'_>, ad: &Bound<'_, PyAny>, reading: Reading) -> PyResult<Vec<Token>> {
    let table = Table::take(ad, reading)?;
    detached(py, || tokens(table, &Analyzer::new(&TextSpec::default())?))
}

fn tokens(table: Table, analyzer: &Analyzer) -> Result<Vec<Token>> {
    let ad = table.only()?;
    let counter = SpanCounter::new(&ad, OffsetUnit::CodePoints);
    let analysis = analyzer.analyze(ad.plain());
    let tokens = analysis.iter().filter_map(|(form, token)| {
        let (start, end) = counter.count(token.span)?;
        Some((form.to_owned(), start, end))
    });
    Ok(tokens.collect())
}

impl Core {
    fn scorer(&self, all_roles: bool, allow: AllowList) -> Scorer {
        Scorer::new(Arc::clone(&self.model), ScoreOptions { all_roles }).allowing(allow)
    }

    /// Scores `table`; `with` gives the scoring a sink, and is told how many rows could not be read.
    fn run(
        &self,
        py: Python<'_>,
        table: Table,
        scoring: &Scoring,
        layout: OutputLayout,
        with: impl FnOnce(&mut dyn FnMut(Sink<'_>) -> Result<u64>) -> Result<()> + Send,
    ) -> PyResult<Seen> {
        let allow = AllowList::parse(&scoring.allow.join("\n"), "allow", &self.model.analyzer);
        let scorer = self.scorer(scoring.all_roles, allow.map_err(|error| exception(py, &error))?);
        let stop = AtomicBool::new(false);
        let options = scoring.options(py, &table, self.model.id(), layout, &stop)?;
        let mut seen = Seen::default();
        stoppable(py, &stop, || {
            let mut inputs = Some(Inputs::of(Files::of(vec![table.rows()?]), &options, &mut seen));
            with(&mut |sink| match inputs.take() {
                Some(inputs) => {
                    let summary = inputs.score_into(&scorer, &options, None, sink, &mut seen)?;
                    let stopped = || Error::new(ErrorKind::Io, "stopped by a signal");
                    if summary.stopped { Err(stopped()) } else { Ok(summary.counts.quarantined) }
                }
                None => Ok(0),
            })
        })?;
        Ok(seen)
    }
}

impl Scoring {
    fn options<'s>(
        &self,
        py: Python<'_>,
        table: &Table,
        model: String,
        layout: OutputLayout,
        stop: &'s AtomicBool,
    ) -> PyResult<BatchOptions<'s>> {
        let offsets = OffsetUnit::parse(&self.offsets).ok_or_else(|| {
            usage(py, format!("offsets must be codepoints, bytes, utf16 or raw, is {:?}", self.offsets))
        })?;
        let reposts = match self.reposts.as_str() {
            "exact" => Reposts::Exact,
            "near" => Reposts::Near,
            "off" => Reposts::Off,
            other => return Err(usage(py, format!("reposts must be exact, near or off, is {other:?}"))),
        };
        let threads = match self.threads {
            Some(0) => return Err(usage(py, "threads must be at least 1, is 0".to_owned())),
            Some(threads) => threads,
            None => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        };
        Ok(BatchOptions {
            read: table.read.clone(),
            threads,
            layout,
            style: RecordStyle { model, offsets, with_text: self.with_text },
            advise: self.advice,
            max_bad: None,
            limit: None,
            since: None,
            only_new: false,
            keep_texts: false,
            reposts,
            report: false,
            stop: Some(stop),
        })
    }
}

/// What was heard during a run.
#[derive(Default)]
struct Seen {
    bad: Vec<(u64, ErrorKind, String, Vec<u8>)>,
    warnings: Vec<String>,
}

impl Seen {
    fn bad<'py>(&self, py: Python<'py>) -> Vec<Bad<'py>> {
        let bad = self.bad.iter();
        bad.map(|(record, kind, message, raw)| (*record, kind.code(), message.clone(), PyBytes::new(py, raw))).collect()
    }
}

impl Observer for Seen {
    fn quarantined(&mut self, bad: &BadRecord) -> Result<()> {
        let record = bad.error.position().record.unwrap_or_default();
        self.bad.push((record, bad.error.kind(), bad.error.message().to_owned(), bad.raw.clone()));
        Ok(())
    }

    fn note(&mut self, _: &str) {}

    fn warning(&mut self, warning: &str) {
        self.warnings.push(warning.to_owned());
    }

    fn progress(&mut self, _: u64, _: u64) {}
}
