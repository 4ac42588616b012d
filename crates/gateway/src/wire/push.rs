//! Requests about Web Push.

use chat::push_subscriptions::NewSubscription;
use deserr::Deserr;
use domain::id::SubscriptionId;
use schemars::JsonSchema;

use super::input::requests;
use crate::problem::Problem;

/// A device to push messages to, as its browser names it.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct SubscribePush {
    /// The address at the push service, at most 2,048 characters.
    endpoint: String,
    /// The public key of the subscription, in Base64 for addresses.
    p256dh: String,
    /// Its secret, in Base64 for addresses.
    auth: String,
}

impl From<SubscribePush> for NewSubscription {
    fn from(SubscribePush { endpoint, p256dh, auth }: SubscribePush) -> Self {
        Self { endpoint, p256dh, auth }
    }
}

/// The subscription that the path names.
#[derive(Deserr, JsonSchema)]
#[deserr(error = Problem)]
pub(crate) struct NamedSubscription {
    /// The subscription.
    pub(crate) subscription_id: SubscriptionId,
}

requests!(SubscribePush, NamedSubscription);
