//! Reports to the administrator.

use chat::reports;

use crate::extract::{AuthUser, Call};
use crate::http::endpoint::{Body, Endpoint, NoContent, post};
use crate::problem::Problem;
use crate::rates::Action;
use crate::wire::reports::MakeReport;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        post("/reports", report)
            .does("Report a user or a message to the administrator.")
            .limited(Action::Report)
            .refuses(&["oneself", "not_found"]),
    ]
}

async fn report(call: Call<AuthUser>, Body(report): Body<MakeReport>) -> Result<NoContent, Problem> {
    let (reported, note) = (report.reported(), report.note.and_then(|note| note.0));
    reports::report(call.chat(), &call.user, reported, report.reason.0, note).await?;
    Ok(NoContent)
}
