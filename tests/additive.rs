//! The sum behind every verdict: contributions and bias make the margin of every head, over all ads at hand.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use tachles::io::{ReadOptions, read_ads, read_document};
use tachles::model::Model;
use tachles::score::{ScoreOptions, Scorer, Scratch};
use tachles::{Ad, label};

fn project(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn table(path: &Path) -> Vec<Ad> {
    let (ads, bad) = read_ads(&[path.to_str().unwrap().to_owned()], &ReadOptions::default()).unwrap();
    assert!(!ads.is_empty(), "{}: no ads, {bad:?}", path.display());
    ads
}

fn every_sum_is_whole(ads: &[Ad]) {
    let scorer = Scorer::new(Model::embedded().unwrap(), ScoreOptions::default());
    ads.par_chunks(64).for_each(|ads| {
        let mut scratch = Scratch::default();
        for ad in ads {
            let probabilities = scorer.probabilities(ad, &mut scratch);
            let heads = scorer.explain(ad, &mut scratch);
            let names: Vec<&str> = heads.iter().map(|head| head.head.as_str()).collect();
            assert_eq!(names, label::HEADS);
            for (head, p) in heads.iter().zip(probabilities) {
                let sum = head.bias + head.contributions.iter().map(|one| one.amount).sum::<f64>();
                let off = (sum - head.margin).abs();
                assert!(
                    off < 1e-9,
                    "{} of {}: the sum is {off:e} off the margin; help: src/score/explain.rs",
                    head.head,
                    ad.id
                );
                assert_eq!(head.probability, p, "{} of {}", head.head, ad.id);
            }
        }
    });
}

#[test]
fn contributions_add_up_over_the_project_s_ads() {
    let mut ads = table(&project("data/labeled/ads.csv"));
    for name in ["postings.csv", "postings.jsonl", "postings_he.csv"] {
        ads.extend(table(&project("data/samples").join(name)));
    }
    for name in ["ad.txt", "ad_concrete_en.txt", "ad_vague_en.html", "ad_vague_he.txt"] {
        let path = project("data/samples").join(name);
        ads.push(read_document(path.to_str().unwrap(), None, &ReadOptions::default()).unwrap());
    }
    assert!(ads.len() > 680);
    every_sum_is_whole(&ads);
}

#[test]
fn contributions_add_up_over_the_shared_ads() {
    let shared = std::env::var_os("TACHLES_SHARED").map_or_else(|| project("../shared"), PathBuf::from).join("real");
    let files: Vec<PathBuf> = ["ads_en.jsonl", "ads_he.jsonl"].map(|name| shared.join(name)).to_vec();
    if let Some(missing) = files.iter().find(|file| !file.is_file()) {
        eprintln!("skipped: {} is not here; TACHLES_SHARED names the folder that holds real/", missing.display());
        return;
    }
    // Some of the ads are reserved for judging and stay untouched.
    let reserved = std::fs::read_to_string(shared.join("reserved_ids.txt")).unwrap_or_default();
    let reserved: BTreeSet<&str> = reserved.split_whitespace().collect();
    let mut ads: Vec<Ad> = files.iter().flat_map(|file| table(file)).collect();
    ads.retain(|ad| !reserved.contains(ad.id.as_str()));
    every_sum_is_whole(&ads);
}
