//! Requests about uploaded files.

use deserr::Deserr;
use schemars::JsonSchema;

use super::input::requests;
use crate::problem::Problem;

/// The file that is asked for.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct FileName {
    /// The last part of the address that the upload answered.
    pub(crate) name: String,
}

requests!(FileName);
