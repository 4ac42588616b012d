//! The order of a room: dense, the same for everybody, whoever writes from wherever.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::{RoomId, UserId};
use domain::message::Message;
use domain::page::Anchor;
use persistence::lane::{Lane, Posting};

use crate::base::{Base, block_on, moment};
use crate::posts::{named, says, seqs, stored, words, write_all};
use crate::witness::Witness;

const THREADS: i64 = 8;
const ROOMS: usize = 12;
const EACH: usize = 6;

on_each_database! {
    async fn messages_are_stored_in_the_order_of_the_calls(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let (lane, witness) = Witness::lane(base);
        let calls: Vec<String> = (1..=400).map(|number| format!("第{number}則")).collect();
        let sent = stored(write_all(&lane, calls.iter().map(|text| says(room, alice, text))).await);
        assert_eq!(words(&sent), calls);
        assert_eq!(seqs(&sent), (1..=400).collect::<Vec<_>>());
        assert_eq!(base.history(room).await, sent);
        assert_eq!(witness.told(), sent);
    }

    async fn a_batch_is_dense_and_in_the_order_of_the_calls(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let (lane, witness) = Witness::lane(base);
        let postings = (2..=100).map(|n| says(room, if n % 3 == 0 { alice } else { bob }, &n.to_string()));
        let sent = stored(witness.batch(&lane, says(room, alice, "1"), postings.collect()).await);
        assert_eq!(seqs(&sent), (2..=100).collect::<Vec<_>>());
        assert_eq!(words(&sent), (2..=100).map(|n| n.to_string()).collect::<Vec<_>>());
    }

    async fn many_writers_leave_every_room_dense(base: &Base) {
        let (alice, bob) = base.two().await;
        let mut rooms = Vec::new();
        for _ in 0..ROOMS {
            rooms.push(base.room(&[alice, bob]).await);
        }
        let (lane, witness) = Witness::lane(base);
        let sent: Vec<Message> = std::thread::scope(|scope| {
            let writers = (0..THREADS).map(|thread| {
                let (lane, rooms) = (&lane, &rooms);
                scope.spawn(move || block_on(write_to_all(lane, rooms, alice, thread)))
            });
            let writers: Vec<_> = writers.collect();
            writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
        });
        let told = witness.told();
        for room in rooms {
            let dense: Vec<i64> = (1..=THREADS * i64::try_from(EACH).unwrap()).collect();
            assert_eq!(seqs(&base.history(room).await), dense);
            let heard: Vec<Message> = told.iter().filter(|m| m.room == room).cloned().collect();
            assert_eq!(seqs(&heard), dense, "what one thread writes is announced in its order");
            let by_place: BTreeMap<i64, Message> =
                sent.iter().filter(|m| m.room == room).map(|m| (m.seq, m.clone())).collect();
            assert_eq!(by_place.into_values().collect::<Vec<_>>(), heard);
        }
        assert_eq!(told.len(), sent.len());
    }

    async fn two_servers_share_a_room(base: &Base) {
        let (alice, bob) = base.two().await;
        let (shared, hers, his) =
            (base.room(&[alice, bob]).await, base.room(&[alice, bob]).await, base.room(&[alice, bob]).await);
        let (one, _) = Witness::lane(base);
        let other = Lane::start(base.second_server(), &(std::sync::Arc::new(|_: &mut _, _, _| ()) as _)).unwrap();
        let (mut of_one, mut of_other) = (Vec::new(), Vec::new());
        for number in 0..150 {
            let text = number.to_string();
            of_one.extend([one.write(says(shared, alice, &text)), one.write(says(hers, alice, &text))]);
            of_other.extend([other.write(says(shared, bob, &text)), other.write(says(his, bob, &text))]);
        }
        let mut sent = Vec::new();
        for outcome in of_one.into_iter().chain(of_other) {
            sent.push(outcome.await.unwrap().message);
        }
        let ids: BTreeSet<_> = sent.iter().map(|message| message.id).collect();
        assert_eq!(ids.len(), sent.len(), "an id is given once");
        for (room, count) in [(shared, 300), (hers, 150), (his, 150)] {
            let history = base.history(room).await;
            assert_eq!(seqs(&history), (1..=count).collect::<Vec<_>>());
            assert!(history.is_sorted_by(|a, b| a.timestamp < b.timestamp));
        }
    }

    async fn time_moves_on_though_the_clock_does_not(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let (lane, witness) = Witness::lane(base);
        let at = |seconds: i64| Posting { at: moment(seconds), ..says(room, bob, "滴答") };
        let standing = (0..20).map(|_| at(50)).collect();
        stored(witness.batch(&lane, at(50), standing).await);
        for seconds in [10, 0, 49, 50] {
            stored(write_all(&lane, [at(seconds)]).await);
        }
        let ahead = stored(write_all(&lane, [at(60)]).await);
        assert_eq!(ahead[0].timestamp, moment(60));
        let history = base.history(room).await;
        assert_eq!(history.len(), 26);
        assert!(history.is_sorted_by(|a, b| a.timestamp < b.timestamp));
    }

    async fn only_what_is_new_is_announced(base: &Base) {
        let (alice, bob) = base.two().await;
        let stranger = base.user("路人").await;
        let room = base.room(&[alice, bob]).await;
        let (lane, witness) = Witness::lane(base);
        let postings = vec![
            named(room, bob, "一", "a"),
            says(room, stranger, "讓我進來"),
            named(room, bob, "一", "a"),
            named(room, bob, "不一樣", "a"),
            says(room, alice, "二"),
        ];
        witness.batch(&lane, says(room, alice, "開始"), postings).await;
        drop(write_all(&lane, [named(room, bob, "一", "a")]).await);
        assert_eq!(words(&witness.told()), ["開始", "一", "二"]);
        assert_eq!(seqs(&base.page(room, Anchor::Newest, 10).await), [1, 2, 3]);
    }
}

/// Sends to each room in turn, and returns what became of it; a thread's own messages keep their order.
async fn write_to_all(lane: &Lane, rooms: &[RoomId], sender: UserId, thread: i64) -> Vec<Message> {
    let postings = (0..EACH)
        .flat_map(|number| rooms.iter().map(move |room| says(*room, sender, &format!("{thread}-{number}"))));
    let sent = stored(write_all(lane, postings).await);
    for room in rooms {
        let mine: Vec<Message> = sent.iter().filter(|message| message.room == *room).cloned().collect();
        assert!(mine.is_sorted_by(|a, b| a.seq < b.seq));
    }
    sent
}
