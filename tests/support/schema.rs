//! A reader of as much JSON Schema as `docs/record.schema.json` and the API's document use; a word it does not know is a failure.

use serde_json::{Map, Value};

/// Every way in which `value` breaks `schema`, each with its path.
pub fn faults(schema: &Value, value: &Value) -> Vec<String> {
    faults_in(schema, schema, value)
}

/// The same for a schema whose references point into `root`.
pub fn faults_in(root: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(root, schema, value, "$", &mut found);
    found
}

fn check(root: &Value, schema: &Value, value: &Value, path: &str, found: &mut Vec<String>) {
    let rules = schema.as_object().unwrap();
    if let Some(reference) = rules.get("$ref") {
        let target = root.pointer(reference.as_str().unwrap().trim_start_matches('#'));
        return check(root, target.unwrap_or_else(|| panic!("{reference}")), value, path, found);
    }
    for (word, rule) in rules {
        if !holds(root, rules, word, rule, value, path, found) {
            found.push(format!("{path}: {word} {rule} is broken by {value}"));
        }
    }
}

fn holds(
    root: &Value,
    rules: &Map<String, Value>,
    word: &str,
    rule: &Value,
    value: &Value,
    path: &str,
    found: &mut Vec<String>,
) -> bool {
    let number = rule.as_f64().unwrap_or_default();
    match word {
        "$schema" | "$defs" | "title" | "description" | "default" | "example" => true,
        "format" => {
            assert_eq!(rule, "date-time", "only this format is read");
            value.as_str().is_none_or(|text| text.len() >= 20 && text.ends_with('Z') && text.as_bytes()[10] == b'T')
        }
        "oneOf" => {
            let fits = |schema: &&Value| faults_in(root, schema, value).is_empty();
            rule.as_array().unwrap().iter().filter(fits).count() == 1
        }
        "allOf" => rule.as_array().unwrap().iter().all(|schema| faults_in(root, schema, value).is_empty()),
        "maxLength" => value.as_str().is_none_or(|text| text.chars().count() as f64 <= number),
        "propertyNames" => value
            .as_object()
            .is_none_or(|fields| fields.keys().all(|name| faults_in(root, rule, &name.as_str().into()).is_empty())),
        "type" => match rule {
            Value::Array(types) => types.iter().any(|name| is(name, value)),
            name => is(name, value),
        },
        "enum" => rule.as_array().unwrap().contains(value),
        "const" => rule == value,
        "minimum" => value.as_f64().is_none_or(|v| v >= number),
        "maximum" => value.as_f64().is_none_or(|v| v <= number),
        "minLength" => value.as_str().is_none_or(|text| text.chars().count() as f64 >= number),
        "minItems" => value.as_array().is_none_or(|items| items.len() as f64 >= number),
        "maxItems" => value.as_array().is_none_or(|items| items.len() as f64 <= number),
        "pattern" => {
            let fits: fn(&str) -> bool = match rule.as_str().unwrap() {
                "^[0-9a-f]{32}$" => |text| text.len() == 32 && text.bytes().all(|b| b"0123456789abcdef".contains(&b)),
                "^[a-z][a-z0-9_]{0,39}$" => |text| {
                    let sound = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
                    text.starts_with(|c: char| c.is_ascii_lowercase()) && text.len() <= 40 && text.bytes().all(sound)
                },
                other => panic!("the pattern {other} is not read"),
            };
            value.as_str().is_none_or(fits)
        }
        "required" => value.as_object().is_none_or(|fields| {
            rule.as_array().unwrap().iter().all(|name| fields.contains_key(name.as_str().unwrap()))
        }),
        "properties" => {
            for (name, inner) in rule.as_object().unwrap() {
                if let Some(field) = value.get(name) {
                    check(root, inner, field, &format!("{path}.{name}"), found);
                }
            }
            true
        }
        "additionalProperties" => {
            let known = |name: &str| rules.get("properties").is_some_and(|known| known.get(name).is_some());
            let others = value.as_object().into_iter().flatten().filter(|(name, _)| !known(name));
            match rule.as_bool() {
                Some(allowed) => allowed || others.count() == 0,
                None => {
                    others.for_each(|(name, field)| check(root, rule, field, &format!("{path}.{name}"), found));
                    true
                }
            }
        }
        "items" => {
            for (place, item) in value.as_array().into_iter().flatten().enumerate() {
                check(root, rule, item, &format!("{path}[{place}]"), found);
            }
            true
        }
        other => panic!("{path}: the word {other} is not read"),
    }
}

fn is(name: &Value, value: &Value) -> bool {
    match name.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("the type {other} is not read"),
    }
}
