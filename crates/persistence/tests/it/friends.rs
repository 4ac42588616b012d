//! Friendships: one row for any two.

use domain::friendship::{Friendship, Stage, Which};
use domain::id::UserId;
use persistence::error::Error;
use persistence::{friends, users};
use testdb::base::{Base, moment};
use testdb::on_each_database;

fn asked(asker: UserId, asked: UserId, stage: Stage) -> Friendship {
    Friendship { asker, asked, stage }
}

async fn put(base: &Base, friendship: Friendship) {
    base.write(move |conn| {
        let before = friends::between(conn, friendship.asker, friendship.asked)?;
        friends::put(conn, before, friendship, moment(1))
    })
    .await
    .unwrap();
}

async fn names(base: &Base, me: UserId, which: Which) -> Vec<String> {
    let people = base.read(move |conn| friends::list(conn, me, which)).await;
    people.into_iter().map(|friend| friend.profile.username).collect()
}

on_each_database! {
    async fn two_people_share_one_row(base: &Base) {
        let (alice, bob) = base.two().await;
        assert_eq!(base.read(move |conn| friends::between(conn, alice, bob)).await, None);
        for step in [
            asked(alice, bob, Stage::Pending),
            asked(alice, bob, Stage::Rejected),
            asked(bob, alice, Stage::Pending),
            asked(bob, alice, Stage::Accepted),
            asked(bob, alice, Stage::Deleted),
            asked(alice, bob, Stage::Pending),
        ] {
            put(base, step).await;
            for (me, other) in [(alice, bob), (bob, alice)] {
                let found = base.read(move |conn| friends::between(conn, me, other)).await;
                assert_eq!(found, Some(step));
            }
        }
        assert_eq!(names(base, alice, Which::Sent).await, ["小明"]);
        assert_eq!(names(base, bob, Which::Sent).await, [""; 0]);
    }

    async fn requests_that_cross_make_one_row(base: &Base) {
        let (alice, bob) = base.two().await;
        let one = base.db.clone();
        let other = base.second_server().clone();
        let ask = |db: persistence::db::Db, me, them| {
            tokio::spawn(async move {
                db.transaction(move |conn| friends::put(conn, None, asked(me, them, Stage::Pending), moment(1))).await
            })
        };
        let outcomes = [ask(one, alice, bob), ask(other, bob, alice)];
        let mut stored = 0;
        for outcome in outcomes {
            match outcome.await.unwrap() {
                Ok(()) => stored += 1,
                // Too late to insert: the use case looks again and finds the other's request.
                Err(Error::Conflict) => {}
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(stored, 1);
        let rows = names(base, alice, Which::Sent).await.len() + names(base, alice, Which::Received).await.len();
        assert_eq!(rows, 1);
    }

    async fn what_changed_meanwhile_is_not_overwritten(base: &Base) {
        let (alice, bob) = base.two().await;
        let read = asked(alice, bob, Stage::Pending);
        put(base, read).await;
        put(base, asked(alice, bob, Stage::Accepted)).await;
        let late = base.write(move |conn| friends::put(conn, Some(read), asked(alice, bob, Stage::Rejected), moment(2)));
        assert!(matches!(late.await, Err(Error::Conflict)));
        assert_eq!(names(base, alice, Which::Friends).await.len(), 1);
    }

    async fn everybody_is_in_the_list_that_they_belong_to(base: &Base) {
        let (alice, bob) = base.two().await;
        let (carol, dan) = (base.user("Carol").await, base.user("Dan").await);
        put(base, asked(bob, alice, Stage::Accepted)).await;
        put(base, asked(carol, alice, Stage::Pending)).await;
        put(base, asked(alice, dan, Stage::Pending)).await;
        put(base, asked(carol, dan, Stage::Accepted)).await;
        assert_eq!(names(base, alice, Which::Friends).await, ["小明"]);
        assert_eq!(names(base, alice, Which::Received).await, ["Carol"]);
        assert_eq!(names(base, alice, Which::Sent).await, ["Dan"]);
        assert_eq!(names(base, dan, Which::Friends).await, ["Carol"]);
    }

    async fn last_seen_is_shown_to_friends_only(base: &Base) {
        let (alice, bob) = base.two().await;
        let carol = base.user("Carol").await;
        for user in [bob, carol] {
            base.write(move |conn| users::seen(conn, user, moment(9))).await.unwrap();
        }
        put(base, asked(bob, alice, Stage::Accepted)).await;
        put(base, asked(carol, alice, Stage::Pending)).await;
        let list = async |which| base.read(move |conn| friends::list(conn, alice, which)).await;
        assert_eq!(list(Which::Friends).await[0].last_seen, Some(moment(9)));
        assert_eq!(list(Which::Received).await[0].last_seen, None);
    }

    async fn a_deleted_user_leaves_every_list(base: &Base) {
        let (alice, bob) = base.two().await;
        let carol = base.user("Carol").await;
        put(base, asked(bob, alice, Stage::Accepted)).await;
        put(base, asked(alice, carol, Stage::Accepted)).await;
        base.write(move |conn| crate::end_account(conn, carol, moment(2))).await.unwrap();
        assert_eq!(names(base, alice, Which::Friends).await, ["小明"]);
        base.write(move |conn| friends::delete_all(conn, bob)).await.unwrap();
        assert_eq!(names(base, alice, Which::Friends).await, [""; 0]);
    }
}
