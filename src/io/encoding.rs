//! Bytes of a file to UTF-8: which encoding they are in, and the stream that decodes them.
//!
//! The encoding is decided once per file, by the first bytes that are not ASCII. A byte sequence that the encoding does
//! not have becomes a byte that is never UTF-8: so the check of each record finds it, and one bad record costs that
//! record and not the file.

use std::io::{self, Read};
use std::sync::{Arc, OnceLock};

use encoding_rs::{DecoderResult, Encoding, UTF_16BE, UTF_16LE};

use super::input::HEAD;
use super::recognise::{self, Guess};
use crate::error::{Error, ErrorKind};

/// What stands for a byte sequence that the encoding does not have.
pub(crate) const BAD: u8 = 0xFF;

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
        decision.settle(guess, head);
        Ok(decision)
    }

    /// The texts of a Parquet file, which are UTF-8 by its definition.
    pub fn of_columns() -> Decision {
        let decision = Decision { settled: OnceLock::new() };
        decision.settle(Guess { charset: Charset::Utf8, visual: false, why: "Parquet".to_owned() }, b"");
        decision
    }

    fn settle(&self, guess: Guess, sample: &[u8]) {
        let mark = if sample.starts_with(guess.charset.mark()) { guess.charset.mark().len() } else { 0 };
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

    /// The name of the encoding that records were decoded from; `None` where they are as they stand in the file.
    pub fn decoded_from(&self) -> Option<&'static str> {
        self.settled.get().filter(|settled| settled.charset != Charset::Utf8).map(|settled| settled.charset.name())
    }

    /// How many bytes stand before the first decoded byte, where decoding changes no other offsets.
    pub fn keeps_offsets(&self) -> Option<u64> {
        match self.settled.get() {
            Some(settled) if settled.charset == Charset::Utf8 => Some(settled.mark as u64),
            Some(_) => None,
            None => Some(0),
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
    Decode { decoder: encoding_rs::Decoder, skip: usize, ended: bool },
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
        self.decision.settle(recognise::guess(sample, whole), sample);
        self.mode = Mode::of(&self.decision);
        self.held = match &mut self.mode {
            Mode::Decode { decoder, .. } => decode(decoder, &block, false),
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
            Some(settled) => Mode::Decode {
                decoder: settled.charset.encoding().new_decoder_without_bom_handling(),
                skip: settled.mark,
                ended: false,
            },
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
                    if let Mode::Decode { decoder, ended, .. } = &mut self.mode {
                        *ended = last;
                        self.held = decode(decoder, &block, last);
                    }
                }
            }
        }
    }
}

/// Decodes a block, with [`BAD`] for what cannot be.
fn decode(decoder: &mut encoding_rs::Decoder, block: &[u8], last: bool) -> Vec<u8> {
    let mut text = vec![0; decoder.max_utf8_buffer_length_without_replacement(block.len()).unwrap_or(0) + 16];
    let (mut from, mut to) = (0, 0);
    loop {
        let source = block.get(from..).unwrap_or_default();
        let target = text.get_mut(to..).unwrap_or_default();
        let (result, read, written) = decoder.decode_to_utf8_without_replacement(source, target, last);
        from += read;
        to += written;
        match result {
            DecoderResult::InputEmpty => break,
            DecoderResult::Malformed(..) => match text.get_mut(to) {
                Some(byte) => {
                    *byte = BAD;
                    to += 1;
                }
                None => text.resize(text.len() + block.len() + 16, 0),
            },
            DecoderResult::OutputFull => text.resize(text.len() + block.len() + 16, 0),
        }
    }
    text.truncate(to);
    text
}
