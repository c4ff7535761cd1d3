use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;
use yuntu_consent::Funnel;
use yuntu_engine::{Audience, AudienceQuery, Query, QueryResult, StageRules};
use yuntu_policy::{Action, Wants};
use yuntu_store::{NewAudience, Snapshot, SnapshotOrigin, Tx};
use yuntu_terms::{
    AudienceId, ClauseId, DatasetId, ExceptionUseId, InstructionId, Operation, Purpose, Recipient,
    Timestamp, clause,
};

use crate::caller::{Caller, entry};
use crate::error::{AppError, Said};
use crate::platform::Platform;
use crate::runs::{Answer, Ask, Done};

/// A saved audience: the rule and what it is evaluated on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AudienceSpec {
    /// The rule.
    pub audience: Audience,
    /// The datasets, by the names the rule uses.
    pub datasets: BTreeMap<String, DatasetId>,
    /// The stage rules, by the names the rule uses.
    #[serde(default)]
    pub rules: BTreeMap<String, StageRules>,
}

/// A saved audience as its owner sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedView {
    /// The audience.
    pub id: AudienceId,
    /// Its name.
    pub name: String,
    /// The purpose it was saved for.
    pub purpose: Purpose,
    /// The rule and its datasets.
    pub spec: AudienceSpec,
    /// When it was saved.
    pub created: Timestamp,
    /// Its snapshots, oldest first.
    pub snapshots: Vec<Snapshot>,
}

/// How a saved audience is to be evaluated.
#[derive(Debug, Clone)]
pub struct Evaluation {
    /// What for.
    pub purpose: Purpose,
    /// On which instruction.
    pub instruction: InstructionId,
    /// On the ground of which exception to consent; on consent when there is none.
    pub exception: Option<ExceptionUseId>,
    /// The moment for which it is evaluated.
    pub as_of: Timestamp,
}

/// The size of an audience and why people are missing; members stay inside the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudienceSize {
    /// How many people.
    pub people: u64,
    /// Per dataset, why people are missing.
    pub funnels: BTreeMap<String, Funnel>,
}

impl Platform {
    /// Saves an audience.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not work on data; [`AppError::Missing`] when a dataset, or
    /// a saved audience the rule names, is not the enterprise's.
    /// # Clause
    /// U2, U4
    pub async fn save_audience(
        &self,
        caller: &Caller,
        name: &str,
        purpose: &Purpose,
        spec: &AudienceSpec,
    ) -> Result<AudienceId, AppError> {
        self.authorise(caller, Action::Process).await?;
        if self.statement().purpose(purpose).is_none() {
            let reason = Said::new("声明中没有此目的", "the statement has no such purpose");
            return Err(AppError::Invalid {
                what: "purpose",
                reason,
            });
        }
        for dataset in spec.datasets.values() {
            self.own_dataset(caller, *dataset).await?;
        }
        let query = Query::Audience(AudienceQuery {
            audience: spec.audience.clone(),
        });
        self.references(caller, &query, &spec.datasets, &spec.rules)
            .await?;
        let definition = serde_json::to_value(spec).map_err(|_detail| AppError::Internal {
            what: "an audience as JSON",
        })?;
        let new = NewAudience {
            name: name.to_owned(),
            purpose: purpose.clone(),
            definition,
        };
        let actor = self.pseudonym(caller).await?;
        self.store()
            .run_tx("audience.save", async |tx: Tx| {
                let id = tx
                    .create_audience(caller.enterprise, caller.representative, &new)
                    .await?;
                let body = json!({
                    "enterprise": caller.enterprise, "audience": id, "purpose": purpose,
                });
                let clauses = [ClauseId::u(2)];
                tx.append_own(
                    caller,
                    &entry(&tx, "audience.saved", &clauses, actor, body)?,
                )
                .await?;
                Ok(id)
            })
            .await
    }

    /// Evaluates a saved audience and keeps its members, sealed, as the newest snapshot.
    ///
    /// # Errors
    /// As [`Platform::run`].
    /// # Clause
    /// U2, U4
    pub async fn evaluate_audience(
        &self,
        caller: &Caller,
        id: AudienceId,
        evaluation: &Evaluation,
    ) -> Result<Answer, AppError> {
        clause::hit!(U4);
        let spec = self.view_audience(caller, id).await?.spec;
        let ask = Ask {
            purpose: evaluation.purpose.clone(),
            operation: Operation::Process,
            recipient: Recipient::Enterprise,
            instruction: evaluation.instruction,
            exception: evaluation.exception,
            datasets: spec.datasets,
            wants: Wants::default(),
            query: Query::Audience(AudienceQuery {
                audience: spec.audience,
            }),
            rules: spec.rules,
            as_of: evaluation.as_of,
        };
        let answer = self.run(caller, &ask).await?;
        if let Answer::Done(done) = &answer {
            self.keep_snapshot(caller, id, done).await?;
        }
        Ok(answer)
    }

    async fn keep_snapshot(
        &self,
        caller: &Caller,
        id: AudienceId,
        done: &Done,
    ) -> Result<(), AppError> {
        let QueryResult::People(people) = &done.outcome.result else {
            return Err(AppError::Internal {
                what: "result of an audience",
            });
        };
        let mut members = Vec::new();
        people
            .bitmap()
            .serialize_into(&mut members)
            .map_err(|_io| AppError::Internal {
                what: "members of an audience",
            })?;
        let enterprise = caller.enterprise;
        let sealed = self
            .store()
            .seal_snapshot(enterprise, id, &members, people.len())
            .await?;
        let origin = SnapshotOrigin {
            permit: done.outcome.receipt.permit,
            receipt: Some(done.receipt),
            consent_version: done.outcome.receipt.consent_version,
        };
        let actor = self.pseudonym(caller).await?;
        self.store()
            .run_tx("audience.snapshot", async |tx: Tx| {
                let number = tx.record_snapshot(enterprise, id, origin, &sealed).await?;
                let body = json!({
                    "enterprise": enterprise, "audience": id, "number": number,
                    "permit": origin.permit, "receipt": origin.receipt,
                });
                let clauses = [ClauseId::u(2), ClauseId::u(4)];
                tx.append_own(
                    caller,
                    &entry(&tx, "audience.evaluated", &clauses, actor, body)?,
                )
                .await?;
                Ok(())
            })
            .await
    }

    /// Shows a saved audience of the caller's enterprise.
    ///
    /// # Errors
    /// [`AppError::Missing`] when there is none, or it is another enterprise's.
    /// # Clause
    /// R23
    pub async fn view_audience(
        &self,
        caller: &Caller,
        id: AudienceId,
    ) -> Result<SavedView, AppError> {
        self.authorise(caller, Action::ViewReport).await?;
        let reader = self.store().read();
        let found = reader.find_audience(caller.enterprise, id).await?;
        let found = found.ok_or(AppError::Missing { what: "audience" })?;
        let spec =
            serde_json::from_value(found.definition).map_err(|_detail| AppError::Internal {
                what: "a saved audience",
            })?;
        Ok(SavedView {
            id,
            name: found.name,
            purpose: found.purpose,
            spec,
            created: found.created,
            snapshots: reader.list_snapshots(caller.enterprise, id).await?,
        })
    }

    /// Lists the saved audiences of the caller's enterprise, by name.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not read reports.
    pub async fn list_audiences(
        &self,
        caller: &Caller,
    ) -> Result<Vec<(AudienceId, String, Purpose)>, AppError> {
        self.authorise(caller, Action::ViewReport).await?;
        let found = self
            .store()
            .read()
            .list_audiences(caller.enterprise)
            .await?;
        Ok(found
            .into_iter()
            .map(|it| (it.id, it.name, it.purpose))
            .collect())
    }
}

impl Done {
    /// Returns the size of the audience this run evaluated; nothing when it answered another question.
    #[must_use]
    pub fn audience_size(&self) -> Option<AudienceSize> {
        let QueryResult::People(people) = &self.outcome.result else {
            return None;
        };
        Some(AudienceSize {
            people: people.len(),
            funnels: self.outcome.funnels.clone(),
        })
    }
}
