//! `audit`, `suggest`, the registry of models, promotion, and what `train` knows beyond one file: own reasons, settings, fixes, warm start.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails should stop at once"
)]

#[path = "support/schema.rs"]
mod schema;
mod support;

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch, types};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use support::{Bench, project};

/// Forty ads in two voices, every fourth with a word of its own; `label` is that of the voice, `loud` says who shouts.
fn ads(header: &str, row: impl Fn(usize, bool) -> String) -> String {
    let mut text = format!("{header}\n");
    for id in 0..40 {
        text.push_str(&row(id, id % 2 == 0));
        text.push('\n');
    }
    text
}

/// Words that hardly repeat, so that ads of one voice are no near-duplicates.
fn filler(id: usize) -> String {
    const WORDS: [&str; 14] = [
        "harbor", "cotton", "lantern", "gravel", "violet", "saddle", "copper", "thistle", "marble", "cedar", "pepper",
        "anchor", "meadow", "flint",
    ];
    (0..6).map(|at| WORDS[(id * 5 + at * (id % 3 + 1)) % WORDS.len()]).collect::<Vec<_>>().join(" ")
}

fn voice(id: usize, vague: bool) -> String {
    let own = if vague { "be our guru with passion and energy" } else { "post two videos weekly and report budget" };
    format!("{own} {} {id}", filler(id))
}

fn labeled(split: impl Fn(usize) -> &'static str) -> String {
    ads("id,title,text,label,loud,split", |id, vague| {
        let (label, loud) = (if vague { "vague" } else { "concrete" }, u8::from(id % 4 < 2));
        let shout = if loud == 1 { "hurry now wow" } else { "calm" };
        format!("a{id},Role {id},{} {shout},{label},{loud},{}", voice(id, vague), split(id))
    })
}

/// The rows of a CSV as maps from header to cell.
fn table(text: &str) -> Vec<std::collections::HashMap<String, String>> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(|row| row.unwrap()).collect()
}

#[test]
fn the_audit_finds_four_in_five_planted_labels_in_the_tenth_it_shows_first() {
    let bench = Bench::new();
    let done = bench
        .run("audit -q --plant 0.05 --repeat 1 --folds 4 --format json")
        .arg(project("data/labeled/ads.csv"))
        .exits(0);
    let runs: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    let vague = runs[0].as_array().unwrap().iter().find(|found| found["head"] == "vague").unwrap();
    assert!(vague["planted"].as_u64().unwrap() >= 25, "{vague}");
    assert!(vague["found"].as_f64().unwrap() >= 0.8, "{vague}");
}

#[test]
fn a_turned_label_is_shown_with_evidence_fixed_and_not_shown_again() {
    let text = labeled(|_| "train");
    let turned = text.replacen("wow,vague,1,train", "wow,concrete,1,train", 1);
    assert_ne!(text, turned);
    let bench = Bench::new().file("ads.csv", &turned);
    bench
        .run("audit ads.csv --folds 4 --out fixes.csv --with-text")
        .exits(0)
        .prints("a0 vague: concrete is given")
        .prints("for vague: ");
    let rows = table(&bench.read("fixes.csv"));
    let first = rows.iter().find(|row| row["head"] == "vague").unwrap();
    assert_eq!((first["id"].as_str(), first["given"].as_str(), first["fix"].as_str()), ("a0", "concrete", ""));
    assert!(first["evidence"].contains("guru") || first["evidence"].contains("passion"), "{first:?}");
    assert!(first["text"].contains("guru"));
    let before = bench.read("ads.csv");
    bench
        .file("decided.csv", "id,head,given,fix\na0,vague,concrete,vague\na1,vague,concrete,keep\nnobody,vague,,keep\n")
        .run("audit ads.csv --folds 4 --fixes decided.csv")
        .exits(0)
        .says("fixes: 1 labels changed, 0 removed, 1 confirmed")
        .says("1 fixes speak of no label");
    let again = Bench::new().file("ads.csv", &turned).file("decided.csv", "id,head,fix\na0,vague,yes\n");
    let done = again.run("audit ads.csv --folds 4 --fixes decided.csv").exits(0);
    assert!(!done.stdout.contains("a0 vague"), "{}", done.stdout);
    again.run("train -q --no-nested --folds 4 ads.csv --fixes decided.csv -o m").exits(0);
    let config: serde_json::Value = serde_json::from_str(&again.read("m/config.json")).unwrap();
    assert_eq!(config["training"]["fixed"], 1);
    again.run("model m").exits(0).prints("1 labels were changed or removed by fixes");
    assert_eq!(before, turned, "the labelled file stays as it was");
}

#[test]
fn a_test_split_is_listed_only_when_asked_for_and_never_changed() {
    let right = labeled(|id| if id >= 32 { "test" } else { "train" });
    let turn = |line: &str| match line.ends_with(",test") {
        true => line.replace(",vague,", ",concrete,"),
        false => line.to_owned(),
    };
    let turned: String = right.lines().map(|line| turn(line) + "\n").collect();
    let bench = Bench::new().file("ads.csv", &turned).file("fix.csv", "id,head,fix\na34,vague,vague\n");
    let without = bench.run("audit ads.csv --folds 4").exits(0);
    assert!(!without.stdout.contains("a34"), "{}", without.stdout);
    bench
        .run("audit ads.csv --folds 4 --splits train,valid,test")
        .exits(0)
        .prints("a34 vague: concrete is given")
        .prints("test split");
    bench
        .run("audit ads.csv --folds 4 --splits train,test --fixes fix.csv")
        .exits(2)
        .says("fix.csv, record 1, line 2")
        .says("belongs to a test split, which no fix may change");
}

#[test]
fn a_file_of_fixes_that_cannot_be_read_says_where_and_why() {
    let bench = Bench::new()
        .file("ads.csv", labeled(|_| "train"))
        .file("word.csv", "id,head,fix\na0,vague,perhaps\n")
        .file("column.csv", "id,fix\na0,vague\n")
        .file("twice.csv", "id;head;fix\na0;vague;yes\na0;vague;no\n");
    bench.run("audit ads.csv --fixes word.csv").exits(2).says("word.csv, record 1, line 2").says("perhaps");
    bench.run("audit ads.csv --fixes column.csv").exits(2).says("column.csv").says("there is no \"head\"");
    bench.run("audit ads.csv --fixes twice.csv").exits(2).says("twice.csv, record 2").says("decided twice");
    bench.run("audit ads.csv --fixes none.csv").exits(2).says("none.csv");
    bench.run("audit ads.csv --plant 0.9").exits(2).says("--plant must be above 0");
    bench.run("audit ads.csv --folds 1").exits(2).says("--folds must be 2 to 50, is 1");
}

#[test]
fn the_same_ad_with_two_labels_is_told_by_the_audit_and_by_training() {
    let text = labeled(|_| "train");
    let twin = text.lines().nth(1).unwrap().replace("a0,", "b0,").replace(",vague,", ",concrete,");
    let bench =
        Bench::new().file("ads.csv", &text).file("more.csv", format!("id,title,text,label,loud,split\n{twin}\n"));
    bench.run("audit ads.csv more.csv --folds 4").exits(0).prints("vague: a0 vague, b0 concrete");
    bench
        .run("train --no-nested --folds 4 ads.csv more.csv -o m --report train.html")
        .exits(0)
        .says("1 ads stand in ads.csv (train) and, the same or nearly so, in more.csv (train)")
        .says("ads of one text have different labels for `vague`: \"a0\" yes (ads.csv record 1), \"b0\" no (more.csv record 1)")
        .says("the word");
    assert!(bench.read("train.html").contains("different labels"));
}

#[test]
fn a_reason_of_ones_own_is_learned_audited_evaluated_and_said() {
    let bench = Bench::new().file("ads.csv", labeled(|_| "train")).file("ad.txt", "be our guru hurry now wow");
    let train = "train -q --no-nested --folds 4 ads.csv -o";
    bench.run(&format!("{train} plain")).exits(0);
    bench
        .run(&format!("{train} own --reason loud --class-weight balanced --class-weight loud=2"))
        .exits(0)
        .prints("loud");
    let config: serde_json::Value = serde_json::from_str(&bench.read("own/config.json")).unwrap();
    assert_eq!(config["training"]["class_weight"], "balanced,loud=2");
    let done = bench.run("score -m own --format json --all-roles --fail-on never ad.txt").exits(0);
    let record: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    let reasons = record["reasons"].as_array().unwrap();
    let loud = reasons.iter().find(|reason| reason["id"] == "loud").unwrap();
    assert!(loud["p"].as_f64().unwrap() > 0.5, "{loud}");
    bench.run("evaluate ads.csv --splits train -m own").exits(0).prints("loud");
    bench.run("audit ads.csv --folds 4 --reason loud").exits(0).prints("loud");
    assert!(bench.read("own/README.md").contains("loud"));
    bench.run("train ads.csv --reason Label -o x").exits(2).says("Label");
    bench.run("train ads.csv --reason vague -o x").exits(2).says("vague");
    bench.run("train ads.csv --class-weight loud=2 -o x").exits(2).says("loud=2");
}

#[test]
fn reasons_of_ones_own_have_columns_behind_the_six() {
    let two = ads("id,title,text,label,loud,brief", |id, vague| {
        let (label, loud, brief) = (if vague { "vague" } else { "concrete" }, id % 4 < 2, id % 3 == 0);
        let shout = if loud { "hurry now wow" } else { "calm" };
        let words = if brief { "in short" } else { "at length and in detail" };
        format!("a{id},Role {id},{} {shout} {words},{label},{},{}", voice(id, vague), u8::from(loud), u8::from(brief))
    });
    let bench = Bench::new().file("two.csv", two).file("ads.csv", {
        let more = "s1,Role,be our guru hurry now wow in short\ns2,Роль,Мы ищем специалиста по социальным сетям\n";
        format!("id,title,text\n{more}s3,Role,post two videos weekly calm at length and in detail\n")
    });
    bench.run("train -q --no-nested --folds 4 two.csv -o plain").exits(0);
    bench.run("train -q --no-nested --folds 4 two.csv -o own --reason loud --reason brief").exits(0);
    for name in ["out.jsonl", "out.csv", "out.parquet"] {
        bench.run(&format!("batch ads.csv -q --all-roles -m own -o {name}")).exits(0);
    }
    bench.run("batch ads.csv -q --all-roles -m plain -o plain.csv").exits(0);

    let header = |name: &str| bench.read(name).lines().next().unwrap().to_owned();
    let parts = |reason: &str| ["p", "fired", "evidence", "advice"].map(|part| format!("{reason}_{part}")).join(",");
    let (brief, loud) = (parts("brief"), parts("loud"));
    assert_eq!(
        header("out.csv"),
        header("plain.csv").replace(",deliverables,", &format!(",{brief},{loud},deliverables,"))
    );
    let batch = parquet(&bench.path("out.parquet"));
    let schema = batch.schema();
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(names.join(","), header("out.csv"));

    let (rows, records) = (table(&bench.read("out.csv")), bench.records("out.jsonl"));
    let contract = std::fs::read_to_string(project("docs/record.schema.json")).unwrap();
    let contract: serde_json::Value = serde_json::from_str(&contract).unwrap();
    for record in &records {
        assert_eq!(schema::faults(&contract, record), Vec::<String>::new());
    }
    let column = |name: &str| batch.column_by_name(name).unwrap();
    let mut fired = 0;
    for (at, (row, record)) in rows.iter().zip(&records).enumerate() {
        for id in ["brief", "loud"] {
            let said = record["reasons"].as_array().unwrap().iter().find(|reason| reason["id"] == id);
            let name = |part: &str| format!("{id}_{part}");
            let p = column(&name("p")).as_primitive::<types::Float64Type>();
            let (flag, evidence) = (column(&name("fired")).as_boolean(), column(&name("evidence")).as_list::<i32>());
            assert!(column(&name("advice")).is_null(at) && row[&name("advice")].is_empty());
            assert!(row[&name("evidence")].is_empty());
            let Some(said) = said else {
                assert_eq!(record["verdict"], "unsupported");
                assert!(p.is_null(at) && flag.is_null(at) && evidence.is_null(at));
                assert!(row[&name("p")].is_empty() && row[&name("fired")].is_empty());
                continue;
            };
            assert_eq!(Some(p.value(at)), said["p"].as_f64());
            assert_eq!(row[&name("p")].parse().ok(), said["p"].as_f64());
            assert_eq!(flag.value(at), said["fired"].as_bool().unwrap());
            assert_eq!(row[&name("fired")], said["fired"].to_string());
            assert!(said["advice"].is_null() && evidence.is_valid(at) && evidence.value(at).is_empty());
            fired += usize::from(flag.value(at));
        }
    }
    assert_eq!((rows.len(), records.len(), batch.num_rows()), (3, 3, 3));
    assert!(fired > 0, "{records:?}");
    // What a ledger gives back has them, too.
    for name in ["first.csv", "second.csv"] {
        bench.run(&format!("batch ads.csv -q --all-roles -m own --ledger own.db -o {name}")).exits(0);
        assert_eq!(bench.read(name), bench.read("out.csv"), "{name}");
    }
}

/// The one batch of a file in Parquet.
fn parquet(path: &std::path::Path) -> RecordBatch {
    let reader = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(path).unwrap()).unwrap();
    reader.build().unwrap().next().unwrap().unwrap()
}

#[test]
fn settings_of_a_file_are_used_and_kept_and_the_command_line_wins() {
    let settings = "[train]\ninputs = [\"ads.csv\"]\nfolds = 4\nseed = 7\nno-nested = true\nreason = [\"loud\"]\n";
    let bench = Bench::new()
        .file("ads.csv", labeled(|_| "train"))
        .file("train.toml", settings)
        .file("wrong.toml", "[train]\nfolds = 4\nfold = 3\n");
    bench.run("train -q --settings train.toml --seed 9 -o m").exits(0);
    let config: serde_json::Value = serde_json::from_str(&bench.read("m/config.json")).unwrap();
    assert_eq!((&config["training"]["seed"], &config["training"]["folds"]), (&9.into(), &4.into()));
    assert_eq!(config["training"]["settings"], settings);
    bench.run("model m").exits(0).prints("inputs = [\"ads.csv\"]");
    bench
        .run("train --settings wrong.toml ads.csv -o n")
        .exits(2)
        .says("wrong.toml, line 3")
        .says("\"fold\" is no option of train");
}

#[test]
fn a_model_that_starts_from_another_knows_its_parent_and_the_registry_tells() {
    let bench = Bench::new().file("ads.csv", labeled(|_| "train"));
    bench.run("train -q --no-nested --folds 4 ads.csv -o models/young --from").arg(project("models/authored")).exits(0);
    std::fs::create_dir_all(bench.path("models/old")).unwrap();
    for name in ["config.json", "tokenizer.json", "model.safetensors", "metrics.json"] {
        std::fs::copy(project("models/authored").join(name), bench.path("models/old").join(name)).unwrap();
    }
    let done = bench.run("model list models --format json").exits(0);
    let found: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!((&found[0]["directory"], &found[1]["directory"]), (&"old".into(), &"young".into()));
    assert_eq!(found[1]["model"]["parent"], found[0]["model"]["digest"]);
    assert_eq!((&found[1]["model"]["generation"], &found[1]["model"]["rows"]), (&1.into(), &40.into()));
    assert!(found[0]["model"]["figures"]["auc"].as_f64().unwrap() > 0.9);
    bench.run("model list models").exits(0).prints("+ young").prints("ads.csv 40 rows");
    bench.run("model diff models/old models/young").exits(0).prints("training.rows: 578 -> 40");
    bench.run("model models/young").exits(0).prints("started from authored@").prints("which knew 0 of the rows");
    std::fs::write(bench.path("models/old/model.safetensors"), "gone").unwrap();
    bench
        .run("model list models")
        .exits(1)
        .prints("model.safetensors is not the file that was written with config.json");
    bench.run("model list nowhere").exits(2).says("nowhere");
    bench.run("train ads.csv -o x --from nowhere").exits(2).says("nowhere");
}

#[test]
fn a_model_is_promoted_when_it_is_no_worse_and_not_when_it_is() {
    let turned =
        labeled(|_| "train").replace(",vague,", ",x,").replace(",concrete,", ",vague,").replace(",x,", ",concrete,");
    let bench = Bench::new().file("ads.csv", labeled(|_| "train")).file("turned.csv", turned);
    bench.run("train -q --no-nested --folds 4 ads.csv -o good").exits(0);
    bench.run("train -q --no-nested --folds 4 turned.csv -o bad").exits(0);
    let evaluate = "evaluate -q ads.csv --splits train --max-loss 0.02";
    bench.run(&format!("{evaluate} -m good --against good")).exits(0).prints("promoted: good@");
    bench
        .run(&format!("{evaluate} -m bad --against good"))
        .exits(1)
        .prints("not promoted: bad@")
        .prints("- ads.csv, vague: auc >= -0.02 asked for, is ");
    bench.run("evaluate ads.csv --splits train -m bad --against good --promote-if f1>=0").exits(2).says("f1>=0");
    bench.run("evaluate ads.csv --splits train -m bad --max-loss 0.02").exits(2).says("--against");
}

#[test]
fn suggestions_are_new_unlike_each_other_by_quota_and_ready_to_label() {
    let pool = project("data/labeled/ads.csv");
    let bench = Bench::new().file("known.csv", "id,label\nen-0001,concrete\nhe-0001,vague\n");
    let run =
        |extra: &str| bench.run(&format!("suggest -n 12 --quota he=4,en=6 {extra} -o out.csv")).arg(&pool).exits(0);
    let first = run("--labeled known.csv").prints("12 of ").says("2 of 2 labelled ids found");
    let rows = table(&bench.read("out.csv"));
    let count = |lang: &str| rows.iter().filter(|row| row["lang"] == lang).count();
    assert_eq!(rows.len(), 12);
    assert!(count("he") >= 4 && count("en") >= 6, "{} {}", count("he"), count("en"));
    assert!(
        rows.iter().all(|row| row["label"].is_empty() && row["why"].contains("typical") && !row["text"].is_empty())
    );
    assert!(rows.iter().all(|row| row["id"] != "en-0001" && row["id"] != "he-0001"));
    assert_eq!(first.stdout, run("--labeled known.csv").stdout);
    let cold = run("--cold").stdout;
    assert!(!cold.contains("p_vague") && cold != first.stdout);
    // What was written can be labelled and trained on: with no label yet it cannot.
    bench.run("train out.csv -o m").exits(2).says("vague 0 yes, 0 no");
    bench.run("suggest -n 5 --quota he=9").arg(&pool).exits(2).says("the sum of --quota (9), is 5");
    bench.run("suggest -n 5 --quota klingon=2").arg(&pool).exits(2).says("klingon=2");
}

#[test]
fn a_domain_lexicon_takes_the_place_of_the_programs() {
    let bench = Bench::new().file("ads.csv", labeled(|_| "train")).file("ad.txt", "be our guru hurry now wow");
    copy(&project("data/rubric"), &bench.path("rubric"));
    let lexicon = bench.path("rubric/generic/en.toml");
    let text = std::fs::read_to_string(&lexicon).unwrap();
    std::fs::write(&lexicon, text.replacen("guru", "lighthouse keeper", 1)).unwrap();
    bench.run("train -q --no-nested --folds 4 ads.csv -o m --rubric rubric").exits(0);
    bench.run("score -m m ad.txt").exits(2).says("trained with other lexicons").says("--rubric");
    bench.run("score -m m --rubric rubric --fail-on never ad.txt").exits(0);
    bench.run("evaluate ads.csv --splits train -m m --rubric rubric").exits(0).prints("vague");
    bench.run("score --rubric rubric ad.txt").exits(2).says("--rubric names the lexicons of a model");
}

#[test]
fn token_tables_of_a_rubric_take_the_place_of_the_programs() {
    let bench =
        Bench::new().file("ads.csv", labeled(|_| "train")).file("ad.txt", "תוכ' דתוכ' be our guru hurry now wow");
    copy(&project("data/rubric"), &bench.path("plain"));
    copy(&project("data/rubric"), &bench.path("house"));
    std::fs::create_dir(bench.path("house/text")).unwrap();
    let change = |name: &str, from: &str, to: &str| {
        let text = std::fs::read_to_string(project("data/text").join(name)).unwrap();
        assert!(text.contains(from), "{name} has no {from}");
        std::fs::write(bench.path("house/text").join(name), text.replacen(from, to, 1)).unwrap();
    };
    change("abbreviations.toml", "he = [", "he = [\"תוכ\",");
    change("clitics.toml", "chains = [", "chains = [\"ד\",");

    // What the tables do can be seen before anything is trained with them.
    let tokens = |arguments: &str| {
        let done = bench.run(&format!("tokens {arguments} ad.txt")).exits(0);
        let lines = done.stdout.lines().take(2).map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        lines.map(|line| line["token"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(tokens("--rubric house"), ["תוכ'", "דתוכ'"]);
    assert_eq!(tokens("--rubric plain"), ["תוכ", "דתוכ"]);
    assert_eq!(tokens(""), ["תוכ", "דתוכ"]);
    bench.run("tokens --rubric nowhere ad.txt").exits(2).says("nowhere: a rubric is a directory of lexicons");

    let train = "train -q --no-nested --folds 4 ads.csv -o";
    bench.run(&format!("{train} own")).exits(0);
    bench.run(&format!("{train} m --rubric house")).exits(0);
    let checksum = |model: &str| {
        let config: serde_json::Value = serde_json::from_str(&bench.read(&format!("{model}/config.json"))).unwrap();
        config["text"]["tables"].to_string()
    };
    let (own, house) = (checksum("own"), checksum("m"));
    assert_ne!(own, house);
    bench.run("score -m m ad.txt").exits(2).says("m/config.json: the model was trained with other token tables").says(
        &format!("(checksum {house}) than this program has ({own}); train it again, or name those with --rubric"),
    );
    bench.run("score -m m --rubric plain ad.txt").exits(2).says(&format!("(checksum {house}) than this program has"));
    bench.run("score -m m --rubric house --fail-on never ad.txt").exits(0);
    assert_eq!(tokens("-m m --rubric house"), ["תוכ'", "דתוכ'"]);
    // A model of the program's own tables keeps them, so the two can be compared.
    bench.run("evaluate ads.csv --splits train -m m --against own --rubric house").exits(0).prints("vague");
    bench.run("train -q ads.csv -o n --from own --rubric house").exits(2).says("other rules or tables of text");

    change("clitics.toml", "chains = [", "chains = [\"דד\",");
    bench.run("score -m m --rubric house ad.txt").exits(2).says(&format!("(checksum {house}) than --rubric holds ("));
    change("clitics.toml", "chains = [", "chains = [\"D\",");
    bench.run("score -m m --rubric house ad.txt").exits(2).says("house/text/clitics.toml, line 7: ").says("\"D\"");
    std::fs::rename(bench.path("house/text/clitics.toml"), bench.path("house/text/clitic.toml")).unwrap();
    bench
        .run("train -q ads.csv -o n --rubric house")
        .exits(2)
        .says("house/text/clitic.toml: a folder of token tables holds clitics.toml, gender.toml");
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, target).unwrap();
        }
    }
}
