//! Promises that are numbers or lists: which became looser.

use std::fmt::Display;

use yuntu_terms::{ClauseId, ConsentKind};

use super::reductions::Taken;
use super::{Reduction, ReductionKind};
use crate::model::{AcceptanceAct, Channel, Commitments, WhenReduced};
use crate::statement::Statement;

const KIND: ReductionKind = ReductionKind::CommitmentWeakened;

/// Lists the commitments of the new version that are looser than before.
pub(super) fn find(old: &Statement, new: &Statement) -> Vec<Reduction> {
    let mut taken = Taken::new();
    numbers(&old.commitments, &new.commitments, &mut taken);
    lists(&old.commitments, &new.commitments, &mut taken);
    choices(&old.commitments, &new.commitments, &mut taken);
    let entry: (&dyn Display, ClauseId) = (&"cross_border.conditions", ClauseId::r(13));
    let conditions = [&*old.cross_border.conditions, &*new.cross_border.conditions];
    taken.fewer(KIND, entry, conditions);
    taken.into_inner()
}

/// Reads one number of the commitments.
type Read = fn(&Commitments) -> u32;

/// Numbers that protect by being small.
const UPPER: &[(&str, ClauseId, Read)] = &[
    ("break_glass.hours_max", ClauseId::u(2), |c| {
        c.break_glass.hours_max
    }),
    ("codes.valid_minutes_max", ClauseId::r(2), |c| {
        c.codes.valid_minutes_max
    }),
    ("codes.uses_max", ClauseId::r(2), |c| c.codes.uses_max),
    ("codes.attempts_max", ClauseId::r(2), |c| {
        c.codes.attempts_max
    }),
    ("minors.removal_days_max", ClauseId::r(29), |c| {
        c.minors.removal_days_max
    }),
    ("incident.report_hours_max", ClauseId::r(25), |c| {
        c.incident.report_hours_max
    }),
    ("incident.report_critical_hours_max", ClauseId::r(25), |c| {
        c.incident.report_critical_hours_max
    }),
    ("incident.final_report_days_max", ClauseId::r(25), |c| {
        c.incident.final_report_days_max
    }),
    ("incident.vulnerability_hours_max", ClauseId::r(25), |c| {
        c.incident.vulnerability_hours_max
    }),
    ("assessments.audit_months_max", ClauseId::r(23), |c| {
        c.assessments.audit_months_max
    }),
    (
        "assessments.minors_audit_months_max",
        ClauseId::r(23),
        |c| c.assessments.minors_audit_months_max,
    ),
    ("cessation.erase_days_max", ClauseId::r(28), |c| {
        c.cessation.erase_days_max
    }),
];

/// Numbers that protect by being large.
const LOWER: &[(&str, ClauseId, Read)] = &[
    ("cookie_reask_days_min", ClauseId::r(12), |c| {
        c.cookie_reask_days_min
    }),
    ("minors.adult_age", ClauseId::r(29), |c| c.minors.adult_age),
    ("minors.guardian_age", ClauseId::r(29), |c| {
        c.minors.guardian_age
    }),
    ("provision.record_days_min", ClauseId::r(15), |c| {
        c.provision.record_days_min
    }),
    ("publication.approvals_min", ClauseId::r(20), |c| {
        c.publication.approvals_min
    }),
    ("aggregates.cell_people_min", ClauseId::r(17), |c| {
        c.aggregates.cell_people_min
    }),
    ("assessments.report_days_min", ClauseId::r(23), |c| {
        c.assessments.report_days_min
    }),
    ("cessation.notice_days_min", ClauseId::r(28), |c| {
        c.cessation.notice_days_min
    }),
    ("revision.notice_days_min", ClauseId::r(30), |c| {
        c.revision.notice_days_min
    }),
];

fn numbers(old: &Commitments, new: &Commitments, taken: &mut Taken) {
    for (name, clause, read) in UPPER {
        taken.grew(KIND, (name, *clause), [read(old), read(new)]);
    }
    for (name, clause, read) in LOWER {
        let (before, after) = (read(old), read(new));
        if after < before {
            let detail = [
                format!("由 {before} 降至 {after}"),
                format!("from {before} down to {after}"),
            ];
            taken.add(KIND, name, *clause, detail);
        }
    }
}

fn lists(old: &Commitments, new: &Commitments, taken: &mut Taken) {
    let entry = ("acceptance.records", ClauseId::u(1));
    let lists = [&*old.acceptance.records, &*new.acceptance.records];
    taken.fewer(KIND, (&entry.0, entry.1), lists);
    let entry = ("incident.notice_items", ClauseId::r(25));
    let lists = [&*old.incident.notice_items, &*new.incident.notice_items];
    taken.fewer(KIND, (&entry.0, entry.1), lists);
    let entry = ("incident.channels", ClauseId::r(25));
    let lists = [&*old.incident.channels, &*new.incident.channels];
    taken.fewer(KIND, (&entry.0, entry.1), lists);
    let entry = ("provision.notice_items", ClauseId::r(15));
    let lists = [&*old.provision.notice_items, &*new.provision.notice_items];
    taken.fewer(KIND, (&entry.0, entry.1), lists);
    let entry = ("succession.notice_items", ClauseId::r(19));
    let lists = [&*old.succession.notice_items, &*new.succession.notice_items];
    taken.fewer(KIND, (&entry.0, entry.1), lists);
    let entry = ("deletion_triggers", ClauseId::r(14));
    let lists = [&*old.deletion_triggers, &*new.deletion_triggers];
    taken.fewer(KIND, (&entry.0, entry.1), lists);
}

fn choices(old: &Commitments, new: &Commitments, taken: &mut Taken) {
    let separate = |kind: ConsentKind| kind == ConsentKind::Separate;
    let express = |kind: ConsentKind| kind != ConsentKind::Expressed;
    let choices = [
        (
            "acceptance.act",
            ClauseId::u(1),
            [old, new].map(|c| c.acceptance.act == AcceptanceAct::Explicit),
        ),
        (
            "incident.fallback",
            ClauseId::r(25),
            [old, new].map(|c| c.incident.fallback == Channel::PublicNotice),
        ),
        (
            "provision.consent",
            ClauseId::r(15),
            [old, new].map(|c| separate(c.provision.consent)),
        ),
        (
            "publication.consent",
            ClauseId::r(20),
            [old, new].map(|c| separate(c.publication.consent)),
        ),
        (
            "succession.changed_purpose",
            ClauseId::r(19),
            [old, new].map(|c| express(c.succession.changed_purpose)),
        ),
        (
            "revision.when_reduced",
            ClauseId::r(30),
            [old, new].map(|c| c.revision.when_reduced == WhenReduced::ExpressConsent),
        ),
    ];
    for (name, clause, [before, after]) in choices {
        if before && !after {
            let detail = ["不再成立".to_owned(), "it no longer holds".to_owned()];
            taken.add(KIND, &name, clause, detail);
        }
    }
}
