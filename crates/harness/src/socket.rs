//! A Socket.IO client over one WebSocket; it does not reconnect.

use std::sync::Arc;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;

use crate::asyncapi;
use crate::deadline::within;
use crate::received_event::ReceivedEvent;
use crate::received_events::{ConnectionTasks, EventStream, ReceivedEvents, acknowledged};

mod handshake;

pub use handshake::{ConnectError, ConnectOptions, upgrade};
use handshake::{Stream, packet, parse};

/// A connection that has joined the main namespace.
#[derive(Debug)]
pub struct Socket {
    /// The payload of the Engine.IO handshake.
    pub handshake: Value,
    /// What the CONNECT packet was answered with.
    pub accepted: Value,
    out: mpsc::UnboundedSender<Message>,
    received: Arc<ReceivedEvents>,
    tasks: Arc<ConnectionTasks>,
}

impl Socket {
    /// Connects with a token.
    pub async fn connect(origin: &str, token: &str) -> Self {
        let options = ConnectOptions { auth: Some(json!({ "token": token })), ..ConnectOptions::default() };
        match Self::try_connect(origin, &options).await {
            Ok(socket) => socket,
            Err(refused) => panic!("the socket was refused: {refused:?}"),
        }
    }

    /// Connects with these options.
    pub async fn try_connect(origin: &str, options: &ConnectOptions) -> Result<Self, ConnectError> {
        let (mut stream, handshake) = upgrade(origin, options).await?;
        let auth = options.auth.as_ref().map(ToString::to_string).unwrap_or_default();
        within("the CONNECT packet", stream.send(Message::text(format!("40{auth}"))))
            .await
            .or(Err(ConnectError::Closed))?;
        let answer =
            within("the answer to CONNECT", packet(&mut stream)).await.ok_or(ConnectError::Closed)?;
        if let Some(error) = answer.strip_prefix("44") {
            let error = parse(error);
            asyncapi::assert_valid(asyncapi::check("refused.CONNECT", &error));
            return Err(ConnectError::Connect(error));
        }
        let accepted = answer.strip_prefix("40").map(parse);
        let accepted = accepted.unwrap_or_else(|| panic!("CONNECT was answered with {answer}"));
        asyncapi::assert_valid(asyncapi::check("accepted.CONNECT", &accepted));
        Ok(Self::run(stream, handshake, accepted))
    }

    fn run(stream: Stream, handshake: Value, accepted: Value) -> Self {
        let (out, mut queue) = mpsc::unbounded_channel::<Message>();
        let received = ReceivedEvents::new(accepted["pid"].is_string());
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
        let (incoming, pong) = (Arc::clone(&received), out.clone());
        let reader = tokio::spawn(async move {
            let mut code = None;
            loop {
                match source.next().await {
                    Some(Ok(Message::Text(text))) if text.as_str() == "2" => {
                        drop(pong.send(Message::text("3")));
                    }
                    Some(Ok(Message::Text(text))) => receive(&incoming, text.as_str()),
                    // Reading on answers it.
                    Some(Ok(Message::Close(frame))) => code = frame.map(|frame| u16::from(frame.code)),
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => break,
                }
            }
            incoming.close(code);
        });
        Self { handshake, accepted, out, received, tasks: Arc::new(ConnectionTasks([writer, reader])) }
    }

    /// Sends a packet as it is.
    pub fn send_raw(&self, message: impl Into<Message>) {
        // Fails if the connection is closed, which shows in what is not received.
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
        let (id, answer) = self.received.expect_answer(name, args.first());
        args.insert(0, json!(name));
        self.send_raw(Message::text(format!("42{id}{}", Value::Array(args))));
        let name = name.to_owned();
        async move { acknowledged(&name, answer).await }
    }

    /// Sends an event at once and returns its acknowledgement to come, which is nothing if the connection breaks.
    pub fn attempt(&self, name: &str, payload: Value) -> impl Future<Output = Option<Value>> + use<> {
        let (id, answer) = self.received.expect_answer(name, Some(&payload));
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

    /// Sends a text to a room; returns the message.
    pub async fn say(&self, room: &str, content: &str) -> Value {
        let answer = self.ask_ok("send_message", json!({ "chatroom_id": room, "content": content })).await;
        answer["message"].clone()
    }

    /// Listens to events of one name from now on.
    pub fn listen(&self, name: &str) -> EventStream {
        EventStream::new(Arc::clone(&self.received), Arc::clone(&self.tasks), name)
    }

    /// Listens to events of one name, those included that have come already.
    pub fn listen_from_start(&self, name: &str) -> EventStream {
        EventStream::from_start(Arc::clone(&self.received), Arc::clone(&self.tasks), name)
    }

    /// Waits for the first event of one name that has ever come.
    pub async fn first(&self, name: &str) -> Value {
        self.listen_from_start(name).next().await
    }

    /// Waits for an event that `last` accepts; returns the payloads of all events so far.
    pub async fn received_until(&self, last: impl Fn(&Value) -> bool) -> Vec<Value> {
        let look = |received: &ReceivedEvents| {
            let carried: Vec<Value> = received.all().into_iter().map(|event| event.payload).collect();
            carried.iter().any(&last).then_some(carried)
        };
        self.received.until("the last event", look).await
    }

    /// Returns all events so far.
    pub fn received(&self) -> Vec<ReceivedEvent> {
        self.received.all()
    }

    /// Returns the payloads of all events of one name so far.
    pub fn received_of(&self, name: &str) -> Vec<Value> {
        self.received().into_iter().filter(|event| event.name == name).map(|event| event.payload).collect()
    }

    /// Waits until the server closes the connection and returns its code.
    pub async fn closed(&self) -> Option<u16> {
        self.received.until("the end of the connection", ReceivedEvents::closed).await.code
    }

    /// Closes the connection and waits until it is closed.
    pub async fn leave(self) {
        self.send_raw(Message::Close(None));
        self.closed().await;
    }
}

/// Splits an event of the log into its position and the rest of its payload.
pub fn split_position(mut event: Value) -> (i64, Value) {
    let pos = event.as_object_mut().and_then(|fields| fields.remove("pos")).and_then(|pos| pos.as_i64());
    (pos.unwrap_or_else(|| panic!("an event of the log has its position: {event}")), event)
}

fn receive(received: &ReceivedEvents, packet: &str) {
    if let Some(event) = packet.strip_prefix("42") {
        let mut args = items(event).into_iter();
        let name = args.next().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default();
        let payload = args.next().unwrap_or_default();
        received.event(ReceivedEvent {
            name,
            payload,
            offset: args.next().and_then(|offset| offset.as_str().map(str::to_owned)),
        });
        assert_eq!(args.next(), None, "an event has one argument, and an offset at most: {packet}");
    } else if let Some(ack) = packet.strip_prefix("43") {
        let digits = ack.find('[').unwrap_or(ack.len());
        let (id, args) = ack.split_at(digits);
        let id = id.parse().unwrap_or_else(|_| panic!("not an acknowledgement: {packet}"));
        received.answer(id, items(args).into_iter().next().unwrap_or_default());
    } else {
        // DISCONNECT of Socket.IO and CLOSE of Engine.IO.
        assert!(packet == "41" || packet == "1", "not expected here: {packet}");
    }
}

fn items(text: &str) -> Vec<Value> {
    match parse(text) {
        Value::Array(items) => items,
        other => panic!("not an array: {other}"),
    }
}
