//! What can be wrong with one input value, in the terms a caller can act on.

use thiserror::Error;

/// The reason why a value was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Fault {
    /// The field is required and was not given.
    #[error("Field required")]
    Missing,
    /// The value is not of the wanted JSON type.
    #[error("Input should be a valid {0}")]
    Type(&'static str),
    /// The text is not a whole number.
    #[error("Input should be a valid integer, unable to parse string as an integer")]
    NotAnInteger,
    /// The text has fewer code points than wanted.
    #[error("String should have at least {0} characters")]
    TooShort(usize),
    /// The text has more code points than allowed.
    #[error("String should have at most {0} characters")]
    TooLong(usize),
    /// The number is below the smallest one allowed.
    #[error("Input should be greater than or equal to {0}")]
    TooSmall(i64),
    /// The word is not among those allowed; they are spelled out for the reader.
    #[error("Input should be {0}")]
    NotOneOf(&'static str),
    /// The text is not a moment in time.
    #[error("Input should be a valid datetime or date, invalid datetime")]
    NotATime,
    /// The value breaks a rule that the sentence states.
    #[error("{0}")]
    Rule(&'static str),
}
