//! Reviews as labelled CSV: what `tachles train` reads.

use std::collections::BTreeMap;

use crate::error::{Error, ErrorKind, Result};
use crate::label::{REASONS, SCOPE, VAGUE};
use crate::ledger::{Content, Desk, Review};

/// The labels as CSV: one row a text, what most of its reviewers say of each head, blank where they are split or say nothing. Texts
/// without any label, and those that are not kept, are left out. With `reviewer`, what that one says.
pub(super) fn csv(desk: &Desk, reviewer: Option<&str>) -> Result<Vec<u8>> {
    let reviews = desk.reviews()?;
    let mut texts: BTreeMap<Content, Vec<&Review>> = BTreeMap::new();
    for review in reviews.iter().filter(|review| reviewer.is_none_or(|name| review.said.reviewer == name)) {
        texts.entry(review.content).or_default().push(review);
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    let refused = |error: csv::Error| Error::new(ErrorKind::Io, format!("the labels cannot be written: {error}"));
    let names = ["id", "title", "text", "company", "label", SCOPE, "vagueness"];
    writer.write_record(names.into_iter().chain(REASONS).chain(["reviewers"])).map_err(refused)?;
    for (content, reviews) in &texts {
        let vote = |head: &str| majority(reviews.iter().filter_map(|review| review.said.labels.get(head)));
        let flag = |head: &str| vote(head).map_or("", |yes| if yes { "1" } else { "0" }).to_owned();
        let label = vote(VAGUE).map_or("", |vague| if vague { "vague" } else { "concrete" });
        let labels: Vec<String> = [SCOPE].into_iter().chain(REASONS).map(flag).collect();
        let scale = middle(reviews.iter().filter_map(|review| review.said.labels.vagueness));
        if label.is_empty() && scale.is_empty() && labels.iter().all(String::is_empty) {
            continue;
        }
        let Some((title, text)) = desk.text(content)? else { continue };
        let Some((newest, (scope, reasons))) = reviews.first().zip(labels.split_first()) else { continue };
        let mut row: Vec<&str> = vec![&newest.posting, &title, &text, &newest.company, label, scope, &scale];
        row.extend(reasons.iter().map(String::as_str));
        let count = reviews.len().to_string();
        row.push(&count);
        writer.write_record(&row).map_err(refused)?;
    }
    writer.into_inner().map_err(|error| Error::new(ErrorKind::Io, format!("the labels cannot be written: {error}")))
}

/// What more than half say; none where they are split, or nobody says anything.
fn majority(said: impl Iterator<Item = bool>) -> Option<bool> {
    let balance: i64 = said.map(|yes| if yes { 1 } else { -1 }).sum();
    (balance != 0).then_some(balance > 0)
}

/// The median of the scale, where there is one; the lower of the two in the middle.
fn middle(said: impl Iterator<Item = u8>) -> String {
    let mut all: Vec<u8> = said.collect();
    all.sort_unstable();
    all.get(all.len().saturating_sub(1) / 2).map(u8::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_vote_is_no_label() {
        assert_eq!(majority([true, false].into_iter()), None);
        assert_eq!(majority([true, false, true].into_iter()), Some(true));
        assert_eq!(majority([false].into_iter()), Some(false));
        assert_eq!(majority(std::iter::empty()), None);
        assert_eq!(middle([5, 1, 4].into_iter()), "4");
        assert_eq!(middle([5, 1].into_iter()), "1");
        assert_eq!(middle(std::iter::empty()), "");
    }
}
