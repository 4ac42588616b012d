//! Who may do what: a row for each endpoint and each event that clients send.

use serde_json::{Value, json};

/// Who may do something; all others are refused.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    /// Everybody, also who has not signed in.
    Anyone,
    /// Who has signed in.
    User,
    /// Alice; to others what is hers is as what is not there.
    Alice,
    /// Alice; to others it is forbidden.
    AliceAlone,
    /// Those who know alice.
    Known,
    /// The members of the room: of the group, or of the pair where it is asked there.
    Member,
    /// The admins of the group and its owner.
    Admin,
    /// Its owner, who has sent what it is about.
    Owner,
    /// The administrator of the server; to all others it is forbidden.
    Administrator,
}

/// Whether those who may do it do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// They do.
    Done,
    /// It would end what others are tested with.
    Spared,
}

/// An endpoint by its method and path, or an event by its name; with its query or payload.
pub(super) struct Row {
    pub(super) what: &'static str,
    pub(super) who: Who,
    pub(super) then: Then,
    pub(super) query: &'static str,
    pub(super) payload: Value,
}

macro_rules! rows {
    ($($what:literal $(?$query:literal)? $who:ident $then:ident $($payload:tt)?;)*) => {
        vec![$(Row {
            what: $what,
            who: Who::$who,
            then: Then::$then,
            query: concat!("", $($query)?),
            payload: json!($($payload)?),
        },)*]
    };
}

/// Every endpoint. Names in braces stand for what alice has, or is in.
pub(super) fn endpoints() -> Vec<Row> {
    [accounts(), people(), rooms(), messages(), programs(), administration()].into_iter().flatten().collect()
}

/// The server itself, accounts and files.
fn accounts() -> Vec<Row> {
    rows! {
        "GET /" Anyone Done null;
        "GET /livez" Anyone Done null;
        "GET /readyz" Anyone Done null;
        "GET /openapi.json" Anyone Done null;
        "GET /asyncapi.json" Anyone Done null;
        "GET /static/avatars/{name}" Anyone Done null;
        "POST /auth/register" Anyone Done null;
        "POST /auth/token" Anyone Done null;
        "POST /auth/refresh" Anyone Done null;
        "POST /auth/logout" User Spared null;
        "POST /auth/password" User Done {};
        "GET /auth/sessions" User Done null;
        "DELETE /auth/sessions/{session_id}" Alice Spared null;
        "GET /auth/users/me" User Done null;
        "GET /user/me" User Done null;
        "GET /user/me/settings" User Done null;
        "PATCH /user/me/settings" User Done {};
        "GET /user/me/tokens" User Done null;
        "POST /user/me/tokens" User Done {};
        "DELETE /user/me/tokens/{token_id}" Alice Spared null;
        "GET /user/me/invite" User Done null;
        "POST /user/me/invite" User Spared null;
        "GET /user/me/export" User Done null;
        "POST /user/me/export" User Spared null;
        "GET /static/exports/{name}" Alice Spared null;
        "GET /push/key" User Done null;
        "POST /push/subscriptions" User Done {};
        "DELETE /push/subscriptions/{subscription_id}" Alice Spared null;
        "GET /user/{user_id}" Known Done null;
        "PATCH /user/{user_id}" AliceAlone Done {};
        "DELETE /user/{user_id}" AliceAlone Spared { "password": "x" };
    }
}

/// Friends, and what is of all of one's rooms.
fn people() -> Vec<Row> {
    rows! {
        "GET /friends" User Done null;
        "DELETE /friends" ?"friend_id=0" User Done null;
        "GET /friends/search" ?"username=nobody" User Done null;
        "POST /friends/request" ?"friend_id=0" User Done null;
        "DELETE /friends/request" ?"friend_id=0" User Done null;
        "GET /friends/requests/pending" User Done null;
        "GET /friends/requests/sent" User Done null;
        "POST /friends/requests/accepted" ?"friend_id=0" User Done null;
        "DELETE /friends/requests/reject" ?"friend_id=0" User Done null;
        "GET /friends/blocks" User Done null;
        "PUT /friends/blocks/{user_id}" User Spared null;
        "DELETE /friends/blocks/{user_id}" User Spared null;
        "GET /friends/invite/{token}" User Done null;
        "POST /friends/invite/{token}" User Done null;
        "POST /reports" User Done {};
        "GET /search" ?"q=秘密" User Done null;
        "GET /sync" ?"since={cursor}" User Done null;
        "POST /upload/upload-avatar" User Done null;
        "POST /upload/upload-group-avatar" User Done null;
        "POST /upload/upload-message-file" User Done null;
        "GET /static/message/{name}" Member Done null;
        "POST /media/{media_id}/address" Member Done null;
    }
}

/// Rooms and their members.
fn rooms() -> Vec<Row> {
    rows! {
        "GET /invites/{token}" User Done null;
        "POST /invites/{token}/accept" User Done null;
        "GET /chatrooms" User Done null;
        "POST /chatrooms" User Done { "members_id": [] };
        "GET /chatrooms/{chatroom_id}" Member Done null;
        "PATCH /chatrooms/{chatroom_id}" Admin Done { "disappear_after": null };
        "POST /chatrooms/{chatroom_id}/read" Member Done {};
        "POST /chatrooms/{chatroom_id}/delivered" Member Done {};
        "POST /chatrooms/{chatroom_id}/typing" Member Done {};
        "PATCH /chatrooms/{chatroom_id}/settings" Member Done {};
        "PUT /chatrooms/{chatroom_id}/request" Member Spared { "answer": "accept" };
        "GET /chatrooms/{chatroom_id}/participants" Member Done null;
        "POST /chatrooms/{chatroom_id}/participants" Member Done { "members_id": [] };
        "DELETE /chatrooms/{chatroom_id}/participants/me" Member Spared null;
        "PATCH /chatrooms/{chatroom_id}/participants/{user_id}" Owner Done { "role": "owner" };
        "DELETE /chatrooms/{chatroom_id}/participants/{user_id}" Admin Spared null;
        "GET /chatrooms/{chatroom_id}/invites" Admin Done null;
        "POST /chatrooms/{chatroom_id}/invites" Admin Done { "max_uses": 1 };
        "DELETE /chatrooms/{chatroom_id}/invites/{invite_id}" Admin Spared null;
    }
}

/// Messages of a room.
fn messages() -> Vec<Row> {
    rows! {
        "GET /chatrooms/{chatroom_id}/messages" Member Done null;
        "POST /chatrooms/{chatroom_id}/messages" Member Done { "content": "x" };
        "POST /chatrooms/{chatroom_id}/message" Member Done { "content": "x" };
        "PATCH /chatrooms/{chatroom_id}/messages/{message_id}" Owner Spared { "content": "x" };
        "DELETE /chatrooms/{chatroom_id}/messages/{message_id}" Owner Spared null;
        "GET /chatrooms/{chatroom_id}/messages/{message_id}/history" Member Done null;
        "GET /chatrooms/{chatroom_id}/messages/{message_id}/receipts" Member Done null;
        "PUT /chatrooms/{chatroom_id}/messages/{message_id}/reactions/{emoji}" Member Done null;
        "DELETE /chatrooms/{chatroom_id}/messages/{message_id}/reactions/{emoji}" Member Done null;
        "GET /chatrooms/{chatroom_id}/pins" Member Done null;
        "PUT /chatrooms/{chatroom_id}/messages/{message_id}/pin" Member Done null;
        "DELETE /chatrooms/{chatroom_id}/messages/{message_id}/pin" Member Done null;
        "GET /chatrooms/{chatroom_id}/scheduled" Member Done null;
        "POST /chatrooms/{chatroom_id}/scheduled" Member Spared { "content": "x", "send_at": "{later}" };
        "PATCH /chatrooms/{chatroom_id}/scheduled/{scheduled_id}" Alice Done {};
        "DELETE /chatrooms/{chatroom_id}/scheduled/{scheduled_id}" Alice Spared null;
    }
}

/// Bots and webhooks. The user in the path of a bot is alice's bot.
fn programs() -> Vec<Row> {
    rows! {
        "GET /bots" User Done null;
        "POST /bots" User Done {};
        "PATCH /bots/{user_id}" Alice Done {};
        "DELETE /bots/{user_id}" Alice Spared null;
        "GET /bots/{user_id}/tokens" Alice Done null;
        "POST /bots/{user_id}/tokens" Alice Done { "name": "x", "scopes": ["profile:read"] };
        "DELETE /bots/{user_id}/tokens/{token_id}" Alice Spared null;
        "GET /bots/{user_id}/webhooks" Alice Done null;
        "POST /bots/{user_id}/webhooks" Alice Done { "url": "https://hooks.example", "events": ["new_message"] };
        "PATCH /bots/{user_id}/webhooks/{webhook_id}" Alice Done {};
        "DELETE /bots/{user_id}/webhooks/{webhook_id}" Alice Spared null;
        "GET /bots/{user_id}/webhooks/{webhook_id}/deliveries" Alice Done null;
        "POST /bots/{user_id}/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver" Alice Spared null;
        "GET /chatrooms/{chatroom_id}/webhooks" Admin Done null;
        "POST /chatrooms/{chatroom_id}/webhooks" Admin Done { "name": "x" };
        "DELETE /chatrooms/{chatroom_id}/webhooks/{webhook_id}" Admin Spared null;
        "POST /hooks/{token}" Anyone Done { "text": "x" };
    }
}

/// What the server's administrator does; the reported one is nobody else here.
fn administration() -> Vec<Row> {
    rows! {
        "GET /admin/users" Administrator Done null;
        "PUT /admin/users/{user_id}/suspension" Administrator Spared null;
        "DELETE /admin/users/{user_id}/suspension" Administrator Done null;
        "GET /admin/reports" Administrator Done null;
        "PUT /admin/reports/{report_id}" Administrator Done { "state": "closed" };
        "GET /admin/statistics" Administrator Done null;
        "GET /admin/audit" Administrator Done null;
    }
}

/// Every event that clients send.
pub(super) fn events() -> Vec<Row> {
    let room = json!({ "chatroom_id": "{chatroom_id}" });
    let about = |more: Value| {
        let mut payload = json!({ "chatroom_id": "{chatroom_id}", "message_id": "{message_id}" });
        payload.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        payload
    };
    rows! {
        "sync" User Done { "since": "{cursor}" };
        "search_messages" User Done { "q": "秘密" };
        "set_user_id" AliceAlone Done "{user_id}";
        "block_user" User Done { "user_id": 0 };
        "unblock_user" User Done { "user_id": 0 };
        "join_room" Member Done (room.clone());
        "leave_room" User Done (room.clone());
        "mark_read" Member Done (room.clone());
        "mark_delivered" Member Done (room.clone());
        "typing" Member Done (room.clone());
        "set_room_settings" Member Done (room.clone());
        "leave_group" Member Spared (room.clone());
        "update_group" Admin Done { "chatroom_id": "{chatroom_id}", "disappear_after": null };
        "add_members" Member Done { "chatroom_id": "{chatroom_id}", "members_id": [] };
        "remove_member" Admin Spared { "chatroom_id": "{chatroom_id}", "user_id": "{user_id}" };
        "set_role" Owner Done { "chatroom_id": "{chatroom_id}", "user_id": "{user_id}", "role": "owner" };
        "answer_request" Member Spared { "chatroom_id": "{chatroom_id}", "answer": "accept" };
        "send_message" Member Done { "chatroom_id": "{chatroom_id}", "content": "x" };
        "edit_message" Owner Spared (about(json!({ "content": "x" })));
        "delete_message" Owner Spared (about(json!({})));
        "react" Member Done (about(json!({ "emoji": "👍" })));
        "pin_message" Member Done (about(json!({})));
        "unpin_message" Member Done (about(json!({})));
    }
}
