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
/// Words that say nothing without the next one.
const LEADS_ON: &[&str] = &[
    "a", "an", "the", "to", "of", "for", "in", "on", "with", "and", "or", "that", "who", "which", "your", "our",
    "their", "its", "by", "from", "as", "at", "into", "is", "are", "be", "will", "can", "של", "לפי", "את", "עם", "על",
    "מול", "בין", "או", "אל",
];
/// How far a negation reaches, in tokens.
const NEGATES: u32 = 4;
/// The kinds of deliverable that a negation cancels.
const NEGATED: Kinds = Kinds::of(&[Kind::Experience, Kind::Portfolio, Kind::Contract, Kind::Credential, Kind::Tool]);
/// How many tokens away a context still cancels an entry.
const NEAR: u32 = 6;

/// What a form is around a hit, a bit each; see [`marks`].
const NEGATION: u8 = 1;
const STILL_SO: u8 = 1 << 1;
const NEEDS: u8 = 1 << 2;
const BUT: u8 = 1 << 3;
/// The form says nothing without the next one.
pub(super) const LEADS: u8 = 1 << 4;

/// What `form` is around a hit.
pub(super) fn marks(form: &str) -> u8 {
    let mark = |is: bool, bit: u8| if is { bit } else { 0 };
    mark(NEGATIONS.contains(&form), NEGATION)
        | mark(STILL.contains(&form), STILL_SO)
        | mark(NEEDED.contains(&form), NEEDS)
        | mark(matches!(form, "but" | "אבל" | "אלא" | "אך"), BUT)
        | mark(LEADS_ON.contains(&form), LEADS)
}

/// True unless something in the context of `hit` cancels its entry.
pub(super) fn stands(rubric: &Rubric, buffers: &Buffers, hit: Hit) -> bool {
    let Some(entry) = rubric.entry(hit.id) else { return false };
    if entry.unless.is_empty() {
        return true;
    }
    let line = line_of(buffers, hit);
    // They stand in the order of their starts.
    let near = buffers.contexts.iter().take_while(|context| context.start < hit.end + NEAR);
    !near
        .filter(|context| hit.start < context.end + NEAR)
        .any(|context| entry.unless.contains(&context.id) && line_of(buffers, *context) == line)
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
    let is = |at: usize, mark: u8| buffers.memory.marks(at) & mark != 0;
    let line = line_of(buffers, hit);
    let same = |at: usize| buffers.line_of.get(at) == Some(&line);
    let pause = |at: usize| before(plain, analysis, at).contains([',', ';', ':', '(', ')']);
    let mut at = start;
    for _ in 0..NEGATES {
        if at == 0 || pause(at) || !same(at - 1) {
            break;
        }
        at -= 1;
        if is(at, BUT) {
            break;
        }
        if is(at, NEGATION) && !is(at + 1, STILL_SO) {
            return true;
        }
    }
    for at in start + 1..end + NEGATES as usize {
        if !same(at) || pause(at) {
            break;
        }
        if is(at, NEGATION) && is(at + 1, NEEDS) && same(at + 1) {
            return true;
        }
    }
    false
}
