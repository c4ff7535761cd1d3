use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, prelude::Uuid};
use yuntu_policy::ProposalKind;
use yuntu_terms::{Digest, Id, OperatorId, Pii, ProposalId, Timestamp, clause};
use yuntu_vault::{KeyScope, SealContext, Sealed, Sealer};

use crate::entity::proposal;
use crate::error::StoreError;
use crate::read::Reader;
use crate::rows::{Place, insert, moment, moment_if};
use crate::store::Store;
use crate::tx::Tx;

const TABLE: &str = "proposal";
const PARTICULARS: &str = "particulars_sealed";
const REASON: &str = "reason_sealed";
const DIGEST_MAC: &str = "proposal.digest";

/// What became of a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProposalStanding {
    /// It waits for a second person.
    Open,
    /// It was approved, and done.
    Approved,
    /// It was declined.
    Declined,
    /// Its proposer took it back.
    Withdrawn,
}

impl ProposalStanding {
    /// Returns the code of the column and of the ledger.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Approved => "approved",
            Self::Declined => "declined",
            Self::Withdrawn => "withdrawn",
        }
    }

    fn from_code(code: &str) -> Option<Self> {
        [Self::Open, Self::Approved, Self::Declined, Self::Withdrawn]
            .into_iter()
            .find(|standing| standing.code() == code)
    }
}

/// What an operator proposes.
#[derive(Debug)]
pub struct NewProposal<'a> {
    /// What kind of act.
    pub kind: ProposalKind,
    /// What it is done to: the id of an enterprise, an application or an operator, or nothing that exists yet.
    pub object: &'a str,
    /// What is done, exactly, as the app writes and reads it.
    pub particulars: &'a Pii<String>,
    /// Why.
    pub reason: &'a Pii<String>,
    /// Who proposes it.
    pub proposer: OperatorId,
    /// Until when it can be decided.
    pub expires: Timestamp,
}

/// A proposal whose values are sealed and whose row is not written yet.
#[derive(Debug, Clone)]
pub struct SealedProposal {
    id: ProposalId,
    kind: ProposalKind,
    object: String,
    particulars: Vec<u8>,
    reason: Vec<u8>,
    digest: Digest,
    proposer: OperatorId,
    expires: Timestamp,
}

impl SealedProposal {
    /// Returns the id that the proposal will have.
    pub const fn id(&self) -> ProposalId {
        self.id
    }

    /// Returns the keyed hash of what is to be done.
    pub const fn digest(&self) -> Digest {
        self.digest
    }
}

/// A proposal, without what a person wrote or is named in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The id.
    pub id: ProposalId,
    /// What kind of act.
    pub kind: ProposalKind,
    /// What it is done to.
    pub object: String,
    /// The keyed hash of what is to be done.
    pub digest: Digest,
    /// What became of it.
    pub standing: ProposalStanding,
    /// Who proposed it.
    pub proposer: OperatorId,
    /// When.
    pub proposed: Timestamp,
    /// Until when it can be decided.
    pub expires: Timestamp,
    /// Who decided it, or took it back.
    pub decider: Option<OperatorId>,
    /// When.
    pub decided: Option<Timestamp>,
}

/// The sealed texts of a proposal.
#[derive(Debug)]
pub struct ProposalTexts {
    /// What is done, exactly.
    pub particulars: Pii<String>,
    /// Why.
    pub reason: Pii<String>,
}

fn context<'a>(id: &'a Uuid, column: &'a str) -> SealContext<'a> {
    SealContext {
        table: TABLE,
        row: id.as_bytes(),
        column,
    }
}

fn seal(
    sealer: &Sealer,
    id: Uuid,
    column: &'static str,
    value: &Pii<String>,
) -> Result<Vec<u8>, StoreError> {
    let bytes = value.digest(|text| sealer.seal(&context(&id, column), text.as_bytes()))?;
    Ok(bytes.into_bytes())
}

fn open(
    sealer: &Sealer,
    id: Uuid,
    column: &'static str,
    bytes: Vec<u8>,
) -> Result<Pii<String>, StoreError> {
    let plain = sealer.unseal(&context(&id, column), &Sealed::from_bytes(bytes)?)?;
    plain.into_pii_text().ok_or(Place(TABLE, column).broken())
}

fn proposal_of(row: &proposal::Model) -> Result<Proposal, StoreError> {
    let kind = ProposalKind::from_code(&row.kind);
    let standing = ProposalStanding::from_code(&row.standing);
    Ok(Proposal {
        id: ProposalId::from_uuid(row.id),
        kind: kind.ok_or(Place(TABLE, "kind").broken())?,
        object: row.object.clone(),
        digest: Place(TABLE, "digest").digest(&row.digest)?,
        standing: standing.ok_or(Place(TABLE, "standing").broken())?,
        proposer: OperatorId::from_uuid(row.proposed_by),
        proposed: moment(row.proposed_at),
        expires: moment(row.expires_at),
        decider: row.decided_by.map(OperatorId::from_uuid),
        decided: moment_if(row.decided_at),
    })
}

impl Store {
    /// Seals a proposal, and hashes what is to be done, so that what is approved is what was proposed.
    ///
    /// # Errors
    /// [`StoreError::Vault`] or [`StoreError::Entropy`].
    ///
    /// # Clause
    /// R22, R23
    pub async fn seal_proposal(&self, new: &NewProposal<'_>) -> Result<SealedProposal, StoreError> {
        let id: ProposalId = Id::generate(self.now(), &*self.database.entropy)?;
        let sealer = self.vault.sealer(&KeyScope::Platform).await?;
        Ok(SealedProposal {
            id,
            kind: new.kind,
            object: new.object.to_owned(),
            particulars: seal(&sealer, id.uuid(), PARTICULARS, new.particulars)?,
            reason: seal(&sealer, id.uuid(), REASON, new.reason)?,
            digest: self
                .proposal_digest(new.kind, new.object, new.particulars)
                .await?,
            proposer: new.proposer,
            expires: new.expires,
        })
    }

    /// Hashes what is to be done: kind, object and particulars, under a key, because the particulars may name a person.
    ///
    /// # Errors
    /// [`StoreError::Vault`].
    ///
    /// # Clause
    /// R23
    pub async fn proposal_digest(
        &self,
        kind: ProposalKind,
        object: &str,
        particulars: &Pii<String>,
    ) -> Result<Digest, StoreError> {
        let hasher = self.vault.hasher(&KeyScope::Platform, DIGEST_MAC).await?;
        let digest = particulars.digest(|text| {
            let mut message = Vec::new();
            for field in [kind.code(), object, text] {
                message.extend((field.len() as u64).to_be_bytes());
                message.extend(field.as_bytes());
            }
            hasher.digest(&message)
        });
        Ok(digest?)
    }

    /// Opens what is to be done and why.
    ///
    /// # Errors
    /// [`StoreError::Vault`] when a value was moved or changed, or a fault of the database.
    pub async fn proposal_texts(
        &self,
        id: ProposalId,
    ) -> Result<Option<ProposalTexts>, StoreError> {
        let row = proposal::Entity::find_by_id(id.uuid())
            .one(&self.read().link)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let sealer = self.vault.unsealer(&KeyScope::Platform).await?;
        Ok(Some(ProposalTexts {
            particulars: open(&sealer, row.id, PARTICULARS, row.particulars_sealed)?,
            reason: open(&sealer, row.id, REASON, row.reason_sealed)?,
        }))
    }
}

impl Tx {
    /// Keeps a proposal.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such operator, or a fault of the database.
    ///
    /// # Clause
    /// R23
    pub async fn propose(&self, sealed: &SealedProposal) -> Result<(), StoreError> {
        clause::hit!(R23);
        let row = proposal::Model {
            id: sealed.id.uuid(),
            kind: sealed.kind.code().to_owned(),
            object: sealed.object.clone(),
            particulars_sealed: sealed.particulars.clone(),
            reason_sealed: sealed.reason.clone(),
            digest: sealed.digest.as_bytes().to_vec(),
            standing: ProposalStanding::Open.code().to_owned(),
            proposed_by: sealed.proposer.uuid(),
            proposed_at: self.now().as_micros(),
            expires_at: sealed.expires.as_micros(),
            decided_by: None,
            decided_at: None,
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict(TABLE))
    }

    /// Decides a proposal that waits, once and before its end; says whether it still waited.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R23
    pub async fn decide_proposal(
        &self,
        id: ProposalId,
        standing: ProposalStanding,
        decider: OperatorId,
    ) -> Result<bool, StoreError> {
        use proposal::Column;
        clause::hit!(R23);
        let now = self.now().as_micros();
        let done = proposal::Entity::update_many()
            .col_expr(Column::Standing, Expr::value(standing.code()))
            .col_expr(Column::DecidedBy, Expr::value(decider.uuid()))
            .col_expr(Column::DecidedAt, Expr::value(now))
            .filter(Column::Id.eq(id.uuid()))
            .filter(Column::Standing.eq(ProposalStanding::Open.code()))
            .filter(Column::ExpiresAt.gt(now))
            .exec(&self.link)
            .await?;
        Ok(done.rows_affected == 1)
    }
}

impl Reader {
    /// Finds a proposal.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when the row cannot be read, or a fault of the database.
    pub async fn find_proposal(&self, id: ProposalId) -> Result<Option<Proposal>, StoreError> {
        let row = proposal::Entity::find_by_id(id.uuid())
            .one(&self.link)
            .await?;
        row.as_ref().map(proposal_of).transpose()
    }

    /// Lists the newest proposals, newest first.
    ///
    /// # Errors
    /// As [`Reader::find_proposal`].
    pub async fn list_proposals(&self, limit: u64) -> Result<Vec<Proposal>, StoreError> {
        let rows = proposal::Entity::find()
            .order_by_desc(proposal::Column::Id)
            .limit(limit)
            .all(&self.link)
            .await?;
        rows.iter().map(proposal_of).collect()
    }

    /// Says whether a proposal of this operator about this object was approved after this moment.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R23
    pub async fn is_approved_since(
        &self,
        kind: ProposalKind,
        object: &str,
        proposer: OperatorId,
        since: Timestamp,
    ) -> Result<bool, StoreError> {
        use proposal::Column;
        let found = proposal::Entity::find()
            .filter(Column::Kind.eq(kind.code()))
            .filter(Column::Object.eq(object))
            .filter(Column::ProposedBy.eq(proposer.uuid()))
            .filter(Column::Standing.eq(ProposalStanding::Approved.code()))
            .filter(Column::DecidedAt.gt(since.as_micros()))
            .one(&self.link)
            .await?;
        Ok(found.is_some())
    }
}
