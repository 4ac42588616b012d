use super::*;

const MINUTE: u64 = 60;

fn at(seconds: u64) -> Time {
    Time::parse(&seconds.to_string()).unwrap()
}

fn throttle() -> Throttle {
    Throttle::new(&Config { login_failures: 3, address_failures: 4, registrations: 2 })
}

fn seconds(refused: Result<(), Duration>) -> u64 {
    refused.unwrap_err().as_secs()
}

#[test]
fn each_failure_beyond_the_free_ones_doubles_the_pause_up_to_the_longest() {
    let (throttle, key) = (throttle(), [Key::login("愛麗絲")]);
    for _ in 0..3 {
        throttle.attempt(&key, at(0)).unwrap();
    }
    let mut now = 0;
    let mut pauses = Vec::new();
    for _ in 0..12 {
        let pause = seconds(throttle.attempt(&key, at(now)));
        pauses.push(pause);
        now += pause;
        throttle.attempt(&key, at(now)).unwrap();
    }
    assert_eq!(pauses[..10], [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]);
    assert!(pauses[10..].iter().all(|pause| (450..=900).contains(pause)), "{pauses:?}");
}

#[test]
fn a_refused_attempt_makes_the_pause_no_longer() {
    let (throttle, key) = (throttle(), [Key::login("愛麗絲")]);
    for _ in 0..3 {
        throttle.attempt(&key, at(0)).unwrap();
    }
    for _ in 0..100 {
        assert_eq!(seconds(throttle.attempt(&key, at(0))), 1);
    }
    throttle.attempt(&key, at(1)).unwrap();
}

#[test]
fn success_forgets_the_failures_of_the_login_and_not_of_the_address() {
    let (throttle, address) = (throttle(), Key::address("192.0.2.1".parse().unwrap()));
    let keys = [Key::login("愛麗絲"), address.clone()];
    for _ in 0..2 {
        throttle.attempt(&keys, at(0)).unwrap();
    }
    throttle.attempt(&keys, at(0)).unwrap();
    throttle.succeeded(&keys);
    for _ in 0..3 {
        throttle.attempt(&keys[..1], at(0)).unwrap();
    }
    assert!(throttle.attempt(&keys[..1], at(0)).is_err());
    for _ in 0..2 {
        throttle.attempt(std::slice::from_ref(&address), at(0)).unwrap();
    }
    assert_eq!(seconds(throttle.attempt(&[address], at(0))), 1, "two failures of the login, two of others");
}

#[test]
fn one_key_that_pauses_refuses_and_counts_nothing_by_the_others() {
    let (throttle, address) = (throttle(), Key::address("192.0.2.1".parse().unwrap()));
    for _ in 0..4 {
        throttle.attempt(std::slice::from_ref(&address), at(0)).unwrap();
    }
    let login = Key::login("愛麗絲");
    for _ in 0..10 {
        assert!(throttle.attempt(&[login.clone(), address.clone()], at(0)).is_err());
    }
    throttle.attempt(&[login], at(0)).unwrap();
}

#[test]
fn failures_are_forgotten_one_after_the_other() {
    let (throttle, key) = (throttle(), [Key::login("愛麗絲")]);
    for _ in 0..3 {
        throttle.attempt(&key, at(0)).unwrap();
    }
    throttle.attempt(&key, at(30 * MINUTE)).unwrap();
    throttle.attempt(&key, at(30 * MINUTE)).unwrap();
    assert!(throttle.attempt(&key, at(30 * MINUTE)).is_err(), "one of three was left, and two have come");
}

#[test]
fn an_address_makes_so_many_accounts_in_an_hour() {
    let (throttle, key) = (throttle(), [Key::registration("192.0.2.1".parse().unwrap())]);
    throttle.attempt(&key, at(0)).unwrap();
    throttle.attempt(&key, at(0)).unwrap();
    assert_eq!(seconds(throttle.attempt(&key, at(0))), 30 * MINUTE);
    throttle.attempt(&key, at(30 * MINUTE)).unwrap();
    assert_eq!(seconds(throttle.attempt(&key, at(30 * MINUTE))), 30 * MINUTE);
}

#[test]
fn an_attempt_that_came_to_nothing_does_not_count() {
    let (throttle, key) = (throttle(), [Key::login("愛麗絲")]);
    for _ in 0..20 {
        throttle.attempt(&key, at(0)).unwrap();
        throttle.take_back(&key);
    }
}

#[test]
fn an_ipv6_subscriber_is_one_address() {
    let key = |text: &str| Key::address(text.parse().unwrap());
    assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
    assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
    assert_eq!(key("::ffff:192.0.2.1"), key("192.0.2.1"));
    assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
}

#[test]
fn what_pauses_nobody_is_forgotten_when_there_is_too_much() {
    let throttle = throttle();
    let paused = [Key::User(UserId(1))];
    for _ in 0..3 {
        throttle.attempt(&paused, at(0)).unwrap();
    }
    for number in 0..i64::try_from(KEYS_MAX).unwrap() {
        throttle.attempt(&[Key::User(UserId(number + 2))], at(0)).unwrap();
    }
    assert!(throttle.attempts.lock().len() <= KEYS_MAX);
    assert!(throttle.attempt(&paused, at(0)).is_err());
}

#[test]
fn a_clock_that_is_set_back_pauses_nobody_who_was_not_paused() {
    let (throttle, key) = (throttle(), [Key::login("愛麗絲")]);
    throttle.attempt(&key, at(9)).unwrap();
    throttle.attempt(&key, at(0)).unwrap();
    throttle.take_back(&key);
    throttle.attempt(&key, at(0)).unwrap();
}
