//! `score`, `tokens`, `reasons` and `completions` as people type them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails should stop at once"
)]

mod support;

use support::{Bench, project};

#[test]
fn a_vague_ad_is_called_vague_with_reasons() {
    let bench = Bench::new();
    let done = bench.run("score").arg(project("data/samples/ad_vague_he.txt")).exits(0);
    let done = done.prints("VAGUE").prints("✗").prints("→");
    assert!(!done.stdout.contains('\u{1b}'), "no colour without a terminal");
}

#[test]
fn a_concrete_ad_passes() {
    let bench = Bench::new();
    bench.run("score").arg(project("data/samples/ad_concrete_en.txt")).exits(0).prints("CONCRETE");
}

#[test]
fn html_is_read_as_a_browser_shows_it() {
    let bench = Bench::new();
    let done = bench.run("score --format json").arg(project("data/samples/ad_vague_en.html")).exits(0);
    let record: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    let text = record["text"].as_str().unwrap();
    assert!(text.contains("Own our social presence & wow our fans"), "{text}");
    assert!(!text.contains("dataLayer") && !text.contains("<li>"));
}

#[test]
fn findings_decide_the_exit_code_when_asked() {
    let bench = Bench::new();
    let vague = project("data/samples/ad_vague_he.txt");
    bench.run("score").arg(&vague).exits(0);
    bench.run("score --fail-on vague").arg(&vague).exits(1);
    bench.run("score --fail-on vague").arg(project("data/samples/ad_concrete_en.txt")).exits(0);
}

#[test]
fn standard_input_and_a_title() {
    let bench = Bench::new();
    let done = bench
        .run("score - --format json --title Guru --with-text")
        .input("Be our social media guru and wow our fans.")
        .exits(0);
    let record: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(record["title"], "Guru");
    assert_eq!(record["text"], "Guru\nBe our social media guru and wow our fans.");
}

#[test]
fn nothing_to_read_is_said_clearly() {
    let bench = Bench::new().file("blank.txt", " \n\n");
    bench.run("score absent.txt").exits(2).says("absent.txt: no such file");
    bench.run("score blank.txt").exits(2).says("blank.txt").says("the text is empty");
    bench.run("score -").exits(2).says("empty");
    bench.run("score blank.txt --encoding klingon").exits(2).says("klingon");
    bench.run("frobnicate").exits(2);
}

#[test]
fn the_explanation_adds_up() {
    let bench = Bench::new();
    let done = bench.run("score --explain").arg(project("data/samples/ad_vague_he.txt")).exits(0);
    done.prints("vague: margin").prints("bias");
}

#[test]
fn tokens_are_what_the_model_sees() {
    let bench = Bench::new();
    let done = bench.run("tokens").input("דרוש/ה מנהל/ת, 15% CTR").exits(0);
    insta::assert_snapshot!(done.stdout, @r#"
    {"token":"דרוש","start":0,"end":6}
    {"token":"מנהל","start":7,"end":13}
    {"token":"15%","start":15,"end":18}
    {"token":"ctr","start":19,"end":22}
    "#);
    let done = bench.run("tokens --offsets bytes").input("דרוש/ה x").exits(0);
    done.prints("{\"token\":\"x\",\"start\":12,\"end\":13}");
    let done = bench.run("tokens --offsets utf16").input("🚀 x").exits(0);
    done.prints("{\"token\":\"x\",\"start\":3,\"end\":4}");
}

#[test]
fn the_reasons_are_documented() {
    let bench = Bench::new();
    let done = bench.run("reasons").exits(0);
    assert_eq!(done.stdout.lines().count(), 6);
    bench.run("reasons generic").exits(0).prints("What it flags");
    bench.run("reasons charm").exits(2).says("there is no \"charm\"");
}

#[test]
fn completions_know_the_verbs() {
    let bench = Bench::new();
    bench.run("completions bash").exits(0).prints("evaluate");
}

#[test]
fn the_way_a_gender_form_is_written_does_not_move_the_verdict() {
    use tachles::model::Model;
    use tachles::score::{ScoreOptions, Scorer, Scratch};
    let scorer = Scorer::new(Model::embedded().unwrap(), ScoreOptions { all_roles: true });
    let files = [project("data/labeled/ads.csv").to_str().unwrap().to_owned()];
    let (ads, _) = tachles::io::read_ads(&files, &Default::default()).unwrap();
    let mut scratch = Scratch::default();
    let mut compared = 0;
    for ad in &ads {
        let written = ad.plain().matches("מנהל/ת ").count();
        if written == 0 {
            continue;
        }
        let p = scorer.score(ad, &mut scratch).p_vague.unwrap();
        for form in ["מנהל.ת ", "מנהל(ת) ", "מנהל\\ת ", "מנהל/מנהלת "] {
            let title = ad.title().replace("מנהל/ת ", form);
            let other = tachles::Ad::new("x", &title, &ad.text().replace("מנהל/ת ", form));
            let q = scorer.score(&other, &mut scratch).p_vague.unwrap();
            assert!((p - q).abs() <= 0.005, "{}: {p} with a slash, {q} as {form}", ad.id);
            compared += 1;
        }
    }
    assert!(compared > 100, "only {compared} comparisons");
}
