//! Redis away, killed, hung, emptied, out of one node's reach.

use std::sync::Arc;
use std::time::Duration;

use bus::{Bus, Heard, Shard};
use bytes::Bytes;
use testdb::TestRedis;

use crate::node::{Node, another, ask, config, event, rooms};
use crate::wire::{Mode, Wire};

#[test]
fn a_bus_starts_without_redis_and_finds_it_later() {
    let redis = TestRedis::start();
    redis.kill();
    let config = config(&redis.url());
    let (one, two) = (Node::start(another(&config)), Node::start(another(&config)));
    let [room] = rooms();
    two.bus.subscribe(room);
    one.bus.publish(&[Shard::of(room)], Bytes::from_static(b"1"));
    let status = one.bus.status();
    assert_eq!((status.connected, status.dropped, status.sent), (false, 1, 0));
    redis.restart();
    for node in [&one, &two] {
        node.expect(&Heard::Connected);
        assert!(node.bus.status().connected);
    }
    one.bus.publish(&[Shard::of(room)], Bytes::from_static(b"2"));
    assert_eq!(two.until_fence(&one), [event(room, "2")], "asked for before there was a Redis");
}

#[test]
fn after_redis_was_killed_everything_is_asked_for_again() {
    let redis = TestRedis::start();
    let config = config(&redis.url());
    let (one, two) = (Node::connected(another(&config)), Node::connected(another(&config)));
    let [before, left, during] = rooms();
    two.listen(before);
    two.listen(left);
    for _ in 0..3 {
        redis.kill();
        one.expect(&Heard::Lost);
        two.expect(&Heard::Lost);
        let dropped = one.bus.status().dropped;
        one.bus.publish(&[Shard::of(before)], Bytes::from_static(b"lost"));
        assert_eq!(one.bus.status().dropped, dropped + 1);
        assert!(!one.bus.status().connected);
        two.bus.unsubscribe(left);
        two.bus.subscribe(during);
        redis.restart();
        one.expect(&Heard::Connected);
        two.expect(&Heard::Connected);
        for room in [before, left, during] {
            one.bus.publish(&[Shard::of(room)], Bytes::from_static(b"heard"));
        }
        assert_eq!(two.until_fence(&one), [event(before, "heard"), event(during, "heard")]);
        two.bus.unsubscribe(during);
        two.listen(left);
    }
}

#[test]
fn a_redis_that_hangs_is_noticed_and_nobody_waits_for_it() {
    let redis = TestRedis::start();
    let config = config(&redis.url());
    let (one, two) = (Node::connected(another(&config)), Node::connected(another(&config)));
    let [room] = rooms();
    two.listen(room);
    redis.freeze();
    one.bus.publish(&[Shard::of(room)], Bytes::from_static(b"into the ice"));
    two.expect(&Heard::Lost);
    one.expect(&Heard::Lost);
    assert_eq!(one.bus.status().dropped, 1);
    redis.thaw();
    one.expect(&Heard::Connected);
    two.expect(&Heard::Connected);
    one.bus.publish(&[Shard::of(room)], Bytes::from_static(b"1"));
    // What the ice held may come or not, but nothing comes after what was said later.
    assert_eq!(two.until_fence(&one).last(), Some(&event(room, "1")));
}

#[test]
fn a_node_that_is_cut_off_comes_back_and_the_others_do_not_notice() {
    let redis = TestRedis::start();
    let wire = Wire::to(&redis.socket());
    let config = config(&redis.url());
    let far = Node::connected(bus::Config { url: wire.url(), ..another(&config) });
    let (one, two) = (Node::connected(another(&config)), Node::connected(another(&config)));
    let [room] = rooms();
    far.listen(room);
    two.listen(room);
    for mode in [Mode::Cut, Mode::Mute] {
        wire.set(mode);
        far.expect(&Heard::Lost);
        far.bus.publish(&[Shard::of(room)], Bytes::from_static(b"from far"));
        one.bus.publish(&[Shard::of(room)], Bytes::from_static(b"1"));
        assert_eq!(two.until_fence(&one), [event(room, "1")]);
        assert!(one.bus.status().connected);
        wire.set(Mode::Whole);
        far.expect(&Heard::Connected);
        one.bus.publish(&[Shard::of(room)], Bytes::from_static(b"2"));
        let heard = far.until_fence(&one);
        assert_eq!(heard, [event(room, "2")], "and nothing of what it missed");
        assert_eq!(two.until_fence(&far), [event(room, "2")], "nothing of what was said while it was away");
    }
}

#[test]
fn revocations_wait_for_redis_and_go_first() {
    let redis = TestRedis::start();
    let wire = Wire::to(&redis.socket());
    let config = config(&redis.url());
    let far = Node::connected(bus::Config { url: wire.url(), ..another(&config) });
    let near = Node::connected(another(&config));
    wire.set(Mode::Cut);
    far.expect(&Heard::Lost);
    for session in ["1", "2", "3"] {
        far.bus.revoke(Bytes::from_static(session.as_bytes()));
    }
    wire.set(Mode::Whole);
    far.expect(&Heard::Connected);
    far.bus.notice(Bytes::from_static(b"later"));
    let heard: Vec<Heard> = near.until_fence(&far);
    let revoked = ["1", "2", "3"].map(|session| Heard::Revoked(Bytes::from_static(session.as_bytes())));
    assert_eq!(heard, [&revoked[..], &[Heard::Notice(Bytes::from_static(b"later"))]].concat());
}

#[test]
fn a_bus_ends_in_time_whatever_redis_does() {
    let redis = TestRedis::start();
    let config = config(&redis.url());
    let (one, two) = (Node::connected(another(&config)), Node::connected(another(&config)));
    one.bus.notice(Bytes::from_static(b"last"));
    assert!(one.bus.stop(Duration::from_mins(1)));
    two.expect(&Heard::Notice(Bytes::from_static(b"last")));
    redis.freeze();
    assert!(two.bus.stop(Duration::from_mins(1)));
    redis.kill();
    let three = Node::start(another(&config));
    assert!(three.bus.stop(Duration::from_mins(1)));
    assert!(three.bus.stop(Duration::ZERO), "it has ended already");
}

#[test]
fn a_hearer_that_panics_hears_on() {
    let redis = TestRedis::start();
    let config = config(&redis.url());
    let (tell, heard) = std::sync::mpsc::channel();
    let hearer = move |event: Heard| {
        tell.send(event.clone()).unwrap();
        assert!(!matches!(event, Heard::Notice(_)), "on purpose");
    };
    let clumsy = Bus::start(another(&config), Arc::new(hearer)).unwrap();
    assert_eq!(heard.recv_timeout(crate::node::PATIENCE), Ok(Heard::Connected));
    let other = Node::connected(another(&config));
    for notice in [b"1", b"2"] {
        other.bus.notice(Bytes::from_static(notice));
        assert_eq!(heard.recv_timeout(crate::node::PATIENCE), Ok(Heard::Notice(Bytes::from_static(notice))));
    }
    assert!(clumsy.status().connected);
}

#[test]
fn messages_flow_though_the_server_refuses_presence() {
    let redis = TestRedis::start();
    let () =
        ask(&redis.url(), "ACL SETUSER simple on >geheim allkeys allchannels +@all -sadd -smembers").unwrap();
    let config = config(&format!("{}?user=simple&pass=geheim", redis.url()));
    let (one, two) = (Node::connected(another(&config)), Node::connected(another(&config)));
    one.bus.enter(domain::id::UserId(1));
    let [room] = rooms();
    two.listen(room);
    one.bus.publish(&[Shard::of(room)], Bytes::from_static(b"1"));
    let heard = two.until_fence(&one);
    assert!(heard.contains(&event(room, "1")) && !heard.contains(&Heard::Lost), "{heard:?}");
    assert!(one.bus.status().connected && two.bus.status().connected);
}
