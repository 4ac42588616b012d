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
    SearchMessages,
    Upload,
    Report,
    Export,
}

impl Action {
    const ALL: [Self; 12] = [
        Self::Send,
        Self::Typing,
        Self::React,
        Self::Edit,
        Self::Profile,
        Self::Room,
        Self::Friend,
        Self::Search,
        Self::SearchMessages,
        Self::Upload,
        Self::Report,
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
            Self::SearchMessages => "rates.search_messages",
            Self::Upload => "rates.upload",
            Self::Report => "rates.report",
            Self::Export => "rates.export",
        }
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
            Self::SearchMessages => rates.search_messages,
            Self::Upload => rates.upload,
            Self::Report => rates.report,
            Self::Export => rates.export,
        }
    }
}

/// The actions of users, counted on this node.
#[derive(Debug)]
pub(crate) struct RateLimits {
    limiters: Vec<(Action, DefaultKeyedRateLimiter<UserId>)>,
    refusals: Refusals,
}

impl RateLimits {
    pub(crate) fn new(rates: &config::Rates, refusals: Refusals) -> Self {
        let limited = Action::ALL.into_iter().filter(|_| rates.enabled);
        let limiter = |action: Action| Some((action, RateLimiter::keyed(quota(action.rate(rates))?)));
        Self { limiters: limited.filter_map(limiter).collect(), refusals }
    }

    /// Counts an action of a user, or refuses it.
    pub(crate) fn check(&self, action: Option<Action>, user: UserId) -> Result<(), Problem> {
        let Some((action, limiter)) = self.limiters.iter().find(|(limited, _)| Some(*limited) == action)
        else {
            return Ok(());
        };
        limiter.check_key(&user).map_err(|until| {
            self.refusals.add(action.setting());
            Error::RateLimited(until.wait_time_from(DefaultClock::default().now())).into()
        })
    }

    fn forget(&self) {
        for (_, limiter) in &self.limiters {
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
