//! Requests about uploaded files.

use deserr::Deserr;
use domain::id::MediaId;
use domain::media::ThumbnailSize;
use schemars::JsonSchema;

use super::input::requests;
use crate::problem::Problem;

/// The file that is asked for.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct FileName {
    /// The last part of the address that the upload answered.
    pub(crate) name: String,
    /// The longest side in pixels, for a smaller copy of a picture; what has none is served as it is.
    #[deserr(default)]
    #[schemars(with = "Option<i32>", extend("enum" = [320, 1280, null]))]
    pub(crate) size: Option<ThumbnailSize>,
}

/// The file that an address is asked for.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct MediaRef {
    /// The id that the upload answered.
    #[schemars(with = "String")]
    pub(crate) media_id: MediaId,
}

/// The archive that is asked for.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct ExportName {
    /// The last part of the address that was answered.
    pub(crate) name: String,
}

requests!(ExportName, FileName, MediaRef);
