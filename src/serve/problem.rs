//! Errors as clients see them: `application/problem+json` (RFC 9457), with the rule and the value that broke it.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::error::{Error, ErrorKind};

/// Characters of a value that are repeated to the client at most.
const SHOWN: usize = 80;
/// Seconds after which a client that was turned away may try again.
const RETRY: u32 = 1;

/// One error.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub(super) struct Problem(Box<Told>);

#[derive(Clone, Debug, Serialize)]
struct Told {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    code: &'static str,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
}

impl Problem {
    /// A problem of that status; `rule` says what must hold.
    pub fn new(status: StatusCode, code: &'static str, rule: impl Into<String>) -> Problem {
        let rule = rule.into();
        Problem(Box::new(Told {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            code,
            detail: rule.clone(),
            rule: Some(rule),
            value: None,
            instance: None,
        }))
    }

    /// The same with the value that broke the rule. Never the text of an ad.
    #[must_use]
    pub fn value(mut self, value: impl ToString) -> Problem {
        let value: String = value.to_string().chars().filter(|c| !c.is_control()).take(SHOWN).collect();
        self.0.detail = format!("{}, is {value:?}", self.0.rule.as_deref().unwrap_or_default());
        self.0.value = Some(value);
        self
    }

    /// The same with the place in the request: a JSON pointer or the name of a parameter.
    #[must_use]
    pub fn at(mut self, instance: impl Into<String>) -> Problem {
        self.0.instance = Some(instance.into());
        self
    }

    /// No such thing.
    pub fn missing(rule: impl Into<String>) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "not-found", rule)
    }

    /// Try again later.
    pub fn busy(code: &'static str, rule: impl Into<String>) -> Problem {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, rule)
    }

    /// What an operator should know of it: nothing where the client is at fault.
    pub fn fault(&self) -> Option<&str> {
        (self.0.status >= 500).then_some(&self.0.detail)
    }

    /// Something that must not happen has.
    pub fn internal() -> Problem {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the server failed; its log may say why")
    }
}

impl From<Error> for Problem {
    /// The error of a lower floor, which a client cannot help: files and ledgers are the server's.
    fn from(error: Error) -> Problem {
        let code = error.kind().code();
        match error.kind() {
            ErrorKind::Usage | ErrorKind::Label => {
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, error.to_string())
            }
            _ => Problem::busy(code, error.to_string()),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        match status {
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"tachles\""));
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(RETRY));
            }
            _ => {}
        }
        response
    }
}

/// The answer where nothing is.
pub(super) async fn no_route() -> Problem {
    Problem::missing("nothing is here; /api/v1/openapi.json says what there is")
}

/// The answer to a method that a place does not know.
pub(super) async fn no_method() -> Problem {
    let rule = "the place is there, the method is not; /api/v1/openapi.json says which are";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method", rule)
}
