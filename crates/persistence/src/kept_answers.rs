//! Answers that are kept for requests that are repeated under the same key.

use diesel::prelude::*;
use domain::id::UserId;
use domain::time::Time;

use crate::conn::Conn;
use crate::error::Error;
use crate::schema::kept_answers;

/// A request with a key.
#[derive(Debug, Clone)]
pub struct KeyedRequest {
    /// Who makes it.
    pub user: UserId,
    /// What its key is kept by, at most 43 characters.
    pub key: String,
    /// What it asks, at most 43 characters: equal for equal requests.
    pub fingerprint: String,
}

/// What is kept under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// What the first request asked.
    pub fingerprint: String,
    /// The answer, once there is one.
    pub answer: Option<Answer>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub body: String,
}

/// Returns what is kept under the request's key; if it is nothing, keeps that the request is handled from now on.
///
/// What is kept since before `expired` is forgotten.
pub fn begin(
    conn: &mut Conn,
    request: &KeyedRequest,
    now: Time,
    expired: Time,
) -> Result<Option<KeptAnswer>, Error> {
    let theirs = kept_answers::table.filter(kept_answers::user_id.eq(request.user.0));
    diesel::delete(theirs.filter(kept_answers::created_at.lt(expired.naive()))).execute(conn)?;
    if let Some(kept) = find(conn, request)? {
        return Ok(Some(kept));
    }
    let inserted = diesel::insert_into(kept_answers::table)
        .values((
            kept_answers::user_id.eq(request.user.0),
            kept_answers::request_key.eq(&request.key),
            kept_answers::fingerprint.eq(&request.fingerprint),
            kept_answers::created_at.eq(now.naive()),
        ))
        .execute(conn);
    match inserted.map_err(Error::from) {
        Ok(_) => Ok(None),
        // Another one was first.
        Err(Error::Conflict) => find(conn, request),
        Err(other) => Err(other),
    }
}

fn find(conn: &mut Conn, request: &KeyedRequest) -> Result<Option<KeptAnswer>, Error> {
    type Row = (String, Option<i32>, Option<String>);
    let row: Option<Row> = kept_answers::table
        .find((request.user.0, &request.key))
        .select((kept_answers::fingerprint, kept_answers::status, kept_answers::body))
        .first(conn)
        .optional()?;
    Ok(row.map(|(fingerprint, status, body)| {
        let status = status.and_then(|status| u16::try_from(status).ok());
        KeptAnswer { fingerprint, answer: status.zip(body).map(|(status, body)| Answer { status, body }) }
    }))
}

/// Keeps the answer to a request that was begun.
pub fn finish(conn: &mut Conn, request: &KeyedRequest, answer: &Answer) -> Result<(), Error> {
    diesel::update(kept_answers::table.find((request.user.0, &request.key)))
        .set((kept_answers::status.eq(i32::from(answer.status)), kept_answers::body.eq(&answer.body)))
        .execute(conn)?;
    Ok(())
}

/// Forgets a request that was begun, so that its key is free.
pub fn forget(conn: &mut Conn, request: &KeyedRequest) -> Result<(), Error> {
    diesel::delete(kept_answers::table.find((request.user.0, &request.key))).execute(conn)?;
    Ok(())
}

/// Forgets everything that is kept for a user.
pub fn forget_all(conn: &mut Conn, user: UserId) -> Result<(), Error> {
    diesel::delete(kept_answers::table.filter(kept_answers::user_id.eq(user.0))).execute(conn)?;
    Ok(())
}
