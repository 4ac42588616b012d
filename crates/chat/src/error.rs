//! Why a use case was refused: the one public error, in categories that callers can act on.

use std::time::Duration;

use domain::friendship;
use domain::invalid::Invalid;
use persistence::db::DatabaseError;
use persistence::error::Error as Stored;
use thiserror::Error;

mod refusal;

pub use refusal::Refusal;

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
    /// The token does not have the scopes for this.
    #[error("The token does not have the scopes for this")]
    InsufficientScope,
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
    /// The store of files cannot be reached.
    #[error("The server cannot reach its files, try again later")]
    FilesAway,
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
    /// A message request to answer.
    #[error("Message request not found")]
    MessageRequest,
    /// A token of the user.
    #[error("Token not found")]
    Token,
    /// A bot of the user.
    #[error("Bot not found")]
    Bot,
    /// A session of the user.
    #[error("Session not found")]
    Session,
    /// An invite by which somebody may join a group, or become a friend.
    #[error("Invite not found")]
    Invite,
    /// A webhook of the room, or of the bot.
    #[error("Webhook not found")]
    Webhook,
    /// A subscription of the user.
    #[error("Subscription not found")]
    Subscription,
    /// A delivery of the webhook.
    #[error("Delivery not found")]
    Delivery,
    /// A message that waits.
    #[error("Scheduled message not found")]
    ScheduledMessage,
    /// A copy of what is the user's own.
    #[error("Export not found")]
    Export,
    /// A report.
    #[error("Report not found")]
    Report,
    /// A file that the user may read.
    #[error("Not Found")]
    File,
}

impl Error {
    /// Returns the stable code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated => "unauthorized",
            Self::WrongLogin => "wrong_login",
            Self::WrongPassword => "wrong_password",
            Self::Forbidden => "forbidden",
            Self::InsufficientScope => "insufficient_scope",
            Self::NotFound(_) => "not_found",
            Self::Invalid { .. } => "validation",
            Self::Refused(refusal) => refusal.code(),
            Self::TooLarge(_) => "too_large",
            Self::EmptyFile => "empty_file",
            Self::Unsupported => "unsupported_type",
            Self::RateLimited(_) => "rate_limited",
            Self::Busy => "busy",
            Self::Away | Self::FilesAway | Self::Corrupt => "unavailable",
            Self::Unknown => "outcome_unknown",
            Self::QuotaExceeded(_) => "quota_exceeded",
            Self::NoSpace => "no_space",
            Self::Internal(_) => "internal",
        }
    }

    /// Returns whether the same may succeed once what is away, full or busy now is not.
    pub(crate) fn is_outage(&self) -> bool {
        matches!(self, Self::Busy | Self::Away | Self::Corrupt | Self::Unknown | Self::NoSpace)
    }

    /// Turns "no row" into "no such `resource`".
    pub(crate) fn or_not_found(error: Stored, resource: Resource) -> Self {
        match error {
            Stored::NotFound => Self::NotFound(resource),
            other => other.into(),
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
            Stored::Refused(why) => return Self::Refused(Refusal::Send(*why)),
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
