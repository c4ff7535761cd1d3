use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, prelude::Uuid};
use yuntu_policy::{Role, Standing};
use yuntu_terms::{AccountId, Digest, EnterpriseId, Id, Pii, RepresentativeId, Timestamp, clause};
use yuntu_vault::{KeyScope, SealContext, Sealed, Sealer};

use crate::enterprises::standing_of;
use crate::entity::representative;
use crate::error::StoreError;
use crate::read::Reader;
use crate::rows::{Place, insert, moment, one_row};
use crate::store::Store;
use crate::tx::Tx;

const TABLE: &str = "representative";
const NAME: &str = "name_sealed";
const PHONE: &str = "phone_sealed";
const EMAIL: &str = "email_sealed";
const PHONE_MAC: &str = "representative.phone";
const EMAIL_MAC: &str = "representative.email";

/// The personal values of a representative; none can be printed, and none leaves without a warrant.
#[derive(Debug)]
pub struct Contact {
    /// The name.
    pub name: Pii<String>,
    /// The mobile number, normalised.
    pub phone: Option<Pii<String>>,
    /// The email address, normalised.
    pub email: Option<Pii<String>>,
}

/// A representative whose personal values are sealed and whose row is not written yet.
///
/// It is made by [`Store::seal_representative`] before the transaction begins.
#[derive(Debug, Clone)]
pub struct SealedRepresentative {
    id: RepresentativeId,
    name: Option<Vec<u8>>,
    phone: Option<(Vec<u8>, Digest)>,
    email: Option<(Vec<u8>, Digest)>,
}

impl SealedRepresentative {
    pub(crate) const fn without_values(id: RepresentativeId) -> Self {
        Self {
            id,
            name: None,
            phone: None,
            email: None,
        }
    }

    /// Returns the id the representative will have.
    pub const fn id(&self) -> RepresentativeId {
        self.id
    }
}

/// A representative, without personal values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Representative {
    /// The id.
    pub id: RepresentativeId,
    /// For which enterprise the person acts.
    pub enterprise: EnterpriseId,
    /// The role there.
    pub role: Role,
    /// The standing there.
    pub standing: Standing,
    /// The account of the person who sits here.
    pub account: Option<AccountId>,
    /// Since when.
    pub created: Timestamp,
}

/// By what a representative is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactKind {
    /// The mobile number.
    Phone,
    /// The email address.
    Email,
}

impl ContactKind {
    /// Says which kind a normalised address is: a mail address has its sign, a number has not.
    #[must_use]
    pub fn of(address: &Pii<String>) -> Self {
        if address.digest(|text| text.contains('@')) {
            Self::Email
        } else {
            Self::Phone
        }
    }
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

impl Store {
    /// Seals the personal values of a new representative under a key of their own.
    ///
    /// # Errors
    /// [`StoreError::Vault`] or [`StoreError::Entropy`].
    ///
    /// # Clause
    /// R22
    pub async fn seal_representative(
        &self,
        contact: &Contact,
    ) -> Result<SealedRepresentative, StoreError> {
        clause::hit!(R22);
        let id: RepresentativeId = Id::generate(self.now(), &*self.database.entropy)?;
        let sealer = self.vault.sealer(&KeyScope::Representative(id)).await?;
        let phone = match &contact.phone {
            Some(phone) => Some((
                seal(&sealer, id.uuid(), PHONE, phone)?,
                self.contact_mac(ContactKind::Phone, phone).await?,
            )),
            None => None,
        };
        let email = match &contact.email {
            Some(email) => Some((
                seal(&sealer, id.uuid(), EMAIL, email)?,
                self.contact_mac(ContactKind::Email, email).await?,
            )),
            None => None,
        };
        let name = seal(&sealer, id.uuid(), NAME, &contact.name)?;
        Ok(SealedRepresentative {
            id,
            name: Some(name),
            phone,
            email,
        })
    }

    async fn contact_mac(
        &self,
        kind: ContactKind,
        value: &Pii<String>,
    ) -> Result<Digest, StoreError> {
        let domain = match kind {
            ContactKind::Phone => PHONE_MAC,
            ContactKind::Email => EMAIL_MAC,
        };
        let hasher = self.vault.hasher(&KeyScope::Platform, domain).await?;
        Ok(value.digest(|text| hasher.digest(text.as_bytes()))?)
    }

    /// Finds the representative with this phone number or email address, which is compared by keyed hash.
    ///
    /// # Errors
    /// [`StoreError::Vault`], or a fault of the database.
    pub async fn find_representative_by(
        &self,
        kind: ContactKind,
        value: &Pii<String>,
    ) -> Result<Option<Representative>, StoreError> {
        let mac = self.contact_mac(kind, value).await?.as_bytes().to_vec();
        let column = match kind {
            ContactKind::Phone => representative::Column::PhoneMac,
            ContactKind::Email => representative::Column::EmailMac,
        };
        let row = representative::Entity::find()
            .filter(column.eq(mac))
            .one(&self.read().link)
            .await?;
        row.as_ref().map(representative_of).transpose()
    }

    /// Opens the personal values of a representative of this enterprise; each leaves only at a sink that a warrant opens.
    ///
    /// # Errors
    /// [`StoreError::Vault`] when the key is destroyed or a value was moved or changed, or a fault of the database.
    pub async fn representative_contact(
        &self,
        enterprise: EnterpriseId,
        id: RepresentativeId,
    ) -> Result<Option<Contact>, StoreError> {
        let row = representative::Entity::find_by_id(id.uuid())
            .filter(representative::Column::EnterpriseId.eq(enterprise.uuid()))
            .one(&self.read().link)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let Some(name) = row.name_sealed else {
            return Ok(None);
        };
        let sealer = self.vault.unsealer(&KeyScope::Representative(id)).await?;
        let open = |column: &'static str, bytes: Vec<u8>| {
            let plain = sealer.unseal(&context(&row.id, column), &Sealed::from_bytes(bytes)?)?;
            plain.into_pii_text().ok_or(Place(TABLE, column).broken())
        };
        Ok(Some(Contact {
            name: open(NAME, name)?,
            phone: row
                .phone_sealed
                .map(|bytes| open(PHONE, bytes))
                .transpose()?,
            email: row
                .email_sealed
                .map(|bytes| open(EMAIL, bytes))
                .transpose()?,
        }))
    }
}

impl Tx {
    /// Lets a representative act for an enterprise.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the phone number or email address is taken, [`StoreError::Missing`] when there is
    /// no such enterprise.
    pub async fn create_representative(
        &self,
        enterprise: EnterpriseId,
        role: Role,
        sealed: &SealedRepresentative,
    ) -> Result<RepresentativeId, StoreError> {
        let now = self.now().as_micros();
        let (phone, phone_mac) = sealed.phone.clone().unzip();
        let (email, email_mac) = sealed.email.clone().unzip();
        let row = representative::Model {
            id: sealed.id.uuid(),
            enterprise_id: enterprise.uuid(),
            role: role.code().to_owned(),
            standing: Standing::Active.code().to_owned(),
            name_sealed: sealed.name.clone(),
            phone_sealed: phone,
            phone_mac: phone_mac.map(|mac| mac.as_bytes().to_vec()),
            email_sealed: email,
            email_mac: email_mac.map(|mac| mac.as_bytes().to_vec()),
            created_at: now,
            updated_at: now,
            account_id: None,
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict("representative"))?;
        Ok(sealed.id)
    }

    /// Changes the standing of a representative of this enterprise.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such representative.
    pub async fn set_representative_standing(
        &self,
        enterprise: EnterpriseId,
        id: RepresentativeId,
        standing: Standing,
    ) -> Result<(), StoreError> {
        let done = representative::Entity::update_many()
            .col_expr(representative::Column::Standing, standing.code().into())
            .col_expr(
                representative::Column::UpdatedAt,
                self.now().as_micros().into(),
            )
            .filter(representative::Column::Id.eq(id.uuid()))
            .filter(representative::Column::EnterpriseId.eq(enterprise.uuid()))
            .exec(&self.link)
            .await?;
        one_row(done.rows_affected, TABLE)
    }

    /// Removes the personal values of a representative; the bare row stays for what refers to it. The caller destroys the
    /// representative's key too.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such representative.
    ///
    /// # Clause
    /// R14, R26
    pub async fn erase_representative(
        &self,
        enterprise: EnterpriseId,
        id: RepresentativeId,
    ) -> Result<(), StoreError> {
        clause::hit!(R26);
        let nothing = || Expr::value(Option::<Vec<u8>>::None);
        let done = representative::Entity::update_many()
            .col_expr(
                representative::Column::Standing,
                Standing::Ended.code().into(),
            )
            .col_expr(representative::Column::NameSealed, nothing())
            .col_expr(representative::Column::PhoneSealed, nothing())
            .col_expr(representative::Column::PhoneMac, nothing())
            .col_expr(representative::Column::EmailSealed, nothing())
            .col_expr(representative::Column::EmailMac, nothing())
            .col_expr(
                representative::Column::UpdatedAt,
                self.now().as_micros().into(),
            )
            .filter(representative::Column::Id.eq(id.uuid()))
            .filter(representative::Column::EnterpriseId.eq(enterprise.uuid()))
            .exec(&self.link)
            .await?;
        one_row(done.rows_affected, TABLE)
    }
}

impl Reader {
    /// Finds a representative of this enterprise.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when the row cannot be read, or a fault of the database.
    pub async fn find_representative(
        &self,
        enterprise: EnterpriseId,
        id: RepresentativeId,
    ) -> Result<Option<Representative>, StoreError> {
        let row = representative::Entity::find_by_id(id.uuid())
            .filter(representative::Column::EnterpriseId.eq(enterprise.uuid()))
            .one(&self.link)
            .await?;
        row.as_ref().map(representative_of).transpose()
    }

    /// Says whether this person has, or had, a seat in the enterprise.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R23
    pub async fn has_seat(
        &self,
        enterprise: EnterpriseId,
        account: AccountId,
    ) -> Result<bool, StoreError> {
        let seats = representative::Entity::find()
            .filter(representative::Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(representative::Column::AccountId.eq(account.uuid()))
            .count(&self.link)
            .await?;
        Ok(seats > 0)
    }
}

pub(crate) fn representative_of(row: &representative::Model) -> Result<Representative, StoreError> {
    Ok(Representative {
        id: RepresentativeId::from_uuid(row.id),
        enterprise: EnterpriseId::from_uuid(row.enterprise_id),
        role: Role::from_code(&row.role).ok_or(Place(TABLE, "role").broken())?,
        standing: standing_of(&row.standing, TABLE)?,
        account: row.account_id.map(AccountId::from_uuid),
        created: moment(row.created_at),
    })
}
