use std::collections::BTreeMap;

use serde_json::json;
use yuntu_consent::{DatasetScope, kind_for};
use yuntu_policy::Action;
use yuntu_store::{ScopeVersion, Tx};
use yuntu_terms::{
    ClauseId, ConsentKind, ConsentStatus, DatasetId, Digest, PaperId, Purpose, clause,
};

use crate::caller::{Caller, entry};
use crate::error::{AppError, Said};
use crate::platform::Platform;

/// How many proofs a version may name.
const EVIDENCE_MAX: usize = 50;

impl Platform {
    /// Declares what the people of a dataset agreed to, for those without a record of their own: a new version, beside the
    /// earlier ones.
    ///
    /// It rests on papers of the dataset, named by digest: the first version, and what goes beyond the version before it, names
    /// its own; one that adds nothing may name none and rests on those of the version before it. Once all of them are taken
    /// back it speaks for nobody.
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
        if let Some((what, reason)) = fault_of(scope, evidence) {
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
                let read = tx.read();
                let versions = read.list_scopes(enterprise, dataset).await?;
                let papers = read.papers_by_digest(enterprise, Some(dataset)).await?;
                let proof = proof_of(scope, (evidence, &papers), versions.first())?;
                let version = tx
                    .record_scope(enterprise, dataset, by, (scope, &proof))
                    .await?;
                let body = json!({
                    "enterprise": enterprise, "dataset": dataset, "version": version,
                    "scope": scope, "evidence": proof,
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
}

/// Says on which papers a version rests, of those of the dataset that stand.
fn proof_of(
    scope: &DatasetScope,
    (named, standing): (&[Digest], &BTreeMap<Digest, PaperId>),
    before: Option<&ScopeVersion>,
) -> Result<Vec<Digest>, AppError> {
    let lacks = |reason| AppError::Invalid {
        what: "evidence",
        reason,
    };
    if !named.iter().all(|digest| standing.contains_key(digest)) {
        return Err(lacks(Said::new(
            "所列证明中有的不是本数据集的证明文件，或已撤回；请先将其加入本数据集的证明文件",
            "it names a proof that is no paper of the dataset, or one that was taken back; add it to the papers of the dataset first",
        )));
    }
    if !named.is_empty() {
        return Ok(named.to_vec());
    }
    let Some(before) = before.filter(|before| scope.is_within(&before.scope)) else {
        return Err(lacks(Said::new(
            "第一个版本，以及超出上一版的范围，须附书面的明示同意证明",
            "the first version, and what goes beyond the version before, needs written proof of express consent",
        )));
    };
    let kept = before.evidence.iter().copied();
    let kept: Vec<Digest> = kept.filter(|it| standing.contains_key(it)).collect();
    if kept.is_empty() {
        return Err(lacks(Said::new(
            "上一版所依据的证明文件已不在；须另附书面的明示同意证明",
            "nothing is left of the papers on which the version before rests; it needs written proof of express consent anew",
        )));
    }
    Ok(kept)
}

/// Says what is missing of a scope, and in which field.
fn fault_of(scope: &DatasetScope, evidence: &[Digest]) -> Option<(&'static str, Said)> {
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
    (evidence.len() > EVIDENCE_MAX).then_some((
        "evidence",
        Said::new("最多 50 份证明", "it names at most 50 proofs"),
    ))
}
