//! An upload that is being written.

use bytes::Bytes;
use domain::id::MediaId;
use domain::media::{Media, Purpose};
use domain::message::MessageKind;

use crate::error::Error;
use crate::folder::{Guard, Temporary, blocking};
use crate::format::Format;
use crate::picture::{self, Pictures};
use crate::sniff::{self, Claim};

/// How many bytes are buffered before they are written, which costs a change of threads each time.
const BUFFER: usize = 256 * 1024;

/// A file that is stored and synced to disk.
#[derive(Debug, PartialEq, Eq)]
pub struct Stored {
    /// What its readers see of it.
    pub media: Media,
    /// The kind of message that carries it.
    pub kind: MessageKind,
    /// Its name in the store and in addresses: `<media id>.<extension>`.
    pub stored_name: String,
}

/// An unfinished upload; dropping it leaves nothing behind.
pub struct Writer {
    // None while a blocking thread has it, and after a failure.
    temporary: Option<Temporary>,
    purpose: Purpose,
    claim: Claim,
    file_name: String,
    pictures: Pictures,
    head: Vec<u8>,
    size: u64,
    buffered: Vec<Bytes>,
    buffered_bytes: usize,
}

impl Writer {
    pub(crate) fn new(
        temporary: Temporary,
        purpose: Purpose,
        claim: Claim,
        file_name: String,
        pictures: Pictures,
    ) -> Self {
        Self {
            temporary: Some(temporary),
            purpose,
            claim,
            file_name,
            pictures,
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
        let (guard, size, length) = blocking(move || {
            // Until the work is done, even if nobody waits for it any more.
            let _turn = turn;
            let size = picture::prepare(format, &head, &mut temporary, &limits)?;
            let length = temporary.file.metadata()?.len();
            Ok((temporary.commit(purpose, id, format)?, size, length))
        })
        .await?;
        self.size = length;
        Ok(self.stored(guard, id, format, size))
    }

    fn settle(&self) -> Result<&'static Format, Error> {
        let format = sniff::settle(&self.claim, &self.head)?;
        let allowed = match self.purpose {
            Purpose::Avatar => format.kind == MessageKind::Image && format.extension != "gif",
            Purpose::Message => true,
        };
        if allowed { Ok(format) } else { Err(Error::Unsupported) }
    }

    fn stored(self, guard: Guard, id: MediaId, format: &Format, size: Option<(i32, i32)>) -> Stored {
        let fallback = || format!("{}.{}", format.kind.as_str(), format.extension);
        let file_name = Some(self.file_name).filter(|name| !name.is_empty()).unwrap_or_else(fallback);
        guard.keep();
        Stored {
            media: Media {
                media_id: id,
                file_name,
                size: i64::try_from(self.size).unwrap_or(i64::MAX),
                content_type: format.content_type.to_owned(),
                width: size.map(|(width, _)| width),
                height: size.map(|(_, height)| height),
            },
            kind: format.kind,
            stored_name: format!("{id}.{}", format.extension),
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

fn already_failed() -> Error {
    Error::Io(std::io::Error::other("the upload has failed before"))
}
