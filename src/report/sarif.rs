//! SARIF 2.1.0, the format in which code scanners hand over what they found.
//!
//! One rule a reason, one result for every reason that fired; columns count code points of the file as it was read.

use serde_json::{Value, json};

use super::place::{Places, Region};
use super::words::ENGLISH;
use super::{Judge, Judged};
use crate::ad::{Ad, Span};
use crate::label::REASONS;
use crate::rubric::documentation;
use crate::score::{Decision, ReasonVerdict, Verdict};

/// The log of one run over `ads`.
pub fn log(ads: &[Judged], judge: &Judge) -> String {
    let artifacts: Vec<Value> = ads
        .iter()
        .map(|Judged { ad, verdict }| {
            json!({
                "location": { "uri": uri(&ad.source.file) },
                "properties": {
                    "id": ad.id, "verdict": verdict.decision.as_str(), "p_vague": verdict.p_vague,
                    "p_scope": verdict.p_scope, "lang": verdict.lang.as_str(),
                },
            })
        })
        .collect();
    let results: Vec<Value> = ads.iter().enumerate().flat_map(|(place, judged)| results(place, judged)).collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "tachles",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "properties": { "model": judge.model },
                "rules": REASONS.iter().map(|id| rule(id)).collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "artifacts": artifacts,
            "results": results,
        }],
    });
    let mut text = serde_json::to_string_pretty(&log).unwrap_or_default();
    text.push('\n');
    text
}

fn rule(id: &str) -> Value {
    let help = documentation(id).unwrap_or_default();
    let about = super::markdown::summary(help);
    json!({
        "id": id,
        "name": name(id),
        "shortDescription": { "text": ENGLISH.check(id) },
        "fullDescription": { "text": about },
        "help": { "text": help, "markdown": help },
        "defaultConfiguration": { "level": "warning" },
    })
}

/// `no_stake` as `NoStake`, the way rules are named.
fn name(id: &str) -> String {
    id.split('_')
        .flat_map(|word| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters)
        })
        .collect()
}

fn results(place: usize, judged: &Judged) -> Vec<Value> {
    let (ad, verdict) = (&judged.ad, &judged.verdict);
    if matches!(verdict.decision, Decision::OutOfScope | Decision::Unsupported) {
        return Vec::new();
    }
    let places = Places::new(ad);
    let fired = verdict.reasons.iter().filter(|reason| reason.fired || reason.ignored);
    fired.map(|reason| result(place, ad, verdict, reason, &places)).collect()
}

fn result(place: usize, ad: &Ad, verdict: &Verdict, reason: &ReasonVerdict, places: &Places<'_>) -> Value {
    let artifact = json!({ "uri": uri(&ad.source.file), "index": place });
    let location = |found: Option<(Span, Region)>| {
        let mut physical = json!({ "artifactLocation": artifact });
        if let (Some((span, found)), Some(fields)) = (found, physical.as_object_mut()) {
            let mut shown = region(found);
            if let Some(shown) = shown.as_object_mut() {
                shown.insert("snippet".to_owned(), json!({ "text": span.of(ad.plain()) }));
            }
            fields.insert("region".to_owned(), shown);
        }
        json!({ "physicalLocation": physical })
    };
    let mut found = reason.evidence.iter().filter_map(|evidence| Some((evidence.span, places.region(evidence.span)?)));
    let first = location(found.next());
    let others: Vec<Value> = found
        .enumerate()
        .map(|(number, found)| {
            let mut other = location(Some(found));
            if let Some(fields) = other.as_object_mut() {
                fields.insert("id".to_owned(), json!(number + 1));
            }
            other
        })
        .collect();
    let advice = reason.advice.as_deref().unwrap_or("");
    let message = format!("Fails “{}”. {advice}", ENGLISH.check(&reason.id));
    let mut result = json!({
        "ruleId": reason.id,
        "ruleIndex": REASONS.iter().position(|known| *known == reason.id),
        "level": if verdict.decision == Decision::Vague { "warning" } else { "note" },
        "message": { "text": message.trim() },
        "locations": [first],
        "partialFingerprints": { "adAndReason/v1": format!("{}:{}", ad.content_hash(), reason.id) },
        "properties": { "p": reason.p, "p_vague": verdict.p_vague },
    });
    let Some(fields) = result.as_object_mut() else { return result };
    if !others.is_empty() {
        fields.insert("relatedLocations".to_owned(), Value::Array(others));
    }
    if reason.ignored {
        fields.insert("suppressions".to_owned(), json!([{ "kind": "inSource" }]));
    }
    // In a page of HTML the example would be read as markup, so it is offered for plain text only.
    if let (Some(edit), None) = (&reason.edit, ad.origin())
        && let Some(deleted) = places.region(edit.span)
    {
        let fix = json!({
            "description": { "text": format!("p(vague) {:.2} → {:.2}", verdict.p_vague.unwrap_or(0.0), edit.p_vague_after) },
            "artifactChanges": [{
                "artifactLocation": artifact,
                "replacements": [{ "deletedRegion": region(deleted), "insertedContent": { "text": edit.replacement } }],
            }],
        });
        fields.insert("fixes".to_owned(), json!([fix]));
    }
    result
}

fn region(region: Region) -> Value {
    json!({
        "startLine": region.start_line, "startColumn": region.start_column,
        "endLine": region.end_line, "endColumn": region.end_column,
        "charOffset": region.offset, "charLength": region.length,
    })
}

/// A path as a URI: relative paths stay relative, and what a URI may not hold is escaped (RFC 3986).
fn uri(path: &str) -> String {
    let path = if path == "-" { "stdin" } else { path.strip_prefix("./").unwrap_or(path) };
    let mut uri = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::marks::tests::judged;

    fn logged() -> Value {
        let (ad, verdict) = judged();
        let judge = Judge { model: "m@1".to_owned(), upper: 0.42, lower: 0.3 };
        serde_json::from_str(&log(&[Judged { ad, verdict }], &judge)).unwrap()
    }

    #[test]
    fn a_result_points_at_its_evidence() {
        let log = logged();
        let results = log["runs"][0]["results"].as_array().unwrap();
        assert_eq!(results.len(), 2);
        insta::assert_snapshot!(serde_json::to_string_pretty(&results[0]).unwrap(), @r#"
        {
          "fixes": [
            {
              "artifactChanges": [
                {
                  "artifactLocation": {
                    "index": 0,
                    "uri": "ads/one%2C%20two.txt"
                  },
                  "replacements": [
                    {
                      "deletedRegion": {
                        "charLength": 21,
                        "charOffset": 13,
                        "endColumn": 35,
                        "endLine": 1,
                        "startColumn": 14,
                        "startLine": 1
                      },
                      "insertedContent": {
                        "text": "You will write 3 posts a week"
                      }
                    }
                  ]
                }
              ],
              "description": {
                "text": "p(vague) 0.81 → 0.66"
              }
            }
          ],
          "level": "warning",
          "locations": [
            {
              "physicalLocation": {
                "artifactLocation": {
                  "index": 0,
                  "uri": "ads/one%2C%20two.txt"
                },
                "region": {
                  "charLength": 21,
                  "charOffset": 13,
                  "endColumn": 35,
                  "endLine": 1,
                  "snippet": {
                    "text": "100% fun & <b>wow</b>"
                  },
                  "startColumn": 14,
                  "startLine": 1
                }
              }
            }
          ],
          "message": {
            "text": "Fails “Says what the work is”. Mend undefined."
          },
          "partialFingerprints": {
            "adAndReason/v1": "db4675d31a9d2eaf2077fc504dd7e011:undefined"
          },
          "properties": {
            "p": 0.125,
            "p_vague": 0.8125
          },
          "ruleId": "undefined",
          "ruleIndex": 1
        }
        "#);
        // The first "guru" is in a title that is not in the file.
        assert_eq!(results[1]["locations"][0]["physicalLocation"]["region"]["startColumn"], 8);
    }

    #[test]
    fn rules_hold_their_documentation() {
        let log = logged();
        let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
        assert_eq!(rules.len(), 6);
        assert_eq!(rules[3]["name"], "NoStake");
        assert!(rules[3]["help"]["markdown"].as_str().unwrap().contains("## What it flags"));
        assert_eq!(log["runs"][0]["artifacts"][0]["location"]["uri"], "ads/one%2C%20two.txt");
    }

    #[test]
    fn paths_become_uris() {
        assert_eq!(uri("-"), "stdin");
        assert_eq!(uri("/a b"), "file:///a%20b");
        assert_eq!(uri("./מ.txt"), "%D7%9E.txt");
    }
}
