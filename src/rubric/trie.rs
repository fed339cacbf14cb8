//! The lexicons as they are compiled: a trie whose edges are sets of words, before it is laid out for scanning.

use rustc_hash::FxHashMap;

use super::automaton::{Automaton, Node, Symbol, Uses};
use super::inflect::{base, is_hebrew};
use super::pattern::Class;
use crate::text::Words;

/// A word of a symbol: its text, whether only that exact form counts, and whether prefixes may precede it.
pub(super) type Word = (String, bool, bool);

/// One step of a compiled pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edge {
    Symbol(Symbol),
    Gap(u8),
}

#[derive(Default)]
struct Branch {
    /// Sorted by symbol.
    next: Vec<(Symbol, u32)>,
    gaps: Vec<(u8, u32)>,
    ends: Vec<u32>,
}

/// Words and the symbols they are instances of, with whether prefixes may precede them.
#[derive(Default)]
struct Instances {
    words: Words,
    uses: Vec<Vec<(Symbol, bool)>>,
}

impl Instances {
    fn add(&mut self, word: &str, symbol: Symbol, behind_prefix: bool) {
        let number = self.words.intern(word) as usize;
        if number == self.uses.len() {
            self.uses.push(Vec::new());
        }
        if let Some(uses) = self.uses.get_mut(number) {
            uses.push((symbol, behind_prefix));
        }
    }

    fn freeze(self) -> Uses {
        let mut all = Vec::new();
        let mut ends = Vec::with_capacity(self.uses.len());
        for uses in self.uses {
            all.extend(uses);
            ends.push(all.len() as u32);
        }
        Uses::new(self.words, ends, all)
    }
}

/// The patterns so far.
pub(super) struct Trie {
    exact: Instances,
    inflected: Instances,
    known: FxHashMap<Vec<Word>, Symbol>,
    symbols: u32,
    branches: Vec<Branch>,
    base: String,
}

impl Trie {
    /// A trie without patterns; the first symbols are the classes, in the order of [`Class::ALL`].
    pub(super) fn new() -> Self {
        Trie {
            exact: Instances::default(),
            inflected: Instances::default(),
            known: FxHashMap::default(),
            symbols: Class::ALL.len() as Symbol,
            branches: vec![Branch::default()],
            base: String::new(),
        }
    }

    /// The symbol for any of `words`; the same words give the same symbol.
    pub(super) fn symbol(&mut self, mut words: Vec<Word>) -> Symbol {
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
    pub(super) fn teach(&mut self, symbol: Symbol, words: &[Word]) {
        for (text, exact, behind_prefix) in words {
            if *exact {
                self.exact.add(text, symbol, *behind_prefix);
            } else {
                base(text, &mut self.base);
                self.inflected.add(&self.base, symbol, *behind_prefix);
            }
        }
    }

    /// Adds a pattern that reports `id`.
    pub(super) fn add(&mut self, path: &[Edge], id: u32) {
        let mut at = 0;
        for edge in path {
            let fresh = self.branches.len();
            let Some(branch) = self.branches.get_mut(at) else { return };
            let next = match *edge {
                Edge::Symbol(symbol) => match branch.next.binary_search_by_key(&symbol, |&(known, _)| known) {
                    Ok(found) => branch.next.get(found).map_or(fresh, |&(_, to)| to as usize),
                    Err(place) => {
                        branch.next.insert(place, (symbol, fresh as u32));
                        fresh
                    }
                },
                Edge::Gap(size) => match branch.gaps.iter().find(|&&(known, _)| known == size) {
                    Some(&(_, to)) => to as usize,
                    None => {
                        branch.gaps.push((size, fresh as u32));
                        fresh
                    }
                },
            };
            if next == fresh {
                self.branches.push(Branch::default());
            }
            at = next;
        }
        if let Some(branch) = self.branches.get_mut(at)
            && !branch.ends.contains(&id)
        {
            branch.ends.push(id);
        }
    }

    /// Lays the patterns out for scanning.
    pub(super) fn freeze(self) -> Automaton {
        let (mut nodes, mut next, mut gaps, mut ends) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for branch in self.branches {
            next.extend(branch.next);
            gaps.extend(branch.gaps);
            ends.extend(branch.ends);
            nodes.push(Node { next: next.len() as u32, gaps: gaps.len() as u32, ends: ends.len() as u32 });
        }
        Automaton::new(self.exact.freeze(), self.inflected.freeze(), nodes, next, gaps, ends)
    }
}

/// True when a form is written in Hebrew letters, so that prefixes may stand before it.
pub(super) fn takes_prefixes(form: &str) -> bool {
    form.chars().next().is_some_and(is_hebrew)
}
