//! The life of a session.

use actix_http::ws::CloseCode;

/// Where a session is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SessionState {
    Open,
    /// The client probes a WebSocket.
    Upgrading,
    /// Nothing more is accepted, but the client may still have to learn of the end.
    Closing(CloseReason),
    /// The client knows of the end, or is gone.
    Closed(CloseReason),
}

/// Why a session ends, or a WebSocket of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CloseReason {
    /// The server ends it.
    Server,
    /// The client ends it.
    Client,
    /// The server drains.
    Draining,
    /// The client broke the protocol.
    Protocol,
    /// A message was larger than allowed.
    TooLarge,
    /// A text was not UTF-8.
    NotText,
    /// No namespace was joined in time.
    NotJoined,
    /// The server failed.
    Internal,
    /// The connection is gone.
    Lost,
}

impl CloseReason {
    /// The code of the close frame (RFC 6455, 7.4.1).
    pub(crate) const fn code(self) -> CloseCode {
        match self {
            Self::Server | Self::Client => CloseCode::Normal,
            Self::Draining => CloseCode::Away,
            Self::Protocol => CloseCode::Protocol,
            Self::TooLarge => CloseCode::Size,
            Self::NotText => CloseCode::Invalid,
            Self::NotJoined => CloseCode::Policy,
            Self::Internal => CloseCode::Error,
            Self::Lost => CloseCode::Abnormal,
        }
    }
}
