//! What a request came with, before it is parsed.

use chat::context::Limits;
use deserr::Deserr;
use domain::invalid::Invalid;
use schemars::JsonSchema;
use serde_json::{Map, Value};

use super::borrowed::Borrowed;
use crate::problem::Problem;
use crate::validation::ValidationError;

/// What a client asks for; one type for REST, for Socket.IO and for both documents.
pub(crate) trait Request: JsonSchema + Sized {
    /// Parses the request, and reports everything that is wrong with it.
    fn parse(input: &Input, limits: &Limits) -> Result<Self, Problem>;
}

/// Makes types that deserr parses requests, where no operator's limit applies to them.
macro_rules! requests {
    ($($name:ident),*) => {$(
        impl $crate::wire::input::Request for $name {
            fn parse(
                input: &$crate::wire::input::Input,
                _: &chat::context::Limits,
            ) -> Result<Self, $crate::problem::Problem> {
                input.parse(None)
            }
        }
    )*};
}
pub(crate) use requests;

/// What a request came with.
#[derive(Debug)]
pub(crate) struct Input {
    /// `body` or `query`.
    part: &'static str,
    value: Value,
    /// The parameters in the path.
    path: Map<String, Value>,
    is_json: bool,
}

impl Input {
    /// Input from a JSON body, or from the argument of an event.
    pub(crate) fn json(value: Value) -> Self {
        Self { part: "body", value, path: Map::new(), is_json: true }
    }

    /// Input from the pairs of a form or of a query.
    pub(crate) fn pairs(part: &'static str, pairs: Vec<(String, String)>) -> Self {
        let fields: Map<String, Value> =
            pairs.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
        Self { part, value: fields.into(), path: Map::new(), is_json: false }
    }

    /// The same with the parameters of the path, which win over fields of their names.
    pub(crate) fn with_path(self, path: Map<String, Value>) -> Self {
        Self { path, ..self }
    }

    /// A field that is text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.value.get(name)?.as_str()
    }

    /// Whether a field is there and not null.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.value.get(name).is_some_and(|value| !value.is_null())
    }

    /// Sets a field that is not there.
    pub(crate) fn set_default(&mut self, name: &str, text: String) {
        if !self.has(name)
            && let Value::Object(fields) = &mut self.value
        {
            fields.insert(name.to_owned(), text.into());
        }
    }

    /// The error of a text that has too many code points.
    pub(crate) fn at_most(&self, name: &str, max: usize) -> Option<ValidationError> {
        let too_long = self.text(name)?.chars().count() > max;
        too_long.then(|| ValidationError::new(vec![name.into()], &Invalid::TooLong(max)))
    }

    /// The error of a text that has some code points, but too few.
    pub(crate) fn at_least(&self, name: &str, min: usize) -> Option<ValidationError> {
        let too_short = (1..min).contains(&self.text(name)?.chars().count());
        too_short.then(|| ValidationError::new(vec![name.into()], &Invalid::TooShort(min)))
    }

    /// The problem of a field that breaks a rule.
    pub(crate) fn invalid(&self, name: &str, rule: &Invalid) -> Problem {
        Problem::Invalid(vec![self.locate(ValidationError::new(vec![name.into()], rule))])
    }

    /// Parses the fields into a type; `also` is an error that the type alone cannot find.
    pub(crate) fn parse<T: Deserr<Problem>>(&self, also: Option<ValidationError>) -> Result<T, Problem> {
        let value = Borrowed { value: &self.value, replaced: Some(&self.path) };
        let parsed = deserr::deserialize::<T, Borrowed<'_>, Problem>(value);
        let also = also.map_or(Ok(()), |error| Err(Problem::Invalid(vec![error])));
        both(parsed, also).map(|(parsed, ())| parsed).map_err(|problem| match problem {
            Problem::Invalid(errors) => {
                Problem::Invalid(errors.into_iter().map(|error| self.locate(error)).collect())
            }
            other => other,
        })
    }

    fn locate(&self, error: ValidationError) -> ValidationError {
        match error.field() {
            Some(field) if self.path.contains_key(field) => {
                error.within("path", &Value::Object(self.path.clone()))
            }
            // The seed shows all of a JSON body whose field is missing, and nothing of a query or form.
            _ if !self.is_json && error.is_missing() => error.within(self.part, &Value::Null),
            _ => error.within(self.part, &self.value),
        }
    }
}

/// Joins what was parsed apart; what is wrong with either is reported together.
pub(crate) fn both<A, B>(a: Result<A, Problem>, b: Result<B, Problem>) -> Result<(A, B), Problem> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(a), Err(b)) => Err(a.and(b)),
        (Err(problem), _) | (_, Err(problem)) => Err(problem),
    }
}
