//! Uploaded files: what a message may carry and what its readers learn of it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::id::MediaId;

/// An uploaded file as its readers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Media {
    /// The file's id.
    pub media_id: MediaId,
    /// The name that it had on its owner's device.
    pub file_name: String,
    /// Its length in bytes.
    pub size: i64,
    /// Its media type, found by its content.
    pub content_type: String,
    /// The width in pixels, where it is a picture or a film that says so.
    pub width: Option<i32>,
    /// The height in pixels, where it is a picture or a film that says so.
    pub height: Option<i32>,
    /// How many milliseconds a film or sound lasts that says so.
    pub duration_ms: Option<i64>,
    /// What to show of a picture until it is loaded: its `ThumbHash` in Base64.
    pub thumbhash: Option<String>,
    /// Where smaller copies of a picture are served.
    pub thumbnails: Option<Thumbnails>,
}

/// Where smaller copies of a picture are served: paths on this server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Thumbnails {
    /// The copy with at most 320 pixels a side; of a picture of a user or group, a square.
    #[serde(rename = "320")]
    pub small: String,
    /// The copy with at most 1280 pixels a side.
    #[serde(rename = "1280")]
    pub large: String,
}

impl Thumbnails {
    /// Returns the addresses for a stored picture.
    pub fn of(purpose: Purpose, stored_name: &str) -> Self {
        let [small, large] = ThumbnailSize::ALL
            .map(|size| format!("/static/{}/{stored_name}?size={}", purpose.folder(), size.pixels()));
        Self { small, large }
    }
}

/// The size of a smaller copy of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThumbnailSize {
    /// For lists.
    Small,
    /// For a screen.
    Large,
}

impl ThumbnailSize {
    /// Every size.
    pub const ALL: [Self; 2] = [Self::Small, Self::Large];

    /// Returns the longest side, in pixels.
    pub fn pixels(self) -> u32 {
        match self {
            Self::Small => 320,
            Self::Large => 1280,
        }
    }

    /// Reads [`ThumbnailSize::pixels`].
    pub fn of_pixels(pixels: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|size| i64::from(size.pixels()) == pixels)
    }
}

/// What an upload is for, which decides where it lives and who may read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A picture of a user; anybody who has the link may read it.
    Avatar,
    /// A part of a message; the members of its room may read it.
    Message,
    /// A copy of all that is a user's own, which the server makes; that user may read it.
    Export,
}

impl Purpose {
    /// Returns the folder in the address `/static/<folder>/<file>`, which is also the value in the database.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Avatar => "avatars",
            Self::Message => "message",
            Self::Export => "exports",
        }
    }

    /// Reads [`Purpose::folder`].
    pub fn of_folder(folder: &str) -> Option<Self> {
        [Self::Avatar, Self::Message, Self::Export].into_iter().find(|purpose| purpose.folder() == folder)
    }
}

/// Returns whether a text is a path below `/static/` of this server, and no way out of it.
pub fn is_own_path(text: &str) -> bool {
    let plain = |c: char| !c.is_control() && !c.is_whitespace() && c != '\\';
    text.starts_with("/static/") && text.chars().all(plain) && !text.contains("..") && !text.contains("//")
}

/// Reads the id out of an address of ours, absolute or not: `/static/message/<id>.<ext>` for `Purpose::Message`.
pub fn id_in_url(url: &str, purpose: Purpose) -> Option<MediaId> {
    let path = match url.split_once("://") {
        Some((scheme, rest))
            if scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https") =>
        {
            let (host, path) = rest.split_once('/')?;
            (!host.is_empty()).then_some(path)?
        }
        Some(_) => return None,
        None => url.strip_prefix('/')?,
    };
    let file = path.strip_prefix("static/")?.strip_prefix(purpose.folder())?.strip_prefix('/')?;
    file.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_found_in_our_addresses_only() {
        let id = MediaId::generate();
        for url in [
            format!("/static/message/{id}.png"),
            format!("https://chat.example:8000/static/message/{id}.png"),
        ] {
            assert_eq!(id_in_url(&url, Purpose::Message), Some(id), "{url}");
            assert_eq!(id_in_url(&url, Purpose::Avatar), None);
        }
        for url in [
            "",
            "/static/message/",
            "https://example.com",
            "https://example.com/a.png",
            "/static/message/../x",
            &format!("javascript://%0a../static/message/{id}"),
            &format!("ftp://chat.example/static/message/{id}"),
            &format!("https:///static/message/{id}"),
            &format!("static/message/{id}"),
        ] {
            assert_eq!(id_in_url(url, Purpose::Message), None, "{url}");
        }
    }

    #[test]
    fn an_own_path_leads_nowhere_else() {
        assert!(is_own_path("/static/avatars/貓.png"));
        for path in
            ["/static/../x", "/static//e.example/x", "/static/\\x", "/static/a\nb", "/x", "static/x", ""]
        {
            assert!(!is_own_path(path), "{path:?}");
        }
    }
}
