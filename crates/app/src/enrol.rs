use serde_json::json;
use yuntu_ledger::Pseudonym;
use yuntu_policy::{AcceptanceFacts, Action, Period, Role};
use yuntu_store::{
    AcceptedStatement, Contact, ContactKind, NewAccount, NewEnterprise, SealedAccount,
    SealedRepresentative, Tx,
};
use yuntu_terms::{AccountId, ClauseId, Digest, EnterpriseId, Lang, RepresentativeId, clause};

use crate::caller::{Caller, entry};
use crate::error::AppError;
use crate::platform::Platform;

/// What is needed to enrol an enterprise and its first representative.
#[derive(Debug)]
pub struct Enrolment {
    /// The enterprise.
    pub enterprise: NewEnterprise,
    /// The person who acts for it, as owner; her addresses are normalised.
    pub owner: Contact,
    /// The language in which she is written to.
    pub lang: Lang,
    /// The period of the certification that a reviewer granted.
    pub certified: Period,
    /// The digest of the letter of authorisation.
    pub letter: Digest,
    /// The period of the letter.
    pub letter_period: Period,
}

/// Somebody for whom a seat is made.
struct Newcomer {
    seat: SealedRepresentative,
    person: Person,
}

enum Person {
    /// Nobody signs in: without an address there is no account.
    Nobody,
    Known(AccountId),
    New {
        account: Box<SealedAccount>,
        actor: Pseudonym,
        medium: &'static str,
    },
}

/// Makes a seat, and the account of whoever sits there if she has none.
async fn seat(
    tx: &Tx,
    enterprise: EnterpriseId,
    role: Role,
    newcomer: &Newcomer,
) -> Result<RepresentativeId, AppError> {
    let representative = tx
        .create_representative(enterprise, role, &newcomer.seat)
        .await?;
    let account = match &newcomer.person {
        Person::Nobody => return Ok(representative),
        Person::Known(account) => *account,
        Person::New {
            account,
            actor,
            medium,
        } => {
            let id = tx.create_account(account).await?;
            let body = json!({ "medium": medium, "nickname": true, "password": false });
            let opened = entry(tx, "account.opened", &[ClauseId::r(2)], *actor, body)?;
            tx.append_own(id, &opened).await?;
            id
        }
    };
    tx.seat_account(enterprise, representative, account).await?;
    Ok(representative)
}

impl Platform {
    /// Enrols a certified enterprise with its owner and the owner's letter of authorisation. The owner gets an account,
    /// unless her address has one already, and signs in with a code that comes to the address.
    ///
    /// # Errors
    /// [`AppError::Store`] when the enterprise exists already or a value is not valid.
    /// # Clause
    /// U1, R2, R3
    pub async fn enrol(&self, enrolment: Enrolment) -> Result<Caller, AppError> {
        clause::hit!(R3);
        let owner = self.newcomer(enrolment.owner, enrolment.lang).await?;
        let actor = self.store().pseudonym(owner.seat.id()).await?;
        let (new, certified) = (&enrolment.enterprise, enrolment.certified);
        let (letter, period) = (enrolment.letter, enrolment.letter_period);
        self.store()
            .run_tx("enrol", async |tx: Tx| {
                let enterprise = tx.create_enterprise(new).await?;
                tx.certify_enterprise(enterprise, certified).await?;
                let representative = seat(&tx, enterprise, Role::Owner, &owner).await?;
                tx.record_letter(enterprise, representative, letter, period)
                    .await?;
                let body = json!({
                    "enterprise": enterprise, "representative": representative,
                    "letter": letter, "until": period.until,
                });
                let clauses = [ClauseId::u(1), ClauseId::r(3)];
                tx.append(&entry(&tx, "enterprise.enrolled", &clauses, actor, body)?)
                    .await?;
                Ok(Caller::of(enterprise, representative))
            })
            .await
    }

    /// Adds a representative to an enterprise; as an enrolled owner, she gets an account if she has an address.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not manage members.
    /// # Clause
    /// R2, R3
    pub async fn add_representative(
        &self,
        caller: &Caller,
        role: Role,
        contact: Contact,
        lang: Lang,
        letter: (Digest, Period),
    ) -> Result<RepresentativeId, AppError> {
        self.authorise(caller, Action::ManageMembers).await?;
        let newcomer = self.newcomer(contact, lang).await?;
        let actor = self.pseudonym(caller).await?;
        self.store()
            .run_tx("representative.add", async |tx: Tx| {
                let id = seat(&tx, caller.enterprise, role, &newcomer).await?;
                tx.record_letter(caller.enterprise, id, letter.0, letter.1)
                    .await?;
                let body = json!({
                    "enterprise": caller.enterprise, "representative": id, "role": role,
                });
                let clauses = [ClauseId::r(3)];
                tx.append_own(
                    caller,
                    &entry(&tx, "representative.added", &clauses, actor, body)?,
                )
                .await?;
                Ok(id)
            })
            .await
    }

    /// Seals what is known of somebody for whom a seat is made: her values belong to her account, where she has one.
    async fn newcomer(&self, contact: Contact, lang: Lang) -> Result<Newcomer, AppError> {
        let store = self.store();
        let addresses = [
            (ContactKind::Email, &contact.email),
            (ContactKind::Phone, &contact.phone),
        ];
        for (kind, address) in addresses {
            let Some(address) = address else { continue };
            if let Some(known) = store.find_account_by(kind, address).await? {
                let person = Person::Known(known.id);
                let seat = store.new_seat()?;
                return Ok(Newcomer { seat, person });
            }
        }
        if contact.email.is_none() && contact.phone.is_none() {
            let seat = store.seal_representative(&contact).await?;
            let person = Person::Nobody;
            return Ok(Newcomer { seat, person });
        }
        let medium = match &contact.email {
            Some(_) => "mail",
            None => "sms",
        };
        let new = NewAccount {
            nickname: Some(contact.name),
            phone: contact.phone,
            email: contact.email,
            password: None,
            lang,
        };
        let account = store.seal_account(&new).await?;
        let actor = store.account_pseudonym(account.id()).await?;
        Ok(Newcomer {
            seat: store.new_seat()?,
            person: Person::New {
                account: Box::new(account),
                actor,
                medium,
            },
        })
    }

    /// Records that the caller accepted the statement in force, by an explicit act, in a language.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not bind the enterprise.
    /// # Clause
    /// U1, R0
    pub async fn accept_statement(&self, caller: &Caller, lang: Lang) -> Result<(), AppError> {
        clause::hit!(U1);
        self.authorise(caller, Action::AcceptStatement).await?;
        let actor = self.pseudonym(caller).await?;
        let statement = self.statement();
        let accepted = AcceptedStatement {
            version: statement.version().to_string(),
            digest: statement.digest(),
            lang,
        };
        self.store()
            .run_tx("statement.accept", async |tx: Tx| {
                tx.accept_statement(caller.enterprise, caller.representative, &accepted)
                    .await?;
                let body = json!({
                    "enterprise": caller.enterprise, "version": accepted.version,
                    "digest": accepted.digest, "lang": lang,
                });
                let clauses = [ClauseId::u(1)];
                tx.append_own(
                    caller,
                    &entry(&tx, "statement.accepted", &clauses, actor, body)?,
                )
                .await?;
                Ok(())
            })
            .await
    }

    /// Tells which version of the statement binds an enterprise, and since when.
    ///
    /// # Errors
    /// [`AppError::Store`].
    /// # Clause
    /// U1
    pub async fn accepted_statement(
        &self,
        enterprise: EnterpriseId,
    ) -> Result<Option<AcceptanceFacts>, AppError> {
        Ok(self.store().facts().acceptance(enterprise).await?)
    }

    /// Finds the enterprise of a representative.
    ///
    /// # Errors
    /// [`AppError::Missing`] when there is no such representative in it.
    pub async fn enterprise_name(&self, enterprise: EnterpriseId) -> Result<String, AppError> {
        let found = self.store().read().find_enterprise(enterprise).await?;
        found
            .map(|it| it.name)
            .ok_or(AppError::Missing { what: "enterprise" })
    }
}
