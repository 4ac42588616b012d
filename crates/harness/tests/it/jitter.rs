//! Nothing missed: connections that are cut all the time, a gateway that is killed, and clients that hold in the end
//! what was committed, each message once and in order.

use std::collections::HashMap;
use std::time::Duration;

use harness::crowd::Crowd;
use harness::crowd_state::{ClientSettings, Phase};
use harness::deadline::within;
use harness::people::text;
use harness::reconnecting_client::MessagePlan;
use harness::replica::{Messages, committed};
use harness::{Installation, Person, in_each_installation};

use crate::process::PROGRAM;

in_each_installation! {
    PROGRAM;
    who_comes_back_with_a_cursor_misses_nothing,
    who_recovers_the_connection_misses_nothing,
    who_was_away_for_long_misses_nothing,
}

/// The beginning of every text of a test.
pub(crate) const START: &str = "句-";

/// People in rooms of five.
pub(crate) struct Neighbours {
    pub(crate) people: Vec<Person>,
    pub(crate) rooms: Vec<String>,
}

impl Neighbours {
    pub(crate) async fn move_in(anon: &harness::Caller, rooms: usize) -> Self {
        let mut all = Self { people: Vec::new(), rooms: Vec::new() };
        for room in 0..rooms {
            let mut people = Vec::new();
            for n in 0..5 {
                people.push(Person::join(anon, &format!("鄰居{room}-{n}")).await);
            }
            let others: Vec<&Person> = people.iter().skip(1).collect();
            all.rooms.push(people[0].open_group(&others, "鄰居").await);
            all.people.extend(people);
        }
        all
    }

    /// Adds each of them to a crowd.
    pub(crate) fn gather(&self, crowd: &mut Crowd, (count, every): (usize, Duration)) {
        for (n, person) in self.people.iter().enumerate() {
            let say = MessagePlan { start: START.to_owned(), count, first: every, every };
            crowd.add(person.token(), &self.rooms[n / 5], say);
        }
    }

    /// Asks the server that listens here for what was committed in each room.
    pub(crate) async fn committed(&self, origin: &str) -> HashMap<String, Messages> {
        let (http, mut all) = (harness::http::client().build().unwrap(), HashMap::new());
        for (room, person) in self.rooms.iter().zip(self.people.iter().step_by(5)) {
            let messages = committed(&http, (origin, person.token()), (room, START)).await.unwrap();
            all.insert(room.clone(), messages);
        }
        all
    }
}

pub(crate) async fn cursor(person: &Person) -> String {
    text(&person.get("/sync").await.ok()["cursor"])
}

/// Waits until everything was sent and received, and checks that each holds what was committed.
pub(crate) async fn assert_whole(crowd: Crowd, neighbours: &Neighbours, (origin, said): (&str, usize)) {
    crowd.turn(Phase::Stay);
    within("the last acknowledgement", crowd.until(|crowd| crowd.sum(|replica| replica.unsent) == 0)).await;
    let committed = neighbours.committed(origin).await;
    assert_eq!(committed.values().map(Messages::len).sum::<usize>(), said, "none lost, none twice");
    for messages in committed.values() {
        // Row 1 of a group says that it was made.
        let seqs = 2..2 + i64::try_from(messages.len()).unwrap();
        assert!(messages.keys().copied().eq(seqs), "{messages:?}");
    }
    within("the last message", crowd.until_filled(|room| committed[room].len())).await;
    for replica in crowd.look() {
        assert!(replica.is_whole(&committed[&replica.room]), "{replica:#?}");
    }
    crowd.stop().await;
}

/// Cuts twenty clients off every 0.3 s or so, and kills the gateway when half was said.
async fn reconnect(installation: &Installation, recovery: bool) {
    let server = installation.start().await;
    let neighbours = Neighbours::move_in(&server.anon(), 4).await;
    let ms = Duration::from_millis;
    let settings = ClientSettings {
        online: ms(150)..ms(450),
        away: ms(20)..ms(120),
        again: ms(0)..ms(20),
        recovery,
        cursor: cursor(&neighbours.people[0]).await,
    };
    let mut crowd = Crowd::new(settings, Phase::Reconnect);
    neighbours.gather(&mut crowd, (20, ms(60)));
    crowd.server_is(Some(server.address()));
    let half = |crowd: &Crowd| crowd.sum(|replica| replica.acknowledged) >= 200;
    within("the first half", crowd.until(half)).await;
    crowd.server_is(None);
    server.kill().await;
    let server = installation.start().await;
    crowd.server_is(Some(server.address()));
    let returned =
        |crowd: &Crowd| crowd.counts().resumed > 20 && crowd.look().iter().all(|replica| replica.unsent < 5);
    within("everybody's return, and of some more than once", crowd.until(returned)).await;
    let counts = crowd.counts();
    if recovery {
        assert!(counts.paged <= 20, "only new clients began anew: {counts:?}");
    }
    assert_whole(crowd, &neighbours, (server.origin(), 400)).await;
    server.signal("TERM").await;
}

async fn who_comes_back_with_a_cursor_misses_nothing(installation: &Installation) {
    reconnect(installation, false).await;
}

async fn who_recovers_the_connection_misses_nothing(installation: &Installation) {
    reconnect(installation, true).await;
}

async fn who_was_away_for_long_misses_nothing(installation: &Installation) {
    let server = installation.start().await;
    let neighbours = Neighbours::move_in(&server.anon(), 1).await;
    let cursor = cursor(&neighbours.people[0]).await;
    let never = Duration::from_hours(1)..Duration::from_hours(2);
    let settings = ClientSettings {
        online: never.clone(),
        away: never,
        again: Duration::ZERO..Duration::ZERO,
        recovery: false,
        cursor,
    };
    let mut here = Crowd::new(settings.clone(), Phase::Stay);
    neighbours.gather(&mut here, (150, Duration::ZERO));
    here.server_is(Some(server.address()));
    within("what the others said", here.until(|crowd| crowd.sum(|replica| replica.unsent) == 0)).await;
    let mut late = Crowd::new(settings, Phase::Stay);
    neighbours.gather(&mut late, (0, Duration::ZERO));
    late.server_is(Some(server.address()));
    assert_whole(here, &neighbours, (server.origin(), 750)).await;
    within("the pages", late.until(|crowd| crowd.counts().paged == 5)).await;
    assert_whole(late, &neighbours, (server.origin(), 750)).await;
    server.signal("TERM").await;
}
