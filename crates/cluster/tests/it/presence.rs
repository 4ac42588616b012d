//! Which users are online, as the other nodes see it.

use std::time::Duration;

use cluster::{ClusterEvent, Config};
use testdb::{AnyRedis, TestRedis};

use crate::node::{TestNode, another, ask, config, eventually, user};
use crate::wire::{Mode, Wire};

/// Short times, so that what takes half a minute takes less than a second.
fn quick(url: &str) -> Config {
    Config {
        heartbeat: Duration::from_millis(100),
        ttl: Duration::from_millis(800),
        linger: Duration::from_millis(50),
        ..config(url)
    }
}

/// Heartbeats longer than a test: what is announced is announced because it changed.
fn calm(url: &str) -> Config {
    Config {
        heartbeat: Duration::from_hours(1),
        ttl: Duration::from_hours(3),
        linger: Duration::ZERO,
        ..config(url)
    }
}

fn users_in_redis(url: &str, node: &TestNode, config: &Config) -> Vec<i64> {
    let mut users: Vec<i64> =
        ask(url, &format!("SMEMBERS chatroom:{}:node:{}", config.prefix, node.node.id())).unwrap();
    users.sort_unstable();
    users
}

#[test]
fn a_user_who_comes_and_goes_is_seen_by_the_others() {
    let redis = AnyRedis::find();
    let config = calm(&redis.url());
    let (one, two) = (TestNode::connected(another(&config)), TestNode::connected(another(&config)));
    assert!(one.node.presence.connect(user(1)), "nobody else has the user");
    two.expect(&ClusterEvent::UserOnline(user(1)));
    assert!(
        one.node.presence.online(user(1))
            && two.node.presence.online(user(1))
            && !two.node.presence.online(user(2))
    );
    assert!(!two.node.presence.connect(user(1)), "the other one has the user");
    assert!(!two.node.presence.disconnect(user(1)));
    assert!(
        one.node.presence.disconnect(user(1)) || one.node.presence.online(user(1)),
        "gone, unless the other's leaving is still on its way"
    );
    two.expect(&ClusterEvent::UserOffline(user(1)));
    assert!(!two.node.presence.online(user(1)));
}

#[test]
fn a_user_of_two_nodes_is_not_reported_again() {
    let redis = AnyRedis::find();
    let config = calm(&redis.url());
    let (one, two, three) = (
        TestNode::connected(another(&config)),
        TestNode::connected(another(&config)),
        TestNode::connected(another(&config)),
    );
    one.node.presence.connect(user(1));
    two.expect(&ClusterEvent::UserOnline(user(1)));
    three.expect(&ClusterEvent::UserOnline(user(1)));
    two.node.presence.connect(user(1));
    one.node.presence.disconnect(user(1));
    two.node.presence.connect(user(2));
    three.expect(&ClusterEvent::UserOnline(user(2)));
    one.node.presence.connect(user(3));
    three.wait("the third user", |received| match received {
        ClusterEvent::UserOnline(who) if who == user(3) => Some(()),
        ClusterEvent::UserOnline(_) | ClusterEvent::UserOffline(_) => panic!("{received:?}"),
        _ => None,
    });
    assert!(three.node.presence.online(user(1)));
    assert!(one.until_fence(&two).iter().all(|received| *received != ClusterEvent::UserOffline(user(1))));
    assert!(one.node.presence.online(user(1)), "two has the user");
}

#[test]
fn a_node_that_starts_learns_who_is_there() {
    let redis = AnyRedis::find();
    let config = calm(&redis.url());
    let one = TestNode::connected(another(&config));
    for id in 1..=3000 {
        one.node.presence.connect(user(id));
    }
    eventually("Redis knows", || users_in_redis(&redis.url(), &one, &config).len() == 3000);
    let two = TestNode::connected(another(&config));
    let mut seen = 0;
    two.wait("everyone", |received| {
        seen += usize::from(matches!(received, ClusterEvent::UserOnline(_)));
        (seen == 3000).then_some(())
    });
    assert!(two.node.presence.online(user(1)) && two.node.presence.online(user(3000)));
    let left: i64 =
        ask(&redis.url(), &format!("PTTL chatroom:{}:node:{}", config.prefix, one.node.id())).unwrap();
    assert!(left > 0, "and it will be forgotten");
}

#[test]
fn a_user_who_changes_nodes_within_the_linger_was_never_away() {
    let redis = AnyRedis::find();
    let config = Config { linger: Duration::from_millis(500), ..calm(&redis.url()) };
    let [one, two, three] = [(); 3].map(|()| TestNode::connected(another(&config)));
    one.node.presence.connect(user(1));
    one.node.presence.connect(user(2));
    three.expect(&ClusterEvent::UserOnline(user(2)));
    one.node.presence.disconnect(user(1));
    // As soon as it is known that the user left.
    eventually("the leaving is known", || users_in_redis(&redis.url(), &one, &config) == [2]);
    two.node.presence.connect(user(1));
    one.node.presence.disconnect(user(2));
    let mut others = Vec::new();
    three.wait("the other user went, later", |received| {
        let went = received == ClusterEvent::UserOffline(user(2));
        others.push(received);
        went.then_some(())
    });
    assert!(!others.contains(&ClusterEvent::UserOffline(user(1))), "{others:?}");
    assert!(three.node.presence.online(user(1)));
}

#[test]
fn a_node_that_is_gone_is_forgotten_when_its_time_is_over() {
    let redis = TestRedis::start();
    let wire = Wire::to(&redis.socket());
    let config = quick(&redis.url());
    let near = TestNode::connected(another(&config));
    let far = TestNode::connected(Config { url: wire.url(), ..another(&config) });
    far.node.presence.connect(user(1));
    near.expect(&ClusterEvent::UserOnline(user(1)));
    for mode in [Mode::Cut, Mode::Mute] {
        wire.set(mode);
        near.expect(&ClusterEvent::UserOffline(user(1)));
        assert!(!near.node.presence.online(user(1)));
        assert_eq!(near.node.status().nodes, 0);
        assert!(users_in_redis(&redis.url(), &far, &config).is_empty(), "the key has expired");
        assert!(far.node.presence.online(user(1)), "its own users it knows");
        // It comes back, and with it what changed meanwhile.
        far.node.presence.connect(user(2));
        wire.set(Mode::Whole);
        near.expect(&ClusterEvent::UserOnline(user(1)));
        eventually("the other one, too", || near.node.presence.online(user(2)));
        far.node.presence.disconnect(user(2));
        near.expect(&ClusterEvent::UserOffline(user(2)));
    }
}

#[test]
fn a_node_that_stops_announces_it() {
    let redis = AnyRedis::find();
    let config = calm(&redis.url());
    let (one, two) = (TestNode::connected(another(&config)), TestNode::connected(another(&config)));
    one.node.presence.connect(user(1));
    two.expect(&ClusterEvent::UserOnline(user(1)));
    assert!(one.node.stop(crate::node::PATIENCE));
    two.expect(&ClusterEvent::UserOffline(user(1)));
    assert!(users_in_redis(&redis.url(), &one, &config).is_empty());
}

#[test]
fn a_redis_that_comes_back_empty_is_filled_again() {
    let redis = TestRedis::start();
    let config = calm(&redis.url());
    let [one, two] = [(); 2].map(|()| TestNode::connected(another(&config)));
    one.node.presence.connect(user(1));
    two.expect(&ClusterEvent::UserOnline(user(1)));
    redis.kill();
    one.expect(&ClusterEvent::Disconnected);
    two.expect(&ClusterEvent::Disconnected);
    assert!(two.node.presence.online(user(1)), "the last that was known holds until it expires");
    one.node.presence.connect(user(2));
    assert!(one.node.presence.online(user(2)));
    redis.restart();
    two.wait("the second user", |received| match received {
        ClusterEvent::UserOnline(who) if who == user(2) => Some(()),
        ClusterEvent::UserOffline(_) | ClusterEvent::UserOnline(_) => panic!("{received:?}"),
        _ => None,
    });
    eventually("the set is there again", || users_in_redis(&redis.url(), &one, &config) == [1, 2]);
    let three = TestNode::connected(another(&config));
    three.expect(&ClusterEvent::UserOnline(user(1)));
}

#[test]
fn a_redis_that_was_emptied_is_filled_at_the_next_heartbeat() {
    let redis = TestRedis::start();
    let config = Config { heartbeat: Duration::from_millis(50), ..calm(&redis.url()) };
    let [one, two] = [(); 2].map(|()| TestNode::connected(another(&config)));
    one.node.presence.connect(user(1));
    one.node.presence.connect(user(2));
    two.expect(&ClusterEvent::UserOnline(user(1)));
    let () = ask(&redis.url(), "FLUSHALL").unwrap();
    eventually("the set is there again", || users_in_redis(&redis.url(), &one, &config) == [1, 2]);
    // A part that is missing is noticed as well, and one too many.
    for command in ["SREM", "SADD"] {
        let key = format!("chatroom:{}:node:{}", config.prefix, one.node.id());
        let _: i64 =
            ask(&redis.url(), &format!("{command} {key} {}", if command == "SREM" { 2 } else { 9 })).unwrap();
        eventually("the set is right again", || users_in_redis(&redis.url(), &one, &config) == [1, 2]);
    }
    assert!(two.until_fence(&one).iter().all(|received| !matches!(received, ClusterEvent::UserOffline(_))));
    let nodes: Vec<String> =
        ask(&redis.url(), &format!("SMEMBERS chatroom:{}:nodes", config.prefix)).unwrap();
    assert!(nodes.contains(&one.node.id().to_string()));
}

#[test]
fn while_redis_is_away_users_stay_online_until_their_node_expires() {
    let redis = TestRedis::start();
    let config = quick(&redis.url());
    let [one, two] = [(); 2].map(|()| TestNode::connected(another(&config)));
    one.node.presence.connect(user(1));
    two.node.presence.connect(user(2));
    two.expect(&ClusterEvent::UserOnline(user(1)));
    redis.kill();
    two.expect(&ClusterEvent::Disconnected);
    two.expect(&ClusterEvent::UserOffline(user(1)));
    assert!(!two.node.presence.online(user(1)) && two.node.presence.online(user(2)));
    redis.restart();
    two.expect(&ClusterEvent::UserOnline(user(1)));
}

#[test]
fn many_users_who_come_and_go_leave_nobody_behind() {
    let redis = AnyRedis::find();
    let config = calm(&redis.url());
    let [one, two] = [(); 2].map(|()| TestNode::connected(another(&config)));
    let crowd = 20_000;
    std::thread::scope(|scope| {
        for part in 0..4 {
            let presence = &one.node.presence;
            scope.spawn(move || {
                for id in (part..crowd).step_by(4) {
                    presence.connect(user(id));
                    if id % 2 == 0 {
                        presence.disconnect(user(id));
                    }
                }
            });
        }
    });
    eventually("all is known", || (0..crowd).all(|id| two.node.presence.online(user(id)) == (id % 2 == 1)));
    assert_eq!(users_in_redis(&redis.url(), &one, &config).len(), 10_000);
}
