use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use yuntu_terms::Timestamp;

use crate::entity::ledger_leaf;
use crate::error::StoreError;
use crate::read::Reader;
use crate::rows::{Place, moment};

/// How often something of one kind stands in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryCount {
    /// The kind of entry.
    pub kind: String,
    /// How many.
    pub count: u64,
    /// When the first was recorded.
    pub first: Timestamp,
    /// When the last was recorded.
    pub last: Timestamp,
}

impl Reader {
    /// Returns when an entry of this kind was recorded last.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn last_entry(&self, kind: &str) -> Result<Option<Timestamp>, StoreError> {
        let last = ledger_leaf::Entity::find()
            .filter(ledger_leaf::Column::Kind.eq(kind))
            .order_by_desc(ledger_leaf::Column::RecordedAt)
            .one(&self.link)
            .await?;
        Ok(last.map(|row| moment(row.recorded_at)))
    }

    /// Returns when the first entry of all was recorded.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn first_entry(&self) -> Result<Option<Timestamp>, StoreError> {
        let first = ledger_leaf::Entity::find()
            .order_by_asc(ledger_leaf::Column::Id)
            .one(&self.link)
            .await?;
        Ok(first.map(|row| moment(row.recorded_at)))
    }

    /// Counts the entries of each kind that were recorded from one moment on and before another, by kind.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R23
    pub async fn count_entries(
        &self,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<EntryCount>, StoreError> {
        use ledger_leaf::Column::{Kind, RecordedAt};
        let rows: Vec<(String, i64, i64, i64)> = ledger_leaf::Entity::find()
            .select_only()
            .column(Kind)
            .column_as(Kind.count(), "entries")
            .column_as(RecordedAt.min(), "first_at")
            .column_as(RecordedAt.max(), "last_at")
            .filter(RecordedAt.gte(from.as_micros()))
            .filter(RecordedAt.lt(until.as_micros()))
            .group_by(Kind)
            .order_by_asc(Kind)
            .into_tuple()
            .all(&self.link)
            .await?;
        let counts = rows.into_iter().map(|(kind, count, first, last)| {
            Ok(EntryCount {
                kind,
                count: Place("ledger_leaf", "kind").count(count)?,
                first: moment(first),
                last: moment(last),
            })
        });
        counts.collect()
    }
}
