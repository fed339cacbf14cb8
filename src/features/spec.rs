//! How columns are chosen and balanced: the settings of a [`Space`](super::Space).

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};

/// Which columns to keep and how the blocks are balanced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SpaceSpec {
    /// A word is kept when at least this many ads hold it.
    pub min_word: u32,
    /// A word pair is kept when at least this many ads hold it.
    pub min_pair: u32,
    /// A stem, subword or character n-gram is kept when at least this many ads hold it.
    pub min_part: u32,
    /// The shortest and the longest character n-gram inside a word, edges included.
    pub grams: [usize; 2],
    /// The size of the subword vocabulary asked of its trainer.
    pub subwords: usize,
    /// The length each block is scaled to: words, parts, pairs.
    pub scale: [f32; 3],
    /// What the dense measures are multiplied by.
    pub dense_scale: f32,
    /// How word vectors are learned and used.
    pub vectors: VectorSpec,
}

/// How word vectors are learned, and how much they weigh.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VectorSpec {
    /// Their number of dimensions; 0 means no vectors.
    pub dimensions: usize,
    /// Words so far apart in one statement still count as neighbours.
    pub window: usize,
    /// A word has a vector when it stands at least this often in all texts.
    pub min_count: u32,
    /// The root mean square length of an ad's vector.
    pub scale: f32,
}

impl Default for VectorSpec {
    fn default() -> Self {
        VectorSpec { dimensions: 50, window: 5, min_count: 4, scale: 1.0 }
    }
}

impl Default for SpaceSpec {
    fn default() -> Self {
        SpaceSpec {
            min_word: 3,
            min_pair: 3,
            min_part: 3,
            grams: [2, 4],
            subwords: 8_000,
            scale: [1.0, 1.0, 1.0],
            dense_scale: 0.5,
            vectors: VectorSpec::default(),
        }
    }
}

impl SpaceSpec {
    /// Checks that the settings can be worked with.
    ///
    /// # Errors
    /// `Model` with the rule and the value.
    pub fn check(&self) -> Result<()> {
        let refuse = |text: String| Err(Error::new(ErrorKind::Model, text));
        let [shortest, longest] = self.grams;
        if shortest == 0 || shortest > longest || longest > 8 {
            return refuse(format!("character n-grams must be 1 to 8 letters long, are {shortest} to {longest}"));
        }
        if self
            .scale
            .iter()
            .chain([&self.dense_scale, &self.vectors.scale])
            .any(|scale| !(0.0..=1000.0).contains(scale))
        {
            return refuse("the scales of the blocks must be 0 to 1000".to_owned());
        }
        if !(100..=1_000_000).contains(&self.subwords) {
            return refuse(format!("the subword vocabulary must be 100 to 1000000 pieces, is {}", self.subwords));
        }
        let VectorSpec { dimensions, window, .. } = self.vectors;
        if dimensions > 1000 || !(1..=100).contains(&window) {
            return refuse(format!(
                "word vectors must have 0 to 1000 dimensions and a window of 1 to 100 words, have {dimensions} and {window}"
            ));
        }
        Ok(())
    }
}
