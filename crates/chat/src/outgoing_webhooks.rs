//! Outgoing webhooks: where the events of a bot are posted to, as the owner of the bot manages them.

use auth::webhook::SigningSecret;
use domain::audit::AuditAction;
use domain::id::{DeliveryId, UserId, WebhookId};
use domain::invalid::Invalid;
use domain::outgoing_webhook::{EventName, OutgoingWebhook, WEBHOOKS_MAX, WebhookDelivery};
use persistence::{Conn, log, outgoing_webhooks, users, webhook_deliveries};

use crate::accounts::AuthUser;
use crate::audit::{self, Actor, Audited};
use crate::bots;
use crate::context::Chat;
use crate::error::{Error, Refusal, Resource};

/// The longest address, in bytes.
const URL_MAX: usize = 2_048;

/// What to change of a webhook; what is absent stays.
#[derive(Debug, Clone, Default)]
pub struct WebhookChanges {
    /// Where it posts to.
    pub url: Option<String>,
    /// Which events.
    pub events: Option<Vec<EventName>>,
    /// Whether it does; one that is enabled goes on with what happens from then on.
    pub enabled: Option<bool>,
}

/// Makes a webhook of a bot, which posts what happens from now on; returns it with the secret that it is signed with.
pub async fn create(
    chat: &Chat,
    me: &AuthUser,
    bot: UserId,
    url: String,
    events: Vec<EventName>,
) -> Result<(OutgoingWebhook, String), Error> {
    check(chat, &url)?;
    let (owner, at, actor) = (me.id, chat.now(), Actor::from(me));
    let id = WebhookId::generate();
    let events = distinct(events)?;
    let webhook = OutgoingWebhook { id, bot, url, events, created_at: at, disabled_at: None, note: None };
    let made = chat.db.transaction(move |conn| {
        // Makers of webhooks for one bot wait for each other, so that each counts those of the others.
        users::lock(conn, bot).map_err(|error| Error::or_not_found(error, Resource::Bot))?;
        bots::find(conn, owner, bot)?;
        if outgoing_webhooks::list(conn, bot)?.len() >= WEBHOOKS_MAX {
            return Err(Error::Refused(Refusal::TooManyWebhooks(WEBHOOKS_MAX)));
        }
        let head = log::head(conn)?.position;
        outgoing_webhooks::insert(conn, &webhook, head)?;
        audit::append(conn, at, &actor, [Audited::to(AuditAction::WebhookCreated, &webhook.id)])?;
        Ok(webhook.clone())
    });
    Ok((made.await?, secret(chat, id).reveal()))
}

/// Returns the secret that a webhook is signed with.
pub(crate) fn secret(chat: &Chat, webhook: WebhookId) -> SigningSecret {
    SigningSecret::of(&chat.key, &webhook.to_string())
}

/// Refuses an address that nothing can be posted to.
fn check(chat: &Chat, url: &str) -> Result<(), Error> {
    let reason = match chat.outbound.check(url) {
        Ok(_) if url.len() > URL_MAX => Invalid::TooLong(URL_MAX),
        Ok(_) => return Ok(()),
        Err(outbound::Error::NotPublic) => Invalid::Rule("url must be a public address"),
        Err(_) => Invalid::Rule("url must begin with http:// or https:// and name a host"),
    };
    Err(Error::Invalid { field: "url", reason })
}

fn distinct(mut events: Vec<EventName>) -> Result<Vec<EventName>, Error> {
    events.sort_unstable();
    events.dedup();
    if events.is_empty() {
        let reason = Invalid::Rule("events must name one at least");
        return Err(Error::Invalid { field: "events", reason });
    }
    Ok(events)
}

/// Lists the webhooks of a bot, the last made first.
pub async fn list(chat: &Chat, me: &AuthUser, bot: UserId) -> Result<Vec<OutgoingWebhook>, Error> {
    let owner = me.id;
    chat.db
        .read(move |conn| {
            bots::find(conn, owner, bot)?;
            Ok(outgoing_webhooks::list(conn, bot)?)
        })
        .await
}

/// Changes a webhook of a bot.
pub async fn change(
    chat: &Chat,
    me: &AuthUser,
    (bot, id): (UserId, WebhookId),
    changes: WebhookChanges,
) -> Result<OutgoingWebhook, Error> {
    changes.url.iter().try_for_each(|url| check(chat, url))?;
    let (owner, at) = (me.id, chat.now());
    let events = changes.events.map(distinct).transpose()?;
    chat.db
        .transaction(move |conn| {
            outgoing_webhooks::lock(conn, id)?;
            let mut webhook = find(conn, owner, (bot, id))?;
            webhook.url = changes.url.clone().unwrap_or(webhook.url);
            webhook.events = events.clone().unwrap_or(webhook.events);
            let posts = webhook.disabled_at.is_none();
            match changes.enabled {
                Some(true) if !posts => {
                    let head = log::head(conn)?.position;
                    outgoing_webhooks::advance(conn, id, head)?;
                    (webhook.disabled_at, webhook.note) = (None, None);
                }
                Some(false) if posts => webhook.disabled_at = Some(at),
                _ => {}
            }
            outgoing_webhooks::update(conn, &webhook)?;
            Ok(webhook)
        })
        .await
}

/// Deletes a webhook of a bot; what waits is not posted.
pub async fn delete(chat: &Chat, me: &AuthUser, (bot, id): (UserId, WebhookId)) -> Result<(), Error> {
    let (owner, at, actor) = (me.id, chat.now(), Actor::from(me));
    chat.db
        .transaction(move |conn| {
            find(conn, owner, (bot, id))?;
            outgoing_webhooks::delete(conn, id)?;
            Ok(audit::append(conn, at, &actor, [Audited::to(AuditAction::WebhookDeleted, &id)])?)
        })
        .await
}

/// Lists the last deliveries of a webhook, the last queued first.
pub async fn deliveries(
    chat: &Chat,
    me: &AuthUser,
    (bot, id): (UserId, WebhookId),
) -> Result<Vec<WebhookDelivery>, Error> {
    let owner = me.id;
    chat.db
        .read(move |conn| {
            find(conn, owner, (bot, id))?;
            Ok(webhook_deliveries::list(conn, id)?)
        })
        .await
}

/// Posts a delivery again, as if it were new.
pub async fn redeliver(
    chat: &Chat,
    me: &AuthUser,
    (bot, id): (UserId, WebhookId),
    delivery: DeliveryId,
) -> Result<(), Error> {
    let (owner, at) = (me.id, chat.now());
    chat.db
        .transaction(move |conn| {
            find(conn, owner, (bot, id))?;
            let again = webhook_deliveries::again(conn, id, delivery, at);
            again.map_err(|error| Error::or_not_found(error, Resource::Delivery))
        })
        .await
}

fn find(conn: &mut Conn, owner: UserId, (bot, id): (UserId, WebhookId)) -> Result<OutgoingWebhook, Error> {
    bots::find(conn, owner, bot)?;
    outgoing_webhooks::find(conn, bot, id).map_err(|error| Error::or_not_found(error, Resource::Webhook))
}
