//! Where messages are pushed to while their receiver has no connection.

use auth::push::SubscriptionKeys;
use auth::secret::fingerprint;
use domain::id::SubscriptionId;
use domain::invalid::Invalid;
use domain::push::PushSubscription;
use persistence::push::{self, Subscription};
use persistence::users;

use crate::accounts::AuthUser;
use crate::context::Chat;
use crate::error::{Error, Resource};

/// The longest endpoint, in bytes.
const ENDPOINT_MAX: usize = 2_048;

/// A subscription as a browser gives it.
#[derive(Debug)]
pub struct NewSubscription {
    /// Where its push service is.
    pub endpoint: String,
    /// Its public key, in Base64 for addresses.
    pub p256dh: String,
    /// The secret that is shared with it, in Base64 for addresses.
    pub auth: String,
}

/// Returns the public key that push services know this server by.
pub fn key(chat: &Chat) -> String {
    chat.vapid.public()
}

/// Pushes messages to a device from now on, for as long as the session lasts; the same endpoint is subscribed once.
pub async fn subscribe(chat: &Chat, me: &AuthUser, new: NewSubscription) -> Result<PushSubscription, Error> {
    let NewSubscription { endpoint, p256dh, auth } = new;
    let invalid = |field, reason| Err(Error::Invalid { field, reason });
    match chat.outbound.check(&endpoint) {
        Ok(_) if endpoint.len() > ENDPOINT_MAX => return invalid("endpoint", Invalid::TooLong(ENDPOINT_MAX)),
        Ok(_) => {}
        Err(_) => {
            return invalid("endpoint", Invalid::Rule("endpoint must be the address of a push service"));
        }
    }
    if SubscriptionKeys::parse(&p256dh, &auth).is_none() {
        return invalid("p256dh", Invalid::Rule("p256dh and auth must be the keys of a subscription"));
    }
    let (user, session, hash) = (me.id, me.session, fingerprint(&[&endpoint]));
    let subscription = Subscription { id: SubscriptionId::generate(), endpoint, p256dh, auth };
    let id = subscription.id;
    let stored = chat.db.transaction(move |conn| {
        users::lock(conn, user)?;
        Ok::<_, Error>(push::put(conn, (user, session), &subscription, &hash)?)
    });
    stored.await?;
    Ok(PushSubscription { id })
}

/// Pushes nothing to a device any more.
pub async fn unsubscribe(chat: &Chat, me: &AuthUser, subscription: SubscriptionId) -> Result<(), Error> {
    let user = me.id;
    let deleted = chat.db.transaction(move |conn| {
        push::delete(conn, user, subscription).map_err(|e| Error::or_not_found(e, Resource::Subscription))
    });
    deleted.await
}
