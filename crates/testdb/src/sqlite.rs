//! `SQLite` databases: files in memory, copied from a template.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::must::must;
use crate::paths;

const FILE: &str = "chatroom.db";

pub(crate) struct Database {
    url: String,
    // Removes the file and those that SQLite keeps beside it when it is dropped.
    _folder: TempDir,
}

impl Database {
    pub(crate) fn empty() -> Self {
        let folder = paths::folder();
        Self { url: url(&folder.path().join(FILE)), _folder: folder }
    }

    pub(crate) fn migrated(key: &str, migrate: impl FnOnce(&str)) -> Self {
        let template = paths::target().join(format!("sqlite-{key}.db"));
        if !template.is_file() {
            let _lock = paths::lock(&paths::target().join("sqlite-templates"));
            if !template.is_file() {
                make(&template, migrate);
            }
        }
        let folder = paths::folder();
        let path = folder.path().join(FILE);
        must("copy the template to", &path, fs::copy(&template, &path));
        Self { url: url(&path), _folder: folder }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

fn make(template: &Path, migrate: impl FnOnce(&str)) {
    let folder = paths::folder();
    let path = folder.path().join(FILE);
    migrate(&url(&path));
    let log = PathBuf::from(format!("{}-wal", path.display()));
    let pending = fs::metadata(&log).map_or(0, |log| log.len());
    assert!(pending == 0, "a template's connections must be closed before it is copied");
    // Copied under another name and renamed, so that no test sees half a template.
    let half = template.with_extension("new");
    must("copy", &path, fs::copy(&path, &half));
    must("rename", &half, fs::rename(&half, template));
}

fn url(path: &Path) -> String {
    format!("sqlite://{}", path.display())
}
