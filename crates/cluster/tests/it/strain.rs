//! More messages than Redis, or a handler, takes.

use std::sync::Arc;
use std::sync::mpsc::channel;

use bytes::Bytes;
use cluster::{ClusterEvent, Config, Node, Shard};
use testdb::TestRedis;

use crate::node::{PATIENCE, TestNode, another, config, eventually, rooms};

#[test]
fn what_a_hung_redis_does_not_take_is_dropped_and_counted_within_a_bound() {
    let redis = TestRedis::start();
    let config = Config { queue: 100, queue_bytes: 1 << 20, ..config(&redis.url()) };
    let node = TestNode::connected(another(&config));
    redis.freeze();
    let payload = Bytes::from(vec![0; 50 << 10]);
    for _ in 0..10_000 {
        node.node.publisher.broadcast(payload.clone());
    }
    node.expect(&ClusterEvent::Disconnected);
    let status = node.node.status();
    assert_eq!((status.sent, status.dropped), (0, 10_000), "each is accounted for");
    redis.thaw();
    node.expect(&ClusterEvent::Connected);
    node.node.publisher.broadcast(payload);
    eventually("the next one is sent", || node.node.status().sent == 1);
}

#[test]
fn a_handler_too_slow_for_redis_is_cut_off_and_learns_of_it() {
    let redis = TestRedis::start();
    limit(&redis.url());
    let config = config(&redis.url());
    let [room] = rooms();
    let (sender, received) = channel();
    let (release, released) = channel::<()>();
    let released = parking_lot::Mutex::new(released);
    let handler = move |event: ClusterEvent| {
        let is_first = matches!(&event, ClusterEvent::Message { payload, .. } if payload.len() == 1);
        sender.send(event).unwrap();
        if is_first {
            released.lock().recv_timeout(PATIENCE).unwrap();
        }
    };
    let slow = Node::start(another(&config), Arc::new(handler)).unwrap();
    slow.subscriber.subscribe(room);
    assert_eq!(received.recv_timeout(PATIENCE), Ok(ClusterEvent::Connected));
    let publisher = TestNode::connected(another(&config));
    publisher.node.publisher.publish(&[Shard::of(room)], Bytes::from_static(b"1"));
    loop {
        if let ClusterEvent::Message { .. } = received.recv_timeout(PATIENCE).unwrap() {
            break;
        }
    }
    let payload = Bytes::from(vec![0; 100 << 10]);
    for sent in 2..100 {
        publisher.node.publisher.publish(&[Shard::of(room)], payload.clone());
        eventually("the publisher does not wait", || publisher.node.status().sent >= sent);
    }
    release.send(()).unwrap();
    let mut others = std::iter::repeat_with(|| received.recv_timeout(PATIENCE).unwrap())
        .filter(|event| !matches!(event, ClusterEvent::Message { .. } | ClusterEvent::Subscribed(_)));
    assert_eq!(others.next(), Some(ClusterEvent::Disconnected));
    assert_eq!(others.next(), Some(ClusterEvent::Connected));
    publisher.node.publisher.broadcast(Bytes::from_static(b"again"));
    assert_eq!(others.next(), Some(ClusterEvent::Broadcast(Bytes::from_static(b"again"))));
}

/// Lets the server cut off a subscriber that has more than 64 KiB of messages to read.
#[tokio::main(flavor = "current_thread")]
async fn limit(url: &str) {
    let client = redis::Client::open(url).unwrap();
    let mut redis = client.get_multiplexed_async_connection().await.unwrap();
    let mut command = redis::cmd("CONFIG");
    command.arg("SET").arg("client-output-buffer-limit").arg("pubsub 65536 0 0");
    command.exec_async(&mut redis).await.unwrap();
}
