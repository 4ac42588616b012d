//! The settings: environment over `chatroom.toml` over the defaults here.

use std::net::SocketAddr;
use std::path::PathBuf;

use actix_web::http::header::HeaderValue;
use figment::Figment;
use figment::providers::{Format, Toml};
use serde::{Deserialize, Serialize};

use crate::network::Network;

pub use chat::clock::Clock;

mod auth;
mod environment;
mod error;
mod limits;
mod rates;
mod s3;
mod sockets;

pub use auth::{Auth, Registration};
pub use error::Error;
use error::{explain, range};
pub use limits::Limits;
pub use rates::{NotARate, Rate, Rates};
pub use s3::S3;
pub use sockets::Sockets;

/// The settings; with none given, everything lives under `./data` and the server listens on 127.0.0.1:8000.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The address to listen on.
    pub host: String,
    /// The port to listen on; 0 takes a free one.
    pub port: u16,
    /// `mysql://user:password@host/name` or `sqlite:path`; by default a file of `SQLite`'s in the data directory.
    pub database_url: Option<String>,
    /// The Redis or Valkey that connects the nodes of one installation; none for a single node.
    pub redis_url: Option<String>,
    /// Where the database file, the uploads and the generated key are kept.
    pub data_dir: PathBuf,
    /// What tokens are signed with, at least 32 bytes; by default generated once and kept in the data directory.
    pub secret_key: Option<String>,
    /// The address that users see, when it is a proxy's: `https://chat.example`.
    pub public_url: Option<String>,
    /// The proxies whose `X-Forwarded-..` headers are believed, as addresses or ranges.
    pub trusted_proxies: Vec<Network>,
    /// The other origins whose pages may use this server, as `https://host[:port]`.
    pub allowed_origins: Vec<String>,
    /// The built web client.
    pub web_dir: PathBuf,
    /// The `Content-Security-Policy` of the web client's pages; by default what the client needs.
    pub content_security_policy: Option<String>,
    /// What is served as it is under `/static/`.
    pub static_dir: PathBuf,
    /// How many threads serve requests.
    pub workers: usize,
    /// What is allowed.
    pub limits: Limits,
    /// How often each user may do what costs others.
    pub rates: Rates,
    /// The bucket that uploads are kept in.
    pub s3: S3,
    /// How secrets are handled.
    pub auth: Auth,
    /// How connections are kept.
    pub sockets: Sockets,
    /// How several servers work together.
    pub cluster: Cluster,
    /// Where what is measured can be read.
    pub metrics: Metrics,
    /// How the audit log is kept.
    pub audit: Audit,
    /// Where requests may go to that users name.
    pub outbound: Outbound,
    /// How messages are pushed to devices.
    pub push: Push,
    /// Whether links have previews.
    pub previews: Previews,
    /// What is written to the log.
    pub log: Log,
    /// The clock; not a setting, set by tests only.
    #[serde(skip)]
    pub clock: Clock,
}

/// How several servers work together.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cluster {
    /// The prefix of this installation's names in a shared Redis.
    pub prefix: String,
    /// The interval of a node's heartbeat in Redis, in milliseconds; its users are offline when three have been missed.
    pub beat_ms: u64,
}

/// How the audit log is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Audit {
    /// For how many days; 0 for ever.
    pub days: u64,
}

impl Default for Audit {
    fn default() -> Self {
        Self { days: 90 }
    }
}

/// How messages are pushed to devices.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Push {
    /// The key that push services know the server by (PKCS#8 in Base64); by default generated once and kept in the data
    /// directory.
    pub vapid_key: Option<String>,
    /// Where push services can reach the operator, as `mailto:` or `https:`; by default `public_url`.
    pub contact: Option<String>,
}

/// Whether links have previews.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Previews {
    /// Whether the pages that messages link to are fetched.
    pub enabled: bool,
    /// Whether those of private networks and of this machine are, too.
    pub private_networks: bool,
}

/// Where requests may go to that users name: events of webhooks, and pushes.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Outbound {
    /// Whether they may go to private networks and to this machine.
    pub private_networks: bool,
}

/// Where what is measured can be read.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Metrics {
    /// The address on which `/metrics` is served, for Prometheus alone: `127.0.0.1:9090`; by default on none.
    pub address: Option<SocketAddr>,
}

/// What is written to the log.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// What to write, as in `info,realtime=debug`.
    pub filter: String,
    /// Whether each line is a JSON object.
    pub json: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            host: "127.0.0.1".into(),
            port: 8000,
            database_url: None,
            redis_url: None,
            data_dir: "data".into(),
            secret_key: None,
            public_url: None,
            trusted_proxies: Network::loopback().into(),
            allowed_origins: Vec::new(),
            web_dir: "web/dist".into(),
            content_security_policy: None,
            static_dir: "static".into(),
            workers: std::thread::available_parallelism().map_or(2, std::num::NonZero::get),
            limits: Limits::default(),
            rates: Rates::default(),
            s3: S3::default(),
            auth: Auth::default(),
            sockets: Sockets::default(),
            cluster: Cluster::default(),
            metrics: Metrics::default(),
            audit: Audit::default(),
            outbound: Outbound::default(),
            push: Push::default(),
            previews: Previews::default(),
            log: Log::default(),
            clock: Clock::default(),
        }
    }
}

impl Default for Cluster {
    fn default() -> Self {
        Self { prefix: "main".into(), beat_ms: 10_000 }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { filter: "info".into(), json: false }
    }
}

impl Config {
    /// Reads `chatroom.toml` in the working directory, where there is one, and the environment.
    pub fn load() -> Result<Self, Error> {
        Self::from_sources("chatroom.toml", std::env::vars())
    }

    fn from_sources(file: &str, environment: impl Iterator<Item = (String, String)>) -> Result<Self, Error> {
        let figment = Figment::new().merge(Toml::file(file)).merge(environment::read(environment)?);
        let config: Self = figment.extract().map_err(|error| explain(&error))?;
        config.check()
    }

    fn check(self) -> Result<Self, Error> {
        if let Some(address) = &self.public_url {
            let good = url::Url::parse(address)
                .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.path() == "/");
            if !good {
                return Err(Error::Value(format!(
                    "PUBLIC_URL is `{address}`; it must be an address without a path, like https://chat.example"
                )));
            }
        }
        let policy = self.content_security_policy.as_deref().map(HeaderValue::from_str);
        if policy.is_some_and(|policy| policy.is_err()) {
            return Err(Error::Value("CONTENT_SECURITY_POLICY must be one line of ASCII text".to_owned()));
        }
        self.limits.check()?;
        self.auth.check()?;
        self.s3.check()?;
        self.sockets.check()?;
        range("workers", self.workers as u64, 1, 1_024)?;
        range("cluster.beat_ms", self.cluster.beat_ms, 50, 600_000)?;
        range("audit.days", self.audit.days, 0, 36_500)?;
        if let Err(error) = tracing_subscriber::EnvFilter::try_new(&self.log.filter) {
            return Err(Error::Value(format!("log.filter is `{}`: {error}", self.log.filter)));
        }
        Ok(self)
    }

    /// Returns the database's address, which by default lies in the data directory.
    pub fn database(&self) -> String {
        self.database_url
            .clone()
            .unwrap_or_else(|| format!("sqlite:{}", self.data_dir.join("chatroom.db").display()))
    }

    /// Returns the settings in force as TOML, secrets starred.
    pub fn shown(&self) -> String {
        let starred = |secret: &Option<String>| secret.as_ref().map(|_| "***".to_owned());
        let url = |address: &Option<String>| address.as_deref().map(without_password);
        let shown = Self {
            secret_key: starred(&self.secret_key),
            database_url: Some(without_password(&self.database())),
            redis_url: url(&self.redis_url),
            push: Push { vapid_key: starred(&self.push.vapid_key), ..self.push.clone() },
            s3: S3 { secret_access_key: starred(&self.s3.secret_access_key), ..self.s3.clone() },
            auth: Auth {
                pepper: starred(&self.auth.pepper),
                invite_code: starred(&self.auth.invite_code),
                ..self.auth.clone()
            },
            ..self.clone()
        };
        toml::to_string_pretty(&shown).unwrap_or_default()
    }
}

/// Returns an address that may be shown.
pub(crate) fn without_password(address: &str) -> String {
    match url::Url::parse(address) {
        Ok(mut url) if url.password().is_some() => match url.set_password(Some("***")) {
            Ok(()) => url.into(),
            Err(()) => "***".to_owned(),
        },
        _ => address.to_owned(),
    }
}

#[cfg(test)]
mod tests;
