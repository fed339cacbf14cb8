//! The ledger's runs, with what changed from one to the next.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::App;
use super::jobs::{CountsView, decisions};
use super::payload::{self, Params, within};
use super::problem::Problem;
use crate::ledger::Run;
use crate::score::Decision;

/// Runs that are given at most.
const MOST: usize = 1000;

#[derive(Deserialize)]
pub(super) struct RunsParams {
    #[serde(default = "hundred")]
    limit: usize,
}

fn hundred() -> usize {
    100
}

/// `GET /api/v1/runs`
pub(super) async fn runs(State(app): State<Arc<App>>, Params(asked): Params<RunsParams>) -> Result<Response, Problem> {
    within(asked.limit, 1, MOST, "limit")?;
    app.with_desk(move |desk, _| {
        // One more, for the first of those asked for to be compared with.
        let runs = desk.runs(asked.limit + 1)?;
        let views: Vec<Value> = (0..runs.len().min(asked.limit))
            .filter_map(|at| {
                let (run, earlier) = runs.get(at..)?.split_first()?;
                Some(view(run, earlier.iter().find(|run| !run.distributions.is_empty())))
            })
            .collect();
        Ok(payload::json(&json!({ "runs": views })))
    })
    .await
}

fn view(run: &Run, before: Option<&Run>) -> Value {
    let counts = run.counts.as_ref();
    let flagged_share = counts.and_then(|counts| {
        let of = |decision: Decision| {
            Decision::ALL
                .iter()
                .zip(counts.decisions)
                .find(|(known, _)| **known == decision)
                .map_or(0, |(_, count)| count)
        };
        let judged = of(Decision::Vague) + of(Decision::Unsure) + of(Decision::Concrete);
        (judged > 0).then(|| of(Decision::Vague) as f64 / judged as f64)
    });
    let drift: Vec<Value> = run
        .distributions
        .iter()
        .filter_map(|(lang, head, now)| {
            let reference = before?.distributions.get(lang, head)?;
            let drift = now.drift(reference)?;
            Some(json!({
                "head": head,
                "lang": lang,
                "index": drift.psi,
                "chance": drift.chance,
                "n": now.total(),
                "before": reference.total(),
            }))
        })
        .collect();
    json!({
        "run": run.run,
        "state": run.state,
        "started": run.started,
        "ended": run.ended,
        "seconds": run.seconds,
        "starts": run.starts,
        "model": run.model,
        "counts": counts.map(CountsView::of),
        "decisions": counts.map(|counts| decisions(&counts.decisions)),
        "flagged_share": flagged_share,
        "drift": drift,
    })
}
