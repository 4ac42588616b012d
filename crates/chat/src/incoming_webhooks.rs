//! Incoming webhooks: addresses by which programs send messages to a room. The room owns them: they stay when who made
//! them leaves.

use auth::secret::{Secret, fingerprint};
use domain::audit::AuditAction;
use domain::extras::Extras;
use domain::group::GroupAction;
use domain::id::{RoomId, UserId, WebhookId};
use domain::incoming_webhook::{IncomingWebhook, WEBHOOKS_MAX};
use domain::invalid::Invalid;
use domain::message::{ClientKey, Content, Draft, Message, Source};
use domain::message_request::SendRefusal;
use domain::room::{Membership, RoomKind};
use domain::text::{Body, Nickname, Username};
use domain::time::Time;
use domain::user::Changes;
use persistence::members::RoomMember;
use persistence::users::{self, NewUser};
use persistence::viewer::Viewer;
use persistence::{Conn, bots, incoming_webhooks, message_requests};

use crate::accounts::{self, AuthUser};
use crate::audit::{self, Actor, Audited};
use crate::context::Chat;
use crate::error::{Error, Refusal, Resource};
use crate::membership;
use crate::messages::send_as;

/// Makes a webhook of a room; its secret is returned here and never again.
pub async fn create(
    chat: &Chat,
    me: &AuthUser,
    room: RoomId,
    name: Nickname,
) -> Result<(IncomingWebhook, Secret), Error> {
    if name.as_str().is_empty() {
        return Err(Error::Invalid { field: "name", reason: Invalid::TooShort(1) });
    }
    let secret = Secret::generate()?;
    let (viewer, actor, hash) = (chat.viewer(me.id), Actor::from(me), secret.hash());
    let made = chat.db.transaction(move |conn| {
        let (member, at) = (lock(conn, viewer, room)?, viewer.now);
        if incoming_webhooks::list(conn, &member)?.len() >= WEBHOOKS_MAX {
            return Err(Error::Refused(Refusal::TooManyWebhooks(WEBHOOKS_MAX)));
        }
        let id = WebhookId::generate();
        let webhook = IncomingWebhook {
            id,
            room,
            user: account(conn, id, &name, at)?,
            name: name.to_string(),
            created_by: viewer.user,
            created_at: at,
        };
        incoming_webhooks::insert(conn, &member, &webhook, &hash)?;
        let created = Audited::to(AuditAction::WebhookCreated, &id).within(room);
        audit::append(conn, at, &actor, [created])?;
        Ok(webhook)
    });
    Ok((made.await?, secret))
}

/// Makes the account that a webhook sends by, which nobody finds and nobody signs in as.
fn account(conn: &mut Conn, id: WebhookId, name: &Nickname, at: Time) -> Result<UserId, Error> {
    let digits = id.0.simple().to_string();
    let username = Username::stored(format!("webhook_{}", digits.get(8..).unwrap_or_default()));
    let new = NewUser { username, email: None, hashed_password: String::new(), at };
    let user = accounts::store(conn, &new)?.id;
    bots::mark(conn, user)?;
    let changes = Changes { nickname: Some(name.clone()), discoverable: Some(false), ..Changes::default() };
    users::update(conn, user, &changes, at)?;
    Ok(user)
}

/// Lists the webhooks of a room, the last made first.
pub async fn list(chat: &Chat, me: &AuthUser, room: RoomId) -> Result<Vec<IncomingWebhook>, Error> {
    let viewer = chat.viewer(me.id);
    chat.db
        .read(move |conn| {
            let member = membership::find(conn, viewer, room)?;
            refuse_unless_manager(conn, &member)?;
            Ok(incoming_webhooks::list(conn, &member)?)
        })
        .await
}

/// Deletes a webhook of a room; its messages stay.
pub async fn delete(chat: &Chat, me: &AuthUser, room: RoomId, webhook: WebhookId) -> Result<(), Error> {
    let (viewer, actor) = (chat.viewer(me.id), Actor::from(me));
    chat.db
        .transaction(move |conn| {
            let member = lock(conn, viewer, room)?;
            let deleted = incoming_webhooks::delete(conn, &member, webhook);
            deleted.map_err(|e| Error::or_not_found(e, Resource::Webhook))?;
            let deleted = Audited::to(AuditAction::WebhookDeleted, &webhook).within(room);
            Ok(audit::append(conn, viewer.now, &actor, [deleted])?)
        })
        .await
}

/// Locks a room until the transaction ends, for one who may manage its webhooks.
fn lock(conn: &mut Conn, viewer: Viewer, room: RoomId) -> Result<RoomMember, Error> {
    let member = membership::lock_room(conn, viewer, room)?;
    refuse_unless_manager(conn, &member)?;
    Ok(member)
}

/// Refuses who is neither an owner nor an admin of a group, and both in a one-to-one room that is a request: what they
/// send is counted there.
fn refuse_unless_manager(conn: &mut Conn, member: &RoomMember) -> Result<(), Error> {
    if member.kind() == RoomKind::Group {
        return membership::permit(member, GroupAction::ManageWebhooks);
    }
    match message_requests::state(conn, member)? {
        None => Ok(()),
        Some(_) => Err(Error::Refused(Refusal::Send(SendRefusal::RequestPending))),
    }
}

/// Returns the room of the webhook with this token, and the account that it sends by.
pub async fn find(chat: &Chat, token: &str) -> Result<Membership, Error> {
    let hash = Secret::parse(token).ok_or(Error::NotFound(Resource::Webhook))?.hash();
    let found = chat.db.read(move |conn| incoming_webhooks::by_token(conn, &hash)).await;
    found.map_err(|e| Error::or_not_found(e, Resource::Webhook))
}

/// Sends a text to the room of a webhook; a repeat under the same key sends nothing.
pub async fn post(
    chat: &Chat,
    webhook: Membership,
    text: Body,
    key: Option<String>,
) -> Result<Message, Error> {
    let draft = Draft {
        source: Source::Sender(Content::Text(text)),
        extras: Extras::default(),
        key: key.map(|key| ClientKey::Hashed(fingerprint(&["webhook", &key]))),
        reply_to: None,
    };
    send_as(chat, webhook.user, webhook.room, draft, None).await.map_err(|error| match error {
        // It was deleted in this moment.
        Error::NotFound(_) => Error::NotFound(Resource::Webhook),
        other => other,
    })
}
