//! Which ads belong together: one employer's, and near-duplicates of one another.
//!
//! Groups never straddle a fold or a split, because a model that has seen an ad's twin has seen its answer.

use rustc_hash::FxHashMap;

use crate::features::Lexicon;
use crate::model::random::SplitMix;
use crate::text::{Analysis, Analyzer};

/// Two ads whose sets of three-word shingles have at least this Jaccard similarity are near-duplicates.
pub const NEAR_DUPLICATE: f64 = 0.5;
/// Minima kept a signature.
const HASHES: usize = 96;
/// Rows of a band: candidates share all of them. 32 bands of 3 rows find a pair at similarity 0.5 with probability 0.986.
const BAND: usize = 3;

/// What boards write for an employer who does not want to be named.
const UNNAMED: [&str; 5] = ["חסוי", "חברה חסויה", "confidential", "anonymous", "company confidential"];

/// What grouping needs to know of an ad.
#[derive(Clone, Debug, Default)]
pub struct Member<'a> {
    /// Plain text.
    pub plain: &'a str,
    /// The employer; empty when unknown.
    pub company: &'a str,
}

/// The group of every ad, numbered from 0 in order of first appearance.
///
/// Near-duplicates are found by MinHash (Broder 1997) in bands, then confirmed by their exact Jaccard similarity;
/// companies are compared without case and surrounding space.
pub fn groups(members: &[Member<'_>], analyzer: &Analyzer) -> Vec<usize> {
    let mut sets = UnionFind::new(members.len());
    let mut by_company: FxHashMap<String, usize> = FxHashMap::default();
    for (index, member) in members.iter().enumerate() {
        let company = member.company.trim_matches(|c: char| c.is_whitespace() || c == '-').to_lowercase();
        if !company.is_empty() && !UNNAMED.contains(&company.as_str()) {
            let first = *by_company.entry(company).or_insert(index);
            sets.join(first, index);
        }
    }
    sets.join_alike(members, analyzer, NEAR_DUPLICATE);
    sets.numbered()
}

/// The cluster of every ad by its text alone, numbered like [`groups`]: ads are joined whose sets of three-word shingles have at
/// least the Jaccard similarity `least` (0.5 and above is found reliably).
pub fn alike(members: &[Member<'_>], analyzer: &Analyzer, least: f64) -> Vec<usize> {
    let mut sets = UnionFind::new(members.len());
    sets.join_alike(members, analyzer, least);
    sets.numbered()
}

/// The hashed three-word shingles of every ad, ascending and unique.
fn shingles(members: &[Member<'_>], analyzer: &Analyzer) -> Vec<Vec<u64>> {
    let mut lexicon = Lexicon::default();
    let mut analysis = Analysis::default();
    let mut all = Vec::with_capacity(members.len());
    for member in members {
        analyzer.analyze_into(member.plain, &mut analysis);
        let words: Vec<u64> = analysis.iter().map(|(form, _)| u64::from(lexicon.intern(form))).collect();
        let mut set: Vec<u64> = words
            .windows(3)
            .map(|window| window.iter().fold(0, |hash, &word| SplitMix(hash ^ word).next_u64()))
            .collect();
        if set.is_empty() {
            set.push(words.iter().fold(1, |hash, &word| SplitMix(hash ^ word).next_u64()));
        }
        set.sort_unstable();
        set.dedup();
        all.push(set);
    }
    all
}

/// Pairs of ads that share a band of their signatures.
fn candidates(shingles: &[Vec<u64>]) -> Vec<(usize, usize)> {
    let mut random = SplitMix(0x7ac4);
    let salts: Vec<u64> = (0..HASHES).map(|_| random.next_u64()).collect();
    let mut bands: FxHashMap<(usize, u64), Vec<usize>> = FxHashMap::default();
    for (index, set) in shingles.iter().enumerate() {
        let minima: Vec<u64> = salts
            .iter()
            .map(|salt| set.iter().map(|shingle| SplitMix(shingle ^ salt).next_u64()).min().unwrap_or(0))
            .collect();
        for (band, rows) in minima.chunks(BAND).enumerate() {
            let key = rows.iter().fold(0, |hash, &row| SplitMix(hash ^ row).next_u64());
            bands.entry((band, key)).or_default().push(index);
        }
    }
    let mut pairs = Vec::new();
    for members in bands.values() {
        for (place, &a) in members.iter().enumerate() {
            // A chain is enough: union-find closes it, and a band of thousands stays linear.
            if let Some(&b) = members.get(place + 1) {
                pairs.push((a, b));
            }
            if let Some(&first) = members.first().filter(|&&first| first != a) {
                pairs.push((first, a));
            }
        }
    }
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

/// The size of the intersection over the size of the union of two ascending sets.
fn jaccard(a: &[u64], b: &[u64]) -> f64 {
    let (mut left, mut right) = (a.iter().peekable(), b.iter().peekable());
    let mut common = 0usize;
    while let (Some(x), Some(y)) = (left.peek(), right.peek()) {
        match x.cmp(y) {
            std::cmp::Ordering::Less => {
                left.next();
            }
            std::cmp::Ordering::Greater => {
                right.next();
            }
            std::cmp::Ordering::Equal => {
                common += 1;
                left.next();
                right.next();
            }
        }
    }
    common as f64 / ((a.len() + b.len() - common).max(1) as f64)
}

struct UnionFind {
    parents: Vec<usize>,
}

impl UnionFind {
    fn new(size: usize) -> Self {
        UnionFind { parents: (0..size).collect() }
    }

    fn root(&mut self, index: usize) -> usize {
        let mut at = index;
        while let Some(&parent) = self.parents.get(at) {
            if parent == at {
                break;
            }
            let grandparent = self.parents.get(parent).copied().unwrap_or(parent);
            if let Some(slot) = self.parents.get_mut(at) {
                *slot = grandparent;
            }
            at = grandparent;
        }
        at
    }

    /// Joins ads whose shingles have at least the Jaccard similarity `least`.
    fn join_alike(&mut self, members: &[Member<'_>], analyzer: &Analyzer, least: f64) {
        let shingles = shingles(members, analyzer);
        for (a, b) in candidates(&shingles) {
            if let (Some(first), Some(second)) = (shingles.get(a), shingles.get(b))
                && jaccard(first, second) >= least
            {
                self.join(a, b);
            }
        }
    }

    /// The set of every member, numbered from 0 in order of first appearance.
    fn numbered(&mut self) -> Vec<usize> {
        let mut numbers: FxHashMap<usize, usize> = FxHashMap::default();
        (0..self.parents.len())
            .map(|index| {
                let root = self.root(index);
                let next = numbers.len();
                *numbers.entry(root).or_insert(next)
            })
            .collect()
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        // The smaller index becomes the root, so that the result does not depend on the order of joins.
        if let Some(slot) = self.parents.get_mut(a.max(b)) {
            *slot = a.min(b);
        }
    }
}

/// Assigns every row to one of `folds` folds, whole groups at a time.
///
/// Groups are dealt largest first, each to the fold where it most evens out the strata (`strata[i]` is the stratum
/// of row `i`); ties fall by a hash of the group number and `seed`, never by the order of the rows.
pub fn folds(groups: &[usize], strata: &[usize], folds: usize, seed: u64) -> Vec<usize> {
    let count = groups.iter().max().map_or(0, |&last| last + 1);
    let kinds = strata.iter().max().map_or(0, |&last| last + 1);
    let mut tables = vec![vec![0usize; kinds]; count];
    for (&group, &stratum) in groups.iter().zip(strata) {
        if let Some(cell) = tables.get_mut(group).and_then(|table| table.get_mut(stratum)) {
            *cell += 1;
        }
    }
    let totals: Vec<f64> =
        (0..kinds).map(|kind| tables.iter().filter_map(|table| table.get(kind)).sum::<usize>().max(1) as f64).collect();
    let mut order: Vec<usize> = (0..count).collect();
    let size = |group: usize| tables.get(group).map_or(0, |table| table.iter().sum::<usize>());
    order.sort_by_key(|&group| (std::cmp::Reverse(size(group)), SplitMix(seed ^ group as u64).next_u64()));
    let mut filled = vec![vec![0.0f64; kinds]; folds];
    let mut fold_of = vec![0; count];
    for group in order {
        let Some(table) = tables.get(group) else { continue };
        let cost = |fold: &Vec<f64>| -> f64 {
            let mut sum = 0.0;
            for ((have, &add), total) in fold.iter().zip(table).zip(&totals) {
                // The growth of the sum of squared shares, the smaller the more even.
                sum += ((have + add as f64) / total) * ((have + add as f64) / total) - (have / total) * (have / total);
            }
            sum
        };
        let best = filled
            .iter()
            .enumerate()
            .map(|(index, fold)| (cost(fold), fold.iter().sum::<f64>(), index))
            .min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2)))
            .map_or(0, |(_, _, index)| index);
        if let Some(fold) = filled.get_mut(best) {
            for (have, &add) in fold.iter_mut().zip(table) {
                *have += add as f64;
            }
        }
        if let Some(slot) = fold_of.get_mut(group) {
            *slot = best;
        }
    }
    groups.iter().map(|&group| fold_of.get(group).copied().unwrap_or(0)).collect()
}
