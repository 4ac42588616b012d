//! The settings of what is allowed.

use domain::revision::Window;
use domain::text::{Body, PASSWORD_MAX};
use serde::{Deserialize, Serialize};

use super::error::{Error, range};
use crate::memory;

/// What is allowed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The longest message, in code points.
    pub text_max: usize,
    /// How many hours a message may be edited; 0 means never.
    pub edit_hours: u32,
    /// How many hours a message may be unsent; 0 means never.
    pub unsend_hours: u32,
    /// The longest upload, in bytes.
    pub upload_max_bytes: u64,
    /// How many bytes the files of one user and their bots may take.
    pub upload_quota_bytes: u64,
    /// How much of the disk for uploads must be free, in percent; 0 for nothing.
    pub upload_free_percent: u64,
    /// How many hours an upload is kept that no message and no profile shows.
    pub upload_unused_hours: u64,
    /// How often such uploads are looked for, in milliseconds.
    pub upload_unused_look_ms: u64,
    /// How many days an account can be restored that its user has deleted; 0 for none.
    pub account_grace_days: u64,
    /// How often messages that have disappeared are erased, in milliseconds; they are shown to nobody before.
    pub disappearing_look_ms: u64,
    /// The shortest new password, in code points.
    pub password_min: usize,
    /// How many connections to the database serve reads.
    pub database_connections: u32,
    /// The longest body of a request, and what may come beside the file of an upload, in bytes.
    pub body_max_bytes: usize,
    /// The most parts of a multipart body.
    pub form_parts_max: usize,
    /// The longest headers of a part of a multipart body, in bytes.
    pub part_header_max_bytes: usize,
    /// How long a body may pause, in milliseconds.
    pub body_idle_ms: u64,
    /// How many bytes a second of a body must come once `body_idle_ms` is over; 0 for any number.
    pub body_bytes_per_second: u64,
    /// How long a client may leave an answer unread, in milliseconds.
    pub answer_unread_ms: u64,
    /// The most bytes of events that one answer of `/sync` has, unless the first alone has more.
    pub sync_max_bytes: usize,
    /// How many entries of the log may wait until they are indexed for search; a search reads them as they are.
    pub search_unindexed: u32,
    /// How many bots a user may have.
    pub bots_max: usize,
    /// The most friend requests of one user that wait for their answers.
    pub friend_requests_max: usize,
    /// The most sessions of Engine.IO of one address (IPv6: /64).
    pub address_sessions_max: usize,
    /// The most of them that no user has authenticated yet.
    pub address_unauthenticated_max: usize,
    /// The most sockets of one user.
    pub user_sockets_max: usize,
    /// The longest message or polling request of a client that has not connected yet, in bytes.
    pub unauthenticated_message_max_bytes: usize,
    /// The resident memory above which no session of Engine.IO is opened, in bytes.
    pub memory_max_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            text_max: Body::MAX,
            edit_hours: Window::DEFAULT.hours,
            unsend_hours: Window::DEFAULT.hours,
            upload_max_bytes: 25 * 1024 * 1024,
            upload_quota_bytes: 5 * 1024 * 1024 * 1024,
            upload_free_percent: 5,
            upload_unused_hours: 24,
            upload_unused_look_ms: 3_600_000,
            account_grace_days: 7,
            disappearing_look_ms: 1_000,
            password_min: 8,
            database_connections: 8,
            body_max_bytes: 256 * 1024,
            form_parts_max: 8,
            part_header_max_bytes: 8 * 1024,
            body_idle_ms: 10_000,
            body_bytes_per_second: 1024,
            answer_unread_ms: 15_000,
            sync_max_bytes: 1024 * 1024,
            search_unindexed: 256,
            bots_max: 20,
            friend_requests_max: 100,
            address_sessions_max: 10_000,
            address_unauthenticated_max: 500,
            user_sockets_max: 50,
            unauthenticated_message_max_bytes: 16 * 1024,
            memory_max_bytes: memory::four_fifths(),
        }
    }
}

/// The most code points of a message that fit the database's column in every script, 65,535 bytes of UTF-8.
const TEXT_MAX: u64 = 16_000;

const KIB: u64 = 1024;

/// More connections than any system has.
const CONNECTIONS_MAX: u64 = 1_000_000_000;

impl Limits {
    pub(super) fn check(&self) -> Result<(), Error> {
        range("limits.text_max", self.text_max as u64, 1, TEXT_MAX)?;
        range("limits.edit_hours", self.edit_hours.into(), 0, Window::HOURS_MAX.into())?;
        range("limits.unsend_hours", self.unsend_hours.into(), 0, Window::HOURS_MAX.into())?;
        range("limits.upload_free_percent", self.upload_free_percent, 0, 100)?;
        range("limits.upload_unused_hours", self.upload_unused_hours, 1, Window::HOURS_MAX.into())?;
        range("limits.upload_unused_look_ms", self.upload_unused_look_ms, 10, 24 * 3_600_000)?;
        range("limits.account_grace_days", self.account_grace_days, 0, 365)?;
        range("limits.disappearing_look_ms", self.disappearing_look_ms, 10, 24 * 3_600_000)?;
        range("limits.password_min", self.password_min as u64, 1, PASSWORD_MAX as u64)?;
        range("limits.database_connections", self.database_connections.into(), 1, 1_000)?;
        range("limits.body_max_bytes", self.body_max_bytes as u64, KIB, KIB * KIB)?;
        range("limits.form_parts_max", self.form_parts_max as u64, 1, 1_000)?;
        range("limits.part_header_max_bytes", self.part_header_max_bytes as u64, KIB, 64 * KIB)?;
        range("limits.body_idle_ms", self.body_idle_ms, 10, 600_000)?;
        range("limits.answer_unread_ms", self.answer_unread_ms, 10, 600_000)?;
        range("limits.sync_max_bytes", self.sync_max_bytes as u64, KIB, 64 * KIB * KIB)?;
        range("limits.search_unindexed", self.search_unindexed.into(), 1, 10_000)?;
        range("limits.bots_max", self.bots_max as u64, 0, 1_000)?;
        range("limits.friend_requests_max", self.friend_requests_max as u64, 1, 100_000)?;
        range("limits.address_sessions_max", self.address_sessions_max as u64, 1, CONNECTIONS_MAX)?;
        let unauthenticated = self.address_unauthenticated_max as u64;
        range("limits.address_unauthenticated_max", unauthenticated, 1, CONNECTIONS_MAX)?;
        range("limits.user_sockets_max", self.user_sockets_max as u64, 1, CONNECTIONS_MAX)?;
        let message = self.unauthenticated_message_max_bytes as u64;
        range("limits.unauthenticated_message_max_bytes", message, KIB, KIB * KIB)
    }
}
