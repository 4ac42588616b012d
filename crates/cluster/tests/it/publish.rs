//! What one node publishes and which nodes receive it.

use std::time::Duration;

use bytes::Bytes;
use cluster::{ClusterEvent, Config, Shard};
use testdb::{AnyRedis, TestRedis};

use crate::node::{TestNode, another, ask, config, event, eventually, rooms};

#[test]
fn an_event_is_received_where_its_shard_is_wanted_and_not_by_its_sender() {
    let redis = AnyRedis::find();
    let config = config(&redis.url());
    let [one, two, three] = [(); 3].map(|()| TestNode::connected(another(&config)));
    let [room, other] = rooms();
    one.listen(room);
    two.listen(room);
    three.listen(other);
    one.node.publisher.publish(&[Shard::of(room)], Bytes::from_static("晚餐吃什麼".as_bytes()));
    assert_eq!(two.until_fence(&one), [event(room, "晚餐吃什麼")]);
    assert_eq!(three.until_fence(&one), []);
    assert_eq!(one.until_fence(&two), [], "the sender knows");
}

#[test]
fn broadcasts_and_revocations_are_received_by_all_others() {
    let redis = AnyRedis::find();
    let config = config(&redis.url());
    let [one, two, three] = [(); 3].map(|()| TestNode::connected(another(&config)));
    let payload = Bytes::from_static(b"\x00\xff any bytes");
    one.node.publisher.revoke(payload.clone());
    one.node.publisher.broadcast(payload.clone());
    for node in [&two, &three] {
        node.expect(&ClusterEvent::Revocation(payload.clone()));
        node.expect(&ClusterEvent::Broadcast(payload.clone()));
    }
    assert_eq!(one.until_fence(&two), []);
}

#[test]
fn what_goes_to_several_shards_is_received_once() {
    let redis = AnyRedis::find();
    let config = config(&redis.url());
    let (one, two) = (TestNode::connected(another(&config)), TestNode::connected(another(&config)));
    let rooms: [_; 3] = rooms();
    for room in rooms {
        two.listen(room);
    }
    let shards = rooms.map(Shard::of);
    one.node.publisher.publish(&shards, Bytes::from_static(b"1"));
    one.node.publisher.publish(&shards[1..], Bytes::from_static(b"2"));
    one.node.publisher.publish(&[], Bytes::from_static(b"3"));
    assert_eq!(two.until_fence(&one), [event(rooms[0], "1"), event(rooms[1], "2")]);
}

#[test]
fn a_nodes_messages_keep_their_order() {
    let redis = AnyRedis::find();
    let config = config(&redis.url());
    let (one, two) = (TestNode::connected(another(&config)), TestNode::connected(another(&config)));
    let rooms: [_; 3] = rooms();
    for room in rooms {
        two.listen(room);
    }
    for number in 0..5000_u32 {
        let payload = Bytes::copy_from_slice(&number.to_be_bytes());
        match number % 4 {
            3 => one.node.publisher.broadcast(payload),
            room => one.node.publisher.publish(&[Shard::of(rooms[room as usize])], payload),
        }
    }
    let numbers: Vec<u32> = two
        .until_fence(&one)
        .into_iter()
        .map(|received| match received {
            ClusterEvent::Message { payload, .. } | ClusterEvent::Broadcast(payload) => {
                u32::from_be_bytes(payload.as_ref().try_into().unwrap())
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(numbers, (0..5000).collect::<Vec<_>>());
    assert_eq!((one.node.status().dropped, one.node.status().sent), (0, 5001));
    assert!(two.node.status().received >= 5001);
}

#[test]
fn a_shard_is_received_until_nobody_wants_it() {
    let redis = AnyRedis::find();
    let config = config(&redis.url());
    let (one, two) = (TestNode::connected(another(&config)), TestNode::connected(another(&config)));
    let [room] = rooms();
    let channel = format!("chatroom:{}:room:{}", config.prefix, Shard::of(room).number());
    let listeners = || {
        let count: (String, u32) = ask(&redis.url(), &format!("PUBSUB SHARDNUMSUB {channel}")).unwrap();
        count.1
    };
    two.listen(room);
    two.node.subscriber.subscribe(room);
    two.node.subscriber.unsubscribe(room);
    one.node.publisher.publish(&[Shard::of(room)], Bytes::from_static(b"1"));
    assert_eq!(two.until_fence(&one), [event(room, "1")]);
    assert_eq!(listeners(), 1, "sharded channels are used where the server has them");
    two.node.subscriber.unsubscribe(room);
    eventually("the shard is left", || listeners() == 0);
    one.node.publisher.publish(&[Shard::of(room)], Bytes::from_static(b"2"));
    assert_eq!(two.until_fence(&one), []);
    two.listen(room);
    one.node.publisher.publish(&[Shard::of(room)], Bytes::from_static(b"3"));
    assert_eq!(two.until_fence(&one), [event(room, "3")]);
}

#[test]
fn a_server_without_sharded_channels_serves_as_well() {
    let redis = TestRedis::start();
    let rule = "ACL SETUSER simple on >geheim allkeys allchannels +@all -info -ssubscribe -spublish";
    let () = ask(&redis.url(), rule).unwrap();
    let config = config(&format!("{}?user=simple&pass=geheim", redis.url()));
    let (one, two) = (TestNode::connected(another(&config)), TestNode::connected(another(&config)));
    let [room, other] = rooms();
    two.node.subscriber.subscribe(other);
    two.listen(room);
    one.node.publisher.publish(&[Shard::of(room)], Bytes::from_static(b"1"));
    assert_eq!(two.until_fence(&one), [event(room, "1")]);
    two.node.subscriber.unsubscribe(room);
    let channel = format!("chatroom:{}:room:{}", config.prefix, Shard::of(room).number());
    eventually("the shard is left", || {
        let count: (String, u32) = ask(&redis.url(), &format!("PUBSUB NUMSUB {channel}")).unwrap();
        count.1 == 0
    });
}

#[test]
fn installations_that_share_a_server_receive_nothing_of_each_other() {
    let redis = AnyRedis::find();
    let (one, two) = (config(&redis.url()), config(&redis.url()));
    let stranger = TestNode::connected(one);
    let (here, there) = (TestNode::connected(another(&two)), TestNode::connected(another(&two)));
    let [room] = rooms();
    here.listen(room);
    stranger.node.publisher.publish(&[Shard::of(room)], Bytes::from_static(b"1"));
    stranger.node.publisher.broadcast(Bytes::from_static(b"2"));
    assert!(stranger.node.stop(Duration::from_mins(1)), "all is sent");
    assert_eq!(here.until_fence(&there), []);
}

#[test]
fn what_is_of_another_program_or_a_later_version_is_ignored() {
    let redis = AnyRedis::find();
    let config = config(&redis.url());
    let (one, two) = (TestNode::connected(another(&config)), TestNode::connected(another(&config)));
    for text in ["hello", "\u{1}", "\u{2}\u{1}0123456789abcdef01234567later"] {
        let command = format!("SPUBLISH chatroom:{}:all {text}", config.prefix);
        let received: u32 = ask(&redis.url(), &command).unwrap();
        assert_eq!(received, 2);
    }
    assert_eq!(two.until_fence(&one), []);
    // The same but of our version, to prove that it is the version that matters.
    let text = "\u{1}\u{2}0123456789abcdef01234567later";
    let _: u32 = ask(&redis.url(), &format!("SPUBLISH chatroom:{}:all {text}", config.prefix)).unwrap();
    assert_eq!(two.until_fence(&one), [ClusterEvent::Broadcast(Bytes::from_static(b"later"))]);
}

#[test]
fn an_address_that_is_none_is_an_error_at_the_start() {
    let refused = cluster::Node::start(Config::new("mysql://h/x"), std::sync::Arc::new(drop)).err().unwrap();
    assert!(refused.to_string().contains("address"), "{refused}");
}
