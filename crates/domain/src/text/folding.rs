//! Keys of names and addresses: two spellings with the same key are the same.

use unicode_normalization::UnicodeNormalization;

/// Folds a name to the key under which two spellings are the same name: no case, no accents, no width, no outer spaces.
///
/// Computed here and not by a collation, so that all databases agree on equality.
pub fn fold(name: &str) -> String {
    let bare = name.trim().nfkd().filter(|c| !unicode_normalization::char::is_combining_mark(*c));
    let lower: String = bare.flat_map(char::to_lowercase).collect();
    lower.nfkd().filter(|c| !unicode_normalization::char::is_combining_mark(*c)).nfc().collect()
}

/// Folds an e-mail address to the key under which two spellings are the same mailbox: no case, no width.
pub fn fold_email(address: &str) -> String {
    address.trim().nfkc().flat_map(char::to_lowercase).nfc().collect()
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
    fn spellings_of_one_mailbox_have_one_key() {
        assert_eq!(fold_email("Ming＠Example.COM "), "ming@example.com");
        assert_ne!(fold_email("renée@example.com"), fold_email("renee@example.com"));
    }
}
