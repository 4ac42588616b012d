//! Answers that quote what they answer.

use domain::id::{MessageId, RoomId, UserId};
use domain::message::{Content, Kind, Message, Quote};
use persistence::error::Error;
use persistence::lane::Posting;
use persistence::{hidden, messages, revisions};

use crate::base::{Base, moment};
use crate::posts::{named, says, stored, words, write_all};
use crate::witness::Witness;

/// An answer to a message.
fn answers(to: MessageId, posting: Posting) -> Posting {
    Posting { reply_to: Some(to), ..posting }
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
        let (lane, witness) = Witness::lane(base);
        let long = "長".repeat(Quote::MAX + 1);
        let file = Content::File {
            kind: Kind::Image,
            url: "https://example.com/a.png".into(),
            media: None,
            caption: Some("貓".into()),
        };
        let sent = stored(
            write_all(&lane, [says(room, alice, &long), Posting { content: file, ..says(room, alice, "x") }]).await,
        );
        let postings: Vec<_> = sent.iter().map(|message| answers(message.id, says(room, bob, "回"))).collect();
        let answered = stored(witness.batch(&lane, says(room, bob, "中間"), postings).await);
        let first = Quote {
            id: sent[0].id,
            seq: 1,
            sender: alice,
            user: sent[0].user.clone(),
            content: "長".repeat(Quote::MAX) + "…",
            kind: Kind::Text,
            deleted: false,
        };
        assert_eq!(quote(&answered[0]), first);
        assert_eq!(
            quote(&answered[1]),
            Quote { id: sent[1].id, seq: 2, content: "貓".into(), kind: Kind::Image, ..first.clone() }
        );
        assert!(sent.iter().all(|message| message.reply_to.is_none()));
        // However it is read, it is the same.
        assert_eq!(base.history(room).await[3..], answered);
        let newest = base.read(move |conn| messages::newest(conn, bob, &[room.bytes()])).await;
        assert_eq!(newest, answered[1..]);
        let at = base.read(move |conn| messages::at(conn, None, &[(room, 4)])).await;
        assert_eq!(at, answered[..1]);
    }

    async fn what_is_not_in_the_room_cannot_be_answered(base: &Base) {
        let (alice, bob) = base.two().await;
        let (room, elsewhere) = (base.room(&[alice, bob]).await, base.room(&[alice, bob]).await);
        let (lane, witness) = Witness::lane(base);
        let there = stored(write_all(&lane, [says(elsewhere, alice, "別處")]).await)[0].id;
        let postings = vec![
            answers(there, says(room, bob, "錯")),
            answers(MessageId(i64::from(i32::MAX)), says(room, bob, "錯")),
            says(room, bob, "對"),
        ];
        let outcomes = witness.batch(&lane, says(room, alice, "開始"), postings).await;
        for refused in &outcomes[..2] {
            assert!(matches!(refused, Err(Error::NotFound)), "{refused:?}");
        }
        assert_eq!(words(&base.history(room).await), ["開始", "對"], "and they fail alone");
    }

    async fn a_repeated_answer_is_one_and_another_is_not_it(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let (lane, witness) = Witness::lane(base);
        let sent = stored(write_all(&lane, [says(room, alice, "一"), says(room, alice, "二")]).await);
        let again = |to: usize| answers(sent[to].id, named(room, bob, "回", "a"));
        let outcomes = witness.batch(&lane, says(room, alice, "三"), vec![again(0), again(0), again(1)]).await;
        assert!(outcomes[0].as_ref().unwrap().fresh && !outcomes[1].as_ref().unwrap().fresh);
        assert!(matches!(outcomes[2], Err(Error::Conflict)));
        let elsewhere = answers(MessageId(i64::from(i32::MAX)), named(room, bob, "回", "a"));
        let later = write_all(&lane, [again(0), again(1), named(room, bob, "回", "a"), elsewhere]).await;
        assert_eq!(later[0].as_ref().unwrap().message.id, outcomes[0].as_ref().unwrap().message.id);
        for other in &later[1..] {
            assert!(matches!(other, Err(Error::Conflict)), "{other:?}");
        }
        assert_eq!(base.history(room).await.len(), 4);
    }

    async fn a_quote_shows_what_the_message_says_now(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let (lane, _) = Witness::lane(base);
        let first = stored(write_all(&lane, [says(room, alice, "原來")]).await)[0].id;
        stored(write_all(&lane, [answers(first, says(room, bob, "回"))]).await);
        assert_eq!(quoted(base, bob, room).await.content, "原來");
        base.write(move |conn| {
            let held = revisions::hold_to_change(conn, room, first)?;
            let says = domain::revision::Revision { content: "改了".into(), caption: None, written_at: moment(2) };
            revisions::rewrite(conn, &held, &says)
        })
        .await
        .unwrap();
        assert_eq!(quoted(base, bob, room).await.content, "改了");
        base.write(move |conn| {
            let held = revisions::hold_to_change(conn, room, first)?;
            revisions::erase(conn, &held, moment(3))
        })
        .await
        .unwrap();
        let gone = quoted(base, bob, room).await;
        assert_eq!((gone.id, gone.seq, gone.content.as_str(), gone.deleted), (first, 1, "", true));
        // One may still answer what somebody unsent in this moment.
        let late = stored(write_all(&lane, [answers(first, says(room, bob, "什麼？"))]).await);
        assert_eq!(quote(&late[0]), gone);
    }

    async fn a_quote_shows_nothing_to_whoever_hid_the_message(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let (lane, _) = Witness::lane(base);
        let first = stored(write_all(&lane, [says(room, alice, "不想看")]).await)[0].id;
        stored(write_all(&lane, [answers(first, says(room, alice, "回"))]).await);
        assert!(base.write(move |conn| hidden::hide(conn, (bob, room, 1))).await.unwrap());
        let (his, hers) = (quoted(base, bob, room).await, quoted(base, alice, room).await);
        assert_eq!((his.content.as_str(), his.deleted), ("", true));
        assert_eq!((hers.content.as_str(), hers.deleted), ("不想看", false));
        let at = base.read(move |conn| messages::at(conn, Some(bob), &[(room, 2)])).await;
        assert_eq!(quote(&at[0]), his);
        let outcome = write_all(&lane, [answers(first, says(room, bob, "回"))]).await.pop().unwrap();
        assert!(matches!(outcome, Err(Error::NotFound)), "{outcome:?}");
    }
}
