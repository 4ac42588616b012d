//! Batches of messages: what they store, and whom they refuse.

use domain::id::MediaId;
use domain::media::{Media, Purpose};
use domain::message::{Content, MessageKind};
use persistence::error::Error;
use persistence::messages::NewMessage;
use persistence::uploads::{self, NewUpload};
use persistence::{log, receipts, rooms};
use testdb::base::{Base, contents, keyed, moment, reader, seqs, text};
use testdb::on_each_database;

on_each_database! {
    async fn a_message_comes_back_as_it_was_stored(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let sent = base.sent([keyed(room, alice, "你好，世界", "第一則")]).await;
        assert_eq!(sent[0].user.username, "愛麗絲");
        assert_eq!(sent[0].client_msg_id.as_deref(), Some("第一則"));
        assert_eq!(sent[0].timestamp, moment(1));
        assert_eq!(base.history(room).await, sent);
    }

    async fn long_texts_and_four_byte_letters_survive(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let longest = "繁體中文訊息測試完畢".repeat(1_000);
        let emoji = "👩‍👩‍👧‍👦🏳️‍🌈𠮷🀄".repeat(500);
        let odd = "' \" \\ % _ ; -- \u{1} \r\n\t\u{10FFFF}";
        for content in [longest.as_str(), &emoji, odd] {
            base.send([text(room, alice, content)]).await.pop().unwrap().unwrap();
        }
        assert_eq!(contents(&base.history(room).await), [longest.as_str(), &emoji, odd]);
    }

    async fn a_full_batch_of_the_longest_texts_is_stored(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let longest = "字".repeat(10_000);
        let messages = (0..128).map(|_| text(room, bob, &longest));
        base.sent([text(room, alice, "開始")]).await;
        base.sent(messages).await;
        assert!(base.history(room).await.iter().skip(1).all(|message| message.content == longest));
    }

    async fn a_file_keeps_its_address_and_caption(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let media = Media {
            media_id: MediaId::generate(),
            file_name: "照片.png".to_owned(),
            size: 12_345,
            content_type: "image/png".to_owned(),
            width: Some(640),
            height: Some(480),
            duration_ms: None,
            thumbhash: None,
            thumbnails: None,
        };
        let stored_media = media.clone();
        base.write(move |conn| {
            let new = NewUpload {
                owner: alice,
                purpose: Purpose::Message,
                stored_name: "x.png",
                media: &stored_media,
                thumbnails: None,
                at: moment(0),
            };
            uploads::insert(conn, &new)
        })
        .await
        .unwrap();
        let content = Content::File {
            kind: MessageKind::Image,
            url: "http://localhost/static/message/x.png".to_owned(),
            media: Some(media.media_id),
            caption: Some("看！".to_owned()),
        };
        let message = NewMessage { content, media: Some(media.clone()), ..text(room, alice, "x") };
        let sent = base.sent([message]).await;
        assert_eq!((sent[0].kind, sent[0].caption.as_deref()), (MessageKind::Image, Some("看！")));
        assert_eq!(sent[0].media.as_ref(), Some(&media));
        assert_eq!(base.history(room).await, sent);
        let found = base.read(move |conn| uploads::readable_by(conn, media.media_id, reader(bob))).await;
        assert_eq!(found.media.file_name, "照片.png");
    }

    async fn a_stranger_fails_alone(base: &Base) {
        let (alice, bob) = base.two().await;
        let stranger = base.user("路人").await;
        let room = base.room(&[alice, bob]).await;
        let messages = vec![text(room, bob, "一"), text(room, stranger, "讓我進來"), text(room, bob, "二")];
        base.sent([text(room, alice, "開始")]).await;
        let outcomes = base.send(messages).await;
        assert!(matches!(outcomes[1], Err(Error::NotFound)), "{:?}", outcomes[1]);
        assert_eq!(contents(&base.history(room).await), ["開始", "一", "二"]);
        assert_eq!(seqs(&base.history(room).await), [1, 2, 3]);
    }

    async fn nobody_writes_to_a_room_that_is_not_there(base: &Base) {
        let (alice, _) = base.two().await;
        let nowhere = domain::id::RoomId::generate();
        let outcome = base.send([text(nowhere, alice, "有人嗎")]).await.pop().unwrap();
        assert!(matches!(outcome, Err(Error::NotFound)), "{outcome:?}");
        assert_eq!(base.read(log::head).await.position, 0, "nothing is in the event log");
    }

    async fn a_deleted_user_sends_no_more(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        base.sent([text(room, alice, "再見")]).await;
        base.write(move |conn| crate::end_account(conn, alice, moment(2))).await.unwrap();
        let outcome = base.send([text(room, alice, "我還在")]).await.pop().unwrap();
        assert!(matches!(outcome, Err(Error::NotFound)), "{outcome:?}");
        let history = base.history(room).await;
        assert_eq!(contents(&history), ["再見"]);
        assert_eq!(history[0].user.username, format!("deleted_{alice}"));
    }

    async fn a_sender_has_read_what_they_sent(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        base.sent([text(room, alice, "一"), text(room, alice, "二"), text(room, bob, "三")]).await;
        let receipts = base.read(move |conn| receipts::whole(conn, room)).await;
        let of = |user| receipts.iter().find(|receipt| receipt.user == user).map(|m| (m.delivered_seq, m.read_seq));
        assert_eq!((of(alice), of(bob)), (Some((2, 2)), Some((3, 3))));
        assert_eq!(base.read(move |conn| rooms::last_seq(conn, room)).await, 3);
    }

    async fn a_batch_is_dense_and_in_the_order_of_the_calls(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        base.sent([text(room, alice, "1")]).await;
        let messages = (2..=100).map(|n| text(room, if n % 3 == 0 { alice } else { bob }, &n.to_string()));
        let sent = base.sent(messages).await;
        assert_eq!(seqs(&sent), (2..=100).collect::<Vec<_>>());
        assert_eq!(contents(&sent), (2..=100).map(|n| n.to_string()).collect::<Vec<_>>());
    }

    async fn time_moves_on_though_the_clock_does_not(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let at = |seconds: i64| NewMessage { at: moment(seconds), ..text(room, bob, "滴答") };
        base.sent([at(50)]).await;
        base.sent((0..20).map(|_| at(50))).await;
        for seconds in [10, 0, 49, 50] {
            base.sent([at(seconds)]).await;
        }
        let ahead = base.sent([at(60)]).await;
        assert_eq!(ahead[0].timestamp, moment(60));
        let history = base.history(room).await;
        assert_eq!(history.len(), 26);
        assert!(history.is_sorted_by(|a, b| a.timestamp < b.timestamp));
    }
}
