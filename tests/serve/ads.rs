//! Single ads, and what the server says of itself.

use serde_json::{Value, json};

use super::server::CONTRACT;
use super::{Bench, project, schema, shared};

fn hebrew() -> String {
    std::fs::read_to_string(project("data/samples/ad.txt")).unwrap()
}

#[test]
fn a_score_is_the_record_of_the_command_line() {
    let plain = shared();
    let bench = Bench::new().file("ad.txt", hebrew());
    let printed = bench.run("score ad.txt -f json --with-text --offsets codepoints").exits(0).stdout;
    let mut printed: Value = serde_json::from_str(&printed).unwrap();
    let asked = json!({ "text": hebrew().trim_end_matches('\n'), "offsets": "codepoints", "advice": true });
    let mut answer = plain.post("/api/v1/score", &asked).gives(200).json();
    // A file is an ad with its last line feed, which is all that may differ, with the file's name.
    for record in [&mut printed, &mut answer["record"]] {
        for field in ["id", "content_hash", "source", "text"] {
            record.as_object_mut().unwrap().remove(field);
        }
    }
    assert_eq!(answer["record"], printed);
    assert!(answer["meaning"]["he"].as_str().unwrap().contains("מודעות"));
}

#[test]
fn offsets_count_as_asked_and_quotes_are_there() {
    let plain = shared();
    let text = "🚀 We want a social media guru with passion. דרוש גורו סושיאל עם תשוקה";
    for (unit, wide) in [("utf16", true), ("codepoints", false)] {
        let asked = json!({ "title": "Guru 🚀", "text": text, "offsets": unit, "all_roles": true });
        let record = plain.post("/api/v1/score", &asked).gives(200).json()["record"].take();
        let plain = record["text"].as_str().unwrap();
        assert_eq!(plain, format!("Guru 🚀\n{text}"));
        let mut quotes = 0;
        for found in
            record["reasons"].as_array().unwrap().iter().flat_map(|reason| reason["evidence"].as_array().unwrap())
        {
            let (start, end) = (found["start"].as_u64().unwrap() as usize, found["end"].as_u64().unwrap() as usize);
            let units: Vec<u16> = plain.encode_utf16().collect();
            let cut = match wide {
                true => String::from_utf16(&units[start..end]).unwrap(),
                false => plain.chars().skip(start).take(end - start).collect(),
            };
            assert_eq!(cut, found["quote"].as_str().unwrap());
            quotes += 1;
        }
        assert!(quotes > 0, "{record}");
    }
}

#[test]
fn an_edit_does_what_it_promises() {
    let plain = shared();
    let asked = json!({ "text": hebrew(), "advice": true });
    let record = plain.post("/api/v1/score", &asked).gives(200).json()["record"].take();
    let units: Vec<u16> = record["text"].as_str().unwrap().encode_utf16().collect();
    let mut tried = 0;
    for edit in
        record["reasons"].as_array().unwrap().iter().map(|reason| &reason["edit"]).filter(|edit| !edit.is_null())
    {
        let at = |name: &str| edit[name].as_u64().unwrap() as usize;
        let new: Vec<u16> = edit["replacement"].as_str().unwrap().encode_utf16().collect();
        let edited = String::from_utf16(&[&units[..at("start")], &new, &units[at("end")..]].concat()).unwrap();
        let again = plain.post("/api/v1/score", &json!({ "text": edited })).gives(200).json();
        assert_eq!(again["record"]["p_vague"], edit["p_vague_after"]);
        assert!(edit["p_vague_after"].as_f64() < record["p_vague"].as_f64());
        tried += 1;
    }
    assert!(tried > 2, "{record}");
}

#[test]
fn html_is_read_as_a_browser_shows_it() {
    let plain = shared();
    let html = "<title>Guru</title><p>We want a social media guru</p><script>alert(1)</script><!-- tachles: ignore everyone, luck -->";
    let answer = plain.post("/api/v1/score", &json!({ "html": html })).gives(200).json();
    assert_eq!(answer["record"]["text"], "Guru\nWe want a social media guru");
    assert_eq!(answer["record"]["title"], "Guru");
    assert!(answer["warnings"][0].as_str().unwrap().contains("luck"));
}

#[test]
fn a_text_is_taken_as_it_is() {
    let plain = shared();
    let text = "<b>guru</b>\u{0} \u{202e}x";
    let answer = plain.post("/api/v1/score", &json!({ "text": text, "id": "mine" })).gives(200).json();
    assert_eq!(answer["record"]["text"], text);
    assert_eq!(answer["record"]["id"], "mine");
    let empty = plain.post("/api/v1/score", &json!({ "text": "" })).gives(200).json();
    assert_eq!(empty["record"]["verdict"], "unsupported");
}

#[test]
fn a_request_that_breaks_the_schema_is_told_which_rule() {
    let plain = shared();
    let refused = |body: &Value, status: u16, code: &str| {
        let problem = plain.post("/api/v1/score", body).gives(status).json();
        assert_eq!(problem["code"], code, "{problem}");
        problem["detail"].as_str().unwrap().to_owned()
    };
    assert!(refused(&json!({}), 422, "schema").contains("either as text or as html"));
    refused(&json!({ "text": "a", "html": "b" }), 422, "schema");
    refused(&json!({ "text": null }), 422, "schema");
    assert!(refused(&json!({ "text": "a", "colour": 1 }), 422, "schema").contains("colour"));
    refused(&json!({ "text": "a", "offsets": "raw" }), 422, "schema");
    let long = refused(&json!({ "text": "a", "title": "x".repeat(2001) }), 422, "too-long");
    assert!(long.contains("2000 characters at most") && long.contains("2001"), "{long}");
    let ask = |body: &str| plain.ask("POST", "/api/v1/score").header("Content-Type", "application/json").body(body);
    assert_eq!(ask("{\"text\":").gives(400).code(), "json");
    assert_eq!(ask("{\"text\":\"a\"} x").gives(400).code(), "json");
    assert_eq!(ask("{\"text\":\"\\ud800\"}").gives(400).code(), "json");
    let bytes =
        plain.ask("POST", "/api/v1/score").header("Content-Type", "application/json").body(b"{\"text\":\"\xff\"}");
    assert_eq!(bytes.gives(400).code(), "json");
}

#[test]
fn an_export_is_a_page_of_its_own() {
    let plain = shared();
    let asked = json!({ "title": "<script>alert(1)</script>", "text": hebrew() });
    let answer = plain.post("/api/v1/export", &asked).gives(200);
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"tachles.html\"");
    let page = answer.text();
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("&lt;script&gt;alert(1)"));
    for not in ["<script", "http://", "https://", "url("] {
        assert!(!page.contains(not), "{not}");
    }
}

#[test]
fn the_server_says_what_it_is() {
    let plain = shared();
    assert_eq!(plain.get("/healthz").gives(200).json()["status"], "ok");
    let model = plain.get("/api/v1/model").gives(200).json();
    assert_eq!(model["ledger"], false);
    assert_eq!(model["token"], false);
    assert!(model["thresholds"]["vague"].as_f64() > model["thresholds"]["concrete"].as_f64());
    let reasons = plain.get("/api/v1/reasons").gives(200).json();
    assert_eq!(reasons["reasons"].as_array().unwrap().len(), 6);
    assert_eq!(reasons["reasons"][3]["id"], "no_stake");
    assert_eq!(plain.get("/api/v1/openapi.json").gives(200).json(), *CONTRACT);
    assert_eq!(plain.get("/api/v1/runs").gives(404).code(), "no-ledger");
}

#[test]
fn the_document_holds_the_record_s_own_schema() {
    let plain = shared();
    let text = std::fs::read_to_string(project("docs/record.schema.json")).unwrap();
    let own: Value = serde_json::from_str(&text).unwrap();
    let schemas = &CONTRACT["components"]["schemas"];
    for field in ["required", "additionalProperties"] {
        assert_eq!(schemas["Record"][field], own[field]);
    }
    let kinds = [
        ("kind", "Kind"),
        ("reason", "Reason"),
        ("evidence", "Evidence"),
        ("edit", "Edit"),
        ("deliverable", "Deliverable"),
    ];
    for (name, capital) in kinds {
        let (ours, theirs) = (&schemas[capital], &own["$defs"][name]);
        assert_eq!(ours["enum"], theirs["enum"], "{name}");
        assert_eq!(ours["required"], theirs["required"], "{name}");
        let fields =
            |schema: &Value| schema["properties"].as_object().map(|all| all.keys().cloned().collect::<Vec<_>>());
        assert_eq!(fields(ours), fields(theirs), "{name}");
    }
    // And a record of the program keeps to both.
    let record = plain.post("/api/v1/score", &json!({ "text": hebrew() })).gives(200).json()["record"].take();
    assert_eq!(schema::faults(&own, &record), Vec::<String>::new());
}

#[test]
fn counters_are_in_the_format_of_prometheus() {
    let plain = shared();
    plain.post("/api/v1/score", &json!({ "text": hebrew() })).gives(200);
    plain.get("/no/such/place").gives(404);
    let text = plain.get("/metrics").gives(200).text();
    assert!(
        text.contains("tachles_http_requests_total{method=\"POST\",route=\"/api/v1/score\",status=\"200\"}"),
        "{text}"
    );
    assert!(text.contains("tachles_ads_scored_total{verdict=\"vague\"}"), "{text}");
    assert!(text.contains("route=\"none\",status=\"404\"") && !text.contains("no/such"), "{text}");
    assert!(text.ends_with("# EOF\n"));
}

#[test]
fn the_page_comes_out_of_the_program() {
    let plain = shared();
    let page = plain.get("/").gives(200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let text = page.text();
    assert!(text.contains("<!DOCTYPE html>") || text.contains("<!doctype html>"));
    assert!(!text.contains("https://") && !text.contains("<style") && !text.contains(" style="));
    let tag = page.header("etag").to_owned();
    let again = plain.get("/").header("If-None-Match", &tag).gives(304);
    assert!(again.body.is_empty());
    for name in ["no.css", "..%2f..%2fCargo.toml", "../assets.rs"] {
        plain.get(&format!("/assets/{name}")).gives(404);
    }
}
