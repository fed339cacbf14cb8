//! A running `tachles serve`, asked over real sockets. Every answer of a documented place is held against the API's own document.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use serde_json::Value;

use super::{project, schema};

/// The contract.
pub static CONTRACT: LazyLock<Value> = LazyLock::new(|| {
    let text = std::fs::read_to_string(project("src/serve/openapi.json")).unwrap();
    serde_json::from_str(&text).unwrap()
});

/// A server on a port of its own; stopped when it is dropped.
pub struct Server {
    pub child: Child,
    /// `127.0.0.1:PORT`.
    pub address: String,
    bearer: Option<String>,
}

impl Server {
    /// Starts in `folder` with further arguments, separated by spaces.
    pub fn start(folder: &Path, arguments: &str) -> Server {
        Server::start_with(folder, arguments, &[])
    }

    /// The same with variables of the environment.
    pub fn start_with(folder: &Path, arguments: &str, variables: &[(&str, &str)]) -> Server {
        let mut child = Command::new(env!("CARGO_BIN_EXE_tachles"))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(arguments.split_whitespace())
            .current_dir(folder)
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("http://").and_then(|rest| rest.strip_suffix('/'));
        let address = address.unwrap_or_else(|| panic!("no address in {line:?}")).to_owned();
        Server { child, address, bearer: None }
    }

    /// The same server, asked with a token.
    pub fn with_token(mut self, token: &str) -> Server {
        self.bearer = Some(token.to_owned());
        self
    }

    pub fn get(&self, path: &str) -> Ask<'_> {
        self.ask("GET", path)
    }

    pub fn delete(&self, path: &str) -> Ask<'_> {
        self.ask("DELETE", path)
    }

    pub fn post(&self, path: &str, body: &Value) -> Ask<'_> {
        self.ask("POST", path).header("Content-Type", "application/json").body(body.to_string())
    }

    pub fn ask(&self, method: &str, path: &str) -> Ask<'_> {
        Ask {
            server: self,
            method: method.to_owned(),
            path: path.to_owned(),
            host: Some(self.address.clone()),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// A raw connection.
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        let done = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status().unwrap();
        assert!(done.success());
    }

    /// Waits for the end; gives exit code and standard error.
    pub fn ended(mut self) -> (Option<i32>, String) {
        let mut text = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        (self.child.wait().unwrap().code(), text)
    }

    /// Waits until a job is over, and gives it.
    pub fn job(&self, id: &Value) -> Value {
        for _ in 0..1200 {
            let job = self.get(&format!("/api/v1/batch/{id}")).gives(200).json();
            if !["queued", "running"].contains(&job["state"].as_str().unwrap()) {
                return job;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("job {id} does not end");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A request about to be sent.
pub struct Ask<'s> {
    server: &'s Server,
    method: String,
    path: String,
    host: Option<String>,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Ask<'_> {
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Calls the server by another name, or by none.
    pub fn host(mut self, host: Option<&str>) -> Self {
        self.host = host.map(str::to_owned);
        self
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sends it and expects that status.
    pub fn gives(self, status: u16) -> Answer {
        let what = format!("{} {}", self.method, self.path);
        let answer = self.send();
        assert_eq!(answer.status, status, "{what}: {}", answer.text());
        answer
    }

    /// Sends it, and holds the answer against the contract.
    pub fn send(self) -> Answer {
        let mut stream = self.server.connect();
        let mut head = format!("{} {} HTTP/1.1\r\nConnection: close\r\n", self.method, self.path);
        if let Some(host) = &self.host {
            head += &format!("Host: {host}\r\n");
        }
        if let Some(token) = &self.server.bearer {
            head += &format!("Authorization: Bearer {token}\r\n");
        }
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        if !self.body.is_empty() || self.method == "POST" {
            head += &format!("Content-Length: {}\r\n", self.body.len());
        }
        stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
        // A server that has heard enough may close.
        let _ = stream.write_all(&self.body);
        let answer = Answer::read(&mut stream);
        answer.keeps_to_the_contract(&self.method, &self.path);
        answer
    }
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    /// Reads an answer to the end of the connection.
    pub fn read(stream: &mut TcpStream) -> Answer {
        let mut all = Vec::new();
        // A connection that is reset after the answer has given it all the same.
        let _ = stream.read_to_end(&mut all);
        let end = all.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or_else(|| panic!("no answer: {all:?}"));
        let head = String::from_utf8(all[..end].to_vec()).unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers: Vec<(String, String)> = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let mut body = all[end + 4..].to_vec();
        if headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked") {
            body = unchunked(&body);
        }
        Answer { status, headers, body }
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The code of a problem.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap().to_owned()
    }

    fn keeps_to_the_contract(&self, method: &str, path: &str) {
        let Some(operation) = operation(method, path) else { return };
        let responses = &operation["responses"];
        let mut said = &responses[self.status.to_string()];
        assert!(!said.is_null(), "{method} {path}: status {} is not in the document: {}", self.status, self.text());
        if let Some(reference) = said["$ref"].as_str() {
            said = CONTRACT.pointer(reference.trim_start_matches('#')).unwrap();
        }
        let kind = self.header("content-type").split(';').next().unwrap();
        if said["content"].is_null() {
            assert!(self.body.is_empty(), "{method} {path}: a body is not in the document");
            return;
        }
        let content = &said["content"][kind];
        assert!(!content.is_null(), "{method} {path}: {kind} is not in the document for {}", self.status);
        if kind == "application/json" || kind.ends_with("+json") {
            let faults = schema::faults_in(&CONTRACT, &content["schema"], &self.json());
            assert!(faults.is_empty(), "{method} {path}: {faults:#?}\n{}", self.text());
        }
    }
}

/// What the document says of a place; exact paths win over patterns.
fn operation(method: &str, path: &str) -> Option<&'static Value> {
    let path = path.split('?').next().unwrap();
    let paths = CONTRACT["paths"].as_object().unwrap();
    let fits = |pattern: &str| {
        let (ours, theirs): (Vec<&str>, Vec<&str>) = (path.split('/').collect(), pattern.split('/').collect());
        ours.len() == theirs.len() && ours.iter().zip(&theirs).all(|(a, b)| a == b || b.starts_with('{'))
    };
    let found = paths.get(path).or_else(|| paths.iter().find(|(pattern, _)| fits(pattern)).map(|(_, item)| item))?;
    found.get(method.to_ascii_lowercase())
}

fn unchunked(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|two| two == b"\r\n").expect("the answer breaks off");
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap().trim(), 16).unwrap();
        if size == 0 {
            return body;
        }
        body.extend_from_slice(&rest[end + 2..end + 2 + size]);
        rest = &rest[end + 2 + size + 2..];
    }
}
