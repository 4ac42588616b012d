//! How a test fails that cannot have what it needs.

use std::path::Path;

/// Unwraps, or fails the test with what was tried.
pub(crate) fn must<T, E: std::fmt::Display>(what: &str, path: &Path, result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| panic!("cannot {what} {}: {error}", path.display()))
}
