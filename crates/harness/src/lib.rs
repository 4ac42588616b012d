//! The product as tests use it: the real gateway on a port and a database of its own, and callers that talk to it.
//!
//! Nothing here returns an error: what a test cannot do fails it, and says why. Nothing sleeps or tries again:
//! whoever waits, waits for something that happens, with a deadline. Only the clients of a [`crowd::Crowd`] do both, since
//! that is what they are about.
#![expect(
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a test that cannot do what it must has failed"
)]

pub mod answer;
pub mod asyncapi;
pub mod caller;
pub mod client_state;
pub mod crowd;
pub mod deadline;
pub mod home;
pub mod link;
pub mod log;
pub mod openapi;
pub mod people;
pub mod polling;
pub mod process;
pub mod received;
pub mod replica;
pub mod roamer;
pub mod socket;
pub mod stack;
pub mod witness;
pub mod world;

pub use answer::Answer;
pub use caller::Caller;
pub use home::Home;
pub use log::Listener;
pub use people::Person;
pub use socket::Socket;
pub use stack::Stack;
pub use testdb::Backend;

/// Makes two tests of each story, `sqlite` and `mariadb`, each on a stack of its own.
///
/// A story is an `async fn(&Stack)`; `story where |config| ..` changes the gateway's configuration before it starts.
/// `TEST_BACKEND` leaves only one of the two tests with something to do.
#[macro_export]
macro_rules! on_each_database {
    ($($story:ident $(where $configure:expr)?),* $(,)?) => {$(
        mod $story {
            fn on(backend: $crate::Backend) {
                let configure: fn(&mut gateway::config::Config) = |_| {};
                $(let configure: fn(&mut gateway::config::Config) = $configure;)?
                $crate::stack::run(backend, configure, async |stack| super::$story(stack).await);
            }

            #[test]
            fn sqlite() {
                on($crate::Backend::Sqlite);
            }

            #[test]
            fn mariadb() {
                on($crate::Backend::MariaDb);
            }
        }
    )*};
}

/// Makes two tests of each story about the program itself, `sqlite` and `mariadb`, each in a home of its own.
///
/// A story is an `async fn(&Home)`; the first argument is the path of the program.
#[macro_export]
macro_rules! in_each_home {
    ($program:expr; $($story:ident),* $(,)?) => {$(
        mod $story {
            use super::*;

            #[test]
            fn sqlite() {
                let story = async |home: &$crate::Home| super::$story(home).await;
                $crate::home::run($crate::Backend::Sqlite, $program, story);
            }

            #[test]
            fn mariadb() {
                let story = async |home: &$crate::Home| super::$story(home).await;
                $crate::home::run($crate::Backend::MariaDb, $program, story);
            }
        }
    )*};
}
