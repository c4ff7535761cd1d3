//! Floors about people: their rights, minors, automated decisions, contacts.

use yuntu_terms::ClauseId;

use super::finding::{At, Floor, Notes};
use crate::model::{ContactSlot, PurposeRule, Right};
use crate::statement::Statement;

pub(super) const FLOORS: &[Floor] = &[
    Floor::new(
        "rights_complete",
        [
            "个人信息保护法第十五条、第二十四条、第四十四条至第五十条",
            "PIPL art. 15, 24 and 44 to 50",
        ],
        rights_complete,
    ),
    Floor::new(
        "rights_answered_in_time",
        [
            "个人信息保护法第五十条（及时）；声明 R26 的期限",
            "PIPL art. 50 (promptly); the period of statement R26",
        ],
        rights_answered_in_time,
    ),
    Floor::new(
        "refusals_have_reasons",
        ["个人信息保护法第五十条", "PIPL art. 50"],
        refusals_have_reasons,
    ),
    Floor::new(
        "automated_decisions",
        ["个人信息保护法第二十四条", "PIPL art. 24"],
        automated_decisions,
    ),
    Floor::new(
        "two_age_thresholds",
        [
            "个人信息保护法第二十八条、第三十一条；未成年人保护法",
            "PIPL art. 28 and 31; Law on the Protection of Minors",
        ],
        two_age_thresholds,
    ),
    Floor::new(
        "minors_guarded",
        [
            "未成年人网络保护条例第三十六条；个人信息保护法第三十一条",
            "regulations on minors online art. 36; PIPL art. 31",
        ],
        minors_guarded,
    ),
    Floor::new(
        "contacts_named",
        [
            "个人信息保护法第十七条第一款第一项、第五十二条",
            "PIPL art. 17(1)(1) and 52",
        ],
        contacts_named,
    ),
    Floor::new(
        "sign_in_codes",
        [
            "声明 R2；OWASP ASVS 5.0 对带外验证码的要求",
            "statement R2; OWASP ASVS 5.0 on out-of-band codes",
        ],
        sign_in_codes,
    ),
];

/// Days within which a request is answered; the law says promptly and gives no figure.
const ANSWER_DAYS_MAX: u32 = 15;
const CODE_MINUTES_MAX: u32 = 10;
const ADULT_AGE: u32 = 18;
const GUARDIAN_AGE: u32 = 14;

fn rights_complete(statement: &Statement, notes: &mut Notes<'_>) {
    let have: Vec<Right> = statement.rights.iter().map(|rule| rule.right).collect();
    notes.all_of(&At::new("rights.toml", ClauseId::r(26)), &have, Right::ALL);
    let granted: Vec<Right> = statement
        .clauses
        .iter()
        .flat_map(|clause| clause.rights.iter().copied())
        .collect();
    notes.all_of(
        &At::new("clauses-r.toml: rights", ClauseId::r(26)),
        &granted,
        Right::ALL,
    );
}

fn rights_answered_in_time(statement: &Statement, notes: &mut Notes<'_>) {
    for rule in &statement.rights {
        notes.at_most(
            At::new(format!("rights.toml: {}", rule.right), rule.clause),
            rule.answer_days_max,
            ANSWER_DAYS_MAX,
        );
    }
}

fn refusals_have_reasons(statement: &Statement, notes: &mut Notes<'_>) {
    notes.promises(
        statement,
        ClauseId::r(26),
        &["refusal_with_reasons", "right_to_sue"],
    );
}

fn automated_decisions(statement: &Statement, notes: &mut Notes<'_>) {
    notes.promises(
        statement,
        ClauseId::r(11),
        &["marketing_option_not_personal", "no_unfair_pricing"],
    );
    notes.promises(
        statement,
        ClauseId::r(26),
        &["automated_decision_refusable"],
    );
    notes.promises(statement, ClauseId::u(4), &["marketing_refusal_counts"]);
    let marketing = |rule: &&PurposeRule| rule.id.as_str().split('.').next() == Some("marketing");
    for rule in statement.purposes.iter().filter(marketing) {
        notes.expect(
            rule.refusable,
            || At::new(format!("purposes.toml: {}", rule.id), rule.clause),
            [
                "营销类目的没有给个人便捷的拒绝方式：换一项依据便可越过拒绝",
                "marketing that a person cannot refuse: another ground would pass over her refusal",
            ],
            ["写明 refusable = true", "set refusable = true"],
        );
    }
}

fn two_age_thresholds(statement: &Statement, notes: &mut Notes<'_>) {
    let minors = &statement.commitments.minors;
    let at = |entry: &str| At::new(format!("commitments.toml: minors.{entry}"), minors.clause);
    notes.at_least(at("adult_age"), minors.adult_age, ADULT_AGE);
    notes.at_least(at("guardian_age"), minors.guardian_age, GUARDIAN_AGE);
    notes.at_most(
        at("guardian_age"),
        minors.guardian_age,
        minors.adult_age.saturating_sub(1),
    );
}

fn minors_guarded(statement: &Statement, notes: &mut Notes<'_>) {
    notes.promises(
        statement,
        ClauseId::r(29),
        &[
            "adults_only",
            "guardian_consent_below_line",
            "staff_access_to_minors_approved_and_logged",
            "minor_data_removed_fast",
        ],
    );
}

fn contacts_named(statement: &Statement, notes: &mut Notes<'_>) {
    let required: Vec<ContactSlot> = statement
        .contacts
        .iter()
        .filter(|contact| contact.required)
        .map(|contact| contact.slot)
        .collect();
    notes.all_of(
        &At::new("contacts.toml", ClauseId::r(26)),
        &required,
        ContactSlot::ALL,
    );
}

fn sign_in_codes(statement: &Statement, notes: &mut Notes<'_>) {
    let codes = &statement.commitments.codes;
    let at = |entry: &str| At::new(format!("commitments.toml: codes.{entry}"), codes.clause);
    notes.at_most(
        at("valid_minutes_max"),
        codes.valid_minutes_max,
        CODE_MINUTES_MAX,
    );
    notes.at_least(at("valid_minutes_max"), codes.valid_minutes_max, 1);
    notes.at_most(at("uses_max"), codes.uses_max, 1);
    notes.at_most(at("attempts_max"), codes.attempts_max, 10);
}
