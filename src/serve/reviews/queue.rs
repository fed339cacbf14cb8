//! Which ads are most useful to look at: where the model is unsure, where opinions are apart, and which are unlike those that were
//! looked at already.

use axum::response::Response;
use serde_json::{Value, json};

use super::hash;
use crate::features::sketch::{Imprint, Sketch};
use crate::ledger::{Desk, Shown, Waiting};
use crate::report::{OffsetUnit, Record, RecordStyle};
use crate::score::Verdict;
use crate::serve::App;
use crate::serve::ads::meant;
use crate::serve::payload;
use crate::serve::problem::Problem;

/// Ads that are compared with one another: the least sure of those that wait.
const COMPARED: usize = 300;
/// Texts that were reviewed, the newest, which those that wait are compared with.
const REMEMBERED: usize = 300;
/// What an ad has of every quantity at least, so that none alone can keep it from ever being shown.
const LEAST: f64 = 0.1;

/// An ad that may be shown next.
struct Candidate {
    waiting: Waiting,
    shown: Shown,
    uncertainty: f64,
    disagreement: f64,
    novelty: f64,
    sketch: Option<Box<Sketch>>,
}

impl Candidate {
    fn score(&self) -> f64 {
        self.uncertainty * self.disagreement * self.novelty
    }
}

/// The `limit` most useful ads for `reviewer`, the best first.
pub(super) fn queue(
    desk: &Desk,
    app: &App,
    reviewer: &str,
    limit: usize,
    offsets: OffsetUnit,
) -> Result<Response, Problem> {
    let forced = app.engine.scorer(false).model().config.decision.forced;
    let list = desk.waitlist(reviewer, forced, COMPARED)?;
    let mut candidates = Vec::with_capacity(list.nearest.len());
    for waiting in list.nearest {
        let Some(shown) = desk.shown(waiting.score)? else { continue };
        let sketch = Imprint::of(shown.ad.title(), shown.ad.plain(), true).sketch;
        candidates.push(Candidate {
            uncertainty: uncertainty(waiting.p_vague, forced),
            disagreement: disagreement(&shown.verdict, shown.said),
            novelty: 1.0,
            waiting,
            shown,
            sketch,
        });
    }
    for (title, text) in desk.reviewed_texts(REMEMBERED)? {
        let plain = if title.is_empty() { text } else { format!("{title}\n{text}") };
        if let Some(sketch) = Imprint::of("", &plain, true).sketch {
            candidates.iter_mut().for_each(|one| compare(one, &sketch));
        }
    }
    let style = RecordStyle { model: app.judge.model.clone(), offsets, with_text: true };
    let items: Vec<Value> = best(candidates, limit).iter().map(|one| item(one, &style, app)).collect();
    Ok(payload::json(&json!({
        "items": items,
        "waiting": list.waiting,
        "reviewed": list.reviewed,
        "without_text": list.without_text,
    })))
}

/// How near a probability is to where a forced choice falls: 1 there, least at the far end.
fn uncertainty(p: f64, forced: f64) -> f64 {
    let far = forced.max(1.0 - forced).max(f64::EPSILON);
    LEAST + (1.0 - LEAST) * (1.0 - (p - forced).abs() / far).clamp(0.0, 1.0)
}

/// How far opinions are apart: the probability and the share of the reasons that fired, or those who said that it is vague and those
/// who said that it is not, the model among them.
fn disagreement(verdict: &Verdict, (vague, concrete): (u32, u32)) -> f64 {
    let p = verdict.p_vague.unwrap_or(0.5);
    let fired =
        verdict.reasons.iter().filter(|reason| reason.fired).count() as f64 / verdict.reasons.len().max(1) as f64;
    let heads = (p - fired).abs();
    let (yes, no) = (f64::from(vague) + p, f64::from(concrete) + 1.0 - p);
    let people = if vague + concrete == 0 { 0.0 } else { 2.0 * yes.min(no) / (yes + no) };
    LEAST + (1.0 - LEAST) * heads.max(people).clamp(0.0, 1.0)
}

/// Lowers the novelty of `one` by how much it is like another text.
fn compare(one: &mut Candidate, other: &Sketch) {
    if let Some(sketch) = &one.sketch {
        let novelty = 1.0 - (1.0 - LEAST) * sketch.similarity(&other.bins);
        one.novelty = one.novelty.min(novelty);
    }
}

/// The best, one after another, each compared with those before it; of equals the one with the lower hash, so that the order is fixed.
fn best(mut candidates: Vec<Candidate>, limit: usize) -> Vec<Candidate> {
    let mut chosen: Vec<Candidate> = Vec::with_capacity(limit.min(candidates.len()));
    while chosen.len() < limit {
        let order = |a: &Candidate, b: &Candidate| {
            a.score().total_cmp(&b.score()).then(b.waiting.content.cmp(&a.waiting.content))
        };
        let next = candidates.iter().enumerate().max_by(|(_, a), (_, b)| order(a, b)).map(|(at, _)| at);
        let Some(next) = next.map(|at| candidates.swap_remove(at)) else { break };
        if let Some(sketch) = &next.sketch {
            candidates.iter_mut().for_each(|one| compare(one, sketch));
        }
        chosen.push(next);
    }
    chosen
}

fn item(one: &Candidate, style: &RecordStyle, app: &App) -> Value {
    let Shown { ad, verdict, seen, .. } = &one.shown;
    json!({
        "content_hash": hash(&one.waiting.content),
        "posting": {
            "id": ad.id,
            "company": ad.company,
            "source": &*ad.source.file,
            "first_seen": seen.0,
            "last_seen": seen.1,
        },
        "record": Record::new(ad, verdict, style),
        "usefulness": {
            "score": one.score(),
            "uncertainty": one.uncertainty,
            "disagreement": one.disagreement,
            "novelty": one.novelty,
        },
        "meaning": meant(verdict.decision, verdict.p_vague, &app.judge),
    })
}
