//! Messages that are edited and unsent.

use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use domain::id::{MediaId, MessageId, RoomId, UserId};
use domain::media::{Media, Purpose};
use domain::message::{Content, MessageKind};
use domain::reaction::Emoji;
use domain::revision::Revision;
use persistence::Conn;
use persistence::db::Db;
use persistence::error::Error;
use persistence::messages::NewMessage;
use persistence::uploads::{self, NewUpload};
use persistence::{hidden, reactions, revisions};
use testdb::base::{Base, as_member, keyed, member, moment, reader, text};
use testdb::on_each_database;

fn version(content: &str, at: i64) -> Revision {
    Revision { content: content.to_owned(), caption: None, written_at: moment(at) }
}

/// Edits a message unless it was unsent; returns whether it did.
async fn edit(db: &Db, (by, room): (UserId, RoomId), id: MessageId, says: Revision) -> bool {
    db.transaction(move |conn| {
        let by = member(conn, by, room)?;
        let mut locked = revisions::lock_with_room(conn, &by, id)?;
        if !locked.state.unsent {
            revisions::edit(conn, &mut locked, &says)?;
        }
        Ok::<_, Error>(!locked.state.unsent)
    })
    .await
    .unwrap()
}

async fn unsend(db: &Db, (by, room): (UserId, RoomId), id: MessageId) {
    let unsent = db.transaction(move |conn| {
        let by = member(conn, by, room)?;
        let locked = revisions::lock_with_room(conn, &by, id)?;
        revisions::unsend(conn, &locked, moment(9))
    });
    unsent.await.unwrap();
}

/// A file that a user has uploaded.
async fn upload(base: &Base, owner: UserId) -> Media {
    let media = Media {
        media_id: MediaId::generate(),
        file_name: "秘密.png".into(),
        size: 1,
        content_type: "image/png".into(),
        width: None,
        height: None,
        duration_ms: None,
        thumbhash: None,
        thumbnails: None,
    };
    let file = media.clone();
    base.write(move |conn| {
        let (purpose, at) = (Purpose::Message, moment(0));
        uploads::insert(
            conn,
            &NewUpload { owner, purpose, stored_name: "s.png", media: &file, thumbnails: None, at },
        )
    })
    .await
    .unwrap();
    media
}

/// Every text that the database has of any message.
async fn remains(base: &Base) -> String {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        line: String,
    }
    let query = "SELECT COALESCE(content, '') AS line FROM messages UNION ALL SELECT COALESCE(caption, '') FROM messages \
         UNION ALL SELECT COALESCE(media_url, '') FROM messages UNION ALL SELECT message_type FROM messages \
         UNION ALL SELECT COALESCE(content, '') FROM message_versions \
         UNION ALL SELECT COALESCE(caption, '') FROM message_versions UNION ALL SELECT emoji FROM reactions";
    let rows: Vec<Row> = base
        .read(move |conn| {
            Ok(match conn {
                Conn::Mysql(c) => sql_query(query).load(c)?,
                Conn::Sqlite(c) => sql_query(query).load(c)?,
            })
        })
        .await;
    rows.into_iter().map(|line| line.line).collect::<Vec<_>>().join("|")
}

on_each_database! {
    async fn what_a_message_said_is_kept(base: &Base) {
        let (alice, bob) = base.two().await;
        let (room, other) = (base.room(&[alice, bob]).await, base.room(&[alice, bob]).await);
        let id = base.sent([text(room, alice, "一")]).await[0].id;
        let versions = async || base.read(as_member(alice, room, move |conn, member| revisions::list(conn, member, id))).await;
        assert_eq!(versions().await, [version("一", 1)]);
        for (content, at) in [("二", 5), ("三", 7)] {
            assert!(edit(&base.db, (alice, room), id, version(content, at)).await);
        }
        assert_eq!(versions().await, [version("一", 1), version("二", 5), version("三", 7)]);
        let now = base.history(room).await.remove(0);
        assert_eq!((now.content.as_str(), now.edited_at, now.timestamp), ("三", Some(moment(7)), moment(1)));
        let locked = base.write(move |conn| {
            let alice = member(conn, alice, room)?;
            let locked = revisions::lock(conn, &alice, id)?;
            Ok((revisions::edit_count(conn, &locked)?, locked.revision))
        });
        assert_eq!(locked.await.unwrap(), (2, version("三", 7)));
        for (room, id) in [(other, id), (room, MessageId(i64::from(i32::MAX)))] {
            let versions = base.db.read(as_member(alice, room, move |conn, member| revisions::list(conn, member, id))).await;
            assert!(matches!(versions, Err(Error::NotFound)), "{versions:?}");
            let locked = base.write(as_member(alice, room, move |conn, member| revisions::lock_with_room(conn, member, id))).await;
            assert!(matches!(locked, Err(Error::NotFound)), "{locked:?}");
        }
    }

    async fn nothing_is_left_of_an_unsent_message_but_its_seq(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let media = upload(base, alice).await;
        let first = base.sent([text(room, bob, "給我看")]).await[0].clone();
        let content = Content::File {
            kind: MessageKind::Image,
            url: "/static/message/秘密.png".into(),
            media: Some(media.media_id),
            caption: Some("秘密一".into()),
        };
        let secret = NewMessage {
            content,
            media: Some(media.clone()),
            reply_to: Some(first.id),
            ..keyed(room, alice, "x", "鍵")
        };
        let sent = base.sent([secret.clone()]).await[0].clone();
        let (id, file) = (sent.id, media.media_id);
        base.read(move |conn| uploads::readable_by(conn, file, reader(bob))).await;
        let caption = Revision { caption: Some("秘密二".into()), ..version(&sent.content, 5) };
        assert!(edit(&base.db, (alice, room), id, caption).await);
        base.write(move |conn| {
            let bob = member(conn, bob, room)?;
            hidden::hide(conn, &bob, 2)?;
            reactions::add(conn, &bob, 2, &Emoji::parse("🤫").unwrap())
        })
        .await
        .unwrap();
        assert!(remains(base).await.contains("秘密一") && remains(base).await.contains("🤫"));
        unsend(&base.db, (alice, room), id).await;
        assert_eq!(remains(base).await.replace('|', ""), "給我看texttext");
        let unsent = base.history(room).await.remove(1);
        assert!(unsent.deleted && unsent.content.is_empty() && unsent.reply_to.is_none());
        assert!(unsent.media.is_none() && unsent.media_url.is_none() && unsent.edited_at.is_none());
        assert_eq!((unsent.id, unsent.seq, unsent.sender), (id, 2, alice));
        assert_eq!((unsent.timestamp, unsent.client_msg_id.as_deref()), (sent.timestamp, Some("鍵")));
        let read = base.db.read(move |conn| uploads::readable_by(conn, file, reader(bob))).await;
        assert!(matches!(read, Err(Error::NotFound)), "{read:?}");
        assert_eq!(base.read(as_member(alice, room, move |conn, member| revisions::list(conn, member, id))).await, []);
        // Its key is kept: a repeated send restores nothing.
        let again = base.send([secret]).await.pop().unwrap().unwrap();
        assert!(!again.is_new && again.message.deleted);
        assert_eq!(base.history(room).await.len(), 2);
    }

    async fn a_repeated_send_of_what_was_edited_is_the_same_message(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let id = base.sent([keyed(room, alice, "一", "鍵")]).await[0].id;
        edit(&base.db, (alice, room), id, version("二", 5)).await;
        let again = base.send([keyed(room, alice, "一", "鍵")]).await.pop().unwrap().unwrap();
        assert_eq!((again.is_new, again.message.content.as_str()), (false, "二"));
    }

    async fn nothing_survives_that_was_edited_while_it_was_unsent(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        for round in 0..10 {
            let id = base.sent([text(room, alice, "秘密")]).await[0].id;
            let mut devices = Vec::new();
            for device in 0..4 {
                let db = if device % 2 == 0 { base.db.clone() } else { base.second_server().clone() };
                devices.push(tokio::spawn(async move {
                    edit(&db, (alice, room), id, version("秘密", 10 + device)).await;
                }));
            }
            let db = base.second_server().clone();
            devices.push(tokio::spawn(async move { unsend(&db, (alice, room), id).await }));
            for device in devices {
                device.await.unwrap();
            }
            assert!(!remains(base).await.contains("秘密"), "round {round}");
            assert!(base.newest_for(alice, room, 1).await[0].deleted);
        }
    }
}
