//! What the server, the model and the reasons are.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;

use super::App;
use super::payload;
use crate::ad::Lang;
use crate::label::{REASONS, SCOPE};
use crate::model::Model;
use crate::report::{check_name, decision_name, markdown};
use crate::rubric::{Kind, documentation};
use crate::score::{Decision, advice};

/// The contract of the API.
const DOCUMENT: &str = include_str!("openapi.json");

/// A text in both languages.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Both {
    en: String,
    he: String,
}

impl Both {
    /// What `text` says in each language.
    pub fn of(text: impl Fn(Lang) -> String) -> Both {
        Both { en: text(Lang::En), he: text(Lang::He) }
    }
}

/// From where on something is said.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Thresholds {
    vague: f64,
    concrete: f64,
    vague_error: f64,
    concrete_error: f64,
    scope: Option<f64>,
    reasons: BTreeMap<&'static str, f64>,
}

impl Thresholds {
    /// Those of `model`.
    pub fn of(model: &Model) -> Thresholds {
        let config = &model.config;
        let threshold = |name: &str| Some(config.heads.get(model.head(name)?)?.threshold);
        Thresholds {
            vague: config.decision.upper,
            concrete: config.decision.lower,
            vague_error: config.decision.vague_error,
            concrete_error: config.decision.concrete_error,
            scope: threshold(SCOPE),
            reasons: REASONS.iter().filter_map(|&reason| Some((reason, threshold(reason)?))).collect(),
        }
    }
}

/// `GET /healthz`
pub(super) async fn health() -> Response {
    payload::json(&json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") }))
}

/// `GET /metrics`
pub(super) async fn metrics(State(app): State<Arc<App>>) -> Response {
    const KIND: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, KIND)], app.metrics.text(app.jobs.open())).into_response()
}

/// `GET /api/v1/openapi.json`
pub(super) async fn openapi() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT).into_response()
}

/// `GET /api/v1/model`
pub(super) async fn model(State(app): State<Arc<App>>) -> Response {
    let scorer = app.engine.scorer(false);
    let training = &scorer.model().config.training;
    payload::json(&json!({
        "model": app.judge.model,
        "version": env!("CARGO_PKG_VERSION"),
        "thresholds": app.thresholds,
        "training": {
            "rows": training.rows,
            "groups": training.groups,
            "folds": training.folds,
            "program": training.program,
        },
        "ledger": app.desk.is_some(),
        "token": app.access.has_token(),
        "limits": { "body_bytes": app.limits.body, "upload_bytes": app.limits.upload, "jobs": app.limits.jobs },
    }))
}

/// `GET /api/v1/reasons`
pub(super) async fn reasons() -> Response {
    let reasons: Vec<_> = REASONS
        .iter()
        .enumerate()
        .map(|(place, &id)| {
            let text = documentation(id).unwrap_or_default();
            json!({
                "id": id,
                "check": Both::of(|lang| check_name(id, lang).to_owned()),
                "title": markdown::title(text),
                "summary": markdown::summary(text),
                "advice": Both::of(|lang| advice::general(place, lang).to_owned()),
                "documentation": text,
            })
        })
        .collect();
    let kinds: Vec<_> = Kind::ALL
        .into_iter()
        .map(|kind| json!({ "kind": kind.as_str(), "name": Both::of(|lang| advice::kind_name(kind, lang).to_owned()) }))
        .collect();
    let verdicts: Vec<_> = Decision::ALL
        .into_iter()
        .map(|one| json!({ "verdict": one.as_str(), "name": Both::of(|lang| decision_name(one, lang).to_owned()) }))
        .collect();
    payload::json(&json!({ "reasons": reasons, "kinds": kinds, "verdicts": verdicts }))
}
