//! Prefix letters: the words a Hebrew form may hold under ו ה ב כ ל מ ש.
//!
//! Nothing is decided here. `בקרה` may be ב+קרה or a word of its own, and [`Clitics::readings`] gives both.

/// A stem shorter than this many bytes (two letters) is no word.
const SHORTEST_STEM: usize = 4;
/// Chains longer than this many bytes (four letters) are read before a stem only, and never stand alone.
const LONGEST_ALONE: usize = 8;

/// The legal chains of prefix letters, as `clitics.toml` lists them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clitics {
    /// Shortest first.
    chains: Vec<String>,
    /// A bit for every letter from א on that a chain starts with.
    first: u32,
}

impl Clitics {
    /// No chains: every form has its bare reading only.
    pub(super) const NONE: Clitics = Clitics { chains: Vec::new(), first: 0 };

    pub(super) fn new(mut chains: Vec<String>) -> Clitics {
        chains.sort_by(|a, b| a.len().cmp(&b.len()).then(a.cmp(b)));
        let first = chains.iter().fold(0, |first, chain| first | bit(chain));
        Clitics { chains, first }
    }

    /// The ways to read `form` as prefix letters and a stem: `("", form)` first, then longer and longer prefixes.
    ///
    /// A vav that the stem starts with is written twice behind a prefix (`הוועדה`); such a form is read both ways.
    /// Forms that are not Hebrew have the bare reading only.
    ///
    /// ```
    /// use tachles::text::{Analyzer, TextSpec};
    ///
    /// let analyzer = Analyzer::new(&TextSpec::default())?;
    /// let all: Vec<_> = analyzer.clitics().readings("ובפייסבוק").collect();
    /// assert_eq!(all, [("", "ובפייסבוק"), ("ו", "בפייסבוק"), ("וב", "פייסבוק")]);
    /// # Ok::<(), tachles::Error>(())
    /// ```
    pub fn readings<'f>(&self, form: &'f str) -> impl Iterator<Item = (&'f str, &'f str)> {
        let room = form.len().saturating_sub(SHORTEST_STEM);
        let chains = if bit(form) & self.first != 0 { self.chains.as_slice() } else { &[] };
        let split = chains.iter().take_while(move |chain| chain.len() <= room).filter_map(move |chain| {
            let stem = form.strip_prefix(chain.as_str())?;
            let letter = stem.starts_with(|c| ('א'..='ת').contains(&c));
            letter.then(|| (form.get(..chain.len()).unwrap_or(""), stem))
        });
        let split = split.flat_map(|(prefix, stem)| {
            let single = stem.strip_prefix('ו').filter(|rest| rest.starts_with('ו') && rest.len() >= SHORTEST_STEM);
            [Some((prefix, stem)), single.map(|rest| (prefix, rest))]
        });
        std::iter::once(("", form)).chain(split.flatten())
    }

    /// Whether `letters` is one of the legal chains and nothing else.
    pub fn is_chain(&self, letters: &str) -> bool {
        letters.len() <= LONGEST_ALONE && self.chains.iter().any(|chain| chain == letters)
    }
}

/// The bit of the letter that `text` starts with; none where that is not one from א to ת.
fn bit(text: &str) -> u32 {
    let letter = text.chars().next().filter(|c| ('א'..='ת').contains(c));
    letter.map_or(0, |letter| 1 << (u32::from(letter) - u32::from('א')))
}

#[cfg(test)]
mod tests {
    use super::super::Tables;
    use super::*;

    fn own() -> Clitics {
        Tables::own().unwrap().clitics.clone()
    }

    fn all(form: &str) -> Vec<(String, String)> {
        own().readings(form).map(|(prefix, stem)| (prefix.to_owned(), stem.to_owned())).collect()
    }

    fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
        of.iter().map(|&(prefix, stem)| (prefix.to_owned(), stem.to_owned())).collect()
    }

    fn holds(form: &str, prefix: &str, stem: &str) -> bool {
        own().readings(form).any(|reading| reading == (prefix, stem))
    }

    #[test]
    fn the_table_is_read() {
        let own = own();
        assert!(own.chains.len() > 40, "help: data/text/clitics.toml");
        assert_eq!(own.first.count_ones(), "והבכלמש".chars().count() as u32);
    }

    #[test]
    fn bare_form_comes_first_and_ambiguity_is_kept() {
        assert_eq!(all("בקרה"), pairs(&[("", "בקרה"), ("ב", "קרה")]));
        assert_eq!(all("המדדים"), pairs(&[("", "המדדים"), ("ה", "מדדים")]));
        assert_eq!(all("ולינקדאין"), pairs(&[("", "ולינקדאין"), ("ו", "לינקדאין"), ("ול", "ינקדאין")]));
        assert!(holds("וכשבפייסבוק", "וכשב", "פייסבוק"));
        assert!(holds("מהבית", "מה", "בית"));
    }

    #[test]
    fn stems_keep_two_letters() {
        assert_eq!(all("של"), pairs(&[("", "של")]));
        assert_eq!(all("הבן"), pairs(&[("", "הבן"), ("ה", "בן")]));
        assert_eq!(all(""), pairs(&[("", "")]));
    }

    #[test]
    fn doubled_vav_is_read_both_ways() {
        assert!(holds("הוועדה", "ה", "ועדה"));
        assert!(holds("הוועדה", "ה", "וועדה"));
    }

    #[test]
    fn other_scripts_have_no_prefixes() {
        assert_eq!(all("linkedin"), pairs(&[("", "linkedin")]));
        assert_eq!(all("<email>"), pairs(&[("", "<email>")]));
    }

    #[test]
    fn acronyms_lose_prefixes_too() {
        assert!(holds("ובנדל\"ן", "וב", "נדל\"ן"));
        // What is left of ב"ש without its ב starts with a mark: no reading.
        assert_eq!(all("ב\"שים"), pairs(&[("", "ב\"שים")]));
    }

    #[test]
    fn chains_are_exact() {
        assert!(own().is_chain("וכש"));
        assert!(!own().is_chain("בה"));
        assert!(!own().is_chain(""));
    }

    #[test]
    fn chains_of_any_letter_are_read_and_none_without_a_list() {
        let aramaic = Clitics::new(vec!["דב".to_owned(), "ד".to_owned()]);
        let all: Vec<_> = aramaic.readings("דביתא").collect();
        assert_eq!(all, [("", "דביתא"), ("ד", "ביתא"), ("דב", "יתא")]);
        assert_eq!(aramaic.readings("הבית").count(), 1);
        assert_eq!(Clitics::NONE.readings("הבית").count(), 1);
    }
}
