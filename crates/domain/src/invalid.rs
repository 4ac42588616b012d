//! The rules that one input value can break.

use thiserror::Error;

/// The rule that a value breaks; its text is the message of the 422 answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Invalid {
    /// The field is required.
    #[error("Field required")]
    Missing,
    /// The value must be text.
    #[error("Input should be a valid string")]
    NotAString,
    /// The value must be a whole number.
    #[error("Input should be a valid integer")]
    NotAnInteger,
    /// The value must be a truth value.
    #[error("Input should be a valid boolean")]
    NotABoolean,
    /// The value must be a list.
    #[error("Input should be a valid list")]
    NotAList,
    /// The value must be an object.
    #[error("Input should be a valid dictionary or object to extract fields from")]
    NotAnObject,
    /// The text must be a whole number.
    #[error("Input should be a valid integer, unable to parse string as an integer")]
    UnparsableInteger,
    /// The text has fewer code points than this.
    #[error("String should have at least {0} characters")]
    TooShort(usize),
    /// The text has more code points than this.
    #[error("String should have at most {0} characters")]
    TooLong(usize),
    /// The number is below this one.
    #[error("Input should be greater than or equal to {0}")]
    TooSmall(i64),
    /// The number is above this one.
    #[error("Input should be less than or equal to {0}")]
    TooLarge(i64),
    /// The value is not one of these, listed as text.
    #[error("Input should be {0}")]
    NotOneOf(&'static str),
    /// The value is not a moment in time.
    #[error("Input should be a valid datetime or date, invalid datetime")]
    NotATime,
    /// The value breaks the rule that this sentence states.
    #[error("{0}")]
    Rule(&'static str),
}
