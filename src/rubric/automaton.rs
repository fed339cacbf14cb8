//! Finds every entry in one pass over the tokens.
//!
//! What a word form can be in a pattern is looked up once and remembered by its number, so a token that no pattern can start
//! with costs one look at an array. It knows nothing of reasons or deliverables: it reports which pattern stands where.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::context::marks;
use super::inflect::base;
use super::pattern::Class;
use super::shape::classes;
use crate::text::{Analysis, Clitics, PerForm, Words};

/// A set of words (or a class of tokens) that one edge of the trie stands for.
pub(crate) type Symbol = u32;

/// Pattern `id` found on the tokens `start..end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    pub id: u32,
    pub start: u32,
    pub end: u32,
}

/// Where the lists of a node end; each starts where that of the node before ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Node {
    pub next: u32,
    pub gaps: u32,
    pub ends: u32,
}

/// Words, each with the symbols it is an instance of and whether prefixes may precede it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Uses {
    words: Words,
    /// Where the uses of each word end.
    ends: Vec<u32>,
    uses: Vec<(Symbol, bool)>,
}

/// The compiled patterns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Automaton {
    exact: Uses,
    inflected: Uses,
    nodes: Vec<Node>,
    /// Sorted by symbol within a node.
    next: Vec<(Symbol, u32)>,
    gaps: Vec<(u8, u32)>,
    ends: Vec<u32>,
    /// Where each symbol leads from the root; 0 where no pattern starts with it.
    first: Vec<u32>,
    /// Of every node a bit for each symbol that leads on from it, as [`bit`] has it.
    bits: Vec<u64>,
    /// All that the walk asks of a node in one place; made of the rest.
    #[serde(skip)]
    heads: Vec<Head>,
}

/// One node as the walk sees it.
#[derive(Clone, Debug, Default, PartialEq)]
struct Head {
    /// A bit for each symbol that leads on.
    bits: u64,
    next: Range<u32>,
    gaps: Range<u32>,
    ends: Range<u32>,
}

/// What a form can be in a pattern.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    /// Its symbols, ascending, in the arena.
    start: u32,
    end: u32,
    /// A bit for each symbol, as [`bit`] has it.
    bits: u64,
    /// Where patterns that start with it go on, in the list of openings.
    opens: u32,
    opened: u32,
    /// What it is around a hit; see [`marks`].
    marks: u8,
}

/// Where a pattern that starts with a form goes on.
#[derive(Clone, Copy, Debug)]
struct Opening {
    symbol: Symbol,
    /// The node that the symbol leads to from the root.
    to: u32,
    /// A bit for each symbol that leads on from there; all of them where the node must be looked at whatever comes next. Frequent
    /// words open hundreds of patterns, of which few go on: this spares a look at the node.
    bits: u64,
}

/// A token of the text that is scanned.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    seen: Seen,
    breaks: bool,
}

/// What scanning reuses from ad to ad.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    /// Which rubric the remembered forms belong to.
    owner: u64,
    forms: PerForm<Seen>,
    arena: Vec<Symbol>,
    openings: Vec<Opening>,
    places: Vec<Place>,
    base: String,
}

impl Memory {
    /// What the form of token `at` is around a hit; nothing behind the last token.
    pub(super) fn marks(&self, at: usize) -> u8 {
        self.places.get(at).map_or(0, |place| place.seen.marks)
    }
}

/// The bit that stands for `symbol`, alone or among others.
#[inline]
fn bit(symbol: Symbol) -> u64 {
    1 << (symbol & 63)
}

impl Uses {
    pub(super) fn new(words: Words, ends: Vec<u32>, uses: Vec<(Symbol, bool)>) -> Uses {
        Uses { words, ends, uses }
    }

    fn of(&self, word: &str) -> &[(Symbol, bool)] {
        let Some(number) = self.words.get(word) else { return &[] };
        let number = number as usize;
        let start = number.checked_sub(1).map_or(Some(&0), |before| self.ends.get(before));
        let range = start.zip(self.ends.get(number)).map(|(&start, &end)| start as usize..end as usize);
        range.and_then(|range| self.uses.get(range)).unwrap_or_default()
    }
}

impl Automaton {
    pub(super) fn new(
        exact: Uses,
        inflected: Uses,
        nodes: Vec<Node>,
        next: Vec<(Symbol, u32)>,
        gaps: Vec<(u8, u32)>,
        ends: Vec<u32>,
    ) -> Automaton {
        let starts = std::iter::once(0).chain(nodes.iter().map(|node| node.next));
        let edges = || starts.clone().zip(&nodes).map(|(start, node)| list(&next, &(start..node.next)));
        let bits = edges().map(|edges| edges.iter().fold(0, |bits, &(symbol, _)| bits | bit(symbol))).collect();
        let root = edges().next().unwrap_or_default();
        let mut first = vec![0; root.last().map_or(0, |&(symbol, _)| symbol as usize + 1)];
        for &(symbol, to) in root {
            if let Some(place) = first.get_mut(symbol as usize) {
                *place = to;
            }
        }
        Automaton { exact, inflected, nodes, next, gaps, ends, first, bits, heads: Vec::new() }.settled()
    }

    /// The same, ready to scan: what was stored is without the heads of its nodes.
    pub(super) fn settled(mut self) -> Automaton {
        let mut start = Node::default();
        let head = |(end, &bits): (&Node, &u64)| {
            let head =
                Head { bits, next: start.next..end.next, gaps: start.gaps..end.gaps, ends: start.ends..end.ends };
            start = *end;
            head
        };
        self.heads = self.nodes.iter().zip(&self.bits).map(head).collect();
        self
    }

    /// The symbol of a class.
    pub(super) fn class(class: Class) -> Symbol {
        class as Symbol
    }

    /// Reports every pattern on every stretch of tokens, longest and shortest alike, to `hits`.
    ///
    /// A match never crosses a line break or the end of a sentence. `owner` tells apart the rubrics that share a memory.
    pub(super) fn scan(&self, owner: u64, analysis: &Analysis, memory: &mut Memory, hits: &mut Vec<Hit>) {
        if memory.owner != owner {
            *memory = Memory { owner, ..Memory::default() };
        }
        if memory.forms.renew(analysis.generation()) {
            memory.arena.clear();
            memory.openings.clear();
        }
        let Memory { forms, arena, openings, places, base, .. } = memory;
        let known = forms.found().len();
        let fresh = (known..analysis.forms().len()).map(|number| analysis.forms().form(number as u32));
        let clitics = analysis.clitics();
        forms.found_mut().extend(fresh.map(|form| self.look_up(form, clitics, arena, openings, base)));
        places.clear();
        places.extend(analysis.tokens().iter().map(|token| {
            let seen = forms.found().get(analysis.number(token) as usize).copied().unwrap_or_default();
            Place { seen, breaks: token.breaks }
        }));
        let walk = Walk { automaton: self, analysis, places, arena };
        for (start, place) in places.iter().enumerate() {
            let next = walk.open(start, start + 1).map_or(0, |seen| seen.bits);
            for &Opening { symbol, to, bits } in list(openings, &(place.seen.opens..place.seen.opened)) {
                if bits & next != 0 || bits == u64::MAX {
                    walk.step(symbol, to, start, start, hits);
                }
            }
        }
    }

    /// Appends the symbols of `form` to `arena`, what they lead to from the root to `openings`, and says where they stand.
    fn look_up(
        &self,
        form: &str,
        clitics: &Clitics,
        arena: &mut Vec<Symbol>,
        openings: &mut Vec<Opening>,
        buffer: &mut String,
    ) -> Seen {
        let start = arena.len();
        for class in classes(form) {
            arena.push(Self::class(class));
        }
        let mut whole = true;
        for (_, stem) in clitics.readings(form) {
            let mut take = |uses: &[(Symbol, bool)]| {
                let fitting = uses.iter().filter(|(_, behind_prefix)| whole || *behind_prefix);
                arena.extend(fitting.map(|(symbol, _)| symbol));
            };
            take(self.exact.of(stem));
            base(stem, buffer);
            take(self.inflected.of(buffer));
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
        let own = arena.get(start..).unwrap_or_default();
        let opens = openings.len() as u32;
        openings.extend(own.iter().filter_map(|&symbol| self.opening(symbol)));
        Seen {
            start: start as u32,
            end: kept as u32,
            bits: own.iter().fold(0, |bits, &symbol| bits | bit(symbol)),
            marks: marks(form),
            opens,
            opened: openings.len() as u32,
        }
    }

    /// Where a pattern that starts with `symbol` goes on; `None` when none does.
    fn opening(&self, symbol: Symbol) -> Option<Opening> {
        let to = *self.first.get(symbol as usize).filter(|&&to| to != 0)?;
        let head = self.heads.get(to as usize)?;
        // A number may be the beginning of a range, behind which the pattern goes on.
        let always = !head.ends.is_empty() || !head.gaps.is_empty() || symbol == Self::class(Class::Number);
        Some(Opening { symbol, to, bits: if always { u64::MAX } else { head.bits } })
    }
}

/// One scan: what the walk over the trie needs to see.
struct Walk<'a> {
    automaton: &'a Automaton,
    analysis: &'a Analysis,
    places: &'a [Place],
    arena: &'a [Symbol],
}

impl<'a> Walk<'a> {
    #[inline]
    fn symbols(&self, seen: &Seen) -> &'a [Symbol] {
        self.arena.get(seen.start as usize..seen.end as usize).unwrap_or_default()
    }

    /// What stands on `token`, when a match that has begun at `start` may go on with it.
    #[inline]
    fn open(&self, start: usize, token: usize) -> Option<&'a Seen> {
        self.places.get(token).filter(|next| token == start || !next.breaks).map(|next| &next.seen)
    }

    /// False where nothing ends on the node of `head` and nothing goes on with the token at `at`.
    #[inline]
    fn leads(&self, head: &Head, start: usize, at: usize) -> bool {
        head.bits & self.open(start, at).map_or(0, |seen| seen.bits) != 0
            || !head.ends.is_empty()
            || !head.gaps.is_empty()
    }

    /// Reports the patterns that end before the token at `at`, on the node of `head`, and goes on from there.
    fn from(&self, head: &Head, start: usize, at: usize, hits: &mut Vec<Hit>) {
        if !head.ends.is_empty() && at > start {
            let ends = list(&self.automaton.ends, &head.ends);
            hits.extend(ends.iter().map(|&id| Hit { id, start: start as u32, end: at as u32 }));
        }
        if let Some(seen) = self.open(start, at)
            && seen.bits & head.bits != 0
        {
            self.along(head, seen, start, at, hits);
        }
        if !head.gaps.is_empty() {
            self.over(list(&self.automaton.gaps, &head.gaps), start, at, hits);
        }
    }

    /// Follows the edges of `head` that a symbol of `seen` is on. Both lists are sorted; the shorter one is looked up in the longer
    /// one, where the bits allow it.
    fn along(&self, head: &Head, seen: &Seen, start: usize, at: usize, hits: &mut Vec<Hit>) {
        let (next, symbols) = (list(&self.automaton.next, &head.next), self.symbols(seen));
        if next.len() <= symbols.len() {
            for &(symbol, to) in next {
                if seen.bits & bit(symbol) != 0 && symbols.binary_search(&symbol).is_ok() {
                    self.step(symbol, to, start, at, hits);
                }
            }
        } else {
            for &symbol in symbols {
                if head.bits & bit(symbol) == 0 {
                    continue;
                }
                if let Ok(found) = next.binary_search_by_key(&symbol, |&(known, _)| known) {
                    let to = next.get(found).map_or(0, |&(_, to)| to);
                    self.step(symbol, to, start, at, hits);
                }
            }
        }
    }

    /// Goes on behind each of `gaps`.
    fn over(&self, gaps: &[(u8, u32)], start: usize, at: usize, hits: &mut Vec<Hit>) {
        for &(size, to) in gaps {
            let Some(behind) = self.automaton.heads.get(to as usize) else { continue };
            for skipped in 0..=usize::from(size) {
                if skipped > 0 && self.open(start, at + skipped - 1).is_none() {
                    break;
                }
                if !self.leads(behind, start, at + skipped) {
                    continue;
                }
                let before = hits.len();
                self.from(behind, start, at + skipped, hits);
                // The nearest end of a gap is the one that was meant.
                if hits.len() > before {
                    break;
                }
            }
        }
    }

    /// Goes on to node `to` behind the token at `at`, and behind a range of numbers that starts there.
    #[inline]
    fn step(&self, symbol: Symbol, to: u32, start: usize, at: usize, hits: &mut Vec<Hit>) {
        let Some(head) = self.automaton.heads.get(to as usize) else { return };
        if self.leads(head, start, at + 1) {
            self.from(head, start, at + 1, hits);
        }
        if symbol == Automaton::class(Class::Number)
            && let Some(after) = self.range_end(start, at)
        {
            self.from(head, start, after, hits);
        }
    }

    /// Where a range that starts with the number at `at` ends: `3-5`, `3 to 5`, `2 או 3`.
    fn range_end(&self, start: usize, at: usize) -> Option<usize> {
        let number = |token: usize| {
            let seen = self.open(start, token)?;
            (self.symbols(seen).first() == Some(&Automaton::class(Class::Number))).then_some(())
        };
        if number(at + 1).is_some() {
            return Some(at + 2);
        }
        let token = self.analysis.tokens().get(at + 1)?;
        let joins = matches!(self.analysis.form(token), "to" | "or" | "and" | "עד" | "או" | "ל");
        (joins && self.open(start, at + 1).is_some() && number(at + 2).is_some()).then_some(at + 3)
    }
}

/// A stretch of a list.
#[inline]
fn list<'a, T>(all: &'a [T], range: &Range<u32>) -> &'a [T] {
    all.get(range.start as usize..range.end as usize).unwrap_or_default()
}
