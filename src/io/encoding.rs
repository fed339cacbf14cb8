//! Bytes of a file to UTF-8: which encoding they are in, and the stream that decodes them.
//!
//! The encoding is decided once per file, by the first bytes that are not ASCII. A byte sequence that the encoding does
//! not have becomes bytes that are never UTF-8: so the check of each record finds it, and one bad record costs that
//! record and not the file. Of UTF-16 and of encodings with one byte a character they tell which bytes they stand for, so
//! that the place and the bytes of a record in the file can be told from what was decoded.

use std::borrow::Cow;
use std::io::{self, Read};
use std::sync::{Arc, OnceLock};

use encoding_rs::{DecoderResult, Encoding, UTF_16BE, UTF_16LE};

use super::input::HEAD;
use super::recognise::{self, Guess};
use crate::error::{Error, ErrorKind};

/// What stands for a byte sequence that an encoding of several bytes a character does not have.
const BAD: u8 = 0xFF;
/// The first of the two bytes that stand for one byte of the file, whose upper two bits are its lower two. The second is
/// like any but the first of a character.
const BYTE: u8 = 0xF8;
/// So many bytes may stand between the first of a sequence that the encoding does not have and the one that shows it.
const LOOK_BACK: usize = 8;

/// The encodings a file may be read in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Charset {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// UTF-16, low byte first.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
    /// The Hebrew code page of Windows.
    Windows1255,
    /// The Hebrew standard; whether in reading or in display order is recognised.
    Iso8859_8,
    /// The Hebrew standard in reading order (`iso-8859-8-i`).
    Iso8859_8Logical,
    /// The Hebrew standard in display order (`iso-8859-8-visual`, `iso-8859-8-e`).
    Iso8859_8Visual,
    /// Any other encoding of the WHATWG standard, by its label.
    Other(&'static Encoding),
}

impl Charset {
    /// Reads the name of an encoding: `utf-8`, `utf-16le`, `utf-16be`, `windows-1255`, `iso-8859-8`, `iso-8859-8-i`,
    /// `iso-8859-8-visual`, or any label of the WHATWG standard.
    pub fn parse(label: &str) -> Result<Charset, Error> {
        let known = match label.trim().to_ascii_lowercase().as_str() {
            "iso-8859-8" | "iso8859-8" | "hebrew" => Some(Charset::Iso8859_8),
            "iso-8859-8-i" | "logical" => Some(Charset::Iso8859_8Logical),
            "iso-8859-8-visual" | "iso-8859-8-e" | "visual" => Some(Charset::Iso8859_8Visual),
            "cp1255" | "windows1255" => Some(Charset::Windows1255),
            lower => Encoding::for_label_no_replacement(lower.as_bytes()).map(Charset::of),
        };
        known.ok_or_else(|| {
            let rule = "an encoding must be utf-8, utf-16le, utf-16be, windows-1255, iso-8859-8, iso-8859-8-i, \
                        iso-8859-8-visual or a WHATWG label";
            Error::new(ErrorKind::Usage, format!("{rule}, is {label:?}"))
        })
    }

    fn of(encoding: &'static Encoding) -> Charset {
        match encoding.name() {
            "UTF-8" => Charset::Utf8,
            "UTF-16LE" => Charset::Utf16Le,
            "UTF-16BE" => Charset::Utf16Be,
            "windows-1255" => Charset::Windows1255,
            "ISO-8859-8-I" => Charset::Iso8859_8Logical,
            _ => Charset::Other(encoding),
        }
    }

    /// The usual name of the encoding.
    pub fn name(self) -> &'static str {
        match self {
            Charset::Iso8859_8 | Charset::Iso8859_8Logical | Charset::Iso8859_8Visual => "ISO-8859-8",
            _ => self.encoding().name(),
        }
    }

    fn encoding(self) -> &'static Encoding {
        match self {
            Charset::Utf8 => encoding_rs::UTF_8,
            Charset::Utf16Le => UTF_16LE,
            Charset::Utf16Be => UTF_16BE,
            Charset::Windows1255 => encoding_rs::WINDOWS_1255,
            Charset::Iso8859_8 | Charset::Iso8859_8Logical | Charset::Iso8859_8Visual => encoding_rs::ISO_8859_8,
            Charset::Other(encoding) => encoding,
        }
    }

    /// How many bytes of the file became `decoded`; `None` where that does not show. A character counts where its first
    /// byte is, so pieces may be cut anywhere.
    fn original_len(self, decoded: &[u8]) -> Option<u64> {
        let all = decoded.iter();
        match self {
            Charset::Utf8 => Some(decoded.len() as u64),
            Charset::Utf16Le | Charset::Utf16Be => Some(all.map(|&byte| bytes_of_utf_16(byte)).sum()),
            _ if self.encoding().is_single_byte() => Some(all.filter(|&byte| byte & 0xC0 != 0x80).count() as u64),
            _ => None,
        }
    }

    /// The bytes of the file that became `decoded`, and `decoded` itself where that does not show. A character that is
    /// cut off at the end is left out.
    pub(crate) fn original(self, decoded: &[u8]) -> Cow<'_, [u8]> {
        let low_first = match self {
            Charset::Utf8 => return Cow::Borrowed(decoded),
            Charset::Utf16Le => Some(true),
            Charset::Utf16Be => Some(false),
            _ if self.encoding().is_single_byte() => None,
            _ => return Cow::Borrowed(decoded),
        };
        let bytes_of = |unit: u16| if low_first == Some(true) { unit.to_le_bytes() } else { unit.to_be_bytes() };
        let mut bytes = Vec::with_capacity(decoded.len());
        let mut rest = decoded;
        while !rest.is_empty() {
            let text = rest.utf8_chunks().next().map_or("", |chunk| chunk.valid());
            match low_first {
                Some(_) => bytes.extend(text.encode_utf16().flat_map(bytes_of)),
                None => bytes.extend_from_slice(&self.encoding().encode(text).0),
            }
            rest = match rest.get(text.len()..).unwrap_or_default() {
                [first @ BYTE..=0xFB, second, after @ ..] => {
                    bytes.push(first << 6 | second & 0x3F);
                    after
                }
                [0xED, second, third, after @ ..] if low_first.is_some() => {
                    bytes.extend(bytes_of(0xD000 | u16::from(second & 0x3F) << 6 | u16::from(third & 0x3F)));
                    after
                }
                [_, after @ ..] => after,
                [] => break,
            };
        }
        Cow::Owned(bytes)
    }

    /// Adds to `text` what stands for `bytes`, a sequence that the encoding does not have: never UTF-8.
    fn stand_in(self, bytes: &[u8], text: &mut Vec<u8>) {
        let lone = |byte: u8| [BYTE | byte >> 6, 0x80 | byte & 0x3F];
        match self {
            Charset::Utf16Le | Charset::Utf16Be => {
                let (units, odd) = bytes.as_chunks::<2>();
                for unit in units {
                    // Half of a pair, as UTF-8 would have it if it had such.
                    let (high, low) = match (self, *unit) {
                        (Charset::Utf16Le, [low, high]) | (_, [high, low]) => (high, low),
                    };
                    text.extend([0xE0 | high >> 4, 0x80 | (high & 0x0F) << 2 | low >> 6, 0x80 | low & 0x3F]);
                }
                text.extend(odd.iter().copied().flat_map(lone));
            }
            _ if self.encoding().is_single_byte() => text.extend(bytes.iter().copied().flat_map(lone)),
            _ => text.push(BAD),
        }
    }

    /// The order mark that a file in this encoding may start with.
    fn mark(self) -> &'static [u8] {
        match self {
            Charset::Utf8 => b"\xef\xbb\xbf",
            Charset::Utf16Le => b"\xff\xfe",
            Charset::Utf16Be => b"\xfe\xff",
            _ => b"",
        }
    }
}

/// How many bytes of UTF-16 the character has that begins with `byte` in what was decoded, or what stands in for one: 1 for
/// the odd byte at the end of a file, 0 for a byte that begins nothing.
fn bytes_of_utf_16(byte: u8) -> u64 {
    match byte {
        0x80..=0xBF => 0,
        BYTE.. => 1,
        0xF0.. => 4,
        _ => 2,
    }
}

/// How a file is decoded; settled once, perhaps after some ASCII was read.
#[derive(Debug)]
pub(crate) struct Decision {
    settled: OnceLock<Settled>,
}

#[derive(Debug)]
struct Settled {
    charset: Charset,
    visual: bool,
    /// Bytes of the order mark, which are not part of the text.
    mark: usize,
    why: String,
}

impl Decision {
    /// Decides by the head of a file, unless the head is ASCII and there is more.
    pub fn of_head(head: &[u8], whole: bool, given: Option<Charset>) -> Result<Decision, Error> {
        let decision = Decision { settled: OnceLock::new() };
        if head.starts_with(b"\xff\xfe\0\0") || head.starts_with(b"\0\0\xfe\xff") {
            return Err(Error::new(ErrorKind::Encoding, "UTF-32 is not read; save the file as UTF-8"));
        }
        let marked = [Charset::Utf8, Charset::Utf16Le, Charset::Utf16Be]
            .into_iter()
            .find(|charset| head.starts_with(charset.mark()));
        let guess = match (given, marked) {
            // `utf-16` names both orders, and the mark says which.
            (Some(Charset::Utf16Le | Charset::Utf16Be), Some(charset)) => {
                Guess { charset, visual: false, why: "by its byte order mark".to_owned() }
            }
            (Some(charset), _) => Guess { charset, visual: false, why: "as given".to_owned() },
            (None, Some(charset)) => Guess { charset, visual: false, why: "by its byte order mark".to_owned() },
            (None, None) => match recognise::utf_16(head) {
                Some(charset) => Guess { charset, visual: false, why: "recognised by its zero bytes".to_owned() },
                None if head.is_ascii() && !whole => return Ok(decision),
                None => recognise::guess(head, whole),
            },
        };
        let mark = if head.starts_with(guess.charset.mark()) { guess.charset.mark().len() } else { 0 };
        decision.settle(guess, head, mark);
        Ok(decision)
    }

    /// The texts of a Parquet file, which are UTF-8 by its definition.
    pub fn of_columns() -> Decision {
        let decision = Decision { settled: OnceLock::new() };
        decision.settle(Guess { charset: Charset::Utf8, visual: false, why: "Parquet".to_owned() }, b"", 0);
        decision
    }

    fn settle(&self, guess: Guess, sample: &[u8], mark: usize) {
        let visual = match guess.charset {
            Charset::Iso8859_8Visual => true,
            Charset::Iso8859_8 | Charset::Windows1255 => guess.visual || recognise::is_visual(sample),
            _ => false,
        };
        // Only the first decision counts, and only one thread makes any.
        let _ = self.settled.set(Settled { charset: guess.charset, visual, mark, why: guess.why });
    }

    /// A line for the log: the encoding, how it is known, and the order of Hebrew where that is not the usual one.
    pub fn note(&self) -> String {
        let Some(settled) = self.settled.get() else { return "read as UTF-8 (nothing but ASCII so far)".to_owned() };
        let order = match settled.charset {
            _ if settled.visual => ", Hebrew in display order turned to reading order",
            Charset::Iso8859_8 | Charset::Iso8859_8Logical => ", Hebrew in reading order",
            _ => "",
        };
        format!("read as {} ({}){order}", settled.charset.name(), settled.why)
    }

    /// What the reader of a single posting should know: that its bytes are not what they seem.
    pub fn remark(&self) -> Option<String> {
        let settled = self.settled.get()?;
        (settled.visual || settled.charset != Charset::Utf8).then(|| self.note())
    }

    /// True when Hebrew is stored in the order it is displayed in.
    pub fn visual(&self) -> bool {
        self.settled.get().is_some_and(|settled| settled.visual)
    }

    /// The encoding that records were decoded from; `None` where they are as they stand in the file.
    pub fn decoded_from(&self) -> Option<Charset> {
        self.settled.get().map(|settled| settled.charset).filter(|&charset| charset != Charset::Utf8)
    }

    /// What the length of a record is counted in, for messages.
    pub fn unit(&self) -> &'static str {
        if self.decoded_from().is_some() { "bytes in UTF-8" } else { "bytes" }
    }

    /// How many bytes stand before the first decoded byte: those of the order mark.
    pub fn before(&self) -> u64 {
        self.settled.get().map_or(0, |settled| settled.mark as u64)
    }

    /// How many bytes of the file became `decoded`; `None` where that does not show. Of a text in pieces, however they are
    /// cut, the sum is that of the whole.
    pub fn original_len(&self, decoded: &[u8]) -> Option<u64> {
        match self.decoded_from() {
            None => Some(decoded.len() as u64),
            Some(charset) => charset.original_len(decoded),
        }
    }
}

/// A reader of UTF-8 over a reader of anything.
pub(crate) struct Decoder<R> {
    inner: R,
    decision: Arc<Decision>,
    mode: Mode,
    /// Bytes read from `inner` and not given out: raw before `mode` has worked on them, UTF-8 after.
    held: Vec<u8>,
    given: usize,
}

enum Mode {
    /// Nothing but ASCII so far.
    Undecided,
    /// UTF-8: bytes pass as they are, after so many that are skipped.
    Pass { skip: usize },
    /// Anything else.
    Decode { decoding: Decoding, skip: usize, ended: bool },
}

/// The decoding of a file under way.
struct Decoding {
    charset: Charset,
    decoder: encoding_rs::Decoder,
    /// The last bytes of the blocks before: a sequence may begin in one block and show in the next that it is none.
    before: Vec<u8>,
}

impl<R: Read> Decoder<R> {
    /// Decodes `inner` as decided.
    pub fn new(inner: R, decision: Decision) -> Self {
        let mode = Mode::of(&decision);
        Decoder { inner, decision: Arc::new(decision), mode, held: Vec::new(), given: 0 }
    }

    /// The decision, shared.
    pub fn decision(&self) -> Arc<Decision> {
        Arc::clone(&self.decision)
    }

    /// Gives out what is held; 0 when nothing is.
    fn give(&mut self, buffer: &mut [u8]) -> usize {
        let held = self.held.get(self.given..).unwrap_or_default();
        let length = held.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..length), held.get(..length)) {
            to.copy_from_slice(from);
        }
        self.given += length;
        length
    }

    /// Reads up to `length` bytes, fewer only at the end.
    fn take(&mut self, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(length);
        Read::by_ref(&mut self.inner).take(length as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Fills `held` in the undecided mode: with ASCII, or with a decision and what it was made by.
    fn decide(&mut self) -> io::Result<()> {
        let mut block = self.take(HEAD)?;
        let Some(first) = block.iter().position(|byte| !byte.is_ascii()) else {
            self.held = block;
            return Ok(());
        };
        let more = self.take(first)?;
        let whole = more.len() < first;
        block.extend_from_slice(&more);
        let sample = block.get(first..).unwrap_or_default();
        // What looks like an order mark here stands in the middle of the file, and is decoded like any character.
        self.decision.settle(recognise::guess(sample, whole), sample, 0);
        self.mode = Mode::of(&self.decision);
        self.held = match &mut self.mode {
            Mode::Decode { decoding, .. } => decoding.decode(&block, false),
            _ => block,
        };
        Ok(())
    }
}

impl Mode {
    fn of(decision: &Decision) -> Mode {
        match decision.settled.get() {
            None => Mode::Undecided,
            Some(settled) if settled.charset == Charset::Utf8 => Mode::Pass { skip: settled.mark },
            Some(settled) => Mode::Decode { decoding: Decoding::of(settled.charset), skip: settled.mark, ended: false },
        }
    }
}

impl<R: Read> Read for Decoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let length = self.give(buffer);
            if length > 0 {
                return Ok(length);
            }
            self.given = 0;
            self.held.clear();
            match &mut self.mode {
                Mode::Undecided => {
                    self.decide()?;
                    if self.held.is_empty() {
                        return Ok(0);
                    }
                }
                Mode::Pass { skip: 0 } => return self.inner.read(buffer),
                Mode::Pass { skip } => {
                    let skip = std::mem::take(skip);
                    self.take(skip)?;
                }
                Mode::Decode { ended: true, .. } => return Ok(0),
                Mode::Decode { skip, .. } => {
                    let skip = std::mem::take(skip);
                    self.take(skip)?;
                    let block = self.take(HEAD)?;
                    let last = block.len() < HEAD;
                    if let Mode::Decode { decoding, ended, .. } = &mut self.mode {
                        *ended = last;
                        self.held = decoding.decode(&block, last);
                    }
                }
            }
        }
    }
}

impl Decoding {
    fn of(charset: Charset) -> Decoding {
        Decoding { charset, decoder: charset.encoding().new_decoder_without_bom_handling(), before: Vec::new() }
    }

    /// Decodes the next block, with what stands in for the sequences that the encoding does not have.
    fn decode(&mut self, block: &[u8], last: bool) -> Vec<u8> {
        let room = block.len() + 16;
        let mut text = vec![0; self.decoder.max_utf8_buffer_length_without_replacement(block.len()).unwrap_or(0) + 16];
        let (mut from, mut to) = (0, 0);
        let (mut lost, mut instead) = (Vec::new(), Vec::new());
        loop {
            let source = block.get(from..).unwrap_or_default();
            let target = text.get_mut(to..).unwrap_or_default();
            let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(source, target, last);
            from += read;
            to += written;
            match result {
                DecoderResult::InputEmpty => break,
                DecoderResult::OutputFull => text.resize(text.len() + room, 0),
                DecoderResult::Malformed(length, after) => {
                    let (length, after) = (usize::from(length), usize::from(after));
                    let start = (self.before.len() + from).saturating_sub(after + length);
                    lost.clear();
                    lost.extend(self.before.iter().chain(block).skip(start).take(length));
                    instead.clear();
                    self.charset.stand_in(&lost, &mut instead);
                    if text.len() < to + instead.len() {
                        text.resize(text.len() + room, 0);
                    }
                    if let Some(place) = text.get_mut(to..to + instead.len()) {
                        place.copy_from_slice(&instead);
                    }
                    to += instead.len();
                }
            }
        }
        text.truncate(to);
        self.before.extend_from_slice(block.get(block.len().saturating_sub(LOOK_BACK)..).unwrap_or_default());
        self.before.drain(..self.before.len().saturating_sub(LOOK_BACK));
        text
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    fn decoded(bytes: &[u8], charset: Charset) -> Vec<u8> {
        let whole = bytes.len() < HEAD;
        let decision = Decision::of_head(bytes.get(..HEAD).unwrap_or(bytes), whole, Some(charset)).unwrap();
        let mut text = Vec::new();
        Decoder::new(Cursor::new(bytes), decision).read_to_end(&mut text).unwrap();
        text
    }

    #[test]
    fn every_byte_of_a_code_page_leads_back() {
        let all: Vec<u8> = (0..=255).collect();
        let hebrew = "windows-1255 iso-8859-8 iso-8859-8-i iso-8859-8-visual";
        let windows = "windows-874 windows-1250 windows-1251 windows-1252 windows-1253 windows-1254 windows-1256 windows-1257 windows-1258";
        let iso = "iso-8859-2 iso-8859-3 iso-8859-4 iso-8859-5 iso-8859-6 iso-8859-7 iso-8859-10 iso-8859-13 iso-8859-14 iso-8859-15 iso-8859-16";
        let others = "ibm866 koi8-r koi8-u macintosh x-mac-cyrillic x-user-defined";
        for label in [hebrew, windows, iso, others].into_iter().flat_map(str::split_whitespace) {
            let charset = Charset::parse(label).unwrap();
            let text = decoded(&all, charset);
            assert_eq!(charset.original(&text), all, "{label}");
            assert_eq!(charset.original_len(&text), Some(256), "{label}");
            for byte in all.chunks(1) {
                let known = charset.encoding().decode_without_bom_handling_and_without_replacement(byte).is_some();
                let text = decoded(byte, charset);
                assert_eq!(std::str::from_utf8(&text).is_ok(), known, "{label}: {byte:?}");
                assert_eq!(charset.original(&text), byte, "{label}");
            }
        }
    }

    #[test]
    fn where_bytes_do_not_show_what_was_decoded_is_kept() {
        let charset = Charset::parse("shift_jis").unwrap();
        let text = decoded(b"a\x83\x65\xff b", charset);
        assert_eq!(text, ["aテ".as_bytes(), &[BAD], b" b"].concat());
        assert_eq!((charset.original(&text).as_ref(), charset.original_len(&text)), (text.as_slice(), None));
    }

    #[test]
    fn of_a_character_that_is_cut_off_nothing_is_told() {
        let text = "שלום".as_bytes();
        assert_eq!(Charset::Windows1255.original(&text[..7]).len(), 3);
        assert_eq!(Charset::Utf16Be.original(&text[..7]).len(), 6);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]

        #[test]
        fn utf_16_leads_back_whatever_is_in_it(
            // The end of the first block falls before, between or behind the units.
            filler in prop_oneof![1..4usize, HEAD / 2 - 6..HEAD / 2 + 1],
            units in prop::collection::vec(prop_oneof![any::<u16>(), 0xD800..0xE000u16, Just(0xD800), Just(0x0A)], 0..12),
            odd in prop::option::of(any::<u8>()),
            low_first in any::<bool>(),
            cut in any::<prop::sample::Index>(),
        ) {
            let units: Vec<u16> = std::iter::repeat_n(u16::from(b'a'), filler).chain(units).collect();
            let bytes_of = |unit: &u16| if low_first { unit.to_le_bytes() } else { unit.to_be_bytes() };
            let bytes: Vec<u8> = units.iter().flat_map(bytes_of).chain(odd).collect();
            let charset = if low_first { Charset::Utf16Le } else { Charset::Utf16Be };
            let text = decoded(&bytes, charset);
            let sound = char::decode_utf16(units).all(|unit| unit.is_ok()) && odd.is_none();
            prop_assert_eq!(std::str::from_utf8(&text).is_ok(), sound);
            prop_assert!(charset.original(&text) == bytes);
            let (front, back) = text.split_at(cut.index(text.len()));
            let sum = charset.original_len(front).unwrap() + charset.original_len(back).unwrap();
            prop_assert_eq!(sum, bytes.len() as u64);
        }
    }
}
