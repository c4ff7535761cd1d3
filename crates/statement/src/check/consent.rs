//! Floors about consent: how it is given, what it opens, and when it is not needed.

use yuntu_terms::{ClauseId, ColumnClass, ConsentKind, LegalBasis, Operation};

use super::finding::{At, Floor, Notes};
use crate::model::{
    AcceptanceAct, AcceptanceItem, Exception, ExceptionList, ProcessingRole, Proof, PurposeRule,
};
use crate::statement::Statement;

pub(super) const FLOORS: &[Floor] = &[
    Floor::new(
        "explicit_acceptance",
        ["个人信息保护法第十四条", "PIPL art. 14"],
        explicit_acceptance,
    ),
    Floor::new(
        "no_bundling",
        [
            "个人信息保护法第十六条；网络数据安全管理条例第二十二条第一项",
            "PIPL art. 16; network data regulations art. 22(1)",
        ],
        no_bundling,
    ),
    Floor::new(
        "lawful_basis",
        ["个人信息保护法第十三条", "PIPL art. 13"],
        lawful_basis,
    ),
    Floor::new(
        "withdrawal",
        ["个人信息保护法第十五条", "PIPL art. 15"],
        withdrawal,
    ),
    Floor::new(
        "new_purpose",
        ["个人信息保护法第十四条第二款", "PIPL art. 14 para. 2"],
        new_purpose,
    ),
    Floor::new(
        "sensitive_separate_consent",
        ["个人信息保护法第二十八条至第三十条", "PIPL art. 28 to 30"],
        sensitive_separate_consent,
    ),
    Floor::new(
        "identity_is_sensitive",
        [
            "个人信息保护法第二十八条（从严理解）",
            "PIPL art. 28 (the stricter reading)",
        ],
        identity_is_sensitive,
    ),
    Floor::new(
        "provision_separate_consent",
        [
            "个人信息保护法第二十三条、第二十五条",
            "PIPL art. 23 and 25",
        ],
        provision_separate_consent,
    ),
    Floor::new(
        "child_not_wider",
        [
            "个人信息保护法第十四条：对上级目的的同意及于其下级",
            "PIPL art. 14: consent to a purpose covers those below it",
        ],
        child_not_wider,
    ),
    Floor::new(
        "exceptions_grounded",
        [
            "个人信息保护法第十三条、第十八条、第二十七条",
            "PIPL art. 13, 18 and 27",
        ],
        exceptions_grounded,
    ),
    Floor::new(
        "exceptions_leave_notice",
        ["个人信息保护法第十七条、第二十三条", "PIPL art. 17 and 23"],
        exceptions_leave_notice,
    ),
];

fn at_purpose(rule: &PurposeRule) -> At {
    At::new(format!("purposes.toml: {}", rule.id), rule.clause)
}

fn explicit_acceptance(statement: &Statement, notes: &mut Notes<'_>) {
    let acceptance = &statement.commitments.acceptance;
    let at = At::new("commitments.toml: acceptance", acceptance.clause);
    notes.expect(
        acceptance.act == AcceptanceAct::Explicit,
        || at.clone(),
        [
            "把继续使用推定为同意",
            "going on with the service is taken as agreement",
        ],
        [
            "将 act 改为 `explicit`，以主动明确的行为为准",
            "set act to `explicit`: only an active and explicit act counts",
        ],
    );
    notes.all_of(&at, &acceptance.records, AcceptanceItem::ALL);
    notes.promises(
        statement,
        ClauseId::u(1),
        &["explicit_acceptance", "acceptance_recorded"],
    );
}

fn no_bundling(statement: &Statement, notes: &mut Notes<'_>) {
    notes.promises(
        statement,
        ClauseId::r(0),
        &[
            "no_bundled_consent",
            "optional_off_by_default",
            "refusal_costs_nothing",
            "each_item_told",
        ],
    );
    let own = |rule: &&PurposeRule| rule.role == ProcessingRole::Controller;
    for rule in statement.purposes.iter().filter(own) {
        notes.expect(
            rule.necessary || rule.bases == [LegalBasis::Consent],
            || at_purpose(rule),
            [
                "可选目的不以同意为唯一依据，个人便无法拒绝",
                "an optional purpose stands on something other than consent, so nobody can refuse it",
            ],
            [
                "将 bases 改为仅 `consent`，或说明该目的为必要",
                "make `consent` its only basis, or show that it is necessary",
            ],
        );
    }
}

fn lawful_basis(statement: &Statement, notes: &mut Notes<'_>) {
    for rule in &statement.purposes {
        notes.expect(
            !rule.bases.is_empty(),
            || at_purpose(rule),
            ["没有合法性基础", "it has no lawful basis"],
            [
                "在 bases 中写明至少一项",
                "name at least one basis in bases",
            ],
        );
        notes.expect(
            rule.consent.is_some() == rule.admits_basis(LegalBasis::Consent),
            || at_purpose(rule),
            [
                "同意的形式与合法性基础不一致",
                "the kind of consent and the bases do not agree",
            ],
            [
                "以同意为依据的写明 consent，其余的不写",
                "name the kind in consent where consent is a basis, and only there",
            ],
        );
    }
}

fn withdrawal(statement: &Statement, notes: &mut Notes<'_>) {
    notes.promises(statement, ClauseId::r(26), &["withdraw_as_easy"]);
    notes.promises(
        statement,
        ClauseId::u(4),
        &["withdrawal_takes_effect_at_once"],
    );
}

fn new_purpose(statement: &Statement, notes: &mut Notes<'_>) {
    notes.promises(
        statement,
        ClauseId::r(6),
        &["new_purpose_new_consent", "old_consent_not_stretched"],
    );
}

fn sensitive_separate_consent(statement: &Statement, notes: &mut Notes<'_>) {
    notes.promises(
        statement,
        ClauseId::u(1),
        &["separate_consent_for_sensitive", "sensitive_necessity_told"],
    );
    notes.promises(
        statement,
        ClauseId::u(4),
        &["sensitive_needs_separate_consent"],
    );
    for category in statement.categories.iter().filter(|c| c.sensitive) {
        let at = || At::new(format!("categories.toml: {}", category.id), category.clause);
        notes.expect(
            category.impact.is_some(),
            at,
            [
                "敏感个人信息未说明必要性和对个人的影响",
                "sensitive data without its necessity and its impact on the person",
            ],
            ["补写 impact", "add impact"],
        );
    }
    for rule in &statement.purposes {
        let sensitive =
            rule.admits_class(ColumnClass::Sensitive) && rule.role == ProcessingRole::Controller;
        notes.expect(
            !sensitive || rule.consent == Some(ConsentKind::Separate),
            || at_purpose(rule),
            [
                "处理敏感个人信息而未要求单独同意",
                "it handles sensitive data without separate consent",
            ],
            [
                "将 consent 改为 `separate`，或移除敏感类别",
                "set consent to `separate`, or take the sensitive class out",
            ],
        );
    }
}

fn identity_is_sensitive(statement: &Statement, notes: &mut Notes<'_>) {
    let identity = ["id_number", "bank_account"];
    for category in &statement.categories {
        notes.expect(
            category.sensitive || !identity.contains(&category.id.as_str()),
            || At::new(format!("categories.toml: {}", category.id), category.clause),
            [
                "身份证号和银行账户未按敏感个人信息对待",
                "identity-card numbers and bank accounts are not treated as sensitive",
            ],
            ["写明 sensitive = true", "set sensitive = true"],
        );
    }
}

fn provision_separate_consent(statement: &Statement, notes: &mut Notes<'_>) {
    let separate = |kind| kind == ConsentKind::Separate;
    let commitments = &statement.commitments;
    let remedy = ["改为 `separate`", "set it to `separate`"];
    notes.expect(
        separate(commitments.provision.consent),
        || {
            At::new(
                "commitments.toml: provision.consent",
                commitments.provision.clause,
            )
        },
        [
            "向他人提供个人信息而未要求单独同意",
            "personal data is provided to others without separate consent",
        ],
        remedy,
    );
    notes.expect(
        separate(commitments.publication.consent),
        || {
            At::new(
                "commitments.toml: publication.consent",
                commitments.publication.clause,
            )
        },
        [
            "公开个人信息而未要求单独同意",
            "personal data is made public without separate consent",
        ],
        remedy,
    );
    notes.promises(
        statement,
        ClauseId::r(20),
        &["no_publication_without_consent"],
    );
    for rule in &statement.purposes {
        let leaves = [Operation::Share, Operation::Transfer, Operation::Publicise]
            .into_iter()
            .any(|operation| rule.admits_operation(operation));
        notes.expect(
            !leaves || rule.consent.is_some_and(separate),
            || at_purpose(rule),
            [
                "共享、转让或公开个人信息而未要求单独同意",
                "personal data is shared, transferred or published without separate consent",
            ],
            [
                "将 consent 改为 `separate`，或移除该操作",
                "set consent to `separate`, or take the operation out",
            ],
        );
    }
}

fn child_not_wider(statement: &Statement, notes: &mut Notes<'_>) {
    for rule in &statement.purposes {
        let Some(parent) = rule.id.ancestry().nth(1) else {
            continue;
        };
        let Some(parent) = statement.purpose(&parent) else {
            continue; // `nothing_undeclared` reports the absent parent.
        };
        let within = rule.role == parent.role
            && rule.classes.iter().all(|class| parent.admits_class(*class))
            && rule
                .operations
                .iter()
                .all(|op| parent.admits_operation(*op))
            && rule.bases.iter().all(|basis| parent.admits_basis(*basis))
            && (rule.refusable || !parent.refusable)
            && rule.retention_days_max <= parent.retention_days_max;
        notes.expect(
            within,
            || at_purpose(rule),
            [
                "下级目的比上级目的允许得更多，对上级的同意会被扩大",
                "it allows more than its parent, so consent to the parent would be stretched",
            ],
            [
                "收窄下级的角色、类别、操作、依据或期限，使其同样可以拒绝，或修改上级",
                "narrow its role, classes, operations, bases or period, make it refusable too, or change the parent",
            ],
        );
    }
}

fn exceptions_grounded(statement: &Statement, notes: &mut Notes<'_>) {
    for (list, row, count) in [
        (ExceptionList::Collection, ClauseId::r(7), 12),
        (ExceptionList::Provision, ClauseId::r(21), 9),
    ] {
        let mut parts: Vec<_> = statement
            .exceptions
            .iter()
            .filter(|exception| exception.list == list && exception.clause.row() == row)
            .map(|exception| exception.clause)
            .collect();
        parts.sort_unstable();
        parts.dedup();
        notes.expect(
            parts.len() == count,
            || At::new("exceptions.toml", row),
            [
                "例外清单不完整或编号重复",
                "the list of exceptions is incomplete or a part is named twice",
            ],
            [
                "R7 应有十二项、R21 应有九项，各有一个字母",
                "R7 has twelve parts and R21 nine, each with its own letter",
            ],
        );
    }
    for exception in &statement.exceptions {
        let at = || {
            At::new(
                format!("exceptions.toml: {}", exception.clause),
                exception.clause,
            )
        };
        let needed: &[Proof] = match exception.ground {
            Some(LegalBasis::Emergency) => &[Proof::EmergencyRecord, Proof::LaterNotice],
            Some(LegalBasis::LawfullyPublic) => &[Proof::ReasonableScope, Proof::NoObjection],
            Some(LegalBasis::LegalDuty | LegalBasis::OtherLaw) => &[Proof::CitedLaw],
            Some(LegalBasis::PublicInterestNews) => {
                &[Proof::PublicInterest, Proof::ReasonableScope]
            }
            Some(LegalBasis::Contract) => &[Proof::Contract, Proof::Necessity],
            Some(LegalBasis::Consent) | None => &[],
        };
        notes.all_of(&at(), &exception.proofs, needed);
        let grounded = exception.ground.is_some() != exception.unavailable.is_some()
            && exception.ground != Some(LegalBasis::Consent);
        notes.expect(
            grounded,
            at,
            [
                "既无第十三条的依据，也未说明不可援引，或两者并存",
                "it has neither a ground of article 13 nor a reason why it is not available, or has both",
            ],
            [
                "写明 ground 或 unavailable 之一",
                "name exactly one of ground and unavailable",
            ],
        );
        bounded(exception, at, notes);
        notes.expect(
            exception.ground.is_none() || !exception.invokers.is_empty(),
            at,
            ["没有写明谁可以援引", "it does not say who may invoke it"],
            ["补写 invokers", "add invokers"],
        );
    }
}

/// What stands on a ground says which article that is and how long one use may last; an emergency is over in days.
fn bounded(exception: &Exception, at: impl Fn() -> At, notes: &mut Notes<'_>) {
    let longest = match exception.ground {
        Some(LegalBasis::Emergency) => 3,
        Some(_) => 365,
        None => 0,
    };
    let (grounded, days) = (exception.ground.is_some(), exception.days_max.unwrap_or(0));
    notes.expect(
        grounded == (days > 0) && days <= longest && grounded == exception.article.is_some(),
        at,
        [
            "没有写明所依据的条文和单次援引的最长天数（紧急情况至多 3 天，其他至多 365 天）",
            "it does not say on which article it stands and for how many days at most (3 in an emergency, else 365)",
        ],
        [
            "有 ground 的写明 article 与 days_max，没有的两者都不写",
            "give article and days_max where there is a ground, and neither where there is none",
        ],
    );
}

fn exceptions_leave_notice(statement: &Statement, notes: &mut Notes<'_>) {
    notes.promises(statement, ClauseId::r(21), &["notice_not_exempt"]);
    for exception in &statement.exceptions {
        notes.expect(
            exception.notice,
            || {
                At::new(
                    format!("exceptions.toml: {}", exception.clause),
                    exception.clause,
                )
            },
            [
                "例外免去的只是同意，不是告知",
                "an exception dispenses with consent, not with notice",
            ],
            ["写明 notice = true", "set notice = true"],
        );
    }
}
