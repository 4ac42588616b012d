//! The names of stored files: `<media id>.<extension>`, and `<media id>.<pixels>` for a smaller copy of a picture.

use std::fmt;

use domain::id::MediaId;
use domain::media::{Purpose, ThumbnailSize};

use crate::format::Format;

/// The name of a stored file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StoredName {
    pub(crate) id: MediaId,
    pub(crate) part: Part,
}

/// Which of the files of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The file itself.
    Whole(&'static Format),
    /// A smaller copy of a picture.
    Thumbnail(ThumbnailSize),
}

impl StoredName {
    /// Reads a name; nothing for another spelling of one, as for anything else.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let (id, rest) = name.split_once('.')?;
        let size = rest.parse().ok().and_then(ThumbnailSize::of_pixels);
        let part = match size {
            Some(size) => Part::Thumbnail(size),
            None => Part::Whole(Format::of_stored(rest)?),
        };
        let parsed = Self { id: id.parse().ok()?, part };
        (parsed.to_string() == name).then_some(parsed)
    }

    /// Returns the name of a smaller copy of the same upload.
    pub(crate) fn thumbnail(self, size: ThumbnailSize) -> Self {
        Self { part: Part::Thumbnail(size), ..self }
    }

    /// Returns the parts of `<purpose>/<ab>/<name>`, where `ab` are the id's last digits, since its first are the time.
    pub(crate) fn parts(self, purpose: Purpose) -> [String; 3] {
        let id = self.id.to_string();
        let shard = id.get(id.len().saturating_sub(2)..).unwrap_or_default();
        [purpose.folder().to_owned(), shard.to_owned(), self.to_string()]
    }
}

impl fmt::Display for StoredName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.part {
            Part::Whole(format) => write!(f, "{}.{}", self.id, format.extension),
            Part::Thumbnail(size) => write!(f, "{}.{}", self.id, size.pixels()),
        }
    }
}
