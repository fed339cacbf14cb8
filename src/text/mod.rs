//! Text to tokens: what the rubric, the features and the model see of an ad.
//!
//! An [`Analyzer`] reads plain text once and fills an [`Analysis`]: tokens in order, each with the normalised form
//! that is matched and counted and the [`Span`] of bytes that was written, and the language of the whole. The rules,
//! with their sources and exceptions, are in `docs/TEXT.md`; the word lists are in `data/text/`. Markup and encodings
//! are behind this floor, n-grams and lexicons ahead of it.

mod class;
pub mod clitics;
mod contact;
mod fold;
mod forms;
mod gender;
mod hebrew;
pub mod lang;
mod latin;
mod numbers;
pub mod offsets;
mod phone;
mod quotes;
mod scan;
pub mod statement;
mod tables;
mod words;

use serde::{Deserialize, Serialize};

pub use forms::PerForm;
pub use words::Words;
pub(crate) use words::folded;

use crate::{Error, ErrorKind, Lang, Span};
use fold::Folded;
use forms::Forms;
use scan::Scanner;
use tables::Tables;

/// How text is cut into tokens: part of a model, because weights are of no use under another cut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextSpec {
    /// The version of the rules; a program reads its own only.
    pub version: u32,
    /// The checksum of the word lists that decide tokens.
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
        TextSpec { version: Self::VERSION, tables: tables::CHECKSUM, gender_forms: true, letter_runs: true }
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

    /// The prefix letters that stand before token `index` as a token of their own (the `ב` of `ב-LinkedIn`,
    /// `בTikTok`, `ב"מדריך השיווק"`).
    pub fn prefix_of(&self, index: usize) -> Option<&str> {
        let token = self.tokens.get(index)?;
        let before = self.tokens.get(index.checked_sub(1)?)?;
        let letters = self.form(before);
        (token.joined && !token.breaks && before.kind == TokenKind::Hebrew && clitics::is_chain(letters))
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
    tables: &'static Tables,
}

impl std::fmt::Debug for Analyzer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Analyzer").field("spec", &self.spec).finish_non_exhaustive()
    }
}

impl Analyzer {
    /// An analyzer of the given rules.
    ///
    /// # Errors
    /// When `spec` is of another version or of other word lists than this program's ([`ErrorKind::Model`]).
    pub fn new(spec: &TextSpec) -> Result<Self, Error> {
        if spec.version != TextSpec::VERSION {
            let (wanted, own) = (spec.version, TextSpec::VERSION);
            let message =
                format!("the text rules must be of version {own}, which this program has; the model asks for {wanted}");
            return Err(Error::new(ErrorKind::Model, message));
        }
        if spec.tables != tables::CHECKSUM {
            let message = format!(
                "the word lists must have the checksum {}, which this program has; the model was made with {}: train it again",
                tables::CHECKSUM,
                spec.tables
            );
            return Err(Error::new(ErrorKind::Model, message));
        }
        let tables = tables::TABLES.as_ref().map_err(|message| Error::new(ErrorKind::Model, message.as_str()))?;
        Ok(Analyzer { spec: spec.clone(), tables })
    }

    /// The rules this analyzer was made of.
    pub fn spec(&self) -> &TextSpec {
        &self.spec
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
        analysis.forms.tidy(&self.spec);
        analysis.tokens.clear();
        let Analysis { forms, form, tokens, folded, .. } = analysis;
        form.clear();
        match folded.fold(plain) {
            None => Scanner::new(plain, self.tables, &self.spec, forms, form, tokens).run(),
            Some(text) => {
                Scanner::new(text, self.tables, &self.spec, forms, form, tokens).run();
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
        let tables = tables::TABLES.as_ref().unwrap();
        for (written, form) in tables.names.iter() {
            assert_eq!(forms_of(written), [form], "help: data/text/names.toml");
        }
        for word in &tables.abbreviations.he {
            assert_eq!(forms_of(&format!("{word}'")), [format!("{word}'")], "help: data/text/abbreviations.toml");
        }
    }

    #[test]
    fn analyzer_is_shared_between_threads() {
        fn check<T: Send + Sync + Clone>() {}
        check::<Analyzer>();
    }
}
