use std::time::Instant;

use super::*;
use crate::config::NodeId;
use crate::message::{Announcement, Content};

const TTL: Duration = Duration::from_secs(30);
const LINGER: Duration = Duration::from_secs(5);

struct Scene {
    remote: Remote,
    now: Instant,
}

impl Scene {
    fn new() -> Self {
        Self { remote: Remote::new(LINGER), now: Instant::now() }
    }

    fn receive(&mut self, node: NodeId, changes: &[(i64, bool)]) -> Vec<(i64, bool)> {
        self.announce(node, Content::Changes(changes.iter().copied().map(change).collect()))
    }

    fn announce(&mut self, node: NodeId, content: Content) -> Vec<(i64, bool)> {
        plain(self.remote.receive(node, Announcement { ttl: TTL, content }, self.now))
    }

    fn read(&mut self, node: NodeId, users: &[i64]) -> Vec<(i64, bool)> {
        let users = users.iter().copied().map(UserId).collect();
        plain(self.remote.set_users(UserSet { node, users, expires: self.now + TTL }, self.now))
    }

    fn after(&mut self, pause: Duration) -> Vec<(i64, bool)> {
        self.now += pause;
        plain(self.remote.expire(self.now))
    }

    fn has(&self, user: i64) -> bool {
        self.remote.has(UserId(user))
    }
}

fn change((user, online): (i64, bool)) -> Change {
    Change { user: UserId(user), online }
}

fn plain(mut changes: Vec<Change>) -> Vec<(i64, bool)> {
    changes.sort_unstable();
    changes.into_iter().map(|change| (change.user.0, change.online)).collect()
}

fn node() -> NodeId {
    NodeId::random()
}

#[test]
fn a_user_comes_at_once_and_goes_after_lingering() {
    let (mut scene, a) = (Scene::new(), node());
    assert_eq!(scene.receive(a, &[(1, true)]), [(1, true)]);
    assert_eq!(scene.receive(a, &[(1, true)]), [], "nobody comes twice");
    assert_eq!(scene.receive(a, &[(1, false)]), []);
    assert!(scene.has(1), "the answer holds until the user is reported offline");
    assert_eq!(scene.after(LINGER.mul_f64(0.9)), []);
    assert_eq!(scene.after(LINGER.mul_f64(0.1)), [(1, false)]);
    assert!(!scene.has(1));
    assert_eq!(scene.after(LINGER), []);
}

#[test]
fn a_user_who_comes_back_in_time_was_never_away() {
    let (mut scene, a, b) = (Scene::new(), node(), node());
    scene.receive(a, &[(1, true)]);
    scene.receive(a, &[(1, false)]);
    assert_eq!(scene.after(LINGER / 2), []);
    assert_eq!(scene.receive(b, &[(1, true)]), []);
    assert_eq!(scene.after(LINGER), []);
    scene.receive(b, &[(1, false)]);
    assert_eq!(scene.after(LINGER / 2), []);
    assert!(scene.has(1));
    assert_eq!(scene.after(LINGER / 2), [(1, false)]);
}

#[test]
fn a_user_of_two_nodes_goes_with_the_second() {
    let (mut scene, a, b) = (Scene::new(), node(), node());
    assert_eq!(scene.receive(a, &[(1, true)]), [(1, true)]);
    assert_eq!(scene.receive(b, &[(1, true)]), []);
    scene.receive(a, &[(1, false)]);
    assert_eq!(scene.after(LINGER), []);
    assert!(scene.has(1));
    assert_eq!(scene.announce(b, Content::Stopped), []);
    assert_eq!(scene.after(LINGER), [(1, false)]);
}

#[test]
fn a_node_without_a_sign_of_life_is_removed_with_its_users() {
    let (mut scene, a, b) = (Scene::new(), node(), node());
    scene.receive(a, &[(1, true), (2, true)]);
    scene.receive(b, &[(2, true), (3, true)]);
    scene.after(TTL / 2);
    scene.receive(b, &[]);
    assert_eq!(scene.after(TTL / 2), []);
    assert_eq!((scene.remote.nodes(), scene.has(1)), (1, true));
    assert_eq!(scene.after(LINGER), [(1, false)]);
    scene.after(TTL);
    assert_eq!((scene.after(LINGER), scene.remote.nodes()), (vec![(2, false), (3, false)], 0));
    assert!(!scene.has(2) && !scene.has(3));
}

#[test]
fn the_set_of_an_unknown_node_is_read_once() {
    let (mut scene, a) = (Scene::new(), node());
    assert!(!scene.remote.has_unread());
    scene.receive(a, &[(1, true)]);
    assert!(scene.remote.has_unread());
    assert_eq!(scene.remote.begin_reading(), [a]);
    assert!(!scene.remote.has_unread());
    assert_eq!(scene.read(a, &[1, 2]), [(2, true)]);
    scene.remote.end_reading();
    scene.receive(a, &[]);
    assert!(!scene.remote.has_unread());
    scene.announce(a, Content::Replaced(7));
    assert_eq!(scene.remote.begin_reading(), [a]);
}

#[test]
fn announcements_during_reading_win_over_what_is_read() {
    let (mut scene, a) = (Scene::new(), node());
    scene.remote.begin_reading();
    scene.receive(a, &[(1, true), (2, true)]);
    scene.receive(a, &[(2, false), (3, false)]);
    // The set is older than all announcements.
    assert_eq!(scene.read(a, &[2, 3, 4]), [(4, true)]);
    scene.remote.end_reading();
    assert_eq!(scene.after(LINGER), [(2, false)]);
    assert!(scene.has(1) && !scene.has(3) && scene.has(4));
}

#[test]
fn a_set_that_was_replaced_during_reading_is_not_taken() {
    for (content, again) in
        [(Content::Stopped, false), (Content::Replaced(0), false), (Content::Replaced(5), true)]
    {
        let (mut scene, a) = (Scene::new(), node());
        scene.receive(a, &[(1, true)]);
        scene.remote.begin_reading();
        scene.announce(a, content);
        assert_eq!(scene.read(a, &[1, 2]), []);
        scene.remote.end_reading();
        assert_eq!(scene.remote.has_unread(), again);
        assert_eq!(
            (scene.after(LINGER), scene.has(1)),
            (if again { vec![] } else { vec![(1, false)] }, again)
        );
    }
}

#[test]
fn a_set_that_is_read_replaces_what_was_known() {
    let (mut scene, a) = (Scene::new(), node());
    scene.receive(a, &[(1, true), (2, true)]);
    scene.remote.begin_reading();
    assert_eq!(scene.read(a, &[2, 3]), [(3, true)]);
    scene.remote.end_reading();
    assert_eq!(scene.after(LINGER), [(1, false)]);
    assert_eq!(scene.announce(a, Content::Replaced(0)), []);
    assert_eq!(scene.after(LINGER), [(2, false), (3, false)]);
    assert!(!scene.remote.has_unread(), "there is nothing to read of a node without users");
}

fn changes(update: Update) -> (Vec<(i64, bool)>, Option<usize>) {
    match update {
        Update::Changes { changes, count } => (plain(changes), count),
        Update::All(users) => panic!("all: {users:?}"),
    }
}

#[test]
fn changes_are_announced_once_as_they_are_then() {
    let mut local = Local::default();
    assert_eq!(changes(local.take()), (vec![], Some(0)));
    assert!(local.set(UserId(1), true) && !local.set(UserId(1), true));
    assert_eq!(changes(local.take()), (vec![(1, true)], Some(1)));
    assert!(local.changed.is_empty());
    for (online, changed) in [(false, true), (true, true), (false, true), (false, false)] {
        assert_eq!(local.set(UserId(1), online), changed);
    }
    assert_eq!(changes(local.take()), (vec![(1, false)], Some(0)));
}

#[test]
fn a_set_that_may_be_wrong_is_replaced() {
    let mut local = Local::default();
    local.set(UserId(1), true);
    local.take();
    local.set(UserId(2), true);
    local.set(UserId(1), false);
    local.replace = true;
    assert_eq!(local.take(), Update::All(vec![UserId(2)]));
    assert_eq!(changes(local.take()), (vec![], Some(1)));
}

#[test]
fn many_changes_are_announced_in_parts() {
    let mut local = Local::default();
    for user in 0..5000 {
        local.set(UserId(user), true);
    }
    let ((first, None), (second, Some(5000))) = (changes(local.take()), changes(local.take())) else {
        panic!("two parts, the second with the count")
    };
    assert_eq!((first.len(), second.len()), (ANNOUNCED, 5000 - ANNOUNCED));
    assert!(local.changed.is_empty());
}
