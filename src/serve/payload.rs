//! What a request carries: JSON bodies and query parameters to typed values, anything else to a [`Problem`].

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::App;
use super::problem::Problem;

/// The largest offset into a list.
pub(super) const FARTHEST: usize = 1_000_000_000;

/// A JSON body.
pub(super) struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        expect_type(request.headers(), &["application/json"])?;
        let bytes = read(request.into_body(), app.limits.body, app).await?;
        let mut reader = serde_json::Deserializer::from_slice(&bytes);
        let parsed = T::deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
        parsed.map(Json).map_err(|error| unreadable(&error))
    }
}

/// The error for a body that is no such JSON. What serde quotes may be text of the ad, so it goes to the client only.
fn unreadable(error: &serde_json::Error) -> Problem {
    if error.is_data() {
        let rule = format!("the body must be as the schema says: {error}");
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "schema", rule)
    } else {
        Problem::new(StatusCode::BAD_REQUEST, "json", format!("the body must be one JSON value in UTF-8: {error}"))
    }
}

/// Reads a whole body within the limits of size and time.
///
/// # Errors
/// 413, 408, or 400 when the client goes away.
pub(super) async fn read(body: Body, most: usize, app: &App) -> Result<Bytes, Problem> {
    let collected = tokio::time::timeout(app.limits.read, Limited::new(body, most).collect()).await;
    match collected {
        Err(_) => Err(slow()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large(most as u64)),
        Ok(Err(_)) => Err(broken()),
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
    }
}

/// The body arrives too slowly.
pub(super) fn slow() -> Problem {
    Problem::new(StatusCode::REQUEST_TIMEOUT, "slow", "the body must arrive sooner")
}

/// The body is too large.
pub(super) fn too_large(most: u64) -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", format!("the body must have {most} bytes at most"))
}

/// The body broke off.
pub(super) fn broken() -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "broken", "the body broke off")
}

/// Demands one of the content types `known`; parameters such as a charset do not count. A form of another site cannot send any
/// of those that are asked for here.
///
/// # Errors
/// 415.
pub(super) fn expect_type(headers: &HeaderMap, known: &[&str]) -> Result<(), Problem> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let bare = given.split(';').next().unwrap_or_default().trim();
    if known.iter().any(|known| known.eq_ignore_ascii_case(bare)) {
        return Ok(());
    }
    let rule = format!("the content type must be {}", known.join(" or "));
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content-type", rule).value(given))
}

/// Parameters behind the question mark; those it does not know are passed over.
pub(super) struct Params<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Arc<App>> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Problem> {
        let Query(value) = Query::try_from_uri(&parts.uri).map_err(|error| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "parameter",
                format!("a parameter must be as the schema says: {}", cause(&error)),
            )
        })?;
        Ok(Params(value))
    }
}

/// Parts of the path.
pub(super) struct Place<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<App>> for Place<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let found = Path::<T>::from_request_parts(parts, app).await;
        let Path(value) = found.map_err(|error| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "path",
                format!("the path must be as the schema says: {}", cause(&error)),
            )
        })?;
        Ok(Place(value))
    }
}

/// Checks that a parameter lies within its limits.
///
/// # Errors
/// 400.
pub(super) fn within(value: usize, least: usize, most: usize, name: &'static str) -> Result<(), Problem> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    let rule = format!("{name} must be {least} to {most}");
    Err(Problem::new(StatusCode::BAD_REQUEST, "parameter", rule).value(value).at(name))
}

/// The innermost cause of an error, which names the parameter and what is wrong with it.
fn cause(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

/// An answer in JSON.
pub(super) fn json(value: &impl Serialize) -> Response {
    json_with(StatusCode::OK, value)
}

/// An answer in JSON with another status than 200.
pub(super) fn json_with(status: StatusCode, value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => (status, [(header::CONTENT_TYPE, "application/json")], body).into_response(),
        Err(_) => Problem::internal().into_response(),
    }
}

/// Makes `response` a file to be kept under `name`, whose characters other than letters, digits, dots and hyphens are replaced.
pub(super) fn attach(mut response: Response, name: &str, kind: &'static str) -> Response {
    let safe: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' }).collect();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{safe}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}
