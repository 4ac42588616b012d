//! The bodies of requests: how long they may be, and how slowly they may come.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::HttpMessage as _;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::middleware::Next;
use actix_web::web::Data;
use bytes::{Bytes, BytesMut};
use futures_util::{FutureExt as _, Stream, StreamExt as _};
use tokio::time::{Instant, Sleep, sleep};

use crate::config;
use crate::problem::Problem;
use crate::validation::ValidationError;

/// The limits of bodies.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodyLimits {
    /// The longest body, in bytes.
    pub(crate) max: usize,
    /// The most parts of a multipart body.
    pub(crate) parts: usize,
    /// The longest headers of a part, in bytes.
    pub(crate) part_headers: usize,
    /// How long a body may pause.
    pub(crate) idle: Duration,
    /// How many bytes a second must come once `idle` is over; 0 for any number.
    pub(crate) bytes_per_second: u64,
}

impl From<&config::Limits> for BodyLimits {
    fn from(limits: &config::Limits) -> Self {
        Self {
            max: limits.body_max_bytes,
            parts: limits.form_parts_max,
            part_headers: limits.part_header_max_bytes,
            idle: Duration::from_millis(limits.body_idle_ms),
            bytes_per_second: limits.body_bytes_per_second,
        }
    }
}

impl BodyLimits {
    /// How long the next bytes may take, of a body of which some were received and waited for.
    fn patience(&self, received: u64, waited: Duration) -> Duration {
        let Some(earned) = received.checked_div(self.bytes_per_second) else { return self.idle };
        (self.idle + Duration::from_secs(earned)).saturating_sub(waited).min(self.idle)
    }
}

/// Ends the bodies of requests that come too slowly, and the connections whose requests are answered unread.
pub(crate) async fn pace(
    mut request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let limits = request.app_data::<Data<BodyLimits>>().map(|limits| *limits.get_ref());
    let (payload, limits) = match (request.take_payload(), limits) {
        (Payload::None, _) | (_, None) => return next.call(request).await,
        (payload, Some(limits)) => (Rc::new(RefCell::new(payload)), limits),
    };
    let paced = Paced::new(Rc::clone(&payload), limits);
    request.set_payload(Payload::Stream { payload: paced.boxed_local() });
    let response = next.call(request).await?;
    Ok(response.map_body(|_, body| BoxBody::new(Answering { body, _request: payload })))
}

/// The body of an answer, with what is unread of the request.
///
/// The HTTP library waits for the end of a chunked body that nobody holds any more, and sets no time for it.
struct Answering {
    body: BoxBody,
    _request: Rc<RefCell<Payload>>,
}

impl MessageBody for Answering {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_next(cx)
    }
}

/// A body that ends with an error when it comes too slowly.
struct Paced {
    body: Rc<RefCell<Payload>>,
    limits: BodyLimits,
    received: u64,
    /// How long the client has been waited for; the time in which nothing was read does not count.
    waited: Duration,
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl Paced {
    fn new(body: Rc<RefCell<Payload>>, limits: BodyLimits) -> Self {
        Self { body, limits, received: 0, waited: Duration::ZERO, waiting: None }
    }
}

impl Stream for Paced {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if let Poll::Ready(item) = this.body.borrow_mut().poll_next_unpin(cx) {
            if let Some((since, _)) = this.waiting.take() {
                this.waited += since.elapsed();
            }
            if let Some(Ok(chunk)) = &item {
                this.received += chunk.len() as u64;
            }
            return Poll::Ready(item);
        }
        let allowed = this.limits.patience(this.received, this.waited);
        let (_, timer) = this.waiting.get_or_insert_with(|| (Instant::now(), Box::pin(sleep(allowed))));
        timer.poll_unpin(cx).map(|()| Some(Err(PayloadError::Io(io::ErrorKind::TimedOut.into()))))
    }
}

/// Reads a body to its end.
pub(crate) async fn read(payload: &mut Payload, max: usize) -> Result<Bytes, Problem> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| unfinished(&error))?;
        if body.len() + chunk.len() > max {
            return Err(Problem::BodyTooLarge(max));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// The body is not what its type says, from this offset on.
pub(crate) fn unreadable(at: usize, error: &impl std::fmt::Display) -> Problem {
    Problem::Invalid(vec![ValidationError::not_json(at, &error.to_string())])
}

/// The body ended before its end.
pub(crate) fn broken_off(error: &impl std::fmt::Display) -> Problem {
    unreadable(0, &format!("The body broke off: {error}"))
}

/// The body ended before its end, or was too slow.
pub(crate) fn unfinished(error: &PayloadError) -> Problem {
    match error {
        PayloadError::Io(error) if error.kind() == io::ErrorKind::TimedOut => Problem::SlowBody,
        other => broken_off(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_waited_for_as_long_as_its_bytes_have_earned() {
        let limits = BodyLimits::from(&config::Limits::default());
        let seconds =
            |received: u64, waited: u64| limits.patience(received, Duration::from_secs(waited)).as_secs();
        assert_eq!((seconds(0, 0), seconds(0, 4), seconds(0, 10)), (10, 6, 0));
        // A KiB earns a second, and no pause is longer than ten.
        assert_eq!((seconds(1023, 10), seconds(1024, 10), seconds(4096, 10)), (0, 1, 4));
        assert_eq!((seconds(1 << 20, 10), seconds(1 << 20, 1_030)), (10, 4));
        let any = BodyLimits { bytes_per_second: 0, ..limits };
        assert_eq!(any.patience(1, Duration::from_hours(1)).as_secs(), 10);
    }
}
