//! UTF-8 that was read as windows-1252 or windows-1255 and stored again: `×©×œ×•×` for שלום, `â€™` for an apostrophe.
//!
//! Each misread character is put back where its bytes are all there. A Hebrew text that lost some of them on the way
//! cannot be mended and is refused: what is left would be scored as if it were the whole.

use std::borrow::Cow;
use std::sync::OnceLock;

use encoding_rs::{Encoding, WINDOWS_1252, WINDOWS_1255};

use super::map::compose;
use crate::ad::SpanMap;
use crate::error::{Error, ErrorKind};

/// So many misread Hebrew letters make a misread text; fewer may be a times sign or a geresh beside a symbol.
const ENOUGH: usize = 3;

/// A text with misread characters put back.
#[derive(Debug)]
pub(crate) struct Mended<'t> {
    /// The text; as it was where nothing was misread.
    pub text: Cow<'t, str>,
    /// The map to the text as it was, where that is another.
    pub map: Option<SpanMap>,
}

/// Puts misread characters back.
pub(crate) fn mend(text: &str) -> Result<Mended<'_>, Error> {
    let mut mended = Mended { text: Cow::Borrowed(text), map: None };
    if hebrew_signs(text.as_bytes()) {
        mended.apply(hebrew())?;
    }
    if western_signs(mended.text.as_bytes()) {
        mended.apply(western())?;
    }
    Ok(mended)
}

impl Mended<'_> {
    fn apply(&mut self, table: &Table) -> Result<(), Error> {
        if let Some((text, map)) = table.mend(&self.text)? {
            self.map = Some(match &self.map {
                Some(outer) => compose(&map, outer, text.len()),
                None => map,
            });
            self.text = Cow::Owned(text);
        }
        Ok(())
    }
}

/// `×`, `Â`, `Ã`, `â` or `ð`, followed by more than ASCII.
fn western_signs(bytes: &[u8]) -> bool {
    memchr::memchr_iter(0xC3, bytes).any(|at| {
        matches!(bytes.get(at + 1), Some(0x97 | 0x82 | 0x83 | 0xA2 | 0xB0))
            && bytes.get(at + 2).is_some_and(|next| !next.is_ascii())
    })
}

/// A geresh, or `ג€`.
fn hebrew_signs(bytes: &[u8]) -> bool {
    memchr::memmem::find(bytes, "׳".as_bytes()).is_some() || memchr::memmem::find(bytes, "ג€".as_bytes()).is_some()
}

/// One single-byte encoding, as the culprit.
struct Table {
    encoding: &'static Encoding,
    /// The characters of the bytes from 0x80 on, by character.
    bytes: Vec<(char, u8)>,
}

fn western() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| Table::new(WINDOWS_1252))
}

fn hebrew() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| Table::new(WINDOWS_1255))
}

impl Table {
    fn new(encoding: &'static Encoding) -> Self {
        let mut bytes: Vec<(char, u8)> = (0x80..=0xFF)
            .filter_map(|byte| {
                let text = encoding.decode_without_bom_handling_and_without_replacement(std::slice::from_ref(&byte))?;
                Some((text.chars().next()?, byte))
            })
            .collect();
        bytes.sort_unstable();
        Table { encoding, bytes }
    }

    /// The byte that was read as `c`. Bytes with no character are commonly passed as the control of that number.
    fn byte(&self, c: char) -> Option<u8> {
        match self.bytes.binary_search_by_key(&c, |&(known, _)| known) {
            Ok(at) => self.bytes.get(at).map(|&(_, byte)| byte),
            Err(_) => u8::try_from(u32::from(c)).ok().filter(|byte| (0x80..=0x9F).contains(byte)),
        }
    }

    /// The misread character that `text` starts with: what it was, and how many bytes of `text` stand for it.
    fn misread(&self, text: &str) -> Option<(char, usize)> {
        let mut chars = text.chars();
        let lead = self.byte(chars.next()?)?;
        let count = match lead {
            0xC2..=0xDF => 2,
            0xE2 => 3,
            0xF0 => 4,
            _ => return None,
        };
        let mut sequence = [lead, 0, 0, 0];
        for place in sequence.iter_mut().take(count).skip(1) {
            *place = self.byte(chars.next()?)?;
        }
        let whole = std::str::from_utf8(sequence.get(..count)?).ok()?.chars().next()?;
        Some((whole, text.len() - chars.as_str().len()))
    }

    fn mend(&self, text: &str) -> Result<Option<(String, SpanMap)>, Error> {
        let (mut letters, mut lost) = (0, 0);
        let mut before = ' ';
        for (at, c) in text.char_indices() {
            if self.byte(c) == Some(0xD7) {
                match self.misread(text.get(at..).unwrap_or_default()) {
                    // A times sign or a geresh before a non-breaking space is as good as any.
                    Some(('נ', _)) => {}
                    Some(('א'..='ת', _)) => letters += 1,
                    // A times sign stands apart or after a number, a geresh after a letter.
                    _ if before.is_whitespace() || before.is_ascii_digit() || ('א'..='ת').contains(&before) => {}
                    _ => lost += 1,
                }
            }
            before = c;
        }
        let hebrew = letters >= ENOUGH;
        if hebrew && lost > 0 {
            let name = self.encoding.name();
            return Err(Error::new(
                ErrorKind::Encoding,
                format!(
                    "the text is UTF-8 that was read as {name}, and {lost} of its letters are lost, so it cannot be \
                     mended; export it again as UTF-8"
                ),
            ));
        }
        let mut mended = String::with_capacity(text.len());
        let mut pieces = Vec::new();
        let (mut at, mut from) = (0, 0);
        while let Some((rest, c)) = text.get(at..).and_then(|rest| Some((rest, rest.chars().next()?))) {
            let Some((was, length)) = self.misread(rest).filter(|&(was, _)| hebrew || is_telling(c, rest, was)) else {
                at += c.len_utf8();
                continue;
            };
            if at > from {
                pieces.push((mended.len(), from, true));
                mended.push_str(text.get(from..at).unwrap_or_default());
            }
            pieces.push((mended.len(), at, false));
            mended.push(was);
            at += length;
            from = at;
        }
        if pieces.is_empty() {
            return Ok(None);
        }
        if from < text.len() {
            pieces.push((mended.len(), from, true));
            mended.push_str(text.get(from..).unwrap_or_default());
        }
        Ok(Some((mended, SpanMap { pieces, raw_len: text.len() })))
    }
}

/// True for characters that are misread wherever they are seen: punctuation, signs and pictures of three or four bytes,
/// and in windows-1252 the accented letters.
fn is_telling(lead: char, text: &str, was: char) -> bool {
    match was {
        // A word may well end in ג and a curly quote.
        '\u{2010}'..='\u{2bff}' if lead == 'ג' => {
            text.chars().nth(1).is_some_and(|next| matches!(next, '€' | '‚' | '„'))
        }
        '\u{2010}'..='\u{2bff}' | '\u{1f000}'..='\u{1ffff}' => true,
        '\u{a0}'..='\u{ff}' => matches!(lead, 'Â' | 'Ã'),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a program makes of UTF-8 that it takes for `encoding`; bytes with no character pass as controls.
    fn misread(text: &str, encoding: &'static Encoding) -> String {
        text.bytes()
            .map(|byte| match encoding.decode_without_bom_handling_and_without_replacement(&[byte]) {
                Some(text) => text.chars().next().unwrap(),
                None => char::from(byte),
            })
            .collect()
    }

    #[test]
    fn hebrew_is_put_back() {
        let text = "דרוש/ה מנהל/ת סושיאל – ניהול עמודי \"פייסבוק\", 50% משרה";
        for encoding in [WINDOWS_1252, WINDOWS_1255] {
            let broken = misread(text, encoding);
            assert_ne!(broken, text);
            assert_eq!(mend(&broken).unwrap().text, text, "{}", encoding.name());
        }
    }

    #[test]
    fn hebrew_with_lost_letters_is_refused() {
        let broken: String = misread("דרושים אנשים מנוסים", WINDOWS_1255).chars().filter(|c| !c.is_control()).collect();
        let error = mend(&broken).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Encoding);
        assert!(error.message().contains("windows-1255") && error.message().contains("lost"), "{error}");
        assert!(mend("×\u{a9}×\u{153}×•×?").is_err() && mend("×\u{a9}×\u{153}×•× ").is_err());
    }

    #[test]
    fn punctuation_is_put_back_in_english() {
        assert_eq!(mend("weâ€™re â€“ caf\u{c3}\u{a9} Â£20Â\u{a0}k ðŸ˜€").unwrap().text, "we’re – café £20\u{a0}k 😀");
        assert_eq!(mend("לבעלי ניסיון ג€“ בלבד").unwrap().text, "לבעלי ניסיון – בלבד");
    }

    #[test]
    fn the_map_leads_to_the_misread_characters() {
        let raw = "weâ€™re ג€“ x";
        let mended = mend(raw).unwrap();
        let map = mended.map.unwrap();
        assert_eq!(mended.text, "we’re – x");
        for (part, was) in [("’", "â€™"), ("–", "ג€“"), ("we", "we"), ("x", "x"), ("re ", "re ")] {
            let at = mended.text.find(part).unwrap();
            assert_eq!(&raw[map.raw_start(at)..map.raw_end(at + part.len())], was);
        }
    }

    #[test]
    fn whole_text_is_left_alone() {
        for text in [
            "3 × 4",
            "3 ×\u{a0}4 ×\u{a0}5 ×\u{a0}6 ×\u{a0}7",
            "צ׳ק ג׳ירפה ז׳קט",
            "צ׳\u{a0}ג׳\u{a0}א׳\u{a0}ב׳\u{a0}",
            "café à la carte Âge",
            "SÃO PAULO",
            "€50 – “quoted”",
            "א׳–ה׳ ב׳, ג׳. ד׳",
            "א׳ מג”\u{a0}ב",
            "בימים א׳\u{a0}– ה׳",
            "",
        ] {
            assert!(
                matches!(mend(text), Ok(Mended { text: Cow::Borrowed(same), map: None }) if same == text),
                "{text}"
            );
        }
    }
}
