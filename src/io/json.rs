//! One line of JSON to the values of its known keys. Keys that mean nothing here are skipped unread.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::field::{SLOTS, fold_name};

/// The values of one record, by [`super::field::Field::slot`].
pub(crate) type Values<'r> = [Option<Cow<'r, str>>; SLOTS];

/// Known keys: the folded name, the slot it fills, and its rank among the names of that slot (the lowest wins).
pub(crate) type Keys = HashMap<String, (usize, usize)>;

/// Why a line gives no values.
pub(crate) enum Fault {
    /// It is not a JSON object.
    Syntax(serde_json::Error),
    /// A key that is needed holds something other than a string, a number or a list of strings.
    Kind { key: String, holds: &'static str },
}

/// Reads the known keys of a JSON object.
pub(crate) fn values<'r>(line: &'r str, keys: &Keys) -> Result<Values<'r>, Fault> {
    let mut deserializer = serde_json::Deserializer::from_str(line);
    let mut object = Object { keys, values: Values::default(), ranks: [usize::MAX; SLOTS], wrong: None };
    deserializer.deserialize_map(&mut object).map_err(Fault::Syntax)?;
    deserializer.end().map_err(Fault::Syntax)?;
    match object.wrong {
        Some((key, holds)) => Err(Fault::Kind { key, holds }),
        None => Ok(object.values),
    }
}

/// The keys of a JSON object in their order; empty for anything else.
pub(crate) fn keys_of(line: &str) -> Vec<String> {
    struct Names;
    impl<'de> Visitor<'de> for Names {
        type Value = Vec<String>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a JSON object")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut names = Vec::new();
            while let Some((name, IgnoredAny)) = map.next_entry()? {
                names.push(name);
            }
            Ok(names)
        }
    }
    serde_json::Deserializer::from_str(line).deserialize_map(Names).unwrap_or_default()
}

struct Object<'k, 'r> {
    keys: &'k Keys,
    values: Values<'r>,
    ranks: [usize; SLOTS],
    wrong: Option<(String, &'static str)>,
}

impl<'r> Visitor<'r> for &mut Object<'_, 'r> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'r>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(key)) = map.next_key_seed(Key::default())? {
            let known = self.keys.get(fold_name(&key).as_str()).copied();
            let Some((slot, rank)) = known.filter(|&(slot, rank)| self.ranks.get(slot).is_some_and(|&r| rank < r))
            else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            match map.next_value_seed(Cell)? {
                Held::Text(text) => {
                    if let (Some(value), Some(best)) = (self.values.get_mut(slot), self.ranks.get_mut(slot)) {
                        *value = Some(text);
                        *best = rank;
                    }
                }
                Held::Nothing => {}
                Held::Other(holds) => self.wrong = Some((key.into_owned(), holds)),
            }
        }
        Ok(())
    }
}

#[derive(Default)]
struct Key<'r>(Cow<'r, str>);

impl<'r> DeserializeSeed<'r> for Key<'r> {
    type Value = Key<'r>;
    fn deserialize<D: Deserializer<'r>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        match Cell.deserialize(deserializer)? {
            Held::Text(text) => Ok(Key(text)),
            _ => Ok(self),
        }
    }
}

/// What a key holds.
enum Held<'r> {
    Text(Cow<'r, str>),
    Nothing,
    Other(&'static str),
}

struct Cell;

impl<'r> DeserializeSeed<'r> for Cell {
    type Value = Held<'r>;
    fn deserialize<D: Deserializer<'r>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'r> Visitor<'r> for Cell {
    type Value = Held<'r>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_borrowed_str<E>(self, text: &'r str) -> Result<Self::Value, E> {
        Ok(Held::Text(Cow::Borrowed(text)))
    }
    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Held::Text(Cow::Owned(text.to_owned())))
    }
    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Held::Text(Cow::Borrowed(if value { "true" } else { "false" })))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Held::Text(Cow::Owned(value.to_string())))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Held::Text(Cow::Owned(value.to_string())))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Held::Text(Cow::Owned(value.to_string())))
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Held::Nothing)
    }
    fn visit_seq<A: SeqAccess<'r>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut text = String::new();
        let mut fits = true;
        while let Some(item) = list.next_element_seed(Cell)? {
            match item {
                Held::Text(item) => {
                    if !text.is_empty() {
                        text.push('\n');
                    }
                    text.push_str(&item);
                }
                Held::Nothing => {}
                Held::Other(_) => fits = false,
            }
        }
        Ok(if fits { Held::Text(Cow::Owned(text)) } else { Held::Other("a list of objects") })
    }
    fn visit_map<A: MapAccess<'r>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Held::Other("an object"))
    }
}
