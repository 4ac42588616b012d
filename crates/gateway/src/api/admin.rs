//! What administrators see and do: accounts, reports, the audit log and the server in numbers, and no content.

use chat::admins::{self, AdminUser};
use chat::{reports, statistics, suspensions};
use domain::account::{Account, DatabaseStatistics};
use domain::id::{ReportId, UserId};
use domain::report::ReceivedReport;
use schemars::JsonSchema;
use serde::Serialize;

use crate::extract::Call;
use crate::http::endpoint::{Body, Endpoint, Json, Path, Query, delete, get, put};
use crate::problem::Problem;
use crate::wire::accounts::NamedUser;
use crate::wire::admin::{ListAccounts, ListAudit, ListReports, ListedEntry, Page, PageSize, SettleReport};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        get("/admin/users", list_accounts)
            .does("List the accounts, the last made first.")
            .refuses(&["forbidden"]),
        put("/admin/users/{user_id}/suspension", suspend)
            .does("Suspend an account and its bots: they are signed out everywhere and cannot sign in.")
            .refuses(&["forbidden", "not_found", "is_admin"]),
        delete("/admin/users/{user_id}/suspension", reinstate)
            .does("Take the suspension of an account and its bots back, if there is one.")
            .refuses(&["forbidden", "not_found"]),
        get("/admin/reports", list_reports)
            .does("List the reports, the last made first.")
            .refuses(&["forbidden", "not_found"]),
        put("/admin/reports/{report_id}", settle)
            .does("Close a report or open it again, with what administrators note of it.")
            .refuses(&["forbidden", "not_found"]),
        get("/admin/statistics", count)
            .does("Show what the server holds, in numbers.")
            .refuses(&["forbidden"]),
        get("/admin/audit", list_audit)
            .does("List the entries of the audit log, the newest first.")
            .refuses(&["forbidden"]),
    ]
}

/// What the server holds, in numbers.
#[derive(Debug, Serialize, JsonSchema)]
struct Statistics {
    /// The version of the server.
    version: &'static str,
    /// What the database holds.
    #[serde(flatten)]
    database: DatabaseStatistics,
    /// The bytes of the data directory's disk that the server may still write.
    disk_free_bytes: u64,
    /// All bytes of that disk.
    disk_bytes: u64,
}

async fn list_accounts(
    call: Call<AdminUser>,
    Query(ListAccounts { q, cursor, limit }): Query<ListAccounts>,
) -> Result<Json<Page<Account, UserId>>, Problem> {
    let size = PageSize::of(limit);
    let query = q.and_then(|named| named.0);
    let found = admins::accounts(call.chat(), &call.user, query, cursor, size.read()).await?;
    Ok(Json(Page::of(found, size, |account| account.user_id)))
}

async fn suspend(
    call: Call<AdminUser>,
    Path(NamedUser { user_id }): Path<NamedUser>,
) -> Result<Json<Account>, Problem> {
    Ok(Json(suspensions::suspend(call.chat(), &call.user, user_id).await?))
}

async fn reinstate(
    call: Call<AdminUser>,
    Path(NamedUser { user_id }): Path<NamedUser>,
) -> Result<Json<Account>, Problem> {
    Ok(Json(suspensions::reinstate(call.chat(), &call.user, user_id).await?))
}

async fn list_reports(
    call: Call<AdminUser>,
    Query(ListReports { state, cursor, limit }): Query<ListReports>,
) -> Result<Json<Page<ReceivedReport, ReportId>>, Problem> {
    let size = PageSize::of(limit);
    let state = state.map(|state| state.0);
    let found = reports::list(call.chat(), &call.user, state, cursor, size.read()).await?;
    Ok(Json(Page::of(found, size, |report| report.report_id)))
}

async fn settle(
    call: Call<AdminUser>,
    Body(SettleReport { report_id, state, admin_note }): Body<SettleReport>,
) -> Result<Json<ReceivedReport>, Problem> {
    let note = admin_note.and_then(|note| note.0);
    Ok(Json(reports::settle(call.chat(), &call.user, report_id, state.0, note).await?))
}

async fn count(call: Call<AdminUser>, (): ()) -> Result<Json<Statistics>, Problem> {
    let (database, disk) = statistics::read(call.chat(), &call.user).await?;
    Ok(Json(Statistics {
        version: env!("CARGO_PKG_VERSION"),
        database,
        disk_free_bytes: disk.free_bytes,
        disk_bytes: disk.total_bytes,
    }))
}

async fn list_audit(
    call: Call<AdminUser>,
    Query(ListAudit { cursor, limit }): Query<ListAudit>,
) -> Result<Json<Page<ListedEntry, i64>>, Problem> {
    let size = PageSize::of(limit);
    let before = cursor.map(|cursor| cursor.0);
    let found = admins::audit_log(call.chat(), &call.user, before, size.read()).await?;
    let entries = found.into_iter().map(ListedEntry::from).collect();
    Ok(Json(Page::of(entries, size, |listed| listed.entry.entry_id)))
}
