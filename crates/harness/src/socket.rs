//! A small Socket.IO client of our own, over one WebSocket; it hides nothing and repairs nothing.

use std::sync::Arc;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::asyncapi;
use crate::deadline::within;
use crate::log::{Line, Listener, Log, acknowledged};
use crate::received::Received;

/// How a client comes in.
#[derive(Debug, Clone)]
pub struct Door {
    /// The path.
    pub path: &'static str,
    /// What it says in its CONNECT packet.
    pub auth: Option<Value>,
    /// Headers of the upgrade request.
    pub headers: Vec<(&'static str, String)>,
}

impl Default for Door {
    fn default() -> Self {
        Self { path: "/socket.io/", auth: None, headers: Vec::new() }
    }
}

impl Door {
    /// The path that the seed's client uses, with a token.
    pub fn of_the_seed(token: &str) -> Self {
        Self { path: "/ws/socket.io/", auth: Some(json!({ "token": token })), headers: Vec::new() }
    }
}

/// Why a client did not get in.
#[derive(Debug, Clone, PartialEq)]
pub enum Refused {
    /// The upgrade was answered with this status and body.
    Upgrade(u16, String),
    /// The CONNECT packet was answered with this error.
    Connect(Value),
    /// The connection closed instead.
    Closed,
}

type Stream = WebSocketStream<TcpStream>;

/// A connection that has joined the main namespace.
#[derive(Debug)]
pub struct Socket {
    /// What the Engine.IO handshake told.
    pub opening: Value,
    /// What the CONNECT packet was answered with.
    pub accepted: Value,
    out: mpsc::UnboundedSender<Message>,
    log: Arc<Log>,
    line: Arc<Line>,
}

impl Socket {
    /// Connects with a token.
    pub async fn connect(origin: &str, token: &str) -> Self {
        let door = Door { auth: Some(json!({ "token": token })), ..Door::default() };
        match Self::enter(origin, &door).await {
            Ok(socket) => socket,
            Err(refused) => panic!("the socket was refused: {refused:?}"),
        }
    }

    /// Connects through a door, or does not.
    pub async fn enter(origin: &str, door: &Door) -> Result<Self, Refused> {
        let (mut stream, opening) = upgrade(origin, door).await?;
        let auth = door.auth.as_ref().map(ToString::to_string).unwrap_or_default();
        within("the CONNECT packet", stream.send(Message::text(format!("40{auth}"))))
            .await
            .or(Err(Refused::Closed))?;
        let answer = within("the answer to CONNECT", packet(&mut stream)).await.ok_or(Refused::Closed)?;
        if let Some(error) = answer.strip_prefix("44") {
            let error = parse(error);
            asyncapi::assert_valid(asyncapi::check("refused.CONNECT", &error));
            return Err(Refused::Connect(error));
        }
        let accepted = answer.strip_prefix("40").map(parse);
        let accepted = accepted.unwrap_or_else(|| panic!("CONNECT was answered with {answer}"));
        asyncapi::assert_valid(asyncapi::check("accepted.CONNECT", &accepted));
        Ok(Self::run(stream, opening, accepted))
    }

    fn run(stream: Stream, opening: Value, accepted: Value) -> Self {
        let (out, mut queue) = mpsc::unbounded_channel::<Message>();
        let log = Log::new(accepted["pid"].is_string());
        let (mut sink, mut source) = stream.split();
        let writer = tokio::spawn(async move {
            let mut ready = Vec::new();
            // What was queued together leaves in one write.
            while queue.recv_many(&mut ready, 1000).await > 0 {
                for message in ready.drain(..) {
                    if sink.feed(message).await.is_err() {
                        return;
                    }
                }
                if sink.flush().await.is_err() {
                    return;
                }
            }
        });
        let (heard, pong) = (Arc::clone(&log), out.clone());
        let reader = tokio::spawn(async move {
            let mut code = None;
            loop {
                match source.next().await {
                    Some(Ok(Message::Text(text))) if text.as_str() == "2" => {
                        drop(pong.send(Message::text("3")));
                    }
                    Some(Ok(Message::Text(text))) => hear(&heard, text.as_str()),
                    // To read on is to answer it and to see the connection close.
                    Some(Ok(Message::Close(frame))) => code = frame.map(|frame| u16::from(frame.code)),
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => break,
                }
            }
            heard.close(code);
        });
        Self { opening, accepted, out, log, line: Arc::new(Line([writer, reader])) }
    }

    /// Sends a packet as it is.
    pub fn send_raw(&self, message: impl Into<Message>) {
        // A closed connection shows itself in what does not come back.
        drop(self.out.send(message.into()));
    }

    /// Sends an event without asking for an acknowledgement.
    pub fn emit(&self, name: &str, payload: Value) {
        let event = Value::Array(vec![json!(name), payload]);
        self.send_raw(Message::text(format!("42{event}")));
    }

    /// Sends an event at once and returns its acknowledgement to come.
    pub fn start(&self, name: &str, payload: Value) -> impl Future<Output = Value> + use<> {
        self.start_with(name, vec![payload])
    }

    /// Sends an event with these arguments at once and returns its acknowledgement to come.
    pub fn start_with(&self, name: &str, mut args: Vec<Value>) -> impl Future<Output = Value> + use<> {
        let (id, answer) = self.log.expect_answer(name, args.first());
        args.insert(0, json!(name));
        self.send_raw(Message::text(format!("42{id}{}", Value::Array(args))));
        let name = name.to_owned();
        async move { acknowledged(&name, answer).await }
    }

    /// Sends an event at once and returns its acknowledgement to come, which is nothing if the connection breaks.
    pub fn attempt(&self, name: &str, payload: Value) -> impl Future<Output = Option<Value>> + use<> {
        let (id, answer) = self.log.expect_answer(name, Some(&payload));
        self.send_raw(Message::text(format!("42{id}{}", Value::Array(vec![json!(name), payload]))));
        async move { within("an acknowledgement or the end", answer).await.ok() }
    }

    /// Sends an event and returns its acknowledgement.
    pub async fn ask(&self, name: &str, payload: Value) -> Value {
        self.start(name, payload).await
    }

    /// Sends an event, checks that it worked, and returns its acknowledgement.
    pub async fn ask_ok(&self, name: &str, payload: Value) -> Value {
        let answer = self.ask(name, payload).await;
        assert_eq!(answer["ok"], true, "{name}: {answer}");
        answer
    }

    /// Sends an event and checks that it was refused with this code.
    pub async fn ask_refused(&self, name: &str, payload: Value, code: &str) -> Value {
        let shown: String = payload.to_string().chars().take(200).collect();
        let answer = self.ask_refused_any(name, payload).await;
        assert_eq!(answer["code"], code, "{name} {shown}: {answer}");
        answer
    }

    /// Sends an event and checks that it was refused.
    pub async fn ask_refused_any(&self, name: &str, payload: Value) -> Value {
        let shown: String = payload.to_string().chars().take(200).collect();
        let answer = self.ask(name, payload).await;
        let right = answer["ok"] == false && answer["code"].is_string() && !answer["detail"].is_null();
        assert!(right, "{name} {shown}: a refusal was expected, not {answer}");
        answer
    }

    /// Sends words to a room; the message comes back.
    pub async fn say(&self, room: &str, words: &str) -> Value {
        let answer = self.ask_ok("send_message", json!({ "chatroom_id": room, "content": words })).await;
        answer["message"].clone()
    }

    /// Listens to events of one name from now on.
    pub fn listen(&self, name: &str) -> Listener {
        Listener::new(Arc::clone(&self.log), Arc::clone(&self.line), name)
    }

    /// Listens to events of one name, those included that have come already.
    pub fn listen_from_start(&self, name: &str) -> Listener {
        Listener::from_start(Arc::clone(&self.log), Arc::clone(&self.line), name)
    }

    /// Waits for the first event of one name that has ever come.
    pub async fn first(&self, name: &str) -> Value {
        self.listen_from_start(name).next().await
    }

    /// Waits for an event that is the last of what is looked for; returns what all events carry that came until now.
    pub async fn heard_until(&self, last: impl Fn(&Value) -> bool) -> Vec<Value> {
        let look = |log: &Log| {
            let carried: Vec<Value> = log.all().into_iter().map(|event| event.payload).collect();
            carried.iter().any(&last).then_some(carried)
        };
        self.log.until("the last event", look).await
    }

    /// Returns everything that was heard so far.
    pub fn heard(&self) -> Vec<Received> {
        self.log.all()
    }

    /// Returns what was heard so far under one name.
    pub fn heard_of(&self, name: &str) -> Vec<Value> {
        self.heard().into_iter().filter(|event| event.name == name).map(|event| event.payload).collect()
    }

    /// Waits until the server closes the connection and returns its code.
    pub async fn closed(&self) -> Option<u16> {
        self.log.until("the end of the connection", Log::closed).await.code
    }

    /// Closes the connection and waits until it is closed.
    pub async fn leave(self) {
        self.send_raw(Message::Close(None));
        self.closed().await;
    }
}

/// Takes an event of the log apart: its place, and what it says.
pub fn placed(mut event: Value) -> (i64, Value) {
    let pos = event.as_object_mut().and_then(|fields| fields.remove("pos")).and_then(|pos| pos.as_i64());
    (pos.unwrap_or_else(|| panic!("an event of the log has its place: {event}")), event)
}

/// Opens the WebSocket and reads the Engine.IO handshake.
pub async fn upgrade(origin: &str, door: &Door) -> Result<(Stream, Value), Refused> {
    let address = origin.trim_start_matches("http://");
    let url = format!("ws://{address}{}?EIO=4&transport=websocket", door.path);
    let mut request = url.into_client_request().unwrap_or_else(|error| panic!("not a request: {error}"));
    for (name, value) in &door.headers {
        let value = HeaderValue::from_str(value).unwrap_or_else(|error| panic!("not a header: {error}"));
        request.headers_mut().insert(HeaderName::from_static(name), value);
    }
    let stream = within("the TCP connection", TcpStream::connect(address)).await;
    let stream = stream.unwrap_or_else(|error| panic!("cannot connect to {address}: {error}"));
    match within("the upgrade", tokio_tungstenite::client_async(request, stream)).await {
        Ok((mut stream, _)) => {
            let opening = within("the handshake", packet(&mut stream)).await.ok_or(Refused::Closed)?;
            Ok((stream, parse(opening.trim_start_matches('0'))))
        }
        Err(Error::Http(response)) => {
            let body = response.body().as_deref().unwrap_or_default();
            Err(Refused::Upgrade(response.status().as_u16(), String::from_utf8_lossy(body).into_owned()))
        }
        Err(error) => panic!("the upgrade failed: {error}"),
    }
}

/// Reads the next packet that is text; nothing when the connection closes.
async fn packet(stream: &mut Stream) -> Option<String> {
    loop {
        match stream.next().await? {
            Ok(Message::Text(text)) => return Some(text.as_str().to_owned()),
            Ok(Message::Close(_)) | Err(_) => return None,
            Ok(_) => {}
        }
    }
}

fn hear(log: &Log, packet: &str) {
    if let Some(event) = packet.strip_prefix("42") {
        let mut args = items(event).into_iter();
        let name = args.next().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default();
        let payload = args.next().unwrap_or_default();
        log.event(Received {
            name,
            payload,
            offset: args.next().and_then(|offset| offset.as_str().map(str::to_owned)),
        });
        assert_eq!(args.next(), None, "an event has one argument, and an offset at most: {packet}");
    } else if let Some(ack) = packet.strip_prefix("43") {
        let digits = ack.find('[').unwrap_or(ack.len());
        let (id, args) = ack.split_at(digits);
        let id = id.parse().unwrap_or_else(|_| panic!("not an acknowledgement: {packet}"));
        log.answer(id, items(args).into_iter().next().unwrap_or_default());
    } else {
        // The goodbyes of Socket.IO and of Engine.IO, before the connection closes.
        assert!(packet == "41" || packet == "1", "not expected here: {packet}");
    }
}

fn items(text: &str) -> Vec<Value> {
    match parse(text) {
        Value::Array(items) => items,
        other => panic!("not an array: {other}"),
    }
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("not JSON: {error}: {text}"))
}
