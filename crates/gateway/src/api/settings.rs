//! The settings of a user.

use chat::settings;
use domain::settings::Settings;

use crate::extract::{AuthUser, Call};
use crate::http::endpoint::{Body, Endpoint, Json, get, patch};
use crate::problem::Problem;
use crate::rates::Action;
use crate::wire::settings::UpdateSettings;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        get("/user/me/settings", see).does("Show one's settings."),
        patch("/user/me/settings", change).does("Change one's settings.").limited(Action::Profile),
    ]
}

async fn see(call: Call<AuthUser>, (): ()) -> Result<Json<Settings>, Problem> {
    Ok(Json(settings::see(call.chat(), &call.user).await?))
}

async fn change(call: Call<AuthUser>, Body(update): Body<UpdateSettings>) -> Result<Json<Settings>, Problem> {
    Ok(Json(settings::change(call.chat(), &call.user, update.into(), None).await?))
}
