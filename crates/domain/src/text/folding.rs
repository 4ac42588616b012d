//! Keys of names and addresses: two spellings with the same key are the same.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::visible::{collapse_blanks, is_invisible};

/// Folds a name to the key under which two spellings are the same name: no case, no width, nothing invisible, single
/// blanks, and no accents on Latin letters.
///
/// On other letters a mark makes another name (`は`, `ば` and `ぱ`). Computed here and not by a collation, so that all
/// databases agree on equality.
pub fn fold(name: &str) -> String {
    let lower: String = without_accents(name.nfkd()).flat_map(char::to_lowercase).collect();
    let folded: String = without_accents(lower.nfkd()).nfc().collect();
    collapse_blanks(&folded).into_owned()
}

/// Returns the key of a name that has none of its own by [`fold`], since another account has it (decision 0014).
///
/// It never equals a folded one, which begins with no blank.
pub fn exact_key(name: &str) -> String {
    let name: String = name.trim().nfc().collect();
    format!(" {name}")
}

/// Folds an e-mail address to the key under which two spellings are the same mailbox: no case, no width.
pub fn fold_email(address: &str) -> String {
    address.trim().nfkc().flat_map(char::to_lowercase).nfc().collect()
}

/// Removes what is invisible from decomposed text, and the combining marks of its Latin letters.
fn without_accents(decomposed: impl Iterator<Item = char>) -> impl Iterator<Item = char> {
    let mut on_latin = false;
    decomposed.filter(move |c| {
        if is_invisible(*c) {
            return false;
        }
        if is_combining_mark(*c) {
            return !on_latin;
        }
        on_latin = is_latin(*c);
        true
    })
}

/// Returns whether a letter is of the Latin script (Unicode blocks from Basic Latin to Latin Extended-G).
fn is_latin(c: char) -> bool {
    c.is_ascii_alphabetic()
        || (c.is_alphabetic()
            && matches!(c, '\u{AA}'..='\u{2AF}' | '\u{1D00}'..='\u{1DBF}' | '\u{1E00}'..='\u{1EFF}'
                | '\u{2C60}'..='\u{2C7F}' | '\u{A720}'..='\u{A7FF}' | '\u{AB30}'..='\u{AB6F}'
                | '\u{10780}'..='\u{107BF}' | '\u{1DF00}'..='\u{1DFFF}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_have_one_key() {
        for name in ["Renée", "renee", "RENÉE ", "ｒｅｎｅｅ", "Rene\u{301}e"] {
            assert_eq!(fold(name), "renee", "{name}");
        }
        assert_eq!(fold("王小明"), "王小明");
        assert_ne!(fold("王小明"), fold("王小名"));
    }

    #[test]
    fn a_mark_makes_another_name_on_all_but_latin_letters() {
        for names in [
            ["ぱぱ", "はは", "ばば"],
            ["राम", "रोम", "रम"],
            ["คี", "คู", "ค"],
            ["йод", "иод", "ёд"],
            ["ά", "α", "\u{1F00}"],
        ] {
            for (one, other) in [(0, 1), (1, 2), (0, 2)] {
                assert_ne!(fold(names[one]), fold(names[other]), "{names:?}");
            }
        }
        // Of one letter in two spellings there is one key.
        assert_eq!(fold("ば"), fold("は\u{3099}"));
        assert_eq!(fold("ﾊﾞ"), fold("バ"));
        assert_eq!(fold("Trần Thị Ước"), "tran thi uoc");
    }

    #[test]
    fn what_cannot_be_seen_makes_no_other_name() {
        let invisible =
            ["\u{200B}", "\u{2060}", "\u{AD}", "\u{FEFF}", "\u{3164}", "\u{2800}", "\u{200D}", "\u{FE0F}"];
        for c in invisible {
            for name in [format!("m{c}ei"), format!("{c}mei"), format!("mei{c} ")] {
                assert_eq!(fold(&name), "mei", "{name:?}");
            }
        }
        for name in ["王  小明", "王\u{3000}小明", "王\u{A0}\u{200B} 小明"] {
            assert_eq!(fold(name), "王 小明", "{name:?}");
        }
    }

    #[test]
    fn an_exact_key_is_no_folded_one() {
        assert_eq!(exact_key(" m\u{200B}ei "), " m\u{200B}ei");
        assert!(!fold(&exact_key("mei")).starts_with(' '));
    }

    #[test]
    fn spellings_of_one_mailbox_have_one_key() {
        assert_eq!(fold_email("Ming＠Example.COM "), "ming@example.com");
        assert_ne!(fold_email("renée@example.com"), fold_email("renee@example.com"));
    }
}
