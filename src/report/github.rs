//! Workflow commands: GitHub Actions shows them as annotations beside the lines of a pull request.

use std::fmt::Write;

use super::Judged;
use super::place::{Places, Region};
use super::words::ENGLISH;
use crate::score::Decision;

/// One annotation for the ad and one for every reason that fired; nothing for ads that are not judged.
///
/// Vague ads are warnings, others notices.
pub fn annotations(judged: &Judged) -> String {
    let (ad, verdict) = (&judged.ad, &judged.verdict);
    let mut text = String::new();
    if matches!(verdict.decision, Decision::OutOfScope | Decision::Unsupported) || verdict.excused {
        return text;
    }
    let level = if verdict.decision == Decision::Vague { "warning" } else { "notice" };
    let p = verdict.p_vague.unwrap_or(0.0);
    let failed: Vec<&str> = verdict.reasons.iter().filter(|reason| reason.fired).map(|reason| &*reason.id).collect();
    if verdict.decision != Decision::Concrete {
        let decision = verdict.decision.as_str();
        let findings = if failed.is_empty() { "no reason stands out".to_owned() } else { failed.join(", ") };
        let message = format!("This ad is {decision}, p(vague) {p:.2}: {findings}");
        command(&mut text, level, &ad.source.file, None, "tachles", &message);
    }
    let places = Places::new(ad);
    for reason in verdict.reasons.iter().filter(|reason| reason.fired) {
        let region = reason.evidence.iter().find_map(|found| places.region(found.span));
        let mut message = reason.advice.clone().unwrap_or_default();
        if let Some(edit) = &reason.edit {
            let _ = write!(message, "\nFor example: {}", edit.replacement.trim());
            let _ = write!(message, "\np(vague) {p:.2} → {:.2}", edit.p_vague_after);
        }
        let title = format!("tachles {}: fails “{}”", reason.id, ENGLISH.check(&reason.id));
        command(&mut text, level, &ad.source.file, region, &title, &message);
    }
    text
}

fn command(out: &mut String, level: &str, file: &str, region: Option<Region>, title: &str, message: &str) {
    let _ = write!(out, "::{level} ");
    if file != "-" {
        let _ = write!(out, "file={},", property(file));
        if let Some(region) = region {
            let _ = write!(out, "line={},endLine={},", region.start_line, region.end_line);
            // Columns may be given for a region within one line only.
            if region.start_line == region.end_line {
                let _ = write!(out, "col={},endColumn={},", region.start_column, region.end_column);
            }
        }
    }
    let _ = writeln!(out, "title={}::{}", property(title), data(message));
}

/// Escapes what follows the second `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes the value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::marks::tests::judged;

    #[test]
    fn annotations_are_escaped() {
        let (ad, verdict) = judged();
        insta::assert_snapshot!(annotations(&Judged { ad, verdict }), @r"
        ::warning file=ads/one%2C two.txt,title=tachles::This ad is vague, p(vague) 0.81: undefined, everyone
        ::warning file=ads/one%2C two.txt,line=1,endLine=1,col=14,endColumn=35,title=tachles undefined%3A fails “Says what the work is”::Mend undefined.%0AFor example: You will write 3 posts a week%0Ap(vague) 0.81 → 0.66
        ::warning file=ads/one%2C two.txt,line=1,endLine=1,col=8,endColumn=12,title=tachles everyone%3A fails “Work%2C not clichés”::Mend everyone.
        ");
        assert_eq!(property("a,b: 5%\r\n"), "a%2Cb%3A 5%25%0D%0A");
        assert_eq!(data("a,b: 5%\n"), "a,b: 5%25%0A");
    }

    #[test]
    fn ads_that_are_not_judged_are_not_annotated() {
        let (ad, mut verdict) = judged();
        verdict.decision = Decision::OutOfScope;
        assert_eq!(annotations(&Judged { ad, verdict }), "");
    }
}
