//! Raw fields to the text of an ad: markup taken out where there is any, mojibake mended, visual order turned.

use std::borrow::Cow;

use super::Markup;
use super::html;
use super::mojibake;
use super::visual;
use crate::ad::SpanMap;
use crate::error::Error;

/// The text of an ad as its pieces are added.
#[derive(Debug, Default)]
pub(crate) struct Body {
    /// The text so far.
    pub text: String,
    /// The map to the raw pieces joined by line feeds; none as long as the text is those, byte for byte.
    pub map: Option<SpanMap>,
    /// The title of an HTML document among the pieces.
    pub title: String,
    raw_len: usize,
}

impl Body {
    /// Adds a piece on a line of its own; a blank one is passed over.
    pub fn add(&mut self, raw: &str, markup: Markup, visual: bool) -> Result<(), Error> {
        if raw.chars().all(is_blank) {
            return Ok(());
        }
        let raw = mojibake::mend(raw)?;
        if !self.text.is_empty() {
            self.plain("\n");
        }
        if !is_markup(&raw, markup) {
            self.plain(&ordered(&raw, visual));
            return Ok(());
        }
        let page = html::extract(&raw);
        if visual {
            // Turned text has no pieces that stand in the raw bytes one for one, so it has no map.
            self.plain(&ordered(&page.text, visual));
            if self.title.is_empty() {
                self.title = ordered(&page.title, visual).into_owned();
            }
            return Ok(());
        }
        if self.text.is_empty() {
            // The usual case, one piece of HTML: nothing to join.
            *self = Body { text: page.text, map: Some(page.map), title: page.title, raw_len: raw.len() };
            return Ok(());
        }
        let map = self.map.get_or_insert_with(|| SpanMap {
            pieces: if self.text.is_empty() { Vec::new() } else { vec![(0, 0, true)] },
            raw_len: self.raw_len,
        });
        let (plain, base) = (self.text.len(), self.raw_len);
        map.pieces.extend(page.map.pieces.iter().map(|&(at, raw, same)| (plain + at, base + raw, same)));
        self.raw_len += raw.len();
        map.raw_len = self.raw_len;
        self.text.push_str(&page.text);
        if self.title.is_empty() {
            self.title = page.title;
        }
        Ok(())
    }

    fn plain(&mut self, text: &str) {
        if let Some(map) = &mut self.map {
            map.pieces.push((self.text.len(), self.raw_len, true));
            map.raw_len += text.len();
        }
        self.raw_len += text.len();
        self.text.push_str(text);
    }
}

/// A title or a name: one piece of text, as it is unless it has references or tags.
pub(crate) fn line(raw: &str, markup: Markup, visual: bool) -> Result<Cow<'_, str>, Error> {
    if raw.chars().all(is_blank) {
        return Ok(Cow::Borrowed(""));
    }
    let raw = mojibake::mend(raw)?;
    if markup == Markup::Plain || !html::looks_like_markup(&raw) {
        return Ok(if visual { Cow::Owned(ordered(&raw, visual).into_owned()) } else { raw });
    }
    let text = html::extract(&raw).text;
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    Ok(Cow::Owned(ordered(&text, visual).into_owned()))
}

fn is_markup(raw: &str, markup: Markup) -> bool {
    match markup {
        Markup::Plain => false,
        Markup::Html => true,
        Markup::Auto => html::looks_like_markup(raw),
    }
}

fn ordered(text: &str, visual: bool) -> Cow<'_, str> {
    if visual { Cow::Owned(visual::to_logical(text)) } else { Cow::Borrowed(text) }
}

/// White space, and characters that show nothing: zero-width ones, direction marks, a byte order mark.
pub(crate) fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}
