//! When the message writer answers, what it publishes, and whom it refuses.

use domain::id::MediaId;
use domain::media::Media;
use persistence::error::Error;
use persistence::messages::NewMessage;
use persistence::users;
use testdb::base::{Base, keyed, moment, seqs, stored, text};
use testdb::on_each_database;

use super::recorder::{Recorder, texts, values, write_all};

on_each_database! {
    async fn a_message_is_published_as_it_was_answered(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let (writer, recorder) = Recorder::writer(&base.db, &[room]).await;
        let sent = stored(write_all(&writer, [keyed(room, alice, "你好，世界", "第一則")]).await);
        assert_eq!(recorder.wait_for(1), values(&sent));
        assert_eq!(base.history(room).await, sent);
    }

    async fn senders_are_answered_and_others_can_write_before_it_publishes(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let (writer, recorder) = Recorder::writer(&base.db, &[room]).await;
        let outcome = recorder.hold(&writer, text(room, alice, "開始")).await;
        assert!(outcome.unwrap().is_new);
        base.write(move |conn| users::seen(conn, alice, moment(2))).await.unwrap();
        recorder.release();
    }

    async fn a_batch_is_published_as_one_in_its_order(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let (writer, recorder) = Recorder::writer(&base.db, &[room]).await;
        recorder.hold(&writer, text(room, alice, "一")).await.unwrap();
        let waiting = ["二", "三", "四"].map(|content| writer.write(text(room, bob, content), None));
        recorder.release();
        for outcome in waiting {
            outcome.await.unwrap();
        }
        assert_eq!(texts(&recorder.wait_for(4)), ["一", "二", "三", "四"]);
        assert_eq!(recorder.firsts(), [1, 2]);
    }

    async fn a_message_that_the_database_refuses_fails_alone(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let (writer, recorder) = Recorder::writer(&base.db, &[room]).await;
        recorder.hold(&writer, text(room, alice, "開始")).await.unwrap();
        let file = Media {
            media_id: MediaId::generate(),
            file_name: "沒有這個檔案.png".to_owned(),
            size: 1,
            content_type: "image/png".to_owned(),
            width: None,
            height: None,
            duration_ms: None,
            thumbhash: None,
            thumbnails: None,
        };
        let messages = [
            text(room, bob, "一"),
            NewMessage { media: Some(file), ..text(room, bob, "壞的") },
            text(room, alice, "二"),
        ];
        let waiting = messages.map(|message| writer.write(message, None));
        recorder.release();
        let [one, refused, two] = waiting;
        assert!(one.await.unwrap().is_new && two.await.unwrap().is_new);
        let refused = refused.await;
        assert!(matches!(refused, Err(Error::Other(_))), "{refused:?}");
        assert_eq!(texts(&recorder.wait_for(3)), ["開始", "一", "二"]);
        assert_eq!(recorder.firsts(), [1, 2, 3], "each of the others was committed alone");
        assert_eq!(seqs(&base.history(room).await), [1, 2, 3]);
    }

    async fn only_new_messages_are_published(base: &Base) {
        let (alice, bob) = base.two().await;
        let stranger = base.user("路人").await;
        let room = base.room(&[alice, bob]).await;
        let (writer, recorder) = Recorder::writer(&base.db, &[room]).await;
        recorder.hold(&writer, text(room, alice, "開始")).await.unwrap();
        let messages = [
            keyed(room, bob, "一", "a"),
            text(room, stranger, "讓我進來"),
            keyed(room, bob, "一", "a"),
            keyed(room, bob, "不一樣", "a"),
            text(room, alice, "二"),
        ];
        let waiting = messages.map(|message| writer.write(message, None));
        recorder.release();
        for outcome in waiting {
            drop(outcome.await);
        }
        drop(write_all(&writer, [keyed(room, bob, "一", "a")]).await);
        drop(write_all(&writer, [text(room, bob, "三")]).await);
        assert_eq!(texts(&recorder.wait_for(4)), ["開始", "一", "二", "三"]);
        assert_eq!(seqs(&base.history(room).await), [1, 2, 3, 4]);
    }

    async fn a_dropped_writer_finishes_what_waits(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let (writer, recorder) = Recorder::writer(&base.db, &[room]).await;
        recorder.hold(&writer, text(room, alice, "開始")).await.unwrap();
        let waiting: Vec<_> =
            (0..300).map(|n| writer.write(text(room, bob, &n.to_string()), None)).collect();
        drop(writer);
        recorder.release();
        for (outcome, seq) in waiting.into_iter().zip(2..) {
            assert_eq!(outcome.await.unwrap().message.seq, seq);
        }
    }

    async fn a_full_queue_refuses_more(base: &Base) {
        let (alice, bob) = base.two().await;
        let stranger = base.user("路人").await;
        let room = base.room(&[alice, bob]).await;
        let (writer, recorder) = Recorder::writer(&base.db, &[room]).await;
        recorder.hold(&writer, text(room, alice, "開始")).await.unwrap();
        // Refused in the end, which costs the least.
        let waiting: Vec<_> =
            (0..8_192).map(|_| writer.write(text(room, stranger, "排隊"), None)).collect();
        let refused = writer.write(text(room, bob, "我也要"), None).await;
        assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
        recorder.release();
        for outcome in waiting {
            assert!(matches!(outcome.await, Err(Error::NotFound)));
        }
        assert_eq!(stored(write_all(&writer, [text(room, bob, "輪到我了")]).await)[0].seq, 2);
    }
}
