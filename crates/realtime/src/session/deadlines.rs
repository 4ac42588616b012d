//! The deadlines of a session.

use std::time::Instant;

use tokio_util::time::delay_queue::Key;

use crate::Config;

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
    ping: PingState,
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
enum PingState {
    PingAt(Instant),
    PongBy(Instant),
    /// The transport is being upgraded, and nothing can be sent.
    Paused {
        awaits_pong: bool,
    },
}

/// A deadline that has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deadline {
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
            ping: PingState::PingAt(now + config.ping_interval),
        }
    }

    /// The first of the deadlines.
    pub(crate) fn next(&self) -> Option<Instant> {
        let ping = match self.ping {
            PingState::PingAt(at) | PingState::PongBy(at) => Some(at),
            PingState::Paused { .. } => None,
        };
        [ping, self.join_by, self.complete_by, self.leave.map(|leave| leave.at)].into_iter().flatten().min()
    }

    /// The most urgent deadline that has passed at `now`; a ping counts as sent.
    pub(crate) fn passed(&mut self, now: Instant, config: &Config) -> Option<Deadline> {
        let has_passed = |at: Option<Instant>| at.is_some_and(|at| now >= at);
        if has_passed(self.leave.map(|leave| leave.at)) {
            return Some(Deadline::Leave);
        } else if has_passed(self.join_by) {
            return Some(Deadline::ConnectTimeout);
        } else if has_passed(self.complete_by) {
            return Some(Deadline::AttachmentTimeout);
        }
        match self.ping {
            PingState::PingAt(at) if now >= at => {
                // Counted from when it was due, unless that is so long ago that the client would have to hurry.
                let sent = if now - at > config.ping_timeout / 10 { now } else { at };
                self.ping = PingState::PongBy(sent + config.ping_timeout);
                Some(Deadline::Ping)
            }
            PingState::PongBy(at) if now >= at => Some(Deadline::PingTimeout),
            _ => None,
        }
    }

    /// Starts the next interval.
    pub(crate) fn ponged(&mut self, now: Instant, config: &Config) {
        self.ping = match self.ping {
            PingState::Paused { .. } => PingState::Paused { awaits_pong: false },
            _ => PingState::PingAt(now + config.ping_interval),
        };
    }

    /// Extends the time for a pong by another timeout.
    pub(crate) fn forgive(&mut self, now: Instant, config: &Config) {
        self.ping = PingState::PongBy(now + config.ping_timeout);
    }

    pub(crate) fn pause(&mut self) {
        self.ping = PingState::Paused { awaits_pong: matches!(self.ping, PingState::PongBy(_)) };
    }

    /// Goes on after a pause; a pong that was awaited has its whole timeout again.
    pub(crate) fn resume(&mut self, now: Instant, config: &Config) {
        if let PingState::Paused { awaits_pong } = self.ping {
            self.ping = if awaits_pong {
                PingState::PongBy(now + config.ping_timeout)
            } else {
                PingState::PingAt(now + config.ping_interval)
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
}
