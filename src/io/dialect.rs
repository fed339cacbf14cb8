//! The dialect of a CSV file, recognised by its head: delimiter, quote, escape.

/// How the fields of a file are set apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dialect {
    pub delimiter: u8,
    pub quote: u8,
    /// What makes a quote within quotes a character, besides doubling it.
    pub escape: Option<u8>,
}

impl Dialect {
    /// Recognises the dialect of a file that begins with `head`; `given` is the delimiter the user has named.
    pub fn of(head: &[u8], given: Option<u8>) -> Dialect {
        let quote = quote(head);
        let delimiter = given.unwrap_or_else(|| delimiter(head, quote));
        let doubled = Dialect { delimiter, quote, escape: None };
        let escaped = Dialect { escape: Some(b'\\'), ..doubled };
        let better = doubled.has_escaped_quotes(head) && escaped.fitting(head) >= doubled.fitting(head);
        if better { escaped } else { doubled }
    }

    /// The delimiter that a first line `sep=;` declares, as spreadsheets write it and read it.
    pub fn declared(head: &[u8]) -> Option<u8> {
        let rest = head.strip_prefix(b"sep=").or_else(|| head.strip_prefix(b"\"sep="))?;
        let (&delimiter, rest) = rest.split_first()?;
        let rest = rest.strip_prefix(b"\"").unwrap_or(rest);
        (rest.starts_with(b"\n") || rest.starts_with(b"\r"))
            .then_some(delimiter)
            .filter(|byte| byte.is_ascii_punctuation() || *byte == b'\t')
    }

    /// True when a quoted field holds a backslash and a quote that cannot be its end.
    fn has_escaped_quotes(self, head: &[u8]) -> bool {
        let mut opens = true;
        let mut quoted = false;
        let mut rest = head;
        while let Some((&byte, after)) = rest.split_first() {
            rest = after;
            match byte {
                b'\\' if quoted && after.first() == Some(&self.quote) => {
                    let next = after.get(1).copied();
                    if next.is_some_and(|next| {
                        !matches!(next, b'\r' | b'\n') && next != self.delimiter && next != self.quote
                    }) {
                        return true;
                    }
                }
                byte if byte == self.quote && quoted => match after.first() {
                    Some(&next) if next == self.quote => rest = after.get(1..).unwrap_or_default(),
                    _ => quoted = false,
                },
                byte if byte == self.quote && opens => quoted = true,
                _ => {}
            }
            opens = !quoted && (byte == self.delimiter || matches!(byte, b'\r' | b'\n'));
        }
        false
    }

    /// How many records of `head` have as many fields as its first.
    fn fitting(self, head: &[u8]) -> usize {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(self.delimiter)
            .quote(self.quote)
            .escape(self.escape)
            .from_reader(head);
        let widths: Vec<usize> = reader.byte_records().filter_map(Result::ok).map(|record| record.len()).collect();
        widths.iter().filter(|width| Some(*width) == widths.first()).count()
    }
}

/// The quote: a single one where the header is written with such, a double one otherwise.
fn quote(head: &[u8]) -> u8 {
    let line = head.split(|byte| matches!(byte, b'\n' | b'\r')).find(|line| !line.is_empty()).unwrap_or_default();
    let line = line.trim_ascii();
    let single = line.len() > 2 && line.starts_with(b"'") && line.ends_with(b"'") && !line.contains(&b'"');
    if single { b'\'' } else { b'"' }
}

/// The delimiter that splits the header into the most names; a comma where none does.
fn delimiter(head: &[u8], quote: u8) -> u8 {
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0), (b'|', 0)];
    let mut quoted = false;
    for &byte in head.trim_ascii_start() {
        match byte {
            byte if byte == quote => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            _ if quoted => {}
            _ => counts.iter_mut().filter(|(delimiter, _)| *delimiter == byte).for_each(|(_, count)| *count += 1),
        }
    }
    // The first of equals wins: max_by_key would take the last.
    counts.iter().rev().max_by_key(|(_, count)| *count).filter(|(_, count)| *count > 0).map_or(b',', |&(byte, _)| byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters_are_sniffed_outside_quotes() {
        let delimiter = |head: &[u8]| Dialect::of(head, None).delimiter;
        assert_eq!(delimiter(b"id,title,text\n1;2;3;4;5"), b',');
        assert_eq!(delimiter(b"id;title;text\n"), b';');
        assert_eq!(delimiter(b"\"a,b,c,d\"\tx\ty\n"), b'\t');
        assert_eq!(delimiter(b"text\n"), b',');
        assert_eq!(delimiter(b""), b',');
        assert_eq!(delimiter(b"a|b\r\n"), b'|');
        assert_eq!(delimiter(b"'a,b','c'\n"), b',');
        assert_eq!(Dialect::of(b"a;b", Some(b',')).delimiter, b',');
    }

    #[test]
    fn quotes_and_escapes_are_sniffed() {
        let of = |head: &[u8]| {
            let dialect = Dialect::of(head, None);
            (dialect.quote, dialect.escape)
        };
        assert_eq!(of(b"id,text\n1,\"a \\\"b\\\" c\"\n"), (b'"', Some(b'\\')));
        assert_eq!(of(b"id,text\n1,\"a \"\"b\"\" c\"\n"), (b'"', None));
        // A path that ends in a backslash ends its field, too.
        assert_eq!(of(b"id,text\n\"C:\\\",\"x\"\n\"D:\\\",\"y\"\n"), (b'"', None));
        assert_eq!(of("id,text\n1,קו\\\"ח לשלוח\n".as_bytes()), (b'"', None));
        assert_eq!(of(b"'id','text'\n'1','it''s'\n"), (b'\'', None));
    }
}
