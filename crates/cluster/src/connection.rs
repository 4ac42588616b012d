//! One connection to Redis and the commands over it. Each error that a method returns ends the connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use domain::id::UserId;
use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, Pipeline, ProtocolVersion, PushInfo, PushKind, RedisError, RedisResult,
    Value, cmd, pipe,
};
use tokio::time::timeout;

use crate::channels::Shard;
use crate::config::NodeId;
use crate::message::{Change, Message};
use crate::presence::{Update, UserSet};
use crate::publisher::Target;
use crate::state::State;

/// The most users of one `SADD` or `SREM`.
const PER_COMMAND: usize = 1000;
/// How many lives of a node the set of nodes outlives the last of them.
const NODES_OUTLIVE: u32 = 10;

pub(crate) struct Connection {
    state: Arc<State>,
    redis: MultiplexedConnection,
    open: Arc<AtomicBool>,
    /// Whether the server has sharded pub/sub.
    sharded: bool,
}

/// Parses the URL; RESP3, since one connection both sends and receives.
pub(crate) fn client(url: &str) -> RedisResult<Client> {
    let client = Client::open(url)?;
    let info = client.get_connection_info().clone();
    let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
    Client::open(info.set_redis_settings(settings))
}

impl Connection {
    pub(crate) async fn open(client: &Client, state: &Arc<State>) -> RedisResult<Self> {
        let open = Arc::new(AtomicBool::new(true));
        let limit = state.config.timeout;
        let (receiver, flag) = (Arc::clone(state), Arc::clone(&open));
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(limit))
            .set_response_timeout(Some(limit))
            .set_push_sender(move |push: PushInfo| {
                receive(&receiver, push, &flag);
                Ok::<(), RedisError>(())
            });
        // The library's own limit leaves out the lookup of the host.
        let connected = timeout(limit, client.get_multiplexed_async_connection_with_config(&config));
        let mut redis = connected
            .await
            .map_err(|_elapsed| RedisError::from(std::io::Error::from(std::io::ErrorKind::TimedOut)))??;
        let sharded = match cmd("INFO").arg("server").query_async::<String>(&mut redis).await {
            Ok(info) => has_sharded_pubsub(&info),
            Err(error) if is_refusal(&error) => false,
            Err(error) => return Err(error),
        };
        Ok(Self { state: Arc::clone(state), redis, open, sharded })
    }

    pub(crate) fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire)
    }

    /// Subscribes to the channel of all nodes.
    pub(crate) async fn subscribe_to_all(&mut self) -> RedisResult<()> {
        let command = if self.sharded { "SSUBSCRIBE" } else { "SUBSCRIBE" };
        cmd(command).arg(&self.state.channels.all).exec_async(&mut self.redis).await
    }

    /// Subscribes to the channels of shards and unsubscribes from others; returns when both are in force.
    pub(crate) async fn subscribe(&mut self, added: &[Shard], removed: &[Shard]) -> RedisResult<()> {
        let [subscribe, unsubscribe] =
            if self.sharded { ["SSUBSCRIBE", "SUNSUBSCRIBE"] } else { ["SUBSCRIBE", "UNSUBSCRIBE"] };
        let mut pipe = pipe();
        // One channel for each command, as each command has one answer then.
        for (shards, command) in [(removed, unsubscribe), (added, subscribe)] {
            for shard in shards {
                pipe.cmd(command).arg(self.state.channels.shard(*shard)).ignore();
            }
        }
        if pipe.is_empty() { Ok(()) } else { pipe.exec_async(&mut self.redis).await }
    }

    /// Publishes in this order; returns how many were refused.
    pub(crate) async fn publish(&mut self, messages: &[(&Target, Vec<u8>)]) -> RedisResult<usize> {
        let mut pipe = pipe();
        pipe.ignore_errors();
        for (target, message) in messages {
            match target {
                Target::All => self.add_publish(&mut pipe, &self.state.channels.all, message),
                Target::Shards(shards) => {
                    for shard in shards {
                        self.add_publish(&mut pipe, self.state.channels.shard(*shard), message);
                    }
                }
            }
        }
        if pipe.is_empty() {
            return Ok(0);
        }
        let answers: Vec<RedisResult<i64>> = pipe.query_async(&mut self.redis).await?;
        let mut refused = 0;
        for error in answers.into_iter().filter_map(Result::err) {
            unless_refused(error)?;
            refused += 1;
        }
        Ok(refused)
    }

    pub(crate) async fn ping(&mut self) -> RedisResult<()> {
        cmd("PING").exec_async(&mut self.redis).await
    }

    /// Updates and prolongs this node's set and publishes the announcement; returns whether the set has the size that it
    /// should have.
    pub(crate) async fn announce(&mut self, update: &Update, announcement: &[u8]) -> RedisResult<bool> {
        let channels = &self.state.channels;
        let mut pipe = pipe();
        let (added, removed, count): (Vec<i64>, Vec<i64>, _) = match update {
            Update::All(users) => {
                // Atomic, so that no node reads a half.
                pipe.atomic().cmd("DEL").arg(&channels.own_users).ignore();
                (users.iter().map(|user| user.0).collect(), Vec::new(), Some(users.len()))
            }
            Update::Changes { changes, count } => {
                let (added, removed): (Vec<_>, Vec<_>) = changes.iter().partition(|change| change.online);
                let ids = |changes: Vec<&Change>| changes.iter().map(|change| change.user.0).collect();
                (ids(added), ids(removed), *count)
            }
        };
        for (users, command) in [(added, "SADD"), (removed, "SREM")] {
            for users in users.chunks(PER_COMMAND) {
                pipe.cmd(command).arg(&channels.own_users).arg(users).ignore();
            }
        }
        let ttl = self.state.config.ttl;
        pipe.cmd("PEXPIRE").arg(&channels.own_users).arg(millis(ttl)).ignore();
        pipe.cmd("SADD").arg(&channels.nodes).arg(self.state.config.node.to_string()).ignore();
        pipe.cmd("PEXPIRE").arg(&channels.nodes).arg(millis(ttl.saturating_mul(NODES_OUTLIVE))).ignore();
        self.add_publish(&mut pipe, &channels.all, announcement);
        pipe.ignore();
        pipe.cmd("SCARD").arg(&channels.own_users);
        let (found,): (usize,) = pipe.query_async(&mut self.redis).await?;
        Ok(count.is_none_or(|count| count == found))
    }

    /// Reads the sets of nodes; a node without one is left out.
    pub(crate) async fn read(&mut self, nodes: Vec<NodeId>) -> RedisResult<Vec<UserSet>> {
        let mut sets = Vec::new();
        for node in nodes {
            let key = self.state.channels.users(node);
            let mut pipe = pipe();
            pipe.cmd("SMEMBERS").arg(&key).cmd("PTTL").arg(&key);
            let (users, left): (Vec<Vec<u8>>, i64) = pipe.query_async(&mut self.redis).await?;
            if let Ok(left) = u64::try_from(left) {
                // Bounded, as others can write to the key.
                let expires = Instant::now() + Duration::from_millis(left.min(u32::MAX.into()));
                let users = users.iter().filter_map(|user| user_id(user)).collect();
                sets.push(UserSet { node, users, expires });
            } else {
                let nodes = &self.state.channels.nodes;
                cmd("SREM").arg(nodes).arg(node.to_string()).exec_async(&mut self.redis).await?;
            }
        }
        Ok(sets)
    }

    /// Returns the other nodes that are listed.
    pub(crate) async fn other_nodes(&mut self) -> RedisResult<Vec<NodeId>> {
        let names: Vec<String> =
            cmd("SMEMBERS").arg(&self.state.channels.nodes).query_async(&mut self.redis).await?;
        let own = self.state.config.node;
        Ok(names.iter().filter_map(|name| NodeId::parse(name)).filter(|node| *node != own).collect())
    }

    /// Removes this node's set and publishes the announcement.
    pub(crate) async fn leave(&mut self, announcement: &[u8]) -> RedisResult<()> {
        let channels = &self.state.channels;
        let mut pipe = pipe();
        pipe.cmd("DEL").arg(&channels.own_users).ignore();
        pipe.cmd("SREM").arg(&channels.nodes).arg(self.state.config.node.to_string()).ignore();
        self.add_publish(&mut pipe, &channels.all, announcement);
        pipe.ignore().exec_async(&mut self.redis).await
    }

    fn add_publish(&self, pipe: &mut Pipeline, channel: &str, message: &[u8]) {
        pipe.cmd(if self.sharded { "SPUBLISH" } else { "PUBLISH" }).arg(channel).arg(message);
    }
}

/// Passes on what the server pushed; `open` is cleared when the connection has ended.
fn receive(state: &State, push: PushInfo, open: &AtomicBool) {
    match push.kind {
        PushKind::Message | PushKind::SMessage => {
            let Ok([Value::BulkString(channel), Value::BulkString(message)]) = <[_; 2]>::try_from(push.data)
            else {
                return;
            };
            if let Some(message) = Message::decode(&Bytes::from(message)) {
                state.subscriber.receive(state.channels.shard_of(&channel), message);
            }
        }
        PushKind::Disconnection => {
            open.store(false, Ordering::Release);
            state.wake.notify_one();
        }
        _ => {}
    }
}

/// Returns the error unless the server answered and declined.
pub(crate) fn unless_refused(error: RedisError) -> RedisResult<()> {
    if is_refusal(&error) { Ok(()) } else { Err(error) }
}

/// Whether the server declined, and not because it starts or is being replaced.
fn is_refusal(error: &RedisError) -> bool {
    const PASSING: [&str; 6] = ["LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "NOAUTH"];
    let errors = error.clone().into_server_errors();
    errors.is_some_and(|errors| !errors.iter().any(|(_, error)| PASSING.contains(&error.code())))
}

/// Whether the server has sharded pub/sub (Redis 7, any Valkey) and all shards, unlike the node of a Redis Cluster.
fn has_sharded_pubsub(info: &str) -> bool {
    let value = |wanted: &str| {
        let mut lines = info.lines().filter_map(|line| line.trim().split_once(':'));
        lines.find(|(name, _)| *name == wanted).map(|(_, value)| value)
    };
    let major = value("redis_version").and_then(|version| version.split('.').next()?.parse::<u32>().ok());
    let mode = value("redis_mode").or_else(|| value("server_mode"));
    mode == Some("standalone") && major.is_some_and(|major| major >= 7)
}

fn user_id(member: &[u8]) -> Option<UserId> {
    std::str::from_utf8(member).ok()?.parse().ok().map(UserId)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sharded_channels_are_used_where_one_server_has_all_shards() {
        for (info, expected) in [
            ("# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\n", true),
            ("redis_version:6.2.1\r\nredis_mode:standalone\r\n", false),
            ("redis_version:7.2.4\r\nredis_mode:cluster\r\n", false),
            (
                "redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.0.1\r\nserver_mode:standalone\r\n",
                true,
            ),
            ("redis_version:10.0.0\r\nredis_mode:standalone\r\n", true),
            ("", false),
        ] {
            assert_eq!(has_sharded_pubsub(info), expected, "{info}");
        }
    }

    #[test]
    fn an_invalid_url_is_an_error() {
        assert!(client("redis://127.0.0.1:6379/2").is_ok() && client("unix:///run/r.sock").is_ok());
        assert!(client("http://127.0.0.1").is_err() && client("").is_err());
        assert!(client("rediss://h").is_err(), "TLS is not in this build, reported at the start");
    }
}
