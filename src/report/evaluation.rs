//! What `evaluate` found, as a page with charts.

use std::fmt::Write;

use serde::Serialize;

use super::figures::{DECISIONS, DIFFERENCE, RANKING, decisions, difference, facts, interval, ranking};
use super::page::{escape, page, table};
use super::phrases::{PHRASES, phrases, phrases_of};
use super::plot::{Plot, quarters};
use crate::label::VAGUE;
use crate::learn::curves::{histogram, precision_recall, roc};
use crate::learn::figures::{Column, HeadFigures, SetFigures};
use crate::learn::paired::Difference;
use crate::learn::phrases::WithoutPhrases;
use crate::learn::promotion::Promotion;
use crate::learn::scored::{Call, ScoredRow};
use crate::model::Decision;

/// Everything that `evaluate` found.
#[derive(Serialize)]
pub struct Evaluation {
    /// The model's name and digest.
    pub model: String,
    /// What the reader must know before believing the figures.
    pub notes: Vec<String>,
    /// Figures of all ads, then of each file.
    pub sets: Vec<SetFigures>,
    /// The same sets without lexicon phrases.
    pub without_phrases: Vec<WithoutPhrases>,
    /// Another model on the same ads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub against: Option<Against>,
    /// Whether the model may take the place of the other, where that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promotion: Option<Promotion>,
    /// The ads that the vague head gets most wrong.
    pub worst: Vec<WorstError>,
}

/// Another model on the same ads.
#[derive(Serialize)]
pub struct Against {
    /// The other model's name and digest.
    pub model: String,
    /// The model less the other, by set.
    pub sets: Vec<SetDifference>,
    /// Ads on which the verdicts differ, in input order.
    pub verdicts_that_differ: Vec<Disagreement>,
}

/// The differences on one set.
#[derive(Serialize)]
pub struct SetDifference {
    /// What the set is.
    pub name: String,
    /// One entry a head that both models have.
    pub heads: Vec<Difference>,
}

/// An ad on which two models do not say the same.
#[derive(Serialize)]
pub struct Disagreement {
    /// The ad.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Whether it is labelled vague, where known.
    pub label: Option<bool>,
    /// The 1 to 5 scale, where known.
    pub vagueness: Option<u8>,
    /// What this model says, and how sure.
    pub this: (Call, f64),
    /// What the other says.
    pub other: (Call, f64),
}

/// An ad that the vague head gets wrong.
#[derive(Serialize)]
pub struct WorstError {
    /// The ad.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Whether it is labelled vague.
    pub label: bool,
    /// The 1 to 5 scale, where known.
    pub vagueness: Option<u8>,
    /// The probability stated.
    pub p: f64,
    /// The columns that weighed most, with what they add to the margin.
    pub columns: Vec<(String, f64)>,
}

/// The page; `rows` are the ads of the first set, `heads` the names in the order of their probabilities.
pub fn html(found: &Evaluation, rows: &[&ScoredRow], heads: &[&str], decision: &Decision) -> String {
    let mut body = String::new();
    let _ = write!(
        body,
        "<h1>Evaluation of {}</h1>\n<p class=\"soft\">{} ads in {} groups (one employer, near-duplicates). In brackets: 95% bootstrap \
         intervals, whole groups drawn.</p>\n",
        escape(&found.model),
        rows.len(),
        found.sets.first().map_or(0, |set| set.groups)
    );
    for note in &found.notes {
        let _ = writeln!(body, "<p class=\"note\">{}</p>", escape(note));
    }
    if let Some(set) = found.sets.first() {
        tiles(&mut body, set);
        for (place, head) in heads.iter().enumerate() {
            if let Some(figures) = set.heads.iter().find(|figures| figures.head == *head) {
                let column = Column::new(head, place, rows, &|_| true);
                let vague = *head == VAGUE;
                let open = if vague { " open" } else { "" };
                let _ =
                    writeln!(body, "<details{open}><summary>Charts: {}</summary>\n<div class=\"plots\">", escape(head));
                charts(&mut body, figures, &column, vague.then_some((set, decision)));
                body.push_str("</div></details>\n");
            }
        }
    }
    if let Some(against) = &found.against {
        comparison(&mut body, against);
        if let Some(promotion) = &found.promotion {
            body.push_str(&super::promotion::html(promotion, &found.model, &against.model));
        }
    }
    if !found.without_phrases.is_empty() {
        body.push_str("<h2>Without lexicon phrases</h2>\n");
    }
    for set in &found.without_phrases {
        let _ = writeln!(body, "<p>{}</p>", escape(&phrases_of(set)));
        body.push_str(&table(&set.name, &PHRASES, &set.heads.iter().map(phrases).collect::<Vec<_>>()));
    }
    body.push_str("<h2>All figures</h2>\n");
    for set in &found.sets {
        let _ = writeln!(body, "<h3>{} (n = {} in {} groups)</h3>", escape(&set.name), set.n, set.groups);
        body.push_str(&table(
            "Ranking and probabilities",
            &RANKING,
            &set.heads.iter().map(ranking).collect::<Vec<_>>(),
        ));
        body.push_str(&table("Decisions", &DECISIONS, &set.heads.iter().map(decisions).collect::<Vec<_>>()));
        body.push_str("<ul>\n");
        for fact in facts(set) {
            let _ = writeln!(body, "<li>{}</li>", escape(&fact));
        }
        body.push_str("</ul>\n");
    }
    body.push_str(
        "<p class=\"soft\"><i>Length only</i> and <i>lexicon only</i> are logistic regressions on the number of words and on the lexicon \
         columns, fitted with the model; always saying the more frequent class has AUC 0.5 and kappa 0. ECE: expected calibration error in ten \
         bins of equal count, and what a perfectly calibrated head would show on as many ads.</p>\n",
    );
    errors(&mut body, &found.worst);
    page(&format!("Evaluation of {}", found.model), &body)
}

fn tiles(body: &mut String, set: &SetFigures) {
    let Some(vague) = set.heads.iter().find(|head| head.head == VAGUE) else { return };
    let mut tiles: Vec<(f64, String)> = vec![
        (vague.auc.value, format!("<span>AUC {}</span>", range(&interval(&vague.auc)))),
        (vague.kappa.value, format!("<span>kappa {}</span>", range(&interval(&vague.kappa)))),
        (vague.length_auc.value, "<span>AUC of length alone</span>".to_owned()),
        (vague.calibration_error, format!("<span>ECE ({:.3} if calibrated)</span>", vague.calibration_noise)),
    ];
    if let Some(spearman) = &set.spearman {
        tiles.push((spearman.value, format!("<span>Spearman {}</span>", range(&interval(spearman)))));
    }
    if let Some(verdict) = &set.verdict {
        tiles.push((verdict.coverage.value, "<span>share with a verdict</span>".to_owned()));
    }
    body.push_str("<h2>Is it vague?</h2>\n<ul class=\"tiles\">\n");
    for (value, name) in tiles {
        let _ = writeln!(body, "<li><b>{value:.3}</b>{name}</li>");
    }
    body.push_str("</ul>\n");
}

/// The bracketed part of an interval.
fn range(interval: &str) -> &str {
    interval.find('[').and_then(|at| interval.get(at..)).unwrap_or_default()
}

/// The charts of one head; the vague head also has its quarters of length and the thresholds of the verdict.
fn charts(body: &mut String, figures: &HeadFigures, column: &Column, vague: Option<(&SetFigures, &Decision)>) {
    let (targets, unit) = (&column.targets, (0.0, 1.0));
    let legend = |of: &dyn Fn(&HeadFigures) -> [f64; 3]| {
        let [model, lexicon, length] = of(figures);
        vec![
            ("model", format!("model {model:.3}")),
            ("lexicon", format!("lexicon only {lexicon:.3}")),
            ("length", format!("length only {length:.3}")),
        ]
    };
    let aucs = legend(&|head| [head.auc.value, head.lexicon_auc.value, head.length_auc.value]);
    body.push_str(
        &Plot::new(&format!("ROC curve, AUC {:.3}", figures.auc.value), unit, unit)
            .unit_axes("share of negatives flagged", "share of positives flagged")
            .line("chance", &[(0.0, 0.0), (1.0, 1.0)])
            .line("length", &roc(column.length(), targets))
            .line("lexicon", &roc(column.lexicon(), targets))
            .line("model", &roc(&column.scores, targets))
            .finish("ROC (area)", &aucs),
    );
    let precision = |scores: &[f64]| precision_recall(scores, targets);
    body.push_str(
        &Plot::new(&format!("Precision and recall, average {:.3}", figures.average_precision.value), unit, unit)
            .unit_axes("recall", "precision")
            .line("chance", &[(0.0, figures.prevalence), (1.0, figures.prevalence)])
            .line("length", &precision(column.length()))
            .line("lexicon", &precision(column.lexicon()))
            .line("model", &precision(&column.scores))
            .finish(
                "Precision and recall",
                &[
                    ("model", format!("model, average {:.3}", figures.average_precision.value)),
                    ("lexicon", "lexicon only".to_owned()),
                    ("length", "length only".to_owned()),
                    ("chance", format!("prevalence {:.3}", figures.prevalence)),
                ],
            ),
    );
    let mut plot = Plot::new(&format!("Reliability, error {:.3}", figures.calibration_error), unit, unit)
        .unit_axes("probability stated", "share found")
        .line("chance", &[(0.0, 0.0), (1.0, 1.0)])
        .line("model", &figures.reliability.iter().map(|bin| (bin.stated, bin.found)).collect::<Vec<_>>());
    for bin in &figures.reliability {
        let note = format!("stated {:.3}, found {:.3}, n = {}", bin.stated, bin.found, bin.n);
        plot = plot.dot("model", (bin.stated, bin.found), 4.0, &note);
    }
    body.push_str(&plot.finish(
        "Reliability (ten bins of equal count)",
        &[("model", "model".to_owned()), ("chance", "perfect calibration".to_owned())],
    ));
    body.push_str(&score_histogram(column, vague.map(|(_, decision)| decision)));
    if let Some((set, _)) = vague {
        body.push_str(&quarters_by_length(set));
    }
    body.push_str(&matrix(figures));
}

/// Scores of the positives above the line, of the negatives below it.
fn score_histogram(column: &Column, decision: Option<&Decision>) -> String {
    const BINS: usize = 20;
    let counts = histogram(&column.scores, &column.targets, BINS);
    let highest = counts.iter().map(|&(no, yes)| no.max(yes)).max().unwrap_or(0).max(1) as f64;
    let step = |value: f64| format!("{:.0}", value.abs());
    let ticks: Vec<(f64, String)> =
        [-highest, -highest / 2.0, 0.0, highest / 2.0, highest].map(|at| (at, step(at))).to_vec();
    let mut plot = Plot::new("Histogram of scores by label", (0.0, 1.0), (-highest, highest)).axes(
        "probability stated",
        &quarters(),
        "ads",
        &ticks,
    );
    for (bin, &(no, yes)) in counts.iter().enumerate() {
        let (from, to) = (bin as f64 / BINS as f64, (bin + 1) as f64 / BINS as f64);
        let note = |what: &str, n: usize| format!("{from:.2} to {to:.2}: {n} {what}");
        if yes > 0 {
            plot = plot.bar("yes", (from, 0.0), (to, yes as f64), &note("labelled yes", yes));
        }
        if no > 0 {
            plot = plot.bar("no", (from, 0.0), (to, -(no as f64)), &note("labelled no", no));
        }
    }
    let mut legend = vec![("yes", "labelled yes".to_owned()), ("no", "labelled no".to_owned())];
    if let Some(decision) = decision {
        for at in [decision.lower, decision.upper] {
            plot = plot.line("edge", &[(at, -highest), (at, highest)]);
        }
        legend.push(("edge", format!("concrete up to {}, vague from {}", decision.lower, decision.upper)));
    }
    plot.finish("Scores by label", &legend)
}

fn quarters_by_length(set: &SetFigures) -> String {
    let ticks: Vec<(f64, String)> =
        set.by_length.iter().zip(0..).map(|(band, at)| (f64::from(at), format!("{}–{}", band.from, band.to))).collect();
    let lowest = set
        .by_length
        .iter()
        .flat_map(|band| [band.auc.map_or(1.0, |auc| auc.low), band.length_auc.unwrap_or(1.0)])
        .fold(0.5, f64::min);
    let floor = (lowest * 10.0).floor() / 10.0;
    let steps = ((1.0 - floor) * 10.0).round() as u32;
    let levels: Vec<(f64, String)> =
        (0..=steps).map(|step| floor + f64::from(step) / 10.0).map(|at| (at, format!("{at:.1}"))).collect();
    let mut plot =
        Plot::new("AUC by quarter of length", (-0.5, 3.5), (floor, 1.0)).axes("words", &ticks, "AUC", &levels);
    for (band, at) in set.by_length.iter().zip(0..) {
        let x = f64::from(at);
        if let Some(length) = band.length_auc {
            plot = plot.dot("length", (x + 0.12, length), 4.0, &format!("length only {length:.3}"));
        }
        if let Some(auc) = &band.auc {
            plot = plot.line("model", &[(x, auc.low), (x, auc.high)]);
            plot = plot.dot("model", (x, auc.value), 4.5, &format!("{} (n = {})", interval(auc), band.n));
        }
    }
    let legend = [("model", "model with interval".to_owned()), ("dot length", "length only".to_owned())];
    plot.finish("AUC by quarter of length", &legend)
}

fn matrix(figures: &HeadFigures) -> String {
    let cells = figures.confusion;
    format!(
        "<figure><figcaption>Decisions</figcaption><div class=\"scroll\"><table class=\"matrix\"><thead><tr><th></th>\
         <th scope=\"col\">labelled yes</th><th scope=\"col\">labelled no</th></tr></thead><tbody>\
         <tr><th scope=\"row\">said yes</th><td class=\"right\">{}<small>right</small></td><td class=\"wrong\">{}<small>false alarm</small></td></tr>\
         <tr><th scope=\"row\">said no</th><td class=\"wrong\">{}<small>missed</small></td><td class=\"right\">{}<small>right</small></td></tr>\
         </tbody></table></div></figure>\n",
        cells.true_positive, cells.false_positive, cells.false_negative, cells.true_negative
    )
}

fn label(label: Option<bool>, vagueness: Option<u8>) -> String {
    let word = match label {
        Some(true) => "vague",
        Some(false) => "concrete",
        None => "–",
    };
    vagueness.map_or_else(|| word.to_owned(), |level| format!("{word} ({level} of 5)"))
}

fn comparison(body: &mut String, against: &Against) {
    let _ = write!(
        body,
        "<h2>Against {}</h2>\n<p>This model less the other, on the same ads: more AUC and kappa is better, less Brier is better. McNemar’s \
         exact test takes ads for independent.</p>\n",
        escape(&against.model)
    );
    for set in &against.sets {
        body.push_str(&table(&set.name, &DIFFERENCE, &set.heads.iter().map(difference).collect::<Vec<_>>()));
    }
    let rows: Vec<Vec<String>> = against
        .verdicts_that_differ
        .iter()
        .map(|ad| {
            vec![
                ad.title.clone(),
                ad.id.clone(),
                label(ad.label, ad.vagueness),
                format!("{} ({:.2})", ad.this.0.as_str(), ad.this.1),
                format!("{} ({:.2})", ad.other.0.as_str(), ad.other.1),
            ]
        })
        .collect();
    let _ = writeln!(body, "<details><summary>Verdicts that differ: {}</summary>", rows.len());
    body.push_str(&table("", &["title", "id", "label", "this model", "the other"], &rows));
    body.push_str("</details>\n");
}

fn errors(body: &mut String, worst: &[WorstError]) {
    body.push_str("<h2>Worst errors</h2>\n<p>The ads that the vague head is most surely wrong about, with the columns that weighed most.</p>\n");
    let mut rows = String::new();
    for error in worst {
        let columns: Vec<String> =
            error.columns.iter().map(|(name, amount)| format!("<bdi>{}</bdi> {amount:+.2}", escape(name))).collect();
        let title = if error.title.is_empty() { &error.id } else { &error.title };
        let _ = writeln!(
            rows,
            "<tr><th scope=\"row\" dir=\"auto\">{}</th><td>{}</td><td>{:.3}</td><td class=\"wide\">{}</td></tr>",
            escape(title),
            label(Some(error.label), error.vagueness),
            error.p,
            columns.join(" · ")
        );
    }
    let _ = write!(
        body,
        "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr><th scope=\"col\">title</th><th scope=\"col\">label</th>\
         <th scope=\"col\">p(vague)</th><th scope=\"col\">columns, margin</th></tr></thead><tbody>\n{rows}</tbody></table></div>\n"
    );
}
