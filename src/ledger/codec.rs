//! A verdict as a few hundred bytes, and back without loss.
//!
//! Numbers are variable-length (LEB128); places count from the place before; probabilities are millionths, which is what
//! they are made in. General advice is not kept but named: it is a function of reason and language.

use twox_hash::XxHash3_64;

use crate::ad::{Lang, Span};
use crate::label::REASONS;
use crate::rubric::{Kind, Kinds};
use crate::score::{Cleared, Decision, Deliverable, Edit, Evidence, ReasonVerdict, Verdict, advice};

/// The first byte of every verdict written so, with [`check`] behind its last: a flipped bit would give another verdict, not none.
const FORMAT: u8 = 2;
/// Written before there was a check.
const UNCHECKED: u8 = 1;

const LANGS: [Lang; 4] = [Lang::He, Lang::En, Lang::Mixed, Lang::Other];

/// The bytes of `verdict`.
pub(super) fn encode(verdict: &Verdict) -> Vec<u8> {
    let mut out = Encoder { bytes: vec![FORMAT], place: 0 };
    out.place_in(&Decision::ALL, verdict.decision);
    out.place_in(&LANGS, verdict.lang);
    out.flags([verdict.p_vague.is_some(), verdict.p_scope.is_some(), verdict.excused, false]);
    verdict.p_vague.into_iter().chain(verdict.p_scope).for_each(|p| out.probability(p));
    out.number(u64::from(verdict.words));
    out.number(verdict.reasons.len() as u64);
    for reason in &verdict.reasons {
        out.reason(reason, verdict.lang);
    }
    out.list(&verdict.deliverables, |out, found| {
        out.number(found.kind.index() as u64);
        out.span(found.span);
    });
    let check = check(&out.bytes);
    out.bytes.extend_from_slice(&check);
    out.bytes
}

/// The first half of XXH3 (64 bits) of `bytes`.
fn check(bytes: &[u8]) -> [u8; 4] {
    ((XxHash3_64::oneshot(bytes) >> 32) as u32).to_le_bytes()
}

/// The verdict of `bytes`; `None` when they are damaged.
pub(super) fn decode(bytes: &[u8]) -> Option<Verdict> {
    let (body, of_body) = match *bytes.first()? {
        UNCHECKED => (bytes, None),
        FORMAT => bytes.split_last_chunk().map(|(body, check)| (body, Some(*check)))?,
        _ => return None,
    };
    if of_body.is_some_and(|of_body| of_body != check(body)) {
        return None;
    }
    let rest = body.get(1..)?;
    let mut from = Decoder { bytes: rest, place: 0 };
    let decision = *Decision::ALL.get(from.size()?)?;
    let lang = *LANGS.get(from.size()?)?;
    let [vague, scope, excused, _] = from.flags()?;
    let p_vague = if vague { Some(from.probability()?) } else { None };
    let p_scope = if scope { Some(from.probability()?) } else { None };
    let words = u32::try_from(from.number()?).ok()?;
    let reasons = from.list(|from| from.reason(lang))?;
    let deliverables = from.list(|from| {
        let kind = *Kind::ALL.get(from.size()?)?;
        Some(Deliverable { kind, span: from.span()? })
    })?;
    from.bytes.is_empty().then_some(Verdict { decision, lang, p_vague, p_scope, words, reasons, deliverables, excused })
}

/// The quotes of a verdict's deliverables behind those of the evidence of reasons that fired, in their order; they outlive
/// the text.
pub(super) fn encode_quotes(verdict: &Verdict, plain: &str) -> Vec<u8> {
    let mut out = Encoder { bytes: Vec::new(), place: 0 };
    let fired = verdict.reasons.iter().filter(|reason| reason.fired);
    let evidence = fired.flat_map(|reason| &reason.evidence).map(|found| found.span);
    for span in evidence.chain(verdict.deliverables.iter().map(|found| found.span)) {
        out.text(span.of(plain));
    }
    out.bytes
}

/// The quotes of [`encode_quotes`]; those that could be read.
pub(super) fn decode_quotes(bytes: &[u8]) -> Vec<String> {
    let mut from = Decoder { bytes, place: 0 };
    std::iter::from_fn(|| if from.bytes.is_empty() { None } else { from.text() }).collect()
}

struct Encoder {
    bytes: Vec<u8>,
    /// Where the last span began.
    place: u64,
}

impl Encoder {
    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }

    fn place_in<T: PartialEq>(&mut self, all: &[T], one: T) {
        // What is not in the list is read back as damage.
        self.number(all.iter().position(|other| *other == one).unwrap_or(usize::MAX) as u64);
    }

    fn flags(&mut self, flags: [bool; 4]) {
        self.bytes.push(flags.iter().rev().fold(0, |bits, &flag| bits << 1 | u8::from(flag)));
    }

    fn probability(&mut self, p: f64) {
        let millionths = (p * 1e6).round();
        if (0.0..=1e6).contains(&millionths) && (millionths / 1e6).to_bits() == p.to_bits() {
            self.number(millionths as u64 + 1);
        } else {
            self.number(0);
            self.bytes.extend_from_slice(&p.to_le_bytes());
        }
    }

    fn span(&mut self, span: Span) {
        let step = (span.start as u64).wrapping_sub(self.place) as i64;
        self.number((step << 1 ^ step >> 63) as u64);
        self.number(span.end.saturating_sub(span.start) as u64);
        self.place = span.start as u64;
    }

    fn kinds(&mut self, kinds: Kinds) {
        self.number(kinds.iter().fold(0, |bits, kind| bits | 1 << kind.index()));
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.bytes.extend_from_slice(text.as_bytes());
    }

    fn list<T>(&mut self, items: &[T], mut one: impl FnMut(&mut Self, &T)) {
        self.number(items.len() as u64);
        for item in items {
            one(self, item);
        }
    }

    fn reason(&mut self, reason: &ReasonVerdict, lang: Lang) {
        let place = REASONS.iter().position(|known| *known == reason.id);
        self.number(place.unwrap_or(REASONS.len()) as u64);
        if place.is_none() {
            self.text(&reason.id);
        }
        let general = reason.advice.as_deref() == Some(general(&reason.id, lang));
        let own = reason.advice.as_deref().filter(|_| !general);
        self.flags([reason.fired, reason.ignored, general, own.is_some() || reason.edit.is_some()]);
        self.probability(reason.p);
        self.kinds(reason.missing);
        self.list(&reason.evidence, |out, found| {
            out.span(found.span);
            out.kinds(found.missing);
        });
        self.list(&reason.cleared, |out, found| {
            out.span(found.span);
            out.span(found.by);
        });
        if own.is_some() || reason.edit.is_some() {
            self.flags([own.is_some(), reason.edit.is_some(), false, false]);
            own.into_iter().for_each(|advice| self.text(advice));
            if let Some(edit) = &reason.edit {
                self.span(edit.span);
                self.text(&edit.replacement);
                self.probability(edit.p_vague_after);
            }
        }
    }
}

fn general(reason: &str, lang: Lang) -> &'static str {
    advice::general(REASONS.iter().position(|known| *known == reason).unwrap_or(usize::MAX), lang)
}

/// The kinds whose bits are set.
fn kinds(bits: u64) -> Kinds {
    Kind::ALL.into_iter().filter(|kind| bits & 1 << kind.index() != 0).collect()
}

struct Decoder<'b> {
    bytes: &'b [u8],
    place: u64,
}

impl Decoder<'_> {
    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.bytes.split_first()?;
            self.bytes = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn size(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok()
    }

    fn flags(&mut self) -> Option<[bool; 4]> {
        let (&bits, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some([0, 1, 2, 3].map(|place| bits & 1 << place != 0))
    }

    fn probability(&mut self) -> Option<f64> {
        match self.number()? {
            0 => {
                let (bytes, rest) = self.bytes.split_first_chunk::<8>()?;
                self.bytes = rest;
                Some(f64::from_le_bytes(*bytes))
            }
            more => Some((more - 1) as f64 / 1e6),
        }
    }

    fn span(&mut self) -> Option<Span> {
        let step = self.number()?;
        let step = (step >> 1) as i64 ^ -((step & 1) as i64);
        self.place = self.place.wrapping_add(step as u64);
        let start = usize::try_from(self.place).ok()?;
        Some(Span::new(start, start.checked_add(self.size()?)?))
    }

    fn kinds(&mut self) -> Option<Kinds> {
        self.number().map(kinds)
    }

    fn text(&mut self) -> Option<String> {
        let length = self.size()?;
        let (text, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        String::from_utf8(text.to_vec()).ok()
    }

    fn list<T>(&mut self, mut one: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let length = self.size()?;
        // Every item takes a byte at least, so a damaged length cannot ask for more memory than there are bytes.
        (length <= self.bytes.len()).then(|| (0..length).map(|_| one(self)).collect())?
    }

    fn reason(&mut self, lang: Lang) -> Option<ReasonVerdict> {
        let place = self.size()?;
        let id = match REASONS.get(place) {
            Some(known) => (*known).to_owned(),
            None if place == REASONS.len() => self.text()?,
            None => return None,
        };
        let [fired, ignored, is_general, more] = self.flags()?;
        let p = self.probability()?;
        let missing = self.kinds()?;
        let evidence = self.list(|from| Some(Evidence { span: from.span()?, missing: from.kinds()? }))?;
        let cleared = self.list(|from| Some(Cleared { span: from.span()?, by: from.span()? }))?;
        let mut advice = is_general.then(|| general(&id, lang).to_owned());
        let mut edit = None;
        if more {
            let [has_advice, has_edit, ..] = self.flags()?;
            if has_advice {
                advice = Some(self.text()?);
            }
            if has_edit {
                let (span, replacement) = (self.span()?, self.text()?);
                edit = Some(Edit { span, replacement, p_vague_after: self.probability()? });
            }
        }
        Some(ReasonVerdict { id, p, fired, ignored, missing, evidence, cleared, advice, edit })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ad::Ad;
    use crate::model::Model;
    use crate::score::{ScoreOptions, Scorer, Scratch};

    fn spans() -> impl Strategy<Value = Span> {
        (0usize..1 << 40, 0usize..1 << 20).prop_map(|(start, length)| Span::new(start, start + length))
    }

    fn probabilities() -> impl Strategy<Value = f64> {
        prop_oneof![(0u32..=1_000_000).prop_map(|p| f64::from(p) / 1e6), 0.0..=1.0]
    }

    fn reasons() -> impl Strategy<Value = ReasonVerdict> {
        let evidence = (spans(), 0u64..1 << 20).prop_map(|(span, bits)| Evidence { span, missing: kinds(bits) });
        let edit = (spans(), ".*", probabilities()).prop_map(|(span, replacement, p_vague_after)| Edit {
            span,
            replacement,
            p_vague_after,
        });
        (
            (0usize..6, probabilities(), any::<bool>(), any::<bool>(), 0u64..1 << 20),
            proptest::collection::vec(evidence, 0..4),
            proptest::collection::vec((spans(), spans()).prop_map(|(span, by)| Cleared { span, by }), 0..3),
            proptest::option::of(".*"),
            proptest::option::of(edit),
        )
            .prop_map(|((id, p, fired, ignored, missing), evidence, cleared, advice, edit)| ReasonVerdict {
                id: REASONS[id].to_owned(),
                p,
                fired,
                ignored,
                missing: kinds(missing),
                evidence,
                cleared,
                advice,
                edit,
            })
    }

    fn verdicts() -> impl Strategy<Value = Verdict> {
        let deliverables = (0usize..20, spans()).prop_map(|(kind, span)| Deliverable { kind: Kind::ALL[kind], span });
        (
            (0usize..5, 0usize..4, any::<u32>(), any::<bool>()),
            (proptest::option::of(probabilities()), proptest::option::of(probabilities())),
            proptest::collection::vec(reasons(), 0..7),
            proptest::collection::vec(deliverables, 0..6),
        )
            .prop_map(|((decision, lang, words, excused), (p_vague, p_scope), reasons, deliverables)| {
                Verdict {
                    decision: Decision::ALL[decision],
                    lang: LANGS[lang],
                    p_vague,
                    p_scope,
                    words,
                    reasons,
                    deliverables,
                    excused,
                }
            })
    }

    proptest! {
        #[test]
        fn every_verdict_comes_back(verdict in verdicts()) {
            prop_assert_eq!(decode(&encode(&verdict)), Some(verdict));
        }

        #[test]
        fn a_flipped_bit_gives_no_verdict(verdict in verdicts(), at in 0.0..1.0f64, bit in 0u32..8) {
            let mut bytes = encode(&verdict);
            let at = (at * bytes.len() as f64) as usize;
            bytes[at] ^= 1 << bit;
            prop_assert_eq!(decode(&bytes), None);
        }

        #[test]
        fn damaged_bytes_never_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&bytes);
            let _ = decode_quotes(&bytes);
            bytes.insert(0, UNCHECKED);
            let _ = decode(&bytes);
        }
    }

    #[test]
    fn real_verdicts_come_back_with_general_and_with_own_advice() {
        let scorer = Scorer::new(Model::embedded().unwrap(), ScoreOptions::default());
        let mut scratch = Scratch::default();
        for name in ["ad.txt", "ad_vague_he.txt", "ad_concrete_en.txt"] {
            let text = std::fs::read_to_string(format!("data/samples/{name}")).unwrap();
            let ad = Ad::new("1", "", &text);
            let mut verdict = scorer.score(&ad, &mut scratch);
            let bytes = encode(&verdict);
            assert_eq!(decode(&bytes).as_ref(), Some(&verdict));
            assert!(bytes.len() < 600, "{name}: {} bytes", bytes.len());
            assert_eq!(decode(&bytes[..bytes.len() - 1]), None);
            let quotes = decode_quotes(&encode_quotes(&verdict, ad.plain()));
            let fired = verdict.reasons.iter().filter(|reason| reason.fired);
            let expected = fired.flat_map(|reason| &reason.evidence).map(|found| found.span);
            let expected = expected.chain(verdict.deliverables.iter().map(|found| found.span));
            assert!(quotes.iter().map(String::as_str).eq(expected.map(|span| span.of(ad.plain()))));
            scorer.advise(&ad, &mut verdict, &mut scratch);
            assert_eq!(decode(&encode(&verdict)), Some(verdict));
        }
    }
}
