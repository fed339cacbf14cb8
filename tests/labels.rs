//! The label files of the real ads follow from the single readings by the rule of the data card.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails should stop at once")]

mod support;

use std::collections::BTreeMap;

use support::project;

type Labels = BTreeMap<String, String>;

fn rows(name: &str) -> Vec<Labels> {
    csv::Reader::from_path(project(&format!("data/real_labels/{name}")))
        .unwrap()
        .deserialize()
        .map(Result::unwrap)
        .collect()
}

/// Of three readings the majority of each mark and the median of the scale, of fewer the first.
fn settle(readings: &[Labels]) -> Labels {
    let mut settled = readings.first().unwrap().clone();
    if let [_, _, _] = readings {
        for (mark, value) in &mut settled {
            let mut values: Vec<&String> = readings.iter().map(|reading| reading.get(mark).unwrap()).collect();
            values.sort();
            // The middle one of three is the median, and of two different values the one that stands twice.
            *value = (*values.get(1).unwrap()).clone();
        }
    }
    settled
}

#[test]
fn settled_labels_follow_from_the_readings() {
    let mut readings: BTreeMap<String, Vec<Labels>> = BTreeMap::new();
    for mut row in rows("readings.csv") {
        let of_ad = readings.entry(row.remove("id").unwrap()).or_default();
        assert_eq!(row.remove("reading"), Some((of_ad.len() + 1).to_string()), "readings are numbered from 1");
        of_ad.push(row);
    }
    let mut settled = 0;
    for name in ["en_train.csv", "he_train.csv"] {
        for mut row in rows(name) {
            let id = row.remove("id").unwrap();
            assert_eq!(row.remove("split").as_deref(), Some("train"));
            assert_eq!(row, settle(readings.get(&id).unwrap()), "{id}");
            settled += 1;
        }
    }
    assert_eq!(settled, readings.len());
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
