//! More than the bus can carry, or than a hearer can hear.

use std::sync::Arc;
use std::sync::mpsc::channel;

use bus::{Bus, Config, Heard, Shard};
use bytes::Bytes;
use testdb::TestRedis;

use crate::node::{Node, PATIENCE, another, config, eventually, rooms};

#[test]
fn what_a_hung_redis_does_not_take_is_dropped_and_counted_within_a_bound() {
    let redis = TestRedis::start();
    let config = Config { queue: 100, queue_bytes: 1 << 20, ..config(&redis.url()) };
    let node = Node::connected(another(&config));
    redis.freeze();
    let payload = Bytes::from(vec![0; 50 << 10]);
    for _ in 0..10_000 {
        node.bus.notice(payload.clone());
    }
    node.expect(&Heard::Lost);
    let status = node.bus.status();
    assert_eq!((status.sent, status.dropped), (0, 10_000), "each is accounted for");
    redis.thaw();
    node.expect(&Heard::Connected);
    node.bus.notice(payload);
    eventually("the next one is sent", || node.bus.status().sent == 1);
}

#[test]
fn a_hearer_too_slow_for_redis_is_cut_off_and_told_so() {
    let redis = TestRedis::start();
    limit(&redis.url());
    let config = config(&redis.url());
    let [room] = rooms();
    let (tell, heard) = channel();
    let (open, gate) = channel::<()>();
    let gate = parking_lot::Mutex::new(gate);
    let hearer = move |event: Heard| {
        let is_first = matches!(&event, Heard::Event { payload, .. } if payload.len() == 1);
        tell.send(event).unwrap();
        if is_first {
            gate.lock().recv_timeout(PATIENCE).unwrap();
        }
    };
    let slow = Bus::start(another(&config), Arc::new(hearer)).unwrap();
    slow.subscribe(room);
    assert_eq!(heard.recv_timeout(PATIENCE), Ok(Heard::Connected));
    let talker = Node::connected(another(&config));
    talker.bus.publish(&[Shard::of(room)], Bytes::from_static(b"1"));
    loop {
        if let Heard::Event { .. } = heard.recv_timeout(PATIENCE).unwrap() {
            break;
        }
    }
    let payload = Bytes::from(vec![0; 100 << 10]);
    for sent in 2..100 {
        talker.bus.publish(&[Shard::of(room)], payload.clone());
        eventually("the talker is not held up", || talker.bus.status().sent >= sent);
    }
    open.send(()).unwrap();
    let mut others = std::iter::repeat_with(|| heard.recv_timeout(PATIENCE).unwrap())
        .filter(|event| !matches!(event, Heard::Event { .. } | Heard::Listening(_)));
    assert_eq!(others.next(), Some(Heard::Lost));
    assert_eq!(others.next(), Some(Heard::Connected));
    talker.bus.notice(Bytes::from_static(b"again"));
    assert_eq!(others.next(), Some(Heard::Notice(Bytes::from_static(b"again"))));
}

/// Lets the server cut off whoever has more than 64 KiB of messages to read.
#[tokio::main(flavor = "current_thread")]
async fn limit(url: &str) {
    let client = redis::Client::open(url).unwrap();
    let mut redis = client.get_multiplexed_async_connection().await.unwrap();
    let mut command = redis::cmd("CONFIG");
    command.arg("SET").arg("client-output-buffer-limit").arg("pubsub 65536 0 0");
    command.exec_async(&mut redis).await.unwrap();
}
