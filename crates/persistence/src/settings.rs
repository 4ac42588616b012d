//! The privacy settings of users.

use diesel::prelude::*;
use domain::id::UserId;
use domain::settings::{Finders, PresenceViewers, Settings, SettingsChanges, Writers};

use crate::conn::Conn;
use crate::error::Error;
use crate::schema::users;

#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
struct Row {
    find_me_by_email: String,
    find_me_by_username: String,
    presence: String,
    message_requests: String,
    push_preview: bool,
    read_receipts: bool,
}

impl TryFrom<Row> for Settings {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            find_me_by_email: value(&row.find_me_by_email, Finders::parse)?,
            find_me_by_username: value(&row.find_me_by_username, Finders::parse)?,
            presence: value(&row.presence, PresenceViewers::parse)?,
            message_requests: value(&row.message_requests, Writers::parse)?,
            push_preview: row.push_preview,
            read_receipts: row.read_receipts,
        })
    }
}

/// Reads a setting's column.
pub(crate) fn value<T>(stored: &str, parse: fn(&str) -> Option<T>) -> Result<T, Error> {
    parse(stored).ok_or_else(|| Error::Other(format!("no such setting: {stored}").into()))
}

/// Returns the settings of a user.
pub fn find(conn: &mut Conn, user: UserId) -> Result<Settings, Error> {
    let row: Row = users::table.find(user.0).select(Row::as_select()).first(conn)?;
    row.try_into()
}

/// Changes settings of a user and returns all as they are then.
pub fn update(conn: &mut Conn, user: UserId, changes: SettingsChanges) -> Result<Settings, Error> {
    #[derive(AsChangeset)]
    #[diesel(table_name = users)]
    struct Set {
        find_me_by_email: Option<&'static str>,
        find_me_by_username: Option<&'static str>,
        presence: Option<&'static str>,
        message_requests: Option<&'static str>,
        push_preview: Option<bool>,
        read_receipts: Option<bool>,
    }
    let set = Set {
        find_me_by_email: changes.find_me_by_email.map(Finders::as_str),
        find_me_by_username: changes.find_me_by_username.map(Finders::as_str),
        presence: changes.presence.map(PresenceViewers::as_str),
        message_requests: changes.message_requests.map(Writers::as_str),
        push_preview: changes.push_preview,
        read_receipts: changes.read_receipts,
    };
    if changes != SettingsChanges::default() {
        diesel::update(users::table.find(user.0)).set(set).execute(conn)?;
    }
    find(conn, user)
}
