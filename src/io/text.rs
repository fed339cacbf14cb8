//! Raw fields to the text of an ad: markup taken out where there is any, mojibake mended, visual order turned.

use std::borrow::Cow;

use super::Markup;
use super::html;
use super::map::compose;
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
    /// The raw pieces joined by line feeds, once there is a map; the text itself stands for them before.
    pub raw: String,
    /// Some piece was UTF-8 that had been misread, and was put right.
    pub mended: bool,
}

impl Body {
    /// Adds a piece on a line of its own; one that shows no text is passed over.
    pub fn add(&mut self, raw: &str, markup: Markup, visual: bool) -> Result<(), Error> {
        if raw.chars().all(is_blank) {
            return Ok(());
        }
        let mended = mojibake::mend(raw)?;
        self.mended |= mended.map.is_some();
        let page = is_markup(&mended.text, markup).then(|| html::extract(&mended.text));
        if let Some(page) = &page {
            if self.title.is_empty() {
                self.title = ordered(&page.title, visual).into_owned();
            }
            if page.text.is_empty() {
                return Ok(());
            }
        }
        if !self.text.is_empty() {
            self.plain("\n");
        }
        match (page, mended.map) {
            // Turned text has no pieces that stand in the raw bytes one for one, so it has no map.
            (page, _) if visual => {
                self.text.push_str(&ordered(page.as_ref().map_or(&mended.text, |page| &page.text), true))
            }
            (None, None) => self.plain(raw),
            (None, Some(map)) => self.mapped(mended.text.into_owned(), map, raw),
            (Some(page), None) => self.mapped(page.text, page.map, raw),
            (Some(page), Some(outer)) => {
                let map = compose(&page.map, &outer, page.text.len());
                self.mapped(page.text, map, raw);
            }
        }
        Ok(())
    }

    /// Adds text that is not its raw bytes.
    fn mapped(&mut self, text: String, added: SpanMap, raw: &str) {
        if self.text.is_empty() {
            // The usual case, one piece of HTML: nothing to join.
            self.raw = raw.to_owned();
            (self.text, self.map) = (text, Some(added));
            return;
        }
        if self.map.is_none() {
            self.raw.clone_from(&self.text);
        }
        let (plain, base) = (self.text.len(), self.raw.len());
        let map = self.map.get_or_insert_with(|| SpanMap { pieces: vec![(0, 0, true)], raw_len: 0 });
        map.pieces.extend(added.pieces.iter().map(|&(at, raw, same)| (plain + at, base + raw, same)));
        self.raw.push_str(raw);
        map.raw_len = self.raw.len();
        self.text.push_str(&text);
    }

    /// Adds text that is its raw bytes.
    fn plain(&mut self, text: &str) {
        if let Some(map) = &mut self.map {
            map.pieces.push((self.text.len(), self.raw.len(), true));
            self.raw.push_str(text);
            map.raw_len = self.raw.len();
        }
        self.text.push_str(text);
    }
}

/// A title or a name: one piece of text, as it is unless it has references or tags.
pub(crate) fn line(raw: &str, markup: Markup, visual: bool) -> Result<Cow<'_, str>, Error> {
    if raw.chars().all(is_blank) {
        return Ok(Cow::Borrowed(""));
    }
    let raw = mojibake::mend(raw)?.text;
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pieces_of_all_kinds_keep_their_places(picks in prop::collection::vec(0_usize..8, 1..6)) {
            // Each piece with a word in it, and that word as it stands in the raw bytes.
            let pieces = [
                ("plain & simple", "simple", "simple"),
                ("<p>x</p><p>R&amp;D</p>", "R&D", "R&amp;D"),
                ("weâ€™re", "’", "â€™"),
                ("<b>itâ€™s</b> it &lt; 3", "it’s", "itâ€™s"),
                ("שלום\nעולם", "עולם", "עולם"),
                ("<ul><li>first</li></ul>", "first", "first"),
                ("&lt;p&gt;esc&amp;amp;aped&lt;/p&gt;", "c&a", "c&amp;amp;a"),
                ("<p>&nbsp;</p>", "", ""),
            ];
            let mut body = Body::default();
            for &pick in &picks {
                body.add(pieces[pick].0, Markup::Auto, false).unwrap();
            }
            let shown: Vec<_> = picks.iter().map(|&pick| pieces[pick]).filter(|piece| !piece.1.is_empty()).collect();
            let raw = shown.iter().map(|piece| piece.0).collect::<Vec<_>>().join("\n");
            let mut from = 0;
            for (_, word, was) in shown {
                let at = from + body.text[from..].find(word).unwrap();
                from = at + word.len();
                let (start, end) = match &body.map {
                    Some(map) => (map.raw_start(at), map.raw_end(from)),
                    None => (at, from),
                };
                prop_assert_eq!(&raw[start..end], was, "{:?}", body);
            }
            if let Some(map) = &body.map {
                prop_assert_eq!(map.raw_len, raw.len());
                prop_assert_eq!(&body.raw, &raw);
            }
        }
    }
}
