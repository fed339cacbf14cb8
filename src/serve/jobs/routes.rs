//! Jobs over HTTP.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, RwLock};

use axum::body::{Body, Bytes};
use axum::extract::{Request, State as Shared};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use http_body_util::channel::{Channel, Sender};
use serde::Deserialize;
use serde_json::json;

use super::index::{Entry, Index, Sort};
use super::search::Needles;
use super::stored::Stored;
use super::{Job, Progress, State, folder, now, run};
use crate::ad::Lang;
use crate::error::Error;
use crate::label::REASONS;
use crate::ledger::Counts;
use crate::report::{Block, OutputFormat, OutputLayout, Sink};
use crate::score::Decision;
use crate::serve::App;
use crate::serve::ads::{OffsetChoice, ScoreResponse, meant};
use crate::serve::payload::{self, FARTHEST, Params, Place, attach, broken, expect_type, slow, too_large};
use crate::serve::problem::Problem;

/// What a file of ads may be sent as. A page of another site can send none of these unasked.
const KINDS: [&str; 8] = [
    "text/csv",
    "text/tab-separated-values",
    "application/x-ndjson",
    "application/jsonl",
    "application/vnd.apache.parquet",
    "application/gzip",
    "application/zstd",
    "application/octet-stream",
];
/// The longest name of a file, in characters.
const LONGEST_NAME: usize = 200;
/// The longest text that is looked for, in characters.
const LONGEST_QUERY: usize = 200;
/// Records of a page, at most.
const MOST: usize = 500;
/// Bytes of a download that travel together.
const PIECE: usize = 64 << 10;
/// Records of CSV that are made together.
const ROWS: usize = 128;
/// The longest first line that stands for a title, in characters.
const LONGEST_TITLE: usize = 80;

#[derive(Deserialize)]
pub(in crate::serve) struct BeginParams {
    #[serde(default = "upload")]
    name: String,
    #[serde(default)]
    all_roles: bool,
}

fn upload() -> String {
    "upload.csv".to_owned()
}

/// `POST /api/v1/batch`
pub(in crate::serve) async fn begin(
    Shared(app): Shared<Arc<App>>,
    Params(asked): Params<BeginParams>,
    request: Request,
) -> Result<Response, Problem> {
    expect_type(request.headers(), &KINDS)?;
    let good = !asked.name.is_empty()
        && asked.name.chars().count() <= LONGEST_NAME
        && !asked.name.contains(|c: char| matches!(c, '/' | '\\') || c.is_control());
    if !good {
        let rule = format!("a name of a file has 1 to {LONGEST_NAME} characters, and no folders");
        return Err(Problem::new(StatusCode::BAD_REQUEST, "parameter", rule).value(&asked.name).at("name"));
    }
    if !app.jobs.has_room() {
        return Err(app.jobs.full());
    }
    let folder = folder()?;
    let (input, output) = (folder.path().join("input"), folder.path().join("output"));
    let file = File::create(&input).map_err(|error| Error::io("the temporary file", &error))?;
    let bytes = receive(request.into_body(), file, &app).await?;
    let progress = Progress {
        state: State::Queued,
        bytes_read: 0,
        counts: Counts::default(),
        bad: Vec::new(),
        warnings: Vec::new(),
        error: None,
        finished: None,
    };
    let job = Arc::new(Job {
        id: app.jobs.number(),
        name: asked.name,
        bytes,
        all_roles: asked.all_roles,
        created: now(),
        _folder: folder,
        input,
        output,
        stop: AtomicBool::new(false),
        progress: Mutex::new(progress),
        index: RwLock::new(Index::default()),
    });
    app.jobs.keep(Arc::clone(&job))?;
    let mut response = payload::json_with(StatusCode::ACCEPTED, &job.view());
    if let Ok(place) = HeaderValue::from_str(&format!("/api/v1/batch/{}", job.id)) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    tokio::spawn(score(app, job));
    Ok(response)
}

/// Scores a job when it is its turn.
async fn score(app: Arc<App>, job: Arc<Job>) {
    let Ok(_turn) = Arc::clone(&app.jobs.turn).acquire_owned().await else { return };
    let scorer = app.engine.scorer(job.all_roles);
    let threads = app.engine.threads().div_ceil(2);
    let scored = Arc::clone(&job);
    if tokio::task::spawn_blocking(move || run::score(&scored, &scorer, threads)).await.is_err() {
        job.end(State::Failed, Some(Problem::internal()));
    }
}

/// Writes a body to `file` as it comes, and gives its length.
async fn receive(mut body: Body, file: File, app: &App) -> Result<u64, Problem> {
    let most = app.limits.upload;
    let mut out = BufWriter::with_capacity(PIECE, file);
    let mut length = 0;
    let refused = |error: io::Error| Problem::from(Error::io("the temporary file", &error));
    loop {
        let frame = tokio::time::timeout(app.limits.read, body.frame()).await.map_err(|_| slow())?;
        let Some(frame) = frame else { break };
        let Ok(piece) = frame.map_err(|_| broken())?.into_data() else { continue };
        length += piece.len() as u64;
        if length > most {
            return Err(too_large(most));
        }
        // The disk may take its time, and then another thread answers the other clients.
        tokio::task::block_in_place(|| out.write_all(&piece)).map_err(refused)?;
    }
    tokio::task::block_in_place(|| out.flush()).map_err(refused)?;
    Ok(length)
}

/// `GET /api/v1/batch`
pub(in crate::serve) async fn jobs(Shared(app): Shared<Arc<App>>) -> Response {
    let all: Vec<Arc<Job>> = app.jobs.kept().values().rev().cloned().collect();
    payload::json(&json!({ "jobs": all.iter().map(|job| job.view()).collect::<Vec<_>>() }))
}

/// `GET /api/v1/batch/{job}`
pub(in crate::serve) async fn job(Shared(app): Shared<Arc<App>>, Place(id): Place<u64>) -> Result<Response, Problem> {
    Ok(payload::json(&app.jobs.get(id)?.view()))
}

/// `DELETE /api/v1/batch/{job}`
pub(in crate::serve) async fn forget(
    Shared(app): Shared<Arc<App>>,
    Place(id): Place<u64>,
) -> Result<Response, Problem> {
    let job = app.jobs.get(id)?;
    job.stop.store(true, Ordering::Relaxed);
    app.jobs.kept().remove(&id);
    Ok(StatusCode::NO_CONTENT.into_response())
}

#[derive(Deserialize)]
pub(in crate::serve) struct RecordsParams {
    #[serde(default)]
    verdict: Option<String>,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    lang: Option<String>,
    #[serde(default)]
    q: String,
    #[serde(default)]
    sort: Sort,
    #[serde(default)]
    offset: usize,
    #[serde(default = "fifty")]
    limit: usize,
}

fn fifty() -> usize {
    50
}

/// `GET /api/v1/batch/{job}/records`
pub(in crate::serve) async fn records(
    Shared(app): Shared<Arc<App>>,
    Place(id): Place<u64>,
    Params(asked): Params<RecordsParams>,
) -> Result<Response, Problem> {
    payload::within(asked.limit, 1, MOST, "limit")?;
    payload::within(asked.offset, 0, FARTHEST, "offset")?;
    let decisions = asked.verdict.as_deref().map(|list| list.split(',').map(decision).collect()).transpose()?;
    let decisions: Option<Vec<u8>> = decisions;
    let reason = asked.reason.as_deref().map(reason).transpose()?;
    let lang = asked.lang.as_deref().map(lang).transpose()?;
    // What is looked for may be words of an ad, so it is not repeated.
    if asked.q.chars().count() > LONGEST_QUERY {
        let rule = format!("what is looked for must have {LONGEST_QUERY} characters at most");
        return Err(Problem::new(StatusCode::BAD_REQUEST, "parameter", rule).at("q"));
    }
    let needles = Needles::new(&asked.q);
    let job = app.jobs.get(id)?;
    blocking(move || {
        let wanted = |entry: &Entry| {
            decisions.as_ref().is_none_or(|all| all.contains(&entry.decision))
                && reason.is_none_or(|place| entry.fired & 1 << place != 0)
                && lang.is_none_or(|place| entry.lang == place)
        };
        let found = job.index().select(wanted);
        let mut found = needles.among(&job, found).map_err(|error| Error::io("the output of the job", &error))?;
        job.index().sort(&mut found, asked.sort);
        let page: Vec<u32> = found.iter().copied().skip(asked.offset).take(asked.limit).collect();
        let mut records = Vec::with_capacity(page.len());
        for number in page {
            let stored = read(&job, number as usize)?;
            records.push(json!({
                "number": number + 1,
                "id": stored.id,
                "title": title(&stored),
                "lang": stored.language().as_str(),
                "verdict": stored.decision().as_str(),
                "p_vague": stored.p_vague,
                "p_scope": stored.p_scope,
                "words": stored.words,
                "fired": stored.reasons.iter().filter(|reason| reason.fired).map(|reason| &reason.id).collect::<Vec<_>>(),
                "duplicate_of": stored.duplicate_of,
            }));
        }
        Ok(payload::json(&json!({ "total": found.len(), "offset": asked.offset, "records": records })))
    })
    .await
}

fn decision(word: &str) -> Result<u8, Problem> {
    let place = Decision::ALL.iter().position(|known| known.as_str() == word);
    place.map(|place| place as u8).ok_or_else(|| {
        let known = Decision::ALL.map(Decision::as_str).join(", ");
        Problem::new(StatusCode::BAD_REQUEST, "parameter", format!("a verdict is one of {known}"))
            .value(word)
            .at("verdict")
    })
}

fn reason(word: &str) -> Result<usize, Problem> {
    REASONS.iter().position(|known| *known == word).ok_or_else(|| {
        let rule = format!("a reason is one of {}", REASONS.join(", "));
        Problem::new(StatusCode::BAD_REQUEST, "parameter", rule).value(word).at("reason")
    })
}

fn lang(word: &str) -> Result<u8, Problem> {
    Lang::ALL.iter().position(|known| known.as_str() == word).map(|place| place as u8).ok_or_else(|| {
        let rule = format!("a language is one of {}", Lang::ALL.map(Lang::as_str).join(", "));
        Problem::new(StatusCode::BAD_REQUEST, "parameter", rule).value(word).at("lang")
    })
}

/// What to call a record in a list.
fn title(stored: &Stored) -> String {
    if !stored.title.trim().is_empty() {
        return stored.title.clone();
    }
    let first = stored.text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim();
    first.chars().take(LONGEST_TITLE).collect()
}

/// Reads record number `number` of the output, counted from 0.
fn read(job: &Job, number: usize) -> Result<Stored, Problem> {
    let place = job.index().place(number);
    let (start, end) = place.ok_or_else(|| Problem::missing("the job has no record of that number"))?;
    let io = |error: io::Error| Problem::from(Error::io("the output of the job", &error));
    let mut file = File::open(&job.output).map_err(io)?;
    file.seek(SeekFrom::Start(start)).map_err(io)?;
    let mut line = Vec::new();
    file.take(end - start).read_to_end(&mut line).map_err(io)?;
    Stored::read(&line).ok_or_else(Problem::internal)
}

#[derive(Deserialize)]
pub(in crate::serve) struct RecordParams {
    #[serde(default)]
    offsets: OffsetChoice,
}

/// `GET /api/v1/batch/{job}/records/{number}`
pub(in crate::serve) async fn record(
    Shared(app): Shared<Arc<App>>,
    Place((id, number)): Place<(u64, u64)>,
    Params(asked): Params<RecordParams>,
) -> Result<Response, Problem> {
    let job = app.jobs.get(id)?;
    let number = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
    let number = number.ok_or_else(|| Problem::missing("records are counted from 1"))?;
    blocking(move || {
        let stored = read(&job, number)?;
        Ok(payload::json(&ScoreResponse {
            record: stored.json(asked.offsets.into()),
            thresholds: &app.thresholds,
            meaning: meant(stored.decision(), stored.p_vague, &app.judge),
            warnings: Vec::new(),
        }))
    })
    .await
}

#[derive(Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Layout {
    #[default]
    Csv,
    Jsonl,
}

#[derive(Deserialize)]
pub(in crate::serve) struct DownloadParams {
    #[serde(default)]
    format: Layout,
    #[serde(default)]
    excel: bool,
}

/// `GET /api/v1/batch/{job}/download`
pub(in crate::serve) async fn download(
    Shared(app): Shared<Arc<App>>,
    Place(id): Place<u64>,
    Params(asked): Params<DownloadParams>,
) -> Result<Response, Problem> {
    let job = app.jobs.get(id)?;
    if job.progress().state != State::Done {
        return Err(Problem::new(StatusCode::CONFLICT, "state", "the job must be done before its file can be had"));
    }
    let file = File::open(&job.output).map_err(|error| Error::io("the output of the job", &error))?;
    let (sender, body) = Channel::<Bytes, io::Error>::new(2);
    let stem = job.name.split('.').next().unwrap_or_default().to_owned();
    let runtime = tokio::runtime::Handle::current();
    let layout = OutputLayout::new(OutputFormat::Csv { excel: asked.excel }, app.engine.scorer(job.all_roles).model());
    tokio::task::spawn_blocking(move || {
        // The job may be removed while its file is on the way.
        let _kept = job;
        let mut pipe = Pipe { sender, runtime, held: Vec::with_capacity(PIECE) };
        let sent = match asked.format {
            Layout::Jsonl => io::copy(&mut BufReader::with_capacity(PIECE, file), &mut pipe).map(|_| ()),
            Layout::Csv => csv(file, &layout, &mut pipe),
        };
        let sent = sent.and_then(|()| pipe.flush());
        if let Err(error) = sent {
            // A file that breaks off must not look whole.
            pipe.sender.abort(error);
        }
    });
    let (end, kind) = match asked.format {
        Layout::Csv => ("csv", "text/csv; charset=utf-8"),
        Layout::Jsonl => ("jsonl", "application/x-ndjson"),
    };
    Ok(attach(Response::new(Body::new(body)), &format!("{stem}-scored.{end}"), kind))
}

/// Writes the records of `file` as CSV.
fn csv(file: File, layout: &OutputLayout, out: &mut Pipe) -> io::Result<()> {
    let mut lines = BufReader::with_capacity(PIECE, file);
    let mut sink = Sink::new(layout, out).map_err(io::Error::other)?;
    let mut line = Vec::new();
    loop {
        let mut block = Block::new(layout);
        let mut rows = 0;
        while rows < ROWS {
            line.clear();
            if lines.read_until(b'\n', &mut line)? == 0 {
                break;
            }
            let stored = Stored::read(&line).ok_or_else(|| io::Error::other("a stored record cannot be read"))?;
            block.push(&stored.record()).map_err(io::Error::other)?;
            rows += 1;
        }
        sink.write(block).map_err(io::Error::other)?;
        if rows < ROWS {
            return sink.finish().map_err(io::Error::other);
        }
    }
}

/// What is written becomes the body of an answer, no faster than the client reads it.
struct Pipe {
    sender: Sender<Bytes, io::Error>,
    runtime: tokio::runtime::Handle,
    held: Vec<u8>,
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(bytes);
        if self.held.len() >= PIECE {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.held.is_empty() {
            return Ok(());
        }
        let piece = Bytes::from(std::mem::replace(&mut self.held, Vec::with_capacity(PIECE)));
        self.runtime.block_on(self.sender.send_data(piece)).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

/// Does `work`, which reads files, off the threads that talk to clients.
async fn blocking(work: impl FnOnce() -> Result<Response, Problem> + Send + 'static) -> Result<Response, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Problem::internal())?
}
