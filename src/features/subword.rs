//! The subword vocabulary: byte-pair merges learned, stored and applied by the `tokenizers` crate.
//!
//! Word boundaries are ours (see `text`); the crate sees words already normalised, so the stored
//! `tokenizer.json` is a stock byte-pair model behind a stock white-space split, and loads anywhere the format does.
//! This is the only module that names the crate.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use tokenizers::models::bpe::{BPE, BpeTrainerBuilder};
use tokenizers::pre_tokenizers::whitespace::WhitespaceSplit;
use tokenizers::tokenizer::Trainer as _;
use tokenizers::{AddedToken, ModelWrapper, Tokenizer};

use super::merges::Merges;
use crate::error::{Error, ErrorKind, Result};

/// A piece that continues a word is written with this in front, as in `market` `##ing`.
pub const CONTINUES: &str = "##";

/// What a character outside the alphabet of the training text becomes.
const UNKNOWN: &str = "<unk>";

/// A trained subword vocabulary.
#[derive(Clone, Debug)]
pub struct Subwords {
    json: String,
    merges: Merges,
    /// The crate's own reading of `json`, made when first asked for.
    tokenizer: OnceLock<Tokenizer>,
}

impl Subwords {
    /// Learns at most `size` pieces from texts whose words are separated by single spaces.
    ///
    /// # Errors
    /// `Training` when the texts hold no words.
    pub fn train<S: AsRef<str> + Send>(texts: impl Iterator<Item = S> + Send + Clone, size: usize) -> Result<Self> {
        // Left alone, the trainer numbers continuing characters in the order of a hash map seeded at random, and ties
        // between merges fall by number. Handed over as special tokens they have their numbers from the start.
        let mut characters: BTreeSet<char> = BTreeSet::new();
        for text in texts.clone() {
            characters.extend(text.as_ref().chars().filter(|c| *c != ' '));
        }
        let continuing = characters.iter().map(|c| AddedToken::from(format!("{CONTINUES}{c}"), true));
        let fixed = std::iter::once(AddedToken::from(UNKNOWN, true)).chain(continuing).collect();
        let mut trainer = BpeTrainerBuilder::new()
            .vocab_size(size)
            .min_frequency(2)
            .max_token_length(Some(16))
            .show_progress(false)
            .special_tokens(fixed)
            .continuing_subword_prefix(CONTINUES.to_owned())
            .build();
        let words = |text: &str| Ok(text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect());
        trainer.feed(texts, words).map_err(|error| training(&error))?;
        let mut model = BPE::builder()
            .unk_token(UNKNOWN.to_owned())
            .continuing_subword_prefix(CONTINUES.to_owned())
            .build()
            .map_err(|error| training(&error))?;
        trainer.train(&mut model).map_err(|error| training(&error))?;
        // The trainer replaces the vocabulary and keeps none of the model's other settings in step.
        model.unk_token = Some(UNKNOWN.to_owned());
        let mut tokenizer = Tokenizer::new(ModelWrapper::BPE(model));
        tokenizer.with_pre_tokenizer(Some(WhitespaceSplit));
        let json = tokenizer.to_string(false).map_err(|error| training(&error))?;
        Subwords::from_json(json.as_bytes())
    }

    /// Reads a `tokenizer.json`, without the crate: its own reading takes ten times as long.
    ///
    /// # Errors
    /// `Model` when it is not such a file.
    pub fn from_json(bytes: &[u8]) -> Result<Self> {
        let refuse = |error: String| Error::new(ErrorKind::Model, format!("tokenizer.json cannot be read: {error}"));
        let json = std::str::from_utf8(bytes).map_err(|error| refuse(error.to_string()))?;
        let merges = Merges::from_json(json).map_err(refuse)?;
        Ok(Subwords { json: json.to_owned(), merges, tokenizer: OnceLock::new() })
    }

    /// The `tokenizer.json`; the same vocabulary gives the same bytes.
    pub fn to_json(&self) -> &str {
        &self.json
    }

    /// The ids of the pieces of one word, in order.
    pub fn pieces(&self, word: &str, ids: &mut Vec<u32>) {
        self.merges.pieces(word, ids);
    }

    /// The ids of a whole text of words separated by white space, through the crate's own pipeline.
    ///
    /// Slow; it is what [`Subwords::pieces`] is held against.
    ///
    /// # Errors
    /// `Model` when the crate refuses the text.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let refuse = |error: &dyn std::fmt::Display| {
            Error::new(ErrorKind::Model, format!("the subword model refused a text: {error}"))
        };
        let tokenizer = match self.tokenizer.get() {
            Some(tokenizer) => tokenizer,
            None => {
                let tokenizer = Tokenizer::from_bytes(&self.json).map_err(|error| refuse(&error))?;
                self.tokenizer.get_or_init(|| tokenizer)
            }
        };
        let encoding = tokenizer.encode_fast(text, false).map_err(|error| refuse(&error))?;
        Ok(encoding.get_ids().to_vec())
    }

    /// How a piece is written, with [`CONTINUES`] in front when it does not start a word.
    pub fn written(&self, id: u32) -> Option<&str> {
        self.merges.written(id)
    }

    /// The number of pieces.
    pub fn len(&self) -> usize {
        self.merges.len()
    }

    /// True when there are no pieces.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn training(error: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorKind::Training, format!("the subword vocabulary cannot be learned: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trained() -> Subwords {
        let texts = ["social media marketing", "market marketing marketer", "שיווק לשיווק בשיווק שיווקי"];
        Subwords::train(texts.iter(), 60).unwrap()
    }

    #[test]
    fn a_stored_vocabulary_comes_back_the_same() {
        let subwords = trained();
        let again = Subwords::from_json(subwords.to_json().as_bytes()).unwrap();
        assert_eq!(again.to_json(), subwords.to_json());
        assert_eq!(trained().to_json(), subwords.to_json());
        let crates = Tokenizer::from_bytes(subwords.to_json()).unwrap();
        assert_eq!(crates.get_vocab_size(false), subwords.len());
        for id in 0..subwords.len() as u32 {
            assert_eq!(crates.id_to_token(id).as_deref(), subwords.written(id));
        }
    }

    #[test]
    fn word_by_word_equals_the_whole_pipeline() {
        let subwords = trained();
        let text = "marketing media לשיווק ΩΩ zebra Ω mΩrket aaaa";
        let mut word_ids = Vec::new();
        let mut ids = Vec::new();
        for word in text.split(' ') {
            subwords.pieces(word, &mut word_ids);
            ids.extend_from_slice(&word_ids);
        }
        assert_eq!(ids, subwords.encode(text).unwrap());
    }

    #[test]
    fn a_damaged_file_is_refused() {
        let error = Subwords::from_json(b"{\"version\": 1").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Model);
    }
}
