//! `train`, `evaluate` and `model`: a model made from the project's own data, and directories that are damaged.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails should stop at once"
)]

mod support;

use std::path::Path;
use support::{Bench, project};

#[test]
fn the_authored_model_is_retrained_to_the_same_bytes() {
    let bench = Bench::new();
    bench
        .run("train -q --no-nested -o authored")
        .arg(project("data/labeled/ads.csv"))
        .exits(0)
        .prints("ads.csv, out of fold (n = 578, 578 groups)");
    for name in ["config.json", "tokenizer.json", "model.safetensors", "metrics.json", "README.md"] {
        let kept = std::fs::read(project("models/authored").join(name)).unwrap();
        let made = std::fs::read(bench.path("authored").join(name)).unwrap();
        assert!(
            kept == made,
            "help: {name} differs; retrain with `cargo run --release -- train --no-nested data/labeled/ads.csv -o models/authored`"
        );
    }
}

#[test]
fn the_authored_model_passes_its_smoke_test() {
    let bench = Bench::new();
    let done = bench
        .run("evaluate --format json")
        .arg(project("data/labeled/ads.csv"))
        .arg("-m")
        .arg(project("models/authored"))
        .exits(0);
    let found: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(found["sets"][0]["n"], 102);
    let vague = &found["sets"][0]["heads"][1];
    assert_eq!(vague["head"], "vague");
    assert!(vague["auc"]["value"].as_f64().unwrap() > 0.95, "{vague}");
    assert!(vague["prevalence"].as_f64().is_some() && vague["length_auc"]["value"].as_f64().is_some());
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

#[test]
fn damaged_models_are_refused_by_name() {
    let bench = Bench::new();
    let damage = |name: &str, change: &dyn Fn(Vec<u8>) -> Vec<u8>| {
        let folder = bench.path(&format!("m-{name}"));
        let _ = std::fs::remove_dir_all(&folder);
        copy(&project("models/authored"), &folder);
        let file = folder.join(name);
        std::fs::write(&file, change(std::fs::read(&file).unwrap())).unwrap();
        bench.run("model").arg(&folder).exits(2)
    };
    damage("model.safetensors", &|bytes| bytes[..bytes.len() / 2].to_vec()).says("model.safetensors").says("SHA-256");
    damage("tokenizer.json", &|mut bytes| {
        bytes[100] ^= 1;
        bytes
    })
    .says("tokenizer.json")
    .says("SHA-256");
    damage("config.json", &|bytes| bytes[..40].to_vec()).says("config.json").says("not whole JSON");
    damage("config.json", &|bytes| String::from_utf8(bytes).unwrap().replace("\"format\": 2", "\"format\": 9").into())
        .says("the format version must be 2, is 9");
    damage("config.json", &|bytes| String::from_utf8(bytes).unwrap().replacen("\"slope\"", "\"slop\"", 1).into())
        .says("slop");
    bench.run("model nowhere").exits(2).says("nowhere").says("a model is a directory");
    std::fs::create_dir(bench.path("bare")).unwrap();
    bench.run("model bare").exits(2).says("config.json").says("missing");
}

#[test]
fn a_forged_model_file_is_refused_without_a_panic() {
    let bench = Bench::new();
    let kept = std::fs::read(project("models/authored/model.safetensors")).unwrap();
    // The header says how long it is; lies about lengths and shapes must not allocate or panic.
    let mut huge = kept.clone();
    huge[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    let mut shape = kept.clone();
    let at = shape.windows(9).position(|window| window == b"\"shape\":[").unwrap() + 9;
    shape[at] = b'9';
    for (name, bytes) in [("huge", huge), ("shape", shape), ("none", Vec::new())] {
        let folder = bench.path(name);
        copy(&project("models/authored"), &folder);
        let config = std::fs::read_to_string(folder.join("config.json")).unwrap();
        let parsed: serde_json::Value = serde_json::from_str(&config).unwrap();
        let digest = parsed["files"]["model.safetensors"].as_str().unwrap();
        std::fs::write(folder.join("config.json"), config.replace(digest, &sha256(&bytes))).unwrap();
        std::fs::write(folder.join("model.safetensors"), bytes).unwrap();
        bench.run("model").arg(&folder).exits(2).says("model.safetensors");
    }
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn training_data_that_cannot_be_learned_from_is_refused() {
    let row = |id: usize, label: &str| format!("{id},Role {id},Some words about role number {id},{label}\n");
    let header = "id,title,text,label\n";
    let one: String = (0..20).map(|id| row(id, "vague")).collect();
    let word: String = row(1, "vague") + &row(2, "foggy");
    let bench = Bench::new()
        .file("one.csv", header.to_owned() + &one)
        .file("word.csv", header.to_owned() + &word)
        .file("few.csv", header.to_owned() + &row(1, "vague") + &row(2, "concrete"));
    bench.run("train one.csv -o m").exits(2).says("vague 20 yes, 0 no");
    bench.run("train word.csv -o m").exits(2).says("word.csv, record 2, line 3").says("foggy");
    bench.run("train few.csv -o m").exits(2).says("at least 5 ads labelled vague");
    bench.run("train few.csv -o m --folds 1").exits(2).says("--folds must be 2 to 50, is 1");
    bench.run("train few.csv -o m --weight other.csv=2").exits(2).says("other.csv");
    assert!(!bench.path("m").exists());
}

#[test]
fn ads_without_labels_lend_their_texts_to_the_word_vectors() {
    let row = |id: usize| {
        let (text, label) =
            if id.is_multiple_of(2) { ("Be our guru", "vague") } else { ("Post on TikTok", "concrete") };
        format!("{id},Role {id},{text} number {id},{label}\n")
    };
    let rows: String = (0..40).map(row).collect();
    let more = "{\"id\":\"u1\",\"text\":\"Pinterest and TikTok posts\"}\n{\"id\":\"u2\",\"text\":\"Only reserved words: zebra zebra zebra zebra\"}\n\
                {\"id\":\"u3\",\"title\":\"Role 0\",\"text\":\"Be our guru number 0\"}\n";
    let bench = Bench::new()
        .file("ads.csv", "id,title,text,label\n".to_owned() + &rows)
        .file("more.jsonl", more)
        .file("held.txt", "u2\n")
        .file("ad.txt", "Post on TikTok");
    bench
        .run("train --no-nested ads.csv --unlabeled more.jsonl --exclude-ids held.txt -o m")
        .exits(0)
        .says("more.jsonl: 2 of 3 ads without labels");
    let config: serde_json::Value = serde_json::from_str(&bench.read("m/config.json")).unwrap();
    // `u3` is the text of a labelled ad, which should not count twice.
    assert_eq!(config["training"]["unlabeled"][0]["ads"], 1);
    let weights = String::from_utf8_lossy(&bench.read_bytes("m/model.safetensors")).into_owned();
    assert!(weights.contains("tiktok") && !weights.contains("zebra"));
    bench.run("train ads.csv --exclude-ids held.txt -o n").exits(2).says("--unlabeled, which is not given");
    bench.run("train ads.csv --unlabeled none.csv -o n").exits(2).says("none.csv");
    bench.run("score ad.txt --fail-on never -m m").exits(0);
}

#[test]
fn judged_statements_are_learned_from_and_kept() {
    let row = |id: usize| {
        let (text, label) =
            if id.is_multiple_of(2) { ("Be our guru", "vague") } else { ("Post on TikTok", "concrete") };
        format!("{id},Role {id},{text} number {id}. We are a family of {id},{label}\n")
    };
    let judged = |id: usize| {
        let duty = if id.is_multiple_of(2) { "D0u" } else { "D2U" };
        let (title, text) =
            (format!("Role {id}").len(), if id.is_multiple_of(2) { "Be our guru" } else { "Post on TikTok" });
        let end = title + 1 + format!("{text} number {id}").len();
        let last = end + 2 + format!("We are a family of {id}").len();
        format!(
            "{{\"id\":\"{id}\",\"statements\":[[0,{title},\"D0\"],[{},{end},\"{duty}\"],[{},{last},\"Ce\"]]}}\n",
            title + 1,
            end + 2
        )
    };
    let bench = Bench::new()
        .file("ads.csv", "id,title,text,label\n".to_owned() + &(0..60).map(row).collect::<String>())
        .file("judged.jsonl", (0..61).map(judged).collect::<String>())
        .file("code.jsonl", judged(0) + "{\"id\":\"1\",\"statements\":[[0,4,\"D7\"]]}\n")
        .file("order.jsonl", "{\"id\":\"1\",\"statements\":[[5,9,\"X\"],[0,4,\"X\"]]}\n")
        .file("twice.jsonl", judged(0) + &judged(0))
        .file("ad.txt", "Post on TikTok");
    bench
        .run("train --no-nested ads.csv --statements judged.jsonl -o m")
        .exits(0)
        .says("judged.jsonl: statements of 60 of 61 ads are among those to learn from");
    let config: serde_json::Value = serde_json::from_str(&bench.read("m/config.json")).unwrap();
    assert_eq!(config["training"]["statements"], 180);
    let tensors = bench.read_bytes("m/model.safetensors");
    assert!(String::from_utf8_lossy(&tensors).contains("statements:count:cliche"));
    bench.run("score ad.txt --fail-on never -m m").exits(0);
    // A model that starts from it judges statements as it does.
    bench.run("train -q --no-nested ads.csv --from m -o n").exits(0);
    assert!(String::from_utf8_lossy(&bench.read_bytes("n/model.safetensors")).contains("statements:count:cliche"));
    bench.run("train ads.csv --statements code.jsonl -o x").exits(2).says("code.jsonl, line 2").says("\"D7\"");
    bench.run("train ads.csv --statements order.jsonl -o x").exits(2).says("[0, 4] is not");
    bench.run("train ads.csv --statements twice.jsonl -o x").exits(2).says("line 2").says("\"0\" is judged again");
    bench.run("train ads.csv --statements none.jsonl -o x").exits(2).says("none.jsonl");
    bench.run("train ads.csv --statements judged.jsonl --from m -o x").exits(2).says("cannot be used with");
}

#[test]
fn labels_without_texts_join_the_ads_a_user_has() {
    let bench = Bench::new().file("labels.csv", "id,label\nx1,vague\nx2,concrete\nx3,vague\n").file(
        "ads.jsonl",
        "{\"id\":\"x1\",\"text\":\"Be our guru\"}\n{\"id\":\"x2\",\"text\":\"Post daily on TikTok\"}\n",
    );
    bench.run("evaluate labels.csv").exits(2).says("--ads");
    bench.run("evaluate labels.csv --ads ads.jsonl").exits(0).says("2 of 3 labelled ids found in the ads, 1 missing");
}

#[test]
fn the_embedded_model_is_the_default_directory() {
    let bench = Bench::new();
    let embedded = bench.run("model").exits(0).stdout;
    let directory = bench.run("model").arg(project("models/default")).exits(0).stdout;
    assert_eq!(embedded, directory);
}

#[test]
fn subword_ids_word_by_word_equal_the_whole_pipeline_on_the_labelled_ads() {
    use tachles::features::Subwords;
    use tachles::text::{Analyzer, TextSpec};
    let json = std::fs::read(project("models/default/tokenizer.json")).unwrap();
    let subwords = Subwords::from_json(&json).unwrap();
    let analyzer = Analyzer::new(&TextSpec::default()).unwrap();
    let files = [project("data/labeled/ads.csv").to_str().unwrap().to_owned()];
    let (ads, _) = tachles::io::read_ads(&files, &Default::default()).unwrap();
    assert_eq!(ads.len(), 680);
    let (mut pieces, mut ids) = (Vec::new(), Vec::new());
    for ad in &ads {
        let analysis = analyzer.analyze(ad.plain());
        let forms: Vec<&str> = analysis.iter().map(|(form, _)| form).collect();
        ids.clear();
        for form in &forms {
            subwords.pieces(form, &mut pieces);
            ids.extend_from_slice(&pieces);
        }
        assert_eq!(ids, subwords.encode(&forms.join(" ")).unwrap(), "{}", ad.id);
    }
}
