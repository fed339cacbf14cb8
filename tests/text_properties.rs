//! What holds of the tokens of any string, tried on random ones.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::sync::LazyLock;

use proptest::prelude::*;
use tachles::text::offsets::{Offsets, Unit};
use tachles::text::statement::statements;
use tachles::text::{Analyzer, TextSpec};

/// Feminine look-alikes that are words of their own (`unlike` in `data/text/gender.toml`).
static UNLIKE: LazyLock<Vec<[String; 2]>> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/data/text/gender.toml");
    let table: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
    table["unlike"].clone().try_into().unwrap()
});

static ANALYZER: LazyLock<Analyzer> = LazyLock::new(|| Analyzer::new(&TextSpec::default()).unwrap());

/// What ads are made of, and what breaks scanners.
const PIECES: &[&str] = &[
    "א",
    "ב",
    "ג",
    "ה",
    "ו",
    "ז",
    "ח",
    "י",
    "כ",
    "ל",
    "מ",
    "ם",
    "נ",
    "ן",
    "צ",
    "ץ",
    "ש",
    "ת",
    "מנהל",
    "מנהלת",
    "דרוש",
    "עובדים",
    "איש",
    "אשת",
    "קו\"ח",
    "ב\"מדריך",
    "וכו'",
    "עמ'",
    "רח'",
    "ג'ינגל",
    "ית",
    "ות",
    "ים",
    "של",
    "את",
    "טל'",
    "ט.ל.ח",
    "ת.ז.",
    " ",
    " ",
    " ",
    " ",
    "\n",
    "\t",
    "\r\n",
    "\u{A0}",
    "\"",
    "\"",
    "'",
    "'",
    "''",
    "״",
    "׳",
    "”",
    "“",
    "„",
    "’",
    "‘",
    "′",
    "″",
    "`",
    "´",
    "/",
    "/",
    "\\",
    ".",
    ".",
    ",",
    ":",
    ";",
    "-",
    "-",
    "–",
    "—",
    "־",
    "~",
    "(",
    ")",
    "[",
    "]",
    "<",
    ">",
    "{",
    "}",
    "!",
    "?",
    "…",
    "|",
    "*",
    "_",
    "+",
    "#",
    "@",
    "&",
    "%",
    "$",
    "₪",
    "€",
    "•",
    "·",
    "✅",
    "🚀",
    "👩🏽‍💻",
    "1️⃣",
    "½",
    "²",
    "™",
    "٪",
    "％",
    "0",
    "1",
    "5",
    "7",
    "12",
    "054",
    "1234567",
    "972",
    "2024",
    "1,200",
    "9:00",
    "24/7",
    "8.5K",
    "01.07.2024",
    "050-1234567",
    "XXXX",
    "a",
    "A",
    "B",
    "C",
    "i",
    "D",
    "e",
    "R&D",
    "the",
    "www.",
    "http",
    "https://",
    "e-mail",
    "Node",
    ".js",
    ".NET",
    "C++",
    "C#",
    "com",
    ".co.il",
    "user@x.com",
    "<email>",
    "#URL_ab12#",
    "U.S.",
    "don't",
    "sooooo",
    "III",
    "Manager",
    "401(k)",
    "Ph.D",
    "\u{5B7}",
    "\u{5BC}",
    "\u{5C1}",
    "\u{591}",
    "\u{5BE}",
    "\u{200F}",
    "\u{200E}",
    "\u{202B}",
    "\u{2067}",
    "\u{2069}",
    "\u{AD}",
    "\u{FEFF}",
    "\u{200D}",
    "\u{FB2A}",
    "\u{FB4F}",
    "ﬁ",
    "é",
    "e\u{301}",
    "İ",
    "ß",
    "Ω",
    "ж",
    "ع",
    "中",
    "ﷺ",
    "㋀",
    "𝗠",
    "Ａ",
    "１",
    "＠",
    "．",
    "ǅ",
    "ŉ",
    "Ǿ",
    "한",
    "क्ष",
    "\u{0}",
];

fn pieces() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES), 0..24).prop_map(|pieces| pieces.concat())
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![4 => pieces(), 1 => any::<String>()]
}

fn forms(text: &str) -> Vec<String> {
    ANALYZER.analyze(text).iter().map(|(form, _)| form.to_owned()).collect()
}

/// Characters that folding drops, wherever they stand.
const UNSEEN: &[char] = &[
    '\u{5B0}', '\u{5B4}', '\u{5B8}', '\u{5BC}', '\u{5BF}', '\u{5C1}', '\u{5C2}', '\u{5C7}', '\u{591}', '\u{5AF}',
    '\u{200E}', '\u{200F}', '\u{202A}', '\u{202B}', '\u{202C}', '\u{202D}', '\u{202E}', '\u{2066}', '\u{2067}',
    '\u{2068}', '\u{2069}', '\u{61C}', '\u{200B}', '\u{200C}', '\u{200D}', '\u{2060}', '\u{180E}', '\u{AD}',
    '\u{FEFF}', '\u{FE0F}', '\u{301}',
];

const DOUBLE: &[&str] = &["\"", "״", "”", "“", "„", "‟", "″", "＂", "''", "׳׳", "’’", "‘‘", "′′", "``", "’'", "׳’"];
const SINGLE: &[&str] = &["'", "׳", "’", "‘", "‛", "‚", "′", "`", "´", "ʼ", "＇"];
const HYPHEN: &[&str] = &["-", "־", "–", "—", "‐", "‑", "−", "－"];
const SLASH: &[&str] = &["/", "⁄", "∕", "／"];

/// What statements are cut at, and words between.
const STATEMENT_PIECES: &[&str] = &[
    " ",
    " ",
    " ",
    "\n",
    ". ",
    " - ",
    " – ",
    ", ",
    ": ",
    ":\n",
    " | ",
    "|",
    "• ",
    "*",
    "! ",
    "; ",
    "דרישות",
    "תיאור התפקיד",
    "היקף משרה",
    "ניהול",
    "פוסטים",
    "requirements",
    "what we offer",
    "manage",
    "posts",
    "5",
    "PPC",
    "- ",
    "\n\n",
];

/// A stream of choices: the same seed, the same choices.
fn choices(mut seed: u64) -> impl FnMut(usize) -> usize {
    move |n| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % n
    }
}

/// `text` with its marks written in other ways.
fn rewritten(text: &str, seed: u64) -> String {
    let mut next = choices(seed);
    let ways = |c: char| match c {
        '"' => DOUBLE,
        '\'' => SINGLE,
        '-' => HYPHEN,
        '/' => SLASH,
        _ => &[],
    };
    let mut out = String::new();
    for c in text.chars() {
        let ways = ways(c);
        if ways.is_empty() { out.push(c) } else { out.push_str(ways[next(ways.len())]) }
    }
    out
}

/// `text` with unseen characters strewn in.
fn strewn(text: &str, seed: u64) -> String {
    let mut next = choices(seed);
    let mut out = String::new();
    for c in text.chars() {
        out.push(c);
        for _ in 0..next(3) {
            out.push(UNSEEN[next(UNSEEN.len())]);
        }
    }
    out
}

/// `TEXT_CASES` random texts for each property; a few thousand unless told.
fn cases() -> u32 {
    std::env::var("TEXT_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(3000)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn spans_are_ordered_disjoint_and_on_boundaries(text in texts()) {
        let analysis = ANALYZER.analyze(&text);
        let mut end = 0;
        for (form, token) in analysis.iter() {
            prop_assert!(token.span.start >= end && token.span.end > token.span.start, "{token:?}");
            prop_assert!(text.get(token.span.start..token.span.end).is_some(), "{token:?}");
            prop_assert!(!form.is_empty() && !form.contains(char::is_whitespace), "{form:?}");
            end = token.span.end;
        }
        prop_assert!(analysis.tokens().first().is_none_or(|token| token.breaks));
        prop_assert!((0.0..=1.0).contains(&analysis.lang_confidence()));
    }

    #[test]
    fn forms_are_their_own_tokens(text in texts()) {
        let once = forms(&text);
        let twice = forms(&once.join("\n"));
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn unseen_characters_change_nothing(text in pieces(), seed in any::<u64>()) {
        prop_assert_eq!(forms(&strewn(&text, seed)), forms(&text));
    }

    #[test]
    fn statements_do_not_change_with_blanks_and_unseen_marks(
        words in prop::collection::vec(prop::sample::select(STATEMENT_PIECES), 0..30), seed in any::<u64>(),
    ) {
        let ranges = |text: &str| -> Vec<_> {
            let found = statements(text, &ANALYZER.analyze(text));
            found.into_iter().map(|statement| (statement.tokens, statement.heading)).collect()
        };
        let plain = words.concat();
        let want = ranges(&plain);
        let mut next = choices(seed);
        let mut strewn = String::new();
        for c in plain.chars() {
            let mark = if c == ' ' || c == '\n' { ["", "\u{200f}", "\u{200b}", "\u{202a}\u{202c}", "\u{feff}"][next(5)] } else { "" };
            strewn.push_str(mark);
            match c {
                ' ' if next(2) == 0 => strewn.push('\u{a0}'),
                '\n' => strewn.push_str("\r\n"),
                c => strewn.push(c),
            }
            strewn.push_str(mark);
        }
        for text in [plain.replace(' ', "\u{a0}"), plain.replace('\n', "\r\n"), strewn] {
            prop_assert_eq!(&ranges(&text), &want, "{:?}", text);
        }
    }

    #[test]
    fn ways_to_write_a_mark_are_one(
        words in prop::collection::vec(prop::sample::select(&["קו\"ח", "\"בית קפה\"", "ג'ינגל", "וכו'", "תל-אביב", "מנהל/ת", "ב\"מדריך השיווק\" שלנו", "'ארץ נהדרת'", "don't", "C++", "5", "A/B", "א'-ה'"][..]), 1..6),
        seed in any::<u64>(),
    ) {
        let text = words.join(" ");
        prop_assert_eq!(forms(&strewn(&rewritten(&text, seed), seed)), forms(&text));
    }

    #[test]
    fn gender_forms_are_one(stem in "[אבדהוזחטילמנספקרשת]{2,7}[אבדזחטילספקרש]", suffix in prop::sample::select(&["ת", "ית", "ה", "ות"][..]), tail in prop::sample::select(&["", " ", ", ", ".", "\n", " סושיאל"][..])) {
        prop_assume!(!UNLIKE.contains(&[stem.clone(), format!("{stem}{suffix}")]));
        let want = forms(&format!("{stem}{tail}"));
        for written in [
            format!("{stem}/{suffix}{tail}"), format!("{stem}\\{suffix}{tail}"), format!("{stem}.{suffix}{tail}"), format!("{stem}({suffix}){tail}"),
            format!("{stem}/{stem}{suffix}{tail}"), format!("{stem} /{suffix}{tail}"), format!("{stem}/ {suffix}{tail}"), format!("{stem}·{suffix}{tail}"),
            format!("{stem}){suffix}({tail}"), format!("{stem}-/{suffix}{tail}"), format!("{stem}/{suffix}/ים{tail}"), format!("{stem} / {stem}{suffix}{tail}"),
        ] {
            prop_assert_eq!(&forms(&written), &want, "{}", written);
        }
    }

    #[test]
    fn a_token_covers_what_was_written(text in pieces()) {
        // What lies between tokens holds no Hebrew letter and no digit: nothing is lost.
        let analysis = ANALYZER.analyze(&text);
        let mut end = 0;
        for token in analysis.tokens() {
            let between = &text[end..token.span.start];
            prop_assert!(!between.chars().any(|c| ('א'..='ת').contains(&c) || c.is_ascii_digit()), "{between:?}");
            end = token.span.end;
        }
    }

    #[test]
    fn offsets_convert_exactly(text in texts(), a in 0usize..200, b in 0usize..200) {
        let offsets = Offsets::new(&text);
        let starts: Vec<usize> = text.char_indices().map(|(i, _)| i).chain([text.len()]).collect();
        for byte in [starts[a % starts.len()], starts[b % starts.len()]] {
            let before = &text[..byte];
            prop_assert_eq!(offsets.convert(byte, Unit::Bytes, Unit::CodePoints), before.chars().count());
            prop_assert_eq!(offsets.convert(byte, Unit::Bytes, Unit::Utf16), before.encode_utf16().count());
            prop_assert_eq!(offsets.convert(before.encode_utf16().count(), Unit::Utf16, Unit::Bytes), byte);
            prop_assert_eq!(offsets.convert(before.chars().count(), Unit::CodePoints, Unit::Bytes), byte);
        }
    }
}

#[test]
fn long_runs_of_marks_take_linear_time() {
    // Each of these once more than doubles the look-ahead of some rule; together they must still end at once.
    for piece in [
        "a.", "א.", "ב\"מד", "\"", "'", "ב'א", "a@", "1-", "1.", "0 ", "a-", "א/ת", "a/", "(", "+1", "*", "https://",
        "%1", "a&", "''", "#URL_",
    ] {
        let text = piece.repeat(20_000);
        let start = std::time::Instant::now();
        let tokens = ANALYZER.analyze(&text).tokens().len();
        assert!(start.elapsed().as_secs() < 5, "{piece}: {tokens} tokens in {:?}", start.elapsed());
    }
}
