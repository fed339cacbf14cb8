//! What a text is known again by, in one quick pass over its bytes and without tokens: a fingerprint that ignores how it is
//! set, and a sketch that tells how much of it stands in another text.
//!
//! Words are runs of letters and digits; case, white space, punctuation, vowel points and directional marks do not matter.
//! This is cheaper than the tokens of [`crate::text`] by an order of magnitude, because every posting passes through it
//! before it is known whether it has to be scored at all.

use unicode_normalization::char::is_combining_mark;

use super::gist::Gist;

/// Bins of a sketch: shingles fall into them by the first bits of their hash, and each keeps the least of its own.
const BINS: usize = 256;
/// Bytes of a sketch: four bits a bin.
pub const SKETCH_BYTES: usize = BINS / 2;
/// Bins of the keys: each is the least over sixteen of the others.
const WIDE: usize = 16;
/// Keys of a sketch. Two texts of similarity s share one with probability 1 − (1 − s⁴)⁴: 0.947 at 0.85, 0.986 at 0.9.
pub const KEYS: usize = 4;
/// Wide bins that a key is made of.
const ROWS: usize = WIDE / KEYS;
/// Values of a bin that holds a shingle; 0 is a bin without.
const VALUES: u32 = 15;
/// A text with fewer words has no sketch: one of them changed would change too much of it.
const WORDS: u32 = 24;

/// Odd, of random bits; the first is 2^64 divided by the golden ratio.
const ODD: [u64; 4] = [0x9e37_79b9_7f4a_7c15, 0xd6e8_feb8_6659_fd93, 0xa076_1d64_78bd_642f, 0xe703_7ed1_a0b4_28db];
/// Stands for every figure: dates, telephones, references and amounts are what a repost changes.
const FIGURE: u64 = 0x2545_f491_4f6c_dd1d;

/// What an ad is known again by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imprint {
    /// Of the words in their order, figures as they are written; `None` for a text without words.
    pub fingerprint: Option<u64>,
    /// Of the shingles, where it was asked for and the text is long enough.
    pub sketch: Option<Box<Sketch>>,
}

/// A one-permutation MinHash (Li, Owen and Zhang, NIPS 2012) of the shingles of three words, figures all alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sketch {
    /// Texts that are near one another most likely share one of these.
    pub keys: [u32; KEYS],
    /// The least shingle of every bin, four bits each; 0 where there is none.
    pub bins: [u8; SKETCH_BYTES],
    /// What texts that look near are compared by in the end.
    pub gist: Gist,
}

impl Imprint {
    /// Of the ad `plain`, of which `title` is the title; with a sketch if `sketch` is set.
    pub fn of(title: &str, plain: &str, sketch: bool) -> Imprint {
        let mut order = Order::default();
        if !sketch {
            words(plain, |word, _| order.add(word));
            return Imprint { fingerprint: order.end(), sketch: None };
        }
        let mut shingles = Shingles { least: [u32::MAX; BINS], last: [0; 2], count: 0 };
        let mut all = Vec::with_capacity(plain.len() / 6);
        words(plain, |word, digits| {
            order.add(word);
            shingles.add(if digits > 0 { FIGURE } else { word });
            if digits == 0 {
                all.push(word);
            }
        });
        let sketch = (shingles.count >= WORDS).then(|| Box::new(shingles.sketch(Gist::of(title, all))));
        Imprint { fingerprint: order.end(), sketch }
    }
}

impl Sketch {
    /// An estimate of the Jaccard similarity of the shingles, 0 to 1: the share of equal bins among those that are not empty
    /// in both, less what is equal by chance.
    pub fn similarity(&self, other: &[u8; SKETCH_BYTES]) -> f64 {
        let (mut equal, mut filled) = (0u32, 0u32);
        for (one, two) in self.bins.iter().zip(other) {
            for shift in [0, 4] {
                let (one, two) = (one >> shift & 15, two >> shift & 15);
                filled += u32::from(one | two != 0);
                equal += u32::from(one == two && one != 0);
            }
        }
        let (share, chance) = (f64::from(equal) / f64::from(filled.max(1)), 1.0 / f64::from(VALUES));
        ((share - chance) / (1.0 - chance)).max(0.0)
    }
}

/// The words in their order.
#[derive(Default)]
struct Order {
    sum: u64,
    count: u64,
}

impl Order {
    fn add(&mut self, word: u64) {
        self.sum = self.sum.wrapping_mul(ODD[1]).wrapping_add(word);
        self.count += 1;
    }

    fn end(self) -> Option<u64> {
        (self.count > 0).then(|| mixed(self.sum ^ self.count))
    }
}

/// The shingles of three words, as they come.
struct Shingles {
    /// The least value in every bin.
    least: [u32; BINS],
    last: [u64; 2],
    count: u32,
}

impl Shingles {
    fn add(&mut self, word: u64) {
        let [first, second] = self.last;
        if word == FIGURE && second == FIGURE {
            // `03-555 1234` is as much of a figure as `035551234`.
            return;
        }
        self.last = [second, word];
        self.count += 1;
        if self.count < 3 {
            return;
        }
        let sum = first.wrapping_mul(ODD[1]).wrapping_add(second.wrapping_mul(ODD[2])).wrapping_add(word);
        let hash = mixed(sum);
        if let Some(least) = self.least.get_mut((hash >> 56) as usize) {
            *least = (*least).min(hash as u32);
        }
    }

    fn sketch(&self, gist: Gist) -> Sketch {
        let mut bins = [0; SKETCH_BYTES];
        for (byte, pair) in bins.iter_mut().zip(self.least.chunks(2)) {
            *byte = pair.iter().fold(0, |bits, &least| bits << 4 | value(least));
        }
        let mut wide = [u32::MAX; WIDE];
        for (wide, least) in wide.iter_mut().zip(self.least.chunks(BINS / WIDE)) {
            *wide = least.iter().copied().min().unwrap_or(u32::MAX);
        }
        let dense: Vec<u64> = (0..WIDE).map(|at| filled(&wide, at)).collect();
        let mut keys = [0; KEYS];
        for ((key, rows), salt) in keys.iter_mut().zip(dense.chunks(ROWS)).zip(1u64..) {
            *key = (rows.iter().fold(salt, |hash, &row| mixed(hash.wrapping_mul(ODD[2]) ^ row)) >> 32) as u32;
        }
        Sketch { keys, bins, gist }
    }
}

/// Four bits of the least value of a bin.
fn value(least: u32) -> u8 {
    if least == u32::MAX { 0 } else { (1 + least % VALUES) as u8 }
}

/// The value of bin `at`, or of the next that has one with how far that is (Shrivastava and Li, ICML 2014).
fn filled(wide: &[u32; WIDE], at: usize) -> u64 {
    let values = wide.iter().cycle().skip(at).take(WIDE);
    let found = (0u64..).zip(values).find(|&(_, &value)| value != u32::MAX);
    found.map_or(0, |(steps, &value)| steps << 32 | u64::from(value))
}

/// Every bit of the result depends on every bit of `word` (the finaliser of MurmurHash3).
pub(super) fn mixed(mut word: u64) -> u64 {
    word = (word ^ word >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    word = (word ^ word >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    word ^ word >> 33
}

/// The word under way.
#[derive(Default)]
struct Word {
    hash: u64,
    /// Up to eight bytes that are not in the hash yet.
    bytes: u64,
    count: u32,
    digits: u32,
}

impl Word {
    fn push(&mut self, byte: u8) {
        if self.count > 0 && self.count.is_multiple_of(8) {
            self.hash = mixed(self.hash ^ self.bytes).wrapping_mul(ODD[0]);
            self.bytes = 0;
        }
        self.bytes = self.bytes << 8 | u64::from(byte);
        self.count += 1;
        self.digits += u32::from(byte.is_ascii_digit());
    }

    fn end(&mut self, each: &mut impl FnMut(u64, u32)) {
        if self.count > 0 {
            each(mixed(self.hash ^ self.bytes).wrapping_add(u64::from(self.count)), self.digits);
            *self = Word::default();
        }
    }
}

/// Calls `each` with the hash of every word and how many digits it has.
pub(super) fn words(text: &str, mut each: impl FnMut(u64, u32)) {
    let mut word = Word::default();
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        match byte {
            0..=0x7f if byte.is_ascii_alphanumeric() => {
                if word.count == 0
                    && let Some(after) = short(rest, &mut each)
                {
                    rest = after;
                    continue;
                }
                let run = rest.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(rest.len());
                let (run, after) = rest.split_at(run);
                if word.count == 0 && after.first().is_none_or(u8::is_ascii) {
                    whole(run, &mut each);
                } else {
                    run.iter().for_each(|byte| word.push(byte.to_ascii_lowercase()));
                }
                rest = after;
                continue;
            }
            0..=0x7f => word.end(&mut each),
            0x80.. => {
                let at = text.len() - rest.len();
                let Some(c) = text.get(at..).and_then(|text| text.chars().next()) else { break };
                other(c, &mut word, &mut each);
                rest = rest.get(c.len_utf8()..).unwrap_or_default();
                continue;
            }
        }
        rest = after;
    }
    word.end(&mut each);
}

const SMALL: u64 = 0x2020_2020_2020_2020;
const LETTERS: u64 = 0x4040_4040_4040_4040;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// A word of fewer than eight letters and digits with an ASCII mark behind it, as [`whole`] takes it but at one go; what follows
/// it, or `None` where `rest` starts with none.
#[inline]
fn short<'t>(rest: &'t [u8], each: &mut impl FnMut(u64, u32)) -> Option<&'t [u8]> {
    let bytes = u64::from_be_bytes(*rest.first_chunk()?);
    // The first byte that is no letter or digit, by the high bits; a byte that is not ASCII has its own high bit.
    let from = |low: u8, bytes: u64| (bytes & !HIGH) + u64::from_ne_bytes([0x80 - low; 8]);
    let letters = from(b'a', bytes | SMALL) & !from(b'z' + 1, bytes | SMALL);
    let digits = from(b'0', bytes) & !from(b'9' + 1, bytes);
    let run = (!(letters | digits) & HIGH | bytes & HIGH).leading_zeros() / 8;
    if run == 0 || run > 7 || (bytes << (8 * run)) & (1 << 63) != 0 {
        return None;
    }
    let bytes = bytes >> (64 - 8 * run);
    let digits = (!bytes & LETTERS & (u64::MAX >> (64 - 8 * run))).count_ones();
    each(mixed(bytes | SMALL & (u64::MAX >> (64 - 8 * run))).wrapping_add(u64::from(run)), digits);
    rest.get(run as usize..)
}

/// A word of ASCII letters and digits only, as [`Word`] takes it byte by byte: small letters differ from large ones in a bit
/// that digits have as well, and digits lack one that all letters have.
fn whole(word: &[u8], each: &mut impl FnMut(u64, u32)) {
    let last = (word.len() - 1) / 8 * 8;
    let (head, tail) = word.split_at(last);
    let (mut hash, mut digits) = (0, 0);
    for eight in head.as_chunks::<8>().0 {
        let bytes = u64::from_be_bytes(*eight);
        digits += (!bytes & LETTERS).count_ones();
        hash = mixed(hash ^ (bytes | SMALL)).wrapping_mul(ODD[0]);
    }
    let mut bytes = 0;
    for byte in tail {
        bytes = bytes << 8 | u64::from(byte | 0x20);
        digits += u32::from(byte & 0x40 == 0);
    }
    each(mixed(hash ^ bytes).wrapping_add(word.len() as u64), digits);
}

/// A character that is not ASCII.
fn other(c: char, word: &mut Word, each: &mut impl FnMut(u64, u32)) {
    let mut encoded = [0; 4];
    let mut push = |c: char| c.encode_utf8(&mut encoded).bytes().for_each(|byte| word.push(byte));
    match c {
        'א'..='ת' => push(c),
        // Controls that no reader sees stand inside words as well.
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => {}
        // Dashes, quotation marks, bullets: this block has neither letters nor combining marks.
        '\u{2000}'..='\u{206f}' => word.end(each),
        _ if is_combining_mark(c) => {}
        _ if c.is_alphanumeric() => c.to_lowercase().for_each(push),
        _ => word.end(each),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fingerprint(text: &str) -> Option<u64> {
        Imprint::of("", text, false).fingerprint
    }

    fn sketch(text: &str) -> Box<Sketch> {
        Imprint::of("", text, true).sketch.unwrap()
    }

    #[test]
    fn the_fingerprint_ignores_how_a_text_is_set() {
        for (one, other) in [
            ("Social Media Manager", "SOCIAL  media\n\n manager!!"),
            ("We don't wait – apply.", "we don’t wait - Apply"),
            ("מנהל/ת סושיאל", "\u{202b}מְנַהֵל/ת\u{200f} — סושיאל\u{202c}"),
            ("חברת בע\"מ", "חברת בע״מ"),
            ("Ünï ßtraße", "ÜNÏ ßTRAßE"),
            ("a\u{a0}b", "a b"),
        ] {
            assert_eq!(fingerprint(one), fingerprint(other), "{one} / {other}");
            assert_eq!(fingerprint(one), Imprint::of("", one, true).fingerprint);
        }
    }

    #[test]
    fn a_word_taken_whole_is_the_word_taken_byte_by_byte() {
        let text = "abcDEFghijklmnopqrstuvwxyz0123456789";
        for start in 0..text.len() {
            for end in start + 1..=text.len() {
                let (mut word, mut slow, mut quick) = (Word::default(), Vec::new(), Vec::new());
                text.as_bytes()[start..end].iter().for_each(|byte| word.push(byte.to_ascii_lowercase()));
                word.end(&mut |hash, digits| slow.push((hash, digits)));
                whole(&text.as_bytes()[start..end], &mut |hash, digits| quick.push((hash, digits)));
                assert_eq!(quick, slow, "{}", &text[start..end]);
                for mark in ["", " ", "[", "`", "{", "@", "/", ":", "_", "é", "א"] {
                    let shorter = format!("{}{mark}x and more", &text[start..end]);
                    let (mut all, mut peer) = (Vec::new(), Vec::new());
                    words(&shorter, |hash, digits| all.push((hash, digits)));
                    let mut word = Word::default();
                    for c in shorter.chars() {
                        if c.is_ascii_alphanumeric() {
                            word.push(c.to_ascii_lowercase() as u8);
                        } else {
                            other(c, &mut word, &mut |hash, digits| peer.push((hash, digits)));
                        }
                    }
                    word.end(&mut |hash, digits| peer.push((hash, digits)));
                    assert_eq!(all, peer, "{shorter}");
                }
            }
        }
    }

    #[test]
    fn the_fingerprint_tells_words_figures_and_order_apart() {
        let texts = [
            "pay 9000",
            "pay 9001",
            "9000 pay",
            "pay",
            "pay pay",
            "payday",
            "pay day",
            "longerthan8 bytes",
            "longerthan8b ytes",
            "longerthan8bytes",
            "שכר",
            "שכרי",
            "שכ ר",
            "abcdefgh",
            "abcdefgha",
            "aabcdefgh",
        ];
        let found: std::collections::HashSet<_> = texts.iter().map(|text| fingerprint(text)).collect();
        assert_eq!(found.len(), texts.len());
        assert_eq!(fingerprint(" –!? \u{200f}"), None);
        assert_eq!(fingerprint(""), None);
    }

    /// The exact similarity, from sets of strings.
    fn jaccard(one: &[String], other: &[String]) -> f64 {
        let set = |words: &[String]| -> std::collections::BTreeSet<String> {
            words.windows(3).map(|three| three.join(" ")).collect()
        };
        let (one, other) = (set(one), set(other));
        one.intersection(&other).count() as f64 / one.union(&other).count() as f64
    }

    #[test]
    fn the_estimate_is_near_the_exact_similarity() {
        let mut worst = 0.0f64;
        for length in [30, 120, 1000] {
            for changed in [0, 1, 3, 10, 20] {
                let one: Vec<String> = (0..length)
                    .map(|at| format!("word{}", char::from(b'a' + (at % 26) as u8)) + &"x".repeat(at / 26))
                    .collect();
                let mut other = one.clone();
                (0..changed).for_each(|at| other[at * length / 21 + 1] = "שונה".to_owned() + &"ת".repeat(at));
                let estimate = sketch(&one.join(" ")).similarity(&sketch(&other.join(", ")).bins);
                worst = worst.max((estimate - jaccard(&one, &other)).abs());
            }
        }
        // Four standard errors of 256 draws.
        assert!(worst < 0.125, "{worst}");
    }

    #[test]
    fn figures_are_all_alike_in_a_sketch_and_short_texts_have_none() {
        let text = |figure: &str| format!("{} {figure} {}", "Be our guru in town and ".repeat(5), "call us about it");
        assert_eq!(sketch(&text("03-555 1234")), sketch(&text("0501234567")));
        assert_ne!(fingerprint(&text("03-555 1234")), fingerprint(&text("0501234567")));
        assert_eq!(Imprint::of("", "be our guru 5", true).sketch, None);
    }
}
