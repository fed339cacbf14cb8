//! A verdict as text for a person at a terminal.
//!
//! Hebrew is isolated (U+2068 … U+2069) wherever it stands inside an English line, so that a terminal that knows
//! bidirectional text keeps the order; colour never says anything that a word or a sign does not say too.

use std::fmt::Write;

use crate::ad::{Ad, Lang};
use crate::score::explain::HeadExplanation;
use crate::score::{Decision, Verdict};

/// How to write for the terminal at hand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TerminalStyle {
    /// Use ANSI colours.
    pub colour: bool,
}

impl TerminalStyle {
    fn paint(self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// `text` kept in its own direction inside a line of another; control characters become spaces.
pub fn isolate(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let rtl = clean.chars().any(|c| matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}'));
    if rtl { format!("\u{2068}{clean}\u{2069}") } else { clean }
}

/// The verdict in words, such as `VAGUE (p = 0.93)`, the reasons with their evidence and advice, and what is concrete.
pub fn verdict(ad: &Ad, verdict: &Verdict, style: TerminalStyle) -> String {
    let mut text = String::new();
    let (code, word) = match verdict.decision {
        Decision::Vague => ("1;31", "VAGUE"),
        Decision::Concrete => ("1;32", "CONCRETE"),
        Decision::Unsure => ("1;33", "UNSURE"),
        Decision::OutOfScope => ("1;36", "OUT OF SCOPE"),
        Decision::Unsupported => ("1;36", "UNSUPPORTED"),
    };
    let title = if ad.title().is_empty() { &ad.id } else { ad.title() };
    let _ = write!(text, "{}", style.paint(code, word));
    if let Some(p) = verdict.p_vague {
        let _ = write!(text, "  p(vague) {p:.2}");
    }
    if let Some(p) = verdict.p_scope {
        let _ = write!(text, "  p(social media role) {p:.2}");
    }
    let _ = writeln!(text, "  {} words, {}  {}", verdict.words, language(verdict.lang), isolate(title));
    let why = match verdict.decision {
        Decision::OutOfScope => {
            "  Running social media is not the core of this role; --all-roles judges it all the same.\n"
        }
        Decision::Unsupported => "  Only ads in Hebrew or English are judged.\n",
        _ => "",
    };
    text.push_str(why);
    for reason in &verdict.reasons {
        let (sign, code) = if reason.fired { ("✗", "31") } else { ("✓", "32") };
        let _ = writeln!(text, "  {} {:<13} {:.2}", style.paint(code, sign), reason.id, reason.p);
        for span in reason.evidence.iter().take(4) {
            let _ = writeln!(text, "      “{}”", isolate(span.of(ad.plain())));
        }
        if let Some(advice) = &reason.advice {
            let _ = writeln!(text, "      → {}", isolate(advice));
        }
    }
    if !verdict.deliverables.is_empty() {
        let named: Vec<String> = verdict
            .deliverables
            .iter()
            .take(8)
            .map(|found| format!("{} “{}”", found.kind.as_str(), isolate(found.span.of(ad.plain()))))
            .collect();
        let _ = writeln!(text, "  concrete: {}", named.join(", "));
    }
    text
}

fn language(lang: Lang) -> &'static str {
    match lang {
        Lang::He => "Hebrew",
        Lang::En => "English",
        Lang::Mixed => "Hebrew and English",
        Lang::Other => "another language",
    }
}

/// The largest contributions to each head, with their sum.
pub fn explanation(heads: &[HeadExplanation], most: usize) -> String {
    let mut text = String::new();
    for head in heads {
        let _ = writeln!(
            text,
            "  {}: margin {:+.3} = bias {:+.3} + {} columns; p = {:.3}",
            head.head,
            head.margin,
            head.bias,
            head.contributions.len(),
            head.probability
        );
        for contribution in head.contributions.iter().take(most) {
            let _ = writeln!(text, "    {:+.3}  {}", contribution.amount, isolate(&contribution.column));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hebrew_is_isolated_and_control_characters_are_harmless() {
        assert_eq!(isolate("מנהל"), "\u{2068}מנהל\u{2069}");
        assert_eq!(isolate("a\u{1b}[31mb"), "a [31mb");
    }
}
