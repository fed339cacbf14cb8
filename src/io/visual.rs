//! Hebrew stored in the order it is displayed in, turned to the order it is read in.
//!
//! Old Hebrew files hold each line as it looks, from left to right: `םולש` for שלום. Turning a line around puts the
//! Hebrew right and the Latin words and numbers wrong, so those are turned once more.

/// The text in reading order, line by line.
pub(crate) fn to_logical(text: &str) -> String {
    let mut turned = String::with_capacity(text.len());
    for line in text.split_inclusive(['\n', '\r']) {
        let body = line.trim_end_matches(['\n', '\r']);
        turn(body, &mut turned);
        turned.push_str(line.get(body.len()..).unwrap_or_default());
    }
    turned
}

fn turn(line: &str, turned: &mut String) {
    let hebrew = line.chars().filter(|&c| is_hebrew(c)).count();
    if hebrew == 0 {
        turned.push_str(line);
        return;
    }
    let latin = line.chars().filter(|&c| is_latin(c)).count();
    let mut chars: Vec<char> = line.chars().collect();
    // Lines of a Hebrew file run from right to left, also when product names outweigh the Hebrew in them.
    if hebrew * 4 >= latin {
        chars.reverse();
        turn_runs(&mut chars, |c| is_latin(c) || c.is_ascii_digit(), joins_latin);
    } else {
        // A Latin line reads from left to right already; only the Hebrew within it is turned.
        turn_runs(&mut chars, is_hebrew, |between, _, _| between.iter().all(|c| *c == ' ' || is_inner(*c)));
        turned.extend(chars);
        return;
    }
    turned.extend(chars);
}

/// Turns each run of characters that `belongs`, with what `joins` its parts; mirrors brackets outside Latin runs.
fn turn_runs(chars: &mut [char], belongs: impl Fn(char) -> bool, joins: impl Fn(&[char], &[char], &[char]) -> bool) {
    let right_to_left = belongs('0');
    let mut at = 0;
    while at < chars.len() {
        let Some(start) = chars.iter().skip(at).position(|&c| belongs(c)).map(|found| at + found) else { break };
        let mut end = part_end(chars, start, &belongs);
        while let Some(next) = chars.iter().skip(end).position(|&c| belongs(c)).map(|found| end + found) {
            let after = part_end(chars, next, &belongs);
            let slice = |from: usize, to: usize| chars.get(from..to).unwrap_or_default();
            if !joins(slice(end, next), slice(start, end), slice(next, after)) {
                break;
            }
            end = after;
        }
        let (mut start, mut end) = (start, end);
        if right_to_left {
            // Signs of money and percent go with the number beside them.
            while start > at && chars.get(start - 1).is_some_and(|c| is_sign(*c)) && is_digit_at(chars, start) {
                start -= 1;
            }
            while chars.get(end).is_some_and(|c| is_sign(*c)) && is_digit_at(chars, end.wrapping_sub(1)) {
                end += 1;
            }
            chars.get_mut(at..start).unwrap_or_default().iter_mut().for_each(|c| *c = mirrored(*c));
        }
        chars.get_mut(start..end).unwrap_or_default().reverse();
        at = end;
    }
    if right_to_left {
        chars.get_mut(at..).unwrap_or_default().iter_mut().for_each(|c| *c = mirrored(*c));
    }
}

fn part_end(chars: &[char], start: usize, belongs: impl Fn(char) -> bool) -> usize {
    chars.iter().skip(start).position(|&c| !belongs(c)).map_or(chars.len(), |found| start + found)
}

/// Latin words with blanks between them are one run, numbers with blanks between them are not.
fn joins_latin(between: &[char], before: &[char], after: &[char]) -> bool {
    let words = before.iter().chain(after).any(|&c| is_latin(c));
    match between {
        [] => true,
        [' '] => words,
        [one] => is_inner(*one),
        _ => words && between.iter().all(|c| *c == ' ' || is_inner(*c)),
    }
}

fn is_digit_at(chars: &[char], at: usize) -> bool {
    chars.get(at).is_some_and(char::is_ascii_digit)
}

fn is_hebrew(c: char) -> bool {
    matches!(c, '\u{591}'..='\u{5f4}' | '\u{fb1d}'..='\u{fb4f}')
}

fn is_latin(c: char) -> bool {
    c.is_ascii_alphabetic() || matches!(c, '\u{c0}'..='\u{24f}')
}

/// What stands within words, numbers and addresses.
fn is_inner(c: char) -> bool {
    matches!(c, '-' | '.' | ',' | '/' | ':' | '@' | '_' | '&' | '\'' | '’' | '+' | '#' | '"')
}

fn is_sign(c: char) -> bool {
    matches!(c, '%' | '$' | '€' | '£' | '₪')
}

fn mirrored(c: char) -> char {
    match c {
        '(' => ')',
        ')' => '(',
        '[' => ']',
        ']' => '[',
        '{' => '}',
        '}' => '{',
        '<' => '>',
        '>' => '<',
        '«' => '»',
        '»' => '«',
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_turned_and_what_reads_left_to_right_is_not() {
        for (stored, read) in [
            ("םולש", "שלום"),
            ("לאישוס להנמ שורד", "דרוש מנהל סושיאל"),
            ("Google Ads לוהינ", "ניהול Google Ads"),
            ("הרשמ 50% ,םינש 2-3 ןויסינ", "ניסיון 2-3 שנים, 50% משרה"),
            (".(ןורתי) ++C -ב ןויסינ", "ניסיון ב- C++ (יתרון)."),
            ("10,000 ₪ דע", "עד ₪ 10,000"),
            ("a.b@c.co.il :ל ח\"וק", "קו\"ח ל: a.b@c.co.il"),
            ("Join our growing team of writers in ביבא לת today", "Join our growing team of writers in תל אביב today"),
            ("plain English (only)", "plain English (only)"),
            ("20 10 םירפסמ", "מספרים 10 20"),
            ("", ""),
        ] {
            assert_eq!(to_logical(stored), read, "{stored}");
        }
        assert_eq!(to_logical("םולש\r\nםלוע\n\nx"), "שלום\r\nעולם\n\nx");
    }

    #[test]
    fn nothing_is_added_or_lost() {
        proptest::proptest!(|(text in "[א-תa-z0-9 ()%₪.,\\-\n]{0,60}")| {
            let sorted = |text: &str| {
                let mut chars: Vec<char> = text.chars().map(|c| if c == ')' { '(' } else { c }).collect();
                chars.sort_unstable();
                chars
            };
            assert_eq!(sorted(&to_logical(&text)), sorted(&text));
        });
    }
}
