//! Outgoing webhooks: where the events of a bot are posted to.

use std::borrow::Cow;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use crate::event_table::logged;
use crate::id::{DeliveryId, UserId, WebhookId};
use crate::time::Time;

/// The most outgoing webhooks that a bot has at once.
pub const WEBHOOKS_MAX: usize = 5;

/// How many deliveries of a webhook are kept and listed.
pub const DELIVERIES_KEPT: i64 = 100;

/// After which time a delivery that failed so many times is tried again.
const RETRIES: [Duration; 6] = [
    Duration::from_secs(5),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
];

/// Returns how long a delivery waits that has failed so many times; nothing if it is given up.
pub fn retry_after(failures: i64) -> Option<Duration> {
    let index = usize::try_from(failures.checked_sub(1)?).ok()?;
    RETRIES.get(index).copied()
}

/// The name of an event that is in the event log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct EventName(&'static str);

impl EventName {
    /// Returns the name.
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// Parses the name.
    pub fn parse(text: &str) -> Option<Self> {
        logged().map(|event| event.name).find(|name| *name == text).map(Self)
    }
}

impl JsonSchema for EventName {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "EventName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<&str> = logged().map(|event| event.name).collect();
        json_schema!({ "enum": names })
    }
}

/// An outgoing webhook as the owner of its bot sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OutgoingWebhook {
    /// The webhook's id.
    #[serde(rename = "webhook_id")]
    pub id: WebhookId,
    /// The bot whose events are posted.
    #[serde(rename = "user_id")]
    pub bot: UserId,
    /// Where they are posted to.
    pub url: String,
    /// Which of them.
    pub events: Vec<EventName>,
    /// When it was made.
    pub created_at: Time,
    /// Since when nothing is posted; null while it is.
    pub disabled_at: Option<Time>,
    /// Why it was disabled, if the server did it.
    pub note: Option<String>,
}

/// An event that is, or was, to be posted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WebhookDelivery {
    /// The delivery's id, which `webhook-id` says, at each attempt the same.
    #[serde(rename = "delivery_id")]
    pub id: DeliveryId,
    /// The position of the event in the log.
    #[serde(rename = "pos")]
    pub position: i64,
    /// Its name.
    pub event: String,
    /// When it was queued.
    pub created_at: Time,
    /// How often it was posted.
    pub attempts: i64,
    /// When it is posted next; null if it is not posted any more.
    pub next_at: Option<Time>,
    /// The status of the last answer, if there was one.
    pub status: Option<i64>,
    /// Why the last attempt failed, if it did.
    pub failure: Option<String>,
    /// When it was accepted.
    pub delivered_at: Option<Time>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_is_tried_seven_times() {
        assert_eq!(retry_after(0), None);
        let waits: Vec<u64> = (1..).map_while(retry_after).map(|wait| wait.as_secs()).collect();
        assert_eq!(waits, [5, 300, 1_800, 7_200, 18_000, 36_000]);
        assert_eq!(retry_after(7), None);
    }

    #[test]
    fn events_of_the_log_have_names_and_others_do_not() {
        for name in ["new_message", "message_updated", "message_deleted", "member_added", "member_left"] {
            assert_eq!(EventName::parse(name).map(EventName::as_str), Some(name));
        }
        for name in ["", "typing", "presence", "receive_message", "heads", "sent"] {
            assert_eq!(EventName::parse(name), None, "{name}");
        }
    }
}
