use serde_json::json;
use yuntu_policy::{Action, Period, Role};
use yuntu_store::{AcceptedStatement, Contact, NewEnterprise, Tx};
use yuntu_terms::{
    ApiSecret, ApiTokenId, ClauseId, Digest, EnterpriseId, Lang, RepresentativeId, Timestamp,
    clause,
};

use crate::caller::{Caller, entry};
use crate::error::AppError;
use crate::platform::Platform;

/// What is needed to enrol an enterprise and its first representative.
#[derive(Debug)]
pub struct Enrolment {
    /// The enterprise.
    pub enterprise: NewEnterprise,
    /// The person who acts for it, as owner.
    pub owner: Contact,
    /// The period of the certification that a reviewer granted.
    pub certified: Period,
    /// The digest of the letter of authorisation.
    pub letter: Digest,
    /// The period of the letter.
    pub letter_period: Period,
}

impl Platform {
    /// Enrols a certified enterprise with its owner and the owner's letter of authorisation.
    ///
    /// # Errors
    /// [`AppError::Store`] when the enterprise exists already or a value is not valid.
    /// # Clause
    /// U1, R3
    pub async fn enrol(&self, enrolment: &Enrolment) -> Result<Caller, AppError> {
        clause::hit!(R3);
        let store = self.store();
        let owner = store.seal_representative(&enrolment.owner).await?;
        let actor = store.pseudonym(owner.id()).await?;
        store
            .run_tx("enrol", async |tx: Tx| {
                let enterprise = tx.create_enterprise(&enrolment.enterprise).await?;
                tx.certify_enterprise(enterprise, enrolment.certified)
                    .await?;
                let representative = tx
                    .create_representative(enterprise, Role::Owner, &owner)
                    .await?;
                let (letter, period) = (enrolment.letter, enrolment.letter_period);
                tx.record_letter(enterprise, representative, letter, period)
                    .await?;
                let body = json!({
                    "enterprise": enterprise, "representative": representative,
                    "letter": letter, "until": period.until,
                });
                let clauses = [ClauseId::u(1), ClauseId::r(3)];
                tx.append(&entry(&tx, "enterprise.enrolled", &clauses, actor, body)?)
                    .await?;
                Ok(Caller {
                    enterprise,
                    representative,
                })
            })
            .await
    }

    /// Adds a representative to an enterprise.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not manage members.
    /// # Clause
    /// R3
    pub async fn add_representative(
        &self,
        caller: Caller,
        role: Role,
        contact: &Contact,
        letter: (Digest, Period),
    ) -> Result<RepresentativeId, AppError> {
        self.authorise(caller, Action::ManageMembers).await?;
        let store = self.store();
        let sealed = store.seal_representative(contact).await?;
        let actor = self.pseudonym(caller).await?;
        store
            .run_tx("representative.add", async |tx: Tx| {
                let id = tx
                    .create_representative(caller.enterprise, role, &sealed)
                    .await?;
                tx.record_letter(caller.enterprise, id, letter.0, letter.1)
                    .await?;
                let body = json!({
                    "enterprise": caller.enterprise, "representative": id, "role": role,
                });
                let clauses = [ClauseId::r(3)];
                tx.append(&entry(&tx, "representative.added", &clauses, actor, body)?)
                    .await?;
                Ok(id)
            })
            .await
    }

    /// Records that the caller accepted the statement in force, by an explicit act, in a language.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not bind the enterprise.
    /// # Clause
    /// U1, R0
    pub async fn accept_statement(&self, caller: Caller, lang: Lang) -> Result<(), AppError> {
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
                tx.append(&entry(&tx, "statement.accepted", &clauses, actor, body)?)
                    .await?;
                Ok(())
            })
            .await
    }

    /// Makes a token with which a program acts for a representative until it ends.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the representative may not act.
    /// # Clause
    /// R18, R23
    pub async fn create_token(
        &self,
        caller: Caller,
        label: &str,
        expires: Timestamp,
    ) -> Result<(ApiTokenId, ApiSecret), AppError> {
        self.authorise(caller, Action::ViewReport).await?;
        let actor = self.pseudonym(caller).await?;
        self.store()
            .run_tx("token.create", async |tx: Tx| {
                let (id, secret) = tx
                    .create_api_token(caller.enterprise, caller.representative, label, expires)
                    .await?;
                let body =
                    json!({"enterprise": caller.enterprise, "token": id, "expires": expires});
                let clauses = [ClauseId::r(23)];
                tx.append(&entry(&tx, "token.created", &clauses, actor, body)?)
                    .await?;
                Ok((id, secret))
            })
            .await
    }

    /// Finds on whose behalf a token acts; nothing when it is unknown, ended or revoked.
    ///
    /// # Errors
    /// [`AppError::Store`] when the store fails.
    /// # Clause
    /// R23
    pub async fn caller_of_token(&self, secret: &ApiSecret) -> Result<Option<Caller>, AppError> {
        let found = self.store().read().find_api_token(secret).await?;
        let now = self.now();
        Ok(found
            .filter(|token| token.is_good(now))
            .map(|token| Caller {
                enterprise: token.enterprise,
                representative: token.representative,
            }))
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
