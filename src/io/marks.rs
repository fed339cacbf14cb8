//! What label columns say, from their words and numbers to [`Labels`]. A blank says nothing.

use super::field::Field;
use super::json::Values;
use crate::error::{Error, ErrorKind};
use crate::label::{Labels, REASONS, SCOPE, Split, VAGUE};

/// The labels of one record; `own` are the names of the reasons beside the six.
pub(crate) fn labels(values: &Values<'_>, own: &[String]) -> Result<Labels, Error> {
    let mut labels = Labels::default();
    if let Some(word) = given(values, Field::Label) {
        labels.set(VAGUE, vague(word)?);
    }
    if let Some(word) = given(values, Field::Scope) {
        labels.set(SCOPE, flag(SCOPE, word)?);
    }
    if let Some(word) = given(values, Field::Vagueness) {
        labels.vagueness = Some(scale(word)?);
    }
    for (index, name) in REASONS.iter().enumerate() {
        let field = Field::Reason(u8::try_from(index).unwrap_or(0));
        if let Some(word) = given(values, field) {
            labels.set(name, flag(name, word)?);
        }
    }
    for (index, name) in (0..).zip(own) {
        if let Some(word) = given(values, Field::OwnReason(index)) {
            labels.set(name, flag(name, word)?);
        }
    }
    Ok(labels)
}

/// The part of the split the record belongs to.
pub(crate) fn split(values: &Values<'_>) -> Result<Option<Split>, Error> {
    given(values, Field::Split).map_or(Ok(None), |word| match Split::parse(word) {
        Some(split) => Ok(Some(split)),
        None => Err(fault(format!("split must be train, valid or test, is {word:?}"))),
    })
}

fn given<'v>(values: &'v Values<'_>, field: Field) -> Option<&'v str> {
    values.get(field.slot())?.as_deref().map(str::trim).filter(|word| !word.is_empty())
}

fn vague(word: &str) -> Result<bool, Error> {
    match word.to_lowercase().as_str() {
        "vague" | "מעורפל" | "מעורפלת" => Ok(true),
        "concrete" | "קונקרטי" | "קונקרטית" => Ok(false),
        _ => Err(fault(format!("label must be vague or concrete, is {word:?}"))),
    }
}

fn flag(name: &str, word: &str) -> Result<bool, Error> {
    match word.to_ascii_lowercase().as_str() {
        "1" | "1.0" | "true" | "yes" => Ok(true),
        "0" | "0.0" | "false" | "no" => Ok(false),
        _ => Err(fault(format!("{name} must be 0 or 1, is {word:?}"))),
    }
}

fn scale(word: &str) -> Result<u8, Error> {
    // Spreadsheets and data frames write whole numbers as 3.0 once a column has blanks.
    match word.strip_suffix(".0").unwrap_or(word).parse::<u8>() {
        Ok(value @ 1..=5) => Ok(value),
        _ => Err(fault(format!("vagueness must be a whole number from 1 to 5, is {word:?}"))),
    }
}

fn fault(message: String) -> Error {
    Error::new(ErrorKind::Label, message)
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    fn values(given: &[(Field, &'static str)]) -> Values<'static> {
        let mut values = Values::default();
        for &(field, word) in given {
            values[field.slot()] = Some(Cow::Borrowed(word));
        }
        values
    }

    #[test]
    fn words_and_numbers() {
        let labels = labels(
            &values(&[
                (Field::Label, " Vague "),
                (Field::Scope, "TRUE"),
                (Field::Vagueness, "4.0"),
                (Field::Reason(0), "0"),
                (Field::Reason(5), ""),
                (Field::OwnReason(1), "1"),
            ]),
            &["a".to_owned(), "b".to_owned()],
        )
        .unwrap();
        assert_eq!(labels.get(VAGUE), Some(true));
        assert_eq!(labels.get(SCOPE), Some(true));
        assert_eq!(labels.vagueness, Some(4));
        assert_eq!(labels.get("generic"), Some(false));
        assert_eq!(labels.get("everyone"), None);
        assert_eq!((labels.get("a"), labels.get("b")), (None, Some(true)));
        assert_eq!(super::labels(&values(&[(Field::Label, "קונקרטי")]), &[]).unwrap().get(VAGUE), Some(false));
    }

    #[test]
    fn other_words_are_errors_with_the_rule_and_the_value() {
        for (field, word, rule) in [
            (Field::Label, "fuzzy", "vague or concrete"),
            (Field::Scope, "2", "scope must be 0 or 1"),
            (Field::Vagueness, "6", "from 1 to 5"),
            (Field::Vagueness, "3.5", "from 1 to 5"),
            (Field::Reason(2), "x", "no_barrier must be 0 or 1"),
        ] {
            let error = labels(&values(&[(field, word)]), &[]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Label);
            assert!(error.message().contains(rule) && error.message().contains(word), "{error}");
        }
        assert!(split(&values(&[(Field::Split, "half")])).is_err());
        assert_eq!(split(&values(&[(Field::Split, "Dev")])).unwrap(), Some(Split::Valid));
    }
}
