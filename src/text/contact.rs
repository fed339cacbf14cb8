//! Addresses as classes: `<email>` and `<url>`, also where a data set has masked them.

use super::TokenKind;
use super::class::{Class, class, is_alnum};
use super::scan::Scanner;
use super::tables::Names;

impl<'a> Scanner<'a> {
    /// The list of names with marks inside them.
    pub(super) fn names(&self) -> &'a Names {
        &self.tables.names
    }

    /// An e-mail or web address that starts with the word `start..end`.
    pub(super) fn address(&mut self, start: usize, end: usize) -> bool {
        if self.email(start) || self.scheme(start, end) {
            return true;
        }
        match self.at(end) {
            b'.' | b'-' => self.host(start),
            _ if is_alnum(self.at(end)) => self.host(start),
            _ => false,
        }
    }

    fn email(&mut self, start: usize) -> bool {
        if start < self.no_email_before {
            return false;
        }
        let mut at = start;
        while is_alnum(self.at(at)) || matches!(self.at(at), b'.' | b'_' | b'%' | b'+' | b'-' | b'*') {
            at += 1;
        }
        let end = if self.at(at) == b'@' { self.mail_host(at + 1) } else { None };
        match end {
            Some(end) => {
                self.push_as(start, end, TokenKind::Email, "<email>");
                true
            }
            None => {
                self.no_email_before = at;
                false
            }
        }
    }

    /// The end of the host name from `i`: two labels or more, the last one of letters.
    fn mail_host(&self, i: usize) -> Option<usize> {
        let mut best = None;
        let mut label = i;
        loop {
            let mut end = label;
            while is_alnum(self.at(end)) || matches!(self.at(end), b'-' | b'*') {
                end += 1;
            }
            let name = self.slice(label, end);
            if name.is_empty() {
                return best;
            }
            // A capital behind a complete host name starts the next sentence.
            let capital = name.starts_with(|c: char| c.is_ascii_uppercase());
            if best.is_some() && capital && !self.goes_on(self.slice(i, label), name) {
                return best;
            }
            let letters = name.trim_end_matches('-');
            if label > i && letters.len() >= 2 && letters.bytes().all(|b| b.is_ascii_alphabetic()) {
                best = Some(label + letters.len());
            }
            if self.at(end) != b'.' {
                return best;
            }
            label = end + 1;
        }
    }

    /// Whether a label in capitals belongs to the host before it: `X.CO.IL`, but not `x.com.Apply`.
    fn goes_on(&self, host: &str, label: &str) -> bool {
        let contact = &self.tables.contact;
        let label = label.to_ascii_lowercase();
        let host = host.trim_end_matches('.');
        let above = host.rsplit('.').next().unwrap_or("").to_ascii_lowercase();
        let country = matches!(above.as_str(), "co" | "org" | "ac" | "gov" | "net" | "com" | "muni");
        country && (contact.tlds.contains(&label) || (contact.small_tlds.contains(&label) && label.len() == 2))
    }

    /// `https://…`, also without its colon; `mailto:` is passed over.
    fn scheme(&mut self, start: usize, end: usize) -> bool {
        let word = self.slice(start, end);
        if self.at(end) == b':' && word.eq_ignore_ascii_case("mailto") {
            self.pos = end + 1;
            return true;
        }
        let colon = usize::from(self.at(end) == b':');
        let slashes = |i: usize| matches!(self.at(i), b'/' | b'\\') && matches!(self.at(i + 1), b'/' | b'\\');
        if !slashes(end + colon) {
            return false;
        }
        let tail = |len: usize| word.len().checked_sub(len).and_then(|cut| Some((word.get(cut..)?, cut)));
        let web = [5, 4]
            .into_iter()
            .filter_map(tail)
            .find(|(tail, _)| tail.eq_ignore_ascii_case("https") || tail.eq_ignore_ascii_case("http"));
        if let Some((_, cut)) = web.filter(|(_, cut)| *cut > 0) {
            let glued = word.get(..cut).unwrap_or("").trim_end_matches('\'').len();
            self.push_latin(start, start + glued, start + glued);
            self.pos = start + cut;
            return true;
        }
        let known = web.is_some() || (colon == 1 && (2..=10).contains(&word.len()));
        let from = end + colon + 2;
        let stop = self.url_end(from);
        if !known || stop == from {
            return false;
        }
        self.push_as(start, stop, TokenKind::Url, "<url>");
        true
    }

    /// A host name without a scheme, with what follows it.
    fn host(&mut self, start: usize) -> bool {
        if start < self.no_host_before {
            return false;
        }
        let mut best = None;
        let mut label = start;
        let mut before = 0;
        let end = loop {
            let mut end = label;
            while is_alnum(self.at(end)) || (self.at(end) == b'-' && is_alnum(self.at(end + 1))) {
                end += 1;
            }
            let name = self.slice(label, end);
            if label > start && self.is_top_label(name) {
                let whole = self.slice(start, end);
                if before >= 2 || self.tables.contact.hosts.contains(whole.to_ascii_lowercase().as_str()) {
                    best = Some(end);
                }
            }
            before = name.len();
            if self.at(end) != b'.' || !is_alnum(self.at(end + 1)) {
                break end;
            }
            label = end + 1;
        };
        let web = self.slice(start, end);
        if best.is_none() && web.len() > 6 && web.get(..4).is_some_and(|www| www.eq_ignore_ascii_case("www.")) {
            best = Some(end);
        }
        let Some(host) = best else {
            self.no_host_before = end;
            return false;
        };
        let stop = match self.at(host) {
            b'/' | b'?' | b'#' => self.url_end(host),
            b':' if self.at(host + 1).is_ascii_digit() => self.url_end(host),
            _ => host,
        };
        self.push_as(start, stop.max(host), TokenKind::Url, "<url>");
        true
    }

    fn is_top_label(&self, label: &str) -> bool {
        let contact = &self.tables.contact;
        (2..=contact.longest_label).contains(&label.len())
            && (contact.small_tlds.contains(label) || contact.tlds.contains(label.to_ascii_lowercase().as_str()))
    }

    /// The end of a web address from `i` on: up to a blank, a quote, an angle bracket, or Hebrew that is not a part of
    /// the path; punctuation at the end is left out.
    fn url_end(&self, i: usize) -> usize {
        let mut end = i;
        loop {
            let byte = self.at(end);
            let path = matches!(self.before(end), b'/' | b'=' | b'-' | b'_' | b'%') || self.hebrew_before(end);
            match class(byte) {
                Class::Latin | Class::Digit => end += 1,
                Class::Mark if !matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'\\' | b'|' | b'{' | b'}' | b'^') => {
                    end += 1
                }
                Class::Wide if self.is_hebrew(end) && path && end > i => end += 2,
                Class::Wide if self.other_letter(end) > 0 => end += self.other_letter(end),
                _ => break,
            }
        }
        let opened = self.slice(i, end).contains('(');
        while end > i {
            match self.before(end) {
                b'.' | b',' | b';' | b':' | b'!' | b'?' | b'*' | b'[' | b']' | b'(' => end -= 1,
                b')' if !opened => end -= 1,
                _ => break,
            }
        }
        end
    }

    /// `***@example.com`.
    pub(super) fn masked_address(&mut self) -> bool {
        let here = self.pos;
        let Some(end) = self.mail_host(here + 1) else { return false };
        let mut start = here;
        while start > self.last_end && self.before(start) == b'*' {
            start -= 1;
        }
        self.push_as(start, end, TokenKind::Email, "<email>");
        true
    }

    /// `#EMAIL_1a2b#`: an address that a data set has masked.
    pub(super) fn mask(&mut self, here: usize) -> bool {
        let mut name = here + 1;
        while self.at(name).is_ascii_uppercase() {
            name += 1;
        }
        let Some((kind, form)) = self.class_of(self.slice(here + 1, name)) else { return false };
        if self.at(name) != b'_' {
            return false;
        }
        let mut end = name + 1;
        while is_alnum(self.at(end)) {
            end += 1;
        }
        if self.at(end) != b'#' || end == name + 1 {
            return false;
        }
        self.push_as(here, end + 1, kind, form);
        true
    }

    /// `<email>`, `[URL]`, `{phone}`: the class by its name.
    pub(super) fn tag(&mut self) -> bool {
        let here = self.pos;
        let mut end = here + 1;
        while class(self.at(end)) == Class::Latin || self.at(end) == b'-' {
            end += 1;
        }
        let closing = match self.at(here) {
            b'<' => b'>',
            b'[' => b']',
            _ => b'}',
        };
        if self.at(end) != closing {
            return false;
        }
        let Some((kind, form)) = self.class_of(self.slice(here + 1, end)) else { return false };
        self.push_as(here, end + 1, kind, form);
        true
    }

    fn class_of(&self, name: &str) -> Option<(TokenKind, &'static str)> {
        let contact = &self.tables.contact;
        let listed = |list: &[String]| list.iter().any(|tag| tag.eq_ignore_ascii_case(name));
        if listed(&contact.email_tags) {
            Some((TokenKind::Email, "<email>"))
        } else if listed(&contact.phone_tags) {
            Some((TokenKind::Phone, "<phone>"))
        } else if listed(&contact.url_tags) {
            Some((TokenKind::Url, "<url>"))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::forms_of;

    #[test]
    fn addresses_are_classes() {
        let want = ["<email>", "<url>", "<url>", "<email>"];
        assert_eq!(forms_of("a.b+c@d.co.il, www.x.y/z. bit.ly/3 mailto:a@b.com"), want);
        assert_eq!(forms_of("skills.Net done.We st@rTech"), ["skills", "net", "done", "we", "st", "rtech"]);
    }

    #[test]
    fn capitals_are_part_of_a_known_host() {
        for written in ["JOBS@X.CO.IL", "jobs@X.CO.IL", "Jobs@Company.Co.Il", "a@b.CO.UK"] {
            assert_eq!(forms_of(written), ["<email>"], "{written}");
        }
        assert_eq!(forms_of("jobs@x.co.il.Apply now"), ["<email>", "apply", "now"]);
    }

    #[test]
    fn masks_are_classes() {
        assert_eq!(forms_of("#EMAIL_0aff# [url] <PHONE> #URL"), ["<email>", "<url>", "<phone>", "url"]);
    }
}
