//! What an HTML page says of itself: Open Graph, Twitter cards, and HTML's own title and description.

use std::borrow::Cow;
use std::collections::BTreeMap;

use domain::link_preview::LinkPreview;
use encoding_rs::{Encoding, UTF_8};
use html5gum::emitters::default::{DefaultEmitter, StartTag};
use html5gum::{HtmlString, Spanned, Token, Tokenizer};
use outbound::Page;

/// In how many bytes a page names its charset (HTML, section 4.2.5.4).
const CHARSET_WITHIN: usize = 1024;

/// What a title, a description and the name of a site are taken from, the best first.
const TITLES: [&str; 3] = ["og:title", "twitter:title", "title"];
const DESCRIPTIONS: [&str; 3] = ["og:description", "twitter:description", "description"];
const SITE_NAMES: [&str; 2] = ["og:site_name", "application-name"];

/// Makes the preview of a link of the page that it leads to; none of one without a title.
pub(super) fn preview(url: String, page: &Page) -> Option<LinkPreview> {
    let said = said(&text(page));
    let first = |names: &[&str]| names.iter().find_map(|name| said.get(*name)).map(String::as_str);
    LinkPreview::new(url, first(&TITLES)?, first(&DESCRIPTIONS), first(&SITE_NAMES))
}

/// Decodes a page: by its mark, its header, or what it says at its beginning; as UTF-8 else.
fn text(page: &Page) -> Cow<'_, str> {
    let named = page.charset.as_deref().and_then(|charset| Encoding::for_label(charset.as_bytes()));
    let encoding = named.or_else(|| charset(&page.body)).unwrap_or(UTF_8);
    encoding.decode(&page.body).0
}

/// Returns the charset that a page names.
fn charset(body: &[u8]) -> Option<&'static Encoding> {
    let beginning = body.get(..CHARSET_WITHIN).unwrap_or(body);
    let label = tags(beginning).find_map(|token| match token {
        Token::StartTag(tag) if tag.name == b"meta" => attribute(&tag, "charset").or_else(|| {
            let content = attribute(&tag, "content").filter(|_| attribute(&tag, "http-equiv").is_some())?;
            Some(content.to_ascii_lowercase().split_once("charset=")?.1.trim().to_owned())
        }),
        _ => None,
    });
    // A page that can be read so far is not in UTF-16, whatever it says.
    label.and_then(|label| Encoding::for_label(label.as_bytes())).map(Encoding::output_encoding)
}

/// Returns what the head of a page says, by the names of its properties; of each the first that is not blank.
fn said(html: &str) -> BTreeMap<String, String> {
    let (mut said, mut title) = (BTreeMap::new(), None::<String>);
    let mut in_title = false;
    for token in tags(html.as_bytes()) {
        match token {
            Token::StartTag(tag) if tag.name == b"body" => break,
            Token::StartTag(tag) if tag.name == b"title" => in_title = title.is_none(),
            Token::EndTag(tag) if tag.name == b"title" => in_title = false,
            Token::String(text) if in_title => {
                title.get_or_insert_default().push_str(&String::from_utf8_lossy(&text));
            }
            Token::StartTag(tag) if tag.name == b"meta" => {
                let name = attribute(&tag, "property").or_else(|| attribute(&tag, "name"));
                let content = attribute(&tag, "content").filter(|content| !content.trim().is_empty());
                if let Some((name, content)) = name.zip(content) {
                    said.entry(name.trim().to_ascii_lowercase()).or_insert(content);
                }
            }
            _ => {}
        }
    }
    said.remove("title");
    said.extend(title.map(|title| ("title".to_owned(), title)));
    said
}

/// Returns the tags of HTML, and the texts between them; in titles, scripts and styles there are no tags.
fn tags(html: &[u8]) -> impl Iterator<Item = Token> + '_ {
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    Tokenizer::new_with_emitter(html, emitter).flatten()
}

/// Returns an attribute of a tag; references in it are resolved.
fn attribute(tag: &StartTag<()>, name: &str) -> Option<String> {
    let value: &Spanned<HtmlString, ()> = tag.attributes.get(name.as_bytes())?;
    Some(String::from_utf8_lossy(value).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_page(charset: Option<&str>, body: &[u8]) -> Option<LinkPreview> {
        let page = Page { charset: charset.map(str::to_owned), body: body.to_vec().into() };
        preview("https://a.example/".to_owned(), &page)
    }

    fn of(html: &str) -> Option<LinkPreview> {
        of_page(None, html.as_bytes())
    }

    fn title(html: &str) -> Option<String> {
        of(html).map(|preview| preview.title)
    }

    #[test]
    fn open_graph_comes_before_cards_and_cards_before_html() {
        let html = "<title>四</title><meta name=description content=五>";
        let cards = "<meta name='twitter:title' content='三'><meta name='twitter:description' content='六'>";
        let graph = "<META content='一' property='OG:title'><meta property='og:site_name' content='站'>";
        let found = of(&format!("<html><head>{html}{cards}{graph}</head>")).unwrap();
        let texts = (found.title.as_str(), found.description.as_deref(), found.site_name.as_deref());
        assert_eq!(texts, ("一", Some("六"), Some("站")));
        assert_eq!(title(&format!("{html}{cards}")).as_deref(), Some("三"));
        let found = of(html).unwrap();
        assert_eq!((found.title.as_str(), found.description.as_deref()), ("四", Some("五")));
    }

    #[test]
    fn a_title_is_text_whatever_it_says() {
        let html = "<title>a &amp; &lt;b&gt; <script>alert(1)</script> &#x7;&#x202E;c</title>";
        assert_eq!(title(html).as_deref(), Some("a & <b> <script>alert(1)</script> c"));
        let html = "<meta property='og:title' content='\"><script>alert(1)</script>&#10;x'>";
        assert_eq!(title(html).as_deref(), Some("\"><script>alert(1)</script> x"));
    }

    #[test]
    fn what_is_no_title_of_the_page_is_none() {
        for html in [
            "",
            "文字",
            "<title> \n</title>",
            "<title></title>",
            "<meta property='og:title' content=' '>",
            "<meta name=title content=x>",
            "<!-- <title>x</title> -->",
            "<script>'<title>x</title>'</script>",
            "<style><title>x</title></style>",
            "<body><svg><title>x</title></svg>",
            "<meta name=description content=x>",
        ] {
            assert_eq!(title(html), None, "{html}");
        }
        assert_eq!(title("<title>一</title><title>二</title>").as_deref(), Some("一"));
        assert_eq!(title("<title>沒有結尾").as_deref(), Some("沒有結尾"));
    }

    #[test]
    fn a_page_is_read_in_its_charset() {
        let (big5, ..) = encoding_rs::BIG5.encode("<title>標題</title>");
        let says = |says: &str| [says.as_bytes(), &big5].concat();
        for (charset, body) in [
            (Some("Big5"), big5.to_vec()),
            (None, says("<meta charset=BIG5>")),
            (None, says("<meta http-equiv='Content-Type' content='text/html; charset=big5'>")),
            (None, [b"\xEF\xBB\xBF".as_slice(), "<title>標題</title>".as_bytes()].concat()),
            (Some("no such"), "<title>標題</title>".as_bytes().to_vec()),
            (None, "<meta charset=utf-16><title>標題</title>".as_bytes().to_vec()),
        ] {
            let found = of_page(charset, &body).map(|preview| preview.title);
            assert_eq!(found.as_deref(), Some("標題"), "{charset:?} {body:?}");
        }
    }

    #[test]
    fn what_breaks_off_or_nests_is_read_as_far_as_it_goes() {
        let deep = "<div ".repeat(50_000);
        assert_eq!(title(&format!("<title>題</title>{deep}")).as_deref(), Some("題"));
        let half = "<title>題目</title>";
        assert_eq!(of_page(None, &half.as_bytes()[..half.len() - 9]).unwrap().title, "題\u{FFFD}");
    }
}
