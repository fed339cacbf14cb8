//! From an ad to a verdict, and to the sum behind it.
//!
//! A [`Scorer`] is shared by all threads; each thread brings a [`Scratch`], which remembers what every word it has met
//! adds to every head. The remembered totals are a pure function of the word, so verdicts do not depend on what a
//! thread met before.

pub mod advice;
mod allow;
pub mod explain;
mod findings;
mod ignore;
mod masked;
mod memory;
mod verdict;

use std::sync::Arc;

pub use advice::Edit;
pub use allow::AllowList;
pub use ignore::Directive;
pub use verdict::{Cleared, Decision, Deliverable, Evidence, ReasonVerdict, Verdict};

use crate::ad::{Ad, Lang};
use crate::features::{Counts, Lexicon, dense};
use crate::label::{HEADS, REASONS, SCOPE, VAGUE};
use crate::model::Model;
use crate::rubric::{Findings, Kinds};
use crate::text::Analysis;
use memory::Memory;

/// Words a scratch remembers before it starts afresh; bounds its memory to some tens of megabytes.
const REMEMBERED: usize = 60_000;

/// Stands for the place of a reason that is not among the six.
const OWN: usize = usize::MAX;

/// How to score.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScoreOptions {
    /// Give a verdict on every role, not only on those that run social media.
    pub all_roles: bool,
}

/// Which reasons carry evidence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EvidenceFor {
    /// All: for a reason that did not fire, the places that speak for it all the same.
    #[default]
    All,
    /// Those that fired.
    Fired,
}

/// A model ready to score.
pub struct Scorer {
    model: Arc<Model>,
    options: ScoreOptions,
    evidence: EvidenceFor,
    allow: AllowList,
    vague: Option<usize>,
    scope: Option<usize>,
    /// The place of each reason among the six, and that of its head.
    reasons: Vec<(usize, usize)>,
}

/// What one thread keeps between ads.
#[derive(Default)]
pub struct Scratch {
    analysis: Analysis,
    findings: Findings,
    measures: Vec<f32>,
    counts: Counts,
    lexicon: Lexicon,
    memory: Memory,
    margins: Vec<f64>,
    directive: Directive,
    /// The plain text without its directives; empty when there are none.
    blanked: String,
}

impl Scratch {
    /// The text that was analysed: the ad's, without its directives.
    fn seen<'s>(&'s self, ad: &'s Ad) -> &'s str {
        if self.directive.lines.is_empty() { ad.plain() } else { &self.blanked }
    }
}

impl Scorer {
    /// A scorer for `model`, which several scorers may share.
    pub fn new(model: impl Into<Arc<Model>>, options: ScoreOptions) -> Scorer {
        let model = model.into();
        let six = REASONS.iter().enumerate().filter_map(|(place, reason)| Some((place, model.head(reason)?)));
        // Reasons beside the six have no lexicon: they are said, without evidence of the rubric.
        let heads = model.config.heads.iter().enumerate();
        let own = heads.filter(|(_, head)| !HEADS.contains(&head.name.as_str())).map(|(head, _)| (OWN, head));
        let reasons = six.chain(own).collect();
        Scorer {
            vague: model.head(VAGUE),
            scope: model.head(SCOPE),
            reasons,
            model,
            options,
            evidence: EvidenceFor::default(),
            allow: AllowList::default(),
        }
    }

    /// The same scorer, which drops the evidence that `allow` allows.
    #[must_use]
    pub fn allowing(mut self, allow: AllowList) -> Scorer {
        self.allow = allow;
        self
    }

    /// The same scorer, which gives evidence for those reasons.
    #[must_use]
    pub fn giving(mut self, evidence: EvidenceFor) -> Scorer {
        self.evidence = evidence;
        self
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Scores one ad.
    pub fn score(&self, ad: &Ad, scratch: &mut Scratch) -> Verdict {
        self.read(ad, scratch);
        self.margins(scratch);
        self.heed(ad, scratch);
        self.verdict(ad, scratch)
    }

    /// Calibrated probabilities of all heads, in the order of the model's heads.
    pub fn probabilities(&self, ad: &Ad, scratch: &mut Scratch) -> Vec<f64> {
        self.read(ad, scratch);
        self.margins(scratch);
        let heads = self.model.config.heads.iter();
        heads.zip(&scratch.margins).map(|(head, &margin)| head.probability(margin)).collect()
    }

    /// The dense measures of the ad scored last, in the order of their names, and its number of tokens.
    pub fn measured<'s>(&self, scratch: &'s Scratch) -> (&'s [f32], u32) {
        (&scratch.measures, scratch.counts.tokens)
    }

    /// Of the ad scored last: the words that the model does not know, and all words, both as often as they occur.
    ///
    /// A word is known by a column of its own, of one of its stems, or of its vector; numbers are known by their size and kind.
    pub fn unknown(&self, scratch: &Scratch) -> (u32, u32) {
        let Scratch { counts, memory, .. } = scratch;
        let strange =
            counts.words.iter().filter(|&&(word, _)| memory.is_strange(word)).map(|&(_, frequency)| frequency);
        (strange.sum(), counts.tokens)
    }

    /// Analyses the ad and brings the scratch's memory up to its words.
    fn read(&self, ad: &Ad, scratch: &mut Scratch) {
        let model = &self.model;
        scratch.directive = Directive::of(ad);
        let plain = if scratch.directive.lines.is_empty() {
            ad.plain()
        } else {
            scratch.directive.blank(ad.plain(), &mut scratch.blanked);
            &scratch.blanked
        };
        model.analyzer.analyze_into(plain, &mut scratch.analysis);
        model.rubric.find(plain, &scratch.analysis, &mut scratch.findings);
        self.allow.apply(plain, &scratch.analysis, &mut scratch.findings);
        dense::fill(&model.rubric, &scratch.analysis, &scratch.findings, &mut scratch.measures);
        if scratch.lexicon.len() > REMEMBERED {
            scratch.lexicon.clear();
            scratch.memory.clear();
        }
        scratch.counts.count(&scratch.analysis, &mut scratch.lexicon);
        scratch.memory.learn(model, &scratch.lexicon);
        let Scratch { memory, findings, analysis, counts, measures, .. } = scratch;
        memory.judge(model, &findings.buffers.statements, counts, analysis.lang(), measures);
    }

    /// Lets what the statements were judged to be decide which findings are shown. What was measured of them stands.
    fn heed(&self, ad: &Ad, scratch: &mut Scratch) {
        let mut findings = std::mem::take(&mut scratch.findings);
        let quote = |tokens| self.model.rubric.quote(scratch.seen(ad), &scratch.analysis, tokens);
        findings::heed(&mut findings, scratch.memory.judged(), quote);
        scratch.findings = findings;
    }

    /// Sums the margins of all heads.
    fn margins(&self, scratch: &mut Scratch) {
        let Scratch { counts, memory, measures, margins, .. } = scratch;
        memory.sum(&self.model, counts, measures, margins);
    }

    fn verdict(&self, ad: &Ad, scratch: &Scratch) -> Verdict {
        let config = &self.model.config;
        let lang = scratch.analysis.lang();
        let mut verdict = Verdict {
            decision: Decision::Unsupported,
            lang,
            p_vague: None,
            p_scope: None,
            words: scratch.counts.tokens,
            reasons: Vec::new(),
            deliverables: Vec::new(),
            excused: scratch.directive.ignores_all(),
        };
        if lang == Lang::Other {
            return verdict;
        }
        let probability = |place: usize| -> f64 {
            let (head, margin) = (config.heads.get(place), scratch.margins.get(place));
            head.zip(margin).map_or(0.0, |(head, &margin)| (head.probability(margin) * 1e6).round() / 1e6)
        };
        verdict.p_vague = self.vague.map(probability);
        verdict.p_scope = self.scope.map(probability);
        let p = verdict.p_vague.unwrap_or(0.0);
        let in_scope = self.scope.and_then(|place| config.heads.get(place)).zip(verdict.p_scope);
        verdict.decision = if in_scope.is_some_and(|(head, p)| p < head.threshold) && !self.options.all_roles {
            Decision::OutOfScope
        } else if p >= config.decision.upper {
            Decision::Vague
        } else if p <= config.decision.lower {
            Decision::Concrete
        } else {
            Decision::Unsure
        };
        for &(reason, place) in &self.reasons {
            let p = probability(place);
            let head = config.heads.get(place);
            let would_fire = head.is_some_and(|head| p >= head.threshold);
            let ignored = would_fire && scratch.directive.ignores(reason);
            let fired = would_fire && !ignored;
            verdict.reasons.push(ReasonVerdict {
                id: head.map_or_else(String::new, |head| head.name.clone()),
                p,
                fired,
                ignored,
                evidence: if fired { findings::evidence(&scratch.findings, reason) } else { Vec::new() },
                missing: if fired { findings::missing(&scratch.findings, reason) } else { Kinds::default() },
                cleared: findings::cleared(&scratch.findings, reason),
                advice: (fired && reason != OWN).then(|| advice::general(reason, lang).to_owned()),
                edit: None,
            });
        }
        let ignored = verdict.reasons.iter().any(|reason| reason.ignored);
        verdict.excused |= ignored && !verdict.reasons.iter().any(|reason| reason.fired);
        // A title says what the role is called, not what is done.
        let body = ad.text_start();
        let shown = scratch.findings.deliverables.iter().filter(|found| !found.weak && found.span.start >= body);
        verdict.deliverables = shown.map(|found| Deliverable { kind: found.kind, span: found.span }).collect();
        if self.evidence == EvidenceFor::All {
            self.points_against(ad, &mut verdict, scratch);
        }
        verdict
    }

    /// Adds what speaks for the reasons that did not fire.
    fn points_against(&self, ad: &Ad, verdict: &mut Verdict, scratch: &Scratch) {
        let mut odds = [None; REASONS.len()];
        for (&(number, _), reason) in self.reasons.iter().zip(&verdict.reasons) {
            if let Some(odds) = odds.get_mut(number).filter(|_| !reason.fired && !reason.ignored) {
                *odds = Some(reason.p);
            }
        }
        let evidence = verdict.reasons.iter().flat_map(|reason| &reason.evidence).map(|found| found.span);
        let shown = evidence.chain(verdict.deliverables.iter().map(|found| found.span));
        let mut lists = findings::against(&scratch.findings, &odds, shown, ad.plain().len());
        for (&(number, _), reason) in self.reasons.iter().zip(&mut verdict.reasons) {
            if let Some(list) = lists.get_mut(number).filter(|_| !reason.fired) {
                reason.evidence = std::mem::take(list);
            }
        }
    }
}
