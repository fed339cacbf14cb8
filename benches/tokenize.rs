//! How fast text becomes tokens and subword ids, on one core, beside peers: `cargo bench --bench tokenize`.
//!
//! Reads the real ads of the shared folder (environment variable `TACHLES_SHARED`, else `../shared`) and says so when
//! there is none. Subject and peers are interleaved in one run, medians are reported, megabytes are of the raw text:
//! - `tokens`: the analyzer alone, from raw text;
//! - `ids`: the analyzer and the subword ids of every word, through a memory of words met before;
//! - `unicode-segmentation`: words by UAX #29, from raw text;
//! - `tokenizers`: the plain pipeline of the stored `tokenizer.json`, from text that is *already* normalised and cut
//!   into words by the analyzer. Its ids must be the same as those of `ids`, for every ad.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a measurement that cannot be made should stop")]

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Instant;

use tachles::features::{Lexicon, Subwords};
use tachles::text::{Analysis, Analyzer, TextSpec};
use unicode_segmentation::UnicodeSegmentation;

/// Each corpus is read this many times; the median is reported.
const ROUNDS: usize = 7;

fn main() {
    let shared = std::env::var_os("TACHLES_SHARED").map_or_else(|| PathBuf::from("../shared"), PathBuf::from);
    let analyzer = Analyzer::new(&TextSpec::default()).unwrap();
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/default/tokenizer.json");
    let subwords = Subwords::from_json(&std::fs::read(model).unwrap()).unwrap();
    for (name, file) in [("Hebrew", "real/ads_he.jsonl"), ("English", "real/ads_en.jsonl")] {
        let path = shared.join(file);
        match std::fs::read_to_string(&path) {
            Ok(lines) => measure(&analyzer, &subwords, name, &texts(&lines)),
            Err(error) => println!("{name}: skipped, {} cannot be read ({error})", path.display()),
        }
    }
}

fn texts(lines: &str) -> Vec<String> {
    let text = |line: &str| {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        format!("{}\n{}", record["title"].as_str().unwrap_or(""), record["text"].as_str().unwrap_or(""))
    };
    lines.lines().map(text).collect()
}

/// Subword ids of the words of a text, each distinct word asked of the crate once; empty at the start of a round.
struct Memory<'s> {
    subwords: &'s Subwords,
    words: Lexicon,
    ranges: Vec<(usize, usize)>,
    ids: Vec<u32>,
    pieces: Vec<u32>,
}

impl Memory<'_> {
    fn new(subwords: &Subwords) -> Memory<'_> {
        Memory { subwords, words: Lexicon::default(), ranges: Vec::new(), ids: Vec::new(), pieces: Vec::new() }
    }

    fn ids(&mut self, analysis: &Analysis, ids: &mut Vec<u32>) {
        ids.clear();
        for (form, _) in analysis.iter() {
            let word = self.words.intern(form) as usize;
            if word == self.ranges.len() {
                self.subwords.pieces(form, &mut self.pieces);
                let start = self.ids.len();
                self.ids.extend_from_slice(&self.pieces);
                self.ranges.push((start, self.ids.len()));
            }
            let (start, end) = self.ranges[word];
            ids.extend_from_slice(&self.ids[start..end]);
        }
    }
}

fn measure(analyzer: &Analyzer, subwords: &Subwords, name: &str, texts: &[String]) {
    let bytes: usize = texts.iter().map(String::len).sum();
    let joined: Vec<String> = texts
        .iter()
        .map(|text| analyzer.analyze(text).iter().map(|(form, _)| form).collect::<Vec<_>>().join(" "))
        .collect();
    let mut analysis = Analysis::default();
    let mut ids = Vec::new();
    let mut memory = Memory::new(subwords);
    for (text, joined) in texts.iter().zip(&joined) {
        analyzer.analyze_into(text, &mut analysis);
        memory.ids(&analysis, &mut ids);
        assert_eq!(ids, subwords.encode(joined).unwrap(), "the fast ids differ from the pipeline's");
    }
    let names = ["tokens", "ids", "unicode-segmentation", "tokenizers"];
    let mut times = [const { Vec::new() }; 4];
    for _ in 0..ROUNDS {
        times[0].push(time(|| texts.iter().for_each(|text| analyzer.analyze_into(black_box(text), &mut analysis))));
        let mut memory = Memory::new(subwords);
        times[1].push(time(|| {
            for text in texts {
                analyzer.analyze_into(black_box(text), &mut analysis);
                memory.ids(&analysis, &mut ids);
            }
        }));
        times[2].push(time(|| {
            for text in texts {
                black_box(black_box(text).unicode_words().count());
            }
        }));
        times[3].push(time(|| {
            for text in &joined {
                black_box(subwords.encode(black_box(text)).unwrap());
            }
        }));
    }
    println!("{name}: {} ads, {:.1} MB, medians of {ROUNDS}; ids equal on every ad", texts.len(), bytes as f64 / 1e6);
    for (name, times) in names.iter().zip(&mut times) {
        times.sort_by(f64::total_cmp);
        let median = times[ROUNDS / 2];
        println!("  {name:<22} {:>7.1} MB/s  {:>8.0} ads/s", bytes as f64 / median / 1e6, texts.len() as f64 / median);
    }
}

fn time(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}
