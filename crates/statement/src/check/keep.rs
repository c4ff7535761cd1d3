//! Floors about keeping and moving data: retention, place, recipients, cookies.

use yuntu_terms::{ClauseId, Region};

use super::finding::{At, Floor, Notes};
use crate::model::{
    CookieCategory, DeletionTrigger, ExportCondition, Mechanism, ProvisionItem, RetentionRule,
    SuccessionItem,
};
use crate::statement::Statement;

pub(super) const FLOORS: &[Floor] = &[
    Floor::new(
        "retention_bounded",
        ["个人信息保护法第十九条", "PIPL art. 19"],
        retention_bounded,
    ),
    Floor::new(
        "logs_six_months",
        [
            "网络安全法第二十三条第三项；个人信息保护法第四十七条第二款",
            "Cybersecurity Law art. 23(3); PIPL art. 47 para. 2",
        ],
        logs_six_months,
    ),
    Floor::new(
        "evidence_three_years",
        [
            "网络数据安全管理条例第十二条",
            "network data regulations art. 12",
        ],
        evidence_three_years,
    ),
    Floor::new(
        "retention_exceptions_closed",
        ["个人信息保护法第四十七条第二款", "PIPL art. 47 para. 2"],
        retention_exceptions_closed,
    ),
    Floor::new(
        "deletion_triggers",
        ["个人信息保护法第四十七条第一款", "PIPL art. 47 para. 1"],
        deletion_triggers,
    ),
    Floor::new(
        "stored_in_country",
        [
            "声明 R13；网络安全法、个人信息保护法第四十条",
            "statement R13; Cybersecurity Law, PIPL art. 40",
        ],
        stored_in_country,
    ),
    Floor::new(
        "export_conditions",
        [
            "个人信息保护法第三十八条、第三十九条、第五十五条",
            "PIPL art. 38, 39 and 55",
        ],
        export_conditions,
    ),
    Floor::new(
        "foreign_authorities",
        ["个人信息保护法第四十一条", "PIPL art. 41"],
        foreign_authorities,
    ),
    Floor::new(
        "provision_notice",
        ["个人信息保护法第二十三条", "PIPL art. 23"],
        provision_notice,
    ),
    Floor::new(
        "succession_notice",
        ["个人信息保护法第二十二条", "PIPL art. 22"],
        succession_notice,
    ),
    Floor::new(
        "entrusted_processing",
        [
            "个人信息保护法第二十一条、第五十九条",
            "PIPL art. 21 and 59",
        ],
        entrusted_processing,
    ),
    Floor::new(
        "joint_processing",
        ["个人信息保护法第二十条", "PIPL art. 20"],
        joint_processing,
    ),
    Floor::new(
        "device_not_searched",
        [
            "个人信息保护法第六条（最小范围）",
            "PIPL art. 6 (least scope)",
        ],
        device_not_searched,
    ),
    Floor::new(
        "cookies_switchable",
        [
            "网络数据安全管理条例第二十二条第五项、第四十二条",
            "network data regulations art. 22(5) and 42",
        ],
        cookies_switchable,
    ),
];

/// The longest six months (from March, May or July on) have 184 days.
const SIX_MONTHS_DAYS: u32 = 184;
/// Three years with a leap day.
const THREE_YEARS_DAYS: u32 = 1096;
/// No purpose keeps data longer than the longest statutory term that applies, three years.
const RETENTION_DAYS_MAX: u32 = THREE_YEARS_DAYS;
/// Asking again sooner than this is asking repeatedly; the regulations give no figure.
const REASK_DAYS_MIN: u32 = 30;

fn at_rule(rule: &RetentionRule) -> At {
    At::new(format!("retention.toml: {}", rule.id), rule.clause)
}

fn retention_bounded(statement: &Statement, notes: &mut Notes<'_>) {
    for rule in &statement.purposes {
        let at = At::new(
            format!("purposes.toml: {}: retention_days_max", rule.id),
            rule.clause,
        );
        notes.at_least(at.clone(), rule.retention_days_max, 1);
        notes.at_most(at, rule.retention_days_max, RETENTION_DAYS_MAX);
    }
    for rule in &statement.retention {
        notes.at_least(at_rule(rule), rule.days_max, rule.days_min.max(1));
        if let Some(purpose) = statement.purpose(&rule.purpose) {
            notes.at_most(at_rule(rule), rule.days_max, purpose.retention_days_max);
        }
    }
    notes.promises(
        statement,
        ClauseId::r(14),
        &["retention_by_purpose", "deleted_or_anonymised_at_end"],
    );
}

fn logs_six_months(statement: &Statement, notes: &mut Notes<'_>) {
    let logs = ["operation_record", "network_address"];
    let mut found = false;
    for rule in &statement.retention {
        let is_log = rule.purpose.as_str() == "operation_log"
            && rule.categories.iter().any(|id| logs.contains(&id.as_str()));
        if is_log {
            found = true;
            notes.at_least(at_rule(rule), rule.days_min, SIX_MONTHS_DAYS);
            notes.expect(
                rule.pseudonymise_on_deregistration,
                || at_rule(rule),
                [
                    "注销帐号后日志仍直接指向本人",
                    "the log still names the person after the account is closed",
                ],
                [
                    "写明 pseudonymise_on_deregistration = true",
                    "set pseudonymise_on_deregistration = true",
                ],
            );
        }
    }
    notes.expect(
        found,
        || At::new("retention.toml", ClauseId::r(1)),
        [
            "操作日志没有保存期限",
            "the operation log has no retention rule",
        ],
        [
            "为 operation_log 增加一条规则",
            "add a rule for operation_log",
        ],
    );
    notes.promises(
        statement,
        ClauseId::r(1),
        &[
            "log_kept_six_months",
            "actor_pseudonymised_on_deregistration",
        ],
    );
}

fn evidence_three_years(statement: &Statement, notes: &mut Notes<'_>) {
    let provision = &statement.commitments.provision;
    notes.at_least(
        At::new(
            "commitments.toml: provision.record_days_min",
            provision.clause,
        ),
        provision.record_days_min,
        THREE_YEARS_DAYS,
    );
    for rule in &statement.retention {
        if rule.purpose.as_str() == "evidence" {
            notes.at_least(at_rule(rule), rule.days_min, THREE_YEARS_DAYS);
        }
    }
}

fn retention_exceptions_closed(statement: &Statement, notes: &mut Notes<'_>) {
    notes.promises(
        statement,
        ClauseId::r(14),
        &["retention_exceptions_closed", "locked_storage_only"],
    );
    notes.expect(
        !statement.retention_exceptions.is_empty(),
        || At::new("retention.toml: exception", ClauseId::r(14)),
        [
            "例外清单为空，正文却提到例外",
            "the clause speaks of exceptions and the list is empty",
        ],
        [
            "逐项列出例外及其法律依据",
            "list each exception with its law",
        ],
    );
    for exception in &statement.retention_exceptions {
        notes.expect(
            exception.storage_only,
            || {
                At::new(
                    format!("retention.toml: exception {}", exception.id),
                    exception.clause,
                )
            },
            [
                "超期保存的信息仍被用于存储和保护以外的处理",
                "data past its period is used for more than storage and protection",
            ],
            ["写明 storage_only = true", "set storage_only = true"],
        );
    }
}

fn deletion_triggers(statement: &Statement, notes: &mut Notes<'_>) {
    notes.all_of(
        &At::new("commitments.toml: deletion_triggers", ClauseId::r(14)),
        &statement.commitments.deletion_triggers,
        DeletionTrigger::ALL,
    );
}

fn stored_in_country(statement: &Statement, notes: &mut Notes<'_>) {
    notes.promises(statement, ClauseId::r(13), &["stored_in_country"]);
    for region in &statement.regions {
        notes.expect(
            region.code == Region::CN,
            || At::new(format!("regions.toml: {}", region.code), region.clause),
            [
                "境内收集的个人信息存放在境外",
                "personal data collected in the country is stored abroad",
            ],
            [
                "移除该存放地；出境须走跨境条件",
                "take the region out; export goes by the conditions of cross_border",
            ],
        );
    }
    notes.expect(
        !statement.regions.is_empty(),
        || At::new("regions.toml", ClauseId::r(13)),
        ["没有写明存放地", "no place of storage is named"],
        ["写明 CN", "name CN"],
    );
}

fn export_conditions(statement: &Statement, notes: &mut Notes<'_>) {
    let cross_border = &statement.cross_border;
    let at = |entry: &str| {
        At::new(
            format!("regions.toml: cross_border.{entry}"),
            cross_border.clause,
        )
    };
    notes.all_of(
        &at("conditions"),
        &cross_border.conditions,
        ExportCondition::ALL,
    );
    notes.expect(
        cross_border
            .mechanisms
            .iter()
            .any(|mechanism| Mechanism::ALL.contains(mechanism)),
        || at("mechanisms"),
        ["没有任何法定出境机制", "no statutory mechanism is named"],
        [
            "写明评估、标准合同或认证",
            "name assessment, standard contract or certification",
        ],
    );
    notes.promises(
        statement,
        ClauseId::r(13),
        &["no_export_without_conditions"],
    );
}

fn foreign_authorities(statement: &Statement, notes: &mut Notes<'_>) {
    notes.promises(
        statement,
        ClauseId::r(13),
        &["no_handover_abroad_without_approval"],
    );
}

fn provision_notice(statement: &Statement, notes: &mut Notes<'_>) {
    let provision = &statement.commitments.provision;
    notes.all_of(
        &At::new("commitments.toml: provision.notice_items", provision.clause),
        &provision.notice_items,
        ProvisionItem::ALL,
    );
    notes.promises(statement, ClauseId::r(15), &["recipient_always_named"]);
}

fn succession_notice(statement: &Statement, notes: &mut Notes<'_>) {
    let succession = &statement.commitments.succession;
    notes.all_of(
        &At::new(
            "commitments.toml: succession.notice_items",
            succession.clause,
        ),
        &succession.notice_items,
        &[
            SuccessionItem::SuccessorName,
            SuccessionItem::SuccessorContact,
        ],
    );
    notes.promises(
        statement,
        ClauseId::r(19),
        &["successor_bound", "successor_changed_purpose_new_consent"],
    );
}

fn entrusted_processing(statement: &Statement, notes: &mut Notes<'_>) {
    notes.promises(
        statement,
        ClauseId::u(2),
        &[
            "instruction_required",
            "return_or_delete",
            "no_sub_entrustment_without_consent",
            "assists_enterprise_with_rights",
        ],
    );
    notes.promises(
        statement,
        ClauseId::r(16),
        &["agreement_before_data", "processors_supervised"],
    );
}

fn joint_processing(statement: &Statement, notes: &mut Notes<'_>) {
    notes.promises(
        statement,
        ClauseId::r(17),
        &["joint_agreement", "either_side_answers"],
    );
}

fn device_not_searched(statement: &Statement, notes: &mut Notes<'_>) {
    for needed in ["installed_apps", "running_processes"] {
        let named = statement
            .not_collected
            .iter()
            .any(|entry| entry.id.as_str() == needed);
        notes.expect(
            named,
            || {
                At::new(
                    format!("categories.toml: not_collected {needed}"),
                    ClauseId::r(5),
                )
            },
            [
                "没有写明不收集该类设备信息",
                "it is not said that this is not collected from devices",
            ],
            ["在 not_collected 中列出", "list it under not_collected"],
        );
    }
}

fn cookies_switchable(statement: &Statement, notes: &mut Notes<'_>) {
    notes.at_least(
        At::new("commitments.toml: cookie_reask_days_min", ClauseId::r(12)),
        statement.commitments.cookie_reask_days_min,
        REASK_DAYS_MIN,
    );
    notes.promises(
        statement,
        ClauseId::r(12),
        &[
            "server_side_switch",
            "tags_deleted_on_refusal",
            "no_repeated_asking",
        ],
    );
    for choice in &statement.cookie_choices {
        notes.expect(
            !choice.necessary || choice.category == CookieCategory::Security,
            || {
                At::new(
                    format!("cookies.toml: choice {}", choice.category),
                    choice.clause,
                )
            },
            [
                "便利或推荐类 Cookie 被列为必要，无法关闭",
                "convenience or recommendation cookies are called necessary and cannot be switched off",
            ],
            ["写明 necessary = false", "set necessary = false"],
        );
    }
}
