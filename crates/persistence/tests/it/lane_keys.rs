//! A message that its sender named is stored once, however often and wherever it is sent.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::message::{ClientKey, Message};
use persistence::error::Error;
use persistence::lane::{Lane, Posted, Posting};

use crate::base::Base;
use crate::posts::{named, says, seqs, words, write_all};
use crate::witness::Witness;

fn freshness(outcomes: &[Result<Posted, Error>]) -> Vec<bool> {
    outcomes.iter().map(|outcome| outcome.as_ref().unwrap().fresh).collect()
}

on_each_database! {
    async fn twice_in_one_batch(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let (lane, witness) = Witness::lane(base);
        let postings = vec![named(room, bob, "嗨", "a"), says(room, alice, "中間"), named(room, bob, "嗨", "a")];
        let outcomes = witness.batch(&lane, says(room, alice, "開始"), postings).await;
        assert_eq!(freshness(&outcomes), [true, true, false]);
        assert_eq!(outcomes[0].as_ref().unwrap().message, outcomes[2].as_ref().unwrap().message);
        assert_eq!(words(&base.history(room).await), ["開始", "嗨", "中間"]);
    }

    async fn again_in_a_later_batch(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let (lane, _) = Witness::lane(base);
        let first = write_all(&lane, [named(room, bob, "嗨", "a")]).await.pop().unwrap().unwrap();
        drop(write_all(&lane, [says(room, alice, "嗨嗨")]).await);
        let again = write_all(&lane, [named(room, bob, "嗨", "a")]).await.pop().unwrap().unwrap();
        assert!(first.fresh && !again.fresh);
        assert_eq!(first.message, again.message);
        assert_eq!(seqs(&base.history(room).await), [1, 2]);
    }

    async fn with_other_words_it_fails_alone(base: &Base) {
        let (alice, bob) = base.two().await;
        let (room, elsewhere) = (base.room(&[alice, bob]).await, base.room(&[alice, bob]).await);
        let (lane, witness) = Witness::lane(base);
        let postings = vec![
            named(room, bob, "嗨", "a"),
            named(room, bob, "不是嗨", "a"),
            named(room, bob, "掰", "b"),
        ];
        let outcomes = witness.batch(&lane, says(room, alice, "開始"), postings).await;
        assert!(matches!(outcomes[1], Err(Error::Conflict)), "{:?}", outcomes[1]);
        assert!(outcomes[0].is_ok() && outcomes[2].is_ok());
        for posting in [named(room, bob, "又不是嗨", "a"), named(elsewhere, bob, "嗨", "a")] {
            let outcome = write_all(&lane, [posting]).await.pop().unwrap();
            assert!(matches!(outcome, Err(Error::Conflict)), "{outcome:?}");
        }
        assert_eq!(words(&base.history(room).await), ["開始", "嗨", "掰"]);
    }

    async fn each_sender_has_names_of_their_own(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let (lane, _) = Witness::lane(base);
        let hashed = Posting { key: Some(ClientKey::Hashed("a".into())), ..says(room, bob, "嗨") };
        let postings = [
            named(room, alice, "嗨", "a"),
            named(room, bob, "嗨", "a"),
            // A name is taken by its bytes: another case or accent is another name.
            named(room, bob, "嗨", "A"),
            named(room, bob, "嗨", "á"),
            hashed,
        ];
        assert_eq!(freshness(&write_all(&lane, postings).await), [true; 5]);
        assert_eq!(base.history(room).await.len(), 5);
    }

    async fn from_two_servers_at_once(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let (one, _) = Witness::lane(base);
        let other = Lane::start(base.second_server(), &(Arc::new(|_: &mut _, _, _| ()) as _)).unwrap();
        for round in 0..10 {
            let postings = || (0..20).map(move |n| named(room, bob, "嗨", &format!("{round}-{n}")));
            // Each lane has a thread of its own; both are given the same at once.
            let waiting: Vec<_> = postings().map(|p| (one.write(p.clone()), other.write(p))).collect();
            for (left, right) in waiting {
                let (left, right) = (left.await.unwrap(), right.await.unwrap());
                assert_eq!(left.message, right.message);
                assert!(left.fresh != right.fresh, "one of the two wrote it");
            }
        }
        assert_stored_once(&base.history(room).await, 200);
    }

    async fn from_two_servers_to_two_rooms_at_once(base: &Base) {
        let (alice, bob) = base.two().await;
        let (room, elsewhere) = (base.room(&[alice, bob]).await, base.room(&[alice, bob]).await);
        let (one, _) = Witness::lane(base);
        let other = Lane::start(base.second_server(), &(Arc::new(|_: &mut _, _, _| ()) as _)).unwrap();
        let mut conflicts = 0;
        for round in 0..100 {
            let key = round.to_string();
            let (left, right) =
                (one.write(named(room, bob, "嗨", &key)), other.write(named(elsewhere, bob, "嗨", &key)));
            for outcome in [left.await, right.await] {
                match outcome {
                    Ok(posted) => assert!(posted.fresh),
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
