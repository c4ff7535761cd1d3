use serde_json::json;
use yuntu_ledger::Pseudonym;
use yuntu_outbound::{FactorNews, Message};
use yuntu_store::{FailureQuotas, Realm, SealedSession, Ticket, TicketGoal, Tx};
use yuntu_terms::{ClauseId, SessionId, clause};
use yuntu_vault::SessionSecret;

use super::second::{Second, Shown, Used};
use crate::accounts::arrive::next_of_ticket;
use crate::accounts::notice::Notice;
use crate::accounts::prove::Counted;
use crate::accounts::recover::recover_in;
use crate::accounts::{AccountError, Asked, SignedIn, Visit};
use crate::caller::entry;
use crate::error::AppError;
use crate::platform::Platform;

/// Everything that a second step needs before its transaction.
struct Finish<'a> {
    ticket: Ticket,
    shown: &'a Shown,
    counted: Counted,
    session: SealedSession,
    actor: Pseudonym,
    /// Under whose name a failure stands: nobody has shown yet who she is.
    stranger: Pseudonym,
    notices: Vec<Notice>,
}

impl Platform {
    /// Signs in, or lets back in, whoever shows the second factor after the first, or the other proof for which her
    /// sign-in was held.
    ///
    /// The ticket works once, for its own account, for [ten minutes](yuntu_store::TICKET_LIFE) and
    /// [five tries](yuntu_store::TICKET_TRIES_MAX); a failure counts like a wrong password.
    ///
    /// # Errors
    /// [`AccountError`]: a ticket that is no longer good, a wrong factor, an authenticator that is locked, too many
    /// tries, or an account that is suspended.
    /// # Clause
    /// R2, R9, R22
    pub async fn finish_sign_in(
        &self,
        ticket: &str,
        second: Second,
        visit: Visit,
    ) -> Result<SignedIn, AppError> {
        self.finish_in(Realm::Public, ticket, second, visit).await
    }

    pub(crate) async fn finish_in(
        &self,
        realm: Realm,
        ticket: &str,
        second: Second,
        visit: Visit,
    ) -> Result<SignedIn, AppError> {
        clause::hit!(R2);
        let ticket = self.ticket(realm, ticket).await?;
        let account = ticket.account;
        let counted = self.counted_of(account, &visit.network).await?;
        self.check_brake(&counted).await?;
        let held = self.store().read().factors_held(account).await?;
        let asked = next_of_ticket(&ticket, held);
        let shown = self.shown(account, asked, &second).await?;
        let method = shown.method_after(ticket.method);
        let store = self.store();
        let mut notices = match ticket.goal {
            TicketGoal::SignIn => Vec::new(),
            TicketGoal::Recover => self.recovery_notices(account).await?,
        };
        if let Shown::Recovery(_) = shown {
            let (now, lang) = (self.now(), self.lang_of(account).await?);
            let used = FactorNews::CodeUsed;
            let more = self
                .seal_to_all(account, |to| Message::factor_changed(to, lang, used, now))
                .await?;
            notices.extend(more);
        }
        let attempt: SessionId = self.new_id()?;
        let finish = Finish {
            ticket,
            shown: &shown,
            counted,
            session: self.seal_sign_in(account, method, visit).await?,
            actor: store.account_pseudonym(account).await?,
            stranger: store.stranger_pseudonym(attempt).await?,
            notices,
        };
        let outcome = store
            .run_tx("sign_in.finish", async |tx: Tx| finish.run(&tx).await)
            .await?;
        Ok(SignedIn {
            account,
            session: finish.session.id(),
            secret: outcome?,
        })
    }

    /// Finds a ticket by the secret that a cookie brings back.
    pub(crate) async fn ticket(&self, realm: Realm, text: &str) -> Result<Ticket, AppError> {
        let secret = SessionSecret::parse(text).map_err(|_form| AccountError::SpentTicket)?;
        let read = self.store().read();
        let ticket = read.find_ticket(&secret, self.now()).await?;
        let ticket = ticket.ok_or(AccountError::SpentTicket)?;
        if self.active(ticket.account).await?.realm == realm {
            Ok(ticket)
        } else {
            Err(AccountError::SpentTicket.into())
        }
    }

    /// Says what a second step asks for, for the page on which it is done.
    ///
    /// # Errors
    /// [`AccountError::SpentTicket`] when the ticket is no longer good.
    /// # Clause
    /// R2, R9
    pub async fn second_step(&self, ticket: &str) -> Result<Asked, AppError> {
        let ticket = self.ticket(Realm::Public, ticket).await?;
        let account = ticket.account;
        let held = self.store().read().factors_held(account).await?;
        let next = next_of_ticket(&ticket, held);
        self.asked(account, next, held).await
    }

    pub(crate) async fn second_step_in(
        &self,
        realm: Realm,
        ticket: &str,
    ) -> Result<yuntu_store::FactorsHeld, AppError> {
        let ticket = self.ticket(realm, ticket).await?;
        Ok(self.store().read().factors_held(ticket.account).await?)
    }
}

impl Finish<'_> {
    /// Counts the try and, where it is right, opens the session; a wrong one is a value, so that it counts.
    async fn run(&self, tx: &Tx) -> Result<Result<SessionSecret, AccountError>, AppError> {
        let Counted {
            address,
            network,
            from,
        } = &self.counted;
        let read = tx.read();
        let quotas = FailureQuotas::default();
        let limit = read.brake(address, network, &quotas, tx.now()).await?;
        if let Some(limit) = limit {
            return Ok(Err(AccountError::TooOften { until: limit.until }));
        }
        // An error and no value, unlike a wrong try: whoever comes second changes nothing, so that nothing is recorded.
        let Some(left) = tx.try_ticket(self.ticket.id).await? else {
            return Err(AccountError::SpentTicket.into());
        };
        let account = self.ticket.account;
        let method = self.shown.code();
        let clauses = [ClauseId::r(2)];
        let used = self.shown.use_up(tx, account).await?;
        if used != Used::Right {
            tx.count_failure(address, network).await?;
            let tried = self.shown.method_tried(self.ticket.method);
            tx.record_try(from, tried).await?;
            let body = json!({ "method": method });
            tx.append(&entry(tx, "sign_in.failed", &clauses, self.stranger, body)?)
                .await?;
            return Ok(Err(self.shown.wrong(used, left)));
        }
        if !tx.use_ticket(self.ticket.id).await? {
            return Err(AccountError::SpentTicket.into());
        }
        for mac in tx.read().list_address_macs(account).await? {
            tx.forgive_failures(&mac).await?;
        }
        if let Shown::Recovery(_) = self.shown {
            let body = json!({ "session": self.session.id() });
            let used = entry(tx, "recovery_code.used", &clauses, self.actor, body)?;
            tx.append_own(&self.session, &used).await?;
        }
        let whose = (account, self.actor);
        match self.ticket.goal {
            TicketGoal::Recover => recover_in(tx, whose, &self.session, &self.notices)
                .await
                .map(Ok),
            TicketGoal::SignIn => {
                let mut told = Vec::new();
                for notice in &self.notices {
                    notice.put(tx).await?;
                    told.push(notice.noted());
                }
                let secret = tx.open_session(&self.session).await?;
                let body = json!({
                    "session": self.session.id(), "method": method, "ticket": self.ticket.id,
                    "told": told,
                });
                let opened = entry(tx, "session.opened", &clauses, self.actor, body)?;
                tx.append_own(&self.session, &opened).await?;
                Ok(Ok(secret))
            }
        }
    }
}
