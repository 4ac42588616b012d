//! Those who attack: a thread of their own, addresses of their own, and what became of their requests.

use std::cell::Cell;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Instant;

use futures_util::future::LocalBoxFuture;
use reqwest::StatusCode;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::LocalSet;
use tokio::time::timeout_at;

use crate::Failure;
use crate::seed::Person;

/// How many addresses they come from.
const ADDRESSES: usize = 8;

/// An attack; it goes on until its time is over.
#[derive(Clone, Copy)]
pub(crate) struct Attack {
    pub(crate) name: &'static str,
    /// Which 127.0.n.0/24 it comes from: what one attack has used up of the limits of its addresses is not another's.
    pub(crate) network: u8,
    pub(crate) begin: fn(Rc<Attackers>) -> LocalBoxFuture<'static, Result<(), Failure>>,
}

/// What became of what they did.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    /// Requests and events that were answered as they wished.
    pub(crate) done: u64,
    /// Those that were refused, and connections that the server closed.
    pub(crate) refused: u64,
}

/// The attackers of one attack.
pub(crate) struct Attackers {
    pub(crate) address: SocketAddr,
    /// Everybody there is; the first thousand are in the group.
    pub(crate) people: Vec<Person>,
    /// Which 127.0.n.0/24 they come from.
    network: u8,
    tally: Cell<Tally>,
}

impl Attackers {
    /// Attacks until a moment, on this thread, which yields to others; returns what became of it.
    pub(crate) fn run(
        attack: Attack,
        address: SocketAddr,
        people: Vec<Person>,
        until: Instant,
    ) -> Result<Tally, Failure> {
        // Their own machines would do this work.
        rustix::process::setpriority_process(Some(rustix::thread::gettid()), 10)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let attackers = Rc::new(Self { address, people, network: attack.network, tally: Cell::default() });
        let (crowd, begun) = (LocalSet::new(), (attack.begin)(Rc::clone(&attackers)));
        let ended = runtime.block_on(crowd.run_until(timeout_at(until.into(), begun)));
        // An attack that ends before its time could not be made as it should.
        ended.unwrap_or(Ok(()))?;
        Ok(attackers.tally.get())
    }

    /// Returns the token of one of the people.
    pub(crate) fn token(&self, number: usize) -> Result<&str, Failure> {
        let person = self.people.get(number).ok_or("there are fewer --users than attackers")?;
        Ok(&person.token)
    }

    pub(crate) fn note(&self, is_done: bool) {
        let Tally { done, refused } = self.tally.get();
        let (one, other) = (u64::from(is_done), u64::from(!is_done));
        self.tally.set(Tally { done: done + one, refused: refused + other });
    }

    /// Notes an answer, or that there was none.
    pub(crate) fn note_answer(&self, answer: &reqwest::Result<StatusCode>) {
        self.note(answer.as_ref().is_ok_and(StatusCode::is_success));
    }

    /// Opens a connection from one of their addresses.
    pub(crate) async fn connect(&self, number: usize, receive_buffer: Option<u32>) -> io::Result<TcpStream> {
        let socket = TcpSocket::new_v4()?;
        if let Some(bytes) = receive_buffer {
            socket.set_recv_buffer_size(bytes)?;
        }
        socket.bind(SocketAddr::from((self.source(number), 0)))?;
        socket.connect(self.address).await
    }

    /// Returns a client that makes requests from one of their addresses.
    pub(crate) fn http(&self, number: usize) -> Result<reqwest::Client, Failure> {
        let from = IpAddr::from(self.source(number));
        Ok(harness::http::client().local_address(from).build()?)
    }

    /// Returns the address of the n-th attacker.
    pub(crate) fn source(&self, number: usize) -> Ipv4Addr {
        Ipv4Addr::new(127, 0, self.network, 1 + u8::try_from(number % ADDRESSES).unwrap_or_default())
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} done, {} refused", self.done, self.refused)
    }
}
