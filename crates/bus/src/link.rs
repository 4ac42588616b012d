//! One connection to Redis and what is said over it. An error that it returns is the connection's end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ahash::AHashSet;
use domain::id::UserId;
use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, Pipeline, ProtocolVersion, PushInfo, RedisError, RedisResult, cmd, pipe,
};
use tokio::time::timeout;

use crate::config::NodeId;
use crate::ear::Ear;
use crate::names::Names;
use crate::outbox::To;
use crate::own::Untold;
use crate::shard::Shard;
use crate::shared::Shared;

/// How many users one `SADD` or `SREM` names.
const PER_COMMAND: usize = 1000;
/// For how many times a node's life the list of nodes outlives the last of them.
const NODES_OUTLIVE: u32 = 10;

pub(crate) struct Link {
    shared: Arc<Shared>,
    redis: MultiplexedConnection,
    open: Arc<AtomicBool>,
    sharded: bool,
}

/// A node's set as it was read.
pub(crate) struct Read {
    pub node: NodeId,
    pub users: AHashSet<UserId>,
    pub until: Instant,
}

/// Reads the URL; RESP3, since one connection is to speak and to listen.
pub(crate) fn client(url: &str) -> RedisResult<Client> {
    let client = Client::open(url)?;
    let info = client.get_connection_info().clone();
    let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
    Client::open(info.set_redis_settings(settings))
}

impl Link {
    pub(crate) async fn connect(client: &Client, shared: &Arc<Shared>, ear: &Arc<Ear>) -> RedisResult<Self> {
        let open = Arc::new(AtomicBool::new(true));
        let (limit, ear, flag) = (shared.config.timeout, Arc::clone(ear), Arc::clone(&open));
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(limit))
            .set_response_timeout(Some(limit))
            .set_push_sender(move |push: PushInfo| {
                ear.push(push, &flag);
                Ok::<(), RedisError>(())
            });
        // Over everything, as looking a name up takes its own time.
        let connected = timeout(limit, client.get_multiplexed_async_connection_with_config(&config));
        let mut redis = connected
            .await
            .map_err(|_elapsed| RedisError::from(std::io::Error::from(std::io::ErrorKind::TimedOut)))??;
        let sharded = match cmd("INFO").arg("server").query_async::<String>(&mut redis).await {
            Ok(info) => speaks_sharded(&info),
            // Whoever may not ask gets along without.
            Err(error) if is_refusal(&error) => false,
            Err(error) => return Err(error),
        };
        Ok(Self { shared: Arc::clone(shared), redis, open, sharded })
    }

    pub(crate) fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire)
    }

    /// Listens to what all nodes are told.
    pub(crate) async fn listen_to_all(&mut self) -> RedisResult<()> {
        let command = if self.sharded { "SSUBSCRIBE" } else { "SUBSCRIBE" };
        cmd(command).arg(&self.names().all).exec_async(&mut self.redis).await
    }

    /// Listens to these shards and no longer to those; returns when it is so.
    pub(crate) async fn listen(&mut self, also: &[Shard], no_longer: &[Shard]) -> RedisResult<()> {
        let mut pipe = pipe();
        for (shards, command) in
            [(no_longer, ["UNSUBSCRIBE", "SUNSUBSCRIBE"]), (also, ["SUBSCRIBE", "SSUBSCRIBE"])]
        {
            let [plain, sharded] = command;
            // One channel for each command: each has one answer then.
            for shard in shards {
                pipe.cmd(if self.sharded { sharded } else { plain })
                    .arg(self.shared.names.shard(*shard))
                    .ignore();
            }
        }
        if pipe.is_empty() { Ok(()) } else { pipe.exec_async(&mut self.redis).await }
    }

    /// Publishes, in this order; returns how many were refused.
    pub(crate) async fn publish(&mut self, messages: &[(&To, Vec<u8>)]) -> RedisResult<usize> {
        let mut pipe = pipe();
        pipe.ignore_errors();
        for (to, wire) in messages {
            match to {
                To::All => self.add_publish(&mut pipe, &self.names().all, wire),
                To::Shards(shards) => {
                    for shard in shards {
                        self.add_publish(&mut pipe, self.names().shard(*shard), wire);
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
            check(error)?;
            refused += 1;
        }
        Ok(refused)
    }

    /// Asks whether the server is there.
    pub(crate) async fn ping(&mut self) -> RedisResult<()> {
        cmd("PING").exec_async(&mut self.redis).await
    }

    /// Brings this node's set up to date, prolongs it and tells the others by `wire`; false when the set is not what it
    /// should be.
    pub(crate) async fn tell(&mut self, untold: &Untold, wire: &[u8]) -> RedisResult<bool> {
        let key = self.names().users(self.shared.config.node);
        let mut pipe = pipe();
        let (changes, count) = match untold {
            Untold::Whole(users) => {
                // All at once, so that nobody reads half of it.
                pipe.atomic().cmd("DEL").arg(&key).ignore();
                (users.iter().map(|user| (*user, true)).collect(), Some(users.len()))
            }
            Untold::Changes(changes, count) => (changes.clone(), *count),
        };
        for (here, command) in [(true, "SADD"), (false, "SREM")] {
            let users: Vec<i64> =
                changes.iter().filter(|(_, now)| *now == here).map(|(user, _)| user.0).collect();
            for users in users.chunks(PER_COMMAND) {
                pipe.cmd(command).arg(&key).arg(users).ignore();
            }
        }
        let ttl = self.shared.config.ttl;
        pipe.cmd("PEXPIRE").arg(&key).arg(millis(ttl)).ignore();
        pipe.cmd("SADD").arg(&self.names().nodes).arg(self.shared.config.node.to_string()).ignore();
        pipe.cmd("PEXPIRE").arg(&self.names().nodes).arg(millis(ttl.saturating_mul(NODES_OUTLIVE))).ignore();
        self.add_publish(&mut pipe, &self.names().all, wire);
        pipe.ignore();
        pipe.cmd("SCARD").arg(&key);
        let (found,): (usize,) = pipe.query_async(&mut self.redis).await?;
        Ok(count.is_none_or(|count| count == found))
    }

    /// Reads the sets of these nodes, or of all; a node that has none is left out.
    pub(crate) async fn read(&mut self, nodes: Option<Vec<NodeId>>) -> RedisResult<Vec<Read>> {
        let nodes = match nodes {
            Some(nodes) => nodes,
            None => self.other_nodes().await?,
        };
        let mut found = Vec::new();
        for node in nodes {
            let key = self.names().users(node);
            let mut pipe = pipe();
            pipe.cmd("SMEMBERS").arg(&key).cmd("PTTL").arg(&key);
            let (users, left): (Vec<Vec<u8>>, i64) = pipe.query_async(&mut self.redis).await?;
            match u64::try_from(left) {
                Ok(left) => {
                    // Whoever set it to a thousand years is not believed.
                    let until = Instant::now() + Duration::from_millis(left.min(u32::MAX.into()));
                    found.push(Read {
                        node,
                        users: users.iter().filter_map(|user| user_id(user)).collect(),
                        until,
                    });
                }
                Err(_expired) => {
                    let nodes = &self.shared.names.nodes;
                    cmd("SREM").arg(nodes).arg(node.to_string()).exec_async(&mut self.redis).await?;
                }
            }
        }
        Ok(found)
    }

    async fn other_nodes(&mut self) -> RedisResult<Vec<NodeId>> {
        let names: Vec<String> =
            cmd("SMEMBERS").arg(&self.shared.names.nodes).query_async(&mut self.redis).await?;
        let me = self.shared.config.node;
        Ok(names.iter().filter_map(|name| NodeId::parse(name)).filter(|node| *node != me).collect())
    }

    /// Takes this node's set away and tells the others by `wire`.
    pub(crate) async fn leave(&mut self, wire: &[u8]) -> RedisResult<()> {
        let node = self.shared.config.node;
        let mut pipe = pipe();
        pipe.cmd("DEL").arg(self.names().users(node)).ignore();
        pipe.cmd("SREM").arg(&self.names().nodes).arg(node.to_string()).ignore();
        self.add_publish(&mut pipe, &self.names().all, wire);
        pipe.ignore().exec_async(&mut self.redis).await
    }

    fn add_publish(&self, pipe: &mut Pipeline, channel: &str, wire: &[u8]) {
        pipe.cmd(if self.sharded { "SPUBLISH" } else { "PUBLISH" }).arg(channel).arg(wire);
    }

    fn names(&self) -> &Names {
        &self.shared.names
    }
}

/// Returns an error that is the connection's end, and nothing for one that the server will not answer otherwise soon.
pub(crate) fn check(error: RedisError) -> RedisResult<()> {
    if is_refusal(&error) { Ok(()) } else { Err(error) }
}

/// Whether the server understood and declined, and is not about to be replaced by another.
fn is_refusal(error: &RedisError) -> bool {
    const PASSING: [&str; 6] = ["LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "NOAUTH"];
    let errors = error.clone().into_server_errors();
    errors.is_some_and(|errors| !errors.iter().any(|(_, error)| PASSING.contains(&error.code())))
}

/// Whether the server has sharded pub/sub (Redis 7, any Valkey) and every shard: on a cluster it would have a part.
fn speaks_sharded(info: &str) -> bool {
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
    fn sharded_messages_are_used_where_one_server_has_all_of_them() {
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
            assert_eq!(speaks_sharded(info), expected, "{info}");
        }
    }

    #[test]
    fn a_url_that_is_none_is_an_error() {
        assert!(client("redis://127.0.0.1:6379/2").is_ok() && client("unix:///run/r.sock").is_ok());
        assert!(client("http://127.0.0.1").is_err() && client("").is_err());
        assert!(
            client("rediss://h").is_err(),
            "not in this build, which is said at the start and not every second"
        );
    }
}
