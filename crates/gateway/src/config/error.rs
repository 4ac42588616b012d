//! Why the settings cannot be used, and what was probably meant.

use thiserror::Error;

/// Why the settings cannot be used.
#[derive(Debug, Error)]
pub enum Error {
    /// A key is not one of ours.
    #[error("{place}: there is no setting `{key}`{}", .nearest.as_ref().map(|n| format!("; did you mean `{n}`?")).unwrap_or_default())]
    Unknown {
        /// The file, or `environment`.
        place: String,
        /// The key.
        key: String,
        /// The setting that is spelled most like it.
        nearest: Option<String>,
    },
    /// A value does not fit its key.
    #[error("{0}")]
    Value(String),
    /// A file that a `.._FILE` names cannot be read.
    #[error("{key}_FILE names {path}, which cannot be read: {source}")]
    SecretFile {
        /// The setting.
        key: String,
        /// The file.
        path: String,
        /// The error of the system.
        source: std::io::Error,
    },
}

/// Checks a number against its bounds.
pub(super) fn range(name: &str, value: u64, least: u64, most: u64) -> Result<(), Error> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(Error::Value(format!("{name} is {value}; it must be from {least} to {most}")))
}

/// Converts an error of the reader, with the file or `environment`.
pub(super) fn explain(error: &figment::Error) -> Error {
    let file = error.metadata.as_ref().and_then(|metadata| metadata.source.as_ref()?.file_path());
    let place = file.map_or_else(|| "environment".to_owned(), |path| path.display().to_string());
    match &error.kind {
        figment::error::Kind::UnknownField(key, known) => {
            Error::Unknown { place, nearest: nearest(key, known.iter().copied()), key: error.path.join(".") }
        }
        kind => Error::Value(format!(
            "{place}: `{}`: {kind}",
            error.path.join(".").trim_start_matches("default.")
        )),
    }
}

/// Returns the setting with the most similar spelling, if one is close.
pub(super) fn nearest<'a>(key: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    known
        .map(|name| (strsim::jaro_winkler(key, name), name))
        .filter(|(likeness, _)| *likeness > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name.to_owned())
}
