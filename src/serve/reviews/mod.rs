//! The review queue over HTTP: what to look at next, what was said, how far people agree, and labels to train on.

mod agreement;
mod labels;
mod queue;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use super::App;
use super::ads::OffsetChoice;
use super::payload::{self, FARTHEST, Json, Params, Place, within};
use super::problem::Problem;
use crate::label::{Labels, REASONS, SCOPE, VAGUE};
use crate::ledger::{Content, Opinion, Review, Said};
use crate::score::Decision;

/// The longest name of a reviewer, in characters.
const LONGEST_NAME: usize = 80;
/// The longest note, in characters.
const LONGEST_NOTE: usize = 2_000;
/// Ads of a queue, at most.
const MOST_ADS: usize = 100;
/// Reviews of a page, at most.
const MOST: usize = 500;

#[derive(Deserialize)]
pub(super) struct QueueParams {
    reviewer: String,
    #[serde(default = "twenty")]
    limit: usize,
    #[serde(default)]
    offsets: OffsetChoice,
}

fn twenty() -> usize {
    20
}

/// `GET /api/v1/reviews/queue`
pub(super) async fn queue(
    State(app): State<Arc<App>>,
    Params(asked): Params<QueueParams>,
) -> Result<Response, Problem> {
    within(asked.limit, 1, MOST_ADS, "limit")?;
    let reviewer = name(&asked.reviewer, StatusCode::BAD_REQUEST)?;
    app.with_desk(move |desk, app| queue::queue(desk, app, &reviewer, asked.limit, asked.offsets.into())).await
}

/// The name of a reviewer, without spaces around it.
fn name(word: &str, status: StatusCode) -> Result<String, Problem> {
    let trimmed = word.trim();
    if trimmed.is_empty() || word.chars().count() > LONGEST_NAME || word.contains(char::is_control) {
        let rule = format!("a reviewer has a name of 1 to {LONGEST_NAME} characters, without control characters");
        return Err(Problem::new(status, "reviewer", rule).value(word).at("reviewer"));
    }
    Ok(trimmed.to_owned())
}

/// What is said of an ad.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewReview {
    content_hash: String,
    reviewer: String,
    verdict: Word,
    #[serde(default)]
    label: Option<LabelWord>,
    #[serde(default)]
    scope: Option<bool>,
    #[serde(default, deserialize_with = "whole")]
    vagueness: Option<u8>,
    #[serde(default, deserialize_with = "marks")]
    reasons: BTreeMap<String, bool>,
    #[serde(default)]
    note: String,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Word {
    Agree,
    Disagree,
    Skip,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum LabelWord {
    Vague,
    Concrete,
}

fn marks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, bool>, D::Error> {
    let marks = BTreeMap::<String, bool>::deserialize(deserializer)?;
    match marks.keys().find(|name| !REASONS.contains(&name.as_str())) {
        Some(name) => Err(serde::de::Error::unknown_field(name, &REASONS)),
        None => Ok(marks),
    }
}

/// `POST /api/v1/reviews`
pub(super) async fn review(State(app): State<Arc<App>>, Json(new): Json<NewReview>) -> Result<Response, Problem> {
    const UNPROCESSABLE: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;
    let content = content(&new.content_hash, UNPROCESSABLE)?;
    let reviewer = name(&new.reviewer, UNPROCESSABLE)?;
    if new.vagueness.is_some_and(|scale| !(1..=5).contains(&scale)) {
        let problem = Problem::new(UNPROCESSABLE, "vagueness", "vagueness is 1 (concrete) to 5 (empty)");
        return Err(problem.value(new.vagueness.unwrap_or_default()).at("/vagueness"));
    }
    if new.note.chars().count() > LONGEST_NOTE {
        let rule = format!("a note has {LONGEST_NOTE} characters at most");
        return Err(Problem::new(UNPROCESSABLE, "too-long", rule).at("/note"));
    }
    app.with_desk(move |desk, _| {
        let decided = desk
            .decided(&content)?
            .ok_or_else(|| Problem::missing("the ledger has no posting with a text of that content hash"))?;
        let mut labels = Labels::default();
        labels.vagueness = new.vagueness;
        if let Some(vague) = label(&new, &decided.decision)? {
            labels.set(VAGUE, vague);
        }
        if let Some(scope) = new.scope {
            labels.set(SCOPE, scope);
        }
        new.reasons.iter().for_each(|(reason, &value)| labels.set(reason, value));
        let opinion = match new.verdict {
            Word::Agree => Opinion::Agree,
            Word::Disagree => Opinion::Disagree,
            Word::Skip => Opinion::Skip,
        };
        let said = Said { reviewer, opinion, labels, note: new.note };
        let kept = desk.review(&content, &decided, &said)?;
        Ok(payload::json_with(StatusCode::CREATED, &view(&kept)))
    })
    .await
}

/// A whole number, which JSON may also write as `3.0`.
fn whole<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<u8>, D::Error> {
    let number = Option::<f64>::deserialize(deserializer)?;
    let whole = |number: f64| number.fract() == 0.0 && (0.0..=f64::from(u8::MAX)).contains(&number);
    match number {
        Some(number) if !whole(number) => Err(serde::de::Error::custom("a small whole number is needed")),
        number => Ok(number.map(|number| number as u8)),
    }
}

/// Whether the reviewer says that the ad is vague, said outright or by what they say of the model's `decision`.
fn label(new: &NewReview, decision: &str) -> Result<Option<bool>, Problem> {
    let given = new.label.map(|label| label == LabelWord::Vague);
    let decided = [Decision::Vague, Decision::Concrete].into_iter().find(|known| known.as_str() == decision);
    let decided = decided.map(|decision| decision == Decision::Vague);
    let implied = match (new.verdict, decided) {
        (Word::Agree, Some(vague)) => Some(vague),
        (Word::Disagree, Some(vague)) => Some(!vague),
        _ => None,
    };
    let refuse = |status: StatusCode, rule: &str| Err(Problem::new(status, "label", rule).value(decision).at("/label"));
    // What the model says is no matter of the request's form: the next run may judge otherwise.
    let (form, state) = (StatusCode::UNPROCESSABLE_ENTITY, StatusCode::CONFLICT);
    match (new.verdict, given, implied) {
        (Word::Skip, Some(_), _) => refuse(form, "an ad that is skipped gets no label; the verdict of the model"),
        (Word::Skip, None, _) => Ok(None),
        (_, Some(given), Some(implied)) if given != implied => {
            refuse(state, "the label must fit what is said of the verdict of the model, which")
        }
        (_, None, None) => refuse(state, "a label is needed where the model does not decide; its verdict"),
        (_, given, implied) => Ok(given.or(implied)),
    }
}

/// The content whose hash that is.
fn content(digits: &str, status: StatusCode) -> Result<Content, Problem> {
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let bytes = digits.as_bytes().chunks(2).map(|pair| match *pair {
        [high, low] => Some(value(high)? << 4 | value(low)?),
        _ => None,
    });
    let bytes: Option<Vec<u8>> = bytes.collect();
    bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| {
        let rule = "a content hash is 32 hexadecimal digits in lower case";
        Problem::new(status, "content-hash", rule).value(digits).at("content_hash")
    })
}

fn hash(content: &Content) -> String {
    content.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[derive(Deserialize)]
pub(super) struct ReviewsParams {
    #[serde(default)]
    reviewer: Option<String>,
    #[serde(default)]
    content_hash: Option<String>,
    #[serde(default)]
    offset: usize,
    #[serde(default = "fifty")]
    limit: usize,
}

fn fifty() -> usize {
    50
}

/// `GET /api/v1/reviews`
pub(super) async fn reviews(
    State(app): State<Arc<App>>,
    Params(asked): Params<ReviewsParams>,
) -> Result<Response, Problem> {
    within(asked.limit, 1, MOST, "limit")?;
    within(asked.offset, 0, FARTHEST, "offset")?;
    let reviewer = asked.reviewer.as_deref().map(|word| name(word, StatusCode::BAD_REQUEST)).transpose()?;
    let content = asked.content_hash.as_deref().map(|word| content(word, StatusCode::BAD_REQUEST)).transpose()?;
    app.with_desk(move |desk, _| {
        let all = desk.reviews()?;
        let mut reviewers: BTreeMap<&str, u64> = BTreeMap::new();
        all.iter().for_each(|review| *reviewers.entry(&review.said.reviewer).or_default() += 1);
        let wanted: Vec<&Review> = all
            .iter()
            .filter(|review| reviewer.as_ref().is_none_or(|name| review.said.reviewer == *name))
            .filter(|review| content.as_ref().is_none_or(|content| review.content == *content))
            .collect();
        let page: Vec<Value> = wanted.iter().skip(asked.offset).take(asked.limit).map(|review| view(review)).collect();
        let reviewers: Vec<Value> =
            reviewers.iter().map(|(name, count)| json!({ "reviewer": name, "reviews": count })).collect();
        Ok(payload::json(&json!({ "total": wanted.len(), "reviews": page, "reviewers": reviewers })))
    })
    .await
}

fn view(review: &Review) -> Value {
    let labels = &review.said.labels;
    let reasons: Map<String, Value> =
        REASONS.iter().filter_map(|&reason| Some((reason.to_owned(), labels.get(reason)?.into()))).collect();
    json!({
        "review": review.review,
        "content_hash": hash(&review.content),
        "posting": review.posting,
        "title": review.title,
        "reviewer": review.said.reviewer,
        "time": review.time,
        "verdict": review.said.opinion.as_str(),
        "label": labels.get(VAGUE).map(|vague| if vague { "vague" } else { "concrete" }),
        "scope": labels.get(SCOPE),
        "vagueness": labels.vagueness,
        "reasons": reasons,
        "note": review.said.note,
        "model_verdict": review.decision,
        "p_vague": review.p_vague,
    })
}

/// `DELETE /api/v1/reviews/{review}`
pub(super) async fn unreview(State(app): State<Arc<App>>, Place(number): Place<i64>) -> Result<Response, Problem> {
    app.with_desk(move |desk, _| match desk.unreview(number)? {
        true => Ok(StatusCode::NO_CONTENT.into_response()),
        false => Err(Problem::missing("there is no review of that number")),
    })
    .await
}

/// `GET /api/v1/reviews/agreement`
pub(super) async fn agreement(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    app.with_desk(|desk, _| Ok(payload::json(&agreement::agreement(&desk.reviews()?)))).await
}

#[derive(Deserialize)]
pub(super) struct LabelsParams {
    #[serde(default)]
    reviewer: Option<String>,
}

/// `GET /api/v1/reviews/export.csv`
pub(super) async fn labels(
    State(app): State<Arc<App>>,
    Params(asked): Params<LabelsParams>,
) -> Result<Response, Problem> {
    let reviewer = asked.reviewer.as_deref().map(|word| name(word, StatusCode::BAD_REQUEST)).transpose()?;
    app.with_desk(move |desk, _| {
        let file = labels::csv(desk, reviewer.as_deref())?;
        Ok(payload::attach(file.into_response(), "labels.csv", "text/csv; charset=utf-8"))
    })
    .await
}
