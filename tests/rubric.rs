//! Holds the rubric to its data: every entry survives the analyzer, fires in a marked case, and near misses stay quiet.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proptest::prelude::*;
use tachles::label;
use tachles::rubric::{EvidenceSource, Findings, Kind, Owner, REASONS, Rubric, documentation};
use tachles::text::{Analyzer, TextSpec};

const HEADINGS: [&str; 6] =
    ["## What it flags", "## Why it matters", "## Fires on", "## Stays quiet on", "## Known false alarms", "## Since"];

struct Bench {
    analyzer: Analyzer,
    rubric: Rubric,
}

impl Bench {
    fn new() -> Self {
        let analyzer = Analyzer::new(&TextSpec::default()).unwrap();
        let rubric = Rubric::embedded(&analyzer).unwrap();
        Bench { analyzer, rubric }
    }

    fn find(&self, text: &str) -> Findings {
        let mut findings = Findings::default();
        self.rubric.find(text, &self.analyzer.analyze(text), &mut findings);
        findings
    }

    fn measures(&self, text: &str) -> Vec<f32> {
        let analysis = self.analyzer.analyze(text);
        let mut findings = Findings::default();
        let mut out = Vec::new();
        self.rubric.find(text, &analysis, &mut findings);
        self.rubric.measures(&analysis, &findings, &mut out);
        out
    }
}

fn data() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/rubric")
}

/// The cases of one folder: the text without marks, the marked byte ranges with their labels, and whether it should fire.
struct Case {
    text: String,
    marks: Vec<(usize, usize, String)>,
    fires: bool,
}

fn cases(folder: &str) -> Vec<Case> {
    let file = std::fs::read_to_string(data().join(folder).join("cases.md")).unwrap();
    let mut fires = None;
    let mut cases = Vec::new();
    for line in file.lines() {
        match line {
            "## fires" => fires = Some(true),
            "## stays quiet" => fires = Some(false),
            _ => {}
        }
        let (Some(fires), Some(marked)) = (fires, line.strip_prefix("- ")) else { continue };
        let mut text = String::new();
        let mut marks = Vec::new();
        for (place, part) in marked.split("[[").enumerate() {
            match part.split_once("]]").filter(|_| place > 0) {
                Some((inside, rest)) => {
                    let (kind, words) = match inside.split_once(": ").filter(|(kind, _)| Kind::parse(kind).is_some()) {
                        Some((kind, words)) if folder == "deliverable" => (kind, words),
                        _ => ("", inside),
                    };
                    marks.push((text.len(), text.len() + words.len(), kind.to_owned()));
                    text.push_str(words);
                    text.push_str(rest);
                }
                None => text.push_str(part),
            }
        }
        cases.push(Case { text, marks, fires });
    }
    assert!(cases.iter().any(|case| case.fires) && cases.iter().any(|case| !case.fires), "{folder}");
    cases
}

fn hebrew(text: &str) -> bool {
    text.chars().any(|letter| ('א'..='ת').contains(&letter))
}

#[test]
fn the_registry_is_in_the_order_of_the_labels() {
    let ids: Vec<&str> = REASONS.iter().map(|reason| reason.id()).collect();
    assert_eq!(ids, label::REASONS);
    for id in ids {
        let text = documentation(id).unwrap();
        let found: Vec<&str> = text.lines().filter(|line| line.starts_with("## ")).collect();
        assert_eq!(found, HEADINGS, "help: data/rubric/{id}/reason.md");
        assert!(text.starts_with("# ") && text.contains(&format!("(`{id}`)")));
    }
    assert_eq!(documentation("nothing"), None);
}

#[test]
fn both_languages_have_enough_entries_of_every_reason() {
    let bench = Bench::new();
    for language in ["he.toml", "en.toml"] {
        let count = |wanted: &dyn Fn(Owner) -> bool| {
            bench.rubric.entries().iter().filter(|entry| entry.file.ends_with(language) && wanted(entry.owner)).count()
        };
        for reason in 0..REASONS.len() {
            assert!(count(&|owner| owner == Owner::Reason(reason)) >= 20, "{language} {}", label::REASONS[reason]);
        }
        assert!(count(&|owner| matches!(owner, Owner::Reason(_))) >= 200, "{language}");
        assert!(count(&|owner| matches!(owner, Owner::Deliverable(_))) >= 100, "{language}");
    }
}

#[test]
fn every_word_of_every_entry_survives_the_analyzer() {
    let bench = Bench::new();
    let mut changed = Vec::new();
    for entry in bench.rubric.entries() {
        for word in entry.form.split([' ', ',', '{', '}']) {
            let word = word.trim_start_matches('=');
            if word.is_empty() || word.contains(['*', '@', '<']) {
                continue;
            }
            let analysis = bench.analyzer.analyze(word);
            let forms: Vec<&str> = analysis.iter().map(|(form, _)| form).collect();
            if forms.join("-") != word {
                changed.push(format!("{}: `{word}` becomes {forms:?}", entry.file));
            }
        }
    }
    assert!(changed.is_empty(), "help: write words as the analyzer forms them: {changed:#?}");
}

#[test]
fn no_form_stands_in_two_places() {
    let bench = Bench::new();
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for entry in bench.rubric.entries() {
        if let Some(other) = seen.insert(&entry.form, &entry.file) {
            panic!("`{}` stands in {other} and in {}", entry.form, entry.file);
        }
    }
}

#[test]
fn marked_cases_fire_and_near_misses_stay_quiet() {
    let bench = Bench::new();
    let mut fired: BTreeSet<u32> = BTreeSet::new();
    for (reason, id) in label::REASONS.into_iter().enumerate() {
        for case in cases(id) {
            let findings = bench.find(&case.text);
            // A one-line case lacks most things; what is absent from a whole ad is tested by itself below.
            let own = findings.evidence.iter().filter(|found| found.reason == reason && found.entry.is_some());
            let found: Vec<&str> = own.clone().map(|found| found.span.of(&case.text)).collect();
            let wanted: Vec<&str> = case.marks.iter().map(|(start, end, _)| &case.text[*start..*end]).collect();
            assert_eq!(found, wanted, "help: data/rubric/{id}/cases.md, `{}`", case.text);
            assert_eq!(case.fires, !wanted.is_empty(), "help: data/rubric/{id}/cases.md, `{}`", case.text);
            fired.extend(own.filter_map(|found| found.entry));
        }
    }
    for case in cases("deliverable") {
        let findings = bench.find(&case.text);
        let found: Vec<(String, &str)> =
            findings.deliverables.iter().map(|found| (found.kind.to_string(), found.span.of(&case.text))).collect();
        let wanted: Vec<(String, &str)> =
            case.marks.iter().map(|(start, end, kind)| (kind.clone(), &case.text[*start..*end])).collect();
        assert_eq!(found, wanted, "help: data/rubric/deliverable/cases.md, `{}`", case.text);
        fired.extend(findings.deliverables.iter().map(|found| found.entry));
    }
    let silent: Vec<&str> = (0_u32..)
        .zip(bench.rubric.entries())
        .filter(|(number, entry)| {
            !matches!(entry.owner, Owner::Work | Owner::Boast | Owner::Topic(_)) && !fired.contains(number)
        })
        .map(|(_, entry)| entry.form.as_str())
        .collect();
    assert!(silent.is_empty(), "help: these entries fire in no case: {silent:#?}");
}

#[test]
fn cases_are_in_both_languages() {
    for folder in label::REASONS.into_iter().chain(["deliverable"]) {
        let cases = cases(folder);
        for fires in [true, false] {
            for language in [true, false] {
                let count = cases.iter().filter(|case| case.fires == fires && hebrew(&case.text) == language).count();
                assert!(count >= 9, "{folder}: {count} cases, fires {fires}, Hebrew {language}");
            }
        }
    }
}

#[test]
fn boasts_mask_the_numbers_in_them() {
    let bench = Bench::new();
    for text in
        ["Over 400 employees in 12 countries", "We have 30,000 followers", "מעל 400 עובדים בארץ", "פייסבוק, אינסטגרם"]
    {
        assert!(bench.find(text).deliverables.is_empty(), "{text}");
    }
    let kinds = bench.find("Run our Facebook page: 4 posts a week").kinds();
    assert!(kinds.has(Kind::Channel) && kinds.has(Kind::Cadence));
}

#[test]
fn weak_deliverables_are_counted_and_experience_is_asked_for_all_the_same() {
    let bench = Bench::new();
    for text in ["Bachelor's degree", "Experience in sales", "תואר ראשון", "ניסיון במכירות", "רישיון נהיגה"]
    {
        assert!(bench.find(text).deliverables.iter().all(|found| found.weak), "{text}");
        assert!(!bench.find(text).deliverables.is_empty(), "{text}");
    }
    for text in ["Two years of experience", "Teaching license", "ניסיון של שנתיים", "רישיון חשמלאי"]
    {
        assert!(bench.find(text).deliverables.iter().any(|found| !found.weak), "{text}");
    }
    let found = bench.find("Experience in sales, bachelor's degree");
    assert!(found.kinds().has(Kind::Experience) && !found.named().has(Kind::Experience));
    assert!(found.named().has(Kind::Credential));
}

#[test]
fn a_later_line_clears_a_vague_one() {
    let bench = Bench::new();
    let text = "Nurse\nCompetitive salary and a friendly ward.\nYou measure vital signs.\n$34 per hour.";
    let findings = bench.find(text);
    let no_stake = label::REASONS.iter().position(|id| *id == "no_stake").unwrap();
    assert!(findings.evidence.iter().all(|found| found.reason != no_stake));
    let cleared = findings.cleared.iter().find(|cleared| cleared.reason == no_stake).unwrap();
    assert_eq!((cleared.span.of(text), cleared.by.of(text)), ("Competitive salary", "$34 per hour"));

    let text = "ניהול הנוכחות שלנו ברשתות\nשלושה פוסטים בשבוע באינסטגרם";
    let undefined = label::REASONS.iter().position(|id| *id == "undefined").unwrap();
    let finding =
        |text: &str| bench.find(text).evidence.iter().any(|found| found.reason == undefined && found.entry.is_some());
    assert!(finding(text), "a duty is made concrete by its own line");
    assert!(!finding(&text.replace('\n', ": ")));
}

#[test]
fn what_is_absent_is_pinned_to_the_statement_that_should_carry_it() {
    let bench = Bench::new();
    let text = "Social media manager\nYou will promote the company and help the team grow.\nWrite to us.";
    let findings = bench.find(text);
    let absent = |id: &str| {
        let reason = label::REASONS.iter().position(|known| *known == id).unwrap();
        let mut own = findings.evidence.iter().filter(move |found| found.reason == reason);
        own.find_map(|found| match found.source {
            EvidenceSource::Absence(kinds) => Some((found.span.of(text).to_owned(), kinds)),
            EvidenceSource::Entry(_) => None,
        })
    };
    let (line, kinds) = absent("undefined").unwrap();
    assert!(line.contains("promote the company") && kinds.has(Kind::Task) && kinds.has(Kind::Channel));
    assert_eq!(absent("no_stake"), None, "an ad that offers nothing has no statement to quote, and its title is none");
    let (_, kinds) = absent("unmeasurable").unwrap();
    assert!(kinds.has(Kind::Measure) && kinds.has(Kind::Target));
}

#[test]
fn absence_is_quoted_in_whole_clauses_and_from_the_offer() {
    let bench = Bench::new();
    let quotes = |text: &str, id: &str| -> Vec<String> {
        let reason = label::REASONS.iter().position(|known| *known == id).unwrap();
        let found = bench.find(text);
        found.evidence.iter().filter(|one| one.reason == reason).map(|one| one.span.of(text).to_owned()).collect()
    };
    let text = "Assistant\nYou will support and help the people around you in all they do here, every time they ask us.\nWhat we offer is a surprise";
    assert_eq!(quotes(text, "no_stake"), ["What we offer is a surprise"]);
    for quote in quotes(text, "unmeasurable") {
        assert_eq!(quote, "support and help the people");
    }
    let text = "Assistant\nManage, lead and support people with 5 years of experience in it.\nHelp us.";
    for id in ["undefined", "unmeasurable"] {
        assert!(quotes(text, id).iter().all(|quote| !quote.contains("years")), "{id}");
    }
}

#[test]
fn every_reason_knows_the_statement_that_should_have_spoken() {
    let bench = Bench::new();
    let anchor = |text: &str, id: &str| -> Option<String> {
        let reason = label::REASONS.iter().position(|known| *known == id).unwrap();
        let found = bench.find(text);
        found.anchors.iter().find(|one| one.reason == reason).map(|one| one.span.of(text).to_owned())
    };
    let text = "Clerk\nWe are a company in the north.\nDuties:\nAnswer phone calls and file invoices every month.\n\
                Requirements:\nA pleasant voice.\nWhat we offer: a place at our table.";
    assert_eq!(anchor(text, "generic").as_deref(), Some("We are a company"));
    assert_eq!(anchor(text, "no_barrier").as_deref(), Some("A pleasant voice"));
    assert_eq!(anchor(text, "no_stake").as_deref(), Some("a place at our table"));
    for id in ["undefined", "unmeasurable"] {
        assert_eq!(anchor(text, id), None, "the only duty names its work");
        let vaguer = text.replace("Requirements:", "Help with all that we do.\nRequirements:");
        assert_eq!(anchor(&vaguer, id).as_deref(), Some("Help with all that we do"));
    }
    let terms = text.replace("a place at our table", "a full-time position");
    assert_eq!(anchor(&terms, "no_stake"), None, "the offer names its terms");

    // Neither what is asked for, nor the title said again, nor what is offered is a duty.
    for text in [
        "טכנאי שטח\nדרוש/ה טכנאי שטח\nדרישות:\nיכולת ניהול פרויקטים",
        "Sales clerk\nSales clerk for our sales office\nWe offer training and support in everything.",
    ] {
        assert_eq!(anchor(text, "undefined"), None, "{text}");
        assert_eq!(anchor(text, "unmeasurable"), None, "{text}");
    }
    // An ad in one breath is quoted from where its duties begin, behind the words that open them.
    let text = "פקיד/ה\nלמשרד גדול בצפון הארץ דרוש/ה פקיד/ה במסגרת התפקיד טיפול שוטף בכל מה שצריך וקידום נושאים שונים";
    assert!(anchor(text, "no_barrier").is_none());
    assert!(anchor(text, "undefined").unwrap().starts_with("טיפול שוטף"), "{:?}", anchor(text, "undefined"));
}

#[test]
fn measures_are_named_bounded_and_hardly_depend_on_length() {
    let bench = Bench::new();
    let names = bench.rubric.measure_names();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    let ad = "מנהל/ת סושיאל\nראש גדול ויחסי אנוש מעולים.\nניהול הנוכחות ברשתות, שלושה פוסטים בשבוע באינסטגרם.\n\
              תנאים טובים למתאימים.\nWe look for a self-starter with two years of experience in paid social.\n\
              הגדלת החשיפה וחיזוק המותג מול קהל רחב בכל הארץ.";
    let once = bench.measures(ad);
    let twice = bench.measures(&format!("{ad}\n{ad}"));
    assert_eq!(once.len(), names.len());
    for ((name, a), b) in names.iter().zip(&once).zip(&twice) {
        assert!((0.0..=1.5).contains(a), "{name} is {a}");
        assert!((a - b).abs() < 0.26, "{name} is {a} once and {b} twice");
    }
    assert!(bench.measures("").iter().all(|value| value.is_finite()));
}

#[test]
fn a_directory_replaces_the_embedded_lexicons() {
    let bench = Bench::new();
    let same = Rubric::from_dir(&data(), &bench.analyzer).unwrap();
    assert_eq!(same.digest(), bench.rubric.digest());
    assert_eq!(same.digest().len(), 64);

    let copy = tempfile::tempdir().unwrap();
    for folder in label::REASONS.into_iter().chain(["deliverable"]) {
        std::fs::create_dir(copy.path().join(folder)).unwrap();
        for file in ["he.toml", "en.toml"] {
            std::fs::copy(data().join(folder).join(file), copy.path().join(folder).join(file)).unwrap();
        }
    }
    assert!(Rubric::from_dir(copy.path(), &bench.analyzer).unwrap_err().to_string().contains("sets.toml"));
    std::fs::copy(data().join("sets.toml"), copy.path().join("sets.toml")).unwrap();
    let place = copy.path().join("generic/en.toml");
    std::fs::write(&place, "entry = [{ form = \"zebra\", note = \"the only one\" }]").unwrap();
    let other = Rubric::from_dir(copy.path(), &bench.analyzer).unwrap();
    assert_ne!(other.digest(), bench.rubric.digest());

    // Findings keep their buffers between rubrics and must not keep the words of the other one.
    let mut findings = Findings::default();
    for (rubric, expected) in [(&bench.rubric, 0), (&other, 1), (&bench.rubric, 0)] {
        rubric.find("zebra", &bench.analyzer.analyze("zebra"), &mut findings);
        let zebras = findings.evidence.iter().filter(|found| found.reason == 0).count();
        assert_eq!(zebras, expected);
    }

    for (mistake, says) in [
        ("entry = [{ form = \"{a\" }]", "brace"),
        ("entry = [{ form = \"a @nothing\" }]", "nothing"),
        ("entry = [{ form = \"a\", weight = 9.0 }]", "weight"),
        ("entry = [{ form = \"a\", settled_by = [\"luck\"] }]", "luck"),
        ("entry = [{ form = \"a\", kind = \"pay\" }]", "kind"),
        ("entry = [{ form = \"a\", colour = 1 }]", "colour"),
    ] {
        std::fs::write(&place, mistake).unwrap();
        let message = Rubric::from_dir(copy.path(), &bench.analyzer).unwrap_err().to_string();
        assert!(message.contains("generic/en.toml") && message.contains(says), "{mistake} gives {message}");
    }
}

#[test]
fn a_rubric_is_shared_between_threads() {
    fn check<T: Send + Sync + 'static>() {}
    check::<Rubric>();
    check::<Findings>();
}

proptest! {
    #[test]
    fn any_text_gives_spans_that_fit_it(text in "(\\PC|[א-ת $₪0-9:\\n•|]|social |שכר |3 posts a week |ניהול ){0,60}") {
        thread_local!(static BENCH: Bench = Bench::new());
        BENCH.with(|bench| {
            let findings = bench.find(&text);
            let mut end = 0;
            for found in &findings.deliverables {
                prop_assert!(found.span.start >= end && found.span.end > found.span.start);
                end = found.span.end;
                prop_assert!(text.get(found.span.start..found.span.end).is_some());
            }
            for found in &findings.evidence {
                prop_assert!(text.get(found.span.start..found.span.end).is_some_and(|quote| !quote.is_empty()));
            }
            for cleared in &findings.cleared {
                prop_assert!(!cleared.span.of(&text).is_empty() && !cleared.by.of(&text).is_empty());
            }
            let measures = bench.measures(&text);
            prop_assert!(measures.iter().all(|value| (0.0..=1.5).contains(value)));
            prop_assert_eq!(measures, bench.measures(&text));
            Ok(())
        })?;
    }
}
