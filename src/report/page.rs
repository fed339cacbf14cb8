//! A self-contained HTML page: style inside, no script, nothing fetched, readable light and dark and on a phone.

/// `text` with the characters that HTML reads as markup written out, in text and in quoted attributes alike.
///
/// Control characters, and those that turn the direction of a whole line, become spaces.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => escaped.push(' '),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A whole page around `body`, which is HTML.
pub fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n\
         <body>\n<main>\n{body}</main>\n</body>\n</html>\n",
        escape(title)
    )
}

/// A table of plain cells; the first cell of a row names it.
pub fn table<S: AsRef<str>>(caption: &str, headings: &[S], rows: &[Vec<String>]) -> String {
    let mut text = String::from("<div class=\"scroll\" tabindex=\"0\"><table>");
    if !caption.is_empty() {
        text.push_str(&format!("<caption>{}</caption>", escape(caption)));
    }
    text.push_str("<thead><tr>");
    for heading in headings {
        text.push_str(&format!("<th scope=\"col\">{}</th>", escape(heading.as_ref())));
    }
    text.push_str("</tr></thead><tbody>\n");
    for row in rows {
        text.push_str("<tr>");
        for (column, cell) in row.iter().enumerate() {
            if column == 0 {
                text.push_str(&format!("<th scope=\"row\" dir=\"auto\">{}</th>", escape(cell)));
            } else {
                text.push_str(&format!("<td dir=\"auto\">{}</td>", escape(cell)));
            }
        }
        text.push_str("</tr>\n");
    }
    text.push_str("</tbody></table></div>\n");
    text
}

const STYLE: &str = "\
:root { --ink: #1b1f24; --paper: #ffffff; --soft: #5b6570; --rule: #d5dae0; --wash: #f3f5f7;
  --model: #0b62c4; --lexicon: #b05a00; --length: #7a3fb8; --yes: #c8401f; --no: #2a7f86; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ed; --paper: #14171b; --soft: #9ba6b2; --rule: #353c45;
  --wash: #1d2228; --model: #6db1ff; --lexicon: #f0a35a; --length: #c79bf2; --yes: #ff8a6b; --no: #63c3ca; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 76rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.5rem; margin: 0.5rem 0; } h2 { font-size: 1.2rem; margin: 2rem 0 0.5rem; }
p, li { max-width: 48rem; overflow-wrap: anywhere; } .soft { color: var(--soft); }
.note { border-inline-start: 4px solid var(--yes); padding: 0.25rem 0.75rem; background: var(--wash); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 0.75rem; padding: 0;
  list-style: none; }
.tiles li { background: var(--wash); border-radius: 0.4rem; padding: 0.6rem 0.8rem; }
.tiles b { display: block; font-size: 1.4rem; font-variant-numeric: tabular-nums; }
.tiles span { color: var(--soft); font-size: 0.85rem; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 1rem; }
figure { margin: 0; min-width: 0; max-width: 32rem; } figcaption { font-weight: 600; }
figure > svg { display: block; width: 100%; height: auto; font-size: 11px; fill: var(--soft); }
.grid { stroke: var(--rule); stroke-width: 0.6; } .axis { stroke: var(--soft); fill: none; }
path.model, path.lexicon, path.length, path.chance, path.edge, path.yes, path.no { fill: none; stroke-width: 2; }
path.model, line.model { stroke: var(--model); } path.lexicon { stroke: var(--lexicon); stroke-dasharray: 6 3; }
path.length { stroke: var(--length); stroke-dasharray: 2 3; } path.chance { stroke: var(--soft); stroke-width: 1; }
path.edge { stroke: var(--ink); stroke-width: 1.2; stroke-dasharray: 4 3; }
path.yes { stroke: var(--yes); stroke-width: 6; } path.no { stroke: var(--no); stroke-width: 6; }
circle.model { fill: var(--model); } circle.length { fill: var(--paper); stroke: var(--length); stroke-width: 2; }
rect.yes { fill: var(--yes); } rect.no { fill: var(--no); }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 0.2rem 1rem; margin: 0; padding: 0;
  font-size: 0.85rem; color: var(--soft); }
.legend svg { width: 22px; height: 8px; }
.scroll { overflow-x: auto; margin: 0.5rem 0 1rem; } .scroll:focus-visible { outline: 2px solid var(--model); }
table { border-collapse: collapse; font-size: 0.85rem; font-variant-numeric: tabular-nums; }
caption { text-align: start; font-weight: 600; padding: 0.25rem 0; }
th, td { padding: 0.3rem 0.7rem; text-align: left; border-bottom: 1px solid var(--rule); vertical-align: top; }
td { white-space: nowrap; } thead th { color: var(--soft); font-weight: 600; white-space: nowrap; }
tbody th { font-weight: 600; } td.wide { white-space: normal; min-width: 16rem; }
.matrix { border-collapse: separate; border-spacing: 4px; font-size: 1rem; }
.matrix td { text-align: center; padding: 0.9rem 1.2rem; border: 0; border-radius: 0.3rem; background: var(--wash); }
.matrix td.right { box-shadow: inset 0 0 0 2px var(--no); } .matrix td.wrong { box-shadow: inset 0 0 0 2px var(--yes); }
.matrix th { border: 0; text-align: center; font-weight: 400; } .matrix small { display: block; color: var(--soft); }
details { border-top: 1px solid var(--rule); padding: 0.4rem 0; } summary { cursor: pointer; font-weight: 600; }
.ad { border: 1px solid var(--rule); border-radius: 0.4rem; padding: 0.6rem 0.9rem; max-width: 48rem; }
.ad p { margin: 0; min-height: 1.5em; white-space: pre-wrap; text-align: start; } .ad p:first-child { font-weight: 700; }
mark { color: inherit; background: var(--wash); text-underline-offset: 0.25em; }
mark.v { text-decoration: underline wavy var(--yes) 1.5px; } mark.c { text-decoration: underline solid var(--no) 1.5px; }
.apart > span { display: inline-block; margin-inline-end: 1rem; }
summary bdi { overflow-wrap: anywhere; } code { font-size: 0.9em; overflow-wrap: anywhere; }
@media print { details > * { display: block; } }
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_markup() {
        assert_eq!(escape("<a b='c' d=\"e\">&\u{202e}\u{7}"), "&lt;a b=&#39;c&#39; d=&quot;e&quot;&gt;&amp;  ");
        assert!(page("</title><script>", "").contains("<title>&lt;/title&gt;&lt;script&gt;</title>"));
    }
}
