//! Why a use case was refused: the one public error, in categories that callers can act on.

use std::time::Duration;

use domain::friendship;
use domain::invalid::Invalid;
use persistence::db::DatabaseError;
use persistence::error::Error as Stored;
use thiserror::Error;

/// A refusal.
#[derive(Debug, Error)]
pub enum Error {
    /// The token or the session is not in force.
    #[error("Could not validate credentials")]
    Unauthenticated,
    /// No such account with that password; without saying which of the two.
    #[error("Incorrect username or password")]
    WrongLogin,
    /// The user's own password was asked for, and another one or none was given.
    #[error("Incorrect password")]
    WrongPassword,
    /// The user may not do this.
    #[error("Forbidden")]
    Forbidden,
    /// There is no such resource, or none that the user may know of.
    #[error("{0}")]
    NotFound(Resource),
    /// A value breaks a rule.
    #[error("{field}: {reason}")]
    Invalid {
        /// The name of the value on the wire.
        field: &'static str,
        /// The rule that it breaks.
        reason: Invalid,
    },
    /// The state of things forbids it.
    #[error("{0}")]
    Refused(Refusal),
    /// A file is over the limit, in bytes.
    #[error("File is larger than {0} bytes")]
    TooLarge(u64),
    /// A file has no bytes.
    #[error("File is empty")]
    EmptyFile,
    /// A file's content is not of a kind that is stored here.
    #[error("Unsupported file type")]
    Unsupported,
    /// There were too many attempts; the next one counts after this time.
    #[error("{}", too_many_attempts(*.0))]
    RateLimited(Duration),
    /// The server cannot do it now; the same call may succeed in a moment.
    #[error("The server is busy, try again in a moment")]
    Busy,
    /// The database cannot be reached.
    #[error("The server cannot reach its database, try again later")]
    Away,
    /// The database contradicts itself; callers need not know.
    #[error("The server cannot reach its database, try again later")]
    Corrupt,
    /// The connection to the database broke in the moment of the commit; sending again with the same key is safe.
    #[error("The server lost the answer of its database; look before you try again")]
    Unknown,
    /// The user's files take as many bytes as the operator lets them.
    #[error("Your files would take more than {0} bytes")]
    QuotaExceeded(u64),
    /// The server has no room to store it.
    #[error("The server has no space left")]
    NoSpace,
    /// A fault of ours.
    #[error("Internal Server Error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What was not found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Resource {
    /// A user.
    #[error("User not found")]
    User,
    /// A user with the address searched for.
    #[error("User with email not found")]
    UserWithEmail,
    /// A room that the user is in.
    #[error("Chatroom not found")]
    Room,
    /// A message of the room.
    #[error("Message not found")]
    Message,
    /// A request to answer.
    #[error("Friend request not found")]
    FriendRequest,
    /// A session of the user.
    #[error("Session not found")]
    Session,
    /// An invite that somebody may join by.
    #[error("Invite not found")]
    Invite,
    /// A file that the user may read.
    #[error("Not Found")]
    File,
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The username is taken.
    #[error("User '{0}' exist")]
    UsernameTaken(String),
    /// The e-mail address is taken.
    #[error("Email already registered")]
    EmailTaken,
    /// The operator lets nobody register.
    #[error("Registration is closed on this server")]
    RegistrationClosed,
    /// The operator lets only those register who have the invite code.
    #[error("Registration needs a valid invite code")]
    InviteRequired,
    /// The user asked to befriend themselves.
    #[error("You cannot add yourself as a friend.")]
    Oneself,
    /// They are friends already.
    #[error("Already friends")]
    AlreadyFriends,
    /// The same request waits for its answer.
    #[error("Friend request already sent")]
    AlreadyAsked,
    /// A room needs another member.
    #[error("A chatroom must have at least 2 members")]
    RoomTooSmall,
    /// A group has a limit.
    #[error("A chatroom can have at most {0} members")]
    RoomTooLarge(usize),
    /// A room of two is no group.
    #[error("The chatroom is not a group")]
    NotAGroup,
    /// A user is in as many groups as they may.
    #[error("A user can be in at most {0} groups")]
    TooManyGroups(usize),
    /// A group has as many invites as it may.
    #[error("A group can have at most {0} invites")]
    TooManyInvites(usize),
    /// A group has an owner, always.
    #[error("Hand the group over to another member first")]
    OwnerStays,
    /// The server wrote the message.
    #[error("System messages can not be changed")]
    SystemMessage,
    /// The key is that of another message.
    #[error("client_msg_id was used for another message")]
    KeyReused,
    /// The key is that of another request.
    #[error("Idempotency-Key was used for another request")]
    KeyOfAnotherRequest,
    /// The first request with the key has not been answered yet.
    #[error("The first request with this Idempotency-Key has not been answered yet")]
    KeyInUse,
    /// The message was unsent.
    #[error("The message was unsent")]
    Unsent,
    /// The operator's hours for editing are over.
    #[error("{}", too_late("edited", *.0))]
    TooLateToEdit(u32),
    /// The operator's hours for unsending are over.
    #[error("{}", too_late("unsent", *.0))]
    TooLateToUnsend(u32),
    /// Its history is as long as it may get.
    #[error("A message can be edited {0} times at most")]
    TooManyEdits(i64),
    /// The message has as many different emoji as it may.
    #[error("A message can have at most {0} different reactions")]
    TooManyReactions(usize),
}

impl Error {
    /// Returns the stable code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated => "unauthorized",
            Self::WrongLogin => "wrong_login",
            Self::WrongPassword => "wrong_password",
            Self::Forbidden => "forbidden",
            Self::NotFound(_) => "not_found",
            Self::Invalid { .. } => "validation",
            Self::Refused(refusal) => refusal.code(),
            Self::TooLarge(_) => "too_large",
            Self::EmptyFile => "empty_file",
            Self::Unsupported => "unsupported_type",
            Self::RateLimited(_) => "rate_limited",
            Self::Busy => "busy",
            Self::Away | Self::Corrupt => "unavailable",
            Self::Unknown => "outcome_unknown",
            Self::QuotaExceeded(_) => "quota_exceeded",
            Self::NoSpace => "no_space",
            Self::Internal(_) => "internal",
        }
    }

    /// Turns "no row" into "no such `resource`".
    pub(crate) fn or_not_found(error: Stored, resource: Resource) -> Self {
        match error {
            Stored::NotFound => Self::NotFound(resource),
            other => other.into(),
        }
    }
}

impl Refusal {
    fn code(&self) -> &'static str {
        match self {
            Self::UsernameTaken(_) => "username_taken",
            Self::EmailTaken => "email_taken",
            Self::RegistrationClosed => "registration_closed",
            Self::InviteRequired => "invite_required",
            Self::Oneself => "oneself",
            Self::AlreadyFriends => "already_friends",
            Self::AlreadyAsked => "already_requested",
            Self::RoomTooSmall => "too_few_members",
            Self::RoomTooLarge(_) => "too_many_members",
            Self::NotAGroup => "not_a_group",
            Self::TooManyGroups(_) => "too_many_groups",
            Self::TooManyInvites(_) => "too_many_invites",
            Self::OwnerStays => "owner_stays",
            Self::SystemMessage => "system_message",
            Self::KeyReused => "client_msg_id_reused",
            Self::KeyOfAnotherRequest => "idempotency_mismatch",
            Self::KeyInUse => "idempotency_in_progress",
            Self::Unsent => "message_unsent",
            Self::TooLateToEdit(_) | Self::TooLateToUnsend(_) => "too_late",
            Self::TooManyEdits(_) => "too_many_edits",
            Self::TooManyReactions(_) => "too_many_reactions",
        }
    }
}

/// Returns a time in seconds, of which the last may have begun.
pub fn seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

fn too_many_attempts(wait: Duration) -> String {
    match seconds(wait) {
        1 => "Too many attempts, try again in 1 second".to_owned(),
        seconds => format!("Too many attempts, try again in {seconds} seconds"),
    }
}

fn too_late(done: &str, hours: u32) -> String {
    match hours {
        0 => format!("Messages can not be {done} on this server"),
        1 => format!("A message can be {done} within 1 hour"),
        hours => format!("A message can be {done} within {hours} hours"),
    }
}

impl DatabaseError for Error {
    fn is_transient(&self) -> bool {
        matches!(self, Self::Busy)
    }

    fn is_corrupt(&self) -> bool {
        matches!(self, Self::Corrupt)
    }
}

impl From<Stored> for Error {
    fn from(error: Stored) -> Self {
        let refusal = match &error {
            Stored::Unavailable(_) => Self::Busy,
            Stored::Away(_) | Stored::Lost(_) => Self::Away,
            Stored::Corrupt(_) => Self::Corrupt,
            Stored::OutcomeUnknown(_) => Self::Unknown,
            Stored::DiskFull(_) => Self::NoSpace,
            _ => return Self::Internal(error.into()),
        };
        tracing::warn!(%error, "a request has to wait for the database");
        refusal
    }
}

impl From<auth::error::Error> for Error {
    fn from(error: auth::error::Error) -> Self {
        match error {
            auth::error::Error::Busy => Self::Busy,
            auth::error::Error::InvalidToken => Self::Unauthenticated,
            other => Self::Internal(other.into()),
        }
    }
}

impl From<friendship::FriendshipRefusal> for Error {
    fn from(refusal: friendship::FriendshipRefusal) -> Self {
        Self::Refused(match refusal {
            friendship::FriendshipRefusal::Oneself => Refusal::Oneself,
            friendship::FriendshipRefusal::AlreadyFriends => Refusal::AlreadyFriends,
            friendship::FriendshipRefusal::AlreadyAsked => Refusal::AlreadyAsked,
        })
    }
}
