//! The truth table of the rule, written out as a file that a reader can check line by line.

use std::fmt::Write as _;

use yuntu_consent::{ConsentRecord, Exclusion, Question, SubjectEvent};
use yuntu_terms::{
    ConsentKind, ConsentStatus, LegalBasis, Operation, Recipient, SubjectId, Timestamp,
};

use crate::build::{at, covering, given, index, partner, purpose, question};
use crate::oracle;

const GOLDEN: &str = include_str!("../../golden/verdicts.txt");
const NOW: i64 = 50;
const PURPOSES: [(&str, &str); 4] = [
    ("same", "p.q"),
    ("ancestor", "p"),
    ("descendant", "p.q.r"),
    ("other", "p.s"),
];

/// The verdict of the index, which must be the oracle's.
fn verdict(log: &[SubjectEvent], question: &Question, now: Timestamp) -> &'static str {
    let snapshot = index(log).snapshot(now);
    let found = snapshot.exclusion(question, SubjectId::new(0));
    assert_eq!(found, oracle::exclusion(log, question, now, 0), "{log:?}");
    assert_eq!(snapshot.allowed(question).contains(0), found.is_none());
    found.map_or("admitted", Exclusion::code)
}

fn one_record(out: &mut String) {
    writeln!(
        out,
        "# One record. Question: may p.q be processed by the enterprise now?"
    )
    .unwrap();
    writeln!(
        out,
        "# status | its purpose | operation | recipient | now is | without default | with default | sensitive"
    ).unwrap();
    for status in ConsentStatus::ALL {
        for (relation, text) in PURPOSES {
            for (operation, op) in [("same", Operation::Process), ("other", Operation::Share)] {
                for (recipient, to) in [("same", Recipient::Enterprise), ("other", partner(1))] {
                    for (time, from, until) in [
                        ("before", 60, 90),
                        ("inside", 10, 90),
                        ("at the end", 10, 50),
                        ("after", 10, 40),
                    ] {
                        let record = ConsentRecord {
                            status,
                            purpose: purpose(text),
                            operation: op,
                            recipient: to,
                            from: at(from),
                            until: Some(at(until)),
                            ..given(0)
                        };
                        let log = [SubjectEvent::Consent(record)];
                        let plain = question(1);
                        let default = plain.clone().with_scope(Some(covering(&plain)));
                        let sensitive = plain.clone().with_kind(ConsentKind::Separate);
                        writeln!(
                            out,
                            "{} | {relation} | {operation} | {recipient} | {time} | {} | {} | {}",
                            status.code(),
                            verdict(&log, &plain, at(NOW)),
                            verdict(&log, &default, at(NOW)),
                            verdict(&log, &sensitive, at(NOW)),
                        )
                        .unwrap();
                    }
                }
            }
        }
    }
}

fn two_records(out: &mut String) {
    writeln!(
        out,
        "\n# Two records. The first gives p.q to a partner (share, separate, no end). Question: the same."
    ).unwrap();
    writeln!(
        out,
        "# second status | its purpose | about | in the log | recorded | takes effect | verdict"
    )
    .unwrap();
    let share = |status, text: &str| ConsentRecord {
        status,
        purpose: purpose(text),
        operation: Operation::Share,
        recipient: partner(1),
        from: at(10),
        recorded: at(10),
        ..given(0)
    };
    let question = Question::new(purpose("p.q"), Operation::Share, partner(1), 1);
    for status in ConsentStatus::ALL {
        for (relation, text) in PURPOSES {
            for about in [
                "the same",
                "processing by the enterprise",
                "another partner",
            ] {
                for order in ["after", "before"] {
                    for (recorded, when) in [("later", 20), ("earlier", 5)] {
                        for (effect, from) in [("already", 20), ("not yet", 60)] {
                            let mut second = share(status, text);
                            second.recorded = at(when);
                            second.from = at(from);
                            match about {
                                "the same" => {}
                                "another partner" => second.recipient = partner(2),
                                _ => {
                                    second.operation = Operation::Process;
                                    second.recipient = Recipient::Enterprise;
                                }
                            }
                            let first = SubjectEvent::Consent(share(ConsentStatus::Given, "p.q"));
                            let second = SubjectEvent::Consent(second);
                            let log = if order == "after" {
                                [first, second]
                            } else {
                                [second, first]
                            };
                            writeln!(
                                out,
                                "{} | {relation} | {about} | {order} | {recorded} | {effect} | {}",
                                status.code(),
                                verdict(&log, &question, at(NOW)),
                            )
                            .unwrap();
                        }
                    }
                }
            }
        }
    }
}

/// What may stand in the way of a subject, whatever the consent.
fn bars() -> Vec<(&'static str, Vec<SubjectEvent>)> {
    let subject = SubjectId::new(0);
    let recorded = at(0);
    let minor = |until| SubjectEvent::Minor {
        subject,
        until: at(until),
        recorded,
    };
    let guardian = |status, from| SubjectEvent::Guardian {
        subject,
        status,
        from: at(from),
        until: Some(at(80)),
        recorded,
    };
    let restricted = SubjectEvent::Restricted { subject, recorded };
    let given_by_guardian = guardian(ConsentStatus::Given, 10);
    vec![
        ("none", vec![]),
        ("minor", vec![minor(90)]),
        ("minor until now", vec![minor(NOW)]),
        (
            "minor with guardian",
            vec![minor(90), given_by_guardian.clone()],
        ),
        (
            "minor with guardian not yet",
            vec![minor(90), guardian(ConsentStatus::Given, 60)],
        ),
        (
            "minor whose guardian withdrew",
            vec![
                minor(90),
                given_by_guardian.clone(),
                guardian(ConsentStatus::Withdrawn, 40),
            ],
        ),
        ("minor of two moments", vec![minor(90), minor(20)]),
        ("restricted", vec![restricted.clone()]),
        (
            "restriction lifted",
            vec![restricted, SubjectEvent::Unrestricted { subject, recorded }],
        ),
        ("erased", vec![SubjectEvent::Erased { subject, recorded }]),
    ]
}

fn kinds_and_bars(out: &mut String) {
    writeln!(
        out,
        "\n# Kinds and bars. The record gives exactly what is asked. Question: p.q, to whom the operation goes."
    ).unwrap();
    writeln!(out, "# bar | operation | kind | verdict | sensitive").unwrap();
    for (bar, events) in bars() {
        for (operation, recipient) in [
            (Operation::Process, Recipient::Enterprise),
            (Operation::Process, partner(1)),
            (Operation::Share, partner(1)),
            (Operation::Transfer, partner(1)),
            (Operation::Publicise, Recipient::Public),
        ] {
            for (name, kind) in [
                ("expressed", ConsentKind::Expressed),
                ("explicit", ConsentKind::Explicit),
                ("separate", ConsentKind::Separate),
            ] {
                let record = ConsentRecord {
                    operation,
                    recipient,
                    kind,
                    ..given(0)
                };
                let mut log = vec![SubjectEvent::Consent(record)];
                log.extend(events.iter().cloned());
                let plain = Question::new(purpose("p.q"), operation, recipient, 1);
                let to = match recipient {
                    Recipient::Partner(_) => " to a partner",
                    Recipient::Enterprise | Recipient::Public => "",
                };
                writeln!(
                    out,
                    "{bar} | {operation}{to} | {name} | {} | {}",
                    verdict(&log, &plain, at(NOW)),
                    verdict(
                        &log,
                        &plain.clone().with_kind(ConsentKind::Separate),
                        at(NOW)
                    ),
                )
                .unwrap();
            }
        }
    }
}

/// What one of two numbers of a person says, by its name.
fn words(number: u32) -> [(&'static str, Vec<SubjectEvent>); 5] {
    let subject = SubjectId::new(number);
    let record = |status, until| {
        vec![SubjectEvent::Consent(ConsentRecord {
            status,
            until,
            ..given(number)
        })]
    };
    [
        ("nothing", vec![]),
        ("given", record(ConsentStatus::Given, None)),
        ("given until 40", record(ConsentStatus::Given, Some(at(40)))),
        ("withdrawn", record(ConsentStatus::Withdrawn, None)),
        (
            "restricted",
            vec![SubjectEvent::Restricted {
                subject,
                recorded: at(0),
            }],
        ),
    ]
}

fn two_numbers(out: &mut String) {
    writeln!(
        out,
        "\n# Two numbers of one person: what each said before they were joined, and what is said of the second one afterwards."
    )
    .unwrap();
    writeln!(
        out,
        "# first | second | afterwards | without default | with default"
    )
    .unwrap();
    for (first, one) in words(0) {
        for (second, other) in words(1) {
            for (after, later) in words(1) {
                let mut log = [one.clone(), other.clone()].concat();
                log.push(SubjectEvent::Joined {
                    subject: SubjectId::new(1),
                    with: SubjectId::new(0),
                    recorded: at(0),
                });
                log.extend(later);
                let plain = question(2);
                let default = plain.clone().with_scope(Some(covering(&plain)));
                writeln!(
                    out,
                    "{first} | {second} | {after} | {} | {}",
                    verdict(&log, &plain, at(NOW)),
                    verdict(&log, &default, at(NOW)),
                )
                .unwrap();
            }
        }
    }
}

fn other_grounds(out: &mut String) {
    writeln!(
        out,
        "\n# Other grounds than consent. Question: p.q, processed by the enterprise. The records are about the same."
    )
    .unwrap();
    writeln!(
        out,
        "# bar | what the person said | of | ground | verdict | where the purpose may be refused | sensitive values"
    )
    .unwrap();
    let said = |status, text: &str, recorded| {
        SubjectEvent::Consent(ConsentRecord {
            status,
            purpose: purpose(text),
            recorded: at(recorded),
            ..given(0)
        })
    };
    let (yes, no) = (ConsentStatus::Given, ConsentStatus::Refused);
    for (bar, events) in bars() {
        for (of, text) in PURPOSES {
            let words = [
                ("nothing", vec![]),
                ("yes", vec![said(yes, text, 10)]),
                ("no", vec![said(no, text, 10)]),
                (
                    "yes, then no",
                    vec![said(yes, text, 10), said(no, text, 20)],
                ),
                (
                    "no, then yes",
                    vec![said(no, text, 10), said(yes, text, 20)],
                ),
            ];
            for (what, records) in words {
                for basis in LegalBasis::ALL.into_iter().skip(1) {
                    let log: Vec<_> = records.iter().chain(&events).cloned().collect();
                    let asked = question(1).on_basis(basis);
                    let sensitive = index(&log).snapshot(at(NOW)).sensitive(&asked).contains(0);
                    writeln!(
                        out,
                        "{bar} | {what} | {of} | {} | {} | {} | {}",
                        basis.code(),
                        verdict(&log, &asked, at(NOW)),
                        verdict(&log, &asked.clone().refusable(true), at(NOW)),
                        if sensitive { "admitted" } else { "-" },
                    )
                    .unwrap();
                }
            }
        }
    }
}

#[test]
fn the_truth_table_is_the_written_one() {
    let mut table = String::new();
    one_record(&mut table);
    two_records(&mut table);
    kinds_and_bars(&mut table);
    two_numbers(&mut table);
    other_grounds(&mut table);
    if table != GOLDEN {
        let path = concat!(env!("CARGO_TARGET_TMPDIR"), "/consent-verdicts.txt");
        std::fs::write(path, &table).unwrap();
        panic!("the verdicts are not those of golden/verdicts.txt; read the difference to {path}");
    }
}
