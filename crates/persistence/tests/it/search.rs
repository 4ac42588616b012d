//! Searching messages: what is indexed and what is not, edited, unsent, hidden, and in other rooms.

use domain::id::{MediaId, MessageId, RoomId, UserId};
use domain::media::{Media, Purpose};
use domain::message::{Content, Message, MessageKind};
use domain::revision::Revision;
use domain::search::{Query, Search};
use persistence::error::Error;
use persistence::messages::NewMessage;
use persistence::search::{self, HitPage};
use persistence::uploads::{self, NewUpload};
use persistence::{hidden, log, revisions};
use testdb::base::{Base, as_member, member, moment, text};
use testdb::on_each_database;

fn asked(query: &str) -> Search {
    let query = Query::parse(query).unwrap();
    Search {
        query,
        sender: None,
        kind: None,
        before: None,
        after: None,
        older_than: None,
        limit: Search::MAX,
    }
}

/// A page of what is found in one room, or in all rooms of a user.
async fn page(base: &Base, viewer: UserId, search: &Search, room: Option<RoomId>) -> HitPage {
    let search = search.clone();
    base.read(move |conn| {
        let only = room.map(|room| member(conn, viewer, room)).transpose()?;
        search::page(conn, viewer, only.as_ref(), &search)
    })
    .await
}

/// The seqs of what is found there.
async fn found(base: &Base, viewer: UserId, query: &str, room: Option<RoomId>) -> Vec<i64> {
    let page = page(base, viewer, &asked(query), room).await;
    assert_eq!(page.next, None);
    page.hits.iter().map(|hit| hit.document.at.seq).collect()
}

/// Indexes the next positions of the log; returns how many are left.
async fn index(base: &Base, most: i64) -> i64 {
    base.write(move |conn| search::index(conn, most)).await.unwrap()
}

async fn edit(base: &Base, message: &Message, content: &str) {
    let (room, id, sender) = (message.room, message.id, message.sender);
    let revision = Revision { content: content.to_owned(), caption: None, written_at: moment(5) };
    let edited = base.write(move |conn| {
        let sender = member(conn, sender, room)?;
        let mut locked = revisions::lock_with_room(conn, &sender, id)?;
        revisions::edit(conn, &mut locked, &revision)
    });
    edited.await.unwrap();
}

async fn unsend(base: &Base, message: &Message) {
    let (room, id, sender) = (message.room, message.id, message.sender);
    let unsent = base.write(move |conn| {
        let sender = member(conn, sender, room)?;
        let locked = revisions::lock_with_room(conn, &sender, id)?;
        revisions::unsend(conn, &locked, moment(9))
    });
    unsent.await.unwrap();
}

on_each_database! {
    async fn what_is_indexed_and_what_is_not_is_found_alike(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let texts = ["明天見", "後天在台北", "Good morning", "明天也在臺北", "morning 明天"];
        base.sent(texts.map(|content| text(room, alice, content))).await;
        for step in 0..=texts.len() {
            assert_eq!(found(base, bob, "明天", Some(room)).await, [5, 4, 1], "{step}");
            assert_eq!(found(base, bob, "台北", Some(room)).await, [4, 2], "{step}");
            assert_eq!(found(base, bob, "天", Some(room)).await, [5, 4, 2, 1], "{step}");
            assert_eq!(found(base, bob, "MORN", Some(room)).await, [5, 3], "{step}");
            assert_eq!(found(base, bob, "m", Some(room)).await, [5, 3], "{step}");
            assert_eq!(found(base, bob, "ni", Some(room)).await, [5, 3], "{step}");
            assert_eq!(found(base, bob, "明天 morning", Some(room)).await, [5], "{step}");
            assert_eq!(found(base, bob, "天明", Some(room)).await, [0; 0], "{step}");
            index(base, 1).await;
        }
        assert_eq!(index(base, 1_000).await, 0);
        let (head, indexed) = base.read(|conn| Ok((log::head(conn)?.position, search::indexed_to(conn)?))).await;
        assert_eq!(head, indexed);
        base.sent([text(room, bob, "明天的明天")]).await;
        assert_eq!(found(base, bob, "明天", Some(room)).await, [6, 5, 4, 1], "not indexed yet");
    }

    async fn edits_and_unsends_are_followed_before_and_after_they_are_indexed(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        for indexed in [false, true] {
            let sent = base.sent(["第一個字", "第二個字", "第三個字"].map(|content| text(room, alice, content))).await;
            if indexed {
                index(base, 1_000).await;
            }
            let seq = |n: usize| sent[n].seq;
            let here = async |query: &str| {
                let mut all = found(base, bob, query, Some(room)).await;
                all.retain(|found| *found >= seq(0));
                all
            };
            edit(base, &sent[1], "改過的字").await;
            assert_eq!(here("第二").await, [0; 0]);
            assert_eq!(here("改過").await, [seq(1)]);
            assert_eq!(here("個字").await, [seq(2), seq(0)]);
            edit(base, &sent[1], "第二個字").await;
            assert_eq!(here("個字").await, [seq(2), seq(1), seq(0)]);
            unsend(base, &sent[0]).await;
            assert_eq!(here("字").await, [seq(2), seq(1)]);
            index(base, 1_000).await;
            assert_eq!(here("字").await, [seq(2), seq(1)]);
            assert_eq!(here("第一").await, [0; 0]);
        }
    }

    async fn nothing_of_what_was_unsent_is_left_in_the_index(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let sent = base.sent([text(room, alice, "鑰匙在花盆下"), text(room, alice, "花")]).await;
        index(base, 1_000).await;
        assert!(rows(base).await > 6);
        unsend(base, &sent[0]).await;
        // Of the other message: its character, its room, sender, kind and day.
        assert_eq!(rows(base).await, 5);
    }

    async fn only_these_rooms_and_what_is_not_hidden(base: &Base) {
        let (alice, bob) = base.two().await;
        let carol = base.user("卡蘿").await;
        let (room, other) = (base.room(&[alice, bob]).await, base.room(&[alice, bob]).await);
        base.sent([text(room, alice, "秘密"), text(other, alice, "秘密"), text(room, bob, "秘密")]).await;
        base.write(as_member(bob, room, move |conn, member| hidden::hide(conn, member, 1))).await.unwrap();
        for _ in 0..2 {
            assert_eq!(found(base, bob, "秘密", Some(room)).await, [2]);
            assert_eq!(found(base, alice, "秘密", Some(room)).await, [2, 1]);
            assert_eq!(found(base, bob, "秘密", None).await, [2, 1]);
            assert_eq!(found(base, carol, "秘密", None).await, [0; 0]);
            index(base, 1_000).await;
        }
    }

    async fn filters_and_files(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let media = upload(base, alice, "十一月報表.pdf").await;
        let file = NewMessage {
            content: Content::File {
                kind: MessageKind::File,
                url: "/static/message/1.pdf".into(),
                media: Some(media.media_id),
                caption: Some("請看報表".into()),
            },
            media: Some(media),
            ..text(room, alice, "x")
        };
        let day = 24 * 60 * 60;
        let new = [
            file,
            NewMessage { at: moment(day), ..text(room, bob, "報表看了") },
            NewMessage { at: moment(2 * day), ..text(room, alice, "報表改了") },
        ];
        let sent = base.sent(new).await;
        for _ in 0..2 {
            let seqs = async |search: Search| {
                let found = page(base, bob, &search, Some(room)).await;
                found.hits.iter().map(|hit| hit.document.at.seq).collect::<Vec<_>>()
            };
            assert_eq!(seqs(asked("報表")).await, [3, 2, 1]);
            assert_eq!(seqs(asked("十一月 請看")).await, [1]);
            assert_eq!(seqs(asked("static")).await, [0; 0]);
            assert_eq!(seqs(Search { sender: Some(bob), ..asked("報表") }).await, [2]);
            assert_eq!(seqs(Search { kind: Some(MessageKind::File), ..asked("報表") }).await, [1]);
            assert_eq!(seqs(Search { kind: Some(MessageKind::Image), ..asked("報表") }).await, [0; 0]);
            let second = sent[1].timestamp;
            assert_eq!(seqs(Search { after: Some(second), ..asked("報表") }).await, [3, 2]);
            assert_eq!(seqs(Search { after: Some(second.next()), ..asked("報表") }).await, [3]);
            assert_eq!(seqs(Search { before: Some(second), ..asked("報表") }).await, [1]);
            assert_eq!(seqs(Search { before: Some(second.next()), after: Some(second), ..asked("報表") }).await, [2]);
            index(base, 1_000).await;
        }
    }

    async fn pages_are_without_gaps_over_blocks_and_what_is_not_indexed(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        base.sent((0..700).map(|n| text(room, alice, if n % 3 == 0 { "哈囉" } else { "再見" }))).await;
        // The next messages are in other blocks.
        for far in [3, 90] {
            base.write(move |conn| skip(conn, far << 14)).await.unwrap();
            base.sent((0..30).map(|_| text(room, bob, "哈囉"))).await;
        }
        index(base, 650).await;
        for all_indexed in [false, true] {
            if all_indexed {
                while index(base, 1 << 20).await > 0 {}
            }
            let (mut all, mut older_than) = (Vec::<MessageId>::new(), None);
            loop {
                let search = Search { older_than, limit: 7, ..asked("哈囉") };
                let found = page(base, bob, &search, Some(room)).await;
                assert!(found.hits.len() == 7 || found.next.is_none());
                all.extend(found.hits.iter().map(|hit| hit.document.id));
                older_than = found.next;
                if older_than.is_none() {
                    break;
                }
            }
            assert_eq!(all.len(), 294, "{all_indexed}");
            assert!(all.is_sorted_by(|newer, older| newer > older));
        }
    }

    async fn a_page_has_a_greatest_size(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        base.sent((0..12).map(|_| text(room, alice, &"字".repeat(10_000)))).await;
        let first = page(base, bob, &asked("字字"), Some(room)).await;
        assert_eq!(first.hits.len(), 4);
        assert_eq!(first.next, Some(first.hits[3].document.id));
        let second = page(base, bob, &Search { older_than: first.next, ..asked("字字") }, Some(room)).await;
        assert_eq!(second.hits[0].document.at.seq, 8);
    }

    async fn two_servers_index_every_message_once(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        base.sent((0..500).map(|n| text(room, alice, &format!("第 {n} 則")))).await;
        let other = base.second_server().clone();
        let work = |db: persistence::db::Db| async move {
            while db.transaction(|conn| search::index(conn, 50)).await.unwrap() > 0 {}
        };
        tokio::join!(work(base.db.clone()), work(other));
        let count = base.read(|conn| offsets(conn, "則")).await;
        assert_eq!(count, 500);
    }
}

/// Moves the log's head on, as other entries of the log would.
fn skip(conn: &mut persistence::Conn, to: i64) -> Result<(), Error> {
    use diesel::RunQueryDsl;
    diesel::sql_query(format!("UPDATE log_head SET pos = {to}")).execute(conn)?;
    Ok(())
}

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    number: i64,
}

fn count(conn: &mut persistence::Conn, query: &str) -> Result<i64, Error> {
    use diesel::RunQueryDsl;
    let row: Count = match conn {
        persistence::Conn::Mysql(c) => diesel::sql_query(query).get_result(c)?,
        persistence::Conn::Sqlite(c) => diesel::sql_query(query).get_result(c)?,
    };
    Ok(row.number)
}

async fn rows(base: &Base) -> i64 {
    base.read(|conn| count(conn, "SELECT COUNT(*) AS number FROM search_postings")).await
}

/// How many offsets the lists of a character have.
fn offsets(conn: &mut persistence::Conn, character: &str) -> Result<i64, Error> {
    let token = Query::parse(character).unwrap().tokens()[0].0;
    let sum = match conn {
        persistence::Conn::Mysql(_) => "CAST(SUM(LENGTH(offsets)) AS SIGNED)",
        persistence::Conn::Sqlite(_) => "SUM(LENGTH(offsets))",
    };
    Ok(count(conn, &format!("SELECT {sum} AS number FROM search_postings WHERE token = {token}"))? / 2)
}

async fn upload(base: &Base, owner: UserId, file_name: &str) -> Media {
    let media = Media {
        media_id: MediaId::generate(),
        file_name: file_name.into(),
        size: 1,
        content_type: "application/pdf".into(),
        width: None,
        height: None,
        duration_ms: None,
        thumbhash: None,
        thumbnails: None,
    };
    let file = media.clone();
    let stored = base.write(move |conn| {
        let (purpose, at) = (Purpose::Message, moment(0));
        uploads::insert(
            conn,
            &NewUpload { owner, purpose, stored_name: "s.pdf", media: &file, thumbnails: None, at },
        )
    });
    stored.await.unwrap();
    media
}
