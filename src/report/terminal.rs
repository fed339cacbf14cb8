//! A verdict as text for a person at a terminal.
//!
//! Hebrew is isolated (U+2067 or U+2068 … U+2069) wherever it stands beside English, so that a terminal that knows
//! bidirectional text keeps the order; controls and overrides of the ad's own are taken out. Colour never says anything
//! that a word or a sign does not say too.

use std::fmt::Write;

use super::marks::{Piece, lines};
use super::words::{ENGLISH, Script, tail};
use super::{Judge, Judged};
use crate::ad::{Ad, Lang};
use crate::score::explain::HeadExplanation;
use crate::score::{Decision, ReasonVerdict, Verdict};

/// Lines of the excerpt at most.
const LINES: usize = 24;
/// A stretch without highlights longer than this is cut in the middle.
const PLAIN: usize = 80;
/// What is left of it on either side.
const BESIDE: usize = 32;

/// How to write for the terminal at hand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TerminalStyle {
    /// Use ANSI colours.
    pub colour: bool,
}

impl TerminalStyle {
    pub(super) fn paint(self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// `text` without what could take over a terminal: controls become spaces, bidirectional overrides and isolates go.
fn clean(text: &str) -> String {
    let kept = text.chars().filter(|c| !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'));
    kept.map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// `text` kept in its own direction inside a line of another.
pub fn isolate(text: &str) -> String {
    direction(&clean(text))
}

/// Isolates text that is clean already, or painted.
pub(super) fn direction(text: &str) -> String {
    match Script::of(text) {
        Script::Latin => text.to_owned(),
        Script::Hebrew => format!("\u{2067}{text}\u{2069}"),
        Script::Mixed => format!("\u{2068}{text}\u{2069}"),
    }
}

/// The verdict and what it means, six checks, the ad with its highlights, and what to write instead.
pub fn verdict(judged: &Judged, judge: &Judge, style: TerminalStyle) -> String {
    let (ad, verdict) = (&judged.ad, &judged.verdict);
    let mut text = String::new();
    let code = match verdict.decision {
        Decision::Vague => "1;31",
        Decision::Concrete => "1;32",
        Decision::Unsure => "1;33",
        Decision::OutOfScope | Decision::Unsupported => "1;36",
    };
    let word = ENGLISH.decision(verdict.decision).to_uppercase();
    let p = verdict.p_vague.map(|p| format!("  p(vague) {p:.2}")).unwrap_or_default();
    let title = if ad.title().is_empty() { String::new() } else { format!("  {}", isolate(ad.title())) };
    let _ = writeln!(text, "{}{p}{title}", style.paint(code, &word));
    let meaning = ENGLISH.meaning(verdict.decision, verdict.p_vague, judge.upper, judge.lower);
    let _ = writeln!(text, "{meaning}");
    let scope = verdict.p_scope.map(|p| format!(", p(social media role) {p:.2}")).unwrap_or_default();
    let _ =
        writeln!(text, "{}", style.paint("2", &format!("{}, {} words{scope}", language(verdict.lang), verdict.words)));
    if verdict.reasons.is_empty() {
        return text;
    }
    if verdict.decision == Decision::OutOfScope {
        let _ = writeln!(text, "{}", ENGLISH.found_all_the_same);
    }
    text.push('\n');
    for reason in &verdict.reasons {
        let (sign, code) = if reason.fired { ("✗", "31") } else { ("✓", "32") };
        let (sign, code, note) =
            if reason.ignored { ("–", "33", "  ignored, as the ad asks") } else { (sign, code, "") };
        let check = ENGLISH.check(&reason.id);
        let _ = writeln!(text, "  {} {check:<24} {:<13} {:.2}{note}", style.paint(code, sign), reason.id, reason.p);
    }
    excerpt(&mut text, ad, verdict, style);
    for reason in verdict.reasons.iter().filter(|reason| reason.fired) {
        advice(&mut text, judged, reason, style);
    }
    text
}

/// The lines of the ad that hold highlights.
fn excerpt(out: &mut String, ad: &Ad, verdict: &Verdict, style: TerminalStyle) {
    let lines = lines(ad.plain(), verdict);
    let shown = |line: &[Piece<'_>]| line.iter().any(|piece| piece.is_vague() || piece.is_concrete());
    if !lines.iter().any(|line| shown(line)) {
        return;
    }
    let vague = style.paint("4;31", ENGLISH.vague_mark);
    let concrete = style.paint("32", ENGLISH.concrete_mark);
    let _ = writeln!(out, "\n  ⟦{vague}⟧ ‹{concrete}›");
    let (mut count, mut skipped) = (0, false);
    for line in &lines {
        if !shown(line) || count >= LINES {
            skipped |= line.iter().any(|piece| !piece.text.trim().is_empty());
            continue;
        }
        if std::mem::take(&mut skipped) {
            let _ = writeln!(out, "    ⋯");
        }
        count += 1;
        let last = line.len() - 1;
        let mut written = String::new();
        for (place, piece) in line.iter().enumerate() {
            let text = clean(piece.text);
            if piece.is_vague() {
                let _ = write!(written, "⟦{}⟧", style.paint("4;31", &text));
            } else if piece.is_concrete() {
                let _ = write!(written, "‹{}›", style.paint("32", &text));
            } else {
                written.push_str(&shortened(&text, place > 0, place < last));
            }
        }
        let _ = writeln!(out, "    {}", direction(written.trim()));
    }
    if skipped {
        let _ = writeln!(out, "    ⋯");
    }
}

/// A long stretch cut in the middle; only the sides that touch a highlight are kept.
fn shortened(text: &str, before: bool, after: bool) -> String {
    let letters: Vec<char> = text.chars().collect();
    if letters.len() <= PLAIN {
        return text.to_owned();
    }
    let head: String = letters.iter().take(if before { BESIDE } else { 0 }).collect();
    let tail: String = letters.iter().skip(letters.len() - if after { BESIDE } else { 0 }).collect();
    // Words stay whole.
    let head = head.rsplit_once(' ').map_or("", |(head, _)| head);
    let tail = tail.split_once(' ').map_or("", |(_, tail)| tail);
    format!("{head} ⋯ {tail}")
}

fn advice(out: &mut String, judged: &Judged, reason: &ReasonVerdict, style: TerminalStyle) {
    let Some(advice) = &reason.advice else { return };
    let heading = format!("{} ({})", ENGLISH.check(&reason.id), reason.id);
    let _ = writeln!(out, "\n  {} {}", style.paint("31", "✗"), style.paint("1", &heading));
    for (place, sentence) in advice.split_inclusive(". ").enumerate() {
        let _ = writeln!(out, "    {} {}", if place == 0 { "→" } else { " " }, isolate(sentence.trim()));
    }
    let (Some(edit), Some(before)) = (&reason.edit, judged.verdict.p_vague) else { return };
    let plain = judged.ad.plain();
    let new = style.paint("32", &clean(edit.replacement.trim()));
    if edit.span.start == edit.span.end {
        let _ = writeln!(out, "    e.g. after “{}” add:", isolate(&tail(plain, edit.span.start)));
    } else {
        let _ = writeln!(out, "    e.g. in place of “{}” write:", isolate(edit.span.of(plain)));
    }
    let effect = style.paint("1", &format!("{before:.2} → {:.2}", edit.p_vague_after));
    let _ = writeln!(out, "      {}\n      p(vague) {effect}", direction(&new));
}

fn language(lang: Lang) -> &'static str {
    match lang {
        Lang::He => "Hebrew",
        Lang::En => "English",
        Lang::Mixed => "Hebrew and English",
        Lang::Other => "neither Hebrew nor English",
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
    use crate::report::marks::tests::judged;

    fn written(colour: bool) -> String {
        let (ad, data) = judged();
        let judge = Judge { model: "m@1".to_owned(), upper: 0.42, lower: 0.3 };
        verdict(&Judged { ad, verdict: data }, &judge, TerminalStyle { colour })
    }

    #[test]
    fn a_verdict_reads_well_without_colour() {
        insta::assert_snapshot!(written(false), @r"
        VAGUE  p(vague) 0.81  Social guru
        About 81 of 100 ads scored like this are vague; ads are flagged from 0.42 up.
        English, 12 words, p(social media role) 0.90

          ✓ Says whose role it is    generic       0.12
          ✗ Says what the work is    undefined     0.12
          ✓ Asks for proof of skill  no_barrier    0.12
          ✓ Says what it offers      no_stake      0.12
          ✓ Results can be checked   unmeasurable  0.12
          ✗ Work, not clichés        everyone      0.12

          ⟦vague⟧ ‹concrete›
            Social ⟦guru⟧
            Be our ⟦guru⟧, ⟦100% fun & <b>wow</b>⟧
            Post ‹daily›, earn ‹$20›

          ✗ Says what the work is (undefined)
            → Mend undefined.
            e.g. in place of “100% fun & <b>wow</b>” write:
              You will write 3 posts a week
              p(vague) 0.81 → 0.66

          ✗ Work, not clichés (everyone)
            → Mend everyone.
        ");
    }

    #[test]
    fn colour_adds_nothing_but_colour() {
        let painted = written(true);
        let mut bare = String::new();
        for (place, part) in painted.split('\u{1b}').enumerate() {
            bare.push_str(if place == 0 { part } else { part.split_once('m').unwrap().1 });
        }
        assert_eq!(bare, written(false));
        assert!(painted.contains("⟦\u{1b}[4;31mguru\u{1b}[0m⟧"));
    }

    #[test]
    fn hebrew_is_isolated_and_control_characters_are_harmless() {
        assert_eq!(isolate("מנהל"), "\u{2067}מנהל\u{2069}");
        assert_eq!(isolate("social media manager של"), "\u{2068}social media manager של\u{2069}");
        assert_eq!(isolate("a\u{1b}[31mb\u{202e}c\u{2067}"), "a [31mbc");
    }

    #[test]
    fn long_stretches_are_cut_between_words() {
        let long = "word ".repeat(40);
        let cut = shortened(&long, true, true);
        assert!(cut.starts_with("word word") && cut.contains(" ⋯ ") && cut.chars().count() < PLAIN, "{cut}");
        assert_eq!(shortened(&long, false, false).trim(), "⋯");
    }
}
