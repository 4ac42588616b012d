//! Why a text is not a packet.

/// Everything that a peer can get wrong in one packet; any of them ends its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The packet holds no type at all.
    #[error("empty packet")]
    Empty,
    /// The first character is not a packet type.
    #[error("unknown packet type")]
    Type,
    /// The number of attachments is missing, malformed or above [`crate::packet::MAX_ATTACHMENTS`].
    #[error("invalid number of attachments")]
    Attachments,
    /// The namespace is longer than [`crate::packet::MAX_NAMESPACE`] bytes.
    #[error("invalid namespace")]
    Namespace,
    /// The acknowledgement id is missing, out of place, or does not fit 64 bits.
    #[error("invalid acknowledgement id")]
    Id,
    /// The payload is not JSON, or not of the kind that this packet type carries.
    #[error("invalid payload")]
    Payload,
    /// The event has a name that the protocol keeps for itself.
    #[error("reserved event name")]
    Reserved,
}
