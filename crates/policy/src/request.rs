use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use yuntu_terms::{
    ClauseId, ColumnClass, DatasetId, EnterpriseId, ExceptionUseId, InstructionId, LegalBasis,
    Operation, PermitId, Purpose, Recipient, RepresentativeId,
};

use crate::HelpClaim;

/// What somebody wants to do with data.
///
/// # Clause
/// U2
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The id the permit will have.
    pub permit_id: PermitId,
    /// Who asks.
    pub actor: RepresentativeId,
    /// For which enterprise.
    pub enterprise: EnterpriseId,
    /// What for.
    pub purpose: Purpose,
    /// What is done.
    pub operation: Operation,
    /// Who receives the result.
    pub recipient: Recipient,
    /// On which datasets.
    pub datasets: Vec<DatasetId>,
    /// On which instruction.
    pub instruction: InstructionId,
    /// On which ground.
    pub basis: LegalBasis,
    /// Which exception is claimed, where the ground is not consent.
    pub exception: Option<ClauseId>,
    /// Which use of it, as it was invoked and confirmed.
    #[serde(default)]
    pub exception_use: Option<ExceptionUseId>,
    /// Which columns are wanted.
    pub wants: Wants,
    /// Under which technical help an operator looks, where one does.
    #[serde(default)]
    pub help: Option<HelpClaim>,
}

/// The columns a request wants; it gets all of them or is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wants {
    /// The classes of column.
    pub classes: BTreeSet<ColumnClass>,
    /// The columns by name; a dataset that is not named here gives all its columns of the wanted classes.
    #[serde(default)]
    pub columns: BTreeMap<DatasetId, BTreeSet<String>>,
}

impl Default for Wants {
    /// Wants every personal and non-personal column, and none that is sensitive or an identifier.
    fn default() -> Self {
        Self {
            classes: BTreeSet::from([ColumnClass::NonPersonal, ColumnClass::Personal]),
            columns: BTreeMap::new(),
        }
    }
}

impl Wants {
    /// Wants columns of one more class.
    #[must_use]
    pub fn and_class(mut self, class: ColumnClass) -> Self {
        self.classes.insert(class);
        self
    }

    /// Wants only these columns of a dataset.
    #[must_use]
    pub fn and_columns<'a>(
        mut self,
        dataset: DatasetId,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        self.columns
            .entry(dataset)
            .or_default()
            .extend(names.into_iter().map(str::to_owned));
        self
    }
}
