use serde_json::json;
use yuntu_outbound::{FactorNews, Message};
use yuntu_store::{
    CeremonyGoal, FactorKind, HeldPasskey, NewCeremony, Realm, SealedFactor, SealedUse, Session,
    SessionEnd, SignInMethod, StoreError, Tx,
};
use yuntu_terms::{AccountId, CeremonyId, ClauseId, FactorId, Pii, clause};
use yuntu_vault::{PasskeyAnswer, PasskeyError, PasskeyPerson, PasskeySite};

use super::FactorAdded;
use crate::accounts::{AccountError, SignedIn, Visit};
use crate::caller::entry;
use crate::error::AppError;
use crate::platform::Platform;

/// A ceremony that a browser is asked to go through.
#[derive(Debug)]
pub struct Ceremony {
    /// Which; it goes into the form that brings the answer.
    pub id: CeremonyId,
    /// What the browser is asked, as JSON.
    pub options: String,
}

/// The answer of a ceremony, as the form brings it.
#[derive(Debug)]
pub struct CeremonyAnswer {
    /// Which ceremony.
    pub id: CeremonyId,
    /// What the browser said, as JSON.
    pub json: String,
}

/// What a person calls a passkey: 1 to 40 characters in one line.
#[derive(Debug)]
pub struct PasskeyLabel(Pii<String>);

impl PasskeyLabel {
    const CHARS_MAX: usize = 40;

    /// Takes a name as a person types it.
    ///
    /// # Errors
    /// [`AccountError::Label`].
    /// # Clause
    /// R2
    pub fn parse(typed: &str) -> Result<Self, AccountError> {
        let text = typed.trim();
        let fits = (1..=Self::CHARS_MAX).contains(&text.chars().count());
        if fits && !text.chars().any(char::is_control) {
            Ok(Self(Pii::new(text.to_owned())))
        } else {
            Err(AccountError::Label)
        }
    }
}

impl Platform {
    fn passkey_site(&self) -> Result<&PasskeySite, AppError> {
        let site = self.passkeys.as_deref();
        site.ok_or(AppError::Internal {
            what: "no origin for passkeys",
        })
    }

    /// Says whether passkeys are possible: the origin of the site is known.
    #[must_use]
    pub fn has_passkeys(&self) -> bool {
        self.passkeys.is_some()
    }

    /// Begins to add a passkey to a person's account.
    ///
    /// # Errors
    /// [`AccountError::ProofNeeded`] unless she has just shown who she is, with a second factor where she has one.
    /// # Clause
    /// R2
    pub async fn begin_passkey(
        &self,
        session: &Session,
        network: &Pii<String>,
    ) -> Result<Ceremony, AppError> {
        self.needs_second_proof(session).await?;
        self.begin_passkey_of(session.account, network).await
    }

    pub(crate) async fn begin_passkey_of(
        &self,
        account: AccountId,
        network: &Pii<String>,
    ) -> Result<Ceremony, AppError> {
        let known = self.store().list_passkeys(account).await?;
        let known: Vec<&[u8]> = known.iter().map(|held| held.kept.expose()).collect();
        let name = super::totp::label_of(account);
        let person = PasskeyPerson {
            handle: *account.uuid().as_bytes(),
            name: &name,
        };
        let begun = self.passkey_site()?.begin_registration(person, &known);
        let begun = begun.map_err(fault)?;
        let goal = CeremonyGoal::Add;
        let whose = (Some(account), network);
        self.open_ceremony(whose, goal, &begun.state, begun.options)
            .await
    }

    /// Begins a proof by a passkey, by anybody: to sign in, as a second step, or in a session.
    ///
    /// # Errors
    /// [`AccountError::TooOften`] when the network began too many, [`AppError::Store`].
    /// # Clause
    /// R2
    pub async fn begin_passkey_proof(&self, network: &Pii<String>) -> Result<Ceremony, AppError> {
        let begun = self.passkey_site()?.begin_proof().map_err(fault)?;
        let goal = CeremonyGoal::SignIn;
        self.open_ceremony((None, network), goal, &begun.state, begun.options)
            .await
    }

    async fn open_ceremony(
        &self,
        (account, network): (Option<AccountId>, &Pii<String>),
        goal: CeremonyGoal,
        state: &[u8],
        options: String,
    ) -> Result<Ceremony, AppError> {
        clause::hit!(R2);
        let id: CeremonyId = self.new_id()?;
        let network = self.store().network_mac(network).await?;
        let actor = match account {
            Some(account) => self.store().account_pseudonym(account).await?,
            None => self.store().stranger_pseudonym(id).await?,
        };
        let new = NewCeremony {
            id,
            account,
            goal,
            state,
            network,
        };
        let limit = self
            .store()
            .run_tx("ceremony.open", async |tx: Tx| {
                if let Some(limit) = tx.open_ceremony(&new).await? {
                    return Ok::<_, AppError>(Some(limit));
                }
                let body = json!({ "ceremony": id, "goal": goal.code() });
                let begun = entry(&tx, "ceremony.begun", &[ClauseId::r(2)], actor, body)?;
                tx.append(&begun).await?;
                Ok(None)
            })
            .await?;
        match limit {
            None => Ok(Ceremony { id, options }),
            Some(limit) => Err(AccountError::TooOften { until: limit.until }.into()),
        }
    }

    /// Takes the state of a ceremony; it is used up whatever the answer is worth.
    async fn take_ceremony(
        &self,
        id: CeremonyId,
        account: Option<AccountId>,
        goal: CeremonyGoal,
    ) -> Result<Vec<u8>, AppError> {
        let actor = self.store().stranger_pseudonym(id).await?;
        let state = self
            .store()
            .run_tx("ceremony.take", async |tx: Tx| {
                let state = tx.take_ceremony(id, account, goal).await?;
                let body = json!({ "ceremony": id, "goal": goal.code(), "good": state.is_some() });
                tx.append(&entry(
                    &tx,
                    "ceremony.ended",
                    &[ClauseId::r(2)],
                    actor,
                    body,
                )?)
                .await?;
                Ok::<_, AppError>(state)
            })
            .await?;
        Ok(state.ok_or(AccountError::Passkey)?)
    }

    /// Checks the answer of a ceremony that makes a passkey for an account, and seals what is kept of it.
    pub(crate) async fn made_passkey(
        &self,
        account: AccountId,
        answer: &CeremonyAnswer,
        label: &PasskeyLabel,
    ) -> Result<SealedFactor, AppError> {
        let goal = CeremonyGoal::Add;
        let state = self.take_ceremony(answer.id, Some(account), goal).await?;
        let site = self.passkey_site()?;
        let made = site.finish_registration(&state, &answer.json);
        let made = made.map_err(fault)?;
        let sealed = self
            .store()
            .seal_passkey(account, &made.credential, &made.kept, &label.0);
        Ok(sealed.await?)
    }

    /// Adds the passkey that a ceremony made. Her other sessions end, each of her addresses is told, and with her first
    /// factor she gets recovery codes.
    ///
    /// # Errors
    /// [`AccountError::Passkey`] when the ceremony was used, is over, of another account, or its answer is not right.
    /// # Clause
    /// R2
    pub async fn add_passkey(
        &self,
        session: &Session,
        answer: &CeremonyAnswer,
        label: &PasskeyLabel,
    ) -> Result<FactorAdded, AppError> {
        clause::hit!(R2);
        self.needs_second_proof(session).await?;
        let (account, store) = (session.account, self.store());
        let sealed = self.made_passkey(account, answer, label).await?;
        let (codes, hashes) = self.first_recovery_codes(account).await?;
        let (now, lang) = (self.now(), self.lang_of(account).await?);
        let notices = self
            .seal_to_all(account, |to| {
                Message::factor_changed(to, lang, FactorNews::Added, now)
            })
            .await?;
        let actor = store.account_pseudonym(account).await?;
        let secret = store
            .run_tx("passkey.add", async |tx: Tx| {
                tx.add_passkey(&sealed).await.map_err(refused)?;
                if !hashes.is_empty() {
                    tx.replace_recovery_codes(account, &hashes).await?;
                }
                let why = SessionEnd::FactorsChanged;
                let ended = tx.end_all_but(account, Some(session.id), why).await?;
                let method = SignInMethod::Passkey;
                let secret = tx.prove_session(account, session.id, method).await?;
                let mut told = Vec::new();
                for notice in &notices {
                    notice.put(&tx).await?;
                    told.push(notice.noted());
                }
                let body = json!({
                    "factor": sealed.id(), "kind": FactorKind::Passkey.code(),
                    "sessions_ended": ended, "recovery_codes": hashes.len(), "told": told,
                });
                let added = entry(&tx, "factor.added", &[ClauseId::r(2)], actor, body)?;
                tx.append_own(session, &added).await?;
                Ok::<_, AppError>(secret)
            })
            .await?;
        Ok(FactorAdded { codes, secret })
    }

    /// Gives one of a person's passkeys another name.
    ///
    /// # Errors
    /// [`AppError::Store`] when she has no such passkey.
    /// # Clause
    /// R2
    pub async fn label_passkey(
        &self,
        session: &Session,
        factor: FactorId,
        label: &PasskeyLabel,
    ) -> Result<(), AppError> {
        let (account, store) = (session.account, self.store());
        let sealed = store.seal_factor_label(account, factor, &label.0).await?;
        let actor = store.account_pseudonym(account).await?;
        store
            .run_tx("passkey.label", async |tx: Tx| {
                tx.label_factor(&sealed).await?;
                let body = json!({ "factor": factor });
                let named = entry(&tx, "factor.labelled", &[ClauseId::r(2)], actor, body)?;
                tx.append_own(session, &named).await?;
                Ok::<_, AppError>(())
            })
            .await
    }

    /// Signs in whoever uses a passkey of an account of the public: it made sure of her itself, so it is both factors.
    ///
    /// # Errors
    /// [`AccountError::Passkey`], or an account that is suspended.
    /// # Clause
    /// R2
    pub async fn sign_in_by_passkey(
        &self,
        answer: &CeremonyAnswer,
        visit: Visit,
    ) -> Result<SignedIn, AppError> {
        self.passkey_sign_in(Realm::Public, answer, visit).await
    }

    /// Signs in an operator by her passkey.
    ///
    /// # Errors
    /// As [`Platform::sign_in_by_passkey`].
    /// # Clause
    /// R2, R23
    pub async fn sign_in_operator_by_passkey(
        &self,
        answer: &CeremonyAnswer,
        visit: Visit,
    ) -> Result<SignedIn, AppError> {
        self.passkey_sign_in(Realm::Operator, answer, visit).await
    }

    async fn passkey_sign_in(
        &self,
        realm: Realm,
        answer: &CeremonyAnswer,
        visit: Visit,
    ) -> Result<SignedIn, AppError> {
        let (held, used) = self.proven_by_passkey(answer).await?;
        let account = held.account;
        if self.active(account).await?.realm != realm {
            return Err(AccountError::Passkey.into());
        }
        let method = SignInMethod::Passkey;
        let session = self.seal_sign_in(account, method, visit).await?;
        let actor = self.store().account_pseudonym(account).await?;
        let secret = self
            .store()
            .run_tx("passkey.sign_in", async |tx: Tx| {
                tx.use_passkey(&used).await.map_err(refused)?;
                tx.forgive_totp_failures(account).await?;
                for mac in tx.read().list_address_macs(account).await? {
                    tx.forgive_failures(&mac).await?;
                }
                let secret = tx.open_session(&session).await?;
                let body = json!({
                    "session": session.id(), "method": method.code(), "factor": held.id,
                });
                let opened = entry(&tx, "session.opened", &[ClauseId::r(2)], actor, body)?;
                tx.append_own(&session, &opened).await?;
                Ok::<_, AppError>(secret)
            })
            .await?;
        Ok(SignedIn {
            account,
            session: session.id(),
            secret,
        })
    }

    /// Checks the answer of a proof; says which passkey it was and what is kept of it from now on.
    pub(super) async fn proven_by_passkey(
        &self,
        answer: &CeremonyAnswer,
    ) -> Result<(HeldPasskey, SealedUse), AppError> {
        clause::hit!(R2);
        let goal = CeremonyGoal::SignIn;
        let state = self.take_ceremony(answer.id, None, goal).await?;
        let proof = PasskeyAnswer::parse(&answer.json).map_err(fault)?;
        let store = self.store();
        let held = store.find_passkey(&proof.credential()).await?;
        let held = held.ok_or(AccountError::Passkey)?;
        let site = self.passkey_site()?;
        let after = site.finish_proof(&state, &proof, held.kept.expose());
        let after = after.map_err(fault)?;
        let used = store.seal_passkey_use(&held, &after).await?;
        Ok((held, used))
    }
}

fn fault(error: PasskeyError) -> AppError {
    match error {
        PasskeyError::Malformed | PasskeyError::Refused => AccountError::Passkey.into(),
        PasskeyError::Damaged => AppError::Internal {
            what: "the state of a passkey",
        },
    }
}

/// A passkey that is there already, or was used by somebody else at the same moment, proves nothing.
pub(crate) fn refused(error: StoreError) -> AppError {
    if let StoreError::Conflict { .. } = error {
        AccountError::Passkey.into()
    } else {
        error.into()
    }
}
