//! The TCP connection under a session, within reach of the hub.
//!
//! A peer that stops reading freezes the server's own writer for that connection, so nothing that runs inside the
//! response can end it. A second handle on the socket can.

use std::{any::Any, io, net::Shutdown, sync::Arc, time::Duration};

use actix_web::{dev::Extensions, rt::net::TcpStream};
use socket2::{SockRef, Socket};

/// How long the kernel keeps sending to a peer that does not acknowledge.
const USER_TIMEOUT: Duration = Duration::from_secs(10);

/// How much the kernel may hold for a session, beside what waits in its queue.
const SEND_BUFFER: usize = 64 * 1024;

/// Prepares a new connection; to be given to `HttpServer::on_connect`.
///
/// Bounds the time that the kernel spends on a dead peer, and lets a session's connection be cut from outside.
pub fn tune(io: &dyn Any, connection: &mut Extensions) {
    let Some(stream) = io.downcast_ref::<TcpStream>() else { return };
    match Line::new(&SockRef::from(stream)) {
        Ok(line) => drop(connection.insert(Arc::new(line))),
        Err(error) => tracing::warn!(%error, "connection cannot be cut from outside"),
    }
}

/// A second handle on the socket of one connection; it lives as long as the server serves the connection.
#[derive(Debug)]
pub(crate) struct Line(Socket);

impl Line {
    fn new(socket: &SockRef<'_>) -> io::Result<Self> {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        socket.set_tcp_user_timeout(Some(USER_TIMEOUT))?;
        socket.set_tcp_nodelay(true)?;
        socket.try_clone().map(Self)
    }

    /// Makes the kernel hold less for this connection.
    pub(crate) fn narrow(&self) {
        if let Err(error) = self.0.set_send_buffer_size(SEND_BUFFER) {
            tracing::debug!(%error, "cannot bound the send buffer");
        }
    }

    /// Tells the peer that nothing more comes.
    pub(crate) fn finish(&self) {
        if let Err(error) = self.0.shutdown(Shutdown::Write) {
            tracing::trace!(%error, "connection was gone already");
        }
    }

    /// Ends the connection at once and forgets what the kernel still holds for it.
    pub(crate) fn cut(&self) {
        let reset = self.0.set_linger(Some(Duration::ZERO));
        if let Err(error) = reset.and_then(|()| self.0.shutdown(Shutdown::Both)) {
            tracing::trace!(%error, "connection was gone already");
        }
    }
}
