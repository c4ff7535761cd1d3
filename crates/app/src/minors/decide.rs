use std::time::Duration;

use serde_json::{Value, json};
use yuntu_outbound::{Line, Link, Message, StandingNews};
use yuntu_policy::MinorReportState;
use yuntu_statement::ContactSlot;
use yuntu_store::{AccountStanding, ContactKind, MinorReport, ReportMove, StoreError, Tx};
use yuntu_terms::{AccountId, ClauseId, Lang, MinorReportId, clause};

use super::ReportText;
use crate::accounts::address::recipient;
use crate::accounts::notice::Notice;
use crate::caller::entry;
use crate::error::{AppError, Said};
use crate::operators::OperatorCaller;
use crate::platform::Platform;

/// How long the person concerned has to object before her data goes, unless the deadline comes first.
const OBJECT_WITHIN: Duration = Duration::from_hours(24);
/// How long before the deadline the erasure begins at the latest, so that a worker that pauses keeps the promise.
const BEFORE_DUE: Duration = Duration::from_hours(6);

/// When the erasure begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EraseWhen {
    /// Once the person concerned had a day to object, and before the deadline in any case.
    AfterObjections,
    /// At once, because the person or her guardian asked for it.
    AtOnce,
}

/// How a report is upheld.
#[derive(Debug)]
pub struct Uphold {
    /// The account that it is about.
    pub account: AccountId,
    /// Why.
    pub words: Option<ReportText>,
    /// When its erasure begins.
    pub erase: EraseWhen,
}

/// The pages to which messages about a report lead.
#[derive(Debug, Clone)]
pub struct ReportLinks {
    /// Where the person concerned reads how to object.
    pub objection: Link,
    /// Where whoever reported it reads the outcome.
    pub outcome: Link,
}

impl Platform {
    /// Upholds a report: the account is suspended at once, every session ends, and nobody acts by it the same second. Its
    /// erasure begins a day later and before the deadline in any case, or at once where she or her guardian asked for it. The person is told, with where to object, and so
    /// is whoever reported it and left an address.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the operator does not serve reports; [`AppError::Missing`] when there is no such report;
    /// [`AppError::Invalid`] when the account is none that the report may be about, it is closed, the reasons are missing,
    /// or the report has moved on.
    /// # Clause
    /// R29
    pub async fn uphold_minor_report(
        &self,
        caller: &OperatorCaller,
        id: MinorReportId,
        how: Uphold,
        links: &ReportLinks,
    ) -> Result<(), AppError> {
        clause::hit!(R29);
        let report = self.reported(caller, id).await?;
        let account = how.account;
        let words = how.words.ok_or_else(no_words)?;
        let candidates = self.candidates_of(&report).await?;
        let named = candidates.iter().find(|one| one.account == account);
        named
            .filter(|one| one.standing != AccountStanding::Closed)
            .ok_or_else(no_account)?;
        let store = self.store();
        let now = self.now();
        let erase = match how.erase {
            EraseWhen::AtOnce => now,
            EraseWhen::AfterObjections => {
                let latest = report.due.minus(BEFORE_DUE);
                latest.min(now.plus(OBJECT_WITHIN)).max(now)
            }
        };
        let sealed = store.seal_report_words(id, words.as_pii()).await?;
        let news = StandingNews::Suspended { erased_at: erase };
        let mut notices = self.tell_standing(account, news, &links.objection).await?;
        notices.extend(self.tell_reporter(&report, &links.outcome).await?);
        let actor = store.account_pseudonym(caller.account).await?;
        let concerned = store.account_pseudonym(account).await?;
        let to = ReportMove::Uphold {
            account,
            by: caller.operator,
            erase,
            words: &sealed,
        };
        let body = json!({
            "report": id, "account": concerned, "erase": erase, "operator": caller.operator,
            "told": told(&notices),
        });
        let (to, body, notices) = (&to, &body, notices.as_slice());
        store
            .run_tx("minor_report.uphold", async |tx: Tx| {
                tx.move_minor_report(id, to).await?;
                tx.set_account_standing(account, AccountStanding::Suspended)
                    .await?;
                let clauses = [ClauseId::r(29)];
                let upheld = entry(&tx, "minor_report.upheld", &clauses, actor, body.clone())?;
                tx.append_own(caller, &upheld).await?;
                for notice in notices {
                    notice.put(&tx).await?;
                }
                Ok(())
            })
            .await
            .map_err(moved_on)
    }

    /// Decides that no account is removed for a report. An account that was suspended for it, and for no other, is open
    /// again, as long as its erasure has not begun.
    ///
    /// # Errors
    /// As [`Platform::uphold_minor_report`].
    /// # Clause
    /// R29
    pub async fn dismiss_minor_report(
        &self,
        caller: &OperatorCaller,
        id: MinorReportId,
        (words, links): (Option<ReportText>, &ReportLinks),
    ) -> Result<(), AppError> {
        clause::hit!(R29);
        let report = self.reported(caller, id).await?;
        let words = words.ok_or_else(no_words)?;
        let store = self.store();
        let suspended = report
            .account
            .filter(|_| report.state == MinorReportState::Upheld);
        let mut notices = Vec::from_iter(self.tell_reporter(&report, &links.outcome).await?);
        if let Some(account) = suspended {
            let news = StandingNews::Restored;
            notices.extend(self.tell_standing(account, news, &links.objection).await?);
        }
        let concerned = match suspended {
            Some(account) => Some(store.account_pseudonym(account).await?),
            None => None,
        };
        let sealed = store.seal_report_words(id, words.as_pii()).await?;
        let actor = store.account_pseudonym(caller.account).await?;
        let to = ReportMove::Dismiss {
            by: caller.operator,
            words: &sealed,
        };
        let body = json!({
            "report": id, "account": concerned, "operator": caller.operator,
            "told": told(&notices),
        });
        let (to, body, notices) = (&to, &body, notices.as_slice());
        store
            .run_tx("minor_report.dismiss", async |tx: Tx| {
                tx.move_minor_report(id, to).await?;
                if let Some(account) = suspended
                    && !tx.read().is_upheld_elsewhere(account, id).await?
                {
                    tx.set_account_standing(account, AccountStanding::Active)
                        .await?;
                }
                let clauses = [ClauseId::r(29)];
                let dismissed =
                    entry(&tx, "minor_report.dismissed", &clauses, actor, body.clone())?;
                tx.append_own(caller, &dismissed).await?;
                for notice in notices {
                    notice.put(&tx).await?;
                }
                Ok(())
            })
            .await
            .map_err(moved_on)
    }

    /// Tells the person concerned what became of her account, and where to object.
    async fn tell_standing(
        &self,
        account: AccountId,
        news: StandingNews,
        link: &Link,
    ) -> Result<Vec<Notice>, AppError> {
        let found = self.store().read().find_account(account).await?;
        let lang = found.map_or(Lang::default(), |account| account.lang);
        let (contact, now) = (self.where_to_object(lang), self.now());
        self.seal_to_all(account, |to| {
            Message::standing_changed(to, lang, news, contact.clone(), link.clone(), now)
        })
        .await
    }

    /// Returns the contacts for objections, as the statement publishes them.
    fn where_to_object(&self, lang: Lang) -> Line {
        let operator = self.operator();
        let email = operator.value(ContactSlot::PrivacyEmail, lang);
        let phone = operator.value(ContactSlot::PrivacyPhone, lang);
        Line::lossy(&format!("{email} · {phone}"))
    }

    /// Tells whoever reported it, if she left an address, that the report was decided.
    async fn tell_reporter(
        &self,
        report: &MinorReport,
        link: &Link,
    ) -> Result<Option<Notice>, AppError> {
        let texts = self.store().report_texts(report.id).await?;
        let Some(contact) = texts.contact else {
            return Ok(None);
        };
        let to = recipient(ContactKind::of(&contact), contact)?;
        let message = Message::report_answered(to, report.lang, link.clone(), self.now());
        Ok(Some(self.seal_notice(message).await?))
    }
}

fn told(notices: &[Notice]) -> Vec<Value> {
    notices.iter().map(Notice::noted).collect()
}

fn no_words() -> AppError {
    AppError::Invalid {
        what: "words",
        reason: Said::new("请写明决定的理由", "give the reasons of the decision"),
    }
}

fn no_account() -> AppError {
    AppError::Invalid {
        what: "account",
        reason: Said::new(
            "请选择举报可能所指、且尚未删除的帐号",
            "choose an account that the report may be about and that is not erased",
        ),
    }
}

fn moved_on(error: AppError) -> AppError {
    let moved = matches!(
        &error,
        AppError::Store(StoreError::Conflict { what } | StoreError::Missing { what })
            if *what == "minor_report" || *what == "account"
    );
    if moved {
        AppError::Invalid {
            what: "report",
            reason: Said::new(
                "这份举报的状态已改变，此操作不再可行；请查看最新状态",
                "the report has moved on and this is no longer possible; see where it stands",
            ),
        }
    } else {
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_told_in_both_languages() {
        for error in [
            no_words(),
            no_account(),
            moved_on(AppError::Store(StoreError::Conflict {
                what: "minor_report",
            })),
        ] {
            let AppError::Invalid { reason, .. } = error else {
                panic!("{error:?}");
            };
            assert!(!reason.zh.is_ascii() && reason.en.is_ascii());
        }
    }
}
