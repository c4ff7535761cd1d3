//! The register of partners: registered as a draft, put in force with its papers, suspended, resumed, ended (R15, R16).

use serde_json::json;
use yuntu_policy::{Action, PartnerAgreement, PartnerGap, Standing, StopReason};
use yuntu_store::{NewPartnerAgreement, Partner, StoreError, Tx};
use yuntu_terms::{ClauseId, Digest, PartnerId, Pii, Recipient, clause};

use crate::caller::{Caller, entry};
use crate::error::{AppError, Said};
use crate::platform::Platform;

mod check;
mod papers;
mod show;

pub use papers::NewPartnerPaper;
pub use show::{PartnerPaperView, PartnerVersionView, PartnerView};

/// How many characters each of the longer texts may have.
pub const PARTNER_TEXT_CHARS_MAX: usize = 4_000;

/// What somebody says of a partner; anything but name and region may be missing until it is put in force.
#[derive(Debug)]
pub struct TypedPartner {
    /// What is said of it and of the agreement.
    pub terms: PartnerAgreement,
    /// How it is reached: an email address or a phone number.
    pub contact: Option<Pii<String>>,
}

/// What becomes of a partner by the word of somebody who may keep the register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartnerMove {
    /// It receives nothing until it is resumed.
    Suspend,
    /// It receives again what its agreement covers.
    Resume,
    /// It receives nothing any more.
    End,
}

impl PartnerMove {
    /// Says from which standings it leads to which, and how the ledger calls it.
    const fn step(self) -> (&'static [Standing], Standing, &'static str) {
        match self {
            Self::Suspend => (&[Standing::Active], Standing::Frozen, "partner.suspended"),
            Self::Resume => (&[Standing::Frozen], Standing::Active, "partner.resumed"),
            Self::End => (
                &[Standing::Pending, Standing::Active, Standing::Frozen],
                Standing::Ended,
                "partner.ended",
            ),
        }
    }
}

impl Platform {
    /// Lists the partners in the register of the caller's enterprise, by name.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not read reports.
    /// # Clause
    /// R15
    pub async fn partners(&self, caller: &Caller) -> Result<Vec<Partner>, AppError> {
        self.authorise(caller, Action::ViewReport).await?;
        Ok(self.store().read().list_partners(caller.enterprise).await?)
    }

    /// Enters a partner into the register, as a draft by which it receives nothing.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not keep the register; [`AppError::Invalid`] when something cannot be what it
    /// is said to be, or the register is full.
    /// # Clause
    /// R15, R16
    pub async fn register_partner(
        &self,
        caller: &Caller,
        typed: TypedPartner,
    ) -> Result<PartnerId, AppError> {
        clause::hit!(R15);
        self.authorise(caller, Action::ManagePartners).await?;
        let new = self.checked_partner(typed)?;
        let sealed = self
            .store()
            .seal_partner_agreement(caller.enterprise, &new)
            .await?;
        let actor = self.pseudonym(caller).await?;
        let (enterprise, by) = (caller.enterprise, caller.representative);
        self.store()
            .run_tx("partner.register", async |tx: Tx| {
                let id = tx.register_partner(enterprise, by, &sealed).await?;
                let body = json!({
                    "enterprise": enterprise, "partner": id, "region": new.terms.region,
                    "role": new.terms.role,
                });
                let clauses = [ClauseId::r(15), ClauseId::r(16)];
                let noted = entry(&tx, "partner.registered", &clauses, actor, body)?;
                tx.append_own(caller, &noted).await?;
                Ok::<_, AppError>(id)
            })
            .await
            .map_err(of_register)
    }

    /// Keeps what is said of a partner now as its draft; what is in force stays so until the draft takes its place. Returns the
    /// number of the version.
    ///
    /// # Errors
    /// As [`Platform::register_partner`]; [`AppError::Missing`] when the enterprise has no such partner that has not ended.
    /// # Clause
    /// R15, R16
    pub async fn correct_partner(
        &self,
        caller: &Caller,
        id: PartnerId,
        typed: TypedPartner,
    ) -> Result<u64, AppError> {
        clause::hit!(R16);
        self.authorise(caller, Action::ManagePartners).await?;
        self.standing_partner(caller, id).await?;
        let new = self.checked_partner(typed)?;
        let sealed = self
            .store()
            .seal_partner_agreement(caller.enterprise, &new)
            .await?;
        let actor = self.pseudonym(caller).await?;
        let (enterprise, by) = (caller.enterprise, caller.representative);
        self.store()
            .run_tx("partner.draft", async |tx: Tx| {
                let version = tx.draft_partner((enterprise, id), by, &sealed).await?;
                let body = json!({"enterprise": enterprise, "partner": id, "version": version});
                let clauses = [ClauseId::r(15), ClauseId::r(16)];
                let noted = entry(&tx, "partner.drafted", &clauses, actor, body)?;
                tx.append_own(caller, &noted).await?;
                Ok::<_, AppError>(version)
            })
            .await
            .map_err(of_partner)
    }

    /// Puts the draft that was shown in force, with the newest paper of each kind; returns its digest. From here on a run
    /// towards the partner is decided by it.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not keep the register; [`AppError::Partner`] with all that is missing, and
    /// nothing is recorded; [`AppError::Missing`] when the enterprise has no such partner that has not ended, or its draft is
    /// not the one that was shown.
    /// # Clause
    /// R13, R15, R16
    pub async fn enforce_partner(
        &self,
        caller: &Caller,
        id: PartnerId,
        shown: u64,
    ) -> Result<Digest, AppError> {
        clause::hit!(R16);
        self.authorise(caller, Action::ManagePartners).await?;
        self.standing_partner(caller, id).await?;
        let gaps = self.partner_gaps(caller, id).await?;
        if !gaps.is_empty() {
            return Err(AppError::Partner(gaps));
        }
        let actor = self.pseudonym(caller).await?;
        let (enterprise, by) = (caller.enterprise, caller.representative);
        self.store()
            .run_tx("partner.enforce", async |tx: Tx| {
                let digest = tx.enforce_partner((enterprise, id), by, shown).await?;
                let partner = tx.read().find_partner(enterprise, id).await?;
                let ends = partner.and_then(|it| it.facts.ends());
                let body = json!({
                    "enterprise": enterprise, "partner": id, "version": shown, "digest": digest,
                    "until": ends,
                });
                let clauses = [ClauseId::r(13), ClauseId::r(15), ClauseId::r(16)];
                let noted = entry(&tx, "partner.enforced", &clauses, actor, body)?;
                tx.append_own(caller, &noted).await?;
                Ok::<_, AppError>(digest)
            })
            .await
            .map_err(of_partner)
    }

    /// Suspends, resumes or ends a partner. Whatever it was to receive is stopped the moment it may receive no more, and the
    /// next decision refuses.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not keep the register; [`AppError::Invalid`] without a reason, or when the
    /// partner does not stand so that this can be done; [`AppError::Missing`] when the enterprise has no such partner.
    /// # Clause
    /// R15
    pub async fn move_partner(
        &self,
        caller: &Caller,
        id: PartnerId,
        (step, reason): (PartnerMove, &str),
    ) -> Result<(), AppError> {
        clause::hit!(R15);
        self.authorise(caller, Action::ManagePartners).await?;
        let found = self.own_partner(caller, id).await?;
        let reason = check::reason(reason)?;
        let (before, after, kind) = step.step();
        let fits = found.facts.standing.is_some_and(|it| before.contains(&it));
        if !fits {
            return Err(AppError::Invalid {
                what: "act",
                reason: Said::new(
                    "合作方现在的状态不能这样做；请查看其现状",
                    "the partner does not stand so that this can be done; look how it stands",
                ),
            });
        }
        let actor = self.pseudonym(caller).await?;
        let enterprise = caller.enterprise;
        self.store()
            .run_tx("partner.move", async |tx: Tx| {
                tx.move_partner((enterprise, id), (before, after), reason)
                    .await?;
                let body = json!({"enterprise": enterprise, "partner": id});
                let noted = entry(&tx, kind, &[ClauseId::r(15)], actor, body)?;
                tx.append_own(caller, &noted).await?;
                Ok::<_, AppError>(())
            })
            .await
            .map_err(of_partner)?;
        if after != Standing::Active {
            let to = Some(Recipient::Partner(id));
            self.stop_where(StopReason::PartnerEnded, |work| work.recipient == to);
        }
        Ok(())
    }

    /// Finds a partner of the caller's enterprise.
    pub(crate) async fn own_partner(
        &self,
        caller: &Caller,
        id: PartnerId,
    ) -> Result<Partner, AppError> {
        let read = self.store().read();
        let found = read.find_partner(caller.enterprise, id).await?;
        found.ok_or(AppError::Missing { what: "partner" })
    }

    /// Finds a partner of the caller's enterprise of which more can be said.
    async fn standing_partner(&self, caller: &Caller, id: PartnerId) -> Result<Partner, AppError> {
        let found = self.own_partner(caller, id).await?;
        if found.facts.standing == Some(Standing::Ended) {
            return Err(AppError::Invalid {
                what: "partner",
                reason: ENDED,
            });
        }
        Ok(found)
    }

    /// Asks that each partner whom somebody names as a recipient is on the enterprise's register and has not ended.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for the first that is not.
    /// # Clause
    /// R15
    pub(crate) async fn check_recipients(
        &self,
        caller: &Caller,
        recipients: impl IntoIterator<Item = Recipient> + Send,
    ) -> Result<(), AppError> {
        clause::hit!(R15);
        let mut named = recipients
            .into_iter()
            .filter_map(|recipient| match recipient {
                Recipient::Partner(id) => Some(id),
                Recipient::Enterprise | Recipient::Public => None,
            });
        let Some(first) = named.next() else {
            return Ok(());
        };
        let known = self.store().read().list_partners(caller.enterprise).await?;
        for id in std::iter::once(first).chain(named) {
            let found = known.iter().find(|it| it.facts.id == id);
            let reason = match found.map(|it| it.facts.standing) {
                None => UNKNOWN,
                Some(Some(Standing::Ended)) => ENDED,
                Some(_) => continue,
            };
            return Err(AppError::Invalid {
                what: "recipient",
                reason,
            });
        }
        Ok(())
    }

    /// Lists what the draft of a partner lacks, or nothing where there is none.
    async fn partner_gaps(
        &self,
        caller: &Caller,
        id: PartnerId,
    ) -> Result<Vec<PartnerGap>, AppError> {
        let read = self.store().read();
        let versions = read.list_partner_versions(caller.enterprise, id).await?;
        let draft = versions.first().filter(|it| it.enforced.is_none());
        let Some(draft) = draft else {
            return Ok(Vec::new());
        };
        let papers = read.newest_partner_papers(caller.enterprise, id).await?;
        Ok(show::gaps_of(draft, &papers, self.now()))
    }

    fn checked_partner(&self, typed: TypedPartner) -> Result<NewPartnerAgreement, AppError> {
        let contact = check::contact(typed.contact.as_ref())?;
        let terms = check::terms(typed.terms, self.statement())?;
        Ok(NewPartnerAgreement { terms, contact })
    }
}

/// Why a partner that is none of the register cannot be named.
pub(crate) const UNKNOWN: Said = Said::new(
    "recipient 不是已登记的合作方",
    "`recipient` is no partner on the register",
);

/// Why a partner that has ended cannot be named.
pub(crate) const ENDED: Said = Said::new(
    "与该合作方的合作已终止；再次合作须重新登记",
    "the partner has ended; to work with it again, register it anew",
);

/// What changed between two looks is told as what is not there.
fn of_partner(error: AppError) -> AppError {
    if let AppError::Store(StoreError::Missing { what }) = &error {
        AppError::Missing { what }
    } else {
        error
    }
}

fn of_register(error: AppError) -> AppError {
    let full = matches!(
        &error,
        AppError::Store(StoreError::Invalid {
            what: "partners",
            ..
        })
    );
    if full {
        AppError::Invalid {
            what: "partners",
            reason: Said::new(
                "登记册最多 200 个合作方",
                "the register has at most 200 partners",
            ),
        }
    } else {
        of_partner(error)
    }
}
