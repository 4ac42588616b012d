//! Why the state of things forbids what was asked.

use domain::message_request::SendRefusal;
use thiserror::Error;

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The username is taken.
    #[error("User '{0}' exist")]
    UsernameTaken(String),
    /// The e-mail address is taken.
    #[error("Email already registered")]
    EmailTaken,
    /// An administrator has suspended the account.
    #[error("The account is suspended")]
    AccountSuspended,
    /// Administrators are made, and unmade, by the operator alone.
    #[error("An administrator cannot be suspended")]
    SuspendsAdmin,
    /// The operator lets nobody register.
    #[error("Registration is closed on this server")]
    RegistrationClosed,
    /// The operator lets only those register who have the invite code.
    #[error("Registration needs a valid invite code")]
    InviteRequired,
    /// The user asked to befriend themselves.
    #[error("You cannot add yourself as a friend.")]
    Oneself,
    /// The user asked to block themselves.
    #[error("You cannot block yourself")]
    BlocksOneself,
    /// The user asked to report themselves.
    #[error("You cannot report yourself")]
    ReportsOneself,
    /// The user blocks the other.
    #[error("You have blocked this person")]
    Blocked,
    /// The room does not take the message.
    #[error("{0}")]
    Send(SendRefusal),
    /// They are friends already.
    #[error("Already friends")]
    AlreadyFriends,
    /// The same request waits for its answer.
    #[error("Friend request already sent")]
    AlreadyAsked,
    /// As many requests of the user wait for their answers as may.
    #[error("A user can have at most {0} friend requests that wait for an answer")]
    TooManyFriendRequests(usize),
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
    /// A user has as many tokens as they may.
    #[error("A user can have at most {0} tokens")]
    TooManyTokens(usize),
    /// A user has as many bots as the operator lets them.
    #[error("A user can have at most {0} bots")]
    TooManyBots(usize),
    /// A room, or a bot, has as many webhooks as it may.
    #[error("There can be at most {0} webhooks")]
    TooManyWebhooks(usize),
    /// A group has an owner, always.
    #[error("Hand the group over to another member first")]
    OwnerStays,
    /// The server wrote the message.
    #[error("System messages can not be changed")]
    SystemMessage,
    /// The key is that of another message.
    #[error("client_msg_id was used for another message")]
    KeyReused,
    /// An album has a limit.
    #[error("An album can have at most {0} messages")]
    AlbumFull(usize),
    /// A user has as many messages waiting as they may.
    #[error("A user can have at most {0} scheduled messages")]
    TooManyScheduled(usize),
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

impl Refusal {
    /// Returns the stable code for programs.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::UsernameTaken(_) => "username_taken",
            Self::EmailTaken => "email_taken",
            Self::AccountSuspended => "account_suspended",
            Self::SuspendsAdmin => "is_admin",
            Self::RegistrationClosed => "registration_closed",
            Self::InviteRequired => "invite_required",
            Self::Oneself | Self::BlocksOneself | Self::ReportsOneself => "oneself",
            Self::Blocked => "blocked",
            Self::Send(SendRefusal::Closed) => "cannot_send",
            Self::Send(SendRefusal::RequestPending) => "request_pending",
            Self::AlreadyFriends => "already_friends",
            Self::AlreadyAsked => "already_requested",
            Self::TooManyFriendRequests(_) => "too_many_friend_requests",
            Self::RoomTooSmall => "too_few_members",
            Self::RoomTooLarge(_) => "too_many_members",
            Self::NotAGroup => "not_a_group",
            Self::TooManyGroups(_) => "too_many_groups",
            Self::TooManyInvites(_) => "too_many_invites",
            Self::TooManyTokens(_) => "too_many_tokens",
            Self::TooManyBots(_) => "too_many_bots",
            Self::TooManyWebhooks(_) => "too_many_webhooks",
            Self::OwnerStays => "owner_stays",
            Self::SystemMessage => "system_message",
            Self::KeyReused => "client_msg_id_reused",
            Self::AlbumFull(_) => "album_full",
            Self::TooManyScheduled(_) => "too_many_scheduled",
            Self::KeyOfAnotherRequest => "idempotency_mismatch",
            Self::KeyInUse => "idempotency_in_progress",
            Self::Unsent => "message_unsent",
            Self::TooLateToEdit(_) | Self::TooLateToUnsend(_) => "too_late",
            Self::TooManyEdits(_) => "too_many_edits",
            Self::TooManyReactions(_) => "too_many_reactions",
        }
    }
}

fn too_late(done: &str, hours: u32) -> String {
    match hours {
        0 => format!("Messages can not be {done} on this server"),
        1 => format!("A message can be {done} within 1 hour"),
        hours => format!("A message can be {done} within {hours} hours"),
    }
}
