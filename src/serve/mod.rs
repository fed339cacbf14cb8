//! The web server: a page for recruiters, a JSON API, and the review queue, on this machine.
//!
//! `openapi.json` is the contract of the API; a test holds every answer against it. A request passes `guard`, which
//! knows who may ask, and reaches a handler. Handlers that score do so on threads of their own (`engine`), so that the threads
//! which talk to clients never wait for the processor. Nothing here prints: what happens is told to an [`Observer`], and the text
//! of an ad is no part of that.

mod about;
mod access;
mod ads;
mod assets;
mod engine;
mod guard;
mod jobs;
mod listen;
mod metrics;
mod payload;
mod problem;
mod reviews;
mod runs;
mod token;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{delete, get, post};

use crate::error::{Error, ErrorKind, Result};
use crate::ledger::Desk;
use crate::model::Model;
use crate::report::Judge;
use crate::score::AllowList;
use about::Thresholds;
use access::Access;
use engine::Engine;
use jobs::Jobs;
use metrics::Metrics;
use problem::Problem;
pub use token::Token;

/// What the server is to do.
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// What must be known by those who ask; needed to listen beyond loopback.
    pub token: Option<Token>,
    /// Names by which clients may call this server, beside `localhost` and addresses.
    pub hosts: Vec<String>,
    /// Ads that are scored at one time.
    pub threads: usize,
    /// Phrases that are no evidence.
    pub allow: AllowList,
    /// The ledger whose runs are shown and whose ads are reviewed.
    pub ledger: Option<PathBuf>,
    /// The limits.
    pub limits: Limits,
}

/// What clients may ask for at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a JSON body.
    pub body: usize,
    /// Bytes of a file of ads.
    pub upload: u64,
    /// Files of ads that are kept, with what was said of them.
    pub jobs: usize,
    /// Requests under way at one time; the next one is told to come again.
    pub requests: usize,
    /// Open connections; the next one waits.
    pub connections: usize,
    /// For the head of a request to arrive.
    pub head: Duration,
    /// For its body to arrive.
    pub read: Duration,
    /// For an answer to be found.
    pub answer: Duration,
    /// For requests under way to end once the server is told to stop.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            body: 4 << 20,
            upload: 256 << 20,
            jobs: 8,
            requests: 128,
            connections: 512,
            head: Duration::from_secs(10),
            read: Duration::from_secs(30),
            answer: Duration::from_secs(30),
            grace: Duration::from_secs(20),
        }
    }
}

/// Hears what happens; never of what an ad says.
pub trait Observer: Send + Sync {
    /// The server answers under this address now.
    fn listening(&self, address: SocketAddr);
    /// A request was answered. `route` is the pattern it matched, such as `/api/v1/batch/{job}`.
    fn answered(&self, method: &str, route: &str, status: u16, took: Duration);
    /// Something an operator should know.
    fn warning(&self, event: &str, message: &str);
    /// The server was told to stop, and waits for so many open connections.
    fn stopping(&self, connections: usize);
}

/// What all handlers share.
struct App {
    engine: Engine,
    judge: Judge,
    thresholds: Thresholds,
    access: Access,
    limits: Limits,
    metrics: Metrics,
    jobs: Jobs,
    desk: Option<Desk>,
    observer: Arc<dyn Observer>,
}

impl App {
    /// What the handlers of a server at `address` share.
    fn new(model: Model, options: Options, address: SocketAddr, observer: Arc<dyn Observer>) -> Result<App> {
        let limits = options.limits;
        Ok(App {
            judge: Judge::of(&model),
            thresholds: Thresholds::of(&model),
            desk: options.ledger.as_deref().map(Desk::open).transpose()?,
            engine: Engine::new(model, options.allow, options.threads),
            access: Access::new(address, options.hosts, options.token),
            limits,
            metrics: Metrics::new(limits.requests),
            jobs: Jobs::new(limits.jobs),
            observer,
        })
    }

    /// Does `work` with the ledger, off the threads that talk to clients.
    async fn with_desk(
        self: &Arc<Self>,
        work: impl FnOnce(&Desk, &App) -> std::result::Result<Response, Problem> + Send + 'static,
    ) -> std::result::Result<Response, Problem> {
        let app = Arc::clone(self);
        let worked = tokio::task::spawn_blocking(move || {
            let Some(desk) = &app.desk else {
                let rule = "a ledger is needed: serve --ledger FILE";
                return Err(Problem::new(StatusCode::NOT_FOUND, "no-ledger", rule));
            };
            let done = work(desk, &app);
            if let Some(fault) = done.as_ref().err().and_then(Problem::fault) {
                app.observer.warning("ledger", fault);
            }
            done
        });
        worked.await.map_err(|_| Problem::internal())?
    }
}

/// Answers requests until SIGINT or SIGTERM; then lets those under way end.
///
/// # Errors
/// `Usage` when the address is open to others and there is no token; `Io` when it cannot be listened on.
pub fn run(model: Model, options: Options, observer: Arc<dyn Observer>) -> Result<()> {
    if !options.listen.ip().is_loopback() && options.token.is_none() {
        let rule = format!(
            "a token is needed to listen beyond this machine (--token-file FILE), the address is {}",
            options.listen
        );
        return Err(Error::new(ErrorKind::Usage, rule));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::new(ErrorKind::Io, format!("the server's threads cannot be started: {error}")))?;
    let ended = runtime.block_on(async {
        let listener = listen::bind(options.listen).await?;
        let address = listener.local_addr().map_err(|error| listen::refused(options.listen, &error))?;
        let app = Arc::new(App::new(model, options, address, observer)?);
        app.observer.listening(address);
        listen::serve(listener, router(Arc::clone(&app)), &app).await;
        app.jobs.stop();
        Ok(())
    });
    runtime.shutdown_timeout(Duration::from_secs(1));
    ended
}

fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/healthz", get(about::health))
        .route("/metrics", get(about::metrics))
        .route("/login", get(access::page).post(access::login))
        .route("/logout", post(access::logout))
        .route("/api/v1/openapi.json", get(about::openapi))
        .route("/api/v1/model", get(about::model))
        .route("/api/v1/reasons", get(about::reasons))
        .route("/api/v1/score", post(ads::score))
        .route("/api/v1/export", post(ads::export))
        .route("/api/v1/batch", get(jobs::jobs).post(jobs::begin))
        .route("/api/v1/batch/{job}", get(jobs::job).delete(jobs::forget))
        .route("/api/v1/batch/{job}/records", get(jobs::records))
        .route("/api/v1/batch/{job}/records/{number}", get(jobs::record))
        .route("/api/v1/batch/{job}/download", get(jobs::download))
        .route("/api/v1/runs", get(runs::runs))
        .route("/api/v1/reviews", get(reviews::reviews).post(reviews::review))
        .route("/api/v1/reviews/{review}", delete(reviews::unreview))
        .route("/api/v1/reviews/queue", get(reviews::queue))
        .route("/api/v1/reviews/agreement", get(reviews::agreement))
        .route("/api/v1/reviews/export.csv", get(reviews::labels))
        .route("/", get(assets::index))
        .route("/assets/{*name}", get(assets::named))
        .fallback(problem::no_route)
        .method_not_allowed_fallback(problem::no_method)
        .layer(axum::middleware::from_fn_with_state(Arc::clone(&app), guard::pass))
        .with_state(app)
}
