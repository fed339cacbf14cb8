//! Files of ads.

use serde_json::{Value, json};

use super::server::Server;
use super::{Bench, project, shared};

fn begin(server: &Server, name: &str, kind: &str, body: Vec<u8>) -> Value {
    let answer =
        server.ask("POST", &format!("/api/v1/batch?name={name}")).header("Content-Type", kind).body(body).gives(202);
    let job = answer.json();
    assert_eq!(answer.header("location"), format!("/api/v1/batch/{}", job["id"]));
    server.job(&job["id"])
}

#[test]
fn a_file_comes_back_as_the_command_line_writes_it() {
    let plain = shared();
    let bench = Bench::new();
    for (name, kind) in
        [("postings.csv", "text/csv"), ("postings_he.csv", "text/csv"), ("postings.jsonl", "application/x-ndjson")]
    {
        let body = std::fs::read(project("data/samples").join(name)).unwrap();
        std::fs::write(bench.path(name), &body).unwrap();
        let job = begin(&plain, name, kind, body);
        assert_eq!(job["state"], "done", "{job}");
        let download = |query: &str| plain.get(&format!("/api/v1/batch/{}/download?{query}", job["id"])).gives(200);
        for (query, out) in
            [("format=csv", "out.csv"), ("format=jsonl", "out.jsonl"), ("format=csv&excel=true", "excel.csv")]
        {
            let excel = if query.contains("excel") { "--excel" } else { "" };
            bench.run(&format!("batch {name} -o {out} --with-text {excel}")).exits(0);
            let answer = download(query);
            assert!(answer.body == bench.read_bytes(out), "{name} {query}");
            let stem = name.split('.').next().unwrap();
            assert!(answer.header("content-disposition").contains(&format!("filename=\"{stem}-scored.")));
        }
        assert_eq!(job["counts"]["read"].as_u64().unwrap(), bench.records("out.jsonl").len() as u64);
    }
}

#[test]
fn records_are_filtered_sorted_and_opened() {
    let plain = shared();
    let body = std::fs::read(project("data/samples/postings.csv")).unwrap();
    let job = begin(&plain, "postings.csv", "text/csv", body);
    let list = |query: &str| plain.get(&format!("/api/v1/batch/{}/records?{query}", job["id"])).gives(200).json();
    let all = list("");
    assert_eq!(all["total"], job["records"]);
    let flagged = list("verdict=vague&sort=-p_vague");
    assert_eq!(flagged["total"], job["decisions"]["vague"]);
    let p: Vec<f64> =
        flagged["records"].as_array().unwrap().iter().map(|record| record["p_vague"].as_f64().unwrap()).collect();
    assert!(p.len() > 1 && p.is_sorted_by(|a, b| a >= b), "{p:?}");
    let two = list("verdict=vague,concrete&sort=words&offset=1&limit=2");
    assert_eq!(two["records"].as_array().unwrap().len(), 2);
    assert_eq!(two["offset"], 1);
    let everyone = list("reason=everyone");
    for record in everyone["records"].as_array().unwrap() {
        assert!(record["fired"].as_array().unwrap().contains(&json!("everyone")));
    }
    // Words are looked for in titles, texts and ids; more of them find less.
    let first = &all["records"][0];
    let by_id = list(&format!("q={}", first["id"].as_str().unwrap()));
    assert!(by_id["records"].as_array().unwrap().contains(first), "{by_id}");
    let social = list("q=SOCIAL");
    let both = list("q=SOCIAL%20ninja&sort=-p_vague");
    let total = |page: &Value| page["total"].as_u64().unwrap();
    assert!(0 < total(&both) && total(&both) < total(&social) && total(&social) <= total(&all), "{both} of {social}");
    let vague = list("q=social%20ninja&sort=-p_vague&verdict=vague");
    assert!(vague["records"].as_array().unwrap().iter().all(|one| both["records"].as_array().unwrap().contains(one)));
    assert_eq!(list("q=no-such-word-anywhere")["records"], json!([]));
    let languages = ["he", "en", "mixed", "other"].map(|lang| total(&list(&format!("lang={lang}"))));
    assert_eq!(languages.iter().sum::<u64>(), total(&all));
    // The record that is opened is the one that scoring its text gives.
    let number = &flagged["records"][0]["number"];
    let opened = plain.get(&format!("/api/v1/batch/{}/records/{number}", job["id"])).gives(200).json();
    let (title, text) = (opened["record"]["title"].as_str().unwrap(), opened["record"]["text"].as_str().unwrap());
    let text = text.strip_prefix(&format!("{title}\n")).unwrap();
    let again = plain.post("/api/v1/score", &json!({ "title": title, "text": text })).gives(200).json();
    assert_eq!(again["record"]["reasons"], opened["record"]["reasons"]);
    assert_eq!(again["record"]["deliverables"], opened["record"]["deliverables"]);
    assert_eq!(again["meaning"], opened["meaning"]);
    plain.get(&format!("/api/v1/batch/{}/records/0", job["id"])).gives(404);
    plain.get(&format!("/api/v1/batch/{}/records/9999", job["id"])).gives(404);
    for wrong in [
        "verdict=bad",
        "reason=bad",
        "sort=bad",
        "lang=bad",
        "limit=0",
        "limit=501",
        "limit=-1",
        "offset=x",
        "offset=1000000001",
    ] {
        plain.get(&format!("/api/v1/batch/{}/records?{wrong}", job["id"])).gives(400);
    }
    let long = plain.get(&format!("/api/v1/batch/{}/records?q={}", job["id"], "secret".repeat(34))).gives(400);
    assert!(!long.text().contains("secret"), "{}", long.text());
}

#[test]
fn bad_records_and_bad_files_are_told() {
    let plain = shared();
    let job = begin(&plain, "b.csv", "text/csv", b"id,text\n1,a guru\n2,\n3,more\n".to_vec());
    assert_eq!(job["state"], "done", "{job}");
    assert_eq!(job["counts"]["quarantined"], 1);
    assert_eq!((&job["bad"][0]["code"], &job["bad"][0]["record"]), (&json!("empty-text"), &json!(2)));
    for (name, body) in [("c.csv", &b"a,b\n1,2\n"[..]), ("d.csv", b""), ("e.parquet", b"PAR1 no"), ("f.jsonl", b"[1]")]
    {
        let job = begin(&plain, name, "application/octet-stream", body.to_vec());
        assert_eq!(job["state"], "failed", "{name}: {job}");
        let said = job["error"]["detail"].as_str().unwrap();
        assert!(!said.is_empty() && !said.contains("tmp") && !said.contains("tachles-"), "{said}");
        plain.get(&format!("/api/v1/batch/{}/download", job["id"])).gives(409);
        let found = plain.get(&format!("/api/v1/batch/{}/records?q=guru", job["id"])).gives(200).json();
        assert_eq!(found["records"], json!([]), "a job without records is searched");
    }
    let name = |name: &str| {
        plain.ask("POST", &format!("/api/v1/batch?name={name}")).header("Content-Type", "text/csv").body("a").gives(400)
    };
    for wrong in ["", "a%2Fb.csv", "..%5Cb.csv", "a%00", &"x".repeat(201)] {
        name(wrong);
    }
}

#[test]
fn jobs_are_few_and_can_be_removed() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), "");
    let ids: Vec<Value> =
        (0..10).map(|_| begin(&server, "a.csv", "text/csv", b"id,text\n1,a guru\n".to_vec())["id"].clone()).collect();
    let kept = server.get("/api/v1/batch").gives(200).json();
    let kept: Vec<&Value> = kept["jobs"].as_array().unwrap().iter().map(|job| &job["id"]).collect();
    assert_eq!(kept, ids.iter().rev().take(8).collect::<Vec<_>>());
    server.get(&format!("/api/v1/batch/{}", ids[0])).gives(404);
    server.delete(&format!("/api/v1/batch/{}", ids[9])).gives(204);
    server.get(&format!("/api/v1/batch/{}", ids[9])).gives(404);
    server.delete(&format!("/api/v1/batch/{}", ids[9])).gives(404);
    server.get("/api/v1/batch/x").gives(400);
    assert_eq!(
        server.get("/metrics").gives(200).text().lines().find(|line| line.starts_with("tachles_jobs_open ")),
        Some("tachles_jobs_open 0")
    );
}
