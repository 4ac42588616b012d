//! The lane: what it stores, and whom it refuses.

use domain::id::MediaId;
use domain::media::{Media, Purpose};
use domain::message::{Content, Kind};
use persistence::error::Error;
use persistence::lane::Posting;
use persistence::uploads::{self, NewUpload};
use persistence::{receipts, rooms, users};

use crate::base::{Base, moment};
use crate::posts::{named, says, seqs, stored, words, write_all};
use crate::witness::Witness;

on_each_database! {
    async fn a_message_comes_back_as_it_was_told(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let (lane, witness) = Witness::lane(base);
        let sent = stored(write_all(&lane, [named(room, alice, "你好，世界", "第一則")]).await);
        assert_eq!(sent[0].user.username, "愛麗絲");
        assert_eq!(sent[0].client_msg_id.as_deref(), Some("第一則"));
        assert_eq!(sent[0].timestamp, moment(1));
        assert_eq!(base.history(room).await, sent);
        assert_eq!(witness.told(), sent);
    }

    async fn long_texts_and_four_byte_letters_survive(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let (lane, _) = Witness::lane(base);
        let longest = "繁體中文訊息測試完畢".repeat(1_000);
        let emoji = "👩‍👩‍👧‍👦🏳️‍🌈𠮷🀄".repeat(500);
        let odd = "' \" \\ % _ ; -- \u{1} \r\n\t\u{10FFFF}";
        for text in [longest.as_str(), &emoji, odd] {
            write_all(&lane, [says(room, alice, text)]).await.pop().unwrap().unwrap();
        }
        assert_eq!(words(&base.history(room).await), [longest.as_str(), &emoji, odd]);
    }

    async fn a_full_batch_of_the_longest_texts_is_stored(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let (lane, witness) = Witness::lane(base);
        let longest = "字".repeat(10_000);
        let postings = (0..128).map(|_| says(room, bob, &longest)).collect();
        stored(witness.batch(&lane, says(room, alice, "開始"), postings).await);
        assert!(base.history(room).await.iter().skip(1).all(|message| message.content == longest));
    }

    async fn a_file_keeps_its_address_and_caption(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let (lane, _) = Witness::lane(base);
        let media = Media {
            media_id: MediaId::generate(),
            file_name: "照片.png".to_owned(),
            size: 12_345,
            content_type: "image/png".to_owned(),
            width: Some(640),
            height: Some(480),
        };
        let stored_media = media.clone();
        base.write(move |conn| {
            let new = NewUpload {
                owner: alice,
                purpose: Purpose::Message,
                stored_name: "x.png",
                media: &stored_media,
                at: moment(0),
            };
            uploads::insert(conn, &new)
        })
        .await
        .unwrap();
        let content = Content::File {
            kind: Kind::Image,
            url: "http://localhost/static/message/x.png".to_owned(),
            media: Some(media.media_id),
            caption: Some("看！".to_owned()),
        };
        let posting = Posting { content, media: Some(media.clone()), ..says(room, alice, "x") };
        let sent = stored(write_all(&lane, [posting]).await);
        assert_eq!((sent[0].kind, sent[0].caption.as_deref()), (Kind::Image, Some("看！")));
        assert_eq!(sent[0].media.as_ref(), Some(&media));
        assert_eq!(base.history(room).await, sent);
        let (found, _) = base.read(move |conn| uploads::readable_by(conn, media.media_id, bob)).await;
        assert_eq!(found.file_name, "照片.png");
    }

    async fn a_stranger_fails_alone(base: &Base) {
        let (alice, bob) = base.two().await;
        let stranger = base.user("路人").await;
        let room = base.room(&[alice, bob]).await;
        let (lane, witness) = Witness::lane(base);
        let postings = vec![says(room, bob, "一"), says(room, stranger, "讓我進來"), says(room, bob, "二")];
        let outcomes = witness.batch(&lane, says(room, alice, "開始"), postings).await;
        assert!(matches!(outcomes[1], Err(Error::NotFound)), "{:?}", outcomes[1]);
        assert_eq!(words(&base.history(room).await), ["開始", "一", "二"]);
        assert_eq!(seqs(&base.history(room).await), [1, 2, 3]);
    }

    async fn nobody_writes_to_a_room_that_is_not_there(base: &Base) {
        let (alice, _) = base.two().await;
        let (lane, witness) = Witness::lane(base);
        let nowhere = domain::id::RoomId::generate();
        let outcome = write_all(&lane, [says(nowhere, alice, "有人嗎")]).await.pop().unwrap();
        assert!(matches!(outcome, Err(Error::NotFound)), "{outcome:?}");
        assert!(witness.told().is_empty());
    }

    async fn whoever_was_deleted_writes_no_more(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let (lane, _) = Witness::lane(base);
        stored(write_all(&lane, [says(room, alice, "再見")]).await);
        base.write(move |conn| users::bury(conn, alice, moment(2))).await.unwrap();
        let outcome = write_all(&lane, [says(room, alice, "我還在")]).await.pop().unwrap();
        assert!(matches!(outcome, Err(Error::NotFound)), "{outcome:?}");
        let history = base.history(room).await;
        assert_eq!(words(&history), ["再見"]);
        assert_eq!(history[0].user.username, format!("deleted_{alice}"));
    }

    async fn whoever_writes_has_read(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let (lane, _) = Witness::lane(base);
        stored(write_all(&lane, [says(room, alice, "一"), says(room, alice, "二"), says(room, bob, "三")]).await);
        let marks = base.read(move |conn| receipts::of_room(conn, room)).await;
        let of = |user| marks.iter().find(|marks| marks.user == user).map(|m| (m.delivered_seq, m.read_seq));
        assert_eq!((of(alice), of(bob)), (Some((2, 2)), Some((3, 3))));
        assert_eq!(base.read(move |conn| rooms::last_seq(conn, room)).await, 3);
    }

    async fn a_dropped_lane_finishes_what_waits(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let (lane, witness) = Witness::lane(base);
        let first = witness.hold(&lane, says(room, alice, "開始"));
        let waiting: Vec<_> = (0..300).map(|n| lane.write(says(room, bob, &n.to_string()))).collect();
        drop(lane);
        witness.release();
        first.await.unwrap();
        for (outcome, seq) in waiting.into_iter().zip(2..) {
            assert_eq!(outcome.await.unwrap().message.seq, seq);
        }
    }

    async fn whoever_comes_to_a_full_lane_is_told_to_come_again(base: &Base) {
        let (alice, bob) = base.two().await;
        let stranger = base.user("路人").await;
        let room = base.room(&[alice, bob]).await;
        let (lane, witness) = Witness::lane(base);
        let first = witness.hold(&lane, says(room, alice, "開始"));
        // Refused in the end, which costs the least.
        let waiting: Vec<_> = (0..8_192).map(|_| lane.write(says(room, stranger, "排隊"))).collect();
        let refused = lane.write(says(room, bob, "我也要")).await;
        assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
        witness.release();
        first.await.unwrap();
        for outcome in waiting {
            assert!(matches!(outcome.await, Err(Error::NotFound)));
        }
        assert_eq!(stored(write_all(&lane, [says(room, bob, "輪到我了")]).await)[0].seq, 2);
    }
}
