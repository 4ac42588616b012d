//! Posts events to outgoing webhooks, by Standard Webhooks 1.0.
//!
//! Each webhook follows the event log: what it has to post is queued in the database together with its position, and is
//! taken from there one server at a time, so that nothing is lost, and only what was under way when a server died is
//! posted twice.

use std::time::Duration;

use chrono::TimeDelta;
use domain::id::WebhookId;
use domain::outgoing_webhook::{OutgoingWebhook, WebhookDelivery, retry_after};
use futures_util::future::try_join_all;
use outbound::{Answer, Request};
use persistence::log::{self, LogRow};
use persistence::{Conn, outgoing_webhooks, webhook_deliveries};

use crate::context::Chat;
use crate::error::Error;
use crate::log::event_at;
use crate::outgoing_webhooks::secret;

/// How many entries of the log a webhook takes at once.
const PAGE: i64 = 500;

/// How many deliveries of a webhook may wait before it takes no more of the log.
const WAITING_MAX: i64 = 1_000;

/// After this long a delivery that was claimed and not settled is claimed again: its server has stopped.
const LEASE: Duration = Duration::from_mins(1);

/// How many webhooks are posted to at once, and how many deliveries of each: a slow one holds up few others.
const WEBHOOKS_AT_ONCE: i64 = 16;
const OF_EACH_AT_ONCE: i64 = 4;

/// The status of an address that wants no more.
const GONE: u16 = 410;

/// Queues what has happened since the last time; returns whether there may be more.
pub async fn queue(chat: &Chat) -> Result<bool, Error> {
    let read = chat.db.read(|conn| {
        let head = log::head(conn)?.position;
        outgoing_webhooks::behind(conn, head)
    });
    let (behind, mut more) = (read.await?, false);
    let at = chat.now();
    for webhook in behind {
        more |= chat.db.transaction(move |conn| queue_of(conn, webhook, at)).await?;
    }
    Ok(more)
}

/// Queues the next events of a webhook; returns whether there are more.
fn queue_of(conn: &mut Conn, id: WebhookId, at: domain::time::Time) -> Result<bool, Error> {
    let Some((webhook, position)) = outgoing_webhooks::lock(conn, id)? else { return Ok(false) };
    if webhook.disabled_at.is_some() || webhook_deliveries::waiting(conn, id)? >= WAITING_MAX {
        return Ok(false);
    }
    // Read first: what is committed after it comes the next time.
    let head = log::head(conn)?.position;
    let rows = log::after_for(conn, webhook.bot, position, PAGE)?;
    let is_last = i64::try_from(rows.len()).is_ok_and(|count| count < PAGE);
    let next = rows.last().filter(|_| !is_last).map_or(head, |row| row.position);
    let wanted = |row: &LogRow| {
        let event = row.entry.event();
        let wants = row.position <= next && webhook.events.iter().any(|wanted| wanted.as_str() == event);
        wants.then_some((row.position, event))
    };
    let events: Vec<_> = rows.iter().filter_map(wanted).collect();
    webhook_deliveries::insert(conn, id, &events, at)?;
    outgoing_webhooks::advance(conn, id, next)?;
    Ok(!is_last)
}

/// Posts what is queued and whose time has come; returns whether there may be more.
pub async fn post_due(chat: &Chat) -> Result<bool, Error> {
    let now = chat.now();
    let since = now.before(LEASE);
    let due = chat.db.read(move |conn| webhook_deliveries::due(conn, now, since, WEBHOOKS_AT_ONCE)).await?;
    let posted = due.into_iter().map(|webhook| post_of(chat, webhook));
    Ok(try_join_all(posted).await?.into_iter().any(|posted| posted))
}

/// Posts the next deliveries of a webhook; returns whether there were any.
async fn post_of(chat: &Chat, id: WebhookId) -> Result<bool, Error> {
    let now = chat.now();
    let claimed = chat.db.transaction(move |conn| {
        let Some((webhook, _)) = outgoing_webhooks::lock(conn, id)? else { return Ok(None) };
        let times = (now, now.before(LEASE));
        let claimed = webhook_deliveries::claim(conn, id, times, OF_EACH_AT_ONCE)?;
        Ok::<_, Error>(Some((webhook, claimed)))
    });
    let Some((webhook, claimed)) = claimed.await? else { return Ok(false) };
    let any = !claimed.is_empty();
    try_join_all(claimed.into_iter().map(|delivery| post(chat, &webhook, delivery))).await?;
    Ok(any)
}

/// Posts a delivery, and stores what became of it.
async fn post(chat: &Chat, webhook: &OutgoingWebhook, mut delivery: WebhookDelivery) -> Result<(), Error> {
    let Some(event) = event_at(chat, webhook.bot, delivery.position).await? else {
        // The bot has left the room, or what it was about is gone.
        let gone = chat.db.transaction(move |conn| Ok(webhook_deliveries::delete(conn, delivery.id)?));
        return gone.await;
    };
    let body = serde_json::to_vec(&event).map_err(|error| Error::Internal(error.into()))?;
    let answer = chat.outbound.send(request(chat, webhook, &delivery, body)).await;
    let now = chat.now();
    delivery.attempts += 1;
    let outcome = outcome(answer);
    delivery.status = outcome.status.map(i64::from);
    delivery.failure = outcome.failure;
    let mut disabled = None;
    if delivery.failure.is_none() {
        chat.counts.webhooks_accepted.add();
        (delivery.next_at, delivery.delivered_at) = (None, Some(now));
    } else {
        chat.counts.webhooks_failed.add();
        let wait = retry_after(delivery.attempts).filter(|_| outcome.status != Some(GONE));
        delivery.next_at = wait.and_then(|wait| TimeDelta::from_std(wait).ok()).map(|wait| now + wait);
        disabled = delivery.next_at.is_none().then(|| note(outcome.status));
    }
    let id = webhook.id;
    let settled = chat.db.transaction(move |conn| {
        webhook_deliveries::settle(conn, &delivery)?;
        webhook_deliveries::prune(conn, id)?;
        match disabled {
            Some(note) => Ok(outgoing_webhooks::disable(conn, id, note, now)?),
            None => Ok(()),
        }
    });
    settled.await
}

/// Returns why a webhook is disabled.
fn note(status: Option<u16>) -> &'static str {
    if status == Some(GONE) {
        "The address answered 410 Gone"
    } else {
        "A delivery failed 7 times over 17 hours; look at the deliveries, and enable the webhook again"
    }
}

fn request(chat: &Chat, webhook: &OutgoingWebhook, delivery: &WebhookDelivery, body: Vec<u8>) -> Request {
    let (id, at) = (delivery.id.to_string(), chat.now().unix_seconds());
    let signature = secret(chat, webhook.id).sign(&id, at, &body);
    let headers = vec![
        ("content-type", "application/json".to_owned()),
        ("webhook-id", id),
        ("webhook-timestamp", at.to_string()),
        ("webhook-signature", signature),
    ];
    Request { url: webhook.url.clone(), headers, body: Some(body) }
}

/// What an attempt led to: it was accepted if there is no failure.
struct Outcome {
    status: Option<u16>,
    failure: Option<String>,
}

fn outcome(answer: Result<Answer, outbound::Error>) -> Outcome {
    match answer {
        Ok(answer) if (200..300).contains(&answer.status) => {
            Outcome { status: Some(answer.status), failure: None }
        }
        Ok(answer) => Outcome {
            status: Some(answer.status),
            failure: Some(format!("The address answered {}", answer.status)),
        },
        Err(error) => Outcome { status: None, failure: Some(error.to_string().chars().take(255).collect()) },
    }
}
