use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::{Value, json};
use yuntu_ledger::{Entry, EntryKind, Pseudonym};
use yuntu_policy::{Facts, Permit, PermitDataset, Reason, RecordedPermit, Refusal, Request};
use yuntu_terms::{
    ClauseId, DatasetId, Digest, EnterpriseId, ExceptionUseId, HelpId, PermitId, Purpose,
    Timestamp, clause,
};

use crate::acts::{SealedOrigin, Whose};
use crate::entity::{permit, refusal};
use crate::error::StoreError;
use crate::helps::NewLook;
use crate::read::Reader;
use crate::recipients::recipient_code;
use crate::rows::{Place, insert, moment, to_json};
use crate::store::Store;
use crate::tx::{LeafId, Tx};

/// A decision that is in the ledger: a permit that opens doors, or a refusal that says why.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a refusal is an answer and is shown"]
pub enum Decided {
    /// The permit, recorded.
    Permitted(Box<RecordedPermit>),
    /// The refusal, recorded.
    Refused(Refusal, LeafId),
}

/// A decision as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionRecord {
    /// The id of the permit that was asked for.
    pub permit: PermitId,
    /// The purpose.
    pub purpose: Purpose,
    /// When it was decided.
    pub decided: Timestamp,
    /// The permit's or the refusal's JSON.
    pub body: Value,
    /// The entry in the ledger.
    pub leaf: LeafId,
}

impl Store {
    /// Decides a request on the facts of one moment and records the answer, in one transaction: nothing can change
    /// between the facts that were read and the permit that rests on them.
    ///
    /// `decide` gets what the rows tell and adds what it knows besides (statement, purpose, consent index). The own log of
    /// who asks has the answer too, with its origin. A look of technical help stands in the enterprise's log from the same
    /// moment on.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the actor's key is gone, or a fault of the database; then there is no permit.
    ///
    /// # Clause
    /// U2, U4, R23
    pub async fn decide<F>(
        &self,
        request: &Request,
        (origin, look): (Option<&SealedOrigin>, Option<&NewLook<'_>>),
        decide: F,
    ) -> Result<Decided, StoreError>
    where
        F: Fn(Facts) -> Result<Permit, Refusal> + Send + Sync,
    {
        let actor = self.pseudonym(request.actor).await?;
        let who = (actor, Whose::of_seat(request.actor, origin));
        let answer = self
            .run_tx("permit.decide", async |tx: Tx| {
                let facts = tx.read().facts().gather(request, tx.now()).await?;
                match decide(facts) {
                    Ok(permit) => {
                        let leaf = tx.write_permit(&permit, who).await?;
                        tx.write_look(look, Some(permit.id()), None).await?;
                        Ok::<_, StoreError>((Ok(permit), leaf))
                    }
                    Err(refusal) => {
                        let leaf = tx.write_refusal(request, &refusal, who).await?;
                        let asked = Some(request.permit_id);
                        tx.write_look(look, asked, Some(&refusal)).await?;
                        Ok((Err(refusal), leaf))
                    }
                }
            })
            .await?;
        match answer {
            (Ok(permit), leaf) => Ok(Decided::Permitted(Box::new(recorded(permit, leaf)?))),
            (Err(refusal), leaf) => Ok(Decided::Refused(refusal, leaf)),
        }
    }

    /// Records a permit; only then it opens doors.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it is recorded already, or a fault of the database; then there is no permit.
    ///
    /// # Clause
    /// U2, R23
    pub async fn record_permit(&self, permit: Permit) -> Result<RecordedPermit, StoreError> {
        let actor = self.pseudonym(permit.actor()).await?;
        let who = (actor, Whose::of_seat(permit.actor(), None));
        let leaf = self
            .run_tx("permit.record", async |tx: Tx| {
                tx.write_permit(&permit, who).await
            })
            .await?;
        recorded(permit, leaf)
    }

    /// Records a refusal, which is in the ledger like a permit.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it is recorded already, or a fault of the database.
    ///
    /// # Clause
    /// U4, R23
    pub async fn record_refusal(
        &self,
        request: &Request,
        refusal: &Refusal,
    ) -> Result<LeafId, StoreError> {
        let actor = self.pseudonym(request.actor).await?;
        let who = (actor, Whose::of_seat(request.actor, None));
        self.run_tx("refusal.record", async |tx: Tx| {
            tx.write_refusal(request, refusal, who).await
        })
        .await
    }
}

/// Marks the permit as recorded; called after the commit of its ledger entry and nowhere else.
fn recorded(permit: Permit, leaf: LeafId) -> Result<RecordedPermit, StoreError> {
    clause::hit!(U2);
    let seq = Place("ledger_leaf", "id").count(leaf.0)?;
    Ok(RecordedPermit::recorded(permit, seq))
}

/// Adds under which technical help an operator looks, where one does.
fn with_help(mut body: Value, help: Option<(HelpId, Digest)>) -> Value {
    if let (Value::Object(body), Some((help, operator))) = (&mut body, help) {
        let named = json!({ "help": help, "operator": operator });
        body.insert("help".to_owned(), named);
    }
    body
}

impl Tx {
    async fn write_permit(
        &self,
        permit: &Permit,
        (actor, whose): (Pseudonym, Whose<'_>),
    ) -> Result<LeafId, StoreError> {
        let datasets: Vec<DatasetId> = permit
            .datasets()
            .iter()
            .map(PermitDataset::dataset)
            .collect();
        let entry = Entry {
            kind: EntryKind::known("permit.recorded"),
            at: self.now(),
            clauses: permit.clauses().to_vec(),
            actor,
            body: with_help(
                json!({
                    "permit": permit.id(),
                    "digest": permit.digest(),
                    "enterprise": permit.enterprise(),
                    "purpose": permit.purpose(),
                    "operation": permit.operation(),
                    "recipient": recipient_code(permit.recipient()),
                    "instruction": permit.instruction(),
                    "datasets": datasets,
                    "exception": permit.exception(),
                    "exception_use": permit.exception_use(),
                    "expires": permit.expires_at(),
                }),
                permit.help().map(|help| (help.help(), help.operator())),
            ),
        };
        let leaf = self.append_own(whose, &entry).await?;
        let row = permit::Model {
            id: permit.id().uuid(),
            enterprise_id: permit.enterprise().uuid(),
            representative_id: permit.actor().uuid(),
            instruction_id: Some(permit.instruction().uuid()),
            exception_id: permit.exception_use().map(ExceptionUseId::uuid),
            purpose: permit.purpose().to_string(),
            operation: permit.operation().code().to_owned(),
            recipient: recipient_code(permit.recipient()),
            body: permit.canonical_json(),
            digest: permit.digest().as_bytes().to_vec(),
            decided_at: permit.issued_at().as_micros(),
            expires_at: permit.expires_at().as_micros(),
            leaf_id: leaf.0,
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict("permit"))?;
        Ok(leaf)
    }

    async fn write_refusal(
        &self,
        request: &Request,
        refusal: &Refusal,
        (actor, whose): (Pseudonym, Whose<'_>),
    ) -> Result<LeafId, StoreError> {
        clause::hit!(U4);
        let mut clauses: Vec<ClauseId> = refusal.reasons().map(Reason::clause).collect();
        clauses.sort_unstable();
        clauses.dedup();
        let facts: Vec<&str> = refusal
            .reasons()
            .map(|reason| reason.fact().code())
            .collect();
        let entry = Entry {
            kind: EntryKind::known("permit.refused"),
            at: self.now(),
            clauses,
            actor,
            body: with_help(
                json!({
                    "permit": request.permit_id,
                    "enterprise": request.enterprise,
                    "purpose": request.purpose,
                    "operation": request.operation,
                    "recipient": recipient_code(request.recipient),
                    "instruction": request.instruction,
                    "datasets": request.datasets,
                    "exception": request.exception,
                    "exception_use": request.exception_use,
                    "missing": facts,
                }),
                request
                    .help
                    .as_ref()
                    .map(|help| (help.help, help.pseudonym)),
            ),
        };
        let leaf = self.append_own(whose, &entry).await?;
        let row = refusal::Model {
            permit_id: request.permit_id.uuid(),
            enterprise_id: request.enterprise.uuid(),
            representative_id: request.actor.uuid(),
            purpose: request.purpose.to_string(),
            operation: request.operation.code().to_owned(),
            recipient: recipient_code(request.recipient),
            reasons: to_json(refusal, "refusal")?,
            decided_at: self.now().as_micros(),
            leaf_id: leaf.0,
            instruction_id: Some(request.instruction.uuid()),
            exception_id: request.exception_use.map(ExceptionUseId::uuid),
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict("refusal"))?;
        Ok(leaf)
    }
}

impl Reader {
    /// Finds a permit of this enterprise as it was recorded; it opens no door.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when the row cannot be read, or a fault of the database.
    pub async fn find_permit(
        &self,
        enterprise: EnterpriseId,
        id: PermitId,
    ) -> Result<Option<DecisionRecord>, StoreError> {
        let row = permit::Entity::find_by_id(id.uuid())
            .filter(permit::Column::EnterpriseId.eq(enterprise.uuid()))
            .one(&self.link)
            .await?;
        row.map(|row| {
            Ok(DecisionRecord {
                permit: PermitId::from_uuid(row.id),
                purpose: Place("permit", "purpose").parse(&row.purpose)?,
                decided: moment(row.decided_at),
                body: Place("permit", "body").json(&row.body)?,
                leaf: LeafId(row.leaf_id),
            })
        })
        .transpose()
    }

    /// Lists the refusals of an enterprise, newest first.
    ///
    /// # Errors
    /// As [`Reader::find_permit`].
    pub async fn list_refusals(
        &self,
        enterprise: EnterpriseId,
        limit: u64,
    ) -> Result<Vec<DecisionRecord>, StoreError> {
        let rows = refusal::Entity::find()
            .filter(refusal::Column::EnterpriseId.eq(enterprise.uuid()))
            .order_by_desc(refusal::Column::LeafId)
            .limit(limit)
            .all(&self.link)
            .await?;
        rows.into_iter()
            .map(|row| {
                Ok(DecisionRecord {
                    permit: PermitId::from_uuid(row.permit_id),
                    purpose: Place("refusal", "purpose").parse(&row.purpose)?,
                    decided: moment(row.decided_at),
                    body: Place("refusal", "reasons").json(&row.reasons)?,
                    leaf: LeafId(row.leaf_id),
                })
            })
            .collect()
    }
}
