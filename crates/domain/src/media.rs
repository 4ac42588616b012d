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
    /// The width in pixels, where it is a picture.
    pub width: Option<i32>,
    /// The height in pixels, where it is a picture.
    pub height: Option<i32>,
}

/// What an upload is for, which decides where it lives and who may read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A picture of a user; anybody who has the link may read it.
    Avatar,
    /// A part of a message; the members of its room may read it.
    Message,
}

impl Purpose {
    /// Returns the folder in the address `/static/<folder>/<file>`, which is also the value in the database.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Avatar => "avatars",
            Self::Message => "message",
        }
    }

    /// Reads [`Purpose::folder`].
    pub fn of_folder(folder: &str) -> Option<Self> {
        [Self::Avatar, Self::Message].into_iter().find(|purpose| purpose.folder() == folder)
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
