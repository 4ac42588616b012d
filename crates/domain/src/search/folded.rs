//! Texts as search compares them: without width, case and the variants of Han characters.

use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::text::is_invisible;

/// A character of a folded text, and which code points of the text it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FoldedChar {
    pub(super) folded: char,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Folds a text: NFKC, lower case, one form for the variants of a Han character, and nothing invisible.
///
/// A character is folded together with the marks after it, so that each folded one has a place in the text.
pub(super) fn fold(text: &str) -> Vec<FoldedChar> {
    let mut all = Vec::with_capacity(text.len());
    let mut chars = text.chars().enumerate().peekable();
    let mut cluster = String::new();
    while let Some((start, first)) = chars.next() {
        let mut end = start + 1;
        cluster.clear();
        cluster.push(first);
        while let Some((at, mark)) = chars.next_if(|(_, c)| continues(*c)) {
            cluster.push(mark);
            end = at + 1;
        }
        if first.is_ascii() && cluster.len() == 1 {
            all.push(FoldedChar { folded: first.to_ascii_lowercase(), start, end });
            continue;
        }
        let folded = cluster.nfkc().flat_map(char::to_lowercase).filter(|c| !is_invisible(*c));
        all.extend(folded.map(|c| FoldedChar { folded: one_variant(c), start, end }));
    }
    all
}

/// Returns whether a character may become one with those before it: marks, vowels and finals of Hangul, and the
/// half-width marks of Katakana.
fn continues(c: char) -> bool {
    !c.is_ascii() && (is_combining_mark(c) || matches!(c, '\u{1160}'..='\u{11FF}' | '\u{FF9E}' | '\u{FF9F}'))
}

/// Returns the character that stands for all variants of a Han character.
fn one_variant(c: char) -> char {
    static VARIANTS: LazyLock<HashMap<char, char>> = LazyLock::new(|| {
        let groups = include_str!("variants.txt").lines().filter(|line| !line.starts_with('#'));
        let pairs = |group: &'static str| {
            let mut variants = group.chars();
            let one = variants.next();
            variants.filter_map(move |variant| Some((variant, one?)))
        };
        groups.flat_map(pairs).collect()
    });
    if c < '\u{3400}' { c } else { VARIANTS.get(&c).copied().unwrap_or(c) }
}
