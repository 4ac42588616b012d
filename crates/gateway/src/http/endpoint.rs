//! An endpoint: what serves it, and what the OpenAPI document says of it, both from the types of its handler.

use std::borrow::Cow;
use std::future::ready;

use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Route};
use domain::api_token::Scopes;
use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::idempotency::once;
pub(crate) use super::reply::{Answer, Content, Created, Json, NoContent, Reply, Text};
use super::requests::Requests;
use crate::extract::{Call, Caller};
use crate::problem::Problem;
use crate::rates::Action;
use crate::wire::input::{Input, Request};

/// One method of one path.
pub(crate) struct Endpoint {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    /// The section of the document.
    pub(crate) tag: &'static str,
    /// What it does.
    pub(crate) summary: &'static str,
    /// Whether only users may call it.
    pub(crate) signed_in: bool,
    pub(crate) parameters: Parameters,
    pub(crate) answers: Vec<Answer>,
    /// The codes that it alone may be refused with.
    pub(crate) codes: &'static [&'static str],
    /// What it counts as, if users may not call it as often as they like.
    pub(crate) action: Option<Action>,
    /// The scopes that a token needs for it.
    pub(crate) scopes: Scopes,
    /// Whether a repeat under the same `Idempotency-Key` is answered like the first.
    pub(crate) keeps_answers: bool,
    /// Where its answer leads beside what it makes.
    pub(crate) leads: &'static [Lead],
    routes: Box<dyn FnOnce(Handling) -> Vec<Route>>,
}

/// Another endpoint that an answer is good for.
#[derive(Clone, Copy)]
pub(crate) struct Lead {
    /// Its method and path, as `GET /search`.
    pub(crate) to: &'static str,
    /// What it reads by other names than those of its path, each with the field of the answer.
    pub(crate) fields: &'static [(&'static str, &'static str)],
}

/// What is done with calls before they are handled.
#[derive(Clone, Copy)]
struct Handling {
    scopes: Scopes,
    action: Option<Action>,
    keeps_answers: bool,
}

/// What an endpoint reads, the parameters of its path included.
#[derive(Clone, Copy)]
pub(crate) enum Parameters {
    None,
    Path(RequestType),
    Query(RequestType),
    Body(RequestType),
    /// A body whose key may be in the header `Idempotency-Key`; what that does, and its most characters.
    KeyedBody {
        request: RequestType,
        about: &'static str,
        longest: usize,
    },
    /// The query, or else the body.
    QueryOrBody(RequestType),
    /// The part `file` of a multipart form.
    File,
}

/// The type of a request, for its schema.
#[derive(Clone, Copy)]
pub(crate) struct RequestType {
    pub(crate) name: fn() -> Cow<'static, str>,
    pub(crate) schema: fn(&mut SchemaGenerator) -> Schema,
}

impl RequestType {
    pub(crate) fn of<T: JsonSchema>() -> Self {
        Self { name: T::schema_name, schema: T::json_schema }
    }
}

/// What a handler reads from a call.
pub(crate) trait FromCall: Sized + 'static {
    fn describe() -> Parameters;

    async fn from_call<U>(call: &mut Call<U>) -> Result<Self, Problem>;
}

/// Nothing but the parameters of the path.
pub(crate) struct Path<T>(pub(crate) T);

/// The query.
pub(crate) struct Query<T>(pub(crate) T);

/// The body.
pub(crate) struct Body<T>(pub(crate) T);

impl FromCall for () {
    fn describe() -> Parameters {
        Parameters::None
    }

    async fn from_call<U>(_: &mut Call<U>) -> Result<Self, Problem> {
        Ok(())
    }
}

impl<T: Request + 'static> FromCall for Path<T> {
    fn describe() -> Parameters {
        Parameters::Path(RequestType::of::<T>())
    }

    async fn from_call<U>(call: &mut Call<U>) -> Result<Self, Problem> {
        call.parse(Input::pairs("path", Vec::new())).map(Self)
    }
}

impl<T: Request + 'static> FromCall for Query<T> {
    fn describe() -> Parameters {
        Parameters::Query(RequestType::of::<T>())
    }

    async fn from_call<U>(call: &mut Call<U>) -> Result<Self, Problem> {
        call.parse(call.query()).map(Self)
    }
}

impl<T: Request + 'static> FromCall for Body<T> {
    fn describe() -> Parameters {
        Parameters::Body(RequestType::of::<T>())
    }

    async fn from_call<U>(call: &mut Call<U>) -> Result<Self, Problem> {
        let unreadable = match call.body().await {
            Ok(body) => return call.parse(body).map(Self),
            Err(problem) => problem,
        };
        // An unknown room is refused before an unreadable body.
        match call.parse::<T>(Input::pairs("body", Vec::new())) {
            Err(refused @ Problem::Refused(_)) => Err(refused),
            _ => Err(unreadable),
        }
    }
}

macro_rules! methods {
    ($($name:ident $method:ident),*) => {$(
        #[doc = concat!("Makes an endpoint that answers ", stringify!($method), " with a handler.")]
        pub(crate) fn $name<U, I, R, F, Fut>(path: &'static str, handler: F) -> Endpoint
        where
            U: Caller,
            I: FromCall,
            R: Reply,
            F: Fn(Call<U>, I) -> Fut + Clone + 'static,
            Fut: Future<Output = Result<R, Problem>> + 'static,
        {
            endpoint(Method::$method, path, handler)
        }
    )*};
}

methods!(get GET, post POST, put PUT, patch PATCH, delete DELETE);

fn endpoint<U, I, R, F, Fut>(method: Method, path: &'static str, handler: F) -> Endpoint
where
    U: Caller,
    I: FromCall,
    R: Reply,
    F: Fn(Call<U>, I) -> Fut + Clone + 'static,
    Fut: Future<Output = Result<R, Problem>> + 'static,
{
    // HEAD is answered like GET where there is nothing to be signed in for, and for files.
    let has_head = method == Method::GET && (!U::SIGNED_IN || path.starts_with("/static/"));
    let serve = move |handling: Handling, call: Call<U>| {
        let handler = handler.clone();
        async move {
            call.user.permit(handling.scopes)?;
            call.count(handling.action)?;
            let handle = async move |mut call: Call<U>| {
                let input = I::from_call(&mut call).await?;
                Ok::<_, Problem>(handler(call, input).await?.into_response())
            };
            if handling.keeps_answers { once(call, handle).await } else { handle(call).await }
        }
    };
    let methods = [method.clone()].into_iter().chain(has_head.then_some(Method::HEAD));
    let routes = move |handling| {
        let route = |method| {
            let serve = serve.clone();
            web::method(method).to(move |call: Call<U>| serve(handling, call))
        };
        methods.map(route).collect()
    };
    Endpoint {
        method,
        path,
        tag: "",
        summary: "",
        signed_in: U::SIGNED_IN,
        parameters: I::describe(),
        answers: R::describe(),
        codes: &[],
        action: None,
        scopes: Scopes::SIGN_IN,
        keeps_answers: false,
        leads: &[],
        routes: Box::new(routes),
    }
}

impl Endpoint {
    /// Says what it does.
    pub(crate) fn does(self, summary: &'static str) -> Self {
        Self { summary, ..self }
    }

    /// Puts it into a section of the document, whose tokens need these scopes for it.
    pub(crate) fn tagged(self, tag: &'static str, scopes: Scopes) -> Self {
        Self { tag, scopes, ..self }
    }

    /// Limits how often a user may call it.
    pub(crate) fn limited(self, action: Action) -> Self {
        Self { action: Some(action), ..self }
    }

    /// Answers a repeat under the same `Idempotency-Key` like the first; the answer must hold no secret, as it is kept.
    pub(crate) fn keeping_answers(self) -> Self {
        Self { keeps_answers: true, ..self }
    }

    /// Says where its answer leads beside what it makes.
    pub(crate) fn leading(self, leads: &'static [Lead]) -> Self {
        Self { leads, ..self }
    }

    /// Whether this is its method and path, as `GET /search`.
    pub(crate) fn is(&self, name: &str) -> bool {
        name.split_once(' ') == Some((self.method.as_str(), self.path))
    }

    fn routes(self) -> Vec<Route> {
        (self.routes)(Handling {
            scopes: self.scopes,
            action: self.action,
            keeps_answers: self.keeps_answers,
        })
    }

    /// Names the codes that it alone may be refused with.
    pub(crate) fn refuses(self, codes: &'static [&'static str]) -> Self {
        Self { codes, ..self }
    }
}

/// Adds endpoints, each with and without a slash at its end; other methods of their paths are answered 405.
pub(crate) fn mount(app: &mut ServiceConfig, endpoints: Vec<Endpoint>, requests: &Requests) {
    let mut endpoints = endpoints.into_iter().peekable();
    while let Some(first) = endpoints.next() {
        let (path, mut allowed) = (first.path, first.method.to_string());
        let mut routes = first.routes();
        while let Some(next) = endpoints.next_if(|next| next.path == path) {
            allowed = format!("{allowed}, {}", next.method);
            routes.extend(next.routes());
        }
        let refuse = move || ready(Err::<HttpResponse, _>(Problem::Method(allowed.clone())));
        let slashed = if path.ends_with('/') { path.to_owned() } else { format!("{path}/") };
        let resource = web::resource([path.to_owned(), slashed])
            .app_data(requests.route(path))
            .default_service(web::to(refuse));
        app.service(routes.into_iter().fold(resource, actix_web::Resource::route));
    }
}
