//! Records what a message writer publishes, as another node of the installation gets it, and can hold its thread before
//! it publishes.

use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use cluster::{ClusterEvent, Config, Node, NodeId, Shard};
use domain::id::RoomId;
use domain::message::Message;
use live::Live;
use live::cluster::NodeMessage;
use persistence::db::Db;
use persistence::error::Error;
use persistence::log;
use persistence::messages::{NewMessage, Written};
use realtime::hub::Hubs;
use serde_json::Value;
use testdb::AnyRedis;

use crate::message_writer::MessageWriter;

/// How long to wait for what must come.
const PATIENCE: Duration = Duration::from_mins(1);

/// Another node, which subscribes to the rooms of a test.
pub(super) struct Recorder {
    node: TestNode,
    published: RefCell<Vec<Value>>,
    firsts: RefCell<Vec<i64>>,
    release: RefCell<Option<Sender<()>>>,
    _redis: AnyRedis,
}

struct TestNode {
    node: Node,
    events: Receiver<ClusterEvent>,
}

impl TestNode {
    fn connected(config: &Config) -> Self {
        let (sender, events) = channel();
        let config = Config { node: NodeId::random(), ..config.clone() };
        let node = Node::start(config, Arc::new(move |event| drop(sender.send(event)))).unwrap();
        let node = Self { node, events };
        while node.next() != ClusterEvent::Connected {}
        node
    }

    fn next(&self) -> ClusterEvent {
        let event = self.events.recv_timeout(PATIENCE).unwrap();
        assert_ne!(event, ClusterEvent::Disconnected, "the connection to Redis was lost");
        event
    }
}

/// Starts a message writer that publishes to nobody.
pub(super) async fn lone_writer(db: &Db) -> MessageWriter {
    start(db, None).await
}

async fn start(db: &Db, node: Option<Arc<Node>>) -> MessageWriter {
    let head = db.read(log::head).await.unwrap();
    let (live, _) = Live::new(Hubs::new(realtime::Config::default()), node, 1, head);
    MessageWriter::start(db, &Arc::new(live)).unwrap()
}

impl Recorder {
    /// Starts a message writer that publishes to this recorder what is sent to these rooms.
    pub(super) async fn writer(db: &Db, rooms: &[RoomId]) -> (MessageWriter, Self) {
        let redis = AnyRedis::find();
        // Patient: what is published while the connection is away is lost.
        let patient = Config { ping: PATIENCE, timeout: PATIENCE, ..Config::new(redis.url()) };
        let config = Config { prefix: format!("test-{}", NodeId::random()), ..patient };
        let node = TestNode::connected(&config);
        for room in rooms {
            node.node.subscriber.subscribe(*room);
        }
        let mut pending: HashSet<Shard> = rooms.iter().map(|room| Shard::of(*room)).collect();
        while !pending.is_empty() {
            if let ClusterEvent::Subscribed(shard) = node.next() {
                pending.remove(&shard);
            }
        }
        let TestNode { node: own, .. } = TestNode::connected(&config);
        let (published, firsts, release) = Default::default();
        (start(db, Some(Arc::new(own))).await, Self { node, published, firsts, release, _redis: redis })
    }

    /// Returns the published messages once there are `count`.
    pub(super) fn wait_for(&self, count: usize) -> Vec<Value> {
        let mut published = self.published.borrow_mut();
        while published.len() < count {
            let ClusterEvent::Message { payload, .. } = self.node.next() else { continue };
            let NodeMessage::Room(logged) = serde_json::from_slice(&payload).unwrap() else { continue };
            self.firsts.borrow_mut().push(logged[0].position);
            let bodies =
                logged.iter().map(|logged| serde_json::from_str(logged.events[0].body.get()).unwrap());
            published.extend(bodies);
        }
        published.clone()
    }

    /// Returns the position in the event log of the first message of each batch that was waited for so far.
    pub(super) fn firsts(&self) -> Vec<i64> {
        self.firsts.borrow().clone()
    }

    /// Writes `first`, and holds its thread before it publishes: what is queued until `release` becomes one batch.
    pub(super) async fn hold(&self, writer: &MessageWriter, first: NewMessage) -> Result<Written, Error> {
        let members = Arc::clone(writer.members());
        let (holds, held) = channel();
        let (release, released) = channel::<()>();
        thread::spawn(move || {
            let _guard = members.lock();
            holds.send(()).unwrap();
            // It is dropped by `release`, and when the test has failed.
            released.recv().unwrap_err();
        });
        held.recv_timeout(PATIENCE).unwrap();
        self.release.replace(Some(release));
        writer.write(first, None).await
    }

    /// Lets the thread go on.
    pub(super) fn release(&self) {
        drop(self.release.take());
    }
}

/// Returns messages as they are published.
pub(super) fn values(messages: &[Message]) -> Vec<Value> {
    messages.iter().map(|message| serde_json::to_value(message).unwrap()).collect()
}

/// Returns the contents of published messages.
pub(super) fn texts(published: &[Value]) -> Vec<&str> {
    published.iter().map(|message| message["content"].as_str().unwrap()).collect()
}

/// Queues messages in their order and waits for all.
pub(super) async fn write_all(
    writer: &MessageWriter,
    messages: impl IntoIterator<Item = NewMessage>,
) -> Vec<Result<Written, Error>> {
    let waiting: Vec<_> = messages.into_iter().map(|message| writer.write(message, None)).collect();
    let mut outcomes = Vec::with_capacity(waiting.len());
    for outcome in waiting {
        outcomes.push(outcome.await);
    }
    outcomes
}
