//! The fields of one CSV record, and the machine that finds where records end.
//!
//! Both jump from one byte that matters to the next (`memchr`) and copy nothing: the thread that reads only frames, fields are
//! unquoted by those who need them. What a quote means where is as in `csv_core`, and a test holds both to the same fields.

use std::borrow::Cow;

use super::dialect::Dialect;

/// One record as it stands in the file.
#[derive(Clone, Debug)]
pub(crate) struct Fields {
    /// The record, decoded, without its line end.
    pub raw: Vec<u8>,
    /// How many fields it has.
    pub count: usize,
    /// Where the first of them end, as the framer met them.
    ends: Vec<usize>,
    dialect: Dialect,
}

/// A record with the ends of its fields found.
pub(crate) struct Cut<'r> {
    fields: &'r Fields,
    /// Where each field ends; the next begins behind a delimiter.
    ends: Cow<'r, [usize]>,
}

impl Fields {
    /// The record `raw`, which `framer` has found the end of.
    pub fn new(raw: Vec<u8>, framer: Framer) -> Fields {
        let Framer { dialect, count, mut ends, .. } = framer;
        if ends.len() + 1 == count {
            ends.push(raw.len());
        }
        Fields { raw, count, ends, dialect }
    }

    /// Finds the ends of the fields.
    pub fn cut(&self) -> Cut<'_> {
        let mut ends = Cow::Borrowed(self.ends.as_slice());
        while ends.len() < self.count {
            let end = self.end(ends.last().map_or(0, |end| end + 1));
            ends.to_mut().push(end);
        }
        Cut { fields: self, ends }
    }

    /// Where the field that begins at `at` ends.
    fn end(&self, mut at: usize) -> usize {
        let Dialect { delimiter, quote, .. } = self.dialect;
        let rest = |at: usize| self.raw.get(at..).unwrap_or_default();
        if self.raw.get(at) == Some(&quote) {
            at += 1 + self.dialect.closes(rest(at + 1)).unwrap_or(self.raw.len());
        }
        memchr::memchr(delimiter, rest(at)).map_or(self.raw.len(), |delimiter| at + delimiter)
    }
}

impl<'r> Cut<'r> {
    /// The field at `index` as it is written, quotes and all.
    pub fn written(&self, index: usize) -> Option<&'r [u8]> {
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).map(|end| end + 1))?;
        self.fields.raw.get(start..end)
    }

    /// The field at `index`, unquoted.
    pub fn get(&self, index: usize) -> Option<Cow<'r, [u8]>> {
        self.written(index).map(|written| self.fields.dialect.unquoted(written))
    }

    /// The fields in order.
    pub fn iter(&self) -> impl Iterator<Item = Cow<'r, [u8]>> {
        (0..self.ends.len()).filter_map(|index| self.get(index))
    }

    /// True when the record has as many fields as its header, which has `width`, or further ones that are empty.
    /// Spreadsheets write such behind the last.
    pub fn fits(&self, width: usize) -> bool {
        let count = self.ends.len();
        count == width
            || count > width && (width..count).all(|index| self.get(index).is_none_or(|field| field.is_empty()))
    }
}

impl Dialect {
    /// In `rest`, which follows an opening quote, where the first byte behind the closing one stands.
    fn closes(self, rest: &[u8]) -> Option<usize> {
        let mut at = 0;
        loop {
            let from = rest.get(at..)?;
            let found = self.in_quotes(from)?;
            let doubled = from.get(found + 1) == Some(&self.quote);
            match from.get(found) == Some(&self.quote) {
                true if !doubled => return Some(at + found + 1),
                _ => at += found + 2,
            }
        }
    }

    /// The first byte within quotes that does not stand for itself.
    fn in_quotes(self, bytes: &[u8]) -> Option<usize> {
        match self.escape {
            None => memchr::memchr(self.quote, bytes),
            Some(escape) => memchr::memchr2(self.quote, escape, bytes),
        }
    }

    /// A field without its quotes.
    fn unquoted(self, written: &[u8]) -> Cow<'_, [u8]> {
        let Some((_, mut rest)) = written.split_first().filter(|(first, _)| **first == self.quote) else {
            return Cow::Borrowed(written);
        };
        let mut whole = Vec::new();
        while let Some(found) = self.in_quotes(rest) {
            let (before, mark) = rest.split_at_checked(found).unwrap_or_default();
            let quote = mark.first() == Some(&self.quote);
            let next = mark.get(1..).unwrap_or_default();
            if quote && next.is_empty() && whole.is_empty() {
                return Cow::Borrowed(before);
            }
            whole.extend_from_slice(before);
            if quote && next.first() != Some(&self.quote) {
                // Behind the closing quote all bytes stand for themselves.
                rest = next;
                break;
            }
            // A doubled quote, or whatever follows an escape.
            whole.extend(next.first());
            rest = next.get(1..).unwrap_or_default();
        }
        whole.extend_from_slice(rest);
        Cow::Owned(whole)
    }
}

/// Ends of fields that are kept of a record: with more, memory would grow with a record that is too long.
const ENDS: usize = 1024;

/// Finds where records end in bytes that come piece by piece.
#[derive(Clone, Debug)]
pub(crate) struct Framer {
    dialect: Dialect,
    state: State,
    /// Fields begun of the record under way.
    pub count: usize,
    /// Where the first [`ENDS`] of them end.
    ends: Vec<usize>,
    /// Bytes of the record in the pieces before.
    before: usize,
    /// The last byte of those.
    last: u8,
    /// The quote just met within quotes stands where one that opens would: at the beginning of a line, or behind a delimiter.
    opens: bool,
    /// The place of the first such quote that was taken to close, although other bytes follow it.
    pub reopened: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// At the first byte of a field.
    Begin,
    /// In a field where quotes stand for themselves.
    Plain,
    /// Within quotes.
    Quoted,
    /// Behind a quote within quotes, which closes them or is the first of two.
    Quote,
    /// Behind an escape within quotes.
    Escaped,
}

impl Framer {
    /// At the first byte of a record.
    pub fn new(dialect: Dialect) -> Framer {
        Framer {
            dialect,
            state: State::Begin,
            count: 1,
            ends: Vec::new(),
            before: 0,
            last: 0,
            opens: false,
            reopened: None,
        }
    }

    /// True when the bytes so far end within quotes.
    pub fn is_quoted(&self) -> bool {
        matches!(self.state, State::Quoted | State::Escaped)
    }

    /// Goes on through `piece`; how many bytes of it belong to the record, and whether the last of them ends it.
    pub fn scan(&mut self, piece: &[u8]) -> (usize, bool) {
        let (taken, ended) = self.scan_piece(piece);
        self.before += taken;
        self.last = taken.checked_sub(1).and_then(|last| piece.get(last)).copied().unwrap_or(self.last);
        (taken, ended)
    }

    fn scan_piece(&mut self, piece: &[u8]) -> (usize, bool) {
        let Dialect { delimiter, quote, .. } = self.dialect;
        let mut at = 0;
        while let Some(&byte) = piece.get(at) {
            let rest = piece.get(at..).unwrap_or_default();
            match self.state {
                State::Begin if byte == quote => (at, self.state) = (at + 1, State::Quoted),
                State::Quote if byte == quote => (at, self.state) = (at + 1, State::Quoted),
                State::Quote => {
                    if self.opens && byte != delimiter && !matches!(byte, b'\n' | b'\r') {
                        self.reopened.get_or_insert((self.before + at).saturating_sub(1));
                    }
                    self.state = State::Plain;
                }
                State::Begin => self.state = State::Plain,
                State::Escaped => (at, self.state) = (at + 1, State::Quoted),
                State::Quoted => match self.dialect.in_quotes(rest) {
                    None => return (piece.len(), false),
                    Some(found) => {
                        let quote = rest.get(found) == Some(&quote);
                        let before = (at + found).checked_sub(1).map_or(Some(&self.last), |before| piece.get(before));
                        self.opens = before.is_some_and(|&byte| byte == delimiter || matches!(byte, b'\n' | b'\r'));
                        (at, self.state) = (at + found + 1, if quote { State::Quote } else { State::Escaped });
                    }
                },
                State::Plain => match memchr::memchr3(delimiter, b'\n', b'\r', rest) {
                    None => return (piece.len(), false),
                    Some(found) if rest.get(found) == Some(&delimiter) => {
                        if self.ends.len() < ENDS {
                            self.ends.push(self.before + at + found);
                        }
                        (at, self.state) = (at + found + 1, State::Begin);
                        self.count += 1;
                    }
                    Some(found) => return (at + found + 1, true),
                },
            }
        }
        (piece.len(), false)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn dialects() -> impl Strategy<Value = Dialect> {
        (prop_oneof![Just(b','), Just(b';'), Just(b'\t')], prop_oneof![Just(b'"'), Just(b'\'')], any::<bool>())
            .prop_map(|(delimiter, quote, escapes)| Dialect { delimiter, quote, escape: escapes.then_some(b'\\') })
    }

    /// All records of `text`, read in pieces of `size` bytes.
    fn records(text: &[u8], dialect: Dialect, size: usize) -> Vec<Vec<Vec<u8>>> {
        let mut all = Vec::new();
        let (mut framer, mut raw) = (Framer::new(dialect), Vec::new());
        let mut end = |framer: &mut Framer, raw: &mut Vec<u8>| {
            let framer = std::mem::replace(framer, Framer::new(dialect));
            let fields = Fields::new(std::mem::take(raw), framer);
            all.push(fields.cut().iter().map(Cow::into_owned).collect());
        };
        for piece in text.chunks(size) {
            let mut at = 0;
            while let Some(&byte) = piece.get(at) {
                if raw.is_empty() && matches!(byte, b'\n' | b'\r') {
                    at += 1;
                    continue;
                }
                let (taken, ended) = framer.scan(&piece[at..]);
                raw.extend_from_slice(&piece[at..at + taken]);
                at += taken;
                if ended {
                    raw.pop();
                    end(&mut framer, &mut raw);
                }
            }
        }
        if !raw.is_empty() {
            end(&mut framer, &mut raw);
        }
        all
    }

    proptest! {
        #[test]
        fn records_and_fields_are_those_of_the_csv_crate(
            dialect in dialects(),
            parts in proptest::collection::vec(
                prop_oneof![Just(","), Just(";"), Just("\t"), Just("\""), Just("\"\""), Just("'"), Just("''"), Just("\\"),
                    Just("\n"), Just("\r\n"), Just("\r"), Just("a"), Just("קו"), Just("two words")],
                0..60,
            ),
            size in 1usize..40,
        ) {
            let text = parts.concat();
            let mut reader = csv::ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .delimiter(dialect.delimiter)
                .quote(dialect.quote)
                .escape(dialect.escape)
                .from_reader(text.as_bytes());
            let expected: Vec<Vec<Vec<u8>>> = reader
                .byte_records()
                .map(|record| record.unwrap().iter().map(<[u8]>::to_vec).collect())
                .collect();
            prop_assert_eq!(records(text.as_bytes(), dialect, size), expected);
        }
    }

    #[test]
    fn what_needs_no_unquoting_is_not_copied() {
        let raw = br#"1,"two","th""ree",4"#;
        let mut framer = Framer::new(Dialect::of(b"a,b", None));
        framer.scan(raw);
        let fields = Fields::new(raw.to_vec(), framer);
        let cut = fields.cut();
        assert!(matches!(cut.get(0), Some(Cow::Borrowed(b"1"))));
        assert!(matches!(cut.get(1), Some(Cow::Borrowed(b"two"))));
        assert_eq!(cut.get(2).as_deref(), Some(&b"th\"ree"[..]));
        assert_eq!((cut.written(2), cut.get(4)), (Some(&b"\"th\"\"ree\""[..]), None));
    }

    #[test]
    fn fields_behind_those_whose_ends_are_kept_are_found_too() {
        let text = (0..2 * ENDS).map(|at| format!("\"{at},\"")).collect::<Vec<_>>().join(",");
        let [record] = &records(text.as_bytes(), Dialect::of(b"a,b", None), 100)[..] else { panic!("one record") };
        assert_eq!(record.len(), 2 * ENDS);
        assert!(record.iter().enumerate().all(|(at, field)| *field == format!("{at},").into_bytes()));
    }
}
