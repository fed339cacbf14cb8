//! What an entry's `form` says: words, alternatives, named sets, numbers and gaps, read into steps.
//!
//! | written | matches |
//! |---|---|
//! | `word` | the word in any gender, number or tense (and, in a Hebrew entry, behind prefixes) |
//! | `=word` | exactly that form |
//! | `{a,b c,}` | any of the alternatives; an empty one makes the step optional |
//! | `ב{a,b}` | the alternatives behind that prefix |
//! | `@name` | any word of that set in `sets.toml` |
//! | `<n>` | a number in digits or words, or a range of two |
//! | `<pct>` `<time>` `<date>` `<big>` `<cur>` `<mail>` `<url>` | a percentage, a clock time, a date, a number of thousands, a currency, an address |
//! | `*` `*4` | up to two (or four) words of any kind |

use crate::error::{Error, ErrorKind, Result};

/// A kind of token recognised by its shape, not by a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Class {
    /// Any quantity: `3`, `1,200`, `50k`, `three`.
    Number,
    /// `15%`.
    Percent,
    /// `9:00`.
    Time,
    /// `01.07.2024`; `24/7` is none.
    Date,
    /// A number of a thousand or more, or one with a k or m behind it.
    Big,
    /// A currency sign or word.
    Currency,
    /// An e-mail address.
    Mail,
    /// A web address.
    Url,
}

impl Class {
    /// Every class, with the name it has between angle brackets.
    pub(crate) const ALL: [(&'static str, Class); 8] = [
        ("n", Class::Number),
        ("pct", Class::Percent),
        ("time", Class::Time),
        ("date", Class::Date),
        ("big", Class::Big),
        ("cur", Class::Currency),
        ("mail", Class::Mail),
        ("url", Class::Url),
    ];
}

/// One step of a pattern, not yet looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Any one of these words; `true` marks an exact form.
    Words(Vec<(String, bool)>),
    /// Any word of a named set.
    Set(String),
    /// A token of a class.
    Class(Class),
    /// Up to so many tokens of any kind.
    Gap(u8),
}

/// Most sequences one form may stand for; more is a mistake in the entry.
const MOST: usize = 512;

/// Reads a form into the sequences of steps it stands for.
pub(crate) fn parse(form: &str) -> Result<Vec<Vec<Step>>> {
    let mut sequences: Vec<Vec<Step>> = vec![Vec::new()];
    for piece in pieces(form)? {
        let options = match piece.strip_suffix('}').and_then(|rest| rest.split_once('{')) {
            Some((letters, inner)) => alternatives(letters, inner)?,
            None => vec![vec![step("", &piece)?]],
        };
        if sequences.len() * options.len() > MOST {
            return Err(wrong(form, "it stands for too many sequences"));
        }
        sequences = sequences
            .iter()
            .flat_map(|head| options.iter().map(move |tail| head.iter().chain(tail).cloned().collect()))
            .collect();
    }
    // Where an optional step at either end is left out, the gap beside it has nothing to bridge.
    for steps in &mut sequences {
        while matches!(steps.last(), Some(Step::Gap(_))) {
            steps.pop();
        }
        let bridged = steps.iter().position(|step| !matches!(step, Step::Gap(_))).unwrap_or(0);
        steps.drain(..bridged);
    }
    if sequences.iter().any(Vec::is_empty) {
        return Err(wrong(form, "it may stand for nothing at all"));
    }
    Ok(sequences)
}

/// Alternatives that are one word each become one step; the rest are sequences of their own. Prefix letters
/// before the brace belong to the first word of every alternative.
fn alternatives(letters: &str, inner: &str) -> Result<Vec<Vec<Step>>> {
    let mut words = Vec::new();
    let mut options = Vec::new();
    for option in inner.split(',') {
        let mut steps = Vec::new();
        for (place, piece) in option.split_whitespace().enumerate() {
            steps.push(step(if place == 0 { letters } else { "" }, piece)?);
        }
        match steps.as_slice() {
            [Step::Words(one)] => words.extend(one.iter().cloned()),
            _ => options.push(steps),
        }
    }
    if !words.is_empty() {
        options.push(vec![Step::Words(words)]);
    }
    Ok(options)
}

/// One piece without braces, behind `letters`.
fn step(letters: &str, piece: &str) -> Result<Step> {
    if let Some(size) = piece.strip_prefix('*') {
        return match size {
            "" => Ok(Step::Gap(2)),
            _ => size.parse().map(Step::Gap).map_err(|_| wrong(piece, "a gap is `*` or `*` and a number")),
        };
    }
    // Sets take prefixes by themselves, and a class is no word: letters before them only help the reader.
    if let Some((_, name)) = piece.split_once('@') {
        return Ok(Step::Set(name.to_owned()));
    }
    if let Some(name) = piece.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')) {
        let found = Class::ALL.iter().find(|(known, _)| *known == name);
        return found.map(|&(_, class)| Step::Class(class)).ok_or_else(|| wrong(piece, "there is no such class"));
    }
    let (word, exact) = piece.strip_prefix('=').map_or((piece, false), |word| (word, true));
    if word.is_empty() || word.contains(['<', '>', '=', '*', '{', '}']) {
        return Err(wrong(piece, "a word is missing or holds a sign that means something else"));
    }
    Ok(Step::Words(vec![(format!("{letters}{word}"), exact)]))
}

/// Splits at white space outside braces.
fn pieces(form: &str) -> Result<Vec<String>> {
    let mut pieces = Vec::new();
    let mut piece = String::new();
    let mut inside = false;
    for letter in form.chars() {
        match letter {
            '{' if !inside => inside = true,
            '}' if inside => inside = false,
            '{' | '}' => return Err(wrong(form, "braces do not nest and come in pairs")),
            _ if letter.is_whitespace() && !inside => {
                if !piece.is_empty() {
                    pieces.push(std::mem::take(&mut piece));
                }
                continue;
            }
            _ => {}
        }
        piece.push(letter);
    }
    if inside {
        return Err(wrong(form, "a brace is not closed"));
    }
    if !piece.is_empty() {
        pieces.push(piece);
    }
    Ok(pieces)
}

fn wrong(form: &str, rule: &str) -> Error {
    Error::new(ErrorKind::Layout, format!("the form `{form}` of a lexicon entry cannot be used: {rule}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(list: &[&str]) -> Step {
        Step::Words(list.iter().map(|word| ((*word).to_owned(), false)).collect())
    }

    #[test]
    fn single_word_alternatives_stay_one_step() {
        assert_eq!(parse("a {b,c} d").unwrap(), vec![vec![words(&["a"]), words(&["b", "c"]), words(&["d"])]]);
    }

    #[test]
    fn an_empty_alternative_makes_a_step_optional() {
        let parsed = parse("a {very,} b").unwrap();
        assert_eq!(parsed.len(), 2);
        assert!(parsed.contains(&vec![words(&["a"]), words(&["b"])]));
        assert!(parsed.contains(&vec![words(&["a"]), words(&["very"]), words(&["b"])]));
    }

    #[test]
    fn classes_sets_and_gaps_are_read() {
        let parsed = parse("<n> @content *3 =week").unwrap();
        assert_eq!(
            parsed,
            vec![vec![
                Step::Class(Class::Number),
                Step::Set("content".into()),
                Step::Gap(3),
                Step::Words(vec![("week".into(), true)]),
            ]]
        );
    }

    #[test]
    fn prefix_letters_before_a_brace_belong_to_every_alternative() {
        assert_eq!(parse("ב{עבודה,ניהול}").unwrap(), vec![vec![words(&["בעבודה", "בניהול"])]]);
    }

    #[test]
    fn classes_stand_in_their_own_order() {
        for (place, (name, class)) in Class::ALL.into_iter().enumerate() {
            assert_eq!(class as usize, place, "help: the automaton counts its first symbols so; {name}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        for form in ["", "*", "{a,}", "{a", "a}", "<nothing>", "=", "a {b {c}}"] {
            assert_eq!(parse(form).unwrap_err().kind(), ErrorKind::Layout, "{form}");
        }
    }
}
