//! Why a text is not a packet.

/// Everything that a peer can get wrong; any of them ends its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The packet holds no type at all.
    #[error("empty packet")]
    Empty,
    /// The first character is not a packet type.
    #[error("unknown packet type")]
    Type,
    /// A binary message in a text is not canonical base64.
    #[error("invalid base64")]
    Base64,
    /// The packet holds the character that separates packets of a polling payload.
    #[error("separator within a packet")]
    Separator,
    /// The number of attachments is missing, malformed or above the limit.
    #[error("invalid number of attachments")]
    Attachments,
    /// The namespace is longer than [`crate::packet::MAX_NAMESPACE`] bytes, or holds a control character.
    #[error("invalid namespace")]
    Namespace,
    /// The acknowledgement id is missing, misplaced, or does not fit 64 bits.
    #[error("invalid acknowledgement id")]
    Id,
    /// The payload is not JSON, not of the kind that this packet type carries, or has more than
    /// [`crate::packet::MAX_ARGS`] arguments.
    #[error("invalid payload")]
    Payload,
    /// The event has a name that the protocol keeps for itself.
    #[error("reserved event name")]
    Reserved,
    /// An argument refers to an attachment that the packet did not announce.
    #[error("invalid placeholder")]
    Placeholder,
    /// A text came while attachments were still missing.
    #[error("attachments are missing")]
    Interrupted,
    /// A binary frame came that no packet had announced.
    #[error("unannounced binary frame")]
    Unannounced,
    /// The attachments of one packet exceed the limit on their bytes.
    #[error("attachments too large")]
    TooLarge,
}
