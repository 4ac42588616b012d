//! The order of a room: dense, and the same for everybody, whatever writes to it.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::{RoomId, UserId};
use domain::message::Message;
use serde_json::{Value, json};
use testdb::base::{Base, block_on, contents, seqs, stored, text};
use testdb::on_each_database;

use super::recorder::{Recorder, lone_writer, values, write_all};
use crate::message_writer::MessageWriter;

const THREADS: i64 = 8;
const ROOMS: usize = 12;
const EACH: usize = 6;

on_each_database! {
    async fn messages_are_stored_in_the_order_of_the_calls(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let (writer, recorder) = Recorder::writer(&base.db, &[room]).await;
        let calls: Vec<String> = (1..=400).map(|number| format!("第{number}則")).collect();
        let sent = stored(write_all(&writer, calls.iter().map(|content| text(room, alice, content))).await);
        assert_eq!(contents(&sent), calls);
        assert_eq!(seqs(&sent), (1..=400).collect::<Vec<_>>());
        assert_eq!(base.history(room).await, sent);
        assert_eq!(recorder.wait_for(sent.len()), values(&sent));
    }

    async fn many_writers_leave_every_room_dense(base: &Base) {
        let (alice, bob) = base.two().await;
        let mut rooms = Vec::new();
        for _ in 0..ROOMS {
            rooms.push(base.room(&[alice, bob]).await);
        }
        let (writer, recorder) = Recorder::writer(&base.db, &rooms).await;
        let sent: Vec<Message> = std::thread::scope(|scope| {
            let threads = (0..THREADS).map(|thread| {
                let (writer, rooms) = (&writer, &rooms);
                scope.spawn(move || block_on(write_to_all(writer, rooms, alice, thread)))
            });
            let threads: Vec<_> = threads.collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        let published = recorder.wait_for(sent.len());
        for room in rooms {
            let dense: Vec<i64> = (1..=THREADS * i64::try_from(EACH).unwrap()).collect();
            assert_eq!(seqs(&base.history(room).await), dense);
            let in_room: Vec<&Value> =
                published.iter().filter(|m| m["chatroom_id"] == json!(room)).collect();
            let published_seqs: Vec<i64> = in_room.iter().map(|m| m["seq"].as_i64().unwrap()).collect();
            assert_eq!(published_seqs, dense, "what one thread writes is published in its order");
            let by_seq: BTreeMap<i64, Message> =
                sent.iter().filter(|m| m.room == room).map(|m| (m.seq, m.clone())).collect();
            let by_seq: Vec<Message> = by_seq.into_values().collect();
            assert_eq!(values(&by_seq).iter().collect::<Vec<_>>(), in_room);
        }
        assert_eq!(published.len(), sent.len());
    }

    async fn two_servers_share_a_room(base: &Base) {
        let (alice, bob) = base.two().await;
        let (shared, hers, his) =
            (base.room(&[alice, bob]).await, base.room(&[alice, bob]).await, base.room(&[alice, bob]).await);
        let one = lone_writer(&base.db).await;
        let other = lone_writer(base.second_server()).await;
        let (mut of_one, mut of_other) = (Vec::new(), Vec::new());
        for number in 0..150 {
            let content = number.to_string();
            of_one.extend([one.write(text(shared, alice, &content), None), one.write(text(hers, alice, &content), None)]);
            of_other.extend([other.write(text(shared, bob, &content), None), other.write(text(his, bob, &content), None)]);
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
}

/// Sends to each room in turn, and returns what became of it; a thread's own messages keep their order.
async fn write_to_all(writer: &MessageWriter, rooms: &[RoomId], sender: UserId, thread: i64) -> Vec<Message> {
    let messages = (0..EACH)
        .flat_map(|number| rooms.iter().map(move |room| text(*room, sender, &format!("{thread}-{number}"))));
    let sent = stored(write_all(writer, messages).await);
    for room in rooms {
        let mine: Vec<Message> = sent.iter().filter(|message| message.room == *room).cloned().collect();
        assert!(mine.is_sorted_by(|a, b| a.seq < b.seq));
    }
    sent
}
