use sea_orm::sea_query::{Condition, Expr, SimpleExpr};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use yuntu_terms::{AccountId, EnterpriseId, Lang, RepresentativeId, clause};

use super::{
    AccountStanding, FormerContact, SealedAccount, SealedContact, SealedNickname, SealedPassword,
    TABLE, find::macs_of,
};
use crate::addresses::AddressMac;
use crate::entity::{
    account, account_act, code, device, invitation, representative, session, sign_in_failure,
    sign_in_try,
};
use crate::error::StoreError;
use crate::realm::Realm;
use crate::representatives::ContactKind;
use crate::rows::{insert, one_row, to_code};
use crate::sessions::SessionEnd;
use crate::tx::Tx;

/// The values of one change, by column.
type Changes = Vec<(account::Column, SimpleExpr)>;

fn nothing<T>() -> SimpleExpr
where
    Option<T>: Into<sea_orm::Value>,
{
    Expr::value(Option::<T>::None)
}

impl Tx {
    /// Opens an account.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when an address is taken.
    ///
    /// # Clause
    /// R2
    pub async fn create_account(&self, sealed: &SealedAccount) -> Result<AccountId, StoreError> {
        clause::hit!(R2);
        let now = self.now().as_micros();
        let split = |contact: Option<&SealedContact>| {
            contact
                .map(|contact| (contact.sealed.clone(), contact.mac.to_column()))
                .unzip()
        };
        let (phone_sealed, phone_mac) = split(sealed.phone.as_ref());
        let (email_sealed, email_mac) = split(sealed.email.as_ref());
        let since = |mac: Option<&Vec<u8>>| mac.map(|_mac| now);
        let row = account::Model {
            id: sealed.id.uuid(),
            email_since: since(email_mac.as_ref()),
            phone_since: since(phone_mac.as_ref()),
            nickname_sealed: sealed.nickname.clone(),
            email_sealed,
            email_mac,
            phone_sealed,
            phone_mac,
            password_hash: None,
            password_changed_at: sealed.password.as_ref().map(|_hash| now),
            standing: AccountStanding::Active.code().to_owned(),
            lang: to_code(&sealed.lang, "language")?,
            created_at: now,
            updated_at: now,
            realm: sealed.realm.code().to_owned(),
            password_needs_factor: 0,
            password_sealed: sealed.password.as_ref().map(|hash| hash.bytes.clone()),
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict(TABLE))?;
        Ok(sealed.id)
    }

    /// Changes an account that is not closed: what is closed stays empty.
    async fn change_account(&self, id: AccountId, changes: Changes) -> Result<(), StoreError> {
        let mut update = account::Entity::update_many()
            .col_expr(account::Column::UpdatedAt, self.now().as_micros().into());
        for (column, value) in changes {
            update = update.col_expr(column, value);
        }
        let done = update
            .filter(account::Column::Id.eq(id.uuid()))
            .filter(account::Column::Standing.ne(AccountStanding::Closed.code()))
            .exec(&self.link)
            .await
            .map_err(|error| StoreError::from(error).conflict(TABLE))?;
        one_row(done.rows_affected, TABLE)
    }

    /// Sets what the person wants to be called.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such account that is not closed.
    pub async fn set_nickname(&self, sealed: &SealedNickname) -> Result<(), StoreError> {
        let value = Expr::value(sealed.sealed.clone());
        self.change_account(
            sealed.account,
            vec![(account::Column::NicknameSealed, value)],
        )
        .await
    }

    /// Sets the language of messages.
    ///
    /// # Errors
    /// As [`Tx::set_nickname`].
    pub async fn set_account_lang(&self, id: AccountId, lang: Lang) -> Result<(), StoreError> {
        let code = to_code(&lang, "language")?;
        self.change_account(id, vec![(account::Column::Lang, Expr::value(code))])
            .await
    }

    /// Sets the hash of the password, or takes the password away. Which sessions end with it is the
    /// caller's to say: see [`Tx::end_all_but`].
    ///
    /// # Errors
    /// As [`Tx::set_nickname`].
    pub async fn set_password_hash(
        &self,
        id: AccountId,
        sealed: Option<&SealedPassword>,
    ) -> Result<(), StoreError> {
        if sealed.is_some_and(|sealed| sealed.account != id) {
            return Err(StoreError::Missing { what: TABLE });
        }
        let sealed = sealed.map(|sealed| sealed.bytes.clone());
        let changed = sealed.as_ref().map(|_hash| self.now().as_micros());
        self.change_account(
            id,
            vec![
                (account::Column::PasswordHash, nothing::<String>()),
                (account::Column::PasswordSealed, Expr::value(sealed)),
                (account::Column::PasswordChangedAt, Expr::value(changed)),
            ],
        )
        .await
    }

    /// Notes whether the password may be chosen beside a second factor only, because it is too easily guessed alone.
    ///
    /// # Errors
    /// As [`Tx::set_nickname`].
    pub async fn set_password_needs_factor(
        &self,
        id: AccountId,
        needs: bool,
    ) -> Result<(), StoreError> {
        let value = Expr::value(i64::from(needs));
        self.change_account(id, vec![(account::Column::PasswordNeedsFactor, value)])
            .await
    }

    /// Puts an address in the place of the one of its kind, and returns the old one so that both can be told. Codes
    /// that were sent to the old address open nothing from now on.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the address is taken, else as [`Tx::set_nickname`].
    ///
    /// # Clause
    /// R2
    pub async fn set_contact(
        &self,
        sealed: &SealedContact,
    ) -> Result<Option<FormerContact>, StoreError> {
        let row = account::Entity::find_by_id(sealed.account.uuid())
            .one(&self.link)
            .await?
            .ok_or(StoreError::Missing { what: TABLE })?;
        let kind = sealed.mac.kind();
        let (value, mac, since, former) = match kind {
            ContactKind::Phone => (
                account::Column::PhoneSealed,
                account::Column::PhoneMac,
                account::Column::PhoneSince,
                row.phone_sealed.clone(),
            ),
            ContactKind::Email => (
                account::Column::EmailSealed,
                account::Column::EmailMac,
                account::Column::EmailSince,
                row.email_sealed.clone(),
            ),
        };
        for old in macs_of(&row)?.into_iter().filter(|mac| mac.kind() == kind) {
            self.expire_codes(&old).await?;
        }
        self.change_account(
            sealed.account,
            vec![
                (value, Expr::value(sealed.sealed.clone())),
                (mac, Expr::value(sealed.mac.to_column())),
                (since, Expr::value(self.now().as_micros())),
            ],
        )
        .await?;
        Ok(former.map(|sealed_before| FormerContact {
            account: sealed.account,
            kind,
            sealed: sealed_before,
        }))
    }

    async fn expire_codes(&self, at: &AddressMac) -> Result<(), StoreError> {
        let now = self.now().as_micros();
        code::Entity::update_many()
            .col_expr(code::Column::ExpiresAt, now.into())
            .filter(code::Column::AddressMac.eq(at.to_column()))
            .filter(code::Column::UsedAt.is_null())
            .filter(code::Column::ExpiresAt.gt(now))
            .exec(&self.link)
            .await?;
        Ok(())
    }

    /// Changes the standing of an account; whoever is signed in is signed out when it is no longer active.
    ///
    /// # Errors
    /// As [`Tx::set_nickname`]: what is closed stays closed.
    pub async fn set_account_standing(
        &self,
        id: AccountId,
        standing: AccountStanding,
    ) -> Result<(), StoreError> {
        let code = Expr::value(standing.code());
        self.change_account(id, vec![(account::Column::Standing, code)])
            .await?;
        let why = match standing {
            AccountStanding::Active => return Ok(()),
            AccountStanding::Suspended => SessionEnd::Suspended,
            AccountStanding::Closed => SessionEnd::Closed,
        };
        self.end_all_but(id, None, why).await?;
        Ok(())
    }

    /// Removes the personal values of an account, its sessions' and its codes'; the bare row stays for what refers to
    /// it. The caller destroys the account's key too, and erases the person's seats in enterprises.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such account.
    ///
    /// # Clause
    /// R14, R26
    pub async fn erase_account(&self, id: AccountId) -> Result<(), StoreError> {
        clause::hit!(R26);
        let row = account::Entity::find_by_id(id.uuid())
            .one(&self.link)
            .await?
            .ok_or(StoreError::Missing { what: TABLE })?;
        let macs: Vec<_> = macs_of(&row)?
            .into_iter()
            .map(AddressMac::to_column)
            .collect();
        self.end_all_but(id, None, SessionEnd::Closed).await?;
        session::Entity::update_many()
            .col_expr(session::Column::AgentSealed, nothing::<Vec<u8>>())
            .col_expr(session::Column::NetworkSealed, nothing::<Vec<u8>>())
            .filter(session::Column::AccountId.eq(id.uuid()))
            .exec(&self.link)
            .await?;
        code::Entity::delete_many()
            .filter(
                Condition::any()
                    .add(code::Column::AccountId.eq(id.uuid()))
                    .add(code::Column::AddressMac.is_in(macs.clone())),
            )
            .exec(&self.link)
            .await?;
        sign_in_try::Entity::delete_many()
            .filter(sign_in_try::Column::AddressMac.is_in(macs.clone()))
            .exec(&self.link)
            .await?;
        account_act::Entity::update_many()
            .col_expr(account_act::Column::NetworkSealed, nothing::<Vec<u8>>())
            .col_expr(account_act::Column::AgentSealed, nothing::<Vec<u8>>())
            .filter(account_act::Column::AccountId.eq(id.uuid()))
            .exec(&self.link)
            .await?;
        device::Entity::delete_many()
            .filter(device::Column::AccountId.eq(id.uuid()))
            .exec(&self.link)
            .await?;
        self.erase_invitations_to(&macs).await?;
        sign_in_failure::Entity::delete_many()
            .filter(sign_in_failure::Column::AddressMac.is_in(macs))
            .exec(&self.link)
            .await?;
        self.erase_factors(id).await?;
        self.erase_tickets(id).await?;
        self.erase_ceremonies(id).await?;
        account::Entity::update_many()
            .col_expr(
                account::Column::Standing,
                AccountStanding::Closed.code().into(),
            )
            .col_expr(account::Column::NicknameSealed, nothing::<Vec<u8>>())
            .col_expr(account::Column::PhoneSealed, nothing::<Vec<u8>>())
            .col_expr(account::Column::PhoneMac, nothing::<Vec<u8>>())
            .col_expr(account::Column::EmailSealed, nothing::<Vec<u8>>())
            .col_expr(account::Column::EmailMac, nothing::<Vec<u8>>())
            .col_expr(account::Column::EmailSince, nothing::<i64>())
            .col_expr(account::Column::PhoneSince, nothing::<i64>())
            .col_expr(account::Column::PasswordHash, nothing::<String>())
            .col_expr(account::Column::PasswordSealed, nothing::<Vec<u8>>())
            .col_expr(account::Column::PasswordChangedAt, nothing::<i64>())
            .col_expr(account::Column::PasswordNeedsFactor, Expr::value(0_i64))
            .col_expr(account::Column::UpdatedAt, self.now().as_micros().into())
            .filter(account::Column::Id.eq(id.uuid()))
            .exec(&self.link)
            .await?;
        Ok(())
    }

    /// Lets the addresses go to which invitations went; those that are open are revoked, for nobody can accept them.
    async fn erase_invitations_to(&self, macs: &[Vec<u8>]) -> Result<(), StoreError> {
        use invitation::Column;
        let sent = || {
            invitation::Entity::update_many().filter(Column::AddressMac.is_in(macs.iter().cloned()))
        };
        sent()
            .col_expr(Column::RevokedAt, self.now().as_micros().into())
            .filter(Column::AcceptedAt.is_null())
            .filter(Column::RevokedAt.is_null())
            .exec(&self.link)
            .await?;
        sent()
            .col_expr(Column::AddressSealed, nothing::<Vec<u8>>())
            .col_expr(Column::AddressMac, nothing::<Vec<u8>>())
            .exec(&self.link)
            .await?;
        Ok(())
    }

    /// Says that a representative of this enterprise is this person.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such representative that nobody sits for yet, or there is no
    /// such account.
    ///
    /// # Clause
    /// R3
    pub async fn seat_account(
        &self,
        enterprise: EnterpriseId,
        representative: RepresentativeId,
        account: AccountId,
    ) -> Result<(), StoreError> {
        clause::hit!(R3);
        // Who works for the platform acts for no enterprise.
        let of_public = self.read().find_account(account).await?;
        of_public
            .filter(|account| account.realm == Realm::Public)
            .ok_or(StoreError::Missing { what: TABLE })?;
        let done = representative::Entity::update_many()
            .col_expr(
                representative::Column::AccountId,
                Expr::value(account.uuid()),
            )
            .col_expr(
                representative::Column::UpdatedAt,
                self.now().as_micros().into(),
            )
            .filter(representative::Column::Id.eq(representative.uuid()))
            .filter(representative::Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(representative::Column::AccountId.is_null())
            .exec(&self.link)
            .await
            .map_err(|error| StoreError::from(error).conflict(TABLE))?;
        one_row(done.rows_affected, "representative")
    }
}
