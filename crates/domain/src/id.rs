//! The identifiers of the product's nouns; none carries a rule, so each can be read straight from input.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use chrono::DateTime;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::time::Time;

/// The largest number that every JSON reader holds exactly.
const NUMBER_MAX: i64 = (1 << 53) - 1;

/// A UUID as it is read: in either case, with or without dashes.
const ANY_UUID: &str = "^[0-9A-Fa-f]{8}-?([0-9A-Fa-f]{4}-?){3}[0-9A-Fa-f]{12}$";

/// A UUID as it is written: small, with dashes.
const UUID: &str = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(schemas: &mut SchemaGenerator) -> Schema {
                if schemas.contract().is_deserialize() {
                    return json_schema!({ "type": ["integer", "string"], "pattern": r"^\s*[+-]?[0-9]+\s*$" });
                }
                json_schema!({ "type": "integer", "minimum": 1, "maximum": NUMBER_MAX })
            }
        }
    };
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// Makes a new id; later ids sort after earlier ones (RFC 9562, version 7).
            pub fn generate() -> Self {
                Self(Uuid::now_v7())
            }

            /// Returns the sixteen bytes that the database keeps.
            pub fn bytes(&self) -> &[u8] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(schemas: &mut SchemaGenerator) -> Schema {
                if schemas.contract().is_deserialize() {
                    return json_schema!({ "type": "string", "pattern": ANY_UUID });
                }
                json_schema!({ "type": "string", "format": "uuid", "pattern": UUID })
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            /// Reads the dashed or the bare form, in either case.
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

number_id! {
    /// A user; below 2^53, so that every JSON reader holds it exactly.
    UserId
}
number_id! {
    /// A message, unique in the whole system; below 2^53. Only `seq` orders messages.
    MessageId
}
uuid_id! {
    /// A room, one-to-one or group.
    RoomId
}
uuid_id! {
    /// An uploaded file.
    MediaId
}
uuid_id! {
    /// An invite link of a group.
    InviteId
}
uuid_id! {
    /// A webhook, incoming or outgoing.
    WebhookId
}
uuid_id! {
    /// A delivery of an outgoing webhook.
    DeliveryId
}
uuid_id! {
    /// Where messages are pushed to.
    SubscriptionId
}
uuid_id! {
    /// A message that waits for its time.
    ScheduledId
}
uuid_id! {
    /// A report to the administrators.
    ReportId
}
uuid_id! {
    /// One sign-in of a user on one device.
    SessionId
}

impl MediaId {
    /// Returns when the id was made, to the millisecond; nothing for an id that does not say (RFC 9562, version 7).
    pub fn made_at(&self) -> Option<Time> {
        let (seconds, nanoseconds) = self.0.get_timestamp()?.to_unix();
        DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanoseconds).map(Time::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_id_is_read_in_every_spelling_and_written_in_one() {
        let id: RoomId = "0190F5C2-7B3A-7000-8000-0123456789AB".parse().unwrap();
        assert_eq!("0190f5c27b3a700080000123456789ab".parse(), Ok(id));
        assert_eq!(id.to_string(), "0190f5c2-7b3a-7000-8000-0123456789ab");
        assert!("0190f5c2".parse::<RoomId>().is_err());
    }
}
