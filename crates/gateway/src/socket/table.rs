//! The table of events that clients send: name, handler, and the codes that it may be refused with.
//!
//! Types of requests and acknowledgements follow from the handlers.

use std::sync::LazyLock;

use chat::accounts;
use chat::error::Error;
use futures_util::future::LocalBoxFuture;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

use super::context::Context;
use super::handlers;
use crate::extract::unreadable;
use crate::problem::Problem;
use crate::schemas::{Make, of};
use crate::wire::input::{Input, Request};

/// An event that clients send.
pub(crate) struct ClientEvent {
    pub(crate) name: &'static str,
    /// What it does.
    pub(crate) summary: &'static str,
    pub(crate) request: Make,
    pub(crate) accepted: Make,
    /// The codes that it may be refused with.
    pub(crate) codes: Vec<&'static str>,
    handle: Box<dyn Fn(Context, Input) -> Acknowledged + Send + Sync>,
}

/// The JSON of an acknowledgement's one argument.
type Acknowledged = LocalBoxFuture<'static, Result<String, Problem>>;

static EVENTS: LazyLock<Vec<ClientEvent>> = LazyLock::new(events);

/// Answers an event of a client.
pub(super) async fn handle(
    context: Context,
    name: &str,
    argument: Option<&RawValue>,
) -> Result<String, Problem> {
    accounts::still(&context.chat, context.user())?;
    let event = EVENTS.iter().find(|event| event.name == name).ok_or(Problem::UnknownEvent)?;
    let argument = serde_json::from_str(argument.map_or("null", RawValue::get));
    let argument = argument.map_err(|error| unreadable(error.column(), &error))?;
    (event.handle)(context, Input::json(argument)).await
}

/// Every event, as the documents list them.
pub(crate) fn events() -> Vec<ClientEvent> {
    let mut events = about_messages();
    events.extend([
        on("mark_read", "Marks a room read, up to a message or the newest.", handlers::mark_read)
            .refuses(&["validation", "not_found"]),
        on(
            "mark_delivered",
            "Marks a room delivered, up to a message or the newest.",
            handlers::mark_delivered,
        )
        .refuses(&["validation", "not_found"]),
        on("typing", "Shows the other members that one types, or no longer does.", handlers::typing)
            .refuses(&["validation", "not_found"]),
        on(
            "join_room",
            "Turns `new_message` into `receive_message` for a room, on this socket.",
            handlers::join_room,
        )
        .refuses(&["validation", "not_found"]),
        on("leave_room", "Takes `join_room` back.", handlers::leave_room)
            .refuses(&["validation", "not_found"]),
        on("sync", "Asks what happened since a cursor.", handlers::sync).refuses(&["validation"]),
        on(
            "set_user_id",
            "Says who one is, which the server knows: any other id than one's own is refused.",
            handlers::set_user_id,
        )
        .refuses(&["forbidden"]),
    ]);
    events
}

fn about_messages() -> Vec<ClientEvent> {
    vec![
        on("send_message", "Sends a message.", handlers::send_message).refuses(&[
            "validation",
            "not_found",
            "client_msg_id_reused",
        ]),
        on("edit_message", "Edits one's message.", handlers::edit_message).refuses(&[
            "validation",
            "not_found",
            "forbidden",
            "too_late",
            "message_unsent",
            "too_many_edits",
        ]),
        on(
            "delete_message",
            "Unsends one's message, or hides any message from oneself.",
            handlers::delete_message,
        )
        .refuses(&["validation", "not_found", "forbidden", "too_late"]),
        on("react", "Puts a reaction on a message, or takes one's own off.", handlers::react).refuses(&[
            "validation",
            "not_found",
            "message_unsent",
            "too_many_reactions",
        ]),
    ]
}

fn on<I, A, F, Fut>(name: &'static str, summary: &'static str, handler: F) -> ClientEvent
where
    I: Request,
    A: Serialize + JsonSchema,
    F: Fn(Context, I) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<A, Problem>> + 'static,
{
    let handle = move |context: Context, input: Input| -> Acknowledged {
        let handler = handler.clone();
        Box::pin(async move {
            let request = I::parse(&input, context.chat.limits())?;
            let acknowledgement = handler(context, request).await?;
            serde_json::to_string(&acknowledgement).map_err(|error| Error::Internal(error.into()).into())
        })
    };
    let (request, accepted) = (of::<I> as Make, of::<A> as Make);
    ClientEvent { name, summary, request, accepted, codes: Vec::new(), handle: Box::new(handle) }
}

impl ClientEvent {
    /// Names the codes that it may be refused with, beside those that any event may.
    fn refuses(self, own: &[&'static str]) -> Self {
        let any = ["unauthorized", "busy", "unavailable", "outcome_unknown", "no_space", "internal"];
        Self { codes: own.iter().copied().chain(any).collect(), ..self }
    }
}
