//! What a client sent, read field by field; every fault is kept, so that the answer lists them all.

use domain::fault::Fault;
use serde_json::{Map, Value};

use crate::problem::{Item, Problem};

/// The fields that a client sent, and what was found wrong with them.
#[derive(Debug)]
pub(crate) struct Input {
    place: &'static str,
    fields: Map<String, Value>,
    is_json: bool,
    faults: Vec<Item>,
}

impl Input {
    /// Takes a JSON value, which must be an object.
    pub(crate) fn of(place: &'static str, value: Value) -> Result<Self, Problem> {
        match value {
            Value::Object(fields) => Ok(Self { place, fields, is_json: true, faults: Vec::new() }),
            other => {
                Err(Problem::Invalid(vec![Item::new(vec![place.into()], &Fault::Type("dictionary"), other)]))
            }
        }
    }

    /// Takes the pairs of a form or a query.
    pub(crate) fn of_pairs(place: &'static str, pairs: Vec<(String, String)>) -> Self {
        let fields = pairs.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
        Self { place, fields, is_json: false, faults: Vec::new() }
    }

    /// Notes a fault of a field.
    pub(crate) fn fault(&mut self, field: &str, fault: &Fault) {
        let input = match fault {
            // The seed shows all of a JSON body whose field is missing, and nothing of a query or form.
            Fault::Missing if self.is_json => Value::Object(self.fields.clone()),
            _ => self.fields.get(field).cloned().unwrap_or_default(),
        };
        self.faults.push(Item::new(vec![self.place.into(), field.into()], fault, input));
    }

    /// Puts a text where the client has sent nothing.
    pub(crate) fn set_default(&mut self, field: &str, text: String) {
        if !self.has(field) {
            self.fields.insert(field.to_owned(), Value::String(text));
        }
    }

    fn given(&self, field: &str) -> Option<&Value> {
        self.fields.get(field).filter(|value| !value.is_null())
    }

    /// Tells whether a field was sent.
    pub(crate) fn has(&self, field: &str) -> bool {
        self.given(field).is_some()
    }

    /// Tells whether a field was sent, were it as null.
    pub(crate) fn mentions(&self, field: &str) -> bool {
        self.fields.contains_key(field)
    }

    fn keep<T>(&mut self, field: &str, read: Option<Result<T, Fault>>) -> Option<T> {
        match read? {
            Ok(value) => Some(value),
            Err(fault) => {
                self.fault(field, &fault);
                None
            }
        }
    }

    fn require<T>(&mut self, field: &str, value: Option<T>) -> Option<T> {
        let noted = |item: &Item| item.is_about(field);
        if value.is_none() && !self.faults.iter().any(noted) {
            self.fault(field, &Fault::Missing);
        }
        value
    }

    /// Reads a text that need not be there.
    pub(crate) fn text<T>(&mut self, field: &str, parse: impl FnOnce(&str) -> Result<T, Fault>) -> Option<T> {
        let read = self.given(field).map(|value| value.as_str().ok_or(Fault::Type("string")).and_then(parse));
        self.keep(field, read)
    }

    /// Reads a text that must be there.
    pub(crate) fn need_text<T>(
        &mut self,
        field: &str,
        parse: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Option<T> {
        let value = self.text(field, parse);
        self.require(field, value)
    }

    /// Reads a whole number, or one written as text, that need not be there.
    pub(crate) fn number(&mut self, field: &str) -> Option<i64> {
        let read = self.given(field).map(number);
        self.keep(field, read)
    }

    /// Reads a whole number that must be there.
    pub(crate) fn need_number(&mut self, field: &str) -> Option<i64> {
        let value = self.number(field);
        self.require(field, value)
    }

    /// Reads a list of whole numbers that must be there.
    pub(crate) fn need_numbers(&mut self, field: &str) -> Option<Vec<i64>> {
        let value = self.given(field).cloned();
        let value = match value {
            Some(Value::Array(items)) => {
                let mut numbers = Vec::with_capacity(items.len());
                for (at, item) in items.into_iter().enumerate() {
                    match number(&item) {
                        Ok(value) => numbers.push(value),
                        Err(fault) => {
                            let loc = vec![self.place.into(), field.into(), at.into()];
                            self.faults.push(Item::new(loc, &fault, item));
                        }
                    }
                }
                Some(numbers)
            }
            Some(_) => {
                self.fault(field, &Fault::Type("list"));
                None
            }
            None => None,
        };
        self.require(field, value)
    }

    /// Reads a truth value that need not be there.
    pub(crate) fn truth(&mut self, field: &str) -> Option<bool> {
        let read = self.given(field).map(|value| match value {
            Value::Bool(truth) => Ok(*truth),
            Value::String(text) if text == "true" || text == "1" => Ok(true),
            Value::String(text) if text == "false" || text == "0" => Ok(false),
            _ => Err(Fault::Type("boolean")),
        });
        self.keep(field, read)
    }

    /// Reads a moment, as text or as seconds since 1970, together with how it was written.
    pub(crate) fn moment(&mut self, field: &str) -> Option<(domain::time::Time, String)> {
        let read = self.given(field).map(|value| {
            let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
            domain::time::Time::parse(&text).map(|time| (time, text)).ok_or(Fault::NotATime)
        });
        self.keep(field, read)
    }

    /// Returns what was read, unless something was wrong.
    pub(crate) fn done<T>(self, value: Option<T>) -> Result<T, Problem> {
        match value {
            Some(value) if self.faults.is_empty() => Ok(value),
            _ => Err(Problem::Invalid(self.faults)),
        }
    }
}

fn number(value: &Value) -> Result<i64, Fault> {
    match value {
        Value::Number(number) => number.as_i64().ok_or(Fault::Type("integer")),
        Value::String(text) => text.trim().parse().map_err(|_unreadable| Fault::NotAnInteger),
        _ => Err(Fault::Type("integer")),
    }
}
