//! An upload that is being written.

use bytes::Bytes;
use domain::id::MediaId;
use domain::media::{Media, Purpose, Thumbnails};
use domain::message::MessageKind;

use crate::backend::Backend;
use crate::error::Error;
use crate::folder::{Temporary, blocking};
use crate::format::Format;
use crate::picture::Pictures;
use crate::prepare::{self, Prepared};
use crate::sniff::{self, Claim};
use crate::stored_name::{Part, StoredName};

/// How many bytes are buffered before they are written, which costs a change of threads each time.
const BUFFER: usize = 256 * 1024;

/// A file that is stored and survives a power cut.
#[derive(Debug, PartialEq, Eq)]
pub struct Stored {
    /// What its readers see of it.
    pub media: Media,
    /// The kind of message that carries it.
    pub kind: MessageKind,
    /// Its name in the store and in addresses: `<media id>.<extension>`.
    pub stored_name: String,
    /// The extension of its smaller copies, if it has any.
    pub thumbnails: Option<&'static str>,
}

/// An unfinished upload; dropping it leaves nothing behind.
pub struct Writer {
    // None while a blocking thread has it, and after a failure.
    temporary: Option<Temporary>,
    purpose: Purpose,
    claim: Claim,
    file_name: String,
    pictures: Pictures,
    backend: Backend,
    head: Vec<u8>,
    size: u64,
    buffered: Vec<Bytes>,
    buffered_bytes: usize,
}

impl Writer {
    pub(crate) fn new(
        temporary: Temporary,
        purpose: Purpose,
        (claim, file_name): (Claim, String),
        pictures: Pictures,
        backend: Backend,
    ) -> Self {
        Self {
            temporary: Some(temporary),
            purpose,
            claim,
            file_name,
            pictures,
            backend,
            head: Vec::new(),
            size: 0,
            buffered: Vec::new(),
            buffered_bytes: 0,
        }
    }

    /// Takes the next bytes; [`Error::TooLarge`] as soon as they are too many.
    pub async fn write(&mut self, chunk: Bytes) -> Result<(), Error> {
        self.size = self.size.saturating_add(chunk.len() as u64);
        let limit = self.pictures.limits.max_bytes;
        if self.size > limit {
            self.temporary = None;
            return Err(Error::TooLarge { limit });
        }
        let missing = sniff::HEAD.saturating_sub(self.head.len());
        self.head.extend(chunk.iter().take(missing));
        self.buffered_bytes += chunk.len();
        self.buffered.push(chunk);
        if self.buffered_bytes >= BUFFER { self.flush().await } else { Ok(()) }
    }

    /// Determines the format and stores the file; it survives a power cut after that.
    pub async fn finish(mut self) -> Result<Stored, Error> {
        if self.size == 0 {
            return Err(Error::Empty);
        }
        let format = self.settle()?;
        self.flush().await?;
        let turn = self.pictures.turn(format).await;
        let mut temporary = self.temporary.take().ok_or_else(already_failed)?;
        let (head, limits, purpose) = (std::mem::take(&mut self.head), self.pictures.limits, self.purpose);
        let id = MediaId::generate();
        let (files, length, prepared) = blocking(move || {
            // Until the work is done, even if nobody waits for it any more.
            let _turn = turn;
            let prepared = prepare::prepare(format, &head, &mut temporary, purpose, &limits)?;
            let length = temporary.file.metadata()?.len();
            Ok((files(id, temporary, &prepared)?, length, prepared))
        })
        .await?;
        self.backend.put(purpose, files).await?;
        self.size = length;
        Ok(self.stored(id, prepared))
    }

    fn settle(&self) -> Result<&'static Format, Error> {
        let format = sniff::settle(&self.claim, &self.head)?;
        let allowed = match self.purpose {
            Purpose::Avatar => format.kind == MessageKind::Image && format.extension != "gif",
            Purpose::Message | Purpose::Export => true,
        };
        if allowed { Ok(format) } else { Err(Error::Unsupported) }
    }

    fn stored(self, id: MediaId, prepared: Prepared) -> Stored {
        let Prepared { format, size, duration_ms, made } = prepared;
        let fallback = || format!("{}.{}", format.kind.as_str(), format.extension);
        let file_name = Some(self.file_name).filter(|name| !name.is_empty()).unwrap_or_else(fallback);
        let stored_name = format!("{id}.{}", format.extension);
        Stored {
            media: Media {
                media_id: id,
                file_name,
                size: i64::try_from(self.size).unwrap_or(i64::MAX),
                content_type: format.content_type.to_owned(),
                width: size.map(|(width, _)| width),
                height: size.map(|(_, height)| height),
                duration_ms,
                thumbnails: made.as_ref().map(|_| Thumbnails::of(self.purpose, &stored_name)),
                thumbhash: made.as_ref().map(|made| made.hash.clone()),
            },
            kind: format.kind,
            stored_name,
            thumbnails: made.filter(|made| !made.copies.is_empty()).map(|made| made.extension),
        }
    }

    async fn flush(&mut self) -> Result<(), Error> {
        let mut temporary = self.temporary.take().ok_or_else(already_failed)?;
        let chunks = std::mem::take(&mut self.buffered);
        self.buffered_bytes = 0;
        let written = blocking(move || temporary.write(&chunks).map(|()| temporary)).await?;
        self.temporary = Some(written);
        Ok(())
    }
}

/// Returns a file and its smaller copies under the names that they are stored by, the file last.
fn files(
    id: MediaId,
    temporary: Temporary,
    prepared: &Prepared,
) -> Result<Vec<(StoredName, Temporary)>, Error> {
    let name = StoredName { id, part: Part::Whole(prepared.format) };
    let mut files = Vec::new();
    for (size, bytes) in prepared.made.iter().flat_map(|made| &made.copies) {
        files.push((name.thumbnail(*size), temporary.sibling(bytes)?));
    }
    files.push((name, temporary));
    Ok(files)
}

fn already_failed() -> Error {
    Error::Io(std::io::Error::other("the upload has failed before"))
}
