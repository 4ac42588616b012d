//! The Socket.IO application that the stock clients talk to.

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpRequest;
use bytes::Bytes;
use domain::id::RoomId;
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use realtime::frame::{Broadcast, Frame, Topic};
use realtime::hub::Hubs;
use realtime::{
    AckError, AdmitError, ConnectError, Connection, Dispatch, Handshake, Incoming, Reply, Socket,
};
use serde_json::value::RawValue;

/// Time that a client has to acknowledge a question.
const ACK_TIMEOUT: Duration = Duration::from_millis(500);

/// Accepts every client.
pub(crate) struct Application {
    pub(crate) hubs: Hubs,
}

impl Dispatch for Application {
    /// The auth of the client.
    type Client = Arc<str>;
    type Permit = ();
    type Credentials = ();

    fn admit(&self, _: &HttpRequest) -> Result<(), AdmitError> {
        Ok(())
    }

    fn credentials(&self, _: &HttpRequest) {}

    fn knows(&self, namespace: &str) -> bool {
        matches!(namespace, "/" | "/custom")
    }

    fn connect(
        self: Arc<Self>,
        handshake: Handshake<Self>,
    ) -> LocalBoxFuture<'static, Result<Connection<Arc<str>>, ConnectError>> {
        let auth = handshake.auth.as_deref().map_or("{}", RawValue::get);
        std::future::ready(Ok(Connection::new(Arc::from(auth), Vec::new()))).boxed_local()
    }

    fn joined(self: Arc<Self>, socket: Socket<Arc<str>>) {
        socket.send(Frame::event_in(socket.namespace(), "auth", &[socket.client()]));
    }

    fn event(self: Arc<Self>, socket: Socket<Arc<str>>, event: Incoming) -> LocalBoxFuture<'static, Reply> {
        async move { self.answer(&socket, event).await }.boxed_local()
    }

    fn disconnected(self: Arc<Self>, _: Arc<str>) {}
}

impl Application {
    async fn answer(&self, socket: &Socket<Arc<str>>, event: Incoming) -> Reply {
        let Incoming { name, args, attachments } = event;
        let all = joined(&args);
        let first = args.first().map_or("null", |arg| arg.get());
        match name.as_str() {
            "message" => send(socket, "message-back", &all, &attachments),
            "message-with-ack" => return Reply { args: format!("[{all}]"), attachments },
            "burst" => {
                for n in 0..serde_json::from_str(first).unwrap_or(0_u32) {
                    send(socket, "n", &n.to_string(), &[]);
                }
            }
            "join" => room(first).into_iter().for_each(|room| socket.join(room)),
            "leave" => room(first).into_iter().for_each(|room| socket.leave(room)),
            "to-room" => {
                self.send_to_room(socket, first, &joined(args.get(1..).unwrap_or_default()), &attachments);
            }
            "ask-me" => return ask(socket, &all).await,
            "disconnect-me" => socket.disconnect(),
            "close-me" => socket.close(),
            _ => {}
        }
        Reply::new("[]")
    }

    /// Sends `received` to all in the room but the sender.
    fn send_to_room(&self, socket: &Socket<Arc<str>>, to: &str, args: &str, attachments: &[Bytes]) {
        let frame = frame(socket, "received", args, attachments);
        let broadcast = Broadcast::new(room(to).into_iter().collect(), frame);
        self.hubs.emit(Broadcast { except_socket: Some(socket.id()), ..broadcast });
    }
}

/// Emits `question` to the client, and acknowledges with its acknowledgement, or with why there is none.
async fn ask(socket: &Socket<Arc<str>>, args: &str) -> Reply {
    let pieces: &[&str] = if args.is_empty() { &[] } else { &[args] };
    match socket.emit_with_ack("question", pieces, ACK_TIMEOUT).await {
        Ok(answer) => Reply { args: format!("[{}]", joined(&answer.args)), attachments: answer.attachments },
        Err(AckError::TimedOut) => Reply::new(r#"["timed out"]"#),
        Err(AckError::Gone) => Reply::new(r#"["gone"]"#),
    }
}

fn send(socket: &Socket<Arc<str>>, name: &str, args: &str, attachments: &[Bytes]) {
    socket.send(frame(socket, name, args, attachments));
}

fn frame(socket: &Socket<Arc<str>>, name: &str, args: &str, attachments: &[Bytes]) -> Frame {
    let pieces: &[&str] = if args.is_empty() { &[] } else { &[args] };
    Frame::binary_event_in(socket.namespace(), name, pieces, attachments)
}

fn joined(args: &[Box<RawValue>]) -> String {
    args.iter().map(|arg| arg.get()).collect::<Vec<_>>().join(",")
}

/// A room is named by a UUID.
fn room(json: &str) -> Option<Topic> {
    serde_json::from_str(json).ok().map(|id| Topic::Room(RoomId(id)))
}
