//! Previews of links: what the page behind the first link of a text says of itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::{excerpt, plain_line};

mod first_link;

pub use first_link::first_link;

/// What a page says of itself, as plain text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LinkPreview {
    /// The address of the link, as browsers write it.
    pub url: String,
    /// The title.
    pub title: String,
    /// What the page is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub description: Option<String>,
    /// The name of the site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub site_name: Option<String>,
}

impl LinkPreview {
    /// The longest address, in bytes.
    pub const URL_MAX: usize = 2_048;
    /// The longest title, in code points.
    pub const TITLE_MAX: usize = 200;
    /// The longest description, in code points.
    pub const DESCRIPTION_MAX: usize = 400;
    /// The longest name of a site, in code points.
    pub const SITE_NAME_MAX: usize = 64;

    /// Makes a preview of what a page says, each text in one line, without what cannot be seen, and cut; none of a page
    /// without a title.
    pub fn new(url: String, title: &str, description: Option<&str>, site_name: Option<&str>) -> Option<Self> {
        let line = |text: &str, max| Some(excerpt(&plain_line(text), max)).filter(|line| !line.is_empty());
        Some(Self {
            url,
            title: line(title, Self::TITLE_MAX)?,
            description: description.and_then(|text| line(text, Self::DESCRIPTION_MAX)),
            site_name: site_name.and_then(|text| line(text, Self::SITE_NAME_MAX)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(title: &str, description: Option<&str>) -> Option<LinkPreview> {
        LinkPreview::new("https://a.example/".to_owned(), title, description, None)
    }

    #[test]
    fn what_a_page_says_is_one_plain_line() {
        let preview = of(" 標\u{0}題\n\t二\u{202E} ", Some("說\u{7}明\r\n<b>")).unwrap();
        assert_eq!((preview.title.as_str(), preview.description.as_deref()), ("標題 二", Some("說明 <b>")));
    }

    #[test]
    fn a_page_without_a_title_has_none() {
        for title in ["", " \n", "\u{200B}", "\u{1}"] {
            assert_eq!(of(title, Some("說明")), None, "{title:?}");
        }
        assert_eq!(of("標題", Some(" ")).unwrap().description, None);
    }

    #[test]
    fn each_text_is_cut_at_its_edge() {
        let exact = "題".repeat(LinkPreview::TITLE_MAX);
        assert_eq!(of(&exact, None).unwrap().title, exact);
        assert_eq!(of(&format!("{exact}目"), None).unwrap().title, format!("{exact}…"));
    }
}
