use std::time::Duration;

use sea_orm::sea_query::{Condition, Expr, IntoCondition};
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select, prelude::Uuid,
};
use yuntu_policy::Role;
use yuntu_terms::{EnterpriseId, Id, InvitationId, Pii, RepresentativeId, Timestamp, clause};
use yuntu_vault::{KeyScope, SealContext, Sealed, SessionSecret};

use crate::addresses::AddressMac;
use crate::entity::invitation;
use crate::error::StoreError;
use crate::limits::{COUNTED_FOR, Limit, Limited, Quota, used_up};
use crate::read::Reader;
use crate::representatives::ContactKind;
use crate::rows::{Place, insert, moment, one_row};
use crate::store::Store;
use crate::tx::Tx;

const TABLE: &str = "invitation";
const ADDRESS: &str = "address_sealed";

/// How often one address may be invited, by all enterprises together.
pub const INVITATION_ADDRESS_QUOTAS: [Quota; 2] = [
    Quota::new(1, Duration::from_mins(1)),
    Quota::new(3, COUNTED_FOR),
];

/// How often an enterprise may invite that is not certified.
pub const INVITATION_QUOTA: Quota = Quota::new(20, COUNTED_FOR);

/// How often an enterprise may invite that is certified.
pub const INVITATION_CERTIFIED_QUOTA: Quota = Quota::new(200, COUNTED_FOR);

/// What is told of somebody who is invited to act for an enterprise.
#[derive(Debug)]
pub struct NewInvitation<'a> {
    /// The enterprise.
    pub enterprise: EnterpriseId,
    /// Who invites.
    pub inviter: RepresentativeId,
    /// The role that waits.
    pub role: Role,
    /// By which way the invitation leaves.
    pub kind: ContactKind,
    /// The address, normalised; only the account that has it can accept.
    pub address: &'a Pii<String>,
    /// When it ends.
    pub expires: Timestamp,
}

/// An invitation whose address is sealed and whose row is not written yet; made by [`Store::seal_invitation`].
#[derive(Debug)]
pub struct SealedInvitation {
    id: InvitationId,
    enterprise: EnterpriseId,
    inviter: RepresentativeId,
    role: Role,
    address: Vec<u8>,
    mac: AddressMac,
    secret: SessionSecret,
    expires: Timestamp,
}

impl SealedInvitation {
    /// Returns the id the invitation will have.
    pub const fn id(&self) -> InvitationId {
        self.id
    }

    /// Lends the secret of the link; it is told once and kept nowhere.
    pub const fn secret(&self) -> &SessionSecret {
        &self.secret
    }
}

/// An invitation that is open, without its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invitation {
    /// The id.
    pub id: InvitationId,
    /// The enterprise that invites.
    pub enterprise: EnterpriseId,
    /// Who invites.
    pub inviter: RepresentativeId,
    /// The role that waits.
    pub role: Role,
    /// To whom it went.
    pub address: AddressMac,
    /// Since when.
    pub created: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
}

fn code_of(kind: ContactKind) -> &'static str {
    match kind {
        ContactKind::Email => "mail",
        ContactKind::Phone => "sms",
    }
}

fn context(id: &Uuid) -> SealContext<'_> {
    SealContext {
        table: TABLE,
        row: id.as_bytes(),
        column: ADDRESS,
    }
}

/// The invitations that can be accepted at this moment.
fn open(now: Timestamp) -> Select<invitation::Entity> {
    invitation::Entity::find().filter(is_open(now))
}

fn is_open(now: Timestamp) -> Condition {
    Condition::all()
        .add(invitation::Column::AcceptedAt.is_null())
        .add(invitation::Column::RevokedAt.is_null())
        .add(invitation::Column::ExpiresAt.gt(now.as_micros()))
}

fn nothing() -> sea_orm::sea_query::SimpleExpr {
    Expr::value(Option::<Vec<u8>>::None)
}

impl Store {
    /// Seals the address of somebody who is invited, under the key of the enterprise that invites.
    ///
    /// # Errors
    /// [`StoreError::Vault`] or [`StoreError::Entropy`].
    ///
    /// # Clause
    /// R3, R22
    pub async fn seal_invitation(
        &self,
        new: &NewInvitation<'_>,
    ) -> Result<SealedInvitation, StoreError> {
        let id: InvitationId = Id::generate(self.now(), &*self.database.entropy)?;
        let sealer = self
            .vault
            .sealer(&KeyScope::Enterprise(new.enterprise))
            .await?;
        let row = id.uuid();
        let address = new
            .address
            .digest(|text| sealer.seal(&context(&row), text.as_bytes()))?;
        Ok(SealedInvitation {
            id,
            enterprise: new.enterprise,
            inviter: new.inviter,
            role: new.role,
            address: address.into_bytes(),
            mac: self.address_mac(new.kind, new.address).await?,
            secret: SessionSecret::generate(&*self.database.entropy)?,
            expires: new.expires,
        })
    }

    /// Lists the open invitations of an enterprise with their addresses, the newest first.
    ///
    /// # Errors
    /// [`StoreError::Vault`] when an address cannot be opened, or a fault of the database.
    ///
    /// # Clause
    /// R3
    pub async fn list_invitations(
        &self,
        enterprise: EnterpriseId,
    ) -> Result<Vec<(Invitation, Pii<String>)>, StoreError> {
        let rows = open(self.now())
            .filter(invitation::Column::EnterpriseId.eq(enterprise.uuid()))
            .order_by_desc(invitation::Column::CreatedAt)
            .order_by_desc(invitation::Column::Id)
            .all(&self.read().link)
            .await?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let scope = KeyScope::Enterprise(enterprise);
        let sealer = self.vault.unsealer(&scope).await?;
        let broken = || Place(TABLE, ADDRESS).broken();
        rows.into_iter()
            .map(|row| {
                let bytes = row.address_sealed.clone().ok_or_else(broken)?;
                let plain = sealer.unseal(&context(&row.id), &Sealed::from_bytes(bytes)?)?;
                let address = plain.into_pii_text().ok_or_else(broken)?;
                Ok((invitation_of(&row)?, address))
            })
            .collect()
    }
}

impl Tx {
    /// Invites somebody; an earlier invitation of the enterprise to the same address ends with it.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such representative.
    ///
    /// # Clause
    /// R3
    pub async fn invite(&self, sealed: &SealedInvitation) -> Result<(), StoreError> {
        clause::hit!(R3);
        let known = self
            .read()
            .find_representative(sealed.enterprise, sealed.inviter)
            .await?;
        known.ok_or(StoreError::Missing {
            what: "representative",
        })?;
        let now = self.now();
        invitation::Entity::update_many()
            .col_expr(invitation::Column::RevokedAt, Expr::value(now.as_micros()))
            .col_expr(invitation::Column::AddressSealed, nothing())
            .filter(invitation::Column::EnterpriseId.eq(sealed.enterprise.uuid()))
            .filter(invitation::Column::AddressMac.eq(sealed.mac.to_column()))
            .filter(is_open(now))
            .exec(&self.link)
            .await?;
        let row = invitation::Model {
            id: sealed.id.uuid(),
            enterprise_id: sealed.enterprise.uuid(),
            inviter_id: sealed.inviter.uuid(),
            role: sealed.role.code().to_owned(),
            medium: code_of(sealed.mac.kind()).to_owned(),
            address_sealed: Some(sealed.address.clone()),
            address_mac: Some(sealed.mac.to_column()),
            secret_hash: sealed.secret.hash().as_bytes().to_vec(),
            created_at: now.as_micros(),
            expires_at: sealed.expires.as_micros(),
            accepted_at: None,
            revoked_at: None,
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict(TABLE))
    }

    /// Ends an open invitation of this enterprise; its address goes, and its hash once it counts no more.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such invitation that is open.
    ///
    /// # Clause
    /// R3
    pub async fn revoke_invitation(
        &self,
        enterprise: EnterpriseId,
        id: InvitationId,
    ) -> Result<(), StoreError> {
        self.end_invitation(enterprise, id, invitation::Column::RevokedAt)
            .await
    }

    /// Uses up an open invitation of this enterprise; its address goes, and its hash once it counts no more.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such invitation that is open, so that of two who accept at once
    /// one is refused.
    ///
    /// # Clause
    /// R3
    pub async fn use_invitation(
        &self,
        enterprise: EnterpriseId,
        id: InvitationId,
    ) -> Result<(), StoreError> {
        self.end_invitation(enterprise, id, invitation::Column::AcceptedAt)
            .await
    }

    /// Ends the open invitations of this enterprise, or those that one representative of it sent; their addresses go.
    /// Returns how many.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R3
    pub async fn revoke_invitations_of(
        &self,
        enterprise: EnterpriseId,
        inviter: Option<RepresentativeId>,
    ) -> Result<u64, StoreError> {
        clause::hit!(R3);
        let now = self.now();
        let mut ending = invitation::Entity::update_many()
            .col_expr(invitation::Column::RevokedAt, Expr::value(now.as_micros()))
            .col_expr(invitation::Column::AddressSealed, nothing())
            .filter(invitation::Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(is_open(now));
        if let Some(inviter) = inviter {
            ending = ending.filter(invitation::Column::InviterId.eq(inviter.uuid()));
        }
        Ok(ending.exec(&self.link).await?.rows_affected)
    }

    async fn end_invitation(
        &self,
        enterprise: EnterpriseId,
        id: InvitationId,
        ended: invitation::Column,
    ) -> Result<(), StoreError> {
        let now = self.now();
        let done = invitation::Entity::update_many()
            .col_expr(ended, Expr::value(now.as_micros()))
            .col_expr(invitation::Column::AddressSealed, nothing())
            .filter(invitation::Column::Id.eq(id.uuid()))
            .filter(invitation::Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(is_open(now))
            .exec(&self.link)
            .await?;
        one_row(done.rows_affected, TABLE)
    }
}

impl Tx {
    /// Lets go of the addresses of invitations that ended without an answer, and of the hashes of those that were answered or
    /// revoked once they count for no quota any more; returns how many.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R3, R14
    pub async fn forget_over_invitations(&self, rows_max: u64) -> Result<u64, StoreError> {
        clause::hit!(R14);
        let now = self.now();
        let unanswered = Condition::all()
            .add(invitation::Column::AddressSealed.is_not_null())
            .add(invitation::Column::ExpiresAt.lte(now.as_micros()));
        let counted_no_more = Condition::all()
            .add(invitation::Column::AddressSealed.is_null())
            .add(invitation::Column::AddressMac.is_not_null())
            .add(invitation::Column::CreatedAt.lte(now.minus(COUNTED_FOR).as_micros()));
        let ids: Vec<Uuid> = invitation::Entity::find()
            .select_only()
            .column(invitation::Column::Id)
            .filter(Condition::any().add(unanswered).add(counted_no_more))
            .limit(rows_max)
            .into_tuple()
            .all(&self.link)
            .await?;
        if ids.is_empty() {
            return Ok(0);
        }
        let done = invitation::Entity::update_many()
            .col_expr(invitation::Column::AddressSealed, nothing())
            .col_expr(invitation::Column::AddressMac, nothing())
            .filter(invitation::Column::Id.is_in(ids))
            .exec(&self.link)
            .await?;
        Ok(done.rows_affected)
    }
}

impl Reader {
    /// Says whether invitations of this enterprise were ended since a moment before they were accepted or over.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R3
    pub async fn were_invitations_ended(
        &self,
        enterprise: EnterpriseId,
        since: Timestamp,
    ) -> Result<bool, StoreError> {
        let ended = invitation::Entity::find()
            .filter(invitation::Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(invitation::Column::RevokedAt.gte(since.as_micros()));
        Ok(ended.one(&self.link).await?.is_some())
    }

    /// Says whether the enterprise may invite somebody at the address now, and if not, when it may. What was sent counts
    /// however it ended, and whether or not an account has the address.
    ///
    /// In the transaction that then [invites](Tx::invite), the quota is exact.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R3
    pub async fn invitation_limit(
        &self,
        sealed: &SealedInvitation,
        certified: bool,
        now: Timestamp,
    ) -> Result<Option<Limit>, StoreError> {
        use invitation::Column;
        clause::hit!(R3);
        let of_enterprise = if certified {
            INVITATION_CERTIFIED_QUOTA
        } else {
            INVITATION_QUOTA
        };
        let at_address = Column::AddressMac.eq(sealed.mac.to_column());
        let from_enterprise = Column::EnterpriseId.eq(sealed.enterprise.uuid());
        let mut longest: Option<Limit> = None;
        for (of, which, quotas) in [
            (Limited::Address, at_address, &INVITATION_ADDRESS_QUOTAS[..]),
            (Limited::Enterprise, from_enterprise, &[of_enterprise][..]),
        ] {
            let which = (of, which.into_condition());
            let limit =
                used_up::<invitation::Entity>(&self.link, which, Column::CreatedAt, quotas, now)
                    .await?;
            if let Some(limit) = limit
                && longest.is_none_or(|other| other.until < limit.until)
            {
                longest = Some(limit);
            }
        }
        Ok(longest)
    }

    /// Finds the invitation whose link has this secret, if it is open at this moment.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when the row cannot be read, or a fault of the database.
    ///
    /// # Clause
    /// R3
    pub async fn find_invitation(
        &self,
        secret: &SessionSecret,
        now: Timestamp,
    ) -> Result<Option<Invitation>, StoreError> {
        let row = open(now)
            .filter(invitation::Column::SecretHash.eq(secret.hash().as_bytes().to_vec()))
            .one(&self.link)
            .await?;
        row.as_ref().map(invitation_of).transpose()
    }

    /// Lists the open invitations that a representative of this enterprise sent.
    ///
    /// # Errors
    /// As [`Reader::find_invitation`].
    ///
    /// # Clause
    /// R3
    pub async fn list_invitations_by(
        &self,
        enterprise: EnterpriseId,
        inviter: RepresentativeId,
        now: Timestamp,
    ) -> Result<Vec<Invitation>, StoreError> {
        let rows = open(now)
            .filter(invitation::Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(invitation::Column::InviterId.eq(inviter.uuid()))
            .all(&self.link)
            .await?;
        rows.iter().map(invitation_of).collect()
    }
}

fn invitation_of(row: &invitation::Model) -> Result<Invitation, StoreError> {
    let kind = [ContactKind::Email, ContactKind::Phone]
        .into_iter()
        .find(|kind| code_of(*kind) == row.medium)
        .ok_or(Place(TABLE, "medium").broken())?;
    let place = Place(TABLE, "address_mac");
    let mac = row.address_mac.as_deref().ok_or_else(|| place.broken())?;
    Ok(Invitation {
        id: InvitationId::from_uuid(row.id),
        enterprise: EnterpriseId::from_uuid(row.enterprise_id),
        inviter: RepresentativeId::from_uuid(row.inviter_id),
        role: Role::from_code(&row.role).ok_or(Place(TABLE, "role").broken())?,
        address: AddressMac::new(kind, place.digest(mac)?),
        created: moment(row.created_at),
        expires: moment(row.expires_at),
    })
}
