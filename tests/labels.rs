//! The label files of the real ads hold the first reading; every further reading is kept beside them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails should stop at once")]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use support::project;

type Labels = BTreeMap<String, String>;

fn rows(name: &str) -> Vec<Labels> {
    csv::Reader::from_path(project(&format!("data/real_labels/{name}")))
        .unwrap()
        .deserialize()
        .map(Result::unwrap)
        .collect()
}

#[test]
fn the_label_files_hold_the_first_reading() {
    let mut first: BTreeMap<String, Labels> = BTreeMap::new();
    let mut expected: BTreeMap<String, usize> = BTreeMap::new();
    for mut row in rows("readings.csv") {
        let id = row.remove("id").unwrap();
        let number = expected.entry(id.clone()).or_default();
        *number += 1;
        assert_eq!(row.remove("reading"), Some(number.to_string()), "readings are numbered from 1");
        first.entry(id).or_insert(row);
    }
    for name in ["en_train.csv", "he_train.csv"] {
        for mut row in rows(name) {
            let id = row.remove("id").unwrap();
            assert_eq!(row.remove("split").as_deref(), Some("train"));
            assert_eq!(Some(row), first.remove(&id), "{id}");
        }
    }
    assert_eq!(first.len(), 0, "a reading of an ad that no label file holds");
}

/// Statements are judged of ads to learn from, all of them, and of none that is held out.
#[test]
fn statements_are_judged_of_every_real_training_ad_and_no_other() {
    let text = std::fs::read_to_string(project("data/real_labels/statements.jsonl")).unwrap();
    let judged: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let found: BTreeSet<&str> = judged.iter().filter_map(|ad| ad["id"].as_str()).collect();
    let labelled: Vec<Labels> = ["en_train.csv", "he_train.csv", "he_more.csv"].into_iter().flat_map(rows).collect();
    let wanted: BTreeSet<&str> = labelled.iter().map(|row| row["id"].as_str()).collect();
    assert_eq!(found, wanted);
    assert_eq!(judged.iter().map(|ad| ad["statements"].as_array().unwrap().len()).sum::<usize>(), 61_806);
}

#[test]
fn a_third_reading_was_made_wherever_two_differ() {
    let mut pairs: BTreeMap<String, Vec<Labels>> = BTreeMap::new();
    for mut row in rows("readings.csv") {
        let id = row.remove("id").unwrap();
        row.remove("reading");
        row.remove("vagueness");
        pairs.entry(id).or_default().push(row);
    }
    for (id, readings) in pairs {
        if let [first, second] = readings.as_slice() {
            assert_eq!(first, second, "{id}");
        }
    }
}
