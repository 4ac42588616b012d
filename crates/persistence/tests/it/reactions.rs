//! Reactions, read with the messages that they belong to.

use domain::id::UserId;
use domain::message::{Message, MessageSeq};
use domain::reaction::{Emoji, Reaction};
use persistence::reactions::{self, UserReaction};
use persistence::viewer::Viewer;
use persistence::{members, messages};
use testdb::base::{Base, NOBODY, as_member, at, moment, reader, text};
use testdb::on_each_database;

/// A user puts an emoji to a message at a time.
async fn put(base: &Base, message: MessageSeq, user: UserId, emoji: &str, seconds: i64) {
    let emoji = Emoji::parse(emoji).unwrap();
    base.write(move |conn| {
        let viewer = Viewer { user, now: moment(seconds) };
        let member = members::find(conn, viewer, message.room)?;
        reactions::add(conn, &member, message.seq, &emoji)
    })
    .await
    .unwrap();
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
        let messages = (0..3).flat_map(|_| [text(room, alice, "嗨"), text(beside, bob, "旁邊")]);
        base.sent(messages).await;
        assert_eq!(all(&base.history(room).await), [const { Vec::new() }; 3]);
        for (user, emoji, seconds) in
            [(bob, "🎉", 1), (bob, "👍", 2), (alice, "👍", 3), (alice, "🎉", 4), (alice, "❤️", 5), (bob, "❤", 6)]
        {
            put(base, at(room, 2), user, emoji, seconds).await;
        }
        put(base, at(room, 3), alice, "👍", 1).await;
        put(base, at(beside, 2), alice, "🫠", 1).await;
        let second = vec![
            reaction("🎉", &[bob, alice]),
            reaction("👍", &[bob, alice]),
            reaction("❤️", &[alice, bob]),
        ];
        let wanted = [Vec::new(), second.clone(), vec![reaction("👍", &[alice])]];
        assert_eq!(all(&base.history(room).await), wanted);
        assert_eq!(all(&base.newest_for(bob, room, 1).await), wanted[2..]);
        let newest = base.read(move |conn| messages::newest(conn, reader(bob), &[room.bytes(), beside.bytes()])).await;
        let of = |room| newest.iter().find(|message| message.room == room).unwrap().reactions.clone();
        assert_eq!((of(room), of(beside)), (wanted[2].clone(), Vec::new()));
        let wanted = [at(room, 2), at(beside, 2), at(beside, 1)];
        let mut found = base.read(move |conn| messages::at(conn, reader(NOBODY), &wanted)).await;
        found.sort_unstable_by_key(|message| (message.room != room, message.seq));
        assert_eq!(all(&found), [second, Vec::new(), vec![reaction("🫠", &[alice])]]);
    }

    async fn what_was_put_is_there_until_it_is_taken(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        base.sent([text(room, alice, "嗨")]).await;
        let longest = Emoji::parse("👩🏽‍❤️‍💋‍👨🏿").unwrap();
        put(base, at(room, 1), alice, longest.as_str(), 1).await;
        put(base, at(room, 1), bob, longest.as_str(), 2).await;
        let to = base.read(as_member(alice, room, move |conn, member| reactions::to_message(conn, member, 1))).await;
        assert_eq!(to.len(), 2);
        assert!(to.contains(&UserReaction { user: bob, emoji: longest.as_str().to_owned() }));
        let emoji = longest.clone();
        for _ in 0..2 {
            let emoji = emoji.clone();
            base.write(as_member(alice, room, move |conn, member| reactions::remove(conn, member, 1, &emoji))).await.unwrap();
        }
        assert_eq!(all(&base.history(room).await), [vec![reaction(longest.as_str(), &[bob])]]);
    }
}
