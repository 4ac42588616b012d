//! Which link of a text is the first, by the rules that the web client makes links with (`linkify`).

/// Returns the first http or https link of a text.
pub fn first_link(text: &str) -> Option<&str> {
    let mut from = 0;
    while let Some(rest) = text.get(from..) {
        let start = from + rest.char_indices().find(|(at, _)| scheme(rest.get(*at..)).is_some())?.0;
        let rest = text.get(start..)?;
        let link = without_tail(rest.get(..end(rest))?);
        if names_host(link) {
            return Some(link);
        }
        from = start + scheme(Some(rest))?;
    }
    None
}

/// Returns how long the scheme is that a text begins with.
fn scheme(text: Option<&str>) -> Option<usize> {
    let is = |scheme: &&str| text?.get(..scheme.len())?.eq_ignore_ascii_case(scheme).then_some(scheme.len());
    ["http://", "https://"].iter().find_map(is)
}

/// Returns where the link ends that a text begins with.
fn end(text: &str) -> usize {
    let (mut previous, mut in_cjk_part) = ('/', false);
    let host = scheme(Some(text)).unwrap_or_default();
    for (at, c) in text.char_indices().skip(host) {
        // CJK letters belong to a link where they begin a part of it, and from there on; else they go on with the sentence.
        let begins_part = at > host && "/=_#&+:-".contains(previous);
        in_cjk_part |= is_cjk(c) && begins_part;
        if ends(c) || (is_cjk(c) && !in_cjk_part) || scheme(text.get(at..)).is_some() {
            return at;
        }
        previous = c;
    }
    text.len()
}

/// Returns whether a character ends a link: blanks, quotes, brackets of markup, punctuation and dashes of CJK texts.
fn ends(c: char) -> bool {
    c.is_whitespace()
        || matches!(c,
            '<' | '>' | '"' | '`' | '\u{FEFF}' | '\u{2014}' | '\u{2015}' | '\u{2018}'..='\u{201D}' | '\u{2026}'
            | '\u{2500}' | '\u{2E3A}' | '\u{2E3B}' | '\u{3000}'..='\u{3004}' | '\u{3008}'..='\u{303F}'
            | '\u{FF00}'..='\u{FFEF}'
        )
}

fn is_cjk(c: char) -> bool {
    matches!(c, '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7AF}')
}

/// Drops the punctuation that ends the sentence; a closing bracket stays if it was opened inside.
fn without_tail(link: &str) -> &str {
    let surplus =
        |open: char, close: char| link.matches(close).count().saturating_sub(link.matches(open).count());
    let (mut round, mut square) = (surplus('(', ')'), surplus('[', ']'));
    let is_dropped = |c: char| {
        let unopened = match c {
            ')' => &mut round,
            ']' => &mut square,
            _ => return ".,!?;:*_~'".contains(c),
        };
        let is_dropped = *unopened > 0;
        *unopened = unopened.saturating_sub(1);
        is_dropped
    };
    link.trim_end_matches(is_dropped)
}

/// Returns whether a link names a host that may be one: with a dot, or in brackets.
fn names_host(link: &str) -> bool {
    let rest = scheme(Some(link)).and_then(|length| link.get(length..)).unwrap_or_default();
    let host = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    host.contains('.') || host.starts_with('[')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_link_of_a_text_is_found() {
        for (text, link) in [
            ("看https://a.example/b/c。", "https://a.example/b/c"),
            ("（https://a.example/路徑）", "https://a.example/路徑"),
            ("https://ja.wikipedia.org/wiki/佐々木", "https://ja.wikipedia.org/wiki/佐々木"),
            (
                "見 https://a.example/wiki/東京_(C言語)/b#歴史 です",
                "https://a.example/wiki/東京_(C言語)/b#歴史",
            ),
            ("https://a.example/?q=台北&r=高雄。", "https://a.example/?q=台北&r=高雄"),
            ("https://a.example/東京https://b.example/b", "https://a.example/東京"),
            ("看https://a.example/b這裡", "https://a.example/b"),
            ("https://a.example/b——很好", "https://a.example/b"),
            ("https://a.example/Schrodinger's_cat", "https://a.example/Schrodinger's_cat"),
            ("'https://a.example/b'", "https://a.example/b"),
            ("詳見 https://a.example/x_(y), 好", "https://a.example/x_(y)"),
            ("(see HTTP://a.example/x)", "HTTP://a.example/x"),
            ("https://a.example,https://b.example", "https://a.example"),
            ("https://看這裡 https://nodot 和 http://127.0.0.1:8000/ 等", "http://127.0.0.1:8000/"),
            ("http://[::1]/x", "http://[::1]/x"),
        ] {
            assert_eq!(first_link(text), Some(link), "{text}");
        }
    }

    #[test]
    fn what_is_no_link_is_none() {
        for text in [
            "",
            "沒有連結",
            "https://",
            "http://看",
            "javascript:alert(1)",
            "see https://nodot here",
            "a.b@example.com",
        ] {
            assert_eq!(first_link(text), None, "{text}");
        }
    }
}
