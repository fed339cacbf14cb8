//! The markup between two pieces of text: its tags one after another, with what matters of their attributes.
//!
//! Where text is and is not has been decided before this; a tag misread here can cost a line break, never a word.

/// What an element does to the text around and within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Begins and ends a line.
    Block,
    /// An item of a list.
    Item,
    /// A cell of a table.
    Cell,
    /// A line break.
    Break,
    /// A block whose line breaks are kept.
    Pre,
    /// The title of a document.
    Title,
    /// Never shown.
    Unseen,
    /// A known element within a line.
    Inline,
    /// A name that HTML does not know.
    Unknown,
}

/// One tag.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tag {
    /// The lower-case name, up to eight bytes of it, packed: known names differ within them.
    pub name: u64,
    /// What the element does.
    pub kind: Kind,
    /// True for `</name>`.
    pub end: bool,
    /// True for elements that have no content and no end tag.
    pub void: bool,
    /// True when an attribute hides the element.
    pub hidden: bool,
}

/// What stands at a place of the markup.
pub(crate) enum Found {
    /// A tag, and the byte after it.
    Tag(Tag, usize),
    /// A comment or a declaration, and the byte after it.
    Other(usize),
    /// A tag that the end of the text cuts off.
    Cut(Tag),
    /// A `<` that begins nothing.
    Nothing,
}

/// The name of an element as [`Tag::name`] has it.
pub(crate) const fn name(bytes: &[u8]) -> u64 {
    let mut packed = 0;
    let mut rest = bytes;
    let mut taken = 0;
    while let [first, tail @ ..] = rest {
        if taken == 8 {
            break;
        }
        packed = (packed << 8) | first.to_ascii_lowercase() as u64;
        rest = tail;
        taken += 1;
    }
    packed
}

/// Reads what starts at byte `at` of `raw`, where a `<` stands.
pub(crate) fn read(raw: &str, at: usize) -> Found {
    let bytes = raw.as_bytes();
    let rest = bytes.get(at..).unwrap_or_default();
    match rest {
        [b'<', b'!', b'-', b'-', ..] => Found::Other(at + comment(rest)),
        [b'<', b'/', next, ..] if next.is_ascii_alphabetic() => tag(bytes, at + 2, true),
        [b'<', next, ..] if next.is_ascii_alphabetic() => tag(bytes, at + 1, false),
        [b'<', b'!' | b'?' | b'/', ..] => {
            Found::Other(at + memchr::memchr(b'>', rest).map_or(rest.len(), |end| end + 1))
        }
        _ => Found::Nothing,
    }
}

/// True when a whole tag of a known element starts at byte `at` of `raw`, and not words in angle brackets: those have
/// no values, while `<input disabled>` has one bare name. Reads no further than the second bare name.
pub(crate) fn is_known(raw: &str, at: usize) -> bool {
    known(raw, at).is_some()
}

/// A whole tag of a known element.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known<'r> {
    /// What the element does.
    pub kind: Kind,
    /// Its name as it is written.
    pub name: &'r str,
    /// True for `</name>`.
    pub end: bool,
    /// True when some attribute has a value.
    pub valued: bool,
}

/// The tag that [`is_known`] finds.
pub(crate) fn known(raw: &str, at: usize) -> Option<Known<'_>> {
    let bytes = raw.as_bytes();
    let from = at + 1 + usize::from(bytes.get(at + 1) == Some(&b'/'));
    let rest = bytes.get(from..).unwrap_or_default();
    let length = rest.iter().take(16).take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b':').count();
    let kind = kind(rest.get(..length).unwrap_or_default()).0;
    if kind == Kind::Unknown {
        return None;
    }
    let mut attributes = Attributes { bytes, at: from + length };
    if !attributes.peek().is_some_and(|byte| is_blank(byte) || matches!(byte, b'/' | b'>')) {
        return None;
    }
    let (mut bare, mut valued) = (0, false);
    while let Some((_, value)) = attributes.next() {
        bare += usize::from(value.is_none());
        valued |= value.is_some();
        if bare > 1 {
            return None;
        }
    }
    let name = raw.get(from..from + length)?;
    (attributes.peek() == Some(b'>')).then_some(Known { kind, name, end: from == at + 2, valued })
}

/// The length of the comment that `rest` starts with.
fn comment(rest: &[u8]) -> usize {
    if rest.starts_with(b"<!-->") {
        return 5;
    }
    if rest.starts_with(b"<!--->") {
        return 6;
    }
    let mut from = 4;
    while let Some(found) = memchr::memchr(b'>', rest.get(from..).unwrap_or_default()) {
        let end = from + found + 1;
        let before = rest.get(4..end - 1).unwrap_or_default();
        if before.ends_with(b"--") || before.ends_with(b"--!") {
            return end;
        }
        from = end;
    }
    rest.len()
}

fn tag(bytes: &[u8], from: usize, end: bool) -> Found {
    let rest = bytes.get(from..).unwrap_or_default();
    let length = rest.iter().position(|byte| is_blank(*byte) || matches!(byte, b'/' | b'>')).unwrap_or(rest.len());
    let written = rest.get(..length).unwrap_or_default();
    let (kind, void) = kind(written);
    let mut tag = Tag { name: name(written), kind, end, void, hidden: false };
    let mut at = from + length;
    if bytes.get(at) == Some(&b'>') {
        return Found::Tag(tag, at + 1);
    }
    let mut attributes = Attributes { bytes, at };
    while let Some((key, value)) = attributes.next() {
        tag.hidden |= match value {
            Some(value) => key.eq_ignore_ascii_case(b"hidden") || key.eq_ignore_ascii_case(b"style") && hides(value),
            None => key.eq_ignore_ascii_case(b"hidden"),
        };
    }
    at = attributes.at;
    // A page that hides all of itself does so to show itself by a script; `<svg/>` alone may close itself.
    tag.hidden &= !matches!(written.to_ascii_lowercase().as_slice(), b"html" | b"body");
    tag.void |= tag.name == name(b"svg") && bytes.get(at.wrapping_sub(1)) == Some(&b'/');
    if bytes.get(at) == Some(&b'>') { Found::Tag(tag, at + 1) } else { Found::Cut(tag) }
}

/// The attributes of a tag; afterwards `at` is the closing `>` or the end of the text.
struct Attributes<'r> {
    bytes: &'r [u8],
    at: usize,
}

impl<'r> Attributes<'r> {
    fn next(&mut self) -> Option<(&'r [u8], Option<&'r [u8]>)> {
        self.skip(|byte| is_blank(byte) || byte == b'/');
        if matches!(self.peek(), None | Some(b'>')) {
            return None;
        }
        let from = self.at;
        // A name may begin with an equals sign, by the standard.
        self.at += 1;
        self.skip(|byte| !is_blank(byte) && !matches!(byte, b'=' | b'>' | b'/'));
        let key = self.bytes.get(from..self.at).unwrap_or_default();
        self.skip(is_blank);
        if self.peek() != Some(b'=') {
            return Some((key, None));
        }
        self.at += 1;
        self.skip(is_blank);
        Some((key, Some(self.value())))
    }

    fn value(&mut self) -> &'r [u8] {
        let quote = self.peek().filter(|byte| matches!(byte, b'"' | b'\''));
        let from = self.at + usize::from(quote.is_some());
        let rest = self.bytes.get(from..).unwrap_or_default();
        let length = match quote {
            Some(quote) => memchr::memchr(quote, rest),
            None => rest.iter().position(|&byte| is_blank(byte) || byte == b'>'),
        }
        .unwrap_or(rest.len());
        self.at = (from + length + usize::from(quote.is_some())).min(self.bytes.len());
        rest.get(..length).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip(&mut self, what: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&what) {
            self.at += 1;
        }
    }
}

/// True when a style says that the element is not shown.
fn hides(style: &[u8]) -> bool {
    let style: Vec<u8> = style.iter().filter(|byte| !is_blank(**byte)).map(u8::to_ascii_lowercase).collect();
    memchr::memmem::find(&style, b"display:none").is_some()
        || memchr::memmem::find(&style, b"visibility:hidden").is_some()
}

/// White space as HTML has it.
pub(crate) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0c')
}

/// What the element of that name does, and whether it is void.
fn kind(written: &[u8]) -> (Kind, bool) {
    let mut lower = [0; 16];
    let Some(name) = lower.get_mut(..written.len()) else { return (Kind::Unknown, false) };
    name.copy_from_slice(written);
    name.make_ascii_lowercase();
    let name: &[u8] = name;
    let kind = match name {
        b"p" | b"div" | b"ul" | b"ol" | b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" | b"table" | b"tr"
        | b"section" | b"article" | b"header" | b"footer" | b"main" | b"aside" | b"nav" | b"address"
        | b"blockquote" | b"center" | b"dl" | b"dt" | b"dd" | b"dir" | b"menu" | b"fieldset" | b"legend"
        | b"figure" | b"figcaption" | b"form" | b"hgroup" | b"search" | b"details" | b"summary" | b"dialog"
        | b"caption" | b"thead" | b"tbody" | b"tfoot" | b"html" | b"head" | b"body" | b"option" | b"optgroup"
        | b"select" => Kind::Block,
        b"hr" => return (Kind::Block, true),
        b"br" => return (Kind::Break, true),
        b"li" => Kind::Item,
        b"td" | b"th" => Kind::Cell,
        b"pre" | b"textarea" | b"listing" | b"xmp" | b"plaintext" => Kind::Pre,
        b"title" => Kind::Title,
        b"script" | b"style" | b"template" | b"noscript" | b"noembed" | b"noframes" | b"iframe" | b"svg"
        | b"datalist" | b"audio" | b"video" | b"canvas" | b"object" => Kind::Unseen,
        b"area" | b"base" | b"col" | b"embed" | b"img" | b"input" | b"link" | b"meta" | b"param" | b"source"
        | b"track" | b"wbr" => return (Kind::Inline, true),
        b"a" | b"abbr" | b"acronym" | b"b" | b"bdi" | b"bdo" | b"big" | b"button" | b"cite" | b"code" | b"colgroup"
        | b"data" | b"del" | b"dfn" | b"em" | b"font" | b"i" | b"ins" | b"kbd" | b"label" | b"map" | b"mark"
        | b"math" | b"meter" | b"output" | b"picture" | b"progress" | b"q" | b"rp" | b"rt" | b"ruby" | b"s"
        | b"samp" | b"slot" | b"small" | b"span" | b"strike" | b"strong" | b"sub" | b"sup" | b"time" | b"tt" | b"u"
        | b"var" | b"o:p" => Kind::Inline,
        _ => Kind::Unknown,
    };
    (kind, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(raw: &str) -> (Tag, usize) {
        match read(raw, 0) {
            Found::Tag(tag, end) => (tag, end),
            _ => panic!("{raw} is not a tag"),
        }
    }

    #[test]
    fn tags_end_where_browsers_end_them() {
        for (raw, end) in [
            ("<p>x", 3),
            ("<BR/>x", 5),
            ("</p >x", 5),
            ("<a title=\"a > b\" href='>'>x", 26),
            ("<a title=it's>x", 14),
            ("<a b = c>x", 9),
            ("<a / / =\">x", 10),
        ] {
            assert_eq!(first(raw).1, end, "{raw}");
        }
        for (raw, end) in [
            ("<!-- a > b -->x", 14),
            ("<!-->x", 5),
            ("<!--->x", 6),
            ("<!-- a --!>x", 11),
            ("<!doctype html>x", 15),
            ("</3>x", 4),
            ("<!-- open", 9),
        ] {
            assert!(matches!(read(raw, 0), Found::Other(at) if at == end), "{raw}");
        }
        for raw in ["<a href=\"x", "<p", "<p a=", "<p a"] {
            assert!(matches!(read(raw, 0), Found::Cut(_)), "{raw}");
        }
        for raw in ["< p>", "<3", "<מ", "<"] {
            assert!(matches!(read(raw, 0), Found::Nothing), "{raw}");
        }
    }

    #[test]
    fn hiding_attributes() {
        for (raw, hidden) in [
            ("<p hidden>", true),
            ("<p HIDDEN=\"\">", true),
            ("<p style=\"color:red; DISPLAY : none\">", true),
            ("<p style='visibility: hidden'>", true),
            ("<p style=\"display:block\">", false),
            ("<p class=\"hidden\">", false),
            ("<p aria-hidden=\"true\">", false),
            ("<p data-x=\"style=display:none\">", false),
        ] {
            assert_eq!(first(raw).0.hidden, hidden, "{raw}");
        }
    }

    #[test]
    fn words_in_angle_brackets_are_not_tags() {
        for (raw, known) in [
            ("<b>", true),
            ("</UL >", true),
            ("<br/>", true),
            ("<input disabled>", true),
            ("<a href=x target=y>", true),
            ("<b and c>", false),
            ("<company>", false),
            ("<b", false),
            ("<bold>", false),
            ("< b>", false),
            ("<>", false),
            ("<", false),
        ] {
            assert_eq!(is_known(raw, 0), known, "{raw}");
        }
    }
}
