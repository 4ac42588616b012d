//! The figures, for people and for programs.

use serde_json::{Value, json};

use crate::ledger::Faults;
use crate::meter::{Spread, float};
use crate::usage::Cpu;

/// What people who talked have cost.
#[derive(Debug)]
pub(crate) struct Talk {
    pub(crate) connections: usize,
    pub(crate) secs: f64,
    pub(crate) messages: f64,
    pub(crate) deliveries: f64,
    pub(crate) ack: Spread,
    pub(crate) delivery: Spread,
    pub(crate) cpu: Cpu,
    pub(crate) memory_kb: f64,
    pub(crate) faults: Faults,
}

/// What connections that did nothing have cost.
#[derive(Debug)]
pub(crate) struct Quiet {
    pub(crate) connections: usize,
    pub(crate) connecting_secs: f64,
    pub(crate) connecting: Cpu,
    pub(crate) base_kb: f64,
    pub(crate) full_kb: f64,
    /// Descriptors that the connections have taken.
    pub(crate) files: usize,
    pub(crate) secs: f64,
    pub(crate) sitting: Cpu,
    pub(crate) faults: Faults,
}

/// What pages of history have cost.
#[derive(Debug)]
pub(crate) struct Pages {
    pub(crate) clients: usize,
    pub(crate) secs: f64,
    pub(crate) count: f64,
    pub(crate) spread: Spread,
    pub(crate) cpu: Cpu,
}

/// One scenario's figures.
#[derive(Debug)]
pub(crate) struct Figures {
    /// One line for people.
    pub(crate) line: String,
    /// The same and more for programs.
    pub(crate) fields: Value,
    /// What must not be.
    pub(crate) faults: Faults,
}

impl From<Talk> for Figures {
    fn from(talk: Talk) -> Self {
        let Talk { connections, secs, messages, deliveries, ack, delivery, cpu, memory_kb, faults } = talk;
        let (server, database) = (per(cpu.server, messages), per(cpu.database, messages));
        let per_delivery = per(cpu.server, deliveries);
        let line = format!(
            "{:>7.0} msg/s {:>8.0} deliveries/s | ack {} | delivery {} | server {server:.1} us/msg, \
             {per_delivery:.2} us/delivery | {} | {:.0} MB | {}",
            messages / secs,
            deliveries / secs,
            shown(ack),
            shown(delivery),
            database_share(database, "msg"),
            memory_kb / 1024.0,
            complaint(faults),
        );
        let fields = json!({
            "connections": connections, "secs": rounded(secs),
            "messages_per_s": rounded(messages / secs), "deliveries_per_s": rounded(deliveries / secs),
            "ack_ms": ack, "delivery_ms": delivery,
            "server_us_per_message": rounded(server), "server_us_per_delivery": rounded(per_delivery),
            "database_us_per_message": rounded(database), "memory_kb": rounded(memory_kb),
            "cores": cores(cpu, secs),
        });
        Self { line, fields, faults }
    }
}

impl From<Quiet> for Figures {
    fn from(quiet: Quiet) -> Self {
        let Quiet {
            connections,
            connecting_secs,
            connecting,
            base_kb,
            full_kb,
            files,
            secs,
            sitting,
            faults,
        } = quiet;
        let count = float(u64::try_from(connections).unwrap_or_default());
        let each_kb = (full_kb - base_kb) / count;
        let each_files = float(u64::try_from(files).unwrap_or_default()) / count;
        let (connect, second) = (per(connecting.server, count), per(sitting.server, count * secs));
        let line = format!(
            "{:>7.0} connects/s | server {connect:.0} us/connect, {second:.2} us/connection/s | {each_kb:.1} KB and \
             {each_files:.2} descriptors each, {:.0} MB before | {}",
            count / connecting_secs,
            base_kb / 1024.0,
            complaint(faults),
        );
        let fields = json!({
            "connections": connections, "connects_per_s": rounded(count / connecting_secs),
            "server_us_per_connect": rounded(connect), "server_us_per_connection_s": rounded(second),
            "kb_per_connection": rounded(each_kb), "descriptors_per_connection": rounded(each_files), "base_kb": rounded(base_kb), "cores": cores(sitting, secs),
        });
        Self { line, fields, faults }
    }
}

impl From<Pages> for Figures {
    fn from(read: Pages) -> Self {
        let Pages { clients, secs, count, spread, cpu } = read;
        let (server, database) = (per(cpu.server, count), per(cpu.database, count));
        let line = format!(
            "{:>7.0} pages/s | {} | server {server:.0} us/page | {}",
            count / secs,
            shown(spread),
            database_share(database, "page"),
        );
        let fields = json!({
            "clients": clients, "secs": rounded(secs), "pages_per_s": rounded(count / secs), "page_ms": spread,
            "server_us_per_page": rounded(server), "database_us_per_page": rounded(database),
            "cores": cores(cpu, secs),
        });
        Self { line, fields, faults: Faults::default() }
    }
}

/// How many cores each party kept busy; what others took spoils the figures.
pub(crate) fn cores(cpu: Cpu, secs: f64) -> Value {
    let cores = |us: f64| rounded(us / 1e6 / secs);
    json!({
        "server": cores(cpu.server), "database": cores(cpu.database),
        "generator": cores(cpu.generator), "others": cores(cpu.others()),
    })
}

pub(crate) fn per(total: f64, count: f64) -> f64 {
    total / count.max(1.0)
}

pub(crate) fn rounded(figure: f64) -> f64 {
    (figure * 1_000.0).round() / 1_000.0
}

pub(crate) fn shown(Spread { p50, p99, .. }: Spread) -> String {
    format!("p50 {p50:.1} p99 {p99:.1} ms")
}

/// An embedded database works in the server's time.
pub(crate) fn database_share(us: f64, each: &str) -> String {
    if us > 0.0 { format!("database {us:.1} us/{each}") } else { "database within".to_owned() }
}

pub(crate) fn complaint(faults: Faults) -> String {
    if faults == Faults::default() {
        return "every message once and in order".to_owned();
    }
    format!("FAULTS: {faults:?}")
}
