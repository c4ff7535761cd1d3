//! Saved audiences that a question names: found among the enterprise's own, with what theirs name in turn.

use std::collections::{BTreeMap, BTreeSet};

use yuntu_engine::{Query, SavedAudience, StageRules};
use yuntu_terms::{AudienceId, DatasetId, clause};

use crate::audiences::AudienceSpec;
use crate::caller::Caller;
use crate::error::{AppError, Said};
use crate::platform::Platform;

/// How many saved audiences one question may stand on.
const SAVED_MAX: usize = 64;

/// What saved audiences bring into a run.
#[derive(Debug, Default)]
pub(crate) struct References {
    pub(crate) audiences: BTreeMap<AudienceId, SavedAudience>,
    pub(crate) rules: BTreeMap<String, StageRules>,
}

impl Platform {
    /// Finds the saved audiences that a question and its stage rules name.
    ///
    /// They are evaluated anew inside the run: under its purpose, its instruction and its datasets, and never on more
    /// than it names itself.
    ///
    /// # Errors
    /// [`AppError::Missing`] when one is not the enterprise's; [`AppError::Invalid`] when one gives a dataset or rules
    /// another meaning than the question does.
    /// # Clause
    /// U2, U4
    pub(crate) async fn references(
        &self,
        caller: &Caller,
        query: &Query,
        datasets: &BTreeMap<String, DatasetId>,
        rules: &BTreeMap<String, StageRules>,
    ) -> Result<References, AppError> {
        clause::hit!(U2);
        let mut found = References {
            audiences: BTreeMap::new(),
            rules: rules.clone(),
        };
        let mut wanted: BTreeSet<_> = query.saved();
        wanted.extend(rules.values().flat_map(StageRules::saved));
        while let Some(id) = wanted.pop_first() {
            if found.audiences.contains_key(&id) {
                continue;
            }
            if found.audiences.len() >= SAVED_MAX {
                return Err(invalid(Said::new(
                    "一个问题最多引用 64 个已保存的人群",
                    "the question stands on more than 64 of them",
                )));
            }
            let spec = self.saved_spec(caller, id).await?;
            if differs(&spec.datasets, datasets) {
                return Err(invalid(Said::new(
                    "所引用的人群用同一名称指另一个数据集",
                    "it uses a dataset under a name that the question gives to another dataset",
                )));
            }
            if differs(&spec.rules, &found.rules) {
                return Err(invalid(Said::new(
                    "所引用的人群用同一名称指另一套阶段规则",
                    "it uses stage rules under a name that is given to other rules",
                )));
            }
            wanted.extend(spec.audience.saved());
            wanted.extend(spec.rules.values().flat_map(StageRules::saved));
            found.rules.extend(spec.rules);
            let saved = SavedAudience::Dynamic(spec.audience);
            found.audiences.insert(id, saved);
        }
        Ok(found)
    }

    async fn saved_spec(&self, caller: &Caller, id: AudienceId) -> Result<AudienceSpec, AppError> {
        let reader = self.store().read();
        let found = reader.find_audience(caller.enterprise, id).await?;
        let found = found.ok_or(AppError::Missing { what: "audience" })?;
        serde_json::from_value(found.definition).map_err(|_detail| AppError::Internal {
            what: "a saved audience",
        })
    }
}

const fn invalid(reason: Said) -> AppError {
    AppError::Invalid {
        what: "saved audience",
        reason,
    }
}

/// Says whether a name means one thing here and another there.
fn differs<T: PartialEq>(one: &BTreeMap<String, T>, other: &BTreeMap<String, T>) -> bool {
    one.iter()
        .any(|(name, value)| other.get(name).is_some_and(|known| known != value))
}
