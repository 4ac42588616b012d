//! A message that its sender gave a key is stored once, also when two servers write it at once.

use std::collections::BTreeSet;

use domain::message::Message;
use persistence::error::Error;
use testdb::base::{Base, keyed, seqs};
use testdb::on_each_database;

use super::recorder::lone_writer;

on_each_database! {
    async fn from_two_servers_at_once(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let one = lone_writer(&base.db).await;
        let other = lone_writer(base.second_server()).await;
        for round in 0..10 {
            let messages = || (0..20).map(move |n| keyed(room, bob, "嗨", &format!("{round}-{n}")));
            // Each writer has a thread of its own; both are given the same at once.
            let waiting: Vec<_> = messages().map(|new| (one.write(new.clone(), None), other.write(new, None))).collect();
            for (left, right) in waiting {
                let (left, right) = (left.await.unwrap(), right.await.unwrap());
                assert_eq!(left.message, right.message);
                assert!(left.is_new != right.is_new, "one of the two wrote it");
            }
        }
        assert_stored_once(&base.history(room).await, 200);
    }

    async fn from_two_servers_to_two_rooms_at_once(base: &Base) {
        let (alice, bob) = base.two().await;
        let (room, elsewhere) = (base.room(&[alice, bob]).await, base.room(&[alice, bob]).await);
        let one = lone_writer(&base.db).await;
        let other = lone_writer(base.second_server()).await;
        let mut conflicts = 0;
        for round in 0..100 {
            let key = round.to_string();
            let (left, right) =
                (one.write(keyed(room, bob, "嗨", &key), None), other.write(keyed(elsewhere, bob, "嗨", &key), None));
            for outcome in [left.await, right.await] {
                match outcome {
                    Ok(written) => assert!(written.is_new),
                    Err(Error::Conflict) => conflicts += 1,
                    Err(error) => panic!("{error}"),
                }
            }
        }
        assert_eq!(conflicts, 100, "one of the two is the message, the other a reused name");
        let (here, there) = (base.history(room).await, base.history(elsewhere).await);
        assert_eq!(here.len() + there.len(), 100);
        for history in [here, there] {
            assert!(history.iter().zip(1..).all(|(message, seq)| message.seq == seq));
        }
    }
}

fn assert_stored_once(history: &[Message], count: usize) {
    let keys: BTreeSet<_> = history.iter().map(|message| message.client_msg_id.clone()).collect();
    assert_eq!((history.len(), keys.len()), (count, count));
    assert_eq!(seqs(history), (1..=i64::try_from(count).unwrap()).collect::<Vec<_>>());
}
