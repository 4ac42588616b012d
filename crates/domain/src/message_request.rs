//! Message requests: a one-to-one room with a stranger, until who is written to accepts it.

use schemars::JsonSchema;
use serde::Serialize;

/// Why a member may not send a message to a one-to-one room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SendRefusal {
    /// One of the two blocks the other, or the other takes messages of friends alone; which is not said.
    #[error("Messages cannot be sent to this person")]
    Closed,
    /// The other has not accepted the request, which has as many messages as it may.
    #[error("This person has to accept your request first")]
    RequestPending,
}

/// How many messages a stranger may send before the request is accepted.
pub const MESSAGES_MAX: i64 = 3;

/// What a room that is not accepted yet is to one of its two members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RequestState {
    /// They wrote first, and wait.
    Sent,
    /// They have it to answer.
    Received,
    /// They want to see nothing of it; the other still waits.
    Ignored,
}

impl RequestState {
    const ALL: [Self; 3] = [Self::Sent, Self::Received, Self::Ignored];

    /// Returns the value in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Received => "received",
            Self::Ignored => "ignored",
        }
    }

    /// Parses the value in the database.
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == value)
    }

    /// Returns whether the member has it to answer.
    pub fn is_to_answer(self) -> bool {
        self != Self::Sent
    }
}

/// What a message does to the request that its room is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sending {
    /// The room stays as it is.
    Goes,
    /// Who writes back accepts.
    Accepts,
}

/// Decides what happens when a member sends to a room whose newest message is `last_seq`.
pub fn send(request: Option<RequestState>, last_seq: i64) -> Result<Sending, SendRefusal> {
    match request {
        Some(RequestState::Sent) if last_seq >= MESSAGES_MAX => Err(SendRefusal::RequestPending),
        Some(RequestState::Sent) | None => Ok(Sending::Goes),
        Some(RequestState::Received | RequestState::Ignored) => Ok(Sending::Accepts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_sends_a_few_and_who_writes_back_accepts() {
        assert_eq!(send(None, 1_000), Ok(Sending::Goes));
        assert_eq!(send(Some(RequestState::Sent), 0), Ok(Sending::Goes));
        assert_eq!(send(Some(RequestState::Sent), MESSAGES_MAX - 1), Ok(Sending::Goes));
        assert_eq!(send(Some(RequestState::Sent), MESSAGES_MAX), Err(SendRefusal::RequestPending));
        assert_eq!(send(Some(RequestState::Received), MESSAGES_MAX), Ok(Sending::Accepts));
        assert_eq!(send(Some(RequestState::Ignored), 0), Ok(Sending::Accepts));
    }

    #[test]
    fn every_state_has_a_value_of_its_own() {
        for state in RequestState::ALL {
            assert_eq!(RequestState::parse(state.as_str()), Some(state));
        }
        assert_eq!(RequestState::parse("accepted"), None);
    }
}
