//! The deadlines of a session.

use std::time::Instant;

use tokio_util::time::delay_queue::Key;

use crate::config::Config;

/// The deadlines of one session.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadlines {
    /// When the first namespace must have been joined.
    pub(crate) join_by: Option<Instant>,
    /// When announced attachments must have come.
    pub(crate) complete_by: Option<Instant>,
    pub(crate) leave: Option<Leave>,
    /// Since when queued packets have not gone out.
    pub(crate) stalled_since: Option<Instant>,
    beat: Beat,
}

/// When a drain ends a session.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Leave {
    pub(crate) at: Instant,
    /// How long it waits at most for events that are being handled.
    pub(crate) by: Instant,
}

/// The heartbeat: the server pings, the client answers (Engine.IO protocol, "Heartbeat").
#[derive(Debug, Clone, Copy)]
enum Beat {
    PingAt(Instant),
    PongBy(Instant),
    /// The transport is being upgraded, and nothing can be sent.
    Paused {
        awaits_pong: bool,
    },
}

/// What has become due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    Nothing,
    Ping,
    PingTimeout,
    ConnectTimeout,
    AttachmentTimeout,
    Leave,
}

impl Deadlines {
    pub(crate) fn new(now: Instant, config: &Config) -> Self {
        Self {
            join_by: Some(now + config.connect_timeout),
            complete_by: None,
            leave: None,
            stalled_since: None,
            beat: Beat::PingAt(now + config.ping_interval),
        }
    }

    /// The first of the deadlines.
    pub(crate) fn next(&self) -> Option<Instant> {
        let beat = match self.beat {
            Beat::PingAt(at) | Beat::PongBy(at) => Some(at),
            Beat::Paused { .. } => None,
        };
        [beat, self.join_by, self.complete_by, self.leave.map(|leave| leave.at)].into_iter().flatten().min()
    }

    /// What is due at `now`; a ping counts as sent.
    pub(crate) fn due(&mut self, now: Instant, config: &Config) -> Due {
        let passed = |at: Option<Instant>| at.is_some_and(|at| now >= at);
        if passed(self.leave.map(|leave| leave.at)) {
            return Due::Leave;
        } else if passed(self.join_by) {
            return Due::ConnectTimeout;
        } else if passed(self.complete_by) {
            return Due::AttachmentTimeout;
        }
        match self.beat {
            Beat::PingAt(at) if now >= at => {
                // Counted from when it was due, unless that is so long ago that the client would have to hurry.
                let sent = if now - at > config.ping_timeout / 10 { now } else { at };
                self.beat = Beat::PongBy(sent + config.ping_timeout);
                Due::Ping
            }
            Beat::PongBy(at) if now >= at => Due::PingTimeout,
            _ => Due::Nothing,
        }
    }

    /// Starts the next interval.
    pub(crate) fn ponged(&mut self, now: Instant, config: &Config) {
        self.beat = match self.beat {
            Beat::Paused { .. } => Beat::Paused { awaits_pong: false },
            _ => Beat::PingAt(now + config.ping_interval),
        };
    }

    /// Extends the time for a pong by another timeout.
    pub(crate) fn forgive(&mut self, now: Instant, config: &Config) {
        self.beat = Beat::PongBy(now + config.ping_timeout);
    }

    pub(crate) fn pause(&mut self) {
        self.beat = Beat::Paused { awaits_pong: matches!(self.beat, Beat::PongBy(_)) };
    }

    /// Goes on after a pause; a pong that was awaited has its whole timeout again.
    pub(crate) fn resume(&mut self, now: Instant, config: &Config) {
        if let Beat::Paused { awaits_pong } = self.beat {
            self.beat = if awaits_pong {
                Beat::PongBy(now + config.ping_timeout)
            } else {
                Beat::PingAt(now + config.ping_interval)
            };
        }
    }
}

/// The entry of a session in the timer wheel of its hub.
#[derive(Debug)]
pub(crate) struct Timer {
    pub(crate) key: Key,
    pub(crate) at: Instant,
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
        let mut deadlines = Deadlines::new(start, &config);
        assert_eq!(deadlines.next(), Some(start + ms(300)));
        assert_eq!(deadlines.due(start + ms(299), &config), Due::Nothing);
        assert_eq!(deadlines.due(start + ms(302), &config), Due::Ping);
        assert_eq!(deadlines.next(), Some(start + ms(500)));
        deadlines.ponged(start + ms(310), &config);
        assert_eq!(deadlines.next(), Some(start + ms(610)));
        assert_eq!(deadlines.due(start + ms(610), &config), Due::Ping);
        assert_eq!(deadlines.due(start + ms(809), &config), Due::Nothing);
        assert_eq!(deadlines.due(start + ms(810), &config), Due::PingTimeout);
    }

    #[test]
    fn a_late_ping_leaves_the_client_its_time() {
        let (config, start) = (config(), Instant::now());
        let mut deadlines = Deadlines::new(start, &config);
        assert_eq!(deadlines.due(start + ms(400), &config), Due::Ping);
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
        assert_eq!((deadlines.next(), deadlines.due(start + ms(5000), &config)), (None, Due::Nothing));
        deadlines.resume(start + ms(5000), &config);
        assert_eq!(deadlines.due(start + ms(5300), &config), Due::Ping);
        deadlines.pause();
        deadlines.resume(start + ms(6000), &config);
        assert_eq!(deadlines.due(start + ms(6200), &config), Due::PingTimeout, "the pong is still awaited");
        deadlines.pause();
        deadlines.ponged(start + ms(6300), &config);
        deadlines.resume(start + ms(6400), &config);
        assert_eq!(deadlines.due(start + ms(6700), &config), Due::Ping);
    }

    #[test]
    fn names_what_did_not_come_in_time() {
        let (config, start) = (config(), Instant::now());
        let mut deadlines = Deadlines::new(start, &config);
        deadlines.ponged(start + ms(900), &config);
        assert_eq!(deadlines.due(start + ms(1000), &config), Due::ConnectTimeout);
        deadlines.join_by = None;
        deadlines.complete_by = Some(start + ms(1050));
        assert_eq!(deadlines.next(), Some(start + ms(1050)));
        assert_eq!(deadlines.due(start + ms(1050), &config), Due::AttachmentTimeout);
        deadlines.leave = Some(Leave { at: start, by: start });
        assert_eq!(deadlines.due(start + ms(1050), &config), Due::Leave);
    }
}
