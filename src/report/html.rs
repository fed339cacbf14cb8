//! A page for people: one self-contained HTML file, without scripts, for a screen, a phone or paper.
//!
//! Words of the page are in the language of the ad. Highlights are plain inline elements: they must not isolate, or the
//! order of words in a line from right to left would change where one begins or ends beside a number.

use std::fmt::Write;

use super::marks::{Piece, lines};
use super::words::{Script, Words, tail, words};
use super::{Judge, Judged};
use crate::ad::Lang;
use crate::score::advice::kind_name;
use crate::score::{Decision, ReasonVerdict};

/// The page on `ads`.
pub fn page(ads: &[Judged], judge: &Judge) -> String {
    let lang = ads.first().map_or(Lang::En, |judged| judged.verdict.lang);
    let first = words(lang);
    let title = match ads {
        [only] => heading(only, first).to_owned(),
        _ => format!("tachles ({})", ads.len()),
    };
    let mut out = String::new();
    let _ = write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"{}\" dir=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n\
         <style>\n{}</style>\n</head>\n<body>\n<main>\n",
        first.code,
        first.direction,
        escape(&title),
        include_str!("page.css")
    );
    for judged in ads {
        article(&mut out, judged, judge);
    }
    let _ = write!(
        out,
        "<footer dir=\"auto\">{} <bdi>{}</bdi> · tachles {}</footer>\n</main>\n</body>\n</html>\n",
        first.by,
        escape(&judge.model),
        env!("CARGO_PKG_VERSION")
    );
    out
}

/// What to call an ad: its title, its first line if that is short, or that it has none.
pub(super) fn heading<'a>(judged: &'a Judged, words: &Words) -> &'a str {
    let ad = &judged.ad;
    let first = ad.text().lines().find(|line| !line.trim().is_empty()).unwrap_or("").trim();
    if !ad.title().trim().is_empty() {
        ad.title()
    } else if !first.is_empty() && first.chars().count() <= 80 {
        first
    } else {
        words.untitled
    }
}

fn article(out: &mut String, judged: &Judged, judge: &Judge) {
    let verdict = &judged.verdict;
    let words = words(verdict.lang);
    let decision = verdict.decision.as_str();
    let _ = writeln!(out, "<article lang=\"{}\" dir=\"{}\" class=\"{decision}\">", words.code, words.direction);
    let title = heading(judged, words);
    let _ = writeln!(out, "<header>\n<h1 dir=\"{}\">{}</h1>", Script::of(title).dir(), escape(title));
    let _ = write!(out, "<p class=\"verdict\"><strong>{}</strong>", words.decision(verdict.decision));
    if let Some(p) = verdict.p_vague {
        let _ = write!(out, " <span><span class=\"soft\">{}</span> <bdi>{p:.2}</bdi></span>", words.probability);
    }
    out.push_str("</p>\n");
    if let Some(p) = verdict.p_vague {
        let _ = writeln!(
            out,
            "<div class=\"meter\" aria-hidden=\"true\"><span style=\"width:{:.0}%\"></span></div>",
            p * 100.0
        );
    }
    let meaning = words.meaning(verdict.decision, verdict.p_vague, judge.upper, judge.lower);
    let _ = writeln!(out, "<p class=\"soft\">{}</p>", escape(&meaning));
    if verdict.decision == Decision::OutOfScope {
        let _ = writeln!(out, "<p class=\"soft\">{}</p>", words.found_all_the_same);
    }
    out.push_str("</header>\n");
    checks(out, judged, words);
    text(out, judged, words);
    let fired: Vec<&ReasonVerdict> = verdict.reasons.iter().filter(|reason| reason.fired).collect();
    if !fired.is_empty() {
        let _ = writeln!(out, "<h2>{}</h2>", words.advice);
    } else if !verdict.reasons.is_empty() {
        let _ = writeln!(out, "<p class=\"soft\">{}</p>", words.nothing);
    }
    for reason in fired {
        card(out, judged, reason, words);
    }
    out.push_str("</article>\n");
}

fn checks(out: &mut String, judged: &Judged, words: &Words) {
    if judged.verdict.reasons.is_empty() {
        return;
    }
    out.push_str("<ul class=\"checks\">\n");
    for reason in &judged.verdict.reasons {
        let (class, sign, said) = match (reason.fired, reason.ignored) {
            (true, _) => ("fired", "✗", words.failed),
            (false, true) => ("ignored", "–", words.ignored),
            (false, false) => ("quiet", "✓", words.passed),
        };
        let _ = writeln!(
            out,
            "<li class=\"{class}\"><span class=\"sign\" role=\"img\" aria-label=\"{said}\">{sign}</span>\
             <span class=\"name\">{} <code dir=\"ltr\">{}</code></span><bdi>{:.2}</bdi></li>",
            words.check(&reason.id),
            escape(&reason.id),
            reason.p
        );
    }
    out.push_str("</ul>\n");
}

/// The ad, line by line, each in its own direction.
pub(super) fn text(out: &mut String, judged: &Judged, words: &Words) {
    let verdict = &judged.verdict;
    let lines = lines(judged.ad.plain().trim_end(), verdict);
    let any = |test: fn(&Piece<'_>) -> bool| lines.iter().flatten().any(test);
    let (vague, concrete) = (any(|piece| piece.is_vague()), any(|piece| piece.is_concrete()));
    if vague || concrete {
        out.push_str("<p class=\"legend soft\">");
        if vague {
            let _ = write!(out, "<mark class=\"v\">{}</mark> ", words.vague_mark);
        }
        if concrete {
            let _ = write!(out, "<mark class=\"c\">{}</mark>", words.concrete_mark);
        }
        out.push_str("</p>\n");
    }
    out.push_str("<div class=\"ad\">\n");
    let mut blank = true;
    for line in &lines {
        // Several empty lines in a row are one.
        let empty = line.iter().all(|piece| piece.text.trim().is_empty());
        if empty && std::mem::replace(&mut blank, true) {
            continue;
        }
        blank = empty;
        let whole: String = line.iter().map(|piece| piece.text).collect();
        let _ = write!(out, "<p dir=\"{}\">", Script::of(&whole).dir());
        for piece in line {
            if piece.is_vague() {
                let checks: Vec<&str> = piece.reasons.iter().map(|reason| words.check(reason)).collect();
                let _ =
                    write!(out, "<mark class=\"v\" title=\"✗ {}\">{}</mark>", checks.join(" · "), escape(piece.text));
            } else if let Some(kind) = piece.kind {
                let name = kind_name(kind, verdict.lang);
                let _ = write!(out, "<mark class=\"c\" title=\"✓ {}\">{}</mark>", escape(name), escape(piece.text));
            } else {
                out.push_str(&escape(piece.text));
            }
        }
        out.push_str("</p>\n");
    }
    out.push_str("</div>\n");
}

fn card(out: &mut String, judged: &Judged, reason: &ReasonVerdict, words: &Words) {
    let _ = writeln!(
        out,
        "<section class=\"card\">\n<h3>✗ {} <code dir=\"ltr\">{}</code></h3>",
        words.check(&reason.id),
        escape(&reason.id)
    );
    if let Some(advice) = &reason.advice {
        let _ = writeln!(out, "<p dir=\"{}\">{}</p>", Script::of(advice).dir(), escape(advice));
    }
    if let (Some(edit), Some(before)) = (&reason.edit, judged.verdict.p_vague) {
        let old = edit.span.of(judged.ad.plain());
        let what = if old.is_empty() {
            let after = format!("<bdi>{}</bdi>", escape(&tail(judged.ad.plain(), edit.span.start)));
            words.put_in.replace("{}", &after)
        } else {
            words.instead_of.to_owned()
        };
        let _ = writeln!(out, "<div class=\"edit\">\n<p class=\"soft\">{}, {what}:</p>", words.example);
        if !old.is_empty() {
            let _ = writeln!(out, "<p dir=\"{}\"><del>{}</del></p>", Script::of(old).dir(), escape(old));
        }
        let new = edit.replacement.trim();
        let _ = writeln!(out, "<p dir=\"{}\"><ins>{}</ins></p>", Script::of(new).dir(), escape(new));
        let effect = format!("{before:.2} → {:.2}", edit.p_vague_after);
        let _ = writeln!(
            out,
            "<p><span class=\"soft\">{}:</span> <span class=\"effect\">{effect}</span></p>\n</div>",
            words.probability
        );
    }
    out.push_str("</section>\n");
}

/// `text` as text or in a quoted attribute; overrides of direction and controls are left out.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            '\t' | '\n' => out.push(c),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::marks::tests::judged;

    fn written() -> String {
        let (ad, verdict) = judged();
        let judge = Judge { model: "m@1".to_owned(), upper: 0.42, lower: 0.3 };
        page(&[Judged { ad, verdict }], &judge)
    }

    #[test]
    fn the_body_of_a_page() {
        let page = written();
        let body = page.split("<main>").nth(1).unwrap().trim();
        insta::assert_snapshot!(body, @r#"
        <article lang="en" dir="ltr" class="vague">
        <header>
        <h1 dir="auto">Social guru</h1>
        <p class="verdict"><strong>Vague</strong> <span><span class="soft">Probability that the ad is vague</span> <bdi>0.81</bdi></span></p>
        <div class="meter" aria-hidden="true"><span style="width:81%"></span></div>
        <p class="soft">About 81 of 100 ads scored like this are vague; ads are flagged from 0.42 up.</p>
        </header>
        <ul class="checks">
        <li class="quiet"><span class="sign" role="img" aria-label="passed">✓</span><span class="name">Says whose role it is <code dir="ltr">generic</code></span><bdi>0.12</bdi></li>
        <li class="fired"><span class="sign" role="img" aria-label="failed">✗</span><span class="name">Says what the work is <code dir="ltr">undefined</code></span><bdi>0.12</bdi></li>
        <li class="quiet"><span class="sign" role="img" aria-label="passed">✓</span><span class="name">Asks for proof of skill <code dir="ltr">no_barrier</code></span><bdi>0.12</bdi></li>
        <li class="quiet"><span class="sign" role="img" aria-label="passed">✓</span><span class="name">Says what it offers <code dir="ltr">no_stake</code></span><bdi>0.12</bdi></li>
        <li class="quiet"><span class="sign" role="img" aria-label="passed">✓</span><span class="name">Results can be checked <code dir="ltr">unmeasurable</code></span><bdi>0.12</bdi></li>
        <li class="fired"><span class="sign" role="img" aria-label="failed">✗</span><span class="name">Work, not clichés <code dir="ltr">everyone</code></span><bdi>0.12</bdi></li>
        </ul>
        <p class="legend soft"><mark class="v">vague</mark> <mark class="c">concrete</mark></p>
        <div class="ad">
        <p dir="auto">Social <mark class="v" title="✗ Work, not clichés">guru</mark></p>
        <p dir="auto">Be our <mark class="v" title="✗ Work, not clichés">guru</mark>, <mark class="v" title="✗ Says what the work is">100% fun &amp; &lt;b&gt;wow&lt;/b&gt;</mark></p>
        <p dir="auto">Post <mark class="c" title="✓ how often">daily</mark>, earn <mark class="c" title="✓ pay">$20</mark></p>
        </div>
        <h2>What to write instead</h2>
        <section class="card">
        <h3>✗ Says what the work is <code dir="ltr">undefined</code></h3>
        <p dir="auto">Mend undefined.</p>
        <div class="edit">
        <p class="soft">For example, write instead:</p>
        <p dir="auto"><del>100% fun &amp; &lt;b&gt;wow&lt;/b&gt;</del></p>
        <p dir="auto"><ins>You will write 3 posts a week</ins></p>
        <p><span class="soft">Probability that the ad is vague:</span> <span class="effect">0.81 → 0.66</span></p>
        </div>
        </section>
        <section class="card">
        <h3>✗ Work, not clichés <code dir="ltr">everyone</code></h3>
        <p dir="auto">Mend everyone.</p>
        </section>
        </article>
        <footer dir="auto">Judged by <bdi>m@1</bdi> · tachles 0.1.0</footer>
        </main>
        </body>
        </html>
        "#);
    }

    #[test]
    fn nothing_of_the_ad_is_markup_and_nothing_is_fetched() {
        let page = written();
        assert!(page.contains("100% fun &amp; &lt;b&gt;wow&lt;/b&gt;"));
        for not in ["<b>", "<script", "http", "url(", "@import", "javascript"] {
            assert!(!page.contains(not), "{not}");
        }
        assert_eq!(escape("<a title='\"&\u{202e}\u{7}'>"), "&lt;a title=&#39;&quot;&amp;&#39;&gt;");
    }

    #[test]
    fn elements_are_closed() {
        let page = written();
        for name in
            ["article", "header", "section", "ul", "li", "p", "div", "mark", "ins", "del", "bdi", "span", "h1", "code"]
        {
            let opened = page.matches(&format!("<{name}>")).count() + page.matches(&format!("<{name} ")).count();
            assert_eq!(opened, page.matches(&format!("</{name}>")).count(), "{name}");
        }
    }
}
