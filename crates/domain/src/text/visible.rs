//! What of a text can be seen.

use std::borrow::Cow;

/// Returns whether nothing of a text can be seen: it has only blanks, control characters and invisible ones.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || c.is_control() || is_invisible(c))
}

/// Returns whether a character has no shape of its own: `Default_Ignorable_Code_Point`, and what fonts draw empty.
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFF8}'
        | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}'
        // The blank Braille pattern, the marks of annotations, and the null notehead.
        | '\u{2800}' | '\u{FFF9}'..='\u{FFFB}' | '\u{1D159}'
    )
}

/// Returns whether an invisible character shapes its neighbours: joiners, and selectors of a variant.
///
/// Persian and Indian scripts, family emoji and the variants of Han characters need them.
pub fn is_shaping(c: char) -> bool {
    matches!(c,
        '\u{200C}' | '\u{200D}' | '\u{180B}'..='\u{180D}' | '\u{180F}' | '\u{FE00}'..='\u{FE0F}'
        | '\u{E0020}'..='\u{E007F}' | '\u{E0100}'..='\u{E01EF}'
    )
}

/// Returns whether `c` can make a name read in another order than it is written (Unicode TR 36, section 2.5).
pub(super) fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}')
}

/// Makes each run of blanks one space, and removes those at both ends.
pub(super) fn collapse_blanks(text: &str) -> Cow<'_, str> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let collapsed = words.join(" ");
    if collapsed == text { Cow::Borrowed(text) } else { Cow::Owned(collapsed) }
}

/// Removes what cannot be seen of one line, but for what shapes its neighbours; empty if nothing can be seen.
pub(super) fn visible_line(text: &str) -> String {
    if is_blank(text) {
        return String::new();
    }
    let seen: String = text.chars().filter(|c| !is_invisible(*c) || is_shaping(*c)).collect();
    collapse_blanks(&seen).into_owned()
}

/// Returns what can be seen of any text as one line.
pub fn plain_line(text: &str) -> String {
    let text: String = text.chars().filter(|c| c.is_whitespace() || !c.is_control()).collect();
    visible_line(&text)
}

/// Cuts a text to its first code points, and says so.
pub fn excerpt(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        Some((end, _)) => text.get(..end).unwrap_or_default().trim_end().to_owned() + "…",
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_invisible_characters_is_blank() {
        for text in [
            "",
            " \n\t",
            "\u{3000}",
            "\u{200B}",
            "\u{2060}\u{AD}",
            "\u{FEFF}",
            "\u{3164}",
            "\u{2800}\u{200D}",
        ] {
            assert!(is_blank(text), "{text:?}");
            assert_eq!(visible_line(text), "", "{text:?}");
        }
        for text in ["明", ".", "👍", "❤\u{FE0F}", "\u{200B}a"] {
            assert!(!is_blank(text), "{text:?}");
        }
    }

    #[test]
    fn a_line_keeps_what_shapes_its_neighbours() {
        assert_eq!(visible_line(" 王\u{200B}  小\u{3000}明\u{3164} "), "王 小 明");
        for text in ["👨\u{200D}👩\u{200D}👧", "می\u{200C}خواهم", "葛\u{E0100}", "❤\u{FE0F}"]
        {
            assert_eq!(visible_line(text), text);
        }
    }
}
