//! Moving stored files between the local folder and a bucket.

use domain::media::Purpose;
use futures_util::TryStreamExt as _;
use ring::digest::{Context, Digest, SHA256};

use crate::error::Error;
use crate::store::Store;
use crate::stored_name::StoredName;

/// What a migration has done.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Migrated {
    /// How many files were copied, smaller copies of pictures among them.
    pub copied: u64,
    /// How many bytes they have.
    pub bytes: u64,
    /// How many files were there already, the same byte by byte.
    pub present: u64,
    /// How many files were deleted where they came from.
    pub deleted: u64,
}

/// Copies every stored file from one store to another, and reads each back.
///
/// A file that is there already is not copied again, so that what was interrupted is taken up by doing it again. With
/// `delete_source` a file is deleted when its copy was read back.
pub async fn migrate(from: &Store, to: &Store, delete_source: bool) -> Result<Migrated, Error> {
    let mut done = Migrated::default();
    for purpose in [Purpose::Message, Purpose::Avatar] {
        for shard in 0..=u8::MAX {
            let names = from.names(purpose, shard).await?;
            for name in names.iter().filter_map(|name| StoredName::parse(name)) {
                copy(from, to, (purpose, name), &mut done).await?;
                if delete_source {
                    from.backend.remove(purpose, vec![name]).await?;
                    done.deleted += 1;
                }
            }
        }
    }
    Ok(done)
}

async fn copy(
    from: &Store,
    to: &Store,
    (purpose, name): (Purpose, StoredName),
    done: &mut Migrated,
) -> Result<(), Error> {
    let Some((length, original)) = digest(from, purpose, name).await? else { return Ok(()) };
    if is_same(digest(to, purpose, name).await?, (length, &original)) {
        done.present += 1;
        return Ok(());
    }
    let mut temporary = from.temporary().await?;
    let mut chunks = from.backend.open(purpose, name).await?.0.read().await?;
    while let Some(chunk) = chunks.try_next().await? {
        temporary = temporary.written(chunk).await?;
    }
    to.backend.put(purpose, vec![(name, temporary)]).await?;
    if !is_same(digest(to, purpose, name).await?, (length, &original)) {
        return Err(Error::Unavailable(format!("{name} was not copied as it is").into()));
    }
    done.copied += 1;
    done.bytes += length;
    Ok(())
}

fn is_same(copy: Option<(u64, Digest)>, (length, original): (u64, &Digest)) -> bool {
    copy.is_some_and(|(copied, digest)| copied == length && digest.as_ref() == original.as_ref())
}

/// Returns the length and the SHA-256 of a file; nothing if it is not there.
async fn digest(store: &Store, purpose: Purpose, name: StoredName) -> Result<Option<(u64, Digest)>, Error> {
    let content = match store.backend.open(purpose, name).await {
        Ok((content, _)) => content,
        Err(Error::NotFound) => return Ok(None),
        Err(error) => return Err(error),
    };
    let (mut chunks, mut digest, mut length) = (content.read().await?, Context::new(&SHA256), 0);
    while let Some(chunk) = chunks.try_next().await? {
        digest.update(&chunk);
        length += chunk.len() as u64;
    }
    Ok(Some((length, digest.finish())))
}
