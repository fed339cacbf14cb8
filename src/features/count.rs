//! Counts the words and word pairs of one ad.
//!
//! Training and scoring count with the same code; only what is done with the counts differs.
//! Forms are interned in a [`Lexicon`] that lives as long as its owner (a corpus, or one scoring thread).

use crate::text::{Analysis, PerForm, Token, TokenKind, Words};

/// The words an owner (a corpus, or one scoring thread) counts, numbered from 0 in order of first appearance.
#[derive(Clone, Debug, Default)]
pub struct Lexicon {
    words: Words,
    /// Of the forms of the analysis met last: the numbers of the words they count as, [`UNMET`] where they were not met.
    of_forms: PerForm<u32>,
}

/// In place of the number of a word.
const UNMET: u32 = u32::MAX;

impl Lexicon {
    /// The number of `form`, given now if it has none.
    pub fn intern(&mut self, form: &str) -> u32 {
        self.words.intern(form)
    }

    /// The number of `form`, if it has one.
    pub fn get(&self, form: &str) -> Option<u32> {
        self.words.get(form)
    }

    /// The form numbered `number`; empty when there is none.
    pub fn form(&self, number: u32) -> &str {
        self.words.form(number)
    }

    /// How many forms there are.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// True when nothing is interned.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Forgets all forms.
    pub fn clear(&mut self) {
        *self = Lexicon::default();
    }

    /// The number of what `token` counts as.
    #[inline]
    fn number(&mut self, analysis: &Analysis, token: &Token) -> u32 {
        if token.kind == TokenKind::Number {
            return self.words.intern(unit(analysis.form(token), token.kind));
        }
        match self.of_forms.found_mut().get_mut(analysis.number(token) as usize) {
            Some(number) if *number == UNMET => {
                *number = self.words.intern(analysis.form(token));
                *number
            }
            Some(number) => *number,
            None => self.words.intern(analysis.form(token)),
        }
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
    /// The word of every token, by number.
    pub sequence: Vec<u32>,
    /// By number of a word its place in `words` + 1; 0 for words that are not there.
    word_places: Vec<u32>,
    /// Open addressing: places in `pairs` + 1; 0 is free. A power of two, at most half of it taken.
    pair_places: Vec<u32>,
}

impl Counts {
    /// Replaces what was counted by the counts of `analysis`.
    pub fn count(&mut self, analysis: &Analysis, lexicon: &mut Lexicon) {
        for &(word, _) in &self.words {
            if let Some(place) = self.word_places.get_mut(word as usize) {
                *place = 0;
            }
        }
        self.words.clear();
        self.pairs.clear();
        self.sequence.clear();
        self.tokens = analysis.tokens().len() as u32;
        lexicon.of_forms.renew(analysis.generation());
        lexicon.of_forms.found_mut().resize(analysis.forms().len(), UNMET);
        self.pair_places.clear();
        self.pair_places.resize((2 * analysis.tokens().len() + 1).next_power_of_two(), 0);
        let mut previous = None;
        for token in analysis.tokens() {
            let number = lexicon.number(analysis, token);
            self.word(number);
            self.sequence.push(number);
            if let (Some(before), false) = (previous, token.breaks) {
                self.pair((before, number));
            }
            previous = Some(number);
        }
    }

    #[inline]
    fn word(&mut self, number: u32) {
        if number as usize >= self.word_places.len() {
            self.word_places.resize((number as usize + 1).next_power_of_two(), 0);
        }
        let Some(place) = self.word_places.get_mut(number as usize) else { return };
        match self.words.get_mut((*place as usize).wrapping_sub(1)) {
            Some(known) => known.1 += 1,
            None => {
                self.words.push((number, 1));
                *place = self.words.len() as u32;
            }
        }
    }

    #[inline]
    fn pair(&mut self, pair: (u32, u32)) {
        let mask = self.pair_places.len().wrapping_sub(1);
        let key = u64::from(pair.0) << 32 | u64::from(pair.1);
        let mut at = (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize & mask;
        while let Some(place) = self.pair_places.get_mut(at) {
            match self.pairs.get_mut((*place as usize).wrapping_sub(1)) {
                None => {
                    self.pairs.push((pair, 1));
                    *place = self.pairs.len() as u32;
                    return;
                }
                Some(known) if known.0 == pair => {
                    known.1 += 1;
                    return;
                }
                Some(_) => at = (at + 1) & mask,
            }
        }
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
}
