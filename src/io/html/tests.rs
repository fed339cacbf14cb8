use proptest::prelude::*;

use super::*;

fn text(raw: &str) -> String {
    check(raw);
    extract(raw).text
}

/// The map must lead every character of the text to raw bytes that say the same, or to none where it was put in.
fn check(raw: &str) {
    let Extracted { text, map, .. } = extract(raw);
    assert_eq!(map.raw_len, raw.len());
    assert!(map.pieces.windows(2).all(|pair| pair[0].0 <= pair[1].0), "{raw:?}: {map:?}");
    for (at, c) in text.char_indices() {
        let (start, end) = (map.raw_start(at), map.raw_end(at + c.len_utf8()));
        let place = format!("help: html/layout.rs; {c:?} at {at} of {text:?} from {raw:?}: {start}..{end} by {map:?}");
        let slice = raw.get(start..end).unwrap_or_else(|| panic!("{place}"));
        if slice.is_empty() {
            assert!(matches!(c, '\n' | '•' | '|' | ' '), "{place}");
            continue;
        }
        let (once, _) = unescape::unescape(slice);
        let (twice, _) = unescape::unescape(&once);
        let blank = c == ' ' && once.chars().all(|c| c.is_whitespace());
        assert!(blank || once.contains(c) || twice.contains(c), "{place}");
    }
}

#[test]
fn blocks_are_lines() {
    assert_eq!(text("<p>One</p><p>Two</p>\n<div>Three<div>Four</div>five</div>"), "One\nTwo\nThree\nFour\nfive");
    assert_eq!(text("<h2>Duties</h2>Write<hr>Read"), "Duties\nWrite\nRead");
    assert_eq!(text("a<br>b<br/>c<br><br><br>d</br>e"), "a\nb\nc\n\nd\ne");
    assert_eq!(text("<p>a<br></p><p>&nbsp;</p><p>\u{a0}</p><p>b</p><p> </p><p>c</p>"), "a\n\nb\nc");
    assert_eq!(text("a</p>b"), "a\nb");
    assert_eq!(text("x<b>y</b>z <i> w</i>"), "xyz w");
}

#[test]
fn items_are_bullets_once() {
    assert_eq!(text("<ul><li>One</li>\n<li> Two\n three<li><p>Four</p></ul>End"), "• One\n• Two three\n• Four\nEnd");
    assert_eq!(text("<ul><li></li><li>• own</li><li>- dash</li><li>-5%</li></ul>"), "• own\n- dash\n• -5%");
    assert_eq!(text("<ul><li>&bull;&nbsp;own</li><li>a<ul><li>b</li></ul></li></ul>"), "• own\n• a\n• b");
}

#[test]
fn cells_are_set_apart() {
    assert_eq!(text("<table><tr><th>Pay</th><td>10</td></tr><tr><td>Hours<td>8</table>x"), "Pay | 10\nHours | 8\nx");
    assert_eq!(text("<table><tr><td><p>a</p></td><td></td><td>b</td></tr></table>"), "a\nb");
}

#[test]
fn what_is_not_seen_is_left_out() {
    assert_eq!(text("a<script>if (x < 3) { y('</p>') }</script>b<style>p{}</style><!-- c --> d"), "ab d");
    assert_eq!(text("a<template><p>x</p></template><noscript>n</noscript><iframe>i</iframe>b"), "ab");
    assert_eq!(text("<div hidden>x<div>y</div>z</div>seen<p style='display:none'>x<p>seen"), "seen\nseen");
    assert_eq!(text("<ul><li hidden>x<li>seen</ul><div><span hidden>x</div>seen"), "• seen\nseen");
    assert_eq!(text("<ul><li hidden>x<ul><li>x</li></ul>x</li><li>seen</ul>"), "• seen");
    assert_eq!(text("<i aria-hidden=true>star</i> <svg><title>t</title><text>x</text></svg><svg/>seen"), "star seen");
    assert_eq!(text("<body style='visibility:hidden'>seen</body>"), "seen");
    assert_eq!(text("<span hidden>x</b></span>seen</span>"), "seen");
}

#[test]
fn references_and_blanks() {
    assert_eq!(
        text("<i></i>R&amp;D &nbsp; A&nbsp;B &copy 5 &lt;b&gt; 20&#8239;% Q&A"),
        "R&D A B © 5 <b> 20\u{202f}% Q&A"
    );
    assert_eq!(text("<p> \u{a0} a \u{a0}\t\n b "), "a b");
    assert_eq!(text("<p>&amp;lt;</p>"), "&lt;");
    assert_eq!(text("<b>יתרון ל&quot;בוגרים&quot;</b> &#1513;לום"), "יתרון ל\"בוגרים\" שלום");
}

#[test]
fn line_breaks_are_kept_where_no_tag_makes_any() {
    assert_eq!(text("One &amp; two\nThree\r\n\r\n\r\nFour <b>x</b>"), "One & two\nThree\n\nFour x");
    assert_eq!(text("<p>One\ntwo</p>"), "One two");
    assert_eq!(text("<p>x</p><pre>One\n  two\n</pre>y"), "x\nOne\ntwo\ny");
}

#[test]
fn a_page_escaped_once_more_is_unescaped_first() {
    assert_eq!(
        text("&lt;p&gt;R&amp;amp;D&lt;/p&gt;&lt;ul class=&quot;x&quot;&gt;&lt;li&gt;שלום&lt;/li&gt;&lt;/ul&gt;"),
        "R&D\n• שלום"
    );
    assert_eq!(text("Pay &lt; 5000 and &gt; 3000"), "Pay < 5000 and > 3000");
}

#[test]
fn a_document_has_a_title_apart() {
    let page = extract(
        "<!doctype html><html><head><title> Writer &amp;\n editor</title></head><body><h1>Hi</h1></body></html>",
    );
    assert_eq!((page.title.as_str(), page.text.as_str()), ("Writer & editor", "Hi"));
}

#[test]
fn malformed_markup_loses_no_seen_text() {
    assert_eq!(text("salary < 5000 and > 3000 <b>x</b>"), "salary < 5000 and > 3000 x");
    assert_eq!(text("<p>pay <min"), "pay <min");
    assert_eq!(text("<p>see <a href=\"http://cut"), "see");
    assert_eq!(text("<b><p>a</b>b</p></div>c"), "ab\nc");
    assert_eq!(text("<td>a</td><p>b"), "a\nb");
    assert_eq!(text("<<p>a>>"), "<\na>>");
    assert_eq!(text(""), "");
    assert_eq!(text(&"<div>".repeat(2000)), "");
    assert_eq!(text(&("<div hidden>".repeat(300) + &"</div>".repeat(300) + "seen")), "seen");
}

#[test]
fn what_looks_like_markup_and_what_does_not() {
    for raw in [
        "<p>",
        "a <br> b",
        "x</li>",
        "<a href='y'>",
        "R&amp;D",
        "a&nbsp;b",
        "&#39;x&#39;",
        "<P CLASS=x>",
        "<b>x<i>y",
        "<b>x</b>",
    ] {
        assert!(looks_like_markup(raw), "{raw}");
    }
    for raw in [
        "salary < 5000 and > 3000",
        "a <b",
        "a <b and c> d",
        "R&D; Q&A",
        "AT&T",
        "<3 years",
        "<name>",
        "i <= 3",
        "x<y>z",
        "<מנהל>",
        "a & b; c",
        "?a=1&copy=2",
        "use <script> tags in HTML",
        "know <script> and <style> & <b>",
        "use <b> sparingly",
        "R&amp;D use <script> tags",
        "",
    ] {
        assert!(!looks_like_markup(raw), "{raw}");
    }
}

#[test]
fn the_map_leads_to_the_raw_bytes() {
    let raw = "<ul><li>ניהול&nbsp;<b>R&amp;D</b></li></ul>";
    let Extracted { text, map, .. } = extract(raw);
    let at = text.find("R&D").unwrap();
    assert_eq!(&raw[map.raw_start(at)..map.raw_end(at + 3)], "R&amp;D");
    assert_eq!(&raw[map.raw_start(at + 1)..map.raw_end(at + 2)], "&amp;");
    let at = text.find("ניהול").unwrap();
    assert_eq!(&raw[map.raw_start(at)..map.raw_end(at + 10)], "ניהול");
}

fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("<p>"),
        Just("</p>"),
        Just("<br>"),
        Just("<li>"),
        Just("</li>"),
        Just("<ul>"),
        Just("</ul>"),
        Just("<div hidden>"),
        Just("</div>"),
        Just("<td>"),
        Just("<tr>"),
        Just("</table>"),
        Just("<b>"),
        Just("</b>"),
        Just("<script>"),
        Just("</script>"),
        Just("<!--"),
        Just("-->"),
        Just("<![CDATA["),
        Just("]]>"),
        Just("<"),
        Just(">"),
        Just("\""),
        Just("="),
        Just("'"),
        Just("/"),
        Just("&"),
        Just("&amp;"),
        Just("&nbsp;"),
        Just("&bne;"),
        Just("&lt;"),
        Just("&gt;"),
        Just("&lt;p&gt;"),
        Just("&#1488"),
        Just(";"),
        Just(" "),
        Just("  "),
        Just("\n"),
        Just("\r\n"),
        Just("\u{a0}"),
        Just("a"),
        Just("שלום"),
        Just("• "),
        Just("<svg>"),
        Just("<math>"),
        Just("<title>"),
        Just("</title>"),
        Just("<select>"),
        Just("<textarea>"),
        Just("<pre>"),
        Just("<a b='"),
        Just("\0"),
        Just("🙂"),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn any_markup_keeps_its_map(raw in pieces()) {
        check(&raw);
    }

    #[test]
    fn any_text_keeps_its_map(raw in ".*") {
        check(&raw);
        looks_like_markup(&raw);
    }

    #[test]
    fn text_is_laid_out_cleanly(raw in pieces()) {
        let text = extract(&raw).text;
        prop_assert!(!text.starts_with(['\n', ' ']) && !text.ends_with(['\n', ' ']), "{text:?} from {raw:?}");
        prop_assert!(!text.contains("\n\n\n") && !text.contains("  ") && !text.contains('\u{a0}'), "{text:?} from {raw:?}");
        prop_assert!(!text.contains(" \n"), "{text:?} from {raw:?}");
    }

    #[test]
    fn words_in_plain_elements_all_arrive(words in prop::collection::vec("[a-zא-ת]{1,8}", 1..20)) {
        let raw: String = words.iter().map(|word| format!("<p><b>{word}</b></p>\n")).collect();
        prop_assert_eq!(extract(&raw).text, words.join("\n"));
    }
}
