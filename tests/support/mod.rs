//! A fluent harness that drives the built binary in a folder of its own.

#![allow(dead_code, reason = "each test file uses its part of the harness")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A folder of its own, removed at the end.
pub struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    /// An empty folder.
    pub fn new() -> Bench {
        Bench { folder: tempfile::tempdir().unwrap() }
    }

    /// The same with a file in it.
    pub fn file(self, name: &str, content: impl AsRef<[u8]>) -> Bench {
        std::fs::write(self.path(name), content).unwrap();
        self
    }

    /// The path of a file in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The content of a file in the folder.
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The bytes of a file in the folder.
    pub fn read_bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The records of a JSON Lines file in the folder.
    pub fn records(&self, name: &str) -> Vec<serde_json::Value> {
        self.read(name).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// A run of the program in the folder; arguments are separated by spaces.
    pub fn run(&self, arguments: &str) -> Run<'_> {
        Run {
            bench: self,
            arguments: arguments.split_whitespace().map(str::to_owned).collect(),
            input: Vec::new(),
            variables: Vec::new(),
        }
    }
}

/// The project's own file `name`.
pub fn project(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// A run about to start.
pub struct Run<'b> {
    bench: &'b Bench,
    arguments: Vec<String>,
    input: Vec<u8>,
    variables: Vec<(String, String)>,
}

impl Run<'_> {
    /// One more argument, as it is.
    pub fn arg(mut self, argument: impl AsRef<Path>) -> Self {
        self.arguments.push(argument.as_ref().to_str().unwrap().to_owned());
        self
    }

    /// A variable of the program's environment.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// What the program reads on standard input.
    pub fn input(mut self, input: impl AsRef<[u8]>) -> Self {
        self.input = input.as_ref().to_vec();
        self
    }

    /// Runs to the end and expects exit code `code`; gives what was written to standard output, which need not be text.
    pub fn exits_with_bytes(self, code: i32) -> Vec<u8> {
        self.finish(code).0
    }

    /// Runs to the end and expects exit code `code`.
    pub fn exits(self, code: i32) -> Done {
        let (stdout, stderr) = self.finish(code);
        Done { stdout: String::from_utf8(stdout).unwrap(), stderr }
    }

    fn finish(self, code: i32) -> (Vec<u8>, String) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_tachles"))
            .args(&self.arguments)
            .current_dir(self.bench.folder.path())
            .env_remove("NO_COLOR")
            .envs(self.variables)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = self.input;
        let feeder = std::thread::spawn(move || {
            // A program that does not read its input is free to close it.
            let _ = stdin.write_all(&input);
        });
        let output = child.wait_with_output().unwrap();
        feeder.join().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            output.status.code(),
            Some(code),
            "tachles {}\nstdout: {}\nstderr: {}",
            self.arguments.join(" "),
            String::from_utf8_lossy(&output.stdout),
            stderr
        );
        (output.stdout, stderr)
    }
}

/// A run that has ended.
pub struct Done {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Done {
    /// Expects `text` on standard error.
    pub fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "expected on stderr: {text}\nstderr: {}", self.stderr);
        self
    }

    /// Expects `text` on standard output.
    pub fn prints(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "expected on stdout: {text}\nstdout: {}", self.stdout);
        self
    }

    /// Expects no mention of `text` on standard error.
    pub fn keeps_quiet_of(self, text: &str) -> Self {
        assert!(!self.stderr.contains(text), "not expected on stderr: {text}\nstderr: {}", self.stderr);
        self
    }
}
