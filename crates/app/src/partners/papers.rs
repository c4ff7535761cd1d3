//! The papers of partners: added after a look through them, opened by a recorded look.

use serde_json::json;
use yuntu_policy::{Action, PartnerPaperKind, decide_partner_view};
use yuntu_store::{CheckedFile, PaperOf, StoreError, Tx};
use yuntu_terms::{ClauseId, PaperId, PartnerId, clause};

use super::of_partner;
use crate::caller::{Caller, entry};
use crate::certification::{CertificationError, OpenedFile, file_of};
use crate::error::{AppError, Said};
use crate::platform::Platform;

/// A file that shows something about a partner.
pub struct NewPartnerPaper {
    /// What it shows.
    pub kind: PartnerPaperKind,
    /// The name that the file came with.
    pub name: String,
    /// The file.
    pub bytes: Vec<u8>,
}

// A paper names who signed it.
impl std::fmt::Debug for NewPartnerPaper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewPartnerPaper").finish_non_exhaustive()
    }
}

impl Platform {
    /// Adds a paper to a partner, after looking through it. The next version that is put in force rests on the newest of each
    /// kind; what is in force keeps naming the one that it rests on.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not keep the register; [`CertificationError::File`] when the file is hostile,
    /// damaged or of another kind; [`AppError::Invalid`] when the partner has ended or has as many as it may;
    /// [`AppError::Missing`] when there is no such partner.
    /// # Clause
    /// R16, R22
    pub async fn add_partner_paper(
        &self,
        caller: &Caller,
        partner: PartnerId,
        new: NewPartnerPaper,
    ) -> Result<PaperId, AppError> {
        clause::hit!(R16);
        self.authorise(caller, Action::ManagePartners).await?;
        self.standing_partner(caller, partner).await?;
        let file = CheckedFile::check(&new.name, new.bytes).map_err(CertificationError::File)?;
        let of = PaperOf::Enterprise(caller.enterprise);
        let sealed = self.store().seal_paper(of, &file).await?;
        let actor = self.pseudonym(caller).await?;
        let (own, kind) = ((caller.enterprise, partner), new.kind);
        self.store()
            .run_tx("partner.paper", async |tx: Tx| {
                tx.add_partner_paper(own, caller.representative, kind, &sealed)
                    .await?;
                let body = json!({
                    "enterprise": caller.enterprise, "partner": partner,
                    "paper": sealed.id(), "kind": kind, "digest": sealed.digest(),
                });
                let clauses = [ClauseId::r(16), ClauseId::r(22)];
                let noted = entry(&tx, "partner.paper_added", &clauses, actor, body)?;
                tx.append_own(caller, &noted).await?;
                Ok::<_, AppError>(())
            })
            .await
            .map_err(of_paper)?;
        Ok(sealed.id())
    }

    /// Opens a paper of a partner for who may keep the register; the look is in the ledger and beside the paper before the file
    /// leaves.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not keep the register; [`AppError::Missing`] when the partner has no such paper.
    /// # Clause
    /// R16, R22, R23
    pub async fn open_partner_paper(
        &self,
        caller: &Caller,
        partner: PartnerId,
        paper: PaperId,
    ) -> Result<OpenedFile, AppError> {
        clause::hit!(R23);
        let missing = || AppError::Missing { what: "paper" };
        let role = self.authorise(caller, Action::ManagePartners).await?;
        let enterprise = caller.enterprise;
        let read = self.store().read();
        let papers = read.list_partner_papers(enterprise, partner).await?;
        if !papers.iter().any(|it| it.paper.paper == paper) {
            return Err(missing());
        }
        let of = PaperOf::Enterprise(enterprise);
        let opened = self.store().open_paper(of, paper).await?;
        let opened = opened.ok_or_else(missing)?;
        let view = decide_partner_view(role, enterprise).ok_or(AppError::Internal {
            what: "the view of who keeps the register of partners",
        })?;
        let actor = self.pseudonym(caller).await?;
        self.store()
            .run_tx("partner.open", async |tx: Tx| {
                let body = json!({
                    "enterprise": enterprise, "partner": partner, "paper": paper,
                });
                let clauses = [ClauseId::r(16), ClauseId::r(23)];
                let noted = entry(&tx, "partner.paper_opened", &clauses, actor, body)?;
                let leaf = tx.append_own(caller, &noted).await?;
                tx.note_paper_look(enterprise, (paper, caller.representative), leaf)
                    .await?;
                Ok::<_, AppError>(())
            })
            .await?;
        let warrant = self.view_as(caller, view).await?;
        file_of((&opened.name, &opened.bytes), opened.paper.kind, &warrant)
    }
}

fn of_paper(error: AppError) -> AppError {
    let full = matches!(
        &error,
        AppError::Store(StoreError::Invalid { what: "papers", .. })
    );
    if full {
        AppError::Invalid {
            what: "papers",
            reason: Said::new(
                "一个合作方最多 60 份文件",
                "a partner has at most 60 papers",
            ),
        }
    } else {
        of_partner(error)
    }
}
