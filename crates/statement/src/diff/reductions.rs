//! What a new version takes from people, list by list.

use std::fmt::Display;

use yuntu_terms::{ClauseId, ConsentKind, LegalBasis, Text};

use super::{Reduction, ReductionKind};
use crate::model::{
    Cookie, CookieCategory, Exception, Partner, ProcessingRole, PurposeRule, RetentionRule,
};
use crate::statement::Statement;

/// Gathers reductions.
pub(super) struct Taken(Vec<Reduction>);

impl Taken {
    pub(super) fn new() -> Self {
        Self(Vec::new())
    }

    pub(super) fn into_inner(self) -> Vec<Reduction> {
        self.0
    }

    pub(super) fn add(
        &mut self,
        kind: ReductionKind,
        id: &dyn Display,
        clause: ClauseId,
        [zh, en]: [String; 2],
    ) {
        self.0.push(Reduction {
            kind,
            id: id.to_string(),
            clause,
            detail: Text { zh, en },
        });
    }

    /// Notes each value that the new list has and the old one lacks.
    fn more<T: PartialEq + Display>(
        &mut self,
        kind: ReductionKind,
        (id, clause): (&dyn Display, ClauseId),
        [old, new]: [&[T]; 2],
    ) {
        for item in new.iter().filter(|item| !old.contains(item)) {
            let detail = [format!("新增 `{item}`"), format!("`{item}` is new")];
            self.add(kind, id, clause, detail);
        }
    }

    /// Notes each value that the old list has and the new one lacks.
    pub(super) fn fewer<T: PartialEq + Display>(
        &mut self,
        kind: ReductionKind,
        (id, clause): (&dyn Display, ClauseId),
        [old, new]: [&[T]; 2],
    ) {
        for item in old.iter().filter(|item| !new.contains(item)) {
            let detail = [format!("不再有 `{item}`"), format!("`{item}` is gone")];
            self.add(kind, id, clause, detail);
        }
    }

    /// Notes a number that grew.
    pub(super) fn grew(
        &mut self,
        kind: ReductionKind,
        (id, clause): (&dyn Display, ClauseId),
        [old, new]: [u32; 2],
    ) {
        if new > old {
            let detail = [
                format!("由 {old} 增至 {new}"),
                format!("from {old} up to {new}"),
            ];
            self.add(kind, id, clause, detail);
        }
    }
}

/// Lists what the new version takes away, apart from commitments.
pub(super) fn find(old: &Statement, new: &Statement) -> Vec<Reduction> {
    let mut taken = Taken::new();
    clauses(old, new, &mut taken);
    rights(old, new, &mut taken);
    purposes(old, new, &mut taken);
    retention(old, new, &mut taken);
    collection(old, new, &mut taken);
    cookies(old, new, &mut taken);
    recipients(old, new, &mut taken);
    exceptions(old, new, &mut taken);
    taken.into_inner()
}

fn clauses(old: &Statement, new: &Statement, taken: &mut Taken) {
    for before in &old.clauses {
        let row: Vec<_> = (new.clauses.iter())
            .filter(|clause| clause.id.row() == before.id.row())
            .collect();
        if row.is_empty() {
            let detail = [
                format!("“{}”不再有条款", before.title.zh),
                format!("nothing answers “{}” any more", before.title.en),
            ];
            taken.add(ReductionKind::ClauseRemoved, &before.id, before.id, detail);
        }
        // A promise or a right may move between the parts of one row; leaving the row is losing it.
        let promises: Vec<_> = row
            .iter()
            .flat_map(|clause| clause.promises.clone())
            .collect();
        let entry: (&dyn Display, ClauseId) = (&before.id, before.id);
        taken.fewer(
            ReductionKind::PromiseRemoved,
            entry,
            [&before.promises, &promises],
        );
        let rights: Vec<_> = row
            .iter()
            .flat_map(|clause| clause.rights.clone())
            .collect();
        taken.fewer(
            ReductionKind::RightRemoved,
            entry,
            [&before.rights, &rights],
        );
    }
    for surface in &old.meta.surfaces {
        if !new.meta.surfaces.iter().any(|other| other.id == surface.id) {
            let detail = [
                format!("不再适用于“{}”", surface.name.zh),
                format!("“{}” is no longer covered", surface.name.en),
            ];
            taken.add(
                ReductionKind::SurfaceRemoved,
                &surface.id,
                surface.clause,
                detail,
            );
        }
    }
}

fn rights(old: &Statement, new: &Statement, taken: &mut Taken) {
    for before in &old.rights {
        let entry: (&dyn Display, ClauseId) = (&before.right, before.clause);
        let Some(after) = new.right(before.right) else {
            let detail = [
                "该权利不再列出".to_owned(),
                "the right is no longer listed".to_owned(),
            ];
            taken.add(ReductionKind::RightRemoved, entry.0, entry.1, detail);
            continue;
        };
        let days = [before.answer_days_max, after.answer_days_max];
        taken.grew(ReductionKind::RightWeakened, entry, days);
        if before.for_subjects && !after.for_subjects {
            let detail = [
                "业务数据中的个人不再享有".to_owned(),
                "people in business data no longer have it".to_owned(),
            ];
            taken.add(ReductionKind::RightWeakened, entry.0, entry.1, detail);
        }
    }
    for contact in old.contacts.iter().filter(|contact| contact.required) {
        let kept = |other: &&crate::model::Contact| other.slot == contact.slot && other.required;
        if !new.contacts.iter().any(|other| kept(&other)) {
            let detail = [
                "不再保证有此联系方式".to_owned(),
                "the contact is no longer assured".to_owned(),
            ];
            taken.add(
                ReductionKind::RightWeakened,
                &contact.slot,
                contact.clause,
                detail,
            );
        }
    }
}

fn purposes(old: &Statement, new: &Statement, taken: &mut Taken) {
    for after in &new.purposes {
        if let Some(before) = old.purpose(&after.id) {
            purpose(before, after, taken);
        } else {
            let connected = after
                .connected_to
                .iter()
                .any(|id| old.purpose(id).is_some());
            if after.necessary && !connected && after.role == ProcessingRole::Controller {
                let detail = [
                    format!("新增必要目的“{}”", after.name.zh),
                    format!("“{}” is added as necessary", after.name.en),
                ];
                let kind = ReductionKind::NecessaryPurposeAdded;
                taken.add(kind, &after.id, after.clause, detail);
            }
        }
    }
}

fn purpose(before: &PurposeRule, after: &PurposeRule, taken: &mut Taken) {
    let entry: (&dyn Display, ClauseId) = (&after.id, after.clause);
    if after.necessary && !before.necessary {
        let detail = [
            "不能再拒绝".to_owned(),
            "it can no longer be refused".to_owned(),
        ];
        taken.add(
            ReductionKind::OptionalMadeNecessary,
            entry.0,
            entry.1,
            detail,
        );
    }
    if after.role != before.role {
        let detail = [
            format!(
                "平台的角色由{}变为{}",
                before.role.name(yuntu_terms::Lang::Zh),
                after.role.name(yuntu_terms::Lang::Zh)
            ),
            format!(
                "the platform turns from {} into {}",
                before.role.name(yuntu_terms::Lang::En),
                after.role.name(yuntu_terms::Lang::En)
            ),
        ];
        taken.add(ReductionKind::ProtectionLowered, entry.0, entry.1, detail);
    }
    let bases = [before, after].map(|rule| codes(&rule.bases, LegalBasis::code));
    taken.more(ReductionKind::BasisWidened, entry, [&bases[0], &bases[1]]);
    if strength(after.consent) < strength(before.consent) && after.admits_basis(LegalBasis::Consent)
    {
        let detail = [
            "同意的形式降低".to_owned(),
            "a weaker kind of consent is enough".to_owned(),
        ];
        taken.add(ReductionKind::BasisWidened, entry.0, entry.1, detail);
    }
    if before.refusable && !after.refusable {
        let detail = [
            "个人的拒绝不再对其他依据有效".to_owned(),
            "a person's refusal no longer counts on other grounds".to_owned(),
        ];
        taken.add(ReductionKind::BasisWidened, entry.0, entry.1, detail);
    }
    let operations = [&*before.operations, &*after.operations];
    taken.more(ReductionKind::OperationWidened, entry, operations);
    let classes = [before, after].map(|rule| codes(&rule.classes, yuntu_terms::ColumnClass::code));
    taken.more(
        ReductionKind::ClassWidened,
        entry,
        [&classes[0], &classes[1]],
    );
    let categories = [&*before.categories, &*after.categories];
    taken.more(ReductionKind::CategoryWidened, entry, categories);
    let days = [before.retention_days_max, after.retention_days_max];
    taken.grew(ReductionKind::RetentionLengthened, entry, days);
}

fn codes<T: Copy>(values: &[T], code: impl Fn(T) -> &'static str) -> Vec<&'static str> {
    values.iter().map(|value| code(*value)).collect()
}

fn strength(kind: Option<ConsentKind>) -> u8 {
    match kind {
        None => 0,
        Some(ConsentKind::Expressed) => 1,
        Some(ConsentKind::Explicit) => 2,
        Some(ConsentKind::Separate) => 3,
    }
}

fn retention(old: &Statement, new: &Statement, taken: &mut Taken) {
    for after in &new.retention {
        let entry: (&dyn Display, ClauseId) = (&after.id, after.clause);
        let same = |rule: &&RetentionRule| rule.id == after.id;
        let Some(before) = old.retention.iter().find(same) else {
            continue; // What a new rule may keep is bounded by its purpose, which is compared above.
        };
        let days = [before.days_max, after.days_max];
        taken.grew(ReductionKind::RetentionLengthened, entry, days);
        let kind = ReductionKind::CategoryWidened;
        taken.more(kind, entry, [&before.categories, &after.categories]);
        let less = before.pseudonymise_on_deregistration && !after.pseudonymise_on_deregistration;
        if less || before.starts != after.starts || before.end != after.end {
            let detail = [
                "起算、到期处理或假名化有变".to_owned(),
                "the start, the end or the pseudonym is no longer the same".to_owned(),
            ];
            taken.add(ReductionKind::ProtectionLowered, entry.0, entry.1, detail);
        }
    }
    for after in &new.retention_exceptions {
        let before = old
            .retention_exceptions
            .iter()
            .find(|rule| rule.id == after.id);
        if before.is_none_or(|before| before.storage_only && !after.storage_only) {
            let detail = [
                format!("“{}”", after.name.zh),
                format!("“{}”", after.name.en),
            ];
            taken.add(
                ReductionKind::RetentionExceptionAdded,
                &after.id,
                after.clause,
                detail,
            );
        }
    }
}

fn collection(old: &Statement, new: &Statement, taken: &mut Taken) {
    for before in &old.not_collected {
        if !new.not_collected.iter().any(|entry| entry.id == before.id) {
            let detail = [
                format!("“{}”", before.name.zh),
                format!("“{}”", before.name.en),
            ];
            taken.add(
                ReductionKind::NotCollectedDropped,
                &before.id,
                before.clause,
                detail,
            );
        }
    }
    for before in &old.categories {
        let Some(after) = new.category(&before.id) else {
            continue;
        };
        if (before.sensitive && !after.sensitive) || after.class < before.class {
            let detail = [
                "不再按原来的严格程度保护".to_owned(),
                "it is no longer protected as strictly".to_owned(),
            ];
            taken.add(
                ReductionKind::ProtectionLowered,
                &after.id,
                after.clause,
                detail,
            );
        }
    }
}

fn cookie_clause(category: CookieCategory) -> ClauseId {
    match category {
        CookieCategory::Security => ClauseId::r(9),
        CookieCategory::Convenience => ClauseId::r(10),
        CookieCategory::Recommendation => ClauseId::r(11),
    }
}

fn cookies(old: &Statement, new: &Statement, taken: &mut Taken) {
    let necessary = |statement: &Statement, category: CookieCategory| {
        (statement.cookie_choices.iter())
            .any(|choice| choice.category == category && choice.necessary)
    };
    for choice in &new.cookie_choices {
        if choice.necessary && !necessary(old, choice.category) {
            let detail = [
                "不能再关闭".to_owned(),
                "it can no longer be switched off".to_owned(),
            ];
            let kind = ReductionKind::OptionalMadeNecessary;
            taken.add(kind, &choice.category, choice.clause, detail);
        }
    }
    for after in &new.cookies {
        let clause = cookie_clause(after.category);
        let Some(before) = old.cookie(&after.name) else {
            if necessary(new, after.category) {
                let detail = [
                    "新增必要 Cookie".to_owned(),
                    "a necessary cookie is new".to_owned(),
                ];
                taken.add(ReductionKind::CookieWidened, &after.name, clause, detail);
            }
            continue;
        };
        cookie(before, after, clause, taken);
        if necessary(new, after.category) && !necessary(old, before.category) {
            let detail = [
                "不能再关闭".to_owned(),
                "it can no longer be switched off".to_owned(),
            ];
            taken.add(
                ReductionKind::OptionalMadeNecessary,
                &after.name,
                clause,
                detail,
            );
        }
    }
}

fn cookie(before: &Cookie, after: &Cookie, clause: ClauseId, taken: &mut Taken) {
    let entry: (&dyn Display, ClauseId) = (&after.name, clause);
    let seconds = [before.lifetime_seconds_max, after.lifetime_seconds_max];
    taken.grew(ReductionKind::CookieWidened, entry, seconds);
    let softer = (before.http_only && !after.http_only)
        || (before.secure && !after.secure)
        || after.same_site > before.same_site;
    if softer {
        let detail = [
            "安全属性放宽".to_owned(),
            "its safety attributes are loosened".to_owned(),
        ];
        taken.add(ReductionKind::ProtectionLowered, entry.0, entry.1, detail);
    }
}

fn recipients(old: &Statement, new: &Statement, taken: &mut Taken) {
    for region in &new.regions {
        if !old.regions.iter().any(|other| other.code == region.code) {
            let detail = [
                format!("“{}”", region.name.zh),
                format!("“{}”", region.name.en),
            ];
            taken.add(
                ReductionKind::RegionAdded,
                &region.code,
                region.clause,
                detail,
            );
        }
    }
    let kind = ReductionKind::RecipientAdded;
    for after in &new.partners {
        let entry: (&dyn Display, ClauseId) = (&after.id, after.clause);
        let same = |partner: &&Partner| partner.id == after.id;
        let Some(before) = old.partners.iter().find(same) else {
            let detail = [
                format!("“{}”", after.name.zh),
                format!("“{}”", after.name.en),
            ];
            taken.add(kind, entry.0, entry.1, detail);
            continue;
        };
        taken.more(kind, entry, [&before.purposes, &after.purposes]);
        taken.more(kind, entry, [&before.categories, &after.categories]);
        taken.more(kind, entry, [&before.operations, &after.operations]);
        if before.role != after.role || before.region != after.region {
            let detail = [
                "角色或所在地有变".to_owned(),
                "its role or place is no longer the same".to_owned(),
            ];
            taken.add(kind, entry.0, entry.1, detail);
        }
    }
}

fn exceptions(old: &Statement, new: &Statement, taken: &mut Taken) {
    let kind = ReductionKind::ExceptionWidened;
    for after in &new.exceptions {
        let entry: (&dyn Display, ClauseId) = (&after.clause, after.clause);
        let same = |other: &&Exception| other.clause == after.clause;
        let before = old.exceptions.iter().find(same);
        if after.is_available() && !before.is_some_and(Exception::is_available) {
            let detail = [
                format!("“{}”可以援引", after.name.zh),
                format!("“{}” can be invoked", after.name.en),
            ];
            taken.add(kind, entry.0, entry.1, detail);
        }
        let Some(before) = before else {
            continue;
        };
        taken.fewer(kind, entry, [&before.proofs, &after.proofs]);
        if before.is_available() {
            taken.more(kind, entry, [&before.invokers, &after.invokers]);
            let days = [before, after].map(|it| it.days_max.unwrap_or(0));
            taken.grew(kind, entry, days);
        }
        if before.notice && !after.notice {
            let detail = [
                "不再告知本人".to_owned(),
                "the person is no longer told".to_owned(),
            ];
            taken.add(kind, entry.0, entry.1, detail);
        }
        if before.ground.is_some() && after.ground.is_some() && before.ground != after.ground {
            let detail = [
                "依据有变".to_owned(),
                "it stands on another ground".to_owned(),
            ];
            taken.add(kind, entry.0, entry.1, detail);
        }
    }
}
