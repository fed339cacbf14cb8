//! HTML to plain text with a map back to the raw bytes.
//!
//! `lol_html` says what is text and where it stands; the tags between the pieces of text say how the pieces are laid
//! out. Blocks become lines, list items bullets, cells are set apart, what a reader would not see is left out. This is
//! not a renderer: no styles are followed beyond those that hide an element.

mod entities;
mod layout;
mod tags;
mod unescape;

use lol_html::html_content::TextType;
use lol_html::{HtmlRewriter, Settings, doc_text};

use super::map::compose;
use crate::ad::SpanMap;
use layout::Page;
use tags::{Found, Kind};

/// The text of a piece of HTML.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extracted {
    /// What a reader sees, in lines.
    pub text: String,
    /// The way from `text` back to the raw bytes.
    pub map: SpanMap,
    /// The `<title>` of a document; empty where there is none.
    pub title: String,
}

/// A stretch of raw bytes that is text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stretch {
    start: usize,
    end: usize,
    kind: TextType,
}

/// Extracts the text of `raw`. Any string is HTML to a browser, and to this function.
pub fn extract(raw: &str) -> Extracted {
    if is_escaped_markup(raw) {
        // The whole page was escaped once more on its way, as feeds do: its tags stand in the text as references.
        let (page, outer) = unescape::unescape(raw);
        let inner = extract_once(&page);
        return Extracted { map: compose(&inner.map, &outer, inner.text.len()), ..inner };
    }
    extract_once(raw)
}

fn extract_once(raw: &str) -> Extracted {
    let mut page = Page::new(raw, has_line_markup(raw));
    let mut at = 0;
    for stretch in stretches(raw) {
        markup(&mut page, raw, at, stretch.start);
        page.text(stretch.start, stretch.end, stretch.kind);
        at = stretch.end;
    }
    markup(&mut page, raw, at, raw.len());
    page.finish()
}

/// The stretches of `raw` that are text, in order.
fn stretches(raw: &str) -> Vec<Stretch> {
    let mut found: Vec<Stretch> = Vec::new();
    let settings = Settings::new().with_strict(false).append_document_content_handler(doc_text!(|chunk| {
        let range = chunk.source_location().bytes();
        if !range.is_empty() {
            let kind = chunk.text_type();
            match found.last_mut() {
                Some(last) if last.end == range.start && last.kind == kind => last.end = range.end,
                _ => found.push(Stretch { start: range.start, end: range.end, kind }),
            }
        }
        Ok(())
    }));
    let mut rewriter = HtmlRewriter::new(settings, |_: &[u8]| {});
    let done = rewriter.write(raw.as_bytes()).and_then(|()| rewriter.end());
    if done.is_err() {
        // The parser gives up on nothing it is asked to do here; were it to, what it did not reach is kept as text.
        let start = found.last().map_or(0, |last| last.end);
        found.push(Stretch { start, end: raw.len(), kind: TextType::Data });
    }
    found
}

/// Hands the tags in `raw[from..to]` to the page.
fn markup(page: &mut Page<'_>, raw: &str, from: usize, to: usize) {
    let raw = raw.get(..to).unwrap_or_default();
    let mut at = from;
    while at < to {
        match tags::read(raw, at) {
            Found::Tag(tag, end) => {
                page.tag(tag);
                at = end;
            }
            Found::Other(end) => at = end,
            Found::Cut(tag) if tag.kind == Kind::Unknown => {
                // `salary <range` at the end of a text: no element, so words.
                page.text(at, to, TextType::Data);
                return;
            }
            Found::Cut(_) => return,
            Found::Nothing => at += 1,
        }
    }
}

/// True when `text` is HTML rather than plain text that speaks of it: a closing tag of a known element, an element that
/// makes lines, a tag with a value, two tags, or a reference closed by a semicolon.
///
/// One tag alone in prose ("use `<b>` sparingly") is words. So is one whose content a browser would not show and which
/// nothing closes ("the `<script>` tag"): as HTML the rest of the text would be lost.
pub fn looks_like_markup(text: &str) -> bool {
    let (mut tags, mut telling, mut swallows) = (0, false, false);
    for at in memchr::memchr2_iter(b'<', b'&', text.as_bytes()) {
        if text.as_bytes().get(at) == Some(&b'&') {
            telling |= text.get(at..).is_some_and(|rest| entities::decode_closed(rest).is_some());
            continue;
        }
        let Some(tag) = tags::known(text, at) else { continue };
        let hides = matches!(tag.kind, Kind::Unseen | Kind::Title)
            || ["textarea", "xmp", "plaintext", "listing"].iter().any(|name| tag.name.eq_ignore_ascii_case(name));
        match tag.kind {
            _ if tag.end => return true,
            _ if hides && !tag.valued => swallows = true,
            Kind::Block | Kind::Item | Kind::Cell | Kind::Break | Kind::Pre => telling = true,
            _ => {
                tags += 1;
                telling |= tag.valued;
            }
        }
    }
    !swallows && (telling || tags > 1)
}

/// True when some tag breaks lines; where none does, the line breaks in the text are meant.
fn has_line_markup(raw: &str) -> bool {
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'<', raw.as_bytes().get(at..).unwrap_or_default()) {
        at += found;
        match tags::read(raw, at) {
            Found::Tag(tag, end) => {
                if matches!(tag.kind, Kind::Block | Kind::Item | Kind::Cell | Kind::Break | Kind::Pre) {
                    return true;
                }
                at = end;
            }
            Found::Other(end) => at = end,
            Found::Nothing => at += 1,
            Found::Cut(_) => return false,
        }
    }
    false
}

/// True when there are tags written with `&lt;` and no real ones.
fn is_escaped_markup(raw: &str) -> bool {
    const LONGEST: usize = 256;
    let escaped = memchr::memmem::find_iter(raw.as_bytes(), b"&lt;").any(|at| {
        let rest = raw.as_bytes().get(at + 4..).unwrap_or_default();
        let near = rest.get(..LONGEST).unwrap_or(rest);
        let inside = memchr::memmem::find(near, b"&gt;").and_then(|end| raw.get(at + 4..at + 4 + end));
        inside.is_some_and(|inside| tags::is_known(&format!("<{inside}>"), 0))
    });
    escaped && !memchr::memchr_iter(b'<', raw.as_bytes()).any(|at| tags::is_known(raw, at))
}

#[cfg(test)]
mod tests;
