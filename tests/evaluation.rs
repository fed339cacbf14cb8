//! `train` with nested cross-validation, `evaluate` with its page and its comparison of two models.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails should stop at once"
)]

mod support;

use serde_json::Value;
use support::{Bench, project};

/// The first `count` authored ads, enough to learn something from and few enough to be quick.
fn some_ads(count: usize) -> String {
    let mut reader = csv::Reader::from_path(project("data/labeled/ads.csv")).unwrap();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(reader.headers().unwrap()).unwrap();
    for row in reader.records().take(count) {
        writer.write_record(&row.unwrap()).unwrap();
    }
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

#[test]
fn nested_training_gives_the_same_bytes_for_any_number_of_threads() {
    let bench = Bench::new().file("ads.csv", some_ads(150));
    for threads in ["1", "4"] {
        bench
            .run("train -q ads.csv --splits train,valid,test --folds 3 --costs 3,10 --learning-curve --name m")
            .arg("-o")
            .arg(format!("m{threads}"))
            .with("RAYON_NUM_THREADS", threads)
            .exits(0)
            .prints("ads.csv, nested (n = 150, 150 groups)")
            .prints("0 of 150 rows share a group");
    }
    for name in ["config.json", "model.safetensors", "metrics.json", "README.md"] {
        assert_eq!(bench.read_bytes(&format!("m1/{name}")), bench.read_bytes(&format!("m4/{name}")), "{name}");
    }
    let metrics: Value = serde_json::from_str(&bench.read("m1/metrics.json")).unwrap();
    let vague = &metrics["nested"][0]["heads"][1];
    assert_eq!((&vague["head"], &vague["n"]), (&"vague".into(), &150.into()));
    assert!(vague["auc"]["low"].as_f64().unwrap() < vague["auc"]["high"].as_f64().unwrap());
    assert_eq!(metrics["leakage"]["rows_split_by_random_folds"], 0);
    assert_eq!(metrics["learning_curve"]["shares"], serde_json::json!([0.25, 0.5, 0.75, 1.0]));
    let card = bench.read("m1/README.md");
    for part in
        ["model-index:", "type: roc_auc", "### Reader agreement", "## Leakage", "## Learning curve", "## Limits"]
    {
        assert!(card.contains(part), "help: src/report/card.rs leaves out {part}");
    }
}

#[test]
fn a_model_differs_in_nothing_from_itself() {
    let bench = Bench::new();
    let done = bench
        .run("evaluate --format json")
        .arg(project("data/labeled/ads.csv"))
        .arg("-m")
        .arg(project("models/authored"))
        .arg("--against")
        .arg(project("models/authored"))
        .exits(0);
    let found: Value = serde_json::from_str(&done.stdout).unwrap();
    let vague = &found["against"]["sets"][0]["heads"][1];
    assert_eq!(vague["auc"], serde_json::json!({"value": 0.0, "low": 0.0, "high": 0.0}));
    assert_eq!(vague["mcnemar"], 1.0);
    assert_eq!(found["against"]["verdicts_that_differ"], serde_json::json!([]));

    // Authored ads are full of lexicon phrases: without them the model does worse, but not as badly as a coin.
    let without = &found["without_phrases"][0];
    assert!(without["phrases"].as_f64().unwrap() > 2.0 && without["none"].as_u64() < without["n"].as_u64());
    let vague = without["heads"].as_array().unwrap().iter().find(|head| head["head"] == "vague").unwrap();
    let auc = |part: &str| vague[part]["auc"]["value"].as_f64().unwrap();
    assert_eq!(vague["whole"]["auc"], found["sets"][0]["heads"][1]["auc"]);
    assert!(0.5 < auc("masked") && auc("masked") <= auc("whole"), "{vague}");
}

#[test]
fn the_page_holds_everything_and_fetches_nothing() {
    let bench = Bench::new()
        .file("ads.csv", some_ads(120) + "x1,<script>alert(1)</script> & co,Some words,,,,1,,vague,,,,,,\n");
    bench
        .run("evaluate -q ads.csv --splits train,valid,test --report page.html")
        .arg("-m")
        .arg(project("models/authored"))
        .arg("--against")
        .arg(project("models/default"))
        .exits(0)
        .prints("McNemar p");
    let page = bench.read("page.html");
    for part in [
        "ROC (area)",
        "Precision and recall",
        "Reliability",
        "Scores by label",
        "AUC by quarter of length",
        "Worst errors",
        "Without lexicon phrases",
    ] {
        assert!(page.contains(part), "help: src/report/evaluation.rs leaves out {part}");
    }
    assert!(!page.contains("<script") && !page.contains("http://") && !page.contains("https://"));
    assert!(!page.contains("NaN") && !page.contains("inf"));
}

#[test]
fn ads_that_were_learned_from_are_pointed_out() {
    let bench = Bench::new();
    bench
        .run("evaluate --splits train,valid")
        .arg(project("data/labeled/ads.csv"))
        .arg("-m")
        .arg(project("models/authored"))
        .exits(0)
        .says("was trained on 578 of these 578 ads");
}
