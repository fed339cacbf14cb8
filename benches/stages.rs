//! The stages of one ad on one core: `cargo bench --bench stages`.
//!
//! An ad of some 500 words is made of the samples of the repository, so this runs without the real ads. Every stage is repeated
//! until a round takes a while; the median of the rounds is printed, in nanoseconds behind a tab where `benches/run` asks for it with
//! `--plain`. `stages copy IN.csv OUT.csv` prints the seconds of a bare `csv` copy.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a measurement that fails should stop at once")]

mod limit;

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use tachles::Ad;
use tachles::features::{Counts, Imprint, Lexicon};
use tachles::model::Model;
use tachles::report::{OffsetUnit, Record, RecordStyle, json_line};
use tachles::rubric::Findings;
use tachles::score::{ScoreOptions, Scorer, Scratch};
use tachles::text::{Analysis, Analyzer, TextSpec};

const ROUNDS: usize = 31;
const ROUND: Duration = Duration::from_millis(20);

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, verb, input, output] = arguments.as_slice()
        && verb == "copy"
    {
        println!("{}", limit::copy(Path::new(input), Path::new(output)).as_secs_f64());
        return;
    }
    let plain = arguments.iter().any(|argument| argument == "--plain");
    let say = |name: &str, nanoseconds: f64| match plain {
        true => println!("{name}\t{nanoseconds}"),
        false => println!("{name:<32} {:>10.1} µs", nanoseconds / 1e3),
    };
    let ad = ad();
    let analyzer = Analyzer::new(&TextSpec::default()).unwrap();
    let mut analysis = Analysis::default();
    say("tokens", median(|| analyzer.analyze_into(black_box(ad.plain()), &mut analysis)));
    let (mut counts, mut lexicon) = (Counts::default(), Lexicon::default());
    say("words and pairs counted", median(|| counts.count(black_box(&analysis), &mut lexicon)));
    let scorer = Scorer::new(Model::embedded().unwrap(), ScoreOptions { all_roles: true });
    let (model, mut findings) = (scorer.model(), Findings::default());
    say("lexicons", median(|| model.rubric.find(ad.plain(), black_box(&analysis), &mut findings)));
    say("fingerprint for reposts", median(|| Imprint::of(ad.title(), black_box(ad.plain()), false)));
    let mut scratch = Scratch::default();
    say("score with evidence", median(|| scorer.score(black_box(&ad), &mut scratch)));
    let style = RecordStyle { model: model.id(), offsets: OffsetUnit::default(), with_text: false };
    let mut out = Vec::new();
    let whole = || {
        out.clear();
        let verdict = scorer.score(black_box(&ad), &mut scratch);
        json_line(&mut out, &Record::new(&ad, &verdict, &style)).unwrap();
        out.len()
    };
    say("score and record written", median(whole));
    say("explanation of all heads", median(|| scorer.explain(black_box(&ad), &mut scratch)));
    say("embedded model loaded", median(|| Model::embedded().unwrap()));
}

/// Nanoseconds of one call, the median of the rounds.
fn median<T>(mut work: impl FnMut() -> T) -> f64 {
    let start = Instant::now();
    black_box(work());
    let once = start.elapsed().max(Duration::from_nanos(100));
    let times = (ROUND.as_nanos() / once.as_nanos()).clamp(1, 100_000) as u32;
    let mut rounds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            (0..times).for_each(|_| _ = black_box(work()));
            start.elapsed().as_nanos() as f64 / f64::from(times)
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    rounds[ROUNDS / 2]
}

/// An ad of some 500 words: the samples, one behind the other, as often as it takes.
fn ad() -> Ad {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/samples");
    let text = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let parts = [text("ad_concrete_en.txt"), text("ad.txt"), text("ad_vague_he.txt")].join("\n");
    let mut whole = String::new();
    while whole.split_whitespace().count() < 500 {
        whole.push_str(&parts);
    }
    Ad::new("1", "Social media manager", &whole)
}
