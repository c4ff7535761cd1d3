//! The papers on which a declaration rests: added, opened by a recorded look, taken back with a reason.

use serde_json::json;
use yuntu_policy::{Action, Evidence, EvidenceKind, decide_declaration_view};
use yuntu_store::{CheckedFile, PaperOf, StoreError, Tx};
use yuntu_terms::{ClauseId, DatasetId, PaperId, clause};

use super::of_paper;
use crate::caller::{Caller, entry};
use crate::certification::{CertificationError, OpenedFile, file_of};
use crate::error::{AppError, Said};
use crate::platform::Platform;

/// How many characters a reason may have.
const REASON_CHARS_MAX: usize = 200;

/// A file that shows something about the source of a dataset.
pub struct NewEvidence {
    /// What it shows.
    pub kind: EvidenceKind,
    /// The name that the file came with.
    pub name: String,
    /// The file.
    pub bytes: Vec<u8>,
}

// A paper is about people.
impl std::fmt::Debug for NewEvidence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewEvidence").finish_non_exhaustive()
    }
}

impl Platform {
    /// Adds a paper to a dataset, after looking through it; a declaration names it to rest on it.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not declare; [`CertificationError::File`] when the file is hostile, damaged or
    /// of another kind; [`AppError::Invalid`] when the dataset has as many as it may; [`AppError::Missing`] when there is no
    /// such dataset.
    /// # Clause
    /// U3, R22
    pub async fn add_evidence(
        &self,
        caller: &Caller,
        dataset: DatasetId,
        new: NewEvidence,
    ) -> Result<PaperId, AppError> {
        clause::hit!(U3);
        self.authorise(caller, Action::DeclareSource).await?;
        self.own_dataset(caller, dataset).await?;
        let file = CheckedFile::check(&new.name, new.bytes).map_err(CertificationError::File)?;
        let of = PaperOf::Enterprise(caller.enterprise);
        let sealed = self.store().seal_paper(of, &file).await?;
        let actor = self.pseudonym(caller).await?;
        let (own, kind) = ((caller.enterprise, dataset), new.kind);
        self.store()
            .run_tx("evidence.add", async |tx: Tx| {
                tx.add_evidence(own, caller.representative, kind, &sealed)
                    .await?;
                let body = json!({
                    "enterprise": caller.enterprise, "dataset": dataset,
                    "paper": sealed.id(), "kind": kind, "digest": sealed.digest(),
                });
                let clauses = [ClauseId::u(3), ClauseId::r(22)];
                tx.append_own(
                    caller,
                    &entry(&tx, "evidence.added", &clauses, actor, body)?,
                )
                .await?;
                Ok(())
            })
            .await
            .map_err(of_evidence)?;
        Ok(sealed.id())
    }

    /// Takes a paper back, such as one that was wrong or replaced. A version in force that rests on it opens nothing more
    /// unless its other papers prove enough.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not declare; [`AppError::Invalid`] without a reason; [`AppError::Missing`] when
    /// the dataset has no such paper that was not taken back.
    /// # Clause
    /// U3
    pub async fn revoke_evidence(
        &self,
        caller: &Caller,
        dataset: DatasetId,
        paper: PaperId,
        reason: &str,
    ) -> Result<(), AppError> {
        clause::hit!(U3);
        self.authorise(caller, Action::DeclareSource).await?;
        self.own_dataset(caller, dataset).await?;
        let reason = reason.trim();
        let length = reason.chars().count();
        if length == 0 || length > REASON_CHARS_MAX || reason.contains(char::is_control) {
            return Err(AppError::Invalid {
                what: "reason",
                reason: Said::new(
                    "请写明理由，单行，最多 200 个字符",
                    "say why, in one line of at most 200 characters",
                ),
            });
        }
        let actor = self.pseudonym(caller).await?;
        let own = (caller.enterprise, dataset);
        self.store()
            .run_tx("evidence.revoke", async |tx: Tx| {
                tx.revoke_evidence(own, paper, (caller.representative, reason))
                    .await?;
                let body = json!({
                    "enterprise": caller.enterprise, "dataset": dataset, "paper": paper,
                });
                let clauses = [ClauseId::u(3)];
                tx.append_own(
                    caller,
                    &entry(&tx, "evidence.revoked", &clauses, actor, body)?,
                )
                .await?;
                Ok::<_, AppError>(())
            })
            .await
            .map_err(of_paper)
    }

    /// Opens a paper of a dataset for who may declare its source; the look is in the ledger and beside the paper before the
    /// file leaves.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not declare; [`AppError::Missing`] when the dataset has no such paper.
    /// # Clause
    /// U3, R22, R23
    pub async fn open_evidence(
        &self,
        caller: &Caller,
        dataset: DatasetId,
        paper: PaperId,
    ) -> Result<OpenedFile, AppError> {
        clause::hit!(R23);
        let missing = || AppError::Missing { what: "paper" };
        let role = self.authorise(caller, Action::DeclareSource).await?;
        let enterprise = caller.enterprise;
        let papers = self
            .store()
            .read()
            .list_evidence(enterprise, dataset)
            .await?;
        let known = papers.iter().any(|it| it.evidence.paper == paper);
        if !known {
            return Err(missing());
        }
        let of = PaperOf::Enterprise(enterprise);
        let opened = self.store().open_paper(of, paper).await?;
        let opened = opened.ok_or_else(missing)?;
        let view = decide_declaration_view(role, enterprise).ok_or(AppError::Internal {
            what: "the view of who declares a source",
        })?;
        let actor = self.pseudonym(caller).await?;
        self.store()
            .run_tx("evidence.open", async |tx: Tx| {
                let body = json!({
                    "enterprise": enterprise, "dataset": dataset, "paper": paper,
                });
                let clauses = [ClauseId::u(3), ClauseId::r(23)];
                let noted = entry(&tx, "evidence.opened", &clauses, actor, body)?;
                let leaf = tx.append_own(caller, &noted).await?;
                tx.note_paper_look(enterprise, (paper, caller.representative), leaf)
                    .await?;
                Ok::<_, AppError>(())
            })
            .await?;
        let warrant = self.view_as(caller, view).await?;
        file_of((&opened.name, &opened.bytes), opened.paper.kind, &warrant)
    }

    /// Finds the papers that a declaration names; one that was taken back, is gone or belongs elsewhere is none.
    pub(super) async fn named_evidence(
        &self,
        caller: &Caller,
        dataset: DatasetId,
        named: &[PaperId],
    ) -> Result<Vec<Evidence>, AppError> {
        let read = self.store().read();
        let papers = read.list_evidence(caller.enterprise, dataset).await?;
        let mut found: Vec<Evidence> = Vec::with_capacity(named.len());
        for &paper in named {
            let known = papers
                .iter()
                .find(|it| it.evidence.paper == paper && it.revoked.is_none());
            let known = known.ok_or(AppError::Missing { what: "paper" })?;
            if !found.contains(&known.evidence) {
                found.push(known.evidence);
            }
        }
        Ok(found)
    }
}

fn of_evidence(error: AppError) -> AppError {
    let full = matches!(
        &error,
        AppError::Store(StoreError::Invalid {
            what: "evidence",
            ..
        })
    );
    if full {
        AppError::Invalid {
            what: "evidence",
            reason: Said::new(
                "一个数据集最多 60 份证明文件",
                "a dataset has at most 60 papers",
            ),
        }
    } else {
        of_paper(error)
    }
}
