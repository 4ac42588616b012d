//! When a session has to be looked at, and what is due then.

use std::time::Instant;

use crate::config::Config;

/// The deadlines of one session.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    pub(crate) join_by: Option<Instant>,
    /// When the attachments that were announced must have come.
    pub(crate) complete_by: Option<Instant>,
    pub(crate) leave_at: Option<Instant>,
    beat: Beat,
}

/// The heartbeat.
#[derive(Debug, Clone, Copy)]
enum Beat {
    PingAt(Instant),
    PongBy(Instant),
    /// The transport changes, and nothing can be sent; whether a pong was awaited.
    Paused {
        awaited: bool,
    },
}

/// What has become due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    Nothing,
    Ping,
    /// The last ping was not answered.
    Silence,
    /// Nothing was joined in time.
    Idleness,
    /// The attachments did not come in time.
    Gap,
    /// The time to go.
    Leave,
}

impl Clock {
    pub(crate) fn new(now: Instant, config: &Config) -> Self {
        Self {
            join_by: Some(now + config.connect_timeout),
            complete_by: None,
            leave_at: None,
            beat: Beat::PingAt(now + config.ping_interval),
        }
    }

    /// When to look again.
    pub(crate) fn next(&self) -> Option<Instant> {
        let beat = match self.beat {
            Beat::PingAt(at) | Beat::PongBy(at) => Some(at),
            Beat::Paused { .. } => None,
        };
        [beat, self.join_by, self.complete_by, self.leave_at].into_iter().flatten().min()
    }

    /// What is due at `now`; a ping counts as sent.
    pub(crate) fn due(&mut self, now: Instant, config: &Config) -> Due {
        let passed = |at: Option<Instant>| at.is_some_and(|at| now >= at);
        if passed(self.leave_at) {
            return Due::Leave;
        } else if passed(self.join_by) {
            return Due::Idleness;
        } else if passed(self.complete_by) {
            return Due::Gap;
        }
        match self.beat {
            Beat::PingAt(at) if now >= at => {
                // From when it should have gone, unless that is so long ago that the client would have to hurry.
                let sent = if now - at > config.ping_timeout / 10 { now } else { at };
                self.beat = Beat::PongBy(sent + config.ping_timeout);
                Due::Ping
            }
            Beat::PongBy(at) if now >= at => Due::Silence,
            _ => Due::Nothing,
        }
    }

    /// Starts the next interval.
    pub(crate) fn ponged(&mut self, now: Instant, config: &Config) {
        self.beat = match self.beat {
            Beat::Paused { .. } => Beat::Paused { awaited: false },
            _ => Beat::PingAt(now + config.ping_interval),
        };
    }

    /// Gives the client as long again for its pong.
    pub(crate) fn forgive(&mut self, now: Instant, config: &Config) {
        self.beat = Beat::PongBy(now + config.ping_timeout);
    }

    pub(crate) fn pause(&mut self) {
        self.beat = Beat::Paused { awaited: matches!(self.beat, Beat::PongBy(_)) };
    }

    /// Goes on after a pause; a pong that was awaited is awaited afresh.
    pub(crate) fn resume(&mut self, now: Instant, config: &Config) {
        if let Beat::Paused { awaited } = self.beat {
            self.beat = if awaited {
                Beat::PongBy(now + config.ping_timeout)
            } else {
                Beat::PingAt(now + config.ping_interval)
            };
        }
    }
}

#[cfg(test)]
mod tests {
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
        let mut clock = Clock::new(start, &config);
        assert_eq!(clock.next(), Some(start + ms(300)));
        assert_eq!(clock.due(start + ms(299), &config), Due::Nothing);
        assert_eq!(clock.due(start + ms(302), &config), Due::Ping);
        assert_eq!(clock.next(), Some(start + ms(500)));
        clock.ponged(start + ms(310), &config);
        assert_eq!(clock.next(), Some(start + ms(610)));
        assert_eq!(clock.due(start + ms(610), &config), Due::Ping);
        assert_eq!(clock.due(start + ms(809), &config), Due::Nothing);
        assert_eq!(clock.due(start + ms(810), &config), Due::Silence);
    }

    #[test]
    fn a_late_ping_leaves_the_client_its_time() {
        let (config, start) = (config(), Instant::now());
        let mut clock = Clock::new(start, &config);
        assert_eq!(clock.due(start + ms(400), &config), Due::Ping);
        assert_eq!(clock.next(), Some(start + ms(600)));
        clock.forgive(start + ms(600), &config);
        assert_eq!(clock.next(), Some(start + ms(800)));
    }

    #[test]
    fn no_change_of_transport_loses_the_heartbeat() {
        let (config, start) = (config(), Instant::now());
        let mut clock = Clock::new(start, &config);
        clock.join_by = None;
        clock.pause();
        assert_eq!((clock.next(), clock.due(start + ms(5000), &config)), (None, Due::Nothing));
        clock.resume(start + ms(5000), &config);
        assert_eq!(clock.due(start + ms(5300), &config), Due::Ping);
        clock.pause();
        clock.resume(start + ms(6000), &config);
        assert_eq!(clock.due(start + ms(6200), &config), Due::Silence, "the pong is still awaited");
        clock.pause();
        clock.ponged(start + ms(6300), &config);
        clock.resume(start + ms(6400), &config);
        assert_eq!(clock.due(start + ms(6700), &config), Due::Ping);
    }

    #[test]
    fn names_what_did_not_come_in_time() {
        let (config, start) = (config(), Instant::now());
        let mut clock = Clock::new(start, &config);
        clock.ponged(start + ms(900), &config);
        assert_eq!(clock.due(start + ms(1000), &config), Due::Idleness);
        clock.join_by = None;
        clock.complete_by = Some(start + ms(1050));
        assert_eq!(clock.next(), Some(start + ms(1050)));
        assert_eq!(clock.due(start + ms(1050), &config), Due::Gap);
        clock.leave_at = Some(start);
        assert_eq!(clock.due(start + ms(1050), &config), Due::Leave);
    }
}
