//! Counts the words and word pairs of one ad.
//!
//! Training and scoring count with the same code; only what is done with the counts differs.
//! Forms are interned in a [`Lexicon`] that lives as long as its owner (a corpus, or one scoring thread).

use rustc_hash::FxHashMap;

use crate::text::{Analysis, TokenKind};

/// Interned forms, numbered from 0 in order of first appearance.
#[derive(Clone, Debug, Default)]
pub struct Lexicon {
    forms: Vec<Box<str>>,
    index: FxHashMap<Box<str>, u32>,
}

impl Lexicon {
    /// The number of `form`, given now if it has none.
    pub fn intern(&mut self, form: &str) -> u32 {
        if let Some(&id) = self.index.get(form) {
            return id;
        }
        let id = u32::try_from(self.forms.len()).unwrap_or(u32::MAX);
        self.forms.push(form.into());
        self.index.insert(form.into(), id);
        id
    }

    /// The number of `form`, if it has one.
    pub fn get(&self, form: &str) -> Option<u32> {
        self.index.get(form).copied()
    }

    /// The form numbered `id`; empty when there is none.
    pub fn form(&self, id: u32) -> &str {
        self.forms.get(id as usize).map_or("", |form| form)
    }

    /// How many forms there are.
    pub fn len(&self) -> usize {
        self.forms.len()
    }

    /// True when nothing is interned.
    pub fn is_empty(&self) -> bool {
        self.forms.is_empty()
    }

    /// Forgets all forms.
    pub fn clear(&mut self) {
        self.forms.clear();
        self.index.clear();
    }
}

/// The distinct words and adjacent pairs of one ad with their frequencies, in order of first appearance.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// `(form number, frequency)`.
    pub words: Vec<(u32, u32)>,
    /// `((first, second), frequency)`; never across a line, a bullet or a sentence end.
    pub pairs: Vec<((u32, u32), u32)>,
    /// The number of tokens counted.
    pub tokens: u32,
    word_slot: FxHashMap<u32, u32>,
    pair_slot: FxHashMap<(u32, u32), u32>,
}

impl Counts {
    /// Replaces what was counted by the counts of `analysis`.
    pub fn count(&mut self, analysis: &Analysis, lexicon: &mut Lexicon) {
        self.words.clear();
        self.pairs.clear();
        self.word_slot.clear();
        self.pair_slot.clear();
        self.tokens = 0;
        let mut previous = None;
        for (form, token) in analysis.iter() {
            let id = lexicon.intern(unit(form, token.kind));
            tally(&mut self.words, &mut self.word_slot, id);
            if let (Some(before), false) = (previous, token.breaks) {
                tally(&mut self.pairs, &mut self.pair_slot, (before, id));
            }
            previous = Some(id);
            self.tokens += 1;
        }
    }
}

fn tally<K: Copy + Eq + std::hash::Hash>(counts: &mut Vec<(K, u32)>, slots: &mut FxHashMap<K, u32>, key: K) {
    let next = counts.len() as u32;
    let slot = *slots.entry(key).or_insert(next);
    match counts.get_mut(slot as usize) {
        Some(entry) => entry.1 += 1,
        None => counts.push((key, 1)),
    }
}

/// What a token counts as: its form, or for a number its class.
///
/// Exact figures are too rare to learn from; their size and kind are not: `<n2>` is a number of two digits,
/// `<n4>` one of four or more, `<%>` a percentage, `<time>` an hour, `<year>` a year, `<date>` a date.
pub fn unit(form: &str, kind: TokenKind) -> &str {
    if kind != TokenKind::Number || form == "24/7" {
        return form;
    }
    if form.ends_with('%') {
        return "<%>";
    }
    if form.contains(':') {
        return "<time>";
    }
    let digits = form.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b',');
    let whole = digits.filter(u8::is_ascii_digit).count();
    let thousands = form.ends_with(['k', 'm']);
    let dots = form.bytes().filter(|&byte| byte == b'.' || byte == b'/' || byte == b'-').count();
    match whole {
        _ if thousands => "<n4>",
        _ if dots >= 2 => "<date>",
        4 if form.len() == 4 && (form.starts_with("19") || form.starts_with("20")) => "<year>",
        0 | 1 => "<n1>",
        2 => "<n2>",
        3 => "<n3>",
        _ => "<n4>",
    }
}

/// 1 + ln(frequency): how much a repeated word counts.
pub fn damped(frequency: u32) -> f64 {
    1.0 + libm::log(f64::from(frequency.max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_count_by_size_and_kind() {
        let class = |form| unit(form, TokenKind::Number);
        assert_eq!(
            ["3", "15", "1,200.50", "15%", "9:00", "2024", "01.07.2024", "8.5k", "24/7", "500"].map(class),
            ["<n1>", "<n2>", "<n4>", "<%>", "<time>", "<year>", "<date>", "<n4>", "24/7", "<n3>"]
        );
        assert_eq!(unit("b2b", TokenKind::Latin), "b2b");
    }

    #[test]
    fn the_lexicon_numbers_forms_in_order() {
        let mut lexicon = Lexicon::default();
        assert_eq!([lexicon.intern("a"), lexicon.intern("b"), lexicon.intern("a")], [0, 1, 0]);
        assert_eq!((lexicon.form(1), lexicon.get("c"), lexicon.len()), ("b", None, 2));
    }
}
