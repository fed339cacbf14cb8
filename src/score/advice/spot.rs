//! Where an example sentence may stand in an ad, and how it joins what is around it.
//!
//! A sentence is either put behind another, on a line of its own where lines are short, or takes the place of a whole
//! sentence. It never cuts one in two.

use crate::ad::Span;
use crate::text::statement::Statement;

/// A place for a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    /// What the sentence replaces; empty for an insertion.
    pub span: Span,
    /// What has to stand before it.
    before: String,
    /// Whether it is a list item, which needs no opening words.
    pub item: bool,
    /// The mark it ends with; none where one stands already.
    stop: Option<char>,
}

/// The longest stretch that is replaced, in bytes.
const LONGEST: usize = 400;
const BULLETS: [char; 14] = ['-', '•', '*', '–', '—', '·', '▪', '■', '●', '►', '✓', '✔', '✅', '⭐'];
const STOPS: [char; 4] = ['.', '!', '?', '…'];

/// The text an ad is edited in.
pub(super) struct Page<'a> {
    /// The plain text.
    pub plain: &'a str,
    /// Where the title ends and the text starts: a title is never edited.
    pub text_start: usize,
    /// The statements of the plain text.
    pub statements: &'a [Statement],
}

impl Spot {
    /// The sentence as it is written here.
    pub fn write(&self, sentence: &str, opening: &str) -> String {
        let mut sentence = sentence.to_owned();
        if self.item
            && !opening.is_empty()
            && let Some(rest) = sentence.strip_prefix(opening)
        {
            let mut letters = rest.chars();
            sentence = letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect());
        }
        let bare = sentence.trim_end_matches(STOPS);
        let mut written = format!("{}{bare}", self.before);
        written.extend(self.stop);
        written
    }
}

impl Page<'_> {
    /// The end of the text.
    pub fn end(&self) -> Spot {
        let end = self.plain.trim_end().len().max(self.text_start);
        let line = self.line(end);
        let bullet = self.bullet(line);
        let text = self.plain.get(self.text_start..end).unwrap_or("");
        let last = text.chars().next_back();
        let before = match last {
            None => String::new(),
            Some(_) if bullet.is_some() || text.contains('\n') => "\n".to_owned(),
            Some(mark) if STOPS.contains(&mark) => " ".to_owned(),
            Some(_) => ". ".to_owned(),
        };
        Spot { span: Span::new(end, end), before, item: false, stop: Some('.') }
    }

    /// The first place behind byte `at` where a sentence may be put; the end of the text for a place in the title.
    pub fn behind(&self, at: usize) -> Spot {
        if at < self.text_start {
            return self.end();
        }
        let line = self.line(at);
        let line_end = line.start + self.text_of(line).trim_end().len();
        if let Some(bullet) = self.bullet(line) {
            let stop = self.text_of(line).trim_end().chars().next_back().filter(|mark| matches!(mark, '.' | ';'));
            let before = format!("\n{bullet}");
            return Spot { span: Span::new(line_end, line_end), before, item: true, stop };
        }
        let here = self.statements.iter().skip_while(|statement| statement.span.end <= at);
        for statement in here.take_while(|statement| statement.span.start < line.end) {
            let end = statement.span.end.min(line_end);
            let rest = self.plain.get(end..line_end).unwrap_or("");
            let marks = rest.len() - rest.trim_start_matches(STOPS).len();
            let after = rest.get(marks..).unwrap_or("");
            if after.trim().is_empty() {
                break;
            }
            if marks > 0 && after.starts_with(char::is_whitespace) {
                let end = end + marks;
                return Spot { span: Span::new(end, end), before: " ".to_owned(), item: false, stop: Some('.') };
            }
            let follows = self.statements.iter().find(|next| next.span.start >= end);
            if after.trim_start().starts_with(['|', '•']) || follows.is_some_and(|next| next.heading) {
                return Spot { span: Span::new(end, end), before: ". ".to_owned(), item: false, stop: Some('.') };
            }
        }
        let stopped = self.plain.get(..line_end).is_some_and(|text| text.ends_with(STOPS));
        let alone =
            self.statements.iter().filter(|s| line.start <= s.span.start && s.span.start < line.end).count() < 2;
        let before = if stopped && !alone { " " } else { "\n" };
        Spot { span: Span::new(line_end, line_end), before: before.to_owned(), item: false, stop: Some('.') }
    }

    /// The whole sentence around byte `at`, when it may be replaced: it is neither in the title nor the first of the text,
    /// which says who is wanted, and it holds nothing of `keep`.
    pub fn sentence(&self, at: usize, keep: &[Span]) -> Option<Spot> {
        if at < self.text_start {
            return None;
        }
        let line = self.line(at);
        let text = self.text_of(line);
        let bullet = self.bullet(line).map_or(0, |bullet| bullet.len());
        let own = text.get(bullet..).unwrap_or("");
        let first = line.start + bullet + (own.len() - own.trim_start().len());
        let (mut start, mut end) = (first, line.start + text.trim_end().len());
        for (place, mark) in text.char_indices().filter(|(_, mark)| STOPS.contains(mark)) {
            let next = line.start + place + mark.len_utf8();
            let follows = self.plain.get(next..line.end).unwrap_or("");
            if !follows.is_empty() && !follows.starts_with(char::is_whitespace) {
                continue;
            }
            if next <= at {
                start = next + (follows.len() - follows.trim_start().len());
            } else {
                end = line.start + place;
                break;
            }
        }
        let span = Span::new(start, end);
        let fits = start <= at && at < end && end - start <= LONGEST;
        let whole =
            self.statements.iter().any(|s| s.span.start == start || (s.span.start < start && start < s.span.end));
        let opens = !self.statements.iter().any(|s| self.text_start <= s.span.start && s.span.end <= start);
        let kept = keep.iter().any(|kept| kept.start < end && start < kept.end);
        let stopped = self.plain.get(end..line.end).is_some_and(|rest| rest.starts_with(STOPS));
        let stop = (!stopped && bullet == 0 && start > first).then_some('.');
        (fits && whole && !opens && !kept).then_some(Spot { span, before: String::new(), item: bullet > 0, stop })
    }

    /// The line around byte `at`, without its line break.
    fn line(&self, at: usize) -> Span {
        let before = self.plain.get(..at).unwrap_or("");
        let start = before.rfind('\n').map_or(0, |place| place + 1).max(self.text_start.min(at));
        let end = self.plain.get(at..).and_then(|rest| rest.find('\n')).map_or(self.plain.len(), |place| at + place);
        Span::new(start, end)
    }

    fn text_of(&self, line: Span) -> &str {
        line.of(self.plain)
    }

    /// The indent and the bullet that a line starts with.
    fn bullet(&self, line: Span) -> Option<&str> {
        let text = self.text_of(line);
        let bare = text.trim_start();
        let rest = bare.strip_prefix(BULLETS)?;
        let rest = rest.trim_start_matches('\u{fe0f}');
        let body = rest.trim_start_matches([' ', '\t', '\u{a0}']);
        let marked = body.len() < rest.len() || !bare.starts_with(['-', '*', '–', '—']);
        (marked && !body.is_empty()).then(|| text.get(..text.len() - body.len()).unwrap_or(""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::statement::statements;
    use crate::text::{Analyzer, TextSpec};

    fn edited(plain: &str, title: usize, at: &str, replace: bool) -> String {
        let analysis = Analyzer::new(&TextSpec::default()).unwrap().analyze(plain);
        let statements = statements(plain, &analysis);
        let page = Page { plain, text_start: title, statements: &statements };
        let at = plain.find(at).unwrap();
        let spot = if replace { page.sentence(at, &[]).unwrap() } else { page.behind(at) };
        let (start, end) = (spot.span.start, spot.span.end);
        format!("{}{}{}", &plain[..start], spot.write("You will write posts.", "You will "), &plain[end..])
    }

    #[test]
    fn a_sentence_goes_behind_another() {
        assert_eq!(edited("We grow. We win.", 0, "grow", false), "We grow. You will write posts. We win.");
        assert_eq!(edited("We grow.\nWe win.", 0, "grow", false), "We grow.\nYou will write posts.\nWe win.");
        assert_eq!(edited("We grow. We win.\nEnd", 0, "win", false), "We grow. We win. You will write posts.\nEnd");
        assert_eq!(edited("We grow, we win", 0, "grow", false), "We grow, we win\nYou will write posts.");
    }

    #[test]
    fn a_list_gets_an_item() {
        assert_eq!(edited("You:\n- grow\n- win", 0, "grow", false), "You:\n- grow\n- Write posts\n- win");
        assert_eq!(edited("• grow;\n• win.", 0, "grow", false), "• grow;\n• Write posts;\n• win.");
        assert_eq!(edited("- grow\n- win", 0, "win", true), "- grow\n- Write posts");
    }

    #[test]
    fn a_one_line_ad_is_cut_where_a_section_opens() {
        let text = "סידור מדפים, קופה דרישות: ניסיון של שנה | חלקית";
        let done = edited(text, 0, "קופה", false);
        assert_eq!(done, "סידור מדפים, קופה. You will write posts. דרישות: ניסיון של שנה | חלקית");
    }

    #[test]
    fn a_whole_sentence_is_replaced_and_a_title_never() {
        assert_eq!(edited("We grow. We win! End.", 0, "win", true), "We grow. You will write posts! End.");
        let title = "Guru wanted\nWe grow.";
        assert_eq!(edited(title, 12, "Guru", false), "Guru wanted\nWe grow. You will write posts.");
    }
}
