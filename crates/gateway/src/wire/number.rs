//! Whole numbers within bounds.

use std::borrow::Cow;

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use domain::invalid::Invalid;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::fields::{integer, invalid};
use crate::problem::Problem;

/// A whole number of at least `MIN` and at most `MAX`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Number<const MIN: i64, const MAX: i64>(pub(crate) i64);

/// A whole number of at least `MIN`.
pub(crate) type Count<const MIN: i64> = Number<MIN, { i64::MAX }>;

impl<const MIN: i64, const MAX: i64> Deserr<Problem> for Number<MIN, MAX> {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        place: ValuePointerRef<'_>,
    ) -> Result<Self, Problem> {
        match integer(value, place)? {
            number if number < MIN => Err(invalid(place, &Invalid::TooSmall(MIN))),
            number if number > MAX => Err(invalid(place, &Invalid::TooLarge(MAX))),
            number => Ok(Self(number)),
        }
    }
}

impl<const MIN: i64, const MAX: i64> JsonSchema for Number<MIN, MAX> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Number".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let digits = if MIN > 0 { r"^\s*\+?0*[1-9][0-9]*\s*$" } else { r"^\s*\+?[0-9]+\s*$" };
        let mut schema = json_schema!({ "type": ["integer", "string"], "minimum": MIN, "pattern": digits });
        if MAX < i64::MAX {
            schema.insert("maximum".to_owned(), MAX.into());
        }
        schema
    }
}
