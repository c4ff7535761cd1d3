use serde_json::json;
use yuntu_ledger::Pseudonym;
use yuntu_policy::MinorReportState;
use yuntu_store::{MinorReport, ReportMove, StoreError, Tx};
use yuntu_terms::{AccountId, ClauseId, clause};
use yuntu_vault::{KeyScope, VaultError};

use crate::caller::entry;
use crate::error::AppError;
use crate::platform::Platform;

impl Platform {
    /// Erases the accounts whose reports were upheld and whose moment has come; returns how many are gone now.
    ///
    /// The rows go in one transaction, together with what the report said; then the keys go, so that the names under which
    /// the person stands in the ledger point to nobody; then the report is settled. A turn that stops in between is taken
    /// up by the next.
    ///
    /// # Errors
    /// [`AppError`] of the first account that cannot be erased; what was done by then stays done.
    /// # Clause
    /// R14, R29
    pub async fn erase_reported_accounts(&self) -> Result<u64, AppError> {
        clause::hit!(R29);
        let (read, now) = (self.store().read(), self.now());
        for report in read.list_open_minor_reports().await? {
            let due = report.erase.is_some_and(|erase| erase <= now);
            if let Some(account) = report.account
                && report.state == MinorReportState::Upheld
                && due
            {
                self.erase_rows(&report, account).await?;
            }
        }
        let mut gone = read.list_open_minor_reports().await?;
        gone.retain(|report| report.state == MinorReportState::Erasing);
        if gone.is_empty() {
            return Ok(0);
        }
        for report in &gone {
            self.destroy_keys(report).await?;
        }
        // What the database still holds of the rows goes before anybody reads that the account is erased.
        self.scrub().await?;
        for report in &gone {
            self.settle(report).await?;
        }
        Ok(gone.len() as u64)
    }

    async fn erase_rows(&self, report: &MinorReport, account: AccountId) -> Result<(), AppError> {
        let store = self.store();
        let actor = store.platform_pseudonym().await?;
        let concerned = self.pseudonym_left(account).await?;
        let id = report.id;
        store
            .run_tx("account.erase", async |tx: Tx| {
                tx.move_minor_report(id, &ReportMove::Erase).await?;
                let closed = tx.close_account(account).await?;
                let body = json!({
                    "report": id, "account": concerned, "seats": closed.seats.len(),
                    "without_owner": closed.without_owner,
                });
                let clauses = [ClauseId::r(14), ClauseId::r(29)];
                let erased = entry(&tx, "account.erased", &clauses, actor, body)?;
                tx.append(&erased).await?;
                Ok(())
            })
            .await
    }

    /// Returns the name of the account in the ledger, unless its key went for another report.
    async fn pseudonym_left(&self, account: AccountId) -> Result<Option<Pseudonym>, AppError> {
        match self.store().account_pseudonym(account).await {
            Ok(pseudonym) => Ok(Some(pseudonym)),
            Err(StoreError::Vault(VaultError::Destroyed)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn destroy_keys(&self, report: &MinorReport) -> Result<(), AppError> {
        let Some(account) = report.account else {
            return Ok(());
        };
        let store = self.store();
        let seats = store.read().list_seats(account).await?;
        let seats = seats
            .into_iter()
            .map(|seat| KeyScope::Representative(seat.id));
        for scope in seats.chain([KeyScope::Account(account)]) {
            store.vault().destroy(&scope).await?;
        }
        Ok(())
    }

    async fn settle(&self, report: &MinorReport) -> Result<(), AppError> {
        let store = self.store();
        let actor = store.platform_pseudonym().await?;
        let id = report.id;
        store
            .run_tx("minor_report.remove", async |tx: Tx| {
                tx.move_minor_report(id, &ReportMove::Remove).await?;
                let body = json!({ "report": id });
                let clauses = [ClauseId::r(14), ClauseId::r(29)];
                let gone = entry(&tx, "account.keys_destroyed", &clauses, actor, body)?;
                tx.append(&gone).await?;
                Ok(())
            })
            .await
    }
}
