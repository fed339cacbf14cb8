//! The page being laid out: pieces of text and tags in, lines of text and a map out.

use lol_html::html_content::TextType;

use super::Extracted;
use super::entities;
use super::tags::{Kind, Tag, is_blank, name};
use super::unescape;
use crate::ad::SpanMap;

/// Elements open at one place; deeper ones are not followed, which matters only to hidden ones.
const DEEPEST: usize = 256;

const P: u64 = name(b"p");
const LI: u64 = name(b"li");
const DT: u64 = name(b"dt");
const DD: u64 = name(b"dd");
const TR: u64 = name(b"tr");
const TD: u64 = name(b"td");
const TH: u64 = name(b"th");
const TABLE: u64 = name(b"table");
const OPTION: u64 = name(b"option");

/// An open element.
#[derive(Clone, Copy)]
struct Open {
    name: u64,
    kind: Kind,
    hides: bool,
}

/// White space, by what it may do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Blank {
    /// A space or a tab.
    Space,
    /// A line break.
    Line,
    /// A non-breaking space.
    Fixed,
}

/// Text laid out so far.
pub(super) struct Page<'r> {
    raw: &'r str,
    text: String,
    pieces: Vec<(usize, usize, bool)>,
    title: String,
    /// The raw byte just after what was put last.
    resume: usize,
    /// Line breaks due before the next content.
    breaks: u8,
    /// A blank due before the next content: where it stands, and the byte after it.
    blank: Option<(usize, usize)>,
    bullet: bool,
    cell: bool,
    /// The line so far holds a non-breaking space and nothing else: what editors write for an empty line.
    spacer: bool,
    keep_lines: bool,
    open: Vec<Open>,
    too_deep: usize,
    hidden: usize,
    pre: usize,
}

impl<'r> Page<'r> {
    /// An empty page. Without markup for lines the line breaks of the raw text are kept.
    pub(super) fn new(raw: &'r str, has_line_markup: bool) -> Self {
        Page {
            raw,
            text: String::with_capacity(raw.len()),
            pieces: Vec::with_capacity(raw.len() / 64 + 2),
            title: String::new(),
            resume: 0,
            breaks: 0,
            blank: None,
            bullet: false,
            cell: false,
            spacer: false,
            keep_lines: !has_line_markup,
            open: Vec::new(),
            too_deep: 0,
            hidden: 0,
            pre: 0,
        }
    }

    /// The finished text.
    pub(super) fn finish(mut self) -> Extracted {
        self.mark_end(self.raw.len());
        let map = SpanMap { pieces: self.pieces, raw_len: self.raw.len() };
        Extracted { text: self.text, map, title: self.title }
    }

    /// Takes note of a tag.
    pub(super) fn tag(&mut self, tag: Tag) {
        if tag.end {
            self.close(tag);
        } else {
            self.close_implied(tag);
            self.lay_out(tag);
            if !tag.void {
                self.push(tag);
            }
        }
    }

    fn lay_out(&mut self, tag: Tag) {
        if self.hidden > 0 || tag.hidden {
            return;
        }
        match tag.kind {
            Kind::Break => self.breaks = (self.breaks + 1).min(2),
            Kind::Block | Kind::Pre | Kind::Title => self.line(),
            Kind::Item => {
                self.line();
                self.bullet = !tag.end;
            }
            Kind::Cell => self.cell = true,
            Kind::Unseen | Kind::Inline | Kind::Unknown => {}
        }
        if tag.name == TR {
            self.cell = false;
        }
    }

    fn line(&mut self) {
        let spacer = std::mem::take(&mut self.spacer);
        self.breaks = self.breaks.max(if spacer { 2 } else { 1 });
    }

    fn push(&mut self, tag: Tag) {
        if self.open.len() == DEEPEST {
            self.too_deep += 1;
            return;
        }
        let hides = tag.hidden || tag.kind == Kind::Unseen;
        self.hidden += usize::from(hides);
        self.pre += usize::from(tag.kind == Kind::Pre);
        self.open.push(Open { name: tag.name, kind: tag.kind, hides });
    }

    fn pop(&mut self) {
        if let Some(open) = self.open.pop() {
            self.hidden -= usize::from(open.hides);
            self.pre -= usize::from(open.kind == Kind::Pre);
        }
    }

    /// Closes the element of an end tag and all that is open within it.
    fn close(&mut self, tag: Tag) {
        if self.too_deep > 0 {
            self.too_deep -= 1;
        } else {
            let of_table = matches!(tag.name, TABLE | TR | TD | TH);
            // What ends a table ends its cells; nothing else reaches out of a cell.
            let within = self
                .open
                .iter()
                .rev()
                .position(|open| open.name == tag.name || (!of_table && matches!(open.name, TD | TH | TABLE)));
            if let Some(above) = within
                && self.open.iter().rev().nth(above).is_some_and(|open| open.name == tag.name)
            {
                (0..=above).for_each(|_| self.pop());
            }
        }
        if tag.kind != Kind::Break || !tag.end {
            self.lay_out(tag);
        } else {
            // Browsers read `</br>` as `<br>`.
            self.lay_out(Tag { end: false, ..tag });
        }
    }

    /// Closes what a start tag closes without an end tag: a paragraph before a block, an item before an item.
    fn close_implied(&mut self, tag: Tag) {
        let closes: &[u64] = match (tag.name, tag.kind) {
            (LI, _) => &[P, LI],
            (DT | DD, _) => &[P, DT, DD],
            (TD | TH, _) => &[P, LI, TD, TH],
            (TR, _) => &[P, LI, TD, TH, TR],
            (OPTION, _) => &[OPTION],
            (_, Kind::Block | Kind::Pre) => &[P],
            _ => return,
        };
        // The outermost element that closes, with only inline elements and other closing ones above it.
        let mut count = 0;
        for (above, open) in self.open.iter().rev().enumerate() {
            if closes.contains(&open.name) {
                count = above + 1;
            } else if matches!(open.kind, Kind::Block | Kind::Item | Kind::Cell | Kind::Pre | Kind::Unseen) {
                break;
            }
        }
        (0..count).for_each(|_| self.pop());
    }

    /// Adds the text at `raw[start..end]`.
    pub(super) fn text(&mut self, start: usize, end: usize, kind: TextType) {
        if matches!(kind, TextType::ScriptData) || self.hidden > 0 {
            return;
        }
        if self.open.last().is_some_and(|open| open.kind == Kind::Title) {
            let inside = self.raw.get(start..end).unwrap_or_default();
            if self.title.is_empty() {
                self.title = unescape::one_line(inside);
            }
            return;
        }
        let bytes = self.raw.as_bytes();
        let references = kind.allows_html_entities();
        let (mut at, mut from) = (start, start);
        while at < end {
            let Some(&byte) = bytes.get(at) else { break };
            let next = bytes.get(at + 1).copied().filter(|_| at + 1 < end);
            match byte {
                // One space between words stays where it is.
                b' ' if at > from && next.is_some_and(|next| !is_blank(next) && !matches!(next, 0xC2 | b'&')) => {}
                b' ' | b'\t' | b'\n' | b'\r' | b'\x0c' => {
                    self.copy(from, at);
                    let breaks = byte == b'\n' || (byte == b'\r' && next != Some(b'\n'));
                    self.blank(at, 1, if breaks { Blank::Line } else { Blank::Space });
                    from = at + 1;
                }
                0xC2 if next == Some(0xA0) => {
                    self.copy(from, at);
                    self.blank(at, 2, Blank::Fixed);
                    at += 1;
                    from = at + 1;
                }
                b'&' if references => {
                    let rest = self.raw.get(at..end).unwrap_or_default();
                    if let Some(found) = entities::decode(rest) {
                        self.copy(from, at);
                        self.reference(at, found);
                        at += found.len;
                        from = at;
                        continue;
                    }
                }
                _ => {}
            }
            at += 1;
        }
        self.copy(from, end);
    }

    fn blank(&mut self, at: usize, len: usize, blank: Blank) {
        self.spacer |= blank == Blank::Fixed && self.breaks > 0;
        if blank == Blank::Line && (self.keep_lines || self.pre > 0) {
            if !self.text.is_empty() {
                self.breaks = (self.breaks + 1).min(2);
            }
            self.blank = None;
        } else if self.blank.is_none() {
            self.blank = Some((at, at + len));
        }
    }

    fn reference(&mut self, at: usize, found: entities::Reference) {
        if found.first == '\u{a0}' || (found.first.is_ascii() && is_blank(found.first as u8)) {
            self.blank(at, found.len, if found.first == '\u{a0}' { Blank::Fixed } else { Blank::Space });
            return;
        }
        let mut decoded = String::from(found.first);
        decoded.extend(found.second);
        self.before(&decoded);
        self.put(&decoded, at, at + found.len);
    }

    /// Copies raw text that stands for itself.
    fn copy(&mut self, from: usize, to: usize) {
        if from >= to {
            return;
        }
        let raw = self.raw;
        self.before(raw.get(from..to).unwrap_or_default());
        let same = self.pieces.last().is_some_and(|piece| piece.2);
        if !same || self.resume != from {
            self.mark_end(from);
            self.pieces.push((self.text.len(), from, true));
        }
        self.text.push_str(raw.get(from..to).unwrap_or_default());
        self.resume = to;
    }

    /// Puts text that stands for `raw[start..end]` without being it.
    fn put(&mut self, text: &str, start: usize, end: usize) {
        self.mark_end(start);
        self.pieces.push((self.text.len(), start, false));
        self.text.push_str(text);
        self.resume = end;
    }

    /// Where a piece that does not stand for itself is followed by something not next to it, an empty piece says where
    /// it ended.
    fn mark_end(&mut self, next: usize) {
        if self.pieces.last().is_some_and(|piece| !piece.2) && self.resume != next {
            self.pieces.push((self.text.len(), self.resume, false));
        }
    }

    /// Puts what is due before `content`: line breaks, a bullet, the bar between cells, or a blank.
    fn before(&mut self, content: &str) {
        let blank = self.blank.take();
        self.spacer = false;
        let first = self.text.is_empty();
        let breaks = if first { 0 } else { std::mem::take(&mut self.breaks) };
        self.breaks = 0;
        let bullet = std::mem::take(&mut self.bullet) && !starts_with_bullet(content);
        let cell = std::mem::take(&mut self.cell) && !first && breaks == 0;
        if breaks == 0 && !bullet && !cell {
            if let Some((start, end)) = blank.filter(|_| !first && !self.text.ends_with('\n')) {
                if self.raw.get(start..end) == Some(" ") && self.resume == start {
                    self.keep_blank(start);
                } else {
                    self.put(" ", start, end);
                }
            }
            return;
        }
        let due = match (breaks, bullet, cell) {
            (0, true, _) => "• ",
            (1, true, _) => "\n• ",
            (_, true, _) => "\n\n• ",
            (0, _, _) => " | ",
            (1, _, _) => "\n",
            _ => "\n\n",
        };
        self.put(due, self.resume, self.resume);
    }

    /// A space that directly follows what was put last.
    fn keep_blank(&mut self, at: usize) {
        if !self.pieces.last().is_some_and(|piece| piece.2) {
            self.pieces.push((self.text.len(), at, true));
        }
        self.text.push(' ');
        self.resume = at + 1;
    }
}

/// True when an item brings its own bullet. `§` and `Ø` are what the bullets of Word's symbol fonts turn into.
fn starts_with_bullet(content: &str) -> bool {
    let mut chars = content.chars();
    match chars.next() {
        Some('•' | '·' | '●' | '○' | '◦' | '▪' | '■' | '□' | '‣' | '⁃' | '►' | '➤' | '✓' | '✔' | '✅' | '§' | 'Ø') => {
            true
        }
        Some('-' | '–' | '—' | '*' | '+') => chars.next().is_none_or(char::is_whitespace),
        _ => false,
    }
}
