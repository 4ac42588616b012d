//! Accounts: names that are the same in every spelling, profiles, deletion.

use domain::id::UserId;
use domain::settings::Finders;
use domain::text::{Email, Nickname, Status, Username};
use domain::user::Changes;
use persistence::error::Error;
use persistence::friends;
use persistence::users::{self, NewUser};
use testdb::base::{Base, moment, new_user};
use testdb::on_each_database;

fn with_email(name: &str, email: &str) -> NewUser {
    NewUser { email: Some(Email::parse(email).unwrap()), ..new_user(name) }
}

async fn register(base: &Base, new: NewUser) -> Result<UserId, Error> {
    base.write(move |conn| users::insert(conn, &new)).await.map(|user| user.id)
}

async fn taken(base: &Base, name: &str) -> bool {
    let name = Username::parse(name).unwrap();
    base.read(move |conn| users::username_taken(conn, &name)).await
}

async fn signs_in(base: &Base, login: &str) -> Option<UserId> {
    let login = login.to_owned();
    base.read(move |conn| users::credentials(conn, &login)).await.map(|found| found.id)
}

on_each_database! {
    async fn a_name_is_one_in_every_spelling(base: &Base) {
        let renee = register(base, new_user("Renée")).await.unwrap();
        for spelling in ["RENEE ", "renée", "Ｒｅｎｅｅ", "Rene\u{301}e"] {
            assert!(taken(base, spelling).await, "{spelling}");
            let outcome = register(base, new_user(spelling)).await;
            assert!(matches!(outcome, Err(Error::Conflict)), "{spelling}: {outcome:?}");
            assert_eq!(signs_in(base, spelling).await, Some(renee), "{spelling}");
        }
        let user = base.read(move |conn| users::find(conn, renee)).await;
        assert_eq!(user.username, "Renée", "it is shown as it was typed");
    }

    async fn an_address_is_one_in_every_spelling(base: &Base) {
        let renee = register(base, with_email("一", "Renée@Example.com")).await.unwrap();
        let outcome = register(base, with_email("二", "RENÉE@ｅxample.COM ")).await;
        assert!(matches!(outcome, Err(Error::Conflict)), "{outcome:?}");
        assert_eq!(signs_in(base, "renée@example.com").await, Some(renee));
        assert_eq!(signs_in(base, "renee@example.com").await, None, "an accent makes another mailbox");
        let found = base.read(|conn| users::by_email(conn, " RENÉE@EXAMPLE.COM")).await;
        assert_eq!(found.0.id, renee);
        // Nobody's address, however often: many have none.
        register(base, new_user("三")).await.unwrap();
        register(base, new_user("四")).await.unwrap();
    }

    async fn names_that_only_look_alike_are_two(base: &Base) {
        for name in ["愛", "爱", "ひらがな", "ヒラガナ", "straße", "strasse", "😀", "😁"] {
            let outcome = register(base, new_user(name)).await;
            assert!(outcome.is_ok(), "{name}: {outcome:?}");
        }
    }

    async fn a_deleted_account_frees_its_name_and_address(base: &Base) {
        let first = register(base, with_email("愛麗絲", "alice@example.com")).await.unwrap();
        base.write(move |conn| crate::end_account(conn, first, moment(1))).await.unwrap();
        let gone = base.db.read(move |conn| users::find(conn, first)).await;
        assert!(matches!(gone, Err(Error::NotFound)), "{gone:?}");
        assert_eq!(signs_in(base, "愛麗絲").await, None);
        assert_eq!(signs_in(base, &format!("deleted_{first}")).await, None);
        assert!(base.read(move |conn| users::existing(conn, &[first])).await.is_empty());
        let second = register(base, with_email("愛麗絲", "alice@example.com")).await.unwrap();
        assert_ne!(first, second, "an id is never given again");
    }

    async fn only_what_is_given_changes(base: &Base) {
        let (alice, bob) = base.two().await;
        let steps = [
            Changes { nickname: Some(Nickname::parse("小愛").unwrap()), ..Changes::default() },
            Changes { status: Some(Status::parse("忙碌中 🧋").unwrap()), ..Changes::default() },
            Changes { avatar_url: Some("/static/avatars/a.png".to_owned()), ..Changes::default() },
        ];
        for (changes, seconds) in steps.into_iter().zip(1..) {
            let user = base.write(move |conn| users::update(conn, alice, &changes, moment(seconds))).await;
            assert_eq!(user.unwrap().updated_at, moment(seconds));
        }
        let profile = base.read(move |conn| users::profile(conn, alice)).await;
        assert_eq!(profile.nickname.as_deref(), Some("小愛"));
        assert_eq!(profile.status.as_deref(), Some("忙碌中 🧋"));
        assert_eq!(profile.avatar_url.as_deref(), Some("/static/avatars/a.png"));
        let other = base.read(move |conn| users::profile(conn, bob)).await;
        assert_eq!((other.nickname, other.status), (None, None));
    }

    async fn an_undiscoverable_user_is_found_by_nobody(base: &Base) {
        let alice = register(base, with_email("愛麗絲", "alice@example.com")).await.unwrap();
        let hide = Changes { discoverable: Some(false), ..Changes::default() };
        let found = base.read(|conn| users::by_username(conn, "愛麗絲")).await;
        assert_eq!((found.0.id, found.1), (alice, Finders::Everyone));
        base.write(move |conn| users::update(conn, alice, &hide, moment(1))).await.unwrap();
        for (found, finders) in [
            base.read(|conn| users::by_username(conn, "愛麗絲")).await,
            base.read(|conn| users::by_email(conn, "alice@example.com")).await,
        ] {
            assert_eq!((found.id, finders), (alice, Finders::Nobody));
        }
        assert_eq!(signs_in(base, "愛麗絲").await, Some(alice));
    }

    async fn acquaintances_are_all_who_see_a_user_in_a_list(base: &Base) {
        use domain::friendship::{Friendship, Stage};
        let (alice, bob) = base.two().await;
        let (carol, dan, erin) = (base.user("Carol").await, base.user("Dan").await, base.user("Erin").await);
        base.room(&[carol, alice]).await;
        for (asked, stage) in [(bob, Stage::Accepted), (dan, Stage::Pending), (erin, Stage::Rejected)] {
            let friendship = Friendship { asker: alice, asked, stage };
            base.write(move |conn| friends::put(conn, None, friendship, moment(0))).await.unwrap();
        }
        assert_eq!(base.read(move |conn| friends::acquaintances(conn, alice)).await, [bob, carol, dan]);
        assert_eq!(base.read(move |conn| friends::ids(conn, bob)).await, [alice]);
        assert!(base.read(move |conn| friends::share_a_room(conn, alice, carol)).await);
        assert!(!base.read(move |conn| friends::share_a_room(conn, alice, bob)).await);
    }
}
