//! The base of a word form, so that one lexicon entry covers its gender, number and tense.
//!
//! This is a light suffix stripper, not a lemmatiser: it only has to send the forms of one word to the same
//! string, and it may send two unrelated words there too (an entry can ask for the exact form instead).

/// Writes the base of `form` (already normalised by the analyzer) into `base`.
pub(crate) fn base(form: &str, base: &mut String) {
    base.clear();
    if form.chars().next().is_some_and(is_hebrew) {
        hebrew(form, base);
    } else {
        base.push_str(form);
        english(base);
    }
}

/// True for the letters alef to tav.
pub(crate) fn is_hebrew(letter: char) -> bool {
    ('\u{5d0}'..='\u{5ea}').contains(&letter)
}

/// Endings of gender, number and construct state, the longest first; each must leave three letters.
const HEBREW_ENDINGS: [&str; 6] = ["יות", "ים", "ות", "ית", "ה", "ת"];

fn hebrew(form: &str, base: &mut String) {
    let mut previous = '\0';
    for letter in form.chars() {
        // Plene and defective spelling differ in doubled vav and yod: one of each is kept.
        if letter == previous && (letter == 'ו' || letter == 'י') {
            continue;
        }
        previous = letter;
        base.push(letter);
    }
    let letters = base.chars().count();
    for ending in HEBREW_ENDINGS {
        let size = ending.chars().count();
        if letters >= size + 3 && base.ends_with(ending) {
            base.truncate(base.len() - ending.len());
            break;
        }
    }
    // A relational yod stays behind when the ending that followed it is gone: אנרגיה and אנרגיות share אנרג.
    if base.chars().count() >= 4 && base.ends_with('י') {
        base.truncate(base.len() - 'י'.len_utf8());
    }
    let open = match base.chars().last() {
        Some('ם') => 'מ',
        Some('ן') => 'נ',
        Some('ץ') => 'צ',
        Some('ף') => 'פ',
        Some('ך') => 'כ',
        _ => return,
    };
    base.pop();
    base.push(open);
}

fn english(word: &mut String) {
    if word.ends_with("'s") || word.ends_with("’s") {
        let cut = word.rfind(['\'', '’']).unwrap_or(word.len());
        word.truncate(cut);
    }
    if word.len() < 4 || !word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-') {
        return;
    }
    if word.ends_with("ies") && word.len() > 4 {
        word.truncate(word.len() - 3);
        word.push('y');
    } else if ["sses", "shes", "ches", "xes"].iter().any(|end| word.ends_with(end)) {
        word.truncate(word.len() - 2);
    } else if word.ends_with('s') && !["ss", "us", "is"].iter().any(|end| word.ends_with(end)) && word != "news" {
        word.truncate(word.len() - 1);
    }
    let stripped = ["ing", "ed"].iter().find_map(|end| word.strip_suffix(end)).map(str::len);
    if let Some(kept) = stripped.filter(|&kept| kept >= 3 && !word.ends_with("eed")) {
        let has_vowel = word.bytes().take(kept).any(|b| b"aeiouy".contains(&b));
        if has_vowel {
            word.truncate(kept);
            undouble(word);
        }
    }
    if word.len() > 3 && word.ends_with('e') {
        word.pop();
    }
}

/// `plann` becomes `plan`; doubled letters that belong to the word (`sell`, `pass`) stay.
fn undouble(word: &mut String) {
    let mut last = word.bytes().rev();
    if let (Some(a), Some(b)) = (last.next(), last.next())
        && a == b
        && !b"aeioulsz".contains(&a)
    {
        word.pop();
    }
}

#[cfg(test)]
mod tests {
    fn base(form: &str) -> String {
        let mut out = String::new();
        super::base(form, &mut out);
        out
    }

    #[test]
    fn forms_of_one_word_share_a_base() {
        for family in [
            &["manage", "manages", "managed", "managing"][..],
            &["plan", "plans", "planned", "planning"],
            &["strategy", "strategies"],
            &["process", "processes"],
            &["מעולה", "מעולים", "מעולות"],
            &["דינמי", "דינמית", "דינמיים"],
            &["אנרגיה", "אנרגיות"],
            &["אווירה", "אוירה", "אווירת"],
            &["מצוין", "מצויינים", "מצוינות"],
            &["משמרת", "משמרות"],
            &["תחום", "תחומים"],
        ] {
            let first = base(family[0]);
            for form in family {
                assert_eq!(base(form), first, "help: see the ending rules; {form} left the family of {}", family[0]);
            }
        }
    }

    #[test]
    fn a_base_is_its_own_base_or_at_least_never_panics() {
        for form in ["", "a", "ing", "ed", "s", "ת", "ים", "ווו", "ns's", "r&d", "15%", "ש\"ח"] {
            base(form);
        }
    }
}
