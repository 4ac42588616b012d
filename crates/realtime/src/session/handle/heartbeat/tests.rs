use std::time::Duration;

use super::*;

fn config() -> Config {
    Config {
        ping_interval: Duration::from_millis(300),
        ping_timeout: Duration::from_millis(200),
        connect_timeout: Duration::from_secs(1),
        ..Config::default()
    }
}

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[test]
fn beats_to_the_millisecond() {
    let (config, start) = (config(), Instant::now());
    let mut deadlines = Deadlines::new(start, &config);
    assert_eq!(deadlines.next(), Some(start + ms(300)));
    assert_eq!(deadlines.passed(start + ms(299), &config), None);
    assert_eq!(deadlines.passed(start + ms(302), &config), Some(Deadline::Ping));
    assert_eq!(deadlines.next(), Some(start + ms(500)));
    deadlines.ponged(start + ms(310), &config);
    assert_eq!(deadlines.next(), Some(start + ms(610)));
    assert_eq!(deadlines.passed(start + ms(610), &config), Some(Deadline::Ping));
    assert_eq!(deadlines.passed(start + ms(809), &config), None);
    assert_eq!(deadlines.passed(start + ms(810), &config), Some(Deadline::PingTimeout));
}

#[test]
fn a_late_ping_leaves_the_client_its_time() {
    let (config, start) = (config(), Instant::now());
    let mut deadlines = Deadlines::new(start, &config);
    assert_eq!(deadlines.passed(start + ms(400), &config), Some(Deadline::Ping));
    assert_eq!(deadlines.next(), Some(start + ms(600)));
    deadlines.forgive(start + ms(600), &config);
    assert_eq!(deadlines.next(), Some(start + ms(800)));
}

#[test]
fn no_change_of_transport_loses_the_heartbeat() {
    let (config, start) = (config(), Instant::now());
    let mut deadlines = Deadlines::new(start, &config);
    deadlines.join_by = None;
    deadlines.pause();
    assert_eq!((deadlines.next(), deadlines.passed(start + ms(5000), &config)), (None, None));
    deadlines.resume(start + ms(5000), &config);
    assert_eq!(deadlines.passed(start + ms(5300), &config), Some(Deadline::Ping));
    deadlines.pause();
    deadlines.resume(start + ms(6000), &config);
    assert_eq!(
        deadlines.passed(start + ms(6200), &config),
        Some(Deadline::PingTimeout),
        "the pong is still awaited"
    );
    deadlines.pause();
    deadlines.ponged(start + ms(6300), &config);
    deadlines.resume(start + ms(6400), &config);
    assert_eq!(deadlines.passed(start + ms(6700), &config), Some(Deadline::Ping));
}

#[test]
fn names_what_did_not_come_in_time() {
    let (config, start) = (config(), Instant::now());
    let mut deadlines = Deadlines::new(start, &config);
    deadlines.ponged(start + ms(900), &config);
    assert_eq!(deadlines.passed(start + ms(1000), &config), Some(Deadline::ConnectTimeout));
    deadlines.join_by = None;
    deadlines.complete_by = Some(start + ms(1050));
    assert_eq!(deadlines.next(), Some(start + ms(1050)));
    assert_eq!(deadlines.passed(start + ms(1050), &config), Some(Deadline::AttachmentTimeout));
    deadlines.leave = Some(Leave { at: start, by: start });
    assert_eq!(deadlines.passed(start + ms(1050), &config), Some(Deadline::Leave));
}
