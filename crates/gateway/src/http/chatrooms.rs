//! `/chatrooms`: rooms, their messages and their marks.

use chat::receipts::{self, ReceiptKind, ReceiptUpdate};
use chat::{messages, presence, rooms};

use super::answer::{Answer, nothing, ok};
use crate::extract::Signed;
use crate::problem::Problem;
use crate::wire;

/// `GET /chatrooms/`
pub(super) async fn list(signed: Signed) -> Answer {
    ok(&rooms::list(signed.chat(), &signed.me).await?)
}

/// `POST /chatrooms/ {members_id, chatroom_name?}`
pub(super) async fn open(signed: Signed) -> Answer {
    let (me, mut open) = signed.into_parts();
    let wanted = wire::rooms::open(open.body().await?)?;
    ok(&rooms::open(open.chat(), &me, &wanted.members, wanted.name).await?)
}

/// `GET /chatrooms/{room}`
pub(super) async fn view(signed: Signed) -> Answer {
    ok(&rooms::view(signed.chat(), &signed.me, signed.room()?).await?)
}

/// `GET /chatrooms/{room}/messages?limit=&before=&before_id=&after_id=`
pub(super) async fn history(signed: Signed) -> Answer {
    let room = signed.room()?;
    let page = wire::rooms::page(signed.query())?;
    ok(&messages::history(signed.chat(), &signed.me, room, page).await?)
}

/// `POST /chatrooms/{room}/message`, `POST /chatrooms/{room}/messages`
pub(super) async fn send(signed: Signed) -> Answer {
    let (me, mut open) = signed.into_parts();
    let room = open.room()?;
    let key =
        open.request.headers().get("idempotency-key").and_then(|v| v.to_str().ok()).map(ToOwned::to_owned);
    let mut input = open.body().await?;
    if input.text("chatroom_id", |text| Ok(text.parse() != Ok(room))) == Some(true) {
        return Err(Problem::RoomMismatch);
    }
    if let Some(key) = key {
        input.set_default("client_msg_id", key);
    }
    let draft = wire::messages::draft(input, room, open.chat().limits().text_max)?;
    ok(&messages::send(open.chat(), &me, room, draft, None).await?)
}

/// `POST /chatrooms/{room}/read {message_id?}`
pub(super) async fn read(signed: Signed) -> Answer {
    mark(signed, ReceiptKind::Read).await
}

/// `POST /chatrooms/{room}/delivered {message_id?}`
pub(super) async fn delivered(signed: Signed) -> Answer {
    mark(signed, ReceiptKind::Delivered).await
}

async fn mark(signed: Signed, kind: ReceiptKind) -> Answer {
    let (me, mut open) = signed.into_parts();
    let room = open.room()?;
    let mut input = open.body().await?;
    let upto = wire::rooms::upto(&mut input);
    let upto = input.done(Some(upto))?;
    ok(&receipts::advance(open.chat(), &me, ReceiptUpdate { room, kind, upto }, None).await?)
}

/// `POST /chatrooms/{room}/typing {is_typing = true}`
pub(super) async fn typing(signed: Signed) -> Answer {
    let (me, mut open) = signed.into_parts();
    let room = open.room()?;
    let mut input = open.body().await?;
    let is_typing = input.truth("is_typing").unwrap_or(true);
    let is_typing = input.done(Some(is_typing))?;
    presence::typing(open.chat(), &me, room, is_typing).await?;
    nothing()
}
