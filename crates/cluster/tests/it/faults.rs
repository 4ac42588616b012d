//! Redis away, killed, hung, emptied, out of one node's reach.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cluster::{ClusterEvent, Node, Shard};
use testdb::TestRedis;

use crate::node::{TestNode, another, ask, config, event, rooms};
use crate::wire::{Mode, Wire};

#[test]
fn a_node_starts_without_redis_and_finds_it_later() {
    let redis = TestRedis::start();
    redis.kill();
    let config = config(&redis.url());
    let (one, two) = (TestNode::start(another(&config)), TestNode::start(another(&config)));
    let [room] = rooms();
    two.node.subscriber.subscribe(room);
    one.node.publisher.publish(&[Shard::of(room)], Bytes::from_static(b"1"));
    let status = one.node.status();
    assert_eq!((status.connected, status.dropped, status.sent), (false, 1, 0));
    redis.restart();
    for node in [&one, &two] {
        node.expect(&ClusterEvent::Connected);
        assert!(node.node.status().connected);
    }
    one.node.publisher.publish(&[Shard::of(room)], Bytes::from_static(b"2"));
    assert_eq!(two.until_fence(&one), [event(room, "2")], "asked for before there was a Redis");
}

#[test]
fn after_redis_was_killed_everything_is_subscribed_to_again() {
    let redis = TestRedis::start();
    let config = config(&redis.url());
    let (one, two) = (TestNode::connected(another(&config)), TestNode::connected(another(&config)));
    let [before, left, during] = rooms();
    two.listen(before);
    two.listen(left);
    for _ in 0..3 {
        redis.kill();
        one.expect(&ClusterEvent::Disconnected);
        two.expect(&ClusterEvent::Disconnected);
        let dropped = one.node.status().dropped;
        one.node.publisher.publish(&[Shard::of(before)], Bytes::from_static(b"lost"));
        assert_eq!(one.node.status().dropped, dropped + 1);
        assert!(!one.node.status().connected);
        two.node.subscriber.unsubscribe(left);
        two.node.subscriber.subscribe(during);
        redis.restart();
        one.expect(&ClusterEvent::Connected);
        two.expect(&ClusterEvent::Connected);
        for room in [before, left, during] {
            one.node.publisher.publish(&[Shard::of(room)], Bytes::from_static(b"received"));
        }
        assert_eq!(two.until_fence(&one), [event(before, "received"), event(during, "received")]);
        two.node.subscriber.unsubscribe(during);
        two.listen(left);
    }
}

#[test]
fn a_redis_that_hangs_is_noticed_and_nobody_waits_for_it() {
    let redis = TestRedis::start();
    let config = config(&redis.url());
    let (one, two) = (TestNode::connected(another(&config)), TestNode::connected(another(&config)));
    let [room] = rooms();
    two.listen(room);
    redis.freeze();
    one.node.publisher.publish(&[Shard::of(room)], Bytes::from_static(b"while it hangs"));
    two.expect(&ClusterEvent::Disconnected);
    one.expect(&ClusterEvent::Disconnected);
    assert_eq!(one.node.status().dropped, 1);
    redis.thaw();
    one.expect(&ClusterEvent::Connected);
    two.expect(&ClusterEvent::Connected);
    one.node.publisher.publish(&[Shard::of(room)], Bytes::from_static(b"1"));
    // What Redis had not sent may come or not, but not after later messages.
    assert_eq!(two.until_fence(&one).last(), Some(&event(room, "1")));
}

#[test]
fn a_node_that_is_cut_off_comes_back_and_the_others_do_not_notice() {
    let redis = TestRedis::start();
    let wire = Wire::to(&redis.socket());
    let config = config(&redis.url());
    let far = TestNode::connected(cluster::Config { url: wire.url(), ..another(&config) });
    let (one, two) = (TestNode::connected(another(&config)), TestNode::connected(another(&config)));
    let [room] = rooms();
    far.listen(room);
    two.listen(room);
    for mode in [Mode::Cut, Mode::Mute] {
        wire.set(mode);
        far.expect(&ClusterEvent::Disconnected);
        far.node.publisher.publish(&[Shard::of(room)], Bytes::from_static(b"from far"));
        one.node.publisher.publish(&[Shard::of(room)], Bytes::from_static(b"1"));
        assert_eq!(two.until_fence(&one), [event(room, "1")]);
        assert!(one.node.status().connected);
        wire.set(Mode::Whole);
        far.expect(&ClusterEvent::Connected);
        one.node.publisher.publish(&[Shard::of(room)], Bytes::from_static(b"2"));
        let received = far.until_fence(&one);
        assert_eq!(received, [event(room, "2")], "and nothing of what it missed");
        assert_eq!(two.until_fence(&far), [event(room, "2")], "nothing of what was said while it was away");
    }
}

#[test]
fn revocations_wait_for_redis_and_go_first() {
    let redis = TestRedis::start();
    let wire = Wire::to(&redis.socket());
    let config = config(&redis.url());
    let far = TestNode::connected(cluster::Config { url: wire.url(), ..another(&config) });
    let near = TestNode::connected(another(&config));
    wire.set(Mode::Cut);
    far.expect(&ClusterEvent::Disconnected);
    for session in ["1", "2", "3"] {
        far.node.publisher.revoke(Bytes::from_static(session.as_bytes()));
    }
    wire.set(Mode::Whole);
    far.expect(&ClusterEvent::Connected);
    far.node.publisher.broadcast(Bytes::from_static(b"later"));
    let received: Vec<ClusterEvent> = near.until_fence(&far);
    let revoked =
        ["1", "2", "3"].map(|session| ClusterEvent::Revocation(Bytes::from_static(session.as_bytes())));
    assert_eq!(received, [&revoked[..], &[ClusterEvent::Broadcast(Bytes::from_static(b"later"))]].concat());
}

#[test]
fn a_node_ends_in_time_whatever_redis_does() {
    let redis = TestRedis::start();
    let config = config(&redis.url());
    let (one, two) = (TestNode::connected(another(&config)), TestNode::connected(another(&config)));
    one.node.publisher.broadcast(Bytes::from_static(b"last"));
    assert!(one.node.stop(Duration::from_mins(1)));
    two.expect(&ClusterEvent::Broadcast(Bytes::from_static(b"last")));
    redis.freeze();
    assert!(two.node.stop(Duration::from_mins(1)));
    redis.kill();
    let three = TestNode::start(another(&config));
    assert!(three.node.stop(Duration::from_mins(1)));
    assert!(three.node.stop(Duration::ZERO), "it has ended already");
}

#[test]
fn a_handler_that_panics_keeps_receiving() {
    let redis = TestRedis::start();
    let config = config(&redis.url());
    let (sender, received) = std::sync::mpsc::channel();
    let handler = move |event: ClusterEvent| {
        sender.send(event.clone()).unwrap();
        assert!(!matches!(event, ClusterEvent::Broadcast(_)), "on purpose");
    };
    let clumsy = Node::start(another(&config), Arc::new(handler)).unwrap();
    assert_eq!(received.recv_timeout(crate::node::PATIENCE), Ok(ClusterEvent::Connected));
    let other = TestNode::connected(another(&config));
    for notice in [b"1", b"2"] {
        other.node.publisher.broadcast(Bytes::from_static(notice));
        assert_eq!(
            received.recv_timeout(crate::node::PATIENCE),
            Ok(ClusterEvent::Broadcast(Bytes::from_static(notice)))
        );
    }
    assert!(clumsy.status().connected);
}

#[test]
fn messages_flow_though_the_server_refuses_presence() {
    let redis = TestRedis::start();
    let () =
        ask(&redis.url(), "ACL SETUSER simple on >geheim allkeys allchannels +@all -sadd -smembers").unwrap();
    let config = config(&format!("{}?user=simple&pass=geheim", redis.url()));
    let (one, two) = (TestNode::connected(another(&config)), TestNode::connected(another(&config)));
    one.node.presence.connect(domain::id::UserId(1));
    let [room] = rooms();
    two.listen(room);
    one.node.publisher.publish(&[Shard::of(room)], Bytes::from_static(b"1"));
    let received = two.until_fence(&one);
    assert!(
        received.contains(&event(room, "1")) && !received.contains(&ClusterEvent::Disconnected),
        "{received:?}"
    );
    assert!(one.node.status().connected && two.node.status().connected);
}
