//! HTTP long-polling, from the client: one POST at a time brings packets.
//!
//! The body is read on the worker where the request came in, and understood on the session's own.

use std::{
    pin::Pin,
    rc::Rc,
    task::{Context as TaskContext, Poll},
};

use actix::{
    ActorFutureExt as _, Addr, AsyncContext as _, Context, Handler, Message, StreamHandler, WrapFuture as _,
};
use actix_http::ws::CloseCode;
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

use super::{
    Session,
    layer::{Upper, Violation},
};
use crate::{opening::Opening, refused::Refused, seat::Seat, table::Table};

/// A POST that has come in, and whose body is on its way.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct Posted {
    opening: Opening,
    body: oneshot::Receiver<Body>,
    push: Push,
}

/// What has become of a body.
#[derive(Debug)]
enum Body {
    Whole(ByteString),
    /// It was larger than allowed, and its sender knows.
    TooLarge,
    /// It was no text.
    Binary,
}

/// A POST that is to be answered; whether its packets were taken.
#[derive(Debug)]
pub(crate) struct Push(oneshot::Sender<Result<(), Refused>>);

impl Push {
    fn answer(self, answer: Result<(), Refused>) {
        // Whoever has gone needs no answer.
        drop(self.0.send(answer));
    }
}

/// Brings the packets of a request to a session.
pub(crate) async fn post<U: Upper>(
    session: Addr<Session<U>>,
    request: &HttpRequest,
    mut payload: web::Payload,
    max: usize,
) -> Result<HttpResponse, Refused> {
    if announced(request.headers()).is_some_and(|length| length > max) {
        return Err(Refused::TooLarge);
    }
    let (arrived, body) = oneshot::channel();
    let (push, mut answer) = oneshot::channel();
    session.do_send(Posted { opening: Opening::new(request, Vec::new()), body, push: Push(push) });
    let read = tokio::select! {
        biased;
        // The session may have something against it before its end.
        early = &mut answer => return answered(early),
        read = read(request, &mut payload, max) => read,
    };
    let Some(read) = read else { return Err(Refused::Request) };
    let too_large = matches!(read, Body::TooLarge);
    drop(arrived.send(read));
    let answer = answered(answer.await);
    if too_large { Err(Refused::TooLarge) } else { answer }
}

fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn answered(answer: Result<Result<(), Refused>, oneshot::error::RecvError>) -> Result<HttpResponse, Refused> {
    answer.unwrap_or(Err(Refused::Session))?;
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

impl<U: Upper> Handler<Posted> for Session<U> {
    type Result = ();

    fn handle(&mut self, Posted { opening, body, push }: Posted, ctx: &mut Context<Self>) {
        self.check();
        if self.seat.ended() {
            return push.answer(Err(Refused::Session));
        } else if self.seat.has_wire() {
            return push.answer(Err(Refused::Request));
        } else if self.push.is_some() {
            push.answer(Err(Refused::Request));
            return self.seat.cut();
        }
        U::renewed(self, opening);
        self.push = Some(push);
        ctx.spawn(body.into_actor(self).map(|body, session, ctx| match body {
            Ok(Body::Whole(text)) => {
                let packets = Packets::new(text, &session.table, &session.seat);
                <Self as StreamHandler<Pushed>>::add_stream(packets, ctx);
            }
            Ok(Body::TooLarge) => session.pushed(ctx),
            Ok(Body::Binary) => session.refuse_push(),
            Err(_) => {
                tracing::debug!("closed: a request broke off");
                session.seat.cut();
            }
        }));
    }
}

impl<U: Upper> Session<U> {
    /// Answers the POST that is being read, if one is, because the session is over.
    pub(crate) fn answer_push(&mut self) {
        let well = self.seat.close_code() == CloseCode::Normal;
        if let Some(push) = self.push.take() {
            push.answer(if well { Ok(()) } else { Err(Refused::Request) });
        }
    }

    /// Notes that everything of the POST has been understood.
    fn pushed(&mut self, ctx: &mut Context<Self>) {
        if let Some(push) = self.push.take() {
            push.answer(Ok(()));
        }
        self.finish_upgrade(ctx);
    }

    fn refuse_push(&mut self) {
        self.refuse(CloseCode::Protocol);
        self.answer_push();
    }

    fn posted_packet(&mut self, text: &str, ctx: &mut Context<Self>) -> Result<(), Violation> {
        match Part::decode(text)? {
            Part::Text(packet) => self.packet(&packet, ctx),
            Part::Binary(message) => self.binary(message),
        }
    }
}

/// The packets of one body, no faster than their events are handled.
struct Packets {
    rest: Option<ByteString>,
    done: bool,
    table: Rc<Table>,
    seat: Rc<Seat>,
}

/// What comes out of a body.
enum Pushed {
    Packet(ByteString),
    Done,
}

impl Packets {
    fn new(body: ByteString, table: &Rc<Table>, seat: &Rc<Seat>) -> Self {
        Self { rest: Some(body), done: false, table: Rc::clone(table), seat: Rc::clone(seat) }
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
    type Item = Pushed;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Pushed>> {
        if self.done || self.seat.ended() {
            return Poll::Ready(None);
        }
        self.seat.listen(cx);
        if self.rest.is_some() && self.seat.crowded(self.table.shared.config.max_pending) {
            return Poll::Pending;
        }
        let packet = self.next_packet();
        self.done = packet.is_none();
        Poll::Ready(Some(packet.map_or(Pushed::Done, Pushed::Packet)))
    }
}

impl<U: Upper> StreamHandler<Pushed> for Session<U> {
    fn handle(&mut self, pushed: Pushed, ctx: &mut Self::Context) {
        match pushed {
            Pushed::Packet(text) => {
                if let Err(Violation) = self.posted_packet(&text, ctx) {
                    self.refuse_push();
                }
            }
            Pushed::Done => self.pushed(ctx),
        }
    }

    // The session goes on.
    fn finished(&mut self, _: &mut Self::Context) {}
}
