//! The accepted formats; the extension and the type of a stored file come from this table alone.

use domain::message::MessageKind;

/// An accepted format.
#[derive(Debug, PartialEq, Eq)]
pub struct Format {
    /// The extension that the server gives the file.
    pub extension: &'static str,
    /// The type that the file is served as.
    pub content_type: &'static str,
    /// The kind of message that carries it.
    pub kind: MessageKind,
    /// Other names of the type, which browsers and libraries use.
    aliases: &'static [&'static str],
}

impl Format {
    /// Finds the format whose file has `extension`, in either case.
    pub fn of_extension(extension: &str) -> Option<&'static Self> {
        let extension = match extension.to_ascii_lowercase().as_str() {
            "jpeg" | "jpe" | "jfif" => "jpg".to_owned(),
            "oga" | "opus" => "ogg".to_owned(),
            "m4v" => "mp4".to_owned(),
            "text" | "log" | "md" => "txt".to_owned(),
            _ => extension.to_ascii_lowercase(),
        };
        FORMATS.iter().find(|format| format.extension == extension)
    }

    /// Finds the format of a stored file by the extension that the server gave it.
    pub(crate) fn of_stored(extension: &str) -> Option<&'static Self> {
        if extension == OPAQUE.extension { Some(&OPAQUE) } else { Self::of_extension(extension) }
    }

    /// Finds the format of a `Content-Type`, whose parameters are ignored.
    pub fn of_type(content_type: &str) -> Option<&'static Self> {
        let essence = content_type.split(';').next()?.trim().to_ascii_lowercase();
        FORMATS
            .iter()
            .find(|format| format.content_type == essence || format.aliases.contains(&essence.as_str()))
    }

    /// Returns whether a browser may show the file inline; other files are downloaded.
    pub fn inline(&self) -> bool {
        self.kind != MessageKind::File
    }

    /// Returns whether the format is a container of MP4 or `QuickTime`.
    pub(crate) fn is_mp4(&self) -> bool {
        ["mp4", "m4a", "mov"].contains(&self.extension)
    }

    /// Returns whether the format is plain text, which has no signature.
    pub(crate) fn is_text(&self) -> bool {
        self.content_type.starts_with("text/")
    }
}

/// What is not of the format that it is declared as: bytes that are downloaded and never shown.
pub(crate) static OPAQUE: Format = Format {
    extension: "bin",
    content_type: "application/octet-stream",
    kind: MessageKind::File,
    aliases: &[],
};

macro_rules! formats {
    ($($extension:literal $content_type:literal $kind:ident [$($alias:literal),*];)*) => {
        &[$(Format {
            extension: $extension,
            content_type: $content_type,
            kind: MessageKind::$kind,
            aliases: &[$($alias),*],
        }),*]
    };
}

static FORMATS: &[Format] = formats! {
    "jpg" "image/jpeg" Image ["image/jpg", "image/pjpeg"];
    "png" "image/png" Image ["image/x-png"];
    "webp" "image/webp" Image [];
    "gif" "image/gif" Image [];
    "mp3" "audio/mpeg" Audio ["audio/mp3", "audio/mpeg3", "audio/x-mpeg", "audio/x-mp3"];
    "ogg" "audio/ogg" Audio ["audio/opus", "audio/vorbis", "application/ogg"];
    "wav" "audio/wav" Audio ["audio/x-wav", "audio/wave", "audio/vnd.wave"];
    "m4a" "audio/mp4" Audio ["audio/m4a", "audio/x-m4a"];
    "weba" "audio/webm" Audio [];
    "mp4" "video/mp4" Video ["video/x-m4v"];
    "webm" "video/webm" Video [];
    "mov" "video/quicktime" Video [];
    "pdf" "application/pdf" File ["application/x-pdf"];
    "zip" "application/zip" File ["application/x-zip-compressed", "application/x-zip"];
    "txt" "text/plain" File ["text/markdown", "text/x-markdown"];
    "csv" "text/csv" File ["application/csv", "text/comma-separated-values"];
    "docx" "application/vnd.openxmlformats-officedocument.wordprocessingml.document" File [];
    "xlsx" "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" File [];
    "pptx" "application/vnd.openxmlformats-officedocument.presentationml.presentation" File [];
    "doc" "application/msword" File [];
    "xls" "application/vnd.ms-excel" File ["application/msexcel"];
    "ppt" "application/vnd.ms-powerpoint" File ["application/mspowerpoint"];
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_found_by_all_its_names() {
        for (content_type, extension) in [
            ("image/jpeg", "jpg"),
            ("IMAGE/JPG", "jpg"),
            ("text/plain; charset=utf-8", "txt"),
            ("audio/webm;codecs=opus", "weba"),
            ("video/webm", "webm"),
            ("audio/mp3", "mp3"),
        ] {
            assert_eq!(Format::of_type(content_type).unwrap().extension, extension, "{content_type}");
        }
        assert_eq!(Format::of_extension("JPEG").unwrap().content_type, "image/jpeg");
    }

    #[test]
    fn what_can_act_is_not_a_format() {
        for content_type in [
            "text/html",
            "image/svg+xml",
            "application/xhtml+xml",
            "text/xml",
            "application/xml",
            "text/javascript",
            "application/javascript",
            "application/x-msdownload",
            "application/octet-stream",
            "",
        ] {
            assert_eq!(Format::of_type(content_type), None, "{content_type}");
        }
        for extension in ["html", "svg", "js", "exe", "", "sh"] {
            assert_eq!(Format::of_extension(extension), None, "{extension}");
        }
    }

    #[test]
    fn no_name_stands_for_two_formats() {
        let mut names: Vec<_> =
            FORMATS.iter().flat_map(|f| f.aliases.iter().chain([&f.content_type])).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
