//! Bytes of a file to UTF-8: which encoding they are in, and the stream that decodes them.
//!
//! The encoding is decided once per file, by the first bytes that are not ASCII. A byte sequence that the encoding does
//! not have becomes bytes that are never UTF-8: so the check of each record finds it, and one bad record costs that
//! record and not the file.

use std::io::{self, Read};
use std::sync::{Arc, OnceLock};

use encoding_rs::DecoderResult;

use super::charset::Charset;
use super::input::HEAD;
use super::recognise::{self, Guess};
use crate::error::{Error, ErrorKind};

/// So many bytes may stand between the first of a sequence that the encoding does not have and the one that shows it.
const LOOK_BACK: usize = 8;

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

    use super::super::charset::BAD;
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
