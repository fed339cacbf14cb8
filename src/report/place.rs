//! Lines and columns in the file as it was read, for programs that show findings beside the source.

use crate::ad::{Ad, Span};

/// A region of the file: lines and columns from 1, offsets from 0, all in code points; the end is one past the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Region {
    pub start_line: usize,
    pub start_column: usize,
    pub end_line: usize,
    pub end_column: usize,
    pub offset: usize,
    pub length: usize,
}

/// The text as it was read, and how to find spans of the plain text in it.
pub(super) struct Places<'a> {
    ad: &'a Ad,
    raw: &'a str,
}

impl<'a> Places<'a> {
    /// The places of `ad`.
    pub fn new(ad: &'a Ad) -> Self {
        Places { ad, raw: ad.origin().map_or(ad.text(), |origin| &origin.raw) }
    }

    /// Where `span` of the plain text was read; `None` for a title that is not in the file.
    pub fn region(&self, span: Span) -> Option<Region> {
        let from = self.ad.text_start();
        let (mut start, mut end) = (span.start.checked_sub(from)?, span.end.checked_sub(from)?);
        if let Some(origin) = self.ad.origin() {
            (start, end) = (origin.map.raw_start(start), origin.map.raw_end(end).max(origin.map.raw_start(start)));
        }
        let before = self.raw.get(..start)?;
        let inside = self.raw.get(start..end)?;
        let (start_line, start_column) = walk(before, 1, 1);
        let (end_line, end_column) = walk(inside, start_line, start_column);
        let (offset, length) = (before.chars().count(), inside.chars().count());
        Some(Region { start_line, start_column, end_line, end_column, offset, length })
    }
}

/// The line and column behind `text`, which begins at the given ones.
fn walk(text: &str, line: usize, column: usize) -> (usize, usize) {
    match text.rsplit_once('\n') {
        None => (line, column + text.chars().count()),
        Some((head, last)) => (line + head.matches('\n').count() + 1, last.chars().count() + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ad::SpanMap;

    #[test]
    fn lines_and_columns_count_code_points() {
        let ad = Ad::new("1", "", "🚀 א\nבג דה");
        let start = ad.plain().find('ד').unwrap();
        let region = Places::new(&ad).region(Span::new(start, start + 4)).unwrap();
        assert_eq!((region.start_line, region.start_column, region.end_line, region.end_column), (2, 4, 2, 6));
        assert_eq!((region.offset, region.length), (7, 2));
    }

    #[test]
    fn a_title_from_outside_has_no_place_and_markup_is_counted() {
        let titled = Ad::new("1", "Guru", "Be ours");
        assert_eq!(Places::new(&titled).region(Span::new(0, 4)), None);
        assert_eq!(Places::new(&titled).region(Span::new(5, 7)).unwrap().start_column, 1);
        let map = SpanMap { pieces: vec![(0, 3, true)], raw_len: 11 };
        let page = Ad::new("1", "", "guru").with_origin("<b>guru</b>".to_owned(), map);
        let region = Places::new(&page).region(Span::new(0, 4)).unwrap();
        assert_eq!((region.start_column, region.end_column), (4, 8));
    }
}
