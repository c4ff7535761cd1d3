//! What the columns of a file are: proposed from its beginning, confirmed by a person.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use yuntu_lake::{ColumnRole, Mapping, Proposal};
use yuntu_policy::Action;
use yuntu_terms::{ColumnClass, Text, clause};

use super::ask::ImportFrom;
use crate::caller::Caller;
use crate::error::{AppError, Said};
use crate::platform::Platform;

/// Why a column that looks like an identifier or sensitive is neither. A closed list, since it stands in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoweredBecause {
    /// It numbers things and not persons.
    NumbersThings,
    /// Its name resembles another's; what it holds is something else.
    OtherContent,
    /// Its values are so coarse that they point to nobody.
    Coarse,
    /// Its values were made up.
    Invented,
}

impl LoweredBecause {
    /// Every reason.
    pub const ALL: [Self; 4] = [
        Self::NumbersThings,
        Self::OtherContent,
        Self::Coarse,
        Self::Invented,
    ];

    /// Returns the stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NumbersThings => "numbers_things",
            Self::OtherContent => "other_content",
            Self::Coarse => "coarse",
            Self::Invented => "invented",
        }
    }

    /// Says it in both languages.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::NumbersThings => Text::new(
                "编号指的是物品，不是个人",
                "it numbers things and not persons",
            ),
            Self::OtherContent => Text::new(
                "名称相似，内容并非如此",
                "its name misleads; it holds something else",
            ),
            Self::Coarse => Text::new(
                "数值过于粗略，不能指向个人",
                "its values are too coarse to point to anybody",
            ),
            Self::Invented => Text::new("数据是虚构的", "its values are made up"),
        }
    }
}

/// A column whose class a person lowered, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lowered {
    /// The name of the column in the source.
    pub column: String,
    /// Why.
    pub because: LoweredBecause,
}

impl Platform {
    /// Proposes what the columns of a file are, with masked samples; of a folder the first file is looked at.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not import, [`AppError::Missing`] when the enterprise has no such deposit,
    /// [`AppError::Lake`] when the file can be read in no format.
    /// # Clause
    /// R8, U3
    pub async fn propose_mapping(
        &self,
        caller: &Caller,
        from: &ImportFrom,
    ) -> Result<(String, Proposal), AppError> {
        self.authorise(caller, Action::ImportData).await?;
        self.proposal(caller, from).await
    }

    pub(super) async fn proposal(
        &self,
        caller: &Caller,
        from: &ImportFrom,
    ) -> Result<(String, Proposal), AppError> {
        let (lake, enterprise) = (&self.inner.lake, caller.enterprise);
        let (name, source) = match from {
            ImportFrom::Deposit(deposit) => {
                let missing = AppError::Missing { what: "deposit" };
                let found = self.store().find_deposit(enterprise, *deposit).await?;
                let found = found.filter(|row| row.bytes.is_some()).ok_or(missing)?;
                (found.name, lake.open_deposit(enterprise, *deposit).await?.1)
            }
            ImportFrom::Path(path) => {
                let area = self.drop_area()?;
                let mut found = area.list(enterprise, path).await?.into_iter();
                let first = found.next().ok_or(AppError::Missing { what: "file" })?;
                let source = area.open(enterprise, &first).await?;
                (first, source)
            }
        };
        Ok((name, lake.propose(source).await?))
    }
}

/// Compares what a person confirmed with what was proposed: a class may be raised as she likes, and lowered from identifier
/// or sensitive with a reason only. Returns what the ledger keeps of it.
///
/// # Clause
/// R8
pub(super) fn lowered(
    proposal: &Proposal,
    confirmed: &Mapping,
    reasons: &[Lowered],
) -> Result<Vec<Value>, AppError> {
    clause::hit!(R8);
    let mut kept = Vec::new();
    for (place, proposed) in proposal.mapping.columns.iter().enumerate() {
        let chosen = confirmed
            .columns
            .iter()
            .find(|column| column.source == proposed.source);
        // What is left out does not come in, whatever it is.
        let Some(chosen) = chosen.filter(|column| column.role != ColumnRole::Ignored) else {
            continue;
        };
        let guarded = matches!(
            proposed.class,
            ColumnClass::Identifier | ColumnClass::Sensitive
        );
        if !guarded || chosen.class >= proposed.class {
            continue;
        }
        let reason = reasons.iter().find(|it| it.column == proposed.source);
        let reason = reason.ok_or(AppError::Invalid {
            what: "mapping",
            reason: Said::new(
                "有字段的类别低于所提议的“标识”或“敏感”；请为其选择理由",
                "the class of a column is lower than identifier or sensitive, as proposed; give the reason for it",
            ),
        })?;
        kept.push(json!({
            "column": place + 1, "from": proposed.class, "to": chosen.class, "because": reason.because,
        }));
    }
    Ok(kept)
}
