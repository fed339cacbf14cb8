//! Which encoding some bytes are in. UTF-8 proves itself; Hebrew code pages are told by runs of Hebrew letters, which
//! nothing else has; display order is told by final letters, which stand where words begin.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};

use super::charset::Charset;

/// So many letters in runs of Hebrew make a Hebrew file.
const ENOUGH_LETTERS: usize = 6;
/// So many bytes beyond ASCII make it worth asking for Western encodings; fewer are a few bad bytes.
const ENOUGH_WESTERN: usize = 8;

/// An encoding, and how it is known.
#[derive(Debug)]
pub(crate) struct Guess {
    pub charset: Charset,
    /// Hebrew stands in display order.
    pub visual: bool,
    /// For the log.
    pub why: String,
}

impl Guess {
    fn utf_8(why: &str) -> Guess {
        Guess { charset: Charset::Utf8, visual: false, why: why.to_owned() }
    }
}

/// Recognises the encoding of `sample`; `whole` when nothing follows it.
pub(crate) fn guess(sample: &[u8], whole: bool) -> Guess {
    let (good, bad) = utf_8(sample, whole);
    if bad == 0 {
        return Guess::utf_8(if good == 0 { "nothing but ASCII" } else { "recognised" });
    }
    // Bytes of other encodings hardly ever form UTF-8 by chance, so a file that has as much of it as not is UTF-8.
    if good >= bad {
        return Guess::utf_8("recognised, with bytes that are not UTF-8");
    }
    let hebrew = Hebrew::of(sample);
    let share = 100 * hebrew.in_words / hebrew.high.max(1);
    if hebrew.in_words >= ENOUGH_LETTERS && share >= 60 {
        return hebrew_guess(&hebrew, share, is_visual(sample));
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(sample, whole);
    let other = detector.guess(None, Utf8Detection::Deny);
    if other.name() == "windows-1255" && hebrew.in_words >= ENOUGH_LETTERS {
        return hebrew_guess(&hebrew, share, is_visual(sample));
    }
    let detected = other.name() == "windows-1252" && hebrew.high >= ENOUGH_WESTERN && is_western(sample, hebrew.high);
    if detected || is_office_western(sample) {
        let why = "recognised: its bytes beyond ASCII are Western letters and punctuation".to_owned();
        return Guess { charset: Charset::Other(encoding_rs::WINDOWS_1252), visual: false, why };
    }
    Guess::utf_8("assumed: its bytes beyond ASCII fit no encoding that is recognised")
}

fn hebrew_guess(hebrew: &Hebrew, share: usize, visual: bool) -> Guess {
    let charset = if visual && !hebrew.of_windows { Charset::Iso8859_8 } else { Charset::Windows1255 };
    let twin = if visual || hebrew.of_windows { "" } else { "; ISO-8859-8 in reading order reads the same" };
    Guess { charset, visual, why: format!("recognised: {share}% of its bytes beyond ASCII are in Hebrew words{twin}") }
}

/// How many characters beyond ASCII are UTF-8, and how many sequences are not.
fn utf_8(sample: &[u8], whole: bool) -> (usize, usize) {
    let (mut good, mut bad) = (0, 0);
    let mut chunks = sample.utf8_chunks().peekable();
    while let Some(chunk) = chunks.next() {
        if !chunk.valid().is_ascii() {
            good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        }
        // The end of the sample may cut a character in two.
        let cut = !whole && chunks.peek().is_none() && chunk.invalid().first().is_some_and(|byte| *byte >= 0xC2);
        bad += usize::from(!chunk.invalid().is_empty() && !cut);
    }
    (good, bad)
}

/// The bytes of a sample, as a Hebrew code page would have them.
#[derive(Debug, Default)]
struct Hebrew {
    /// Bytes beyond ASCII.
    high: usize,
    /// Bytes in runs of at least two letters, vowel points among them not counted as breaking the run.
    in_words: usize,
    /// There are bytes that only the Windows code page has: punctuation, points, the shekel sign.
    of_windows: bool,
}

impl Hebrew {
    fn of(sample: &[u8]) -> Hebrew {
        let mut hebrew = Hebrew::default();
        let (mut letters, mut run) = (0, 0);
        for &byte in sample.iter().chain(b" ") {
            match byte {
                0xE0..=0xFA => {
                    letters += 1;
                    run += 1;
                }
                0xC0..=0xD2 if run > 0 => run += 1,
                _ => {
                    hebrew.in_words += if letters >= 2 { run } else { 0 };
                    (letters, run) = (0, 0);
                }
            }
            hebrew.high += usize::from(!byte.is_ascii());
            hebrew.of_windows |= matches!(byte, 0x80..=0x9F | 0xA1 | 0xA4 | 0xC0..=0xD8);
        }
        hebrew
    }
}

/// True when the final letters ם ן ץ ף ך stand at the beginning of words in a Hebrew code page.
pub(crate) fn is_visual(sample: &[u8]) -> bool {
    let is_letter = |byte: &u8| (0xE0..=0xFA).contains(byte);
    let is_final = |byte: Option<&u8>| matches!(byte, Some(0xEA | 0xED | 0xEF | 0xF3 | 0xF5));
    let (mut first, mut last) = (0, 0);
    for word in sample.split(|byte| !is_letter(byte)).filter(|word| word.len() > 1) {
        first += usize::from(is_final(word.first()));
        last += usize::from(is_final(word.last()));
    }
    first >= 2 && first > 3 * last
}

/// True when nearly all bytes beyond ASCII are punctuation, or letters beside letters, of windows-1252.
fn is_western(sample: &[u8], high: usize) -> bool {
    let fits = sample
        .iter()
        .enumerate()
        .filter(|&(at, &byte)| match byte {
            0x80 | 0x82..=0x8C | 0x91..=0x9C | 0xA0..=0xBF => true,
            0xC0..=0xFF => {
                let beside = [at.checked_sub(1), Some(at + 1)];
                beside.into_iter().flatten().any(|at| sample.get(at).is_some_and(u8::is_ascii_alphabetic))
            }
            _ => false,
        })
        .count();
    fits * 10 >= high * 9
}

/// True when all bytes beyond ASCII are the punctuation that office programs put in (’ “ – … € £), or the accented
/// letters of French, German and Spanish beside ASCII ones. Code pages of other languages have runs of high bytes.
///
/// One letter alone may be a damaged byte; one curly apostrophe is telling.
fn is_office_western(sample: &[u8]) -> bool {
    let (mut marks, mut letters) = (0, 0);
    for (at, &byte) in sample.iter().enumerate().filter(|(_, byte)| !byte.is_ascii()) {
        let before = at.checked_sub(1).and_then(|at| sample.get(at)).copied().unwrap_or(b' ');
        let after = sample.get(at + 1).copied().unwrap_or(b' ');
        match byte {
            0x80 | 0x85 | 0x91..=0x97 | 0x99 => marks += 1,
            0xA0 | 0xA3 | 0xA7 | 0xA9 | 0xAB | 0xAE | 0xB0 | 0xB7 | 0xBB => {}
            0xC0
            | 0xC4
            | 0xC7..=0xC9
            | 0xD1
            | 0xD6
            | 0xDC
            | 0xDF
            | 0xE0..=0xE2
            | 0xE4
            | 0xE7..=0xEB
            | 0xED..=0xEF
            | 0xF1
            | 0xF3
            | 0xF4
            | 0xF6
            | 0xF9..=0xFC
                if before.is_ascii_alphabetic() || after.is_ascii_alphabetic() =>
            {
                letters += 1;
            }
            _ => return false,
        }
    }
    marks > 0 || letters >= 2
}

/// UTF-16 without an order mark: one byte of each pair is nearly always that of ASCII, Hebrew or punctuation, and often
/// zero; the other never is zero.
pub(crate) fn utf_16(head: &[u8]) -> Option<Charset> {
    let count =
        |parity: usize, what: fn(&u8) -> bool| head.iter().skip(parity).step_by(2).filter(|byte| what(byte)).count();
    let pairs = head.len() / 2;
    let is_high = |parity: usize| {
        count(parity, |byte| *byte == 0) >= (pairs / 7).max(4)
            && count(parity, |byte| matches!(byte, 0 | 0x05 | 0x20)) * 10 >= pairs * 9
            && count(1 - parity, |byte| *byte == 0) == 0
    };
    match (is_high(0), is_high(1)) {
        (true, false) => Some(Charset::Utf16Be),
        (false, true) => Some(Charset::Utf16Le),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::{ISO_8859_8, WINDOWS_1252, WINDOWS_1255};

    use super::*;

    const AD: &str = "דרושים אנשים מנוסים לניהול עמודים ברשתות, 50% משרה, שכר 10,000 לחודש. English too";

    fn encoded(text: &str, encoding: &'static encoding_rs::Encoding) -> Vec<u8> {
        let (bytes, _, lost) = encoding.encode(text);
        assert!(!lost, "{text}");
        bytes.into_owned()
    }

    #[test]
    fn hebrew_code_pages() {
        let logical = guess(&encoded(AD, ISO_8859_8), true);
        assert_eq!((logical.charset, logical.visual), (Charset::Windows1255, false));
        assert!(logical.why.contains("ISO-8859-8"), "{}", logical.why);
        let windows = guess(&encoded("שכר: 9,000 ₪ – „תנאים” מעולים", WINDOWS_1255), true);
        assert_eq!((windows.charset, windows.visual), (Charset::Windows1255, false));
        let turned: String = AD.chars().rev().collect();
        let visual = guess(&encoded(&turned, ISO_8859_8), true);
        assert_eq!((visual.charset, visual.visual), (Charset::Iso8859_8, true));
        let pointed = guess(&encoded("שָׁלוֹם לְכֻלָּם", WINDOWS_1255), true);
        assert_eq!(pointed.charset, Charset::Windows1255);
    }

    #[test]
    fn utf_8_with_a_few_bad_bytes_stays_utf_8() {
        for bytes in [b"plain \xff ads".to_vec(), [AD.as_bytes(), b" \xe9\xe9\xe9 \xff"].concat(), b"caf\xe9".to_vec()]
        {
            assert_eq!(guess(&bytes, true).charset, Charset::Utf8);
        }
        // A character that the end of the sample cuts in two is no fault.
        let cut = &AD.as_bytes()[..7];
        assert!(!guess(cut, false).why.contains("not UTF-8") && guess(cut, true).why.contains("not UTF-8"));
    }

    #[test]
    fn western_punctuation_is_recognised_where_there_is_enough() {
        let text = "We’re hiring – “social” café manager, £30k • naïve • it’s • don’t";
        assert_eq!(guess(&encoded(text, WINDOWS_1252), true).charset, Charset::Other(WINDOWS_1252));
    }

    #[test]
    fn one_office_apostrophe_is_western_and_one_odd_byte_is_not() {
        for text in ["id,text\n1,We’re hiring\n", "a “social” role – remote", "café, résumé"] {
            assert_eq!(guess(&encoded(text, WINDOWS_1252), true).charset, Charset::Other(WINDOWS_1252), "{text}");
        }
        let hebrew = guess(&encoded("id,text\n1,“דרושים” אנשים – מיד\n", WINDOWS_1255), true);
        assert_eq!(hebrew.charset, Charset::Windows1255);
        for bytes in [&b"caf\xe9 only"[..], b"x \x92\xff\xfe y", b"\xf9 \xe0"] {
            assert_eq!(guess(bytes, true).charset, Charset::Utf8);
        }
    }

    #[test]
    fn utf_16_without_a_mark() {
        let le: Vec<u8> = "id,text\n1,שלום\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = "id,text\n1,שלום\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!((utf_16(&le), utf_16(&be)), (Some(Charset::Utf16Le), Some(Charset::Utf16Be)));
        assert_eq!(utf_16(b"id,text\n1,a\0b\n2,a\0b\n3,a\0b\n4,a\0b\n5,a\0b\n"), None);
        assert_eq!(utf_16(b""), None);
    }
}
