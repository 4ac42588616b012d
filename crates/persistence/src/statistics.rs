//! What the database holds, in numbers.

use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use domain::account::{DatabaseStatistics, UserUploads};
use domain::id::UserId;
use domain::room::RoomKind;

use crate::admins::Admin;
use crate::conn::Conn;
use crate::error::Error;
use crate::schema::{bots, chatrooms, media, reports, users};
use crate::uploads::sum_of_sizes;
use crate::users::all_shown;

/// How many of those are named whose files take most.
const LARGEST: i64 = 10;

/// A sum of whole numbers, which is none of nothing.
type Sum = Nullable<BigInt>;

/// Counts what the database holds.
pub fn read(conn: &mut Conn, _: &Admin) -> Result<DatabaseStatistics, Error> {
    let (database, database_bytes) = database(conn)?;
    let people = || users::table.filter(users::deleted_at.is_null()).filter(users::is_bot.eq(false));
    let groups = chatrooms::table.filter(chatrooms::kind.eq(RoomKind::Group.as_str()));
    // The numbers of a room's messages have no gap, so that the last is how many there are.
    let messages: Option<i64> =
        chatrooms::table.select(sql::<Sum>("CAST(SUM(last_seq) AS SIGNED)")).first(conn)?;
    let (uploads, upload_bytes): (i64, Option<i64>) =
        media::table.select((count_star(), sum_of_sizes())).first(conn)?;
    Ok(DatabaseStatistics {
        database,
        database_bytes,
        users: people().count().get_result(conn)?,
        suspended_users: people().filter(users::suspended_at.is_not_null()).count().get_result(conn)?,
        bots: bots::table.count().get_result(conn)?,
        rooms: chatrooms::table.count().get_result(conn)?,
        groups: groups.count().get_result(conn)?,
        messages: messages.unwrap_or_default(),
        uploads,
        upload_bytes: upload_bytes.unwrap_or_default(),
        open_reports: reports::table.filter(reports::closed_at.is_null()).count().get_result(conn)?,
        largest_users: largest_users(conn)?,
    })
}

fn largest_users(conn: &mut Conn) -> Result<Vec<UserUploads>, Error> {
    let rows: Vec<(i64, i64, Option<i64>)> = media::table
        .group_by(media::owner_id)
        .order((sql::<BigInt>("SUM(size) DESC"), media::owner_id))
        .limit(LARGEST)
        .select((media::owner_id, count_star(), sum_of_sizes()))
        .load(conn)?;
    let people = all_shown(conn, &rows.iter().map(|(owner, ..)| UserId(*owner)).collect())?;
    let uploads = |(owner, uploads, bytes): (i64, i64, Option<i64>)| {
        let user = people.get(&UserId(owner)).cloned()?;
        Some(UserUploads { user, uploads, upload_bytes: bytes.unwrap_or_default() })
    };
    Ok(rows.into_iter().filter_map(uploads).collect())
}

#[derive(QueryableByName)]
struct Database {
    #[diesel(sql_type = Text)]
    version: String,
    #[diesel(sql_type = Sum)]
    bytes: Option<i64>,
}

const SQLITE: &str = "SELECT sqlite_version() AS version, page_count * page_size AS bytes \
     FROM pragma_page_count(), pragma_page_size()";

const MYSQL: &str = "SELECT VERSION() AS version, \
     (SELECT CAST(SUM(data_length + index_length) AS SIGNED) FROM information_schema.tables \
     WHERE table_schema = DATABASE()) AS bytes";

/// Returns the name and the version of the database, and its size.
fn database(conn: &mut Conn) -> Result<(String, Option<i64>), Error> {
    let (name, Database { version, bytes }) = match conn {
        Conn::Sqlite(c) => ("SQLite", diesel::sql_query(SQLITE).get_result(c)?),
        Conn::Mysql(c) => ("MySQL", diesel::sql_query(MYSQL).get_result(c)?),
    };
    // 10.11.6-MariaDB-0+deb12u1
    Ok(match version.split_once("-MariaDB") {
        Some((number, _)) => (format!("MariaDB {number}"), bytes),
        None => (format!("{name} {version}"), bytes),
    })
}
