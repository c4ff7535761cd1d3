use std::time::Duration;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select, prelude::Uuid,
};
use yuntu_terms::{AccountId, Id, Pii, RepresentativeId, SessionId, Timestamp};
use yuntu_vault::{KeyScope, SealContext, Sealed, Sealer, SessionSecret};

use crate::acts::SealedOrigin;
use crate::entity::session;
use crate::error::StoreError;
use crate::read::Reader;
use crate::realm::Realm;
use crate::rows::{Place, moment};
use crate::store::Store;
use crate::tx::Tx;

mod change;

const TABLE: &str = "session";
const AGENT: &str = "agent_sealed";
const NETWORK: &str = "network_sealed";

/// A session that is in use is written at most this often.
pub const TOUCH_EVERY: Duration = Duration::from_mins(1);

/// How somebody showed who she is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInMethod {
    /// With a code that was sent.
    Code,
    /// With the password.
    Password,
    /// With the password and a code that was sent, whichever came first.
    PasswordAndCode,
    /// With a code that was sent and one of an authenticator.
    CodeAndTotp,
    /// With the password and a code of an authenticator.
    PasswordAndTotp,
    /// With a code that was sent and a recovery code.
    CodeAndRecovery,
    /// With the password and a recovery code.
    PasswordAndRecovery,
    /// With a code that was sent and a passkey.
    CodeAndPasskey,
    /// With the password and a passkey.
    PasswordAndPasskey,
    /// With a passkey that made sure of the person itself.
    Passkey,
    /// With a code of an authenticator, in a session that was open already.
    Totp,
    /// With a recovery code, in a session that was open already.
    Recovery,
}

impl SignInMethod {
    const ALL: [Self; 12] = [
        Self::Code,
        Self::Password,
        Self::PasswordAndCode,
        Self::CodeAndTotp,
        Self::PasswordAndTotp,
        Self::CodeAndRecovery,
        Self::PasswordAndRecovery,
        Self::CodeAndPasskey,
        Self::PasswordAndPasskey,
        Self::Passkey,
        Self::Totp,
        Self::Recovery,
    ];

    /// Says whether a second factor of the account was shown.
    pub const fn has_second(self) -> bool {
        match self {
            Self::Code | Self::Password | Self::PasswordAndCode => false,
            Self::CodeAndTotp
            | Self::PasswordAndTotp
            | Self::CodeAndRecovery
            | Self::PasswordAndRecovery
            | Self::CodeAndPasskey
            | Self::PasswordAndPasskey
            | Self::Passkey
            | Self::Totp
            | Self::Recovery => true,
        }
    }

    /// Returns the code of the column and of the API.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Password => "password",
            Self::PasswordAndCode => "password_and_code",
            Self::CodeAndTotp => "code_and_totp",
            Self::PasswordAndTotp => "password_and_totp",
            Self::CodeAndRecovery => "code_and_recovery",
            Self::PasswordAndRecovery => "password_and_recovery",
            Self::CodeAndPasskey => "code_and_passkey",
            Self::PasswordAndPasskey => "password_and_passkey",
            Self::Passkey => "passkey",
            Self::Totp => "totp",
            Self::Recovery => "recovery",
        }
    }

    pub(crate) fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.code() == code)
    }
}

/// Why a session was ended before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionEnd {
    /// The person signed out.
    SignedOut,
    /// The person ended it from another session.
    Dismissed,
    /// The password changed.
    PasswordChanged,
    /// An address changed.
    ContactChanged,
    /// The second factors changed.
    FactorsChanged,
    /// The role of an operator changed.
    RoleChanged,
    /// The account was suspended.
    Suspended,
    /// The account was closed.
    Closed,
}

impl SessionEnd {
    /// Returns the code of the column and of the ledger.
    pub const fn code(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::Dismissed => "dismissed",
            Self::PasswordChanged => "password_changed",
            Self::ContactChanged => "contact_changed",
            Self::FactorsChanged => "factors_changed",
            Self::RoleChanged => "role_changed",
            Self::Suspended => "suspended",
            Self::Closed => "closed",
        }
    }
}

/// What is known when somebody signs in.
#[derive(Debug)]
pub struct NewSession {
    /// Whose session it is.
    pub account: AccountId,
    /// How the person showed who she is.
    pub method: SignInMethod,
    /// What the browser says of itself, to tell sessions apart.
    pub agent: Option<Pii<String>>,
    /// From where, to tell sessions apart.
    pub network: Option<Pii<String>>,
    /// How long it stays open without use.
    pub idle: Duration,
    /// How long it stays open at most.
    pub longest: Duration,
}

/// A session whose values are sealed and whose row is not written yet; made by [`Store::seal_session`].
#[derive(Debug, Clone)]
pub struct SealedSession {
    id: SessionId,
    account: AccountId,
    method: SignInMethod,
    agent: Option<Vec<u8>>,
    network: Option<Vec<u8>>,
    idle: Duration,
    longest: Duration,
    origin: Option<SealedOrigin>,
}

impl SealedSession {
    /// Returns the id the session will have.
    pub const fn id(&self) -> SessionId {
        self.id
    }

    /// Returns whose it will be.
    pub const fn account(&self) -> AccountId {
        self.account
    }

    /// Returns from where it is opened, for the person's own log.
    pub(crate) const fn origin(&self) -> Option<&SealedOrigin> {
        self.origin.as_ref()
    }
}

/// A session that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The id.
    pub id: SessionId,
    /// Whose it is.
    pub account: AccountId,
    /// For what it is good.
    pub realm: Realm,
    /// How the person last showed who she is.
    pub method: SignInMethod,
    /// Since when.
    pub created: Timestamp,
    /// When it was last used, to the minute.
    pub seen: Timestamp,
    /// When the person last showed who she is.
    pub proven: Timestamp,
    /// When it ends unless it is used.
    pub idle_until: Timestamp,
    /// When it ends.
    pub ends: Timestamp,
    /// The seat in which the person acts, once she has taken one.
    pub seat: Option<RepresentativeId>,
    /// From where the request came that brought it, for the person's own log.
    pub origin: Option<SealedOrigin>,
}

impl Session {
    /// Says whether the person showed who she is within this time, as a dangerous act asks for.
    pub fn is_proven_within(&self, time: Duration, now: Timestamp) -> bool {
        now < self.proven.plus(time)
    }
}

/// A session as its owner sees it in a list.
#[derive(Debug)]
pub struct ListedSession {
    /// The session.
    pub session: Session,
    /// What the browser said of itself.
    pub agent: Option<Pii<String>>,
    /// From where it was opened.
    pub network: Option<Pii<String>>,
}

fn context<'a>(id: &'a Uuid, column: &'a str) -> SealContext<'a> {
    SealContext {
        table: TABLE,
        row: id.as_bytes(),
        column,
    }
}

fn hash(secret: &SessionSecret) -> Vec<u8> {
    secret.hash().as_bytes().to_vec()
}

fn open(
    sealer: &Sealer,
    id: Uuid,
    column: &'static str,
    bytes: Option<Vec<u8>>,
) -> Result<Option<Pii<String>>, StoreError> {
    let Some(bytes) = bytes else { return Ok(None) };
    let plain = sealer.unseal(&context(&id, column), &Sealed::from_bytes(bytes)?)?;
    let text = plain.into_pii_text().ok_or(Place(TABLE, column).broken())?;
    Ok(Some(text))
}

/// The sessions that are good at this moment.
fn good(now: Timestamp) -> Select<session::Entity> {
    session::Entity::find()
        .filter(session::Column::EndedAt.is_null())
        .filter(session::Column::IdleUntil.gt(now.as_micros()))
        .filter(session::Column::EndsAt.gt(now.as_micros()))
}

impl Store {
    /// Seals what tells a new session from the person's others, under the account's key.
    ///
    /// # Errors
    /// [`StoreError::Vault`] when the key is destroyed or the vault fails, [`StoreError::Entropy`].
    ///
    /// # Clause
    /// R22
    pub async fn seal_session(&self, new: &NewSession) -> Result<SealedSession, StoreError> {
        let id: SessionId = Id::generate(self.now(), &*self.database.entropy)?;
        let scope = KeyScope::Account(new.account);
        let sealer = self.vault.sealer(&scope).await?;
        let seal = |column: &str, value: &Pii<String>| {
            value.digest(|text| sealer.seal(&context(&id.uuid(), column), text.as_bytes()))
        };
        let origin = match &new.network {
            Some(network) => Some(
                self.seal_origin(new.account, network, new.agent.as_ref())
                    .await?,
            ),
            None => None,
        };
        let agent = new.agent.as_ref().map(|agent| seal(AGENT, agent));
        let network = new.network.as_ref().map(|network| seal(NETWORK, network));
        Ok(SealedSession {
            id,
            account: new.account,
            method: new.method,
            agent: agent.transpose()?.map(Sealed::into_bytes),
            network: network.transpose()?.map(Sealed::into_bytes),
            idle: new.idle,
            longest: new.longest,
            origin,
        })
    }

    /// Lists the open sessions of a person, the one used last first.
    ///
    /// # Errors
    /// [`StoreError::Vault`] when a value cannot be opened, or a fault of the database.
    ///
    /// # Clause
    /// R2
    pub async fn list_sessions(
        &self,
        account: AccountId,
    ) -> Result<Vec<ListedSession>, StoreError> {
        let rows = good(self.now())
            .filter(session::Column::AccountId.eq(account.uuid()))
            .order_by_desc(session::Column::SeenAt)
            .order_by_desc(session::Column::Id)
            .all(&self.read().link)
            .await?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let sealer = self.vault.unsealer(&KeyScope::Account(account)).await?;
        rows.into_iter()
            .map(|row| {
                Ok(ListedSession {
                    session: session_of(&row)?,
                    agent: open(&sealer, row.id, AGENT, row.agent_sealed)?,
                    network: open(&sealer, row.id, NETWORK, row.network_sealed)?,
                })
            })
            .collect()
    }

    /// Notes that a session is in use, which moves its idle end; writes at most once a [`TOUCH_EVERY`] and says
    /// whether it wrote. What has ended stays ended.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn touch_session(
        &self,
        session: &Session,
        idle: Duration,
    ) -> Result<bool, StoreError> {
        use session::Column;
        let now = self.now();
        if now < session.seen.plus(TOUCH_EVERY) {
            return Ok(false);
        }
        let idle_until = now.plus(idle).min(session.ends).as_micros();
        self.run_exempt("session.touch", async |tx: Tx| {
            let now = now.as_micros();
            let done = session::Entity::update_many()
                .col_expr(Column::SeenAt, Expr::value(now))
                .col_expr(Column::IdleUntil, Expr::value(idle_until))
                .filter(Column::Id.eq(session.id.uuid()))
                .filter(Column::EndedAt.is_null())
                .filter(Column::IdleUntil.gt(now))
                .filter(Column::EndsAt.gt(now))
                .filter(Column::SeenAt.lte(moment(now).minus(TOUCH_EVERY).as_micros()))
                .exec(&tx.link)
                .await?;
            Ok(done.rows_affected == 1)
        })
        .await
    }
}

impl Reader {
    /// Finds the session with this secret, if it is good at this moment: not ended, and before both its ends.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when the row cannot be read, or a fault of the database.
    ///
    /// # Clause
    /// R2
    pub async fn find_session(
        &self,
        secret: &SessionSecret,
        now: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        let row = good(now)
            .filter(session::Column::SecretHash.eq(hash(secret)))
            .one(&self.link)
            .await?;
        row.as_ref().map(session_of).transpose()
    }

    /// Says when somebody last signed in with an account, as far back as sessions are kept.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R23
    pub async fn last_sign_in(&self, account: AccountId) -> Result<Option<Timestamp>, StoreError> {
        let newest: Option<i64> = session::Entity::find()
            .select_only()
            .column(session::Column::CreatedAt)
            .filter(session::Column::AccountId.eq(account.uuid()))
            .order_by_desc(session::Column::CreatedAt)
            .into_tuple()
            .one(&self.link)
            .await?;
        Ok(newest.map(moment))
    }
}

fn session_of(row: &session::Model) -> Result<Session, StoreError> {
    Ok(Session {
        id: SessionId::from_uuid(row.id),
        account: AccountId::from_uuid(row.account_id),
        realm: Realm::from_code(&row.realm).ok_or(Place(TABLE, "realm").broken())?,
        method: SignInMethod::from_code(&row.method).ok_or(Place(TABLE, "method").broken())?,
        created: moment(row.created_at),
        seen: moment(row.seen_at),
        proven: moment(row.proven_at),
        idle_until: moment(row.idle_until),
        ends: moment(row.ends_at),
        seat: row.representative_id.map(RepresentativeId::from_uuid),
        origin: None,
    })
}
