//! How well reposts are found, and what that costs.
//!
//! Edits are planted in the training ads of the folder `$TACHLES_SHARED` (or `../shared`): another town, another date,
//! telephone and reference, a sentence more, a sentence less, another title, paragraphs in another order. Ads that must
//! not be found are those of one employer under another title, of which the NHS postings have thousands. First by the
//! similarity of sketches for several thresholds, then through the built binary, then the time of each `--reposts` and
//! the memory of `REPOSTS_ADS` (100,000) postings none of which repeats another. `REPOSTS_RUNS` runs, medians.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a measurement that fails should stop at once"
)]

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use tachles::Ad;
use tachles::features::{Imprint, Sketch};
use tachles::io::{ReadOptions, open};
use tachles::model::random::SplitMix;

const KINDS: [&str; 6] = [
    "other town",
    "date, phone, reference",
    "sentence added",
    "sentence removed",
    "other title",
    "paragraphs shuffled",
];
const TOWNS: [[&str; 8]; 2] = [
    ["חיפה", "ירושלים", "אשדוד", "נתניה", "באר שבע", "הרצליה", "רעננה", "תל אביב"],
    ["London", "Leeds", "Boston", "Chicago", "New York", "Austin", "Bristol", "San Francisco"],
];
/// Ads of one employer that are compared with one another, at most.
const OF_EMPLOYER: usize = 200;

fn setting(name: &str, otherwise: usize) -> usize {
    std::env::var(name).map_or(otherwise, |value| value.parse().unwrap())
}

fn main() {
    let shared = PathBuf::from(std::env::var("TACHLES_SHARED").unwrap_or_else(|_| "../shared".to_owned())).join("real");
    let packed = shared.join("throughput_nhs.csv.gz");
    if !packed.is_file() {
        println!("skipped: {} is not here", packed.display());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let nhs = folder.path().join("nhs.csv");
    let unpack = Command::new("gzip").arg("-dc").arg(&packed).stdout(File::create(&nhs).unwrap()).status();
    assert!(unpack.unwrap().success());
    let reserved: HashSet<String> =
        std::fs::read_to_string(shared.join("reserved_ids.txt")).unwrap().lines().map(str::to_owned).collect();
    let train = |lang: &str| -> Vec<Ad> {
        let ids: HashSet<String> = std::fs::read_to_string(shared.join(format!("labels_{lang}_train.jsonl")))
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["id"].as_str().unwrap().to_owned())
            .collect();
        let ads = read(&shared.join(format!("ads_{lang}.jsonl")));
        ads.into_iter().filter(|ad| ids.contains(&ad.id) && !reserved.contains(&ad.id)).collect()
    };
    let mut ads = train("he");
    ads.extend(train("en"));
    let nhs_ads: Vec<Ad> = read(&nhs).into_iter().filter(|ad| !reserved.contains(&ad.id)).collect();
    println!("{} training ads, {} NHS postings", ads.len(), nhs_ads.len());
    thresholds(&ads, &nhs_ads);
    through_the_binary(folder.path(), &ads);
    cost(folder.path());
}

fn read(path: &Path) -> Vec<Ad> {
    let mut rows = open(path.to_str().unwrap(), &ReadOptions::default()).unwrap();
    let schema = rows.schema();
    std::iter::from_fn(|| rows.next()).filter_map(|row| schema.ad(&row.ok()?).ok()).collect()
}

/// Ads without a twin among them, each with its edits.
fn planted(ads: &[Ad]) -> Vec<(Ad, Vec<Ad>)> {
    let mut random = SplitMix(6);
    let mut taken: Vec<Box<Sketch>> = Vec::new();
    let mut planted = Vec::new();
    for ad in ads {
        // What is under test must not stand in the ads already, or a repetition of a repetition counts as an error.
        let Some(sketch) = Imprint::of(ad.title(), ad.plain(), true).sketch else { continue };
        if taken.iter().any(|other| sketch.similarity(&other.bins) > 0.5) {
            continue;
        }
        taken.push(sketch);
        let number = planted.len();
        let towns = TOWNS[usize::from(ad.text().is_ascii() || !ad.text().contains('ה'))];
        let english = towns[0] == "London";
        let (town, other) = (towns[number % 8], towns[(number + 1 + random.below(7)) % 8]);
        let closing = |town: &str, day: usize, month: usize, id: usize| {
            let phone = format!("05{}-{:07}", id % 10, id * 7919 % 10_000_000);
            match english {
                true => format!(
                    "Location: {town}. Apply by {day} {} 2024, call {phone}, reference {id}.",
                    ["March", "June", "August"][month % 3]
                ),
                false => format!("מיקום: {town}. הגשה עד {day}.{month}.2024, טלפון {phone}, מספר משרה {id}."),
            }
        };
        let (day, id) = (1 + number % 28, 10_000 + number);
        let first = Ad::new(format!("p{number}"), ad.title(), &format!("{}\n{}", ad.text(), closing(town, day, 3, id)));
        let text = first.text();
        let sentences = sentences(text);
        let more = if english {
            "We also run a book club on Thursdays and share a large roof terrace with our neighbours. "
        } else {
            "בימי חמישי אנחנו נפגשים לארוחת צהריים משותפת ומדברים על ספרים שקראנו לאחרונה בזמן הפנוי. "
        };
        let at = random.below(sentences.len());
        let with = sentences
            .iter()
            .enumerate()
            .map(|(place, part)| if place == at { format!("{more}{part}") } else { (*part).to_owned() });
        let without = sentences.iter().enumerate().filter(|&(place, _)| place != at).map(|(_, part)| *part);
        let lines: Vec<&str> = text.split_inclusive('\n').filter(|line| !line.trim().is_empty()).collect();
        let mut blocks: Vec<String> = match lines.len() {
            3.. => lines.iter().map(|line| format!("{}\n", line.trim_end())).collect(),
            _ => sentences.chunks(sentences.len().div_ceil(4)).map(|some| format!("{}\n", some.concat())).collect(),
        };
        random.shuffle(&mut blocks);
        let title = ads[random.below(ads.len())].title();
        let edits = [
            (first.title(), ad.text().replace(town, other) + "\n" + &closing(other, day, 3, id)),
            (first.title(), ad.text().to_owned() + "\n" + &closing(town, 1 + (day + 9) % 28, 5, id + 4321)),
            (first.title(), with.collect::<String>()),
            (first.title(), without.collect::<String>()),
            (title, text.to_owned()),
            (first.title(), blocks.concat()),
        ];
        let edits =
            edits.iter().enumerate().map(|(kind, (title, text))| Ad::new(format!("p{number}/{kind}"), title, text));
        planted.push((first.clone(), edits.collect()));
    }
    planted
}

/// Whole sentences and lines, which together are the text.
fn sentences(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').flat_map(|line| line.split_inclusive(". ")).filter(|part| !part.is_empty()).collect()
}

/// For ads of one employer, the greatest similarity to an earlier one under another title.
fn of_one_employer(ads: &[Ad]) -> Vec<f64> {
    let mut employers: BTreeMap<&str, Vec<(&Ad, Box<Sketch>)>> = BTreeMap::new();
    let mut greatest = Vec::new();
    for ad in ads.iter().filter(|ad| !ad.company.trim().is_empty()) {
        let Some(sketch) = Imprint::of(ad.title(), ad.plain(), true).sketch else { continue };
        let others = employers.entry(&ad.company).or_default();
        let similar = others
            .iter()
            .filter(|(other, _)| other_title(ad.title(), other.title()))
            .map(|(_, other)| sketch.similarity(&other.bins))
            .reduce(f64::max);
        greatest.extend(similar);
        if others.len() < OF_EMPLOYER {
            others.push((ad, sketch));
        }
    }
    greatest
}

/// True when titles share less than half of their words.
fn other_title(one: &str, other: &str) -> bool {
    let words = |title: &str| -> HashSet<String> {
        title
            .to_lowercase()
            .split(|c: char| !c.is_alphabetic())
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let (one, other) = (words(one), words(other));
    2 * one.intersection(&other).count() < one.union(&other).count()
}

fn thresholds(ads: &[Ad], nhs: &[Ad]) {
    let planted = planted(ads);
    let sketch = |ad: &Ad| Imprint::of(ad.title(), ad.plain(), true).sketch;
    let mut similar = vec![Vec::new(); KINDS.len()];
    for (first, edits) in &planted {
        let Some(first) = sketch(first) else { continue };
        for (edit, similar) in edits.iter().zip(&mut similar) {
            let found = sketch(edit).map_or((0.0, false), |edit| {
                (edit.similarity(&first.bins), edit.keys.iter().zip(&first.keys).any(|(one, other)| one == other))
            });
            similar.push(found);
        }
    }
    let different = of_one_employer(nhs);
    let others = of_one_employer(ads);
    println!(
        "\n{} planted of each kind; {} NHS ads and {} training ads have one of their employer's under another title before them",
        planted.len(),
        different.len(),
        others.len()
    );
    print!("{:<10}", "threshold");
    KINDS.iter().for_each(|kind| print!("{kind:>24}"));
    println!("{:>12}{:>12}{:>12}", "false NHS", "train", "precision");
    for threshold in [0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95] {
        let share =
            |values: &[f64]| values.iter().filter(|&&value| value >= threshold).count() as f64 / values.len() as f64;
        let recalls: Vec<f64> = similar
            .iter()
            .map(|pairs| {
                pairs.iter().filter(|(similar, key)| *key && *similar >= threshold).count() as f64 / pairs.len() as f64
            })
            .collect();
        print!("{threshold:<10}");
        recalls.iter().for_each(|recall| print!("{recall:>24.3}"));
        let (right, wrong) = (recalls.iter().sum::<f64>() / recalls.len() as f64, share(&different));
        println!("{wrong:>12.4}{:>12.4}{:>12.4}", share(&others), right / (right + wrong));
    }
}

/// All originals, then all edits, in one file.
fn through_the_binary(folder: &Path, ads: &[Ad]) {
    let planted = planted(ads);
    let mut out = BufWriter::new(File::create(folder.join("planted.jsonl")).unwrap());
    let all = planted.iter().map(|(first, _)| first).chain(planted.iter().flat_map(|(_, edits)| edits));
    for ad in all {
        let line = serde_json::json!({ "id": ad.id, "title": ad.title(), "text": ad.text() });
        writeln!(out, "{line}").unwrap();
    }
    out.flush().unwrap();
    let run = run(folder, &["planted.jsonl", "--reposts", "near", "-o", "planted.out.jsonl"]);
    let text = std::fs::read_to_string(folder.join("planted.out.jsonl")).unwrap();
    let (mut right, mut wrong) = (HashMap::<usize, usize>::new(), 0);
    for line in text.lines() {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        let id = record["id"].as_str().unwrap().split_once('/');
        match (record["duplicate_of"].as_str(), id) {
            (Some(found), Some((first, kind))) if found == first => {
                *right.entry(kind.parse().unwrap()).or_default() += 1
            }
            (Some(_), _) => wrong += 1,
            (None, _) => {}
        }
    }
    println!("\nthrough the binary ({:.1} s): recall, of {}", run.0, planted.len());
    for (kind, name) in KINDS.iter().enumerate() {
        println!("{name:<24} {:>6.3}", *right.get(&kind).unwrap_or(&0) as f64 / planted.len() as f64);
    }
    let right: usize = right.values().sum();
    println!("named rightly {right}, wrongly {wrong}: precision {:.4}", right as f64 / (right + wrong).max(1) as f64);
}

fn cost(folder: &Path) {
    let ads = setting("REPOSTS_ADS", 100_000);
    let mut random = SplitMix(9);
    let mut out = BufWriter::new(File::create(folder.join("many.jsonl")).unwrap());
    for number in 0..ads {
        let words: Vec<String> = (0..40)
            .map(|_| (0..3 + random.below(6)).map(|_| char::from(b'a' + random.below(26) as u8)).collect())
            .collect();
        writeln!(out, "{{\"id\": \"posting-{number:08}\", \"text\": \"We want a {}\"}}", words.join(" ")).unwrap();
    }
    out.flush().unwrap();
    for file in ["nhs.csv", "many.jsonl"] {
        println!("\n{file}, 1 thread, {} runs", setting("REPOSTS_RUNS", 3));
        let mut times: BTreeMap<&str, Vec<(f64, f64)>> = BTreeMap::new();
        for _ in 0..setting("REPOSTS_RUNS", 3) {
            for reposts in ["off", "exact", "near"] {
                let ran = run(folder, &[file, "--reposts", reposts, "--threads", "1", "-o", "out.jsonl"]);
                times.entry(reposts).or_default().push(ran);
            }
        }
        let median = |name: &str, second: bool| {
            let mut values: Vec<f64> =
                times[name].iter().map(|&(time, peak)| if second { peak } else { time }).collect();
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        for reposts in ["off", "exact", "near"] {
            let time = median(reposts, false);
            println!(
                "{reposts:<6} {time:>8.2} s CPU  {:>6.3} of off   peak {:>4.0} MB",
                time / median("off", false),
                median(reposts, true)
            );
        }
    }
}

/// Seconds of processor time, and the peak memory in MB.
fn run(folder: &Path, arguments: &[&str]) -> (f64, f64) {
    let start = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_tachles"))
        .args(["batch", "-q"])
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let (mut peak, mut cpu) = (0.0f64, 0.0f64);
    let ended = loop {
        // Read before the end is waited for, after which there is nothing to read.
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
        peak = peak.max(line.trim().trim_end_matches(" kB").parse().unwrap_or(0.0));
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap_or_default();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
        // Ticks are hundredths of a second on Linux.
        cpu = cpu.max((ticks(11) + ticks(12)) / 100.0);
        if let Some(ended) = child.try_wait().unwrap() {
            break ended;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    };
    assert!(ended.success(), "{arguments:?}: {ended}");
    (if cpu > 0.0 { cpu } else { start.elapsed().as_secs_f64() }, peak / 1024.0)
}
