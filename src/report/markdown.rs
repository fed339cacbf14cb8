//! The documentation of reasons on a terminal: a light rendering of the Markdown it is written in.

use super::terminal::{TerminalStyle, direction};

/// The heading of a document, without its marks: `Nothing at stake`.
pub fn title(text: &str) -> String {
    let line = text.lines().find(|line| line.starts_with("# ")).unwrap_or("");
    let line = line.trim_start_matches("# ");
    line.split(" (`").next().unwrap_or(line).to_owned()
}

/// The first sentence of the first paragraph, on one line.
pub fn summary(text: &str) -> String {
    let body = text.lines().skip_while(|line| line.trim().is_empty() || line.starts_with('#'));
    let paragraph: Vec<&str> = body.take_while(|line| !line.trim().is_empty()).map(str::trim).collect();
    let paragraph = paragraph.join(" ");
    let ends = paragraph.match_indices(['.', ':', ';']).find(|(at, _)| {
        let rest = paragraph.get(at + 1..).unwrap_or("");
        rest.is_empty() || rest.starts_with(' ')
    });
    let head = ends.and_then(|(at, _)| paragraph.get(..at)).unwrap_or(&paragraph);
    format!("{head}.")
}

/// `text` for reading: headings in bold, lists with bullets, Hebrew lines in their own direction.
pub fn render(text: &str, style: TerminalStyle) -> String {
    let mut out = String::new();
    for line in text.lines() {
        if let Some(heading) = line.strip_prefix("# ") {
            out.push_str(&style.paint("1;4", heading));
        } else if let Some(heading) = line.strip_prefix("## ") {
            out.push_str(&style.paint("1", heading));
        } else if let Some(item) = line.strip_prefix("- ") {
            out.push_str(&format!("  • {}", direction(item)));
        } else {
            out.push_str(format!("  {}", direction(line)).trim_end());
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# Nothing at stake (`no_stake`)\n\n## What it flags\nUnpaid work, and\nads silent on pay: all of it.\n\n- one\n";

    #[test]
    fn a_document_in_short() {
        assert_eq!(title(TEXT), "Nothing at stake");
        assert_eq!(summary(TEXT), "Unpaid work, and ads silent on pay.");
    }

    #[test]
    fn headings_are_bold_and_lists_have_bullets() {
        insta::assert_snapshot!(render(TEXT, TerminalStyle { colour: true }), @"
        \u{1b}[1;4mNothing at stake (`no_stake`)\u{1b}[0m

        \u{1b}[1mWhat it flags\u{1b}[0m
          Unpaid work, and
          ads silent on pay: all of it.

          • one
        ");
        assert!(!render(TEXT, TerminalStyle::default()).contains('\u{1b}'));
    }
}
