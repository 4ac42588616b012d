//! The metrics, for Prometheus to read.

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use actix_web::web::{self, Data};
use actix_web::{App, HttpResponse, HttpServer};
use chat::context::Chat;
use live::Live;
use metrics::{Counters, Histogram, Kind, Text};

use crate::http::requests::Requests;
use crate::memory;
use crate::refusals::Refusals;

/// What is measured, and by whom.
#[derive(Clone)]
pub(crate) struct Metrics {
    pub(crate) chat: Arc<Chat>,
    pub(crate) live: Arc<Live>,
    pub(crate) requests: Requests,
    pub(crate) refusals: Refusals,
    /// How many events of each name clients have sent.
    pub(crate) received: Counters,
}

/// Serves `/metrics`, and nothing else, on an address of its own; returns where.
pub(crate) fn serve(
    metrics: Metrics,
    address: SocketAddr,
) -> std::io::Result<(Option<SocketAddr>, ServerHandle)> {
    let metrics = Data::new(metrics);
    let app = move || App::new().app_data(metrics.clone()).route("/metrics", web::get().to(read));
    let server = HttpServer::new(app).workers(1).disable_signals().shutdown_timeout(1).bind(address)?;
    let bound = server.addrs().first().copied();
    let server = server.run();
    let handle = server.handle();
    actix_web::rt::spawn(async move {
        if let Err(error) = server.await {
            tracing::error!(%error, "metrics are no longer served");
        }
    });
    Ok((bound, handle))
}

async fn read(metrics: Data<Metrics>) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(metrics.text())
}

impl Metrics {
    fn text(&self) -> String {
        let mut text = Text::default();
        let version = [("version", env!("CARGO_PKG_VERSION"))];
        text.family("chatroom_build_info", Kind::Gauge, "1, with the version.").sample(&version, 1);
        let memory = memory::resident().unwrap_or_default();
        text.family("process_resident_memory_bytes", Kind::Gauge, "Resident memory.").sample(&[], memory);
        self.write_requests(&mut text);
        self.write_connections(&mut text);
        self.write_messages(&mut text);
        self.write_database(&mut text);
        self.write_refusals(&mut text);
        text.finish()
    }

    fn write_requests(&self, text: &mut Text) {
        let answered = "HTTP requests, by path of the API, method and status.";
        self.requests.write_numbers(&mut text.family(
            "chatroom_http_requests_total",
            Kind::Counter,
            answered,
        ));
        let took = "Seconds until the answer of a path of the API began.";
        self.requests.write_times(&mut text.family("chatroom_http_request_seconds", Kind::Histogram, took));
        let bytes = "Bytes of uploads that were taken in.";
        text.family("chatroom_upload_bytes_total", Kind::Counter, bytes)
            .sample(&[], self.chat.upload_bytes());
    }

    fn write_connections(&self, text: &mut Text) {
        let mut open = text.family("chatroom_connections", Kind::Gauge, "Open sessions of Engine.IO.");
        let (polling, websocket) = self.live.connections();
        open.sample(&[("transport", "polling")], polling);
        open.sample(&[("transport", "websocket")], websocket);
        let received = "Events that clients have sent.";
        write(text, "chatroom_events_received_total", received, "event", &self.received);
        let sent = "Events that were sent to clients, each once for all of them.";
        write(text, "chatroom_events_sent_total", sent, "event", self.live.sent());
    }

    fn write_messages(&self, text: &mut Text) {
        let mut time = |name, help: &str, time: &Histogram| {
            text.family(name, Kind::Histogram, help).histogram(&[], time);
        };
        let chat = &self.chat;
        let send = "Seconds from a message's being queued to its being handed to the connections.";
        time("chatroom_message_send_seconds", send, chat.message_send_time());
        let persist = "Seconds that it took to write a batch of messages.";
        time("chatroom_message_persist_seconds", persist, chat.message_persist_time());
        let mut queues = text.family("chatroom_queue_length", Kind::Gauge, "How much waits to be written.");
        for (queue, length) in chat.queues() {
            queues.sample(&[("queue", queue)], length);
        }
        let mut pushes = text.family("chatroom_pushes_total", Kind::Counter, "Messages pushed to devices.");
        for (outcome, number) in chat.pushes() {
            pushes.sample(&[("outcome", outcome)], number);
        }
        let help = "Links that were fetched for previews.";
        let mut previews = text.family("chatroom_link_previews_total", Kind::Counter, help);
        for (outcome, number) in chat.link_previews() {
            previews.sample(&[("outcome", outcome)], number);
        }
        let help = "Attempts to post events to webhooks.";
        let mut deliveries = text.family("chatroom_webhook_deliveries_total", Kind::Counter, help);
        for (outcome, number) in chat.webhook_deliveries() {
            deliveries.sample(&[("outcome", outcome)], number);
        }
    }

    fn write_database(&self, text: &mut Text) {
        let help = "Connections to the database.";
        let mut connections = text.family("chatroom_database_connections", Kind::Gauge, help);
        for usage in self.chat.database_usage() {
            connections.sample(&[("pool", usage.pool), ("state", "in_use")], usage.in_use);
            connections.sample(&[("pool", usage.pool), ("state", "idle")], usage.idle);
        }
        let help = "Seconds that work waited for its turn and for a connection.";
        let mut waits = text.family("chatroom_database_wait_seconds", Kind::Histogram, help);
        let of = self.chat.database_waits();
        for (name, wait) in [("turn", &of.turn), ("read", &of.read), ("write", &of.write)] {
            waits.histogram(&[("for", name)], wait);
        }
    }

    fn write_refusals(&self, text: &mut Text) {
        let failures = "Sign-ins with a wrong login or password.";
        let failed = self.chat.login_failures();
        text.family("chatroom_login_failures_total", Kind::Counter, failures).sample(&[], failed);
        let help = "What limits have refused, by the setting of the limit.";
        let mut refusals = text.family("chatroom_refusals_total", Kind::Counter, help);
        for (limit, number) in self.refusals.all().chain(self.chat.paused_attempts().all()) {
            refusals.sample(&[("limit", limit)], number);
        }
    }
}

fn write(text: &mut Text, name: &'static str, help: &str, label: &str, counters: &Counters) {
    let mut family = text.family(name, Kind::Counter, help);
    for (value, number) in counters.all() {
        family.sample(&[(label, value)], number);
    }
}
