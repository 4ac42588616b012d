//! Answers that quote what they answer.

use domain::id::{MessageId, RoomId, UserId};
use domain::message::{Content, Message, MessageKind, Quote};
use persistence::error::Error;
use persistence::messages::{self, NewMessage};
use persistence::{hidden, revisions};
use testdb::base::{Base, NOBODY, as_member, at, contents, keyed, member, moment, reader, text};
use testdb::on_each_database;

/// An answer to a message.
fn answers(to: MessageId, message: NewMessage) -> NewMessage {
    NewMessage { reply_to: Some(to), ..message }
}

fn quote(message: &Message) -> Quote {
    *message.reply_to.clone().unwrap()
}

/// The quote of the newest message as a user has it.
async fn quoted(base: &Base, viewer: UserId, room: RoomId) -> Quote {
    quote(&base.newest_for(viewer, room, 1).await[0])
}

on_each_database! {
    async fn an_answer_quotes_what_it_answers(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let long = "長".repeat(Quote::MAX + 1);
        let file = Content::File {
            kind: MessageKind::Image,
            url: "https://example.com/a.png".into(),
            media: None,
            caption: Some("貓".into()),
        };
        let sent = base.sent([text(room, alice, &long), NewMessage { content: file, ..text(room, alice, "x") }]).await;
        let messages: Vec<_> = sent.iter().map(|message| answers(message.id, text(room, bob, "回"))).collect();
        base.sent([text(room, bob, "中間")]).await;
        let answered = base.sent(messages).await;
        let first = Quote {
            id: sent[0].id,
            seq: 1,
            sender: alice,
            user: sent[0].user.clone(),
            content: "長".repeat(Quote::MAX) + "…",
            kind: MessageKind::Text,
            deleted: false,
        };
        assert_eq!(quote(&answered[0]), first);
        assert_eq!(
            quote(&answered[1]),
            Quote { id: sent[1].id, seq: 2, content: "貓".into(), kind: MessageKind::Image, ..first.clone() }
        );
        assert!(sent.iter().all(|message| message.reply_to.is_none()));
        // However it is read, it is the same.
        assert_eq!(base.history(room).await[3..], answered);
        let newest = base.read(move |conn| messages::newest(conn, reader(bob), &[room.bytes()])).await;
        assert_eq!(newest, answered[1..]);
        let found = base.read(move |conn| messages::at(conn, reader(NOBODY), &[at(room, 4)])).await;
        assert_eq!(found, answered[..1]);
    }

    async fn what_is_not_in_the_room_cannot_be_answered(base: &Base) {
        let (alice, bob) = base.two().await;
        let (room, elsewhere) = (base.room(&[alice, bob]).await, base.room(&[alice, bob]).await);
        let there = base.sent([text(elsewhere, alice, "別處")]).await[0].id;
        let messages = vec![
            answers(there, text(room, bob, "錯")),
            answers(MessageId(i64::from(i32::MAX)), text(room, bob, "錯")),
            text(room, bob, "對"),
        ];
        base.sent([text(room, alice, "開始")]).await;
        let outcomes = base.send(messages).await;
        for refused in &outcomes[..2] {
            assert!(matches!(refused, Err(Error::NotFound)), "{refused:?}");
        }
        assert_eq!(contents(&base.history(room).await), ["開始", "對"], "and they fail alone");
    }

    async fn a_repeated_answer_is_one_and_another_is_not_it(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let sent = base.sent([text(room, alice, "一"), text(room, alice, "二")]).await;
        let again = |to: usize| answers(sent[to].id, keyed(room, bob, "回", "a"));
        base.sent([text(room, alice, "三")]).await;
        let outcomes = base.send([again(0), again(0), again(1)]).await;
        assert!(outcomes[0].as_ref().unwrap().is_new && !outcomes[1].as_ref().unwrap().is_new);
        assert!(matches!(outcomes[2], Err(Error::Conflict)));
        let elsewhere = answers(MessageId(i64::from(i32::MAX)), keyed(room, bob, "回", "a"));
        let later = base.send([again(0), again(1), keyed(room, bob, "回", "a"), elsewhere]).await;
        assert_eq!(later[0].as_ref().unwrap().message.id, outcomes[0].as_ref().unwrap().message.id);
        for other in &later[1..] {
            assert!(matches!(other, Err(Error::Conflict)), "{other:?}");
        }
        assert_eq!(base.history(room).await.len(), 4);
    }

    async fn a_quote_shows_what_the_message_says_now(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let first = base.sent([text(room, alice, "原來")]).await[0].id;
        base.sent([answers(first, text(room, bob, "回"))]).await;
        assert_eq!(quoted(base, bob, room).await.content, "原來");
        base.write(move |conn| {
            let alice = member(conn, alice, room)?;
            let mut locked = revisions::lock_with_room(conn, &alice, first)?;
            let says = domain::revision::Revision { content: "改了".into(), caption: None, written_at: moment(2) };
            revisions::edit(conn, &mut locked, &says)
        })
        .await
        .unwrap();
        assert_eq!(quoted(base, bob, room).await.content, "改了");
        base.write(move |conn| {
            let alice = member(conn, alice, room)?;
            let locked = revisions::lock_with_room(conn, &alice, first)?;
            revisions::unsend(conn, &locked, moment(3))
        })
        .await
        .unwrap();
        let gone = quoted(base, bob, room).await;
        assert_eq!((gone.id, gone.seq, gone.content.as_str(), gone.deleted), (first, 1, "", true));
        // One may still answer what somebody unsent in this moment.
        let late = base.sent([answers(first, text(room, bob, "什麼？"))]).await;
        assert_eq!(quote(&late[0]), gone);
    }

    async fn a_quote_is_empty_for_a_user_who_hid_the_message(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let first = base.sent([text(room, alice, "不想看")]).await[0].id;
        base.sent([answers(first, text(room, alice, "回"))]).await;
        assert!(base.write(as_member(bob, room, move |conn, member| hidden::hide(conn, member, 1))).await.unwrap());
        let (his, hers) = (quoted(base, bob, room).await, quoted(base, alice, room).await);
        assert_eq!((his.content.as_str(), his.deleted), ("", true));
        assert_eq!((hers.content.as_str(), hers.deleted), ("不想看", false));
        let found = base.read(move |conn| messages::at(conn, reader(bob), &[at(room, 2)])).await;
        assert_eq!(quote(&found[0]), his);
        let outcome = base.send([answers(first, text(room, bob, "回"))]).await.pop().unwrap();
        assert!(matches!(outcome, Err(Error::NotFound)), "{outcome:?}");
    }
}
