//! Outgoing webhooks of bots.

use diesel::prelude::*;
use domain::id::{UserId, WebhookId};
use domain::outgoing_webhook::{EventName, OutgoingWebhook};
use domain::time::Time;

use crate::conn::Conn;
use crate::error::Error;
use crate::ids::webhook_id;
use crate::schema::{outgoing_webhooks, users};

#[derive(Queryable, Selectable)]
#[diesel(table_name = outgoing_webhooks)]
struct Row {
    webhook_id: Vec<u8>,
    user_id: i64,
    url: String,
    events: String,
    created_at: chrono::NaiveDateTime,
    disabled_at: Option<chrono::NaiveDateTime>,
    note: Option<String>,
}

impl TryFrom<Row> for OutgoingWebhook {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            id: webhook_id(&row.webhook_id)?,
            bot: UserId(row.user_id),
            url: row.url,
            events: row.events.split(' ').filter_map(EventName::parse).collect(),
            created_at: Time::from_naive(row.created_at),
            disabled_at: row.disabled_at.map(Time::from_naive),
            note: row.note,
        })
    }
}

fn stored(events: &[EventName]) -> String {
    events.iter().map(|event| event.as_str()).collect::<Vec<_>>().join(" ")
}

/// Stores a webhook that posts what comes after a position.
pub fn insert(conn: &mut Conn, webhook: &OutgoingWebhook, position: i64) -> Result<(), Error> {
    diesel::insert_into(outgoing_webhooks::table)
        .values((
            outgoing_webhooks::webhook_id.eq(webhook.id.bytes()),
            outgoing_webhooks::user_id.eq(webhook.bot.0),
            outgoing_webhooks::url.eq(&webhook.url),
            outgoing_webhooks::events.eq(stored(&webhook.events)),
            outgoing_webhooks::pos.eq(position),
            outgoing_webhooks::created_at.eq(webhook.created_at.naive()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Returns the webhooks of a bot, the last made first.
pub fn list(conn: &mut Conn, bot: UserId) -> Result<Vec<OutgoingWebhook>, Error> {
    let rows: Vec<Row> = outgoing_webhooks::table
        .filter(outgoing_webhooks::user_id.eq(bot.0))
        .order((outgoing_webhooks::created_at.desc(), outgoing_webhooks::webhook_id.desc()))
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// Finds a webhook of a bot; [`Error::NotFound`] if the bot has none of this id.
pub fn find(conn: &mut Conn, bot: UserId, webhook: WebhookId) -> Result<OutgoingWebhook, Error> {
    let row = outgoing_webhooks::table.find(webhook.bytes());
    let row: Row = row.filter(outgoing_webhooks::user_id.eq(bot.0)).select(Row::as_select()).first(conn)?;
    row.try_into()
}

/// Stores where a webhook posts what, and whether it does.
pub fn update(conn: &mut Conn, webhook: &OutgoingWebhook) -> Result<(), Error> {
    diesel::update(outgoing_webhooks::table.find(webhook.id.bytes()))
        .set((
            outgoing_webhooks::url.eq(&webhook.url),
            outgoing_webhooks::events.eq(stored(&webhook.events)),
            outgoing_webhooks::disabled_at.eq(webhook.disabled_at.map(Time::naive)),
            outgoing_webhooks::note.eq(&webhook.note),
        ))
        .execute(conn)?;
    Ok(())
}

/// Deletes a webhook with its deliveries.
pub fn delete(conn: &mut Conn, webhook: WebhookId) -> Result<(), Error> {
    diesel::delete(outgoing_webhooks::table.find(webhook.bytes())).execute(conn)?;
    Ok(())
}

/// Deletes all webhooks of a bot with their deliveries.
pub fn delete_all(conn: &mut Conn, bot: UserId) -> Result<(), Error> {
    diesel::delete(outgoing_webhooks::table.filter(outgoing_webhooks::user_id.eq(bot.0))).execute(conn)?;
    Ok(())
}

/// Disables a webhook, and says why.
pub fn disable(conn: &mut Conn, webhook: WebhookId, note: &str, at: Time) -> Result<(), Error> {
    diesel::update(outgoing_webhooks::table.find(webhook.bytes()))
        .set((outgoing_webhooks::disabled_at.eq(at.naive()), outgoing_webhooks::note.eq(note)))
        .execute(conn)?;
    Ok(())
}

/// Returns the webhooks that post, of bots that are not suspended, and have not come up to a position.
pub fn behind(conn: &mut Conn, position: i64) -> Result<Vec<WebhookId>, Error> {
    let ids: Vec<Vec<u8>> = outgoing_webhooks::table
        .inner_join(users::table)
        .filter(users::suspended_at.is_null())
        .filter(outgoing_webhooks::disabled_at.is_null())
        .filter(outgoing_webhooks::pos.lt(position))
        .order(outgoing_webhooks::webhook_id)
        .select(outgoing_webhooks::webhook_id)
        .load(conn)?;
    ids.iter().map(|id| webhook_id(id)).collect()
}

/// Locks a webhook until the transaction ends; returns it with the position that it has come to, unless it was deleted.
pub fn lock(conn: &mut Conn, webhook: WebhookId) -> Result<Option<(OutgoingWebhook, i64)>, Error> {
    let row = outgoing_webhooks::table.find(webhook.bytes());
    let row: Option<(Row, i64)> = match conn {
        Conn::Mysql(c) => {
            row.select((Row::as_select(), outgoing_webhooks::pos)).for_update().first(c).optional()?
        }
        // BEGIN IMMEDIATE has locked the whole database.
        Conn::Sqlite(c) => row.select((Row::as_select(), outgoing_webhooks::pos)).first(c).optional()?,
    };
    row.map(|(row, position)| Ok((row.try_into()?, position))).transpose()
}

/// Stores how far a webhook has come, which is locked.
pub fn advance(conn: &mut Conn, webhook: WebhookId, position: i64) -> Result<(), Error> {
    diesel::update(outgoing_webhooks::table.find(webhook.bytes()))
        .set(outgoing_webhooks::pos.eq(position))
        .execute(conn)?;
    Ok(())
}
