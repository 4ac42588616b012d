//! Client keys: a message that its sender gave a key is stored once, however often it is sent.

use domain::message::ClientKey;
use persistence::error::Error;
use persistence::messages::{NewMessage, Written};
use testdb::base::{Base, contents, keyed, seqs, text};
use testdb::on_each_database;

fn are_new(outcomes: &[Result<Written, Error>]) -> Vec<bool> {
    outcomes.iter().map(|outcome| outcome.as_ref().unwrap().is_new).collect()
}

on_each_database! {
    async fn twice_in_one_batch(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let messages = vec![keyed(room, bob, "嗨", "a"), text(room, alice, "中間"), keyed(room, bob, "嗨", "a")];
        base.sent([text(room, alice, "開始")]).await;
        let outcomes = base.send(messages).await;
        assert_eq!(are_new(&outcomes), [true, true, false]);
        assert_eq!(outcomes[0].as_ref().unwrap().message, outcomes[2].as_ref().unwrap().message);
        assert_eq!(contents(&base.history(room).await), ["開始", "嗨", "中間"]);
    }

    async fn again_in_a_later_batch(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let first = base.send([keyed(room, bob, "嗨", "a")]).await.pop().unwrap().unwrap();
        drop(base.send([text(room, alice, "嗨嗨")]).await);
        let again = base.send([keyed(room, bob, "嗨", "a")]).await.pop().unwrap().unwrap();
        assert!(first.is_new && !again.is_new);
        assert_eq!(first.message, again.message);
        assert_eq!(seqs(&base.history(room).await), [1, 2]);
    }

    async fn with_other_words_it_fails_alone(base: &Base) {
        let (alice, bob) = base.two().await;
        let (room, elsewhere) = (base.room(&[alice, bob]).await, base.room(&[alice, bob]).await);
        let messages = vec![
            keyed(room, bob, "嗨", "a"),
            keyed(room, bob, "不是嗨", "a"),
            keyed(room, bob, "掰", "b"),
        ];
        base.sent([text(room, alice, "開始")]).await;
        let outcomes = base.send(messages).await;
        assert!(matches!(outcomes[1], Err(Error::Conflict)), "{:?}", outcomes[1]);
        assert!(outcomes[0].is_ok() && outcomes[2].is_ok());
        for message in [keyed(room, bob, "又不是嗨", "a"), keyed(elsewhere, bob, "嗨", "a")] {
            let outcome = base.send([message]).await.pop().unwrap();
            assert!(matches!(outcome, Err(Error::Conflict)), "{outcome:?}");
        }
        assert_eq!(contents(&base.history(room).await), ["開始", "嗨", "掰"]);
    }

    async fn each_sender_has_names_of_their_own(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let hashed = NewMessage { key: Some(ClientKey::Hashed("a".into())), ..text(room, bob, "嗨") };
        let messages = [
            keyed(room, alice, "嗨", "a"),
            keyed(room, bob, "嗨", "a"),
            // A name is taken by its bytes: another case or accent is another name.
            keyed(room, bob, "嗨", "A"),
            keyed(room, bob, "嗨", "á"),
            hashed,
        ];
        assert_eq!(are_new(&base.send(messages).await), [true; 5]);
        assert_eq!(base.history(room).await.len(), 5);
    }
}
