//! Honest people who sign in again on devices that the server knows.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::time::sleep;

use crate::Failure;
use crate::meter::float;

/// Where honest people come from.
pub(super) const ADDRESS: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// How many of them sign in; an address registers no more in an hour.
const PEOPLE: usize = 5;
const PASSWORD: &str = "老實人的通關密語";
/// How often one of them does.
const PACE: Duration = Duration::from_secs(1);

/// Returns the name of an honest person.
pub(super) fn name(number: usize) -> String {
    format!("老實人{}", number % PEOPLE)
}

/// The sign-ins of honest people, in turns.
pub(super) struct SignIns {
    http: reqwest::Client,
    url: String,
    /// Each one's secret of the last sign-in, by which their device is known.
    secrets: Vec<String>,
    next: usize,
}

/// What became of some sign-ins.
#[derive(Debug, Default)]
pub(super) struct SignedIn {
    pub(super) slowest_ms: f64,
    pub(super) refused: u64,
}

impl SignIns {
    /// Registers them and signs each in for the first time.
    pub(super) async fn register(address: SocketAddr) -> Result<Self, Failure> {
        let http = harness::http::client().local_address(IpAddr::from(ADDRESS)).build()?;
        let mut all = Self { http, url: format!("http://{address}/auth"), secrets: Vec::new(), next: 0 };
        for number in 0..PEOPLE {
            let account = json!({ "username": name(number), "password": PASSWORD });
            all.http.post(format!("{}/register", all.url)).json(&account).send().await?.error_for_status()?;
            all.secrets.push(String::new());
            all.next = number;
            all.sign_in().await?;
        }
        Ok(all)
    }

    /// Signs one in after the other until a moment.
    pub(super) async fn go_on(&mut self, until: Instant) -> SignedIn {
        let mut signed_in = SignedIn::default();
        while Instant::now() + PACE < until {
            let began = Instant::now();
            if let Err(error) = self.sign_in().await {
                signed_in.refused += 1;
                eprintln!("bench: an honest person could not sign in: {error}");
            }
            let took = began.elapsed();
            signed_in.slowest_ms =
                signed_in.slowest_ms.max(float(u64::try_from(took.as_millis()).unwrap_or(u64::MAX)));
            sleep(PACE.saturating_sub(took)).await;
        }
        signed_in
    }

    async fn sign_in(&mut self) -> Result<(), Failure> {
        let number = self.next % PEOPLE;
        self.next += 1;
        let (name, secret) = (name(number), self.secrets.get_mut(number).ok_or("nobody is registered")?);
        let mut form = vec![("username", name.as_str()), ("password", PASSWORD)];
        if !secret.is_empty() {
            form.push(("refresh_token", secret.as_str()));
        }
        let answer = self.http.post(format!("{}/token", self.url)).form(&form).send().await?;
        let answer: Value = answer.error_for_status()?.json().await?;
        let given = answer.get("refresh_token").and_then(Value::as_str);
        given.ok_or("a sign-in without a refresh_token")?.clone_into(secret);
        Ok(())
    }
}
