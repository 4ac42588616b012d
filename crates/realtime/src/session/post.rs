//! Long-polling, from the client: one POST at a time brings packets.
//!
//! The body is read on the worker where the request came in, and handled on the session's own.

use std::{
    pin::Pin,
    rc::Rc,
    task::{Context as TaskContext, Poll},
};

use actix::{
    ActorFutureExt as _, Addr, AsyncContext as _, Context, Handler, Message, StreamHandler, WrapFuture as _,
};
use actix_web::{
    HttpMessage as _, HttpRequest, HttpResponse,
    http::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap},
    web,
};
use bytes::BytesMut;
use bytestring::ByteString;
use futures_util::{Stream, StreamExt as _};
use socketio::payload::{Part, SEPARATOR};
use tokio::sync::oneshot;

use super::{Session, Violation, handle::SessionHandle};
use crate::{Dispatch, request::RequestError, transport::CloseReason};

/// A POST whose body is being read.
#[derive(Message)]
#[rtype(result = "()")]
struct Post<C> {
    /// Its credentials, if they are to count from now on.
    renewed: Option<C>,
    body: oneshot::Receiver<Body>,
    pending: PendingPost,
}

/// A body, or why there is none.
#[derive(Debug)]
enum Body {
    Whole(ByteString),
    /// It was larger than allowed; its sender gets 413.
    TooLarge,
    /// It was no text.
    Binary,
}

/// A POST that is to be answered, once its packets have been handled.
#[derive(Debug)]
pub(crate) struct PendingPost(oneshot::Sender<Result<(), RequestError>>);

impl PendingPost {
    fn answer(self, answer: Result<(), RequestError>) {
        // A client that has gone needs no answer.
        drop(self.0.send(answer));
    }
}

/// Brings the packets of a request to a session.
pub(crate) async fn post<D: Dispatch>(
    session: Addr<Session<D>>,
    request: &HttpRequest,
    mut payload: web::Payload,
    max: usize,
    renewed: Option<D::Credentials>,
) -> Result<HttpResponse, RequestError> {
    if announced(request.headers()).is_some_and(|length| length > max) {
        return Err(RequestError::TooLarge);
    }
    let (arrived, body) = oneshot::channel();
    let (pending, mut answer) = oneshot::channel();
    let pending = PendingPost(pending);
    session.do_send(Post { renewed, body, pending });
    let read = tokio::select! {
        biased;
        // The session may refuse it before it has been read.
        early = &mut answer => return answered(early),
        read = read(request, &mut payload, max) => read,
    };
    let Some(read) = read else { return Err(RequestError::Request) };
    let too_large = matches!(read, Body::TooLarge);
    drop(arrived.send(read));
    let answer = answered(answer.await);
    if too_large { Err(RequestError::TooLarge) } else { answer }
}

fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn answered(
    answer: Result<Result<(), RequestError>, oneshot::error::RecvError>,
) -> Result<HttpResponse, RequestError> {
    answer.unwrap_or(Err(RequestError::Session))?;
    Ok(HttpResponse::Ok().content_type("text/html").insert_header((CONTENT_ENCODING, "identity")).body("ok"))
}

/// Reads a body; nothing when it breaks off.
async fn read(request: &HttpRequest, payload: &mut web::Payload, max: usize) -> Option<Body> {
    if request.content_type().eq_ignore_ascii_case("application/octet-stream") {
        return Some(Body::Binary);
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.ok()?;
        if body.len() + chunk.len() > max {
            return Some(Body::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Some(ByteString::try_from(body.freeze()).map_or(Body::Binary, Body::Whole))
}

impl<D: Dispatch> Handler<Post<D::Credentials>> for Session<D> {
    type Result = ();

    fn handle(&mut self, Post { renewed, body, pending }: Post<D::Credentials>, ctx: &mut Context<Self>) {
        self.check();
        if self.handle.ended() {
            return pending.answer(Err(RequestError::Session));
        } else if self.handle.has_websocket() {
            return pending.answer(Err(RequestError::Request));
        } else if self.post.is_some() {
            pending.answer(Err(RequestError::Request));
            return self.handle.abort();
        }
        if let Some(credentials) = renewed {
            self.namespaces.renew(credentials);
        }
        self.post = Some(pending);
        ctx.spawn(body.into_actor(self).map(|body, session, ctx| match body {
            Ok(Body::Whole(text)) => {
                let max_pending = session.hub.process.config.max_pending;
                let packets = Packets::new(text, Rc::clone(&session.handle), max_pending);
                <Self as StreamHandler<PostItem>>::add_stream(packets, ctx);
            }
            Ok(Body::TooLarge) => session.finish_post(ctx),
            Ok(Body::Binary) => session.refuse_post(),
            Err(_) => {
                tracing::debug!("closed: a request broke off");
                session.handle.abort();
            }
        }));
    }
}

impl<D: Dispatch> Session<D> {
    /// Answers the POST that is being handled, because the session is over.
    pub(super) fn answer_post(&mut self) {
        let regular = matches!(
            self.handle.close_reason(),
            CloseReason::Server | CloseReason::Client | CloseReason::Unavailable
        );
        if let Some(post) = self.post.take() {
            post.answer(if regular { Ok(()) } else { Err(RequestError::Request) });
        }
    }

    /// Answers the POST, which has been handled.
    fn finish_post(&mut self, ctx: &mut Context<Self>) {
        if let Some(post) = self.post.take() {
            post.answer(Ok(()));
        }
        self.finish_upgrade(ctx);
    }

    fn refuse_post(&mut self) {
        self.handle.violate();
        self.answer_post();
    }

    fn posted_packet(&mut self, text: &str, ctx: &mut Context<Self>) -> Result<(), Violation> {
        match Part::decode(text)? {
            Part::Text(packet) => self.packet(&packet, ctx),
            Part::Binary(message) => self.binary(message),
        }
    }
}

/// The packets of one body, no faster than events are handled.
struct Packets {
    rest: Option<ByteString>,
    finished: bool,
    session: Rc<SessionHandle>,
    max_pending: usize,
}

/// What comes out of a body.
enum PostItem {
    Packet(ByteString),
    End,
}

impl Packets {
    const fn new(body: ByteString, session: Rc<SessionHandle>, max_pending: usize) -> Self {
        Self { rest: Some(body), finished: false, session, max_pending }
    }

    fn next_packet(&mut self) -> Option<ByteString> {
        let rest = self.rest.take()?;
        match rest.split_once(SEPARATOR) {
            Some((packet, after)) => {
                self.rest = Some(rest.slice_ref(after));
                Some(rest.slice_ref(packet))
            }
            None => Some(rest),
        }
    }
}

impl Stream for Packets {
    type Item = PostItem;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<PostItem>> {
        if self.finished || self.session.ended() {
            return Poll::Ready(None);
        }
        self.session.listen(cx);
        if self.rest.is_some() && self.session.is_full(self.max_pending) {
            return Poll::Pending;
        }
        let packet = self.next_packet();
        self.finished = packet.is_none();
        Poll::Ready(Some(packet.map_or(PostItem::End, PostItem::Packet)))
    }
}

impl<D: Dispatch> StreamHandler<PostItem> for Session<D> {
    fn handle(&mut self, item: PostItem, ctx: &mut Context<Self>) {
        match item {
            PostItem::Packet(text) => {
                if let Err(Violation) = self.posted_packet(&text, ctx) {
                    self.refuse_post();
                }
            }
            PostItem::End => self.finish_post(ctx),
        }
    }

    // The session goes on.
    fn finished(&mut self, _: &mut Context<Self>) {}
}
