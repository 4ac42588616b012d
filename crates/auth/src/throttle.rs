//! Pauses between attempts to guess a password, growing with each that fails; and a limit of new accounts.
//!
//! ```
//! use auth::throttle::{Config, Key, Throttle};
//! use domain::time::Time;
//!
//! let throttle = Throttle::new(&Config { login_failures: 1, ..Config::default() });
//! let now = Time::parse("0").unwrap();
//! let key = [Key::login("愛麗絲")];
//! assert!(throttle.attempt(&key, now).is_ok());
//! // The first failure began a pause.
//! assert!(throttle.attempt(&key, now).is_err());
//! ```

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use domain::id::{SessionId, UserId};
use domain::time::Time;
use metrics::Counters;
use parking_lot::Mutex;

use crate::secret::fingerprint;

/// The first pause; each further failure doubles it.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

const LONGEST_PAUSE: Duration = Duration::from_mins(15);

/// The settings of what is free.
const LOGIN_FAILURES: &str = "auth.login_failures";
const ADDRESS_FAILURES: &str = "auth.address_failures";
const REGISTRATIONS: &str = "auth.registrations_per_hour";

/// How many keys are remembered before those that pause nobody are forgotten.
const KEYS_MAX: usize = 100_000;

/// How much is allowed before pauses begin.
#[derive(Debug, Clone, Copy)]
pub struct Config {
    /// How many failures of one login, of one user or of one device; one is forgotten every 15 minutes.
    pub login_failures: u32,
    /// How many failures of one address; one is forgotten every minute.
    pub address_failures: u32,
    /// How many new accounts of one address in an hour.
    pub registrations: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self { login_failures: 5, address_failures: 10, registrations: 5 }
    }
}

/// What attempts are counted by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    /// The name that somebody signs in with, known or not, as a digest.
    Login(String),
    /// A user who is signed in and is asked for the password again.
    User(UserId),
    /// A device that was signed in to the same account before, by its session then.
    Device(SessionId),
    /// An address, for passwords and invite codes.
    Address(IpAddr),
    /// An address, for new accounts.
    Registration(IpAddr),
}

impl Key {
    /// Counts by the name that somebody signs in with, folded by the caller.
    pub fn login(name: &str) -> Self {
        Self::Login(fingerprint(&[name]))
    }

    /// Counts passwords and invite codes by address.
    pub fn address(address: IpAddr) -> Self {
        Self::Address(prefix(address))
    }

    /// Counts new accounts by address.
    pub fn registration(address: IpAddr) -> Self {
        Self::Registration(prefix(address))
    }
}

/// Returns what an address is counted by: one subscriber has the last 64 bits of an IPv6 address to choose from.
pub fn prefix(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
        address @ IpAddr::V4(_) => address,
    }
}

/// How attempts of one kind are paused.
#[derive(Debug, Clone, Copy)]
struct Rule {
    /// The setting of how many are free.
    setting: &'static str,
    /// How many are free.
    free: u32,
    first_pause: Duration,
    longest_pause: Duration,
    /// How long it takes until one is forgotten.
    forgotten_after: Duration,
}

impl Rule {
    fn pause_after(&self, count: u32) -> Duration {
        match count.checked_sub(self.free) {
            None => Duration::ZERO,
            Some(beyond) => {
                let factor = 1_u32.checked_shl(beyond).unwrap_or(u32::MAX);
                self.first_pause.saturating_mul(factor).min(self.longest_pause)
            }
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Attempts {
    count: u32,
    /// Up to when what is to be forgotten was forgotten, in microseconds since 1970.
    counted_at: i64,
    /// In microseconds since 1970; 0 for no pause, which holds when the clock is set back, too.
    paused_until: i64,
}

impl Attempts {
    fn none(now: i64) -> Self {
        Self { count: 0, counted_at: now, paused_until: 0 }
    }

    fn forget(&mut self, rule: &Rule, now: i64) {
        let span = micros(rule.forgotten_after).max(1);
        let forgotten = (now - self.counted_at).max(0) / span;
        self.count = self.count.saturating_sub(u32::try_from(forgotten).unwrap_or(u32::MAX));
        self.counted_at = if self.count == 0 { now } else { self.counted_at + forgotten * span };
    }

    fn add(&mut self, rule: &Rule, now: i64) {
        self.count = self.count.saturating_add(1);
        self.paused_until = match rule.pause_after(self.count) {
            Duration::ZERO => 0,
            pause => now.saturating_add(micros(pause)),
        };
    }
}

/// Counts attempts; each counts as failed until it is known to have succeeded.
#[derive(Debug)]
pub struct Throttle {
    login: Rule,
    address: Rule,
    registration: Rule,
    attempts: Mutex<HashMap<Key, Attempts>>,
    refused: Counters,
}

impl Throttle {
    /// A throttle that has counted nothing.
    pub fn new(config: &Config) -> Self {
        let growing = |setting, free, forgotten_after| Rule {
            setting,
            free,
            first_pause: FIRST_PAUSE,
            longest_pause: LONGEST_PAUSE,
            forgotten_after,
        };
        let between = Duration::from_hours(1) / config.registrations.max(1);
        Self {
            login: growing(LOGIN_FAILURES, config.login_failures, LONGEST_PAUSE),
            address: growing(ADDRESS_FAILURES, config.address_failures, Duration::from_mins(1)),
            registration: Rule {
                setting: REGISTRATIONS,
                free: config.registrations,
                first_pause: between,
                longest_pause: between,
                forgotten_after: between,
            },
            attempts: Mutex::default(),
            refused: Counters::new([LOGIN_FAILURES, ADDRESS_FAILURES, REGISTRATIONS]),
        }
    }

    /// Counts an attempt by all its keys; if one of them has to pause, counts nothing and returns for how long.
    pub fn attempt(&self, keys: &[Key], now: Time) -> Result<(), Duration> {
        let now = now.unix_micros();
        let mut attempts = self.attempts.lock();
        let wait = |key| (attempts.get(key).map_or(0, |one| one.paused_until - now), key);
        if let Some((wait, key)) = keys.iter().map(wait).max_by_key(|(wait, _)| *wait)
            && wait > 0
        {
            self.refused.add(self.rule(key).setting);
            return Err(Duration::from_micros(wait.unsigned_abs()));
        }
        if attempts.len() >= KEYS_MAX {
            attempts.retain(|_, one| now < one.paused_until);
        }
        for key in keys {
            let rule = self.rule(key);
            let one = attempts.entry(key.clone()).or_insert_with(|| Attempts::none(now));
            one.forget(rule, now);
            one.add(rule, now);
        }
        Ok(())
    }

    /// Forgets the failures of a login, user or device that has succeeded, and this one attempt of its address.
    ///
    /// Others' failures from the address still count, so that who has an account cannot use it to guess on.
    pub fn succeeded(&self, keys: &[Key]) {
        let is_address = |key: &Key| matches!(key, Key::Address(_));
        let (addresses, others): (Vec<_>, Vec<_>) = keys.iter().cloned().partition(is_address);
        self.take_back(&addresses);
        let mut attempts = self.attempts.lock();
        for key in &others {
            attempts.remove(key);
        }
    }

    /// Takes back an attempt that came to nothing.
    pub fn take_back(&self, keys: &[Key]) {
        let mut attempts = self.attempts.lock();
        for key in keys {
            if let Some(one) = attempts.get_mut(key) {
                one.count = one.count.saturating_sub(1);
                one.paused_until = 0;
            }
        }
    }

    /// Returns how many attempts were refused, by the setting of the rule that made the pause.
    pub fn refused(&self) -> &Counters {
        &self.refused
    }

    fn rule(&self, key: &Key) -> &Rule {
        match key {
            Key::Login(_) | Key::User(_) | Key::Device(_) => &self.login,
            Key::Address(_) => &self.address,
            Key::Registration(_) => &self.registration,
        }
    }
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
