use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, prelude::Uuid};
use serde_json::json;
use yuntu_ledger::{Entry, EntryKind, Pseudonym};
use yuntu_policy::ApplicationField;
use yuntu_terms::{ClauseId, EnterpriseId, Timestamp, clause};

use crate::entity::{application, application_message, application_value};
use crate::error::StoreError;
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
    /// Erases what an enterprise told in its applications: values, files, and what was written back and forth. The bare
    /// rows stay, with state and time. The caller destroys the enterprise's key too.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R14, R26
    pub async fn erase_applications(&self, enterprise: EnterpriseId) -> Result<(), StoreError> {
        clause::hit!(R26);
        let ids: Vec<Uuid> = application::Entity::find()
            .select_only()
            .column(application::Column::Id)
            .filter(application::Column::EnterpriseId.eq(enterprise.uuid()))
            .into_tuple()
            .all(&self.link)
            .await?;
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
        application::Entity::update_many()
            .col_expr(
                application::Column::CodeMac,
                Expr::value(Option::<Vec<u8>>::None),
            )
            .filter(application::Column::Id.is_in(ids))
            .exec(&self.link)
            .await?;
        Ok(())
    }
}
