//! Multipart bodies (RFC 7578), within limits of their parts.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::{FromRequest as _, HttpRequest};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};

use super::body::{BodyLimits, broken_off, unfinished};
use crate::problem::Problem;

/// How many bytes of a file are read before they are handled.
const READ_AHEAD: usize = 256 * 1024;

/// How many bytes of a refused form are still read, so that the refusal reaches a client that sends before it listens.
const DRAINED: usize = 64 * 1024 * 1024;

/// A multipart body.
pub(crate) struct Form {
    parts: Multipart,
    limits: BodyLimits,
    /// How many parts have begun.
    begun: usize,
    /// Whether there is nothing more that can be read.
    ended: bool,
    budget: Rc<Budget>,
    /// The bytes that the parts are read from.
    body: Rc<RefCell<Payload>>,
}

/// How much of a form may be read.
struct Budget {
    /// How many bytes may still be read.
    left: Cell<isize>,
    /// How many were left when reading had to wait until some of a file are handled.
    waited_at: Cell<Option<isize>>,
    has_file: bool,
}

impl Budget {
    /// Returns the next bytes of the body; an error when those that were read cannot be handled without more.
    fn poll_chunk(
        &self,
        body: &mut Payload,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, PayloadError>>> {
        let too_large = || Poll::Ready(Some(Err(PayloadError::Io(io::ErrorKind::FileTooLarge.into()))));
        let left = self.left.get();
        if self.has_file && left <= 0 {
            if self.waited_at.replace(Some(left)) == Some(left) {
                return too_large();
            }
            // The parser reads all there is before it hands out a part of it.
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let chunk = ready!(body.poll_next_unpin(cx));
        if let Some(Ok(chunk)) = &chunk {
            self.left.set(left.saturating_sub_unsigned(chunk.len()));
            if !self.has_file && self.left.get() < 0 {
                return too_large();
            }
        }
        Poll::Ready(chunk)
    }
}

impl Form {
    /// A form of short fields.
    pub(crate) async fn of_fields(request: &HttpRequest, payload: Payload, limits: BodyLimits) -> Self {
        Self::new(request, payload, limits, false).await
    }

    /// A form with a file in it, whose bytes count only while they wait to be handled.
    pub(crate) async fn with_file(request: &HttpRequest, payload: Payload, limits: BodyLimits) -> Self {
        Self::new(request, payload, limits, true).await
    }

    async fn new(request: &HttpRequest, payload: Payload, limits: BodyLimits, has_file: bool) -> Self {
        let most = limits.max + if has_file { READ_AHEAD } else { 0 };
        let left = Cell::new(isize::try_from(most).unwrap_or(isize::MAX));
        let budget = Rc::new(Budget { left, waited_at: Cell::new(None), has_file });
        let body = Rc::new(RefCell::new(payload));
        let (counting, unparsed) = (Rc::clone(&budget), Rc::clone(&body));
        let counted = stream::poll_fn(move |cx| counting.poll_chunk(&mut unparsed.borrow_mut(), cx));
        let mut payload = Payload::Stream { payload: counted.boxed_local() };
        let parts = Multipart::from_request(request, &mut payload).await;
        let parts = parts.unwrap_or_else(|_never| Multipart::new(request.headers(), payload));
        Self { parts, limits, begun: 0, ended: false, budget, body }
    }

    /// Returns the next part.
    pub(crate) async fn next(&mut self) -> Result<Option<Field>, Problem> {
        let part = match self.parts.next().await {
            Some(Ok(part)) => part,
            Some(Err(error)) => {
                self.ended = true;
                return Err(self.refusal(error));
            }
            None => return Ok(None),
        };
        self.begun += 1;
        if self.begun > self.limits.parts {
            return Err(Problem::TooManyParts(self.limits.parts));
        }
        Ok(Some(part))
    }

    /// Returns the next bytes of a part.
    pub(crate) async fn chunk(&self, part: &mut Field) -> Result<Option<Bytes>, Problem> {
        part.next().await.transpose().map_err(|error| self.refusal(error))
    }

    /// Returns the next bytes of a file, which do not count.
    pub(crate) async fn file_chunk(&self, part: &mut Field) -> Result<Option<Bytes>, Problem> {
        let chunk = self.chunk(part).await?;
        let handled = chunk.as_ref().map_or(0, Bytes::len);
        self.budget.left.set(self.budget.left.get().saturating_add_unsigned(handled));
        Ok(chunk)
    }

    /// Reads all parts as fields.
    pub(crate) async fn fields(mut self) -> Result<Vec<(String, String)>, Problem> {
        let mut fields = Vec::new();
        while let Some(mut part) = self.next().await? {
            let name = part.name().unwrap_or_default().to_owned();
            let mut text = Vec::new();
            while let Some(chunk) = self.chunk(&mut part).await? {
                text.extend_from_slice(&chunk);
            }
            fields.push((name, String::from_utf8_lossy(&text).into_owned()));
        }
        Ok(fields)
    }

    /// Reads the rest of a refused form without parsing it, and drops it.
    pub(crate) async fn drain(&mut self) {
        let (body, mut left) = (Rc::clone(&self.body), DRAINED);
        while !self.ended
            && let Some(Ok(chunk)) = poll_fn(|cx| body.borrow_mut().poll_next_unpin(cx)).await
        {
            let Some(rest) = left.checked_sub(chunk.len()) else { return };
            left = rest;
        }
    }

    fn refusal(&self, error: MultipartError) -> Problem {
        use MultipartError as E;
        match error {
            // A body that is no multipart form has no file in it.
            E::ContentTypeMissing | E::ContentTypeParse | E::ContentTypeIncompatible | E::BoundaryMissing
                if self.budget.has_file =>
            {
                Problem::missing_part("file")
            }
            // What the parser looks for in its buffer is the end of a part's headers, or of a line before the first part.
            E::Payload(PayloadError::Overflow) => Problem::PartHeadersTooLarge(self.limits.part_headers),
            E::Payload(PayloadError::Io(error)) if error.kind() == io::ErrorKind::FileTooLarge => {
                Problem::BodyTooLarge(self.limits.max)
            }
            E::Payload(error) => unfinished(&error),
            other => broken_off(&other),
        }
    }
}
