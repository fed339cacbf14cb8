//! Single ads: scored while they are written, and exported as a file.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use serde::{Deserialize, Deserializer, Serialize};

use super::App;
use super::about::{Both, Thresholds};
use super::payload::{self, Json};
use super::problem::Problem;
use crate::ad::{Ad, Source};
use crate::io::read_html;
use crate::report::{Judge, Judged, OffsetUnit, Record, RecordStyle, html, meaning};
use crate::score::{Decision, Directive, Scorer, Scratch, Verdict};

/// The longest text, in characters.
const LONGEST: usize = 500_000;
/// The longest title, in characters.
const LONGEST_TITLE: usize = 2_000;
/// The longest id, in characters.
const LONGEST_ID: usize = 500;
/// What records call the file of an ad that came by the API.
const SOURCE: &str = "api";

/// An ad, and what is wanted of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AdRequest {
    #[serde(default)]
    title: String,
    #[serde(default, deserialize_with = "present")]
    text: Option<String>,
    #[serde(default, deserialize_with = "present")]
    html: Option<String>,
    #[serde(default)]
    id: String,
    #[serde(default)]
    all_roles: bool,
    #[serde(default, deserialize_with = "present")]
    advice: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    offsets: Option<OffsetChoice>,
}

/// What offsets count; a page counts as JavaScript does.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum OffsetChoice {
    Codepoints,
    Bytes,
    #[default]
    Utf16,
}

impl From<OffsetChoice> for OffsetUnit {
    fn from(choice: OffsetChoice) -> OffsetUnit {
        match choice {
            OffsetChoice::Codepoints => OffsetUnit::CodePoints,
            OffsetChoice::Bytes => OffsetUnit::Bytes,
            OffsetChoice::Utf16 => OffsetUnit::Utf16,
        }
    }
}

/// A field that may be absent but not null.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// What is said of an ad, and what that means.
#[derive(Serialize)]
pub(super) struct ScoreResponse<'r, R: Serialize> {
    pub record: R,
    pub thresholds: &'r Thresholds,
    pub meaning: Both,
    pub warnings: Vec<String>,
}

/// The ad of a request.
fn ad(asked: AdRequest) -> Result<Ad, Problem> {
    let AdRequest { title, text, html, id, .. } = asked;
    let limit = |value: &str, most: usize, field: &'static str| {
        // Bytes first: counting is not free.
        let count = if value.len() > most { value.chars().count() } else { 0 };
        let rule = || format!("{field} must have {most} characters at most");
        match count > most {
            true => Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "too-long", rule())
                .value(count)
                .at(format!("/{field}"))),
            false => Ok(()),
        }
    };
    limit(&title, LONGEST_TITLE, "title")?;
    limit(&id, LONGEST_ID, "id")?;
    let mut ad = match (text, html) {
        (Some(text), None) => {
            limit(&text, LONGEST, "text")?;
            Ad::new(id, &title, &text)
        }
        (None, Some(html)) => {
            limit(&html, LONGEST, "html")?;
            let mut ad = read_html(&html, &title);
            if !id.is_empty() {
                ad.id = id;
            }
            ad
        }
        _ => {
            let rule = "an ad is given either as text or as html";
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "schema", rule));
        }
    };
    ad.source = Source { file: SOURCE.into(), record: 1, line: 1 };
    Ok(ad)
}

/// Scores an ad, and advises on it where that is asked for.
fn judged(scorer: &Scorer, ad: &Ad, advise: bool, scratch: &mut Scratch) -> Verdict {
    let mut verdict = scorer.score(ad, scratch);
    if advise {
        scorer.advise(ad, &mut verdict, scratch);
    }
    verdict
}

/// What a probability means, in both languages.
pub(super) fn meant(decision: Decision, p_vague: Option<f64>, judge: &Judge) -> Both {
    Both::of(|lang| meaning(decision, p_vague, judge, lang))
}

/// `POST /api/v1/score`
pub(super) async fn score(State(app): State<Arc<App>>, Json(asked): Json<AdRequest>) -> Result<Response, Problem> {
    let scorer = app.engine.scorer(asked.all_roles);
    let (advice, offsets) = (asked.advice.unwrap_or_default(), asked.offsets.unwrap_or_default());
    let ad = ad(asked)?;
    let shared = Arc::clone(&app);
    let work = move |scratch: &mut Scratch| {
        let verdict = judged(&scorer, &ad, advice, scratch);
        shared.metrics.scored(verdict.decision);
        let style = RecordStyle { model: shared.judge.model.clone(), offsets: offsets.into(), with_text: true };
        let unknown = Directive::of(&ad).unknown;
        payload::json(&ScoreResponse {
            record: Record::new(&ad, &verdict, &style),
            thresholds: &shared.thresholds,
            meaning: meant(verdict.decision, verdict.p_vague, &shared.judge),
            warnings: unknown
                .iter()
                .map(|word| format!("an ignore line names reasons; there is no {word:?}"))
                .collect(),
        })
    };
    app.engine.work(work).await
}

/// `POST /api/v1/export`
pub(super) async fn export(State(app): State<Arc<App>>, Json(asked): Json<AdRequest>) -> Result<Response, Problem> {
    if asked.advice.is_some() || asked.offsets.is_some() {
        let rule = "an exported ad always has advice, and no offsets: neither field has a place here";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "schema", rule));
    }
    let scorer = app.engine.scorer(asked.all_roles);
    let ad = ad(asked)?;
    let shared = Arc::clone(&app);
    let work = move |scratch: &mut Scratch| {
        let verdict = judged(&scorer, &ad, true, scratch);
        let page = html::page(&[Judged { ad, verdict }], &shared.judge);
        payload::attach(Html(page).into_response(), "tachles.html", "text/html; charset=utf-8")
    };
    app.engine.work(work).await
}
