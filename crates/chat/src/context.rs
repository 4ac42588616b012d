//! What every use case works with.

use std::sync::Arc;
use std::time::Duration;

use auth::keys::Key;
use auth::password::Passwords;
use auth::token::Tokens;
use domain::live::Live;
use domain::revision::Window;
use domain::text::Body;
use domain::time::Time;
use media::store::Store;
use persistence::Conn;
use persistence::db::Db;
use persistence::lane::{Committed, Lane};

use crate::clock::Clock;
use crate::listeners::Listeners;
use crate::messages;
use crate::sessions::Sessions;

/// What an operator may set.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The shortest new password, in code points.
    pub password_min: usize,
    /// The longest message, in code points.
    pub text_max: usize,
    /// How long a message may be edited.
    pub edit: Window,
    /// How long a message may be unsent.
    pub unsend: Window,
    /// How long a sign-in lasts when it is not used.
    pub session: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            password_min: 8,
            text_max: Body::MAX,
            edit: Window::DEFAULT,
            unsend: Window::DEFAULT,
            session: Duration::from_hours(30 * 24),
        }
    }
}

/// The parts that a [`Chat`] is made of.
pub struct Parts {
    /// The database.
    pub db: Db,
    /// The key that sessions and tokens hang on.
    pub key: Key,
    /// Makes and checks access tokens.
    pub tokens: Tokens,
    /// Hashes and checks passwords.
    pub passwords: Passwords,
    /// Keeps files.
    pub store: Store,
    /// Reaches the connected clients.
    pub live: Arc<dyn Live>,
    /// What the operator set.
    pub limits: Limits,
    /// Tells the time.
    pub clock: Clock,
}

/// The product: what the use cases work with.
pub struct Chat {
    pub(crate) db: Db,
    pub(crate) lane: Lane,
    pub(crate) key: Key,
    pub(crate) tokens: Tokens,
    pub(crate) passwords: Passwords,
    pub(crate) store: Store,
    pub(crate) live: Arc<dyn Live>,
    pub(crate) limits: Limits,
    pub(crate) clock: Clock,
    pub(crate) sessions: Sessions,
    pub(crate) listeners: Arc<Listeners>,
}

impl Chat {
    /// Puts the product together and starts the threads that write messages.
    pub fn start(parts: Parts) -> std::io::Result<Self> {
        let Parts { db, key, tokens, passwords, store, live, limits, clock } = parts;
        let listeners = Arc::new(Listeners::default());
        let announce = {
            let (live, listeners) = (Arc::clone(&live), Arc::clone(&listeners));
            move |conn: &mut Conn, first: i64, sent: Vec<Committed>| {
                messages::announce(conn, &*live, &listeners, (first, sent));
            }
        };
        let lane = Lane::start(&db, &(Arc::new(announce) as _))?;
        Ok(Self {
            db,
            lane,
            key,
            tokens,
            passwords,
            store,
            live,
            limits,
            clock,
            sessions: Sessions::default(),
            listeners,
        })
    }

    /// Returns what the operator set.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Tells whether the database answers.
    pub async fn ready(&self) -> bool {
        let answer = self.db.read(|conn| persistence::users::existing(conn, &[]).map(|_| ()));
        answer.await.is_ok_and(|()| true)
    }

    /// Returns the time at which a use case happens.
    pub(crate) fn now(&self) -> Time {
        self.clock.now()
    }
}
