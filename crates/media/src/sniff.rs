//! The format of a file by its first bytes; its name and declared type only choose among harmless formats.

use crate::error::Error;
use crate::format::{Format, OPAQUE};
use crate::name;

/// How many bytes at the beginning of a file are read.
pub const HEAD: usize = 8 * 1024;

/// The format that a declared type and a name claim.
#[derive(Debug)]
pub(crate) struct Claim {
    format: Option<&'static Format>,
}

impl Claim {
    /// Reads a declared type and a cleaned name; [`Error::Unsupported`] for active files and unknown types.
    pub(crate) fn read(declared: Option<&str>, file_name: &str) -> Result<Self, Error> {
        if name::is_active(file_name) {
            return Err(Error::Unsupported);
        }
        let named = Format::of_extension(name::extension(file_name));
        let declared = declared.map(str::trim).filter(|declared| !is_unspecific(declared));
        let format = match declared {
            None => named,
            Some(declared) => Some(Format::of_type(declared).ok_or(Error::Unsupported)?),
        };
        // Windows declares a .csv as Excel's own type wherever Excel is installed.
        let csv = named.filter(|named| named.extension == "csv");
        Ok(Self { format: csv.filter(|_| format.is_some_and(|f| f.extension == "xls")).or(format) })
    }
}

/// Returns whether a declared type says nothing.
fn is_unspecific(declared: &str) -> bool {
    declared.is_empty() || declared.eq_ignore_ascii_case("application/octet-stream")
}

/// Returns the format of a file that begins with `head`; [`Error::Unsupported`] if it is not accepted.
///
/// Content that contradicts its claim is opaque: it is kept as it is, and no browser shows it.
pub(crate) fn settle(claim: &Claim, head: &[u8]) -> Result<&'static Format, Error> {
    let text = claim.format.is_some_and(Format::is_text) && is_text(head);
    if is_active(head, text) {
        return Err(Error::Unsupported);
    }
    if let (Some(format), true) = (claim.format, text) {
        return Ok(format);
    }
    match (recognise(head), claim.format) {
        (Found::Nothing, Some(format)) => Ok(format),
        (Found::OneOf(extensions), Some(format)) if extensions.contains(&format.extension) => Ok(format),
        (Found::OneOf([first, ..]), None) => Format::of_extension(first).ok_or(Error::Unsupported),
        (_, Some(_)) => Ok(&OPAQUE),
        (_, None) => Err(Error::Unsupported),
    }
}

/// Returns whether the file is a program, a script or markup that a browser would render.
fn is_active(head: &[u8], text: bool) -> bool {
    const PROGRAMS: &[&[u8]] = &[
        b"\x7fELF",
        b"\xfe\xed\xfa\xce",
        b"\xfe\xed\xfa\xcf",
        b"\xce\xfa\xed\xfe",
        b"\xcf\xfa\xed\xfe",
        b"\xca\xfe\xba\xbe",
        b"\0asm",
        b"dex\n",
        b"#!",
        b"L\0\0\0\x01\x14\x02\0",
    ];
    PROGRAMS.iter().any(|signature| head.starts_with(signature))
        // A text can begin with these two letters, too.
        || (!text && head.starts_with(b"MZ"))
        || is_markup(head)
}

/// Returns whether a browser that sniffs would render the file as HTML, SVG or XML.
fn is_markup(head: &[u8]) -> bool {
    const TAGS: &[&str] = &[
        "!doctype", "!--", "?xml", "?php", "html", "head", "body", "script", "svg", "iframe", "style",
        "title", "meta", "link", "base", "object", "embed", "img", "video", "audio", "form", "table", "div",
        "font", "math", "h1", "br", "p", "a", "b",
    ];
    // Without zeros UTF-16 reads as ASCII, and without byte order marks all encodings begin alike.
    let start: Vec<u8> = head
        .iter()
        .copied()
        .filter(|byte| !matches!(byte, 0 | 0xEF | 0xBB | 0xBF | 0xFE | 0xFF))
        .skip_while(u8::is_ascii_whitespace)
        .take(16)
        .map(|byte| byte.to_ascii_lowercase())
        .collect();
    let Some(tag) = start.strip_prefix(b"<") else { return false };
    TAGS.iter().any(|name| {
        let rest = tag.strip_prefix(name.as_bytes());
        rest.is_some_and(|rest| {
            !name.ends_with(char::is_alphanumeric) || !rest.first().copied().is_some_and(is_word)
        })
    })
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b':')
}

/// Returns whether the beginning reads as UTF-8 text.
fn is_text(head: &[u8]) -> bool {
    let valid = match std::str::from_utf8(head) {
        Ok(text) => text,
        // The last character may be cut.
        Err(fault) if fault.error_len().is_none() => head
            .get(..fault.valid_up_to())
            .and_then(|head| std::str::from_utf8(head).ok())
            .unwrap_or_default(),
        Err(_) => return false,
    };
    !valid.contains(|c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{c}'))
}

/// What the first bytes are, whatever the declared type.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    /// One of these formats, by extension, the likeliest first.
    OneOf(&'static [&'static str]),
    /// A format that is not accepted.
    Another,
    /// Nothing that is known.
    Nothing,
}

fn recognise(head: &[u8]) -> Found {
    const SIGNATURES: &[(&[u8], &[&str])] = &[
        (b"\xff\xd8\xff", &["jpg"]),
        (b"\x89PNG", &["png"]),
        (b"GIF8", &["gif"]),
        (b"ID3", &["mp3"]),
        (b"OggS", &["ogg"]),
        (b"%PDF-", &["pdf"]),
        (b"PK\x03\x04", &["zip", "docx", "xlsx", "pptx"]),
        (b"PK\x05\x06", &["zip"]),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", &["doc", "xls", "ppt"]),
    ];
    let at = |from: usize, signature: &[u8]| head.get(from..).is_some_and(|rest| rest.starts_with(signature));
    if let Some((_, extensions)) = SIGNATURES.iter().find(|(signature, _)| head.starts_with(signature)) {
        return Found::OneOf(extensions);
    }
    if at(0, b"RIFF") && at(8, b"WEBP") {
        return Found::OneOf(&["webp"]);
    }
    if at(0, b"RIFF") && at(8, b"WAVE") {
        return Found::OneOf(&["wav"]);
    }
    if at(4, b"ftyp") {
        return brand(head.get(8..12).unwrap_or_default());
    }
    if at(0, b"\x1a\x45\xdf\xa3") {
        let matroska = head.windows(8).take(256).any(|window| window == b"matroska");
        return if matroska { Found::Another } else { Found::OneOf(&["webm", "weba"]) };
    }
    match infer::get(head).map(|found| found.extension()) {
        Some("mp3") => Found::OneOf(&["mp3"]),
        Some("mov") => Found::OneOf(&["mov"]),
        // `infer` looks for a PDF's signature in the whole first kilobyte, where a text can contain it.
        None | Some("pdf") => Found::Nothing,
        Some(_) => Found::Another,
    }
}

/// Returns the formats of an MP4 container by its brand.
fn brand(brand: &[u8]) -> Found {
    match brand {
        b"heic" | b"heix" | b"hevc" | b"heim" | b"heis" | b"mif1" | b"msf1" | b"avif" | b"avis" | b"crx " => {
            Found::Another
        }
        b"M4A " | b"M4B " => Found::OneOf(&["m4a", "mp4"]),
        b"qt  " => Found::OneOf(&["mov", "mp4"]),
        _ => Found::OneOf(&["mp4", "m4a", "mov"]),
    }
}

#[cfg(test)]
mod tests;
