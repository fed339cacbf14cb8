//! The review queue: from a night's run to labels that are trained on.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::server::Server;
use super::{Bench, project, shared};

const TOGETHER: &str = "--ledger ledger.db --all-roles --keep-texts";

/// A folder with a ledger of the sample ads and some that were written for training.
fn night() -> Bench {
    let bench = Bench::new();
    let all = std::fs::read_to_string(project("data/labeled/ads.csv")).unwrap();
    let mut reader = csv::Reader::from_reader(all.as_bytes());
    let mut some = csv::Writer::from_path(bench.path("ads.csv")).unwrap();
    some.write_record(["id", "title", "text", "company"]).unwrap();
    for row in reader.records().map(Result::unwrap).step_by(4) {
        some.write_record([&row[0], &row[1], &row[2], ""]).unwrap();
    }
    drop(some);
    bench.run(&format!("batch ads.csv -o out.jsonl -q {TOGETHER}")).exits(0);
    bench
}

fn review(server: &Server, item: &Value, reviewer: &str, verdict: &str, more: &Value) -> Value {
    let mut body = json!({ "content_hash": item["content_hash"], "reviewer": reviewer, "verdict": verdict });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    server.post("/api/v1/reviews", &body).gives(201).json()
}

fn queue(server: &Server, reviewer: &str, limit: usize) -> Value {
    server.get(&format!("/api/v1/reviews/queue?reviewer={reviewer}&limit={limit}")).gives(200).json()
}

#[test]
fn from_the_queue_to_a_model() {
    let bench = night();
    let flagged = bench
        .records("out.jsonl")
        .iter()
        .filter(|record| ["vague", "unsure"].contains(&record["verdict"].as_str().unwrap()))
        .count();
    let server = Server::start(&bench.path("."), "--ledger ledger.db");
    let first = queue(&server, "Noa", 100);
    assert_eq!(first["without_text"], 0);
    let waiting = first["waiting"].as_u64().unwrap() as usize;
    assert!(waiting > 20 && waiting <= flagged, "{waiting} of {flagged}");
    let items = first["items"].as_array().unwrap();
    let useful: Vec<f64> = items.iter().map(|item| item["usefulness"]["score"].as_f64().unwrap()).collect();
    assert!(useful.is_sorted_by(|a, b| a >= b), "{useful:?}");
    for item in items {
        let parts = &item["usefulness"];
        let part = |name: &str| parts[name].as_f64().unwrap();
        assert!((part("uncertainty") * part("disagreement") * part("novelty") - part("score")).abs() < 1e-12);
        assert_eq!(item["content_hash"], item["record"]["content_hash"]);
    }
    // The ads' own labels stand for what a person would say.
    let all = std::fs::read_to_string(project("data/labeled/ads.csv")).unwrap();
    let mut reader = csv::Reader::from_reader(all.as_bytes());
    let names = reader.headers().unwrap().clone();
    let label_at = names.iter().position(|name| name == "label").unwrap();
    let truth: std::collections::BTreeMap<String, String> =
        reader.records().map(Result::unwrap).map(|row| (row[0].to_owned(), row[label_at].to_owned())).collect();
    let mut said = BTreeSet::new();
    loop {
        let page = queue(&server, "Noa", 100);
        let Some(items) = page["items"].as_array().filter(|items| !items.is_empty()) else { break };
        for item in items {
            let label = &truth[item["posting"]["id"].as_str().unwrap()];
            let verdict = if item["record"]["verdict"] == label.as_str() { "agree" } else { "disagree" };
            let kept = review(
                &server,
                item,
                "Noa",
                verdict,
                &json!({ "label": label, "reasons": { "no_stake": label == "vague" } }),
            );
            assert_eq!(kept["label"], label.as_str());
            said.insert(item["content_hash"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(said.len(), waiting);
    assert_eq!(queue(&server, "Noa", 1)["reviewed"].as_u64().unwrap() as usize, waiting);
    assert_eq!(queue(&server, "Dan", 1)["waiting"].as_u64().unwrap() as usize, waiting);
    let export = server.get("/api/v1/reviews/export.csv").gives(200);
    assert_eq!(export.header("content-disposition"), "attachment; filename=\"labels.csv\"");
    std::fs::write(bench.path("labels.csv"), &export.body).unwrap();
    assert_eq!(csv::Reader::from_reader(export.body.as_slice()).records().count(), waiting);
    // What the queue shows is vague, most of it: some concrete ads are needed to learn the difference.
    let mut concrete = csv::Writer::from_path(bench.path("concrete.csv")).unwrap();
    concrete.write_record(&names).unwrap();
    let mut reader = csv::Reader::from_reader(all.as_bytes());
    reader
        .records()
        .map(Result::unwrap)
        .filter(|row| &row[label_at] == "concrete")
        .take(60)
        .for_each(|row| concrete.write_record(&row).unwrap());
    drop(concrete);
    bench.run("train --no-nested -q labels.csv concrete.csv -o model").exits(0);
    bench.run("model model").exits(0).prints(&format!("labels.csv: {waiting} rows"));
}

#[test]
fn reviews_are_kept_changed_listed_and_taken_back() {
    let bench = night();
    let server = Server::start(&bench.path("."), "--ledger ledger.db");
    let page = queue(&server, "A", 30);
    let items = page["items"].as_array().unwrap();
    let of = |verdict: &str| items.iter().find(|item| item["record"]["verdict"] == verdict).unwrap();
    let vague = of("vague");
    assert_eq!(review(&server, vague, " A ", "agree", &json!({}))["label"], "vague");
    let changed = review(
        &server,
        vague,
        "A",
        "disagree",
        &json!({ "vagueness": 2, "scope": true, "note": "pay is in the title" }),
    );
    assert_eq!(
        (&changed["label"], &changed["vagueness"], &changed["scope"]),
        (&json!("concrete"), &json!(2), &json!(true))
    );
    let other = items.iter().find(|item| item["content_hash"] != vague["content_hash"]).unwrap();
    let skipped = review(&server, other, "B ב", "skip", &json!({}));
    assert_eq!(skipped["label"], Value::Null);
    let list = server.get("/api/v1/reviews").gives(200).json();
    assert_eq!(list["total"], 2);
    assert_eq!(list["reviewers"], json!([{ "reviewer": "A", "reviews": 1 }, { "reviewer": "B ב", "reviews": 1 }]));
    let only = server.get("/api/v1/reviews?reviewer=A").gives(200).json();
    assert_eq!(only["reviews"][0], changed);
    let hash = vague["content_hash"].as_str().unwrap();
    assert_eq!(server.get(&format!("/api/v1/reviews?content_hash={hash}")).gives(200).json()["total"], 1);
    // The ledger outlives the server.
    drop(server);
    let server = Server::start(&bench.path("."), "--ledger ledger.db");
    assert_eq!(server.get("/api/v1/reviews").gives(200).json(), list);
    let number = &changed["review"];
    server.delete(&format!("/api/v1/reviews/{number}")).gives(204);
    server.delete(&format!("/api/v1/reviews/{number}")).gives(404);
    assert_eq!(queue(&server, "A", 1)["waiting"], page["waiting"]);
    let refused = |body: &Value, status: u16, code: &str| {
        assert_eq!(server.post("/api/v1/reviews", body).gives(status).code(), code, "{body}");
    };
    let base = |more: Value| {
        let mut body = json!({ "content_hash": hash, "reviewer": "A", "verdict": "agree" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    refused(&base(json!({ "content_hash": "0".repeat(32) })), 404, "not-found");
    refused(&base(json!({ "content_hash": "x" })), 422, "content-hash");
    refused(&base(json!({ "reviewer": " " })), 422, "reviewer");
    refused(&base(json!({ "verdict": "maybe" })), 422, "schema");
    refused(&base(json!({ "label": "concrete" })), 409, "label");
    refused(&base(json!({ "verdict": "skip", "label": "vague" })), 422, "label");
    refused(&base(json!({ "vagueness": 6 })), 422, "vagueness");
    refused(&base(json!({ "vagueness": 2.5 })), 422, "schema");
    // A whole number of JSON may have a fraction of nothing.
    server.post("/api/v1/reviews", &base(json!({ "vagueness": 3.0 }))).gives(201);
    refused(&base(json!({ "reasons": { "luck": true } })), 422, "schema");
    if let Some(unsure) = items.iter().find(|item| item["record"]["verdict"] == "unsure") {
        refused(&base(json!({ "content_hash": unsure["content_hash"] })), 409, "label");
    }
}

#[test]
fn two_reviewers_agree_with_the_kappa_of_the_textbook() {
    // Both yes 20, only the first 5, only the second 10, neither 15: kappa 0.4, as in the usual example.
    let bench = night();
    let server = Server::start(&bench.path("."), "--ledger ledger.db");
    let page = queue(&server, "first", 100);
    let items: Vec<&Value> = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|item| item["record"]["verdict"] != "unsure")
        .take(50)
        .collect();
    assert_eq!(items.len(), 50, "the sample has too few flagged ads");
    for (place, item) in items.iter().enumerate() {
        let (one, two) = match place {
            0..20 => (true, true),
            20..25 => (true, false),
            25..35 => (false, true),
            _ => (false, false),
        };
        for (reviewer, vague) in [("first", one), ("second", two)] {
            let agrees = (item["record"]["verdict"] == "vague") == vague;
            review(
                &server,
                item,
                reviewer,
                if agrees { "agree" } else { "disagree" },
                &json!({ "reasons": { "generic": vague } }),
            );
        }
    }
    let agreement = server.get("/api/v1/reviews/agreement").gives(200).json();
    let pair = &agreement["pairs"][0];
    for kappa in [&pair["label"], &pair["reasons"]["generic"]] {
        assert!((kappa["kappa"].as_f64().unwrap() - 0.4).abs() < 1e-12, "{kappa}");
        assert_eq!(kappa["table"], json!([20, 5, 10, 15]));
        assert_eq!((&kappa["n"], &kappa["agree"]), (&json!(50), &json!(35)));
    }
    assert_eq!(pair["reasons"]["everyone"]["n"], 0);
    assert_eq!(agreement["model"].as_array().unwrap().len(), 2);
    // Where the two are split there is no label, and no row.
    let export = server.get("/api/v1/reviews/export.csv").gives(200);
    assert_eq!(csv::Reader::from_reader(export.body.as_slice()).records().count(), 35);
    let export = server.get("/api/v1/reviews/export.csv?reviewer=second").gives(200);
    assert_eq!(csv::Reader::from_reader(export.body.as_slice()).records().count(), 50);
}

#[test]
fn texts_are_kept_only_where_a_run_is_told_to() {
    let bench = Bench::new().file("ads.csv", std::fs::read(project("data/samples/postings.csv")).unwrap());
    bench.run("batch ads.csv -o out.jsonl -q --ledger ledger.db").exits(0);
    let server = Server::start(&bench.path("."), "--ledger ledger.db");
    let empty = queue(&server, "A", 10);
    assert_eq!(empty["items"], json!([]));
    let hidden = empty["without_text"].as_u64().unwrap();
    assert!(hidden > 0);
    // A second run of the same ads brings what is missing, while the server has the ledger open.
    bench.run("batch ads.csv -o out.jsonl -q --ledger ledger.db --keep-texts").exits(0);
    let full = queue(&server, "A", 10);
    assert_eq!(full["waiting"], hidden);
    assert_eq!(full["without_text"], 0);
    for item in full["items"].as_array().unwrap() {
        let id = item["posting"]["id"].as_str().unwrap();
        let line = bench.records("out.jsonl").into_iter().find(|record| record["id"] == id).unwrap();
        assert_eq!(item["record"]["p_vague"], line["p_vague"]);
        assert_eq!(item["record"]["title"], line["title"]);
    }
}

#[test]
fn runs_are_listed_with_what_has_moved() {
    let bench = night();
    bench.run(&format!("batch ads.csv -o second.jsonl -q {TOGETHER}")).exits(0);
    let server = Server::start(&bench.path("."), "--ledger ledger.db");
    let runs = server.get("/api/v1/runs").gives(200).json();
    let runs = runs["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 2);
    assert_eq!((&runs[0]["run"], &runs[1]["run"]), (&json!(2), &json!(1)));
    assert_eq!(runs[0]["counts"]["unchanged"], runs[1]["counts"]["scored"]);
    assert_eq!(runs[1]["drift"], json!([]));
    let drift = runs[0]["drift"].as_array().unwrap();
    assert!(!drift.is_empty() && drift.iter().all(|one| one["index"].as_f64().unwrap().abs() < 1e-9), "{drift:?}");
    assert_eq!(server.get("/api/v1/runs?limit=1").gives(200).json()["runs"][0], runs[0]);
    assert_eq!(server.get("/api/v1/model").gives(200).json()["ledger"], true);
}

#[test]
fn a_new_ledger_is_made_and_none_is_told() {
    let plain = shared();
    let bench = Bench::new();
    let server = Server::start(&bench.path("."), "--ledger new.db");
    assert_eq!(server.get("/api/v1/runs").gives(200).json()["runs"], json!([]));
    assert_eq!(queue(&server, "A", 10)["waiting"], 0);
    for path in ["/api/v1/runs", "/api/v1/reviews", "/api/v1/reviews/queue?reviewer=A", "/api/v1/reviews/agreement"] {
        assert_eq!(plain.get(path).gives(404).code(), "no-ledger");
    }
    assert_eq!(server.get("/api/v1/reviews/queue").gives(400).code(), "parameter");
}
