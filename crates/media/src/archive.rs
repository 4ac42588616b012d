//! Archives that the server makes: ZIP files, written aside and then stored like uploads.

use std::fs::File;
use std::io::{self, Write as _};

use bytes::Bytes;
use domain::id::MediaId;
use domain::media::Purpose;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::backend::Backend;
use crate::error::Error;
use crate::folder::{Temporary, blocking};
use crate::format::Format;
use crate::stored_name::{Part, StoredName};

/// An unfinished archive; dropping it leaves nothing behind.
pub struct Archive {
    // None while a blocking thread has it, and after a failure.
    writer: Option<Box<ZipWriter<File>>>,
    temporary: Temporary,
    backend: Backend,
}

impl Archive {
    pub(crate) fn new(temporary: Temporary, backend: Backend) -> Result<Self, Error> {
        let writer = Some(Box::new(ZipWriter::new(temporary.file.try_clone()?)));
        Ok(Self { writer, temporary, backend })
    }

    /// Begins the next file; one that is packed already is not packed again.
    pub async fn begin(&mut self, name: String, is_packed: bool) -> Result<(), Error> {
        let method = if is_packed { CompressionMethod::Stored } else { CompressionMethod::Deflated };
        let options = SimpleFileOptions::default().compression_method(method).large_file(true);
        self.work(move |writer| writer.start_file(name, options).map_err(io::Error::from)).await
    }

    /// Writes the next bytes of the file.
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), Error> {
        self.work(move |writer| writer.write_all(&bytes)).await
    }

    /// Completes the archive and stores it as `<id>.zip`; returns its length.
    pub async fn finish(mut self, purpose: Purpose, id: MediaId) -> Result<u64, Error> {
        let writer = self.writer.take().ok_or_else(already_failed)?;
        let length = blocking(move || {
            let file = writer.finish().map_err(io::Error::from)?;
            Ok(file.metadata()?.len())
        });
        let length = length.await?;
        let format = Format::of_stored("zip").ok_or(Error::Unsupported)?;
        let name = StoredName { id, part: Part::Whole(format) };
        self.backend.put(purpose, vec![(name, self.temporary)]).await?;
        Ok(length)
    }

    async fn work(
        &mut self,
        work: impl FnOnce(&mut ZipWriter<File>) -> io::Result<()> + Send + 'static,
    ) -> Result<(), Error> {
        let mut writer = self.writer.take().ok_or_else(already_failed)?;
        let worked = blocking(move || {
            work(&mut writer)?;
            Ok(writer)
        });
        self.writer = Some(worked.await?);
        Ok(())
    }
}

fn already_failed() -> Error {
    Error::Io(io::Error::other("the archive has failed before"))
}
