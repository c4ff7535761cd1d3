use async_trait::async_trait;
use sea_orm::sea_query::{Cond, OnConflict, Query};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect,
};
use yuntu_terms::Timestamp;
use yuntu_vault::{Insertion, KeyScope, KeyShelf, Replacement, ShelfError, Shelved, WrappedKey};

use crate::database::Database;
use crate::entity::{destroyed_scope, wrapped_key};
use crate::error::StoreError;
use crate::link::Link;
use crate::rows::insert;
use crate::tx::Tx;

/// Keeps the vault's wrapped keys on rows.
///
/// # Clause
/// R22
#[derive(Debug)]
pub struct RowShelf {
    database: Database,
}

impl RowShelf {
    pub(crate) const fn new(database: Database) -> Self {
        Self { database }
    }
}

/// The place of a scope among those of the same parent, in the order of [`KeyScope`].
fn place(scope: KeyScope) -> (i64, i64) {
    match scope {
        KeyScope::Platform => (0, 0),
        KeyScope::Enterprise(_) => (1, 0),
        KeyScope::Part(..) => (2, 0),
        KeyScope::Subject(_, subject) => (3, i64::from(subject.get())),
        KeyScope::Representative(_) => (4, 0),
        KeyScope::Account(_) => (5, 0),
    }
}

fn unavailable(error: StoreError) -> ShelfError {
    ShelfError::unavailable(error)
}

async fn is_destroyed(link: &Link, scope: KeyScope) -> Result<bool, StoreError> {
    let names: Vec<String> = scope.ancestry().map(|scope| scope.to_string()).collect();
    let found = destroyed_scope::Entity::find()
        .filter(destroyed_scope::Column::Scope.is_in(names))
        .one(link)
        .await?;
    Ok(found.is_some())
}

#[async_trait]
impl KeyShelf for RowShelf {
    async fn load(&self, scope: KeyScope) -> Result<Shelved, ShelfError> {
        let link = Link::Pool(self.database.pool.clone());
        let rows = wrapped_key::Entity::find()
            .filter(wrapped_key::Column::Scope.eq(scope.to_string()))
            .order_by_asc(wrapped_key::Column::Version)
            .all(&link)
            .await
            .map_err(|error| unavailable(error.into()))?;
        // Asked after the rows: a scope that is destroyed meanwhile counts as destroyed.
        if is_destroyed(&link, scope).await.map_err(unavailable)? {
            return Ok(Shelved::Destroyed);
        }
        if rows.is_empty() {
            return Ok(Shelved::Absent);
        }
        let keys = rows.into_iter().map(|row| {
            let version = u32::try_from(row.version).map_err(|_range| ShelfError::Damaged)?;
            Ok(WrappedKey {
                scope,
                version,
                bytes: row.wrapped,
            })
        });
        keys.collect::<Result<_, _>>().map(Shelved::Live)
    }

    async fn insert(&self, key: &WrappedKey) -> Result<Insertion, ShelfError> {
        let inserted = self
            .database
            .run_strict("key.insert", async |tx: Tx| insert_key(&tx, key).await);
        match inserted.await {
            // Two vaults that make the first key at once: one row stays, and the other vault reads it.
            Err(StoreError::Conflict { .. }) => Ok(Insertion::Taken),
            outcome => outcome.map_err(unavailable),
        }
    }

    async fn replace(&self, old: &WrappedKey, bytes: &[u8]) -> Result<Replacement, ShelfError> {
        let replaced = self.database.run_strict("key.replace", async |tx: Tx| {
            let update = Query::update()
                .table(wrapped_key::Entity)
                .value(wrapped_key::Column::Wrapped, bytes)
                .and_where(wrapped_key::Column::Scope.eq(old.scope.to_string()))
                .and_where(wrapped_key::Column::Version.eq(i64::from(old.version)))
                .and_where(wrapped_key::Column::Wrapped.eq(old.bytes.clone()))
                .to_owned();
            Ok(tx.link.execute(&update).await?.rows_affected() == 1)
        });
        if replaced.await.map_err(unavailable)? {
            Ok(Replacement::Done)
        } else {
            Ok(Replacement::Changed)
        }
    }

    async fn below(
        &self,
        scope: KeyScope,
        after: Option<KeyScope>,
        limit: usize,
    ) -> Result<Vec<KeyScope>, ShelfError> {
        let link = Link::Pool(self.database.pool.clone());
        below(&link, scope, after, limit).await
    }

    async fn destroy(&self, scope: KeyScope, at: Timestamp) -> Result<(), ShelfError> {
        let destroyed = self.database.run_strict("key.destroy", async |tx: Tx| {
            let tombstone = destroyed_scope::Model {
                scope: scope.to_string(),
                destroyed_at: at.as_micros(),
            };
            destroyed_scope::Entity::insert(tombstone.into_active_model().reset_all())
                .on_conflict(
                    OnConflict::column(destroyed_scope::Column::Scope)
                        .do_nothing()
                        .to_owned(),
                )
                .exec_without_returning(&tx.link)
                .await?;
            wrapped_key::Entity::delete_many()
                .filter(at_or_below(scope))
                .exec(&tx.link)
                .await?;
            Ok(())
        });
        destroyed.await.map_err(unavailable)?;
        self.database
            .dialect
            .forget_keys(&self.database.pool)
            .await
            .map_err(unavailable)
    }
}

async fn insert_key(tx: &Tx, key: &WrappedKey) -> Result<Insertion, StoreError> {
    if is_destroyed(&tx.link, key.scope).await? {
        return Ok(Insertion::Destroyed);
    }
    let name = key.scope.to_string();
    let version = i64::from(key.version);
    let taken = wrapped_key::Entity::find_by_id((name.clone(), version))
        .one(&tx.link)
        .await?;
    if taken.is_some() {
        return Ok(Insertion::Taken);
    }
    let (rank, ordinal) = place(key.scope);
    let row = wrapped_key::Model {
        scope: name,
        version,
        parent: key.scope.parent().map(|parent| parent.to_string()),
        rank,
        ordinal,
        wrapped: key.bytes.clone(),
    };
    insert(&tx.link, row)
        .await
        .map_err(|error| error.conflict("key"))?;
    Ok(Insertion::New)
}

fn at_or_below(scope: KeyScope) -> Cond {
    if scope == KeyScope::Platform {
        return Cond::all();
    }
    let name = scope.to_string();
    Cond::any()
        .add(wrapped_key::Column::Scope.eq(name.clone()))
        .add(wrapped_key::Column::Parent.eq(name))
}

async fn below(
    link: &Link,
    scope: KeyScope,
    after: Option<KeyScope>,
    limit: usize,
) -> Result<Vec<KeyScope>, ShelfError> {
    use wrapped_key::Column;
    let mut query = wrapped_key::Entity::find()
        .select_only()
        .column(Column::Scope)
        .distinct()
        .column(Column::Rank)
        .column(Column::Ordinal)
        .filter(Column::Parent.eq(scope.to_string()))
        .order_by_asc(Column::Rank)
        .order_by_asc(Column::Ordinal)
        .order_by_asc(Column::Scope)
        .limit(u64::try_from(limit).unwrap_or(u64::MAX));
    if let Some(after) = after {
        let (rank, ordinal) = place(after);
        let same_place = Cond::all()
            .add(Column::Rank.eq(rank))
            .add(Column::Ordinal.eq(ordinal))
            .add(Column::Scope.gt(after.to_string()));
        let same_rank = Cond::all()
            .add(Column::Rank.eq(rank))
            .add(Column::Ordinal.gt(ordinal));
        query = query.filter(
            Cond::any()
                .add(Column::Rank.gt(rank))
                .add(same_rank)
                .add(same_place),
        );
    }
    let rows: Vec<(String, i64, i64)> = query
        .into_tuple()
        .all(link)
        .await
        .map_err(|error| unavailable(error.into()))?;
    let scopes = rows
        .into_iter()
        .map(|(name, ..)| name.parse().map_err(|_unreadable| ShelfError::Damaged));
    scopes.collect()
}
