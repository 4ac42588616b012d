use super::*;

const TTL: Duration = Duration::from_secs(30);
const LINGER: Duration = Duration::from_secs(5);

struct Scene {
    mirror: Mirror,
    now: Instant,
}

impl Scene {
    fn new() -> Self {
        Self { mirror: Mirror::new(LINGER), now: Instant::now() }
    }

    fn hear(&mut self, node: NodeId, changes: &[(i64, bool)]) -> Vec<(i64, bool)> {
        let changes = changes.iter().map(|(user, here)| (UserId(*user), *here)).collect();
        plain(self.mirror.hear(node, Word { ttl: TTL, news: News::Changes(changes) }, self.now))
    }

    fn say(&mut self, node: NodeId, news: News) -> Vec<(i64, bool)> {
        plain(self.mirror.hear(node, Word { ttl: TTL, news }, self.now))
    }

    fn read(&mut self, node: NodeId, users: &[i64]) -> Vec<(i64, bool)> {
        let users = users.iter().copied().map(UserId).collect();
        plain(self.mirror.read(node, users, self.now + TTL, self.now))
    }

    fn after(&mut self, pause: Duration) -> Vec<(i64, bool)> {
        self.now += pause;
        plain(self.mirror.sweep(self.now))
    }

    fn has(&self, user: i64) -> bool {
        self.mirror.has(UserId(user))
    }
}

fn plain(mut turns: Turns) -> Vec<(i64, bool)> {
    turns.sort_unstable();
    turns.into_iter().map(|(user, here)| (user.0, here)).collect()
}

fn node() -> NodeId {
    NodeId::random()
}

#[test]
fn a_user_comes_at_once_and_goes_after_lingering() {
    let (mut scene, a) = (Scene::new(), node());
    assert_eq!(scene.hear(a, &[(1, true)]), [(1, true)]);
    assert_eq!(scene.hear(a, &[(1, true)]), [], "nobody comes twice");
    assert_eq!(scene.hear(a, &[(1, false)]), []);
    assert!(scene.has(1), "until others are told, the answer stays");
    assert_eq!(scene.after(LINGER.mul_f64(0.9)), []);
    assert_eq!(scene.after(LINGER.mul_f64(0.1)), [(1, false)]);
    assert!(!scene.has(1));
    assert_eq!(scene.after(LINGER), []);
}

#[test]
fn a_user_who_comes_back_in_time_was_never_away() {
    let (mut scene, a, b) = (Scene::new(), node(), node());
    scene.hear(a, &[(1, true)]);
    scene.hear(a, &[(1, false)]);
    assert_eq!(scene.after(LINGER / 2), []);
    assert_eq!(scene.hear(b, &[(1, true)]), []);
    assert_eq!(scene.after(LINGER), []);
    scene.hear(b, &[(1, false)]);
    assert_eq!(scene.after(LINGER / 2), []);
    assert!(scene.has(1));
    assert_eq!(scene.after(LINGER / 2), [(1, false)]);
}

#[test]
fn a_user_of_two_nodes_goes_with_the_second() {
    let (mut scene, a, b) = (Scene::new(), node(), node());
    assert_eq!(scene.hear(a, &[(1, true)]), [(1, true)]);
    assert_eq!(scene.hear(b, &[(1, true)]), []);
    scene.hear(a, &[(1, false)]);
    assert_eq!(scene.after(LINGER), []);
    assert!(scene.has(1));
    assert_eq!(scene.say(b, News::Goodbye), []);
    assert_eq!(scene.after(LINGER), [(1, false)]);
}

#[test]
fn a_node_that_is_not_heard_is_forgotten_with_its_users() {
    let (mut scene, a, b) = (Scene::new(), node(), node());
    scene.hear(a, &[(1, true), (2, true)]);
    scene.hear(b, &[(2, true), (3, true)]);
    scene.after(TTL / 2);
    scene.hear(b, &[]);
    assert_eq!(scene.after(TTL / 2), []);
    assert_eq!((scene.mirror.nodes(), scene.has(1)), (1, true));
    assert_eq!(scene.after(LINGER), [(1, false)]);
    scene.after(TTL);
    assert_eq!((scene.after(LINGER), scene.mirror.nodes()), (vec![(2, false), (3, false)], 0));
    assert!(!scene.has(2) && !scene.has(3));
}

#[test]
fn the_set_of_an_unknown_node_is_read_once() {
    let (mut scene, a) = (Scene::new(), node());
    assert!(!scene.mirror.behind());
    scene.hear(a, &[(1, true)]);
    assert!(scene.mirror.behind());
    assert_eq!(scene.mirror.begin(), [a]);
    assert!(!scene.mirror.behind());
    assert_eq!(scene.read(a, &[1, 2]), [(2, true)]);
    scene.mirror.end();
    scene.hear(a, &[]);
    assert!(!scene.mirror.behind());
    scene.say(a, News::Whole(7));
    assert_eq!(scene.mirror.begin(), [a]);
}

#[test]
fn what_is_said_during_reading_goes_over_what_is_read() {
    let (mut scene, a) = (Scene::new(), node());
    scene.mirror.begin();
    scene.hear(a, &[(1, true), (2, true)]);
    scene.hear(a, &[(2, false), (3, false)]);
    // The set is older than all that was said.
    assert_eq!(scene.read(a, &[2, 3, 4]), [(4, true)]);
    scene.mirror.end();
    assert_eq!(scene.after(LINGER), [(2, false)]);
    assert!(scene.has(1) && !scene.has(3) && scene.has(4));
}

#[test]
fn a_set_that_was_written_anew_during_reading_is_not_taken() {
    for (news, again) in [(News::Goodbye, false), (News::Whole(0), false), (News::Whole(5), true)] {
        let (mut scene, a) = (Scene::new(), node());
        scene.hear(a, &[(1, true)]);
        scene.mirror.begin();
        scene.say(a, news);
        assert_eq!(scene.read(a, &[1, 2]), []);
        scene.mirror.end();
        assert_eq!(scene.mirror.behind(), again);
        assert_eq!(
            (scene.after(LINGER), scene.has(1)),
            (if again { vec![] } else { vec![(1, false)] }, again)
        );
    }
}

#[test]
fn a_set_that_is_read_replaces_what_was_believed() {
    let (mut scene, a) = (Scene::new(), node());
    scene.hear(a, &[(1, true), (2, true)]);
    scene.mirror.begin();
    assert_eq!(scene.read(a, &[2, 3]), [(3, true)]);
    scene.mirror.end();
    assert_eq!(scene.after(LINGER), [(1, false)]);
    assert_eq!(scene.say(a, News::Whole(0)), []);
    assert_eq!(scene.after(LINGER), [(2, false), (3, false)]);
    assert!(!scene.mirror.behind(), "there is nothing to read of a node without users");
}
