//! The output record: one object a posting, the contract between tachles and the programs that read it.
//!
//! Column order, names and meaning are fixed. JSON Lines hold the record as it is, CSV holds it flattened.

use serde::Serialize;

use crate::ad::{Ad, Span};
use crate::rubric::Kind;
use crate::score::{Edit, Evidence, Verdict};
use crate::text::offsets::{Offsets, Unit};

/// What is the same for every record of a run.
#[derive(Clone, Debug)]
pub struct RecordStyle {
    /// The model's name and digest.
    pub model: String,
    /// What offsets count.
    pub offsets: OffsetUnit,
    /// Always carry the plain text that offsets count in, not only when it was extracted from HTML.
    pub with_text: bool,
}

/// What `start` and `end` count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OffsetUnit {
    /// Unicode code points of the plain text.
    #[default]
    CodePoints,
    /// Bytes of the plain text in UTF-8.
    Bytes,
    /// UTF-16 code units of the plain text, as JavaScript counts.
    Utf16,
    /// Code points of the text as it was read, HTML included; there are none for a span in the title.
    Raw,
}

impl OffsetUnit {
    /// Reads `codepoints`, `bytes`, `utf16` or `raw`; `None` for another word.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "codepoints" => Some(OffsetUnit::CodePoints),
            "bytes" => Some(OffsetUnit::Bytes),
            "utf16" => Some(OffsetUnit::Utf16),
            "raw" => Some(OffsetUnit::Raw),
            _ => None,
        }
    }
}

/// One posting's record.
#[derive(Clone, Debug, Serialize)]
pub struct Record<'a> {
    /// The posting's identifier.
    pub id: &'a str,
    /// Its title.
    pub title: &'a str,
    /// `he`, `en`, `mixed` or `other`.
    pub lang: &'static str,
    /// `vague`, `concrete`, `unsure`, `out_of_scope` or `unsupported`.
    pub verdict: &'static str,
    /// The probability that the ad is vague.
    pub p_vague: Option<f64>,
    /// The probability that the role runs social media.
    pub p_scope: Option<f64>,
    /// The number of words.
    pub words: u32,
    /// The six reasons.
    pub reasons: Vec<ReasonRecord<'a>>,
    /// What makes the ad concrete.
    pub deliverables: Vec<QuoteRecord<'a>>,
    /// The posting that this one repeats.
    pub duplicate_of: Option<&'a str>,
    /// Where it was read.
    pub source: SourceRecord<'a>,
    /// 128 bits of SHA-256 over the plain text.
    pub content_hash: String,
    /// The model's name and digest.
    pub model: &'a str,
    /// The plain text that offsets count in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<&'a str>,
}

/// One reason.
#[derive(Clone, Debug, Serialize)]
pub struct ReasonRecord<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its probability.
    pub p: f64,
    /// Whether the ad is said to commit the fault.
    pub fired: bool,
    /// Present, and true, when it would have fired had the ad not asked to ignore it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ignored: bool,
    /// Where.
    pub evidence: Vec<QuoteRecord<'a>>,
    /// Kinds of deliverable that were looked for in the whole ad and not found; absent when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<&'static str>,
    /// Vague lines that something else in the ad makes concrete; absent when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cleared: Vec<ClearedRecord<'a>>,
    /// What to write instead.
    pub advice: Option<&'a str>,
    /// A worked example of the advice.
    pub edit: Option<EditRecord<'a>>,
}

/// A vague line that is no evidence, and why not.
#[derive(Clone, Debug, Serialize)]
pub struct ClearedRecord<'a> {
    /// The vague line.
    #[serde(flatten)]
    pub line: QuoteRecord<'a>,
    /// What makes it concrete.
    pub by: QuoteRecord<'a>,
}

/// A change to the plain text, and what it would bring.
#[derive(Clone, Debug, Serialize)]
pub struct EditRecord<'a> {
    /// The first unit that is replaced; as [`QuoteRecord::start`].
    pub start: Option<usize>,
    /// One past the last unit; the same as `start` where something is put in.
    pub end: Option<usize>,
    /// What to write there.
    pub replacement: &'a str,
    /// The probability that the edited ad is vague.
    pub p_vague_after: f64,
}

/// A stretch of text.
#[derive(Clone, Debug, Serialize)]
pub struct QuoteRecord<'a> {
    /// The kind of deliverable; absent for evidence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// The first unit; `None` for a span in the title when units of the raw text are asked for.
    pub start: Option<usize>,
    /// One past the last unit.
    pub end: Option<usize>,
    /// The text as written.
    pub quote: &'a str,
    /// Kinds of deliverable that were looked for within reach and not found; absent when the words are the fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<&'static str>,
}

/// Where a posting was read.
#[derive(Clone, Debug, Serialize)]
pub struct SourceRecord<'a> {
    /// The file.
    pub file: &'a str,
    /// The record in it, from 1.
    pub record: u64,
    /// The line on which the record starts, from 1.
    pub line: u64,
}

/// Turns byte spans of an ad's plain text into the unit asked for.
pub struct SpanCounter<'a> {
    ad: &'a Ad,
    unit: Unit,
    /// The start of the text, when spans are to be given in what it was made from.
    raw_from: Option<usize>,
    offsets: Offsets<'a>,
}

impl<'a> SpanCounter<'a> {
    /// A counter for the spans of `ad`.
    pub fn new(ad: &'a Ad, unit: OffsetUnit) -> Self {
        let raw_from = (unit == OffsetUnit::Raw).then(|| ad.text_start());
        let counted = match (raw_from, ad.origin()) {
            (Some(_), Some(origin)) => origin.raw.as_str(),
            (Some(_), None) => ad.text(),
            (None, _) => ad.plain(),
        };
        let unit = match unit {
            OffsetUnit::Bytes => Unit::Bytes,
            OffsetUnit::CodePoints | OffsetUnit::Raw => Unit::CodePoints,
            OffsetUnit::Utf16 => Unit::Utf16,
        };
        // Bytes need no index.
        let offsets = Offsets::new(if unit == Unit::Bytes { "" } else { counted });
        SpanCounter { ad, unit, raw_from, offsets }
    }

    /// The start and end of `span` in the unit asked for; `None` for the title when that is the raw text.
    pub fn count(&self, span: Span) -> Option<(usize, usize)> {
        let span = match self.raw_from {
            None => span,
            Some(from) => {
                let (start, end) = (span.start.checked_sub(from)?, span.end.checked_sub(from)?);
                match self.ad.origin() {
                    Some(origin) => Span::new(origin.map.raw_start(start), origin.map.raw_end(end)),
                    None => Span::new(start, end),
                }
            }
        };
        if self.unit == Unit::Bytes {
            return Some((span.start, span.end));
        }
        let counted = self.offsets.from_bytes(span, self.unit);
        Some((counted.start, counted.end))
    }

    fn quote(&self, kind: Option<&'static str>, span: Span) -> QuoteRecord<'a> {
        let (start, end) = self.count(span).unzip();
        QuoteRecord { kind, start, end, quote: span.of(self.ad.plain()), missing: Vec::new() }
    }
}

impl<'a> SpanCounter<'a> {
    fn evidence(&self, found: &Evidence) -> QuoteRecord<'a> {
        let missing = found.missing.iter().map(Kind::as_str).collect();
        QuoteRecord { missing, ..self.quote(None, found.span) }
    }

    fn edit(&self, edit: &'a Edit) -> EditRecord<'a> {
        let (start, end) = self.count(edit.span).unzip();
        EditRecord { start, end, replacement: &edit.replacement, p_vague_after: edit.p_vague_after }
    }
}

impl<'a> Record<'a> {
    /// The record of `ad` and its verdict.
    pub fn new(ad: &'a Ad, verdict: &'a Verdict, style: &'a RecordStyle) -> Self {
        let counter = SpanCounter::new(ad, style.offsets);
        Record {
            id: &ad.id,
            title: ad.title(),
            lang: verdict.lang.as_str(),
            verdict: verdict.decision.as_str(),
            p_vague: verdict.p_vague,
            p_scope: verdict.p_scope,
            words: verdict.words,
            reasons: verdict
                .reasons
                .iter()
                .map(|reason| ReasonRecord {
                    id: &reason.id,
                    p: reason.p,
                    fired: reason.fired,
                    ignored: reason.ignored,
                    evidence: reason.evidence.iter().map(|found| counter.evidence(found)).collect(),
                    missing: reason.missing.iter().map(Kind::as_str).collect(),
                    cleared: reason
                        .cleared
                        .iter()
                        .map(|found| ClearedRecord {
                            line: counter.quote(None, found.span),
                            by: counter.quote(None, found.by),
                        })
                        .collect(),
                    advice: reason.advice.as_deref(),
                    edit: reason.edit.as_ref().map(|edit| counter.edit(edit)),
                })
                .collect(),
            deliverables: verdict
                .deliverables
                .iter()
                .map(|found| counter.quote(Some(found.kind.as_str()), found.span))
                .collect(),
            duplicate_of: None,
            source: SourceRecord { file: &ad.source.file, record: ad.source.record, line: ad.source.line },
            content_hash: ad.content_hash(),
            model: &style.model,
            text: (style.with_text || ad.origin().is_some()).then(|| ad.plain()),
        }
    }
}
