//! The classes of tokens that are known by their shape.

use super::pattern::Class;

/// The classes a form belongs to by its shape; [`Class::Number`] comes first.
pub(super) fn classes(form: &str) -> impl Iterator<Item = Class> {
    let first = form.chars().next().unwrap_or(' ');
    let mut found = [None; 3];
    if first.is_ascii_digit() {
        let digits = form.bytes().filter(u8::is_ascii_digit).count();
        let dots = form.bytes().filter(|&b| b == b'.').count();
        let last = form.chars().last().unwrap_or(' ');
        if form.contains(':') {
            found = [Some(Class::Time), None, None];
        } else if form.contains('/') || (dots >= 2 && digits >= 4) {
            // `24/7` is neither a date nor a number, `2017/2018` and `610/620` are no dates either.
            found = [(digits >= 4 && dated(form)).then_some(Class::Date), None, None];
        } else if last == '%' {
            found = [Some(Class::Number), Some(Class::Percent), None];
        } else {
            let shape_fits = form.bytes().all(|b| b.is_ascii_digit() || b",.'+kKmM".contains(&b));
            let thousands = matches!(last, 'k' | 'K' | 'm' | 'M') || (digits >= 4 && (dots == 0 || form.contains(',')));
            if shape_fits {
                found = [Some(Class::Number), thousands.then_some(Class::Big), None];
            }
        }
    } else if matches!(first, '$' | '₪' | '€' | '£' | '¥' | '₹' | '₦') {
        found = [Some(Class::Currency), None, None];
    } else if form == "<email>" {
        found = [Some(Class::Mail), None, None];
    } else if form == "<url>" {
        found = [Some(Class::Url), None, None];
    }
    found.into_iter().flatten()
}

/// True when the parts of `form` are days and months but for one, which may be a year.
fn dated(form: &str) -> bool {
    let parts = form.split(['/', '.']).filter(|part| !part.is_empty());
    let (mut years, mut days) = (0, 0);
    for part in parts {
        match part.parse::<u16>() {
            Ok(1..=31) => days += 1,
            Ok(32..=99 | 1900..=2100) => years += 1,
            _ => return false,
        }
    }
    days > 0 && years <= 1
}
