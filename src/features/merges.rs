//! Byte-pair merges read from a `tokenizer.json` and applied to one word, without an allocation a word.
//!
//! The ids are those of the `tokenizers` crate, which learned the merges; tests hold both together.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rustc_hash::FxHashMap;
use serde::Deserialize;
use serde::de::{MapAccess, Visitor};

use super::subword::CONTINUES;
use crate::text::Words;

/// Letters of a word whose merges are looked for one after the other; longer ones have a queue.
const LONG: usize = 64;
/// In place of an id: this letter was merged into the one before it.
const GONE: u32 = u32::MAX;

/// A vocabulary of pieces and the order in which they merge.
#[derive(Clone, Debug)]
pub(super) struct Merges {
    /// The pieces as written, by id.
    written: Words,
    unknown: u32,
    /// Single letters at the start of a word, and behind it.
    first: FxHashMap<char, u32>,
    later: FxHashMap<char, u32>,
    /// Of two neighbours: how early they merge, and into what.
    pairs: FxHashMap<(u32, u32), (u32, u32)>,
}

#[derive(Deserialize)]
struct File<'j> {
    #[serde(borrow)]
    model: Model<'j>,
    #[serde(default)]
    added_tokens: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Model<'j> {
    #[serde(rename = "type")]
    kind: Cow<'j, str>,
    unk_token: Option<String>,
    continuing_subword_prefix: Option<String>,
    #[serde(default)]
    end_of_word_suffix: Option<String>,
    #[serde(default)]
    dropout: Option<f64>,
    #[serde(default)]
    fuse_unk: bool,
    #[serde(default)]
    byte_fallback: bool,
    #[serde(default)]
    ignore_merges: bool,
    #[serde(borrow)]
    vocab: Vocabulary<'j>,
    #[serde(borrow)]
    merges: Vec<(Text<'j>, Text<'j>)>,
}

/// A string that is borrowed where it holds no escape.
#[derive(Deserialize)]
struct Text<'j>(#[serde(borrow)] Cow<'j, str>);

/// Pieces with their ids, in the order of the file.
struct Vocabulary<'j>(Vec<(Text<'j>, u32)>);

impl<'de: 'j, 'j> Deserialize<'de> for Vocabulary<'j> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'j> Visitor<'j> for Entries {
            type Value = Vocabulary<'j>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("pieces with their ids")
            }

            fn visit_map<A: MapAccess<'j>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Vocabulary(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

impl Merges {
    /// Reads a `tokenizer.json` of a byte-pair model as this program writes it; any other setting is refused.
    pub(super) fn from_json(json: &str) -> Result<Merges, String> {
        let File { model, added_tokens } = serde_json::from_str(json).map_err(|error| error.to_string())?;
        let plain = model.end_of_word_suffix.is_none()
            && model.dropout.is_none()
            && !(model.fuse_unk || model.byte_fallback || model.ignore_merges)
            && added_tokens.is_empty();
        if model.kind != "BPE" || model.continuing_subword_prefix.as_deref() != Some(CONTINUES) || !plain {
            return Err(format!("it must be a plain byte-pair model whose pieces continue with {CONTINUES}"));
        }
        let mut vocabulary = model.vocab.0;
        vocabulary.sort_by_key(|&(_, id)| id);
        let written: Words = vocabulary.iter().map(|(piece, _)| &*piece.0).collect();
        if !vocabulary.iter().zip(0..).all(|(&(ref piece, id), place)| id == place && written.get(&piece.0) == Some(id))
        {
            return Err("the ids of its pieces must be 0, 1, 2 and so on, each once".to_owned());
        }
        let unknown = model.unk_token.as_deref().and_then(|unknown| written.get(unknown));
        let unknown = unknown.ok_or("it must have a piece for unknown letters")?;
        let (mut first, mut later) = (FxHashMap::default(), FxHashMap::default());
        for (piece, id) in written.iter().zip(0u32..) {
            first.extend(only(piece).map(|letter| (letter, id)));
            later.extend(piece.strip_prefix(CONTINUES).and_then(only).map(|letter| (letter, id)));
        }
        let mut pairs = FxHashMap::with_capacity_and_hasher(model.merges.len(), Default::default());
        let mut joined = String::new();
        for ((one, other), rank) in model.merges.iter().zip(0u32..) {
            joined.clear();
            joined.push_str(&one.0);
            joined.push_str(other.0.strip_prefix(CONTINUES).unwrap_or(&other.0));
            let ids = [&one.0, &other.0, joined.as_str()].map(|piece| written.get(piece));
            let [Some(one), Some(other), Some(whole)] = ids else {
                return Err(format!("merge {rank} is of pieces that it does not have"));
            };
            pairs.insert((one, other), (rank, whole));
        }
        Ok(Merges { written, unknown, first, later, pairs })
    }

    /// The ids of the pieces of `word`, in order: of all neighbours those merge that were learned first, the leftmost
    /// before the others, until none are left that do.
    pub(super) fn pieces(&self, word: &str, ids: &mut Vec<u32>) {
        ids.clear();
        let mut letters = word.chars();
        let known = |table: &FxHashMap<char, u32>, letter: char| table.get(&letter).copied().unwrap_or(self.unknown);
        ids.extend(letters.next().map(|letter| known(&self.first, letter)));
        ids.extend(letters.map(|letter| known(&self.later, letter)));
        if ids.len() > LONG {
            return self.merge_long(ids);
        }
        loop {
            let mut best: Option<(u32, u32, usize)> = None;
            for (at, pair) in ids.windows(2).enumerate() {
                if let &[one, other] = pair
                    && let Some(&(rank, whole)) = self.pairs.get(&(one, other))
                    && best.is_none_or(|(least, ..)| rank < least)
                {
                    best = Some((rank, whole, at));
                }
            }
            let Some((_, whole, at)) = best else { return };
            ids.remove(at + 1);
            if let Some(id) = ids.get_mut(at) {
                *id = whole;
            }
        }
    }

    /// The same in time that hardly grows faster than the word.
    fn merge_long(&self, ids: &mut Vec<u32>) {
        let end = ids.len();
        let mut next: Vec<usize> = (1..=end).collect();
        let mut before: Vec<usize> = (0..end).map(|at| at.wrapping_sub(1)).collect();
        // What is there no more is `GONE`; what is in the queue of a pair that has changed since is passed over.
        let pair = |ids: &[u32], one: usize, other: usize| Some((*ids.get(one)?, *ids.get(other)?));
        let candidate = |ids: &[u32], one: usize, other: usize| {
            let key = pair(ids, one, other)?;
            self.pairs.get(&key).map(|&(rank, whole)| Reverse((rank, one, key, whole)))
        };
        let mut queue: BinaryHeap<_> = (1..end).filter_map(|at| candidate(ids, at - 1, at)).collect();
        while let Some(Reverse((_, at, key, whole))) = queue.pop() {
            let Some(&other) = next.get(at) else { continue };
            if pair(ids, at, other) != Some(key) {
                continue;
            }
            let after = next.get(other).copied().unwrap_or(end);
            if let Some(gone) = ids.get_mut(other) {
                *gone = GONE;
            }
            if let (Some(id), Some(link)) = (ids.get_mut(at), next.get_mut(at)) {
                (*id, *link) = (whole, after);
            }
            if let Some(link) = before.get_mut(after) {
                *link = at;
            }
            let left = before.get(at).copied().unwrap_or(usize::MAX);
            queue.extend(candidate(ids, left, at));
            queue.extend(candidate(ids, at, after));
        }
        ids.retain(|&id| id != GONE);
    }

    /// How a piece is written.
    pub(super) fn written(&self, id: u32) -> Option<&str> {
        ((id as usize) < self.written.len()).then(|| self.written.form(id))
    }

    /// The number of pieces.
    pub(super) fn len(&self) -> usize {
        self.written.len()
    }
}

/// The one letter of `piece`; `None` when there are more, or none.
fn only(piece: &str) -> Option<char> {
    let mut letters = piece.chars();
    letters.next().filter(|_| letters.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::super::Subwords;
    use super::*;

    #[test]
    fn long_words_merge_like_short_ones() {
        let texts = ["banana bananas", "ananas anna nan", "שששש שששששש"];
        let subwords = Subwords::train(texts.iter(), 60).unwrap();
        let (mut ids, mut short) = (Vec::new(), Vec::new());
        for word in ["banananananas", "nnnnnnn", "שששששששששש", "aΩa", "n"] {
            subwords.pieces(word, &mut short);
            let merges = Merges::from_json(subwords.to_json()).unwrap();
            ids.clear();
            ids.extend(word.chars().enumerate().map(|(at, letter)| {
                let table = if at == 0 { &merges.first } else { &merges.later };
                table.get(&letter).copied().unwrap_or(merges.unknown)
            }));
            merges.merge_long(&mut ids);
            assert_eq!(ids, short, "{word}");
        }
        let long = "bananas".repeat(40_000);
        subwords.pieces(&long, &mut ids);
        assert_eq!(ids, subwords.encode(&long).unwrap());
    }

    #[test]
    fn other_settings_are_refused() {
        let json = Subwords::train(["social media"].iter(), 120).unwrap().to_json().to_owned();
        assert!(Merges::from_json(&json).is_ok());
        for (from, to) in [
            ("\"BPE\"", "\"WordPiece\""),
            ("\"dropout\":null", "\"dropout\":0.1"),
            ("\"fuse_unk\":false", "\"fuse_unk\":true"),
            ("\"<unk>\":0", "\"<unk>\":7"),
            ("\"unk_token\":\"<unk>\"", "\"unk_token\":\"none\""),
        ] {
            let other = json.replacen(from, to, 1);
            assert_ne!(other, json, "{from} is not there");
            assert!(Merges::from_json(&other).is_err(), "{to}");
        }
    }
}
