//! What changed between two versions, and which changes reduce someone's rights (R30).

mod changes;
mod commitments;
mod reductions;
mod show;
mod side;

use serde::Serialize;
use yuntu_terms::{ClauseId, Purpose, Text, clause};

use crate::model::StatementVersion;
use crate::model::coded::coded;
use crate::statement::Statement;

pub use side::{ChangedPart, Piece, Row, side_by_side};

coded! {
    /// A part of a statement that is compared entry by entry.
    Section {
        Meta = "meta", "声明信息", "about the statement";
        Clauses = "clauses", "条款", "clauses";
        Purposes = "purposes", "目的", "purposes";
        Categories = "categories", "收集清单", "categories collected";
        NotCollected = "not_collected", "不收集清单", "not collected";
        CookieChoices = "cookie_choices", "Cookie 类别", "cookie categories";
        Cookies = "cookies", "Cookie 清单", "cookies";
        Regions = "regions", "存放地", "regions";
        CrossBorder = "cross_border", "出境条件", "conditions of export";
        Retention = "retention", "保存期限", "retention";
        RetentionExceptions = "retention_exceptions", "保存期限的例外", "exceptions to retention";
        Rights = "rights", "权利", "rights";
        Contacts = "contacts", "联系方式", "contacts";
        Partners = "partners", "合作方", "partners";
        Exceptions = "exceptions", "同意的例外", "exceptions to consent";
        Commitments = "commitments", "数值承诺", "commitments";
        Controls = "controls", "控制", "controls";
    }
}

coded! {
    /// How an entry changed.
    ChangeKind {
        Added = "added", "新增", "added";
        Removed = "removed", "移除", "removed";
        Changed = "changed", "修改", "changed";
    }
}

/// One entry that is not the same in both versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The part of the statement.
    pub section: Section,
    /// How it changed.
    pub kind: ChangeKind,
    /// The id of the entry.
    pub id: String,
    /// The fields that differ, for a changed entry.
    pub fields: Vec<String>,
}

coded! {
    /// A way in which a new version gives a person less than the old one.
    ReductionKind {
        RightRemoved = "right_removed", "权利被取消", "a right is removed";
        RightWeakened = "right_weakened", "权利被削弱", "a right is weakened";
        ClauseRemoved = "clause_removed", "条款被删除", "a clause is removed";
        PromiseRemoved = "promise_removed", "承诺被收回", "a promise is taken back";
        RetentionLengthened = "retention_lengthened", "保存期限变长", "data is kept longer";
        RetentionExceptionAdded = "retention_exception_added", "超期保存的情形增加", "more cases outlive the period";
        OptionalMadeNecessary = "optional_made_necessary", "可选变为必要", "the optional becomes necessary";
        NecessaryPurposeAdded = "necessary_purpose_added", "新增无关联的必要目的", "an unconnected purpose is added as necessary";
        BasisWidened = "basis_widened", "可以不经同意或同意要求降低", "less consent is needed";
        OperationWidened = "operation_widened", "可进行的操作增加", "more is done with the data";
        ClassWidened = "class_widened", "可读取的数据类别增加", "more classes of data are read";
        CategoryWidened = "category_widened", "收集的信息增加", "more is collected";
        RecipientAdded = "recipient_added", "接收方增加或其权限扩大", "a recipient is added or receives more";
        RegionAdded = "region_added", "存放地增加", "a place of storage is added";
        ExceptionWidened = "exception_widened", "不经同意的情形放宽", "an exception to consent is widened";
        NotCollectedDropped = "not_collected_dropped", "不再承诺不收集", "a promise not to collect is dropped";
        CookieWidened = "cookie_widened", "Cookie 增加或时长变长", "a cookie is added or lasts longer";
        ProtectionLowered = "protection_lowered", "保护降低", "protection is lowered";
        CommitmentWeakened = "commitment_weakened", "数值承诺放宽", "a commitment is loosened";
        SurfaceRemoved = "surface_removed", "适用范围缩小", "the statement covers less";
    }
}

/// One way in which the new version gives a person less; it binds nobody without express consent.
///
/// # Clause
/// R30
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reduction {
    /// The kind.
    pub kind: ReductionKind,
    /// The id of the entry concerned.
    pub id: String,
    /// The clause concerned.
    pub clause: ClauseId,
    /// What exactly is less.
    pub detail: Text,
}

/// The differences between two versions of the statement.
///
/// # Clause
/// R27, R30
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diff {
    /// The old version.
    pub from: StatementVersion,
    /// The new version.
    pub to: StatementVersion,
    /// Every entry that is not the same, section by section.
    pub changes: Vec<Change>,
    /// What the new version takes away.
    pub reductions: Vec<Reduction>,
    /// New purposes connected to nothing the old version had: told and asked anew (R6).
    pub asked_anew: Vec<Purpose>,
    /// Clauses whose words changed: a person reads them, software compares promises only.
    pub reworded: Vec<ClauseId>,
}

impl Diff {
    /// Says whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Says whether the new version needs express consent before it binds a person.
    #[must_use]
    pub fn reduces_rights(&self) -> bool {
        !self.reductions.is_empty()
    }

    /// Lists the changes of one section.
    pub fn section(&self, section: Section) -> impl Iterator<Item = &Change> {
        self.changes
            .iter()
            .filter(move |change| change.section == section)
    }
}

/// Compares two versions: what was added, removed and changed, and what that takes from people.
///
/// # Clause
/// R6, R27, R30
#[must_use]
pub fn diff(old: &Statement, new: &Statement) -> Diff {
    let mut reductions = reductions::find(old, new);
    reductions.extend(commitments::find(old, new));
    if !reductions.is_empty() {
        clause::hit!(R30);
    }
    let connected = |rule: &crate::model::PurposeRule| {
        rule.connected_to
            .iter()
            .any(|other| old.purpose(other).is_some())
    };
    let asked_anew: Vec<Purpose> = new
        .purposes
        .iter()
        .filter(|rule| old.purpose(&rule.id).is_none() && !connected(rule))
        .map(|rule| rule.id.clone())
        .collect();
    if !asked_anew.is_empty() {
        clause::hit!(R6);
    }
    let reworded = new
        .clauses
        .iter()
        .filter(|clause| {
            (old.clauses.iter()).any(|before| before.id == clause.id && before.body != clause.body)
        })
        .map(|clause| clause.id)
        .collect();
    Diff {
        from: old.version(),
        to: new.version(),
        changes: changes::find(old, new),
        reductions,
        asked_anew,
        reworded,
    }
}

#[cfg(test)]
mod tests;
