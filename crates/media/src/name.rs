//! The file names of uploads: shown to people, never used as a path.

use domain::text::{is_blank, is_invisible, is_shaping};

const MAX_CHARS: usize = 255;

/// Returns the last part of `name` without control and invisible characters, at most 255 code points; it can be empty.
pub fn clean(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let shown: String = last.chars().filter(|c| !c.is_control() && !is_dropped(*c)).collect();
    if is_blank(&shown) {
        return String::new();
    }
    // Windows drops dots and blanks at the end, which would reveal another extension.
    shorten(shown.trim().trim_end_matches(['.', ' ']))
}

/// Returns what follows the last dot; empty if there is none.
pub(crate) fn extension(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// Returns whether a file of this name is run or rendered as markup when it is opened, on any system.
pub(crate) fn is_active(name: &str) -> bool {
    let extension: String = extension(name).chars().filter(|c| !is_invisible(*c)).collect();
    ACTIVE.contains(&extension.to_ascii_lowercase().as_str())
}

const ACTIVE: &[&str] = &[
    "html", "htm", "xhtml", "xht", "shtml", "mhtml", "mht", "svg", "svgz", "xml", "xsl", "xslt", "js", "mjs",
    "cjs", "jse", "css", "hta", "swf", "wasm", "exe", "dll", "com", "scr", "cpl", "sys", "msi", "msp",
    "msix", "appx", "bat", "cmd", "ps1", "psm1", "vbs", "vbe", "vb", "wsf", "wsh", "lnk", "url", "scf",
    "reg", "inf", "gadget", "jar", "jnlp", "class", "apk", "ipa", "app", "dmg", "pkg", "command", "deb",
    "rpm", "run", "appimage", "desktop", "sh", "bash", "zsh", "csh", "fish", "php", "phtml", "phar", "asp",
    "aspx", "jsp", "cgi", "docm", "xlsm", "pptm",
];

/// Returns whether a character is invisible, and not needed to write what is next to it, as joiners are.
fn is_dropped(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}') || (is_invisible(c) && !is_shaping(c))
}

/// Cuts the middle out of a long name, so that its extension stays.
fn shorten(name: &str) -> String {
    let count = name.chars().count();
    if count <= MAX_CHARS {
        return name.to_owned();
    }
    let extension = match name.rsplit_once('.') {
        Some((_, extension)) if extension.chars().count() <= 16 => format!(".{extension}"),
        _ => String::new(),
    };
    let room = MAX_CHARS - extension.chars().count();
    name.chars().take(room).chain(extension.chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_good_name_is_kept_as_it_is() {
        for name in [
            "照片 (1).jpg",
            "résumé.pdf",
            ".env",
            "a",
            "家族👨\u{200D}👩\u{200D}👧.png",
            "می\u{200C}خواهم.pdf",
            "引\"用.txt",
        ] {
            assert_eq!(clean(name), name);
        }
    }

    #[test]
    fn paths_are_cut_off() {
        for name in
            ["../../etc/passwd", "C:\\fakepath\\passwd", "/etc/passwd", "..\\..\\passwd", "a/b\\c/passwd"]
        {
            assert_eq!(clean(name), "passwd");
        }
        for name in ["", "/", "..", "../", ".", "   ", "\u{202E}", "a/..", "\u{200D}"] {
            assert_eq!(clean(name), "", "{name:?}");
        }
    }

    #[test]
    fn what_cannot_be_seen_is_taken_out() {
        assert_eq!(clean("photo\u{202E}gnp.exe"), "photognp.exe");
        assert_eq!(clean("a\r\nSet-Cookie: x\0.txt"), "aSet-Cookie: x.txt");
        assert_eq!(clean("evil.html. . "), "evil.html");
        assert_eq!(clean("evil.ht\u{200B}ml"), "evil.html");
    }

    #[test]
    fn a_long_name_keeps_its_end() {
        let name = clean(&format!("{}.docx", "長".repeat(400)));
        assert_eq!(name.chars().count(), 255);
        assert!(name.ends_with("長.docx"));
        assert_eq!(clean(&"無".repeat(300)).chars().count(), 255);
        assert_eq!(clean(&format!("a.{}", "x".repeat(300))).chars().count(), 255);
    }

    #[test]
    fn an_active_file_is_known_by_its_last_extension() {
        for name in ["a.html", "a.HTML", "photo.png.exe", "a.svg", "x.js", ".bat", "a.ht\u{200D}ml"] {
            assert!(is_active(name), "{name}");
        }
        for name in ["a.html.png", "html", "exe", "報告.pdf", ""] {
            assert!(!is_active(name), "{name}");
        }
    }
}
