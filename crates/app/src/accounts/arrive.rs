use std::time::Duration;

use serde_json::json;
use yuntu_outbound::{CodeUse as Usage, Line, Message, ShownFirst};
use yuntu_policy::{ArrivalFacts, Browser, FirstProof, NextProof, other_proof};
use yuntu_store::{CodeUse, ContactKind, FactorsHeld, Realm, SignInMethod, Ticket, TicketGoal, Tx};
use yuntu_terms::{AccountId, ClauseId, clause};
use yuntu_vault::SessionSecret;

use super::ask::{Reply, Wish};
use super::notice::Notice;
use super::sign_in::First;
use super::{AccountError, CodeAsked, Visit};
use crate::caller::entry;
use crate::error::AppError;
use crate::platform::Platform;

/// For how long a held sign-in stands for those that follow: whoever has a right password and goes on trying fills no
/// mailbox.
const TOLD_EVERY: Duration = Duration::from_hours(1);

/// What is asked for after the first proof.
#[derive(Debug, Clone, Copy)]
pub enum Asked {
    /// One of these second factors.
    Factor(FactorsHeld),
    /// A code, which goes to the address of this kind that the account has.
    Code(ContactKind),
    /// The password.
    Password,
}

/// Returns what somebody showed first who came this way.
const fn first_proof(method: SignInMethod, goal: TicketGoal) -> FirstProof {
    match (goal, method) {
        (TicketGoal::Recover, _) => FirstProof::Recovery,
        (TicketGoal::SignIn, SignInMethod::Code) => FirstProof::Code,
        (TicketGoal::SignIn, _) => FirstProof::Password,
    }
}

/// Returns what a ticket leads to. One that was opened for a code or the password leads to a factor as soon as there is one.
pub(crate) fn next_of_ticket(ticket: &Ticket, held: FactorsHeld) -> NextProof {
    let shown = first_proof(ticket.method, ticket.goal);
    // That there is a password was seen when the ticket was opened; where it went since, none is right.
    let next = other_proof(shown, held.any(), true);
    next.unwrap_or(NextProof::Factor)
}

impl Platform {
    /// Gathers what the rule of arrivals asks.
    pub(super) async fn arrival_facts(
        &self,
        first: &First<'_>,
        held: FactorsHeld,
        visit: &Visit,
    ) -> Result<ArrivalFacts, AppError> {
        let (store, account) = (self.store(), first.account);
        let browser = match &visit.mark {
            Some(mark) if store.knows_device(account, mark).await? => Browser::Known,
            Some(_) | None => Browser::Strange,
        };
        let read = store.read();
        let own = read.list_address_macs(account).await?;
        let network = store.network_mac(&visit.network).await?;
        let failed = read.failures_lately(&own, &network, self.now()).await?;
        Ok(ArrivalFacts {
            shown: first_proof(first.method, first.goal),
            browser,
            at_address: failed.at_address,
            other_addresses: failed.other_addresses,
            has_factor: held.any(),
            has_password: store.find_password_hash(account).await?.is_some(),
        })
    }

    /// Says what is asked for, as the page needs to know it.
    pub(crate) async fn asked(
        &self,
        account: AccountId,
        next: NextProof,
        held: FactorsHeld,
    ) -> Result<Asked, AppError> {
        Ok(match next {
            NextProof::Factor => Asked::Factor(held),
            NextProof::Password => Asked::Password,
            NextProof::Code => {
                let macs = self.store().read().list_address_macs(account).await?;
                let address = macs.first().ok_or(AccountError::SpentTicket)?;
                Asked::Code(address.kind())
            }
        })
    }

    /// Holds a sign-in until one more proof is shown: opens the way to it, and tells each address of the account.
    pub(super) async fn hold_sign_in(
        &self,
        first: First<'_>,
        next: NextProof,
        facts: &ArrivalFacts,
        visit: &Visit,
    ) -> Result<SessionSecret, AppError> {
        clause::hit!(R9);
        let (account, store) = (first.account, self.store());
        let notices = self.held_notices(account, facts.shown, visit).await?;
        let origin = store.seal_origin(account, &visit.network, visit.agent.as_ref());
        let origin = origin.await?;
        let actor = store.account_pseudonym(account).await?;
        store
            .run_tx("sign_in.hold", async |tx: Tx| {
                if let Some(hash) = first.renewed {
                    tx.set_password_hash(account, Some(hash)).await?;
                }
                let since = tx.now().minus(TOLD_EVERY);
                let before = tx.read().tickets_since(account, since).await?;
                let mut told = Vec::new();
                if before == 0 {
                    for notice in &notices {
                        notice.put(&tx).await?;
                        told.push(notice.noted());
                    }
                }
                let (id, secret) = tx.open_ticket(account, first.goal, first.method).await?;
                let body = json!({
                    "ticket": id, "method": first.method.code(), "asks": next.code(),
                    "failures": facts.at_address, "other_addresses": facts.other_addresses,
                    "told": told,
                });
                let clauses = [ClauseId::r(2), ClauseId::r(9)];
                let held = entry(&tx, "sign_in.held", &clauses, actor, body)?;
                tx.append_own((account, &origin), &held).await?;
                Ok(secret)
            })
            .await
    }

    async fn held_notices(
        &self,
        account: AccountId,
        shown: FirstProof,
        visit: &Visit,
    ) -> Result<Vec<Notice>, AppError> {
        let (now, lang) = (self.now(), self.lang_of(account).await?);
        let family = visit.family.as_deref();
        let family = family.unwrap_or(lang.pick("没有说明", "nothing"));
        let shown = match shown {
            FirstProof::Password => ShownFirst::Password,
            FirstProof::Code | FirstProof::Recovery => ShownFirst::Code,
        };
        self.seal_to_all(account, |to| {
            Message::sign_in_held(to, lang, shown, Line::lossy(family), now)
        })
        .await
    }

    /// Sends the code that a held sign-in waits for to the account's address: to the mail address where there is one.
    ///
    /// # Errors
    /// [`AccountError::SpentTicket`] when the ticket is no longer good or waits for something else, else as
    /// [`Platform::ask_code`].
    /// # Clause
    /// R2, R9
    pub async fn ask_second_code(
        &self,
        ticket: &str,
        visit: &Visit,
    ) -> Result<CodeAsked, AppError> {
        let ticket = self.ticket(Realm::Public, ticket).await?;
        let account = ticket.account;
        let held = self.store().read().factors_held(account).await?;
        if next_of_ticket(&ticket, held) != NextProof::Code {
            return Err(AccountError::SpentTicket.into());
        }
        let contact = self.store().account_contact(account).await?;
        let contact = contact.ok_or(AccountError::SpentTicket)?;
        let phone = contact.phone.map(|phone| (ContactKind::Phone, phone));
        let address = contact.email.map(|email| (ContactKind::Email, email));
        let address = address.or(phone).ok_or(AccountError::Unreachable)?;
        let wish = Wish {
            code_use: CodeUse::SignIn,
            usage: Usage::SignIn,
            reply: Reply::Code,
            account: None,
        };
        self.send_code(wish, address, visit).await
    }
}
