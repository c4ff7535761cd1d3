//! Floors about what the operator owes: security, incidents, audits, revisions, the end of the service.

use yuntu_terms::{ClauseId, Timestamp};

use super::finding::{At, Floor, Notes};
use crate::model::{Channel, IncidentItem, WhenReduced};
use crate::statement::Statement;

pub(super) const FLOORS: &[Floor] = &[
    Floor::new(
        "incident_notice_complete",
        [
            "个人信息保护法第五十七条第一款；声明 R25",
            "PIPL art. 57 para. 1; statement R25",
        ],
        incident_notice_complete,
    ),
    Floor::new(
        "incident_report_clock",
        [
            "国家网络安全事件报告管理办法第四条、第八条；网络数据安全管理条例第十条",
            "measures on reporting cybersecurity incidents art. 4 and 8; network data regulations art. 10",
        ],
        incident_report_clock,
    ),
    Floor::new(
        "security_measures",
        ["个人信息保护法第五十一条", "PIPL art. 51"],
        security_measures,
    ),
    Floor::new(
        "person_in_charge",
        ["个人信息保护法第五十二条", "PIPL art. 52"],
        person_in_charge,
    ),
    Floor::new(
        "audits",
        [
            "个人信息保护法第五十四条；未成年人网络保护条例第三十七条",
            "PIPL art. 54; regulations on minors online art. 37",
        ],
        audits,
    ),
    Floor::new(
        "impact_assessments",
        [
            "个人信息保护法第五十五条、第五十六条",
            "PIPL art. 55 and 56",
        ],
        impact_assessments,
    ),
    Floor::new(
        "lists_generated",
        [
            "网络数据安全管理条例第二十一条",
            "network data regulations art. 21",
        ],
        lists_generated,
    ),
    Floor::new(
        "statement_public",
        ["个人信息保护法第十七条第三款", "PIPL art. 17 para. 3"],
        statement_public,
    ),
    Floor::new(
        "revision",
        [
            "声明 R30；个人信息保护法第十七条第二款",
            "statement R30; PIPL art. 17 para. 2",
        ],
        revision,
    ),
    Floor::new(
        "cessation",
        [
            "个人信息保护法第四十七条第一款第二项；声明 R28",
            "PIPL art. 47(1)(2); statement R28",
        ],
        cessation,
    ),
    Floor::new(
        "processor_measures",
        [
            "声明 U2、U5；个人信息保护法第二十一条",
            "statement U2 and U5; PIPL art. 21",
        ],
        processor_measures,
    ),
    Floor::new(
        "aggregates_hidden",
        ["声明 R17", "statement R17"],
        aggregates_hidden,
    ),
    Floor::new(
        "penalty_notices",
        [
            "个人信息保护法第二十五条；声明 R20",
            "PIPL art. 25; statement R20",
        ],
        penalty_notices,
    ),
];

const NOTICE_DAYS_MIN: u32 = 7;

fn incident_notice_complete(statement: &Statement, notes: &mut Notes<'_>) {
    let incident = &statement.commitments.incident;
    let at = |entry: &str| {
        At::new(
            format!("commitments.toml: incident.{entry}"),
            incident.clause,
        )
    };
    notes.all_of(
        &at("notice_items"),
        &incident.notice_items,
        IncidentItem::ALL,
    );
    notes.all_of(
        &at("channels"),
        &incident.channels,
        &[Channel::Push, Channel::Mail, Channel::Letter, Channel::Sms],
    );
    notes.expect(
        incident.fallback == Channel::PublicNotice,
        || at("fallback"),
        [
            "无法逐一送达的人得不到公告",
            "people who cannot be reached one by one get no public notice",
        ],
        ["改为 `public_notice`", "set it to `public_notice`"],
    );
    notes.promises(
        statement,
        ClauseId::r(25),
        &["emergency_plan", "notice_skipped_only_with_reasons"],
    );
}

fn incident_report_clock(statement: &Statement, notes: &mut Notes<'_>) {
    let incident = &statement.commitments.incident;
    let limits = [
        ("report_hours_max", incident.report_hours_max, 4),
        (
            "report_critical_hours_max",
            incident.report_critical_hours_max,
            1,
        ),
        ("final_report_days_max", incident.final_report_days_max, 30),
        (
            "vulnerability_hours_max",
            incident.vulnerability_hours_max,
            24,
        ),
    ];
    for (entry, value, limit) in limits {
        let at = At::new(
            format!("commitments.toml: incident.{entry}"),
            incident.clause,
        );
        notes.at_most(at, value, limit);
    }
    notes.promises(statement, ClauseId::r(25), &["regulator_report"]);
}

fn security_measures(statement: &Statement, notes: &mut Notes<'_>) {
    notes.promises(statement, ClauseId::r(8), &["classified_data"]);
    notes.promises(
        statement,
        ClauseId::r(22),
        &[
            "encryption_at_rest",
            "encryption_in_transit",
            "deidentification",
            "anonymisation_irreversible",
        ],
    );
    notes.promises(
        statement,
        ClauseId::r(23),
        &["least_privilege", "staff_training", "tamper_evident_ledger"],
    );
}

fn person_in_charge(statement: &Statement, notes: &mut Notes<'_>) {
    notes.promises(
        statement,
        ClauseId::r(23),
        &["person_in_charge", "security_department"],
    );
}

fn audits(statement: &Statement, notes: &mut Notes<'_>) {
    let assessments = &statement.commitments.assessments;
    let at = |entry: &str| {
        At::new(
            format!("commitments.toml: assessments.{entry}"),
            assessments.clause,
        )
    };
    notes.at_most(at("audit_months_max"), assessments.audit_months_max, 24);
    notes.at_most(
        at("minors_audit_months_max"),
        assessments.minors_audit_months_max,
        12,
    );
    notes.promises(statement, ClauseId::r(23), &["periodic_audit"]);
}

fn impact_assessments(statement: &Statement, notes: &mut Notes<'_>) {
    let assessments = &statement.commitments.assessments;
    notes.at_least(
        At::new(
            "commitments.toml: assessments.report_days_min",
            assessments.clause,
        ),
        assessments.report_days_min,
        1096,
    );
    notes.promises(
        statement,
        ClauseId::r(23),
        &["impact_assessment_before_risk"],
    );
}

fn lists_generated(statement: &Statement, notes: &mut Notes<'_>) {
    notes.promises(statement, ClauseId::r(27), &["lists_from_live_system"]);
    notes.promises(statement, ClauseId::r(15), &["partners_listed"]);
}

fn statement_public(statement: &Statement, notes: &mut Notes<'_>) {
    notes.promises(
        statement,
        ClauseId::r(27),
        &[
            "statement_public",
            "statement_savable",
            "every_version_reachable",
        ],
    );
    notes.promises(statement, ClauseId::r(31), &["surfaces_listed"]);
}

fn revision(statement: &Statement, notes: &mut Notes<'_>) {
    let revision = &statement.commitments.revision;
    let at = |entry: &str| {
        At::new(
            format!("commitments.toml: revision.{entry}"),
            revision.clause,
        )
    };
    notes.at_least(
        at("notice_days_min"),
        revision.notice_days_min,
        NOTICE_DAYS_MIN,
    );
    notes.expect(
        revision.when_reduced == WhenReduced::ExpressConsent,
        || at("when_reduced"),
        [
            "减少权利只作通知，不经本人同意",
            "rights are reduced by notice, without the person's consent",
        ],
        ["改为 `express_consent`", "set it to `express_consent`"],
    );
    let meta = &statement.meta;
    let noticed = meta
        .effective
        .as_micros()
        .saturating_sub(meta.published.as_micros())
        / Timestamp::MICROS_PER_DAY;
    notes.expect(
        noticed >= i64::from(revision.notice_days_min),
        || At::new("meta.toml: effective", revision.clause),
        [
            "公布与生效之间短于承诺的公示期",
            "between publication and effect lies less than the notice promised",
        ],
        [
            "推迟 effective，或提前 published",
            "move effective later or published earlier",
        ],
    );
    notes.expect(
        meta.supersedes.is_none_or(|before| before < meta.version),
        || At::new("meta.toml: supersedes", revision.clause),
        [
            "所取代的版本不早于本版本",
            "the version superseded is not older than this one",
        ],
        [
            "改正 version 或 supersedes",
            "correct version or supersedes",
        ],
    );
    notes.promises(
        statement,
        ClauseId::r(30),
        &["no_reduction_without_consent", "notice_before_effect"],
    );
}

fn cessation(statement: &Statement, notes: &mut Notes<'_>) {
    let cessation = &statement.commitments.cessation;
    let at = |entry: &str| {
        At::new(
            format!("commitments.toml: cessation.{entry}"),
            cessation.clause,
        )
    };
    notes.at_least(
        at("notice_days_min"),
        cessation.notice_days_min,
        NOTICE_DAYS_MIN,
    );
    notes.at_most(at("erase_days_max"), cessation.erase_days_max, 30);
    notes.promises(
        statement,
        ClauseId::r(28),
        &[
            "collection_stops",
            "cessation_notified",
            "erased_after_cessation",
        ],
    );
}

fn processor_measures(statement: &Statement, notes: &mut Notes<'_>) {
    let break_glass = &statement.commitments.break_glass;
    notes.at_most(
        At::new(
            "commitments.toml: break_glass.hours_max",
            break_glass.clause,
        ),
        break_glass.hours_max,
        24,
    );
    notes.promises(
        statement,
        ClauseId::u(2),
        &["no_standing_staff_access", "every_look_visible"],
    );
    notes.promises(statement, ClauseId::u(3), &["declaration_before_use"]);
    notes.promises(
        statement,
        ClauseId::u(4),
        &[
            "row_level_consent",
            "beyond_scope_refused",
            "unknown_is_refused",
        ],
    );
    notes.promises(
        statement,
        ClauseId::u(5),
        &["measures_have_reasons", "measures_appealable"],
    );
}

fn aggregates_hidden(statement: &Statement, notes: &mut Notes<'_>) {
    let aggregates = &statement.commitments.aggregates;
    notes.at_least(
        At::new(
            "commitments.toml: aggregates.cell_people_min",
            aggregates.clause,
        ),
        aggregates.cell_people_min,
        50,
    );
    notes.promises(statement, ClauseId::r(17), &["small_groups_hidden"]);
}

fn penalty_notices(statement: &Statement, notes: &mut Notes<'_>) {
    let publication = &statement.commitments.publication;
    notes.at_least(
        At::new(
            "commitments.toml: publication.approvals_min",
            publication.clause,
        ),
        publication.approvals_min,
        2,
    );
    notes.promises(
        statement,
        ClauseId::r(20),
        &["penalty_notice_masked", "penalty_notice_two_people"],
    );
}
