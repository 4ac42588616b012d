//! One value of the input that breaks a rule, in the seed's shape.

use deserr::ValuePointerRef;
use domain::invalid::Invalid;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// The most characters of the input that an answer repeats.
const ECHO_MAX: usize = 200;

/// The most errors that an answer lists.
const LISTED_MAX: usize = 20;

/// What an answer shows in place of a secret.
const HIDDEN: &str = "**********";

/// One value of the input that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct ValidationError {
    /// The code of the rule.
    #[serde(rename = "type")]
    code: &'static str,
    /// Where: `body`, `query` or `path`, then names and indices.
    #[schemars(with = "Vec<Step>")]
    loc: Vec<Value>,
    /// The rule, for people.
    msg: String,
    /// The value, cut to 200 characters; secrets are starred.
    input: Value,
    /// The rule's parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Map<String, Value>")]
    ctx: Option<Value>,
}

/// A name, or an index.
#[derive(JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
#[expect(dead_code, reason = "only its schema is used: `loc` holds JSON values")]
enum Step {
    Name(String),
    Index(u64),
}

impl ValidationError {
    /// The value at `loc` breaks this rule.
    pub(crate) fn new(loc: Vec<Value>, rule: &Invalid) -> Self {
        let (code, ctx) = match rule {
            Invalid::Missing => ("missing", None),
            Invalid::NotAString => ("string_type", None),
            Invalid::NotAnInteger => ("int_type", None),
            Invalid::NotABoolean => ("bool_type", None),
            Invalid::NotAList => ("list_type", None),
            Invalid::NotAnObject => ("model_attributes_type", None),
            Invalid::UnparsableInteger => ("int_parsing", None),
            Invalid::TooShort(min) => ("string_too_short", Some(json!({ "min_length": min }))),
            Invalid::TooLong(max) => ("string_too_long", Some(json!({ "max_length": max }))),
            Invalid::TooSmall(min) => ("greater_than_equal", Some(json!({ "ge": min }))),
            Invalid::TooLarge(max) => ("less_than_equal", Some(json!({ "le": max }))),
            Invalid::NotOneOf(values) => ("enum", Some(json!({ "expected": values }))),
            Invalid::NotATime => ("datetime_from_date_parsing", None),
            Invalid::Rule(why) => ("value_error", Some(json!({ "error": why }))),
        };
        Self { code, loc, msg: rule.to_string(), input: Value::Null, ctx }
    }

    /// The value at a location inside the input breaks this rule.
    pub(crate) fn at(place: ValuePointerRef<'_>, rule: &Invalid) -> Self {
        let mut loc = Vec::new();
        let mut next = place;
        loop {
            next = match next {
                ValuePointerRef::Origin => break,
                ValuePointerRef::Key { key, prev } => {
                    loc.push(key.into());
                    *prev
                }
                ValuePointerRef::Index { index, prev } => {
                    loc.push(index.into());
                    *prev
                }
            };
        }
        loc.reverse();
        Self::new(loc, rule)
    }

    /// The body is not JSON, from this offset on.
    pub(crate) fn not_json(at: usize, error: &str) -> Self {
        Self {
            code: "json_invalid",
            loc: vec!["body".into(), at.into()],
            msg: "JSON decode error".into(),
            input: json!({}),
            ctx: Some(json!({ "error": error })),
        }
    }

    /// More values break a rule, or may: they were not looked for.
    fn more() -> Self {
        Self {
            code: "too_many_errors",
            loc: Vec::new(),
            msg: "There are more errors".into(),
            input: Value::Null,
            ctx: None,
        }
    }

    fn is_more(&self) -> bool {
        self.code == "too_many_errors"
    }

    /// Keeps the first errors; a last one says that there are more.
    pub(crate) fn shortened(mut errors: Vec<Self>) -> Vec<Self> {
        let count = errors.len();
        errors.retain(|error| !error.is_more());
        if errors.len() < count || count > LISTED_MAX {
            errors.truncate(LISTED_MAX);
            errors.push(Self::more());
        }
        errors
    }

    /// Returns whether more errors would not be listed.
    pub(crate) fn is_full(errors: &[Self]) -> bool {
        errors.last().is_some_and(Self::is_more)
    }

    /// The first step of where the value is.
    pub(crate) fn field(&self) -> Option<&str> {
        self.loc.first()?.as_str()
    }

    /// Whether a required field was not there.
    pub(crate) fn is_missing(&self) -> bool {
        self.code == "missing"
    }

    /// Completes an error whose location is relative to `part` of the request, which held `given`.
    ///
    /// Of a missing field all the others are shown.
    pub(crate) fn within(mut self, part: &str, given: &Value) -> Self {
        if self.is_more() {
            self.loc = vec![part.into()];
            return self;
        }
        let secret = self.loc.iter().filter_map(Value::as_str).any(is_secret);
        self.input = match find(given, &self.loc) {
            _ if self.is_missing() => echo(given),
            Some(_) if secret => HIDDEN.into(),
            Some(value) => echo(value),
            None => Value::Null,
        };
        self.loc.insert(0, part.into());
        self
    }

    /// The sentence of a rule without a code.
    pub(crate) fn sentence(&self) -> Option<&str> {
        (self.code == "value_error").then_some(self.msg.as_str())
    }
}

fn find<'a>(value: &'a Value, loc: &[Value]) -> Option<&'a Value> {
    loc.iter().try_fold(value, |value, step| match step {
        Value::String(name) => value.get(name),
        index => value.get(usize::try_from(index.as_u64()?).ok()?),
    })
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["password", "token", "secret"].iter().any(|part| name.contains(part))
}

/// Returns what an answer repeats of a value.
fn echo(value: &Value) -> Value {
    let value = without_secrets(value);
    let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    if text.chars().count() <= ECHO_MAX {
        return value;
    }
    (text.chars().take(ECHO_MAX - 1).collect::<String>() + "…").into()
}

fn without_secrets(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let shown = |(name, value): (&String, &Value)| {
                (name.clone(), if is_secret(name) { HIDDEN.into() } else { without_secrets(value) })
            };
            fields.iter().map(shown).collect()
        }
        Value::Array(items) => items.iter().map(without_secrets).collect(),
        other => other.clone(),
    }
}

/// What is wrong: a sentence for people, or every value of the input that breaks a rule.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Detail {
    /// A sentence.
    Sentence(String),
    /// Every value that breaks a rule.
    Errors(Vec<ValidationError>),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(name: &str, rule: &Invalid, given: &Value) -> Value {
        ValidationError::new(vec![name.into()], rule).within("body", given).input
    }

    #[test]
    fn input_is_repeated_up_to_two_hundred_characters() {
        let (exact, more) = ("字".repeat(ECHO_MAX), "字".repeat(ECHO_MAX + 1));
        assert_eq!(shown("status", &Invalid::TooLong(1), &json!({ "status": exact })), exact);
        let cut = shown("status", &Invalid::TooLong(1), &json!({ "status": more }));
        assert_eq!(cut, "字".repeat(ECHO_MAX - 1) + "…");
        // The same holds for what is not text, and for all that came with a missing field.
        let list = json!(vec![1; 101]);
        assert_eq!(list.to_string().len(), ECHO_MAX + 3);
        let cut = shown("status", &Invalid::NotAString, &json!({ "status": list }));
        assert_eq!(cut.as_str().unwrap().chars().count(), ECHO_MAX);
        let object = json!({ "a": "x".repeat(ECHO_MAX - 8) });
        assert_eq!(object.to_string().len(), ECHO_MAX);
        assert_eq!(shown("status", &Invalid::Missing, &object), object);
        let object = json!({ "a": "x".repeat(ECHO_MAX - 7) });
        assert_eq!(shown("status", &Invalid::Missing, &object).as_str().unwrap().chars().count(), ECHO_MAX);
    }

    #[test]
    fn secrets_are_never_repeated() {
        let given = json!({ "password": "七個字的密碼喔", "Refresh_Token": 5, "nested": [{ "token": "t" }], "name": "明" });
        assert_eq!(shown("password", &Invalid::TooShort(8), &given), HIDDEN);
        assert_eq!(shown("Refresh_Token", &Invalid::NotAString, &given), HIDDEN);
        assert_eq!(shown("name", &Invalid::TooShort(2), &given), "明");
        let all = shown("username", &Invalid::Missing, &given);
        let starred = json!({ "password": HIDDEN, "Refresh_Token": HIDDEN, "nested": [{ "token": HIDDEN }], "name": "明" });
        assert_eq!(all, starred);
        assert_eq!(shown("password", &Invalid::Missing, &json!({ "name": "明" })), json!({ "name": "明" }));
    }
}
