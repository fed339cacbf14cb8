//! Finds every entry in one pass over the tokens: a trie whose edges are sets of words.
//!
//! Each distinct word form is looked up once and remembered, so a token costs one hash and, only where an entry
//! can start, a short walk. It knows nothing of reasons or deliverables: it reports which pattern stands where.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::inflect::{base, is_hebrew};
use super::pattern::Class;
use crate::text::{Analysis, clitics};

/// A set of words (or a class of tokens) that one edge of the trie stands for.
pub(crate) type Symbol = u32;

/// A word of a symbol: its text, whether only that exact form counts, and whether prefixes may precede it.
pub(crate) type Word = (String, bool, bool);

/// Pattern `id` found on the tokens `start..end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    pub id: u32,
    pub start: u32,
    pub end: u32,
}

/// One step of a compiled pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edge {
    Symbol(Symbol),
    Gap(u8),
}

#[derive(Clone, Copy, Debug)]
struct Use {
    symbol: Symbol,
    behind_prefix: bool,
}

#[derive(Clone, Debug, Default)]
struct Node {
    /// Sorted by symbol.
    next: Vec<(Symbol, u32)>,
    gaps: Vec<(u8, u32)>,
    ends: Vec<u32>,
}

/// The compiled patterns.
#[derive(Clone, Debug)]
pub(crate) struct Automaton {
    exact: FxHashMap<Box<str>, Vec<Use>>,
    inflected: FxHashMap<Box<str>, Vec<Use>>,
    known: BTreeMap<Vec<Word>, Symbol>,
    symbols: u32,
    nodes: Vec<Node>,
    /// Where each symbol leads from the root; 0 where no pattern starts with it.
    first: Vec<u32>,
}

/// What scanning reuses from ad to ad.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    /// Which rubric the remembered words belong to.
    owner: u64,
    words: FxHashMap<Box<str>, (u32, u32)>,
    arena: Vec<Symbol>,
    tokens: Vec<(u32, u32)>,
    base: String,
}

/// Words remembered before the memory starts afresh: bounds it on endless input.
const MOST_WORDS: usize = 1 << 16;

impl Automaton {
    /// An automaton without patterns; the first symbols are the classes, in the order of [`Class::ALL`].
    pub(crate) fn new() -> Self {
        Automaton {
            exact: FxHashMap::default(),
            inflected: FxHashMap::default(),
            known: BTreeMap::new(),
            symbols: Class::ALL.len() as Symbol,
            nodes: vec![Node::default()],
            first: Vec::new(),
        }
    }

    /// The symbol of a class.
    pub(crate) fn class(class: Class) -> Symbol {
        class as Symbol
    }

    /// The symbol for any of `words`; the same words give the same symbol.
    pub(crate) fn symbol(&mut self, mut words: Vec<Word>) -> Symbol {
        words.sort();
        words.dedup();
        if let Some(&symbol) = self.known.get(&words) {
            return symbol;
        }
        let symbol = self.symbols;
        self.symbols += 1;
        self.teach(symbol, &words);
        self.known.insert(words, symbol);
        symbol
    }

    /// Makes `words` instances of `symbol`.
    pub(crate) fn teach(&mut self, symbol: Symbol, words: &[Word]) {
        let mut buffer = String::new();
        for (text, exact, behind_prefix) in words {
            let entry = Use { symbol, behind_prefix: *behind_prefix };
            if *exact {
                self.exact.entry(text.as_str().into()).or_default().push(entry);
            } else {
                base(text, &mut buffer);
                self.inflected.entry(buffer.as_str().into()).or_default().push(entry);
            }
        }
    }

    /// Adds a pattern that reports `id`.
    pub(crate) fn add(&mut self, path: &[Edge], id: u32) {
        let mut at = 0;
        for edge in path {
            let fresh = self.nodes.len();
            let Some(node) = self.nodes.get_mut(at) else { return };
            let next = match *edge {
                Edge::Symbol(symbol) => match node.next.binary_search_by_key(&symbol, |&(known, _)| known) {
                    Ok(found) => node.next.get(found).map_or(fresh, |&(_, to)| to as usize),
                    Err(place) => {
                        node.next.insert(place, (symbol, fresh as u32));
                        fresh
                    }
                },
                Edge::Gap(size) => match node.gaps.iter().find(|&&(known, _)| known == size) {
                    Some(&(_, to)) => to as usize,
                    None => {
                        node.gaps.push((size, fresh as u32));
                        fresh
                    }
                },
            };
            if next == fresh {
                self.nodes.push(Node::default());
            }
            at = next;
        }
        if let Some(node) = self.nodes.get_mut(at)
            && !node.ends.contains(&id)
        {
            node.ends.push(id);
        }
    }

    /// Makes the automaton fast to start a match in, once every pattern is in.
    pub(crate) fn finish(&mut self) {
        self.first = vec![0; self.symbols as usize];
        let edges = self.nodes.first().map_or(&[][..], |root| root.next.as_slice());
        for &(symbol, to) in edges {
            if let Some(place) = self.first.get_mut(symbol as usize) {
                *place = to;
            }
        }
    }

    /// Reports every pattern on every stretch of tokens, longest and shortest alike, to `hits`.
    ///
    /// A match never crosses a line break or the end of a sentence. `owner` tells apart the rubrics that share a memory.
    pub(crate) fn scan(&self, owner: u64, analysis: &Analysis, memory: &mut Memory, hits: &mut Vec<Hit>) {
        if memory.owner != owner || memory.words.len() > MOST_WORDS {
            memory.words.clear();
            memory.arena.clear();
            memory.owner = owner;
        }
        memory.tokens.clear();
        for (form, _) in analysis.iter() {
            let range = match memory.words.get(form) {
                Some(&range) => range,
                None => {
                    let range = self.look_up(form, &mut memory.arena, &mut memory.base);
                    memory.words.insert(form.into(), range);
                    range
                }
            };
            memory.tokens.push(range);
        }
        let walk = Walk { automaton: self, analysis, memory };
        for start in 0..memory.tokens.len() {
            for &symbol in walk.symbols(start) {
                match self.first.get(symbol as usize) {
                    None | Some(0) => {}
                    Some(&to) => walk.step(symbol, to, start, start, hits),
                }
            }
        }
    }

    /// Appends the symbols of `form` to `arena` and says where they stand.
    fn look_up(&self, form: &str, arena: &mut Vec<Symbol>, buffer: &mut String) -> (u32, u32) {
        let start = arena.len();
        for class in classes(form) {
            arena.push(Self::class(class));
        }
        let mut whole = true;
        for (_, stem) in clitics::readings(form) {
            self.uses(stem, whole, arena, buffer);
            whole = false;
        }
        if let Some(own) = arena.get_mut(start..) {
            own.sort_unstable();
        }
        let mut kept = start;
        for at in start..arena.len() {
            let here = arena.get(at).copied();
            if kept == start || arena.get(kept - 1).copied() != here {
                if let (Some(value), Some(place)) = (here, arena.get_mut(kept)) {
                    *place = value;
                }
                kept += 1;
            }
        }
        arena.truncate(kept);
        (start as u32, kept as u32)
    }

    fn uses(&self, word: &str, whole: bool, arena: &mut Vec<Symbol>, buffer: &mut String) {
        let mut take = |uses: Option<&Vec<Use>>| {
            let fitting = uses.into_iter().flatten().filter(|entry| whole || entry.behind_prefix);
            arena.extend(fitting.map(|entry| entry.symbol));
        };
        take(self.exact.get(word));
        base(word, buffer);
        take(self.inflected.get(buffer.as_str()));
    }
}

/// One scan: what the walk over the trie needs to see.
struct Walk<'a> {
    automaton: &'a Automaton,
    analysis: &'a Analysis,
    memory: &'a Memory,
}

impl Walk<'_> {
    fn symbols(&self, token: usize) -> &[Symbol] {
        let range = self.memory.tokens.get(token).copied().unwrap_or((0, 0));
        self.memory.arena.get(range.0 as usize..range.1 as usize).unwrap_or(&[])
    }

    /// True when a match that has begun may go on with `token`.
    fn open(&self, start: usize, token: usize) -> bool {
        self.analysis.tokens().get(token).is_some_and(|next| token == start || !next.breaks)
    }

    fn from(&self, node: usize, start: usize, at: usize, hits: &mut Vec<Hit>) {
        let Some(node) = self.automaton.nodes.get(node) else { return };
        if at > start {
            hits.extend(node.ends.iter().map(|&id| Hit { id, start: start as u32, end: at as u32 }));
        }
        if !node.next.is_empty() && self.open(start, at) {
            let symbols = self.symbols(at);
            // Both lists are sorted; the shorter one is looked up in the longer one.
            if node.next.len() <= symbols.len() {
                for &(symbol, to) in &node.next {
                    if symbols.binary_search(&symbol).is_ok() {
                        self.step(symbol, to, start, at, hits);
                    }
                }
            } else {
                for &symbol in symbols {
                    if let Ok(found) = node.next.binary_search_by_key(&symbol, |&(known, _)| known) {
                        let to = node.next.get(found).map_or(0, |&(_, to)| to);
                        self.step(symbol, to, start, at, hits);
                    }
                }
            }
        }
        for &(size, to) in &node.gaps {
            for skipped in 0..=usize::from(size) {
                if skipped > 0 && !self.open(start, at + skipped - 1) {
                    break;
                }
                let before = hits.len();
                self.from(to as usize, start, at + skipped, hits);
                // The nearest end of a gap is the one that was meant.
                if hits.len() > before {
                    break;
                }
            }
        }
    }

    /// Goes on to node `to` behind the token at `at`, and behind a range of numbers that starts there.
    fn step(&self, symbol: Symbol, to: u32, start: usize, at: usize, hits: &mut Vec<Hit>) {
        self.from(to as usize, start, at + 1, hits);
        if symbol == Automaton::class(Class::Number)
            && let Some(after) = self.range_end(start, at)
        {
            self.from(to as usize, start, after, hits);
        }
    }

    /// Where a range that starts with the number at `at` ends: `3-5`, `3 to 5`, `2 או 3`.
    fn range_end(&self, start: usize, at: usize) -> Option<usize> {
        let number = |token: usize| {
            self.open(start, token) && self.symbols(token).first() == Some(&Automaton::class(Class::Number))
        };
        if number(at + 1) {
            return Some(at + 2);
        }
        let token = self.analysis.tokens().get(at + 1)?;
        let joins = matches!(self.analysis.form(token), "to" | "or" | "and" | "עד" | "או" | "ל");
        (joins && self.open(start, at + 1) && number(at + 2)).then_some(at + 3)
    }
}

/// The classes a form belongs to by its shape; [`Class::Number`] comes first.
fn classes(form: &str) -> impl Iterator<Item = Class> {
    let first = form.chars().next().unwrap_or(' ');
    let mut found = [None; 3];
    if first.is_ascii_digit() {
        let digits = form.bytes().filter(u8::is_ascii_digit).count();
        let dots = form.bytes().filter(|&b| b == b'.').count();
        let last = form.chars().last().unwrap_or(' ');
        if form.contains(':') {
            found = [Some(Class::Time), None, None];
        } else if form.contains('/') || (dots >= 2 && digits >= 4) {
            // `24/7` is neither a date nor a number, `2017/2018` and `610/620` are no dates either.
            found = [(digits >= 4 && dated(form)).then_some(Class::Date), None, None];
        } else if last == '%' {
            found = [Some(Class::Number), Some(Class::Percent), None];
        } else {
            let shape_fits = form.bytes().all(|b| b.is_ascii_digit() || b",.'+kKmM".contains(&b));
            let thousands = matches!(last, 'k' | 'K' | 'm' | 'M') || (digits >= 4 && (dots == 0 || form.contains(',')));
            if shape_fits {
                found = [Some(Class::Number), thousands.then_some(Class::Big), None];
            }
        }
    } else if matches!(first, '$' | '₪' | '€' | '£' | '¥' | '₹' | '₦') {
        found = [Some(Class::Currency), None, None];
    } else if form == "<email>" {
        found = [Some(Class::Mail), None, None];
    } else if form == "<url>" {
        found = [Some(Class::Url), None, None];
    }
    found.into_iter().flatten()
}

/// True when the parts of `form` are days and months but for one, which may be a year.
fn dated(form: &str) -> bool {
    let parts = form.split(['/', '.']).filter(|part| !part.is_empty());
    let (mut years, mut days) = (0, 0);
    for part in parts {
        match part.parse::<u16>() {
            Ok(1..=31) => days += 1,
            Ok(32..=99 | 1900..=2100) => years += 1,
            _ => return false,
        }
    }
    days > 0 && years <= 1
}

/// True when a form is written in Hebrew letters, so that prefixes may stand before it.
pub(crate) fn takes_prefixes(form: &str) -> bool {
    form.chars().next().is_some_and(is_hebrew)
}
