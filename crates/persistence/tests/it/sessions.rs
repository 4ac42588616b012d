//! Sessions and the exchange of their secrets.

use domain::id::{SessionId, UserId};
use persistence::error::Error;
use persistence::sessions::{self, NewSession, Rotation, SecretHashes, Shown};
use testdb::base::{Base, moment};
use testdb::on_each_database;

/// The hashes of a secret; ten secrets in a row are of one family.
fn hashes(secret: u8) -> SecretHashes {
    SecretHashes { secret: [secret; 32], family: [100 + secret / 10; 32] }
}

fn new_session(user: UserId, secret: u8) -> NewSession {
    NewSession {
        id: SessionId::generate(),
        user,
        secret: hashes(secret),
        user_agent: Some("瀏覽器".to_owned()),
        at: moment(0),
        expires_at: moment(100),
    }
}

async fn insert(base: &Base, user: UserId, secret: u8) -> SessionId {
    let new = new_session(user, secret);
    let id = new.id;
    base.write(move |conn| sessions::insert(conn, &new)).await.unwrap();
    id
}

async fn shown(base: &Base, secret: u8) -> Option<(SessionId, Shown)> {
    match base.db.read(move |conn| sessions::by_secret(conn, &hashes(secret))).await {
        Ok((session, shown)) => Some((session.id, shown)),
        Err(Error::NotFound) => None,
        Err(error) => panic!("{error}"),
    }
}

fn rotation(old: u8, new: u8) -> Rotation {
    Rotation { old: [old; 32], new: hashes(new), at: moment(5), expires_at: moment(200) }
}

async fn rotate(base: &Base, id: SessionId, old: u8, new: u8) -> bool {
    base.write(move |conn| sessions::rotate(conn, id, rotation(old, new))).await.unwrap()
}

on_each_database! {
    async fn a_session_is_found_by_its_id_and_its_secret(base: &Base) {
        let (alice, _) = base.two().await;
        let id = insert(base, alice, 1).await;
        let session = base.read(move |conn| sessions::find(conn, id)).await;
        assert_eq!((session.user, session.username.as_str()), (alice, "愛麗絲"));
        assert!(session.is_active(moment(99)) && !session.is_active(moment(100)));
        assert_eq!(shown(base, 1).await, Some((id, Shown::Current)));
        assert_eq!(shown(base, 11).await, None);
    }

    async fn a_secret_is_exchanged_once(base: &Base) {
        let (alice, _) = base.two().await;
        let id = insert(base, alice, 1).await;
        assert!(rotate(base, id, 1, 2).await);
        assert!(!rotate(base, id, 1, 3).await, "the old secret is in force no more");
        assert_eq!(shown(base, 1).await, Some((id, Shown::Previous)));
        assert_eq!(shown(base, 2).await, Some((id, Shown::Current)));
        assert!(rotate(base, id, 2, 4).await);
        assert_eq!(shown(base, 1).await, Some((id, Shown::Older)), "every secret before that is known");
        let session = base.read(move |conn| sessions::find(conn, id)).await;
        assert_eq!((session.rotated_at, session.expires_at), (moment(5), moment(200)));
    }

    async fn of_two_tabs_that_exchange_at_once_one_does(base: &Base) {
        let (alice, _) = base.two().await;
        let id = insert(base, alice, 1).await;
        let (one, other) = (base.db.clone(), base.second_server().clone());
        let exchange = |db: persistence::db::Db, new: u8| {
            tokio::spawn(async move {
                let work = move |conn: &mut _| sessions::rotate(conn, id, rotation(1, new));
                db.transaction(work).await.unwrap()
            })
        };
        let (one, other) = (exchange(one, 2), exchange(other, 3));
        let (one, other) = (one.await.unwrap(), other.await.unwrap());
        assert!(one != other, "exactly one of the two exchanges it");
        assert_eq!(shown(base, if one { 2 } else { 3 }).await, Some((id, Shown::Current)));
    }

    async fn a_revoked_session_is_not_active(base: &Base) {
        let (alice, bob) = base.two().await;
        let mut hers = Vec::new();
        for secret in 1..=3 {
            hers.push(insert(base, alice, secret).await);
        }
        let his = insert(base, bob, 4).await;
        let first = hers.remove(0);
        base.write(move |conn| sessions::revoke(conn, first, moment(1))).await.unwrap();
        let mut ended = base.write(move |conn| sessions::revoke_all(conn, alice, None, moment(2))).await.unwrap();
        ended.sort_unstable();
        hers.sort_unstable();
        assert_eq!(ended, hers, "the first had ended before");
        for (id, active) in [(first, false), (hers[0], false), (hers[1], false), (his, true)] {
            let session = base.read(move |conn| sessions::find(conn, id)).await;
            assert_eq!(session.is_active(moment(3)), active);
        }
    }

    async fn sessions_go_with_their_account(base: &Base) {
        let (alice, _) = base.two().await;
        let id = insert(base, alice, 1).await;
        base.write(move |conn| crate::end_account(conn, alice, moment(2))).await.unwrap();
        let found = base.db.read(move |conn| sessions::find(conn, id)).await;
        assert!(matches!(found, Err(Error::NotFound)), "{found:?}");
        assert_eq!(shown(base, 1).await, None);
    }
}
