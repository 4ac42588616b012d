//! Passwords: signing in with one, changing it, and being asked for it again.

use auth::password::{Share, Verdict};
use auth::secret::Secret;
use auth::throttle::Key;
use domain::audit::{AuditAction, Source};
use domain::id::SessionId;
use domain::text::{Password, fold};
use persistence::Conn;
use persistence::error::Error as Stored;
use persistence::sessions::SecretHashes;
use persistence::users::{self, Credentials};

use super::authentication::{AuthUser, hashes, unknown};
use super::sessions::{self, SignedIn};
use crate::audit::{self, Actor, Audited};
use crate::context::Chat;
use crate::error::Error;

/// The client that somebody signs in with.
#[derive(Debug, Default)]
pub struct Client {
    /// Where it signs in from.
    pub source: Source,
    /// What it calls itself.
    pub user_agent: Option<String>,
    /// The secrets that it has of earlier sessions.
    pub secrets: Vec<String>,
}

/// An attempt to show a password.
struct Attempt {
    password: String,
    /// The stored hash; none for an account that does not exist.
    stored: Option<String>,
    /// What the attempt counts by, if it fails.
    keys: Vec<Key>,
    share: Share,
}

/// Signs in with a username or an e-mail address; takes as long whether or not there is such an account. An account that
/// its user has deleted, and that can be restored, is.
///
/// A device that was signed in to the account before is not paused by the failures of others.
pub async fn sign_in(
    chat: &Chat,
    login: String,
    password: Password,
    client: Client,
) -> Result<SignedIn, Error> {
    let name = fold(&login);
    let shown: Vec<SecretHashes> = client
        .secrets
        .iter()
        .filter_map(|secret| Secret::parse(secret))
        .map(|secret| hashes(&secret))
        .collect();
    let looked_up = chat.db.read(move |conn| {
        let Some(account) = users::credentials(conn, &login)? else { return Ok(None) };
        let device = device_of(conn, &account, &shown)?;
        Ok::<_, Error>(Some((account, device)))
    });
    let (account, device) = looked_up.await?.unzip();
    let address = client.source.address.map(Key::address);
    let (keys, share) = match device.flatten() {
        Some(session) => (vec![Key::Device(session)], Share::Whole),
        None => (address.into_iter().chain([Key::login(&name)]).collect(), Share::Common),
    };
    let password = password.into_string();
    let stored = account.as_ref().map(|account| account.hashed_password.clone());
    let verdict = check(chat, Attempt { password: password.clone(), stored, keys, share }).await?;
    let (account, needs_upgrade) = match (account, verdict) {
        (Some(account), Verdict::Match { needs_upgrade }) => (account, needs_upgrade),
        (account, _) => {
            note_failure(chat, account.as_ref(), client.source).await;
            return Err(Error::WrongLogin);
        }
    };
    let signed_in = sessions::open(chat, &account, client.user_agent, client.source).await?;
    if needs_upgrade {
        upgrade(chat, account, password).await?;
    }
    Ok(signed_in)
}

/// Counts a sign-in that failed, and writes it to the audit log.
async fn note_failure(chat: &Chat, account: Option<&Credentials>, source: Source) {
    chat.counts.login_failures.add();
    let (target, at, actor) =
        (account.map(|account| account.id.to_string()), chat.now(), Actor::from(source));
    let failed = Audited { target, ..Audited::own(AuditAction::SignInFailed) };
    let noted = chat.db.transaction(move |conn| audit::append(conn, at, &actor, [failed.clone()]));
    if let Err(error) = noted.await {
        tracing::warn!(%error, "a failed sign-in is not in the audit log");
    }
}

/// Finds an earlier session of the account by a secret of it.
fn device_of(
    conn: &mut Conn,
    account: &Credentials,
    shown: &[SecretHashes],
) -> Result<Option<SessionId>, Stored> {
    for secret in shown {
        match persistence::sessions::by_secret(conn, secret) {
            Ok((session, _)) if session.user == account.id => return Ok(Some(session.id)),
            Ok(_) | Err(Stored::NotFound) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(None)
}

/// Checks a password, and counts it as a failure unless it is right.
async fn check(chat: &Chat, attempt: Attempt) -> Result<Verdict, Error> {
    let Attempt { password, stored, keys, share } = attempt;
    chat.throttle.attempt(&keys, chat.now()).map_err(Error::RateLimited)?;
    match chat.passwords.verify(password, stored, share).await {
        Ok(verdict) => {
            if verdict != Verdict::Mismatch {
                chat.throttle.succeeded(&keys);
            }
            Ok(verdict)
        }
        // Only the operator can repair it, by restoring the pepper or the row.
        Err(auth::error::Error::UnknownHash(why)) => {
            tracing::error!(why, "a stored password hash cannot be checked");
            Ok(Verdict::Mismatch)
        }
        Err(other) => {
            chat.throttle.take_back(&keys);
            Err(other.into())
        }
    }
}

async fn upgrade(chat: &Chat, account: Credentials, password: String) -> Result<(), Error> {
    let hashed = match chat.passwords.hash(password, Share::Common).await {
        // The next sign-in upgrades it.
        Err(auth::error::Error::Busy) => return Ok(()),
        hashed => hashed?,
    };
    let upgraded = chat.db.transaction(move |conn| {
        Ok::<_, Error>(users::replace_password(conn, account.id, &account.hashed_password, &hashed)?)
    });
    // False if the password was changed meanwhile, which is as good.
    upgraded.await.map(drop)
}

/// Replaces one's password and ends all one's other sessions; their connections are closed when this returns.
pub async fn change_password(
    chat: &Chat,
    me: &AuthUser,
    current: Password,
    new: Password,
) -> Result<(), Error> {
    let old = confirm(chat, me, Some(current)).await?;
    let hashed = chat.passwords.hash(new.into_string(), Share::Whole).await?;
    let (id, session, now, actor) = (me.id, me.session, chat.now(), Actor::from(me));
    let changed = chat.db.transaction(move |conn| {
        if !users::replace_password(conn, id, &old, &hashed)? {
            return Err(Error::Busy);
        }
        audit::append(conn, now, &actor, [Audited::own(AuditAction::PasswordChanged)])?;
        Ok(persistence::sessions::revoke_all(conn, id, Some(session), now)?)
    });
    sessions::end(chat, changed.await?);
    Ok(())
}

/// Checks one's password again; returns the hash that it was checked against.
pub(crate) async fn confirm(chat: &Chat, me: &AuthUser, password: Option<Password>) -> Result<String, Error> {
    let password = password.ok_or(Error::WrongPassword)?.into_string();
    let id = me.id;
    let stored = chat.db.read(move |conn| users::hashed_password(conn, id).map_err(unknown)).await?;
    let keys = vec![Key::User(id)];
    let attempt = Attempt { password, stored: Some(stored.clone()), keys, share: Share::Whole };
    match check(chat, attempt).await? {
        Verdict::Match { .. } => Ok(stored),
        Verdict::Mismatch => Err(Error::WrongPassword),
    }
}
