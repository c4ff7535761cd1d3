use serde_json::json;
use yuntu_consent::{DatasetScope, kind_for};
use yuntu_policy::Action;
use yuntu_store::{CheckedFile, PaperOf, ScopeVersion, Tx};
use yuntu_terms::{ClauseId, ConsentKind, ConsentStatus, DatasetId, Digest, Purpose, clause};

use crate::caller::{Caller, entry};
use crate::certification::CertificationError;
use crate::error::{AppError, Said};
use crate::platform::Platform;

/// How many proofs a version may name.
const EVIDENCE_MAX: usize = 50;

impl Platform {
    /// Declares what the people of a dataset agreed to, for those without a record of their own: a new version, beside the
    /// earlier ones.
    ///
    /// What goes beyond the version before it needs its proof: a paper of express consent, by its digest.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not record consent; [`AppError::Invalid`] when something is missing.
    /// # Clause
    /// U4
    pub async fn declare_scope(
        &self,
        caller: &Caller,
        dataset: DatasetId,
        (scope, evidence): (&DatasetScope, &[Digest]),
    ) -> Result<u64, AppError> {
        clause::hit!(U4);
        self.authorise(caller, Action::RecordConsent).await?;
        self.own_dataset(caller, dataset).await?;
        let rules = self.consent_rules(caller).await?;
        let versions = self.store().read();
        let versions = versions.list_scopes(caller.enterprise, dataset).await?;
        let before = versions.first().map(|it| &it.scope);
        let wider = before.is_some_and(|before| !scope.is_within(before));
        if let Some((what, reason)) = fault_of(scope, evidence, wider) {
            return Err(AppError::Invalid { what, reason });
        }
        for purpose in &scope.purposes {
            let known = rules.purpose(purpose.as_str());
            known.map_err(|reason| AppError::Invalid {
                what: "purpose",
                reason,
            })?;
            if self.covers_nobody(purpose, scope.kind) {
                return Err(AppError::Invalid {
                    what: "kind",
                    reason: Said::new(
                        "所选目的须有更严格的同意方式；如此申报不涵盖任何人",
                        "a purpose asks for a stricter kind of consent; declared so, it would cover nobody",
                    ),
                });
            }
        }
        for recipient in &scope.recipients {
            let known = rules.check_recipient(*recipient, ConsentStatus::Given);
            known.map_err(|reason| AppError::Invalid {
                what: "recipient",
                reason,
            })?;
        }
        let actor = self.pseudonym(caller).await?;
        self.store()
            .run_tx("scope.declare", async |tx: Tx| {
                let (enterprise, by) = (caller.enterprise, caller.representative);
                let version = tx
                    .record_scope(enterprise, dataset, by, (scope, evidence))
                    .await?;
                let body = json!({
                    "enterprise": enterprise, "dataset": dataset, "version": version,
                    "scope": scope, "evidence": evidence,
                });
                let clauses = [ClauseId::u(4)];
                let declared = entry(&tx, "scope.declared", &clauses, actor, body)?;
                tx.append_own(caller, &declared).await?;
                Ok(version)
            })
            .await
    }

    /// Says whether a kind of consent serves neither a purpose nor any below it.
    fn covers_nobody(&self, purpose: &Purpose, kind: ConsentKind) -> bool {
        let rules = self.statement().purposes().iter();
        let least = rules
            .filter(|rule| purpose.covers(&rule.id))
            .map(|rule| rule.consent.unwrap_or(ConsentKind::Expressed))
            .min();
        least.is_some_and(|least| kind < least)
    }

    /// Lists what a dataset of the caller's enterprise declared, the newest version first.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not read reports; [`AppError::Missing`] when the dataset is not the
    /// enterprise's.
    /// # Clause
    /// U4
    pub async fn scopes(
        &self,
        caller: &Caller,
        dataset: DatasetId,
    ) -> Result<Vec<ScopeVersion>, AppError> {
        self.view_dataset(caller, dataset).await?;
        let read = self.store().read();
        Ok(read.list_scopes(caller.enterprise, dataset).await?)
    }

    /// Keeps a paper that proves consent, sealed; returns its digest, by which versions and records name it.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not record consent; [`CertificationError::File`] when the file is hostile,
    /// damaged or of another kind.
    /// # Clause
    /// U4, R22
    pub async fn keep_consent_paper(
        &self,
        caller: &Caller,
        name: &str,
        bytes: Vec<u8>,
    ) -> Result<Digest, AppError> {
        clause::hit!(U4);
        self.authorise(caller, Action::RecordConsent).await?;
        let file = CheckedFile::check(name, bytes).map_err(CertificationError::File)?;
        let of = PaperOf::Enterprise(caller.enterprise);
        let sealed = self.store().seal_paper(of, &file).await?;
        let actor = self.pseudonym(caller).await?;
        self.store()
            .run_tx("consent.paper", async |tx: Tx| {
                tx.keep_paper(&sealed).await?;
                let body = json!({
                    "enterprise": caller.enterprise, "paper": sealed.id(), "digest": sealed.digest(),
                });
                let clauses = [ClauseId::u(4)];
                let kept = entry(&tx, "consent.paper_kept", &clauses, actor, body)?;
                tx.append_own(caller, &kept).await?;
                Ok::<_, AppError>(())
            })
            .await?;
        Ok(sealed.digest())
    }
}

/// Says what is missing of a scope, and in which field.
fn fault_of(
    scope: &DatasetScope,
    evidence: &[Digest],
    wider: bool,
) -> Option<(&'static str, Said)> {
    if scope.purposes.is_empty() || scope.operations.is_empty() || scope.recipients.is_empty() {
        return Some((
            "scope",
            Said::new(
                "目的、操作与接收方各至少选择一项",
                "it names at least one purpose, one operation and one recipient",
            ),
        ));
    }
    let least = scope.operations.iter().map(|it| kind_for(*it)).max();
    if least.is_some_and(|least| scope.kind < least) {
        return Some((
            "kind",
            Said::new(
                "共享、转让或公开披露须有个人的单独同意",
                "to share, transfer or publicise takes the separate consent of each person",
            ),
        ));
    }
    if scope.until.is_some_and(|until| until <= scope.from) {
        return Some((
            "until",
            Said::new("结束早于开始", "it ends before it begins"),
        ));
    }
    if evidence.len() > EVIDENCE_MAX {
        return Some((
            "evidence",
            Said::new("最多 50 份证明", "it names at most 50 proofs"),
        ));
    }
    (wider && evidence.is_empty()).then_some((
        "evidence",
        Said::new(
            "超出上一版范围须附书面的明示同意证明",
            "what goes beyond the version before needs written proof of express consent",
        ),
    ))
}
