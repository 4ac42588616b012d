//! Previews of links: pages that are kept, and messages that get them.

use domain::disappearing::DisappearAfter;
use domain::id::RoomId;
use domain::link_preview::LinkPreview;
use domain::message::{Message, MessageSeq};
use domain::revision::Revision;
use domain::room::{RoomKind, direct_key};
use persistence::db::Db;
use persistence::rooms::NewRoom;
use persistence::{blocks, disappearing, link_previews, revisions, rooms};
use testdb::base::{Base, as_member, moment, new_group, text};
use testdb::on_each_database;

const LINK: &str = "https://a.example/";

fn preview(title: &str) -> LinkPreview {
    LinkPreview { url: LINK.to_owned(), title: title.to_owned(), description: None, site_name: None }
}

/// Attaches a preview to a message; returns whether that changed anything.
async fn attach(db: &Db, at: MessageSeq, (link, title): (&'static str, &str), now: i64) -> bool {
    let preview = preview(title);
    let attached = db.transaction(move |conn| {
        let locked = revisions::lock_at(conn, at)?;
        link_previews::attach(conn, &locked, (link, &preview), moment(now))
    });
    attached.await.unwrap()
}

async fn title(base: &Base, room: RoomId, seq: i64) -> Option<String> {
    let message = base.history(room).await.into_iter().find(|message| message.seq == seq)?;
    Some(message.extras?.preview?.title)
}

on_each_database! {
    async fn a_page_is_kept_until_it_is_old(base: &Base) {
        let url = "https://a.example/#部分";
        let find = async |since| base.read(move |conn| link_previews::find(conn, (url, "頁"), moment(since))).await;
        let put = async |preview: Option<LinkPreview>, at| {
            base.write(move |conn| link_previews::put(conn, "頁", preview.as_ref(), moment(at))).await.unwrap();
        };
        assert_eq!(find(0).await, None);
        put(None, 5).await;
        assert_eq!((find(4).await, find(5).await), (Some(None), None), "what says nothing is kept as well");
        let full = LinkPreview {
            url: url.to_owned(),
            title: "😀".repeat(LinkPreview::TITLE_MAX) + "…",
            description: Some("說".repeat(LinkPreview::DESCRIPTION_MAX) + "…"),
            site_name: Some("站".repeat(LinkPreview::SITE_NAME_MAX) + "…"),
        };
        put(Some(LinkPreview { url: LINK.to_owned(), ..full.clone() }), 6).await;
        assert_eq!(find(5).await, Some(Some(full)), "at the address of the link");
        for (before, is_there) in [(6, true), (7, false)] {
            base.write(move |conn| link_previews::remove_before(conn, moment(before))).await.unwrap();
            assert_eq!(find(0).await.is_some(), is_there);
        }
    }

    async fn the_position_is_moved_by_one(base: &Base) {
        let from = base.read(link_previews::position).await;
        let advance = async |db: &Db| {
            db.transaction(move |conn| link_previews::advance(conn, from, from + 5)).await.unwrap()
        };
        assert_eq!((advance(&base.db).await, advance(base.second_server()).await), (true, false));
        assert_eq!(base.read(link_previews::position).await, from + 5);
    }

    async fn new_texts_are_found(base: &Base) {
        let (alice, bob) = base.two().await;
        let rooms = [base.room(&[alice, bob]).await, base.room(&[alice, bob]).await];
        let sent = base.sent([text(rooms[0], alice, "一"), text(rooms[1], bob, "二"), text(rooms[0], bob, "三")]).await;
        let unsent = sent[2].at();
        let edited = sent[1].at();
        base.write(move |conn| {
            let locked = revisions::lock_at(conn, unsent)?;
            revisions::unsend(conn, &locked, moment(3))?;
            let mut locked = revisions::lock_at(conn, edited)?;
            let revision = Revision { content: "改".to_owned(), caption: None, written_at: moment(9) };
            revisions::edit(conn, &mut locked, &revision)
        }).await.unwrap();
        let all: Vec<MessageSeq> = sent.iter().map(Message::at).collect();
        let texts = async |since| {
            let all = all.clone();
            let mut texts = base.read(move |conn| link_previews::texts(conn, &all, moment(since))).await;
            texts.sort_unstable();
            texts.into_iter().map(|(_, text)| text).collect::<Vec<_>>()
        };
        let mut both = texts(0).await;
        both.sort_unstable();
        assert_eq!(both, ["一", "改"]);
        assert_eq!(texts(1).await, ["改"], "by the edit, if there was one");
        assert_eq!(texts(9).await, [""; 0]);
    }

    async fn a_message_gets_the_preview_of_what_it_says(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let said = base.sent([text(room, alice, "看 https://a.example/ 吧")]).await.remove(0);
        assert!(!attach(&base.db, said.at(), ("https://b.example/", "別頁"), 2).await);
        assert!(attach(&base.db, said.at(), (LINK, "頁"), 2).await);
        assert!(!attach(&base.db, said.at(), (LINK, "頁"), 2).await, "nothing changes");
        assert_eq!(title(base, room, said.seq).await.as_deref(), Some("頁"));
        assert!(attach(&base.db, said.at(), (LINK, "新的"), 2).await);
        for (content, shown) in [("請看 https://a.example/", Some("新的")), ("https://b.example/ https://a.example/", None)] {
            let (at, written_at) = (said.at(), moment(5));
            let revision = Revision { content: content.to_owned(), caption: None, written_at };
            let edited = base.write(move |conn| {
                let mut locked = revisions::lock_at(conn, at)?;
                revisions::edit(conn, &mut locked, &revision)
            });
            edited.await.unwrap();
            assert_eq!(title(base, room, said.seq).await.as_deref(), shown, "{content}");
        }
        assert!(!attach(&base.db, said.at(), (LINK, "頁"), 2).await);
    }

    async fn what_is_gone_or_closed_gets_none(base: &Base) {
        let (alice, bob) = base.two().await;
        let new = NewRoom {
            kind: RoomKind::Direct,
            direct_key: Some(direct_key(alice, bob)),
            ..new_group(&[alice, bob])
        };
        let room = new.id;
        base.write(move |conn| rooms::insert(conn, &new)).await.unwrap();
        let after = DisappearAfter::new(300);
        base.write(as_member(alice, room, move |conn, member| disappearing::put(conn, member, after))).await.unwrap();
        let sent = base.sent([text(room, alice, LINK), text(room, alice, LINK)]).await;
        let (unsent, gone) = (sent[0].at(), sent[1].at());
        base.write(move |conn| {
            let locked = revisions::lock_at(conn, unsent)?;
            revisions::unsend(conn, &locked, moment(2))
        }).await.unwrap();
        assert!(!attach(&base.db, unsent, (LINK, "頁"), 2).await, "unsent");
        assert!(!attach(&base.db, gone, (LINK, "頁"), 302).await, "disappeared");
        base.write(move |conn| blocks::set_room_blocked(conn, alice, bob, true)).await.unwrap();
        assert!(!attach(&base.db, gone, (LINK, "頁"), 2).await, "closed");
        base.write(move |conn| blocks::set_room_blocked(conn, alice, bob, false)).await.unwrap();
        assert!(attach(&base.db, gone, (LINK, "頁"), 300).await);
    }
}
