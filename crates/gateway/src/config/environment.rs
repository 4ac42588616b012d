//! The environment's names for the settings: plain ones for every day, the seed's as aliases, the rest by path.

use std::collections::BTreeMap;

use figment::providers::Serialized;
use figment::value::Value;

use super::error::{Error, nearest};

/// The plain names and the seed's, each with its setting; a later one wins.
const NAMES: [(&str, &str); 28] = [
    ("DB_CONNECTION_STRING", "database_url"),
    ("ACCESS_TOKEN_EXPIRE_MINUTES", "auth.access_token_minutes"),
    ("S3_BUCKET_NAME", "s3.bucket"),
    ("AWS_REGION", "s3.region"),
    ("AWS_ACCESS_KEY_ID", "s3.access_key_id"),
    ("AWS_SECRET_ACCESS_KEY", "s3.secret_access_key"),
    ("HOST", "host"),
    ("PORT", "port"),
    ("DATABASE_URL", "database_url"),
    ("REDIS_URL", "redis_url"),
    ("DATA_DIR", "data_dir"),
    ("SECRET_KEY", "secret_key"),
    ("PUBLIC_URL", "public_url"),
    ("ALLOWED_ORIGINS", "allowed_origins"),
    ("TRUSTED_PROXIES", "trusted_proxies"),
    ("S3_BUCKET", "s3.bucket"),
    ("S3_ENDPOINT", "s3.endpoint"),
    ("S3_REGION", "s3.region"),
    ("S3_ACCESS_KEY_ID", "s3.access_key_id"),
    ("S3_SECRET_ACCESS_KEY", "s3.secret_access_key"),
    ("REGISTRATION", "auth.registration"),
    ("INVITE_CODE", "auth.invite_code"),
    ("VAPID_KEY", "push.vapid_key"),
    ("METRICS_ADDRESS", "metrics.address"),
    ("LOG", "log.filter"),
    ("WEB_DIR", "web_dir"),
    ("CONTENT_SECURITY_POLICY", "content_security_policy"),
    ("STATIC_DIR", "static_dir"),
];

/// Every setting that can be named by its path, as in `CHATROOM__LIMITS__TEXT_MAX`.
const PATHS: &[&str] = &[
    "host",
    "port",
    "database_url",
    "redis_url",
    "data_dir",
    "secret_key",
    "public_url",
    "allowed_origins",
    "trusted_proxies",
    "web_dir",
    "content_security_policy",
    "static_dir",
    "workers",
    "limits.text_max",
    "limits.edit_hours",
    "limits.unsend_hours",
    "limits.upload_max_bytes",
    "limits.upload_quota_bytes",
    "limits.upload_free_percent",
    "limits.upload_unused_hours",
    "limits.upload_unused_look_ms",
    "limits.account_grace_days",
    "limits.disappearing_look_ms",
    "limits.password_min",
    "limits.database_connections",
    "limits.body_max_bytes",
    "limits.form_parts_max",
    "limits.part_header_max_bytes",
    "limits.body_idle_ms",
    "limits.body_bytes_per_second",
    "limits.answer_unread_ms",
    "limits.sync_max_bytes",
    "limits.search_unindexed",
    "limits.bots_max",
    "limits.friend_requests_max",
    "limits.address_sessions_max",
    "limits.address_unauthenticated_max",
    "limits.user_sockets_max",
    "limits.unauthenticated_message_max_bytes",
    "limits.memory_max_bytes",
    "rates.enabled",
    "rates.send",
    "rates.typing",
    "rates.react",
    "rates.edit",
    "rates.profile",
    "rates.room",
    "rates.friend",
    "rates.search",
    "rates.search_people",
    "rates.search_messages",
    "rates.upload",
    "rates.report",
    "rates.hook",
    "rates.export",
    "s3.bucket",
    "s3.endpoint",
    "s3.region",
    "s3.access_key_id",
    "s3.secret_access_key",
    "auth.access_token_minutes",
    "auth.session_days",
    "auth.session_max_days",
    "auth.bcrypt_cost",
    "auth.pepper",
    "auth.registration",
    "auth.invite_code",
    "auth.login_failures",
    "auth.address_failures",
    "auth.registrations_per_hour",
    "sockets.ping_interval_ms",
    "sockets.ping_timeout_ms",
    "sockets.stall_timeout_ms",
    "sockets.heads_ms",
    "sockets.drain_ms",
    "cluster.prefix",
    "cluster.beat_ms",
    "metrics.address",
    "audit.days",
    "outbound.private_networks",
    "push.vapid_key",
    "push.contact",
    "previews.enabled",
    "previews.private_networks",
    "log.filter",
    "log.json",
];

const PREFIX: &str = "CHATROOM__";

/// Turns the environment into a layer of settings; an empty variable counts as unset.
pub(super) fn read(
    variables: impl Iterator<Item = (String, String)>,
) -> Result<Serialized<BTreeMap<String, Value>>, Error> {
    let variables: BTreeMap<String, String> = variables.filter(|(_, value)| !value.is_empty()).collect();
    let mut layer = BTreeMap::new();
    for (name, path) in NAMES {
        if let Some(value) = lookup(&variables, name)? {
            put(&mut layer, path, &value);
        }
    }
    for (name, value) in &variables {
        let Some(spelled) = name.strip_prefix(PREFIX) else { continue };
        let (spelled, in_file) = spelled.strip_suffix("_FILE").map_or((spelled, false), |s| (s, true));
        let path = spelled.to_lowercase().replace("__", ".");
        if !PATHS.contains(&path.as_str()) {
            let near = nearest(&path, PATHS.iter().copied());
            let near = near.map(|near| format!("{PREFIX}{}", near.to_uppercase().replace('.', "__")));
            return Err(Error::Unknown { place: "environment".into(), key: name.clone(), nearest: near });
        }
        let value = if in_file { secret_file(name.trim_end_matches("_FILE"), value)? } else { value.clone() };
        put(&mut layer, &path, &value);
    }
    Ok(Serialized::defaults(layer))
}

fn lookup(variables: &BTreeMap<String, String>, name: &str) -> Result<Option<String>, Error> {
    match variables.get(&format!("{name}_FILE")) {
        Some(path) => secret_file(name, path).map(Some),
        None => Ok(variables.get(name).cloned()),
    }
}

fn secret_file(key: &str, path: &str) -> Result<String, Error> {
    let read = std::fs::read_to_string(path);
    let text =
        read.map_err(|source| Error::SecretFile { key: key.to_owned(), path: path.to_owned(), source })?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

fn put(layer: &mut BTreeMap<String, Value>, path: &str, text: &str) {
    let value = match path {
        "allowed_origins" => {
            Value::from(text.split(',').map(|origin| origin.trim().trim_end_matches('/')).collect::<Vec<_>>())
        }
        "trusted_proxies" => Value::from(text.split(',').map(str::trim).collect::<Vec<_>>()),
        _ => scalar(path, text),
    };
    match path.split_once('.') {
        None => drop(layer.insert(path.to_owned(), value)),
        Some((section, key)) => {
            let section = layer
                .entry(section.to_owned())
                .or_insert_with(|| Value::from(BTreeMap::<String, Value>::new()));
            if let Value::Dict(_, keys) = section {
                keys.insert(key.to_owned(), value);
            }
        }
    }
}

/// Reads numbers and truth values as such, where the setting is one; what is wanted as text stays text.
fn scalar(path: &str, text: &str) -> Value {
    const NUMBERS: [&str; 12] = [
        "audit.days",
        "limits.",
        "sockets.",
        "cluster.beat_ms",
        "port",
        "workers",
        "auth.bcrypt_cost",
        "auth.access_token_minutes",
        "auth.session_",
        "auth.login_failures",
        "auth.address_failures",
        "auth.registrations_per_hour",
    ];
    const TRUTH_VALUES: [&str; 5] = [
        "log.json",
        "rates.enabled",
        "outbound.private_networks",
        "previews.enabled",
        "previews.private_networks",
    ];
    let number = NUMBERS.iter().any(|start| path.starts_with(start));
    match (text.parse::<u64>(), text.parse::<bool>()) {
        (Ok(value), _) if number => Value::from(value),
        (_, Ok(value)) if TRUTH_VALUES.contains(&path) => Value::from(value),
        _ => Value::from(text),
    }
}
