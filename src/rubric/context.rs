//! What the words around a hit do to it: contexts cancel entries, and negations take deliverables back.

use super::Rubric;
use super::automaton::Hit;
use super::find::line_of;
use super::findings::Buffers;
use super::kind::{Kind, Kinds};
use super::lexicon::Owner;
use crate::text::Analysis;

/// Words that negate what follows them.
const NEGATIONS: &[&str] = &[
    "no",
    "not",
    "without",
    "don't",
    "doesn't",
    "isn't",
    "aren't",
    "won't",
    "לא",
    "ולא",
    "שלא",
    "ללא",
    "וללא",
    "בלי",
    "אין",
    "ואין",
    "שאין",
    "אינו",
    "אינה",
    "אינם",
    "אינן",
    "איננו",
];
/// What makes a negation none: "no less than", "not only".
const STILL: &[&str] = &["only", "less", "fewer", "later", "just", "limited", "פחות", "רק", "יאוחר", "מאוחר"];
/// What a negation behind its word denies.
const NEEDED: &[&str] = &[
    "required",
    "necessary",
    "needed",
    "mandatory",
    "essential",
    "נדרש",
    "נדרשת",
    "נדרשים",
    "דרוש",
    "דרושה",
    "חובה",
    "הכרחי",
    "הכרחית",
    "תנאי",
];
/// How far a negation reaches, in tokens.
const NEGATES: u32 = 4;
/// The kinds of deliverable that a negation cancels.
const NEGATED: Kinds = Kinds::of(&[Kind::Experience, Kind::Portfolio, Kind::Contract, Kind::Credential, Kind::Tool]);
/// How many tokens away a context still cancels an entry.
const NEAR: u32 = 6;
/// True unless something in the context of `hit` cancels its entry.
pub(super) fn stands(rubric: &Rubric, buffers: &Buffers, hit: Hit) -> bool {
    let Some(entry) = rubric.entry(hit.id) else { return false };
    if entry.unless.is_empty() {
        return true;
    }
    let line = line_of(buffers, hit);
    !buffers.contexts.iter().any(|context| {
        entry.unless.contains(&context.id)
            && context.start < hit.end + NEAR
            && hit.start < context.end + NEAR
            && line_of(buffers, *context) == line
    })
}

/// What stands in `plain` between token `at` and the one before it.
pub(super) fn before<'p>(plain: &'p str, analysis: &Analysis, at: usize) -> &'p str {
    let tokens = analysis.tokens();
    let start = at.checked_sub(1).and_then(|last| tokens.get(last)).map_or(0, |last| last.span.end);
    tokens.get(at).and_then(|token| plain.get(start..token.span.start)).unwrap_or("")
}

/// True when a negation takes a deliverable back ("no portfolio necessary"), or a slash inside breaks it.
pub(super) fn denied(rubric: &Rubric, plain: &str, analysis: &Analysis, buffers: &Buffers, hit: Hit) -> bool {
    let Some(Owner::Deliverable(kind)) = rubric.entry(hit.id).map(|entry| entry.owner) else { return false };
    let (start, end) = (hit.start as usize, hit.end as usize);
    let form = |at: usize| analysis.tokens().get(at).map_or("", |token| analysis.form(token));
    let letters = |at: usize| form(at).starts_with(char::is_alphabetic);
    // A slash between spaces parts two items of a list; one without joins words that share what follows ("night/day shifts").
    let parted = |at: usize| {
        let gap = before(plain, analysis, at);
        gap.contains('/') && (end == start + 2 || gap.starts_with(' ') && gap.ends_with(' '))
    };
    if (start + 1..end).any(|at| parted(at) && letters(at - 1) && letters(at)) {
        return true;
    }
    if !NEGATED.has(kind) {
        return false;
    }
    let line = line_of(buffers, hit);
    let same = |at: usize| buffers.line_of.get(at) == Some(&line);
    let pause = |at: usize| before(plain, analysis, at).contains([',', ';', ':', '(', ')']);
    let mut at = start;
    for _ in 0..NEGATES {
        if at == 0 || pause(at) || !same(at - 1) {
            break;
        }
        at -= 1;
        if matches!(form(at), "but" | "אבל" | "אלא" | "אך") {
            break;
        }
        if NEGATIONS.contains(&form(at)) && !STILL.contains(&form(at + 1)) {
            return true;
        }
    }
    for at in start + 1..end + NEGATES as usize {
        if !same(at) || pause(at) {
            break;
        }
        if NEGATIONS.contains(&form(at)) && (NEEDED.contains(&form(at + 1)) && same(at + 1)) {
            return true;
        }
    }
    false
}
