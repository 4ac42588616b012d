//! The audit log: who did what to accounts, sessions and groups, and what administrators read.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use crate::id::{RoomId, SessionId, UserId};
use crate::time::Time;

/// Where a request comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Source {
    /// The address of the client.
    pub address: Option<IpAddr>,
    /// The id of the request, or of the one that opened the connection.
    pub request: Option<Arc<str>>,
}

impl Source {
    /// Returns the network of the address: its first 24 bits, of IPv6 48.
    pub fn network(&self) -> Option<String> {
        Some(match self.address?.to_canonical() {
            IpAddr::V4(address) => format!("{}/24", Ipv4Addr::from_bits(address.to_bits() & (u32::MAX << 8))),
            IpAddr::V6(address) => {
                format!("{}/48", Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 80)))
            }
        })
    }
}

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident $text:literal,)*) => {
        /// What was done.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum AuditAction {$($(#[$doc])* $name,)*}

        impl AuditAction {
            /// Every name.
            const NAMES: &'static [&'static str] = &[$($text,)*];

            /// Returns its name.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

actions! {
    /// Somebody signed in.
    SignedIn "signed_in",
    /// A sign-in had a wrong login or password; the target is the account, if there is one.
    SignInFailed "sign_in_failed",
    /// A secret was shown that was exchanged before, and its session, the target, ended.
    SecretReused "secret_reused",
    /// A session, the target, was ended by its user.
    SessionEnded "session_ended",
    /// A token, the target, was made for a program.
    TokenCreated "token_created",
    /// A token, the target, was revoked.
    TokenRevoked "token_revoked",
    /// A bot, the target, was made.
    BotCreated "bot_created",
    /// A bot, the target, was deleted.
    BotDeleted "bot_deleted",
    /// A webhook, the target, was made.
    WebhookCreated "webhook_created",
    /// A webhook, the target, was deleted.
    WebhookDeleted "webhook_deleted",
    /// The user changed their password.
    PasswordChanged "password_changed",
    /// The user deleted their account.
    AccountDeleted "account_deleted",
    /// The user signed in to the account that they had deleted, which is restored.
    AccountRestored "account_restored",
    /// Nothing personal is left of the account, the target, which its user had deleted.
    AccountPurged "account_purged",
    /// The user asked for a copy of all that is their own.
    ExportRequested "export_requested",
    /// A user, the target, was blocked.
    UserBlocked "user_blocked",
    /// A block of a user, the target, was taken back.
    UserUnblocked "user_unblocked",
    /// A member of a group, the target, got another role.
    RoleChanged "role_changed",
    /// A user, the target, was taken into a group.
    MemberAdded "member_added",
    /// A member, the target, was removed from a group.
    MemberRemoved "member_removed",
    /// A user, the target, was made an administrator by the operator.
    AdminGranted "admin_granted",
    /// A user, the target, is no administrator any more; the operator did it.
    AdminRevoked "admin_revoked",
    /// An administrator suspended an account, the target.
    AccountSuspended "account_suspended",
    /// An administrator took the suspension of an account, the target, back.
    AccountReinstated "account_reinstated",
    /// An administrator closed a report, the target.
    ReportClosed "report_closed",
    /// An administrator opened a report, the target, again, or changed the note of an open one.
    ReportOpened "report_opened",
    /// An administrator read a page of the accounts.
    AccountsRead "accounts_read",
    /// An administrator read a page of the reports.
    ReportsRead "reports_read",
    /// An administrator read the statistics.
    StatisticsRead "statistics_read",
    /// An administrator read a page of this log.
    AuditRead "audit_read",
}

impl JsonSchema for AuditAction {
    fn schema_name() -> Cow<'static, str> {
        "AuditAction".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "enum": Self::NAMES })
    }
}

/// An entry of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AuditEntry {
    /// Its number: 1, 2, 3 and so on.
    pub entry_id: i64,
    /// When it was done.
    pub at: Time,
    /// What was done.
    #[schemars(with = "AuditAction")]
    pub action: String,
    /// Who did it, if they were signed in.
    pub actor_id: Option<UserId>,
    /// The user, the session, the webhook or the report that it was done to, as text.
    pub target: Option<String>,
    /// The room that it was done in.
    pub chatroom_id: Option<RoomId>,
    /// The session of who did it.
    pub session_id: Option<SessionId>,
    /// The network of their address.
    pub address: Option<String>,
    /// The id of their request.
    pub request_id: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_address_its_network_is_kept() {
        for (address, network) in [
            ("192.0.2.77", "192.0.2.0/24"),
            ("::ffff:192.0.2.77", "192.0.2.0/24"),
            ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ] {
            let source = Source { address: address.parse().ok(), request: None };
            assert_eq!(source.network().as_deref(), Some(network));
        }
        assert_eq!(Source::default().network(), None);
    }
}
