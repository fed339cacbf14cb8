//! `tachles batch --ledger` and `tachles why` as their users run them: what is new is scored, what is known is not, and the
//! output is the same either way.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails should stop at once"
)]

mod support;

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::{Bench, project};

const HEADER: &str = "id,title,text,posted_at\n";

fn ad(number: usize) -> String {
    format!(
        "a{number},Social Media Manager,We want a ninja number {number} to wow our followers on Instagram.,2026-03-{:02}\n",
        number % 28 + 1
    )
}

fn ads(numbers: impl Iterator<Item = usize>) -> String {
    HEADER.to_owned() + &numbers.map(ad).collect::<String>()
}

fn ids(bench: &Bench, name: &str) -> Vec<String> {
    bench.records(name).iter().map(|record| record["id"].as_str().unwrap().to_owned()).collect()
}

fn rows<T: rusqlite::types::FromSql>(bench: &Bench, query: &str) -> Vec<T> {
    let connection = rusqlite::Connection::open(bench.path("l.db")).unwrap();
    let mut statement = connection.prepare(query).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(|row| row.unwrap()).collect()
}

#[test]
fn a_second_run_scores_only_what_is_new_or_changed() {
    let bench = Bench::new().file("ads.csv", ads(0..300));
    bench
        .run("batch ads.csv -o one.jsonl --ledger l.db")
        .exits(0)
        .says("read 300 = scored 300 + unchanged 0 + duplicates 0 + quarantined 0");
    bench
        .run("batch ads.csv -o two.jsonl --ledger l.db")
        .exits(0)
        .says("read 300 = scored 0 + unchanged 300 + duplicates 0 + quarantined 0");
    assert_eq!(bench.read("one.jsonl"), bench.read("two.jsonl"));
    let edited = ads(1..302).replace("ninja number 7 ", "writer who posts 3 times a week as number 7 ");
    let bench = bench.file("ads.csv", edited);
    bench
        .run("batch ads.csv -o three.jsonl --ledger l.db")
        .exits(0)
        .says("read 301 = scored 3 + unchanged 298 + duplicates 0 + quarantined 0");
    bench.run("batch ads.csv -o fresh.jsonl").exits(0);
    assert_eq!(bench.read("three.jsonl"), bench.read("fresh.jsonl"));
    let counts: Vec<i64> =
        rows(&bench, "SELECT read - scored - unchanged - duplicates - quarantined - skipped FROM runs");
    assert_eq!(counts, [0, 0, 0]);
    let seen: Vec<i64> =
        rows(&bench, "SELECT run FROM postings JOIN last_seen USING (posting) WHERE id IN ('a0', 'a1', 'a301')");
    assert_eq!(seen, [2, 3, 3], "last seen");
}

#[test]
fn every_format_is_rebuilt_from_the_ledger_byte_for_byte() {
    let html =
        "<p>Be our <b>social media guru</b> &amp; ninja 🚀</p><!-- tachles: ignore everyone --><ul><li>Wow</li></ul>";
    let plain = "<p>Be our <b>social media guru</b> &amp; ninja 🚀</p><ul><li>Wow</li></ul>";
    let page = format!(
        "id,title,text\nh1,Guru,{html}\nh2,Guru,{plain}\nh3,,\"Guru\nBe our guru, שכר 9,000\"\nh4,Guru,\"Be our guru, שכר 9,000\"\n"
    );
    let bench = Bench::new().file("page.csv", page);
    for advice in ["", "--advice"] {
        let ledger = format!("--ledger l{advice}.db {advice}");
        let inputs = |run: support::Run<'_>| {
            run.arg(project("data/samples/postings.jsonl")).arg(project("data/samples/postings_he.csv")).exits(0)
        };
        inputs(bench.run(&format!("batch page.csv -o first.jsonl {ledger}")));
        for (name, options) in [
            ("a.jsonl", "--with-text"),
            ("b.csv", "--excel"),
            ("c.jsonl", "--offsets utf16"),
            ("d.csv", "--offsets raw --threads 1"),
            ("e.jsonl", "--offsets bytes"),
        ] {
            inputs(bench.run(&format!("batch page.csv -o known.{name} {options} {ledger}")))
                .says("= scored 0 + unchanged ");
            inputs(bench.run(&format!("batch page.csv -o fresh.{name} {options} {advice}")));
            assert_eq!(bench.read(&format!("known.{name}")), bench.read(&format!("fresh.{name}")), "{name} {advice}");
        }
    }
}

#[test]
fn what_changes_a_verdict_is_scored_again() {
    let bench =
        Bench::new().file("ads.csv", ads(0..5)).file("allow.txt", "ninja\n").file("same.txt", "# ours\nNinja\n");
    let run = |options: &str| bench.run(&format!("batch ads.csv -o out.jsonl --ledger l.db {options}")).exits(0);
    run("").says("scored 5 + unchanged 0");
    run("--all-roles").says("scored 5 + unchanged 0");
    run("--allow allow.txt").says("scored 5 + unchanged 0");
    run("--allow same.txt").says("scored 0 + unchanged 5");
    run("--advice").says("scored 5 + unchanged 0");
    run("--offsets raw --threads 1").says("scored 0 + unchanged 5");
    bench.run("batch ads.csv -o out.jsonl --ledger l.db -m").arg(project("models/authored")).exits(0).says("scored 5 ");
    bench.run("why a1 --ledger l.db").exits(0).prints("another model").prints("judged otherwise");
}

#[test]
fn the_same_text_twice_is_a_duplicate_of_the_first() {
    let mut input = ads(0..2000);
    input += "x1,Social Media Manager,We want a ninja number 3 to wow our followers on Instagram.,\n";
    input += "x2,<b>Social Media Manager</b>,<p>We want a ninja number 3 to wow our followers on Instagram.</p>,\n";
    input += &ad(1999);
    let bench = Bench::new().file("ads.csv", input);
    for (threads, ledger) in [(1, ""), (2, ""), (5, "--ledger l.db"), (2, "--ledger l.db"), (1, "--ledger l.db")] {
        let out = format!("batch ads.csv -o out{threads}.jsonl --threads {threads} {ledger}");
        bench.run(&out).exits(0).says(" + duplicates 3 + ");
        assert_eq!(bench.read(&format!("out{threads}.jsonl")), bench.read("out1.jsonl"));
    }
    let records = bench.records("out1.jsonl");
    assert!(records[..2000].iter().all(|record| record["duplicate_of"].is_null()));
    let last: Vec<&str> = records[2000..].iter().map(|record| record["duplicate_of"].as_str().unwrap()).collect();
    assert_eq!(last, ["a3", "a3", "a1999"]);
    assert_eq!(records[2000]["p_vague"], records[3]["p_vague"]);
    bench.run("batch ads.csv -o out.csv").exits(0);
    assert!(bench.read("out.csv").lines().nth(2001).unwrap().contains(",a3,ads.csv,"));
}

#[test]
fn only_new_leaves_out_what_a_complete_run_has_put_out() {
    let bench = Bench::new().file("ads.csv", ads(0..50));
    bench.run("batch ads.csv -o all.jsonl --ledger l.db").exits(0);
    let repost = ads(0..52).replace("number 7 ", "number seven ") + &ad(3).replace("a3,", "r3,");
    let bench = bench.file("ads.csv", repost);
    for threads in [1, 3] {
        let copy = format!("l{threads}.db");
        std::fs::copy(bench.path("l.db"), bench.path(&copy)).unwrap();
        let run = format!("batch ads.csv -o new.jsonl --only-new --threads {threads} --ledger {copy}");
        bench.run(&run).exits(0).says("read 53 = scored 3 + unchanged 49 + duplicates 1 + quarantined 0; written 4");
        assert_eq!(ids(&bench, "new.jsonl"), ["a7", "a50", "a51", "r3"]);
        assert_eq!(bench.records("new.jsonl")[3]["duplicate_of"], "a3");
        bench.run(&run).exits(0).says("written 0");
    }
    bench.run("batch ads.csv -o new.jsonl --only-new").exits(2).says("--ledger");
}

#[test]
fn a_run_killed_when_all_was_done_writes_the_same_again() {
    let bench = Bench::new().file("ads.csv", ads(0..200));
    let run = "batch ads.csv -o new.jsonl --ledger l.db --only-new --report page.html";
    bench.run(run).exits(0);
    let edited = ads(20..260).replace("ninja number 77 ", "writer who posts 3 times a week as number 77 ");
    let bench = bench.file("ads.csv", edited);
    bench.run(run).exits(0).says("read 240 = scored 61 + unchanged 179");
    let (output, seen) = (bench.read("new.jsonl"), "SELECT run FROM last_seen ORDER BY posting");
    let last_seen: Vec<i64> = rows(&bench, seen);
    // What the lock says as long as the process lives that holds it.
    let bench = bench.file("l.db.lock", "process 1 (since then), run 2\n");
    bench.run(run).exits(0).says("run 2 of").says("read 240 = scored 61 + unchanged 179");
    assert_eq!(bench.read("new.jsonl"), output);
    assert_eq!(rows::<i64>(&bench, seen), last_seen);
    bench.run(run).exits(0).says("written 0");
    assert_eq!(rows::<i64>(&bench, "SELECT count(*) FROM runs WHERE state = 'complete'"), [3]);
}

#[test]
fn where_rotten_input_stops_a_run_does_not_depend_on_what_is_known() {
    let good = ads(0..3_000);
    let bench = Bench::new().file("ads.csv", &good);
    bench.run("batch ads.csv -o new.jsonl --ledger l.db --only-new").exits(0);
    let mut lines: Vec<&str> = good.lines().collect();
    (0..75).for_each(|number| lines.insert(1 + number * 12, "x,y"));
    let bench = bench.file("ads.csv", lines.join("\n"));
    for ledger in ["l.db --threads 1", "l.db --threads 2", "fresh.db --threads 1", "new.db --threads 2"] {
        let run = format!("batch ads.csv -o new.jsonl --only-new --max-bad 5% --ledger {ledger}");
        bench.run(&run).exits(2).says("75 of 1024 records read are bad");
    }
}

#[test]
fn a_posting_that_stands_twice_is_put_out_alike_by_a_resumed_run() {
    let posting = |text: &str, company: &str| format!("x,Social Media Manager,\"{text}\",{company}\n");
    let header = "id,title,text,company\n";
    let (one, other) =
        ("We want a ninja to wow our followers.", "Write 3 posts a week for Instagram. Pay $60,000 a year.");
    let mut bench = Bench::new();
    for text in [one, other, one] {
        bench = bench.file("ads.csv", header.to_owned() + &posting(text, "Acme"));
        bench.run("batch ads.csv -o new.jsonl --ledger l.db --only-new").exits(0);
    }
    let bench =
        bench.file("ads.csv", header.to_owned() + &posting(other, "Acme") + &posting(other, "Acme Ltd") + "y,z\n");
    std::fs::copy(bench.path("l.db"), bench.path("alone.db")).unwrap();
    bench.run("batch ads.csv -o new.jsonl --ledger alone.db --only-new").exits(1);
    let alone = bench.read("new.jsonl");
    assert_eq!(alone.lines().count(), 1);
    bench.run("batch ads.csv -o new.jsonl --ledger l.db --only-new --max-bad 0").exits(2);
    bench.run("batch ads.csv -o new.jsonl --ledger l.db --only-new").exits(1);
    assert_eq!(bench.read("new.jsonl"), alone);
}

#[test]
fn an_id_that_stands_twice_does_not_grow_a_history() {
    let bench = Bench::new().file("ads.csv", ads(0..3) + &ad(9).replace("a9,", "a1,"));
    for _ in 0..3 {
        bench.run("batch ads.csv -o out.jsonl --ledger l.db --threads 2").exits(0);
    }
    let chapters: Vec<i64> = rows(&bench, "SELECT count(*) FROM chapters");
    assert_eq!(chapters, [3]);
    bench.run("batch ads.csv -o out.jsonl --ledger l.db --only-new").exits(0).says("written 0");
}

#[test]
fn an_edited_posting_shows_its_history() {
    let text = "Be a guru with passion: a ninja and a team player who will wow us.";
    let bench = Bench::new().file("ads.csv", format!("{HEADER}a1,Social Media Manager,\"{text}\",\n"));
    bench.run("batch ads.csv -o out.jsonl --ledger l.db").exits(0);
    let text = "You write 3 Instagram posts a week and own a budget of $2,000 a month. Pay $60,000 a year.";
    let edited = format!("{HEADER}a1,Social Media Manager,\"{text}\",\n");
    let bench = bench.file("ads.csv", edited);
    bench.run("batch ads.csv -o out.jsonl --ledger l.db").exits(0);
    let done = bench.run("why a1 --ledger l.db").exits(0);
    done.prints("run 1: first seen").prints("“guru”").prints("run 2: the text was edited").prints("$2,000");
    let done = bench.run("why a1 --ledger l.db --format json").exits(0);
    let past: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    let record = &bench.records("out.jsonl")[0];
    let last = &past["history"][1];
    assert_eq!(past["history"].as_array().unwrap().len(), 2);
    for field in ["verdict", "p_vague", "p_scope", "content_hash", "model", "words"] {
        assert_eq!(last[field], record[field], "{field}");
    }
    let quotes = |list: &serde_json::Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|found| found["quote"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(quotes(&last["deliverables"]), quotes(&record["deliverables"]));
    for (reason, expected) in last["reasons"].as_array().unwrap().iter().zip(record["reasons"].as_array().unwrap()) {
        // Quotes are kept of the evidence of reasons that fired.
        let kept = if expected["fired"] == true { quotes(&expected["evidence"]) } else { Vec::new() };
        assert_eq!(quotes(&reason["evidence"]), kept);
    }
    bench.run("why a7 --ledger l.db").exits(2).says("no posting has the id \"a7\"");
    bench.run("why a1 --ledger none.db").exits(2).says("none.db: no such file");
    bench.run("why a1 --ledger ads.csv").exits(2).says("no SQLite file");
}

#[test]
fn limit_and_since_keep_the_books() {
    let input = ads(0..28)
        + "u1,Social Media Manager,No date here but a guru.,\nu2,Social Media Manager,Be a guru.,last week\n";
    let bench = Bench::new().file("ads.csv", input);
    bench.run("batch ads.csv -o out.jsonl --limit 10").exits(0).says("read 10 = scored 10 ");
    assert_eq!(ids(&bench, "out.jsonl").last().unwrap(), "a9");
    bench
        .run("batch ads.csv -o out.jsonl --since 2026-03-21")
        .exits(0)
        .says("read 30 = scored 10 + unchanged 0 + duplicates 0 + quarantined 0 + skipped 20")
        .says("2 postings have no date that can be read, and were kept");
    assert_eq!(ids(&bench, "out.jsonl")[0], "a20");
    bench.run("batch ads.csv -o out.jsonl --since tomorrow").exits(2).says("2026-01-31");
}

#[test]
fn a_configuration_says_what_the_command_line_does_not() {
    let config = "# nightly\n[batch]\ninputs = [\"ads.csv\"]\noutput = \"out.jsonl\"\nledger = \"l.db\"\nlimit = 4\n\
                  all_roles = true\nmap = [\"text=text\"]\nsince = 2026-03-01\n";
    let bench = Bench::new().file("ads.csv", ads(0..9)).file("more.csv", ads(20..25)).file("tachles.toml", config);
    bench.run("batch --config tachles.toml").exits(0).says("read 4 = scored 4");
    bench.run("batch more.csv --config tachles.toml --limit 2 -o b.jsonl").exits(0).says("read 2 = scored 2");
    assert_eq!(ids(&bench, "b.jsonl"), ["a20", "a21"]);
    for (text, expected) in [
        ("[batch]\nledgr = \"x\"\n", "bad.toml, line 2: \"ledgr\" is no option of batch; there are: "),
        ("[batch]\n\n\nlimit = [1]\n", "bad.toml, line 4: limit takes a string or a number, got array"),
        ("[batch]\nall_roles = 1\n", "bad.toml, line 2: all_roles is true or false"),
        ("output = \"x\"\n", "bad.toml, line 1: options stand in the table [batch]"),
        ("[serve]\nport = 1\n", "bad.toml, line 1: the only table is [batch]"),
        ("[batch]\noutput = \n", "bad.toml, line 2: TOML is needed"),
        ("[batch]\noutput = \"x.csv\"\n", "INPUT is needed"),
    ] {
        let bench = Bench::new().file("bad.toml", text);
        bench.run("batch --config bad.toml").exits(2).says(expected);
    }
    bench.run("batch --config absent.toml").exits(2).says("absent.toml: no such file");
}

#[test]
fn a_configuration_sets_options_of_files_and_bad_records() {
    let config = "[batch]\ninputs = [\"*.csv\"]\noutput = \"out\"\noutput-format = \"jsonl.gz\"\nquarantine = \"bad.jsonl\"\n\
                  max_bad = \"60%\"\nmax_record = 4096\nledger = \"l.db\"\n";
    let long = format!("x,Title,{},\n", "long ".repeat(1000));
    let bench = Bench::new().file("a.csv", ads(0..2)).file("b.csv", HEADER.to_owned() + &long + "y,only two\n");
    let bench = bench.file("tachles.toml", config);
    bench.run("batch --config tachles.toml").exits(1).says("scored 2 + unchanged 0 + duplicates 0 + quarantined 2");
    let codes: Vec<_> = bench.records("bad.jsonl").iter().map(|bad| bad["code"].clone()).collect();
    assert_eq!(codes, ["too-long", "record"]);
    assert_eq!(bench.read_bytes("out")[..2], [0x1f, 0x8b]);
    bench.run("batch --config tachles.toml --max-bad 1").exits(2).says("2 of 4 records read are bad");
}

#[test]
fn what_changes_the_files_is_another_command_and_what_does_not_is_none() {
    let bench = Bench::new().file("ads.csv", ads(0..2));
    let run = |more: &str| _ = bench.run(&format!("batch ads.csv -o out --ledger l.db {more}")).exits(0);
    let formats = ["jsonl", "jsonl.gz", "jsonl.zst", "csv", "csv --excel", "parquet"];
    formats.iter().for_each(|format| run(&format!("--output-format {format}")));
    let more = ["--max-record 1MiB", "--quarantine bad.jsonl", "--with-text", "--limit 9", "--delimiter ,"];
    more.iter().for_each(|more| run(&format!("--output-format jsonl {more}")));
    let commands = || rows::<i64>(&bench, "SELECT count(DISTINCT command) FROM runs");
    assert_eq!(commands(), [(formats.len() + more.len()) as i64]);
    ["--threads 1", "--max-bad 5%", "-v"].iter().for_each(|more| run(&format!("--output-format jsonl {more}")));
    assert_eq!(commands(), [(formats.len() + more.len()) as i64]);
}

#[test]
fn rows_of_parquet_are_told_apart_and_known_again() {
    let bench = Bench::new().file("ads.csv", ads(0..300)).file("more.csv", ads(0..301));
    bench.run("batch ads.csv -o ads.parquet --with-text").exits(0);
    bench.run("batch more.csv -o more.parquet --with-text").exits(0);
    bench.run("batch ads.parquet -o fresh.parquet").exits(0);
    bench
        .run("batch ads.parquet -o one.parquet --ledger l.db")
        .exits(0)
        .says("scored 300 + unchanged 0 + duplicates 0");
    bench
        .run("batch ads.parquet -o two.parquet --ledger l.db")
        .exits(0)
        .says("scored 0 + unchanged 300 + duplicates 0");
    for name in ["one.parquet", "two.parquet"] {
        assert_eq!(bench.read_bytes(name), bench.read_bytes("fresh.parquet"), "{name}");
    }
    let done = bench.run("batch more.parquet -o new.jsonl --ledger l.db --only-new").exits(0);
    done.says("scored 1 + unchanged 300 + duplicates 0 + quarantined 0; written 1");
    assert_eq!(ids(&bench, "new.jsonl"), ["a300"]);
}

#[test]
fn a_row_that_lost_an_empty_field_is_bad_though_its_columns_are_known() {
    let row = "a1,Social Media Manager,We want a ninja.";
    let bench = Bench::new().file("ads.csv", format!("{HEADER}{row},\n"));
    bench.run("batch ads.csv -o out.jsonl --ledger l.db --only-new").exits(0).says("scored 1");
    let bench = bench.file("ads.csv", format!("{HEADER}{row}\n"));
    let done = bench.run("batch ads.csv -o out.jsonl --ledger l.db --only-new --quarantine bad.jsonl").exits(1);
    done.says("scored 0 + unchanged 0 + duplicates 0 + quarantined 1");
    assert_eq!(bench.records("bad.jsonl")[0]["raw"], row);
}

#[test]
fn a_run_stopped_by_rotten_input_goes_on_when_more_is_borne() {
    let bench = Bench::new().file("ads.csv", ads(0..300) + &"x,y\n".repeat(30));
    let run = "batch ads.csv -o out.jsonl --ledger l.db --quarantine bad.jsonl";
    bench.run(&format!("{run} --max-bad 5%")).exits(2).says("the input is rotten: 30 of 330");
    assert!(!bench.path("out.jsonl").exists());
    assert_eq!(bench.records("bad.jsonl").len(), 30);
    assert_eq!(rows::<String>(&bench, "SELECT state FROM runs WHERE ended > 0"), ["interrupted"], "it runs no more");
    let done = bench.run(&format!("{run} --max-bad 30")).exits(1).says("300 scores are in the ledger already");
    done.says("read 330 = scored 300 + unchanged 0 + duplicates 0 + quarantined 30");
    assert_eq!(bench.records("out.jsonl").len(), 300);
}

#[test]
fn a_json_log_is_one_object_a_line() {
    let bench = Bench::new().file("ads.csv", ads(0..3) + "b,only two\n");
    let done = bench.run("batch ads.csv -o out.jsonl --ledger l.db -v --log json").exits(1);
    let lines: Vec<serde_json::Value> = done.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let find = |event: &str| lines.iter().find(|line| line["event"] == event).unwrap_or_else(|| panic!("{event}"));
    assert_eq!(find("quarantined")["fields"]["reason"], "record");
    assert_eq!(find("quarantined")["fields"]["line"], 5);
    assert_eq!(find("done")["fields"]["scored"], 3);
    assert_eq!(find("done")["level"], "info");
    let done = bench.run("batch absent.csv -o out.jsonl --log json -q").exits(2);
    let line: serde_json::Value = serde_json::from_str(done.stderr.trim()).unwrap();
    assert_eq!((line["level"].as_str(), line["event"].as_str()), (Some("error"), Some("failed")));
    assert_eq!(bench.run("batch ads.csv -o o.jsonl -q --log json --limit 2").exits(0).stderr, "");
}

#[test]
fn other_files_are_no_ledgers() {
    let bench = Bench::new().file("ads.csv", ads(0..3)).file("text.db", "This is a text, not a ledger.\n".repeat(200));
    rusqlite::Connection::open(bench.path("songs.db")).unwrap().execute_batch("CREATE TABLE songs (a)").unwrap();
    bench.run("batch ads.csv -o out.jsonl --ledger text.db").exits(2).says("text.db: a ledger is needed");
    bench.run("batch ads.csv -o out.jsonl --ledger songs.db").exits(2).says("another program");
    bench.run("batch ads.csv -o out.jsonl --ledger out.jsonl").exits(2).says("a file of its own");
    bench.run("batch ads.csv -o o.jsonl --ledger l.db --quarantine l.db").exits(2).says("a file of its own");
    bench.run("batch absent.csv -o out.jsonl --ledger l.db").exits(2).says("no such file");
    assert!(!bench.path("l.db").exists(), "a mistyped input begins no run");
    assert!(!bench.path("out.jsonl").exists());
}

/// A run that waits for its standard input to end.
struct Waiting(std::process::Child);

impl Waiting {
    fn start(bench: &Bench, options: &str) -> Waiting {
        let mut child = Command::new(env!("CARGO_BIN_EXE_tachles"))
            .args(["batch", "-", "-o", "waiting.jsonl", "--ledger", "l.db"])
            .args(options.split_whitespace())
            .current_dir(bench.path("."))
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.as_mut().unwrap().write_all(ads(0..3000).as_bytes()).unwrap();
        let start = Instant::now();
        let count = || -> i64 {
            // The file may not be there yet.
            let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
            let open = rusqlite::Connection::open_with_flags(bench.path("l.db"), flags);
            open.and_then(|open| open.query_row("SELECT count(*) FROM scores", [], |row| row.get(0))).unwrap_or(0)
        };
        while count() == 0 {
            assert!(start.elapsed() < Duration::from_secs(60), "no score was written");
            std::thread::sleep(Duration::from_millis(20));
        }
        Waiting(child)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_second_writer_is_refused_a_reader_is_not_and_a_dead_one_is_followed() {
    let bench = Bench::new().file("ads.csv", ads(0..5));
    let waiting = Waiting::start(&bench, "");
    bench
        .run("batch ads.csv -o out.jsonl --ledger l.db")
        .exits(2)
        .says(&format!("process {} (since 20", waiting.0.id()));
    bench.run("why a1 --ledger l.db").exits(0).prints("run 1");
    drop(waiting);
    bench.run("batch ads.csv -o out.jsonl --ledger l.db").exits(0).says("scored 0 + unchanged 5");
    let states: Vec<String> = rows(&bench, "SELECT state FROM runs ORDER BY run");
    assert_eq!(states, ["abandoned", "complete"]);
}

#[test]
fn what_an_abandoned_run_found_was_never_put_out_and_is_new() {
    let bench = Bench::new().file("ads.csv", ads(0..5));
    drop(Waiting::start(&bench, ""));
    let run = "batch ads.csv -o out.jsonl --ledger l.db --only-new";
    bench.run(run).exits(0).says("scored 0 + unchanged 5 + duplicates 0 + quarantined 0");
    assert_eq!(ids(&bench, "out.jsonl").len(), 5);
    bench.run(run).exits(0).says("written 0");
}

#[cfg(unix)]
#[test]
fn a_signal_ends_a_run_between_two_records_and_the_same_command_goes_on() {
    for signal in ["INT", "TERM"] {
        let bench = Bench::new();
        let mut waiting = Waiting::start(&bench, "--threads 2");
        let kill = format!("kill -{signal} {}", waiting.0.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        // The reader waits for input; the rest of it lets it see the flag.
        let mut stdin = waiting.0.stdin.take().unwrap();
        let _ = stdin.write_all(ads(3000..6000).strip_prefix(HEADER).unwrap().as_bytes());
        drop(stdin);
        let mut said = String::new();
        std::io::Read::read_to_string(&mut waiting.0.stderr.take().unwrap(), &mut said).unwrap();
        assert_eq!(waiting.0.wait().unwrap().code(), Some(2), "{said}");
        assert!(said.contains("stopped by a signal after") && said.contains("goes on from here"), "{said}");
        assert!(!bench.path("waiting.jsonl").exists());
        let states: Vec<String> = rows(&bench, "SELECT state FROM runs");
        assert_eq!(states, ["interrupted"]);
        let run = bench.run("batch - -o waiting.jsonl --ledger l.db").input(ads(0..6000)).exits(0);
        run.says("goes on").says("read 6000 = scored 6000 + unchanged 0 + duplicates 0 + quarantined 0");
        bench.run("batch - -o fresh.jsonl").input(ads(0..6000)).exits(0);
        assert_eq!(bench.read("waiting.jsonl"), bench.read("fresh.jsonl"));
        let runs: Vec<String> = rows(&bench, "SELECT state || starts FROM runs");
        assert_eq!(runs, ["complete2"]);
    }
}
