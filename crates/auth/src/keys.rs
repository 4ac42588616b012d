//! Keys that are configured, or generated once and stored in the data directory: that which access tokens are signed with,
//! and how it and others are stored.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest;

use crate::error::Error;
use crate::random::random;

const FILE: &str = "secret.key";
const MIN_BYTES: usize = 32;

/// A signing key and the id that tokens name it by.
#[derive(Clone)]
pub struct Key {
    secret: Vec<u8>,
    id: String,
}

impl Key {
    /// Returns the configured key, or else the one in `data_dir`, which is generated at the first call.
    pub fn load(configured: Option<&str>, data_dir: &Path) -> Result<Self, Error> {
        match configured {
            Some(secret) => Self::from_secret(secret.as_bytes()),
            None => Self::stored_in(data_dir),
        }
    }

    /// Returns `secret` as a key; [`Error::WeakKey`] if it is shorter than 32 bytes.
    pub fn from_secret(secret: &[u8]) -> Result<Self, Error> {
        if secret.len() < MIN_BYTES {
            return Err(Error::WeakKey(secret.len()));
        }
        let mut hash = digest::Context::new(&digest::SHA256);
        hash.update(b"chatroom key id\0");
        hash.update(secret);
        let id = URL_SAFE_NO_PAD.encode(hash.finish().as_ref().get(..8).unwrap_or_default());
        Ok(Self { secret: secret.to_vec(), id })
    }

    /// Returns the id in each token's header (`kid`), which reveals nothing of the secret.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn secret(&self) -> &[u8] {
        &self.secret
    }

    fn stored_in(data_dir: &Path) -> Result<Self, Error> {
        let secret = stored_in(data_dir, FILE, || random::<32>().map(|bytes| bytes.to_vec()))?;
        if secret.len() < MIN_BYTES {
            return Err(Error::DamagedKey(data_dir.join(FILE)));
        }
        Self::from_secret(&secret)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Returns the key that `data_dir` keeps in a file, for its owner alone; it is made at the first call.
pub(crate) fn stored_in(
    data_dir: &Path,
    file: &str,
    make: impl FnOnce() -> Result<Vec<u8>, Error>,
) -> Result<Vec<u8>, Error> {
    let path = data_dir.join(file);
    let text = match create(data_dir, &path, make) {
        Err(Failure::Io(error)) if error.kind() == io::ErrorKind::AlreadyExists => read(&path),
        other => other,
    };
    let text = text.map_err(|failure| match failure {
        Failure::Io(source) => Error::KeyFile { path: path.clone(), source },
        Failure::Key(error) => error,
    })?;
    URL_SAFE_NO_PAD.decode(text.trim_ascii()).map_err(|_unreadable| Error::DamagedKey(path))
}

/// Why a key file was not made or read.
enum Failure {
    Io(io::Error),
    Key(Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Writes a new key; fails with `AlreadyExists` when there is one.
fn create(
    data_dir: &Path,
    path: &Path,
    make: impl FnOnce() -> Result<Vec<u8>, Error>,
) -> Result<Vec<u8>, Failure> {
    fs::create_dir_all(data_dir)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let text = URL_SAFE_NO_PAD.encode(make().map_err(Failure::Key)?);
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    // Without this a power cut may lose the file's name, and every access token with it.
    File::open(data_dir)?.sync_all()?;
    Ok(text.into_bytes())
}

/// Reads the stored key and makes the file readable by its owner alone, where the file system has such rights.
fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let mode = fs::metadata(path)?.permissions().mode();
    if mode & 0o077 != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    }
    Ok(fs::read(path)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_key_is_kept_for_the_owner_alone_and_found_again() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let first = Key::load(None, &data).unwrap();
        let path = data.join(FILE);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(first.secret().len(), 32);

        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let second = Key::load(None, &data).unwrap();
        assert_eq!((first.id(), first.secret()), (second.id(), second.secret()));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn every_data_directory_has_a_key_of_its_own() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (one, two) = (Key::load(None, one.path()).unwrap(), Key::load(None, two.path()).unwrap());
        assert_ne!(one.secret(), two.secret());
        assert_ne!(one.id(), two.id());
    }

    #[test]
    fn a_configured_key_wins_and_writes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let key = Key::load(Some("0123456789abcdef0123456789abcdef"), dir.path()).unwrap();
        assert_eq!(key.secret(), b"0123456789abcdef0123456789abcdef");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_short_key_is_refused_with_the_way_out() {
        let error = Key::load(Some("secret"), Path::new("/nowhere")).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("SECRET_KEY has 6 bytes"), "{text}");
        assert!(text.contains("openssl rand"), "{text}");
    }

    #[test]
    fn a_damaged_key_file_is_named_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        for damaged in ["", "\n", "not base64 at all !!!", "c2hvcnQ"] {
            fs::write(dir.path().join(FILE), damaged).unwrap();
            let error = Key::load(None, dir.path()).unwrap_err();
            assert!(matches!(error, Error::DamagedKey(_)), "{damaged:?}: {error}");
            assert_eq!(fs::read_to_string(dir.path().join(FILE)).unwrap(), damaged);
        }
    }

    #[test]
    fn a_key_is_never_printed() {
        let key = Key::from_secret(b"0123456789abcdef0123456789abcdef").unwrap();
        assert!(!format!("{key:?}").contains("0123456789"));
    }
}
