use std::fmt::Write;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement, Value};

// SQLite takes 32,766 values in a statement and PostgreSQL 65,535.
const VALUES_MAX: usize = 32_000;
const ROWS_MAX: usize = 2_000;

/// Inserts rows by the thousand; the text of a full statement is written once, and for few rows not at all.
pub(crate) async fn insert_all<C: ConnectionTrait>(
    db: &C,
    table: &str,
    columns: &[&str],
    rows: impl Iterator<Item = Vec<Value>>,
) -> Result<u64, DbErr> {
    let chunk = (VALUES_MAX / columns.len().max(1)).min(ROWS_MAX);
    let backend = db.get_database_backend();
    let (mut full, mut values) = (None, Vec::new());
    let (mut waiting, mut total) = (0, 0);
    for row in rows {
        values.extend(row);
        waiting += 1;
        if waiting == chunk {
            let sql = full.get_or_insert_with(|| text(backend, table, columns, chunk));
            total += run(db, sql.clone(), std::mem::take(&mut values)).await?;
            waiting = 0;
        }
    }
    if waiting > 0 {
        total += run(db, text(backend, table, columns, waiting), values).await?;
    }
    Ok(total)
}

async fn run<C: ConnectionTrait>(db: &C, sql: String, values: Vec<Value>) -> Result<u64, DbErr> {
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(db.execute_raw(statement).await?.rows_affected())
}

fn text(backend: DbBackend, table: &str, columns: &[&str], rows: usize) -> String {
    let mut sql = format!("INSERT INTO {table} ({}) VALUES ", columns.join(", "));
    let mut next = 1;
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..columns.len() {
            sql.push_str(if column == 0 { "" } else { ", " });
            // SQLite looks a numbered place up among all of them, once for each value.
            if backend == DbBackend::Sqlite {
                sql.push('?');
            } else {
                // Writing to a string cannot fail.
                write!(sql, "${next}").ok();
            }
            next += 1;
        }
        sql.push(')');
    }
    sql
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_has_its_own_place() {
        let of = |backend| text(backend, "t", &["a", "b"], 2);
        assert_eq!(
            of(DbBackend::Postgres),
            "INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4)"
        );
        assert_eq!(
            of(DbBackend::Sqlite),
            "INSERT INTO t (a, b) VALUES (?, ?), (?, ?)"
        );
    }
}
