use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use yuntu_terms::{AccountId, Digest, Timestamp};

use super::{Account, AccountStanding, TABLE};
use crate::addresses::AddressMac;
use crate::entity::{account, representative};
use crate::error::StoreError;
use crate::read::Reader;
use crate::realm::Realm;
use crate::representatives::{ContactKind, Representative, representative_of};
use crate::rows::{Place, moment, moment_if};

impl Reader {
    /// Finds an account.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when the row cannot be read, or a fault of the database.
    pub async fn find_account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        let row = account::Entity::find_by_id(id.uuid())
            .one(&self.link)
            .await?;
        row.as_ref().map(account_of).transpose()
    }

    /// Counts the accounts of people who act for enterprises.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn count_accounts(&self) -> Result<u64, StoreError> {
        let public = account::Entity::find()
            .filter(account::Column::Realm.eq(Realm::Public.code()))
            .filter(account::Column::Standing.ne(AccountStanding::Closed.code()));
        Ok(public.count(&self.link).await?)
    }

    /// Finds the account whose address has this hash.
    ///
    /// # Errors
    /// As [`Reader::find_account`].
    pub async fn find_account_at(&self, mac: &AddressMac) -> Result<Option<Account>, StoreError> {
        let row = account::Entity::find()
            .filter(column_of(mac.kind()).eq(mac.to_column()))
            .one(&self.link)
            .await?;
        row.as_ref().map(account_of).transpose()
    }

    /// Says through which door the account with this address gets in, if there is one.
    ///
    /// The database answers with one row of one value in either case, so that a stranger who asks for a code learns nothing
    /// from how long it takes.
    ///
    /// # Errors
    /// As [`Reader::find_account`].
    ///
    /// # Clause
    /// R2
    pub async fn realm_at(&self, mac: &AddressMac) -> Result<Option<Realm>, StoreError> {
        let realm: Option<Option<String>> = account::Entity::find()
            .select_only()
            .column_as(account::Column::Realm.max(), "realm")
            .filter(column_of(mac.kind()).eq(mac.to_column()))
            .into_tuple()
            .one(&self.link)
            .await?;
        let code = realm.flatten();
        code.map(|code| Realm::from_code(&code).ok_or(Place(TABLE, "realm").broken()))
            .transpose()
    }

    /// Lists the seats of a person: one representative for each enterprise, ended ones too.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when a row cannot be read, or a fault of the database.
    pub async fn list_seats(&self, account: AccountId) -> Result<Vec<Representative>, StoreError> {
        let rows = representative::Entity::find()
            .filter(representative::Column::AccountId.eq(account.uuid()))
            .order_by_asc(representative::Column::Id)
            .all(&self.link)
            .await?;
        rows.iter().map(representative_of).collect()
    }

    /// Lists the hashes of an account's addresses, under which its failures are counted; the email address comes first.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when the row cannot be read, or a fault of the database.
    pub async fn list_address_macs(&self, id: AccountId) -> Result<Vec<AddressMac>, StoreError> {
        let row = account::Entity::find_by_id(id.uuid())
            .one(&self.link)
            .await?;
        row.as_ref().map_or(Ok(Vec::new()), macs_of)
    }

    /// Lists the hashes of an account's addresses as [`Reader::list_address_macs`] does, and since when each is its own:
    /// before that it may have been somebody else's.
    ///
    /// # Errors
    /// As [`Reader::list_address_macs`].
    ///
    /// # Clause
    /// R1
    pub async fn list_addresses_since(
        &self,
        id: AccountId,
    ) -> Result<Vec<(AddressMac, Timestamp)>, StoreError> {
        let row = account::Entity::find_by_id(id.uuid())
            .one(&self.link)
            .await?;
        let Some(row) = row else {
            return Ok(Vec::new());
        };
        macs_of(&row)?
            .into_iter()
            .map(|mac| {
                let (since, column) = match mac.kind() {
                    ContactKind::Email => (row.email_since, "email_since"),
                    ContactKind::Phone => (row.phone_since, "phone_since"),
                };
                let since = since.ok_or(Place(TABLE, column).broken())?;
                Ok((mac, moment(since)))
            })
            .collect()
    }
}

const fn column_of(kind: ContactKind) -> account::Column {
    match kind {
        ContactKind::Phone => account::Column::PhoneMac,
        ContactKind::Email => account::Column::EmailMac,
    }
}

pub(super) fn macs_of(row: &account::Model) -> Result<Vec<AddressMac>, StoreError> {
    let email = (ContactKind::Email, "email_mac", row.email_mac.as_deref());
    let phone = (ContactKind::Phone, "phone_mac", row.phone_mac.as_deref());
    let mut macs = Vec::new();
    for (kind, column, bytes) in [email, phone] {
        if let Some(bytes) = bytes {
            let mac: Digest = Place(TABLE, column).digest(bytes)?;
            macs.push(AddressMac::new(kind, mac));
        }
    }
    Ok(macs)
}

fn account_of(row: &account::Model) -> Result<Account, StoreError> {
    Ok(Account {
        id: AccountId::from_uuid(row.id),
        realm: Realm::from_code(&row.realm).ok_or(Place(TABLE, "realm").broken())?,
        standing: AccountStanding::from_code(&row.standing)
            .ok_or(Place(TABLE, "standing").broken())?,
        lang: Place(TABLE, "lang").parse(&row.lang)?,
        has_phone: row.phone_mac.is_some(),
        has_email: row.email_mac.is_some(),
        password_changed: moment_if(row.password_changed_at),
        password_needs_factor: row.password_needs_factor != 0,
        created: moment(row.created_at),
    })
}
