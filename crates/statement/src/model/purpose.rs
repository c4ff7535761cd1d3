use serde::{Deserialize, Serialize};
use yuntu_terms::{ClauseId, ColumnClass, ConsentKind, LegalBasis, Operation, Purpose, Text};

use super::coded::coded;
use super::collect::CategoryId;

coded! {
    /// Who decides about purpose and means.
    ///
    /// # Clause
    /// U2, R0
    ProcessingRole {
        Controller = "controller", "个人信息处理者", "controller";
        Processor = "processor", "受托人", "processor";
        JointController = "joint_controller", "共同处理者", "joint controller";
    }
}

/// One purpose of the tree and what it allows.
///
/// A purpose never allows more than its parent, because consent to the parent covers it.
///
/// # Units
/// `retention_days_max` counts days of 24 hours.
/// # Clause
/// U4, R0, R6, R14, R26
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PurposeRule {
    /// The id; its dots give the tree.
    pub id: Purpose,
    /// The name.
    pub name: Text,
    /// What is done for it, in words a person understands.
    pub description: Text,
    /// The platform's role.
    pub role: ProcessingRole,
    /// Whether the service cannot be given without it; what is not necessary is off until chosen.
    pub necessary: bool,
    /// The lawful bases it may stand on.
    pub bases: Vec<LegalBasis>,
    /// How consent must be expressed where consent is a basis.
    pub consent: Option<ConsentKind>,
    /// The classes of column it may read.
    pub classes: Vec<ColumnClass>,
    /// The categories of representatives' data it uses; empty where the enterprise brings the data.
    #[serde(default)]
    pub categories: Vec<CategoryId>,
    /// What may be done with the data.
    pub operations: Vec<Operation>,
    /// How long data is kept for it at most.
    pub retention_days_max: u32,
    /// Whether a person's refusal keeps her out on whatever ground the enterprise works, those that leave her no say apart:
    /// so with marketing and with pushing information (PIPL 24).
    #[serde(default)]
    pub refusable: bool,
    /// The clause that speaks of it.
    pub clause: ClauseId,
    /// The purposes it is reasonably connected to (R6).
    #[serde(default)]
    pub connected_to: Vec<Purpose>,
}

impl PurposeRule {
    /// Says whether columns of this class may be read for the purpose.
    #[must_use]
    pub fn admits_class(&self, class: ColumnClass) -> bool {
        self.classes.contains(&class)
    }

    /// Says whether the operation may be done for the purpose.
    #[must_use]
    pub fn admits_operation(&self, operation: Operation) -> bool {
        self.operations.contains(&operation)
    }

    /// Says whether the purpose may stand on this basis.
    #[must_use]
    pub fn admits_basis(&self, basis: LegalBasis) -> bool {
        self.bases.contains(&basis)
    }
}
