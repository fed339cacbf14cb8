//! Text to tokens: what the rubric, the features and the model see of an ad.
//!
//! An [`Analyzer`] reads plain text once and fills an [`Analysis`]: tokens in order, each with the normalised form
//! that is matched and counted and the [`Span`] of bytes that was written, and the language of the whole. The rules,
//! with their sources and exceptions, are in `docs/TEXT.md`; the word lists are in `data/text/`. Markup and encodings
//! are behind this floor, n-grams and lexicons ahead of it.

mod class;
mod clitics;
mod contact;
mod fold;
mod forms;
mod gender;
mod hebrew;
pub mod lang;
mod latin;
mod lists;
mod numbers;
pub mod offsets;
mod phone;
mod quotes;
mod scan;
pub mod statement;
mod tables;
mod words;

use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use clitics::Clitics;
pub use forms::PerForm;
pub use tables::Tables;
pub use words::Words;
pub(crate) use words::folded;

use crate::{Error, ErrorKind, Lang, Span};
use fold::Folded;
use forms::Forms;
use scan::Scanner;

/// How text is cut into tokens: part of a model, because weights are of no use under another cut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextSpec {
    /// The version of the rules; a program reads its own only.
    pub version: u32,
    /// The checksum of the word lists that decide tokens; see [`Tables::checksum`].
    pub tables: u32,
    /// Whether written gender forms (`מנהל/ת`) become their base form.
    pub gender_forms: bool,
    /// Whether three or more of a letter become two.
    pub letter_runs: bool,
}

impl TextSpec {
    /// The version of the rules in this program.
    pub const VERSION: u32 = 1;
}

impl Default for TextSpec {
    fn default() -> Self {
        TextSpec { version: Self::VERSION, tables: lists::CHECKSUM, gender_forms: true, letter_runs: true }
    }
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// A word in Hebrew letters.
    Hebrew,
    /// A word that starts with a Latin letter, or a name such as `.NET`.
    Latin,
    /// A word in another script.
    Other,
    /// A number with its separators, unit letters and percent sign; a date, an hour.
    Number,
    /// A currency sign.
    Currency,
    /// An e-mail address; the form is `<email>`.
    Email,
    /// A telephone number; the form is `<phone>`.
    Phone,
    /// A web address; the form is `<url>`.
    Url,
}

/// One token. Its form is asked of the [`Analysis`] it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The bytes as written, in the text that was analysed.
    pub span: Span,
    /// What it is.
    pub kind: TokenKind,
    /// Whether a line break, a bullet or the end of a sentence stands between the token before and this one;
    /// true for the first.
    pub breaks: bool,
    /// Whether no white space stands between the token before and this one, as in `ב-LinkedIn`.
    pub joined: bool,
    form: u32,
}

/// The tokens of one text. Made to be used again: [`Analyzer::analyze_into`] keeps the buffers.
#[derive(Clone, Debug)]
pub struct Analysis {
    /// Those the text was analysed with.
    tables: Option<Arc<Tables>>,
    forms: Forms,
    /// The form that is being written.
    form: String,
    tokens: Vec<Token>,
    folded: Folded,
    lang: Lang,
    lang_confidence: f32,
}

impl Default for Analysis {
    fn default() -> Self {
        Analysis {
            tables: None,
            forms: Forms::default(),
            form: String::new(),
            tokens: Vec::new(),
            folded: Folded::default(),
            lang: Lang::Other,
            lang_confidence: 0.0,
        }
    }
}

impl Analysis {
    /// The tokens in the order of the text; their spans do not overlap.
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// The normalised form of one of these tokens, such as `מנהל`, `linkedin`, `<email>`.
    pub fn form(&self, token: &Token) -> &str {
        self.forms.words.form(token.form)
    }

    /// The number of every form of the texts analysed into these buffers, as long as [`Analysis::generation`] is the same.
    pub fn number(&self, token: &Token) -> u32 {
        token.form
    }

    /// The forms behind the numbers.
    pub fn forms(&self) -> &Words {
        &self.forms.words
    }

    /// Tells apart what the numbers of forms mean: no two [`Analysis`] have the same at any time.
    pub fn generation(&self) -> u64 {
        self.forms.generation()
    }

    /// The lists that the form of a token stands on.
    fn lists(&self, token: &Token) -> u8 {
        self.forms.lists.get(token.form as usize).copied().unwrap_or(0)
    }

    /// Forms with their tokens.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Token)> {
        self.tokens.iter().map(|token| (self.form(token), token))
    }

    /// The prefix letters that Hebrew words of this text may have.
    pub fn clitics(&self) -> &Clitics {
        static NONE: Clitics = Clitics::NONE;
        self.tables.as_ref().map_or(&NONE, |tables| &tables.clitics)
    }

    /// The prefix letters that stand before token `index` as a token of their own (the `ב` of `ב-LinkedIn`,
    /// `בTikTok`, `ב"מדריך השיווק"`).
    pub fn prefix_of(&self, index: usize) -> Option<&str> {
        let token = self.tokens.get(index)?;
        let before = self.tokens.get(index.checked_sub(1)?)?;
        let letters = self.form(before);
        (token.joined && !token.breaks && before.kind == TokenKind::Hebrew && self.clitics().is_chain(letters))
            .then_some(letters)
    }

    /// The language of the text.
    pub fn lang(&self) -> Lang {
        self.lang
    }

    /// How sure the language is, from 0 (nothing to go by) to 1.
    pub fn lang_confidence(&self) -> f32 {
        self.lang_confidence
    }
}

/// Cuts text into tokens. Immutable, cheap to clone, shared between threads.
///
/// ```
/// use tachles::text::{Analyzer, TextSpec};
///
/// let analyzer = Analyzer::new(&TextSpec::default())?;
/// let analysis = analyzer.analyze("דרוש/ה מנהל/ת ל-LinkedIn");
/// let forms: Vec<&str> = analysis.iter().map(|(form, _)| form).collect();
/// assert_eq!(forms, ["דרוש", "מנהל", "ל", "linkedin"]);
/// # Ok::<(), tachles::Error>(())
/// ```
#[derive(Clone)]
pub struct Analyzer {
    spec: TextSpec,
    tables: Arc<Tables>,
}

impl std::fmt::Debug for Analyzer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Analyzer").field("spec", &self.spec).finish_non_exhaustive()
    }
}

impl Analyzer {
    /// An analyzer of the given rules, with the token tables of the program.
    ///
    /// # Errors
    /// When `spec` is of another version or of other token tables than this program's ([`ErrorKind::Model`]).
    pub fn new(spec: &TextSpec) -> Result<Self, Error> {
        Analyzer::with_tables(spec, Tables::own()?)
    }

    /// An analyzer of the usual rules, with the token tables in the folder `text` of the directory of lexicons `rubric`, as far as
    /// there are any.
    ///
    /// # Errors
    /// As [`Tables::of_rubric`].
    pub fn of_rubric(rubric: Option<&Path>) -> Result<Self, Error> {
        let tables = Tables::of_rubric(rubric)?;
        Analyzer::with_tables(&TextSpec { tables: tables.checksum(), ..TextSpec::default() }, tables)
    }

    /// An analyzer of the given rules and tables.
    ///
    /// # Errors
    /// When `spec` is of another version than this program's, or of other tables than `tables` ([`ErrorKind::Model`]).
    pub fn with_tables(spec: &TextSpec, tables: Arc<Tables>) -> Result<Self, Error> {
        if spec.version != TextSpec::VERSION {
            let (wanted, own) = (spec.version, TextSpec::VERSION);
            let message =
                format!("the text rules must be of version {own}, which this program has; the model asks for {wanted}");
            return Err(Error::new(ErrorKind::Model, message));
        }
        if spec.tables != tables.checksum() {
            let message = format!(
                "the token tables must have the checksum {}, as the rules of text say; those at hand have {}",
                spec.tables,
                tables.checksum()
            );
            return Err(Error::new(ErrorKind::Model, message));
        }
        Ok(Analyzer { spec: spec.clone(), tables })
    }

    /// The rules this analyzer was made of.
    pub fn spec(&self) -> &TextSpec {
        &self.spec
    }

    /// The prefix letters that Hebrew words may have.
    pub fn clitics(&self) -> &Clitics {
        &self.tables.clitics
    }

    /// The tokens and the language of `plain`.
    pub fn analyze(&self, plain: &str) -> Analysis {
        let mut analysis = Analysis::default();
        self.analyze_into(plain, &mut analysis);
        analysis.forms.settle();
        analysis
    }

    /// The same into buffers that are used again.
    pub fn analyze_into(&self, plain: &str, analysis: &mut Analysis) {
        if !analysis.tables.as_ref().is_some_and(|tables| Arc::ptr_eq(tables, &self.tables)) {
            // What is known of forms hangs on the tables, so they get new numbers.
            analysis.forms = Forms::default();
            analysis.tables = Some(Arc::clone(&self.tables));
        }
        analysis.forms.tidy(&self.spec);
        analysis.tokens.clear();
        let Analysis { forms, form, tokens, folded, .. } = analysis;
        form.clear();
        match folded.fold(plain) {
            None => Scanner::new(plain, &self.tables, &self.spec, forms, form, tokens).run(),
            Some(text) => {
                Scanner::new(text, &self.tables, &self.spec, forms, form, tokens).run();
                folded.restore(tokens.iter_mut().map(|token| &mut token.span));
                keep_disjoint(tokens);
            }
        }
        (analysis.lang, analysis.lang_confidence) = lang::detect(analysis);
    }
}

/// Drops tokens that come of one written character with the token before them (`㋀` is both `1` and `月`).
fn keep_disjoint(tokens: &mut Vec<Token>) {
    let mut end = 0;
    tokens.retain(|token| {
        let apart = token.span.start >= end && token.span.end > token.span.start;
        if apart {
            end = token.span.end;
        }
        apart
    });
}

#[cfg(test)]
fn forms_of(text: &str) -> Vec<String> {
    let analyzer = Analyzer::new(&TextSpec::default()).unwrap_or_else(|error| unreachable!("{error}"));
    analyzer.analyze(text).iter().map(|(form, _)| form.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_rules_are_refused() {
        for spec in [TextSpec { version: 0, ..TextSpec::default() }, TextSpec { tables: 0, ..TextSpec::default() }] {
            assert_eq!(Analyzer::new(&spec).unwrap_err().kind(), ErrorKind::Model);
        }
        let unknown = r#"{"version":1,"tables":1,"gender_forms":true,"letter_runs":true,"stop_words":[]}"#;
        assert!(serde_json::from_str::<TextSpec>(unknown).is_err());
    }

    #[test]
    fn breaks_joins_and_prefixes() {
        let text = "כולל: ניהול ב-LinkedIn.\nדרישות • Dr. Cohen";
        let analysis = Analyzer::new(&TextSpec::default()).unwrap().analyze(text);
        let seen: Vec<_> = analysis.iter().map(|(form, token)| (form, token.breaks, token.joined)).collect();
        let want = [
            ("כולל", true, false),
            ("ניהול", false, false),
            ("ב", false, false),
            ("linkedin", false, true),
            ("דרישות", true, false),
            ("dr", true, false),
            ("cohen", false, false),
        ];
        assert_eq!(seen, want);
        assert_eq!(analysis.prefix_of(3), Some("ב"));
        assert_eq!(analysis.prefix_of(1), None);
        assert_eq!(analysis.prefix_of(0), None);
    }

    #[test]
    fn lists_pass_through_the_rules_they_serve() {
        let tables = Tables::own().unwrap();
        for (written, form) in tables.names.iter() {
            assert_eq!(forms_of(written), [form], "help: data/text/names.toml");
        }
        for word in &tables.abbreviations.he {
            assert_eq!(forms_of(&format!("{word}'")), [format!("{word}'")], "help: data/text/abbreviations.toml");
        }
    }

    /// An analyzer whose tables in the folder `text` are these.
    fn analyzer(files: &[(&str, &str)]) -> Analyzer {
        let rubric = tempfile::tempdir().unwrap();
        let folder = rubric.path().join("text");
        std::fs::create_dir(&folder).unwrap();
        files.iter().for_each(|(name, text)| std::fs::write(folder.join(name), text).unwrap());
        Analyzer::of_rubric(Some(rubric.path())).unwrap()
    }

    #[test]
    fn other_tables_cut_other_tokens() {
        let other = analyzer(&[
            ("abbreviations.toml", "he = [\"תוכ\"]\nen = [\"mktg\"]"),
            ("clitics.toml", "chains = [\"ד\", \"ב\"]"),
            ("names.toml", "whole = [\"q+a\"]\nalias = {}"),
        ]);
        let text = "תוכ' דתוכ' ותוכ' דא' וא' Mktg. Q+A ב-LinkedIn ו-LinkedIn";
        let seen = |analyzer: &Analyzer| {
            let analysis = analyzer.analyze(text);
            let forms: Vec<String> = analysis.iter().map(|(form, _)| form.to_owned()).collect();
            let prefixed = (0..forms.len()).filter_map(|at| analysis.prefix_of(at).map(str::to_owned)).collect();
            (forms.join(" "), prefixed)
        };
        let (forms, prefixed): (String, Vec<String>) = seen(&other);
        assert_eq!(forms, "תוכ' דתוכ' ותוכ דא' וא mktg q+a ב linkedin ו linkedin");
        assert_eq!(prefixed, ["ב"]);
        let (forms, prefixed) = seen(&Analyzer::of_rubric(None).unwrap());
        assert_eq!(forms, "תוכ דתוכ ותוכ דא וא' mktg q a ב linkedin ו linkedin");
        assert_eq!(prefixed, ["ב", "ו"]);
        // Files that are not there are the program's.
        assert_eq!(other.analyze("רכז/ת").iter().map(|(form, _)| form).collect::<Vec<_>>(), ["רכז"]);
    }

    #[test]
    fn rules_and_tables_that_do_not_belong_together_are_refused() {
        let other = analyzer(&[("clitics.toml", "chains = []")]);
        assert_ne!(other.spec().tables, TextSpec::default().tables);
        let error = Analyzer::new(other.spec()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Model);
        assert!(error.message().contains(&other.spec().tables.to_string()), "{error}");
        assert!(error.message().contains(&TextSpec::default().tables.to_string()), "{error}");
    }

    #[test]
    fn buffers_forget_what_other_tables_said_of_a_form() {
        let words = "hebrew = []\nyiddish = []\nenglish = []\nother_latin = [\"the\", \"and\"]\nshared = []";
        let (own, other) = (analyzer(&[]), analyzer(&[("function_words.toml", words)]));
        let text = "the manager and the team";
        let mut analysis = Analysis::default();
        for (analyzer, lang) in [(&own, Lang::En), (&other, Lang::Other), (&own, Lang::En)] {
            let before = analysis.generation();
            analyzer.analyze_into(text, &mut analysis);
            assert_eq!(analysis.lang(), lang);
            assert_ne!(analysis.generation(), before);
            let kept = analysis.generation();
            analyzer.clone().analyze_into(text, &mut analysis);
            assert_eq!(analysis.generation(), kept);
        }
        assert_eq!(Analysis::default().clitics().readings("הבית").count(), 1);
    }

    #[test]
    fn analyzer_is_shared_between_threads() {
        fn check<T: Send + Sync + Clone>() {}
        check::<Analyzer>();
    }
}
