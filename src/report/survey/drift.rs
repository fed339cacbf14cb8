//! The part of the page that compares scores with those of the training ads and of the run before.

use std::fmt::Write;

use super::page::Run;
use crate::ad::Lang;
use crate::label::{HEADS, VAGUE};
use crate::model::distribution::{BINS, FEWEST};
use crate::model::{Distribution, Distributions, Drift, Movement};
use crate::report::page::{escape, table};
use crate::report::plot::{Plot, quarters};

/// What the scores are compared with.
struct Reference<'r> {
    /// As in "against …".
    name: &'static str,
    /// What it is when the scores have moved far from it.
    meaning: &'static str,
    spread: &'r Distributions,
    /// The class of its line in charts.
    class: &'static str,
}

/// The section: what is to be known in words, then tables and charts by language.
pub(super) fn section(body: &mut String, run: &Run<'_>) {
    let found = &run.survey.distributions;
    let training = run.training;
    let mut references = Vec::new();
    if !training.is_empty() {
        references.push(Reference {
            name: "training",
            meaning: "These are other ads than the model was calibrated on, and its thresholds may promise too much: label some of them \
                      and measure (tachles evaluate).",
            spread: training,
            class: "lexicon",
        });
    }
    if let Some(previous) = run.previous {
        references.push(Reference {
            name: "the previous run",
            meaning: "Either the ads have changed, or how they are collected and read: look at the tables of sources and at the \
                      flagged ads.",
            spread: &previous.distributions,
            class: "length",
        });
    }
    body.push_str("<h2>Have the scores moved?</h2>\n<ul>\n");
    for (lang, name) in languages(found) {
        match count(found, lang) {
            few if few < FEWEST => _ = writeln!(body, "<li>{name}: {few} texts, too few to compare.</li>"),
            _ => references.iter().for_each(|reference| {
                let _ = writeln!(body, "<li>{}</li>", sentence(name, lang, found, reference));
            }),
        }
    }
    body.push_str("</ul>\n");
    absent(body, run);
    for (lang, name) in languages(found).filter(|&(lang, _)| count(found, lang) >= FEWEST) {
        let _ = writeln!(body, "<h3>{name} ({} distinct texts)</h3>", count(found, lang));
        tables(body, lang, found, &references);
        charts(body, run, lang, &references);
    }
    body.push_str(
        "<p class=\"soft\">Compared are the probabilities of distinct texts, whatever the role, in 20 equal parts of 0 to 1, of which \
         neighbours are taken together until they hold 5% of the mean of both sides; with the training ads, the out-of-fold \
         probabilities of those that calibration and thresholds rest on, in the same language. The population stability index is \
         Σ (a − b) ln(a / b) over the shares of both; the usual limits are 0.1 and 0.25 (Lewis 1994; Siddiqi 2006). What two samples \
         of these sizes from one population exceed in one case of twenty is given as <i>by chance</i> (Yurdakul and Naranjo 2020); it \
         takes ads for independent, which those of one employer are not.</p>\n",
    );
}

/// The languages that have scores, with their names.
fn languages(found: &Distributions) -> impl Iterator<Item = (Lang, &'static str)> {
    Lang::ALL
        .into_iter()
        .filter(|lang| found.get(lang.as_str(), VAGUE).is_some())
        .map(|lang| (lang, super::page::language(lang)))
}

/// The distinct texts in `lang` that have scores.
fn count(found: &Distributions, lang: Lang) -> u64 {
    found.get(lang.as_str(), VAGUE).map_or(0, Distribution::total)
}

/// What there is nothing to compare with, and why.
fn absent(body: &mut String, run: &Run<'_>) {
    if run.training.is_empty() {
        body.push_str(
            "<p class=\"note\">The model does not hold how its training scores were spread, so there is no comparison with them; \
             a model trained with this version of tachles does.</p>\n",
        );
    }
    match (run.begun, run.previous) {
        (None, _) => body.push_str(
            "<p class=\"soft\">Without a ledger (<code>--ledger FILE</code>) no run is remembered that this one could be compared with.</p>\n",
        ),
        (Some(_), None) => body.push_str("<p class=\"soft\">The ledger has no earlier complete run to compare with.</p>\n"),
        (Some(_), Some(previous)) => {
            let _ = write!(body, "<p class=\"soft\">The previous run is run {} of {}", previous.run, escape(&previous.started));
            if !previous.same_command {
                body.push_str(", by another command: its ads may be of another kind");
            }
            body.push_str(".</p>\n");
            if !previous.same_judge {
                let _ = writeln!(
                    body,
                    "<p class=\"note\">The previous run was judged by another model or other settings ({}): what has moved may be those.</p>",
                    escape(&previous.model)
                );
            }
        }
    }
}

fn drift(found: &Distributions, reference: &Reference<'_>, lang: Lang, head: &str) -> Option<Drift> {
    found.get(lang.as_str(), head)?.drift(reference.spread.get(lang.as_str(), head)?)
}

/// What has moved, in plain language.
fn sentence(name: &str, lang: Lang, found: &Distributions, reference: &Reference<'_>) -> String {
    let against = reference.name;
    let Some(vague) = drift(found, reference, lang, VAGUE) else {
        return format!("{name}, against {against}: there are fewer than {FEWEST} such texts, too few to compare.");
    };
    let far: Vec<&str> = HEADS
        .into_iter()
        .filter(|&head| head != VAGUE)
        .filter(|head| drift(found, reference, lang, head).is_some_and(|drift| drift.movement() == Movement::Much))
        .collect();
    let psi = format!("index {:.2}", vague.psi);
    let said = match vague.movement() {
        Movement::Little => format!("the scores for vagueness are <b>where they were</b> ({psi})."),
        Movement::Unknown => {
            format!(
                "<b>too few texts to tell</b>: the index of {:.2} is within what chance brings ({:.2}).",
                vague.psi, vague.chance
            )
        }
        Movement::Some => format!("the scores for vagueness have <b>moved somewhat</b> ({psi}); keep an eye on it."),
        Movement::Much => format!("the scores for vagueness have <b>moved far</b> ({psi}). {}", reference.meaning),
    };
    let heads = if far.is_empty() { String::new() } else { format!(" Moved far: {}.", far.join(", ")) };
    format!("{name}, against {against}: {said}{heads}")
}

fn tables(body: &mut String, lang: Lang, found: &Distributions, references: &[Reference<'_>]) {
    for reference in references {
        let rows: Vec<Vec<String>> = HEADS
            .into_iter()
            .filter_map(|head| {
                let drift = drift(found, reference, lang, head)?;
                let said = match drift.movement() {
                    Movement::Little => "where it was",
                    Movement::Unknown => "too few to tell",
                    Movement::Some => "moved somewhat",
                    Movement::Much => "moved far",
                };
                let texts = reference.spread.get(lang.as_str(), head).map_or(0, Distribution::total);
                let numbers = [format!("{:.3}", drift.psi), format!("{:.3}", drift.chance), texts.to_string()];
                Some([vec![head.to_owned(), said.to_owned()], numbers.to_vec()].concat())
            })
            .collect();
        if !rows.is_empty() {
            let caption = format!("Against {}", reference.name);
            body.push_str(&table(
                &caption,
                &["head", "its scores", "index", "by chance", "texts compared with"],
                &rows,
            ));
        }
    }
}

fn charts(body: &mut String, run: &Run<'_>, lang: Lang, references: &[Reference<'_>]) {
    let chart = |head: &str| chart(run, lang, head, references).unwrap_or_default();
    let _ = write!(body, "<div class=\"plots\">\n{}</div>\n", chart(VAGUE));
    body.push_str("<details><summary>Charts of all heads</summary>\n<div class=\"plots\">\n");
    HEADS.into_iter().filter(|&head| head != VAGUE).for_each(|head| body.push_str(&chart(head)));
    body.push_str("</div></details>\n");
}

/// The scores of one head as bars, those they are compared with as lines.
fn chart(run: &Run<'_>, lang: Lang, head: &str, references: &[Reference<'_>]) -> Option<String> {
    let shares = run.survey.distributions.get(lang.as_str(), head)?.shares();
    let others: Vec<(&Reference<'_>, [f64; BINS])> = references
        .iter()
        .filter_map(|reference| Some((reference, reference.spread.get(lang.as_str(), head)?.shares())))
        .collect();
    let highest =
        others.iter().flat_map(|(_, shares)| shares).chain(&shares).fold(0.0f64, |most, &share| most.max(share));
    // Whole tenths above the highest bar.
    let top = ((highest * 10.0).ceil() / 10.0).max(0.1);
    let edge = |bin: usize| bin as f64 / BINS as f64;
    let label = format!("How the probabilities of {head} are spread, from 0 to 1, as shares of all texts");
    let ticks: Vec<(f64, String)> =
        [0.0, 0.5, 1.0].map(|part| (part * top, format!("{:.0}%", part * top * 100.0))).to_vec();
    let mut plot = Plot::new(&label, (0.0, 1.0), (0.0, top)).axes("probability", &quarters(), "share of texts", &ticks);
    for (bin, &share) in shares.iter().enumerate() {
        let note = format!("{:.2} to {:.2}: {:.1}%", edge(bin), edge(bin + 1), 100.0 * share);
        plot = plot.bar("no", (edge(bin), 0.0), (edge(bin + 1), share), &note);
    }
    let mut legend = vec![("no", "this run".to_owned())];
    for (reference, shares) in &others {
        let steps: Vec<(f64, f64)> =
            shares.iter().enumerate().flat_map(|(bin, &share)| [(edge(bin), share), (edge(bin + 1), share)]).collect();
        plot = plot.line(reference.class, &steps);
        legend.push((reference.class, reference.name.to_owned()));
    }
    if head == VAGUE {
        for threshold in [run.judge.lower, run.judge.upper] {
            plot = plot.line("edge", &[(threshold, 0.0), (threshold, top)]);
        }
        legend.push(("edge", format!("concrete up to {:.2}, vague from {:.2}", run.judge.lower, run.judge.upper)));
    }
    Some(plot.finish(head, &legend))
}
