//! Who may ask, how much, and how the server ends.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use serde_json::json;

use super::server::{Answer, Server};
use super::{Bench, shared};

const TOKEN: &str = "0123456789abcdef-token";

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn a_name_that_is_not_the_server_s_is_refused() {
    let plain = shared();
    for host in [Some("evil.example"), Some("127.0.0.1.evil.example"), Some(""), None] {
        let answer = plain.get("/api/v1/model").host(host).send();
        assert!([400, 403].contains(&answer.status), "{host:?}: {}", answer.status);
    }
    assert_eq!(plain.get("/").host(Some("evil.example")).gives(403).code(), "host");
    plain.get("/api/v1/model").host(Some("localhost")).gives(200);
    plain.get("/api/v1/model").host(Some("[::1]:9")).gives(200);
    let folder = folder();
    let named = Server::start(folder.path(), "--allow-host ads.example.org");
    named.get("/healthz").host(Some("ads.example.org")).gives(200);
    named.get("/healthz").host(Some("ads.example.com")).gives(403);
}

#[test]
fn another_site_can_neither_post_nor_fetch() {
    let plain = shared();
    let body = json!({ "text": "guru" });
    for origin in ["http://evil.example", "null", "http://localhost:1"] {
        assert_eq!(plain.post("/api/v1/score", &body).header("Origin", origin).gives(403).code(), "origin");
    }
    let own = format!("http://{}", plain.address);
    plain.post("/api/v1/score", &body).header("Origin", &own).header("Sec-Fetch-Site", "same-origin").gives(200);
    let cross = |path: &str, mode: &str| {
        plain.get(path).header("Sec-Fetch-Site", "cross-site").header("Sec-Fetch-Mode", mode).send().status
    };
    assert_eq!(cross("/api/v1/model", "no-cors"), 403);
    assert_eq!(cross("/", "navigate"), 200);
    let answer = plain.get("/api/v1/model").gives(200);
    assert!(answer.headers.iter().all(|(name, _)| !name.starts_with("access-control-")));
    // What a form of another site can send is no JSON.
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""] {
        let ask = plain.ask("POST", "/api/v1/score").header("Content-Type", kind).body(body.to_string());
        assert_eq!(ask.gives(415).code(), "content-type");
        let ask = plain.ask("POST", "/api/v1/batch").header("Content-Type", kind).body("id,text\n1,a\n");
        assert_eq!(ask.gives(415).code(), "content-type");
    }
}

#[test]
fn every_answer_forbids_scripts_and_guessing() {
    let plain = shared();
    for path in ["/", "/api/v1/model", "/healthz", "/no/such", "/assets/no"] {
        let answer = plain.get(path).send();
        let policy = answer.header("content-security-policy");
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'none'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
    }
}

#[test]
fn beyond_this_machine_a_token_is_needed() {
    let bench = Bench::new().file("short", "abc\n");
    bench.run("serve --listen 0.0.0.0:0").exits(2).says("a token is needed");
    bench.run("serve --listen 127.0.0.1:0 --token-file short").exits(2).says("16 characters at least, it has 3");
    bench.run("serve --listen 127.0.0.1:0 --token-file none").exits(2).says("none: no such file");
    bench.run("serve --listen 127.0.0.1:0 --ledger short").exits(2).says("a ledger is needed");
    bench.run("serve --listen 192.0.2.1:80 --token 0123456789abcdef").exits(2).says("cannot be listened on");
}

#[test]
fn with_a_token_nothing_is_given_without_it() {
    let folder = folder();
    std::fs::write(folder.path().join("token"), format!("{TOKEN}\n")).unwrap();
    let server = Server::start(folder.path(), "--token-file token");
    for path in ["/api/v1/model", "/api/v1/openapi.json", "/metrics", "/api/v1/batch", "/no/such"] {
        let answer = server.get(path).gives(401);
        assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"tachles\"");
        server.get(path).header("Authorization", "Bearer 0123456789abcdef-tokem").gives(401);
    }
    server.get("/healthz").gives(200);
    let page = server.get("/").gives(303);
    assert_eq!(page.header("location"), "/login");
    let form = server.get("/login").gives(200);
    assert!(form.header("content-security-policy").contains("form-action 'self'"));
    assert!(!form.text().contains(TOKEN));
    let enter = |token: &str| {
        let kind = "application/x-www-form-urlencoded";
        server.ask("POST", "/login").header("Content-Type", kind).body(format!("token={token}"))
    };
    assert_eq!(enter("wrong").gives(401).header("set-cookie"), "");
    enter(TOKEN).header("Origin", "http://evil.example").gives(403);
    let given = enter(TOKEN).gives(303);
    let cookie = given.header("set-cookie").to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && !cookie.contains(TOKEN), "{cookie}");
    let pair = cookie.split(';').next().unwrap();
    server.get("/").header("Cookie", pair).gives(200);
    server.post("/api/v1/score", &json!({ "text": "guru" })).header("Cookie", pair).gives(200);
    server.get("/api/v1/model").header("Cookie", &format!("tachles={TOKEN}")).gives(401);
    assert!(server.ask("POST", "/logout").header("Cookie", pair).gives(303).header("set-cookie").contains("Max-Age=0"));
    let server = server.with_token(TOKEN);
    assert_eq!(server.get("/api/v1/model").gives(200).json()["token"], true);
    let by_variable = Server::start_with(folder.path(), "", &[("TACHLES_TOKEN", TOKEN)]);
    by_variable.get("/api/v1/model").gives(401);
}

#[test]
fn a_body_has_a_limit_and_a_head_too() {
    let plain = shared();
    let large = json!({ "text": "a ".repeat(3 << 20) });
    assert_eq!(plain.post("/api/v1/score", &large).gives(413).code(), "too-large");
    let folder = folder();
    let server = Server::start(folder.path(), "--max-upload 1KiB");
    let upload =
        |size: usize| server.ask("POST", "/api/v1/batch").header("Content-Type", "text/csv").body(vec![b'a'; size]);
    assert_eq!(upload(1025).gives(413).code(), "too-large");
    upload(1024).gives(202);
    let answer = server.get("/x").header("X", &"y".repeat(300_000)).send();
    assert_eq!(answer.status, 431);
    // A body that never comes to an end in one piece is measured as it arrives.
    let mut stream = server.connect();
    let head = "POST /api/v1/batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    for _ in 0..3 {
        let _ = stream.write_all(format!("200\r\n{}\r\n", "x".repeat(512)).as_bytes());
    }
    assert_eq!(Answer::read(&mut stream).status, 413);
}

#[test]
fn a_head_that_does_not_come_is_not_waited_for() {
    let plain = shared();
    let start = Instant::now();
    let mut stream = plain.connect();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: local").unwrap();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    assert!(start.elapsed() < Duration::from_secs(40), "the connection stays open");
    assert!(!String::from_utf8_lossy(&rest).contains("200 OK"));
}

/// The head of a request whose body the server is told to ask for.
fn head_of(path: &str, kind: &str, length: usize) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\
         Connection: close\r\nExpect: 100-continue\r\n\r\n"
    )
}

#[test]
fn a_server_that_has_too_much_to_do_says_so_and_recovers() {
    let folder = folder();
    let server = Server::start(folder.path(), "");
    let body = json!({ "text": "guru" }).to_string();
    let mut held: Vec<std::net::TcpStream> = (0..128)
        .map(|_| {
            let mut stream = server.connect();
            stream.write_all(head_of("/api/v1/score", "application/json", body.len()).as_bytes()).unwrap();
            // Said when the request has its place.
            stream.read_exact(&mut [0; 25]).unwrap();
            stream
        })
        .collect();
    for path in ["/api/v1/model", "/", "/api/v1/batch"] {
        let refused = server.get(path).gives(503);
        assert_eq!(refused.code(), "busy");
        assert_eq!(refused.header("retry-after"), "1");
    }
    // Those who watch over the server are told even then.
    server.get("/healthz").gives(200);
    assert!(server.get("/metrics").gives(200).text().contains("tachles_http_requests_under_way 128"));
    for stream in &mut held {
        stream.write_all(body.as_bytes()).unwrap();
        assert_eq!(Answer::read(stream).status, 200);
    }
    server.get("/api/v1/model").gives(200);
}

#[test]
fn a_body_that_does_not_come_is_not_waited_for() {
    let folder = folder();
    let server = Server::start(folder.path(), "");
    let start = Instant::now();
    let mut slow = [("/api/v1/score", "application/json"), ("/api/v1/batch", "text/csv")].map(|(path, kind)| {
        let mut stream = server.connect();
        stream.write_all(head_of(path, kind, 1000).as_bytes()).unwrap();
        stream.read_exact(&mut [0; 25]).unwrap();
        stream.write_all(b"{\"text\": \"").unwrap();
        stream
    });
    for stream in &mut slow {
        let answer = Answer::read(stream);
        assert_eq!((answer.status, answer.code().as_str()), (408, "slow"));
    }
    assert!(start.elapsed() < Duration::from_secs(55), "{:?}", start.elapsed());
}

#[test]
fn connections_that_say_nothing_keep_nobody_out_for_long() {
    let folder = folder();
    let server = Server::start(folder.path(), "");
    let silent: Vec<_> = (0..512).map(|_| server.connect()).collect();
    // One more than there are places for: it waits until the silent ones are let go.
    server.get("/healthz").gives(200);
    drop(silent);
}

#[test]
fn places_and_methods_that_are_not_there() {
    let plain = shared();
    assert_eq!(plain.get("/api/v1/nothing").gives(404).code(), "not-found");
    let answer = plain.ask("PUT", "/api/v1/score").gives(405);
    assert_eq!(answer.code(), "method");
    assert!(answer.header("allow").contains("POST"));
    plain.ask("OPTIONS", "/api/v1/score").header("Origin", "http://evil.example").gives(403);
    assert!(plain.ask("HEAD", "/healthz").gives(200).body.is_empty());
}

#[test]
fn requests_under_way_end_when_the_server_is_told_to_stop() {
    let folder = folder();
    for signal in ["TERM", "INT"] {
        let server = Server::start(folder.path(), "-v");
        let secret = "SECRETWORD guru wanted";
        let body = json!({ "text": secret }).to_string();
        let mut stream = server.connect();
        let head = format!(
            "POST /api/v1/score?q=SECRETQUERY HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             Expect: 100-continue\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        // Said when a handler waits for the body.
        let mut go_on = [0; 25];
        stream.read_exact(&mut go_on).unwrap();
        assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
        server.signal(signal);
        std::thread::sleep(Duration::from_millis(300));
        stream.write_all(body.as_bytes()).unwrap();
        let answer = Answer::read(&mut stream);
        assert_eq!(answer.status, 200, "{signal}: {}", answer.text());
        assert!(answer.text().contains(secret));
        let (code, said) = server.ended();
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("stopping") && said.contains("POST /api/v1/score 200"), "{said}");
        assert!(!said.contains("SECRET"), "{said}");
    }
}
