//! Who may ask, how many at a time, and what every answer carries. Every request goes through [`pass`].

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use super::App;
use super::problem::Problem;

/// The page may run its own script and style, speak to its own server and nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// What every answer carries unless its handler says otherwise.
const HEADERS: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];
/// What the paths of requests that match no route are called in counters and logs: their own may be anything.
const NO_ROUTE: &str = "none";

/// Lets a request pass to its handler, or answers it itself.
pub(super) async fn pass(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let start = Instant::now();
    let method = request.method().clone();
    let route =
        request.extensions().get::<MatchedPath>().map_or_else(|| NO_ROUTE.to_owned(), |path| path.as_str().to_owned());
    let (mut response, turned_away) = match admit(&app, &request, &route) {
        Ok(_place) => (answer(&app, request, next, &route).await, false),
        Err(refusal) => (*refusal, true),
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    let took = start.elapsed();
    let status = response.status().as_u16();
    // Methods may be any word, too.
    let method = if is_usual(&method) { method.as_str() } else { "OTHER" };
    app.metrics.answered(method, &route, status, took);
    // Under a flood there would be a line for every drop; the counters have them all.
    if !turned_away || status != 503 {
        app.observer.answered(method, &route, status, took);
    }
    response
}

fn is_usual(method: &Method) -> bool {
    [Method::GET, Method::HEAD, Method::POST, Method::DELETE, Method::OPTIONS, Method::PUT, Method::PATCH]
        .contains(method)
}

/// A place among the requests under way; none is needed to ask how the server is.
fn admit(
    app: &App,
    request: &Request,
    route: &str,
) -> Result<Option<tokio::sync::OwnedSemaphorePermit>, Box<Response>> {
    let refuse = |problem: Problem| Box::new(problem.into_response());
    let headers = request.headers();
    app.access.host(headers).map_err(refuse)?;
    app.access.origin(headers, request.method()).map_err(refuse)?;
    if route == "/healthz" {
        return Ok(None);
    }
    let open = route == "/login" || route.starts_with("/assets/");
    if !open && !app.access.knows(headers) {
        // A person is shown where to enter the token; a program is told.
        return Err(Box::new(match route {
            "/" => Redirect::to("/login").into_response(),
            _ => Problem::new(StatusCode::UNAUTHORIZED, "token", "the token must be given").into_response(),
        }));
    }
    if route == "/metrics" {
        return Ok(None);
    }
    Arc::clone(&app.metrics.places).try_acquire_owned().map(Some).map_err(|_| {
        refuse(Problem::busy("busy", format!("{} requests at most are answered at a time", app.limits.requests)))
    })
}

async fn answer(app: &App, request: Request, next: Next, route: &str) -> Response {
    // Files take as long as they take; their pieces must keep coming.
    if route == "/api/v1/batch" && request.method() == Method::POST {
        return next.run(request).await;
    }
    match tokio::time::timeout(app.limits.read + app.limits.answer, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::busy("slow", "an answer must be found sooner").into_response(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::SocketAddr;
    use std::time::Duration;

    use axum::Router;
    use axum::routing::get;

    use super::*;
    use crate::model::Model;
    use crate::serve::{Limits, Observer, Options, listen};

    struct Silent;

    impl Observer for Silent {
        fn listening(&self, _: SocketAddr) {}
        fn answered(&self, _: &str, _: &str, _: u16, _: Duration) {}
        fn warning(&self, _: &str, _: &str) {}
        fn stopping(&self, _: usize) {}
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_answer_that_is_not_found_in_time_is_given_up() {
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let pause = Duration::from_millis(50);
        let limits = Limits { read: pause, answer: pause, requests: 1, ..Limits::default() };
        let (token, ledger, hosts, allow) = (None, None, Vec::new(), crate::score::AllowList::default());
        let options = Options { listen, token, hosts, threads: 1, allow, ledger, limits };
        let listener = listen::bind(listen).await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Arc::new(App::new(Model::embedded().unwrap(), options, address, Arc::new(Silent)).unwrap());
        let router = Router::new()
            .route("/never", get(std::future::pending::<()>))
            .route("/once", get(async || "here"))
            .layer(axum::middleware::from_fn_with_state(Arc::clone(&app), pass));
        tokio::spawn(async move { listen::serve(listener, router, &app).await });
        let ask = move |path: &str| {
            let mut stream = std::net::TcpStream::connect(address).unwrap();
            let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            stream.write_all(head.as_bytes()).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        };
        let (slow, next) = tokio::task::spawn_blocking(move || (ask("/never"), ask("/once"))).await.unwrap();
        assert!(slow.starts_with("HTTP/1.1 503 ") && slow.contains("\"code\":\"slow\""), "{slow}");
        assert!(slow.contains("retry-after: 1"), "{slow}");
        // Its place is free again.
        assert!(next.ends_with("here"), "{next}");
    }
}
