//! Whose a file is, and who may read it.

use domain::id::{MediaId, UserId};
use domain::media::{Media, Purpose};
use persistence::error::Error;
use persistence::messages::NewMessage;
use persistence::unused_uploads;
use persistence::uploads::{self, NewUpload};
use testdb::base::{Base, moment, reader, text};
use testdb::on_each_database;

async fn upload(base: &Base, owner: UserId, purpose: Purpose, stored_name: &'static str) -> Media {
    let media = Media {
        media_id: MediaId::generate(),
        file_name: "圖.png".to_owned(),
        size: i64::MAX,
        content_type: "image/png".to_owned(),
        width: None,
        height: None,
        duration_ms: None,
        thumbhash: None,
        thumbnails: None,
    };
    let stored = media.clone();
    base.write(move |conn| {
        let thumbnails = stored.thumbnails.as_ref().map(|_| "jpg");
        let at = moment(0);
        uploads::insert(conn, &NewUpload { owner, purpose, stored_name, media: &stored, thumbnails, at })
    })
    .await
    .unwrap();
    media
}

on_each_database! {
    async fn a_file_is_its_owners_until_it_is_sent(base: &Base) {
        let (alice, bob) = base.two().await;
        let media = upload(base, alice, Purpose::Message, "a.png").await;
        let id = media.media_id;
        let found = base.read(move |conn| uploads::readable_by(conn, id, reader(alice))).await;
        assert_eq!((found.media, found.stored_name.as_str()), (media, "a.png"));
        for (id, user) in [(id, bob), (MediaId::generate(), alice)] {
            let found = base.db.read(move |conn| uploads::readable_by(conn, id, reader(user))).await;
            assert!(matches!(found, Err(Error::NotFound)), "{found:?}");
        }
    }

    async fn a_picture_of_a_user_is_no_message_file(base: &Base) {
        let (alice, bob) = base.two().await;
        let avatar = upload(base, alice, Purpose::Avatar, "face.png").await.media_id;
        let message = upload(base, alice, Purpose::Message, "a.png").await.media_id;
        assert_eq!(base.read(move |conn| uploads::avatar(conn, avatar)).await.stored_name, "face.png");
        for found in [
            base.db.read(move |conn| uploads::avatar(conn, message)).await,
            base.db.read(move |conn| uploads::readable_by(conn, avatar, reader(alice))).await,
        ] {
            assert!(matches!(found, Err(Error::NotFound)), "{found:?}");
        }
        upload(base, bob, Purpose::Avatar, "other.png").await;
        let gone = base.write(move |conn| uploads::delete_avatars(conn, alice)).await.unwrap();
        assert_eq!(gone, ["face.png"]);
        assert!(base.read(move |conn| uploads::readable_by(conn, message, reader(alice))).await.stored_name == "a.png");
    }

    async fn a_file_that_is_sent_while_it_is_collected_stays(base: &Base) {
        let (alice, bob) = base.two().await;
        let room = base.room(&[alice, bob]).await;
        let (sent, other) = (
            upload(base, alice, Purpose::Message, "a.png").await,
            upload(base, alice, Purpose::Message, "b.png").await,
        );
        let unused = |before| base.read(move |conn| unused_uploads::before(conn, before, None, 10));
        assert_eq!(unused(moment(0)).await, [], "none is older than the oldest");
        let found: Vec<_> = unused(moment(1)).await.into_iter().map(|file| file.id).collect();
        assert_eq!(found, [sent.media_id, other.media_id]);
        let message = NewMessage { media: Some(sent.clone()), ..text(room, alice, "圖") };
        assert_eq!(base.sent([message]).await.len(), 1);
        let gone = base.write(move |conn| unused_uploads::delete(conn, &found)).await.unwrap();
        assert_eq!(gone.iter().map(|file| file.id).collect::<Vec<_>>(), [other.media_id]);
        assert_eq!(base.history(room).await[0].media, Some(sent));
        assert_eq!(unused(moment(1)).await, []);
    }
}
