//! What outgoing webhooks have to post, and have posted lately.

use diesel::prelude::*;
use domain::id::{DeliveryId, WebhookId};
use domain::outgoing_webhook::{DELIVERIES_KEPT, WebhookDelivery};
use domain::time::Time;

use crate::conn::Conn;
use crate::error::Error;
use crate::ids::{delivery_id, webhook_id};
use crate::schema::{outgoing_webhooks, users, webhook_deliveries};

#[derive(Queryable, Selectable)]
#[diesel(table_name = webhook_deliveries)]
struct Row {
    delivery_id: Vec<u8>,
    pos: i64,
    event: String,
    created_at: chrono::NaiveDateTime,
    attempts: i64,
    next_at: Option<chrono::NaiveDateTime>,
    status: Option<i64>,
    failure: Option<String>,
    delivered_at: Option<chrono::NaiveDateTime>,
}

impl TryFrom<Row> for WebhookDelivery {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            id: delivery_id(&row.delivery_id)?,
            position: row.pos,
            event: row.event,
            created_at: Time::from_naive(row.created_at),
            attempts: row.attempts,
            next_at: row.next_at.map(Time::from_naive),
            status: row.status,
            failure: row.failure,
            delivered_at: row.delivered_at.map(Time::from_naive),
        })
    }
}

/// Queues the events at these positions, to be posted at once.
pub fn insert(
    conn: &mut Conn,
    webhook: WebhookId,
    events: &[(i64, &'static str)],
    at: Time,
) -> Result<(), Error> {
    let ids: Vec<DeliveryId> = events.iter().map(|_| DeliveryId::generate()).collect();
    let rows: Vec<_> = ids
        .iter()
        .zip(events)
        .map(|(id, (position, event))| {
            (
                webhook_deliveries::delivery_id.eq(id.bytes()),
                webhook_deliveries::webhook_id.eq(webhook.bytes()),
                webhook_deliveries::pos.eq(*position),
                webhook_deliveries::event.eq(*event),
                webhook_deliveries::created_at.eq(at.naive()),
                webhook_deliveries::attempts.eq(0),
                webhook_deliveries::next_at.eq(at.naive()),
            )
        })
        .collect();
    if !rows.is_empty() {
        on_each!(conn, |c| diesel::insert_into(webhook_deliveries::table).values(&rows).execute(c))?;
    }
    Ok(())
}

/// Returns how many deliveries of a webhook wait.
pub fn waiting(conn: &mut Conn, webhook: WebhookId) -> Result<i64, Error> {
    let theirs = webhook_deliveries::table.filter(webhook_deliveries::webhook_id.eq(webhook.bytes()));
    Ok(theirs.filter(webhook_deliveries::next_at.is_not_null()).count().get_result(conn)?)
}

/// Returns the last deliveries of a webhook, the last queued first.
pub fn list(conn: &mut Conn, webhook: WebhookId) -> Result<Vec<WebhookDelivery>, Error> {
    let rows: Vec<Row> = webhook_deliveries::table
        .filter(webhook_deliveries::webhook_id.eq(webhook.bytes()))
        .order(webhook_deliveries::delivery_id.desc())
        .limit(DELIVERIES_KEPT)
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// Queues a delivery of a webhook anew; [`Error::NotFound`] if it has none of this id.
pub fn again(conn: &mut Conn, webhook: WebhookId, delivery: DeliveryId, at: Time) -> Result<(), Error> {
    let row = webhook_deliveries::table.find(delivery.bytes());
    let row = row.filter(webhook_deliveries::webhook_id.eq(webhook.bytes()));
    let queued = diesel::update(row).set((
        webhook_deliveries::attempts.eq(0),
        webhook_deliveries::next_at.eq(at.naive()),
        webhook_deliveries::delivered_at.eq(None::<chrono::NaiveDateTime>),
    ));
    if queued.execute(conn)? > 0 { Ok(()) } else { Err(Error::NotFound) }
}

/// Returns webhooks that post, of bots that are not suspended, and have a delivery whose time has come and that nobody has claimed since `since`.
pub fn due(conn: &mut Conn, now: Time, since: Time, limit: i64) -> Result<Vec<WebhookId>, Error> {
    let unclaimed =
        webhook_deliveries::claimed_at.is_null().or(webhook_deliveries::claimed_at.lt(since.naive()));
    let ids: Vec<Vec<u8>> = webhook_deliveries::table
        .inner_join(outgoing_webhooks::table.inner_join(users::table))
        .filter(users::suspended_at.is_null())
        .filter(outgoing_webhooks::disabled_at.is_null())
        .filter(webhook_deliveries::next_at.le(now.naive()))
        .filter(unclaimed)
        .select(webhook_deliveries::webhook_id)
        .distinct()
        .limit(limit)
        .load(conn)?;
    ids.iter().map(|id| webhook_id(id)).collect()
}

/// Claims the first deliveries of a webhook, which is locked, whose time has come and that nobody has claimed since
/// `since`.
pub fn claim(
    conn: &mut Conn,
    webhook: WebhookId,
    (now, since): (Time, Time),
    limit: i64,
) -> Result<Vec<WebhookDelivery>, Error> {
    let unclaimed =
        webhook_deliveries::claimed_at.is_null().or(webhook_deliveries::claimed_at.lt(since.naive()));
    let rows: Vec<Row> = webhook_deliveries::table
        .filter(webhook_deliveries::webhook_id.eq(webhook.bytes()))
        .filter(webhook_deliveries::next_at.le(now.naive()))
        .filter(unclaimed)
        .order((webhook_deliveries::next_at, webhook_deliveries::delivery_id))
        .limit(limit)
        .select(Row::as_select())
        .load(conn)?;
    let ids: Vec<&[u8]> = rows.iter().map(|row| row.delivery_id.as_slice()).collect();
    diesel::update(webhook_deliveries::table.filter(webhook_deliveries::delivery_id.eq_any(ids)))
        .set(webhook_deliveries::claimed_at.eq(now.naive()))
        .execute(conn)?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// Stores what became of a delivery that was claimed.
pub fn settle(conn: &mut Conn, delivery: &WebhookDelivery) -> Result<(), Error> {
    diesel::update(webhook_deliveries::table.find(delivery.id.bytes()))
        .set((
            webhook_deliveries::attempts.eq(delivery.attempts),
            webhook_deliveries::next_at.eq(delivery.next_at.map(Time::naive)),
            webhook_deliveries::claimed_at.eq(None::<chrono::NaiveDateTime>),
            webhook_deliveries::status.eq(delivery.status),
            webhook_deliveries::failure.eq(&delivery.failure),
            webhook_deliveries::delivered_at.eq(delivery.delivered_at.map(Time::naive)),
        ))
        .execute(conn)?;
    Ok(())
}

/// Deletes a delivery, whose event is no more.
pub fn delete(conn: &mut Conn, delivery: DeliveryId) -> Result<(), Error> {
    diesel::delete(webhook_deliveries::table.find(delivery.bytes())).execute(conn)?;
    Ok(())
}

/// Forgets deliveries of a webhook that were posted or given up, but for the last.
pub fn prune(conn: &mut Conn, webhook: WebhookId) -> Result<(), Error> {
    let theirs = webhook_deliveries::table.filter(webhook_deliveries::webhook_id.eq(webhook.bytes()));
    let oldest_kept: Option<Vec<u8>> = theirs
        .order(webhook_deliveries::delivery_id.desc())
        .offset(DELIVERIES_KEPT - 1)
        .select(webhook_deliveries::delivery_id)
        .first(conn)
        .optional()?;
    if let Some(oldest) = oldest_kept {
        let settled = theirs.filter(webhook_deliveries::next_at.is_null());
        diesel::delete(settled.filter(webhook_deliveries::delivery_id.lt(oldest))).execute(conn)?;
    }
    Ok(())
}
