//! How often each user may do what costs others: one limit for each kind of action, for REST and sockets together.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use chat::error::Error;
use domain::id::UserId;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::config;
use crate::problem::Problem;
use crate::refusals::Refusals;

/// How often the users are forgotten who have done nothing lately.
const FORGETTING: Duration = Duration::from_mins(1);

/// How many events a user is refused in a second and answered at once.
const REFUSED_AT_ONCE: NonZeroU32 = NonZeroU32::new(50).unwrap();

/// How long each further refusal waits: the events of a session that wait are few, and it is not read meanwhile.
const REFUSED_LATE: Duration = Duration::from_millis(500);

/// What is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Send,
    Typing,
    React,
    Edit,
    Profile,
    Room,
    Friend,
    Search,
    SearchPeople,
    SearchMessages,
    Upload,
    Report,
    Hook,
    Export,
}

impl Action {
    const ALL: [Self; 14] = [
        Self::Send,
        Self::Typing,
        Self::React,
        Self::Edit,
        Self::Profile,
        Self::Room,
        Self::Friend,
        Self::Search,
        Self::SearchPeople,
        Self::SearchMessages,
        Self::Upload,
        Self::Report,
        Self::Hook,
        Self::Export,
    ];

    /// Its setting.
    fn setting(self) -> &'static str {
        match self {
            Self::Send => "rates.send",
            Self::Typing => "rates.typing",
            Self::React => "rates.react",
            Self::Edit => "rates.edit",
            Self::Profile => "rates.profile",
            Self::Room => "rates.room",
            Self::Friend => "rates.friend",
            Self::Search => "rates.search",
            Self::SearchPeople => "rates.search_people",
            Self::SearchMessages => "rates.search_messages",
            Self::Upload => "rates.upload",
            Self::Report => "rates.report",
            Self::Hook => "rates.hook",
            Self::Export => "rates.export",
        }
    }

    /// What it counts as beside itself.
    fn also(self) -> Option<Self> {
        (self == Self::SearchPeople).then_some(Self::Search)
    }

    fn rate(self, rates: &config::Rates) -> config::Rate {
        match self {
            Self::Send => rates.send,
            Self::Typing => rates.typing,
            Self::React => rates.react,
            Self::Edit => rates.edit,
            Self::Profile => rates.profile,
            Self::Room => rates.room,
            Self::Friend => rates.friend,
            Self::Search => rates.search,
            Self::SearchPeople => rates.search_people,
            Self::SearchMessages => rates.search_messages,
            Self::Upload => rates.upload,
            Self::Report => rates.report,
            Self::Hook => rates.hook,
            Self::Export => rates.export,
        }
    }
}

/// The actions of users, counted on this node.
#[derive(Debug)]
pub(crate) struct RateLimits {
    limiters: Vec<(Action, DefaultKeyedRateLimiter<UserId>)>,
    /// Events that were refused, for whatever reason.
    refused: DefaultKeyedRateLimiter<UserId>,
    refusals: Refusals,
}

impl RateLimits {
    pub(crate) fn new(rates: &config::Rates, refusals: Refusals) -> Self {
        let limited = Action::ALL.into_iter().filter(|_| rates.enabled);
        let limiter = |action: Action| Some((action, RateLimiter::keyed(quota(action.rate(rates))?)));
        let refused = RateLimiter::keyed(Quota::per_second(REFUSED_AT_ONCE));
        Self { limiters: limited.filter_map(limiter).collect(), refused, refusals }
    }

    /// Counts an action of a user, or refuses it.
    pub(crate) fn check(&self, action: Option<Action>, user: UserId) -> Result<(), Problem> {
        let counted = action.and_then(Action::also).into_iter().chain(action);
        counted.into_iter().try_for_each(|action| self.count(action, user))
    }

    fn count(&self, action: Action, user: UserId) -> Result<(), Problem> {
        let Some((_, limiter)) = self.limiters.iter().find(|(limited, _)| *limited == action) else {
            return Ok(());
        };
        limiter.check_key(&user).map_err(|until| {
            self.refusals.add(action.setting());
            Error::RateLimited(until.wait_time_from(DefaultClock::default().now())).into()
        })
    }

    /// Waits before a user's event is refused, if many of theirs were refused just now.
    pub(crate) async fn refuse(&self, user: UserId) {
        if self.is_refused_late(user) {
            tokio::time::sleep(REFUSED_LATE).await;
        }
    }

    fn is_refused_late(&self, user: UserId) -> bool {
        self.refused.check_key(&user).is_err()
    }

    fn forget(&self) {
        for limiter in self.limiters.iter().map(|(_, limiter)| limiter).chain([&self.refused]) {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}

/// Forgets users who have done nothing lately, for as long as the server runs.
pub(crate) async fn forget(rates: Arc<RateLimits>) {
    loop {
        tokio::time::sleep(FORGETTING).await;
        rates.forget();
    }
}

fn quota(rate: config::Rate) -> Option<Quota> {
    let times = NonZeroU32::new(rate.times)?;
    Some(Quota::with_period(rate.period / rate.times)?.allow_burst(times))
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    #[test]
    fn what_was_used_up_comes_back_over_the_period() {
        let (clock, quota) = (FakeRelativeClock::default(), quota("20/2s".parse().unwrap()).unwrap());
        let limiter = RateLimiter::dashmap_with_clock(quota, clock.clone());
        let allowed = |user: UserId| (0..100).take_while(|_| limiter.check_key(&user).is_ok()).count();
        assert_eq!((allowed(UserId(1)), allowed(UserId(1)), allowed(UserId(2))), (20, 0, 20));
        clock.advance(Duration::from_millis(500));
        assert_eq!(allowed(UserId(1)), 5);
        clock.advance(Duration::from_mins(1));
        assert_eq!(allowed(UserId(1)), 20);
    }

    #[test]
    fn what_each_rate_refuses_is_counted() {
        let refusals = Refusals::default();
        for action in Action::ALL {
            refusals.add(action.setting());
            assert_eq!(refusals.get(action.setting()), 1, "{}", action.setting());
        }
    }

    #[test]
    fn who_is_refused_without_end_waits() {
        let limits = RateLimits::new(&config::Rates::default(), Refusals::default());
        let at_once = (0..1_000).take_while(|_| !limits.is_refused_late(UserId(1))).count();
        // A few more, as time goes on meanwhile.
        assert!((50..100).contains(&at_once), "{at_once}");
        assert!(!limits.is_refused_late(UserId(2)), "others do not");
    }

    #[test]
    fn users_who_do_nothing_are_forgotten() {
        let rates =
            config::Rates { send: "1/1h".parse().unwrap(), search: config::Rate::OFF, ..Default::default() };
        let limits = RateLimits::new(&rates, Refusals::default());
        assert_eq!(limits.limiters.len(), Action::ALL.len() - 1);
        limits.check(Some(Action::Send), UserId(1)).unwrap();
        limits.forget();
        assert!(limits.check(Some(Action::Send), UserId(1)).is_err(), "an hour is not over");
        assert_eq!(limits.refusals.get("rates.send"), 1);
        for _ in 0..100 {
            limits.check(Some(Action::Search), UserId(1)).unwrap();
            limits.check(None, UserId(1)).unwrap();
        }
    }
}
