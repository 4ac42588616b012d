//! An event that clients send: what handles it, and what the AsyncAPI document says of it, both from its handler's types.

use chat::error::Error;
use futures_util::future::LocalBoxFuture;
use schemars::JsonSchema;
use serde::Serialize;

use super::context::Context;
use crate::problem::Problem;
use crate::rates::Action;
use crate::schemas::{Make, of};
use crate::wire::input::{Input, Request};

/// An event that clients send.
pub(crate) struct ClientEvent {
    pub(crate) name: &'static str,
    /// What it does.
    pub(crate) summary: &'static str,
    pub(crate) request: Make,
    pub(crate) accepted: Make,
    /// The codes that it alone may be refused with.
    codes: &'static [&'static str],
    /// What it counts as, if users may not send it as often as they like.
    action: Option<Action>,
    handle: Box<dyn Fn(Context, Input) -> Acknowledged + Send + Sync>,
}

/// The JSON of an acknowledgement's one argument.
type Acknowledged = LocalBoxFuture<'static, Result<String, Problem>>;

/// Makes an event of a handler.
pub(crate) fn on<I, A, F, Fut>(name: &'static str, handler: F) -> ClientEvent
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
    ClientEvent { name, summary: "", request, accepted, codes: &[], action: None, handle: Box::new(handle) }
}

impl ClientEvent {
    /// Says what it does.
    pub(crate) fn does(self, summary: &'static str) -> Self {
        Self { summary, ..self }
    }

    /// Limits how often a user may send it.
    pub(crate) fn limited(self, action: Action) -> Self {
        Self { action: Some(action), ..self }
    }

    /// Names the codes that it alone may be refused with.
    pub(crate) fn refuses(self, codes: &'static [&'static str]) -> Self {
        Self { codes, ..self }
    }

    /// Returns the codes that it may be refused with beside those of any event.
    pub(crate) fn refusals(&self) -> Vec<&'static str> {
        self.codes.iter().copied().chain(self.action.map(|_| "rate_limited")).collect()
    }

    pub(crate) async fn handle(&self, context: Context, input: Input) -> Result<String, Problem> {
        context.rates.check(self.action, context.user().id)?;
        (self.handle)(context, input).await
    }
}
