//! The rule again, as plain loops over the whole log: slow, and written without a look at the index.

use std::collections::BTreeSet;

use yuntu_consent::{ConsentRecord, Exclusion, Question, SubjectEvent};
use yuntu_terms::{ConsentKind, ConsentStatus, LegalBasis, Operation, Recipient, Timestamp};

/// Why the subject is not admitted; nothing when it is.
pub(crate) fn exclusion(
    log: &[SubjectEvent],
    question: &Question,
    now: Timestamp,
    subject: u32,
) -> Option<Exclusion> {
    if subject >= question.population {
        return Some(Exclusion::Purpose);
    }
    let numbers = numbers_of(&groups(log), subject);
    let refused = numbers
        .iter()
        .any(|number| guardian_says_no(&of(log, *number), now));
    let mut bars = Vec::new();
    let mut words = Vec::new();
    for number in numbers {
        let events: Vec<&SubjectEvent> = of(log, number);
        bars.extend(bar(&events, now, refused));
        if has_own_record(&events, question) {
            words.push(own(&events, question, now));
        }
    }
    // The strictest counts: the earliest reason of the funnel, and a yes only where every number says it.
    if let Some(bar) = bars.into_iter().min() {
        return Some(bar);
    }
    if a_no_is_heard(question) {
        let consented = Question {
            basis: LegalBasis::Consent,
            ..question.clone()
        };
        let refused = declined(log, question, now, subject)
            && exclusion(log, &consented, now, subject).is_some();
        return refused.then_some(Exclusion::Objected);
    }
    if question.basis != LegalBasis::Consent {
        return None;
    }
    if words.is_empty() {
        return by_default(question, now);
    }
    words.into_iter().flatten().min()
}

/// On another ground than consent: whether the person may still refuse.
fn a_no_is_heard(question: &Question) -> bool {
    use LegalBasis::{Consent, Emergency, LawfullyPublic, LegalDuty, OtherLaw};
    let has_no_say = [Consent, LegalDuty, Emergency, OtherLaw].contains(&question.basis);
    question.basis == LawfullyPublic || (question.refusable && !has_no_say)
}

/// The numbers that are one person, as pairs became known; every other number is one of its own.
pub(crate) fn groups(log: &[SubjectEvent]) -> Vec<BTreeSet<u32>> {
    let mut groups = Vec::new();
    for event in log {
        join(&mut groups, event);
    }
    groups
}

fn join(groups: &mut Vec<BTreeSet<u32>>, event: &SubjectEvent) {
    if let SubjectEvent::Joined { subject, with, .. } = event {
        let mut group = numbers_of(groups, subject.get());
        group.extend(numbers_of(groups, with.get()));
        if group.len() > 16 {
            return;
        }
        groups.retain(|old| old.is_disjoint(&group));
        groups.push(group);
    }
}

pub(crate) fn numbers_of(groups: &[BTreeSet<u32>], number: u32) -> BTreeSet<u32> {
    let found = groups.iter().find(|group| group.contains(&number));
    found.cloned().unwrap_or_else(|| BTreeSet::from([number]))
}

fn of(log: &[SubjectEvent], subject: u32) -> Vec<&SubjectEvent> {
    let about = log.iter().filter(|event| event.subject().get() == subject);
    about.collect()
}

/// Why one number's own records do not admit.
fn own(events: &[&SubjectEvent], question: &Question, now: Timestamp) -> Option<Exclusion> {
    let kind = match question.operation {
        Operation::Process => question.kind,
        Operation::Share | Operation::Transfer | Operation::Publicise => ConsentKind::Separate,
    };
    // Each requirement on its own: the first that no record in force meets is the reason.
    let standing: Vec<&ConsentRecord> = standing(events, question, now);
    if standing.is_empty() {
        return Some(Exclusion::Purpose);
    }
    let operation: Vec<_> = standing
        .into_iter()
        .filter(|record| record.operation == question.operation)
        .collect();
    if operation.is_empty() {
        return Some(Exclusion::Operation);
    }
    let recipient: Vec<_> = operation
        .into_iter()
        .filter(|record| record.recipient == question.recipient)
        .collect();
    if recipient.is_empty() {
        return Some(Exclusion::Recipient);
    }
    if recipient.iter().any(|record| record.kind >= kind) {
        None
    } else {
        Some(Exclusion::Kind)
    }
}

/// Whether a guardian's no that no later yes took back is in force.
fn guardian_says_no(events: &[&SubjectEvent], now: Timestamp) -> bool {
    let mut said = Vec::new();
    for event in events {
        match event {
            SubjectEvent::Guardian { status, .. } if status.permits() => said.clear(),
            SubjectEvent::Guardian { status, from, .. } if negative(*status) => said.push(*from),
            SubjectEvent::Erased { .. } => break,
            SubjectEvent::Guardian { .. }
            | SubjectEvent::Consent(_)
            | SubjectEvent::Restricted { .. }
            | SubjectEvent::Unrestricted { .. }
            | SubjectEvent::Minor { .. }
            | SubjectEvent::Joined { .. } => {}
        }
    }
    said.iter().any(|from| *from <= now)
}

fn bar(events: &[&SubjectEvent], now: Timestamp, refused: bool) -> Option<Exclusion> {
    let mut restricted = false;
    let mut minor = false;
    let mut guardian: Option<(Timestamp, Option<Timestamp>)> = None;
    for event in events {
        match event {
            SubjectEvent::Erased { .. } => return Some(Exclusion::Erased),
            SubjectEvent::Restricted { .. } => restricted = true,
            SubjectEvent::Unrestricted { .. } => restricted = false,
            SubjectEvent::Minor { until, .. } => minor = minor || now < *until,
            SubjectEvent::Guardian {
                status,
                from,
                until,
                ..
            } => {
                if status.permits() {
                    guardian = Some((*from, *until));
                } else if negative(*status)
                    && let Some((_, end)) = &mut guardian
                {
                    *end = Some(end.map_or(*from, |end| end.min(*from)));
                }
            }
            SubjectEvent::Consent(_) | SubjectEvent::Joined { .. } => {}
        }
    }
    if restricted {
        return Some(Exclusion::Restricted);
    }
    let guarded =
        guardian.is_some_and(|(from, until)| from <= now && until.is_none_or(|until| now < until));
    if minor && (refused || !guarded) {
        return Some(Exclusion::Minor);
    }
    None
}

fn records<'a>(events: &[&'a SubjectEvent]) -> Vec<&'a ConsentRecord> {
    let mut records = Vec::new();
    for event in events {
        if let SubjectEvent::Consent(record) = event {
            records.push(record);
        }
    }
    records
}

fn has_own_record(events: &[&SubjectEvent], question: &Question) -> bool {
    records(events).iter().any(|record| {
        record.purpose.covers(&question.purpose)
            && (record.status.permits() || negative(record.status))
    })
}

/// The permitting records for the purpose that are valid now and that no "no" ends.
fn standing<'a>(
    events: &[&'a SubjectEvent],
    question: &Question,
    now: Timestamp,
) -> Vec<&'a ConsentRecord> {
    let records = records(events);
    let mut standing = Vec::new();
    for (place, record) in records.iter().enumerate() {
        let valid = record.status.permits()
            && record.purpose.covers(&question.purpose)
            && record.from <= now
            && record.until.is_none_or(|until| now < until);
        let mut ended = false;
        for (other, no) in records.iter().enumerate() {
            let same = no.operation == record.operation && no.recipient == record.recipient;
            let processing =
                no.operation == Operation::Process && no.recipient == Recipient::Enterprise;
            ended |= negative(no.status)
                && no.purpose.covers(&question.purpose)
                && no.from <= now
                && (same || processing)
                && (other > place || no.recorded > record.recorded);
        }
        if valid && !ended {
            standing.push(*record);
        }
    }
    standing
}

fn by_default(question: &Question, now: Timestamp) -> Option<Exclusion> {
    let Some(scope) = &question.scope else {
        return Some(Exclusion::Purpose);
    };
    let valid = scope.from <= now && scope.until.is_none_or(|until| now < until);
    let purpose = scope
        .purposes
        .iter()
        .any(|purpose| purpose.covers(&question.purpose));
    if !valid || !purpose {
        return Some(Exclusion::Purpose);
    }
    if !scope.operations.contains(&question.operation) {
        return Some(Exclusion::Operation);
    }
    if !scope.recipients.contains(&question.recipient) {
        return Some(Exclusion::Recipient);
    }
    let separate = question.operation != Operation::Process;
    let enough = scope.kind >= question.kind && (!separate || scope.kind == ConsentKind::Separate);
    (!enough).then_some(Exclusion::Kind)
}

/// Says whether the subject said no to what is asked.
pub(crate) fn declined(
    log: &[SubjectEvent],
    question: &Question,
    now: Timestamp,
    subject: u32,
) -> bool {
    let numbers = numbers_of(&groups(log), subject);
    log.iter().any(|event| {
        if let SubjectEvent::Consent(no) = event {
            numbers.contains(&no.subject.get())
                && negative(no.status)
                && no.from <= now
                && no.purpose.covers(&question.purpose)
                && (no.operation == question.operation && no.recipient == question.recipient
                    || no.operation == Operation::Process && no.recipient == Recipient::Enterprise)
        } else {
            false
        }
    })
}

fn negative(status: ConsentStatus) -> bool {
    [
        ConsentStatus::Refused,
        ConsentStatus::Expired,
        ConsentStatus::Withdrawn,
        ConsentStatus::Revoked,
        ConsentStatus::Invalidated,
    ]
    .contains(&status)
}
