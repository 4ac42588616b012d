//! Reactions, read with the messages that they belong to.

use domain::id::{RoomId, UserId};
use domain::message::Message;
use domain::reaction::{Emoji, Reaction};
use persistence::{messages, reactions};

use crate::base::{Base, moment};
use crate::posts::{says, stored, write_all};
use crate::witness::Witness;

/// A user puts an emoji to a message at a time.
async fn put(base: &Base, place: (RoomId, i64), user: UserId, emoji: &str, at: i64) {
    let emoji = Emoji::parse(emoji).unwrap();
    base.write(move |conn| reactions::put(conn, place, (user, &emoji), moment(at))).await.unwrap();
}

fn reaction(emoji: &str, user_ids: &[UserId]) -> Reaction {
    Reaction { emoji: emoji.to_owned(), count: user_ids.len(), user_ids: user_ids.to_vec() }
}

fn all(messages: &[Message]) -> Vec<Vec<Reaction>> {
    messages.iter().map(|message| message.reactions.clone()).collect()
}

on_each_database! {
    async fn reactions_come_in_the_order_of_first_use(base: &Base) {
        let (alice, bob) = base.two().await;
        let (room, beside) = (base.room(&[alice, bob]).await, base.room(&[alice, bob]).await);
        let (lane, _) = Witness::lane(base);
        let postings = (0..3).flat_map(|_| [says(room, alice, "嗨"), says(beside, bob, "旁邊")]);
        stored(write_all(&lane, postings).await);
        assert_eq!(all(&base.history(room).await), [const { Vec::new() }; 3]);
        for (user, emoji, at) in
            [(bob, "🎉", 1), (bob, "👍", 2), (alice, "👍", 3), (alice, "🎉", 4), (alice, "❤️", 5), (bob, "❤", 6)]
        {
            put(base, (room, 2), user, emoji, at).await;
        }
        put(base, (room, 3), alice, "👍", 1).await;
        put(base, (beside, 2), alice, "🫠", 1).await;
        let second = vec![
            reaction("🎉", &[bob, alice]),
            reaction("👍", &[bob, alice]),
            reaction("❤️", &[alice]),
            reaction("❤", &[bob]),
        ];
        let wanted = [Vec::new(), second.clone(), vec![reaction("👍", &[alice])]];
        assert_eq!(all(&base.history(room).await), wanted);
        assert_eq!(all(&base.newest_for(bob, room, 1).await), wanted[2..]);
        let newest = base.read(move |conn| messages::newest(conn, bob, &[room.bytes(), beside.bytes()])).await;
        let of = |room| newest.iter().find(|message| message.room == room).unwrap().reactions.clone();
        assert_eq!((of(room), of(beside)), (wanted[2].clone(), Vec::new()));
        let places = [(room, 2), (beside, 2), (beside, 1)];
        let mut at = base.read(move |conn| messages::at(conn, None, &places)).await;
        at.sort_unstable_by_key(|message| (message.room != room, message.seq));
        assert_eq!(all(&at), [second, Vec::new(), vec![reaction("🫠", &[alice])]]);
    }

    async fn what_was_put_is_there_until_it_is_taken(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let (lane, _) = Witness::lane(base);
        stored(write_all(&lane, [says(room, alice, "嗨")]).await);
        let longest = Emoji::parse("👩🏽‍❤️‍💋‍👨🏿").unwrap();
        put(base, (room, 1), alice, longest.as_str(), 1).await;
        put(base, (room, 1), bob, longest.as_str(), 2).await;
        let to = base.read(move |conn| reactions::to_message(conn, room, 1)).await;
        assert_eq!(to.len(), 2);
        assert!(to.contains(&(bob, longest.as_str().to_owned())));
        let emoji = longest.clone();
        for _ in 0..2 {
            let emoji = emoji.clone();
            base.write(move |conn| reactions::take(conn, (room, 1), (alice, &emoji))).await.unwrap();
        }
        assert_eq!(all(&base.history(room).await), [vec![reaction(longest.as_str(), &[bob])]]);
    }
}
