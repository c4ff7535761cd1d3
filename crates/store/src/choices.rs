use std::collections::BTreeMap;

use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use yuntu_terms::{AccountId, Purpose, Timestamp, clause};

use crate::acceptances::AcceptedStatement;
use crate::entity::{account_acceptance, account_choice};
use crate::error::StoreError;
use crate::read::Reader;
use crate::rows::{Place, insert, moment, number, to_code};
use crate::tx::Tx;

const CHOICE: &str = "account_choice";

/// A version of the statement that a person accepted by an explicit act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountAcceptance {
    /// What was accepted.
    pub accepted: AcceptedStatement,
    /// When.
    pub at: Timestamp,
}

/// What a person said about an optional purpose; whoever said nothing said no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// The purpose is agreed to.
    On,
    /// It is not, or no longer.
    Off,
}

/// A choice as it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedChoice {
    /// The purpose.
    pub purpose: Purpose,
    /// What was said.
    pub choice: Choice,
    /// Under which version of the statement.
    pub statement_version: String,
    /// When.
    pub at: Timestamp,
}

impl Tx {
    /// Records that a person accepted a version of the statement.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when she accepted that version already, [`StoreError::Missing`] when there is no such
    /// account.
    ///
    /// # Clause
    /// U1
    pub async fn accept_for_account(
        &self,
        account: AccountId,
        accepted: &AcceptedStatement,
    ) -> Result<(), StoreError> {
        clause::hit!(U1);
        let row = account_acceptance::Model {
            account_id: account.uuid(),
            statement_version: accepted.version.clone(),
            statement_digest: accepted.digest.as_bytes().to_vec(),
            lang: to_code(&accepted.lang, "language")?,
            accepted_at: self.now().as_micros(),
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict("acceptance"))
    }

    /// Records what a person said about an optional purpose; earlier choices are kept, the newest counts.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such account.
    ///
    /// # Clause
    /// R26
    pub async fn record_choice(
        &self,
        account: AccountId,
        purpose: &Purpose,
        choice: Choice,
        statement_version: &str,
    ) -> Result<(), StoreError> {
        clause::hit!(R26);
        let earlier = account_choice::Entity::find()
            .filter(account_choice::Column::AccountId.eq(account.uuid()))
            .filter(account_choice::Column::Purpose.eq(purpose.as_str()))
            .count(&self.link)
            .await?;
        let row = account_choice::Model {
            account_id: account.uuid(),
            purpose: purpose.as_str().to_owned(),
            number: number(earlier) + 1,
            chosen: i64::from(choice == Choice::On),
            statement_version: statement_version.to_owned(),
            chosen_at: self.now().as_micros(),
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict("choice"))
    }
}

impl Reader {
    /// Lists the versions of the statement that a person accepted, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when a row cannot be read, or a fault of the database.
    pub async fn list_account_acceptances(
        &self,
        account: AccountId,
    ) -> Result<Vec<AccountAcceptance>, StoreError> {
        let rows = account_acceptance::Entity::find()
            .filter(account_acceptance::Column::AccountId.eq(account.uuid()))
            .order_by_asc(account_acceptance::Column::AcceptedAt)
            .order_by_asc(account_acceptance::Column::StatementVersion)
            .all(&self.link)
            .await?;
        let place = |column| Place("account_acceptance", column);
        rows.into_iter()
            .map(|row| {
                Ok(AccountAcceptance {
                    accepted: AcceptedStatement {
                        version: row.statement_version,
                        digest: place("statement_digest").digest(&row.statement_digest)?,
                        lang: place("lang").parse(&row.lang)?,
                    },
                    at: moment(row.accepted_at),
                })
            })
            .collect()
    }

    /// Lists every choice of a person, by purpose, in the order in which they were made.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when a row cannot be read, or a fault of the database.
    pub async fn list_choices(
        &self,
        account: AccountId,
    ) -> Result<Vec<RecordedChoice>, StoreError> {
        let rows = account_choice::Entity::find()
            .filter(account_choice::Column::AccountId.eq(account.uuid()))
            .order_by_asc(account_choice::Column::Purpose)
            .order_by_asc(account_choice::Column::Number)
            .all(&self.link)
            .await?;
        rows.into_iter()
            .map(|row| {
                Ok(RecordedChoice {
                    purpose: Place(CHOICE, "purpose").parse(&row.purpose)?,
                    choice: if row.chosen == 0 {
                        Choice::Off
                    } else {
                        Choice::On
                    },
                    statement_version: row.statement_version,
                    at: moment(row.chosen_at),
                })
            })
            .collect()
    }

    /// Returns the newest choice of a person for each purpose she said anything about; a purpose that is absent is off.
    ///
    /// # Errors
    /// As [`Reader::list_choices`].
    pub async fn choices_of(
        &self,
        account: AccountId,
    ) -> Result<BTreeMap<Purpose, RecordedChoice>, StoreError> {
        let all = self.list_choices(account).await?;
        // In the order of their numbers: the newest stays.
        Ok(all
            .into_iter()
            .map(|choice| (choice.purpose.clone(), choice))
            .collect())
    }
}
