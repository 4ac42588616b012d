//! What the settings say of the use cases, and of what they work with.

use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use auth::keys::Key;
use auth::password::{self, Passwords};
use auth::push::VapidKey;
use auth::throttle::{self, Throttle};
use auth::token::{self, Tokens};
use chat::context::{Chat, Limits, Parts, RegistrationMode};
use domain::log::Cursor;
use domain::revision::Window;
use live::Live;
use media::bucket::{Bucket, BucketConfig};
use media::store::Store;
use outbound::Networks;
use persistence::db::{self, Db};
use persistence::log;

use super::error::Error;
use crate::config::{Config, Registration, without_password};

/// Creates the data directory, for this user alone, and loads the key from it or from the settings.
pub(super) fn load_key(config: &Config) -> Result<Key, Error> {
    let in_data_dir = |source| Error::DataDir { path: config.data_dir.display().to_string(), source };
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&config.data_dir).map_err(in_data_dir)?;
    Ok(Key::load(config.secret_key.as_deref(), &config.data_dir)?)
}

/// Opens the database; returns it with the position of the log's newest entry.
pub(super) async fn open_database(config: &Config) -> Result<(Db, Cursor), Error> {
    let settings = db::Config { url: config.database(), connections: config.limits.database_connections };
    let failed = |source| Error::Database { url: without_password(&config.database()), source };
    let opened = tokio::task::spawn_blocking(move || Db::open(&settings)).await;
    let opened = opened.unwrap_or_else(|panicked| Err(persistence::error::Error::Other(panicked.into())));
    let db = opened.map_err(failed)?;
    let head = db.read(log::head).await.map_err(failed)?;
    Ok((db, head))
}

/// Opens the store of uploads that the settings name.
pub(super) async fn open_store(config: &Config) -> Result<Store, Error> {
    match config.s3.bucket() {
        Some(bucket) => open_bucket(config, &bucket).await,
        None => open_folder(config),
    }
}

/// Opens the folder of uploads.
pub(crate) fn open_folder(config: &Config) -> Result<Store, Error> {
    Ok(Store::open(&media_folder(config), upload_limits(config), None)?)
}

/// Opens a bucket of uploads, and tries whether it can be written to and read.
pub(crate) async fn open_bucket(config: &Config, bucket: &BucketConfig) -> Result<Store, Error> {
    let failed = |source| Error::Bucket {
        bucket: bucket.bucket.clone(),
        endpoint: bucket.endpoint.clone().unwrap_or_else(|| "Amazon".to_owned()),
        source,
    };
    let opened = Bucket::new(bucket).map_err(failed)?;
    opened.check().await.map_err(failed)?;
    Ok(Store::open(&media_folder(config), upload_limits(config), Some(opened))?)
}

fn media_folder(config: &Config) -> PathBuf {
    config.data_dir.join("media")
}

fn upload_limits(config: &Config) -> media::limits::Limits {
    media::limits::Limits {
        max_bytes: config.limits.upload_max_bytes,
        free_percent: config.limits.upload_free_percent,
        ..Default::default()
    }
}

/// Assembles the use cases.
pub(super) fn chat(
    config: &Config,
    key: Key,
    (db, store): (Db, Store),
    live: &Arc<Live>,
) -> Result<Chat, Error> {
    let lifetime = Duration::from_secs(config.auth.access_token_minutes.saturating_mul(60));
    let parts = Parts {
        db,
        tokens: Tokens::new(&key, token::Config { lifetime, ..token::Config::default() }),
        key,
        passwords: Passwords::new(password::Config {
            cost: config.auth.bcrypt_cost,
            pepper: config.auth.pepper.clone(),
            ..password::Config::default()
        })?,
        throttle: Throttle::new(&throttle::Config {
            login_failures: config.auth.login_failures,
            address_failures: config.auth.address_failures,
            registrations: config.auth.registrations_per_hour,
        }),
        registration: registration(config),
        store,
        live: Arc::clone(live),
        outbound: outbound(config.outbound.private_networks)?,
        previews: config.previews.enabled.then(|| outbound(config.previews.private_networks)).transpose()?,
        vapid: vapid(config)?,
        clock: config.clock.clone(),
        limits: Limits {
            password_min: config.limits.password_min,
            text_max: config.limits.text_max,
            edit: Window { hours: config.limits.edit_hours },
            unsend: Window { hours: config.limits.unsend_hours },
            sync_bytes: config.limits.sync_max_bytes,
            upload_quota: config.limits.upload_quota_bytes,
            upload_unused: Duration::from_hours(config.limits.upload_unused_hours),
            search_unindexed: config.limits.search_unindexed.into(),
            bots: config.limits.bots_max,
            friend_requests: config.limits.friend_requests_max,
            session: days(config.auth.session_days),
            session_max: days(config.auth.session_max_days),
            account_grace: days(config.limits.account_grace_days),
            audit: (config.audit.days > 0).then(|| days(config.audit.days)),
        },
    };
    Ok(Chat::start(parts)?)
}

/// Makes the client of requests to addresses that users name.
fn outbound(private_networks: bool) -> Result<outbound::Client, Error> {
    let networks = if private_networks { Networks::Private } else { Networks::Public };
    Ok(outbound::Client::new(networks)?)
}

/// Loads the key that push services know the server by.
fn vapid(config: &Config) -> Result<VapidKey, Error> {
    let address = config.public_url.clone().filter(|address| address.starts_with("https://"));
    let contact = config.push.contact.clone().or(address);
    Ok(VapidKey::load(config.push.vapid_key.as_deref(), &config.data_dir, contact)?)
}

fn registration(config: &Config) -> RegistrationMode {
    match config.auth.registration {
        Registration::Open => RegistrationMode::Open,
        Registration::Closed => RegistrationMode::Closed,
        Registration::Invite => {
            RegistrationMode::Invite(config.auth.invite_code.clone().unwrap_or_default().trim().to_owned())
        }
    }
}

fn days(number: u64) -> Duration {
    Duration::from_secs(number.saturating_mul(24 * 60 * 60))
}
