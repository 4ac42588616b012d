//! JSON that deserr parses without taking it, as an error may have to show it.

use std::collections::{BTreeMap, btree_map};
use std::slice;

use deserr::{IntoValue, Map, Sequence, Value, ValueKind};
use serde_json::Value as Json;

/// A value; of an object some fields are replaced.
#[derive(Clone, Copy)]
pub(super) struct Borrowed<'a> {
    pub(super) value: &'a Json,
    pub(super) replaced: Option<&'a serde_json::Map<String, Json>>,
}

impl<'a> From<&'a Json> for Borrowed<'a> {
    fn from(value: &'a Json) -> Self {
        Self { value, replaced: None }
    }
}

impl<'a> IntoValue for Borrowed<'a> {
    type Sequence = Items<'a>;
    type Map = Fields<'a>;

    fn kind(&self) -> ValueKind {
        match self.value {
            Json::Null => ValueKind::Null,
            Json::Bool(_) => ValueKind::Boolean,
            Json::Number(number) if number.is_u64() => ValueKind::Integer,
            Json::Number(number) if number.is_i64() => ValueKind::NegativeInteger,
            Json::Number(_) => ValueKind::Float,
            Json::String(_) => ValueKind::String,
            Json::Array(_) => ValueKind::Sequence,
            Json::Object(_) => ValueKind::Map,
        }
    }

    fn into_value(self) -> Value<Self> {
        match self.value {
            Json::Null => Value::Null,
            Json::Bool(value) => Value::Boolean(*value),
            Json::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(number), _) => Value::Integer(number),
                (None, Some(number)) => Value::NegativeInteger(number),
                (None, None) => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(text) => Value::String(text.clone()),
            Json::Array(items) => Value::Sequence(Items(items)),
            Json::Object(fields) => {
                let replaced = self.replaced.into_iter().flatten();
                let fields = fields.iter().chain(replaced);
                Value::Map(Fields(fields.map(|(name, value)| (name.as_str(), value)).collect()))
            }
        }
    }
}

/// The items of a list.
pub(super) struct Items<'a>(&'a [Json]);

impl<'a> Sequence for Items<'a> {
    type Value = Borrowed<'a>;
    type Iter = std::iter::Map<slice::Iter<'a, Json>, fn(&'a Json) -> Borrowed<'a>>;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn into_iter(self) -> Self::Iter {
        self.0.iter().map(Borrowed::from)
    }
}

/// The fields of an object.
pub(super) struct Fields<'a>(BTreeMap<&'a str, &'a Json>);

impl<'a> Map for Fields<'a> {
    type Value = Borrowed<'a>;
    type Iter = std::iter::Map<
        btree_map::IntoIter<&'a str, &'a Json>,
        fn((&'a str, &'a Json)) -> (String, Borrowed<'a>),
    >;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn remove(&mut self, key: &str) -> Option<Borrowed<'a>> {
        self.0.remove(key).map(Borrowed::from)
    }

    fn into_iter(self) -> Self::Iter {
        self.0.into_iter().map(|(name, value)| (name.to_owned(), value.into()))
    }
}
