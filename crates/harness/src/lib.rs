//! The product as tests use it: the real gateway on a port and a database of its own, and the clients of its interfaces.
//!
//! Functions panic with the reason instead of returning errors. Waiting is for an event, with a deadline; only the clients
//! of a [`crowd::Crowd`] sleep and try again.
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
pub mod connection;
pub mod crowd;
pub mod crowd_state;
pub mod deadline;
pub mod differences;
pub mod http;
pub mod installation;
pub mod openapi;
pub mod people;
pub mod polling;
pub mod process;
pub mod received_event;
pub mod received_events;
pub mod receiver;
pub mod reconnecting_client;
pub mod replica;
mod schema;
pub mod server_errors;
pub mod socket;
pub mod stack;

pub use answer::Answer;
pub use caller::Caller;
pub use installation::Installation;
pub use people::Person;
pub use received_events::EventStream;
pub use receiver::Receiver;
pub use socket::Socket;
pub use stack::Stack;
pub use testdb::Backend;

/// Makes two tests of each scenario, `sqlite` and `mariadb`, each on a stack of its own.
///
/// A scenario is an `async fn(&Stack)`; `scenario where |config| ..` changes the gateway's configuration before it starts.
/// `TEST_BACKEND` leaves only one of the two tests with something to do.
#[macro_export]
macro_rules! on_each_database {
    ($($scenario:ident $(where $configure:expr)?),* $(,)?) => {$(
        mod $scenario {
            fn on(backend: $crate::Backend) {
                let configure: fn(&mut gateway::config::Config) = |_| {};
                $(let configure: fn(&mut gateway::config::Config) = $configure;)?
                $crate::stack::run(backend, configure, async |stack| super::$scenario(stack).await);
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

/// Makes two tests of each scenario about the program itself, `sqlite` and `mariadb`, each in an installation of its own.
///
/// A scenario is an `async fn(&Installation)`; the first argument is the path of the program.
#[macro_export]
macro_rules! in_each_installation {
    ($program:expr; $($scenario:ident),* $(,)?) => {$(
        mod $scenario {
            use super::*;

            #[test]
            fn sqlite() {
                let scenario = async |installation: &$crate::Installation| super::$scenario(installation).await;
                $crate::installation::run($crate::Backend::Sqlite, $program, scenario);
            }

            #[test]
            fn mariadb() {
                let scenario = async |installation: &$crate::Installation| super::$scenario(installation).await;
                $crate::installation::run($crate::Backend::MariaDb, $program, scenario);
            }
        }
    )*};
}
