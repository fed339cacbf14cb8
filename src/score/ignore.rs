//! What an ad asks to be spared: a line such as `tachles: ignore generic, no_stake` in the ad itself.
//!
//! The line may stand in a comment (`<!-- tachles: ignore everyone -->`), and in HTML it must. Without a reason, or with
//! `all`, it stands for all six. It is no part of what is analysed.

use memchr::memmem;

use crate::ad::{Ad, Span};
use crate::label::REASONS;

/// What every directive holds.
const MARK: &str = "tachles:";

/// What the directives of one ad say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directive {
    /// A bit for each reason to be ignored.
    reasons: u8,
    /// Words that are no reasons: they are not obeyed, and worth a warning.
    pub unknown: Vec<String>,
    /// The lines of the plain text that hold directives, in order.
    pub lines: Vec<Span>,
}

impl Directive {
    /// The directives of `ad`; nothing is ignored when it has none.
    pub fn of(ad: &Ad) -> Directive {
        let mut directive = Directive::default();
        if memmem::find(ad.plain().as_bytes(), MARK.as_bytes()).is_some() {
            directive.lines_of(ad.plain());
        }
        if let Some(origin) = ad.origin()
            && memmem::find(origin.raw.as_bytes(), MARK.as_bytes()).is_some()
        {
            directive.comments_of(&origin.raw);
        }
        directive
    }

    /// True when reason number `reason` is to be ignored.
    pub fn ignores(&self, reason: usize) -> bool {
        reason < REASONS.len() && self.reasons & (1 << reason) != 0
    }

    /// A bit for each reason to be ignored.
    pub fn ignored(&self) -> u8 {
        self.reasons
    }

    /// True when all reasons are to be ignored.
    pub fn ignores_all(&self) -> bool {
        self.reasons == (1 << REASONS.len()) - 1
    }

    fn lines_of(&mut self, plain: &str) {
        let mut start = 0;
        for line in plain.split_inclusive('\n') {
            let bare = line.trim().trim_start_matches(['#', '/', ';', '<', '!', '-', ' ']);
            let bare = bare.trim_end_matches(['>', '-', ' ']);
            if let Some(rest) = bare.strip_prefix(MARK)
                && self.obey(rest)
            {
                self.lines.push(Span::new(start, start + line.trim_end_matches(['\r', '\n']).len()));
            }
            start += line.len();
        }
    }

    fn comments_of(&mut self, raw: &str) {
        for comment in raw.split("<!--").skip(1) {
            let inside = comment.split("-->").next().unwrap_or_default().trim();
            if let Some(rest) = inside.strip_prefix(MARK) {
                self.obey(rest);
            }
        }
    }

    /// Reads what stands behind the mark; false when it is no directive after all.
    fn obey(&mut self, rest: &str) -> bool {
        let mut words = rest.split([',', ' ', '\t', '\r', '\n']).filter(|word| !word.is_empty());
        if words.next() != Some("ignore") {
            return false;
        }
        let mut named = false;
        for word in words {
            named = true;
            match REASONS.iter().position(|reason| *reason == word) {
                Some(reason) => self.reasons |= 1 << reason,
                None if word == "all" => self.reasons = (1 << REASONS.len()) - 1,
                None => self.unknown.push(word.to_owned()),
            }
        }
        if !named {
            self.reasons = (1 << REASONS.len()) - 1;
        }
        true
    }

    /// Replaces `out` by `plain` with the lines of directives blanked, byte for byte, so that places stay what they are.
    pub(super) fn blank(&self, plain: &str, out: &mut String) {
        out.clear();
        let mut done = 0;
        for line in &self.lines {
            out.push_str(plain.get(done..line.start).unwrap_or(""));
            out.extend(std::iter::repeat_n(' ', line.end - line.start));
            done = line.end;
        }
        out.push_str(plain.get(done..).unwrap_or(""));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ad::SpanMap;

    fn ignored(text: &str) -> Vec<&'static str> {
        let directive = Directive::of(&Ad::new("1", "", text));
        (0..REASONS.len()).filter(|&reason| directive.ignores(reason)).map(|reason| REASONS[reason]).collect()
    }

    #[test]
    fn a_line_of_its_own_is_obeyed() {
        assert_eq!(ignored("Guru wanted\ntachles: ignore everyone\n"), ["everyone"]);
        assert_eq!(ignored("<!-- tachles: ignore generic, no_stake -->\r\nGuru"), ["generic", "no_stake"]);
        assert_eq!(ignored("# tachles: ignore"), REASONS);
        assert_eq!(ignored("tachles: ignore all"), REASONS);
        assert!(ignored("We use tachles: ignore everyone else.").is_empty());
        assert!(ignored("tachles: ignored everywhere").is_empty());
    }

    #[test]
    fn an_unknown_word_ignores_nothing() {
        let directive = Directive::of(&Ad::new("1", "", "tachles: ignore charm"));
        assert_eq!(directive.unknown, ["charm"]);
        assert!((0..6).all(|reason| !directive.ignores(reason)));
    }

    #[test]
    fn a_comment_of_the_page_is_obeyed() {
        let raw = "<p>Guru</p><!-- tachles: ignore everyone -->".to_owned();
        let ad = Ad::new("1", "", "Guru").with_origin(raw, SpanMap::default());
        let directive = Directive::of(&ad);
        assert!(directive.ignores(5) && !directive.ignores_all() && directive.lines.is_empty());
    }

    #[test]
    fn blanks_keep_places() {
        let plain = "א\ntachles: ignore\nב";
        let mut out = String::new();
        Directive::of(&Ad::new("1", "", plain)).blank(plain, &mut out);
        assert_eq!(out, "א\n               \nב");
        assert_eq!(out.len(), plain.len());
    }
}
