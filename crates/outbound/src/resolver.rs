//! Resolves the names of hosts to the addresses that requests may go to.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper_util::client::legacy::connect::dns::Name;
use tower_service::Service;

use crate::Error;
use crate::address::Networks;

/// Resolves names; the connection goes to what it answers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resolver(pub(crate) Networks);

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let networks = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await;
            let found: Vec<SocketAddr> = found.map_err(|_unknown| Error::Unresolved)?.collect();
            let allowed: Vec<SocketAddr> =
                found.into_iter().filter(|address| networks.contain(address.ip())).collect();
            if allowed.is_empty() { Err(Error::NotPublic) } else { Ok(allowed.into_iter()) }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_of_this_machine_is_resolved_for_who_may_reach_it() {
        let resolve = async |networks| Resolver(networks).call("localhost".parse().unwrap()).await;
        assert!(matches!(resolve(Networks::Public).await, Err(Error::NotPublic)));
        assert!(resolve(Networks::Private).await.unwrap().all(|address| address.ip().is_loopback()));
    }
}
