//! Records of a job's output, read back: whole for the page, or as rows of CSV.
//!
//! The output is JSON Lines as `tachles batch --with-text` writes them. What is read back is put together as a record once more, so CSV
//! comes out as the same program writes it.

use serde::Deserialize;
use serde_json::Value;

use crate::ad::Lang;
use crate::report::record::{ClearedRecord, EditRecord, QuoteRecord, ReasonRecord, SourceRecord};
use crate::report::{OffsetUnit, Record};
use crate::rubric::Kind;
use crate::score::Decision;

/// A record as it stands in the output.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stored {
    pub id: String,
    pub title: String,
    pub lang: String,
    pub verdict: String,
    pub p_vague: Option<f64>,
    pub p_scope: Option<f64>,
    pub words: u32,
    pub reasons: Vec<StoredReason>,
    deliverables: Vec<StoredQuote>,
    pub duplicate_of: Option<String>,
    source: StoredSource,
    content_hash: String,
    model: String,
    pub text: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredReason {
    pub id: String,
    p: f64,
    pub fired: bool,
    #[serde(default)]
    ignored: bool,
    evidence: Vec<StoredQuote>,
    #[serde(default)]
    missing: Vec<String>,
    #[serde(default)]
    cleared: Vec<StoredCleared>,
    advice: Option<String>,
    edit: Option<StoredEdit>,
}

#[derive(Debug, Deserialize)]
struct StoredQuote {
    kind: Option<String>,
    start: Option<usize>,
    end: Option<usize>,
    quote: String,
    #[serde(default)]
    missing: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct StoredCleared {
    #[serde(flatten)]
    line: StoredQuote,
    by: StoredQuote,
}

#[derive(Debug, Deserialize)]
struct StoredEdit {
    start: Option<usize>,
    end: Option<usize>,
    replacement: String,
    p_vague_after: f64,
}

#[derive(Debug, Deserialize)]
struct StoredSource {
    file: String,
    record: u64,
    line: u64,
}

impl Stored {
    /// Reads one line; `None` for one that this program has not written.
    pub fn read(line: &[u8]) -> Option<Stored> {
        serde_json::from_slice(line).ok()
    }

    /// The decision.
    pub fn decision(&self) -> Decision {
        Decision::ALL.into_iter().find(|known| known.as_str() == self.verdict).unwrap_or(Decision::Unsupported)
    }

    /// The language.
    pub fn language(&self) -> Lang {
        Lang::ALL.into_iter().find(|known| known.as_str() == self.lang).unwrap_or(Lang::Other)
    }

    /// The record, with offsets in code points as they were stored.
    pub fn record(&self) -> Record<'_> {
        Record {
            id: &self.id,
            title: &self.title,
            lang: self.language().as_str(),
            verdict: self.decision().as_str(),
            p_vague: self.p_vague,
            p_scope: self.p_scope,
            words: self.words,
            reasons: self.reasons.iter().map(StoredReason::record).collect(),
            deliverables: self.deliverables.iter().map(StoredQuote::record).collect(),
            duplicate_of: self.duplicate_of.as_deref(),
            source: SourceRecord { file: &self.source.file, record: self.source.record, line: self.source.line },
            content_hash: self.content_hash.clone(),
            model: &self.model,
            text: Some(&self.text),
        }
    }

    /// The record as JSON, with offsets in `unit`.
    pub fn json(&self, unit: OffsetUnit) -> Value {
        let mut record = serde_json::to_value(self.record()).unwrap_or_default();
        let size: fn(char) -> usize = match unit {
            OffsetUnit::Utf16 => char::len_utf16,
            OffsetUnit::Bytes => char::len_utf8,
            OffsetUnit::CodePoints | OffsetUnit::Raw => return record,
        };
        // Where every character begins, and where the last one ends.
        let mut places = vec![0];
        let mut at = 0;
        places.extend(self.text.chars().map(|c| {
            at += size(c);
            at
        }));
        convert(&mut record, &places);
        record
    }
}

/// Replaces every `start` and `end` that is a number by its place.
fn convert(value: &mut Value, places: &[usize]) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| convert(item, places)),
        Value::Object(fields) => {
            for (name, field) in fields {
                let number = field.as_u64().and_then(|number| places.get(usize::try_from(number).ok()?));
                match (name.as_str(), number) {
                    ("start" | "end", Some(&place)) => *field = place.into(),
                    _ => convert(field, places),
                }
            }
        }
        _ => {}
    }
}

fn kinds(words: &[String]) -> Vec<&'static str> {
    words.iter().filter_map(|word| Some(Kind::parse(word)?.as_str())).collect()
}

impl StoredReason {
    fn record(&self) -> ReasonRecord<'_> {
        ReasonRecord {
            id: &self.id,
            p: self.p,
            fired: self.fired,
            ignored: self.ignored,
            evidence: self.evidence.iter().map(StoredQuote::record).collect(),
            missing: kinds(&self.missing),
            cleared: self
                .cleared
                .iter()
                .map(|cleared| ClearedRecord { line: cleared.line.record(), by: cleared.by.record() })
                .collect(),
            advice: self.advice.as_deref(),
            edit: self.edit.as_ref().map(|edit| EditRecord {
                start: edit.start,
                end: edit.end,
                replacement: &edit.replacement,
                p_vague_after: edit.p_vague_after,
            }),
        }
    }
}

impl StoredQuote {
    fn record(&self) -> QuoteRecord<'_> {
        QuoteRecord {
            kind: self.kind.as_deref().and_then(|word| Some(Kind::parse(word)?.as_str())),
            start: self.start,
            end: self.end,
            quote: &self.quote,
            missing: kinds(&self.missing),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ad::Ad;
    use crate::model::Model;
    use crate::report::{RecordStyle, json_line};
    use crate::score::{ScoreOptions, Scorer, Scratch};

    #[test]
    fn what_is_stored_comes_back_byte_for_byte() {
        let scorer = Scorer::new(Model::embedded().unwrap(), ScoreOptions::default());
        let text = std::fs::read_to_string("data/samples/ad.txt").unwrap();
        let ad = Ad::new("a1", "🚀 גורו", &format!("{text}\n🚀 We post daily and want passion"));
        let mut scratch = Scratch::default();
        let mut verdict = scorer.score(&ad, &mut scratch);
        scorer.advise(&ad, &mut verdict, &mut scratch);
        let line = |offsets: OffsetUnit| {
            let style = RecordStyle { model: "m@1".to_owned(), offsets, with_text: true };
            let mut line = Vec::new();
            json_line(&mut line, &Record::new(&ad, &verdict, &style)).unwrap();
            line
        };
        let written = line(OffsetUnit::CodePoints);
        let stored = Stored::read(&written).unwrap();
        let mut again = Vec::new();
        json_line(&mut again, &stored.record()).unwrap();
        assert_eq!(String::from_utf8(again).unwrap(), String::from_utf8(written).unwrap());
        for unit in [OffsetUnit::Utf16, OffsetUnit::Bytes, OffsetUnit::CodePoints] {
            let expected: Value = serde_json::from_slice(&line(unit)).unwrap();
            assert_eq!(stored.json(unit), expected, "{unit:?}");
        }
    }
}
