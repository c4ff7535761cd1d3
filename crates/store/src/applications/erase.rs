use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, prelude::Uuid};
use serde_json::json;
use yuntu_ledger::{Entry, EntryKind, Pseudonym};
use yuntu_policy::{ApplicationField, ApplicationState, Standing};
use yuntu_terms::{ApplicationId, ClauseId, Timestamp, clause};

use super::{Application, application_of};
use crate::entity::{application, application_message, application_value, enterprise};
use crate::error::StoreError;
use crate::read::Reader;
use crate::store::Store;
use crate::tx::Tx;

/// How many applications one sweep takes, so that its transaction stays short.
const SWEEP_MAX: u64 = 100;

impl Store {
    /// Erases the sensitive numbers of applications that came to an end before this moment; returns how many it took. The
    /// finding stays, the numbers go; call it again until it returns none.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// U1, R14
    pub async fn erase_sensitive_values_before(
        &self,
        before: Timestamp,
        actor: Pseudonym,
    ) -> Result<u64, StoreError> {
        clause::hit!(R14);
        self.run_tx("application.erase_sensitive", async |tx: Tx| {
            let ids: Vec<Uuid> = application::Entity::find()
                .select_only()
                .column(application::Column::Id)
                .filter(application::Column::DecidedAt.lt(before.as_micros()))
                .filter(application::Column::SensitiveErasedAt.is_null())
                .limit(SWEEP_MAX)
                .into_tuple()
                .all(&tx.link)
                .await?;
            if ids.is_empty() {
                return Ok(0);
            }
            let sensitive = ApplicationField::ALL.iter().filter(|it| it.is_sensitive());
            application_value::Entity::delete_many()
                .filter(application_value::Column::ApplicationId.is_in(ids.iter().copied()))
                .filter(application_value::Column::Field.is_in(sensitive.map(|it| it.code())))
                .exec(&tx.link)
                .await?;
            application::Entity::update_many()
                .col_expr(
                    application::Column::SensitiveErasedAt,
                    tx.now().as_micros().into(),
                )
                .filter(application::Column::Id.is_in(ids.iter().copied()))
                .exec(&tx.link)
                .await?;
            tx.append(&Entry {
                kind: EntryKind::known("certification.sensitive_erased"),
                at: tx.now(),
                clauses: vec![ClauseId::u(1), ClauseId::r(14)],
                actor,
                body: json!({ "applications": ids.len(), "decided_before": before }),
            })
            .await?;
            Ok(ids.len() as u64)
        })
        .await
    }
}

impl Tx {
    /// Erases what was told in applications: values, files, and what was written back and forth. The bare rows stay, with
    /// state and time.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R14, R26
    pub async fn erase_applications(&self, ids: &[ApplicationId]) -> Result<(), StoreError> {
        clause::hit!(R26);
        let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
        for id in &ids {
            for document in self.documents_of_application(*id).await? {
                self.erase_documents(&[document]).await?;
            }
        }
        application_value::Entity::delete_many()
            .filter(application_value::Column::ApplicationId.is_in(ids.iter().copied()))
            .exec(&self.link)
            .await?;
        application_message::Entity::update_many()
            .col_expr(
                application_message::Column::TextSealed,
                Expr::value(Option::<Vec<u8>>::None),
            )
            .filter(application_message::Column::ApplicationId.is_in(ids.iter().copied()))
            .exec(&self.link)
            .await?;
        let now = self.now().as_micros();
        application::Entity::update_many()
            .col_expr(
                application::Column::CodeMac,
                Expr::value(Option::<Vec<u8>>::None),
            )
            .col_expr(application::Column::ErasedAt, now.into())
            .filter(application::Column::Id.is_in(ids))
            .exec(&self.link)
            .await?;
        Ok(())
    }
}

impl Reader {
    /// Lists applications that are not erased and whose time began to run before this moment, the longest ago first: that
    /// of one which was rejected or taken back with its end, that of one which was approved with the end of the authority
    /// that it gave.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R14
    pub async fn list_applications_over(
        &self,
        before: Timestamp,
        limit: u64,
    ) -> Result<Vec<ApplicationId>, StoreError> {
        use application::Column;
        let (end, approved) = (before.as_micros(), ApplicationState::Approved.code());
        let newer = Alias::new("newer");
        let newer_col = |column: Column| Expr::col((newer.clone(), column));
        let replaced = Query::select()
            .expr(Expr::val(1))
            .from_as(application::Entity, newer.clone())
            .and_where(
                newer_col(Column::EnterpriseId).equals((application::Entity, Column::EnterpriseId)),
            )
            .and_where(newer_col(Column::State).eq(approved))
            .and_where(
                newer_col(Column::DecidedAt)
                    .gt(Expr::col((application::Entity, Column::DecidedAt))),
            )
            .and_where(newer_col(Column::DecidedAt).lt(end))
            .to_owned();
        let closed = Condition::all()
            .add(enterprise::Column::Standing.eq(Standing::Ended.code()))
            .add(enterprise::Column::UpdatedAt.lt(end));
        let ended = Query::select()
            .column(enterprise::Column::Id)
            .from(enterprise::Entity)
            .cond_where(
                Condition::any()
                    .add(enterprise::Column::CertifiedUntil.lt(end))
                    .add(closed),
            )
            .to_owned();
        let gave = Condition::all().add(Column::State.eq(approved)).add(
            Condition::any()
                .add(Expr::exists(replaced))
                .add(Column::EnterpriseId.in_subquery(ended)),
        );
        let gave_nothing = [ApplicationState::Rejected, ApplicationState::Withdrawn];
        let gave_nothing = Column::State.is_in(gave_nothing.map(ApplicationState::code));
        let ids: Vec<Uuid> = application::Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::ErasedAt.is_null())
            .filter(Column::DecidedAt.lt(end))
            .filter(Condition::any().add(gave_nothing).add(gave))
            .order_by_asc(Column::DecidedAt)
            .order_by_asc(Column::Id)
            .limit(limit)
            .into_tuple()
            .all(&self.link)
            .await?;
        Ok(ids.into_iter().map(ApplicationId::from_uuid).collect())
    }

    /// Lists applications that wait for their enterprise and that it has not touched since this moment.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when a row cannot be read, or a fault of the database.
    ///
    /// # Clause
    /// R14
    pub async fn list_applications_left(
        &self,
        untouched_since: Timestamp,
        limit: u64,
    ) -> Result<Vec<Application>, StoreError> {
        let states = [ApplicationState::Draft, ApplicationState::Asked];
        let rows = application::Entity::find()
            .filter(application::Column::State.is_in(states.map(ApplicationState::code)))
            .filter(application::Column::UpdatedAt.lt(untouched_since.as_micros()))
            .order_by_asc(application::Column::UpdatedAt)
            .limit(limit)
            .all(&self.link)
            .await?;
        rows.iter().map(application_of).collect()
    }
}
