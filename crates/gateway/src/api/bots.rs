//! Bots, and the tokens by which programs act as them.

use chat::{accounts, bots};
use domain::api_token::ApiToken;
use domain::user::User;

use super::api_tokens::NewApiToken;
use crate::extract::{AuthUser, Call};
use crate::http::endpoint::{Body, Created, Endpoint, Json, NoContent, Path, delete, get, patch, post};
use crate::problem::Problem;
use crate::rates::Action;
use crate::wire::accounts::{NamedUser, UpdateProfile};
use crate::wire::bots::{CreateBot, CreateBotToken, NamedBotToken};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        get("/bots", list).does("List one's bots, the first made first."),
        post("/bots", create)
            .does("Make a bot, which is one's friend from the start.")
            .limited(Action::Profile)
            .keeping_answers()
            .refuses(&["username_taken", "too_many_bots"]),
        patch("/bots/{user_id}", change)
            .does("Change the profile of one of one's bots.")
            .limited(Action::Profile)
            .refuses(&["not_found"]),
        delete("/bots/{user_id}", remove)
            .does("Delete one of one's bots; its messages stay.")
            .limited(Action::Profile)
            .refuses(&["not_found"]),
        get("/bots/{user_id}/tokens", tokens)
            .does("List the tokens of a bot, the last made first, without their texts.")
            .refuses(&["not_found"]),
        post("/bots/{user_id}/tokens", create_token)
            .does("Make a token, by which a program acts as a bot.")
            .limited(Action::Profile)
            .refuses(&["too_many_tokens", "not_found", "account_suspended"]),
        delete("/bots/{user_id}/tokens/{token_id}", revoke_token)
            .does("Revoke a token of a bot.")
            .refuses(&["not_found"]),
    ]
}

async fn list(call: Call<AuthUser>, (): ()) -> Result<Json<Vec<User>>, Problem> {
    Ok(Json(bots::list(call.chat(), &call.user).await?))
}

async fn create(call: Call<AuthUser>, Body(bot): Body<CreateBot>) -> Result<Created<User>, Problem> {
    Ok(Created(bots::create(call.chat(), &call.user, bot.username, bot.nickname).await?))
}

async fn change(call: Call<AuthUser>, Body(update): Body<UpdateProfile>) -> Result<Json<User>, Problem> {
    Ok(Json(bots::change(call.chat(), &call.user, update.user_id, update.into()).await?))
}

async fn remove(call: Call<AuthUser>, Path(named): Path<NamedUser>) -> Result<NoContent, Problem> {
    bots::delete(call.chat(), &call.user, named.user_id).await?;
    Ok(NoContent)
}

async fn tokens(call: Call<AuthUser>, Path(named): Path<NamedUser>) -> Result<Json<Vec<ApiToken>>, Problem> {
    Ok(Json(accounts::list_tokens(call.chat(), &call.user, named.user_id).await?))
}

async fn create_token(
    call: Call<AuthUser>,
    Body(request): Body<CreateBotToken>,
) -> Result<Created<NewApiToken>, Problem> {
    let (bot, token) = request.into_parts();
    let (kept, token) = accounts::create_token(call.chat(), &call.user, bot, token).await?;
    Ok(Created(NewApiToken { kept, token }))
}

async fn revoke_token(call: Call<AuthUser>, Path(named): Path<NamedBotToken>) -> Result<NoContent, Problem> {
    accounts::revoke_token(call.chat(), &call.user, named.user_id, named.token_id).await?;
    Ok(NoContent)
}
